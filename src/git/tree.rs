//! Parsing tree objects.

use super::Id;
use super::id::Hash;

/// The type of an entry in a tree or in the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file, executable or not.
    File,
    /// A symbolic link; its blob is the link's target.
    Symlink,
    /// A submodule: a commit of another repository.
    Submodule,
    /// A directory.
    Tree,
}

impl EntryKind {
    /// The type of a file mode; `None` for an unknown one.
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
    /// The name, which contains no `/`.
    pub name: &'a [u8],
    /// The type.
    pub kind: EntryKind,
    /// The id of its object.
    pub id: Id,
}

impl<'a> TreeEntry<'a> {
    /// Parses the entry at the start of `bytes`; also returns its length. An unknown mode is treated as a regular
    /// file, so that its content is scanned.
    #[inline]
    pub(crate) fn parse(bytes: &'a [u8], hash: Hash) -> Option<(Self, usize)> {
        let space = bytes.iter().take(8).position(|&byte| byte == b' ')?;
        let digit = |mode: u32, &digit: &u8| match digit {
            b'0'..=b'7' => Some(mode << 3 | u32::from(digit - b'0')),
            _ => None,
        };
        let mode = bytes[..space].iter().try_fold(0, digit)?;
        let end = space + 1 + memchr::memchr(0, &bytes[space + 1..])?;
        let id = bytes.get(end + 1..end + 1 + hash.width()).and_then(Id::from_bytes)?;
        let kind = EntryKind::of_mode(mode).unwrap_or(EntryKind::File);
        Some((Self { name: &bytes[space + 1..end], kind, id }, end + 1 + hash.width()))
    }
}

/// Iterates over the entries of a tree. A broken entry gives `None` and ends the iteration.
#[derive(Clone, Debug)]
pub struct TreeEntries<'a> {
    rest: &'a [u8],
    hash: Hash,
}

impl<'a> TreeEntries<'a> {
    /// The entries of a decoded tree object.
    pub fn new(bytes: &'a [u8], hash: Hash) -> Self {
        Self { rest: bytes, hash }
    }
}

impl<'a> Iterator for TreeEntries<'a> {
    type Item = Option<TreeEntry<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let entry = TreeEntry::parse(self.rest, self.hash);
        self.rest = entry.map_or(&[], |(_, length)| &self.rest[length..]);
        Some(entry.map(|(entry, _)| entry))
    }
}
