//! Where a value stands that a token is the start or a part of, or what about its place says that it is none.

use std::ops::Range;

use super::binary;
use super::joins::{is_cut, reach};
use super::letters::Letters;
use super::progress::Done;
use super::random::is_digest;

/// Where a value stands that a token is the start or a part of.
pub(super) struct Placed {
    pub(super) start: usize,
    /// Where it starts with what may belong to it after all.
    pub(super) whole: usize,
    /// Whether dots, slashes or plus signs hold it together, as they do a path.
    pub(super) joined: bool,
}

/// Where the value stands that `token` belongs to, unless that alone says that it is none.
pub(super) fn placed(text: &[u8], token: &Range<usize>, done: &mut Done) -> Option<Placed> {
    let (mut start, mut whole_token) = (value_start(text, token.clone()), token.start);
    // Part of a path, a dotted name or an address, or of a value that holds such characters itself.
    let joined = matches!(text[..token.start], [.., before, b'/' | b'.' | b'@' | b'+']
        if before.is_ascii_alphanumeric() || matches!(before, b'_' | b'-' | b'/' | b'+' | b'.'));
    let whole = if joined { reach(text, token.start, false) } else { token.start };
    let is_first = whole == token.start && marks_before(text, whole) > 0;
    // Two random parts around a dot are no path.
    let before = token.start.checked_sub(1).and_then(|dot| text.get(whole..dot)).unwrap_or_default();
    let is_pair = joined && text[token.start - 1] == b'.' && is_random_part(before);
    if is_pair {
        start = whole;
    }
    let joined = joined && !is_first && !is_pair;
    if joined {
        let is_refused = whole == token.start || done.refused == Some(whole);
        if is_refused || is_cut(text, token.start) || is_digest(&text[whole..]) {
            return None;
        }
        start = whole;
    }
    // A value in quotes may start with such a character.
    whole_token = whole_token.min(whole - marks_before(text, whole));
    if is_marked_off(&text[..start]) {
        return None;
    }
    // What is called is a function.
    if text.get(token.end) == Some(&b'(') && !matches!(text[..start], [.., b'"' | b'\'' | b'`']) {
        return None;
    }
    // The name of a field in an object is no value.
    if matches!(text[token.end..], [b'"' | b'\'', b':', ..]) && matches!(text[..start], [.., b'"' | b'\'']) {
        return None;
    }
    // In MessagePack this byte says that a length follows.
    let is_counted = |before: &u8| binary::is_control(*before) || *before == 0xd9;
    if text[..start].last().is_some_and(is_counted) || done.is_binary(text) {
        start = binary::start(text, start..token.end);
    }
    Some(Placed { start, whole: whole_token, joined })
}

/// How many marks are between a quote or operator and a value; they may belong to the value.
fn marks_before(text: &[u8], at: usize) -> usize {
    const MOST: usize = 3;
    let marks = text[..at].iter().rev().take(MOST);
    let count = marks.take_while(|byte| matches!(byte, b'-' | b'_' | b'+' | b'/' | b'.')).count();
    let before = (at - count).checked_sub(1).map(|before| text[before]);
    if matches!(before, Some(b'"' | b'\'' | b'=' | b'`')) { count } else { 0 }
}

/// Whether the text before a value shows that it is none: it is the parameter of a generic type (`Promise<…`), the
/// commit in a merge conflict marker, or the content of a data URL.
fn is_marked_off(before: &[u8]) -> bool {
    match before {
        [.., name, b'<'] => name.is_ascii_alphanumeric(),
        [.., b' '] => before.ends_with(b">>>>>>> ") || before.ends_with(b"<<<<<<< "),
        [.., b','] => before.ends_with(b";base64,"),
        _ => false,
    }
}

/// Whether what stands before a dot is as random as a part of a key, and no word.
fn is_random_part(part: &[u8]) -> bool {
    const LEAST: usize = 8;
    let digits = part.iter().filter(|byte| byte.is_ascii_digit()).count();
    part.len() >= LEAST
        && part.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        && (Letters::of(part).changes_case() || digits * 8 >= part.len() && digits < part.len())
}

/// The start of the value: after what belongs to an escape or to markup.
pub(super) fn value_start(text: &[u8], token: Range<usize>) -> usize {
    let mut start = token.start;
    let value = &text[token.clone()];
    match text[..start].last() {
        Some(b'=') if value.len() > 2 && value.starts_with(b"3D") => start += 2,
        Some(b'[' | b';') => {
            let digits = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if digits <= 3 && value.get(digits) == Some(&b'm') {
                start += digits + 1;
            }
        }
        Some(b'\\') if matches!(value[0], b'n' | b'r' | b't') => start += 1,
        _ => {}
    }
    while start + 1 < token.end && matches!(text[start], b'-' | b'_') {
        start += 1;
    }
    start
}
