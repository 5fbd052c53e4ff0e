//! What the next commit changes: the index against the trees of its parents-to-be.
//!
//! The cache-tree names the tree of every directory that nobody touched. Where it names a parent's tree, the
//! whole directory is skipped without reading anything; only the trees on the way to a change are read.

use std::cmp::Ordering;
use std::iter::Peekable;

use bstr::ByteSlice;

use crate::core::error::{Error, Result};
use crate::git::tree::{EntryKind, TreeEntries};
use crate::git::{Id, Index, Kind, Objects};

/// A file of the next commit that no parent has like this.
#[derive(Clone, Debug)]
pub(in crate::source) struct Change {
    pub(in crate::source) path: Vec<u8>,
    pub(in crate::source) kind: EntryKind,
    pub(in crate::source) id: Id,
    /// What each parent has at this path.
    pub(in crate::source) before: Vec<Option<Id>>,
}

/// A file or directory that a parent has and the next commit has not.
#[derive(Clone, Debug)]
pub(in crate::source) struct Gone {
    pub(in crate::source) parent: usize,
    pub(in crate::source) path: Vec<u8>,
    pub(in crate::source) kind: EntryKind,
    pub(in crate::source) id: Id,
}

/// All of it.
#[derive(Debug, Default)]
pub(in crate::source) struct Changes {
    pub(in crate::source) changed: Vec<Change>,
    pub(in crate::source) gone: Vec<Gone>,
    /// Paths in conflict, which cannot be committed yet.
    pub(in crate::source) unmerged: u64,
}

/// Compares the index with the root trees of the parents; with none, everything is new.
pub(in crate::source) fn changes(index: &Index, objects: &Objects, parents: &[Id]) -> Result<Changes> {
    let mut walk = Walk { index, objects, at: 0, parents: parents.len(), changes: Changes::default() };
    walk.directory(b"", index.root(), &parents.iter().copied().map(Some).collect::<Vec<_>>())?;
    Ok(walk.changes)
}

/// Compares a commit's root tree with those of its parents; without any, everything is new.
pub(in crate::source) fn between(objects: &Objects, tree: Id, parents: &[Id]) -> Result<Changes> {
    let index = Index::default();
    let mut walk = Walk { index: &index, objects, at: 0, parents: parents.len(), changes: Changes::default() };
    walk.sparse(b"", tree, &parents.iter().copied().map(Some).collect::<Vec<_>>())?;
    Ok(walk.changes)
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

struct Walk<'a> {
    index: &'a Index,
    objects: &'a Objects,
    /// The next entry of the index.
    at: usize,
    parents: usize,
    changes: Changes,
}

impl Walk<'_> {
    /// Takes all entries below `prefix` (empty, or ending in `/`) from the index.
    fn directory(&mut self, prefix: &[u8], cached: Option<usize>, trees: &[Option<Id>]) -> Result<()> {
        if let Some((entries, id)) = cached.and_then(|at| self.index.tree(at).valid)
            && trees.contains(&Some(id))
        {
            self.at += entries as usize;
            return Ok(());
        }
        let mut cursors = self.cursors(trees)?;
        let index = self.index;
        while let Some(entry) = index.entries().get(self.at) {
            let path = index.path(entry);
            let Some(rest) = path.strip_prefix(prefix) else { break };
            if let Some(slash) = rest.find_byte(b'/') {
                let name = &rest[..slash];
                let below = self.take(&mut cursors, prefix, name, true);
                let below: Vec<Option<Id>> = below.into_iter().map(|item| item.map(|item| item.id)).collect();
                if entry.kind == EntryKind::Tree {
                    self.at += 1;
                    self.sparse(path, entry.id, &below)?;
                } else {
                    let cached = cached.and_then(|at| index.subtree(at, name));
                    self.directory(&path[..prefix.len() + slash + 1], cached, &below)?;
                }
                continue;
            }
            self.at += 1;
            let before = self.take(&mut cursors, prefix, rest, false);
            if entry.stage > 0 {
                self.conflict(path);
            } else if !entry.intent_to_add {
                self.file(path, entry.kind, entry.id, before);
            }
        }
        self.finish(cursors, prefix);
        Ok(())
    }

    /// A directory that is only named, by a sparse index or by a commit, stands for the files of its tree.
    fn sparse(&mut self, prefix: &[u8], id: Id, trees: &[Option<Id>]) -> Result<()> {
        if trees.contains(&Some(id)) {
            return Ok(());
        }
        let mut cursors = self.cursors(trees)?;
        for item in self.items(id)? {
            let is_tree = item.kind == EntryKind::Tree;
            let before = self.take(&mut cursors, prefix, &item.name, is_tree);
            let mut path = [prefix, &item.name[..]].concat();
            if is_tree {
                path.push(b'/');
                let below: Vec<Option<Id>> = before.into_iter().map(|item| item.map(|item| item.id)).collect();
                self.sparse(&path, item.id, &below)?;
            } else {
                self.file(&path, item.kind, item.id, before);
            }
        }
        self.finish(cursors, prefix);
        Ok(())
    }

    fn file(&mut self, path: &[u8], kind: EntryKind, id: Id, before: Vec<Option<Item>>) {
        let before: Vec<Option<(EntryKind, Id)>> =
            before.into_iter().map(|item| item.map(|item| (item.kind, item.id))).collect();
        if !before.contains(&Some((kind, id))) {
            // A submodule's commit is no version of a file.
            let blob = |(kind, id)| if kind == EntryKind::Submodule { None } else { Some(id) };
            let before = before.into_iter().map(|item| item.and_then(blob)).collect();
            self.changes.changed.push(Change { path: path.to_vec(), kind, id, before });
        }
    }

    /// The stages of one path follow each other.
    fn conflict(&mut self, path: &[u8]) {
        let index = self.index;
        while index.entries().get(self.at).is_some_and(|entry| index.path(entry) == path) {
            self.at += 1;
        }
        self.changes.unmerged += 1;
    }

    /// Each parent's entry of this name; what it has before that name, the index has not.
    fn take(&mut self, cursors: &mut [Cursor], prefix: &[u8], name: &[u8], is_tree: bool) -> Vec<Option<Item>> {
        let mut found = Vec::with_capacity(self.parents);
        for (parent, cursor) in cursors.iter_mut().enumerate() {
            while let Some(item) = cursor.next_if(|item| item.order(name, is_tree) == Ordering::Less) {
                self.gone(parent, prefix, item);
            }
            found.push(cursor.next_if(|item| item.order(name, is_tree) == Ordering::Equal));
        }
        found
    }

    fn finish(&mut self, cursors: Vec<Cursor>, prefix: &[u8]) {
        for (parent, cursor) in cursors.into_iter().enumerate() {
            for item in cursor {
                self.gone(parent, prefix, item);
            }
        }
    }

    fn gone(&mut self, parent: usize, prefix: &[u8], item: Item) {
        let path = [prefix, &item.name[..]].concat();
        self.changes.gone.push(Gone { parent, path, kind: item.kind, id: item.id });
    }

    fn cursors(&self, trees: &[Option<Id>]) -> Result<Vec<Cursor>> {
        let cursor = |tree: &Option<Id>| {
            let items = tree.map_or_else(|| Ok(Vec::new()), |id| self.items(id))?;
            Ok(items.into_iter().peekable())
        };
        trees.iter().map(cursor).collect()
    }

    fn items(&self, id: Id) -> Result<Vec<Item>> {
        items(self.objects, id)
    }
}

fn items(objects: &Objects, id: Id) -> Result<Vec<Item>> {
    let bytes = objects.read(id, Kind::Tree)?;
    TreeEntries::new(&bytes, objects.hash())
        .map(|entry| entry.map(|entry| Item { name: entry.name.to_vec(), kind: entry.kind, id: entry.id }))
        .collect::<Option<_>>()
        .ok_or_else(|| Error::new("read tree", id, "one of its entries is broken").hint("`git fsck` says more"))
}

/// The tree of a commit.
pub(in crate::source) fn tree_of(objects: &Objects, commit: Id) -> Result<Id> {
    let bytes = objects.read(commit, Kind::Commit)?;
    let hex = bytes.strip_prefix(b"tree ").and_then(|rest| rest.get(..objects.hash().width() * 2));
    hex.and_then(Id::from_hex).ok_or_else(|| Error::new("read commit", commit, "it names no tree"))
}

/// The files below a directory that is gone, itself if it is a file; at most `limit` of them are added.
pub(in crate::source) fn files_of(objects: &Objects, gone: &Gone, limit: usize, files: &mut Vec<Gone>) -> Result<()> {
    if files.len() >= limit {
        return Ok(());
    }
    if gone.kind != EntryKind::Tree {
        files.push(gone.clone());
        return Ok(());
    }
    for item in items(objects, gone.id)? {
        let path = [&gone.path[..], b"/", &item.name[..]].concat();
        files_of(objects, &Gone { parent: gone.parent, path, kind: item.kind, id: item.id }, limit, files)?;
    }
    Ok(())
}
