//! Commits and annotated tags, as far as the commit graph needs them.

use crate::git::Id;

/// What the graph needs of a commit.
pub(super) struct CommitRecord {
    pub(super) number: u32,
    pub(super) tree: Option<Id>,
    pub(super) parents: Box<[Id]>,
    /// When it was committed.
    pub(super) time: i64,
}

/// What the graph needs of an annotated tag.
pub(super) struct TagRecord {
    pub(super) number: u32,
    pub(super) target: Option<Id>,
}
