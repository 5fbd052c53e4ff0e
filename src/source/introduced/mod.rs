//! What a commit, or the index, adds to its parents: the changed files and the new keys in them.

pub(super) mod in_parents;
mod lines;

pub(super) use in_parents::ParentKeys;

use std::collections::HashSet;
use std::path::Path;

use bstr::{BStr, BString, ByteSlice as _};

use crate::core::budget::Budget;
use crate::core::coverage::Skipped;
use crate::core::error::{Error, Result};
use crate::core::finding::Secret;
use crate::git::changes::{ChangedFile, Changes};
use crate::git::tree::{EntryKind, TreeEntries};
use crate::git::{Id, Kind, Objects};
use crate::policy::Policy;
use crate::source::Collector;
use crate::source::content::{ContentKey, ContentScan};
use crate::source::name_keys;

/// The content of a changed file and the keys in it; `None` if it has no content (a submodule).
pub(super) fn content_of(
    objects: &Objects,
    policy: &Policy,
    collector: &Collector,
    change: &ChangedFile,
) -> Result<Option<(Vec<u8>, Vec<ContentKey>)>> {
    let path = BString::from(change.path.clone());
    if change.kind == EntryKind::Submodule {
        collector.skipped(Skipped { path, reason: "submodule" });
        return Ok(Some((Vec::new(), name_of(policy, change))));
    }
    let named = |error: Error| error.hint(format!("it is the content of {path}; git fsck says more"));
    let content = objects.read(change.id, Kind::Blob).map_err(named)?;
    if let Some(reason) = policy.skips(path.as_bstr(), content.len() as u64) {
        collector.skipped(Skipped { path, reason });
        return Ok(None);
    }
    collector.budget().spend(Budget::ITEM + content.len() as u64)?;
    let scan = ContentScan::new(policy, Some(path.as_bstr())).until(collector.stop_flag());
    let mut found = scan.bytes(&content, None);
    scan.resolve(&mut found, lfs_dirs(objects), collector);
    found.report_faults(collector, path.as_bstr());
    found.keys.extend(name_of(policy, change));
    collector.scanned(1, found.length);
    Ok(Some((content, found.keys)))
}

/// The keys in the name of a changed file.
pub(super) fn name_of(policy: &Policy, change: &ChangedFile) -> Vec<ContentKey> {
    ContentScan::new(policy, Some(change.path.as_bstr())).name()
}

/// The keys in the names of directories that are in none of these trees, with the paths of the directories.
pub(super) fn in_directory_names(
    objects: &Objects,
    policy: &Policy,
    changes: &Changes,
    before: &[Id],
) -> Result<Vec<(BString, ContentKey)>> {
    let mut seen: HashSet<&[u8]> = HashSet::new();
    let mut found = Vec::new();
    for change in changes.changed.iter().filter(|change| policy.skips(change.path.as_bstr(), 0).is_none()) {
        let mut path = &change.path[..];
        while let Some(slash) = path.rfind_byte(b'/') {
            path = &path[..slash];
            if !seen.insert(path) {
                break;
            }
            let keys: Vec<ContentKey> = name_keys::last_name(policy, path).collect();
            if keys.is_empty() {
                continue;
            }
            let mut is_known = false;
            for tree in before {
                is_known |= has_directory(objects, *tree, path)?;
            }
            if !is_known {
                found.extend(keys.into_iter().map(|key| (path.into(), key)));
            }
        }
    }
    Ok(found)
}

fn has_directory(objects: &Objects, tree: Id, path: &[u8]) -> Result<bool> {
    let mut at = tree;
    for name in path.split_str("/") {
        let bytes = objects.read(at, Kind::Tree)?;
        let mut entries = TreeEntries::new(&bytes, objects.hash()).flatten();
        match entries.find(|entry| entry.kind == EntryKind::Tree && entry.name == name) {
            Some(entry) => at = entry.id,
            None => return Ok(false),
        }
    }
    Ok(true)
}

/// The directories in which Git LFS may store files: next to each object directory.
fn lfs_dirs(objects: &Objects) -> impl Iterator<Item = &Path> {
    objects.directories().iter().filter_map(|path| path.parent())
}

/// The keys that are packed in content, or in the Git LFS file that it points to.
fn packed(objects: &Objects, policy: &Policy, path: &BStr, content: &[u8]) -> HashSet<(Option<BString>, Secret)> {
    let scan = ContentScan::new(policy, Some(path));
    let mut found = scan.bytes(content, None);
    // If an old version cannot be read, the keys of the new one count as new.
    scan.resolve(&mut found, lfs_dirs(objects), &Collector::default());
    found.keys.into_iter().filter(|key| key.is_unpacked).map(|key| (key.member, key.found.secret)).collect()
}
