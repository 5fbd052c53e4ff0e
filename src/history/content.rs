//! What the policy finds in a blob, archives unpacked.

use std::io::Cursor;

use bstr::{BStr, BString};

use crate::policy::Policy;
use crate::scan::{Match, Seen};
use crate::source::archive::{self, Unpacked};

/// A key in a blob, or in a member of the archive that the blob is.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) found: Match,
    pub(super) member: Option<BString>,
}

/// All there is to say of a blob.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) keys: Vec<Key>,
    /// Members that were not read, and why.
    pub(super) skipped: Vec<(Option<BString>, &'static str)>,
    /// It unpacks to out of all proportion, and not all of that was scanned.
    pub(super) too_large: bool,
}

/// Scans a blob; with `seen`, which only a policy that is local may use, less of it.
pub(super) fn scan(policy: &Policy, bytes: &[u8], path: Option<&BStr>, seen: Option<&mut Seen>) -> Content {
    let mut content = Content::default();
    let found = match seen {
        Some(seen) => policy.scan_unseen(bytes, 0..bytes.len(), path, seen),
        None => policy.scan_at(bytes, path),
    };
    content.keys.extend(found.into_iter().map(|found| Key { found, member: None }));
    let Some(kind) = archive::kind(bytes) else { return content };
    let mut push = |unpacked| match unpacked {
        Unpacked::Found(found, member) => content.keys.push(Key { found: *found, member }),
        Unpacked::Skipped(member, reason) => content.skipped.push((member, reason)),
    };
    let size = bytes.len() as u64;
    let path = path.unwrap_or_default();
    content.too_large = archive::unpack(policy, path, kind, Cursor::new(bytes), size, &mut push).is_err();
    content
}

/// Whether what is found in content does not depend on how it starts, so that a part may be looked at alone.
pub(super) fn is_plain(bytes: &[u8]) -> bool {
    archive::kind(bytes).is_none() && !matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..])
}
