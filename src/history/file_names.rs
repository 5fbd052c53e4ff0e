//! Names of files and directories that hold keys themselves.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::audit::Audit;
use super::tree_pass::{Aim, Table};
use crate::policy::Policy;
use crate::source::content::{self, Key};

/// The names in which the policy finds something, of all trees.
pub(super) fn loud(audit: &Audit<'_>) -> HashSet<Vec<u8>> {
    let all = Table::default();
    audit.census(&Aim { all_names: true, ..audit.aim(&all) });
    let found = |name: &&Arc<[u8]>| content::names(audit.policy, name).next().is_some();
    all.names.list().iter().filter(found).map(|name| name.to_vec()).collect()
}

/// What is found in these names, by number.
pub(super) fn hits(policy: &Policy, loud: &HashSet<Vec<u8>>, list: &[Arc<[u8]>]) -> HashMap<u32, Vec<Key>> {
    let numbers = list.iter().enumerate().filter(|(_, name)| loud.contains(&name[..]));
    numbers.map(|(number, name)| (number as u32, content::names(policy, name).collect())).collect()
}
