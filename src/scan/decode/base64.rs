//! Decoding base64 of ASCII text, in both alphabets, on one line or folded.

use super::super::steps;
use super::super::view::{Decoded, Ratio, View};
use super::sextet::{FITS, FITS_AT, SEXTET};
use super::{MOST, SHARED, digits};
use crate::core::finding::Layer;

/// Whether four digits can encode three bytes below 128.
fn fits_ascii(group: &[u8]) -> bool {
    let &[a, b, c, d, ..] = group else { return false };
    FITS[a as usize] & FITS_AT[0] != 0
        && FITS[b as usize] & FITS_AT[1] != 0
        && FITS[c as usize] & FITS_AT[2] != 0
        && FITS[d as usize] & FITS_AT[3] != 0
}

/// What each digit contributes to the three bytes of its group, by its position, and [`MISFIT`] or [`NO_DIGIT`].
const GROUP: [[u32; 256]; 4] = {
    let mut table = [[0; 256]; 4];
    let mut place = 0;
    while place < 4 {
        let mut byte = 0;
        while byte < 256 {
            table[place][byte] = if SEXTET[byte] == 64 {
                NO_DIGIT
            } else {
                let misfit = if FITS[byte] & FITS_AT[place] == 0 { MISFIT } else { 0 };
                (SEXTET[byte] as u32) << (18 - 6 * place) | misfit
            };
            byte += 1;
        }
        place += 1;
    }
    table
};

/// A flag: one of the three bytes is not below 128.
const MISFIT: u32 = 1 << 24;
/// A flag: one of the four bytes is not a digit.
const NO_DIGIT: u32 = 1 << 25;

fn group([a, b, c, d]: [u8; 4]) -> u32 {
    GROUP[0][a as usize] | GROUP[1][b as usize] | GROUP[2][c as usize] | GROUP[3][d as usize]
}

/// Where in `token` (a run of key bytes) base64 of ASCII text is: the start of one of its groups.
pub(in crate::scan) fn find_base64(token: &[u8]) -> Option<usize> {
    let last = digits::base64(token)?;
    // With a wrong alignment a few groups may also fit, so the longest sequence is the right one.
    let stretches = (last..last + 4).filter_map(|at| stretch(token, at));
    stretches.max_by_key(|(groups, _)| *groups).map(|(_, start)| start)
}

/// The number of consecutive groups that fit around the one at `at` (up to a limit), and their start.
fn stretch(token: &[u8], at: usize) -> Option<(usize, usize)> {
    const ENOUGH: usize = 64;
    let fits = |at: usize| token.get(at..at + 4).is_some_and(fits_ascii);
    if !fits(at) {
        return None;
    }
    let before = (1..=at / 4).take(ENOUGH).take_while(|back| fits(at - back * 4)).count();
    let after = (at..token.len()).step_by(4).take(ENOUGH).take_while(|at| fits(*at)).count();
    steps::count((before + after) * 4);
    Some((before + after, at - before * 4))
}

/// Decodes the base64 text around the group at `group`; also returns its end. The text may be folded over several
/// lines, as in mail and PEM.
pub(in crate::scan) fn base64<'a>(view: &'a View<'a>, group: usize) -> (View<'a>, usize) {
    let start = view.own.start + text_start(&view.bytes[view.own.start..], group - view.own.start);
    let mut decoder =
        Decoder { bytes: &view.bytes[..view.own.end], at: start, digits: 0, misfits: 0, decoded: Decoded::default() };
    decoder.text();
    let Decoder { mut at, digits, decoded, .. } = decoder;
    at += view.bytes[at..].iter().take_while(|&&byte| byte == b'=').count();
    let done = if digits < MOST { at } else { decoded.place((MOST - SHARED) / 4 * 3) };
    (view.inner(Layer::Base64, start..at, &decoded), done)
}

/// Decodes the base64 digits at the start of `digits`, on one line.
pub(in crate::scan) fn base64_bytes(digits: &[u8]) -> Vec<u8> {
    let mut decoder = Decoder { bytes: digits, at: 0, digits: 0, misfits: 0, decoded: Decoded::default() };
    decoder.text();
    decoder.decoded.bytes
}

/// The start of the text before a group: one group more than those that fit, since its first bytes may not be ASCII.
fn text_start(bytes: &[u8], group: usize) -> usize {
    let mut start = group;
    let mut spare = 1;
    while start >= 4 && group - start < SHARED {
        let before = &bytes[start - 4..start];
        if !before.iter().all(|&byte| SEXTET[byte as usize] < 64) {
            break;
        }
        if !fits_ascii(before) {
            if spare == 0 {
                break;
            }
            spare -= 1;
        }
        start -= 4;
    }
    steps::count(group - start);
    start
}

/// Decodes digits starting at `at`.
struct Decoder<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The number of decoded digits.
    digits: usize,
    /// The number of consecutive groups that were not ASCII text.
    misfits: usize,
    decoded: Decoded,
}

impl Decoder<'_> {
    /// Decodes up to the end of the text, or up to the maximum for one piece.
    fn text(&mut self) {
        /// After this many consecutive groups that are not ASCII text, the text has ended.
        const MOST_MISFITS: usize = 8;
        loop {
            self.decoded.start(self.at, Ratio::FourThirds);
            let (groups, _) = self.bytes[self.at..].as_chunks::<4>();
            for &digits in groups.iter().take((MOST - self.digits).div_ceil(4)) {
                let value = group(digits);
                if value >= NO_DIGIT {
                    break;
                }
                let [_, three @ ..] = value.to_be_bytes();
                self.decoded.bytes.extend_from_slice(&three);
                self.at += 4;
                self.digits += 4;
                self.misfits = if value < MISFIT { 0 } else { self.misfits + 1 };
                if self.misfits > MOST_MISFITS {
                    return;
                }
            }
            if self.digits >= MOST || self.rest() {
                return;
            }
            match line_join(self.bytes, self.at) {
                Some(next) if self.digits >= 40 => self.at = next,
                _ => return,
            }
        }
    }

    /// Decodes an incomplete last group; returns whether there is one.
    fn rest(&mut self) -> bool {
        let rest = self.bytes[self.at..].iter().take(3).take_while(|&&byte| SEXTET[byte as usize] < 64);
        let sextets: Vec<u8> = rest.map(|&byte| SEXTET[byte as usize]).collect();
        match *sextets {
            [a, b] => self.decoded.bytes.push(a << 2 | b >> 4),
            [a, b, c] => self.decoded.bytes.extend([a << 2 | b >> 4, b << 4 | c >> 2]),
            _ => {}
        }
        self.at += sextets.len();
        self.digits += sextets.len();
        !sextets.is_empty()
    }
}

/// The start of the next line, if a line ends at `at` and the base64 continues there.
pub(super) fn line_join(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = &bytes[at..];
    let end = [&b"\r\n"[..], b"\n", b"\\r\\n", b"\\n"].into_iter().find(|end| rest.starts_with(end))?;
    let next = at + end.len();
    let indent = bytes[next..].iter().take(64).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let line =
        bytes[next + indent..].iter().take_while(|&&byte| SEXTET[byte as usize] < 64 || byte == b'=').take(8).count();
    // The last line may be as short as one group.
    let ends = bytes.get(next + indent + line).is_none_or(|byte| matches!(byte, b'\r' | b'\n' | b'\\'));
    let follows = line == 8 || line == 4 && ends;
    (follows && bytes.len() > next + indent).then_some(next + indent)
}
