//! Replacing a key in a shell script: the quoting decides how a variable is written, and whether it is expanded.

use std::ops::Range;

use super::{FoundKey, Rewrite};

/// The quoting of a byte in a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quoting {
    Bare,
    Single,
    /// `$'…'`, with escapes.
    Ansi,
    Double,
    Comment,
    /// A here-document in which variables are expanded.
    Here,
    /// A here-document without expansion.
    Verbatim,
}

/// Rewrites a script.
pub(super) fn rewrite(text: &[u8], keys: &[FoundKey]) -> Rewrite {
    let mut rewrite = Rewrite::default();
    let spans = quoting(text);
    for key in keys {
        let index = spans.partition_point(|(at, _)| at.end <= key.span.start);
        let Some((at, quoting)) = spans.get(index) else {
            rewrite.leave(key, "it is after the end of the script");
            continue;
        };
        if key.span.end > at.end {
            rewrite.leave(key, "it is put together from parts");
            continue;
        }
        let name = &key.variable;
        let escaped = text[..key.span.start].iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1;
        match quoting {
            Quoting::Comment => rewrite.replace(key.span.clone(), name.clone()),
            Quoting::Verbatim => {
                rewrite.leave(key, "this here-document reads no variables: take the quotes off its mark");
            }
            _ if escaped => rewrite.leave(key, "there is a backslash before it"),
            Quoting::Double | Quoting::Here => rewrite.replace(key.span.clone(), format!("${{{name}:?}}")),
            Quoting::Bare => rewrite.replace(key.span.clone(), format!("\"${{{name}:?}}\"")),
            Quoting::Single if at.start + 1 == key.span.start && key.span.end + 1 == at.end => {
                rewrite.replace(at.clone(), format!("\"${{{name}:?}}\""));
            }
            Quoting::Single => rewrite.replace(key.span.clone(), format!("'\"${{{name}:?}}\"'")),
            Quoting::Ansi => rewrite.replace(key.span.clone(), format!("'\"${{{name}:?}}\"$'")),
        }
    }
    rewrite
}

/// Divides the script into ranges with one quoting each, including the quotes.
fn quoting(text: &[u8]) -> Vec<(Range<usize>, Quoting)> {
    let mut spans = Vec::new();
    let mut waiting: Vec<(Vec<u8>, bool, bool)> = Vec::new();
    let mut start = 0;
    let mut at = 0;
    let push = |spans: &mut Vec<(Range<usize>, Quoting)>, from: usize, to: usize, quoting| {
        if to > from {
            spans.push((from..to, quoting));
        }
    };
    while let Some(&byte) = text.get(at) {
        let opens = match byte {
            b'\\' => {
                at += 2;
                continue;
            }
            b'\'' if at > start && text[at - 1] == b'$' => Some(Quoting::Ansi),
            b'\'' => Some(Quoting::Single),
            b'"' => Some(Quoting::Double),
            b'#' if at == 0 || text[at - 1].is_ascii_whitespace() || b";&|(".contains(&text[at - 1]) => {
                Some(Quoting::Comment)
            }
            b'<' if text[at..].starts_with(b"<<") && !text[at..].starts_with(b"<<<") => {
                let (mark, end) = mark(text, at + 2);
                waiting.extend(mark);
                at = end;
                continue;
            }
            b'\n' if !waiting.is_empty() => {
                push(&mut spans, start, at + 1, Quoting::Bare);
                at += 1;
                for (mark, verbatim, tabs) in waiting.drain(..) {
                    let end = here_document(text, at, &mark, tabs);
                    push(&mut spans, at, end, if verbatim { Quoting::Verbatim } else { Quoting::Here });
                    at = end;
                }
                start = at;
                continue;
            }
            _ => None,
        };
        let Some(opens) = opens else {
            at += 1;
            continue;
        };
        push(&mut spans, start, at, Quoting::Bare);
        let end = closed(text, at, opens);
        push(&mut spans, at, end, opens);
        (start, at) = (end, end);
    }
    push(&mut spans, start, text.len(), Quoting::Bare);
    spans
}

/// The end of the quoted text that starts at `at`.
fn closed(text: &[u8], at: usize, quoting: Quoting) -> usize {
    let mut next = at + 1;
    while let Some(&byte) = text.get(next) {
        match (quoting, byte) {
            (Quoting::Comment, b'\n') => return next,
            (Quoting::Comment, _) => {}
            (Quoting::Single | Quoting::Ansi, b'\'') | (Quoting::Double, b'"') => return next + 1,
            (Quoting::Double | Quoting::Ansi, b'\\') => next += 1,
            _ => {}
        }
        next += 1;
    }
    text.len()
}

/// The delimiter of a here-document, whether it is quoted, and whether leading tabs are removed; and the offset after
/// it.
fn mark(text: &[u8], mut at: usize) -> (Option<(Vec<u8>, bool, bool)>, usize) {
    let tabs = text.get(at) == Some(&b'-');
    at += usize::from(tabs);
    at += text[at.min(text.len())..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let rest = &text[at.min(text.len())..];
    let length = rest.iter().take_while(|byte| !byte.is_ascii_whitespace() && !b";&|()<>".contains(byte)).count();
    let word = &rest[..length];
    let bare: Vec<u8> = word.iter().copied().filter(|byte| !b"'\"\\".contains(byte)).collect();
    let quoted = bare.len() < word.len();
    // In an arithmetic shift, no name follows.
    let is_mark = bare.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
    (is_mark.then_some((bare, quoted, tabs)), at + length)
}

/// The end of a here-document that starts at `at`, including its delimiter line.
fn here_document(text: &[u8], at: usize, mark: &[u8], tabs: bool) -> usize {
    let mut next = at;
    for line in text[at.min(text.len())..].split_inclusive(|byte| *byte == b'\n') {
        next += line.len();
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let skipped = if tabs { line.iter().take_while(|byte| **byte == b'\t').count() } else { 0 };
        if &line[skipped..] == mark {
            break;
        }
    }
    next
}
