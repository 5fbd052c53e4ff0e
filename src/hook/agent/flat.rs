//! Flattens JSON to one text that can be scanned, and applies replacements to the JSON. Each string is on its own
//! line after the name of its member, so that `"api_key": "…"` is recognised; escapes are decoded.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value;

/// The text of all strings in a JSON value.
#[derive(Debug, Default)]
pub(super) struct FlatText {
    /// The names and strings.
    pub(super) text: Vec<u8>,
    /// The byte range of each string in `text`, in traversal order.
    spans: Vec<Range<usize>>,
    /// The byte ranges of member names in `text`.
    names: Vec<Range<usize>>,
}

impl FlatText {
    /// Flattens a value.
    pub(super) fn of(value: &Value) -> Self {
        let mut flat = Self::default();
        let mut stack = vec![(None, value)];
        while let Some((name, value)) = stack.pop() {
            match value {
                Value::String(text) => flat.push(name, text),
                Value::Array(list) => stack.extend(list.iter().rev().map(|value| (name, value))),
                Value::Object(members) => {
                    for (name, _) in members.iter().filter(|(_, value)| !value.is_string()) {
                        flat.push_name(name);
                        flat.text.push(b'\n');
                    }
                    stack.extend(members.iter().rev().map(|(name, value)| (Some(name), value)));
                }
                Value::Null | Value::Bool(_) | Value::Number(_) => {}
            }
        }
        flat
    }

    fn push(&mut self, name: Option<&String>, text: &str) {
        if let Some(name) = name {
            self.push_name(name);
            self.text.extend_from_slice(b": ");
        }
        let start = self.text.len();
        self.text.extend_from_slice(text.as_bytes());
        self.spans.push(start..self.text.len());
        self.text.push(b'\n');
    }

    fn push_name(&mut self, name: &str) {
        let start = self.text.len();
        self.text.extend_from_slice(name.as_bytes());
        self.names.push(start..self.text.len());
    }

    /// Applies replacements (byte ranges in `text`, sorted) to the value that this was made from.
    pub(super) fn replace(&self, root: &mut Value, replacements: &[(Range<usize>, String)]) {
        let mut index = 0;
        let mut first = 0;
        let mut stack = vec![&mut *root];
        while let Some(value) = stack.pop() {
            match value {
                Value::String(text) => {
                    let span = self.spans.get(index).cloned().unwrap_or_default();
                    index += 1;
                    first += replacements[first..].iter().take_while(|(at, _)| at.end <= span.start).count();
                    let here: Vec<_> = replacements[first..].iter().take_while(|(at, _)| at.start < span.end).collect();
                    if !here.is_empty() {
                        *text = replaced(text, span.start, &here);
                    }
                }
                Value::Array(list) => stack.extend(list.iter_mut().rev()),
                Value::Object(members) => stack.extend(members.values_mut().rev()),
                Value::Null | Value::Bool(_) | Value::Number(_) => {}
            }
        }
        rename(root, &self.renamed(replacements));
    }

    /// The member names that are replaced, and their new names.
    fn renamed(&self, replacements: &[(Range<usize>, String)]) -> BTreeMap<String, String> {
        let mut renamed = BTreeMap::new();
        let mut first = 0;
        for span in &self.names {
            first += replacements[first..].iter().take_while(|(at, _)| at.end <= span.start).count();
            let here: Vec<_> = replacements[first..].iter().take_while(|(at, _)| at.start < span.end).collect();
            if !here.is_empty() {
                let name = String::from_utf8_lossy(&self.text[span.clone()]).into_owned();
                let with = replaced(&name, span.start, &here);
                renamed.insert(name, with);
            }
        }
        renamed
    }
}

/// Renames members of objects.
fn rename(root: &mut Value, names: &BTreeMap<String, String>) {
    if names.is_empty() {
        return;
    }
    let mut stack = vec![root];
    while let Some(value) = stack.pop() {
        match value {
            Value::Array(list) => stack.extend(list),
            Value::Object(members) => {
                let old = std::mem::take(members);
                members.extend(old.into_iter().map(|(name, value)| (names.get(&name).cloned().unwrap_or(name), value)));
                stack.extend(members.values_mut());
            }
            _ => {}
        }
    }
}

/// `text`, whose offset in the whole is `start`, with these ranges replaced. A range may start before it or end after
/// it.
fn replaced(text: &str, start: usize, parts: &[&(Range<usize>, String)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (at, with) in parts {
        let from = floor(text, at.start.saturating_sub(start).min(text.len())).max(done);
        out.push_str(text.get(done..from).unwrap_or_default());
        out.push_str(with);
        done = ceiling(text, (at.end - start).min(text.len())).max(from);
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

fn ceiling(text: &str, at: usize) -> usize {
    (at..=text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len())
}

/// A tool's output as text: a string itself, the texts of an MCP result or a command, or else JSON.
pub(super) fn text(output: &Value) -> String {
    let lines = |list: &[Value]| -> Option<String> {
        let texts: Option<Vec<&str>> =
            list.iter().map(|part| part.as_str().or_else(|| part.get("text")?.as_str())).collect();
        texts.filter(|texts| !texts.is_empty()).map(|texts| texts.join("\n"))
    };
    match output {
        Value::String(text) => text.clone(),
        Value::Array(list) => lines(list).unwrap_or_else(|| output.to_string()),
        Value::Object(members) => {
            let content = members.get("content").and_then(Value::as_array);
            content.and_then(|list| lines(list)).unwrap_or_else(|| output.to_string())
        }
        other => other.to_string(),
    }
}

/// The reason followed by the output, for agents that replace a tool's output by the reason.
pub(super) fn in_place_of(output: &Value, reason: &str) -> String {
    format!("{reason}\n\n{}", text(output))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::FlatText;

    #[test]
    fn what_is_found_in_the_text_is_replaced_in_the_value() {
        let mut value = json!({"a": "x ü KEY y KEY", "b": ["KEY", 1, {"c": "none"}], "d": ""});
        let flat = FlatText::of(&value);
        assert_eq!(std::str::from_utf8(&flat.text).unwrap(), "b\na: x ü KEY y KEY\nb: KEY\nc: none\nd: \n");
        let text = String::from_utf8(flat.text.clone()).unwrap();
        let at: Vec<_> = text.match_indices("KEY").map(|(at, _)| (at..at + 3, "…".to_owned())).collect();
        flat.replace(&mut value, &at);
        assert_eq!(value, json!({"a": "x ü … y …", "b": ["…", 1, {"c": "none"}], "d": ""}));
    }

    #[test]
    fn names_are_searched_and_replaced() {
        let mut value = json!({"KEY": 1, "x": {"a KEY": [true, "y"]}});
        let flat = FlatText::of(&value);
        let text = String::from_utf8(flat.text.clone()).unwrap();
        let at: Vec<_> = text.match_indices("KEY").map(|(at, _)| (at..at + 3, "…".to_owned())).collect();
        assert_eq!(at.len(), 3, "{text}");
        flat.replace(&mut value, &at);
        assert_eq!(value, json!({"…": 1, "x": {"a …": [true, "y"]}}));
    }

    #[test]
    fn a_part_that_crosses_strings_is_gone_from_both() {
        let mut value = json!(["ab", "cd"]);
        let flat = FlatText::of(&value);
        flat.replace(&mut value, &[(1..4, "-".into())]);
        assert_eq!(value, json!(["a-", "-d"]));
    }
}
