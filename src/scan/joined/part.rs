//! A part of a key, and the glue between two parts.

use std::ops::Range;

use super::super::alphabet::in_key;
use super::super::steps;

/// The text between two parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Glue {
    /// From the end of the first part to the start of the second.
    pub(super) range: Range<usize>,
    /// Whether it has no other meaning: two strings that a comma or a line end separates may also be two values.
    pub(super) is_strong: bool,
}

/// The maximum length of a part.
const LONGEST_PART: usize = 5000;

/// Whether a part can contain a byte: key bytes and a few more.
pub(super) fn in_part(byte: u8) -> bool {
    in_key(byte) || matches!(byte, b'+' | b'/' | b'=' | b'.' | b':')
}

/// The end of the part that contains `at`.
pub(super) fn part_end(text: &[u8], at: usize) -> usize {
    let length = text[at..].iter().take(LONGEST_PART).take_while(|&&byte| in_part(byte)).count();
    steps::count(length);
    at + length
}

/// Whether a part contains the address of something, which continues no key.
pub(super) fn is_address(part: &[u8]) -> bool {
    memchr::memchr_iter(b':', part).any(|at| part[at..].starts_with(b"://"))
}

/// From this length on, a part is long enough for its own run.
pub(super) const SHORT: usize = 20;

#[allow(clippy::unnecessary_wraps, reason = "each glue is one way of several")]
pub(super) fn strong(range: Range<usize>) -> Option<Glue> {
    Some(Glue { range, is_strong: true })
}
