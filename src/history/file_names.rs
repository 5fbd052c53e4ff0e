//! Keys in the names of files and directories.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::audited::Audit;
use super::tree_pass::{Numbering, TreeQuery};
use crate::core::narrow::narrow;
use crate::policy::Policy;
use crate::source::content::ContentKey;
use crate::source::name_keys;

/// The names, of all entries of all trees, in which the policy finds a key.
pub(super) fn names_with_keys(audit: &Audit<'_>) -> HashSet<Vec<u8>> {
    let all = Numbering::default();
    audit.tree_pass(&TreeQuery { all_names: true, ..audit.tree_query(&all) });
    let found = |name: &&Arc<[u8]>| name_keys::last_name(audit.policy, name).next().is_some();
    all.names.list().iter().filter(found).map(|name| name.to_vec()).collect()
}

/// The keys in such names, by the names' places in `list`.
pub(super) fn keys_in(
    policy: &Policy,
    names_with_keys: &HashSet<Vec<u8>>,
    list: &[Arc<[u8]>],
) -> HashMap<u32, Vec<ContentKey>> {
    let numbers = list.iter().enumerate().filter(|(_, name)| names_with_keys.contains(&name[..]));
    numbers.map(|(number, name)| (narrow(number), name_keys::last_name(policy, name).collect())).collect()
}
