//! Which lines of a new version were already in the old one.
//!
//! Lines are old if the old version has them in the same sequence, at least as often as the new version. This is
//! decided by counting, in one pass over each version, because a diff of files with many equal lines takes time
//! proportional to the product of their lengths. Unlike in a diff, a line that is moved within its file stays old.

use crate::core::order::ListOrder as _;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// The maximum number of bytes that a comparison reads, as a multiple of the size of both versions. If it is
/// exceeded, all lines count as new.
const MOST_WORK: usize = 64;

/// The lines of content without their ends, so that changed line ends make no line new.
#[derive(Clone, Copy, Debug)]
pub(super) struct LineSpans<'a>(&'a [u8]);

impl<'a> LineSpans<'a> {
    pub(super) fn of(content: &'a [u8]) -> Self {
        Self(content)
    }
}

/// The first line, and the rest after its end (`\n`, `\r\n` or `\r`).
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    if bytes.is_empty() {
        return None;
    }
    match memchr::memchr2(b'\n', b'\r', bytes) {
        None => Some((bytes, &[])),
        Some(at) => {
            let end = if bytes[at..].starts_with(b"\r\n") { at + 2 } else { at + 1 };
            Some((&bytes[..at], &bytes[end..]))
        }
    }
}

impl<'a> Iterator for LineSpans<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (line, rest) = split(self.0)?;
        self.0 = rest;
        Some(line)
    }
}

/// For each byte range in the new version: whether all its lines are in the old one.
pub(super) fn were_in(old: &[u8], new: &[u8], spans: &[Range<usize>]) -> Vec<bool> {
    let touched = whole_lines(new, spans);
    let mut order: Vec<&Range<usize>> = touched.iter().collect();
    order.order_by_key(|range| (range.start, range.end));
    order.dedup();
    let work = old.len().saturating_add(new.len()).saturating_mul(MOST_WORK);
    let Some(known) = known(old, new, &order, work) else { return vec![false; spans.len()] };
    touched.iter().map(|range| known.contains(range)).collect()
}

/// Those of these distinct, sorted ranges of whole lines that are old; `None` if it takes too much work.
fn known<'a>(
    old: &[u8],
    new: &[u8],
    ranges: &[&'a Range<usize>],
    mut work: usize,
) -> Option<HashSet<&'a Range<usize>>> {
    let mut blocks: HashMap<Cow<'_, [u8]>, usize> = HashMap::new();
    let mut by_first: HashMap<&[u8], Vec<usize>> = HashMap::new();
    let mut counts: Vec<(&[u8], u32)> = Vec::new();
    for &range in ranges {
        let block = &new[range.clone()];
        work = work.checked_sub(block.len())?;
        blocks.entry(plain(block)).or_insert_with(|| {
            by_first.entry(LineSpans::of(block).next().unwrap_or_default()).or_default().push(counts.len());
            counts.push((block, 0));
            counts.len() - 1
        });
    }
    let mut rest = old;
    while let Some((line, after)) = split(rest) {
        for &at in by_first.get(line).into_iter().flatten() {
            let (block, count) = &mut counts[at];
            work = work.checked_sub(block.len() + 1)?;
            *count += u32::from(starts_with(rest, block));
        }
        rest = after;
    }
    // If a block occurs more often than before, the first occurrences are the old ones.
    let mut known = HashSet::new();
    for &range in ranges {
        let (_, count) = &mut counts[blocks[&plain(&new[range.clone()])]];
        if *count > 0 {
            *count -= 1;
            known.insert(range);
        }
    }
    Some(known)
}

/// Lines joined by `\n`.
fn plain(block: &[u8]) -> Cow<'_, [u8]> {
    match memchr::memchr(b'\r', block) {
        Some(_) => Cow::Owned(bstr::join("\n", LineSpans::of(block))),
        None => Cow::Borrowed(block),
    }
}

/// Whether content starts with these whole lines.
fn starts_with(content: &[u8], block: &[u8]) -> bool {
    let mut lines = LineSpans::of(content);
    LineSpans::of(block).all(|line| lines.next() == Some(line))
}

/// The whole lines that each byte range touches, in one pass, however long lines are and however many ranges they
/// have.
fn whole_lines(content: &[u8], spans: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut order: Vec<usize> = (0..spans.len()).collect();
    order.order_by_key(|&at| (spans[at].start, spans[at].end));
    let mut lines = vec![0..0; spans.len()];
    let (mut first, mut last) = (0..0, 0..0);
    for at in order {
        let start = spans[at].start.min(content.len());
        let end = spans[at].end.saturating_sub(1).clamp(start, content.len());
        for (line, offset) in [(&mut first, start), (&mut last, end)] {
            if !line.contains(&offset) {
                *line = line_around(content, offset);
            }
        }
        lines[at] = first.start..last.end;
    }
    lines
}

fn line_around(content: &[u8], at: usize) -> Range<usize> {
    let start = memchr::memrchr2(b'\n', b'\r', &content[..at]).map_or(0, |end| end + 1);
    let end = memchr::memchr2(b'\n', b'\r', &content[at..]).map_or(content.len(), |length| at + length);
    start..end
}

/// How many percent of the larger version's lines are in both versions.
pub(super) fn similarity(old: &[u8], new: &[u8]) -> usize {
    let mut counts: HashMap<&[u8], usize> = HashMap::new();
    let mut old_lines = 0;
    for line in LineSpans::of(old) {
        *counts.entry(line).or_default() += 1;
        old_lines += 1;
    }
    let (mut kept, mut new_lines) = (0, 0);
    for line in LineSpans::of(new) {
        new_lines += 1;
        if let Some(count) = counts.get_mut(line).filter(|count| **count > 0) {
            *count -= 1;
            kept += 1;
        }
    }
    kept * 100 / usize::max(old_lines, new_lines).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_at_every_kind_of_end() {
        let text = b"a\nb\r\nc\rd";
        assert_eq!(LineSpans::of(text).collect::<Vec<_>>(), [b"a", b"b", b"c", b"d"]);
        for (span, lines) in [(0..1, 0..1), (2..3, 2..3), (5..6, 5..6), (7..8, 7..8), (0..8, 0..8), (5..5, 5..6)] {
            assert_eq!(whole_lines(text, std::slice::from_ref(&span)), [lines], "{span:?}");
        }
    }

    /// Each `K…` of the new version is a key; which of them are old?
    #[test]
    fn lines_are_old_if_the_old_version_has_them_as_often() {
        for (name, old, new, expected) in [
            ("lines before", "a\nK\nb\n", "x\na\nK\nb\n", &[true][..]),
            ("the line changes", "a\nK\nb\n", "a\nK # x\nb\n", &[false]),
            ("line ends change", "a\nK\nb\n", "a\r\nK\r\nb", &[true]),
            ("a new line", "a\n", "a\nK", &[false]),
            ("lines after", "K", "K\nmore", &[true]),
            ("nothing before", "", "K", &[false]),
            ("copied below", "K\n", "K\na\nK\n", &[true, false]),
            ("moved down", "K\na\n", "a\nK\n", &[true]),
            ("two on a line", "K K\n", "a\nK K\n", &[true, true]),
            ("another joins it", "K\n", "K K\n", &[false, false]),
        ] {
            let spans: Vec<_> = new.match_indices('K').map(|(at, _)| at..at + 1).collect();
            assert_eq!(were_in(old.as_bytes(), new.as_bytes(), &spans), expected, "{name}");
        }
    }

    #[test]
    fn a_key_of_several_lines_is_old_if_they_were_in_a_row() {
        let span = 2..5;
        for (old, expected) in [("a\nk\ne\n", true), ("k\r\ne\r\na", true), ("e\nk\n", false), ("k\na\ne", false)] {
            assert_eq!(were_in(old.as_bytes(), b"a\nk\ne\n", std::slice::from_ref(&span)), [expected], "{old:?}");
        }
    }

    /// A hundred thousand different blocks that start with the same line, against as many copies of that line.
    #[test]
    fn comparing_ends_however_equal_the_lines_are() {
        let new: String = (0..100_000).map(|number| format!("k\n{number}\n")).collect();
        let spans: Vec<_> = new.match_indices('k').map(|(at, _)| at..at + 3).collect();
        let old = "k\n".repeat(100_000);
        assert_eq!(were_in(old.as_bytes(), new.as_bytes(), &spans), vec![false; spans.len()]);
        let same = "same\n".repeat(400_000);
        let key = format!("{same}K\n{same}");
        let span = same.len()..same.len() + 1;
        assert_eq!(were_in(same.as_bytes(), key.as_bytes(), std::slice::from_ref(&span)), [false]);
        assert_eq!(similarity(same.as_bytes(), key.as_bytes()), 49);
    }
}
