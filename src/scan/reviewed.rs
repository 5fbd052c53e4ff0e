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

/// Whether `value` is the fingerprint of an entry: `rule-id:fingerprint` at the start of a line, without a blank between.
pub(super) fn is_entry(rules: &RuleSet, text: &[u8], value: &Range<usize>) -> bool {
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let fingerprint = &text[value.clone()];
    let is_ended = text.get(value.end).is_none_or(u8::is_ascii_whitespace);
    if fingerprint.len() != DIGITS || !fingerprint.iter().all(is_digit) || !is_ended {
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
    rules.rules().iter().any(|compiled| id_pattern::fits(id, &compiled.rule.id))
}
