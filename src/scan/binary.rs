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
    let Ok(length) = u16::try_from(secret.len()) else { return false };
    let before = &text[..secret.start];
    let [low, high] = length.to_le_bytes();
    before.ends_with(&[low, high, 0, 0])
        || before.ends_with(&[0, 0, high, low])
        || before.ends_with(&[high, low]) && high == 0
        || high == 0 && before.ends_with(&[low]) && is_binary(text, secret)
}

/// Whether bytes that are in no text stand near a value.
fn is_binary(text: &[u8], secret: &Range<usize>) -> bool {
    let near = secret.start.saturating_sub(AROUND)..text.len().min(secret.end + AROUND);
    steps::count(near.len());
    let is_control = |byte: &u8| matches!(byte, 0..=8 | 14..=26 | 28..=31);
    text[near].iter().any(is_control)
}
