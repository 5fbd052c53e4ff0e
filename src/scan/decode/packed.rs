//! Compressed data and archives that are written as base64 or hex: Helm stores releases in this form (even twice), as do
//! many configurations. Where they start is found by the encoded form of their first bytes.

use std::io::{self, Read};
use std::ops::Range;

use super::super::steps;
use super::base64::line_join;
use super::hex_digit;
use super::sextet::SEXTET;
use crate::core::finding::Layer;

/// The starts of packed data in base64, as far as they consist of key bytes: gzip, zip, bzip2, xz, Zstandard, PDF, 7z and
/// RAR. They are anchors: a pass finds them along with those of the rules.
pub(in crate::scan) const STARTS: &[&str] =
    &["H4sI", "UEsDB", "QlpoM", "QlpoN", "QlpoO", "Td6WFoA", "KLUv", "JVBERi0", "N3q8ryc", "UmFyIRoH"];

/// Where in `token` packed data may start that has no start of its own among [`STARTS`]: zlib in base64, whose first
/// bytes are in any text, and all of them in hex. Such data starts where the token does. Most tokens are neither.
#[inline]
pub(in crate::scan) fn start_of(token: &[u8]) -> Option<usize> {
    let &[first, second] = token.first_chunk::<2>()?;
    if FIRST[first as usize] & SECOND[second as usize] == 0 { None } else { looks_packed(token) }
}

/// The first two bytes of such tokens, each with the bit of its pair: zlib in base64, hex with `0x` or `x` before it, and the
/// starts in hex.
const PAIRS: [(&[u8], &[u8]); 10] = [
    (b"e", b"AFJN"),
    (b"0", b"xX"),
    (b"x", b"01234567fF"),
    (b"7", b"8"),
    (b"1", b"fF"),
    (b"5", b"02"),
    (b"4", b"2"),
    (b"fF", b"dD"),
    (b"2", b"58"),
    (b"3", b"7"),
];

const FIRST: [u16; 256] = pairs(false);
const SECOND: [u16; 256] = pairs(true);

const fn pairs(is_second: bool) -> [u16; 256] {
    let mut table = [0; 256];
    let mut pair = 0;
    while pair < PAIRS.len() {
        let bytes = if is_second { PAIRS[pair].1 } else { PAIRS[pair].0 };
        let mut at = 0;
        while at < bytes.len() {
            table[bytes[at] as usize] |= 1 << pair;
            at += 1;
        }
        pair += 1;
    }
    table
}

#[cold]
fn looks_packed(token: &[u8]) -> Option<usize> {
    /// The minimum number of hex digits of packed data with a key in it.
    const LEAST_HEX: usize = 48;
    if token[0] != b'e' && token.len() <= LEAST_HEX {
        return None;
    }
    let digits = match token {
        [b'0', b'x' | b'X', ..] => 2,
        [b'x', ..] => 1,
        _ => 0,
    };
    let is_start = match token[digits..] {
        [b'e', second, third, ..] => {
            matches!([second, third], [b'A', b'E'] | [b'F', b'4'] | [b'J', b'w'] | [b'N', b'o'])
        }
        [a, b, c, d, ..] => {
            let hex =
                [hex_digit(a), hex_digit(b), hex_digit(c), hex_digit(d)].map(|digit| u16::from(digit.unwrap_or(0)));
            let start = hex.into_iter().fold(0, |start, digit| start << 4 | digit);
            HEX_STARTS.contains(&start)
        }
        _ => false,
    };
    is_start.then_some(digits)
}

/// The first two bytes of zlib, gzip, zip, bzip2, xz, Zstandard, PDF, 7z and RAR.
const HEX_STARTS: [u16; 12] =
    [0x7801, 0x785e, 0x789c, 0x78da, 0x1f8b, 0x504b, 0x425a, 0xfd37, 0x28b5, 0x2550, 0x377a, 0x5261];

/// The minimum number of digits on the first line, where a start is short and may occur by chance.
const SHORTEST: usize = 24;
/// The maximum length of the encoded text in bytes; a Helm release has up to a megabyte.
const LONGEST: usize = 4 << 20;

/// Encoded bytes, decoded while they are read.
#[derive(Debug)]
pub(in crate::scan) struct EncodedBytes<'a> {
    text: &'a [u8],
    start: usize,
    /// The offset of the next digit.
    at: usize,
    is_hex: bool,
    bits: u32,
    /// The number of digits in `bits`.
    digits: u32,
    decoded: Vec<u8>,
    /// How many of the decoded bytes were read.
    read: usize,
}

impl<'a> EncodedBytes<'a> {
    /// The encoded data whose start was found at `at`; `None` if it only looks like a start.
    pub(in crate::scan) fn of(text: &'a [u8], at: usize) -> Option<Self> {
        let head = text.get(at..at + 4)?;
        let is_zlib = matches!(head, [b'e', b'A' | b'F' | b'J' | b'N', b'E' | b'4' | b'w' | b'o', ..]);
        let is_hex = !is_zlib && head.iter().all(u8::is_ascii_hexdigit);
        let is_digit = |byte: &u8| if is_hex { byte.is_ascii_hexdigit() } else { SEXTET[usize::from(*byte)] < 64 };
        let start = if head.starts_with(b"Td6") { at.checked_sub(1)? } else { at };
        if is_zlib || is_hex {
            let is_long = text[at..].iter().take(SHORTEST).take_while(|byte| is_digit(byte)).count() == SHORTEST;
            if !is_long || text[..start].last().is_some_and(is_digit) {
                return None;
            }
        }
        Some(Self { text, start, at: start, is_hex, bits: 0, digits: 0, decoded: Vec::new(), read: 0 })
    }

    /// The form of the encoding.
    pub(in crate::scan) fn layer(&self) -> Layer {
        if self.is_hex { Layer::Hex } else { Layer::Base64 }
    }

    /// The range of the text that was decoded, with its padding.
    pub(in crate::scan) fn range(&self) -> Range<usize> {
        let padding = self.text[self.at..].iter().take(2).take_while(|&&byte| byte == b'=').count();
        self.start..self.at + padding
    }

    /// Decodes the next piece. The first one is short: by it most of what looks packed is refused.
    fn decode(&mut self) {
        const FIRST: usize = 512;
        const PIECE: usize = 12 << 10;
        let from = self.at;
        let length = if from == self.start { FIRST } else { PIECE };
        self.decoded.clear();
        self.read = 0;
        while self.decoded.len() < length && self.at - self.start < LONGEST {
            let Some(&digit) = self.text.get(self.at) else { break };
            let value =
                if self.is_hex { hex_digit(digit) } else { Some(SEXTET[usize::from(digit)]).filter(|v| *v < 64) };
            if let Some(value) = value {
                self.add(value);
                self.at += 1;
            } else if let Some(next) = line_join(self.text, self.at) {
                self.at = next;
            } else {
                break;
            }
        }
        if self.decoded.is_empty() && !self.is_hex && self.digits > 1 {
            let rest = self.digits as usize;
            let last = self.bits << (6 * (4 - rest));
            self.decoded.extend_from_slice(&last.to_be_bytes()[1..rest]);
            self.digits = 0;
        }
        steps::count(self.at - from);
    }

    fn add(&mut self, value: u8) {
        let (width, group) = if self.is_hex { (4, 2) } else { (6, 4) };
        self.bits = self.bits << width | u32::from(value);
        self.digits += 1;
        if self.digits == group {
            let [_, first, second, third] = self.bits.to_be_bytes();
            if self.is_hex {
                self.decoded.push(third);
            } else {
                self.decoded.extend_from_slice(&[first, second, third]);
            }
            (self.bits, self.digits) = (0, 0);
        }
    }
}

impl Read for EncodedBytes<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.read == self.decoded.len() {
            self.decode();
        }
        let count = (&self.decoded[self.read..]).read(buffer)?;
        self.read += count;
        Ok(count)
    }
}
