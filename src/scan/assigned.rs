//! Contextual rules: values whose shape alone proves nothing, and the text around them that shows whose key they are.
//!
//! From the value the search goes left to its [`owner`](super::owner), the name that it is assigned to, which must
//! not be for something else (`md5`, `OTHER_THING`). Then the rules' words around it are weighed as
//! [`evidence`](super::evidence). The value belongs to the rule with the highest sum whose shape it has.

use std::ops::Range;

use super::alphabet::in_key;
use super::anchored::{Key, Refusal, first_line};
use super::edges::{is_longer_id, right_edge};
use super::enclosure::{BLOCK, Enclosure};
use super::evidence::Evidence;
use super::exits::Exits;
use super::owner::{Holder, Owner, Unowned};
use super::placed::{Placed, placed, value_start};
use super::progress::Done;
use super::seeker::Seeker;
use super::seen::Scope;
use super::surroundings::Surroundings;
use super::words::{Hit, LazyWords, WordSource};
use super::{binary, language, random, reviewed, steps};
use crate::core::finding::Confidence;
use crate::rule::{Compiled, RuleSet};

/// How far after a value words are searched for, in bytes; before it, from the start of the previous block.
const RIGHT: usize = 512;

/// The contextual rules of a set, by index.
#[derive(Debug, Default)]
pub(super) struct Assigned {
    rules: Vec<usize>,
    /// The rules without words. They match values of credential names that no other rule matches.
    wordless: Vec<Wordless>,
    words: LazyWords,
}

/// A rule without words, and the text that its keys start with.
#[derive(Debug)]
struct Wordless {
    rule: usize,
    lead: Vec<u8>,
    /// Whether its keys are within one token.
    is_token: bool,
}

/// A possible key: the value that `token` is the start or a part of.
struct Value<'a> {
    rules: &'a RuleSet,
    text: &'a [u8],
    start: usize,
    /// The start of its first token. The bytes between it and `start` may belong to the value.
    token: usize,
    end: usize,
    owner: Owner,
    /// The evidence for each rule, the highest sum first.
    evidence: Vec<(usize, Evidence)>,
}

impl Assigned {
    pub(super) fn of(rules: &RuleSet) -> Self {
        let contextual = rules.rules().iter().enumerate().filter(|(_, compiled)| compiled.rule.is_contextual());
        let (wordless, rules): (Vec<_>, Vec<_>) =
            contextual.partition(|(_, compiled)| compiled.rule.names.is_empty() && compiled.rule.context.is_empty());
        let lead = |regex: &str| {
            let plain = regex.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
            plain.collect()
        };
        let wordless = wordless.into_iter().map(|(rule, compiled)| {
            let is_token = (0..=u8::MAX).all(|byte| in_key(byte) || !compiled.can_hold(byte));
            Wordless { rule, lead: lead(&compiled.rule.regex), is_token }
        });
        Self {
            rules: rules.into_iter().map(|(index, _)| index).collect(),
            wordless: wordless.collect(),
            words: LazyWords::default(),
        }
    }

    /// Whether there are any.
    pub(super) fn has_rules(&self) -> bool {
        !self.rules.is_empty() || !self.wordless.is_empty()
    }

    /// The key that starts in `token` (a run of key bytes), with the rule's index.
    pub(super) fn key(
        &self,
        rules: &RuleSet,
        text: &[u8],
        token: Range<usize>,
        done: &mut Done,
    ) -> Option<(usize, Key, Option<Evidence>)> {
        let value = self.value(rules, text, &token, Purpose::Find, done).ok()??;
        // A value with the shape of several rules is a key of the rule with most evidence.
        let enough = value.evidence.iter().filter(|(_, evidence)| evidence.is_enough());
        let found = enough.clone().find_map(|(index, evidence)| Some((*index, value.of_rule(*index).ok()?, *evidence)));
        let found = found.map(|(index, key, evidence)| {
            let weak = key.confidence.min(Confidence::Possible);
            let confidence = if evidence.is_strong() { key.confidence } else { weak };
            (index, Key { confidence, ..key }, Some(evidence))
        });
        // With little evidence, a value that looks slightly like words is not a key.
        let found = found.filter(|(_, key, evidence)| {
            evidence.is_some_and(|evidence| evidence.is_strong()) || !language::is_language(&text[key.secret.clone()])
        });
        let found = found.or_else(|| self.anyones(&value));
        done.scope = Scope::Beyond;
        found.filter(|(_, key, _)| key.secret.end > token.start && !reviewed::is_entry(rules, text, &key.secret))
    }

    /// A value of a credential name that no rule with words matches.
    fn anyones(&self, value: &Value<'_>) -> Option<(usize, Key, Option<Evidence>)> {
        if !matches!(value.owner.holder, Holder::Credential | Holder::Label) {
            return None;
        }
        self.wordless(value).next().map(|(rule, key)| (rule, key, None))
    }

    /// The rules without words whose key the value may be.
    fn wordless(&self, value: &Value<'_>) -> impl Iterator<Item = (usize, Key)> {
        let fits = |own: &&Wordless| {
            let text = &value.text[value.start..];
            let rule = &value.rules.rules()[own.rule];
            let is_long = value.end >= value.start + rule.shortest();
            (is_long || !own.is_token) && text.starts_with(&own.lead) && !value.goes_on(rule) && rule.may_match(text)
        };
        self.wordless.iter().filter(fits).filter_map(|own| Some((own.rule, value.of_rule(own.rule).ok()?)))
    }

    /// The value at a token, with the evidence for each rule. The error means that it is assigned to something else.
    fn value<'a>(
        &self,
        rules: &'a RuleSet,
        text: &'a [u8],
        token: &Range<usize>,
        purpose: Purpose,
        done: &mut Done,
    ) -> Result<Option<Value<'a>>, Unowned> {
        steps::count(token.len());
        let digits = &text[token.clone()];
        if self.rules.is_empty() && self.wordless.is_empty() || !random::may_be_value(digits) {
            return Ok(None);
        }
        let Some(Placed { start, whole: whole_token, joined }) = placed(text, token, done) else { return Ok(None) };
        let digits = &text[start.max(token.start)..token.end];
        let words = WordSource { words: &self.words, set: rules, rules: &self.rules };
        let mut value = Value {
            rules,
            text,
            start,
            end: token.end,
            token: whole_token,
            owner: Owner::unknown(),
            evidence: Vec::new(),
        };
        let is_anyones = self.wordless(&value).next().is_some();
        let goes_on = matches!(text[token.end..], [b'.', next, ..] if next.is_ascii_alphanumeric());
        let around = around(text, start, token.end);
        // In dense values the words around them are already known: without a word there is no key. But a line is only
        // remembered for what it contains itself.
        if purpose == Purpose::Find && !done.remembers && !is_anyones && done.density.is_dense(start / BLOCK) {
            let has_words = done.hits.within(words.get(), text, &around).next().is_some();
            done.density.looked(has_words);
            if !has_words {
                return Ok(None);
            }
        }
        if language::is_identifier(digits) {
            return Ok(None);
        }
        done.plausible = Some(token.start);
        let seeker = Seeker { text, start, words, joined, digits, goes_on };
        match seeker.owner(&mut done.enclosure) {
            // A bracket there is a length.
            Ok(owner) if owner.holder == Holder::Callee && done.is_binary(text) => {}
            Ok(owner) => value.owner = owner,
            Err(unowned)
                if !unowned.is_id
                    && !joined
                    && done.is_binary(text)
                    && binary::is_among_keys(text, &(start..token.end)) => {}
            Err(unowned) => {
                if unowned.is_above || done.is_binary(text) {
                    done.scope = done.scope.max(Scope::Around);
                }
                done.refused = Some(start);
                return Err(unowned);
            }
        }
        if language::is_surely_language(digits) {
            return Ok(None);
        }
        done.scope = Scope::Beyond;
        let fitting = &mut done.fitting;
        fitting.clear(rules.rules().len());
        let mut accepts = |rule: usize| {
            fitting.get_or(rule, || {
                let may_match = |&at: &usize| rules.rules()[rule].may_match(&text[at..]);
                purpose == Purpose::Explain || [start, whole_token].iter().any(may_match) && value.of_rule(rule).is_ok()
            })
        };
        let hits = done.hits.around(words.get(), text, &around, start..token.end, &mut accepts);
        if hits.is_empty() {
            return Ok(is_anyones.then_some(value));
        }
        if done.is_binary(text) {
            value.evidence = value.weighed(&hits, &Enclosure::default(), Exits::NONE);
            return Ok(Some(value));
        }
        done.enclosure.reach(text, start);
        let last = hits.iter().map(|hit| hit.range.end).max().unwrap_or(0);
        let exits = Exits::of(text, token.end, last, &done.enclosure);
        value.evidence = value.weighed(&hits, &done.enclosure, exits);
        Ok(Some(value))
    }

    /// Whether a word of a rule is around a part of a value. Without one there is no key, so nothing has to be joined.
    pub(super) fn has_words(&self, rules: &RuleSet, text: &[u8], part: &Range<usize>, done: &mut Done) -> bool {
        let words = WordSource { words: &self.words, set: rules, rules: &self.rules };
        let start = placed(text, part, done).map_or(part.start, |placed| placed.start);
        done.hits.within(words.get(), text, &around(text, start, part.end)).next().is_some()
    }

    /// For `explain`: for each rule whose regex matches the token, why it is rejected, and the evidence.
    pub(super) fn refusals(
        &self,
        rules: &RuleSet,
        text: &[u8],
        token: &Range<usize>,
    ) -> Vec<(usize, Refusal, Option<Evidence>)> {
        let mut done = Done::default();
        let chosen = self.key(rules, text, token.clone(), &mut done).map(|(index, ..)| index);
        let value = match self.value(rules, text, token, Purpose::Explain, &mut Done::default()) {
            Ok(Some(value)) => value,
            Ok(None) => return self.unnamed(rules, text, token, Refusal::Context),
            Err(_) => return self.unnamed(rules, text, token, Refusal::Owner),
        };
        let refusal = |index: &usize| {
            let evidence = value.evidence.iter().find(|(rule, _)| rule == index).map(|(_, evidence)| *evidence);
            match value.of_rule(*index) {
                Err(Refusal::Shape) if !evidence.is_some_and(|evidence| evidence.is_strong()) => None,
                Err(refusal) => Some((*index, refusal, evidence)),
                Ok(_) if evidence.is_some_and(|evidence| evidence.is_enough()) => {
                    Some((*index, Refusal::Lesser, evidence))
                }
                Ok(_) => Some((*index, Refusal::Context, evidence)),
            }
        };
        self.rules.iter().filter(|index| chosen != Some(**index)).filter_map(refusal).collect()
    }

    /// The same for a value without a rule's word nearby, or one that is assigned to something else.
    fn unnamed(
        &self,
        rules: &RuleSet,
        text: &[u8],
        token: &Range<usize>,
        why: Refusal,
    ) -> Vec<(usize, Refusal, Option<Evidence>)> {
        let digits = &text[token.clone()];
        if !random::may_be_value(digits) || language::is_surely_language(digits) {
            return Vec::new();
        }
        let start = value_start(text, token.clone());
        let owner = Owner::unknown();
        let value = Value { rules, text, start, end: token.end, token: token.start, owner, evidence: Vec::new() };
        let refusal = |index: &usize| match value.of_rule(*index) {
            Err(Refusal::Shape) => None,
            Err(refusal) => Some((*index, refusal, None)),
            Ok(_) => Some((*index, why, None)),
        };
        self.rules.iter().filter_map(refusal).collect()
    }
}

/// Where words say whose key a value is: around its `start` and `end`.
fn around(text: &[u8], start: usize, end: usize) -> Range<usize> {
    (start / BLOCK).saturating_sub(1) * BLOCK..text.len().min(end + RIGHT)
}

impl Value<'_> {
    /// Whether letters or digits follow what would be a key of a rule whose keys have one length.
    fn goes_on(&self, rule: &Compiled) -> bool {
        let whole = self.start..self.start + rule.shortest();
        rule.has_one_length()
            && rule.rule.secret_group == 0
            && self.text.get(whole.end).is_some_and(u8::is_ascii_alphanumeric)
            && !binary::is_counted(self.text, &whole)
    }

    /// The evidence for each rule from the words around the value, the highest sum first.
    fn weighed(&self, hits: &[Hit], enclosure: &Enclosure, exits: Exits) -> Vec<(usize, Evidence)> {
        let &Self { text, start, end, ref owner, .. } = self;
        let surroundings = Surroundings { text, value: start..end, owner, enclosure, exits };
        let mut named: Vec<usize> = hits.iter().map(|hit| hit.rule).collect();
        named.sort_unstable();
        named.dedup();
        let of_rule = |rule: usize| (rule, surroundings.evidence(hits.iter().filter(|hit| hit.rule == rule)));
        let mut evidence: Vec<(usize, Evidence)> = named.into_iter().map(of_rule).collect();
        let nearest = |rule: usize| {
            let own = hits.iter().filter(|hit| hit.rule == rule);
            own.map(|hit| start.abs_diff(hit.range.end)).min()
        };
        evidence.sort_by_cached_key(|(rule, evidence)| (std::cmp::Reverse(evidence.sum()), nearest(*rule), *rule));
        evidence
    }

    /// The key of a rule that starts here, or before characters that looked like the end of an escape (`=3D`) or like
    /// emphasis (`_`).
    fn of_rule(&self, index: usize) -> Result<Key, Refusal> {
        let &Self { text, start, token, .. } = self;
        let is_emphasis = text.get(token).is_some_and(|byte| matches!(byte, b'-' | b'_' | b'+' | b'/' | b'.'));
        if token >= start {
            self.of_rule_at(index, start)
        } else if is_emphasis && token.checked_sub(1).is_some_and(|at| matches!(text[at], b'"' | b'\'' | b'=' | b'`')) {
            self.of_rule_at(index, token).or_else(|_| self.of_rule_at(index, start))
        } else {
            self.of_rule_at(index, start).or_else(|refusal| self.of_rule_at(index, token).map_err(|_| refusal))
        }
    }

    fn of_rule_at(&self, index: usize, start: usize) -> Result<Key, Refusal> {
        let &Self { rules, text, end, .. } = self;
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

/// The purpose of examining a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// Rules whose keys it cannot be are left out.
    Find,
    /// Each rule gives the reason why it does not match.
    Explain,
}

/// The part after a short prefix such as `sk-`.
fn random_part(value: &[u8]) -> &[u8] {
    let lead = value.iter().take(7).position(|byte| matches!(byte, b'-' | b'_')).map_or(0, |at| at + 1);
    if value[..lead].iter().all(|byte| !byte.is_ascii_digit()) { &value[lead..] } else { value }
}
