//! What every match of a regex contains: the literals to look for before the regex is tried at all, and how far from
//! one a match can reach. With it a regex runs over a few hundred bytes instead of a file.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Text, in lower case, in which a match can differ by case alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal {
    /// The text.
    pub text: Vec<u8>,
    /// How many bytes of a match can stand before it; `None`: any number.
    pub before: Option<usize>,
    /// How many bytes of a match can stand behind its end; `None`: any number.
    pub after: Option<usize>,
}

/// Shorter ones are found everywhere and save nothing.
const SHORTEST: usize = 2;
/// More of them say little.
const MOST: usize = 64;

/// Literals of which each match contains one, or `None` where there are no good ones.
pub fn of(hir: &Hir) -> Option<Vec<Literal>> {
    let literals = required(hir)?;
    (weight(&literals) >= SHORTEST && literals.len() <= MOST).then_some(literals)
}

/// The shortest literal decides how often one is found.
fn weight(literals: &[Literal]) -> usize {
    literals.iter().map(|literal| literal.text.len()).min().unwrap_or(0)
}

fn required(hir: &Hir) -> Option<Vec<Literal>> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => None,
        HirKind::Literal(_) | HirKind::Class(_) => {
            let text = lower(hir)?;
            Some(vec![Literal { text, before: Some(0), after: Some(0) }])
        }
        HirKind::Capture(capture) => required(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => {
            let inner = required(&repetition.sub)?;
            // The first round holds one; the others stand behind it.
            let rest = match repetition.max {
                Some(1) => Some(0),
                Some(max) => repetition.sub.properties().maximum_len().map(|len| len.saturating_mul(max as usize - 1)),
                None => None,
            };
            Some(inner.into_iter().map(|literal| Literal { after: add(literal.after, rest), ..literal }).collect())
        }
        HirKind::Repetition(_) => None,
        HirKind::Alternation(branches) => {
            let mut all = Vec::new();
            for branch in branches {
                all.extend(required(branch)?);
            }
            Some(all)
        }
        HirKind::Concat(parts) => concat(parts),
    }
}

/// The best of what the parts require; neighbours that are plain text count as one part.
fn concat(parts: &[Hir]) -> Option<Vec<Literal>> {
    let mut best: Option<Vec<Literal>> = None;
    let mut start = 0;
    while start < parts.len() {
        let mut text = Vec::new();
        let mut end = start;
        while let Some(more) = parts.get(end).and_then(lower) {
            text.extend(more);
            end += 1;
        }
        let found = if text.is_empty() {
            end = start + 1;
            required(&parts[start])
        } else {
            Some(vec![Literal { text, before: Some(0), after: Some(0) }])
        };
        if let Some(found) = found {
            let (before, after) = (length(&parts[..start]), length(&parts[end..]));
            let found: Vec<Literal> = found
                .into_iter()
                .map(|literal| Literal {
                    before: add(literal.before, before),
                    after: add(literal.after, after),
                    ..literal
                })
                .collect();
            if best.as_deref().is_none_or(|best| score(&found) > score(best)) {
                best = Some(found);
            }
        }
        start = end;
    }
    best
}

/// Longer literals are rarer; among equals, fewer are better.
fn score(literals: &[Literal]) -> (usize, std::cmp::Reverse<usize>) {
    (weight(literals).min(6), std::cmp::Reverse(literals.len()))
}

fn length(parts: &[Hir]) -> Option<usize> {
    parts.iter().try_fold(0, |sum: usize, part| {
        // What matches nothing has no length.
        let len = part.properties().maximum_len()?;
        sum.checked_add(len)
    })
}

fn add(a: Option<usize>, b: Option<usize>) -> Option<usize> {
    a?.checked_add(b?)
}

/// The text of a part that is one text but for case.
fn lower(hir: &Hir) -> Option<Vec<u8>> {
    match hir.kind() {
        HirKind::Literal(literal) => Some(literal.0.to_ascii_lowercase()),
        HirKind::Capture(capture) => lower(&capture.sub),
        HirKind::Concat(parts) => parts.iter().map(lower).collect::<Option<Vec<_>>>().map(|parts| parts.concat()),
        HirKind::Class(Class::Bytes(class)) => {
            let mut bytes = class.ranges().iter().flat_map(|range| range.start()..=range.end());
            let first = bytes.next()?.to_ascii_lowercase();
            let one = bytes.by_ref().take(2).all(|byte| byte.to_ascii_lowercase() == first);
            (one && bytes.next().is_none()).then(|| vec![first])
        }
        HirKind::Repetition(repetition) if repetition.max == Some(repetition.min) && repetition.min < 16 => {
            lower(&repetition.sub).map(|text| text.repeat(repetition.min as usize))
        }
        _ => None,
    }
}
