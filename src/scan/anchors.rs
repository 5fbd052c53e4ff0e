//! Finds the anchors of all rules in a text: a hash table of their first three bytes, looked up at each byte of a
//! run.

use std::ops::Range;
use std::sync::OnceLock;

use super::decode;
use super::outline::Outline;
use crate::core::narrow::narrow;
use crate::core::order::ListOrder as _;
use crate::rule::{Compiled, Rule, RuleSet, Text};

/// The anchors of a rule set.
#[derive(Debug)]
pub(super) struct Anchors {
    /// For each hash of three bytes: whether an anchor may start with them.
    starts: Box<[bool; 1 << HASH_BITS]>,
    /// For each hash of three bytes: whether a key may start with them.
    opens: Box<[bool; 1 << HASH_BITS]>,
    /// The fixed texts that keys start with, by their first three bytes.
    openers: Vec<(u32, Text)>,
    /// For each of these hashes, the first of its probes.
    first: Box<[u32; 1 << HASH_BITS]>,
    /// The probes, by the hash of their first three bytes.
    probes: Vec<(u32, Probe)>,
    /// Anchors with a byte that a run cannot contain; they are searched for before the start of a run.
    leads: Vec<(Vec<u8>, Probe)>,
    /// The bytes that end such an anchor.
    lead_ends: [bool; 256],
    /// Anchors that start with a byte that a run cannot contain, and end a key; they are searched for at the end of a
    /// run.
    tails: Vec<Probe>,
    /// The bytes that start such an anchor.
    tail_starts: [bool; 256],
}

/// A marker in place of a rule's index: base64 of gzip starts here.
pub(super) const GZIP: usize = usize::MAX;

/// One anchor of one rule.
#[derive(Clone, Debug)]
pub(super) struct Probe {
    pub(super) rule: usize,
    text: Text,
    /// Whether the previous probe has the same text.
    is_repeated: bool,
    outline: OnceLock<Option<Outline>>,
}

impl Probe {
    /// What the rule's regex requires of the text around the anchor; computed on first use.
    pub(super) fn outline(&self, rule: &Compiled) -> Option<&Outline> {
        self.outline.get_or_init(|| Outline::of(&rule.rule.regex, self.text.as_bytes())).as_ref()
    }
}

/// Whether keys may contain a byte.
pub(super) fn in_key(byte: u8) -> bool {
    IN_KEY[byte as usize]
}

#[allow(clippy::cast_possible_truncation, reason = "each byte once")]
const IN_KEY: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = (byte as u8).is_ascii_alphanumeric() || matches!(byte as u8, b'_' | b'-');
        byte += 1;
    }
    table
};

/// The number of bits of a hash. A table of this size fits into the fastest processor cache; one entry in fifty is
/// used.
const HASH_BITS: u32 = 13;

/// Whether the text may continue with another part of the same string: after the end of a literal and an operator or
/// another literal, on the next line, or after a tag or an invisible character.
fn is_expression(text: &[u8]) -> bool {
    let rest = match text {
        [b'"' | b'\'' | b'`', rest @ ..] => rest,
        [first, ..] => return matches!(first, b'\n' | b'\r' | b'\\' | b'<' | b'&' | 0x80..),
        [] => return false,
    };
    let next = rest.iter().take(8).find(|byte| !byte.is_ascii_whitespace());
    next.is_some_and(|byte| matches!(byte, b'+' | b'.' | b'&' | b'~' | b'"' | b'\'' | b'`' | b'\\' | b'<'))
}

/// Three bytes as a number, in little-endian order.
fn three([a, b, c]: [u8; 3]) -> u32 {
    u32::from_le_bytes([a, b, c, 0])
}

/// The literal that a regex starts with, as far as it consists of key bytes.
fn lead(regex: &str) -> Text {
    let length = regex.bytes().take_while(|&byte| in_key(byte)).count();
    let is_repeated = matches!(regex.as_bytes().get(length), Some(b'?' | b'*' | b'+' | b'{'));
    regex.get(..length - usize::from(is_repeated && length > 0)).unwrap_or_default().to_owned().into()
}

/// The hash of three bytes; `key` is in little-endian order.
fn hash(key: u32) -> usize {
    (key.wrapping_mul(0x9e37_7900) >> (32 - HASH_BITS)) as usize
}

impl Anchors {
    pub(super) fn of(rules: &RuleSet) -> Self {
        let mut anchors = Self {
            starts: Box::new([false; 1 << HASH_BITS]),
            opens: Box::new([false; 1 << HASH_BITS]),
            openers: Vec::new(),
            first: Box::new([0; 1 << HASH_BITS]),
            probes: Vec::new(),
            leads: Vec::new(),
            lead_ends: [false; 256],
            tails: Vec::new(),
            tail_starts: [false; 256],
        };
        for (rule, compiled) in rules.rules().iter().enumerate() {
            anchors.open(&compiled.rule);
            for anchor in compiled.rule.anchors.iter() {
                let probe = Probe { rule, text: anchor.clone(), is_repeated: false, outline: OnceLock::new() };
                let text = anchor.as_bytes();
                if compiled.rule.lookback > 0 && !in_key(text[0]) && text[1..].iter().all(|&b| in_key(b)) {
                    anchors.tail_starts[text[0] as usize] = true;
                    anchors.tails.push(probe);
                } else {
                    anchors.add(probe);
                }
            }
        }
        anchors.probes.order_by(|(a, one), (b, other)| {
            (hash(*a), a, &one.text, one.rule).cmp(&(hash(*b), b, &other.text, other.rule))
        });
        // This is found in the same pass, at no extra cost.
        let gzip = decode::GZIP.into();
        anchors.add(Probe { rule: GZIP, text: gzip, is_repeated: false, outline: OnceLock::new() });
        anchors.openers.order();
        for index in (0..anchors.probes.len()).rev() {
            let (key, probe) = &anchors.probes[index];
            let is_repeated = index > 0 && anchors.probes[index - 1].1.text == probe.text;
            anchors.first[hash(*key)] = narrow(index);
            anchors.probes[index].1.is_repeated = is_repeated;
        }
        anchors
    }

    /// Adds the texts that keys of a rule start with: its anchors, or the text before them.
    fn open(&mut self, rule: &Rule) {
        let lead = [lead(&rule.regex)];
        let openers: &[Text] = match rule.lookback {
            0 => &rule.anchors,
            _ if rule.is_contextual() => &[],
            _ => &lead,
        };
        for opener in openers {
            if let Some(&first) = opener.as_bytes().first_chunk::<3>() {
                let key = three(first);
                self.opens[hash(key)] = true;
                self.openers.push((key, opener.clone()));
            }
        }
    }

    fn add(&mut self, probe: Probe) {
        let text = probe.text.as_bytes();
        if let Some(last) = text.iter().rposition(|&byte| !in_key(byte)) {
            self.lead_ends[text[last] as usize] = true;
            let lead = text[..=last].to_vec();
            self.leads.push((lead, probe));
        } else if let [a, b, c, ..] = *text {
            let key = three([a, b, c]);
            self.starts[hash(key)] = true;
            self.probes.push((key, probe));
        }
    }

    /// Whether a key may start at `at`, by its first three bytes.
    #[inline]
    pub(super) fn may_open(&self, text: &[u8], at: usize) -> bool {
        text[at..].first_chunk::<3>().is_some_and(|&first| self.opens[hash(three(first))])
    }

    /// Whether the part that starts at `at` starts like a key, or is the start of such a text. For lower-case
    /// letters, which may be any word, an expression has to follow.
    pub(super) fn opens(&self, text: &[u8], at: usize) -> bool {
        const LONGEST: usize = 48;
        let rest = &text[at..];
        if self.openers_at(rest).next().is_none() {
            return false;
        }
        let length = rest.iter().take(LONGEST).take_while(|&&byte| in_key(byte)).count();
        let part = &rest[..length];
        let is_word = || part.iter().all(u8::is_ascii_lowercase);
        let is_cut =
            |opener: &[u8]| length >= 3 && opener.starts_with(part) && (!is_word() || is_expression(&rest[length..]));
        self.openers_at(rest).any(|opener| rest.starts_with(opener) || is_cut(opener))
    }

    /// Whether `part` starts with a complete key prefix that is unlikely to occur by chance.
    pub(super) fn opens_whole(&self, text: &[u8], part: &Range<usize>) -> bool {
        let part = &text[part.clone()];
        self.openers_at(part)
            .any(|opener| part.starts_with(opener) && (opener.len() > 3 || !opener[2].is_ascii_alphanumeric()))
    }

    fn openers_at<'a>(&'a self, part: &[u8]) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let key = part.first_chunk::<3>().map(|&first| three(first));
        let from = self.openers.partition_point(|(other, _)| Some(*other) < key);
        let same = self.openers[from..].iter().take_while(move |(other, _)| Some(*other) == key);
        same.map(|(_, opener)| opener.as_bytes())
    }

    /// Calls `found(anchor, offset)` for each anchor that starts in `from..to`, a range that contains only key bytes.
    pub(super) fn each(&self, text: &[u8], from: usize, to: usize, found: &mut dyn FnMut(&Probe, usize)) {
        if from > 0 && self.lead_ends[text[from - 1] as usize] {
            for (lead, probe) in &self.leads {
                if text[..from].ends_with(lead) && text[from - lead.len()..].starts_with(probe.text.as_bytes()) {
                    found(probe, from - lead.len());
                }
            }
        }
        if to < text.len() && self.tail_starts[text[to] as usize] {
            for probe in self.tails.iter().filter(|probe| text[to..].starts_with(probe.text.as_bytes())) {
                found(probe, to);
            }
        }
        self.inside(text, from, to, found);
    }

    /// The same for a range with any bytes, ignoring what is before and after it.
    pub(super) fn inside(&self, text: &[u8], from: usize, to: usize, found: &mut dyn FnMut(&Probe, usize)) {
        let before = &text[..to];
        let Some(&[a, b]) = before.get(from..).and_then(<[u8]>::first_chunk::<2>) else { return };
        let mut key = u32::from(a) << 8 | u32::from(b) << 16;
        for (at, &byte) in before[from + 2..].iter().enumerate() {
            key = key >> 8 | u32::from(byte) << 16;
            if self.starts[hash(key)] {
                self.probe(text, from + at, key, found);
            }
        }
    }

    #[cold]
    fn probe(&self, text: &[u8], at: usize, key: u32, found: &mut dyn FnMut(&Probe, usize)) {
        let mut holds = false;
        let first = self.first[hash(key)] as usize;
        for (other, probe) in self.probes[first..].iter().take_while(|(other, _)| hash(*other) == hash(key)) {
            if !probe.is_repeated {
                holds = *other == key && text[at..].starts_with(probe.text.as_bytes());
            }
            if holds {
                found(probe, at);
            }
        }
    }
}
