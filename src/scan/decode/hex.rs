//! Decoding hex of ASCII text, on one line or folded.

use std::ops::Range;

use super::super::steps;
use super::super::view::{Decoded, Ratio, View};
use super::{MOST, SHARED, digits};
use crate::core::finding::Layer;

/// The minimum number of consecutive hex digits.
const LEAST: usize = 40;

/// Decodes consecutive hex digits that encode printable text in `token` (a run of key bytes).
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
            let mut decoded = Decoded::default();
            let mut line = start..end;
            loop {
                let (pairs, _) = bytes[line.clone()].as_chunks::<2>();
                decoded.start(line.start, Ratio::Two);
                let text = pairs.iter().map(|&[high, low]| NIBBLE[high as usize] << 4 | NIBBLE[low as usize]);
                decoded.bytes.extend(text);
                line.end = line.start + pairs.len() * 2;
                match next_line(bytes, &line).filter(|_| decoded.bytes.len() < MOST / 2) {
                    Some(next) => line = next,
                    None => break,
                }
            }
            let range = start..line.end;
            let end = end.max(line.end);
            return Some((view.inner(Layer::Hex, range, &decoded), if length < MOST { end } else { end - SHARED }));
        }
        from = end;
    }
    None
}

/// The digits on the next line, if `line` ends at a line end and the text continues there.
fn next_line(bytes: &[u8], line: &Range<usize>) -> Option<Range<usize>> {
    let feed = match bytes.get(line.end..)? {
        [b'\r', b'\n', ..] => 2,
        [b'\n', ..] => 1,
        _ => return None,
    };
    let start = line.end + feed;
    let length = bytes[start..].iter().take(line.len()).take_while(|byte| byte.is_ascii_hexdigit()).count();
    let digits = &bytes[start..start + length];
    let is_text = digits
        .as_chunks::<2>()
        .0
        .iter()
        .all(|pair| matches!(pair[0], b'2'..=b'7') || matches!(pair, b"0a" | b"0d" | b"09" | b"0A" | b"0D"));
    let ends = bytes.get(start + length).is_none_or(|byte| !byte.is_ascii_alphanumeric());
    (length >= 2 && length % 2 == 0 && is_text && ends).then(|| start..start + length)
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
