//! Decodes percent, Unicode-escaped, hex and base64 text as gitleaks does: each pass replaces all encoded parts of
//! the text, and the text of the next pass. The origin of each decoded part is recorded.

use std::borrow::Cow;
use std::ops::Range;

use super::decoders::{self, is_hex_at};
use crate::core::finding::Layer;

/// The content, or the text after one or more decoding passes.
#[derive(Clone, Debug)]
pub(super) struct DecodedText<'a> {
    /// The text.
    pub(super) bytes: Cow<'a, [u8]>,
    /// The decoded parts, sorted by position.
    parts: Vec<DecodedPart>,
    /// The decoded parts of the earlier passes, the latest pass first.
    before: Vec<Vec<DecodedPart>>,
}

/// One decoded part of a text.
#[derive(Clone, Debug)]
struct DecodedPart {
    /// The byte range in the content.
    original: Range<usize>,
    /// The byte range in the text before this pass.
    encoded: Range<usize>,
    /// The byte range in the text after this pass.
    decoded: Range<usize>,
    layers: Vec<Layer>,
}

/// Whether two ranges overlap. In gitleaks they also overlap when they touch.
fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    b.start <= a.end && b.end >= a.start
}

impl<'a> DecodedText<'a> {
    pub(super) fn plain(bytes: &'a [u8]) -> Self {
        Self { bytes: Cow::Borrowed(bytes), parts: Vec::new(), before: Vec::new() }
    }

    pub(super) fn is_plain(&self) -> bool {
        self.parts.is_empty()
    }

    /// Whether a window can contain a match that the pass before did not find.
    pub(super) fn is_new(&self, window: &Range<usize>) -> bool {
        self.is_plain() || self.touching(window).next().is_some()
    }

    fn touching<'b>(&'b self, range: &'b Range<usize>) -> impl Iterator<Item = &'b DecodedPart> + 'b {
        let first = self.parts.partition_point(|part| part.decoded.end < range.start);
        self.parts[first..].iter().take_while(move |part| overlap(&part.decoded, range))
    }

    /// The range in the content that a range of this text comes from; `None` if no part of it was decoded.
    pub(super) fn original(&self, range: &Range<usize>) -> Option<Range<usize>> {
        if self.is_plain() {
            return Some(range.clone());
        }
        self.touching(range).next()?;
        Some(in_original(&self.parts, &self.before, range.clone()))
    }

    /// The encodings of a range, outermost first.
    pub(super) fn layers(&self, range: &Range<usize>) -> Vec<Layer> {
        let mut layers: Vec<Layer> = Vec::new();
        for layer in self.touching(range).flat_map(|part| &part.layers) {
            if !layers.contains(layer) {
                layers.push(*layer);
            }
        }
        layers
    }

    /// The line of a match. As in gitleaks, it starts with the line break before it.
    pub(super) fn line(&self, content: &[u8], place: &Range<usize>, range: Range<usize>) -> Vec<u8> {
        let (bytes, range): (&[u8], _) = if self.is_plain() { (content, place.clone()) } else { (&self.bytes, range) };
        let end = range.end.min(bytes.len());
        let start = memchr::memrchr(b'\n', &bytes[..range.start.min(end)]).unwrap_or(0);
        let end = memchr::memchr(b'\n', &bytes[end..]).map_or(bytes.len(), |at| end + at);
        bytes[start..end].to_vec()
    }

    /// Runs one more pass; `None` if nothing is encoded.
    pub(super) fn decode(&self) -> Option<Self> {
        let mut out: Vec<u8> = Vec::new();
        let mut parts = Vec::new();
        let mut done = 0;
        for (encoding, encoded) in strongest(encoded(&self.bytes)) {
            let Some(value) = encoding.decode(&self.bytes[encoded.clone()]).filter(|value| !value.is_empty()) else {
                continue;
            };
            out.extend_from_slice(&self.bytes[done..encoded.start]);
            let start = out.len();
            out.extend_from_slice(&value);
            done = encoded.end;
            let mut layers = self.layers(&encoded);
            layers.push(encoding.layer());
            let original =
                if self.is_plain() { encoded.clone() } else { in_original(&self.parts, &self.before, encoded.clone()) };
            parts.push(DecodedPart { original, encoded, decoded: start..out.len(), layers });
        }
        if parts.is_empty() {
            return None;
        }
        out.extend_from_slice(&self.bytes[done..]);
        let mut before = Vec::with_capacity(self.before.len() + 1);
        if !self.parts.is_empty() {
            before.push(self.parts.clone());
            before.extend(self.before.iter().cloned());
        }
        Some(DecodedText { bytes: Cow::Owned(out), parts, before })
    }
}

/// Maps a range back through all passes to the content.
fn in_original(parts: &[DecodedPart], before: &[Vec<DecodedPart>], range: Range<usize>) -> Range<usize> {
    let mut above: Option<Range<usize>> = None;
    for part in parts.iter().filter(|part| overlap(&part.decoded, &range)) {
        if part.decoded.start <= range.start && range.end <= part.decoded.end {
            return part.original.clone();
        }
        // Outside of decoded parts, the distances are the same before and after a pass.
        let start = part.encoded.start.saturating_sub(part.decoded.start.saturating_sub(range.start));
        let end = part.encoded.end + range.end.saturating_sub(part.decoded.end);
        above = Some(above.map_or(start..end, |sum| sum.start.min(start)..sum.end.max(end)));
    }
    match (above, before.split_first()) {
        (Some(above), Some((parts, before))) => in_original(parts, before, above),
        (Some(above), None) => above,
        (None, _) => range,
    }
}

/// The encodings, by precedence: where two encoded parts touch, the first encoding wins and the other waits for the
/// next pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Encoding {
    Percent,
    Unicode,
    Hex,
    Base64,
}

impl Encoding {
    fn layer(self) -> Layer {
        match self {
            Self::Percent => Layer::Percent,
            Self::Unicode => Layer::Unicode,
            Self::Hex => Layer::Hex,
            Self::Base64 => Layer::Base64,
        }
    }

    fn decode(self, text: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Percent => decoders::percent(text),
            Self::Unicode => Some(decoders::unicode(text)),
            Self::Hex => decoders::hex(text),
            Self::Base64 => decoders::base64(text),
        }
    }
}

/// Removes the encoded parts that touch a neighbour with higher precedence.
fn strongest(all: Vec<(Encoding, Range<usize>)>) -> Vec<(Encoding, Range<usize>)> {
    let weaker = |(encoding, range): &(Encoding, Range<usize>), other: Option<&(Encoding, Range<usize>)>| {
        other.is_some_and(|(stronger, place)| overlap(range, place) && stronger < encoding)
    };
    let kept = all.iter().enumerate().filter(|(index, item)| {
        let previous = index.checked_sub(1).and_then(|index| all.get(index));
        !weaker(item, previous) && !weaker(item, all.get(index + 1))
    });
    kept.map(|(_, item)| item.clone()).collect()
}

/// All encoded parts, from left to right: `%41`, `%41...%42`, `\u0041`, `U+0041 `, at least 32 hex digits, at least
/// 16 base64 characters.
fn encoded(bytes: &[u8]) -> Vec<(Encoding, Range<usize>)> {
    let mut all = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let found = match bytes[at] {
            b'%' => percent_end(bytes, at).map(|end| (Encoding::Percent, at..end)),
            b'\\' => escapes_end(bytes, at).map(|end| (Encoding::Unicode, at..end)),
            byte if is_base64(byte) => {
                let end = run_end(bytes, at, is_base64);
                match in_run(bytes, at, end) {
                    Ok(found) => Some(found),
                    Err(next) => {
                        at = next;
                        continue;
                    }
                }
            }
            _ => None,
        };
        match found {
            Some((encoding, range)) => {
                at = range.end.max(at + 1);
                all.push((encoding, range));
            }
            None => at += 1,
        }
    }
    all
}

/// The first encoded part in a run of base64 characters, or the position to continue at.
fn in_run(bytes: &[u8], start: usize, end: usize) -> Result<(Encoding, Range<usize>), usize> {
    let is_point = |at: usize| point_end(bytes, at).is_some();
    if bytes[start] == b'U' && is_point(start) {
        let mut last = start;
        while let Some(next) = point_end(bytes, last) {
            last = next;
        }
        return Ok((Encoding::Unicode, start..last));
    }
    let digits = run_end(&bytes[..end], start, |byte| byte.is_ascii_hexdigit());
    if digits - start >= 32 {
        return Ok((Encoding::Hex, start..digits));
    }
    if end - start >= 16 {
        let padding = bytes[end..].iter().take(2).take_while(|byte| **byte == b'=').count();
        return Ok((Encoding::Base64, start..end + padding));
    }
    // A short run can still end with `U+0041`.
    let point = end.checked_sub(6).filter(|point| *point > start && bytes[*point] == b'U' && is_point(*point));
    Err(point.unwrap_or(end))
}

fn run_end(bytes: &[u8], start: usize, holds: impl Fn(u8) -> bool) -> usize {
    bytes[start..].iter().position(|byte| !holds(*byte)).map_or(bytes.len(), |length| start + length)
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'/' | b'+' | b'-')
}

/// The end of percent-encoded text, which goes from a `%41` to the last one on the line.
fn percent_end(bytes: &[u8], at: usize) -> Option<usize> {
    if !is_hex_at(bytes, at + 1, 2) {
        return None;
    }
    let line_end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |length| at + length);
    let last =
        (at..line_end).rev().find(|&last| bytes[last] == b'%' && last + 3 <= line_end && is_hex_at(bytes, last + 1, 2));
    last.map(|last| last + 3)
}

/// The end of a sequence of `\u0041`, each with one or two backslashes.
fn escapes_end(bytes: &[u8], at: usize) -> Option<usize> {
    let mut end = None;
    let mut next = at;
    loop {
        let slashes = bytes[next..].iter().take(2).take_while(|byte| **byte == b'\\').count();
        let letter = next + slashes;
        if slashes == 0
            || !bytes.get(letter).is_some_and(|byte| matches!(byte, b'u' | b'U'))
            || !is_hex_at(bytes, letter + 1, 4)
        {
            return end;
        }
        next = letter + 5;
        end = Some(next);
    }
}

/// The end of `U+0041`, including one white-space character after it.
fn point_end(bytes: &[u8], at: usize) -> Option<usize> {
    if !bytes.get(at..)?.starts_with(b"U+") || !is_hex_at(bytes, at + 2, 4) {
        return None;
    }
    match bytes.get(at + 6) {
        None => Some(at + 6),
        Some(b' ' | b'\t' | b'\n' | b'\r' | 0x0c) => Some(at + 7),
        Some(_) => None,
    }
}
