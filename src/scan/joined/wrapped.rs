//! Parts on several lines: line continuations, soft line breaks, and lines that start with the same mark.

use super::super::alphabet::in_key;
use super::part::{Glue, strong};

/// The maximum length of an indentation.
pub(super) const LONGEST_INDENT: usize = 64;
/// How much of a line before its end is read.
pub(super) const LONGEST_LINE: usize = 400;

/// Whether lines of a comment, a reply, a list or a patch start with it.
pub(super) fn is_mark(byte: u8) -> bool {
    matches!(byte, b'>' | b'#' | b'/' | b'*' | b';' | b'|' | b'+' | b'-' | b'%' | b'!')
}

/// The length of a line end; 0 if there is none.
pub(super) fn line_end(text: &[u8]) -> usize {
    match text {
        [b'\r', b'\n', ..] => 2,
        [b'\n' | b'\r', ..] => 1,
        _ => 0,
    }
}

/// The number of blanks at `at`.
pub(super) fn blanks(text: &[u8], at: usize) -> usize {
    text[at..].iter().take(LONGEST_INDENT).take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

/// A line continuation, whose character has this length.
pub(super) fn continued(text: &[u8], end: usize, length: usize) -> Option<Glue> {
    let next = end + length;
    let line = line_end(&text[next..]);
    (line > 0).then_some(())?;
    let next = next + line;
    let indent = blanks(text, next);
    let next = next + indent;
    // In a shell, the word may continue in quotes.
    let quote =
        usize::from(matches!(text.get(next), Some(b'"' | b'\'')) && text.get(next + 1).is_some_and(|&b| in_key(b)));
    // In a shell, indented text is another word; in Rust it is the same literal.
    Some(Glue { range: end..next + quote, is_strong: indent == 0 || quote > 0 })
}

/// A soft line break of quoted-printable text: the `=` at `at` and the line end.
pub(super) fn soft_break(text: &[u8], at: usize) -> Option<Glue> {
    let next = at + 1 + line_end(&text[at + 1..]);
    if text.get(next) == Some(&b'>') {
        // In a reply that quotes it.
        let wrapped = wrapped(text, at, next - at)?;
        return strong(at..wrapped.range.end);
    }
    strong(at..at + 1 + line_end(&text[at + 1..]))
}

/// A line end with this length, and what the next line starts with: blanks, and the same mark as this line.
pub(super) fn wrapped(text: &[u8], end: usize, length: usize) -> Option<Glue> {
    let line = &text[end.saturating_sub(LONGEST_LINE)..end];
    let start = memchr::memrchr2(b'\n', b'\r', line).map_or(0, |at| at + 1);
    let mut next = end + length;
    let mut own = start;
    // `> > `, ` * `, `+    `: blanks and marks like those of this line.
    for _ in 0..4 {
        next += blanks(text, next);
        own += line[own..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let marks = |text: &[u8]| text.iter().take(4).take_while(|byte| is_mark(**byte)).count();
        let (mark, own_mark) = (marks(&text[next..]), marks(&line[own..]));
        if mark == 0 {
            break;
        }
        if mark != own_mark || text[next..next + mark] != line[own..own + mark] {
            // The `-` may belong to the next part.
            break;
        }
        next += mark;
        own += mark;
    }
    // An entry of a list starts here.
    if matches!(text[next..], [b'-' | b'+', b' ' | b'\t', ..]) {
        return None;
    }
    next += appended(&text[next..]);
    Some(Glue { range: end..next, is_strong: false })
}

/// The length of a shell statement at the start of a line that appends to a variable: `KEY+=`.
fn appended(text: &[u8]) -> usize {
    let name =
        text.iter().take(LONGEST_INDENT).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    match &text[name..] {
        [b'+', b'=', b'"' | b'\'', ..] if name > 0 => name + 3,
        [b'+', b'=', ..] if name > 0 => name + 2,
        _ => 0,
    }
}
