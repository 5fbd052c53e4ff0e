//! Whose is a value? Everything around it that speaks for a rule is weighed, and the sum decides: the name that it is
//! assigned to, the host that it is sent to, the call, section or object that it stands in, an import. A name that
//! belongs to somebody else raises what the rest has to come to; it hides nothing.

use std::fmt;
use std::ops::Range;

use super::enclosure::Enclosure;
use super::identifier::{NameClass, Ownership, VariableName};
use super::owner::{Holder, Owner, in_name};
use super::steps;
use super::words::{Hit, WordKind};

/// What speaks for a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Witness {
    /// The name that the value is assigned to.
    Name,
    /// An address of the provider.
    Host,
    /// The function or constructor that the value is passed to.
    Call,
    /// The section, object or group that it stands in.
    Section,
    /// The statement or line that it stands in, or a setting beside it.
    Beside,
    /// A module that is imported.
    Import,
}

impl Witness {
    const COUNT: usize = 6;

    const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Host => "host",
            Self::Call => "call",
            Self::Section => "section",
            Self::Beside => "beside",
            Self::Import => "import",
        }
    }
}

/// What speaks for one rule: the best of each kind counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    weights: [u8; Witness::COUNT],
    /// What the sum must reach.
    pub(super) needed: u8,
}

impl Evidence {
    const ALL: [Witness; Witness::COUNT] =
        [Witness::Name, Witness::Host, Witness::Call, Witness::Section, Witness::Beside, Witness::Import];

    /// The sum.
    pub fn sum(&self) -> u8 {
        self.weights.iter().sum()
    }

    /// Whether it is enough.
    pub(super) fn is_enough(&self) -> bool {
        self.sum() >= self.needed
    }

    /// Whether it says as much as the provider's own variable does.
    pub(super) fn is_strong(&self) -> bool {
        const STRONG: u8 = 8;
        self.sum() >= STRONG
    }

    fn add(&mut self, witness: Witness, weight: u8) {
        let held = &mut self.weights[witness as usize];
        *held = weight.max(*held);
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = Self::ALL.into_iter().filter(|witness| self.weights[*witness as usize] > 0);
        let parts: Vec<String> =
            held.map(|witness| format!("{} {}", witness.as_str(), self.weights[witness as usize])).collect();
        let sum = if parts.len() == 1 { String::new() } else { format!(" = {}", self.sum()) };
        let parts = if parts.is_empty() { "nothing".to_owned() } else { parts.join(" + ") };
        write!(f, "{parts}{}, {} needed", if self.sum() == 0 { "" } else { &sum }, self.needed)
    }
}

/// How far left and right of a value any word counts.
const NEAR_LEFT: usize = 300;
const NEAR_RIGHT: usize = 160;
/// So many brackets further out an address still counts.
const LEVELS: usize = 5;

/// A value and what stands around it.
#[derive(Debug)]
pub(super) struct Surroundings<'a> {
    pub(super) text: &'a [u8],
    pub(super) value: Range<usize>,
    pub(super) owner: &'a Owner,
    pub(super) enclosure: &'a Enclosure,
    /// Where what stands right of the value leaves the brackets it stands in, innermost first, or the item of a list.
    pub(super) exits: Exits,
}

/// Where the text right of a value leaves what the value stands in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exits {
    brackets: [usize; Self::MOST],
    item: usize,
}

impl Exits {
    const MOST: usize = LEVELS;

    /// Of a value that ends at `from`; what stands behind `to` does not matter.
    pub(super) fn of(text: &[u8], from: usize, to: usize, enclosure: &Enclosure) -> Self {
        let mut exits = Self { brackets: [usize::MAX; Self::MOST], item: usize::MAX };
        let to = to.min(text.len());
        steps::count(to.saturating_sub(from));
        let own = enclosure.lines.last().map_or(0, |line| line.indent);
        let (mut open, mut left) = (0_usize, 0);
        for at in from..to {
            match text[at] {
                b'(' | b'[' | b'{' => open += 1,
                b')' | b']' | b'}' if open > 0 => open -= 1,
                b')' | b']' | b'}' if left < Self::MOST => {
                    exits.brackets[left] = at;
                    left += 1;
                }
                b'\n' if own > 0 && exits.item == usize::MAX => {
                    let line = &text[at + 1..text.len().min(at + 1 + own)];
                    let indent = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
                    if indent < own && !matches!(line.get(indent), None | Some(b'\n' | b'\r')) {
                        exits.item = at;
                    }
                }
                _ => {}
            }
        }
        exits
    }
}

impl Surroundings<'_> {
    /// What a rule's words around the value come to.
    pub(super) fn evidence<'h>(&self, hits: impl Iterator<Item = &'h Hit>) -> Evidence {
        let mut evidence = Evidence { needed: self.needed(), ..Evidence::default() };
        for hit in hits {
            if let Some((witness, weight)) = self.weigh(hit) {
                evidence.add(witness, weight);
            }
        }
        evidence
    }

    /// What the sum must reach: the less the value's name says, and the more of somebody else, the more.
    fn needed(&self) -> u8 {
        let owned = self.owner.identifier.owned();
        match (self.owner.holder, owned) {
            (Holder::Credential | Holder::Label, Ownership::Anyones) => 2,
            (Holder::Credential | Holder::Label, Ownership::Compatible) => 5,
            (Holder::Secret, Ownership::Anyones) => 7,
            (Holder::Callee, _) => 4,
            (Holder::Nothing, _) => 6,
            (Holder::Provider, _) => 9,
            (Holder::Credential | Holder::Secret | Holder::Label, _) => 10,
        }
    }

    fn weigh(&self, hit: &Hit) -> Option<(Witness, u8)> {
        let Hit { range, kind, .. } = hit;
        let Range { start, end } = self.value;
        if range.start < end && range.end > start {
            return None;
        }
        if let Some(name) = &self.owner.name
            && range.start >= name.start
            && range.end <= name.end
        {
            return match (kind, self.owner.holder) {
                (WordKind::Name, Holder::Callee) => Some((Witness::Call, 7)),
                (WordKind::Name, _) => Some((Witness::Name, 10)),
                (WordKind::Context, _) => Some((Witness::Name, 6)),
            };
        }
        if range.end <= start { self.weigh_left(hit) } else { self.weigh_right(hit) }
    }

    fn weigh_left(&self, hit: &Hit) -> Option<(Witness, u8)> {
        let (text, range, start) = (self.text, &hit.range, self.value.start);
        if is_imported(text, range.start) {
            return Some((Witness::Import, 4));
        }
        let opens = &self.enclosure.opens;
        let inner = opens.iter().rev().take_while(|open| open.at > range.start).count();
        let outer = opens.len() - inner;
        let is_near = start - range.end <= NEAR_LEFT;
        if is_near && let Some(host) = self.weigh_own_setting(hit) {
            return Some(host);
        }
        // In the head of a bracket: `Mistral({`, `"mistral": {`.
        if inner > 0 {
            let (head, call) = head(text, opens[outer].at);
            if range.start >= head.start && range.end <= head.end {
                return Some(if call { (Witness::Call, 7) } else { (Witness::Section, 6) });
            }
            if outer > 0 && opens[outer - 1].byte == b'[' {
                return self.weigh_pair(hit, is_near);
            }
        }
        if self.is_in_line_above(range) {
            return Some((Witness::Section, 6));
        }
        if self.enclosure.item(text).is_some_and(|item| range.start < item.start && range.start >= item.list) {
            return self.weigh_pair(hit, is_near);
        }
        if self.enclosure.section.is_some_and(|section| range.start < section) {
            return None;
        }
        if let Some(host) = self.weigh_host(hit, is_near || inner < opens.len().min(LEVELS), inner) {
            return Some(host);
        }
        let to = if inner == 0 { start } else { opens[outer].at };
        let between = &text[range.end..to];
        let is_own =
            between.len() <= NEAR_LEFT && !between.iter().any(|byte| matches!(byte, b',' | b';' | b'&' | b'\n'));
        if is_own {
            return Some((Witness::Beside, 7));
        }
        self.weigh_beside(range, inner, is_near)
    }

    fn weigh_right(&self, hit: &Hit) -> Option<(Witness, u8)> {
        let range = &hit.range;
        let opens = &self.enclosure.opens;
        let left = self.exits.brackets.iter().take_while(|exit| **exit < range.start).count();
        let is_near = range.start - self.value.end <= NEAR_RIGHT;
        if is_near && let Some(host) = self.weigh_own_setting(hit) {
            return Some(host);
        }
        if left > 0 && opens.len().checked_sub(left + 1).is_some_and(|outer| opens[outer].byte == b'[') {
            return self.weigh_pair(hit, is_near);
        }
        if range.start > self.exits.item && opens.is_empty() {
            return self.weigh_pair(hit, is_near);
        }
        self.weigh_host(hit, is_near || left < opens.len().min(LEVELS), left)
            .or_else(|| self.weigh_beside(range, left, is_near))
    }

    /// A setting that belongs to the key by its name: `LLM_PROVIDER=mistral` beside `LLM_API_KEY`, or the address in
    /// `OPENAI_BASE_URL` beside `OPENAI_API_KEY`; also as items of a list.
    fn weigh_own_setting(&self, hit: &Hit) -> Option<(Witness, u8)> {
        let owner = &self.owner.identifier;
        if !owner.has_stem() {
            return None;
        }
        let name = name_around(self.text, &hit.range);
        let setting = setting(self.text, hit.range.start)?;
        let is_own = setting.goes_with(owner) && !is_assigned(self.text, name.end);
        let is_host = hit.kind == WordKind::Context && is_host(self.text, &hit.range);
        is_own.then_some((if is_host { Witness::Host } else { Witness::Beside }, 10))
    }

    /// An address in another item of the list that the value stands in, where each item is one setting: `- API key: …`, or
    /// `{"key": "baseUrl", "value": …}`.
    fn weigh_pair(&self, hit: &Hit, is_near: bool) -> Option<(Witness, u8)> {
        let is_host = hit.kind == WordKind::Context && is_near && is_host(self.text, &hit.range);
        if !is_host || self.owner.identifier.owned() != Ownership::Anyones {
            return None;
        }
        let name = self.owner.name.as_ref()?;
        let label = name_before(self.text, name.start);
        let is_label = [&b"key"[..], b"name"].contains(&&self.text[label]);
        let is_item = |at: usize| {
            let line = memchr::memrchr(b'\n', &self.text[at.saturating_sub(NEAR_LEFT)..at]);
            let line = line.map_or(at, |end| at.saturating_sub(NEAR_LEFT) + end + 1);
            self.text[line..].trim_ascii_start().starts_with(b"- ")
        };
        (is_label || is_item(hit.range.start) && is_item(self.value.start)).then_some((Witness::Host, 6))
    }

    /// An address of the provider, if the word is one, so many levels of brackets further out.
    fn weigh_host(&self, hit: &Hit, is_near: bool, levels: usize) -> Option<(Witness, u8)> {
        if hit.kind != WordKind::Context || !is_near || !is_host(self.text, &hit.range) {
            return None;
        }
        let is_others = setting(self.text, hit.range.start)
            .is_some_and(|setting| setting.has_stem() && !setting.goes_with(&self.owner.identifier));
        let is_object = !self.enclosure.opens.is_empty() || self.enclosure.section.is_some();
        Some((
            Witness::Host,
            match (self.owner.identifier.owned(), self.owner.holder) {
                (Ownership::Anyones | Ownership::Compatible, _) if !is_others => 8,
                (Ownership::Anyones, holder) if holder != Holder::Secret => 6,
                (Ownership::Compatible, _) => 5,
                (Ownership::Somebodys, _) if !is_others && is_object && levels == 0 => 6,
                _ => 4,
            },
        ))
    }

    /// A word in the same object, or near.
    fn weigh_beside(&self, range: &Range<usize>, levels: usize, is_near: bool) -> Option<(Witness, u8)> {
        let name = name_around(self.text, range);
        let identifier = VariableName::of(&self.text[name.clone()]);
        let is_name = is_assigned(self.text, name.end);
        let between = self.value.end.min(range.start)..range.start;
        let is_line = range.start >= self.enclosure.line && !self.text[between].contains(&b'\n');
        if matches!(identifier.class(), NameClass::Credential | NameClass::Secret) {
            // A key that has a value of its own says nothing of this one; beside a `value`, it is its name.
            return if is_name {
                (is_near
                    && self.owner.identifier.owned() == Ownership::Anyones
                    && self.owner.holder == Holder::Credential)
                    .then_some((Witness::Beside, 2))
            } else if levels == 0
                && self.owner.holder == Holder::Nothing
                && (is_line || !self.enclosure.opens.is_empty())
            {
                Some((Witness::Name, 9))
            } else {
                is_near.then_some((Witness::Beside, 3))
            };
        }
        let is_object = !self.enclosure.opens.is_empty() || self.enclosure.item(self.text).is_some();
        match levels {
            0 if is_object && !is_name => Some((Witness::Beside, 5)),
            0 if self.enclosure.section.is_some() => Some((Witness::Beside, 4)),
            1 if is_object && !is_name && self.enclosure.opens.len() > 1 => Some((Witness::Beside, 4)),
            _ if is_near && is_line => Some((Witness::Beside, 3)),
            _ if is_near => Some((Witness::Beside, 2)),
            _ => None,
        }
    }

    /// Whether it stands in a line that the value's line is indented under, or that names the section.
    fn is_in_line_above(&self, range: &Range<usize>) -> bool {
        let lines = &self.enclosure.lines;
        let above = lines.split_last().map_or(&[][..], |(_, above)| above);
        let starts = above.iter().map(|line| line.start).chain(self.enclosure.section);
        starts.into_iter().any(|start| {
            range.start >= start && range.end - start <= NEAR_LEFT && !self.text[start..range.end].contains(&b'\n')
        })
    }
}

impl Enclosure {
    /// The item of a list that the place stands in.
    fn item(&self, text: &[u8]) -> Option<ListItem> {
        let index = self.lines.iter().rposition(|line| text[line.start + line.indent..].starts_with(b"- "))?;
        let list = index.checked_sub(1).map_or(0, |above| self.lines[above].start);
        Some(ListItem { list, start: self.lines[index].start })
    }
}

/// An item of a list that is written in lines.
struct ListItem {
    /// Where the line above the list starts.
    list: usize,
    start: usize,
}

/// The name before an open bracket, and whether the bracket is that of a call.
pub(super) fn head(text: &[u8], open: usize) -> (Range<usize>, bool) {
    const FARTHEST: usize = 24;
    let mut at = open;
    let mut call = text[open] == b'(';
    let floor = open.saturating_sub(FARTHEST);
    while at > floor
        && matches!(text[at - 1], b' ' | b'\t' | b'\n' | b'"' | b'\'' | b'\\' | b':' | b'=' | b'>' | b'(' | b'{' | b'[')
    {
        call |= text[at - 1] == b'(';
        at -= 1;
    }
    let end = at;
    let floor = at.saturating_sub(80);
    while at > floor && (in_name(text[at - 1]) || text[at - 1] == b':') {
        at -= 1;
    }
    (at..end, call)
}

/// Whether a word is part of an address.
fn is_host(text: &[u8], range: &Range<usize>) -> bool {
    const LONGEST: usize = 64;
    if text[range.clone()].contains(&b'.') {
        return true;
    }
    let before = &text[range.start.saturating_sub(LONGEST)..range.start];
    let url = before.iter().rev().take_while(|&&byte| in_name(byte)).count();
    before[..before.len() - url].ends_with(b"://")
        && text[range.end..].iter().find(|byte| !in_name(**byte)).is_some()
        && text[range.start..].iter().take_while(|byte| in_name(**byte)).any(|byte| *byte == b'.')
}

/// The name of what a word is the value of, or a part of the value: `OPENAI_BASE_URL` of an address.
fn setting(text: &[u8], at: usize) -> Option<VariableName> {
    const FARTHEST: usize = 64;
    let floor = at.saturating_sub(FARTHEST);
    steps::count(at - floor);
    let mut end = at;
    loop {
        let byte = *text.get(end.checked_sub(1)?)?;
        let is_sign = matches!(byte, b'=' | b':') && !text[end..].starts_with(b"//");
        if matches!(byte, b'\n' | b',' | b';' | b'{') || end <= floor {
            return None;
        }
        end -= 1;
        if is_sign {
            break;
        }
    }
    let name = name_before(text, end);
    let identifier = VariableName::of(&text[name.clone()]);
    if name.is_empty() {
        return None;
    }
    if identifier.class() != NameClass::Nothing {
        return Some(identifier);
    }
    // `name: OPENAI_BASE_URL` stands beside `value:`.
    let mut at = name.start;
    for _ in 0..3 {
        let name = name_before(text, at);
        let identifier = VariableName::of(&text[name.clone()]);
        if !name.is_empty() && identifier.has_stem() {
            return Some(identifier);
        }
        at = name.start;
    }
    None
}

/// The name that ends at `end`, over what may stand between it and its value.
fn name_before(text: &[u8], mut end: usize) -> Range<usize> {
    const BETWEEN: usize = 40;
    let is_between =
        |byte: u8| matches!(byte, b' ' | b'\t' | b'\n' | b',' | b'"' | b'\'' | b'\\' | b':' | b'?' | b'=' | b']');
    end -= text[..end].iter().rev().take(BETWEEN).take_while(|byte| is_between(**byte)).count();
    let length = text[..end].iter().rev().take(80).take_while(|byte| in_name(**byte)).count();
    end - length..end
}

/// The whole name that a word is part of.
fn name_around(text: &[u8], range: &Range<usize>) -> Range<usize> {
    const MOST: usize = 48;
    let left = text[..range.start].iter().rev().take(MOST).take_while(|byte| in_name(**byte)).count();
    let right = text[range.end..].iter().take(MOST).take_while(|byte| in_name(**byte)).count();
    range.start - left..range.end + right
}

/// Whether something is assigned to the name that ends at `end`.
fn is_assigned(text: &[u8], end: usize) -> bool {
    let after = text[end..].iter().take(4).find(|byte| !matches!(byte, b' ' | b'"' | b'\'' | b'\\' | b']'));
    matches!(after, Some(b'=' | b':'))
}

/// Whether a line that imports something stands there.
fn is_imported(text: &[u8], at: usize) -> bool {
    const LONGEST: usize = 160;
    const STARTS: &[&[u8]] = &[
        b"import ",
        b"from ",
        b"use ",
        b"using ",
        b"require",
        b"#include",
        b"library(",
        b"package:",
        b"@import",
        b"open ",
        b"%pip install",
        b"!pip install",
        b"pip install",
    ];
    let from = at.saturating_sub(LONGEST);
    let Some(line) = memchr::memrchr(b'\n', &text[from..at]).map(|end| from + end + 1).or((from == 0).then_some(0))
    else {
        return false;
    };
    let blank =
        text[line..at].iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b'\\' | b'>')).count();
    let head = &text[line + blank..];
    STARTS.iter().any(|start| head.starts_with(start))
        || memchr::memmem::find(&text[line..text.len().min(at + 24)], b"require(").is_some()
}
