//! Replacing a key in a program by the language's lookup: the whole string, a part of it, or its mention in a
//! comment.

use std::collections::BTreeMap;
use std::ops::Range;

use bstr::ByteSlice as _;

use super::language::{self, Import, Join, Literal};
use super::lexis::{self, Region, StringToken, is_word};
use super::{FoundKey, Rewrite, rust};

/// Rewrites a program.
pub(super) fn rewrite(text: &[u8], literal: &Literal, extension: &[u8], keys: &[FoundKey]) -> Rewrite {
    let regions = lexis::regions(text, literal);
    let mut rewrite = Rewrite::default();
    let mut strings: BTreeMap<usize, (&StringToken, Vec<&FoundKey>)> = BTreeMap::new();
    for key in keys {
        let holds = |at: &Range<usize>| at.start <= key.span.start && key.span.end <= at.end;
        let region = regions.iter().find(|region| match region {
            Region::Comment(at) => holds(at),
            Region::Text(found) => holds(&found.inner),
        });
        match region {
            Some(Region::Comment(_)) => rewrite.replace(key.span.clone(), key.variable.clone()),
            Some(Region::Text(found)) => strings.entry(found.inner.start).or_insert((found, Vec::new())).1.push(key),
            None => rewrite.leave(key, "it is not in a string"),
        }
    }
    let mut first = None;
    for (found, keys) in strings.into_values() {
        match string(text, literal, extension, found, &keys) {
            Ok((at, with)) => {
                first = first.or(Some(at.start));
                rewrite.replace(at, with);
            }
            Err(why) => keys.iter().for_each(|key| rewrite.leave(key, why)),
        }
    }
    if let Some(first) = first
        && let Some((at, line)) = import(text, literal.import, &regions, first)
    {
        rewrite.replace(at..at, line);
    }
    rewrite
}

type Replacement = (Range<usize>, String);

/// The replacement for a string, or a part of it, that contains these keys; the error says why it is not possible.
fn string(
    text: &[u8],
    literal: &Literal,
    extension: &[u8],
    found: &StringToken,
    keys: &[&FoundKey],
) -> Result<Replacement, &'static str> {
    let quote = &literal.strings[found.kind];
    refused(text, literal, extension, found)?;
    let open = text[found.outer.start..found.inner.start].to_str().map_err(|_| "it is not UTF-8")?;
    let prefix = open.strip_suffix(quote.open).unwrap_or_default().to_ascii_lowercase();
    let is_bytes = literal.import == Import::Python && prefix.contains('b');
    if matches!(literal.join, Join::Concat) && !prefix.is_empty() {
        return Err("it is a string of bytes");
    }
    let expression = |key: &FoundKey| {
        let lookup = language::fill(literal.expression, &key.variable);
        if is_bytes { format!("{lookup}.encode()") } else { lookup }
    };
    let [first, ..] = keys else { return Err("it is not in a string") };
    if found.is_whole && first.span == found.inner {
        let before = found.outer.start.checked_sub(1).and_then(|at| text.get(at));
        let glued = |byte: Option<&u8>| if byte.is_some_and(|byte| is_word(*byte)) { " " } else { "" };
        let value = match literal.join {
            Join::Concat => rust::fitted(&text[..found.outer.start], &text[found.outer.end..], expression(first)),
            Join::Operator(_) => expression(first),
        };
        let value = if is_attribute(text, extension, found) { format!("{{{value}}}") } else { value };
        let with = format!("{}{value}{}", glued(before), glued(text.get(found.outer.end)));
        return Ok((found.outer.clone(), with));
    }
    if let Some((_, lookup)) = quote.interpolation {
        return Ok((
            found.inner.clone(),
            parts(text, found, keys, |key| language::fill(lookup, &key.variable))?.concat(),
        ));
    }
    if prefix.contains('f') || prefix.contains('$') {
        let braces = |at: usize| {
            text[found.inner.start..at].iter().fold(0i64, |depth, byte| match byte {
                b'{' => depth + 1,
                b'}' => depth - 1,
                _ => depth,
            })
        };
        if keys.iter().any(|key| braces(key.span.start) != 0) {
            return Err("it is in an expression in a string");
        }
    }
    if is_attribute(text, extension, found) {
        return Err("it is a part of an attribute");
    }
    if quote.escapes && keys.iter().any(|key| is_escaped(text, found, key.span.start)) {
        return Err("an escape reaches into it");
    }
    let close = &text[found.inner.end..found.outer.end].to_str_lossy();
    let mut pieces = Vec::new();
    let mut from = found.inner.start;
    for key in keys {
        pieces.extend(piece(text, from..key.span.start, open, close)?);
        let borrow = if literal.join == Join::Concat { "&" } else { "" };
        pieces.push(format!("{borrow}{}", expression(key)));
        from = key.span.end;
    }
    pieces.extend(piece(text, from..found.inner.end, open, close)?);
    Ok((
        found.outer.clone(),
        match literal.join {
            Join::Operator(operator) => format!("({})", pieces.join(operator)),
            // An array with nothing but `&String` would have another type.
            Join::Concat => {
                let owned = format!("[\"\", {}].concat()", pieces.join(", "));
                rust::fitted(&text[..found.outer.start], &text[found.outer.end..], owned)
            }
        },
    ))
}

fn piece(text: &[u8], at: Range<usize>, open: &str, close: &str) -> Result<Option<String>, &'static str> {
    let part = text[at].to_str().map_err(|_| "the string is not UTF-8")?;
    Ok((!part.is_empty()).then(|| format!("{open}{part}{close}")))
}

/// The pieces of a string: the text between the keys, and the replacement of each key.
fn parts(
    text: &[u8],
    found: &StringToken,
    keys: &[&FoundKey],
    lookup: impl Fn(&FoundKey) -> String,
) -> Result<Vec<String>, &'static str> {
    let mut parts = Vec::new();
    let mut from = found.inner.start;
    for key in keys {
        if is_escaped(text, found, key.span.start) {
            return Err("an escape reaches into it");
        }
        parts.push(text[from..key.span.start].to_str().map_err(|_| "the string is not UTF-8")?.to_owned());
        parts.push(lookup(key));
        from = key.span.end;
    }
    parts.push(text[from..found.inner.end].to_str().map_err(|_| "the string is not UTF-8")?.to_owned());
    Ok(parts)
}

fn is_escaped(text: &[u8], found: &StringToken, at: usize) -> bool {
    text[found.inner.start..at].iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// Whether the string is the value of a JSX attribute: `<A key="…"/>`.
fn is_attribute(text: &[u8], extension: &[u8], found: &StringToken) -> bool {
    let before = &text[..found.outer.start];
    matches!(extension, b"jsx" | b"tsx" | b"js")
        && before.last() == Some(&b'=')
        && before.get(..before.len().saturating_sub(1)).and_then(<[u8]>::last).is_some_and(|byte| is_word(*byte))
        && matches!(text.get(found.outer.end), Some(b' ' | b'/' | b'>' | b'\n' | b'\r'))
        && before.rfind_byteset(b"<;").is_some_and(|at| before[at] == b'<')
}

/// The reason, if an expression is not allowed in place of the string.
fn refused(text: &[u8], literal: &Literal, extension: &[u8], found: &StringToken) -> Result<(), &'static str> {
    let before = &text[..found.outer.start];
    let line = before.rfind_byte(b'\n').map_or(before, |end| &before[end + 1..]).trim_ascii_start();
    let word = |word: &str| match word {
        "@" | "#[" | "[" => line.starts_with(word.as_bytes()),
        word => line.find(word).is_some_and(|at| at == 0 || !is_word(line[at - 1])),
    };
    if literal.refuse.iter().any(|refused| word(refused)) {
        return Err("a constant cannot be read from the environment: make it a variable first");
    }
    let last = before.trim_ascii_end().last().copied();
    let after = text[found.outer.end..].trim_ascii_start();
    match literal.import {
        Import::Python => {
            let quote = |byte: Option<u8>| matches!(byte, Some(b'"' | b'\''));
            let next = after.iter().position(|byte| !byte.is_ascii_alphabetic()).filter(|at| *at <= 2);
            if quote(last) || next.is_some_and(|at| quote(after.get(at).copied())) {
                return Err("it is one of several strings in a row: make them one first");
            }
        }
        Import::Go if in_constants(before) => {
            return Err("a constant cannot be read from the environment: make it a variable first");
        }
        Import::None | Import::Go | Import::Swift => {}
    }
    if literal.join == Join::Concat
        && let Some(why) = rust::refused(before, &text[found.outer.end..])
    {
        return Err(why);
    }
    if extension.ends_with(b"js") || matches!(extension, b"jsx" | b"ts" | b"tsx" | b"mts" | b"cts") {
        let is_name = after.first() == Some(&b':') && matches!(last, Some(b'{' | b','));
        let line_before = before.trim_ascii_end().len();
        let breaks = before[line_before..].contains(&b'\n');
        if is_name {
            return Err("it is the name of a property");
        }
        if breaks && last.is_some_and(|byte| is_word(byte) || b")]\"'`".contains(&byte)) {
            return Err("it starts a statement");
        }
    }
    if extension == b"rb" && after.first() == Some(&b':') && after.get(1) != Some(&b':') {
        return Err("it is the name of an entry");
    }
    Ok(())
}

/// Whether the position is inside of `const (`.
fn in_constants(before: &[u8]) -> bool {
    let opened = before.rfind("\nconst (");
    opened.is_some_and(|at| !before[at..].contains_str("\n)"))
}

/// The import line that the lookup needs, and where to insert it; `None` if the file has it already.
fn import(text: &[u8], import: Import, regions: &[Region], first: usize) -> Option<(usize, String)> {
    let newline = if text.contains_str("\r\n") { "\r\n" } else { "\n" };
    let hidden = |at: usize| {
        regions.iter().any(|region| match region {
            Region::Comment(range) => range.contains(&at),
            Region::Text(found) => found.outer.contains(&at),
        })
    };
    let mut start = 0;
    let lines: Vec<(usize, &[u8])> = text
        .split_inclusive(|byte| *byte == b'\n')
        .map(|line| {
            start += line.len();
            (start - line.len(), line.trim_ascii_end())
        })
        .collect();
    let visible = || lines.iter().filter(|(at, _)| !hidden(*at));
    match import {
        Import::None => None,
        Import::Python => {
            let imports_os = |line: &[u8]| {
                let names = line.strip_prefix(b"import ").map(|names| names.split_str(",").map(<[u8]>::trim_ascii));
                names.is_some_and(|mut names| names.any(|name| name == b"os"))
            };
            if visible().any(|(at, line)| *at < first && imports_os(line)) {
                return None;
            }
            Some((python_top(text, &lines, regions), format!("import os{newline}")))
        }
        Import::Go => {
            let is_os = |line: &[u8]| matches!(line.trim_ascii(), b"\"os\"" | b"import \"os\"");
            if lines.iter().any(|(_, line)| is_os(line)) {
                return None;
            }
            let after = |found: &(usize, &[u8])| end_of_line(text, found.0);
            if let Some(block) = visible().find(|(_, line)| *line == b"import (") {
                return Some((after(block), format!("\t\"os\"{newline}")));
            }
            let anchor = visible().find(|(_, line)| line.starts_with(b"package "))?;
            Some((after(anchor), format!("{newline}import \"os\"{newline}")))
        }
        Import::Swift => {
            let known: [&[u8]; 4] = [b"import Foundation", b"import UIKit", b"import SwiftUI", b"import AppKit"];
            if visible().any(|(_, line)| known.contains(line)) {
                return None;
            }
            let at = visible()
                .find(|(_, line)| line.starts_with(b"import "))
                .map_or_else(|| if text.starts_with(b"#!") { end_of_line(text, 0) } else { 0 }, |(at, _)| *at);
            Some((at, format!("import Foundation{newline}")))
        }
    }
}

fn end_of_line(text: &[u8], at: usize) -> usize {
    text[at..].find_byte(b'\n').map_or(text.len(), |length| at + length + 1)
}

/// The position before the first statement of a Python program other than its docstring and imports from
/// `__future__`.
fn python_top(text: &[u8], lines: &[(usize, &[u8])], regions: &[Region]) -> usize {
    let bom = if text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let docstring = regions.iter().find_map(|region| match region {
        Region::Text(found) => Some(found.outer.clone()),
        Region::Comment(_) => None,
    });
    let mut docstring = docstring.filter(|found| {
        let before = text[bom..found.start].split(|byte| *byte == b'\n');
        before.into_iter().all(|line| line.trim_ascii().is_empty() || line.trim_ascii().starts_with(b"#"))
    });
    let mut depth = 0i64;
    let mut next = bom;
    for (at, line) in lines {
        let at = (*at).max(bom);
        if at < next {
            continue;
        }
        let content = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        if depth > 0 || content.is_empty() || content.starts_with(b"#") {
            depth += brackets(content) * i64::from(depth > 0);
            continue;
        }
        if let Some(found) = docstring.take_if(|found| found.start >= at && found.start < at + line.len().max(1)) {
            next = end_of_line(text, found.end);
            continue;
        }
        if content.starts_with(b"from __future__ ") {
            depth = brackets(content);
            next = end_of_line(text, at);
            continue;
        }
        return at;
    }
    next
}

fn brackets(line: &[u8]) -> i64 {
    line.iter().map(|byte| i64::from(*byte == b'(') - i64::from(*byte == b')')).sum()
}
