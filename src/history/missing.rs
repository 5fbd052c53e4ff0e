//! What could not be scanned: counted, named up to a limit, and worth exit code 2 unless the user allows it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use bstr::{BString, ByteSlice};

use super::commit_graph::Graph;
use super::object_index::ObjectIndex;
use super::tree_paths::Ways;
use crate::core::error::Error;
use crate::git::{Id, Kind, Refs, Repository};
use crate::source::Collector;

/// Where gaps go.
pub(super) struct Gaps<'a> {
    allowed: bool,
    collector: &'a Collector,
    said: Mutex<BTreeSet<Error>>,
}

/// So many of a kind are named.
pub(super) const LIMIT: usize = 20;

impl<'a> Gaps<'a> {
    pub(super) fn new(allowed: bool, collector: &'a Collector) -> Self {
        Self { allowed, collector, said: Mutex::default() }
    }

    /// For what several passes may meet.
    pub(super) fn once(&self, error: Error) {
        if self.said.lock().unwrap_or_else(PoisonError::into_inner).insert(error.clone()) {
            self.one(error);
        }
    }

    pub(super) fn one(&self, error: Error) {
        if self.allowed {
            self.collector.note(format!("left out: {error}"));
        } else {
            self.collector.failed(error);
        }
    }

    /// Counts all and names some; what they are is `things`.
    fn many(&self, count: &'static str, things: &str, total: usize, errors: impl IntoIterator<Item = Error>) {
        if total == 0 {
            return;
        }
        self.collector.count(count, total as u64);
        errors.into_iter().take(LIMIT).for_each(|error| self.one(error));
        if total > LIMIT {
            self.one(Error::new("name", format!("{} more {things}", total - LIMIT), "the list would be long"));
        }
    }

    /// Objects that are named and not there.
    pub(super) fn missing(&self, missing: &BTreeMap<Id, Missing>, repository: &Repository, promised: bool) {
        let hint = if repository.is_partial() || promised {
            "this is a partial clone: scan a clone made without --filter"
        } else {
            "run `git fsck` there and fetch what is missing"
        };
        let error = |(id, missing): (&Id, &Missing)| {
            let word = match missing.kind {
                Kind::Commit => "commit",
                Kind::Tree => "tree",
                Kind::Blob => "blob",
                Kind::Tag => "tag",
            };
            let place = if missing.place.is_empty() { String::new() } else { format!(" ({})", missing.place) };
            Error::new(format!("scan {word}"), format!("{id}{place}"), "it is not in the repository").hint(hint)
        };
        self.many("missing_objects", "missing objects", missing.len(), missing.iter().map(error));
    }

    /// Commits whose parents were never fetched.
    pub(super) fn shallow(&self, commits: usize, repository: &Repository) {
        let what = format!("the history before {commits} commit{}", if commits == 1 { "" } else { "s" });
        let why = format!("{} is a shallow clone", repository.common_dir.display());
        let error = Error::new("scan", what, why).hint("run `git fetch --unshallow` there");
        self.many("shallow_commits", "shallow commits", usize::from(commits > 0), [error]);
    }

    /// Blobs that only point to content elsewhere.
    pub(super) fn pointers(&self, total: usize, paths: &[(BString, String)]) {
        let error = |(path, id): &(BString, String)| {
            Error::new("scan", path, format!("Git LFS keeps its content, {id}, outside of git"))
                .hint("run `git lfs pull` and `keysweep scan` there, or pass --allow-incomplete")
        };
        self.many("lfs_pointers", "Git LFS pointers", total, paths.iter().map(error));
    }

    /// Submodules' repositories.
    pub(super) fn submodules(&self, paths: &[BString], asked: bool) {
        let hint = if asked { "run `git submodule update --init` there" } else { "pass --submodules" };
        let why = if asked { "its repository is not here" } else { "it is another repository" };
        let error = |path: &BString| Error::new("scan submodule", path, why).hint(hint);
        self.many("unscanned_submodules", "submodules", paths.len(), paths.iter().map(error));
    }

    /// References to nothing.
    pub(super) fn broken(&self, graph: &Graph, refs: &Refs) {
        let error = |&place: &usize| {
            let (name, id) = &refs.list[place];
            Error::new("follow reference", name, format!("object {id} is not in the repository"))
                .hint("run `git fsck` there")
        };
        self.many("broken_refs", "broken references", graph.broken.len(), graph.broken.iter().map(error));
    }
}

/// An object that is not there.
pub(super) struct Missing {
    pub(super) kind: Kind,
    /// A path, or what else names it.
    pub(super) place: BString,
}

/// Where trees stand, for naming what is missing from them.
pub(super) struct Places<'a> {
    /// By tree: one that holds it, and under which name.
    above: HashMap<u32, (u32, u32)>,
    names: &'a [Arc<[u8]>],
}

impl<'a> Places<'a> {
    /// Of all trees that `roots` lead to.
    pub(super) fn of(
        index: &ObjectIndex<'_>,
        ways: &Ways<'_>,
        reached: &[bool],
        roots: &HashSet<u32>,
        names: &'a [Arc<[u8]>],
    ) -> Self {
        let mut above: HashMap<u32, (u32, u32)> = HashMap::new();
        for tree in (0..index.len()).filter(|&tree| reached[tree as usize]) {
            for edge in ways.edges(tree) {
                if index.is_tree(edge.to) && !roots.contains(&edge.to) {
                    above.entry(edge.to).or_insert((tree, edge.name));
                }
            }
        }
        Self { above, names }
    }

    /// The path of an entry of a tree.
    pub(super) fn spell(&self, mut tree: u32, name: u32) -> BString {
        let mut parts = vec![name];
        while let Some(&(parent, name)) = self.above.get(&tree).filter(|_| parts.len() < 4096) {
            parts.push(name);
            tree = parent;
        }
        let parts: Vec<&[u8]> = parts.iter().rev().map(|&name| &*self.names[name as usize]).collect();
        parts.join(&b"/"[..]).as_bstr().to_owned()
    }
}
