//! Reports what could not be scanned: all of it is counted, some of it is named, and the exit code is 2 unless the user
//! allowed an incomplete audit.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use bstr::{BString, ByteSlice};

use super::commit_graph::CommitGraph;
use super::object_index::ObjectIndex;
use super::tree_paths::PrunedTrees;
use crate::core::error::Error;
use crate::core::part::{Joining, NAMED, UnscannedList, left_out, unnamed};
use crate::git::{Id, Kind, Refs, Repository};
use crate::source::Collector;

/// Where the passes of an audit report what they could not scan.
pub(super) struct Unscanned<'a> {
    /// Whether it is a note in the report, not an error.
    allowed: bool,
    /// Whether this is a part of a divided audit, which has to say more.
    is_part: bool,
    collector: &'a Collector,
    /// What [`report_once`](Self::report_once) was given.
    reported: Mutex<BTreeSet<Error>>,
}

/// So many Git LFS pointers without content are followed to their paths: as many as are named.
pub(super) const LIMIT: usize = NAMED;

/// What the counts are of, in words.
const THINGS: [(&str, &str); 5] = [
    ("missing_objects", "missing objects"),
    ("shallow_commits", "shallow commits"),
    ("lfs_pointers", "Git LFS pointers"),
    ("unscanned_submodules", "submodules"),
    ("broken_refs", "broken references"),
];

/// Entries that are named in the order of what is said of them.
fn by_error(errors: impl Iterator<Item = Error>) -> Vec<(String, Error)> {
    errors.map(|error| (String::new(), error)).collect()
}

impl<'a> Unscanned<'a> {
    pub(super) fn new(allowed: bool, is_part: bool, collector: &'a Collector) -> Self {
        Self { allowed, is_part, collector, reported: Mutex::default() }
    }

    /// Reports an error that several passes may meet, the first time.
    pub(super) fn report_once(&self, error: Error) {
        if self.reported.lock().unwrap_or_else(PoisonError::into_inner).insert(error.clone()) {
            self.report(error);
        }
    }

    /// Reports an error.
    pub(super) fn report(&self, error: Error) {
        if self.allowed {
            self.collector.note(left_out(&error.to_string()));
        } else {
            self.collector.failed(error);
        }
    }

    /// Adds a list's total to a count of the report, and reports the first of its entries.
    fn report_some(&self, name: &'static str, joining: Joining, total: usize, mut entries: Vec<(String, Error)>) {
        if total == 0 {
            return;
        }
        let things = THINGS.iter().find(|(count, _)| *count == name).map_or(name, |(_, things)| things);
        let total = total as u64;
        self.collector.count(name, total);
        entries.sort_by_cached_key(|(order, error)| (order.clone(), error.to_string()));
        entries.iter().take(NAMED).for_each(|(_, error)| self.report(error.clone()));
        unnamed(total, things).into_iter().for_each(|error| self.report(error));
        if self.is_part {
            // Where parts list different things, all count; of others, those that may be named.
            let kept = if matches!(joining, Joining::Union | Joining::Least) { usize::MAX } else { NAMED };
            entries.truncate(kept);
            let allowed = self.allowed;
            self.collector.listed(UnscannedList { repository: None, name, things, joining, allowed, total, entries });
        }
    }

    /// Reports objects that others name and that are not there. `promised`: a pack says that a remote has them. `joining`
    /// says whether these are all of them or those that one part met.
    pub(super) fn missing(
        &self,
        missing: &BTreeMap<Id, MissingObject>,
        repository: &Repository,
        promised: bool,
        joining: Joining,
    ) {
        let hint = if repository.is_partial() || promised {
            "this is a partial clone: scan a clone made without --filter"
        } else {
            "run `git fsck` there and fetch what is missing"
        };
        let error = |(id, missing): (&Id, &MissingObject)| {
            let word = match missing.kind {
                Kind::Commit => "commit",
                Kind::Tree => "tree",
                Kind::Blob => "blob",
                Kind::Tag => "tag",
            };
            let place = if missing.place.is_empty() { String::new() } else { format!(" ({})", missing.place) };
            let error = Error::new(format!("scan {word}"), format!("{id}{place}"), "it is not in the repository");
            // Where parts meet one object at several places, the first of these is told, as by a whole audit.
            let order =
                if joining == Joining::Least { format!("{word} {id}\n{}", missing.place) } else { String::new() };
            (order, error.hint(hint))
        };
        self.report_some("missing_objects", joining, missing.len(), missing.iter().map(error).collect());
    }

    /// Reports the number of commits whose parents were never fetched.
    pub(super) fn shallow(&self, commits: usize, repository: &Repository) {
        let what = format!("the history before {commits} commit{}", if commits == 1 { "" } else { "s" });
        let why = format!("{} is a shallow clone", repository.common_dir.display());
        let error = Error::new("scan", what, why).hint("run `git fetch --unshallow` there");
        self.report_some("shallow_commits", Joining::Same, usize::from(commits > 0), by_error([error].into_iter()));
    }

    /// Reports Git LFS pointers whose content is not here: each pointer's own id, a path, and the content's id.
    pub(super) fn pointers(&self, total: usize, paths: &[(Id, BString, String)]) {
        let error = |(blob, path, id): &(Id, BString, String)| {
            let error = Error::new("scan", path, format!("Git LFS keeps its content, {id}, outside of git"))
                .hint("run `git lfs pull` and `keysweep scan` there, or pass --allow-incomplete");
            (blob.to_string(), error)
        };
        self.report_some("lfs_pointers", Joining::Sum, total, paths.iter().map(error).collect());
    }

    /// Reports the paths of submodules that were not scanned; `asked` says whether they should have been.
    pub(super) fn submodules(&self, paths: &[BString], asked: bool) {
        let hint = if asked { "run `git submodule update --init` there" } else { "pass --submodules" };
        let why = if asked { "its repository is not here" } else { "it is another repository" };
        let error = |path: &BString| Error::new("scan submodule", path, why).hint(hint);
        self.report_some("unscanned_submodules", Joining::Union, paths.len(), by_error(paths.iter().map(error)));
    }

    /// Reports references to objects that are not there.
    pub(super) fn broken(&self, graph: &CommitGraph, refs: &Refs) {
        let error = |&place: &usize| {
            let (name, id) = &refs.list[place];
            Error::new("follow reference", name, format!("object {id} is not in the repository"))
                .hint("run `git fsck` there")
        };
        self.report_some("broken_refs", Joining::Same, graph.broken.len(), by_error(graph.broken.iter().map(error)));
    }
}

/// An object that others name and that is not there.
pub(super) struct MissingObject {
    pub(super) kind: Kind,
    /// Its path, or the object that names it.
    pub(super) place: BString,
}

/// A path of each tree, for naming what is missing from it.
pub(super) struct TreeLocations<'a> {
    /// By tree: one tree that names it, and the number of the name there.
    above: HashMap<u32, (u32, u32)>,
    names: &'a [Arc<[u8]>],
}

impl<'a> TreeLocations<'a> {
    /// Of the `reached` trees below the commits' trees, which are `roots`.
    pub(super) fn of(
        index: &ObjectIndex<'_>,
        trees: &PrunedTrees<'_>,
        reached: &[bool],
        roots: &HashSet<u32>,
        names: &'a [Arc<[u8]>],
    ) -> Self {
        let mut above: HashMap<u32, (u32, u32)> = HashMap::new();
        for tree in (0..index.len()).filter(|&tree| reached[tree as usize]) {
            for edge in trees.edges(tree) {
                if index.is_tree(edge.to) && !roots.contains(&edge.to) {
                    above.entry(edge.to).or_insert((tree, edge.name));
                }
            }
        }
        Self { above, names }
    }

    /// The path of an entry of a tree.
    pub(super) fn path(&self, mut tree: u32, name: u32) -> BString {
        let mut parts = vec![name];
        while let Some(&(parent, name)) = self.above.get(&tree).filter(|_| parts.len() < 4096) {
            parts.push(name);
            tree = parent;
        }
        let parts: Vec<&[u8]> = parts.iter().rev().map(|&name| &*self.names[name as usize]).collect();
        parts.join(&b"/"[..]).as_bstr().to_owned()
    }
}
