//! Weighs the words around a value: the name that it is assigned to, the host that it is sent to, the call, section or
//! object that it is in, an import.

use std::ops::Range;

use super::enclosure::Enclosure;
use super::evidence::{Evidence, Witness};
use super::exits::{Exits, LEVELS};
use super::identifier::{NameClass, Ownership, VariableName};
use super::owner::{Holder, Owner};
use super::settings::{
    alias, head, is_assigned, is_host, is_imported, is_imported_as, name_around, name_before, setting,
};
use super::steps;
use super::words::{Hit, WordKind};

/// How far before and after a value any word counts, in bytes.
const NEAR_LEFT: usize = 300;
const NEAR_RIGHT: usize = 160;

/// A value and the text around it.
#[derive(Debug)]
pub(super) struct Surroundings<'a> {
    pub(super) text: &'a [u8],
    pub(super) value: Range<usize>,
    pub(super) owner: &'a Owner,
    pub(super) enclosure: &'a Enclosure,
    /// Where the text after the value leaves the brackets around it (innermost first), and the item of a list.
    pub(super) exits: Exits,
}

impl Surroundings<'_> {
    /// The evidence from a rule's words around the value.
    pub(super) fn evidence<'h>(&self, hits: impl Iterator<Item = &'h Hit>) -> Evidence {
        let mut evidence = Evidence::of_needed(self.needed());
        for hit in hits {
            if let Some((witness, weight)) = self.weigh(hit) {
                evidence.add(witness, weight);
            }
        }
        evidence
    }

    /// The sum that is needed: more if the value's name says little, or belongs to somebody else.
    fn needed(&self) -> u8 {
        let owned = self.owner.identifier.owned();
        match (self.owner.holder, owned) {
            (Holder::Credential | Holder::Label, Ownership::Anyones) => 2,
            (Holder::Credential | Holder::Label, Ownership::Compatible) => 5,
            (Holder::Secret, Ownership::Anyones) => 7,
            (Holder::Callee, _) => 4,
            (Holder::Nothing, _) => 6,
            (Holder::Provider, _) => 9,
            // The address, and a name beside it.
            (Holder::Row, _) => 10,
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
            let alias = self.owner.name.clone().and_then(|name| alias(&text[name]));
            let is_alias = alias.is_some_and(|alias| is_imported_as(text, range.end, alias));
            return Some((Witness::Import, if is_alias { 10 } else { 4 }));
        }
        let opens = &self.enclosure.opens;
        let inner = opens.iter().rev().take_while(|open| open.at > range.start).count();
        let outer = opens.len() - inner;
        let is_near = start - range.end <= NEAR_LEFT;
        if is_near && let Some(host) = self.weigh_own_setting(hit) {
            return Some(host);
        }
        // Before the opening bracket: `Mistral({`, `"mistral": {`.
        if inner > 0 {
            let (head, call) = head(text, opens[outer].at);
            if range.start >= head.start && range.end <= head.end {
                let is_key = VariableName::of(&text[head]).class() == NameClass::Credential;
                return Some(match (call, is_key) {
                    (true, _) => (Witness::Call, 7),
                    (false, true) => (Witness::Section, 8),
                    (false, false) => (Witness::Section, 6),
                });
            }
            if outer > 0 && opens[outer - 1].byte == b'[' {
                return self.weigh_pair(hit, is_near);
            }
        }
        if self.is_in_line_above(range) {
            let is_host = hit.kind == WordKind::Context && is_host(text, range);
            return Some(if is_host { (Witness::Host, 8) } else { (Witness::Section, 6) });
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
        // A rule's word may hold the bracket itself.
        let between = text.get(range.end..to).unwrap_or_default();
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
            // Behind the end of a list it is still in the object that the list belongs to.
            if is_near && !self.is_in_another_item(range.start) {
                return self.weigh_host(hit, is_near, 1).or_else(|| self.weigh_beside(range, 1, is_near));
            }
            return self.weigh_pair(hit, is_near);
        }
        self.weigh_host(hit, is_near || left < opens.len().min(LEVELS), left)
            .or_else(|| self.weigh_beside(range, left, is_near))
    }

    /// Whether another item of a list that the value's item stands in starts before `at`, right of the value.
    fn is_in_another_item(&self, at: usize) -> bool {
        let own = self.enclosure.lines.last().map_or(0, |line| line.indent);
        let between = &self.text[self.exits.item.min(at)..at];
        steps::count(between.len());
        between.split(|&byte| byte == b'\n').any(|line| {
            let indent = line.iter().take_while(|byte| **byte == b' ').count();
            indent < own && line[indent..].starts_with(b"- ")
        })
    }

    /// A setting that belongs to the key by its name: `LLM_PROVIDER=mistral` next to `LLM_API_KEY`, or the URL in
    /// `OPENAI_BASE_URL` next to `OPENAI_API_KEY`; also as items of a list.
    fn weigh_own_setting(&self, hit: &Hit) -> Option<(Witness, u8)> {
        let owner = &self.owner.identifier;
        if !owner.has_stem() {
            return None;
        }
        let name = name_around(self.text, &hit.range);
        let setting = setting(self.text, hit.range.start)?;
        // In `KEY=… # mistral` the word is no setting, but what stands behind the value.
        let is_behind = self
            .text
            .get(self.value.end..hit.range.start)
            .is_some_and(|between| memchr::memchr2(b'=', b':', between).is_none());
        let is_host = hit.kind == WordKind::Context && is_host(self.text, &hit.range);
        // The name of a service of somebody else may hold the word: `DD_SERVICE=mistral-proxy`.
        let is_all = name == hit.range || is_host || owner.owned() != Ownership::Somebodys;
        let is_own = setting.goes_with(owner) && !is_assigned(self.text, name.end) && !is_behind && is_all;
        is_own.then_some((if is_host { Witness::Host } else { Witness::Beside }, 10))
    }

    /// A URL in another item of the same list, where each item is one setting: `- API key: …`, or `{"key": "baseUrl",
    /// "value": …}`.
    fn weigh_pair(&self, hit: &Hit, is_near: bool) -> Option<(Witness, u8)> {
        let is_host = hit.kind == WordKind::Context && is_near && is_host(self.text, &hit.range);
        if !is_host || self.owner.identifier.owned() != Ownership::Anyones {
            return None;
        }
        if is_host_header(self.text, hit.range.start) {
            return Some((Witness::Host, 6));
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

    /// The weight of a host of the provider, this many levels of brackets further out.
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

    /// The weight of a word in the same object, or nearby.
    fn weigh_beside(&self, range: &Range<usize>, levels: usize, is_near: bool) -> Option<(Witness, u8)> {
        let name = name_around(self.text, range);
        let identifier = VariableName::of(&self.text[name.clone()]);
        let is_name = is_assigned(self.text, name.end);
        let between = self.value.end.min(range.start)..range.start;
        let is_line = range.start >= self.enclosure.line && !self.text[between].contains(&b'\n');
        if matches!(identifier.class(), NameClass::Credential | NameClass::Secret) {
            // A key with its own value says nothing about this one; next to a `value` it is its name.
            return if is_name {
                (is_near
                    && self.owner.identifier.owned() == Ownership::Anyones
                    && self.owner.holder == Holder::Credential)
                    .then_some((Witness::Beside, 2))
            } else if self.may_have_name_beside()
                && (levels == 0 && (is_line || !self.enclosure.opens.is_empty() || self.is_in_own_item(range))
                    || levels == 1 && is_line && self.is_in_chain(range))
            {
                Some((Witness::Name, 10))
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

    /// Whether the name of the credential may stand beside it: it is a `value`, a `secret`, or an argument of a function that
    /// keeps credentials, as in `create_secret('…', 'mistral_api_key')`.
    fn may_have_name_beside(&self) -> bool {
        let is_call = || self.owner.name.as_ref().is_some_and(|name| self.text.get(name.end) == Some(&b'('));
        match self.owner.holder {
            Holder::Nothing => true,
            Holder::Secret => self.owner.identifier.owned() == Ownership::Anyones || is_call(),
            Holder::Credential => is_call(),
            _ => false,
        }
    }

    /// Whether a word is in the item of a list that the value is in.
    fn is_in_own_item(&self, range: &Range<usize>) -> bool {
        let item = self.enclosure.item(self.text);
        item.is_some_and(|item| range.start >= item.start && range.end <= self.exits.item)
    }

    /// Whether a word is in the next call of a chain: `Secret(value="…").save("mistral-api-key")`.
    fn is_in_chain(&self, range: &Range<usize>) -> bool {
        let between = self.text.get(self.value.end..range.start).unwrap_or_default();
        memchr::memmem::find(between, b").").is_some()
    }

    /// Whether a word is in a line that the value's line is indented under, or in the line with the section's name.
    fn is_in_line_above(&self, range: &Range<usize>) -> bool {
        let lines = &self.enclosure.lines;
        let above = lines.split_last().map_or(&[][..], |(_, above)| above);
        let starts = above.iter().map(|line| line.start).chain(self.enclosure.section);
        starts.into_iter().any(|start| {
            range.start >= start && range.end - start <= NEAR_LEFT && !self.text[start..range.end].contains(&b'\n')
        })
    }
}

/// Whether the host at the position is that of a request: `("Host", "api.mistral.ai")`.
fn is_host_header(text: &[u8], at: usize) -> bool {
    let before = name_before(text, at);
    // Python writes bytes as `b'…'`.
    let name = if &text[before.clone()] == b"b" { name_before(text, before.start) } else { before };
    text[name.clone()].eq_ignore_ascii_case(b"host") || &text[name] == b"authority"
}
