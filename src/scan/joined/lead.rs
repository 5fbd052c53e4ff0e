//! What is before the first part of a value: the brackets and functions that build a string, and the name that it is
//! assigned to.

use std::ops::Range;

use super::super::alphabet::in_name;
use super::super::identifier::{NameClass, VariableName};
use super::super::steps;

/// Where a joined value belongs in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lead {
    /// The end of the operator or name before it.
    pub(super) from: usize,
    /// What is between that and the value.
    pub(super) opening: &'static [u8],
}

/// The maximum length in bytes.
const LONGEST: usize = 160;
/// The maximum number of words and signs.
const MOST: usize = 32;

/// Functions and types that make one string of several.
const BUILDERS: &[&[u8]] = &[
    b"append",
    b"array",
    b"aslist",
    b"buffer",
    b"builder",
    b"buildstring",
    b"concat",
    b"concat_ws",
    b"fmt",
    b"fn",
    b"format",
    b"from",
    b"implode",
    b"join",
    b"joined",
    b"list",
    b"new",
    b"of",
    b"paste",
    b"paste0",
    b"push",
    b"push_str",
    b"sprintf",
    b"std",
    b"str",
    b"strcat",
    b"strcpy",
    b"string",
    b"stringbuffer",
    b"stringbuilder",
    b"strings",
    b"stringr",
    b"str_c",
    b"sub",
    b"text",
    b"vec",
    b"write",
    b"writestring",
    b"write_string",
];

/// Where the value belongs whose first part starts at `start`, if there is more than an operator before it: `KEY =
/// "".join(["…", "…"])` is `KEY = "…"`.
pub(super) fn of(text: &[u8], start: usize) -> Option<Lead> {
    let mut at = start - quote_before(&text[..start]);
    let floor = at.saturating_sub(LONGEST);
    let mut is_built = false;
    for _ in 0..MOST {
        let before = &text[floor..at];
        let byte = *before.last()?;
        steps::count(1);
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b'.' | b'(' | b'%' | b'\\' => at -= 1,
            b',' | b'[' | b'{' | b']' | b'}' | b')' | b'!' | b'$' => {
                is_built = true;
                at -= 1;
            }
            b':' if before.ends_with(b"::") => at -= 2,
            b'=' | b':' => return is_built.then_some(Lead { from: at, opening: b" \"" }),
            b'-' | b'>' if before.ends_with(b"<-") || before.ends_with(b"=>") => {
                return is_built.then_some(Lead { from: at, opening: b" \"" });
            }
            b'"' | b'\'' | b'`' => {
                at -= layout_before(before)?;
                is_built = true;
            }
            byte if in_word(byte) => {
                let length = before.iter().rev().take_while(|&&byte| in_word(byte)).count();
                steps::count(length);
                let word = before[before.len() - length..].to_ascii_lowercase();
                if !BUILDERS.contains(&word.as_slice()) {
                    return is_built.then_some(Lead { from: at, opening: b" = \"" });
                }
                is_built = true;
                at -= length;
            }
            _ => return None,
        }
    }
    None
}

/// Whether a literal is the only argument of a function that does not put strings together: `model('…')`.
pub(super) fn is_argument(text: &[u8], part: &Range<usize>) -> bool {
    let [left @ .., b'(', quote @ (b'"' | b'\'' | b'`')] = &text[..part.start] else { return false };
    if !matches!(text[part.end..], [close, b')', ..] if close == *quote) {
        return false;
    }
    let length = left.iter().rev().take(LONGEST).take_while(|&&byte| in_word(byte)).count();
    length > 0 && !BUILDERS.contains(&left[left.len() - length..].to_ascii_lowercase().as_slice())
}

/// Whether a name of a credential is shortly before `at`.
pub(super) fn is_named(text: &[u8], at: usize) -> bool {
    const NEAR: usize = 200;
    const MOST_LINES: usize = 3;
    let near = &text[at.saturating_sub(NEAR)..at];
    steps::count(near.len());
    let lines = near.rsplit(|&byte| byte == b'\n').take(MOST_LINES);
    lines.flat_map(|line| line.split(|&byte| !in_name(byte))).any(|name| {
        name.len() > 2 && matches!(VariableName::of(name).class(), NameClass::Credential | NameClass::Secret)
    })
}

fn in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The length of the opening quote that `text` ends with, and of the prefix of its literal.
fn quote_before(text: &[u8]) -> usize {
    const ENTITIES: &[&[u8]] = &[b"&quot;", b"&#34;", b"&#39;", b"&#x27;", b"&#x22;", b"&apos;"];
    if let Some(entity) = ENTITIES.iter().find(|entity| text.ends_with(entity)) {
        return entity.len();
    }
    let quotes = text.iter().rev().take(3).take_while(|byte| matches!(byte, b'"' | b'\'' | b'`')).count();
    let rest = &text[..text.len() - quotes];
    let slashes = rest.iter().rev().take(8).take_while(|&&byte| byte == b'\\').count();
    let rest = &rest[..rest.len() - slashes];
    let letters = rest.iter().rev().take(2).take_while(|byte| b"bBfFrRuULN@$".contains(byte)).count();
    let is_prefix =
        quotes > 0 && slashes == 0 && !rest[..rest.len() - letters].last().is_some_and(|&byte| in_word(byte));
    quotes + slashes + if is_prefix { letters } else { 0 }
}

/// The length of the literal that `text` ends with, if it is empty or only says how others are put together:
/// `"%s%s"`, `"{0}{1}"`.
fn layout_before(text: &[u8]) -> Option<usize> {
    const LONGEST: usize = 24;
    let (quote, inner) = text.split_last()?;
    let is_sign = |byte: &&u8| byte.is_ascii_digit() || matches!(byte, b'%' | b's' | b'{' | b'}' | b'v' | b'$' | b'@');
    let length = inner.iter().rev().take(LONGEST).take_while(is_sign).count();
    (inner[..inner.len() - length].last() == Some(quote)).then_some(length + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_where_a_built_value_belongs() {
        for (text, before) in [
            ("KEY = \"\".join([\"", "KEY ="),
            ("String key = new StringBuilder(\"", "String key ="),
            ("sb.append(\"", "sb"),
            ("key := fmt.Sprintf(\"%s%s\", \"", "key :="),
            ("(def openai-key (str \"", "(def openai-key"),
            ("x <- paste0(\"", "x <-"),
            ("KEY: !Join [\"\", [\"", "KEY:"),
            ("const KEY: &str = concat!(\"", "const KEY: &str ="),
            ("{\"key\": [\"", "{\"key\":"),
            ("strcpy(key, \"", "strcpy(key"),
        ] {
            let lead = of(text.as_bytes(), text.len());
            assert_eq!(lead.map(|lead| &text.as_bytes()[..lead.from]), Some(before.as_bytes()), "{text}");
        }
        for text in ["KEY = \"", "client(api_key=\"", "setenv(\"KEY\", \"", "Bearer ", ""] {
            assert_eq!(of(text.as_bytes(), text.len()), None, "{text}");
        }
    }
}
