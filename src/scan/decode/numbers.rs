//! Decoding bytes written as numbers: `[115, 107, 45]`, `0x73, 0x6b`, `\u{73}\u{6b}`, `{0163, 0153}`, and dumps of
//! `xxd`, `hexdump` and `od`.
//!
//! Each number is interpreted as decimal, hexadecimal and octal at the same time; each interpretation continues as
//! long as it gives text.

use std::ops::Range;

use super::super::alphabet::in_key;
use super::super::runs;
use super::super::steps;
use super::super::view::{Decoded, Ratio, View};
use super::{MOST, SHARED};
use crate::core::finding::Layer;

/// How far before the detected numbers their list may have started, in bytes.
const BEFORE: usize = 128;
/// The maximum length of other text inside a list, in bytes.
const LONGEST_BREAK: usize = 192;
/// The minimum number of consecutive numbers in a list.
const LEAST_NUMBERS: usize = 4;

/// The texts that the numbers around `block` encode, and the end of what was read. Nothing before `from` is read
/// again.
pub(in crate::scan) fn numbers<'a>(view: &'a View<'a>, block: Range<usize>, from: usize) -> (Vec<View<'a>>, usize) {
    let bytes: &[u8] = &view.bytes;
    let start = block.start.saturating_sub(BEFORE).max(from.min(block.start));
    // Starts at the beginning of a number.
    let cut = bytes[start..block.start].iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(0);
    // A dump is read from the start of a line.
    let line = memchr::memchr2(b'\n', b'\r', &bytes[start..block.start]).map(|at| at + 1);
    let start = if start == 0 { 0 } else { start + line.unwrap_or(cut) };
    let mut reader = NumberReader {
        bytes,
        at: start,
        number: start,
        line: DumpLine::default(),
        readings: Default::default(),
        texts: Vec::new(),
    };
    let limit = bytes.len().min(start + MOST);
    reader.offset();
    while reader.at < limit && (reader.at < block.end || reader.at - reader.number < LONGEST_BREAK) {
        reader.step();
    }
    steps::count((reader.at - start) * 2);
    let is_whole = reader.at < limit || limit == bytes.len();
    let end = if is_whole { reader.at } else { reader.at - SHARED };
    reader.flush();
    let texts = reader.texts.into_iter().map(|(layer, range, decoded)| view.inner(layer, range, &decoded));
    (texts.collect(), end.max(block.end))
}

/// The state of a line of a dump.
#[derive(Clone, Copy, Debug, Default)]
struct DumpLine {
    /// Whether it starts with an offset.
    has_offset: bool,
    /// How many bytes it has.
    count: usize,
}

/// The value of a hex digit; for other bytes a number larger than any two digits give.
#[allow(clippy::cast_possible_truncation, reason = "each byte once")]
const HEX: [u32; 256] = {
    let mut table = [0x100; 256];
    let mut byte = 0;
    while byte < 256 {
        if let Some(value) = (byte as u8 as char).to_digit(16) {
            table[byte] = value;
        }
        byte += 1;
    }
    table
};

/// One interpretation of the numbers.
#[derive(Debug, Default)]
struct Reading {
    text: Decoded,
    /// From the start of its first number to the end of its last.
    range: Range<usize>,
}

struct NumberReader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The end of the last number in the list, or the position after the offset of a dump's line.
    number: usize,
    line: DumpLine,
    /// The decimal, hexadecimal and octal interpretation.
    readings: [Reading; 3],
    texts: Vec<(Layer, Range<usize>, Decoded)>,
}

impl NumberReader<'_> {
    fn step(&mut self) {
        let rest = &self.bytes[self.at..];
        match rest {
            // Most lists are written in this form.
            &[b'0', b'x' | b'X', high, low, b',', next, ..] => {
                let value = HEX[usize::from(high)] << 4 | HEX[usize::from(low)];
                if value > 0xff {
                    return self.number();
                }
                self.end(0);
                self.end(2);
                self.at += 4;
                self.push(1, self.at - 4, Some(value));
                self.at += if next == b' ' { 2 } else { 1 };
            }
            [b'\n' | b'\r', ..] => {
                self.line = DumpLine::default();
                self.at += 1;
                self.offset();
            }
            [b' ' | b'\t', ..] => {
                let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
                self.at += blanks;
                if self.line.has_offset && blanks > 1 && self.line.count > 0 && self.line.count != 8 {
                    self.skip_line();
                }
            }
            [b'|', ..] if self.line.has_offset => self.skip_line(),
            [b',' | b';' | b':' | b'[' | b']' | b'(' | b')' | b'{' | b'}' | b'|', ..] => self.at += 1,
            [byte, ..] if byte.is_ascii_alphanumeric() || *byte == b'\\' => self.number(),
            _ if self.line.has_offset => self.skip_line(),
            _ => {
                self.flush();
                self.at += 1;
            }
        }
    }

    /// Skips the offset at the start of a dump's line.
    fn offset(&mut self) {
        let rest = &self.bytes[self.at..];
        let blanks = rest.iter().take(64).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let digits = rest[blanks..].iter().take(17).take_while(|byte| byte.is_ascii_hexdigit()).count();
        let next = rest.get(blanks + digits);
        if (4..=16).contains(&digits) && next == Some(&b':') || (6..=16).contains(&digits) && next == Some(&b' ') {
            self.at += blanks + digits + usize::from(next == Some(&b':'));
            self.line.has_offset = true;
            self.number = self.at;
        }
    }

    fn skip_line(&mut self) {
        self.at += memchr::memchr2(b'\n', b'\r', &self.bytes[self.at..]).unwrap_or(self.bytes.len() - self.at);
    }

    /// Reads a number: `115`, `0x73`, `\x73`, `\u{73}`, `0163`, `73`, `736b`.
    fn number(&mut self) {
        let rest = &self.bytes[self.at..];
        let (lead, base) = match rest {
            [b'0' | b'\\', b'x' | b'X', ..] => (2, Some(16)),
            [b'0', b'o' | b'O', ..] => (2, Some(8)),
            [b'\\', b'u', b'{', ..] => (3, Some(16)),
            [b'\\', ..] => (1, None),
            _ => (0, None),
        };
        let digits = rest[lead..].iter().take(9).take_while(|byte| byte.is_ascii_hexdigit()).count();
        let text = &rest[lead..lead + digits];
        let suffix = rest[lead + digits..]
            .iter()
            .take(9)
            .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
            .count();
        let is_suffix =
            matches!(&rest[lead + digits..lead + digits + suffix], b"" | b"u8" | b"_u8" | b"L" | b"U" | b"u");
        let start = self.at;
        self.at += (lead + digits + suffix).max(1);
        if digits == 0 || !is_suffix {
            // `byte` as in Java's `(byte) 0x73`.
            if !matches!(&rest[..lead + digits + suffix], b"byte") {
                self.flush();
            }
            return;
        }
        let is_decimal = text.iter().all(u8::is_ascii_digit) && digits <= 3 && base.is_none() && lead == 0;
        let is_octal = digits <= 4
            && base.is_none_or(|base| base == 8)
            && text.iter().all(|digit| matches!(digit, b'0'..=b'7'))
            && digits >= 2;
        let is_hex = base.is_none_or(|base| base == 16)
            && (base.is_some() && digits <= 4 || matches!(digits, 2 | 4 | 8) && lead == 0);
        let value = |base: u32| {
            let digit = |digit: &u8| char::from(*digit).to_digit(base).unwrap_or(0);
            text.iter().fold(0u32, |value, byte| value.saturating_mul(base).saturating_add(digit(byte)))
        };
        self.push(0, start, is_decimal.then(|| value(10)));
        self.push(2, start, is_octal.then(|| value(8)));
        if is_hex && base.is_none() {
            self.line.count += digits / 2;
            for (number, pair) in text.as_chunks::<2>().0.iter().enumerate() {
                let value =
                    u32::from(super::hex_digit(pair[0]).unwrap_or(0) << 4 | super::hex_digit(pair[1]).unwrap_or(0));
                self.push(1, start + number * 2, Some(value));
            }
        } else {
            self.push(1, start, is_hex.then(|| value(16)));
        }
    }

    /// Adds a character to an interpretation, or ends it if the value is not a character.
    fn push(&mut self, reading: usize, start: usize, value: Option<u32>) {
        let character = value.and_then(|value| u8::try_from(value).ok());
        match character.filter(|byte| byte.is_ascii_graphic() || matches!(byte, b' ' | b'\n' | b'\r' | b'\t')) {
            Some(byte) => {
                let reading = &mut self.readings[reading];
                if reading.text.bytes.is_empty() {
                    reading.range.start = start;
                }
                reading.range.end = self.at;
                reading.text.start(start, Ratio::One);
                reading.text.bytes.push(byte);
                if reading.text.bytes.len() >= LEAST_NUMBERS {
                    self.number = self.at;
                }
            }
            None => self.end(reading),
        }
    }

    fn end(&mut self, reading: usize) {
        let text = &mut self.readings[reading].text;
        if !could_hold_key(&text.bytes) {
            text.clear();
            return;
        }
        let Reading { text, range } = std::mem::take(&mut self.readings[reading]);
        let layer = if reading == 1 { Layer::Hex } else { Layer::Bytes };
        self.texts.push((layer, range, text));
    }

    fn flush(&mut self) {
        (0..3).for_each(|reading| self.end(reading));
    }
}

#[inline]
fn could_hold_key(text: &[u8]) -> bool {
    text.len() >= runs::LEAST && text.split(|&byte| !in_key(byte)).any(|run| run.len() >= runs::LEAST)
}
