//! Runs imported rules with gitleaks' semantics, but faster.
//!
//! One Aho-Corasick pass finds the rules' keywords and the literals that their regexes require. Each regex then runs
//! only in windows around its literals, as far as a match can reach. The result is the same as running it over
//! everything, because each match lies within one window. Encoded text is decoded and searched again, up to five
//! times, as gitleaks does by default.

use std::ops::Range;

use bstr::BStr;

use super::codec::DecodedText;
use super::found::{self, ImportedMatch, MatchOutcome};
use super::words::RuleWords;
use crate::core::order::ListOrder as _;
use crate::gitleaks::{ImportedRule, ImportedRules, ImportedSet};

/// The maximum number of decoding passes; gitleaks' default.
const DEPTH: usize = 5;

/// Imported rules, prepared to run.
#[derive(Debug)]
pub struct Engine {
    sets: Vec<(ImportedSet, RuleWords)>,
}

impl Engine {
    /// Prepares the rules; `None` if there are none.
    pub fn new(foreign: ImportedRules) -> Option<Self> {
        if foreign.is_empty() {
            return None;
        }
        let prepare = |set: ImportedSet| {
            let words = RuleWords::of(&set.rules);
            (set, words)
        };
        Some(Self { sets: foreign.sets.into_iter().map(prepare).collect() })
    }

    /// The rules, in order.
    pub fn rules(&self) -> impl Iterator<Item = &ImportedRule> {
        self.sets.iter().flat_map(|(set, _)| &set.rules)
    }

    /// Everything that the rules find in content at a path, sorted by position.
    pub fn scan<'a>(&'a self, bytes: &[u8], path: Option<&BStr>) -> Vec<ImportedMatch<'a>> {
        let path: Option<&[u8]> = path.map(|path| path.as_ref());
        let mut all: Vec<ImportedMatch<'a>> = Vec::new();
        for (set, words) in &self.sets {
            if set.allowlists.iter().any(|list| list.allows_path(path)) {
                continue;
            }
            let mut run = SetScan { set, words, bytes, path, found: Vec::new() };
            run.passes();
            all.extend(found::without_generic(run.found));
        }
        all.order_by(|a, b| {
            (a.span.start, &a.rule.info.id, a.span.end).cmp(&(b.span.start, &b.rule.info.id, b.span.end))
        });
        all.dedup_by(|a, b| a.span == b.span && a.rule.info.id == b.rule.info.id && a.secret == b.secret);
        all
    }

    /// For `explain`: each match of each rule that applies to this path, and whether it is a finding.
    pub fn explain<'a>(&'a self, bytes: &[u8], path: Option<&BStr>) -> Vec<MatchOutcome<'a>> {
        let path: Option<&[u8]> = path.map(|path| path.as_ref());
        let mut outcomes = Vec::new();
        for (set, words) in &self.sets {
            if set.allowlists.iter().any(|list| list.allows_path(path)) {
                continue;
            }
            let seen = words.find(&set.rules, bytes);
            let run = SetScan { set, words, bytes, path, found: Vec::new() };
            for (index, rule) in set.rules.iter().enumerate() {
                if run.looks_at(rule) && seen.any(words.keywords(index)) {
                    outcomes.extend(found::outcomes(rule, set, bytes, path));
                }
            }
        }
        outcomes
    }

    /// The rules without a regex whose `path` matches this path.
    pub fn paths<'a>(&'a self, path: &BStr) -> impl Iterator<Item = &'a ImportedRule> {
        let path: Vec<u8> = path.to_vec();
        self.sets.iter().flat_map(move |(set, _)| {
            let path = path.clone();
            let allowed = set.allowlists.iter().any(|list| list.allows_path(Some(&path)));
            set.rules.iter().filter(move |rule| {
                let holds = rule.path.as_ref().is_some_and(|regex| regex.is_match(&path));
                let passes = rule.allowlists.iter().any(|list| list.allows_path(Some(&path)));
                rule.regex.is_none() && !rule.is_part && !allowed && holds && !passes
            })
        })
    }
}

/// One rule set applied to one piece of content.
struct SetScan<'a, 'b> {
    set: &'a ImportedSet,
    words: &'a RuleWords,
    bytes: &'b [u8],
    path: Option<&'b [u8]>,
    found: Vec<ImportedMatch<'a>>,
}

impl<'a> SetScan<'a, '_> {
    fn passes(&mut self) {
        self.pass(&DecodedText::plain(self.bytes));
        let mut text = DecodedText::plain(self.bytes);
        for _ in 0..DEPTH {
            let Some(decoded) = text.decode() else { return };
            self.pass(&decoded);
            text = decoded;
        }
    }

    fn pass(&mut self, text: &DecodedText<'_>) {
        let seen = self.words.find(&self.set.rules, &text.bytes);
        for (index, rule) in self.set.rules.iter().enumerate() {
            if rule.is_part || !self.looks_at(rule) || !seen.any(self.words.keywords(index)) {
                continue;
            }
            let windows = seen.windows(index);
            let Some(windows) = windows.or_else(|| self.words.everywhere(index).then(|| whole(&text.bytes))) else {
                continue;
            };
            let primary = found::of(rule, self.set, text, self.bytes, self.path, &windows);
            if primary.is_empty() {
                continue;
            }
            let near = self.with_required(rule, text, primary);
            self.found.extend(near);
        }
    }

    /// Whether the rule applies to this path. Without a path (in history a blob can have many) every rule applies.
    fn looks_at(&self, rule: &ImportedRule) -> bool {
        let wanted = rule.path.as_ref().is_none_or(|regex| self.path.is_none_or(|path| regex.is_match(path)));
        wanted && !rule.allowlists.iter().any(|list| list.allows_path(self.path))
    }

    /// The findings for which all rules that their rule requires have also matched nearby.
    fn with_required(
        &self,
        rule: &ImportedRule,
        text: &DecodedText<'_>,
        primary: Vec<ImportedMatch<'a>>,
    ) -> Vec<ImportedMatch<'a>> {
        if rule.required.is_empty() {
            return primary;
        }
        let company: Vec<Vec<ImportedMatch<'a>>> = rule
            .required
            .iter()
            .map(|required| match self.set.rules.iter().find(|rule| rule.info.id == required.id) {
                Some(other) if self.looks_at(other) => {
                    found::of(other, self.set, text, self.bytes, self.path, &whole(&text.bytes))
                }
                _ => Vec::new(),
            })
            .collect();
        let near = |found: &ImportedMatch<'_>| {
            rule.required.iter().zip(&company).all(|(required, company)| {
                company.iter().filter(|other| other.allowed.is_none()).any(|other| {
                    let lines = required.lines.is_none_or(|most| found.line.abs_diff(other.line) <= most);
                    lines && required.columns.is_none_or(|most| found.column.abs_diff(other.column) <= most)
                })
            })
        };
        primary.into_iter().filter(near).collect()
    }
}

fn whole(bytes: &[u8]) -> Vec<Range<usize>> {
    std::iter::once(0..bytes.len()).collect()
}
