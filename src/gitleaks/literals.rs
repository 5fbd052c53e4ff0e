//! The literals that every match of a regex contains, and how far a match can reach from one. With them a regex runs
//! over a few hundred bytes instead of a whole file.

use std::ops::Range;
use std::sync::OnceLock;

use regex_automata::meta::Regex;
use regex_automata::nfa::thompson::WhichCaptures;
use regex_automata::{Anchored, Input, MatchKind};
use regex_syntax::hir::{Class, Hir, HirKind};

use crate::rule::pattern::CACHE;

/// A literal in lower case; a match may contain it in any case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequiredLiteral {
    /// The text.
    pub text: Vec<u8>,
    /// The maximum number of bytes of a match before it; `None` if unlimited.
    pub before: Option<usize>,
    /// The maximum number of bytes of a match after its end; `None` if unlimited.
    pub after: Option<usize>,
}

/// The minimum length in bytes: shorter literals occur everywhere.
const SHORTEST: usize = 2;
/// The maximum number of alternatives: with more, almost any text contains one.
const MOST: usize = 64;

/// The literals that a regex requires.
#[derive(Clone, Debug)]
pub struct RequiredLiterals {
    /// Every match contains at least one of these.
    pub literals: Vec<RequiredLiteral>,
    /// The part of the regex from the literal on, if that is one contiguous part. Trying it in a few bytes shows that
    /// `keyboard` is not `key = value`, and how far a match can reach.
    pub tail: Option<RegexTail>,
}

/// The end of a regex, tried at the position of a literal.
#[derive(Clone, Debug)]
pub struct RegexTail {
    hir: Hir,
    limit: ReadLimit,
    compiled: OnceLock<Regex>,
}

/// How far a search may read.
#[derive(Clone, Copy, Debug)]
enum ReadLimit {
    Bytes(usize),
    /// To the end of the line.
    Line,
    /// To the end of the content.
    Content,
}

impl RegexTail {
    fn new(hir: Hir) -> Self {
        let limit = match hir.properties().maximum_len() {
            Some(length) => ReadLimit::Bytes(length),
            None if may_cross_lines(&hir) => ReadLimit::Content,
            None => ReadLimit::Line,
        };
        Self { hir, limit, compiled: OnceLock::new() }
    }

    /// The maximum number of bytes that [`longest`](Self::longest) reads at `at`, whose line ends at `line_end`.
    pub fn cost(&self, bytes: &[u8], at: usize, line_end: usize) -> usize {
        match self.limit {
            ReadLimit::Bytes(length) => length.min(bytes.len() - at),
            ReadLimit::Line => line_end.saturating_sub(at),
            ReadLimit::Content => bytes.len() - at,
        }
    }

    /// The end of the longest match that starts at byte `at`. If it is `None`, the whole regex has no match with its
    /// literal here.
    pub fn longest(&self, bytes: &[u8], at: usize) -> Option<usize> {
        let regex = self.compiled.get_or_init(|| {
            let config = Regex::config()
                .match_kind(MatchKind::All)
                .utf8_empty(false)
                .nfa_size_limit(None)
                .which_captures(WhichCaptures::Implicit)
                .hybrid_cache_capacity(CACHE);
            let built = Regex::builder().configure(config).build_from_hir(&self.hir);
            built.expect("it is a part of a regex whose size was bounded when it was read")
        });
        let input = Input::new(bytes).span(at..bytes.len()).anchored(Anchored::Yes);
        regex.search_half(&input).map(|found| found.offset())
    }
}

/// Whether a match may contain a line end.
fn may_cross_lines(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => false,
        HirKind::Literal(literal) => literal.0.contains(&b'\n'),
        HirKind::Class(Class::Bytes(class)) => {
            class.ranges().iter().any(|range| (range.start()..=range.end()).contains(&b'\n'))
        }
        HirKind::Class(Class::Unicode(class)) => {
            class.ranges().iter().any(|range| (range.start()..=range.end()).contains(&'\n'))
        }
        HirKind::Repetition(repetition) => may_cross_lines(&repetition.sub),
        HirKind::Capture(capture) => may_cross_lines(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(may_cross_lines),
    }
}

/// The literals of which each match contains one; `None` if there are no useful ones.
pub fn of(hir: &Hir) -> Option<RequiredLiterals> {
    let (literals, tail) = match hir.kind() {
        HirKind::Concat(parts) => {
            let best = best(parts)?;
            let is_fixed = best.inner.iter().all(|literal| literal.before == Some(0));
            let tail = is_fixed.then(|| Hir::concat(parts[best.range.start..].to_vec()));
            (best.whole(parts), tail.map(RegexTail::new))
        }
        _ => (required(hir)?, None),
    };
    (weight(&literals) >= SHORTEST && literals.len() <= MOST).then_some(RequiredLiterals { literals, tail })
}

/// The length of the shortest literal, which decides how often one of them occurs by chance.
fn weight(literals: &[RequiredLiteral]) -> usize {
    literals.iter().map(|literal| literal.text.len()).min().unwrap_or(0)
}

fn required(hir: &Hir) -> Option<Vec<RequiredLiteral>> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => None,
        HirKind::Literal(_) | HirKind::Class(_) => {
            let text = lower(hir)?;
            Some(vec![RequiredLiteral { text, before: Some(0), after: Some(0) }])
        }
        HirKind::Capture(capture) => required(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => {
            let inner = required(&repetition.sub)?;
            // The first repetition contains one; the other repetitions come after it.
            let rest = match repetition.max {
                Some(1) => Some(0),
                Some(max) => repetition.sub.properties().maximum_len().map(|len| len.saturating_mul(max as usize - 1)),
                None => None,
            };
            Some(
                inner
                    .into_iter()
                    .map(|literal| RequiredLiteral { after: add(literal.after, rest), ..literal })
                    .collect(),
            )
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

/// The literals that adjacent parts of a concatenation require.
struct PartLiterals {
    inner: Vec<RequiredLiteral>,
    range: Range<usize>,
}

impl PartLiterals {
    /// The same, with distances relative to the whole concatenation.
    fn whole(&self, parts: &[Hir]) -> Vec<RequiredLiteral> {
        let (before, after) = (length(&parts[..self.range.start]), length(&parts[self.range.end..]));
        let literals = self.inner.iter().cloned();
        literals
            .map(|literal| RequiredLiteral {
                before: add(literal.before, before),
                after: add(literal.after, after),
                ..literal
            })
            .collect()
    }
}

fn concat(parts: &[Hir]) -> Option<Vec<RequiredLiteral>> {
    best(parts).map(|best| best.whole(parts))
}

/// The best literals that the parts require. Adjacent parts of plain text count as one part.
fn best(parts: &[Hir]) -> Option<PartLiterals> {
    let mut best: Option<PartLiterals> = None;
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
            Some(vec![RequiredLiteral { text, before: Some(0), after: Some(0) }])
        };
        if let Some(inner) = found
            && best.as_ref().is_none_or(|best| score(&inner) > score(&best.inner))
        {
            best = Some(PartLiterals { inner, range: start..end });
        }
        start = end;
    }
    best
}

/// Longer literals are better because they are rarer; with equal length, fewer are better.
fn score(literals: &[RequiredLiteral]) -> (usize, std::cmp::Reverse<usize>) {
    (weight(literals).min(6), std::cmp::Reverse(literals.len()))
}

fn length(parts: &[Hir]) -> Option<usize> {
    parts.iter().try_fold(0, |sum: usize, part| {
        // A part that matches nothing has no maximum length.
        let len = part.properties().maximum_len()?;
        sum.checked_add(len)
    })
}

fn add(a: Option<usize>, b: Option<usize>) -> Option<usize> {
    a?.checked_add(b?)
}

/// The text in lower case of a part that matches only one text, in any case.
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

#[cfg(test)]
mod tests {
    use super::of;
    use crate::rule::pattern::Pattern;

    /// Every match of a pattern lies within what is said of one of its literals.
    #[test]
    fn the_tail_reaches_as_far_as_the_match() {
        for (pattern, text) in [
            (r#"\b(sk-x-[a-z]{5}AA)(?:['"\s;]|\\[nr]|$)"#, "k = \"sk-x-abcdeAA\"\n"),
            (r"[\w.-]{0,5}?(?:key|token)[ \t]{0,3}=[ ]{0,2}([a-z]{3,8}|x{2,})(?:[;\s]|$)", "my.key = abcdef;"),
            (r"(?i)KEY-[a-z]+", "a key-abc"),
            (r"a{2}[a-c]+?d", "xaabcd"),
        ] {
            let (regex, tree) = Pattern::ascii(pattern).unwrap();
            let needles = of(&tree).unwrap();
            let tail = needles.tail.unwrap();
            let found = regex.find_in(text.as_bytes(), 0..text.len()).next().unwrap();
            let lower = text.to_lowercase();
            let ends: Vec<usize> = needles
                .literals
                .iter()
                .flat_map(|literal| {
                    let word = String::from_utf8(literal.text.clone()).unwrap();
                    let places: Vec<usize> = lower.match_indices(&word).map(|(at, _)| at).collect();
                    places.into_iter().filter_map(|at| tail.longest(text.as_bytes(), at)).collect::<Vec<_>>()
                })
                .collect();
            assert!(ends.iter().any(|end| *end >= found.end), "{pattern}: {ends:?}, {found:?}");
        }
    }
}
