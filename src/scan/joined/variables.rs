//! Parts that are in variables and are joined by a later expression: `a = "…"`, `b = "…"`, then `a + b`.

use std::ops::Range;

use super::super::steps;
use super::code;
use super::part::{in_part, is_address, part_end};

/// How far from the first part the expression and the other variables may be, in bytes.
const NEAR: usize = 1200;
/// The maximum number of uses of the first variable that are examined.
const MOST_USES: usize = 6;
/// The maximum number of variables in the expression after the first.
const MOST_NAMES: usize = 8;
/// The maximum length of the text between two names of an expression.
const LONGEST_OPERATOR: usize = 24;

/// An expression that puts variables together.
#[derive(Debug)]
pub(super) struct Expression {
    /// The literals of the variables after the first, in its order.
    pub(super) parts: Vec<Range<usize>>,
    /// Where it is.
    pub(super) range: Range<usize>,
}

/// The expression that puts a variable with the literal `first` and others together. `spent` counts the work in this
/// text, which limits it for texts with very many variables.
pub(super) fn expression(text: &[u8], first: &Range<usize>, spent: &mut usize) -> Option<Expression> {
    const FREE: usize = 1 << 14;
    if *spent > FREE + first.start * 2 {
        return None;
    }
    let name = assigned_name(text, first.start)?;
    let window = first.end..text.len().min(first.end + NEAR);
    let around = first.start.saturating_sub(NEAR)..window.end;
    *spent += window.len() + 1;
    steps::count(window.len());
    let uses = memchr::memmem::find_iter(&text[window.clone()], name).map(|at| window.start + at);
    for at in uses.filter(|at| is_word(text, *at, name.len())).take(MOST_USES) {
        let opening = text[..at].iter().rev().take(2).take_while(|byte| matches!(byte, b'{' | b'$' | b'#' | b'%'));
        let start = at - opening.count();
        if let Some(part) = rest_of_literal(text, at, at + name.len()) {
            return Some(Expression { range: start..part.end, parts: vec![part] });
        }
        let mut end = at + name.len();
        let mut parts = Vec::new();
        for other in names(&text[..window.end], end) {
            *spent += around.len();
            let Some(part) = literal_of(text, &around, &text[other.clone()]) else { break };
            parts.push(part);
            end = other.end;
        }
        if !parts.is_empty() {
            return Some(Expression { parts, range: start..end });
        }
    }
    None
}

/// What follows a variable in the literal that it is put into at `at`: `f"{prefix}rest"`, `` `${prefix}rest` ``,
/// `"$prefix-rest"`, `%prefix%rest`.
fn rest_of_literal(text: &[u8], at: usize, end: usize) -> Option<Range<usize>> {
    let close = match at.checked_sub(1).and_then(|before| text.get(before))? {
        b'{' => b'}',
        b'%' => b'%',
        b'(' if text[..at].ends_with(b"$(") || text[..at].ends_with(b"\\(") => b')',
        _ => return None,
    };
    let start = end + 1;
    let is_part = text.get(end) == Some(&close) && text.get(start).is_some_and(|&byte| in_part(byte));
    is_part.then(|| start..part_end(text, start))
}

fn in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is_word(text: &[u8], at: usize, length: usize) -> bool {
    let is_free = |byte: Option<&u8>| byte.is_none_or(|&byte| !in_name(byte));
    is_free(at.checked_sub(1).and_then(|before| text.get(before))) && is_free(text.get(at + length))
}

/// The name that the literal at `start` is assigned to: `part = "`, `part: str = "`, `$part := '`, `part=`.
fn assigned_name(text: &[u8], start: usize) -> Option<&[u8]> {
    const LONGEST: usize = 80;
    let before = &text[start.saturating_sub(LONGEST)..start];
    let line = before.rsplit(|byte| matches!(byte, b'\n' | b'\r' | b';' | b',')).next()?;
    let assign = line.iter().rposition(|&byte| byte == b'=')?;
    // Only the literal's quote follows the operator.
    let is_quote = |byte: &u8| {
        matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b'`' | b'@' | b'$' | b'\\') || byte.is_ascii_alphabetic()
    };
    let opens = line[assign + 1..].iter().all(is_quote) && line.len() - assign < 8;
    let left = line[..assign].trim_ascii_end();
    let left = left.strip_suffix(b":").unwrap_or(left);
    // A type may be between them: `part: str`, `part As String`.
    let left = match left.iter().position(|&byte| byte == b':') {
        Some(colon) => &left[..colon],
        None => memchr::memmem::find(left, b" As ").map_or(left, |at| &left[..at]),
    };
    let left = left.trim_ascii_end();
    let length = left.iter().rev().take_while(|&&byte| in_name(byte)).count();
    let name = &left[left.len() - length..];
    (opens && name.first().is_some_and(|byte| !byte.is_ascii_digit())).then_some(name)
}

/// The names in an expression after `at`, with only operators between them.
fn names(text: &[u8], mut at: usize) -> Vec<Range<usize>> {
    let mut names = Vec::new();
    while names.len() < MOST_NAMES {
        let between = |byte: &&u8| {
            matches!(
                byte,
                b' ' | b'+'
                    | b'.'
                    | b'&'
                    | b','
                    | b'{'
                    | b'}'
                    | b'$'
                    | b'"'
                    | b'\''
                    | b'('
                    | b')'
                    | b'~'
                    | b'|'
                    | b'<'
                    | b'>'
                    | b'#'
                    | b'%'
                    | b'@'
                    | b'\\'
                    | b'`'
                    | b'*'
            )
        };
        let operator = text[at..].iter().take(LONGEST_OPERATOR).take_while(between).count();
        let start = at + operator;
        let length = text[start.min(text.len())..].iter().take(80).take_while(|&&byte| in_name(byte)).count();
        if operator == 0 || length == 0 {
            break;
        }
        at = start + length;
        // The name of the next argument, or a call.
        if is_assigned(&text[at..]) {
            break;
        }
        let name = &text[start..at];
        if !matches!(
            name,
            b"concat" | b"append" | b"push_str" | b"as_str" | b"to_string" | b"String" | b"str" | b"toString"
        ) {
            names.push(start..at);
        }
    }
    names
}

/// Whether a single `=` or a colon follows a name.
fn is_assigned(rest: &[u8]) -> bool {
    matches!(rest.trim_ascii_start(), [b'=', next, ..] if *next != b'=') || rest.first() == Some(&b':')
}

/// The literal that is assigned to `name` in the range `around`, unless that is an address.
fn literal_of(text: &[u8], around: &Range<usize>, name: &[u8]) -> Option<Range<usize>> {
    let window = &text[around.clone()];
    steps::count(window.len());
    let places = memchr::memmem::find_iter(window, name).map(|at| around.start + at);
    places.filter(|at| is_word(text, *at, name.len())).take(MOST_USES).find_map(|at| {
        let rest = &text[at + name.len()..text.len().min(at + name.len() + 48)];
        let line = rest.split(|byte| matches!(byte, b'\n' | b'\r' | b';')).next()?;
        let assign = line.iter().position(|&byte| byte == b'=')?;
        let is_type =
            |byte: &u8| in_name(*byte) || matches!(byte, b' ' | b':' | b'\t' | b'&' | b'<' | b'>' | b'[' | b']' | b'*');
        line[..assign].iter().all(is_type).then_some(())?;
        let blanks = line[assign + 1..].iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'@' | b'$')).count();
        let mut start = at + name.len() + assign + 1 + blanks;
        start += code::literal_prefix(&text[start..]);
        start += code::quote(&text[start..]).unwrap_or(0);
        let part = start..part_end(text, start);
        (!part.is_empty() && !is_address(&text[part.clone()])).then_some(part)
    })
}
