//! gitleaks' lenient TOML: keys in any case, a string for a list of one, numbers and booleans in quotes. The same
//! variants are accepted here.

use serde::de::Error as _;
use serde::{Deserialize as _, Deserializer};
use toml::Value;

/// The same text with every key in lower case. No byte changes its position; strings and comments stay the same.
pub(super) fn lower_keys(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at = match byte {
            b'"' | b'\'' => string_end(&bytes, at),
            b'#' => line_end(&bytes, at),
            _ => {
                bytes[at] = byte.to_ascii_lowercase();
                at + 1
            }
        };
    }
    // Only letters were replaced by letters.
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| at + end)
}

/// The end of the string that starts at `at`.
fn string_end(bytes: &[u8], at: usize) -> usize {
    let quote = bytes[at];
    let is_long = bytes[at..].starts_with(&[quote; 3]);
    let width = if is_long { 3 } else { 1 };
    let mut end = at + width;
    while end < bytes.len() {
        let byte = bytes[end];
        if byte == b'\\' && quote == b'"' {
            end += 2;
        } else if bytes[end..].starts_with(&[quote; 3][..width]) {
            end += width;
            // A multi-line string may end with up to two quotes more.
            while is_long && bytes.get(end) == Some(&quote) {
                end += 1;
            }
            return end;
        } else if byte == b'\n' && !is_long {
            // Not closed; the TOML parser reports it.
            return end;
        } else {
            end += 1;
        }
    }
    bytes.len()
}

/// A number: `entropy = 3`, `3.5` and `"3.5"`.
pub(super) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Integer(number) => Ok(number as f64),
        Value::Float(number) => Ok(number),
        Value::String(text) if text.is_empty() => Ok(0.0),
        Value::String(text) => text.parse().map_err(|_| D::Error::custom(format!("entropy is a number, not {text:?}"))),
        other => Err(D::Error::custom(format!("entropy is a number, not a {}", other.type_str()))),
    }
}

/// A whole number: `secretGroup = 1` and `"1"`.
pub(super) fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Integer(number) => Ok(number),
        Value::String(text) if text.is_empty() => Ok(0),
        Value::String(text) => {
            text.parse().map_err(|_| D::Error::custom(format!("a whole number is needed, not {text:?}")))
        }
        other => Err(D::Error::custom(format!("a whole number is needed, not a {}", other.type_str()))),
    }
}

/// A boolean: `true` and `"true"`.
pub(super) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Boolean(flag) => Ok(flag),
        Value::Integer(number) => Ok(number != 0),
        Value::String(text) => match text.as_str() {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
            "" | "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
            _ => Err(D::Error::custom(format!("true or false is needed, not {text:?}"))),
        },
        other => Err(D::Error::custom(format!("true or false is needed, not a {}", other.type_str()))),
    }
}

/// A text: `id = "5"` and `5`; a boolean is `1` or `0`.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    text_of(Value::deserialize(deserializer)?).map_err(|kind| D::Error::custom(format!("a text is needed, not {kind}")))
}

/// A list of texts, or one text.
pub(super) fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let texts = match Value::deserialize(deserializer)? {
        Value::String(text) if text.is_empty() => Ok(Vec::new()),
        Value::Array(values) => values.into_iter().map(text_of).collect(),
        value => text_of(value).map(|text| vec![text]),
    };
    texts.map_err(|kind| D::Error::custom(format!("a list of texts is needed, and in it is {kind}")))
}

/// What is no text is one as mapstructure makes it; the error says what cannot be one.
fn text_of(value: Value) -> Result<String, &'static str> {
    match value {
        Value::String(text) => Ok(text),
        Value::Integer(number) => Ok(number.to_string()),
        Value::Float(number) => Ok(number.to_string()),
        Value::Boolean(flag) => Ok(if flag { "1" } else { "0" }.to_owned()),
        Value::Datetime(_) => Err("a date"),
        Value::Array(_) => Err("a list"),
        Value::Table(_) => Err("a table"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_lowered_and_nothing_else() {
        for (text, lowered) in [
            ("[[Rules]]\nID = 'Ab' # Cd\n", "[[rules]]\nid = 'Ab' # Cd\n"),
            ("A = \"x\\\"Y\"\nB = 1", "a = \"x\\\"Y\"\nb = 1"),
            ("A = '''X\'Y\nZ'''\nB = 1", "a = '''X\'Y\nZ'''\nb = 1"),
            ("A = \"\"\"X\"\"Y\"\"\"\"\"\nB = 1", "a = \"\"\"X\"\"Y\"\"\"\"\"\nb = 1"),
            ("A = { B = 'C', D = [\"E\"] }", "a = { b = 'C', d = [\"E\"] }"),
            ("A = 'X\nB = 'Y'", "a = 'X\nb = 'Y'"),
            ("A = \"\\", "a = \"\\"),
        ] {
            assert_eq!(lower_keys(text), lowered, "{text}");
        }
    }
}
