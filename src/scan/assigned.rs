//! Contextual rules: values whose shape alone proves nothing, and the text around them that shows whose key they are.
//!
//! From the value the search goes left to its [`owner`](super::owner), the name that it is assigned to, which must
//! not be for something else (`md5`, `OTHER_THING`). Then the rules' words around it are weighed as
//! [`evidence`](super::evidence). The value belongs to the rule with the highest sum whose shape it has.

use std::ops::Range;
use std::sync::OnceLock;

use super::alphabet::in_key;
use super::anchored::{Key, Refusal};
use super::enclosure::{BLOCK, Enclosure};
use super::evidence::Evidence;
use super::exits::Exits;
use super::letters::Letters;
use super::name_roles::is_id_field;
use super::owner::{Holder, Owner, Unowned};
use super::placed::{Placed, placed, value_start};
use super::progress::Done;
use super::seeker::Seeker;
use super::seen::Scope;
use super::surroundings::Surroundings;
use super::token::Token;
use super::value::Value;
use super::words::{Hit, LazyWords, WordSource};
use super::{binary, language, reviewed, steps};
use crate::core::finding::Confidence;
use crate::rule::RuleSet;

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

/// A rule without words.
#[derive(Debug)]
struct Wordless {
    rule: usize,
    /// The byte that its keys start with, if there is only one.
    first: OnceLock<Option<u8>>,
    /// Whether its keys are within one token.
    is_token: bool,
}

/// A possible key, what it is assigned to, and the evidence for each rule, the highest sum first.
struct Weighed<'a> {
    value: Value<'a>,
    owner: Owner,
    evidence: Vec<(usize, Evidence)>,
}

impl Assigned {
    pub(super) fn of(rules: &RuleSet) -> Self {
        let contextual = rules.rules().iter().enumerate().filter(|(_, compiled)| compiled.rule.is_contextual());
        let (wordless, rules): (Vec<_>, Vec<_>) =
            contextual.partition(|(_, compiled)| compiled.rule.names.is_empty() && compiled.rule.context.is_empty());
        let wordless = wordless.into_iter().map(|(rule, compiled)| {
            let is_token = (0..=u8::MAX).all(|byte| in_key(byte) || !compiled.can_hold(byte));
            Wordless { rule, first: OnceLock::new(), is_token }
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
        token: &Token,
        done: &mut Done,
    ) -> Option<(usize, Key, Option<Evidence>)> {
        let weighed = self.weighed(rules, text, token, Purpose::Find, done).ok()??;
        let value = weighed.value;
        // A value with the shape of several rules is a key of the rule with most evidence.
        let enough = weighed.evidence.iter().filter(|(_, evidence)| evidence.is_enough());
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
        let found = found.or_else(|| self.anyones(&weighed));
        done.scope = Scope::Beyond;
        found.filter(|(_, key, _)| key.secret.end > token.range.start && !reviewed::is_entry(rules, text, &key.secret))
    }

    /// A value of a credential name that no rule with words matches.
    fn anyones(&self, weighed: &Weighed<'_>) -> Option<(usize, Key, Option<Evidence>)> {
        if !matches!(weighed.owner.holder, Holder::Credential | Holder::Label) {
            return None;
        }
        self.wordless(weighed.value).next().map(|(rule, key)| (rule, key, None))
    }

    /// The rules without words whose key the value may be.
    fn wordless(&self, value: Value<'_>) -> impl Iterator<Item = (usize, Key)> {
        let fits = move |own: &&Wordless| {
            let text = &value.text[value.start..];
            let compiled = || &value.rules.rules()[own.rule];
            // Next to no value starts so.
            let first = own.first.get_or_init(|| compiled().first_byte());
            if first.is_some_and(|first| text.first() != Some(&first)) {
                return false;
            }
            let rule = compiled();
            let is_long = || value.end >= value.start + rule.shortest();
            rule.may_match(text) && (!own.is_token || is_long()) && !value.goes_on(rule)
        };
        self.wordless.iter().filter(fits).filter_map(move |own| Some((own.rule, value.of_rule(own.rule).ok()?)))
    }

    /// The value at a token, with the evidence for each rule. The error means that it is assigned to something else.
    fn weighed<'a>(
        &self,
        rules: &'a RuleSet,
        text: &'a [u8],
        token: &Token,
        purpose: Purpose,
        done: &mut Done,
    ) -> Result<Option<Weighed<'a>>, Unowned> {
        if self.rules.is_empty() && self.wordless.is_empty() || !token.may_be_value(text) {
            return Ok(None);
        }
        let Token { range: token, letters } = token;
        steps::count(token.len());
        // Half of all values in JSON are such.
        if is_id_field(&text[..token.start]) {
            done.refused = Some(token.start);
            return Err(Unowned { is_above: false, is_id: true });
        }
        let Some(Placed { start, whole: whole_token, joined }) = placed(text, token, done) else { return Ok(None) };
        let digits = &text[start.max(token.start)..token.end];
        let letters = if start > token.start { Letters::of(digits) } else { *letters };
        let words = WordSource { words: &self.words, set: rules, rules: &self.rules };
        let value = Value { rules, text, start, token: whole_token, end: token.end };
        if language::is_identifier(digits, &letters) {
            return Ok(None);
        }
        let is_anyones = self.wordless(value).next().is_some();
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
        done.plausible = Some(token.start);
        let seeker = Seeker { text, start, words, joined, digits, goes_on };
        let owner = match seeker.owner(&mut done.enclosure) {
            // A bracket there is a length.
            Ok(owner) if owner.holder == Holder::Callee && done.is_binary(text) => Owner::unknown(),
            Ok(owner) => owner,
            Err(unowned)
                if !unowned.is_id
                    && !joined
                    && done.is_binary(text)
                    && binary::is_among_keys(text, &(start..token.end)) =>
            {
                Owner::unknown()
            }
            Err(unowned) => {
                if unowned.is_above || done.is_binary(text) {
                    done.scope = done.scope.max(Scope::Around);
                }
                done.refused = Some(start);
                return Err(unowned);
            }
        };
        if language::is_surely_language(digits) {
            return Ok(None);
        }
        done.scope = Scope::Beyond;
        let fitting = &mut done.fitting;
        fitting.clear(rules.rules().len());
        let mut accepts = |rule: usize| {
            fitting.get_or(rule, || {
                let may_match = |at: usize| rules.rules()[rule].may_match(&text[at..]);
                let may_be = || may_match(start) || whole_token != start && may_match(whole_token);
                purpose == Purpose::Explain || may_be() && value.of_rule(rule).is_ok()
            })
        };
        let hits = done.hits.around(words.get(), text, &around, start..token.end, &mut accepts);
        if hits.is_empty() {
            return Ok(is_anyones.then(|| Weighed { value, owner, evidence: Vec::new() }));
        }
        if done.is_binary(text) {
            let evidence = evidence(value, &hits, &owner, (&Enclosure::default(), Exits::NONE));
            return Ok(Some(Weighed { value, owner, evidence }));
        }
        done.enclosure.reach(text, start);
        let last = hits.iter().map(|hit| hit.range.end).max().unwrap_or(0);
        let exits = Exits::of(text, token.end, last, &done.enclosure);
        let evidence = evidence(value, &hits, &owner, (&done.enclosure, exits));
        Ok(Some(Weighed { value, owner, evidence }))
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
        token: &Token,
    ) -> Vec<(usize, Refusal, Option<Evidence>)> {
        let mut done = Done::default();
        let chosen = self.key(rules, text, token, &mut done).map(|(index, ..)| index);
        let Weighed { value, evidence, .. } =
            match self.weighed(rules, text, token, Purpose::Explain, &mut Done::default()) {
                Ok(Some(weighed)) => weighed,
                Ok(None) => return self.unnamed(rules, text, token, Refusal::Context),
                Err(_) => return self.unnamed(rules, text, token, Refusal::Owner),
            };
        let refusal = |index: &usize| {
            let evidence = evidence.iter().find(|(rule, _)| rule == index).map(|(_, evidence)| *evidence);
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
        token: &Token,
        why: Refusal,
    ) -> Vec<(usize, Refusal, Option<Evidence>)> {
        let is_value = token.may_be_value(text);
        let token = &token.range;
        if !is_value || language::is_surely_language(&text[token.clone()]) {
            return Vec::new();
        }
        let start = value_start(text, token.clone());
        let value = Value { rules, text, start, token: token.start, end: token.end };
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

/// The evidence for each rule from the words around a value, the highest sum first.
fn evidence(
    value: Value<'_>,
    hits: &[Hit],
    owner: &Owner,
    (enclosure, exits): (&Enclosure, Exits),
) -> Vec<(usize, Evidence)> {
    let Value { text, start, end, .. } = value;
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

/// The purpose of examining a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// Rules whose keys it cannot be are left out.
    Find,
    /// Each rule gives the reason why it does not match.
    Explain,
}
