//! A key's value, its mask for display, and its fingerprint.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use sha2::{Digest, Sha256};

/// How many bits of a key must stay unknown when its mask and its fingerprint are published. 2^96 guesses are
/// infeasible.
pub const HIDDEN_BITS: f64 = 96.0;
/// A value with fewer bits can be found from its fingerprint by trying all values.
pub const GUESSABLE_BITS: f64 = 64.0;
/// How many characters of the random part a mask shows at most at each end.
pub const SHOWN: u8 = 4;

/// Which characters of a key a mask may show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Visible {
    /// The length of the provider's fixed prefix, in bytes.
    pub prefix: usize,
    /// How many characters of the random part are shown after the prefix, and again at the end.
    pub random: u8,
}

/// The bytes of a key. `Debug` and masks never print them; only [`expose`](Secret::expose) returns them.
#[derive(Clone)]
pub struct Secret {
    bytes: Box<[u8]>,
    visible: Visible,
    chosen: bool,
}

impl Secret {
    /// A secret of which no character may be shown.
    pub fn new(bytes: &[u8]) -> Self {
        Self { bytes: bytes.into(), visible: Visible::default(), chosen: false }
    }

    /// The same for a value that a person may have chosen, such as a password.
    pub fn chosen(bytes: &[u8]) -> Self {
        Self { chosen: true, ..Self::new(bytes) }
    }

    /// The same secret, showing this much in its mask.
    #[must_use]
    pub fn showing(self, visible: Visible) -> Self {
        Self { visible, ..self }
    }

    /// The raw bytes, for hashing, comparing, or `--show-secrets`.
    pub fn expose(&self) -> &[u8] {
        &self.bytes
    }

    /// The fingerprint, which is the same for the same value in every file and commit.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.bytes)
    }

    /// Whether somebody who knows the fingerprint could find the value by trying values.
    pub fn is_guessable(&self) -> bool {
        self.chosen || bits(self.bytes.get(self.visible.prefix..).unwrap_or_default()) < GUESSABLE_BITS
    }

    /// The text that is displayed: the provider's prefix and at most four characters of the random part at each end.
    /// That is enough to recognise the key in a provider's list, but not to use it.
    ///
    /// ```
    /// # use keysweep::core::finding::{Secret, Visible};
    /// let key = Secret::new(format!("sk-proj-{}yZ90", "Ab12".repeat(10)).as_bytes());
    /// assert_eq!(key.mask(), "…");
    /// assert_eq!(key.showing(Visible { prefix: 8, random: 4 }).mask(), "sk-proj-Ab12…yZ90");
    /// ```
    pub fn mask(&self) -> String {
        let Visible { prefix, random } = self.visible;
        let random = usize::from(random);
        if prefix + 2 * random >= self.bytes.len() {
            return "…".into();
        }
        let text = |part: &[u8]| -> String {
            part.iter().map(|&byte| if byte.is_ascii_graphic() { byte as char } else { '?' }).collect()
        };
        format!("{}…{}", text(&self.bytes[..prefix + random]), text(&self.bytes[self.bytes.len() - random..]))
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for Secret {}

impl Hash for Secret {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bytes.hash(state);
    }
}

impl PartialOrd for Secret {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Secret {
    fn cmp(&self, other: &Self) -> Ordering {
        self.bytes.cmp(&other.bytes)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} bytes>", self.bytes.len())
    }
}

/// An estimate of a random value's bits, by the kinds of characters in it. Separators between hexadecimal digits
/// count as 0 bits.
pub fn bits(value: &[u8]) -> f64 {
    let (length, symbols) = alphabet(value);
    length as f64 * libm::log2(symbols)
}

/// How many characters of a value count as random, and the size of their alphabet.
pub fn alphabet(value: &[u8]) -> (usize, f64) {
    let is_separator = |byte: &&u8| matches!(byte, b'-' | b'_' | b'.' | b':' | b' ');
    let (mut digits, mut lower, mut upper, mut hex, mut other) = (0, 0, 0, 0, 0);
    for byte in value.iter().filter(|byte| !is_separator(byte)) {
        digits += usize::from(byte.is_ascii_digit());
        lower += usize::from(byte.is_ascii_lowercase());
        upper += usize::from(byte.is_ascii_uppercase());
        hex += usize::from(byte.is_ascii_hexdigit());
        other += usize::from(!byte.is_ascii_alphanumeric());
    }
    let count = digits + lower + upper + other;
    if count == 0 {
        return (0, 1.0);
    }
    let is_hex = hex == count && (lower == 0 || upper == 0);
    let of = |seen: usize, size: f64| if seen > 0 { size } else { 0.0 };
    let symbols = match is_hex {
        true => {
            if lower + upper > 0 {
                16.0
            } else {
                10.0
            }
        }
        false => of(digits, 10.0) + of(lower, 26.0) + of(upper, 26.0) + of(other, 2.0),
    };
    // Between other characters, `-` and `_` are characters like them.
    let length = if is_hex { count } else { value.len() };
    (length, symbols.max(2.0))
}

/// Identifies a secret's value: the first 16 bytes of a SHA-256 over it, displayed as 32 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 16]);

impl Fingerprint {
    /// The fingerprint of a value's exact bytes.
    pub fn of(value: &[u8]) -> Self {
        Self::over(&[b"keysweep/fingerprint/1\0", value])
    }

    /// The same with a key that only this machine has, so that nobody else can find the value by trying values.
    pub fn keyed(key: &[u8; 32], value: &[u8]) -> Self {
        let Self(inner) = Self::over(&[b"keysweep/fingerprint/keyed/1\0", key, value]);
        Self::over(&[b"keysweep/fingerprint/keyed/2\0", key, &inner])
    }

    fn over(parts: &[&[u8]]) -> Self {
        let mut hasher = Sha256::new();
        parts.iter().for_each(|part| hasher.update(part));
        let digest = hasher.finalize();
        let mut short = [0; 16];
        short.copy_from_slice(&digest[..16]);
        Self(short)
    }

    /// Parses the 32 lower-case hex digits that [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 32 || !digits.iter().all(|d| matches!(d, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |d: u8| if d <= b'9' { d - b'0' } else { d - b'a' + 10 };
            *byte = digit(pair[0]) << 4 | digit(pair[1]);
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_the_bits_of_its_alphabet() {
        for (value, least, most) in [
            ("0123456789abcdef0123456789abcdef", 128.0, 128.0),
            ("c30d8b76-28db-42aa-8f00-0123459545aa", 128.0, 128.0),
            ("1234567890", 33.0, 34.0),
            ("Abcdefgh12", 59.0, 60.0),
            ("", 0.0, 0.0),
            ("----", 0.0, 0.0),
        ] {
            let bits = bits(value.as_bytes());
            assert!((least..=most).contains(&bits), "{value}: {bits}");
        }
        assert!(Secret::new(b"Abcdefgh12").is_guessable() && Secret::chosen(&[b'x'; 99]).is_guessable());
    }

    #[test]
    fn a_keyed_fingerprint_is_another_with_every_key() {
        let (one, other) = (Fingerprint::keyed(&[1; 32], b"v"), Fingerprint::keyed(&[2; 32], b"v"));
        assert!(one != other && one != Fingerprint::of(b"v"));
        assert_eq!(one, Fingerprint::keyed(&[1; 32], b"v"));
    }
}
