//! The changes of a commit, or of the index, relative to the trees of its parents.
//!
//! A tree that a parent also has is skipped without reading it. For the index, the cache-tree has the tree ids of
//! unchanged directories, so that only trees on the path to a change are read.

use std::cmp::Ordering;
use std::collections::HashSet;

use bstr::ByteSlice;

use super::changes::{ChangedFile, Changes, DeletedEntry};
use super::commit::ParsedCommit;
use super::id::Hash;
use super::tree::{EntryKind, TreeEntries, TreeEntry};
use super::{Id, Index, Kind, Objects};
use crate::core::budget::Budget;
use crate::core::error::{Error, Result};

/// The cost of each byte of a changed file's path, in bytes of a budget: each file stores its whole path.
const PATH_COST: u64 = 16;

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

/// The object that a parent has at a path.
type Before = Option<(EntryKind, Id)>;

/// Trees are sorted as if their names ended in `/`, which is also the order of their files in the index.
fn order(entry: &TreeEntry<'_>, name: &[u8], is_tree: bool) -> Ordering {
    let slash = |is_tree: bool| if is_tree { &b"/"[..] } else { &b""[..] };
    let common = entry.name.len().min(name.len());
    let (own, own_rest) = entry.name.split_at(common);
    let (other, rest) = name.split_at(common);
    own.cmp(other).then_with(|| {
        let own = own_rest.iter().chain(slash(entry.kind == EntryKind::Tree));
        own.cmp(rest.iter().chain(slash(is_tree)))
    })
}

/// The entries of a directory, read in step with the other side.
#[derive(Default)]
struct Cursor {
    /// The tree, none of whose entries is broken.
    bytes: Vec<u8>,
    at: usize,
    hash: Hash,
}

impl Cursor {
    /// The next entry, and its end.
    fn peek(&self) -> Option<(TreeEntry<'_>, usize)> {
        let (entry, length) = TreeEntry::parse(&self.bytes[self.at..], self.hash)?;
        Some((entry, self.at + length))
    }
}

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
    Tree(Id, Cursor),
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
    /// What the parents have at the current entry; here so that its memory is used again.
    before: Vec<Before>,
}

impl<'a> TreeDiff<'a> {
    fn new(index: &'a Index, objects: &'a Objects, budget: &'a Budget) -> Self {
        let (path, frames, open, changes, before) = <_>::default();
        Self { index, objects, budget, at: 0, path, frames, open, changes, before }
    }

    /// Processes one entry after another, iteratively, so that deep trees need no stack.
    fn all(mut self) -> Result<Changes> {
        while let Some(mut frame) = self.frames.pop() {
            self.path.truncate(frame.prefix);
            let more = match &mut frame.side {
                Side::Index(_) => self.index_entry(&mut frame)?,
                Side::Tree(..) => self.tree_entry(&mut frame)?,
            };
            match more {
                // The entries of the subdirectory come first.
                Some(Next::Below(below)) => self.frames.extend([frame, below]),
                Some(Next::Same) => self.frames.push(frame),
                None => {
                    if let Side::Tree(id, _) = frame.side {
                        self.open.remove(&id);
                    }
                    for (parent, mut cursor) in frame.cursors.into_iter().enumerate() {
                        while let Some((entry, end)) = cursor.peek() {
                            self.changes.delete(parent, &self.path[..frame.prefix], &entry);
                            cursor.at = end;
                        }
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
        let side = Side::Tree(id, self.cursor(id)?);
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
            self.take(&mut frame.cursors, rest, false);
            if entry.stage > 0 {
                self.conflict(path);
            } else if !entry.intent_to_add {
                self.file(path, entry.kind, index.id(entry))?;
            }
            return Ok(Some(Next::Same));
        };
        let name = &rest[..slash];
        self.take(&mut frame.cursors, name, true);
        let before = self.ids();
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

    /// Processes the next entry of this tree.
    fn tree_entry(&mut self, frame: &mut Frame) -> Result<Option<Next>> {
        let Side::Tree(_, own) = &mut frame.side else { return Ok(None) };
        let Some((TreeEntry { name, kind, id }, end)) = own.peek() else { return Ok(None) };
        let is_tree = kind == EntryKind::Tree;
        self.take(&mut frame.cursors, name, is_tree);
        self.path.extend_from_slice(name);
        own.at = end;
        if is_tree {
            self.path.push(b'/');
            let below = self.tree_frame(self.path.len(), id, &self.ids())?;
            return Ok(Some(below.map_or(Next::Same, Next::Below)));
        }
        let path = std::mem::take(&mut self.path);
        let noted = self.file(&path, kind, id);
        self.path = path;
        noted.map(|()| Some(Next::Same))
    }

    /// Adds a file, unless a parent has it.
    fn file(&mut self, path: &[u8], kind: EntryKind, id: Id) -> Result<()> {
        if !self.before.contains(&Some((kind, id))) {
            self.budget.spend(Budget::ITEM + path.len() as u64 * PATH_COST)?;
            // A submodule's commit is not a version of a file.
            let blob = |(kind, id)| if kind == EntryKind::Submodule { None } else { Some(id) };
            let before = self.before.iter().map(|before| before.and_then(blob)).collect();
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
        trees.iter().map(|tree| tree.map_or_else(|| Ok(Cursor::default()), |id| self.cursor(id))).collect()
    }

    fn cursor(&self, id: Id) -> Result<Cursor> {
        let (bytes, hash) = (tree(self.objects, id, self.budget)?, self.objects.hash());
        Ok(Cursor { bytes, at: 0, hash })
    }

    /// Stores what each parent has with this name in `before`. Entries before it are recorded as deleted.
    fn take(&mut self, cursors: &mut [Cursor], name: &[u8], is_tree: bool) {
        self.before.clear();
        for (parent, cursor) in cursors.iter_mut().enumerate() {
            let mut found = None;
            while let Some((entry, end)) = cursor.peek() {
                match order(&entry, name, is_tree) {
                    Ordering::Less => self.changes.delete(parent, &self.path, &entry),
                    Ordering::Equal => found = Some((entry.kind, entry.id)),
                    Ordering::Greater => break,
                }
                cursor.at = end;
                if found.is_some() {
                    break;
                }
            }
            self.before.push(found);
        }
    }

    /// The objects that the parents have.
    fn ids(&self) -> Vec<Option<Id>> {
        self.before.iter().map(|before| before.map(|(_, id)| id)).collect()
    }
}

/// Where to continue after an entry.
enum Next {
    Same,
    Below(Frame),
}

/// Reads a tree, none of whose entries is broken.
fn tree(objects: &Objects, id: Id, budget: &Budget) -> Result<Vec<u8>> {
    budget.spend(Budget::ITEM)?;
    let bytes = objects.read(id, Kind::Tree)?;
    budget.spend(bytes.len() as u64)?;
    if TreeEntries::new(&bytes, objects.hash()).any(|entry| entry.is_none()) {
        return Err(Error::new("read tree", id, "one of its entries is broken").hint("`git fsck` says more"));
    }
    Ok(bytes)
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
        let bytes = tree(objects, deleted.id, budget)?;
        let entries: Vec<TreeEntry<'_>> = TreeEntries::new(&bytes, objects.hash()).flatten().collect();
        for entry in entries.iter().rev().take(*limit) {
            let path = [&deleted.path[..], b"/", entry.name].concat();
            open.push(DeletedEntry { parent: deleted.parent, path, kind: entry.kind, id: entry.id });
        }
    }
    Ok(())
}
