//! Finds the anchors of all rules in a text: their first bytes are looked up at each byte of a run.

use super::alphabet::in_key;
use super::anchor::Anchor;
use super::decode;
use super::starts::{HEAD, Starts, by_hash, eight, low};
use crate::rule::{Rule, RuleSet, Text};

/// The anchors of a rule set.
#[derive(Debug)]
pub(super) struct Anchors {
    /// The anchors that consist of key bytes, in the order of their starts.
    plain: Vec<Anchor>,
    plain_starts: Starts,
    /// The fixed texts that keys start with, in the order of their starts.
    openers: Vec<Text>,
    opener_starts: Starts,
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

/// The literal that a regex starts with, as far as it consists of key bytes.
fn lead(regex: &str) -> Text {
    let length = regex.bytes().take_while(|&byte| in_key(byte)).count();
    let is_repeated = matches!(regex.as_bytes().get(length), Some(b'?' | b'*' | b'+' | b'{'));
    regex.get(..length - usize::from(is_repeated && length > 0)).unwrap_or_default().to_owned().into()
}

/// Adds the texts that keys of a rule start with: its anchors, or the text before them.
fn add_openers(rule: &Rule, openers: &mut Vec<Text>) {
    match rule.lookback {
        0 => openers.extend_from_slice(&rule.anchors),
        _ if rule.is_contextual() => {}
        _ => openers.push(lead(&rule.regex)),
    }
}

impl Anchors {
    pub(super) fn of(rules: &RuleSet) -> Self {
        let (mut leads, mut tails, mut lead_ends, mut tail_starts) =
            (Vec::new(), Vec::new(), [false; 256], [false; 256]);
        // Texts, and the rules of the first ones.
        let (mut texts, mut owners, mut openers): (Vec<Text>, Vec<usize>, Vec<Text>) = Default::default();
        for (rule, compiled) in rules.rules().iter().enumerate() {
            add_openers(&compiled.rule, &mut openers);
            for anchor in compiled.rule.anchors.iter() {
                let text = anchor.as_bytes();
                if compiled.rule.lookback > 0 && !in_key(text[0]) && text[1..].iter().all(|&b| in_key(b)) {
                    tail_starts[text[0] as usize] = true;
                    tails.push(Anchor::new(anchor.clone(), &[rule]));
                } else if let Some(last) = text.iter().rposition(|&byte| !in_key(byte)) {
                    lead_ends[text[last] as usize] = true;
                    leads.push((text[..=last].to_vec(), Anchor::new(anchor.clone(), &[rule])));
                } else {
                    texts.push(anchor.clone());
                    owners.push(rule);
                }
            }
        }
        // These are found in the same pass, at no extra cost.
        texts.extend(decode::PACKED_STARTS.iter().map(|&start| Text::from(start)));
        let is_same = |one: usize, other: usize| texts[one] == texts[other] && other < owners.len();
        let anchor = |same: &[usize]| {
            let own: Vec<usize> = same.iter().filter_map(|&at| owners.get(at)).copied().collect();
            Anchor::new(texts[same[0]].clone(), &own)
        };
        let plain: Vec<Anchor> = by_hash(&texts).chunk_by(|&one, &other| is_same(one, other)).map(anchor).collect();
        let openers: Vec<Text> = by_hash(&openers)
            .chunk_by(|&one, &other| openers[one] == openers[other])
            .map(|same| openers[same[0]].clone())
            .collect();
        let (plain_starts, opener_starts) =
            (Starts::of(plain.iter().map(|anchor| &anchor.text)), Starts::of(openers.iter()));
        Self { plain, plain_starts, openers, opener_starts, leads, lead_ends, tails, tail_starts }
    }

    /// Whether a key may start at `at`, by its first three bytes.
    #[inline(always)]
    pub(super) fn may_open(&self, text: &[u8], at: usize) -> bool {
        text[at..]
            .first_chunk::<3>()
            .is_some_and(|&[a, b, c]| self.opener_starts.may_be(u32::from_le_bytes([a, b, c, 0])))
    }

    /// Whether the part that starts at `at` starts like a key, or is the start of such a text. For lower-case
    /// letters, which may be any word, an expression has to follow.
    pub(super) fn opens(&self, text: &[u8], at: usize) -> bool {
        const LONGEST: usize = 48;
        let rest = &text[at..];
        if self.openers_at(rest).next().is_some() {
            return true;
        }
        let length = rest.iter().take(LONGEST).take_while(|&&byte| in_key(byte)).count();
        let part = &rest[..length];
        let is_word = || part.iter().all(u8::is_ascii_lowercase);
        let may_be_cut = length >= 3
            && self.opener_starts.alike(eight(rest)).any(|at| self.openers[at].as_bytes().starts_with(part));
        may_be_cut && (!is_word() || is_expression(&rest[length..]))
    }

    /// Whether a complete key prefix that is unlikely to occur by chance is at `at`.
    pub(super) fn opens_whole(&self, text: &[u8], at: usize) -> bool {
        self.openers_at(&text[at..]).any(|opener| opener.len() > 3 || !opener[2].is_ascii_alphanumeric())
    }

    /// The fixed texts that keys start with, and that a text starts with.
    fn openers_at<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        let same = self.opener_starts.of_text(text).map(|at| self.openers[at].as_bytes());
        same.filter(|opener| opener.len() <= HEAD || text.starts_with(opener))
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
            if keys.iter().fold(false, |any, &key| any | self.plain_starts.may_be(key)) {
                for (place, _) in keys.into_iter().enumerate().filter(|(_, key)| self.plain_starts.may_be(*key)) {
                    self.starting(text, at + place, found);
                }
            }
            at += 4;
        }
        for (place, first) in before.get(at..).unwrap_or_default().windows(3).enumerate() {
            if self.plain_starts.may_be(u32::from_le_bytes([first[0], first[1], first[2], 0])) {
                self.starting(text, at + place, found);
            }
        }
    }

    /// The same for the anchors at `at`.
    #[cold]
    fn starting(&self, text: &[u8], at: usize, found: &mut dyn FnMut(&Anchor, usize)) {
        for anchor in self.plain_starts.of_text(&text[at..]).map(|number| &self.plain[number]) {
            if anchor.text.len() <= HEAD || anchor.stands_at(text, at) {
                found(anchor, at);
            }
        }
    }
}
