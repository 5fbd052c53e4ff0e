//! Where parts of a value may be, if its start says nothing: in lists, arguments, expressions and statements, before
//! tags, and on the next line.

use std::ops::Range;

use super::super::alphabet::in_key;
use super::super::letters::Letters;
use super::super::random::may_be_value;
use super::glue::{after, before, literal_before};
use super::part::{SHORT, part_end};
use super::wrapped::{line_end, wrapped};

/// The minimum length of a part.
const LEAST: usize = 4;

/// The previous part of a value that continues at `start`, and whether they certainly belong together.
pub(super) fn value_before(text: &[u8], start: usize) -> Option<(Range<usize>, bool)> {
    let left = &text[..start];
    let may_be_part = |part: &Range<usize>| (LEAST..SHORT * 3).contains(&part.len());
    match left.last()? {
        b'"' | b'\'' | b'`' => {
            if let Some(part) = literal_before(text, start) {
                return Some((part, true));
            }
            let operator = left[..start - 1].trim_ascii_end().last()?;
            // `a + "`, `a, "`, `a += "`, `a.append("`.
            if !matches!(operator, b'+' | b'.' | b'&' | b'~' | b',' | b'<' | b'>' | b'|' | b'*' | b'^' | b'(' | b'=') {
                return None;
            }
            let part = before(text, start).filter(may_be_part)?;
            let is_literal = matches!(text[..part.start], [.., b'"' | b'\'' | b'`']);
            let glue = after(text, part.end)?;
            is_literal.then_some((part, glue.is_strong))
        }
        b'>' | b';' => before(text, start).filter(may_be_part).map(|part| (part, true)),
        // An invisible character.
        0x80.. if ends_unseen(left) => before(text, start).filter(may_be_part).map(|part| (part, true)),
        b'\n' | b' ' | b'\t' => line_before(left).map(|part| (part, false)),
        _ => None,
    }
}

/// Whether there may be more of the value that `part` belongs to: it is in a list or an argument, it is what is
/// assigned to a variable, or a tag, an invisible character, or a line that continues it follows.
pub(super) fn may_go_on(text: &[u8], part: &Range<usize>) -> bool {
    let (before, after) = (&text[..part.start], &text[part.end..]);
    let in_quotes = matches!(before, [.., b'"' | b'\'' | b'`']);
    let left = if in_quotes { without_prefix(&before[..before.len() - 1]) } else { before };
    let is_before = match after {
        [b'"' | b'\'' | b'`', ..] if in_quotes => {
            matches!(left, [.., b'[' | b'(' | b'=' | b',' | b'+' | b'.' | b'&' | b'<' | b'*' | b'|' | b'{' | b'-'])
        }
        [b'"' | b'\'', ..] => left.ends_with(b"="),
        [b'\n' | b'\r' | b';', ..] | [] if left.ends_with(b"=") => true,
        [b'\n' | b'\r', ..] if text[part.end - 1] == b'=' => !is_digest(&text[..part.end]),
        [b'\n' | b'\r', ..] => matches!(left, [.., b' ' | b'\t']) && goes_over(text, part.end),
        [b'\\', ..] | [b'<', b'w' | b's' | b'/' | b'b', ..] | [b'^', b'\n' | b'\r', ..] => true,
        [b'{', b'"' | b'\'', ..] | [b'$' | b'#', b'{', b'"' | b'\'', ..] => true,
        [b'&', b's' | b'#' | b'Z' | b'z', ..] | [0xc2 | 0xe2, ..] => true,
        _ => false,
    };
    is_before || ends_unseen(before) || line_before(before).is_some()
}

/// Whether the `=` at the end of `text` is the padding of a checksum in base64 and no soft break: in `go.sum` each line ends
/// so.
fn is_digest(text: &[u8]) -> bool {
    const LENGTHS: [usize; 3] = [28, 44, 88];
    let in_base64 = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    LENGTHS.contains(&text.iter().rev().take(LENGTHS[2] + 1).take_while(in_base64).count())
}

/// `text` without the prefix of a literal at its end, and blanks.
fn without_prefix(text: &[u8]) -> &[u8] {
    let letters = text.iter().rev().take(2).take_while(|byte| b"bBfFrRuULN@$".contains(byte)).count();
    let rest = &text[..text.len() - letters];
    if rest.last().is_some_and(u8::is_ascii_alphanumeric) { text } else { rest.trim_ascii_end() }
}

/// The short part that the line before ends with, if it looks random or the line is a soft break, and only an indent
/// or the mark of a list's item is at the end of `text`.
fn line_before(text: &[u8]) -> Option<Range<usize>> {
    const LONGEST_INDENT: usize = 16;
    let rest = text.strip_suffix(b"- ").unwrap_or(text);
    let indent = rest.iter().rev().take(LONGEST_INDENT).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let rest = rest[..rest.len() - indent].strip_suffix(b"\n")?;
    let rest = rest.strip_suffix(b"\r").unwrap_or(rest);
    let (rest, is_soft) = rest.strip_suffix(b"=").map_or((rest, false), |rest| (rest, true));
    // In a list of checksums this is a long token.
    let is_long = rest.len().checked_sub(SHORT).is_some_and(|at| in_key(rest[at]) && in_key(rest[at + SHORT / 2]));
    if is_long || !rest.last().is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    let length = rest.iter().rev().take(SHORT).take_while(|byte| in_key(**byte)).count();
    let part = rest.len() - length..rest.len();
    let may_be_value = || may_be_value(&text[part.clone()], &Letters::within(text, part.clone()));
    let is_part = if is_soft { length < SHORT } else { (LEAST..SHORT).contains(&length) && may_be_value() };
    (is_part && matches!(text[..part.start], [.., b' ' | b'\t' | b'"' | b'\'' | b'=' | b':'])).then_some(part)
}

/// Whether the last byte may be that of an invisible character.
fn ends_unseen(text: &[u8]) -> bool {
    matches!(text, [.., 0xc2, 0xad] | [.., 0xe2, 0x80 | 0x81, _] | [.., 0xef, 0xbb, 0xbf])
}

/// Whether what follows `end` may be the rest of a value, if a line ends there.
pub(super) fn may_go_over(text: &[u8], end: usize) -> bool {
    !matches!(text.get(end), Some(b'\n' | b'\r')) || text[..end].ends_with(b"=") || goes_over(text, end)
}

/// Whether the next line starts with what looks like the rest of a random value.
fn goes_over(text: &[u8], end: usize) -> bool {
    let Some(glue) = wrapped(text, end, line_end(&text[end..])) else { return false };
    let next = glue.range.end..part_end(text, glue.range.end);
    let rest = &text[next.clone()];
    rest.len() >= LEAST
        && !rest.iter().any(|byte| matches!(byte, b'=' | b':'))
        && may_be_value(rest, &Letters::of(rest))
        && matches!(text[next.end..], [] | [b' ' | b'\t' | b'\n' | b'\r' | b',', ..])
}
