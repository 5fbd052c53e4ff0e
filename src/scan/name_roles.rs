//! What a name before a value is, by what stands around it: a remark, a type, the key of an entry, a function that makes
//! a client.

use std::ops::Range;

use super::alphabet::in_name;
use super::identifier::{NameClass, VariableName};
use super::names_before::Name;
use super::steps;

/// Whether the text before a value is the name of a JSON field for an id: `"id": "`, `"item_id":"`, also inside of a literal.
/// The name says so, whatever else stands before it.
pub(super) fn is_id_field(before: &[u8]) -> bool {
    let quoted = |text: &'_ [u8]| text.strip_suffix(b"\"").map(|rest| rest.strip_suffix(b"\\").unwrap_or(rest).len());
    let name = quoted(before).and_then(|end| {
        let colon = before[..end].strip_suffix(b" ").unwrap_or(&before[..end]).strip_suffix(b":")?;
        Some(&colon[..quoted(colon)?])
    });
    matches!(name, Some([.., b'"' | b'_', b'i', b'd']))
}

/// Whether a name is the attribute `key` of an element in a list: `<Row key="…">`.
pub(super) fn is_key_of_item(text: &[u8], name: &Range<usize>) -> bool {
    const FARTHEST: usize = 160;
    const ELEMENTS: &[&[u8]] = &[b"a", b"div", b"li", b"option", b"p", b"section", b"span", b"td", b"th", b"tr"];
    if &text[name.clone()] != b"key" || text.get(name.end) != Some(&b'=') {
        return false;
    }
    let before = &text[name.start.saturating_sub(FARTHEST)..name.start];
    let Some(open) = memchr::memrchr2(b'<', b'>', before).filter(|&at| before[at] == b'<') else { return false };
    let length = before[open + 1..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let element = &before[open + 1..open + 1 + length];
    element.first().is_some_and(u8::is_ascii_uppercase) || ELEMENTS.contains(&element)
}

/// Whether what is named for a credential is something else by what stands before it: a public, primary or foreign key, or
/// the end of an address.
pub(super) fn is_anothers(text: &[u8], name: &Name) -> bool {
    const KINDS: [&[u8]; 5] = [b"public", b"foreign", b"primary", b"cache", b"sort"];
    let Some((&last, before)) = text[..name.range.start].split_last() else { return false };
    let is_after = |kind: &&[u8]| {
        let at = before.len().checked_sub(kind.len());
        at.is_some_and(|at| before[at..].eq_ignore_ascii_case(kind))
    };
    let is_address = last == b'/' && !name.assigned && matches!(text.get(name.range.end), Some(b'"' | b'\''));
    is_address || last == b' ' && KINDS.iter().any(is_after)
}

/// The name of a credential that a value is piped into: `echo … | docker secret create mistral_api_key -`.
pub(super) fn piped(text: &[u8], start: usize, first: &Name) -> Option<Range<usize>> {
    const FARTHEST: usize = 200;
    let is_echo = first.lines == 0 && matches!(&text[first.range.clone()], b"echo" | b"printf" | b"-n");
    if !is_echo {
        return None;
    }
    let rest = &text[start..text.len().min(start + FARTHEST)];
    steps::count(rest.len());
    let rest = rest.split(|&byte| byte == b'\n').next()?;
    let mut at = memchr::memchr(b'|', rest)?;
    while at < rest.len() {
        let from = at + rest[at..].iter().take_while(|byte| !in_name(**byte)).count();
        at = from + rest[from..].iter().take_while(|byte| in_name(**byte)).count();
        let name = VariableName::of(&rest[from..at]);
        if rest[from..].first().is_some_and(u8::is_ascii_alphabetic)
            && name.has_stem()
            && name.class() == NameClass::Credential
        {
            return Some(start + from..start + at);
        }
    }
    None
}

/// Whether a name stands in parentheses behind another: `API key (live)`.
pub(super) fn is_remark(text: &[u8], name: &Range<usize>) -> bool {
    text[..name.start].ends_with(b" (") && text.get(name.end) == Some(&b')')
}

/// Whether a name is that of a type in DynamoDB's JSON: `{"S": …}`.
pub(super) fn is_type(text: &[u8], name: &Range<usize>) -> bool {
    &text[name.clone()] == b"S" && text[..name.start].ends_with(b"{\"") && text.get(name.end) == Some(&b'"')
}

/// Whether a name is the key of an entry of a variable that is named for credentials: `keys["mistral"]`, `--api-key
/// mistral=…`.
pub(super) fn is_key_of_keys(text: &[u8], name: &Range<usize>) -> bool {
    const LONGEST: usize = 48;
    let before = &text[name.start.saturating_sub(LONGEST)..name.start];
    let ends: [&[u8]; 4] = [b"[\"", b"['", b"=", b" "];
    let Some((end, before)) = ends.iter().find_map(|end| Some((*end, before.strip_suffix(*end)?))) else {
        return false;
    };
    let length = before.iter().rev().take_while(|byte| in_name(**byte)).count();
    let keys = &before[before.len() - length..];
    let is_option = keys.starts_with(b"--");
    let class = VariableName::of(keys).class();
    (end != b" " || is_option) && matches!(class, NameClass::Credential | NameClass::Secret)
}

/// Whether a function creates or configures a client.
pub(super) fn makes(callee: &[u8]) -> bool {
    let last = callee.rsplit(|byte| matches!(byte, b'.' | b':')).next().unwrap_or_default();
    let lower = last.to_ascii_lowercase();
    last.first().is_some_and(u8::is_ascii_uppercase)
        || [
            "new",
            "init",
            "client",
            "create",
            "configure",
            "connect",
            "login",
            "setup",
            "with",
            "from_api",
            "build",
            "use",
        ]
        .iter()
        .any(|word| lower.starts_with(word.as_bytes()))
        || lower.ends_with(b"client")
}

/// Whether a name says of what kind the next is that stands right of it: `"type": "password"`.
pub(super) fn is_kind(name: Option<&Name>, text: &[u8]) -> bool {
    name.is_some_and(|name| name.assigned && matches!(&text[name.range.clone()], b"type" | b"kind" | b"inputType"))
}
