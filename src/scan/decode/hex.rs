//! Hex of ASCII text.

use std::ops::Range;

use super::super::steps;
use super::super::view::{Decoded, Ratio, View};
use super::{MOST, SHARED, digits};
use crate::core::finding::Layer;

/// The least length of a run of hex digits.
const LEAST: usize = 40;

/// Hex digits in a row that encode printable text, decoded, and how far; `token` holds bytes of keys.
pub(in crate::scan) fn find_hex<'a>(view: &'a View<'a>, token: Range<usize>) -> Option<(View<'a>, usize)> {
    let bytes = &view.bytes;
    let mut from = token.start;
    while let Some(text) = digits::hex(&bytes[from..token.end]) {
        let text = from + text;
        let is_hex = |byte: &&u8| byte.is_ascii_hexdigit();
        let before = bytes[from..text].iter().rev().take(SHARED).take_while(is_hex).count();
        let length = bytes[text..token.end].iter().take(MOST).take_while(is_hex).count();
        let end = text + length;
        steps::count(before + length);
        if before + length >= LEAST {
            let start = text - before / 2 * 2;
            let (pairs, _) = bytes[start..end].as_chunks::<2>();
            let mut decoded = Decoded::default();
            decoded.start(start, Ratio::Two);
            decoded.bytes.extend(pairs.iter().map(|&[high, low]| NIBBLE[high as usize] << 4 | NIBBLE[low as usize]));
            let range = start..start + pairs.len() * 2;
            return Some((view.inner(Layer::Hex, range, &decoded), if length < MOST { end } else { end - SHARED }));
        }
        from = end;
    }
    None
}

/// The value of each hex digit.
#[allow(clippy::cast_possible_truncation, reason = "each byte once")]
const NIBBLE: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            digit @ b'0'..=b'9' => digit - b'0',
            digit @ b'a'..=b'f' => digit - b'a' + 10,
            digit @ b'A'..=b'F' => digit - b'A' + 10,
            _ => 0,
        };
        byte += 1;
    }
    table
};
