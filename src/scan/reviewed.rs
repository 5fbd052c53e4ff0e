//! An entry of keysweep's ignore file is no key. It names a rule and a fingerprint, and a fingerprint has the shape of some
//! keys; the rule's id before it would say whose.

use std::ops::Range;

use bstr::ByteSlice as _;

use crate::rule::RuleSet;
use crate::rule::id_pattern;

/// Hexadecimal digits of a fingerprint.
const DIGITS: usize = 32;
/// No rule's id, nor a pattern of one, is longer, in bytes.
const LONGEST_ID: usize = 128;
/// A reason may be long; what is longer, in bytes, is no line of an ignore file.
const LONGEST_LINE: usize = 4096;
/// So much of a line tells whether it is one of an ignore file, in bytes.
const LINE: usize = LONGEST_ID + 1 + DIGITS + 1;

/// Whether `value` is the fingerprint of an entry: `rule-id:fingerprint` at the start of a line, without a blank between, and
/// the lines before and after are entries, comments or empty. Among other settings it is a setting.
pub(super) fn is_entry(rules: &RuleSet, text: &[u8], value: &Range<usize>) -> bool {
    if value.len() != DIGITS || !is_fingerprint(&text[value.start..]) {
        return false;
    }
    let Some(before) = text[..value.start].strip_suffix(b":") else { return false };
    let window = before.len().saturating_sub(LONGEST_ID);
    let start = match before[window..].rfind_byte(b'\n') {
        Some(end) => window + end + 1,
        None if window == 0 => 0,
        None => return false,
    };
    let Ok(id) = before[start..].to_str() else { return false };
    if !rules.rules().iter().any(|compiled| id_pattern::fits(id, &compiled.rule.id)) {
        return false;
    }
    let above = before[..start].strip_suffix(b"\n").unwrap_or_default();
    let above = &above[above.len().saturating_sub(LONGEST_LINE)..];
    let above = above.rfind_byte(b'\n').map_or(above, |end| &above[end + 1..]);
    let after = &text[value.end..text.len().min(value.end + LONGEST_LINE)];
    let below = after.find_byte(b'\n').map_or(&after[after.len()..], |end| &text[value.end + end + 1..]);
    let below = below[..below.len().min(LINE)].lines().next().unwrap_or_default();
    is_line(above) && is_line(below)
}

/// Whether a line, or its start, may stand in an ignore file.
fn is_line(line: &[u8]) -> bool {
    let is_id = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'*');
    let id = line.iter().take(LONGEST_ID).take_while(is_id).count();
    matches!(line.trim_ascii_start(), [] | [b'#', ..])
        || is_fingerprint(line)
        || line.get(id) == Some(&b':') && is_fingerprint(&line[id + 1..])
}

/// Whether a text starts with a fingerprint and nothing directly behind it.
fn is_fingerprint(text: &[u8]) -> bool {
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    text.get(..DIGITS).is_some_and(|digits| digits.iter().all(is_digit))
        && text.get(DIGITS).is_none_or(u8::is_ascii_whitespace)
}
