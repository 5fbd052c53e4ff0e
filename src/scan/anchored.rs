//! Distinctive rules: whether an anchor is part of a key, and where the key ends.

use std::ops::Range;

use super::edges::{follows_its_like, inside_base64, left_edge, right_edge};
use super::outline::Outline;
use super::{binary, random, steps};
use crate::core::finding::Confidence;
use crate::rule::template::base62;
use crate::rule::{Compiled, Groups, Left, Structure};

/// The maximum length of a key in bytes; a private key in a service account's JSON comes closest.
const LONGEST: usize = 5000;

/// Why a rule does not accept a key at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The rule's regex does not match there.
    Shape,
    /// A letter or digit is directly before it.
    LeftEdge,
    /// The value is longer than this kind of key.
    RightEdge,
    /// The whole value is a public id.
    Identifier,
    /// It is not random text.
    NotRandom(random::Fault),
    /// Too few words near it show whose key it is.
    Context,
    /// It is assigned to a name for something else.
    Owner,
    /// Another rule fits better.
    Lesser,
}

/// A key of a rule: its byte range and the confidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) secret: Range<usize>,
    pub(super) confidence: Confidence,
}

/// A place where an anchor of a rule occurs.
#[derive(Clone, Debug)]
pub(super) struct Place<'a> {
    pub(super) rule: &'a Compiled,
    /// What the rule's regex requires of the text around the anchor.
    pub(super) outline: Option<&'a Outline>,
    pub(super) text: &'a [u8],
    pub(super) anchor: usize,
    /// The token (run of key bytes) in or next to which the anchor is, if it is known.
    pub(super) token: Option<Range<usize>>,
}

impl Place<'_> {
    /// The key of the rule that contains the anchor, or why there is none.
    pub(super) fn key(&self) -> Result<Key, Refusal> {
        let &Self { rule, text, anchor, .. } = self;
        let token = self.token.as_ref().filter(|token| token.contains(&anchor));
        if let (Some(outline), Some(token)) = (self.outline, token)
            && outline.is_too_short(anchor, token.end)
        {
            return Err(Refusal::Shape);
        }
        let end = text.len().min(anchor.saturating_add(rule.longest().min(LONGEST)));
        let end = if rule.may_cross_lines() { end } else { first_line(&text[..end], anchor).len() };
        let mut tried = Tried { from: 0, refusal: Refusal::Shape };
        let floor = anchor.saturating_sub(rule.rule.lookback.into());
        match self.outline.filter(|outline| outline.is_narrow()) {
            _ if rule.rule.lookback == 0 => {
                let found = rule.shape().match_at(&text[..end], anchor);
                return tried.with(self, found, end - anchor).unwrap_or(Err(tried.refusal));
            }
            Some(outline) => {
                for start in outline.starts(text, anchor, token.map(|token| token.start)).filter(|at| *at >= floor) {
                    if start < tried.from {
                        continue;
                    }
                    let found = rule.shape().match_at(&text[..end.min(start.saturating_add(rule.longest()))], start);
                    if let Some(Ok(key)) = tried.with(self, found, end - start) {
                        return Ok(key);
                    }
                }
            }
            None => {
                tried.from = floor;
                while let Some(found) = rule.shape().find_at(&text[..end], tried.from) {
                    match tried.with(self, Some(found), end - floor) {
                        Some(Ok(key)) => return Ok(key),
                        Some(Err(_)) => {}
                        None => break,
                    }
                }
            }
        }
        Err(tried.refusal)
    }
}

/// The state of a search for a match around an anchor.
struct Tried {
    /// The offset to continue at.
    from: usize,
    /// Why no key was found so far.
    refusal: Refusal,
}

impl Tried {
    /// Evaluates a match; `None` if the search must continue.
    fn with(&mut self, place: &Place<'_>, found: Option<Groups>, looked_at: usize) -> Option<Result<Key, Refusal>> {
        steps::count(looked_at);
        let found = found?;
        let whole = found.get(0).filter(|whole| whole.start <= place.anchor)?;
        self.from = whole.end.max(self.from + 1);
        if whole.end <= place.anchor {
            return Some(Err(self.refusal));
        }
        let secret = found.get(place.rule.rule.secret_group.into()).unwrap_or(whole);
        let judged = judge(place.rule, place.text, place.anchor, secret, found.get(1).zip(found.get(2)));
        if let Err(why) = judged {
            self.refusal = why;
        }
        Some(judged)
    }
}

/// `text` up to the end of the line with byte `at`: a regex that has to search less text is faster.
pub(super) fn first_line(text: &[u8], at: usize) -> &[u8] {
    memchr::memchr(b'\n', &text[at..]).map_or(text, |end| &text[..at + end])
}

fn judge(
    rule: &Compiled,
    text: &[u8],
    anchor: usize,
    mut secret: Range<usize>,
    halves: Option<(Range<usize>, Range<usize>)>,
) -> Result<Key, Refusal> {
    let less = |confidence: Confidence| match confidence {
        Confidence::Certain => Confidence::Likely,
        Confidence::Likely | Confidence::Possible => Confidence::Possible,
    };
    let mut confidence = rule.rule.confidence;
    if rule.rule.left == Left::Boundary {
        if inside_base64(text, secret.start) && !follows_its_like(text, &secret) {
            return Err(Refusal::LeftEdge);
        }
        if !left_edge(text, secret.start) {
            if !binary::needs_no_edge(rule, text, &secret) {
                return Err(Refusal::LeftEdge);
            }
            confidence = less(confidence);
        }
    }
    let mut parts = Vec::new();
    match (&rule.rule.structure, halves) {
        (Structure::Halves { lengths, ending }, Some((left, right))) => {
            let known = u16::try_from(left.len()).is_ok_and(|length| lengths.contains(&length));
            let end = right.start + left.len();
            if known && right.len() >= left.len() {
                secret.end = end;
                // If a letter follows directly, the end of short halves is less certain.
                let glued = ending.is_empty() && text.get(end).is_some_and(u8::is_ascii_alphanumeric);
                if glued || !has_ending(&text[right.start..end], ending.as_ref()) {
                    confidence = less(confidence);
                }
            } else {
                confidence = less(confidence);
            }
            parts.push(left);
            parts.push(right.start..secret.end);
        }
        _ => {
            // The bytes after a key of variable length do not belong to it if its length is written before it.
            let counted = binary::counted(text, &secret);
            match right_edge(rule, text, &secret) {
                _ if counted.is_some_and(|length| (rule.shortest()..secret.len()).contains(&length)) => {
                    secret.end = secret.start + counted.unwrap_or(secret.len());
                }
                Some(end) => secret.end = end,
                None if binary::needs_no_edge(rule, text, &secret) => confidence = less(confidence),
                None => return Err(Refusal::RightEdge),
            }
            // The part after the anchor is random, or the part before it if the rule has `lookback`.
            if (anchor.saturating_sub(secret.start)) * 2 >= secret.len() {
                parts.push(secret.start..anchor);
            } else {
                let prefix = public_prefix(rule, &text[secret.clone()]);
                parts.push(secret.start + prefix..secret.end);
            }
        }
    }
    let value = &text[secret.clone()];
    if !has_word(rule, text, &secret) {
        return Err(Refusal::Context);
    }
    let is_word = rule.rule.anchors.iter().all(|anchor| anchor.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    if is_word && rule.rule.left == Left::Boundary && is_in_folded_base64(rule, text, &secret) {
        return Err(Refusal::LeftEdge);
    }
    if matches!(rule.rule.structure, Structure::Shape) && !stands_free(text, &secret) {
        confidence = less(confidence);
    }
    let holds = match &rule.rule.structure {
        Structure::Shape | Structure::Halves { .. } => true,
        Structure::Watermark(mark) => value.windows(mark.len()).any(|window| window == mark.as_bytes()),
        Structure::Crc32Base62 => has_checksum(&text[parts[0].clone()]),
        Structure::Decoded(marker) => decodes_to(&text[parts[0].clone()], marker.as_bytes()),
    };
    // Without its checksum, a prefix in the middle of a word (`_Z11highs_splay…`) is a part of that word.
    if !holds && rule.rule.structure == Structure::Crc32Base62 && !left_edge(text, secret.start) {
        return Err(Refusal::LeftEdge);
    }
    if !holds {
        confidence = less(confidence);
    }
    // One short half may read like a word by chance, but not both.
    let faults = parts.iter().map(|part| random::fault(&text[part.clone()], rule.rule.entropy));
    if let Some(fault) = faults.min().flatten() {
        return Err(Refusal::NotRandom(fault));
    }
    Ok(Key { secret, confidence })
}

/// Whether one of the rule's words is near a key, if the rule has words: a private key may belong to anybody.
fn has_word(rule: &Compiled, text: &[u8], secret: &Range<usize>) -> bool {
    const AROUND: usize = 1500;
    if rule.rule.context.is_empty() {
        return true;
    }
    let left = text[secret.start.saturating_sub(AROUND)..secret.start].to_ascii_lowercase();
    let right = text[secret.end..text.len().min(secret.end + AROUND)].to_ascii_lowercase();
    steps::count(left.len() + right.len());
    let stands = |word: &crate::rule::Text| {
        [&left, &right].into_iter().any(|side| memchr::memmem::find(side, word.as_bytes()).is_some())
    };
    rule.rule.context.iter().any(stands)
}

/// A key with this many key characters directly before or after it is a part of a longer text.
const GLUED: usize = 7;

/// Whether a key is not inside a much longer text of key characters, in which a short prefix may occur by chance.
fn stands_free(text: &[u8], secret: &Range<usize>) -> bool {
    let in_key = |byte: &&u8| super::alphabet::in_key(**byte);
    let left = text[..secret.start].iter().rev().take(GLUED).take_while(in_key).count();
    let right = text[secret.end..].iter().take(GLUED).take_while(in_key).count();
    left < GLUED && right < GLUED
}

/// Whether the key is inside folded base64, such as a signature or a certificate. There `+` and `/` do not end a key.
fn is_in_folded_base64(rule: &Compiled, text: &[u8], secret: &Range<usize>) -> bool {
    const LINE: usize = 40;
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let is_mixed = |part: &[u8]| {
        part.iter().any(u8::is_ascii_uppercase)
            && part.iter().any(u8::is_ascii_lowercase)
            && part.iter().any(u8::is_ascii_digit)
    };
    // The next line continues the base64.
    if let [b'+' | b'/', rest @ ..] = &text[secret.end..] {
        let length = rest.iter().take(24).take_while(|byte| is_digit(byte)).count();
        let again = rule.rule.anchors.iter().any(|anchor| rest.starts_with(anchor.as_bytes()));
        if length >= 8 && is_mixed(&rest[..length]) && !again {
            return true;
        }
    }
    // The previous line is base64 up to its end.
    let before = text[..secret.start].trim_ascii_end();
    let is_first = text[before.len()..secret.start].contains(&b'\n') && secret.start - before.len() <= 8;
    let line = &before[before.len().saturating_sub(LINE)..];
    is_first && line.len() == LINE && line.iter().all(is_digit) && is_mixed(line)
}

/// The length of the anchor at the start of a value.
fn public_prefix(rule: &Compiled, value: &[u8]) -> usize {
    let starts = |anchor: &&crate::rule::Text| value.starts_with(anchor.as_bytes());
    rule.rule.anchors.iter().filter(starts).map(|anchor| anchor.len()).max().unwrap_or(0)
}

/// Long keys end with a zero byte in base64: the last character is `A`, and the one before it is one of sixteen.
fn has_ending(half: &[u8], ending: &str) -> bool {
    ending.is_empty() || matches!(half, [.., last_but_one, b'A'] if ending.as_bytes().contains(last_but_one))
}

/// Whether the last six characters are the base-62 CRC-32 of those before them.
fn has_checksum(body: &[u8]) -> bool {
    body.split_last_chunk::<6>().is_some_and(|(body, sum)| base62(crc32fast::hash(body)).as_bytes() == sum)
}

fn decodes_to(part: &[u8], marker: &[u8]) -> bool {
    (0..part.len().min(12))
        .any(|skip| super::decode::base64_bytes(&part[skip..]).windows(marker.len()).any(|window| window == marker))
}
