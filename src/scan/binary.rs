//! Keys in binary files. The neighbouring bytes are not text there, but a length, a type or the next field, and may
//! look like a letter by chance.

use std::ops::Range;

use super::steps;
use crate::rule::Compiled;

/// How far around a key the text is examined, in bytes.
const AROUND: usize = 256;
/// If at least this many bytes of its alphabet follow a key, it is only the start of a longer text.
const LONGEST_REST: usize = 48;

/// Whether a value may have a letter or digit next to it, because its length is fixed or written before it.
pub(super) fn needs_no_edge(rule: &Compiled, text: &[u8], secret: &Range<usize>) -> bool {
    let rest = || text[secret.end..].iter().take(LONGEST_REST).take_while(|&&byte| rule.can_hold(byte)).count();
    is_counted(text, secret) || rule.has_one_length() && is_binary(text, secret) && rest() < LONGEST_REST
}

/// Whether the length of a value is written before it in a usual format: as one byte, or as the last of two or the
/// first of four.
pub(super) fn is_counted(text: &[u8], secret: &Range<usize>) -> bool {
    length_before(text, secret) == Some(secret.len())
}

/// The length before a value, which may be shorter than the value seems. If the byte is a quote or an operator, it is
/// only by chance a length.
pub(super) fn counted(text: &[u8], secret: &Range<usize>) -> Option<usize> {
    let last = text[..secret.start].last()?;
    let is_mark = matches!(last, b'"' | b'\'' | b'=' | b':' | b'>' | b'\\' | b'`') || last.is_ascii_whitespace();
    length_before(text, secret).filter(|_| !is_mark)
}

/// The length before a value, if the value is at least that long.
fn length_before(text: &[u8], secret: &Range<usize>) -> Option<usize> {
    let (length, is_sure) = match text[..secret.start] {
        [.., low, high, 0, 0] if low > 0 => (u16::from_le_bytes([low, high]), true),
        [.., 0, 0, high, low] => (u16::from_be_bytes([high, low]), true),
        [.., 0, low] => (low.into(), true),
        [.., low] => (low.into(), false),
        [] => return None,
    };
    let length = usize::from(length);
    let fits = length > 0 && length <= secret.len();
    (fits && (is_sure || is_binary(text, secret))).then_some(length)
}

/// Whether bytes that do not occur in text are near a value.
fn is_binary(text: &[u8], secret: &Range<usize>) -> bool {
    let near = secret.start.saturating_sub(AROUND)..text.len().min(secret.end + AROUND);
    steps::count(near.len());
    let is_control = |byte: &u8| matches!(byte, 0..=8 | 14..=26 | 28..=31);
    // A character that is cut by the limits of the range is not an error.
    let cut = |is_cut: bool| if is_cut { 3 } else { 0 };
    let inner = near.start + cut(near.start > 0)..near.end - cut(near.end < text.len());
    let (text, inner) = (&text[near], text.get(inner).unwrap_or_default());
    text.iter().any(is_control) || !inner.is_ascii() && inner.utf8_chunks().any(|chunk| !chunk.invalid().is_empty())
}
