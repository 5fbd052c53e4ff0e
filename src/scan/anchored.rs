//! Distinctive rules: an anchor stands here; is it part of a key, and where does the key end?

use std::ops::Range;

use super::outline::Outline;
use super::{binary, random, steps};
use crate::core::finding::Confidence;
use crate::rule::template::base62;
use crate::rule::{Compiled, Groups, Left, Structure};

/// No known key is longer; a private key in a service account's JSON comes closest.
const LONGEST: usize = 5000;

/// Why a place where a rule's anchor stands holds no key of that rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The rule's regex does not match there.
    Shape,
    /// A letter or digit stands directly left of it.
    LeftEdge,
    /// It goes on where a key of this kind ends.
    RightEdge,
    /// The value is, as a whole, a public id.
    Identifier,
    /// It is no random text.
    NotRandom(random::Fault),
    /// Too little near it says whose key it is.
    Context,
    /// What it is assigned to says that it is something else.
    Owner,
    /// Another rule takes it, for which more speaks.
    Lesser,
}

/// A key of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) secret: Range<usize>,
    pub(super) confidence: Confidence,
}

/// A place where an anchor of a rule stands.
#[derive(Clone, Debug)]
pub(super) struct Place<'a> {
    pub(super) rule: &'a Compiled,
    /// What the rule's regex says of the text around the anchor.
    pub(super) outline: Option<&'a Outline>,
    pub(super) text: &'a [u8],
    pub(super) anchor: usize,
    /// The stretch of key bytes that the anchor stands in or beside, if it was looked for.
    pub(super) token: Option<Range<usize>>,
}

impl Place<'_> {
    /// The key of the rule that holds the anchor.
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

/// How far a search for a rule's match around an anchor has come.
struct Tried {
    /// Where it goes on.
    from: usize,
    /// Why there was no key so far.
    refusal: Refusal,
}

impl Tried {
    /// What a match comes to; `None` if there is none at or before the anchor.
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

/// `text` up to the end of the line that `at` stands in: a regex that need not look farther costs less.
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
                // Glued to a letter, short halves still say where it ends, but less surely.
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
            // What goes on behind a key of no fixed length may be no part of it where its length is written.
            let counted = binary::counted(text, &secret);
            match right_edge(rule, text, &secret) {
                _ if counted.is_some_and(|length| (rule.shortest()..secret.len()).contains(&length)) => {
                    secret.end = secret.start + counted.unwrap_or(secret.len());
                }
                Some(end) => secret.end = end,
                None if binary::needs_no_edge(rule, text, &secret) => confidence = less(confidence),
                None => return Err(Refusal::RightEdge),
            }
            // Random is what follows the anchor, or what stands before it if the shape looks back.
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
    if !holds {
        confidence = less(confidence);
    }
    // A short half may read like a word by chance, both do not.
    let faults = parts.iter().map(|part| random::fault(&text[part.clone()], rule.rule.entropy));
    if let Some(fault) = faults.min().flatten() {
        return Err(Refusal::NotRandom(fault));
    }
    Ok(Key { secret, confidence })
}

/// Whether one of a rule's words stands around a key, if it has any: a private key may be anybody's.
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

/// So many key characters directly left or right of a key make it a part of something longer.
const GLUED: usize = 7;

/// Whether a key is no part of a much longer text of key characters, in which a short prefix turns up by chance.
fn stands_free(text: &[u8], secret: &Range<usize>) -> bool {
    let in_key = |byte: &&u8| super::anchors::in_key(**byte);
    let left = text[..secret.start].iter().rev().take(GLUED).take_while(in_key).count();
    let right = text[secret.end..].iter().take(GLUED).take_while(in_key).count();
    left < GLUED && right < GLUED
}

/// Whether lines of base64 go on around: a signature or a certificate. Its `+` and `/` are no edges there.
fn is_in_folded_base64(rule: &Compiled, text: &[u8], secret: &Range<usize>) -> bool {
    const LINE: usize = 40;
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let is_mixed = |part: &[u8]| {
        part.iter().any(u8::is_ascii_uppercase)
            && part.iter().any(u8::is_ascii_lowercase)
            && part.iter().any(u8::is_ascii_digit)
    };
    // What follows goes on as base64.
    if let [b'+' | b'/', rest @ ..] = &text[secret.end..] {
        let length = rest.iter().take(24).take_while(|byte| is_digit(byte)).count();
        let again = rule.rule.anchors.iter().any(|anchor| rest.starts_with(anchor.as_bytes()));
        if length >= 8 && is_mixed(&rest[..length]) && !again {
            return true;
        }
    }
    // The line before is base64 to its end.
    let before = text[..secret.start].trim_ascii_end();
    let is_first = text[before.len()..secret.start].contains(&b'\n') && secret.start - before.len() <= 8;
    let line = &before[before.len().saturating_sub(LINE)..];
    is_first && line.len() == LINE && line.iter().all(is_digit) && is_mixed(line)
}

/// How much of a value is the anchor it starts with.
fn public_prefix(rule: &Compiled, value: &[u8]) -> usize {
    let starts = |anchor: &&crate::rule::Text| value.starts_with(anchor.as_bytes());
    rule.rule.anchors.iter().filter(starts).map(|anchor| anchor.len()).max().unwrap_or(0)
}

/// Long keys end in a zero byte: their last but one character is one of sixteen, their last an `A`.
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

/// Whether a word can start at `at`: no letter or digit before it, or one that ends an escape.
pub(super) fn left_edge(text: &[u8], at: usize) -> bool {
    let before = &text[..at];
    let Some(&last) = before.last() else { return true };
    if !last.is_ascii_alphanumeric() {
        return true;
    }
    match before {
        [.., b'\\', b'n' | b'r' | b't' | b'a' | b'b' | b'v' | b'f' | b'0'] => true,
        [.., b'%' | b'=', a, b] if is_hex(*a) && is_hex(*b) => true,
        [.., b'\\', b'x', a, b] if is_hex(*a) && is_hex(*b) => true,
        [.., b'\\', b'u', a, b, c, d] if [a, b, c, d].into_iter().all(|digit| is_hex(*digit)) => true,
        [.., b'm'] => ansi_colour(before),
        _ => false,
    }
}

/// Whether what stands before is base64, of which `+` and `/` are digits and no edges: in a megabyte of it any
/// short prefix turns up by chance.
fn inside_base64(text: &[u8], at: usize) -> bool {
    const ENOUGH: usize = 32;
    let [before @ .., b'+' | b'/'] = &text[..at] else { return false };
    let digits = &before[before.len().saturating_sub(ENOUGH)..];
    digits.len() == ENOUGH
        && digits.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
        && digits.iter().any(u8::is_ascii_uppercase)
        && digits.iter().any(u8::is_ascii_lowercase)
        && digits.iter().any(u8::is_ascii_digit)
}

/// Whether a key of the same prefix stands before the slash: two keys side by side are no base64.
fn follows_its_like(text: &[u8], secret: &Range<usize>) -> bool {
    const FARTHEST: usize = 240;
    let Some(lead) = text.get(secret.start..secret.start + 3) else { return false };
    let before = &text[secret.start.saturating_sub(FARTHEST)..secret.start - 1];
    let first =
        before.len() - before.iter().rev().take_while(|&&byte| byte != b'/' && !byte.is_ascii_whitespace()).count();
    memchr::memmem::find(&before[first..], lead).is_some_and(|at| left_edge(before, first + at) && at < lead.len())
}

fn is_hex(digit: u8) -> bool {
    digit.is_ascii_hexdigit()
}

/// Whether `before` ends in an ANSI colour: `ESC [ 3 2 m`, the escape as a byte or as text.
fn ansi_colour(before: &[u8]) -> bool {
    let digits = before[..before.len() - 1].iter().rev().take_while(|byte| byte.is_ascii_digit() || **byte == b';');
    before[..before.len() - 1 - digits.count()].ends_with(b"[")
}

/// Where the secret ends, if it can end there.
///
/// A shape of fixed length must not go on in its own alphabet: 53 characters are no key of 52. But a `-` or `_`
/// that a plain word follows (`-old`, `_v2`), or that also stands left of the key (`_key_`), belongs to the text.
pub(super) fn right_edge(rule: &Compiled, text: &[u8], secret: &Range<usize>) -> Option<usize> {
    let mut end = secret.end;
    let around = secret.start.checked_sub(1).map(|before| text[before]).filter(|byte| !byte.is_ascii_alphanumeric());
    let Some(&next) = text.get(end) else { return Some(end) };
    if next.is_ascii_alphanumeric() {
        return binary::is_counted(text, secret).then_some(end);
    }
    // No base64 goes on behind its padding.
    let is_padded = || text[..end].ends_with(b"=") && !rule.can_hold(b'=');
    if rule.can_hold(next) && !is_padded() {
        let rest = &text[end + 1..];
        let word = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let plain = is_plain_word(&rest[..word]);
        return (plain || around == Some(next) || !matches!(next, b'-' | b'_') && word == 0).then_some(end);
    }
    // A shape of open length took all of its alphabet: give back what surrounds it.
    while end > secret.start && around == Some(text[end - 1]) && matches!(text[end - 1], b'_' | b'-') {
        end -= 1;
    }
    // What quotes hold is all of it; else a sentence may end there.
    let is_quoted = matches!(around, Some(b'"' | b'\'' | b'`')) && around == Some(next);
    while !is_quoted && end > secret.start && matches!(text[end - 1], b'.' | b',' | b':') {
        end -= 1;
    }
    let still_fits = || {
        let found = rule.shape().find_at(&text[secret.start..end], 0).and_then(|groups| groups.get(0));
        rule.rule.secret_group > 0 || found.is_some_and(|found| found.len() == end - secret.start)
    };
    Some(if end == secret.end || still_fits() { end } else { secret.end })
}

/// `old`, `OLD`, `2`, `v2`: what people append to a name.
fn is_plain_word(word: &[u8]) -> bool {
    !word.is_empty()
        && word.len() <= 12
        && (word.iter().all(u8::is_ascii_lowercase)
            || word.iter().all(u8::is_ascii_uppercase)
            || word.iter().all(u8::is_ascii_digit)
            || matches!(word, [b'v', rest @ ..] if rest.iter().all(u8::is_ascii_digit)))
}
