//! The rules of a run. Building a set takes a few microseconds; a rule's regex is compiled when its first candidate
//! is found.

use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};

use super::outside::Outside;
use super::{Shape, SharedRule, Strength, identifiers};
use crate::core::finding::Secret;

/// The enabled rules, in order.
#[derive(Debug)]
pub struct RuleSet {
    rules: Vec<Compiled>,
    identifiers: OnceLock<Vec<Regex>>,
}

/// A rule with its regex and tables, each of which is computed on first use.
#[derive(Debug)]
pub struct Compiled {
    /// The rule's data.
    pub rule: SharedRule,
    shape: OnceLock<Shape>,
    alphabet: OnceLock<Box<[bool; 256]>>,
    /// What all matches have in common.
    outside: OnceLock<Box<Outside>>,
    crosses: OnceLock<bool>,
    /// The lengths of the shortest and the longest match.
    lengths: OnceLock<(usize, usize)>,
    strength: OnceLock<Strength>,
}

impl RuleSet {
    /// A set of these rules, built-in ones and others.
    pub fn new(rules: impl IntoIterator<Item: Into<SharedRule>>) -> Self {
        let compiled = |rule: SharedRule| Compiled {
            rule,
            shape: OnceLock::new(),
            alphabet: OnceLock::new(),
            outside: OnceLock::new(),
            crosses: OnceLock::new(),
            lengths: OnceLock::new(),
            strength: OnceLock::new(),
        };
        Self { rules: rules.into_iter().map(|rule| compiled(rule.into())).collect(), identifiers: OnceLock::new() }
    }

    /// Every built-in rule.
    pub fn builtin() -> Self {
        Self::new(super::builtin())
    }

    /// The rules, in order.
    pub fn rules(&self) -> &[Compiled] {
        &self.rules
    }

    /// Whether the whole of `value` is a known public id.
    pub fn is_identifier(&self, value: &[u8]) -> bool {
        self.identifiers
            .get_or_init(|| identifiers().iter().filter_map(|known| compile(&known.regex, true, true).ok()).collect())
            .iter()
            .any(|regex| regex.is_match(value))
    }
}

impl Compiled {
    /// The regex, anchored at the start unless the rule has `lookback`.
    pub fn shape(&self) -> &Shape {
        self.shape.get_or_init(|| {
            Shape::new(&self.rule.regex, self.rule.lookback == 0)
                .unwrap_or_else(|_| Shape::new(NEVER, true).expect("a constant"))
        })
    }

    /// Whether a match of this rule may contain a line end. This is a quick test of the regex's text, which may say
    /// yes too often.
    pub fn may_cross_lines(&self) -> bool {
        let regex = self.rule.regex.as_bytes();
        let plain = |at: usize, byte: u8| match byte {
            b'.' => at > 0 && regex[at - 1] == b'\\' || is_in_class(regex, at),
            b'\\' => {
                regex.get(at + 1).is_some_and(|next| matches!(next, b'.' | b'-' | b'_' | b'/' | b'd' | b'w' | b'b'))
            }
            b'[' => regex.get(at + 1) != Some(&b'^'),
            b'(' => regex.get(at + 1) != Some(&b'?') || regex.get(at + 2) == Some(&b':'),
            _ => byte.is_ascii_graphic(),
        };
        *self.crosses.get_or_init(|| !regex.iter().enumerate().all(|(at, &byte)| plain(at, byte)))
    }

    /// The length of the longest match in bytes (`usize::MAX` if unlimited): the regex needs no longer text.
    pub fn longest(&self) -> usize {
        self.lengths().1
    }

    /// The length of the shortest match in bytes.
    pub fn shortest(&self) -> usize {
        self.lengths().0
    }

    /// Whether all matches have the same length.
    pub fn has_one_length(&self) -> bool {
        let (shortest, longest) = self.lengths();
        shortest == longest
    }

    fn lengths(&self) -> (usize, usize) {
        *self.lengths.get_or_init(|| {
            let parsed = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(&self.rule.regex);
            // A regex with look-around must also see the text around the match.
            let bounded = parsed.ok().filter(|hir| hir.properties().look_set().is_empty());
            let lengths = bounded.map(|hir| (hir.properties().minimum_len(), hir.properties().maximum_len()));
            lengths.map_or((0, usize::MAX), |(least, most)| (least.unwrap_or(0), most.unwrap_or(usize::MAX)))
        })
    }

    /// Makes a secret from a key of this rule, with the characters that its mask may show.
    pub fn secret(&self, value: &[u8]) -> Secret {
        let strength = self.strength.get_or_init(|| Strength::of(&self.rule));
        Secret::new(value).showing(strength.visible(value))
    }

    /// Whether a match may start where `text` starts, by what all matches have in common: much faster than the regex.
    pub fn may_match(&self, text: &[u8]) -> bool {
        self.outside().may_match(text)
    }

    /// The byte that each match starts with, if there is only one.
    pub fn first_byte(&self) -> Option<u8> {
        self.outside().first_byte()
    }

    fn outside(&self) -> &Outside {
        self.outside.get_or_init(|| Box::new(Outside::of(&self.rule.regex, self.lengths())))
    }

    /// Whether `byte` can occur in a key of this rule.
    pub fn can_hold(&self, byte: u8) -> bool {
        self.alphabet.get_or_init(|| Box::new(byte_class(&self.rule.alphabet)))[byte as usize]
    }
}

/// Whether `at` is inside brackets, where a dot is a literal dot.
fn is_in_class(regex: &[u8], at: usize) -> bool {
    let before = &regex[..at];
    let open = before.iter().rposition(|&byte| byte == b'[');
    open.is_some_and(|open| !before[open..].contains(&b']'))
}

/// A regex that matches nothing, for a rule whose regex does not compile. Loaders and `rules check` refuse such
/// rules.
const NEVER: &str = "[^\\s\\S]";

/// Compiles a rule's regex: over bytes, with ASCII classes; `.` matches any byte except `\n`.
pub fn compile(pattern: &str, from_start: bool, to_end: bool) -> Result<Regex, regex::Error> {
    let start = if from_start { "\\A" } else { "" };
    let end = if to_end { "\\z" } else { "" };
    RegexBuilder::new(&format!("{start}(?:{pattern}){end}")).unicode(false).build()
}

/// The set of bytes of a regex class, given its inside: `A-Za-z0-9_-`.
fn byte_class(class: &str) -> [bool; 256] {
    let bytes = class.as_bytes();
    let mut set = [false; 256];
    let mut at = 0;
    while at < bytes.len() {
        if at + 2 < bytes.len() && bytes[at + 1] == b'-' {
            (bytes[at]..=bytes[at + 2]).for_each(|byte| set[byte as usize] = true);
            at += 3;
        } else {
            set[bytes[at] as usize] = true;
            at += 1;
        }
    }
    set
}
