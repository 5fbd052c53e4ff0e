//! Finds the anchors of all rules in a text: a hash table of their first three bytes, looked up at each byte of a
//! run.

use super::alphabet::in_key;
use super::anchor::{Anchor, starts_with};
use super::decode;
use crate::core::narrow::narrow;
use crate::core::order::ListOrder as _;
use crate::rule::{Rule, RuleSet, Text};

/// The anchors of a rule set.
#[derive(Debug)]
pub(super) struct Anchors {
    /// For each hash of three bytes: whether an anchor may start with them.
    starts: Box<[bool; 1 << HASH_BITS]>,
    /// For each hash of three bytes: whether a key may start with them.
    opens: Box<[bool; 1 << HASH_BITS]>,
    /// The fixed texts that keys start with, by the hash of their first three bytes.
    openers: Vec<(u32, Text)>,
    /// For each of these hashes, the first of its openers.
    first_opener: Box<[u32; 1 << HASH_BITS]>,
    /// For each of these hashes, the first of its anchors.
    first: Box<[u32; 1 << HASH_BITS]>,
    /// The first four bytes of the anchors below, so that those of one hash can be compared at once.
    heads: Vec<FirstBytes>,
    /// The anchors, by the hash of their first three bytes.
    plain: Vec<Anchor>,
    /// Anchors with a byte that a run cannot contain; they are searched for before the start of a run.
    leads: Vec<(Vec<u8>, Anchor)>,
    /// The bytes that end such an anchor.
    lead_ends: [bool; 256],
    /// Anchors that start with a byte that a run cannot contain, and end a key; they are searched for at the end of a
    /// run.
    tails: Vec<Anchor>,
    /// The bytes that start such an anchor.
    tail_starts: [bool; 256],
}

/// The first four bytes of an anchor, or three.
#[derive(Clone, Copy, Debug)]
struct FirstBytes {
    bytes: u32,
    /// Selects three or four of a text's bytes.
    mask: u32,
}

impl FirstBytes {
    fn of(text: &[u8]) -> Option<Self> {
        match *text {
            [a, b, c, d, ..] => Some(Self { bytes: u32::from_le_bytes([a, b, c, d]), mask: u32::MAX }),
            [a, b, c] => Some(Self { bytes: three([a, b, c]), mask: THREE }),
            _ => None,
        }
    }

    fn hash(self) -> usize {
        hash(self.bytes & THREE)
    }
}

/// Selects the first three of four bytes.
const THREE: u32 = 0x00ff_ffff;

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

/// The first four of eight bytes.
#[allow(clippy::cast_possible_truncation, reason = "the others are not wanted")]
fn low(eight: u64) -> u32 {
    eight as u32
}

/// The hash of three bytes; `key` is in little-endian order, and a fourth byte makes no difference.
fn hash(key: u32) -> usize {
    (key.wrapping_mul(0x9e37_7900) >> (32 - HASH_BITS)) as usize
}

/// Adds the texts that keys of a rule start with: its anchors, or the text before them.
fn add_openers(rule: &Rule, openers: &mut Vec<Text>) {
    match rule.lookback {
        0 => openers.extend_from_slice(&rule.anchors),
        _ if rule.is_contextual() => {}
        _ => openers.push(lead(&rule.regex)),
    }
}

/// The indexes of the texts of at least three bytes: by the hash of these, and then equal texts together.
fn by_hash(texts: &[Text]) -> Vec<usize> {
    let key = |text: &Text| {
        let three = three(*text.as_bytes().first_chunk::<3>()?);
        Some((hash(three) as u64) << 24 | u64::from(three))
    };
    let mut sorted: Vec<(u64, u32)> =
        texts.iter().enumerate().filter_map(|(at, text)| Some((key(text)?, narrow(at)))).collect();
    sorted.sort_unstable();
    let mut order: Vec<usize> = sorted.iter().map(|&(_, at)| at as usize).collect();
    let mut rest = &mut order[..];
    for same in sorted.chunk_by(|(one, _), (other, _)| one == other) {
        let (first, others) = rest.split_at_mut(same.len());
        if first.len() > 1 {
            first.order_by(|&one, &other| texts[one].cmp(&texts[other]));
        }
        rest = others;
    }
    order
}

impl Anchors {
    pub(super) fn of(rules: &RuleSet) -> Self {
        let mut anchors = Self {
            starts: Box::new([false; 1 << HASH_BITS]),
            opens: Box::new([false; 1 << HASH_BITS]),
            openers: Vec::new(),
            first_opener: Box::new([0; 1 << HASH_BITS]),
            first: Box::new([0; 1 << HASH_BITS]),
            heads: Vec::new(),
            plain: Vec::new(),
            leads: Vec::new(),
            lead_ends: [false; 256],
            tails: Vec::new(),
            tail_starts: [false; 256],
        };
        // Texts, and the rules of the first ones.
        let (mut plain, mut owners, mut openers): (Vec<Text>, Vec<usize>, Vec<Text>) = Default::default();
        for (rule, compiled) in rules.rules().iter().enumerate() {
            add_openers(&compiled.rule, &mut openers);
            for anchor in compiled.rule.anchors.iter() {
                let text = anchor.as_bytes();
                if compiled.rule.lookback > 0 && !in_key(text[0]) && text[1..].iter().all(|&b| in_key(b)) {
                    anchors.tail_starts[text[0] as usize] = true;
                    anchors.tails.push(Anchor::new(anchor.clone(), &[rule]));
                } else if let Some(last) = text.iter().rposition(|&byte| !in_key(byte)) {
                    anchors.lead_ends[text[last] as usize] = true;
                    anchors.leads.push((text[..=last].to_vec(), Anchor::new(anchor.clone(), &[rule])));
                } else {
                    plain.push(anchor.clone());
                    owners.push(rule);
                }
            }
        }
        // These are found in the same pass, at no extra cost.
        plain.extend(decode::PACKED_STARTS.iter().map(|&start| Text::from(start)));
        let is_same = |one: usize, other: usize| plain[one] == plain[other] && other < owners.len();
        for same in by_hash(&plain).chunk_by(|&one, &other| is_same(one, other)) {
            let text = &plain[same[0]];
            let own: Vec<usize> = same.iter().filter_map(|&at| owners.get(at)).copied().collect();
            if let Some(head) = FirstBytes::of(text.as_bytes()) {
                anchors.starts[head.hash()] = true;
                anchors.heads.push(head);
                anchors.plain.push(Anchor::new(text.clone(), &own));
            }
        }
        for (index, head) in anchors.heads.iter().enumerate().rev() {
            anchors.first[head.hash()] = narrow(index);
        }
        for same in by_hash(&openers).chunk_by(|&one, &other| openers[one] == openers[other]) {
            let text = &openers[same[0]];
            if let Some(&first) = text.as_bytes().first_chunk::<3>() {
                anchors.opens[hash(three(first))] = true;
                anchors.openers.push((three(first), text.clone()));
            }
        }
        for (index, (key, _)) in anchors.openers.iter().enumerate().rev() {
            anchors.first_opener[hash(*key)] = narrow(index);
        }
        anchors
    }

    /// Whether a key may start at `at`, by its first three bytes.
    #[inline(always)]
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
        self.openers_at(rest).any(|opener| starts_with(rest, opener) || is_cut(opener))
    }

    /// Whether a complete key prefix that is unlikely to occur by chance is at `at`.
    pub(super) fn opens_whole(&self, text: &[u8], at: usize) -> bool {
        let rest = &text[at..];
        self.openers_at(rest)
            .any(|opener| starts_with(rest, opener) && (opener.len() > 3 || !opener[2].is_ascii_alphanumeric()))
    }

    fn openers_at<'a>(&'a self, text: &[u8]) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let key = text.first_chunk::<3>().map(|&first| three(first));
        let from = key.map_or(self.openers.len(), |key| self.first_opener[hash(key)] as usize);
        let own =
            self.openers[from..].iter().take_while(move |(other, _)| key.is_some_and(|key| hash(*other) == hash(key)));
        own.filter(move |(other, _)| Some(*other) == key).map(|(_, opener)| opener.as_bytes())
    }

    /// Calls `found(anchor, offset)` for each anchor that starts in `from..to`, a range that contains only key bytes.
    pub(super) fn each(&self, text: &[u8], from: usize, to: usize, found: &mut dyn FnMut(&Anchor, usize)) {
        if from > 0 && self.lead_ends[text[from - 1] as usize] {
            for (lead, anchor) in &self.leads {
                if text[..from].ends_with(lead) && anchor.stands_at(text, from - lead.len()) {
                    found(anchor, from - lead.len());
                }
            }
        }
        if to < text.len() && self.tail_starts[text[to] as usize] {
            for anchor in self.tails.iter().filter(|anchor| anchor.stands_at(text, to)) {
                found(anchor, to);
            }
        }
        self.inside(text, from, to, found);
    }

    /// The same for a range with any bytes, ignoring what is before and after it.
    pub(super) fn inside(&self, text: &[u8], from: usize, to: usize, found: &mut dyn FnMut(&Anchor, usize)) {
        let before = &text[..to];
        let mut at = from;
        // Four at a time: a hash of four bytes is that of the first three.
        while let Some(&eight) = before.get(at..).and_then(<[u8]>::first_chunk::<8>) {
            let eight = u64::from_le_bytes(eight);
            let keys: [u32; 4] = std::array::from_fn(|place| low(eight >> (8 * place)));
            if keys.iter().fold(false, |any, &key| any | self.starts[hash(key)]) {
                for (place, key) in keys.into_iter().enumerate().filter(|(_, key)| self.starts[hash(*key)]) {
                    self.starting(text, at + place, key & THREE, found);
                }
            }
            at += 4;
        }
        for (place, first) in before.get(at..).unwrap_or_default().windows(3).enumerate() {
            let key = three([first[0], first[1], first[2]]);
            if self.starts[hash(key)] {
                self.starting(text, at + place, key, found);
            }
        }
    }

    /// The same for the anchors at `at` whose first three bytes are `key`.
    #[cold]
    fn starting(&self, text: &[u8], at: usize, key: u32, found: &mut dyn FnMut(&Anchor, usize)) {
        let fourth = text.get(at + 3).map_or(0, |&byte| u32::from(byte) << 24);
        let bytes = key | fourth;
        let first = self.first[hash(key)] as usize;
        let same = self.heads[first..].iter().take_while(|head| head.hash() == hash(key));
        for (head, anchor) in same.zip(&self.plain[first..]) {
            if bytes & head.mask == head.bytes && anchor.stands_at(text, at) {
                found(anchor, at);
            }
        }
    }
}
