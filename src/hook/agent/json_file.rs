//! Adds entries to an agent's JSON file and removes them, so that the file is the same as before, byte for byte.
//!
//! What is added is one contiguous text, so removing it restores the file. If a container is empty afterwards, its
//! first byte tells whether keysweep made it: a container of ours starts with white space, while what we add to
//! somebody's empty one follows its bracket directly.

use std::ops::Range;

use serde_json::Value;

use crate::core::json::{self, Member};

/// An event's name, and an entry in its list.
pub(super) type Entry = (&'static str, Value);

/// The reason why a file is not changed, as a sentence.
pub(super) type JsonFault = String;

/// Adds each entry at the end of its event's list. An empty text is a new file, which also gets the members in
/// `more`.
pub(super) fn add(text: &str, entries: &[Entry], more: &[(&str, Value)]) -> Result<String, JsonFault> {
    if text.is_empty() {
        let style = Style { pretty: true, unit: "  ".into(), newline: "\n" };
        let hooks = style.object(entries.iter().map(|(event, entry)| (*event, style.array(entry, 2))), 1);
        let mut members = vec![("hooks", hooks)];
        members.extend(more.iter().map(|(name, value)| (*name, value.to_string())));
        return Ok(style.object(members.into_iter(), 0) + "\n");
    }
    let mut text = text.to_owned();
    for (index, (event, entry)) in entries.iter().enumerate() {
        let root = object(&text)?;
        let Some(hooks) = member(&text, root.start, "hooks")? else {
            let style = Style::of(&text, &root);
            let rest = entries[index..].iter().map(|(event, entry)| (*event, style.array(entry, 2)));
            let hooks = style.object(rest, 1);
            insert_member(&mut text, root, "hooks", &hooks, 1)?;
            break;
        };
        expect(&text, &hooks.value, b'{', "hooks is not an object")?;
        let Some(list) = member(&text, hooks.value.start, event)? else {
            let style = Style::of(&text, &hooks.value);
            let array = style.array(entry, 2);
            insert_member(&mut text, hooks.value, event, &array, 2)?;
            continue;
        };
        expect(&text, &list.value, b'[', "an event's hooks are no list")?;
        insert_element(&mut text, &list.value, entry)?;
    }
    Ok(text)
}

/// Removes every entry of keysweep. An empty result means that the file was created for our entries only.
pub(super) fn remove(
    text: &str,
    is_ours: &dyn Fn(&Value) -> bool,
    more: &[(&str, Value)],
) -> Result<String, JsonFault> {
    let mut text = text.to_owned();
    while let Some((event, list, ours)) = first_of_ours(&text, is_ours)? {
        let elements = json::elements(text.as_bytes(), list.start).map_err(fault)?;
        if elements.len() > 1 {
            text.replace_range(cut(&elements, &ours), "");
        } else if ours.start == list.start + 1 {
            text.replace_range(ours, "");
        } else if remove_event(&mut text, &event, more)? {
            return Ok(String::new());
        }
    }
    Ok(text)
}

/// All entries of keysweep: the event, the index in its list, and the value.
pub(super) fn ours(text: &str, is_ours: &dyn Fn(&Value) -> bool) -> Result<Vec<(String, usize, Value)>, JsonFault> {
    let mut found = Vec::new();
    for (event, list) in lists(text)? {
        for (index, at) in json::elements(text.as_bytes(), list.start).map_err(fault)?.into_iter().enumerate() {
            let entry = parse(text, &at);
            if is_ours(&entry) {
                found.push((event.clone(), index, entry));
            }
        }
    }
    Ok(found)
}

fn parse(text: &str, at: &Range<usize>) -> Value {
    text.get(at.clone()).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

fn lists(text: &str) -> Result<Vec<(String, Range<usize>)>, JsonFault> {
    let root = object(text)?;
    let Some(hooks) = member(text, root.start, "hooks")? else { return Ok(Vec::new()) };
    if text.as_bytes().get(hooks.value.start) != Some(&b'{') {
        return Ok(Vec::new());
    }
    let events = json::members(text.as_bytes(), hooks.value.start).map_err(fault)?;
    let lists = events.into_iter().filter(|event| text.as_bytes().get(event.value.start) == Some(&b'['));
    Ok(lists.map(|event| (event.name, event.value)).collect())
}

type OurEntry = (String, Range<usize>, Range<usize>);

fn first_of_ours(text: &str, is_ours: &dyn Fn(&Value) -> bool) -> Result<Option<OurEntry>, JsonFault> {
    for (event, list) in lists(text)? {
        let elements = json::elements(text.as_bytes(), list.start).map_err(fault)?;
        if let Some(ours) = elements.into_iter().find(|at| is_ours(&parse(text, at))) {
            return Ok(Some((event, list, ours)));
        }
    }
    Ok(None)
}

/// Removes an event if we made its list, then the hooks if we made them. Returns whether we made the file.
fn remove_event(text: &mut String, event: &str, more: &[(&str, Value)]) -> Result<bool, JsonFault> {
    let root = object(text)?;
    let Some(hooks) = member(text, root.start, "hooks")? else { return Ok(false) };
    let events = json::members(text.as_bytes(), hooks.value.start).map_err(fault)?;
    if events.len() > 1 {
        take_member(text, &events, event);
        return Ok(false);
    }
    if let [event] = events.as_slice()
        && event.start == hooks.value.start + 1
    {
        text.replace_range(event.start..event.value.end, "");
        return Ok(false);
    }
    let members = json::members(text.as_bytes(), root.start).map_err(fault)?;
    let made = members.first().is_some_and(|first| first.name == "hooks" && first.start > root.start + 1)
        && members.len() == 1 + more.len()
        && members
            .iter()
            .skip(1)
            .zip(more)
            .all(|(member, (name, value))| member.name == *name && parse(text, &member.value) == *value);
    if made {
        return Ok(true);
    }
    if let [hooks] = members.as_slice() {
        text.replace_range(hooks.start..hooks.value.end, "");
    } else {
        take_member(text, &members, "hooks");
    }
    Ok(false)
}

fn take_member(text: &mut String, members: &[Member], name: &str) {
    let spans: Vec<Range<usize>> = members.iter().map(|member| member.start..member.value.end).collect();
    if let Some(index) = members.iter().position(|member| member.name == name) {
        text.replace_range(cut(&spans, &spans[index]), "");
    }
}

/// The range to remove for one of several entries: with the comma before it, or for the first one the comma after it.
fn cut(entries: &[Range<usize>], one: &Range<usize>) -> Range<usize> {
    match entries.iter().position(|entry| entry == one) {
        Some(index) if index > 0 => entries[index - 1].end..one.end,
        _ => one.start..entries.get(1).map_or(one.end, |next| next.start),
    }
}

fn object(text: &str) -> Result<Range<usize>, JsonFault> {
    let root = json::root(text.as_bytes()).map_err(|at| {
        let line = memchr::memchr_iter(b'\n', &text.as_bytes()[..at.min(text.len())]).count() + 1;
        format!("line {line} is not JSON")
    })?;
    expect(text, &root, b'{', "it is not a JSON object")?;
    Ok(root)
}

fn fault(_: usize) -> JsonFault {
    "it is not JSON".into()
}

fn expect(text: &str, at: &Range<usize>, byte: u8, why: &str) -> Result<(), JsonFault> {
    if text.as_bytes().get(at.start) == Some(&byte) { Ok(()) } else { Err(why.into()) }
}

/// A member of an object. A duplicate name is an error, because programs differ in which one they use.
fn member(text: &str, object: usize, name: &str) -> Result<Option<Member>, JsonFault> {
    let mut named = json::members(text.as_bytes(), object).map_err(fault)?.into_iter().filter(|one| one.name == name);
    match (named.next(), named.next()) {
        (_, Some(_)) => Err(format!("{name} is in it twice")),
        (found, None) => Ok(found),
    }
}

fn insert_member(
    text: &mut String,
    object: Range<usize>,
    name: &str,
    value: &str,
    depth: usize,
) -> Result<(), JsonFault> {
    let style = Style::of(text, &object);
    let last = json::members(text.as_bytes(), object.start).map_err(fault)?.pop();
    let member = format!("\"{name}\": {value}");
    match last {
        Some(last) => text.insert_str(last.value.end, &format!(",{}{member}", style.space(depth))),
        None => text.insert_str(object.start + 1, &member),
    }
    Ok(())
}

fn insert_element(text: &mut String, list: &Range<usize>, entry: &Value) -> Result<(), JsonFault> {
    let style = Style::of(text, list);
    let last = json::elements(text.as_bytes(), list.start).map_err(fault)?.pop();
    match last {
        Some(last) => text.insert_str(last.end, &format!(",{}{}", style.space(3), style.value(entry, 3))),
        None => text.insert_str(list.start + 1, &style.value(entry, 3)),
    }
    Ok(())
}

/// The layout of a file.
struct Style {
    pretty: bool,
    unit: String,
    newline: &'static str,
}

impl Style {
    /// The layout of a container's content; for an empty container that of the text around it.
    fn of(text: &str, container: &Range<usize>) -> Self {
        let inner = text.get(container.clone()).unwrap_or_default();
        let is_empty = inner.chars().skip(1).all(|c| c.is_whitespace() || c == '}' || c == ']');
        let pretty = if is_empty { text.trim().contains('\n') } else { inner.contains('\n') };
        let indented = text.lines().find_map(|line| {
            let width = line.len() - line.trim_start().len();
            line.get(..width).filter(|space| !space.is_empty() && !line.trim().is_empty())
        });
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        Self { pretty, unit: indented.unwrap_or("  ").to_owned(), newline }
    }

    /// The white space before an entry at this depth.
    fn space(&self, depth: usize) -> String {
        if self.pretty { format!("{}{}", self.newline, self.unit.repeat(depth)) } else { " ".into() }
    }

    fn object<'a>(&self, members: impl Iterator<Item = (&'a str, String)>, depth: usize) -> String {
        let space = self.space(depth + 1);
        let members: Vec<String> = members.map(|(name, value)| format!("{space}\"{name}\": {value}")).collect();
        format!("{{{}{}}}", members.join(","), self.space(depth))
    }

    /// A list with one entry.
    fn array(&self, entry: &Value, depth: usize) -> String {
        format!("[{}{}{}]", self.space(depth + 1), self.value(entry, depth + 1), self.space(depth))
    }

    fn value(&self, value: &Value, depth: usize) -> String {
        if !self.pretty {
            return value.to_string();
        }
        let text = serde_json::to_string_pretty(value).unwrap_or_default();
        let lines = text.lines().map(|line| {
            let content = line.trim_start();
            self.unit.repeat((line.len() - content.len()) / 2) + content
        });
        lines.collect::<Vec<_>>().join(&format!("{}{}", self.newline, self.unit.repeat(depth)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{add, ours, remove};

    const MORE: &[(&str, Value)] = &[];

    fn entries() -> Vec<super::Entry> {
        vec![("A", json!({"command": "us", "n": [1, 2]})), ("B", json!({"command": "us"}))]
    }

    fn is_ours(entry: &Value) -> bool {
        entry["command"] == "us"
    }

    #[test]
    fn what_is_put_in_comes_out_byte_for_byte() {
        for text in [
            "",
            "{}",
            "{ }",
            "{\n}",
            "{\n}\n",
            "{\"hooks\": {}}",
            "{\"hooks\":{\n}}",
            "{\"hooks\": {\"A\": []}}",
            "{\"hooks\": {\"A\": [\n]}}",
            "{\"hooks\": {\"A\": [{\"command\": \"other\"}], \"C\": []}}",
            "{\n  \"x\": 1\n}\n",
            "{\r\n\t\"x\": 1,\r\n\t\"hooks\": {\r\n\t\t\"B\": [\r\n\t\t\t{\"command\": \"o\"}\r\n\t\t]\r\n\t}\r\n}",
            "\u{feff}{\n    // hooks\n    \"hooks\": {\n        \"A\": [\n            {},\n        ],\n    },\n}\n",
            "{\"x\":[{\"hooks\":{}}],\"hooks\":{\"A\":[1,2]},\"y\":2}",
            "{\n  \"hooks\": {\n    \"Z\": [\n      {\"command\": \"o\"}\n    ]\n  },\n  \"version\": 1\n}\n",
        ] {
            let with = add(text, &entries(), MORE).unwrap();
            let found = ours(&with, &is_ours).unwrap();
            assert_eq!(found.len(), 2, "{text}: {with}");
            if !with.contains("//") {
                serde_json::from_str::<Value>(with.trim_start_matches('\u{feff}'))
                    .unwrap_or_else(|error| panic!("{text}: {error}: {with}"));
            }
            assert_eq!(remove(&with, &is_ours, MORE).unwrap(), text, "{with}");
            assert_eq!(
                remove(text, &is_ours, MORE),
                if text.is_empty() { Err("line 1 is not JSON".into()) } else { Ok(text.into()) }
            );
        }
    }

    #[test]
    fn what_others_add_meanwhile_stays() {
        let with = add("", &entries(), MORE).unwrap();
        let more = add(&with, &[("A", json!({"command": "them"})), ("C", json!(1))], MORE).unwrap();
        let without: Value = serde_json::from_str(&remove(&more, &is_ours, MORE).unwrap()).unwrap();
        assert_eq!(without, json!({"hooks": {"A": [{"command": "them"}], "C": [1]}}));
    }

    #[test]
    fn what_is_no_object_is_left_alone() {
        for text in ["[]", "{", "{\"hooks\": []}", "{\"hooks\": {\"A\": 1}}", "{\"hooks\": {}, \"hooks\": {}}"] {
            assert!(add(text, &entries(), MORE).is_err(), "{text}");
        }
    }
}
