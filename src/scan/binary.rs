//! Keys in binary files. The neighbouring bytes are not text there, but a length, a type or the next field, and may
//! look like a letter by chance.

use std::ops::Range;

use super::alphabet::in_name;
use super::identifier::{NameClass, VariableName};
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
    length_before(text, secret, secret.len()) == Some(secret.len())
}

/// The length before a value, which may be shorter than the value seems. If the byte is a quote or an operator, it is
/// only by chance a length.
pub(super) fn counted(text: &[u8], secret: &Range<usize>) -> Option<usize> {
    let last = text[..secret.start].last()?;
    let is_mark = matches!(last, b'"' | b'\'' | b'=' | b':' | b'>' | b'\\' | b'`') || last.is_ascii_whitespace();
    length_before(text, secret, 1).filter(|_| !is_mark)
}

/// The length before a value, if it is at least `least` and the value is at least that long.
fn length_before(text: &[u8], secret: &Range<usize>, least: usize) -> Option<usize> {
    let (length, is_sure) = match text[..secret.start] {
        [.., low, high, 0, 0] if low > 0 => (u16::from_le_bytes([low, high]), true),
        // Of eight bytes.
        [.., low, high, 0, 0, 0, 0, 0, 0] if low > 0 => (u16::from_le_bytes([low, high]), true),
        [.., 0, 0, high, low] if low > 0 || high > 0 => (u16::from_be_bytes([high, low]), true),
        // LevelDB counts the type of a text with it.
        [.., low, 1] if usize::from(low) == secret.len() + 1 => (u16::from(low - 1), false),
        [.., 0, low] => (low.into(), true),
        [.., low] => (low.into(), false),
        [] => return None,
    };
    let length = usize::from(length);
    let fits = (least..=secret.len()).contains(&length);
    (fits && (is_sure || is_binary(text, secret))).then_some(length)
}

/// Whether content is no text, as git tells it: a zero byte stands near its start.
pub(super) fn is_binary_file(text: &[u8]) -> bool {
    const START: usize = 8000;
    let start = &text[..text.len().min(START)];
    steps::count(start.len());
    memchr::memchr(0, start).is_some()
}

/// Whether a byte does not occur in text.
#[inline]
pub(super) fn is_control(byte: u8) -> bool {
    byte < b' ' && !byte.is_ascii_whitespace()
}

/// Where a value starts in a run of letters and digits in a binary file: its length may be one of them, or the text of the
/// field before it stands directly left.
pub(super) fn start(text: &[u8], run: Range<usize>) -> usize {
    const LEAST: usize = 20;
    let mut starts = (run.start + 1..run.start + 4).filter(|&at| at < run.end);
    let counted = starts.find(|&at| {
        let length = usize::from(text[at - 1]);
        length >= LEAST && at + length >= run.end && text[at..].get(..length).is_some_and(|v| v.iter().all(is_graphic))
    });
    counted.or_else(|| second_column(text, &run)).unwrap_or(run.start)
}

fn is_graphic(byte: &u8) -> bool {
    byte.is_ascii_graphic()
}

/// Where the second of two texts starts that a row of SQLite holds: twice their lengths and 13 stand before the first.
fn second_column(text: &[u8], run: &Range<usize>) -> Option<usize> {
    const LEAST: usize = 20;
    (run.start.max(2)..run.end.min(run.start + 3)).find_map(|at| {
        let (first, second) = (text_length(text[at - 2])?, text_length(text[at - 1])?);
        let start = at + first;
        let is_name = |byte: &u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-');
        let is_row =
            second >= LEAST && start < run.end && start + second >= run.end && text[at..start].iter().all(is_name);
        is_row.then_some(start)
    })
}

/// The length of a text that SQLite writes as this byte.
fn text_length(byte: u8) -> Option<usize> {
    (byte % 2 == 1 && byte > 13).then(|| usize::from(byte - 13) / 2)
}

/// Whether a word starts the first of two texts of a row of SQLite: the second one's length may look like a letter of it.
pub(super) fn starts_row(text: &[u8], word: &Range<usize>) -> bool {
    let [.., first, second] = text[..word.start] else { return false };
    !first.is_ascii_alphanumeric()
        && text_length(first).is_some_and(|length| length >= word.len())
        && text_length(second).is_some_and(|length| length >= 16)
}

/// Whether a credential's name stands near a value in a binary file, where fields follow each other in any order and
/// what stands directly left of a value says nothing of it.
pub(super) fn is_among_keys(text: &[u8], value: &Range<usize>) -> bool {
    const NEAR: usize = 120;
    let left = &text[value.start.saturating_sub(NEAR)..value.start];
    let right = &text[value.end..text.len().min(value.end + NEAR)];
    steps::count(left.len() + right.len());
    let names_key = |part: &[u8]| {
        let mut names = part.split(|&byte| !in_name(byte)).filter(|name| name.len() > 3);
        let is_key = |name: &[u8]| VariableName::of(name).class() == NameClass::Credential;
        // A letter says of what type a text is (`x` in CBOR), that it is kept (`q` in a pickle), or how long the value is.
        names.any(|name| is_key(name) || name.split_last().is_some_and(|(_, name)| is_key(name)))
    };
    names_key(left) || names_key(right)
}

/// Whether bytes that do not occur in text are near a value.
pub(super) fn is_binary(text: &[u8], secret: &Range<usize>) -> bool {
    let near = secret.start.saturating_sub(AROUND)..text.len().min(secret.end + AROUND);
    steps::count(near.len());
    let is_control = |byte: &u8| matches!(byte, 0..=8 | 14..=26 | 28..=31);
    // A character that is cut by the limits of the range is not an error.
    let cut = |is_cut: bool| if is_cut { 3 } else { 0 };
    let inner = near.start + cut(near.start > 0)..near.end - cut(near.end < text.len());
    let (text, inner) = (&text[near], text.get(inner).unwrap_or_default());
    text.iter().any(is_control) || !inner.is_ascii() && inner.utf8_chunks().any(|chunk| !chunk.invalid().is_empty())
}
