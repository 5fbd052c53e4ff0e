//! The text between two parts of one string: a closing quote, an operator and an opening quote; a line end with the
//! mark that its lines start with; tags; invisible characters.
//!
//! Only the search to the right is written out; the search to the left tries it at each place where a part could end.

use std::ops::Range;

use super::super::steps;
use super::code;
use super::markup::{LONGEST_MARKUP, kerned, linked, tags, unseen};
use super::part::{Glue, SHORT, in_part, strong};
use super::wrapped::{LONGEST_INDENT, LONGEST_LINE, blanks, continued, is_mark, line_end, soft_break, wrapped};

/// How far to the left the previous part may end, in bytes.
const LONGEST_BEFORE: usize = 240;
/// The start of the part that ends at `end`.
fn part_start(text: &[u8], end: usize) -> usize {
    let length = text[..end].iter().rev().take(LONGEST_BEFORE).take_while(|&&byte| in_part(byte)).count();
    steps::count(length);
    end - length
}

/// What joins a part that ends at `end` to the next part.
pub(super) fn after(text: &[u8], end: usize) -> Option<Glue> {
    let rest = &text[end..];
    let glue = match *rest.first()? {
        b'"' | b'\'' | b'`' => quoted(text, end),
        b'\\' => escaped(text, end),
        b'\n' | b'\r' if end > 0 && text[end - 1] == b'=' => soft_break(text, end - 1),
        b'=' if line_end(&rest[1..]) > 0 => soft_break(text, end),
        b'\n' | b'\r' => wrapped(text, end, line_end(rest)),
        b'^' => continued(text, end, 1),
        b'{' | b'$' | b'#' => interpolated(text, end),
        b'<' => tags(text, end),
        b'&' if code::quote(rest).is_some() => code::between(text, end),
        b'&' | 0xc2 | 0xe2 | 0xef => unseen(text, end),
        b')' => kerned(text, end),
        0 => linked(text, end),
        b']' if rest.starts_with(b"]]><![CDATA[") => strong(end..end + 12),
        _ => None,
    }?;
    steps::count(glue.range.len());
    text.get(glue.range.end).is_some_and(|&byte| in_part(byte)).then_some(glue)
}

/// The previous part, if it is joined to a part that starts at `start`.
pub(super) fn before(text: &[u8], start: usize) -> Option<Range<usize>> {
    /// The maximum number of words between the parts.
    const MOST_TRIES: usize = 8;
    let floor = start.saturating_sub(LONGEST_BEFORE);
    let mut tries = 0;
    for end in (floor + 1..start).rev() {
        steps::count(1);
        if in_part(text[end]) || !in_part(text[end - 1]) {
            continue;
        }
        if let Some(glue) = after(text, end).filter(|glue| glue.range.end == start) {
            return Some(part_start(text, glue.range.start)..glue.range.start);
        }
        tries += 1;
        if tries == MOST_TRIES {
            return None;
        }
    }
    None
}

/// The previous part before `start`, if it is joined, short, and may be the start of a key; and whether that depends
/// on another line. `None` if nothing before `start` matters.
pub(super) fn short_before(
    text: &[u8],
    start: usize,
    may_open: &dyn Fn(usize) -> bool,
) -> Option<(Option<Range<usize>>, bool)> {
    let last = *text[..start].last()?;
    let is_line_start = || {
        let mut blanks = text[..start].iter().rev().take(LONGEST_INDENT);
        let left = blanks.find(|byte| !matches!(byte, b' ' | b'\t') && !is_mark(**byte));
        matches!(left, Some(b'\n' | b'\r'))
    };
    let words = match last {
        b'"' | b'\'' | b'`' => return literal_start(text, start, may_open),
        // The marks of a comment count as one.
        b'\n' | b'\r' => 2,
        b' ' | b'\t' if is_line_start() => 3,
        b'>' => 2,
        // Text of a PDF page with a kerning number.
        b'(' if matches!(text[..start - 1].last(), Some(b'0'..=b'9')) => 2,
        byte if byte >= 0x80 || byte == b'{' || is_mark(byte) && is_line_start() => 2,
        _ => return None,
    };
    let floor = start.saturating_sub(if last == b'>' { LONGEST_MARKUP } else { LONGEST_BEFORE });
    let (mut end, mut is_other_line) = (start, false);
    for _ in 0..words {
        let skipped = text[floor..end].iter().rev().take_while(|&&byte| !in_part(byte)).count();
        steps::count(skipped);
        is_other_line |= memchr::memchr2(b'\n', b'\r', &text[end - skipped..end]).is_some();
        end -= skipped;
        if end == floor {
            break;
        }
        // Long parts are examined where they are.
        let length = text[floor..end].iter().rev().take(SHORT).take_while(|&&byte| in_part(byte)).count();
        steps::count(length);
        let from = end - length;
        if (2..SHORT).contains(&length) && may_open(from) {
            let glue = after(text, end).filter(|glue| glue.range.end == start);
            if let Some(glue) = glue {
                return Some((Some(from..glue.range.start), true));
            }
        }
        if length == SHORT {
            break;
        }
        end = from;
    }
    Some((None, is_other_line))
}

/// The same for a part in quotes: another literal ends before it.
fn literal_start(text: &[u8], start: usize, may_open: &dyn Fn(usize) -> bool) -> Option<(Option<Range<usize>>, bool)> {
    /// The maximum number of quotes between the parts.
    const MOST: usize = 6;
    let left = text[..start - 1].trim_ascii_end();
    match left {
        [.., b'+' | b'.' | b'&' | b'~', b'='] => {}
        [.., b'+' | b'.' | b'&' | b'~' | b',' | b'(' | b'\\' | b'"' | b'\'' | b'`' | b'<' | b'@' | b'$' | b'_'] => {}
        _ => return None,
    }
    let floor = start.saturating_sub(LONGEST_BEFORE);
    let mut from = left.len();
    for _ in 0..MOST {
        let quote = memchr::memrchr3(b'"', b'\'', b'`', &text[floor.min(from)..from]);
        steps::count(1);
        from = quote.map_or(floor, |at| floor + at);
        if quote.is_none() {
            break;
        }
        let end = from - text[floor..from].iter().rev().take_while(|&&byte| byte == b'\\').count();
        let length = text[floor..end].iter().rev().take(SHORT).take_while(|&&byte| in_part(byte)).count();
        steps::count(length);
        let part = end - length;
        if (2..SHORT).contains(&length)
            && may_open(part)
            && let Some(glue) = after(text, end).filter(|glue| glue.range.end == start)
        {
            return Some((Some(part..glue.range.start), true));
        }
    }
    let from = from.min(start);
    Some((None, memchr::memchr2(b'\n', b'\r', &text[from..start]).is_some()))
}

/// Whether a literal ends here, and another one of the same expression may follow.
pub(super) fn is_expression(text: &[u8], end: usize) -> bool {
    let quote = match text.get(end..) {
        Some([b'"' | b'\'' | b'`', ..]) => 1,
        Some([b'\\', b'"' | b'\'' | b'`', ..]) => 2,
        _ => return false,
    };
    let rest = &text[end + quote..];
    let next = rest.iter().take(LONGEST_INDENT).find(|byte| !byte.is_ascii_whitespace());
    next.is_some_and(|byte| matches!(byte, b'+' | b'.' | b'&' | b'~' | b'"' | b'\'' | b'`' | b'\\' | b'<' | b'@'))
}

/// The short literal before a part, if an operator of strings, or nothing at all, stands between the two.
pub(super) fn literal_before(text: &[u8], start: usize) -> Option<Range<usize>> {
    let [left @ .., b'"' | b'\'' | b'`'] = &text[..start] else { return None };
    let left = left.trim_ascii_end();
    let left = match left {
        [left @ .., b'.', b'.'] | [left @ .., b'+' | b'.' | b'&' | b'~'] => left.trim_ascii_end(),
        left => left,
    };
    let [rest @ .., b'"' | b'\'' | b'`'] = left else { return None };
    let is_value = rest.last().is_some_and(u8::is_ascii_alphanumeric) && rest.len() + 1 < start;
    is_value.then_some(())?;
    let part = before(text, start)?;
    let is_strong = after(text, part.end).is_some_and(|glue| glue.is_strong && glue.range.end == start);
    (is_strong && (6..SHORT * 2).contains(&part.len())).then_some(part)
}

/// After a quote: the next literal of an expression or, in a shell, the same word.
fn quoted(text: &[u8], end: usize) -> Option<Glue> {
    if text[end] == b'`' && line_end(&text[end + 1..]) > 0 && !closes_code(text, end) {
        return continued(text, end, 1);
    }
    if text.get(end + 1).is_some_and(|&byte| in_part(byte)) && code::literal_prefix(&text[end + 1..]) == 0 {
        // `sk-"rest"`, `'sk-'rest`; but not `"sk-".join` or `"sk-"+`.
        let is_word = text[end + 1].is_ascii_alphanumeric() || matches!(text[end + 1], b'-' | b'_');
        if is_word {
            return strong(end..end + 1);
        }
    }
    code::between(text, end)
}

/// Whether the backtick at `at` ends a code span of Markdown, which opened on the same line; else it continues a line of
/// `PowerShell`.
fn closes_code(text: &[u8], at: usize) -> bool {
    let before = text[..at].iter().rev().take(LONGEST_LINE).take_while(|byte| !matches!(byte, b'\n' | b'\r'));
    before.filter(|&&byte| byte == b'`').count() % 2 == 1
}

/// After a backslash: an escaped quote, a line end, or an escaped underscore.
fn escaped(text: &[u8], end: usize) -> Option<Glue> {
    let slashes = text[end..].iter().take(8).take_while(|&&byte| byte == b'\\').count();
    match text.get(end + slashes)? {
        b'"' | b'\'' | b'`' => code::between(text, end),
        b'(' => code::quote(&text[end + slashes + 1..]).and_then(|quote| strong(end..end + slashes + 1 + quote)),
        b'\n' | b'\r' => continued(text, end, slashes),
        b'n' if matches!(text.get(end + slashes + 1), Some(b'"' | b'\'')) => code::between(text, end + slashes + 1),
        b'n' => {
            let next = end + slashes + 1;
            Some(Glue { range: end..next + blanks(text, next), is_strong: false })
        }
        b'r' if text[end + slashes + 1..].starts_with(b"\\n") => {
            let next = end + slashes + 3;
            Some(Glue { range: end..next + blanks(text, next), is_strong: false })
        }
        _ => None,
    }
}

/// A literal inside a literal: `sk-{'…'}`, `sk-${"…"}`, `sk-#{'…'}`.
fn interpolated(text: &[u8], end: usize) -> Option<Glue> {
    let mut at = end + usize::from(matches!(text[end], b'$' | b'#'));
    matches!(text.get(at), Some(b'{' | b'(')).then_some(())?;
    at += 1 + blanks(text, at + 1);
    let quote = code::quote(&text[at..])?;
    strong(end..at + quote)
}
