//! The names that stand before a value, nearest first.

use std::ops::Range;

use super::alphabet::in_name;
use super::steps;

/// How far before a value its owner is searched for, in bytes.
const LEFT: usize = 300;

/// A name before a value, and whether an operator is between them.
#[derive(Debug)]
pub(super) struct Name {
    pub(super) range: Range<usize>,
    pub(super) assigned: bool,
    /// How many line ends are between the name and the value.
    pub(super) lines: usize,
}

/// The offset of `s:32:` before a quoted value; else the offset of the value.
pub(super) fn over_length(text: &[u8], start: usize) -> usize {
    let before = &text[..start];
    let Some(before) = before.strip_suffix(b"\\\"").or_else(|| before.strip_suffix(b"\"")) else { return start };
    let Some(before) = before.strip_suffix(b":") else { return start };
    let digits = before.iter().rev().take(4).take_while(|byte| byte.is_ascii_digit()).count();
    let length = &before[..before.len() - digits];
    if digits > 0 && length.ends_with(b"s:") { length.len() - 2 } else { start }
}

/// The byte before a value, skipping quotes and blanks.
pub(super) fn lead(text: &[u8], start: usize) -> u8 {
    const FARTHEST: usize = 40;
    let before = text[..start].iter().rev().take(FARTHEST);
    let mut quoted = false;
    for &byte in before {
        match byte {
            b'"' | b'\'' | b'`' => quoted = true,
            b' ' | b'\n' | b'\r' | b'\\' => {}
            b'f' | b'r' | b'b' | b'u' | b'L' | b'@' | b'$' if quoted => {}
            _ => return byte,
        }
    }
    0
}

/// The names before `start`, nearest first, on this line and the two lines above.
pub(super) fn names(text: &[u8], start: usize) -> impl Iterator<Item = Name> + '_ {
    let limit = start.saturating_sub(LEFT);
    // In binary data a length or two may be between a name and its value, and nothing else.
    const MOST_CONTROLS: usize = 8;
    let mut at = start;
    let mut lines = 0;
    let mut controls = 0;
    std::iter::from_fn(move || {
        let mut assigned = false;
        let from = at;
        loop {
            while at > limit && !(in_name(text[at - 1]) && text[at - 1].is_ascii_alphanumeric()) {
                at -= 1;
                match text[at] {
                    b'=' | b':' => assigned = true,
                    b'\n' => lines += 1,
                    b'>' => at = markup(&text[limit..=at]).map_or(at, |length| at + 1 - length),
                    0..=8 | 14..=31 => controls += 1,
                    _ => {}
                }
            }
            if lines > 2 || at <= limit || controls > MOST_CONTROLS {
                return None;
            }
            let end = at;
            while at > limit && in_name(text[at - 1]) {
                at -= 1;
            }
            steps::count(from - at);
            let name = at + escape_before(text, at, end)..end;
            if !name.is_empty() && !is_numbering(text, &name) {
                return Some(Name { range: name, assigned, lines });
            }
        }
    })
}

/// How many bytes at the start of the name in `at..end` belong to an escape: `\nMISTRAL_API_KEY`, `\u0022api_key`; all of
/// it in `\x1b`, in a character's name (`&quot;`) and in a command that sets type (`\texttt{`).
fn escape_before(text: &[u8], at: usize, end: usize) -> usize {
    let name = &text[at..end];
    match at.checked_sub(1).map(|before| text[before]) {
        Some(b'\\') => {
            let digits = match name[0] {
                _ if name.len() > 2 && text.get(end) == Some(&b'{') => return name.len(),
                b'u' => 4,
                b'x' => 2,
                b'n' | b'r' | b't' => return 1,
                _ => return 0,
            };
            let is_code = name.get(1..=digits).is_some_and(|code| code.iter().all(u8::is_ascii_hexdigit));
            if is_code { digits + 1 } else { 0 }
        }
        Some(b'&') if text.get(end) == Some(&b';') && name.len() < 6 => name.len(),
        // The end of a colour: `\x1b[0mapi_key`.
        Some(b'[' | b';') => {
            let digits = name.iter().take(4).take_while(|byte| byte.is_ascii_digit()).count();
            if digits > 0 && name.get(digits) == Some(&b'm') { digits + 1 } else { 0 }
        }
        _ => 0,
    }
}

/// Whether what stands where a name might is but a number, which names nothing: of a length, a row, or a colour.
fn is_numbering(text: &[u8], name: &Range<usize>) -> bool {
    let colour = text[..name.start].last().is_some_and(|byte| matches!(byte, b'[' | b';'));
    let word = &text[name.clone()];
    let word = if colour { word.strip_suffix(b"m").unwrap_or(word) } else { word };
    word.len() < 5 && word.iter().all(u8::is_ascii_digit)
}

/// The length of the tag that `text` ends with, if it says how text is shown, and nothing of what it is.
fn markup(text: &[u8]) -> Option<usize> {
    const LONGEST: usize = 80;
    const TAGS: &[&[u8]] = &[
        b"a", b"b", b"br", b"code", b"dd", b"div", b"dt", b"em", b"font", b"i", b"kbd", b"li", b"mark", b"p", b"pre",
        b"s", b"samp", b"si", b"small", b"span", b"strong", b"t", b"tbody", b"td", b"th", b"tr", b"tt", b"u", b"ul",
        b"var", b"wbr", b"r", b"rPr",
    ];
    let near = &text[text.len().saturating_sub(LONGEST)..];
    steps::count(near.len());
    let open = memchr::memrchr(b'<', near)?;
    let inner = near[open + 1..near.len() - 1].strip_prefix(b"/").unwrap_or(&near[open + 1..near.len() - 1]);
    let length = inner.iter().take_while(|byte| byte.is_ascii_alphabetic() || **byte == b':').count();
    let name = inner[..length].rsplit(|&byte| byte == b':').next()?;
    let rest = inner[length..].trim_ascii();
    // `</key>` of a property list ends a name, it is none.
    if name == b"key" && inner.len() < near.len() - open - 2 {
        return Some(near.len() - open);
    }
    let is_plain = matches!(rest, [] | b"/") || rest.starts_with(b"class=") || rest.starts_with(b"style=");
    (is_plain && TAGS.contains(&name)).then_some(near.len() - open)
}
