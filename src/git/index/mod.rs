//! The index: the files of the next commit. Its cache-tree extension has the tree id of every directory that has not
//! changed since the index was written.

mod file;
pub(crate) mod split;

use std::ops::Range;
use std::sync::Arc;

use bstr::ByteSlice;

use super::Id;
use super::cache_tree::{CachedTree, by_length, tree_name};
use super::id::Hash;
use super::map::Mapping;
use super::tree::EntryKind;
use crate::core::narrow::narrow;

/// One entry of the index.
#[derive(Clone, Debug)]
pub struct IndexEntry {
    name: Range<u32>,
    /// The offset of its id.
    id: u32,
    /// What it is; [`EntryKind::Tree`] only in a sparse index.
    pub kind: EntryKind,
    /// The merge stage: 0, or in a conflict 1 (base), 2 (ours) or 3 (theirs).
    pub stage: u8,
    /// Whether it was added with `--intent-to-add` and is not in the next commit.
    pub intent_to_add: bool,
}

/// A parsed index.
#[derive(Clone, Debug, Default)]
pub struct Index {
    data: Data,
    /// The names and ids of all entries, if they are not in `data` as they are: in version 4, and in a split index.
    texts: Vec<u8>,
    entries: Vec<IndexEntry>,
    trees: Vec<CachedTree>,
    /// Indexes into `trees`. Subdirectories of one directory are adjacent, sorted by the length of the name, then by
    /// name.
    children: Vec<u32>,
    owns_texts: bool,
    is_sparse: bool,
    hash: Hash,
}

/// The bytes of an index file.
#[derive(Clone, Debug)]
pub(crate) enum Data {
    Mapped(Arc<Mapping>),
    Held(Vec<u8>),
}

impl Data {
    fn is_cut_short(&self) -> bool {
        matches!(self, Self::Mapped(map) if map.is_cut_short())
    }
}

impl Default for Data {
    fn default() -> Self {
        Self::Held(Vec::new())
    }
}

impl std::ops::Deref for Data {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Held(bytes) => bytes,
        }
    }
}

impl Index {
    /// The entries, sorted by path, then by stage.
    pub fn entries(&self) -> &[IndexEntry] {
        &self.entries
    }

    /// An entry's path relative to the top of the work tree. A directory in a sparse index ends in `/`.
    pub fn path(&self, entry: &IndexEntry) -> &[u8] {
        self.text(&entry.name)
    }

    /// An entry's object id.
    pub fn id(&self, entry: &IndexEntry) -> Id {
        Id::of_digest(self.id_bytes(entry))
    }

    fn id_bytes(&self, entry: &IndexEntry) -> &[u8] {
        self.text(&(entry.id..entry.id + narrow(self.hash.width())))
    }

    /// The root of the cache-tree, if the index has one.
    pub fn root(&self) -> Option<usize> {
        (!self.trees.is_empty()).then_some(0)
    }

    /// One directory of the cache-tree.
    pub fn tree(&self, at: usize) -> &CachedTree {
        &self.trees[at]
    }

    /// The subdirectory `name` of `parent` in the cache-tree.
    pub fn subtree(&self, parent: usize, name: &[u8]) -> Option<usize> {
        let Range { start, end } = self.trees[parent].children;
        let children = &self.children[start as usize..end as usize];
        let order = |child: &u32| by_length(tree_name(&self.data, &self.trees[*child as usize]), name);
        children.binary_search_by(order).ok().map(|at| children[at] as usize)
    }

    /// Whether the entries are sorted as the format requires.
    pub fn is_sorted(&self) -> bool {
        self.entries.is_sorted_by(|a, b| (self.path(a), a.stage) <= (self.path(b), b.stage))
    }

    /// Whether a file, or with `is_dir` anything below a directory, is in the index, which must be sorted. A
    /// directory entry of a sparse index counts, although its files are not listed.
    pub fn tracks(&self, path: &[u8], is_dir: bool) -> bool {
        let at = self.entries.partition_point(|entry| self.path(entry) < path);
        if self.entries.get(at).is_some_and(|entry| self.path(entry) == path) {
            return true;
        }
        if is_dir {
            let below = [path, b"/"].concat();
            let at = self.entries.partition_point(|entry| self.path(entry) < &below[..]);
            if self.entries.get(at).is_some_and(|entry| self.path(entry).starts_with(&below)) {
                return true;
            }
        }
        self.is_sparse
            && path.find_iter("/").any(|slash| {
                let dir = &path[..=slash];
                self.entries.binary_search_by(|entry| self.path(entry).cmp(dir)).is_ok()
            })
    }

    fn text(&self, range: &Range<u32>) -> &[u8] {
        let text = if self.owns_texts { &self.texts[..] } else { &self.data[..] };
        &text[range.start as usize..range.end as usize]
    }
}
