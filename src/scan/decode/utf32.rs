//! Decoding UTF-32 of ASCII text: characters separated by three zero bytes.

use std::ops::Range;

use super::super::steps;
use super::super::view::{Decoded, Ratio, View};
use super::{MOST, SHARED};
use crate::core::finding::Layer;

/// Decodes the text around `block`, which consists mostly of such characters; also returns its end. Nothing before
/// `from` is read.
pub(in crate::scan) fn utf32<'a>(view: &'a View<'a>, block: Range<usize>, from: usize) -> Option<(View<'a>, usize)> {
    let bytes: &[u8] = &view.bytes;
    let is_zero = |at: usize| bytes.get(at..at + 3) == Some(&[0; 3]);
    // Each character except the first and the last is between zeros.
    let first = block.clone().find(|&at| bytes[at] != 0 && is_zero(at + 1))?;
    let is_character = |at: usize| bytes[at] != 0 && bytes[at] < 128;
    let mut start = first;
    while start >= from + 4 && first - start < SHARED && is_zero(start - 3) && is_character(start - 4) {
        start -= 4;
    }
    let little = start % 4 == 0 || !(start >= 3 && is_zero(start - 3));
    let mut end = first;
    while end < bytes.len() && end - first < MOST && is_character(end) {
        end += 4;
        if !is_zero(end - 3) {
            break;
        }
    }
    steps::count(end - start);
    let unit = |at: usize| if little { at } else { at - 3 };
    let mut decoded = Decoded::default();
    decoded.start(unit(start), Ratio::Four);
    decoded.bytes.extend((start..end).step_by(4).map(|at| bytes[at]));
    let layer = if little { Layer::Utf32Le } else { Layer::Utf32Be };
    let done = if end - first < MOST { end } else { end - SHARED };
    let range = unit(start)..unit(end).min(bytes.len());
    Some((view.inner(layer, range, &decoded), done.max(block.end)))
}
