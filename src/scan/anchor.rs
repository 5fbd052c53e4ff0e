//! An anchor: a fixed text in every key of a rule, which tells where to look for one.

use std::sync::OnceLock;

use super::outline::Outline;
use crate::rule::{Compiled, RuleSet, Text};

/// An anchor, and the rules that have it.
#[derive(Debug)]
pub(super) struct Anchor {
    pub(super) text: Text,
    /// The rules. Without any, this is the start of packed data, encoded.
    pub(super) rules: Vec<AnchoredRule>,
    common: OnceLock<Common>,
}

/// A rule with an anchor.
#[derive(Debug)]
pub(super) struct AnchoredRule {
    /// The index of the rule in the rule set.
    pub(super) rule: usize,
    /// On the heap, because few are ever needed.
    outline: OnceLock<Option<Box<Outline>>>,
}

/// What the rules of an anchor have in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Common {
    /// The minimum number of consecutive key bytes from the start of the anchor that any of the rules requires.
    after: usize,
    /// Whether the text before the anchor may belong to a key of one of them.
    pub(super) goes_left: bool,
    /// Whether a key of one of them may be on several lines.
    pub(super) may_cross_lines: bool,
}

impl Anchor {
    pub(super) fn new(text: Text, rules: &[usize]) -> Self {
        let rules = rules.iter().map(|&rule| AnchoredRule { rule, outline: OnceLock::new() }).collect();
        Self { text, rules, common: OnceLock::new() }
    }

    /// Whether this is no anchor of a rule, but the start of packed data, encoded.
    pub(super) fn is_packed(&self) -> bool {
        self.rules.is_empty()
    }

    /// What a rule's regex requires of the text around this anchor; computed on first use.
    pub(super) fn outline<'a>(&self, rule: &'a AnchoredRule, compiled: &Compiled) -> Option<&'a Outline> {
        rule.outline.get_or_init(|| Outline::of(&compiled.rule.regex, self.text.as_bytes()).map(Box::new)).as_deref()
    }

    /// What the rules have in common, if none of them can have a key in which only `length` key bytes follow the start
    /// of this anchor.
    pub(super) fn too_short(&self, set: &RuleSet, length: usize) -> Option<Common> {
        let common = self.common.get_or_init(|| {
            let compiled = |own: &AnchoredRule| &set.rules()[own.rule];
            let after = |own: &AnchoredRule| self.outline(own, compiled(own)).map_or(0, Outline::after);
            Common {
                after: self.rules.iter().map(after).min().unwrap_or(0),
                goes_left: self.rules.iter().any(|own| compiled(own).rule.lookback > 0),
                may_cross_lines: self.rules.iter().any(|own| compiled(own).may_cross_lines()),
            }
        });
        (length < common.after).then_some(*common)
    }

    pub(super) fn stands_at(&self, text: &[u8], at: usize) -> bool {
        starts_with(&text[at..], self.text.as_bytes())
    }
}

/// Like `text.starts_with(part)`; fast if they differ, which they usually do at the end.
pub(super) fn starts_with(text: &[u8], part: &[u8]) -> bool {
    part.last() == text.get(part.len().wrapping_sub(1)) && text.starts_with(part)
}
