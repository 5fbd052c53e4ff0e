//! Regexes that users write: parsed and limited when they are loaded, compiled on first use.

use std::ops::Range;
use std::sync::OnceLock;

use regex_automata::meta::Regex;
use regex_automata::util::captures::Captures;
use regex_automata::util::syntax;
use regex_automata::{Input, MatchKind};
use regex_syntax::hir::{Class, Hir, HirKind};

/// The maximum number of automaton instructions of a pattern. Compiled, it takes tens of megabytes, so that compiling
/// cannot fail later.
const MOST_STEPS: u64 = 400_000;
/// The maximum number of instructions of a repeated part of varying length, over all its repetitions: a search may
/// have to follow that many states at each byte.
const MAX_STATES: u64 = 2_000;
/// The maximum nesting depth of groups.
const MOST_NESTED: u32 = 200;
/// The cache size of a regex's lazy automaton in bytes, for each thread: a run has hundreds of regexes.
pub(crate) const CACHE: usize = 1 << 20;

/// A regex that is known to compile.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    unicode: bool,
    matches_empty: bool,
    groups: usize,
    compiled: OnceLock<Regex>,
}

impl Pattern {
    /// Parses a pattern in the `regex` crate's syntax. The error is one line and gives the position.
    pub fn new(text: &str) -> Result<Self, String> {
        Self::with(text, true).map(|(pattern, _)| pattern)
    }

    /// The same with ASCII-only classes such as `\w`, and with its syntax tree.
    pub fn ascii(text: &str) -> Result<(Self, Hir), String> {
        Self::with(text, false)
    }

    /// One pattern that matches wherever one of these matches.
    pub fn any(texts: &[&str]) -> Result<Self, String> {
        let joined: Vec<String> = texts.iter().map(|text| format!("(?:{text})")).collect();
        Self::with(&joined.join("|"), false).map(|(pattern, _)| pattern)
    }

    fn with(text: &str, unicode: bool) -> Result<(Self, Hir), String> {
        let mut parser = regex_syntax::ParserBuilder::new();
        let hir = parser.unicode(unicode).utf8(false).nest_limit(MOST_NESTED).build().parse(text);
        let hir = hir.map_err(|error| one_line(&error))?;
        if steps(&hir) > MOST_STEPS {
            return Err("its counted repetitions multiply to more than can be compiled".into());
        }
        if ways(&hir) > MAX_STATES {
            return Err("it repeats a part of varying length so often that a search would take very long".into());
        }
        let matches_empty = hir.properties().minimum_len() == Some(0);
        let groups = hir.properties().explicit_captures_len();
        Ok((Self { text: text.to_owned(), unicode, matches_empty, groups, compiled: OnceLock::new() }, hir))
    }

    /// Whether it matches the empty text, and so matches in any text.
    pub fn matches_empty(&self) -> bool {
        self.matches_empty
    }

    /// How many capture groups it has.
    pub fn groups(&self) -> usize {
        self.groups
    }

    /// The pattern's text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it matches anywhere.
    pub fn is_match(&self, bytes: &[u8]) -> bool {
        self.regex().is_match(bytes)
    }

    /// Its matches within the byte range `span`. Look-around assertions see the text outside of it.
    pub fn find_in<'a>(&'a self, bytes: &'a [u8], span: Range<usize>) -> impl Iterator<Item = Range<usize>> + 'a {
        self.regex().find_iter(Input::new(bytes).span(span)).map(|found| found.range())
    }

    /// The groups of its first match; group 0 is the whole match.
    pub fn groups_of(&self, bytes: &[u8]) -> Option<Captures> {
        let mut captures = self.regex().create_captures();
        self.regex().captures(bytes, &mut captures);
        captures.is_match().then_some(captures)
    }

    /// The regex, compiled on first use.
    fn regex(&self) -> &Regex {
        self.compiled.get_or_init(|| {
            let config = Regex::config()
                .match_kind(MatchKind::LeftmostFirst)
                .utf8_empty(false)
                .nfa_size_limit(None)
                .hybrid_cache_capacity(CACHE);
            let syntax = syntax::Config::new().unicode(self.unicode).utf8(false).nest_limit(MOST_NESTED);
            let built = Regex::builder().configure(config).syntax(syntax).build(&self.text);
            built.expect("it was parsed and its size was bounded when it was read")
        })
    }
}

/// About how many automaton instructions the syntax tree compiles to.
fn steps(hir: &Hir) -> u64 {
    count(hir, |class| match class {
        Class::Unicode(class) => 2 + 3 * class.ranges().len() as u64,
        Class::Bytes(_) => 1,
    })
}

/// Counts instructions, where `of_class` gives those of a character class.
fn count(hir: &Hir, of_class: fn(&Class) -> u64) -> u64 {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len() as u64,
        HirKind::Class(class) => of_class(class),
        HirKind::Capture(capture) => count(&capture.sub, of_class).saturating_add(2),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().fold(1, |sum: u64, part| sum.saturating_add(count(part, of_class)))
        }
        HirKind::Repetition(repetition) => {
            let times = u64::from(repetition.max.unwrap_or(repetition.min.saturating_add(1)));
            count(&repetition.sub, of_class).saturating_add(1).saturating_mul(times.max(1))
        }
    }
}

/// The maximum number of states that the repetitions of one part of varying length add to a search.
fn ways(hir: &Hir) -> u64 {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) | HirKind::Class(_) => 0,
        HirKind::Capture(capture) => ways(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().map(ways).max().unwrap_or(0),
        HirKind::Repetition(repetition) => {
            let times = u64::from(repetition.max.unwrap_or(repetition.min));
            let is_long = times > 1 && varies(&repetition.sub);
            // A search is in one state for a class, however many characters it has.
            let own = if is_long { count(&repetition.sub, |_| 1).saturating_mul(times) } else { 0 };
            own.max(ways(&repetition.sub))
        }
    }
}

/// Whether a part can match much more than its shortest match.
fn varies(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) | HirKind::Class(_) => false,
        HirKind::Capture(capture) => varies(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(varies),
        HirKind::Repetition(repetition) => {
            repetition.max.is_none_or(|max| max - repetition.min >= 8) || varies(&repetition.sub)
        }
    }
}

/// The regex crate prints its errors over several lines; this is the fault and its position in one line.
fn one_line(error: &regex_syntax::Error) -> String {
    let (why, at) = match error {
        regex_syntax::Error::Parse(error) => (error.kind().to_string(), error.span().start.column),
        regex_syntax::Error::Translate(error) => (error.kind().to_string(), error.span().start.column),
        other => (other.to_string(), 1),
    };
    format!("{why} (at character {at})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_take_long_is_refused_and_what_people_write_is_not() {
        for (regex, is_fine) in [
            ("(.*a){30}", true),
            ("(.*a){1000}", false),
            ("((.*a){30}){30}", false),
            ("(.*a){20000}", false),
            ("([a-z]{1,50}[ab]{0,50}){100}", false),
            ("([a-z]{1,50}-){3,5}", true),
            (r"(\w{0,40} ){4}", true),
            ("(?:[A-Za-z0-9+/]{4}){8,2000}", true),
            ("[A-Za-z0-9]{64,4000}", true),
            ("(ab?c){500}", true),
            ("(a*b)*c", true),
            // More instructions than there are numbers.
            (&format!("{}a{}", "(".repeat(9), "{1000})".repeat(9)), false),
            (&format!("{}a{}", "(".repeat(90), "+)".repeat(90)), false),
            (&format!("a{}", "+".repeat(90)), false),
        ] {
            assert_eq!(Pattern::ascii(regex).is_ok(), is_fine, "{regex}");
            assert_eq!(Pattern::new(regex).is_ok(), is_fine, "{regex}");
        }
    }
}
