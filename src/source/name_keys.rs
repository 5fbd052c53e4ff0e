//! The keys in the names of files.

use crate::core::finding::Part;
use crate::policy::Policy;
use crate::source::content_key::ContentKey;

/// The keys in the last component of a path.
pub(crate) fn last_name(policy: &Policy, path: &[u8]) -> impl Iterator<Item = ContentKey> + use<> {
    any_name(policy, path.rsplit(|&byte| byte == b'/').next().unwrap_or_default())
}

/// The keys anywhere in a path, since a directory may have no entry of its own. Shorter names contain none.
pub(super) fn any_name(policy: &Policy, name: &[u8]) -> impl Iterator<Item = ContentKey> + use<> {
    const SHORTEST: usize = 16;
    let found = if name.len() < SHORTEST { Vec::new() } else { policy.scan(name) };
    found.into_iter().map(|found| ContentKey { part: Some(Part::Name), ..ContentKey::plain(found) })
}
