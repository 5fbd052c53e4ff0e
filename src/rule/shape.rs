//! A rule's regex, compiled for short windows around a candidate.
//!
//! A run compiles few of them and searches a few hundred bytes with each, so the time to compile counts most. The
//! `regex` crate's automata for long texts (reverse program, lazy DFA, literal prefilters) are left out. That makes a
//! run's first finding several times faster, which matters in a hook.

use std::ops::Range;

use regex_automata::meta::{BuildError, Config, Regex};
use regex_automata::util::captures::Captures;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, MatchKind};

/// A compiled regex over bytes, with ASCII classes.
#[derive(Debug)]
pub struct Shape {
    regex: Regex,
    anchored: bool,
}

/// One match: group 0 is the whole match.
#[derive(Debug)]
pub struct Groups(Captures);

impl Groups {
    /// The byte range of a group, if it took part in the match.
    pub fn get(&self, group: usize) -> Option<Range<usize>> {
        self.0.get_group(group).map(|span| span.range())
    }
}

impl Shape {
    /// Compiles `pattern`. If `anchored`, a match starts where the searched text starts.
    pub fn new(pattern: &str, anchored: bool) -> Result<Self, Box<BuildError>> {
        let config = Config::new()
            .match_kind(MatchKind::LeftmostFirst)
            .utf8_empty(false)
            .auto_prefilter(false)
            .hybrid(false)
            .dfa(false)
            .onepass(false);
        let syntax = syntax::Config::new().unicode(false).utf8(false);
        let regex = Regex::builder().configure(config).syntax(syntax).build(pattern).map_err(Box::new)?;
        Ok(Self { regex, anchored })
    }

    /// The match that starts exactly at byte `at`.
    pub fn match_at(&self, text: &[u8], at: usize) -> Option<Groups> {
        let mut captures = self.regex.create_captures();
        self.regex.captures(Input::new(text).range(at..).anchored(Anchored::Yes), &mut captures);
        captures.is_match().then_some(Groups(captures))
    }

    /// The first match at or after byte `from`.
    pub fn find_at(&self, text: &[u8], from: usize) -> Option<Groups> {
        let anchored = if self.anchored { Anchored::Yes } else { Anchored::No };
        let mut captures = self.regex.create_captures();
        self.regex.captures(Input::new(text).range(from..).anchored(anchored), &mut captures);
        captures.is_match().then_some(Groups(captures))
    }
}
