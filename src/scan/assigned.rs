//! Contextual rules: a value whose shape alone says nothing, assigned to a name that says whose key it is.
//!
//! From the value we walk left over quotes, operators and brackets to the *owner*, the name that it is assigned
//! to. An owner such as `MISTRAL_API_KEY` (in any style) decides at once. A general one (`api_key`, `Bearer`,
//! `value`) leaves it to what stands around: the names further left (`Mistral(api_key=…)`, `name: MISTRAL_API_KEY`
//! on the line above) and the providers' words and hosts on both sides. Any other owner (`md5`, `OTHER_THING`)
//! means that the value is something else.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::OnceLock;

use super::anchored::{Key, Refusal, first_line, right_edge};
use super::words::{Hit, WordKind, Words};
use super::{Done, Scope, random, steps};
use crate::core::finding::Confidence;
use crate::rule::RuleSet;

/// How far left of a value its owner and its context are looked for.
const LEFT: usize = 300;
/// How far right.
const RIGHT: usize = 160;

/// Contextual rules of a set, by index.
#[derive(Debug, Default)]
pub(super) struct Assigned {
    rules: Vec<usize>,
    words: OnceLock<Words>,
}

/// A name left of a value, and whether an operator stands between.
#[derive(Debug)]
struct Name {
    range: Range<usize>,
    assigned: bool,
}

impl Assigned {
    pub(super) fn of(rules: &RuleSet) -> Self {
        let contextual = rules.rules().iter().enumerate().filter(|(_, compiled)| compiled.rule.is_contextual());
        Self { rules: contextual.map(|(index, _)| index).collect(), ..Self::default() }
    }

    /// The key that starts in `token`, a stretch of bytes of keys, with the rule's index.
    pub(super) fn key(
        &self,
        rules: &RuleSet,
        text: &[u8],
        token: Range<usize>,
        done: &mut Done,
    ) -> Option<(usize, Key)> {
        steps::count(token.len());
        if self.rules.is_empty() || !may_be_value(&text[token.clone()]) {
            return None;
        }
        let mut start = value_start(text, token.clone());
        // Part of a path, a dotted name or an address, or of a value that holds such characters itself.
        let joined = matches!(text[..token.start], [.., before, b'/' | b'.' | b'@' | b'+']
            if before.is_ascii_alphanumeric() || matches!(before, b'_' | b'-' | b'/' | b'+'));
        if joined {
            let whole = reach(text, token.start, false);
            let is_refused = whole == token.start || done.refused == Some(whole);
            if is_refused || is_cut(text, token.start) || is_digest(&text[whole..]) {
                return None;
            }
            start = whole;
        }
        if is_marked_off(&text[..start]) {
            return None;
        }
        // Where one value follows another, the words around them are known; no word, no key.
        let near = start.saturating_sub(LEFT)..text.len().min(token.end + RIGHT);
        let words = self.words.get_or_init(|| Words::of(rules, &self.rules));
        let without_words = |done: &mut Done| {
            let none = done.hits.within(words, text, &near).next().is_none();
            if none {
                done.scope = done.scope.max(Scope::Around);
            }
            none
        };
        if done.hits.reach(&near) && without_words(done) || random::is_language(&text[token.clone()]) {
            return None;
        }
        let owner = Owner::of(text, start);
        if owner.as_ref().is_none_or(|owner| owner.is_above || owner.may_hold_key(joined)) {
            done.scope = done.scope.max(Scope::Around);
        }
        let Some(owner) = owner.filter(|owner| owner.may_hold_key(joined)) else {
            done.refused = Some(start);
            return None;
        };
        if without_words(done) {
            return None;
        }
        let hits: Vec<Hit> = done.hits.within(words, text, &near).cloned().collect();
        let refused = RefCell::default();
        let value = Value { rules, text, start, end: token.end, hits: &hits, refused: &refused };
        let found = self.owned(&value, &owner, &mut done.scope);
        found.filter(|(_, key)| key.secret.end > token.start)
    }

    /// The key that a value is, by what it is assigned to.
    fn owned(&self, value: &Value<'_>, owner: &Owner, scope: &mut Scope) -> Option<(usize, Key)> {
        if owner.is_general || owner.is_keyish {
            let named = owner.name.clone().and_then(|name| value.named(&name, scope));
            if named.is_some() || !owner.is_general {
                return named;
            }
        }
        value.surrounded(scope)
    }

    /// For `explain`: what each rule whose regex matches the token says of it, context aside.
    pub(super) fn refusals(&self, rules: &RuleSet, text: &[u8], token: &Range<usize>) -> Vec<(usize, Refusal)> {
        let digits = &text[token.clone()];
        if !may_be_value(digits) || random::is_language(digits) {
            return Vec::new();
        }
        let (start, refused) = (value_start(text, token.clone()), RefCell::default());
        let value = Value { rules, text, start, end: token.end, hits: &[], refused: &refused };
        let refusal = |index: &usize| match value.of_rule(*index) {
            Err(Refusal::Shape) => None,
            Err(refusal) => Some((*index, refusal)),
            Ok(_) => Some((*index, Refusal::Context)),
        };
        let chosen = self.key(rules, text, token.clone(), &mut Done::default()).map(|(index, _)| index);
        self.rules.iter().filter(|index| chosen != Some(**index)).filter_map(refusal).collect()
    }
}

/// What a value is assigned to: the nearest name left of it.
struct Owner {
    /// Where the name stands; `None` if it is not the name that the value is assigned to.
    name: Option<Range<usize>>,
    is_general: bool,
    is_keyish: bool,
    /// Whether an operator stands between.
    assigned: bool,
    /// Whether it stands on another line.
    is_above: bool,
}

impl Owner {
    fn of(text: &[u8], start: usize) -> Option<Self> {
        let first = names(text, start).next()?;
        // In `NAME=${X:-value}` it is not X that the value is assigned to.
        let between = &text[first.range.end..start];
        let fallback = between.ends_with(b":-") || between.ends_with(b":=");
        let name = if fallback { Normal::of(b"default") } else { Normal::of(&text[first.range.clone()]) };
        let (is_general, is_keyish) = (name.is_general(), name.is_keyish());
        let is_above = between.contains(&b'\n');
        let name = (!fallback).then_some(first.range);
        Some(Self { name, is_general, is_keyish, assigned: first.assigned, is_above })
    }

    /// A part of a `joined` value, which may be a path, needs an owner that says so.
    fn may_hold_key(&self, joined: bool) -> bool {
        self.is_general || self.is_keyish || !(self.assigned || joined)
    }
}

/// A value that may be a key: what starts at `start`, of which the last token ends at `end`.
#[derive(Clone, Copy)]
struct Value<'a> {
    rules: &'a RuleSet,
    text: &'a [u8],
    start: usize,
    end: usize,
    /// The rules' words around it.
    hits: &'a [Hit],
    /// The rules that were tried and refused.
    refused: &'a RefCell<Vec<usize>>,
}

impl Value<'_> {
    /// By the name that it is assigned to.
    fn named(&self, name: &Range<usize>, scope: &mut Scope) -> Option<(usize, Key)> {
        let inside =
            |hit: &&Hit| hit.kind == WordKind::Name && hit.range.start >= name.start && hit.range.end <= name.end;
        let mut named: Vec<usize> = self.hits.iter().filter(inside).map(|hit| hit.rule).collect();
        named.sort_unstable();
        named.dedup();
        named.into_iter().find_map(|index| {
            *scope = Scope::Beyond;
            Some((index, self.once(index)?))
        })
    }

    /// By the names and words around it: the nearest decides.
    fn surrounded(&self, scope: &mut Scope) -> Option<(usize, Key)> {
        let &Self { text, start, end, hits, .. } = self;
        let mut keyish = false;
        for (count, name) in names(text, start).enumerate().take(14) {
            let normal = Normal::of(&text[name.range.clone()]);
            keyish |= normal.is_keyish() || normal.is_general();
            if count > 0
                && keyish
                && let Some(found) = self.named(&name.range, scope)
            {
                return Some(found);
            }
        }
        if !keyish {
            return None;
        }
        let context = hits.iter().filter(|hit| hit.kind == WordKind::Context);
        let mut near: Vec<(usize, usize)> = context
            .filter_map(|Hit { range, rule, .. }| match range {
                before if before.end <= start => Some((start - before.start, *rule)),
                after if after.start >= end => Some((after.start - end, *rule)),
                _ => None,
            })
            .collect();
        near.sort_unstable();
        near.dedup();
        near.into_iter().find_map(|(_, index)| {
            *scope = Scope::Beyond;
            let key = self.once(index)?;
            Some((index, Key { confidence: key.confidence.min(Confidence::Possible), ..key }))
        })
    }

    /// The same for rules that many names and words around may ask for.
    fn once(&self, index: usize) -> Option<Key> {
        if self.refused.borrow().contains(&index) {
            return None;
        }
        let key = self.of_rule(index).ok();
        if key.is_none() {
            self.refused.borrow_mut().push(index);
        }
        key
    }

    /// The key of a rule that starts here, or a little later (`local-` and the like).
    fn of_rule(&self, index: usize) -> Result<Key, Refusal> {
        let &Self { rules, text, start, end, .. } = self;
        let rule = &rules.rules()[index];
        let longest = rule.longest().min(end - start + 1200);
        let window = &text[start..text.len().min(start + longest)];
        steps::count(window.len());
        let window = if rule.may_cross_lines() { window } else { first_line(window, 0) };
        let groups = rule.shape().find_at(window, 0).ok_or(Refusal::Shape)?;
        let group = groups.get(rule.rule.secret_group.into()).or_else(|| groups.get(0)).ok_or(Refusal::Shape)?;
        let mut secret = start + group.start..start + group.end;
        secret.end = right_edge(rule, text, &secret).ok_or(Refusal::RightEdge)?;
        let value = &text[secret.clone()];
        if rules.is_identifier(value) {
            return Err(Refusal::Identifier);
        }
        match random::fault(random_part(value), rule.rule.entropy) {
            Some(fault) => Err(Refusal::NotRandom(fault)),
            None => Ok(Key { secret, confidence: rule.rule.confidence }),
        }
    }
}

/// What follows a short lead such as `sk-`.
fn random_part(value: &[u8]) -> &[u8] {
    let lead = value.iter().take(7).position(|byte| matches!(byte, b'-' | b'_')).map_or(0, |at| at + 1);
    if value[..lead].iter().all(|byte| !byte.is_ascii_digit()) { &value[lead..] } else { value }
}

/// Whether what stands left of a value says that it is none: the parameter of a generic type (`Promise<…`), or the
/// commit that a merge's conflict marker names.
fn is_marked_off(before: &[u8]) -> bool {
    match before {
        [.., name, b'<'] => name.is_ascii_alphanumeric(),
        [.., b' '] => before.ends_with(b">>>>>>> ") || before.ends_with(b"<<<<<<< "),
        _ => false,
    }
}

/// Where a value that dots, slashes and plus signs hold together starts, if what starts at `at` is a part of it;
/// `escaped`: backslashes hold it together too.
pub(super) fn reach(text: &[u8], at: usize, escaped: bool) -> usize {
    let limit = at.saturating_sub(FARTHEST);
    let most = if escaped { Joins::Escape } else { Joins::Mark };
    let mut start = at;
    while start > limit && JOINS[text[start - 1] as usize] <= most {
        start -= 1;
    }
    let skipped = text[start..at].iter().take_while(|&&byte| JOINS[byte as usize] != Joins::Letter).count();
    start + skipped
}

/// How far left a value's start is looked for.
const FARTHEST: usize = 128;

/// Whether a value goes on left of that: in a megabyte of base64 any place is as good a start as any other.
fn is_cut(text: &[u8], at: usize) -> bool {
    let before = at.checked_sub(FARTHEST + 1).and_then(|from| text.get(from..at));
    before.is_some_and(|before| before.iter().all(|&byte| JOINS[byte as usize] <= Joins::Mark))
}

/// Whether a value may go on left of what `byte` stands before.
pub(super) fn joins(byte: u8) -> bool {
    JOINS[byte as usize] <= Joins::Escape
}

/// What holds a value together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Joins {
    /// Or a digit.
    Letter,
    Mark,
    Escape,
    Never,
}

const JOINS: [Joins; 256] = {
    let mut table = [Joins::Never; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        if b.is_ascii_alphanumeric() {
            table[byte] = Joins::Letter;
        } else if matches!(b, b'_' | b'-' | b'.' | b'/' | b'+') {
            table[byte] = Joins::Mark;
        } else if b == b'\\' {
            table[byte] = Joins::Escape;
        }
        byte += 1;
    }
    table
};

/// A quick look: words have no digit or few changes of case, and checksums say what they are.
pub(super) fn may_be_value(token: &[u8]) -> bool {
    let has_digit = token.iter().fold(false, |any, byte| any | byte.is_ascii_digit());
    (has_digit || changes_case(token) || token.starts_with(b"sk-")) && !is_digest(token)
}

/// Whether two of five neighbours differ in whether they are capitals.
fn changes_case(token: &[u8]) -> bool {
    let pairs = token.iter().zip(token.iter().skip(1));
    let changes = pairs.map(|(a, b)| u32::from(a.is_ascii_uppercase() != b.is_ascii_uppercase())).sum::<u32>();
    changes as usize * 5 >= token.len() * 2
}

/// Whether it says that it is a checksum, as `integrity` in lock files does.
fn is_digest(text: &[u8]) -> bool {
    text.starts_with(b"sha") && matches!(text.get(3..7), Some(b"512-" | b"256-" | b"384-"))
        || text.starts_with(b"sha1-")
}

/// Where the value starts: after what belongs to an escape or to markup.
fn value_start(text: &[u8], token: Range<usize>) -> usize {
    let mut start = token.start;
    let before = &text[..start];
    let value = &text[token.clone()];
    if before.ends_with(b"=") && value.len() > 2 && value.starts_with(b"3D") {
        start += 2;
    } else if before.ends_with(b"[") || before.ends_with(b";") {
        let digits = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits <= 3 && value.get(digits) == Some(&b'm') {
            start += digits + 1;
        }
    } else if before.ends_with(b"\\") && matches!(value[0], b'n' | b'r' | b't') {
        start += 1;
    }
    while start + 1 < token.end && matches!(text[start], b'-' | b'_') {
        start += 1;
    }
    start
}

/// The names left of `start`, nearest first, on this line and the two above.
fn names(text: &[u8], start: usize) -> impl Iterator<Item = Name> + '_ {
    let limit = start.saturating_sub(LEFT);
    let mut at = start;
    let mut lines = 0;
    std::iter::from_fn(move || {
        let mut assigned = false;
        while at > limit && !(in_name(text[at - 1]) && text[at - 1].is_ascii_alphanumeric()) {
            at -= 1;
            match text[at] {
                b'=' | b':' => assigned = true,
                b'\n' => lines += 1,
                _ => {}
            }
        }
        if lines > 2 || at <= limit {
            return None;
        }
        let end = at;
        while at > limit && in_name(text[at - 1]) {
            at -= 1;
        }
        steps::count(start - at);
        // The letter of an escape is no part of the name: `\nMISTRAL_API_KEY`.
        let escaped = at > 0 && text[at - 1] == b'\\' && matches!(text[at], b'n' | b'r' | b't');
        Some(Name { range: at + usize::from(escaped)..end, assigned })
    })
}

fn in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// A name in lower case without its separators: `azureOpenAiKey` and `AZURE_OPENAI_KEY` are the same.
#[derive(Debug)]
struct Normal {
    bytes: [u8; Self::LONGEST],
    length: usize,
}

impl Normal {
    /// Of a longer name, the end counts.
    const LONGEST: usize = 80;

    fn of(name: &[u8]) -> Self {
        let mut normal = Self { bytes: [0; Self::LONGEST], length: 0 };
        for &byte in &name[name.len().saturating_sub(Self::LONGEST)..] {
            if byte.is_ascii_alphanumeric() {
                normal.bytes[normal.length] = byte.to_ascii_lowercase();
                normal.length += 1;
            }
        }
        normal
    }

    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// Whether it says that its value is a credential.
    fn is_keyish(&self) -> bool {
        let name = self.as_bytes();
        let starts = |pair: &[u8], rest: &[u8]| match pair {
            b"ke" => rest.starts_with(b"key"),
            b"to" => rest.starts_with(b"token"),
            b"se" => rest.starts_with(b"secret"),
            b"su" => rest.starts_with(b"subscription"),
            b"pa" => rest.starts_with(b"passw") || rest.starts_with(b"pat"),
            b"au" => rest.starts_with(b"auth"),
            b"cr" => rest.starts_with(b"credential"),
            b"jw" => rest.starts_with(b"jwt"),
            b"be" => rest.starts_with(b"bearer"),
            _ => false,
        };
        name.windows(2).enumerate().any(|(at, pair)| starts(pair, &name[at..]))
    }

    /// Whether it names a credential, or nothing, of nobody in particular.
    fn is_general(&self) -> bool {
        matches!(
            self.as_bytes(),
            b"key"
                | b"keys"
                | b"apikey"
                | b"apikeys"
                | b"xapikey"
                | b"apikeyid"
                | b"token"
                | b"apitoken"
                | b"accesstoken"
                | b"authtoken"
                | b"secret"
                | b"apisecret"
                | b"secretkey"
                | b"accesskey"
                | b"clientsecret"
                | b"password"
                | b"passwd"
                | b"pass"
                | b"credential"
                | b"credentials"
                | b"auth"
                | b"authkey"
                | b"authorization"
                | b"bearer"
                | b"basic"
                | b"value"
                | b"default"
                | b"data"
                | b"string"
                | b"str"
                | b"val"
                | b"env"
                | b"getenv"
                | b"get"
                | b"set"
                | b"export"
                | b"const"
                | b"is"
                | b"u"
                | b"h"
                | b"subscriptionkey"
        )
    }
}
