//! Keys in binary files: what stands beside them is no text, but a length, a type, or the next field, and may be a
//! letter by chance.

use std::ops::Range;

use super::steps;
use crate::rule::Compiled;

/// How far around a key its surroundings are looked at.
const AROUND: usize = 256;
/// How much of a key's alphabet may follow it: more of it is a longer text that it only starts.
const LONGEST_REST: usize = 48;

/// Whether a value may have a letter or digit as its neighbour: its length is known, or is written before it.
pub(super) fn needs_no_edge(rule: &Compiled, text: &[u8], secret: &Range<usize>) -> bool {
    let rest = || text[secret.end..].iter().take(LONGEST_REST).take_while(|&&byte| rule.can_hold(byte)).count();
    is_counted(text, secret) || rule.has_one_length() && is_binary(text, secret) && rest() < LONGEST_REST
}

/// Whether a value's length stands before it, in one of the ways in which formats write it: one byte, or the last of
/// two or first of four.
pub(super) fn is_counted(text: &[u8], secret: &Range<usize>) -> bool {
    length_before(text, secret) == Some(secret.len())
}

/// The length that stands before a value which may go on behind what belongs to it. A quote or an operator is one by
/// chance.
pub(super) fn counted(text: &[u8], secret: &Range<usize>) -> Option<usize> {
    let last = text[..secret.start].last()?;
    let is_mark = matches!(last, b'"' | b'\'' | b'=' | b':' | b'>' | b'\\' | b'`') || last.is_ascii_whitespace();
    length_before(text, secret).filter(|_| !is_mark)
}

/// The length that stands before a value, if it is no longer than that.
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

/// Whether bytes that are in no text stand near a value.
fn is_binary(text: &[u8], secret: &Range<usize>) -> bool {
    let near = secret.start.saturating_sub(AROUND)..text.len().min(secret.end + AROUND);
    steps::count(near.len());
    let is_control = |byte: &u8| matches!(byte, 0..=8 | 14..=26 | 28..=31);
    // Characters that the window cuts are no fault of the text.
    let cut = |is_cut: bool| if is_cut { 3 } else { 0 };
    let inner = near.start + cut(near.start > 0)..near.end - cut(near.end < text.len());
    let (text, inner) = (&text[near], text.get(inner).unwrap_or_default());
    text.iter().any(is_control) || !inner.is_ascii() && inner.utf8_chunks().any(|chunk| !chunk.invalid().is_empty())
}
