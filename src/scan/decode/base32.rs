//! Base32 of ASCII text.

use std::ops::Range;

use super::super::steps;
use super::super::view::{Decoded, Ratio, View};
use super::MOST;
use crate::core::finding::Layer;

/// The minimum length of base32 text, in digits: 20 characters.
const LEAST: usize = 32;

/// The value of a base32 digit.
fn quintet(digit: u8) -> Option<u8> {
    match digit {
        b'A'..=b'Z' => Some(digit - b'A'),
        b'2'..=b'7' => Some(digit - b'2' + 26),
        _ => None,
    }
}

/// Decodes `token`, a run of key bytes, if it is base32 of text.
pub(in crate::scan) fn base32<'a>(view: &'a View<'a>, token: &Range<usize>) -> Option<View<'a>> {
    let digits = &view.bytes[token.start..token.end.min(token.start + MOST)];
    // Most tokens are rejected here.
    let is_digits = |digits: &[u8]| digits.iter().all(|&digit| quintet(digit).is_some());
    if digits.len() < LEAST || !is_digits(&digits[..8]) || !is_digits(digits) {
        return None;
    }
    steps::count(digits.len() * 2);
    let mut decoded = Decoded::default();
    for (number, group) in digits.chunks(8).enumerate() {
        let bits = group.iter().fold(0u64, |bits, &digit| bits << 5 | u64::from(quintet(digit).unwrap_or(0)));
        let bits = bits << (5 * (8 - group.len()));
        let count = group.len() * 5 / 8;
        for (place, byte) in bits.to_be_bytes()[3..].iter().take(count).enumerate() {
            // Eight digits encode five bytes.
            decoded.start(token.start + number * 8 + place * 8 / 5, Ratio::One);
            decoded.bytes.push(*byte);
        }
    }
    let is_text = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    decoded
        .bytes
        .iter()
        .all(is_text)
        .then(|| view.inner(Layer::Base32, token.start..token.start + digits.len(), &decoded))
}
