//! Notebooks: a code cell is a program, stored as a JSON list of lines. Keys in outputs and in text cells are masked.

use std::collections::BTreeMap;
use std::ops::Range;

use super::language;
use super::{FoundKey, Rewrite, literal};
use crate::core::json;
use crate::core::order::ListOrder as _;

/// Rewrites a notebook.
pub(super) fn rewrite(text: &[u8], keys: &[FoundKey]) -> Rewrite {
    let mut rewrite = Rewrite::default();
    let language = language_of(text);
    let mut sources: BTreeMap<usize, (Cell, Vec<&FoundKey>)> = BTreeMap::new();
    let cells = cells(text).unwrap_or_default();
    for key in keys {
        let cell = cells.iter().find(|cell| cell.source.start <= key.span.start && key.span.end <= cell.source.end);
        match cell {
            Some(cell) if cell.is_code => {
                sources.entry(cell.source.start).or_insert((cell.clone(), Vec::new())).1.push(key);
            }
            _ => rewrite.replace(key.span.clone(), key.secret.mask()),
        }
    }
    for (cell, keys) in sources.into_values() {
        match language.and_then(|extension| source(text, &cell, &keys, extension)) {
            Some(with) => rewrite.replace(cell.source.clone(), with),
            None => keys.iter().for_each(|key| rewrite.leave(key, "this cell cannot be rewritten")),
        }
    }
    rewrite
}

#[derive(Clone)]
struct Cell {
    is_code: bool,
    source: Range<usize>,
}

fn cells(text: &[u8]) -> Option<Vec<Cell>> {
    let member = |object: usize, name: &str| json::members(text, object).ok()?.into_iter().find(|m| m.name == name);
    let root = json::root(text).ok()?;
    let list = member(root.start, "cells")?;
    let elements = json::elements(text, list.value.start).ok()?;
    let cell = |at: &Range<usize>| {
        let kind = member(at.start, "cell_type")?;
        Some(Cell { is_code: &text[kind.value] == b"\"code\"", source: member(at.start, "source")?.value })
    };
    Some(elements.iter().filter_map(cell).collect())
}

/// The file extension of the notebook's language. Only languages that can be rewritten in cells are included.
fn language_of(text: &[u8]) -> Option<&'static str> {
    let notebook: serde_json::Value = serde_json::from_slice(text).ok()?;
    let metadata = &notebook["metadata"];
    let named = metadata["kernelspec"]["language"].as_str().or(metadata["language_info"]["name"].as_str());
    match named {
        None | Some("python") => Some("py"),
        Some("javascript" | "typescript") => Some("js"),
        Some(_) => None,
    }
}

/// A cell's source with its keys replaced, in the same layout.
fn source(text: &[u8], cell: &Cell, keys: &[&FoundKey], extension: &str) -> Option<String> {
    let raw = &text[cell.source.clone()];
    let value: serde_json::Value = serde_json::from_slice(raw).ok()?;
    let program = match &value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(lines) => lines.iter().map(|line| line.as_str()).collect::<Option<String>>()?,
        _ => return None,
    };
    // The keys in the decoded program: the same values, each as often as it occurs.
    let mut inner = Vec::new();
    for key in keys {
        let at = memchr::memmem::find_iter(program.as_bytes(), key.secret.expose());
        for start in at {
            let span = start..start + key.secret.expose().len();
            if !inner.iter().any(|known: &FoundKey| known.span == span) {
                inner.push(FoundKey { span, ..(*key).clone() });
            }
        }
    }
    inner.order_by_key(|key| key.span.start);
    let literal = language::of(extension.as_bytes())?.literal.as_ref()?;
    let rewritten = literal::rewrite(program.as_bytes(), literal, extension.as_bytes(), &inner);
    if !rewritten.left.is_empty() {
        return None;
    }
    let program = String::from_utf8(rewritten.apply(program.as_bytes())).ok()?;
    if value.is_string() {
        return serde_json::to_string(&program).ok();
    }
    let between = layout(text, cell)?;
    let lines: Option<Vec<String>> =
        program.split_inclusive('\n').map(|line| serde_json::to_string(line).ok()).collect();
    Some(format!("[{}{}{}]", between.0, lines?.join(&format!(",{}", between.0)), between.1))
}

/// The white space before the first line of a list and after the last.
fn layout(text: &[u8], cell: &Cell) -> Option<(String, String)> {
    let elements = json::elements(text, cell.source.start).ok()?;
    let (first, last) = (elements.first()?, elements.last()?);
    let before = text.get(cell.source.start + 1..first.start)?;
    let after = text.get(last.end..cell.source.end.checked_sub(1)?)?;
    let plain = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok().filter(|text| text.trim().is_empty());
    Some((plain(before)?, plain(after)?))
}
