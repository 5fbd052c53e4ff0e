//! The boundaries of keys: what may come directly before and after one.

use std::ops::Range;

use super::binary;
use crate::rule::Compiled;

/// Whether a word can start at `at`: there is no letter or digit before it, or only one that ends an escape.
pub(super) fn left_edge(text: &[u8], at: usize) -> bool {
    let before = &text[..at];
    let Some(&last) = before.last() else { return true };
    if !last.is_ascii_alphanumeric() {
        return true;
    }
    match before {
        [.., b'\\', b'n' | b'r' | b't' | b'a' | b'b' | b'v' | b'f' | b'0'] => true,
        [.., b'%' | b'=', a, b] if is_hex(*a) && is_hex(*b) => true,
        [.., b'\\', b'x', a, b] if is_hex(*a) && is_hex(*b) => true,
        [.., b'\\', b'u', a, b, c, d] if [a, b, c, d].into_iter().all(|digit| is_hex(*digit)) => true,
        [.., b'm'] => ansi_colour(before),
        _ => false,
    }
}

/// Whether the text before is base64, in which `+` and `/` are digits and not boundaries: in a megabyte of it any
/// short prefix occurs by chance.
pub(super) fn inside_base64(text: &[u8], at: usize) -> bool {
    const ENOUGH: usize = 32;
    let [before @ .., b'+' | b'/'] = &text[..at] else { return false };
    let digits = &before[before.len().saturating_sub(ENOUGH)..];
    digits.len() == ENOUGH
        && digits.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
        && digits.iter().any(u8::is_ascii_uppercase)
        && digits.iter().any(u8::is_ascii_lowercase)
        && digits.iter().any(u8::is_ascii_digit)
}

/// Whether a key with the same prefix comes before the slash: two keys side by side are not base64.
pub(super) fn follows_its_like(text: &[u8], secret: &Range<usize>) -> bool {
    const FARTHEST: usize = 240;
    let Some(lead) = text.get(secret.start..secret.start + 3) else { return false };
    let before = &text[secret.start.saturating_sub(FARTHEST)..secret.start - 1];
    let first =
        before.len() - before.iter().rev().take_while(|&&byte| byte != b'/' && !byte.is_ascii_whitespace()).count();
    memchr::memmem::find(&before[first..], lead).is_some_and(|at| left_edge(before, first + at) && at < lead.len())
}

fn is_hex(digit: u8) -> bool {
    digit.is_ascii_hexdigit()
}

/// Whether `before` ends with an ANSI colour code: `ESC [ 3 2 m`, with the escape as a byte or as text.
fn ansi_colour(before: &[u8]) -> bool {
    let digits = before[..before.len() - 1].iter().rev().take_while(|byte| byte.is_ascii_digit() || **byte == b';');
    before[..before.len() - 1 - digits.count()].ends_with(b"[")
}

/// The end of the secret; `None` if it is not a key because of what follows.
///
/// A key of fixed length must not be followed by its own alphabet: 53 characters are not a key of 52. But a `-` or
/// `_` followed by a plain word (`-old`, `_v2`), or also present before the key (`_key_`), belongs to the surrounding
/// text.
pub(super) fn right_edge(rule: &Compiled, text: &[u8], secret: &Range<usize>) -> Option<usize> {
    let mut end = secret.end;
    let around = secret.start.checked_sub(1).map(|before| text[before]).filter(|byte| !byte.is_ascii_alphanumeric());
    let Some(&next) = text.get(end) else { return Some(end) };
    if matches!(next, b'%' | b'[') && !rule.has_one_length() && is_pattern(&text[end..]) {
        return None;
    }
    if next.is_ascii_alphanumeric() {
        return binary::is_counted(text, secret).then_some(end);
    }
    // Base64 does not continue after its padding.
    let is_padded = || text[..end].ends_with(b"=") && !rule.can_hold(b'=');
    if rule.can_hold(next) && !is_padded() {
        let rest = &text[end + 1..];
        let word = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let plain = is_plain_word(&rest[..word]);
        return (plain || around == Some(next) || !matches!(next, b'-' | b'_') && word == 0).then_some(end);
    }
    // A shape of variable length matched everything in its alphabet, so the surrounding characters are removed from
    // it.
    while end > secret.start && around == Some(text[end - 1]) && matches!(text[end - 1], b'_' | b'-') {
        end -= 1;
    }
    // In quotes the value is everything up to the closing quote; otherwise the end of a sentence may follow.
    let is_quoted = matches!(around, Some(b'"' | b'\'' | b'`')) && around == Some(next);
    while !is_quoted && end > secret.start && matches!(text[end - 1], b'.' | b',' | b':') {
        end -= 1;
    }
    let still_fits = || {
        let found = rule.shape().find_at(&text[secret.start..end], 0).and_then(|groups| groups.get(0));
        rule.rule.secret_group > 0 || found.is_some_and(|found| found.len() == end - secret.start)
    };
    Some(if end == secret.end || still_fits() { end } else { secret.end })
}

/// Whether what follows a value shows that it is the start of a longer id: `-1a736e7c-1324`.
pub(super) fn is_longer_id(after: &[u8]) -> bool {
    const LEAST: usize = 4;
    let [b'-', rest @ ..] = after else { return false };
    let word = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let word = &rest[..word];
    word.len() >= LEAST && word.iter().any(u8::is_ascii_digit) && !is_plain_word(word)
}

/// Whether a conversion of a format (`%s`, `%d`, `%05d`) or a class of a regex (`[0-9]`) stands here, so that what is before
/// is only a part of keys. Two hexadecimal digits after `%` are an escape instead, unless they mean a control character.
fn is_pattern(after: &[u8]) -> bool {
    match after {
        [b'%', b's' | b'v', ..] | [b'%', b'0', b'1'..=b'8', b'd' | b'x', ..] | [b'%', b'd'] => true,
        [b'%', b'd', next, ..] => !is_hex(*next),
        [b'[', from, b'-', to, ..] => from.is_ascii_alphanumeric() && to.is_ascii_alphanumeric(),
        _ => false,
    }
}

/// Whether it is a word that people append to a name: `old`, `OLD`, `2`, `v2`.
fn is_plain_word(word: &[u8]) -> bool {
    !word.is_empty()
        && word.len() <= 12
        && (word.iter().all(u8::is_ascii_lowercase)
            || word.iter().all(u8::is_ascii_uppercase)
            || word.iter().all(u8::is_ascii_digit)
            || matches!(word, [b'v', rest @ ..] if rest.iter().all(u8::is_ascii_digit)))
}
