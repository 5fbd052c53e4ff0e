//! A possible key by its text alone: which rules' shapes it has.

use super::anchored::{Key, Refusal, first_line};
use super::edges::{is_longer_id, right_edge};
use super::{binary, language, random, steps};
use crate::rule::{Compiled, RuleSet};

/// The value that a token is the start or a part of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value<'a> {
    pub(super) rules: &'a RuleSet,
    pub(super) text: &'a [u8],
    pub(super) start: usize,
    /// The start of its first token. The bytes between it and `start` may belong to the value.
    pub(super) token: usize,
    pub(super) end: usize,
}

impl Value<'_> {
    /// Whether letters or digits follow what would be a key of a rule whose keys have one length.
    pub(super) fn goes_on(self, rule: &Compiled) -> bool {
        let whole = self.start..self.start + rule.shortest();
        rule.has_one_length()
            && rule.rule.secret_group == 0
            && self.text.get(whole.end).is_some_and(u8::is_ascii_alphanumeric)
            && !binary::is_counted(self.text, &whole)
    }

    /// The key of a rule that starts here, or before characters that looked like the end of an escape (`=3D`) or like
    /// emphasis (`_`).
    pub(super) fn of_rule(self, index: usize) -> Result<Key, Refusal> {
        let Self { text, start, token, .. } = self;
        let is_emphasis = text.get(token).is_some_and(|byte| matches!(byte, b'-' | b'_' | b'+' | b'/' | b'.'));
        if token >= start {
            self.of_rule_at(index, start)
        } else if is_emphasis && token.checked_sub(1).is_some_and(|at| matches!(text[at], b'"' | b'\'' | b'=' | b'`')) {
            self.of_rule_at(index, token).or_else(|_| self.of_rule_at(index, start))
        } else {
            self.of_rule_at(index, start).or_else(|refusal| self.of_rule_at(index, token).map_err(|_| refusal))
        }
    }

    fn of_rule_at(self, index: usize, start: usize) -> Result<Key, Refusal> {
        let Self { rules, text, end, .. } = self;
        let rule = &rules.rules()[index];
        let longest = rule.longest().min(end - start + 1200);
        let window = &text[start..text.len().min(start + longest)];
        steps::count(window.len());
        let window = if rule.may_cross_lines() { window } else { first_line(window, 0) };
        let groups = rule.shape().find_at(window, 0).ok_or(Refusal::Shape)?;
        let group = groups.get(rule.rule.secret_group.into()).or_else(|| groups.get(0)).ok_or(Refusal::Shape)?;
        let mut secret = start + group.start..start + group.end;
        secret.end = right_edge(rule, text, &secret).ok_or(Refusal::RightEdge)?;
        if is_longer_id(&text[secret.end..]) {
            return Err(Refusal::RightEdge);
        }
        let value = &text[secret.clone()];
        if rules.is_identifier(value) {
            return Err(Refusal::Identifier);
        }
        if language::is_camel_case(value) || random::is_words(value) {
            return Err(Refusal::NotRandom(random::Fault::Language));
        }
        match random::fault(random_part(value), rule.rule.entropy) {
            Some(fault) => Err(Refusal::NotRandom(fault)),
            None => Ok(Key { secret, confidence: rule.rule.confidence }),
        }
    }
}

/// The part after a short prefix such as `sk-`.
fn random_part(value: &[u8]) -> &[u8] {
    let lead = value.iter().take(7).position(|byte| matches!(byte, b'-' | b'_')).map_or(0, |at| at + 1);
    if value[..lead].iter().all(|byte| !byte.is_ascii_digit()) { &value[lead..] } else { value }
}
