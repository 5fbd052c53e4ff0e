//! What a commit, made or to be made, changes: its tree or the index, against the trees of its parents.
//!
//! A tree that a parent has too is skipped without reading it. Of the index the cache-tree names the tree of every
//! directory that nobody touched, so that only the trees on the way to a change are read.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::iter::Peekable;

use bstr::ByteSlice;

use super::commit::ParsedCommit;
use super::tree::{EntryKind, TreeEntries};
use super::{Id, Index, Kind, Objects};
use crate::core::budget::Budget;
use crate::core::error::{Error, Result};

/// What a byte of a path costs, as each changed file keeps its own.
const PATH_COST: u64 = 16;

/// A file of the next commit that no parent has like this.
#[derive(Clone, Debug)]
pub(crate) struct ChangedFile {
    pub(crate) path: Vec<u8>,
    pub(crate) kind: EntryKind,
    pub(crate) id: Id,
    /// What each parent has at this path.
    pub(crate) before: Vec<Option<Id>>,
}

/// A file or directory that a parent has and the next commit has not.
#[derive(Clone, Debug)]
pub(crate) struct Gone {
    pub(crate) parent: usize,
    pub(crate) path: Vec<u8>,
    pub(crate) kind: EntryKind,
    pub(crate) id: Id,
}

/// All of it.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) changed: Vec<ChangedFile>,
    pub(crate) gone: Vec<Gone>,
    /// Paths in conflict, which cannot be committed yet.
    pub(crate) unmerged: u64,
}

/// Compares the index with the root trees of the parents; with none, everything is new.
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

/// An entry of a tree, owned.
#[derive(Debug)]
struct Item {
    name: Vec<u8>,
    kind: EntryKind,
    id: Id,
}

impl Item {
    /// Trees sort as if their names ended in `/`, which is where their files stand in the index.
    fn order(&self, name: &[u8], is_tree: bool) -> Ordering {
        let slash = |is_tree: bool| if is_tree { &b"/"[..] } else { &b""[..] };
        let own = self.name.iter().chain(slash(self.kind == EntryKind::Tree));
        own.cmp(name.iter().chain(slash(is_tree)))
    }
}

/// A parent's directory, read in step with the index.
type Cursor = Peekable<std::vec::IntoIter<Item>>;

/// A directory on the way down from the root.
struct Frame {
    /// The length of its path, with the slash.
    prefix: usize,
    side: Side,
    cursors: Vec<Cursor>,
}

/// Where a directory's new entries come from.
enum Side {
    /// From the index, with the directory's place in its cache-tree.
    Index(Option<usize>),
    /// From this tree: a commit's, or one that a sparse index only names.
    Tree(Id, std::vec::IntoIter<Item>),
}

struct TreeDiff<'a> {
    index: &'a Index,
    objects: &'a Objects,
    budget: &'a Budget,
    /// The next entry of the index.
    at: usize,
    /// The path of the directory that is being read, and maybe of the entry in it.
    path: Vec<u8>,
    frames: Vec<Frame>,
    /// The trees of `frames`: a damaged one may hold itself.
    open: HashSet<Id>,
    changes: Changes,
}

impl<'a> TreeDiff<'a> {
    fn new(index: &'a Index, objects: &'a Objects, budget: &'a Budget) -> Self {
        let (path, frames, open, changes) = <_>::default();
        Self { index, objects, budget, at: 0, path, frames, open, changes }
    }

    /// One entry after the other, in no more stack for a deep tree than for a flat one.
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
                // What lies below is read first.
                Some(Next::Below(below)) => self.frames.extend([frame, below]),
                Some(Next::Same) => self.frames.push(frame),
                None => {
                    if let Side::Tree(id, _) = frame.side {
                        self.open.remove(&id);
                    }
                    for (parent, cursor) in frame.cursors.into_iter().enumerate() {
                        cursor.for_each(|item| self.changes.gone(parent, &self.path[..frame.prefix], item));
                    }
                }
            }
        }
        Ok(self.changes)
    }

    /// Takes all entries below a directory from the index, unless the cache-tree says that a parent has the same.
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

    /// A directory that is only named, by a sparse index or by a commit, stands for the files of its tree.
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

    /// The next entry of the index that is in this directory.
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
                self.file(path, entry.kind, entry.id, before)?;
            }
            return Ok(Some(Next::Same));
        };
        let name = &rest[..slash];
        let before = ids(self.changes.take(&mut frame.cursors, &self.path, name, true));
        let prefix = self.path.len() + slash + 1;
        self.path.extend_from_slice(&rest[..=slash]);
        let below = if entry.kind == EntryKind::Tree {
            self.at += 1;
            self.tree_frame(prefix, entry.id, &before)?
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
            // A submodule's commit is no version of a file.
            let blob = |(kind, id)| if kind == EntryKind::Submodule { None } else { Some(id) };
            let before = before.into_iter().map(|item| item.and_then(blob)).collect();
            self.changes.changed.push(ChangedFile { path: path.to_vec(), kind, id, before });
        }
        Ok(())
    }

    /// The stages of one path follow each other.
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

/// Where to go on after an entry.
enum Next {
    Same,
    Below(Frame),
}

impl Changes {
    /// Each parent's entry of this name; what it has before that name, the next commit has not.
    fn take(&mut self, cursors: &mut [Cursor], prefix: &[u8], name: &[u8], is_tree: bool) -> Vec<Option<Item>> {
        let mut found = Vec::with_capacity(cursors.len());
        for (parent, cursor) in cursors.iter_mut().enumerate() {
            while let Some(item) = cursor.next_if(|item| item.order(name, is_tree) == Ordering::Less) {
                self.gone(parent, prefix, item);
            }
            found.push(cursor.next_if(|item| item.order(name, is_tree) == Ordering::Equal));
        }
        found
    }

    fn gone(&mut self, parent: usize, prefix: &[u8], item: Item) {
        let path = [prefix, &item.name[..]].concat();
        self.gone.push(Gone { parent, path, kind: item.kind, id: item.id });
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

/// The files below a directory that is gone, itself if it is a file; at most `limit` entries are looked at.
pub(crate) fn files_of(
    objects: &Objects,
    gone: &Gone,
    limit: &mut usize,
    budget: &Budget,
    files: &mut Vec<Gone>,
) -> Result<()> {
    let mut open = vec![gone.clone()];
    while let Some(gone) = open.pop() {
        if *limit == 0 {
            break;
        }
        *limit -= 1;
        if gone.kind != EntryKind::Tree {
            files.push(gone);
            continue;
        }
        // The last one is taken first, so that files come in their tree's order.
        for item in items(objects, gone.id, budget)?.into_iter().rev().take(*limit) {
            let path = [&gone.path[..], b"/", &item.name[..]].concat();
            open.push(Gone { parent: gone.parent, path, kind: item.kind, id: item.id });
        }
    }
    Ok(())
}
