//! Positions in the text of a JSON document, so that a part can be changed while every other byte stays the same.
//!
//! Comments and trailing commas are accepted, as most programs accept them in their configuration. The work is linear
//! in the text, whatever its depth.

use std::ops::Range;

/// A member of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The decoded name.
    pub name: String,
    /// The byte offset of the quote before the name.
    pub start: usize,
    /// The byte range of the value.
    pub value: Range<usize>,
}

/// The byte range of the document's only value. The error is the byte offset where the text stops being JSON.
pub fn root(text: &[u8]) -> Result<Range<usize>, usize> {
    let bom = if text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let start = space(text, bom)?;
    let end = value(text, start)?;
    match space(text, end)? {
        rest if rest == text.len() => Ok(start..end),
        rest => Err(rest),
    }
}

/// The members of the object that starts at byte `at`, in their order in the text. The error is the offset of the
/// fault.
pub fn members(text: &[u8], at: usize) -> Result<Vec<Member>, usize> {
    let mut members = Vec::new();
    entries(text, at, (b'{', b'}'), |text, start| {
        let end = string(text, start)?;
        let colon = space(text, end)?;
        if text.get(colon) != Some(&b':') {
            return Err(colon);
        }
        let from = space(text, colon + 1)?;
        let value = from..value(text, from)?;
        let name = serde_json::from_slice(text.get(start..end).unwrap_or_default()).map_err(|_| start)?;
        let end = value.end;
        members.push(Member { name, start, value });
        Ok(end)
    })?;
    Ok(members)
}

/// The byte ranges of the elements of the array that starts at byte `at`. The error is the offset of the fault.
pub fn elements(text: &[u8], at: usize) -> Result<Vec<Range<usize>>, usize> {
    let mut elements = Vec::new();
    entries(text, at, (b'[', b']'), |text, start| {
        let end = value(text, start)?;
        elements.push(start..end);
        Ok(end)
    })?;
    Ok(elements)
}

/// The path to byte `at`: the names of the members and the indexes of the elements around it, outermost first. Empty
/// if the text before it is not JSON.
pub fn path_at(text: &[u8], at: usize) -> Vec<String> {
    // The open objects and arrays, each with the name or index of its current entry.
    let mut open: Vec<(u8, String, usize)> = Vec::new();
    let mut next = if text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut is_name = false;
    while next < at {
        let Ok(start) = space(text, next) else { return Vec::new() };
        let Some(&byte) = text.get(start).filter(|_| start <= at) else { break };
        next = start + 1;
        match byte {
            b'{' | b'[' => {
                is_name = byte == b'{';
                open.push((byte, if is_name { String::new() } else { "0".into() }, 0));
            }
            b'}' | b']' => {
                open.pop();
                is_name = false;
            }
            b',' => {
                let Some((kind, name, index)) = open.last_mut() else { return Vec::new() };
                is_name = *kind == b'{';
                *index += 1;
                *name = if is_name { String::new() } else { index.to_string() };
            }
            b':' => is_name = false,
            b'"' => {
                let Ok(end) = string(text, start) else { break };
                if is_name && let Some((_, name, _)) = open.last_mut() {
                    *name = serde_json::from_slice(&text[start..end]).unwrap_or_default();
                }
                next = end;
            }
            _ => match value(text, start) {
                Ok(end) => next = end,
                Err(_) => return Vec::new(),
            },
        }
    }
    open.into_iter().map(|(_, name, _)| name).filter(|name| !name.is_empty()).collect()
}

fn entries(
    text: &[u8],
    at: usize,
    (opens, closes): (u8, u8),
    mut entry: impl FnMut(&[u8], usize) -> Result<usize, usize>,
) -> Result<(), usize> {
    if text.get(at) != Some(&opens) {
        return Err(at);
    }
    let mut next = space(text, at + 1)?;
    while text.get(next) != Some(&closes) {
        next = space(text, entry(text, next)?)?;
        match text.get(next) {
            Some(b',') => next = space(text, next + 1)?,
            Some(byte) if *byte == closes => {}
            _ => return Err(next),
        }
    }
    Ok(())
}

/// The offset after white space and comments.
fn space(text: &[u8], mut at: usize) -> Result<usize, usize> {
    loop {
        let rest = text.get(at..).unwrap_or_default();
        at += rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
        let rest = text.get(at..).unwrap_or_default();
        if rest.starts_with(b"//") {
            at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        } else if rest.starts_with(b"/*") {
            at += memchr::memmem::find(rest, b"*/").ok_or(at)? + 2;
        } else {
            return Ok(at);
        }
    }
}

/// The end of the value that starts at `at`. Inside it only the nesting of brackets is checked.
fn value(text: &[u8], at: usize) -> Result<usize, usize> {
    let mut open = Vec::new();
    let mut next = at;
    loop {
        match text.get(next) {
            Some(b'"') => next = string(text, next)?,
            Some(b'{') => {
                open.push(b'}');
                next += 1;
            }
            Some(b'[') => {
                open.push(b']');
                next += 1;
            }
            Some(byte @ (b'}' | b']')) => {
                if open.pop() != Some(*byte) {
                    return Err(next);
                }
                next += 1;
            }
            Some(b',' | b':') if !open.is_empty() => next += 1,
            Some(byte) if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.') => {
                let word = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
                next += text[next..].iter().take_while(word).count();
            }
            _ => return Err(next),
        }
        if open.is_empty() {
            return Ok(next);
        }
        next = space(text, next)?;
    }
}

/// The end of the string that starts at `at`.
fn string(text: &[u8], at: usize) -> Result<usize, usize> {
    if text.get(at) != Some(&b'"') {
        return Err(at);
    }
    let mut next = at + 1;
    loop {
        let rest = text.get(next..).unwrap_or_default();
        let found = memchr::memchr2(b'"', b'\\', rest).ok_or(at)?;
        next += found + if rest[found] == b'\\' { 2 } else { 1 };
        if rest[found] == b'"' {
            return Ok(next);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{elements, members, path_at, root};

    #[test]
    fn parts_are_found_where_they_stand() {
        let text = b"\xef\xbb\xbf// c\n{ \"a\\n\": [1, {\"b\": \"x]\\\"}\"}, ], /* , */ \"c\": true, }\n";
        let all = root(text).unwrap();
        assert_eq!((text[all.start], text[all.end - 1]), (b'{', b'}'));
        let found = members(text, all.start).unwrap();
        assert_eq!(found.iter().map(|member| member.name.as_str()).collect::<Vec<_>>(), ["a\n", "c"]);
        let list = elements(text, found[0].value.start).unwrap();
        assert_eq!(list.iter().map(|one| &text[one.clone()]).collect::<Vec<_>>(), [&b"1"[..], b"{\"b\": \"x]\\\"}\"}"]);
    }

    #[test]
    fn what_is_no_json_says_where() {
        for (text, at) in [("", 0), ("{", 1), ("{\"a\"}", 4), ("[1] 2", 4), ("{]", 1), ("\"a", 0), ("nul", 3)] {
            let found = root(text.as_bytes()).and_then(|all| members(text.as_bytes(), all.start).map(|_| all));
            assert!(found.is_err(), "{text}: {found:?} {at}");
        }
        assert_eq!(root("[".repeat(100_000).as_bytes()), Err(100_000));
    }

    #[test]
    fn a_byte_is_reached_by_names_and_numbers() {
        let text = br#"{"mcpServers": {"git": {"args": ["a", "KEY"], "env": {"T": "KEY2"}}}, "x": 1}"#;
        let at = |what: &[u8]| memchr::memmem::find(text, what).unwrap();
        assert_eq!(path_at(text, at(b"KEY")), ["mcpServers", "git", "args", "1"]);
        assert_eq!(path_at(text, at(b"KEY2")), ["mcpServers", "git", "env", "T"]);
        assert_eq!(path_at(b"no json", 4), Vec::<String>::new());
    }
}
