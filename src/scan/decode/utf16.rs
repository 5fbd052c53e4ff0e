//! Decoding UTF-16 of ASCII text: characters that alternate with zero bytes.

use std::ops::Range;

use super::super::alphabet::in_key;
use super::super::steps;
use super::super::view::{Decoded, Ratio, View};
use super::{MOST, SHARED};
use crate::core::finding::Layer;

/// How many characters zero may stand between a string and the next.
const MOST_ZEROS: usize = 2;
/// How far before a string the string with its name is looked for, in bytes.
const NAME: usize = 128;

/// Decodes the text around a run of characters that alternate with zero bytes; also returns its end.
pub(in crate::scan) fn utf16<'a>(view: &'a View<'a>, run: Range<usize>) -> (View<'a>, usize) {
    let bytes = &view.bytes[..view.own.end];
    let floor = view.own.start + 2;
    // The characters are at even or at odd offsets, the zeros at the others.
    let first = if bytes[run.start] != 0 { run.start } else { run.start + 1 };
    let has_zero = |at: Option<usize>| at.and_then(|at| bytes.get(at)) == Some(&0);
    // In a binary file the text may start at any offset; the first character shows on which side its zero is.
    let little = match bytes.get(..2) {
        Some([0xff, 0xfe]) if first % 2 == 0 => true,
        Some([0xfe, 0xff]) if first % 2 == 1 => false,
        _ if !has_zero(first.checked_sub(1)) => true,
        _ if !has_zero(Some(first + 1)) => false,
        _ => first % 2 == 0,
    };
    let zero = |at: usize| if little { at + 1 } else { at.wrapping_sub(1) };
    let mut start = first;
    while start >= floor && first - start < SHARED && bytes.get(zero(start - 2)) == Some(&0) && bytes[start - 2] != 0 {
        start -= 2;
    }
    // In a program the name before a value is a string of its own.
    let floor = floor.max(start.saturating_sub(NAME));
    let mut at = start;
    while at >= floor && bytes.get(zero(at - 2)) == Some(&0) && start - at <= 2 * MOST_ZEROS {
        at -= 2;
        if bytes[at] != 0 {
            start = at;
        }
    }
    let mut end = first;
    while end - first < MOST && bytes.get(zero(end)) == Some(&0) && bytes.get(end).is_some_and(|&byte| byte != 0) {
        end += 2;
    }
    steps::count(end - start);
    let done = end - first < MOST;
    let unit = |at: usize| if little { at } else { at - 1 };
    // In a truncated file the last character may lack its zero.
    if end + 1 == bytes.len() && little && in_key(bytes[end]) {
        end += 2;
    }
    let mut decoded = Decoded::default();
    decoded.start(unit(start), Ratio::Two);
    decoded.bytes.extend((start..end).step_by(2).map(|at| bytes[at]));
    let layer = if little { Layer::Utf16Le } else { Layer::Utf16Be };
    let end = unit(end).min(bytes.len());
    (view.inner(layer, unit(start)..end, &decoded), if done { end.max(run.end) } else { end - SHARED })
}
