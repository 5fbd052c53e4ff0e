//! What git calls an object: twenty bytes, and one of four kinds.

use std::fmt;

/// A SHA-1 object id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oid([u8; 20]);

impl Oid {
    /// The id that stands for "no object".
    pub const NULL: Self = Self([0; 20]);

    /// From the first twenty bytes of `bytes`; `None` if there are fewer.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.first_chunk().map(|bytes| Self(*bytes))
    }

    /// From exactly forty hexadecimal digits.
    pub fn from_hex(digits: &[u8]) -> Option<Self> {
        if digits.len() != 40 {
            return None;
        }
        let mut bytes = [0; 20];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let high = (pair[0] as char).to_digit(16)?;
            let low = (pair[1] as char).to_digit(16)?;
            *byte = (high << 4 | low) as u8;
        }
        Some(Self(bytes))
    }

    /// The raw bytes.
    pub fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// The first eight bytes: ids are uniformly distributed, so these are a hash of the rest.
    pub(super) fn prefix(&self) -> u64 {
        let mut first = [0; 8];
        first.copy_from_slice(&self.0[..8]);
        u64::from_be_bytes(first)
    }
}

impl fmt::Display for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The kind of an object, numbered as in a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// A snapshot, its parents and its message.
    Commit = 1,
    /// A directory.
    Tree = 2,
    /// A file's content.
    Blob = 3,
    /// An annotated tag.
    Tag = 4,
}

impl Kind {
    /// From the word in a loose object's header.
    pub(super) fn from_word(word: &[u8]) -> Option<Self> {
        match word {
            b"commit" => Some(Self::Commit),
            b"tree" => Some(Self::Tree),
            b"blob" => Some(Self::Blob),
            b"tag" => Some(Self::Tag),
            _ => None,
        }
    }

    /// From the number in a pack; `None` for deltas and unknown numbers.
    pub(super) fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Commit),
            2 => Some(Self::Tree),
            3 => Some(Self::Blob),
            4 => Some(Self::Tag),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_reads_back() {
        let text = "0123456789abcdef0123456789abcdef01234567";
        let oid = Oid::from_hex(text.as_bytes()).expect("forty digits");
        assert_eq!(oid.to_string(), text);
        assert_eq!(Oid::from_bytes(oid.as_bytes()), Some(oid));
        for bad in ["", "0123", text.trim_start_matches('0'), "g123456789abcdef0123456789abcdef01234567"] {
            assert_eq!(Oid::from_hex(bad.as_bytes()), None, "{bad}");
        }
    }
}
