//! The names, hosts and imports around a word, read from the text.

use std::ops::Range;

use super::alphabet::in_name;
use super::identifier::{NameClass, VariableName};
use super::steps;

/// The name before an open bracket, and whether the bracket is that of a call.
pub(super) fn head(text: &[u8], open: usize) -> (Range<usize>, bool) {
    const FARTHEST: usize = 24;
    let mut at = open;
    let mut call = text[open] == b'(';
    let floor = open.saturating_sub(FARTHEST);
    while at > floor
        && matches!(text[at - 1], b' ' | b'\t' | b'\n' | b'"' | b'\'' | b'\\' | b':' | b'=' | b'>' | b'(' | b'{' | b'[')
    {
        call |= text[at - 1] == b'(';
        at -= 1;
    }
    // `useState<string>(`.
    if text[open] == b'(' && at + 1 == open && text[at] == b'>' {
        at = memchr::memrchr(b'<', &text[floor..at]).map_or(at, |generic| floor + generic);
    }
    // `Secret("openai-key", {`: the options of what is named.
    if text[open] == b'{' && at > floor && text[at - 1] == b',' && matches!(text[..at - 1], [.., b'"' | b'\'']) {
        at -= 2;
    }
    let end = at;
    let floor = at.saturating_sub(80);
    while at > floor && (in_name(text[at - 1]) || text[at - 1] == b':') {
        at -= 1;
    }
    (at..end, call)
}

/// Whether a word is part of a host name.
pub(super) fn is_host(text: &[u8], range: &Range<usize>) -> bool {
    const LONGEST: usize = 64;
    if text[range.clone()].contains(&b'.') {
        return true;
    }
    let before = &text[range.start.saturating_sub(LONGEST)..range.start];
    let url = before.iter().rev().take_while(|&&byte| in_name(byte)).count();
    before[..before.len() - url].ends_with(b"://")
        && text[range.end..].iter().find(|byte| !in_name(**byte)).is_some()
        && text[range.start..].iter().take_while(|byte| in_name(**byte)).any(|byte| *byte == b'.')
}

/// The name of the setting whose value contains the word at `at`: `OPENAI_BASE_URL` for a URL.
pub(super) fn setting(text: &[u8], at: usize) -> Option<VariableName> {
    const FARTHEST: usize = 64;
    let floor = at.saturating_sub(FARTHEST);
    steps::count(at - floor);
    let mut end = at;
    loop {
        let byte = *text.get(end.checked_sub(1)?)?;
        let is_sign = matches!(byte, b'=' | b':') && !text[end..].starts_with(b"//");
        if matches!(byte, b'\n' | b',' | b';' | b'{') || end <= floor {
            return None;
        }
        end -= 1;
        if is_sign {
            break;
        }
    }
    let name = name_before(text, end);
    let identifier = VariableName::of(&text[name.clone()]);
    if name.is_empty() {
        return None;
    }
    if identifier.class() != NameClass::Nothing {
        return Some(identifier);
    }
    // `name: OPENAI_BASE_URL` next to `value:`.
    let mut at = name.start;
    for _ in 0..3 {
        let name = name_before(text, at);
        let identifier = VariableName::of(&text[name.clone()]);
        if !name.is_empty() && identifier.has_stem() {
            return Some(identifier);
        }
        at = name.start;
    }
    None
}

/// The name before `end`, skipping what may be between a name and its value.
pub(super) fn name_before(text: &[u8], mut end: usize) -> Range<usize> {
    const BETWEEN: usize = 40;
    let is_between =
        |byte: u8| matches!(byte, b' ' | b'\t' | b'\n' | b',' | b'"' | b'\'' | b'\\' | b':' | b'?' | b'=' | b']');
    end -= text[..end].iter().rev().take(BETWEEN).take_while(|byte| is_between(**byte)).count();
    let length = text[..end].iter().rev().take(80).take_while(|byte| in_name(**byte)).count();
    end - length..end
}

/// The whole name that contains a word.
pub(super) fn name_around(text: &[u8], range: &Range<usize>) -> Range<usize> {
    const MOST: usize = 48;
    let left = text[..range.start].iter().rev().take(MOST).take_while(|byte| in_name(**byte)).count();
    let right = text[range.end..].iter().take(MOST).take_while(|byte| in_name(**byte)).count();
    range.start - left..range.end + right
}

/// Whether the name that ends at `end` is followed by an assignment.
pub(super) fn is_assigned(text: &[u8], end: usize) -> bool {
    let after = text[end..].iter().take(4).find(|byte| !matches!(byte, b' ' | b'"' | b'\'' | b'\\' | b']'));
    matches!(after, Some(b'=' | b':'))
}

/// Whether the position is in an import statement.
pub(super) fn is_imported(text: &[u8], at: usize) -> bool {
    const LONGEST: usize = 160;
    const STARTS: &[&[u8]] = &[
        b"import ",
        b"from ",
        b"use ",
        b"using ",
        b"require",
        b"#include",
        b"library(",
        b"package:",
        b"@import",
        b"open ",
        b"%pip install",
        b"!pip install",
        b"pip install",
    ];
    let from = at.saturating_sub(LONGEST);
    let Some(line) = memchr::memrchr(b'\n', &text[from..at]).map(|end| from + end + 1).or((from == 0).then_some(0))
    else {
        return false;
    };
    let blank =
        text[line..at].iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b'\\' | b'>')).count();
    let head = &text[line + blank..];
    STARTS.iter().any(|start| head.starts_with(start))
        || memchr::memmem::find(&text[line..text.len().min(at + 24)], b"require(").is_some()
}

/// The module's name that a name starts with: `aai` of `aai.settings.api_key`.
pub(super) fn alias(name: &[u8]) -> Option<&[u8]> {
    let dot = memchr::memchr(b'.', name)?;
    (dot > 1).then_some(&name[..dot])
}

/// Whether the import statement goes on with another name for what it imports: `import assemblyai as aai`.
pub(super) fn is_imported_as(text: &[u8], at: usize, alias: &[u8]) -> bool {
    const LONGEST: usize = 80;
    let rest = &text[at..text.len().min(at + LONGEST)];
    let line = rest.split(|byte| matches!(byte, b'\n' | b'\\' | b';')).next().unwrap_or_default();
    let mut words = line.split(|byte| !in_name(*byte)).skip_while(|word| *word != b"as");
    words.nth(1) == Some(alias)
}
