//! The entries of a tree object.

use bstr::ByteSlice;

use super::Id;
use super::id::Hash;

/// What an entry of a tree or of the index is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A file, executable or not.
    File,
    /// A symbolic link; its blob is the target.
    Symlink,
    /// A commit of another repository.
    Submodule,
    /// A directory.
    Tree,
}

impl EntryKind {
    /// Of a mode as git writes it.
    pub fn of_mode(mode: u32) -> Option<Self> {
        match mode & 0o170_000 {
            0o100_000 => Some(Self::File),
            0o120_000 => Some(Self::Symlink),
            0o160_000 => Some(Self::Submodule),
            0o040_000 => Some(Self::Tree),
            _ => None,
        }
    }
}

/// One entry of a tree.
#[derive(Clone, Copy, Debug)]
pub struct TreeEntry<'a> {
    /// Without any `/`.
    pub name: &'a [u8],
    /// What it is.
    pub kind: EntryKind,
    /// Its object.
    pub id: Id,
}

/// Reads a tree object's entries in order; a broken entry ends them with `None` in its place.
#[derive(Clone, Debug)]
pub struct TreeEntries<'a> {
    rest: &'a [u8],
    hash: Hash,
}

impl<'a> TreeEntries<'a> {
    /// Of a decoded tree object.
    pub fn new(bytes: &'a [u8], hash: Hash) -> Self {
        Self { rest: bytes, hash }
    }

    fn entry(&mut self) -> Option<TreeEntry<'a>> {
        let (mode, rest) = self.rest.split_once_str(" ")?;
        let mode = mode.iter().try_fold(0u32, |mode, &digit| match digit {
            b'0'..=b'7' => mode.checked_mul(8)?.checked_add(u32::from(digit - b'0')),
            _ => None,
        })?;
        let (name, rest) = rest.split_once_str("\0")?;
        let (id, rest) = rest.split_at_checked(self.hash.width())?;
        self.rest = rest;
        Some(TreeEntry { name, kind: EntryKind::of_mode(mode)?, id: Id::from_bytes(id)? })
    }
}

impl<'a> Iterator for TreeEntries<'a> {
    type Item = Option<TreeEntry<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let entry = self.entry();
        if entry.is_none() {
            self.rest = &[];
        }
        Some(entry)
    }
}
