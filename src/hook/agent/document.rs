//! The JSON text of an event, read as agents mean it.
//!
//! Programs in JavaScript cut text anywhere, also between the halves of a character, and write such a half as an
//! escape. Of a field that is there twice, readers take different ones, so such an event is refused.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// The JSON value of an event. The error is the reason, without any of the text, which may hold a key.
pub(super) fn parse(text: &[u8]) -> Result<Value, String> {
    let value = value(text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)).map_err(|error| {
        let what = if error.is_data() { "has a field twice" } else { "is not JSON" };
        format!("its event {what} (line {}, column {})", error.line(), error.column())
    })?;
    match value.is_object() {
        true => Ok(value),
        false => Err("its event is not a JSON object".into()),
    }
}

/// A JSON value: an event, or one that an event holds as text.
pub(super) fn value(text: &[u8]) -> serde_json::Result<Value> {
    let parsed = serde_json::from_slice(text).or_else(|error| match whole_characters(text) {
        Cow::Owned(text) => serde_json::from_slice(&text),
        Cow::Borrowed(_) => Err(error),
    });
    parsed.map(|DistinctFields(value)| value)
}

/// The text with each escaped half of a character as U+FFFD, which has as many bytes as an escape.
fn whole_characters(text: &[u8]) -> Cow<'_, [u8]> {
    let mut out = Cow::Borrowed(text);
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'\\', text.get(at..).unwrap_or_default()) {
        at += found;
        let is_pair =
            matches!(unit(text, at), Some(0xd800..0xdc00)) && matches!(unit(text, at + 6), Some(0xdc00..0xe000));
        match unit(text, at) {
            Some(_) if is_pair => at += 12,
            Some(0xd800..0xe000) => {
                out.to_mut()[at + 2..at + 6].copy_from_slice(b"fffd");
                at += 6;
            }
            _ => at += 2,
        }
    }
    out
}

/// The UTF-16 unit of the escape `\uXXXX` at `at`.
fn unit(text: &[u8], at: usize) -> Option<u16> {
    let digits = text.get(at..at + 6)?.strip_prefix(b"\\u")?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// A value in which no object has a field twice.
struct DistinctFields(Value);

impl<'de> Deserialize<'de> for DistinctFields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DistinctVisitor).map(Self)
    }
}

struct DistinctVisitor;

impl<'de> Visitor<'de> for DistinctVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(DistinctFields(value)) = from.next_element()? {
            all.push(value);
        }
        Ok(Value::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut all = Map::new();
        while let Some((name, DistinctFields(value))) = from.next_entry::<String, _>()? {
            if all.insert(name, value).is_some() {
                return Err(A::Error::custom("a field is there twice"));
            }
        }
        Ok(Value::Object(all))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::parse;

    #[test]
    fn halves_of_characters_are_read() {
        for (text, value) in [
            (r#"{"a":"x\ud83d"}"#, json!({"a": "x\u{fffd}"})),
            (r#"{"a":"\udc00\ud83d\ude00\ud83dy"}"#, json!({"a": "\u{fffd}\u{1f600}\u{fffd}y"})),
            (r#"{"a":"\\ud83d \ud83d"}"#, json!({"a": "\\ud83d \u{fffd}"})),
            (r#"{"a":"\ud83d\ud83d\ude00"}"#, json!({"a": "\u{fffd}\u{1f600}"})),
            (
                r#"{"a":[1,-2,2.5,null,true,123456789012345678901234567890]}"#,
                json!({"a": [1, -2, 2.5, null, true, 123_456_789_012_345_678_901_234_567_890_f64]}),
            ),
        ] {
            assert_eq!(parse(text.as_bytes()), Ok(value), "{text}");
        }
    }

    #[test]
    fn what_is_no_event_says_why() {
        for (text, why) in [
            (r#"{"a":1,"b":{"c":1,"c":2}}"#, "has a field twice"),
            (r#"{"a":1,"\u0061":2}"#, "has a field twice"),
            (r#"{"a":"\ud83d"#, "is not JSON"),
            (r#"{"a":"\ud83"}"#, "is not JSON"),
            (r#"{"a":"\"#, "is not JSON"),
            ("[]", "is not a JSON object"),
            ("", "is not JSON"),
        ] {
            let error = parse(text.as_bytes()).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
