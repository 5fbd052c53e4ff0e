//! The changes of a commit, or of the index, relative to the trees of its parents.
//!
//! A tree that a parent also has is skipped without reading it. For the index, the cache-tree has the tree ids of
//! unchanged directories, so that only trees on the path to a change are read.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::iter::Peekable;

use bstr::ByteSlice;

use super::commit::ParsedCommit;
use super::tree::{EntryKind, TreeEntries};
use super::{Id, Index, Kind, Objects};
use crate::core::budget::Budget;
use crate::core::error::{Error, Result};

/// The cost of each byte of a changed file's path, in bytes of a budget: each file stores its whole path.
const PATH_COST: u64 = 16;

/// A file that no parent has with this content.
#[derive(Clone, Debug)]
pub(crate) struct ChangedFile {
    pub(crate) path: Vec<u8>,
    pub(crate) kind: EntryKind,
    pub(crate) id: Id,
    /// The content that each parent has at this path.
    pub(crate) before: Vec<Option<Id>>,
}

/// A file or directory that a parent has and the new commit does not.
#[derive(Clone, Debug)]
pub(crate) struct DeletedEntry {
    pub(crate) parent: usize,
    pub(crate) path: Vec<u8>,
    pub(crate) kind: EntryKind,
    pub(crate) id: Id,
}

/// All changes of a commit or of the index.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) changed: Vec<ChangedFile>,
    pub(crate) deleted: Vec<DeletedEntry>,
    /// The number of paths with a merge conflict.
    pub(crate) unmerged: u64,
}

/// Compares the index with the root trees of the parents; without parents everything is new.
pub(crate) fn changes(index: &Index, objects: &Objects, parents: &[Id], budget: &Budget) -> Result<Changes> {
    let mut walk = TreeDiff::new(index, objects, budget);
    walk.enter_index(0, index.root(), &trees(parents))?;
    walk.all()
}

/// Compares a commit's root tree with those of its parents; without any, everything is new.
pub(crate) fn between(objects: &Objects, tree: Id, parents: &[Id], budget: &Budget) -> Result<Changes> {
    let index = Index::default();
    let mut walk = TreeDiff::new(&index, objects, budget);
    walk.enter_tree(0, tree, &trees(parents))?;
    walk.all()
}

fn trees(parents: &[Id]) -> Vec<Option<Id>> {
    parents.iter().copied().map(Some).collect()
}

/// An owned tree entry.
#[derive(Debug)]
struct Item {
    name: Vec<u8>,
    kind: EntryKind,
    id: Id,
}

impl Item {
    /// Trees are sorted as if their names ended in `/`, which is also the order of their files in the index.
    fn order(&self, name: &[u8], is_tree: bool) -> Ordering {
        let slash = |is_tree: bool| if is_tree { &b"/"[..] } else { &b""[..] };
        let own = self.name.iter().chain(slash(self.kind == EntryKind::Tree));
        own.cmp(name.iter().chain(slash(is_tree)))
    }
}

/// The entries of a parent's directory, read in step with the new side.
type Cursor = Peekable<std::vec::IntoIter<Item>>;

/// A directory on the path from the root to the current position.
struct Frame {
    /// The length of its path in bytes, with the slash.
    prefix: usize,
    side: Side,
    cursors: Vec<Cursor>,
}

/// Where the entries of the new side come from.
enum Side {
    /// From the index, with the directory's index in the cache-tree.
    Index(Option<usize>),
    /// From this tree: a commit's, or a directory entry of a sparse index.
    Tree(Id, std::vec::IntoIter<Item>),
}

struct TreeDiff<'a> {
    index: &'a Index,
    objects: &'a Objects,
    budget: &'a Budget,
    /// The next entry of the index.
    at: usize,
    /// The path of the current directory, and possibly of an entry in it.
    path: Vec<u8>,
    frames: Vec<Frame>,
    /// The trees of `frames`: a damaged tree may contain itself.
    open: HashSet<Id>,
    changes: Changes,
}

impl<'a> TreeDiff<'a> {
    fn new(index: &'a Index, objects: &'a Objects, budget: &'a Budget) -> Self {
        let (path, frames, open, changes) = <_>::default();
        Self { index, objects, budget, at: 0, path, frames, open, changes }
    }

    /// Processes one entry after another, iteratively, so that deep trees need no stack.
    fn all(mut self) -> Result<Changes> {
        while let Some(mut frame) = self.frames.pop() {
            self.path.truncate(frame.prefix);
            let more = match &mut frame.side {
                Side::Index(_) => self.index_entry(&mut frame)?,
                Side::Tree(_, items) => match items.next() {
                    Some(item) => Some(self.tree_entry(&mut frame, item)?),
                    None => None,
                },
            };
            match more {
                // The entries of the subdirectory come first.
                Some(Next::Below(below)) => self.frames.extend([frame, below]),
                Some(Next::Same) => self.frames.push(frame),
                None => {
                    if let Side::Tree(id, _) = frame.side {
                        self.open.remove(&id);
                    }
                    for (parent, cursor) in frame.cursors.into_iter().enumerate() {
                        cursor.for_each(|item| self.changes.delete(parent, &self.path[..frame.prefix], item));
                    }
                }
            }
        }
        Ok(self.changes)
    }

    /// Enters a directory of the index, unless the cache-tree shows that a parent has the same tree.
    fn enter_index(&mut self, prefix: usize, cached: Option<usize>, trees: &[Option<Id>]) -> Result<()> {
        if let Some(frame) = self.index_frame(prefix, cached, trees)? {
            self.frames.push(frame);
        }
        Ok(())
    }

    fn index_frame(&mut self, prefix: usize, cached: Option<usize>, trees: &[Option<Id>]) -> Result<Option<Frame>> {
        if let Some((entries, id)) = cached.and_then(|at| self.index.tree(at).valid)
            && trees.contains(&Some(id))
        {
            self.at += entries as usize;
            return Ok(None);
        }
        Ok(Some(Frame { prefix, side: Side::Index(cached), cursors: self.cursors(trees)? }))
    }

    /// Enters a directory that is given by its tree, in a commit or a sparse index.
    fn enter_tree(&mut self, prefix: usize, id: Id, trees: &[Option<Id>]) -> Result<()> {
        if let Some(frame) = self.tree_frame(prefix, id, trees)? {
            self.frames.push(frame);
        }
        Ok(())
    }

    fn tree_frame(&mut self, prefix: usize, id: Id, trees: &[Option<Id>]) -> Result<Option<Frame>> {
        if trees.contains(&Some(id)) {
            return Ok(None);
        }
        if !self.open.insert(id) {
            return Err(Error::new("read tree", id, "it holds itself").hint("`git fsck` says more"));
        }
        let side = Side::Tree(id, self.items(id)?.into_iter());
        Ok(Some(Frame { prefix, side, cursors: self.cursors(trees)? }))
    }

    /// Processes the next index entry of this directory.
    fn index_entry(&mut self, frame: &mut Frame) -> Result<Option<Next>> {
        let index = self.index;
        let Some(entry) = index.entries().get(self.at) else { return Ok(None) };
        let path = index.path(entry);
        let Some(rest) = path.strip_prefix(&self.path[..]) else { return Ok(None) };
        let Some(slash) = rest.find_byte(b'/') else {
            self.at += 1;
            let before = self.changes.take(&mut frame.cursors, &self.path, rest, false);
            if entry.stage > 0 {
                self.conflict(path);
            } else if !entry.intent_to_add {
                self.file(path, entry.kind, index.id(entry), before)?;
            }
            return Ok(Some(Next::Same));
        };
        let name = &rest[..slash];
        let before = ids(self.changes.take(&mut frame.cursors, &self.path, name, true));
        let prefix = self.path.len() + slash + 1;
        self.path.extend_from_slice(&rest[..=slash]);
        let below = if entry.kind == EntryKind::Tree {
            self.at += 1;
            self.tree_frame(prefix, index.id(entry), &before)?
        } else {
            let Side::Index(cached) = frame.side else { return Ok(None) };
            let cached = cached.and_then(|at| index.subtree(at, name));
            self.index_frame(prefix, cached, &before)?
        };
        Ok(Some(below.map_or(Next::Same, Next::Below)))
    }

    fn tree_entry(&mut self, frame: &mut Frame, item: Item) -> Result<Next> {
        let is_tree = item.kind == EntryKind::Tree;
        let before = self.changes.take(&mut frame.cursors, &self.path, &item.name, is_tree);
        self.path.extend_from_slice(&item.name);
        if is_tree {
            self.path.push(b'/');
            let below = self.tree_frame(self.path.len(), item.id, &ids(before))?;
            return Ok(below.map_or(Next::Same, Next::Below));
        }
        let path = std::mem::take(&mut self.path);
        let noted = self.file(&path, item.kind, item.id, before);
        self.path = path;
        noted.map(|()| Next::Same)
    }

    fn file(&mut self, path: &[u8], kind: EntryKind, id: Id, before: Vec<Option<Item>>) -> Result<()> {
        let before: Vec<Option<(EntryKind, Id)>> =
            before.into_iter().map(|item| item.map(|item| (item.kind, item.id))).collect();
        if !before.contains(&Some((kind, id))) {
            self.budget.spend(Budget::ITEM + path.len() as u64 * PATH_COST)?;
            // A submodule's commit is not a version of a file.
            let blob = |(kind, id)| if kind == EntryKind::Submodule { None } else { Some(id) };
            let before = before.into_iter().map(|item| item.and_then(blob)).collect();
            self.changes.changed.push(ChangedFile { path: path.to_vec(), kind, id, before });
        }
        Ok(())
    }

    /// Skips all stages of a path, which are adjacent.
    fn conflict(&mut self, path: &[u8]) {
        let index = self.index;
        while index.entries().get(self.at).is_some_and(|entry| index.path(entry) == path) {
            self.at += 1;
        }
        self.changes.unmerged += 1;
    }

    fn cursors(&self, trees: &[Option<Id>]) -> Result<Vec<Cursor>> {
        let cursor = |tree: &Option<Id>| {
            let items = tree.map_or_else(|| Ok(Vec::new()), |id| self.items(id))?;
            Ok(items.into_iter().peekable())
        };
        trees.iter().map(cursor).collect()
    }

    fn items(&self, id: Id) -> Result<Vec<Item>> {
        items(self.objects, id, self.budget)
    }
}

/// Where to continue after an entry.
enum Next {
    Same,
    Below(Frame),
}

impl Changes {
    /// Each parent's entry with this name. Entries before it are recorded as deleted.
    fn take(&mut self, cursors: &mut [Cursor], prefix: &[u8], name: &[u8], is_tree: bool) -> Vec<Option<Item>> {
        let mut found = Vec::with_capacity(cursors.len());
        for (parent, cursor) in cursors.iter_mut().enumerate() {
            while let Some(item) = cursor.next_if(|item| item.order(name, is_tree) == Ordering::Less) {
                self.delete(parent, prefix, item);
            }
            found.push(cursor.next_if(|item| item.order(name, is_tree) == Ordering::Equal));
        }
        found
    }

    fn delete(&mut self, parent: usize, prefix: &[u8], item: Item) {
        let path = [prefix, &item.name[..]].concat();
        self.deleted.push(DeletedEntry { parent, path, kind: item.kind, id: item.id });
    }
}

fn ids(items: Vec<Option<Item>>) -> Vec<Option<Id>> {
    items.into_iter().map(|item| item.map(|item| item.id)).collect()
}

fn items(objects: &Objects, id: Id, budget: &Budget) -> Result<Vec<Item>> {
    budget.spend(Budget::ITEM)?;
    let bytes = objects.read(id, Kind::Tree)?;
    budget.spend(bytes.len() as u64)?;
    TreeEntries::new(&bytes, objects.hash())
        .map(|entry| entry.map(|entry| Item { name: entry.name.to_vec(), kind: entry.kind, id: entry.id }))
        .collect::<Option<_>>()
        .ok_or_else(|| Error::new("read tree", id, "one of its entries is broken").hint("`git fsck` says more"))
}

/// The tree of a commit.
pub(crate) fn tree_of(objects: &Objects, commit: Id) -> Result<Id> {
    let bytes = objects.read(commit, Kind::Commit)?;
    ParsedCommit::parse(&bytes).tree.ok_or_else(|| Error::new("read commit", commit, "it names no tree"))
}

/// The files below a deleted directory, or the deleted file itself. At most `limit` entries are examined.
pub(crate) fn files_of(
    objects: &Objects,
    deleted: &DeletedEntry,
    limit: &mut usize,
    budget: &Budget,
    files: &mut Vec<DeletedEntry>,
) -> Result<()> {
    let mut open = vec![deleted.clone()];
    while let Some(deleted) = open.pop() {
        if *limit == 0 {
            break;
        }
        *limit -= 1;
        if deleted.kind != EntryKind::Tree {
            files.push(deleted);
            continue;
        }
        // Pushed in reverse, so that files come out in the order of their tree.
        for item in items(objects, deleted.id, budget)?.into_iter().rev().take(*limit) {
            let path = [&deleted.path[..], b"/", &item.name[..]].concat();
            open.push(DeletedEntry { parent: deleted.parent, path, kind: item.kind, id: item.id });
        }
    }
    Ok(())
}
