//! An object's name: 20 bytes of SHA-1 or 32 of SHA-256.

use std::fmt;

/// Which hash names the objects of a repository.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hash {
    /// 20 bytes, still the default.
    #[default]
    Sha1,
    /// 32 bytes.
    Sha256,
}

impl Hash {
    /// Bytes of an id.
    pub const fn width(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }
}

/// An object's name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    bytes: [u8; 32],
    len: u8,
}

impl Id {
    /// From the raw bytes; `None` if there are neither 20 nor 32.
    pub fn from_bytes(raw: &[u8]) -> Option<Self> {
        let mut bytes = [0; 32];
        match raw.len() {
            20 | 32 => bytes[..raw.len()].copy_from_slice(raw),
            _ => return None,
        }
        Some(Self { bytes, len: raw.len() as u8 })
    }

    /// From lower-case hexadecimal digits.
    pub fn from_hex(hex: &[u8]) -> Option<Self> {
        let mut bytes = [0; 32];
        if !matches!(hex.len(), 40 | 64) {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Self { bytes, len: (hex.len() / 2) as u8 })
    }

    /// The raw bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// Whether it is all zeros, git's way to say "none".
    pub fn is_null(&self) -> bool {
        self.bytes == [0; 32]
    }
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
}
