//! What a commit, or the index, changes.

use super::Id;
use super::tree::{EntryKind, TreeEntry};

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

impl Changes {
    pub(super) fn delete(&mut self, parent: usize, prefix: &[u8], entry: &TreeEntry<'_>) {
        let path = [prefix, entry.name].concat();
        self.deleted.push(DeletedEntry { parent, path, kind: entry.kind, id: entry.id });
    }
}
