//! How many bits of a kind of key are random, by its regex, and so how many characters a mask may show.

use std::collections::BTreeSet;

use regex_syntax::hir::literal::{ExtractKind, Extractor};
use regex_syntax::hir::{Class, Hir, HirKind};

use super::{Rule, Structure, builtin};
use crate::core::finding::{Secret, Visible};
use crate::core::secret::{self, HIDDEN_BITS, SHOWN};

/// The largest class size that is counted. Larger classes are for human text, which is no more random than this.
const LARGEST_CLASS: f64 = 64.0;
/// An alternative of at most this many single characters belongs to the provider's prefix: `gh[pousr]_`.
const FEW: usize = 5;

/// The mask of a key that was found by the rule with this id. If that is not a built-in rule, nothing is shown.
pub fn masked(rule: &str, value: &[u8]) -> String {
    let known = builtin().iter().find(|known| known.id == rule);
    let visible = known.map(|known| Strength::of(known).visible(value)).unwrap_or_default();
    Secret::new(value).showing(visible).mask()
}

/// The random bits and the fixed prefixes of a regex's matches.
#[derive(Clone, Debug, Default)]
pub struct Strength {
    /// The fixed prefixes of the matches, as written in the regex.
    prefixes: BTreeSet<Vec<u8>>,
    /// The bits of the shortest match.
    bits: f64,
    /// The length of the shortest match.
    shortest: usize,
    /// The minimum bits of each further character.
    each: f64,
    /// The maximum bits of a character.
    most: f64,
}

impl Strength {
    /// The strength of keys of this rule.
    pub fn of(rule: &Rule) -> Self {
        let mut strength = Self::of_regex(&rule.regex, rule.secret_group.into());
        let certain = match &rule.structure {
            Structure::Shape | Structure::Halves { .. } => 0,
            Structure::Watermark(mark) if rule.regex.contains(mark.as_ref()) => 0,
            Structure::Watermark(mark) => mark.len(),
            Structure::Crc32Base62 => 6,
            Structure::Decoded(text) => text.len() * 4 / 3 + 1,
        };
        strength.bits = (strength.bits - certain as f64 * strength.most).max(0.0);
        strength
    }

    /// The strength of what a group of a regex matches; group 0 is everything. For an invalid regex nothing may be
    /// shown.
    pub fn of_regex(regex: &str, group: usize) -> Self {
        let parsed = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(regex);
        let Ok(hir) = parsed else { return Self::default() };
        let hir = captured(&hir, group).unwrap_or(&hir);
        let mut extractor = Extractor::new();
        extractor.kind(ExtractKind::Prefix).limit_class(FEW).limit_repeat(64).limit_literal_len(64);
        let seq = extractor.extract(hir);
        let prefixes = seq.literals().unwrap_or_default().iter().map(|literal| literal.as_bytes().to_vec()).collect();
        let mut strength = Self { prefixes, shortest: hir.properties().minimum_len().unwrap_or(0), ..Self::default() };
        strength.each = f64::INFINITY;
        strength.bits = strength.count(hir);
        if strength.each.is_infinite() {
            strength.each = 0.0;
        }
        strength
    }

    /// The length of the longest fixed prefix that `text` starts with, in bytes.
    pub fn prefix_of(&self, text: &[u8]) -> usize {
        self.prefixes.iter().filter(|prefix| text.starts_with(prefix)).map(Vec::len).max().unwrap_or(0)
    }

    /// What a mask may show of a value. At least [`HIDDEN_BITS`] stay unknown, counted both by the regex and by the
    /// characters of the value.
    pub fn visible(&self, value: &[u8]) -> Visible {
        let prefix = self.prefix_of(value);
        let more = value.len().saturating_sub(self.shortest) as f64 * self.each;
        let (length, symbols) = secret::alphabet(&value[prefix..]);
        let (by_regex, by_value) = (self.bits + more, length as f64 * libm::log2(symbols));
        let stays = |shown: u8| {
            let shown = f64::from(shown) * 2.0;
            by_regex - shown * self.most >= HIDDEN_BITS && by_value - shown * libm::log2(symbols) >= HIDDEN_BITS
        };
        Visible { prefix, random: (1..=SHOWN).rev().find(|shown| stays(*shown)).unwrap_or(0) }
    }

    /// The minimum bits of what a part of the regex matches.
    fn count(&mut self, hir: &Hir) -> f64 {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) => 0.0,
            HirKind::Class(class) => {
                let bits = libm::log2(size(class).min(LARGEST_CLASS));
                self.most = self.most.max(bits);
                bits
            }
            HirKind::Capture(capture) => self.count(&capture.sub),
            HirKind::Concat(parts) => parts.iter().map(|part| self.count(part)).sum(),
            HirKind::Alternation(parts) => parts.iter().map(|part| self.count(part)).fold(f64::INFINITY, f64::min),
            HirKind::Repetition(repetition) => {
                let one = self.count(&repetition.sub);
                if repetition.max != Some(repetition.min) {
                    let length = repetition.sub.properties().minimum_len().unwrap_or(0).max(1);
                    self.each = self.each.min(one / length as f64);
                }
                one * f64::from(repetition.min)
            }
        }
    }
}

fn size(class: &Class) -> f64 {
    match class {
        Class::Bytes(class) => class.iter().map(|range| f64::from(range.end() - range.start()) + 1.0).sum(),
        Class::Unicode(class) => class.iter().map(|range| range.len() as f64).sum(),
    }
}

/// The subexpression of a capture group.
fn captured(hir: &Hir, group: usize) -> Option<&Hir> {
    let mut stack = vec![hir];
    while let Some(hir) = stack.pop() {
        match hir.kind() {
            HirKind::Capture(capture) if capture.index as usize == group => return Some(&capture.sub),
            HirKind::Capture(capture) => stack.push(&capture.sub),
            HirKind::Repetition(repetition) => stack.push(&repetition.sub),
            HirKind::Concat(parts) | HirKind::Alternation(parts) => stack.extend(parts),
            _ => {}
        }
    }
    None
}
