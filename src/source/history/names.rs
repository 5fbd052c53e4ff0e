//! Names of files and directories that hold keys themselves.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::audit::Audit;
use super::content::Key;
use super::trees::{Aim, Names};
use crate::scan::Scanner;

/// The names in which the scanner finds something, of all trees.
pub(super) fn loud(audit: &Audit<'_>, names: &Names) -> HashSet<Vec<u8>> {
    let all = Names::default();
    audit.census(&Aim { all_names: true, names: &all, ..audit.aim(names) });
    let found = |name: &&Arc<[u8]>| !audit.scanner.scan(name).is_empty();
    all.list().iter().filter(found).map(|name| name.to_vec()).collect()
}

/// What is found in these names, by number.
pub(super) fn hits(scanner: &Scanner, loud: &HashSet<Vec<u8>>, list: &[Arc<[u8]>]) -> HashMap<u32, Vec<Key>> {
    let numbers = list.iter().enumerate().filter(|(_, name)| loud.contains(&name[..]));
    let keys = |name: &[u8]| scanner.scan(name).into_iter().map(|found| Key { found, member: None }).collect();
    numbers.map(|(number, name)| (number as u32, keys(name))).collect()
}
