//! Object ids (a hash of type and content) and object types, for both of git's object formats.

use std::fmt;

use sha1::Digest as _;

/// The hash function of a repository's object ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hash {
    /// SHA-1 with 20 bytes, git's default.
    #[default]
    Sha1,
    /// SHA-256 with 32 bytes.
    Sha256,
}

impl Hash {
    /// The length of an id in bytes.
    pub const fn width(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    /// Computes the id of an object.
    pub fn id_of(self, kind: Kind, content: &[u8]) -> Id {
        let header = format!("{} {}\0", kind.word(), content.len());
        match self {
            Self::Sha1 => Id::of_digest(&sha1::Sha1::new().chain_update(header).chain_update(content).finalize()),
            Self::Sha256 => Id::of_digest(&sha2::Sha256::new().chain_update(header).chain_update(content).finalize()),
        }
    }
}

/// The type of an object, numbered as in a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// A commit.
    Commit = 1,
    /// A tree, that is, a directory.
    Tree = 2,
    /// A blob, that is, the content of a file.
    Blob = 3,
    /// An annotated tag.
    Tag = 4,
}

impl Kind {
    /// Git's name for the type; `None` for a commit.
    pub const fn unless_commit(self) -> Option<&'static str> {
        match self {
            Self::Commit => None,
            Self::Tree => Some("tree"),
            Self::Blob => Some("blob"),
            Self::Tag => Some("tag"),
        }
    }
}

impl Kind {
    /// Parses the name in a loose object's header or in a tag's `type` line.
    pub fn from_word(word: &[u8]) -> Option<Self> {
        match word {
            b"commit" => Some(Self::Commit),
            b"tree" => Some(Self::Tree),
            b"blob" => Some(Self::Blob),
            b"tag" => Some(Self::Tag),
            _ => None,
        }
    }

    /// Git's name for the type.
    pub fn word(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Tree => "tree",
            Self::Blob => "blob",
            Self::Tag => "tag",
        }
    }

    /// The type with this number in a pack; `None` for deltas and unknown numbers.
    pub(crate) fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Commit),
            2 => Some(Self::Tree),
            3 => Some(Self::Blob),
            4 => Some(Self::Tag),
            _ => None,
        }
    }
}

/// An object id. Ids are compared by all their bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    bytes: [u8; 32],
    len: u8,
}

impl Id {
    /// An id from its raw bytes; `None` if there are not 20 or 32.
    pub fn from_bytes(raw: &[u8]) -> Option<Self> {
        matches!(raw.len(), 20 | 32).then(|| Self::of_digest(raw))
    }

    /// An id from the 20 or 32 bytes of a digest.
    pub(super) fn of_digest(raw: &[u8]) -> Self {
        let mut bytes = [0; 32];
        bytes[..raw.len()].copy_from_slice(raw);
        Self { bytes, len: if raw.len() == 20 { 20 } else { 32 } }
    }

    /// Parses 40 or 64 lower-case hexadecimal digits.
    pub fn from_hex(hex: &[u8]) -> Option<Self> {
        let mut bytes = [0; 32];
        if !matches!(hex.len(), 40 | 64) {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Self { bytes, len: if hex.len() == 40 { 20 } else { 32 } })
    }

    /// The raw bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// Whether all bytes are zero, which is git's null id.
    pub fn is_null(&self) -> bool {
        self.bytes == [0; 32]
    }

    /// The first eight bytes as a number. They spread objects evenly over a table, but do not identify them.
    pub(crate) fn leading(&self) -> u64 {
        leading(&self.bytes)
    }

    /// Whether the id starts with these hexadecimal digits.
    pub(crate) fn starts_with(&self, digits: &str) -> bool {
        self.to_string().starts_with(digits)
    }
}

/// The first eight bytes of a raw id as a number.
#[inline]
pub(crate) fn leading(raw: &[u8]) -> u64 {
    raw.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

fn digit(hex: u8) -> Option<u8> {
    match hex {
        b'0'..=b'9' => Some(hex - b'0'),
        b'a'..=b'f' => Some(hex - b'a' + 10),
        _ => None,
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_goes_both_ways_and_nothing_else_is_an_id() {
        for hex in ["0123456789abcdef0123456789abcdef01234567".to_owned(), "ab".repeat(32)] {
            assert_eq!(Id::from_hex(hex.as_bytes()).unwrap().to_string(), hex);
        }
        for hex in ["", "0123", "zz23456789abcdef0123456789abcdef01234567"] {
            assert_eq!(Id::from_hex(hex.as_bytes()), None);
        }
        assert!(Id::from_bytes(&[0; 20]).unwrap().is_null());
    }

    #[test]
    fn ids_are_those_that_git_gives() {
        for (hash, empty) in [
            (Hash::Sha1, "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"),
            (Hash::Sha256, "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813"),
        ] {
            assert_eq!(hash.id_of(Kind::Blob, b"").to_string(), empty);
        }
    }
}
