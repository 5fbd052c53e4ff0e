//! Positions of matches for people: lines, columns, and the line's text with all keys masked.

use std::ops::Range;

use super::Match;
use super::usage::Usages;
use crate::core::finding::{Excerpt, Layer, Position};

/// How much of a line an excerpt shows on each side of a key, in bytes.
const AROUND: usize = 60;

/// Sets the positions and excerpts of `matches`, which must be sorted by their ranges in `content`.
pub fn locate(content: &[u8], matches: &mut [Match]) {
    let masks: Vec<(Range<usize>, String)> = matches.iter().map(|key| (key.span.clone(), key.secret.mask())).collect();
    let (mut usages, mut wide_usages) = (None, None);
    let mut counted = 0;
    let mut line = 1;
    for key in matches {
        // The distance from a line feed to the next character, and the number of bytes of each character.
        let wide = match key.layers.first() {
            Some(Layer::Utf16Le) => Some((2, 2)),
            Some(Layer::Utf16Be) => Some((1, 2)),
            Some(Layer::Utf32Le) => Some((4, 4)),
            Some(Layer::Utf32Be) => Some((1, 4)),
            _ => None,
        };
        let after_feed = wide.map_or(1, |(after, _)| after);
        let unit = wide.map(|(_, unit)| unit);
        let Range { start, end } = key.span;
        line += memchr::memchr_iter(b'\n', &content[counted..start]).count() as u64;
        counted = start;
        let inside = &content[start..end];
        let last = start + memchr::memrchr(b'\n', inside).map_or(0, |at| at + after_feed);
        let line_start = |at: usize| memchr::memrchr(b'\n', &content[..at]).map_or(0, |end| end + after_feed);
        let columns = |from: usize, to: usize| characters(&content[from.min(to)..to], unit);
        let first_start = line_start(start);
        let last_start = if last > start { last } else { first_start };
        key.position = Position {
            line,
            column: columns(first_start, start) + 1,
            end_line: line + memchr::memchr_iter(b'\n', inside).count() as u64,
            end_column: columns(last_start, end).max(1),
        };
        let usages = if wide.is_some() { &mut wide_usages } else { &mut usages };
        key.usage = usages.get_or_insert_with(|| Usages::of(content, wide.is_some())).at(first_start, &key.span);
        key.excerpt = excerpt(content, first_start, key, &masks, wide.is_some());
    }
}

/// Counts characters: in UTF-8 (an invalid byte counts as one), or with this many bytes each.
fn characters(bytes: &[u8], unit: Option<usize>) -> u64 {
    if let Some(unit) = unit {
        return (bytes.len() / unit) as u64;
    }
    if bytes.is_ascii() {
        return bytes.len() as u64;
    }
    bytes
        .utf8_chunks()
        .map(|chunk| chunk.valid().chars().count() + usize::from(!chunk.invalid().is_empty()))
        .sum::<usize>() as u64
}

fn excerpt(content: &[u8], line_start: usize, key: &Match, masks: &[(Range<usize>, String)], wide: bool) -> Excerpt {
    let around = if wide { AROUND * 2 } else { AROUND };
    let mut from = line_start.max(key.span.start.saturating_sub(around));
    let rest = &content[key.span.end..content.len().min(key.span.end + around)];
    let mut to = key.span.end + memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
    // A neighbouring key that would be cut is shown completely, that is, masked.
    for (span, _) in masks {
        if span.start < from && span.end > from {
            from = span.start;
        }
        if span.start < to && span.end > to {
            to = span.end;
        }
    }
    let mut shown = Excerpt::default();
    let mut at = from;
    let first = masks.partition_point(|(span, _)| span.end <= from);
    for (span, mask) in masks[first..].iter().take_while(|(span, _)| span.start < to) {
        if span.start < at {
            continue;
        }
        shown.text.push_str(&text(&content[at..span.start], wide));
        let start = shown.text.len();
        shown.text.push_str(mask);
        if *span == key.span {
            shown.mark = start..shown.text.len();
        }
        at = span.end;
    }
    shown.text.push_str(&text(&content[at.min(to)..to], wide));
    shown
}

fn text(bytes: &[u8], wide: bool) -> String {
    if wide {
        let bytes: Vec<u8> = bytes.iter().copied().filter(|&byte| byte != 0).collect();
        return String::from_utf8_lossy(&bytes).into_owned();
    }
    String::from_utf8_lossy(bytes).into_owned()
}
