//! Scanning what a list of commits (a push or a range) adds. Each commit is compared with all its parents, so a merge
//! counts only for what is in none of them, and each blob is read once.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bstr::{BString, ByteSlice as _};
use rayon::prelude::*;

use super::introduced::{ParentKeys, content_of, in_directory_names, name_of};
use super::{Collector, lock};
use crate::core::budget::Budget;
use crate::core::error::{Error, Result};
use crate::core::finding::{Commit, Finding, Location, Part, Secret};
use crate::git::changes::{ChangedFile, Changes};
use crate::git::commit;
use crate::git::tree::EntryKind;
use crate::git::tree_diff::{between, tree_of};
use crate::git::{Id, Kind, Node, Objects};
use crate::policy::Policy;
use crate::scan::Match;

/// How many commits are compared with their parents before their content is read. This limits the memory for their
/// changes.
const BATCH: usize = 256;

/// The result of scanning commits, for the scan of the whole change.
#[derive(Debug, Default)]
pub struct CommitsScanned {
    /// How many files the commits change.
    pub changed: usize,
    /// The blobs that contain no key, at any path.
    clean: HashSet<Id>,
}

/// Scans what these commits add. Parents must come before their children.
pub fn scan(objects: &Objects, policy: &Policy, collector: &Collector, commits: &[Node]) -> CommitsScanned {
    let seen = SeenBlobs::default();
    objects.unreadable().iter().for_each(|error| fail(collector, error.clone()));
    let mut changed = 0;
    for batch in commits.chunks(BATCH) {
        let brought: Vec<Option<Changes>> = batch
            .par_iter()
            .map(|node| {
                message(objects, policy, collector, node.id);
                let changes = changes(objects, node, collector.budget());
                changes.map_err(|error| fail(collector, error)).ok()
            })
            .collect();
        let parents: Vec<Option<ParentKeys<'_>>> = brought
            .iter()
            .map(|changes| changes.as_ref().map(|it| ParentKeys::new(objects, policy, it, collector.budget())))
            .collect();
        for (node, changes) in batch.iter().zip(&brought) {
            directories(objects, policy, collector, node, changes.as_ref(), &seen);
        }
        // All places where each blob is added, in the order of the commits.
        let mut places: HashMap<Id, Vec<(usize, usize)>> = HashMap::new();
        let mut order = Vec::new();
        for (commit, changes) in brought.iter().enumerate() {
            for (change, at) in changes.iter().flat_map(|changes| changes.changed.iter().zip(0..)) {
                let places = places.entry(change.id).or_default();
                if places.is_empty() {
                    order.push(change.id);
                }
                places.push((commit, at));
            }
        }
        let described = batch.iter().map(|_| OnceLock::new()).collect();
        let blobs =
            Blobs { objects, policy, collector, commits: batch, brought: &brought, parents, described, seen: &seen };
        order.par_iter().for_each(|id| blobs.scan_blob(*id, &places[id]));
        let all = brought.iter().flatten().flat_map(|changes| &changes.changed);
        changed += all.filter(|change| change.kind != EntryKind::Submodule).count();
        if collector.is_stopped() {
            return CommitsScanned { changed, clean: HashSet::new() };
        }
    }
    collector.count("commits", commits.len() as u64);
    CommitsScanned { changed, clean: seen.clean.into_inner().unwrap_or_else(PoisonError::into_inner) }
}

/// Scans all files of a commit.
pub fn whole(objects: &Objects, policy: &Policy, collector: &Collector, commit: Id) {
    match tree_of(objects, commit) {
        Ok(id) => tree(objects, policy, collector, id),
        Err(error) => fail(collector, error),
    }
}

/// Scans the files of a commit that are in none of the others, whatever happened between them; `scanned` is the
/// result for the commits between.
pub fn between_trees(
    objects: &Objects,
    policy: &Policy,
    collector: &Collector,
    (commit, others): (Id, &[Id]),
    scanned: &CommitsScanned,
) {
    let changes = match changes(objects, &Node { id: commit, parents: others.to_vec() }, collector.budget()) {
        Ok(changes) => changes,
        Err(error) => return fail(collector, error),
    };
    let parents = ParentKeys::new(objects, policy, &changes, collector.budget());
    changes.changed.par_iter().for_each(|change| {
        let content = match scanned.clean.contains(&change.id) {
            // Only its name can contain a key.
            true => Ok(Some((Vec::new(), name_of(policy, change)))),
            false => content_of(objects, policy, collector, change),
        };
        match content {
            Ok(Some((content, keys))) if !keys.is_empty() => {
                let known = parents.known_before(change, &content, &keys);
                let new = keys.into_iter().zip(known).filter(|(_, known)| !known);
                new.for_each(|(key, _)| collector.finding(key.at(change.path.as_bstr())));
            }
            Ok(_) => {}
            Err(error) => fail(collector, error),
        }
    });
}

/// Scans a blob that a reference or tag points to, as a file with the name of the reference.
pub fn blob(objects: &Objects, policy: &Policy, collector: &Collector, id: Id, name: &BString) {
    let change = ChangedFile { path: name.to_vec(), kind: EntryKind::File, id, before: Vec::new() };
    match content_of(objects, policy, collector, &change) {
        // The name itself was scanned as the name of a reference.
        Ok(Some((_, keys))) => keys
            .into_iter()
            .filter(|key| key.part.is_none() || key.member.is_some())
            .for_each(|key| collector.finding(key.at(name.as_bstr()))),
        Ok(None) => {}
        Err(error) => fail(collector, error),
    }
}

/// Scans a tree that no commit contains.
pub fn tree(objects: &Objects, policy: &Policy, collector: &Collector, id: Id) {
    let changes = match between(objects, id, &[], collector.budget()) {
        Ok(changes) => changes,
        Err(error) => return fail(collector, error),
    };
    for change in &changes.changed {
        if collector.budget().spend(Budget::ITEM).is_err() {
            return;
        }
        match content_of(objects, policy, collector, change) {
            Ok(Some((_, keys))) => keys.into_iter().for_each(|key| collector.finding(key.at(change.path.as_bstr()))),
            Ok(None) => {}
            Err(error) => fail(collector, error),
        }
    }
}

/// Reports the keys in the names of directories that a commit adds, each once.
fn directories(
    objects: &Objects,
    policy: &Policy,
    collector: &Collector,
    node: &Node,
    changes: Option<&Changes>,
    seen: &SeenBlobs,
) {
    let trees = || node.parents.iter().map(|&parent| tree_of(objects, parent)).collect::<Result<Vec<_>>>();
    let Some(changes) = changes else { return };
    match trees().and_then(|trees| in_directory_names(objects, policy, changes, &trees)) {
        Ok(found) => {
            for (path, key) in found {
                if lock(&seen.directories).insert((path.clone(), key.found.secret.clone())) {
                    let commit = describe(objects, policy, node.id);
                    collector.finding(Finding { commit, ..key.at(path.as_bstr()) });
                }
            }
        }
        Err(error) => fail(collector, error),
    }
}

/// Reports an error, unless the run was stopped: that is reported once, not for every item.
fn fail(collector: &Collector, error: Error) {
    if !collector.is_stopped() {
        collector.failed(error);
    }
}

fn changes(objects: &Objects, node: &Node, budget: &Budget) -> Result<Changes> {
    let parents = node.parents.iter().map(|&parent| tree_of(objects, parent)).collect::<Result<Vec<_>>>()?;
    between(objects, tree_of(objects, node.id)?, &parents, budget)
}

/// The results of earlier batches, so that no blob is read or reported twice.
#[derive(Debug, Default)]
struct SeenBlobs {
    /// The blobs that contain no key, at any path.
    clean: Mutex<HashSet<Id>>,
    /// The keys that were reported in names of directories.
    directories: Mutex<HashSet<(BString, Secret)>>,
    /// The keys that were reported in blobs.
    reported: Mutex<HashSet<(Id, KeyPlace)>>,
}

/// A key at a path: the path, the member of an archive, the byte range and the value.
type KeyPlace = (Vec<u8>, Option<BString>, Range<usize>, Secret);

struct Blobs<'a> {
    objects: &'a Objects,
    policy: &'a Policy,
    collector: &'a Collector,
    commits: &'a [Node],
    brought: &'a [Option<Changes>],
    parents: Vec<Option<ParentKeys<'a>>>,
    described: Vec<OnceLock<Option<Arc<Commit>>>>,
    seen: &'a SeenBlobs,
}

impl Blobs<'_> {
    /// Scans one blob with all the places where it is added. Each key is reported once for each path.
    fn scan_blob(&self, id: Id, places: &[(usize, usize)]) {
        let mut is_clean = lock(&self.seen.clean).contains(&id);
        // Usually the first scan shows that there is no key, and the other paths need none.
        for &(commit, at) in places {
            let (Some(changes), Some(parents)) = (&self.brought[commit], &self.parents[commit]) else { continue };
            let change = &changes.changed[at];
            if self.collector.budget().spend(Budget::ITEM).is_err() {
                return;
            }
            let (content, keys) = if is_clean {
                // Only its name can contain a key now.
                (Vec::new(), name_of(self.policy, change))
            } else {
                match content_of(self.objects, self.policy, self.collector, change) {
                    Ok(Some(content)) => content,
                    // Skipped at this path; another path may be scanned.
                    Ok(None) => continue,
                    Err(error) => return fail(self.collector, error),
                }
            };
            if keys.is_empty() {
                // Rules that depend on the path may match at another path.
                if self.policy.is_local() && !is_clean {
                    lock(&self.seen.clean).insert(id);
                    is_clean = true;
                }
                continue;
            }
            let known = parents.known_before(change, &content, &keys);
            for (key, known) in keys.into_iter().zip(known) {
                let place = (change.path.clone(), key.member.clone(), key.found.span.clone(), key.found.secret.clone());
                if !known && lock(&self.seen.reported).insert((id, place)) {
                    let describe = || describe(self.objects, self.policy, self.commits[commit].id);
                    let commit = self.described[commit].get_or_init(describe).clone();
                    self.collector.finding(Finding { commit, ..key.at(change.path.as_bstr()) });
                }
            }
        }
    }
}

/// Scans the text of a commit or tag: its message, author and committer.
pub fn message(objects: &Objects, policy: &Policy, collector: &Collector, id: Id) {
    let (kind, bytes) = match objects.find(id) {
        Ok(Some((kind @ (Kind::Commit | Kind::Tag), bytes))) => (kind, bytes),
        Ok(_) => return,
        Err(error) => return fail(collector, error),
    };
    if collector.budget().spend(Budget::ITEM + bytes.len() as u64).is_err() {
        return;
    }
    let commit = OnceLock::new();
    for (part, found) in keys_in_text(policy, kind, &bytes) {
        let location = Location { part: Some(part), ..Location::default() };
        let commit = commit.get_or_init(|| described(policy, id, kind, &bytes)).clone();
        collector.finding(Finding { commit: Some(commit), ..found.at(location) });
    }
}

/// The keys in the parts of a commit or tag, each once for each part.
pub(crate) fn keys_in_text(policy: &Policy, kind: Kind, bytes: &[u8]) -> Vec<(Part, Match)> {
    let mut keys: Vec<(Part, Match)> = Vec::new();
    let mut known = HashSet::new();
    for (part, range) in commit::parts(kind, bytes) {
        for found in policy.scan(&bytes[range]) {
            if known.insert((part, found.secret.clone())) {
                keys.push((part, found));
            }
        }
    }
    keys
}

/// Scans the name of a reference.
pub fn name(policy: &Policy, collector: &Collector, name: &[u8]) {
    for found in policy.scan(name) {
        collector.finding(found.at(Location { part: Some(Part::Ref), ..Location::default() }));
    }
}

/// The description of a commit or tag for the report, with keys in it masked.
fn described(policy: &Policy, id: Id, kind: Kind, bytes: &[u8]) -> Arc<Commit> {
    let mut commit = commit::described(id, kind, bytes);
    for text in [&mut commit.author_name, &mut commit.author_email, &mut commit.summary] {
        *text = masked(policy, text.as_bytes()).to_str_lossy().into_owned();
    }
    Arc::new(commit)
}

/// The same for an object id.
fn describe(objects: &Objects, policy: &Policy, id: Id) -> Option<Arc<Commit>> {
    let (kind, bytes) = objects.find(id).ok()??;
    Some(described(policy, id, kind, &bytes))
}

fn masked(policy: &Policy, text: &[u8]) -> BString {
    let mut masked = text.to_vec();
    for found in policy.scan(text).into_iter().rev() {
        masked.splice(found.span, found.secret.mask().into_bytes());
    }
    masked.into()
}
