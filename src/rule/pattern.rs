//! Regexes of the user's own: read and judged when they are loaded, compiled when they are first needed.

use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::hir::{Class, Hir, HirKind};

/// Instructions a pattern may come to. Compiled it stays in the tens of megabytes, so compiling cannot fail later.
const MOST_STEPS: u64 = 400_000;

/// A regex that is known to compile.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    unicode: bool,
    matches_empty: bool,
    compiled: OnceLock<Regex>,
}

impl Pattern {
    /// Reads a pattern in the `regex` crate's syntax. The error is one line and says where.
    pub fn new(text: &str) -> Result<Self, String> {
        Self::with(text, true).map(|(pattern, _)| pattern)
    }

    /// The same with classes such as `\w` over ASCII alone, as Go has them, and what it matches as a tree.
    pub fn ascii(text: &str) -> Result<(Self, Hir), String> {
        Self::with(text, false)
    }

    fn with(text: &str, unicode: bool) -> Result<(Self, Hir), String> {
        let mut parser = regex_syntax::ParserBuilder::new();
        let hir = parser.unicode(unicode).utf8(false).nest_limit(200).build().parse(text).map_err(one_line)?;
        if steps(&hir) > MOST_STEPS {
            return Err("its counted repetitions multiply to more than can be compiled".into());
        }
        let matches_empty = hir.properties().minimum_len() == Some(0);
        Ok((Self { text: text.to_owned(), unicode, matches_empty, compiled: OnceLock::new() }, hir))
    }

    /// Whether it matches the empty text, and so any text.
    pub fn matches_empty(&self) -> bool {
        self.matches_empty
    }

    /// The pattern's text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The regex, compiled on first use.
    pub fn get(&self) -> &Regex {
        self.compiled.get_or_init(|| {
            let mut builder = RegexBuilder::new(&self.text);
            let builder = builder.unicode(self.unicode).size_limit(usize::MAX).dfa_size_limit(16 << 20);
            builder.build().expect("it was parsed and its size was bounded when it was read")
        })
    }
}

/// About as many automaton instructions as the tree compiles to.
fn steps(hir: &Hir) -> u64 {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len() as u64,
        HirKind::Class(Class::Unicode(class)) => 2 + 3 * class.ranges().len() as u64,
        HirKind::Class(Class::Bytes(_)) => 1,
        HirKind::Capture(capture) => 2 + steps(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().fold(1, |sum: u64, part| sum.saturating_add(steps(part)))
        }
        HirKind::Repetition(repetition) => {
            let times = u64::from(repetition.max.unwrap_or(repetition.min.saturating_add(1)));
            (1 + steps(&repetition.sub)).saturating_mul(times.max(1))
        }
    }
}

/// The regex crate draws its errors over several lines; the last says what is wrong.
fn one_line(error: regex_syntax::Error) -> String {
    let (why, at) = match &error {
        regex_syntax::Error::Parse(error) => (error.kind().to_string(), error.span().start.offset),
        regex_syntax::Error::Translate(error) => (error.kind().to_string(), error.span().start.offset),
        other => (other.to_string(), 0),
    };
    format!("{why} (at character {})", at + 1)
}
