//! Decoding `\/`, an escaped slash in JSON. It ends a run, so a key with slashes would be in pieces.

use std::ops::Range;

use super::super::view::{Decoded, Ratio, View};
use super::super::{runs, steps};
use crate::core::finding::Layer;

/// How far before a run a key may start that continues in it, in bytes.
const BEFORE: usize = 512;
/// The maximum length of a key in bytes.
const LONGEST: usize = 1 << 12;

/// The text around a run that is followed by an escaped slash, with all such slashes decoded, and its end. Nothing
/// before `floor` is examined again.
pub(in crate::scan) fn slashes<'a>(
    view: &'a View<'a>,
    run: Range<usize>,
    floor: usize,
    decoded: &mut Decoded,
) -> Option<(View<'a>, usize)> {
    let bytes: &[u8] = &view.bytes;
    if !(bytes[..run.end].ends_with(b"\\") && bytes.get(run.end) == Some(&b'/')) {
        return None;
    }
    let is_inside = |byte: &&u8| runs::in_class(**byte) || matches!(**byte, b'/' | b'+' | b'=' | b'.');
    let floor = floor.min(run.start).max(run.start.saturating_sub(BEFORE));
    let start = run.start - bytes[floor..run.start].iter().rev().take_while(is_inside).count();
    let limit = bytes.len().min(run.end.saturating_add(LONGEST));
    let end = run.end + bytes[run.end..limit].iter().take_while(is_inside).count();
    steps::count(end - start);
    decoded.clear();
    let mut done = start;
    for slash in memchr::memchr_iter(b'/', &bytes[start..end]) {
        let slash = start + slash;
        let escapes = bytes[done..slash].iter().rev().take_while(|&&byte| byte == b'\\').count();
        decoded.start(done, Ratio::One);
        decoded.bytes.extend_from_slice(&bytes[done..slash - escapes]);
        decoded.start(slash - escapes, Ratio::One);
        decoded.bytes.push(b'/');
        done = slash + 1;
    }
    decoded.start(done, Ratio::One);
    decoded.bytes.extend_from_slice(&bytes[done..end]);
    Some((view.inner(Layer::Unicode, start..end, decoded), end))
}
