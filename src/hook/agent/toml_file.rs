//! Adds entries to Codex's `config.toml` and removes them, for users who keep their hooks there:
//! `[[hooks.PreToolUse]]`.

use serde_json::Value;
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, value};

use super::json_file::{Entry, JsonFault};

/// Whether the file has hooks. Codex's own notes under `hooks.state` do not count.
pub(super) fn has_hooks(text: &str) -> bool {
    let document = text.parse::<DocumentMut>().ok();
    let hooks = document.as_ref().and_then(|document| document.get("hooks")).and_then(Item::as_table_like);
    hooks.is_some_and(|hooks| hooks.iter().any(|(name, item)| name != "state" && item.is_array_of_tables()))
}

/// Adds each entry at the end of its event's list.
pub(super) fn add(text: &str, entries: &[Entry]) -> Result<String, JsonFault> {
    parse(text)?;
    // An array of tables may be continued anywhere, so new tables at the end of the file leave all other bytes
    // unchanged.
    let mut document = DocumentMut::new();
    let hooks =
        document.entry("hooks").or_insert(Item::Table(implicit())).as_table_mut().ok_or("hooks is not a table")?;
    for (event, entry) in entries {
        let mut list = ArrayOfTables::new();
        list.push(table(entry)?);
        hooks.insert(event, Item::ArrayOfTables(list));
    }
    let (newline, mark) = if text.is_empty() || text.ends_with('\n') { ("", MARK) } else { ("\n", MARK_BROKEN) };
    let new = format!("{text}{newline}{mark}\n{document}");
    parse(&new).map_err(|why| format!("{why} (with keysweep's hooks at its end)"))?;
    Ok(new)
}

/// The comment line above our entries.
const MARK: &str = "# keysweep hook install --agent codex";
/// The same if the file did not end with a line break.
const MARK_BROKEN: &str = "# keysweep hook install --agent codex, and the line break above";

/// Removes every entry of keysweep: the whole text after the comment if it is unchanged, otherwise one by one.
pub(super) fn remove(text: &str, is_ours: &dyn Fn(&Value) -> bool) -> Result<String, JsonFault> {
    for (mark, broken) in [(MARK, 0), (MARK_BROKEN, 1)] {
        let line = format!("{mark}\n");
        let Some(at) =
            text.rfind(&line).filter(|at| text.get(..*at).is_some_and(|t| t.is_empty() || t.ends_with('\n')))
        else {
            continue;
        };
        let rest = parse(text.get(at + line.len()..).unwrap_or_default())?;
        let rest_is_ours = rest.len() == 1 && lists(&rest).iter().all(|(_, _, entry)| is_ours(entry));
        let before = text.get(..at.saturating_sub(broken)).unwrap_or_default();
        if rest_is_ours && ours(before, is_ours)?.is_empty() {
            return Ok(before.to_owned());
        }
    }
    let mut document = parse(text)?;
    if let Some(hooks) = document.get_mut("hooks").and_then(Item::as_table_mut) {
        let events: Vec<String> = hooks.iter().map(|(name, _)| name.to_owned()).collect();
        for event in events {
            let Some(list) = hooks.get_mut(&event).and_then(Item::as_array_of_tables_mut) else { continue };
            list.retain(|table| !is_ours(&json(table)));
            if list.is_empty() {
                hooks.remove(&event);
            }
        }
    }
    Ok(document.to_string())
}

/// All entries of keysweep: the event, the index in its list, and the value.
pub(super) fn ours(text: &str, is_ours: &dyn Fn(&Value) -> bool) -> Result<Vec<(String, usize, Value)>, JsonFault> {
    Ok(lists(&parse(text)?).into_iter().filter(|(_, _, entry)| is_ours(entry)).collect())
}

fn parse(text: &str) -> Result<DocumentMut, JsonFault> {
    text.parse().map_err(|error: toml_edit::TomlError| {
        let at = error.span().map_or(0, |span| span.start).min(text.len());
        let line = memchr::memchr_iter(b'\n', &text.as_bytes()[..at]).count() + 1;
        format!("line {line} is not TOML")
    })
}

fn lists(document: &DocumentMut) -> Vec<(String, usize, Value)> {
    let Some(hooks) = document.get("hooks").and_then(Item::as_table_like) else { return Vec::new() };
    let lists = hooks.iter().filter_map(|(event, item)| Some((event, item.as_array_of_tables()?)));
    let entries = |(event, list): (&str, &ArrayOfTables)| {
        list.iter().enumerate().map(|(index, table)| (event.to_owned(), index, json(table))).collect::<Vec<_>>()
    };
    lists.flat_map(entries).collect()
}

fn implicit() -> Table {
    let mut table = Table::new();
    table.set_implicit(true);
    table
}

/// Converts an entry to a table; its own `hooks` become an array of tables.
fn table(entry: &Value) -> Result<Table, JsonFault> {
    let mut table = Table::new();
    for (name, member) in entry.as_object().into_iter().flatten() {
        let item = match member {
            Value::String(text) => value(text),
            Value::Bool(flag) => value(*flag),
            Value::Number(number) => value(number.as_i64().unwrap_or_default()),
            Value::Array(list) => {
                let mut tables = ArrayOfTables::new();
                for inner in list {
                    let mut one = Table::new();
                    for (name, member) in inner.as_object().into_iter().flatten() {
                        let item = match member {
                            Value::String(text) => value(text),
                            Value::Number(number) => value(number.as_i64().unwrap_or_default()),
                            other => return Err(format!("{other} has no form in TOML")),
                        };
                        one.insert(name, item);
                    }
                    tables.push(one);
                }
                Item::ArrayOfTables(tables)
            }
            other => return Err(format!("{other} has no form in TOML")),
        };
        table.insert(name, item);
    }
    Ok(table)
}

/// Converts a table of an event's list to JSON, as far as our entries need it.
fn json(table: &Table) -> Value {
    let plain = |table: &Table| -> Value {
        let members = table.iter().filter_map(|(name, item)| {
            let value = item.as_value()?;
            let json = value
                .as_str()
                .map(Value::from)
                .or_else(|| value.as_integer().map(Value::from))
                .or_else(|| value.as_bool().map(Value::from))?;
            Some((name.to_owned(), json))
        });
        Value::Object(members.collect())
    };
    let mut entry = plain(table);
    if let Some(list) = table.get("hooks").and_then(Item::as_array_of_tables) {
        entry["hooks"] = list.iter().map(plain).collect();
    }
    entry
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{add, has_hooks, ours, remove};

    #[test]
    fn what_is_put_in_comes_out_byte_for_byte() {
        let entries = [("PreToolUse", json!({"matcher": ".*", "hooks": [{"command": "us", "timeout": 30}]}))];
        let is_ours = |entry: &Value| entry.pointer("/hooks/0/command") == Some(&json!("us"));
        for text in [
            "[[hooks.PreToolUse]]\nmatcher = \"x\"\n[[hooks.PreToolUse.hooks]]\ncommand = \"o\"\n",
            "model = 'x' # c\n\n[[hooks.Stop]]\n\n[hooks.state]\na = 1\n\n[mcp_servers.git]\ncommand = \"npx\"",
            "",
        ] {
            let with = add(text, &entries).unwrap();
            let found = ours(&with, &is_ours).unwrap();
            assert_eq!(found.len(), 1, "{with}");
            assert_eq!(found[0].2, entries[0].1);
            assert_eq!(remove(&with, &is_ours).unwrap(), text, "{with}");
            assert_eq!(has_hooks(text), text.contains("[[hooks."), "{text}");
        }
        assert!(add("hooks = 3\n", &entries).is_err());
        assert!(add("a = \n", &entries).is_err());
    }
}
