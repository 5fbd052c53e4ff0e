//! Whether a run of digits may encode ASCII text. It examines 64 bytes at a time, because in files with hashes,
//! images and certificates every byte is examined.

use std::ops::Range;

use super::super::block::{self, shifted};
use super::super::steps;
use super::sextet::FITS;

/// Classes of 64 bytes as bit masks; bit `i` is for byte `i`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct DigitMasks {
    /// Bytes that can be the first, second and third digit of a base64 group of ASCII text. The fourth can be any
    /// digit.
    base64: [u64; 3],
    /// Bytes that are hex digits.
    hex: u64,
    /// Bytes that can be the first of two hex digits that encode a character from the space on: `2` to `7`.
    high: u64,
}

/// The state after the blocks so far.
#[derive(Clone, Copy, Debug, Default)]
struct DigitState {
    masks: DigitMasks,
    /// Where one, two and four consecutive base64 groups end.
    groups: [u64; 3],
    /// Where one, two, four and eight consecutive hex pairs end.
    pairs: [u64; 4],
}

impl DigitState {
    /// Processes a block; returns where six consecutive base64 groups of ASCII text end, and where sixteen hex pairs
    /// end.
    #[inline(always)]
    fn block(&mut self, masks: DigitMasks) -> (u64, u64) {
        let before = *self;
        let DigitMasks { base64: [first, second, third], hex, high } = masks;
        let [first_before, second_before, third_before] = before.masks.base64;
        // The last digit of a group is at the fourth position of the first block, or later.
        let group =
            shifted(third, third_before, 1) & shifted(second, second_before, 2) & shifted(first, first_before, 3);
        let two = group & shifted(group, before.groups[0], 4);
        let four = two & shifted(two, before.groups[1], 8);
        let six = four & shifted(two, before.groups[1], 16);
        let pair = hex & shifted(high, before.masks.high, 1);
        let two_pairs = pair & shifted(pair, before.pairs[0], 2);
        let four_pairs = two_pairs & shifted(two_pairs, before.pairs[1], 4);
        let eight_pairs = four_pairs & shifted(four_pairs, before.pairs[2], 8);
        let sixteen = eight_pairs & shifted(eight_pairs, before.pairs[3], 16);
        *self = Self { masks, groups: [group, two, four], pairs: [pair, two_pairs, four_pairs, eight_pairs] };
        (six, sixteen)
    }
}

/// The minimum length of six base64 groups, without the last digit, which any text fits.
const LEAST: usize = 23;

/// Whether `token` (a run of key bytes in `text`) may contain base64 or hex of ASCII text.
pub(in crate::scan) fn any(text: &[u8], token: Range<usize>) -> bool {
    token.len() >= LEAST && find(&text[token.start..], token.len(), |six, sixteen| six | sixteen).is_some()
}

/// The offset of the sixth of the first six consecutive base64 groups that fit ASCII text.
pub(super) fn base64(token: &[u8]) -> Option<usize> {
    find(token, token.len(), |six, _| six).map(|end| end - 3)
}

/// The offset of the first of the first sixteen consecutive hex pairs that encode text.
pub(super) fn hex(token: &[u8]) -> Option<usize> {
    find(token, token.len(), |_, sixteen| sixteen).map(|end| end - 31)
}

/// The first position in `text[..length]` that `wanted` selects; nothing after it is examined.
#[inline(always)]
fn find(text: &[u8], length: usize, wanted: impl Fn(u64, u64) -> u64) -> Option<usize> {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        #[allow(unsafe_code, reason = "calling a function compiled for AVX2")]
        // SAFETY: the feature was detected on the line above.
        return unsafe { avx2::find(text, length, wanted) };
    }
    walk(text, length, masks, wanted)
}

#[inline(always)]
fn walk(
    text: &[u8],
    length: usize,
    masks: impl Fn(&[u8; 64]) -> DigitMasks,
    wanted: impl Fn(u64, u64) -> u64,
) -> Option<usize> {
    let mut state = DigitState::default();
    let (blocks, rest) = text[..length].as_chunks::<64>();
    for (i, block) in blocks.iter().enumerate() {
        steps::count(block.len());
        let (six, sixteen) = state.block(masks(block));
        let found = wanted(six, sixteen);
        if found != 0 {
            return Some(i * 64 + found.trailing_zeros() as usize);
        }
    }
    if rest.is_empty() {
        return None;
    }
    let last = block::last(rest, &text[blocks.len() * 64..], masks);
    // The fourth digit of a group is not examined, so what follows the end must not look like one.
    let inside = u64::MAX >> (64 - rest.len());
    let (six, sixteen) = state.block(last);
    let found = wanted(six, sixteen) & inside;
    (found != 0).then(|| blocks.len() * 64 + found.trailing_zeros() as usize)
}

/// The masks without SIMD.
fn masks(block: &[u8; 64]) -> DigitMasks {
    let mut masks = DigitMasks::default();
    for (i, &byte) in block.iter().enumerate() {
        let fits = FITS[byte as usize];
        for (place, mask) in masks.base64.iter_mut().enumerate() {
            *mask |= u64::from(fits >> place & 1) << i;
        }
        masks.hex |= u64::from(byte.is_ascii_hexdigit()) << i;
        masks.high |= u64::from(matches!(byte, b'2'..=b'7')) << i;
    }
    masks
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    //! The same masks, computed for 32 bytes at a time.

    use super::super::super::block::load_256 as load;
    use super::{DigitMasks, FITS};
    use std::arch::x86_64::{
        _mm256_and_si256, _mm256_cmpeq_epi8, _mm256_movemask_epi8, _mm256_set1_epi8, _mm256_setzero_si256,
        _mm256_shuffle_epi8, _mm256_srli_epi16,
    };

    /// Entry `[l]` has bit `h` set if the class contains the byte with the high half `h` and the low half `l`.
    type Low = [u8; 32];

    const fn low(holds: [bool; 128]) -> Low {
        let mut table = [0; 32];
        let mut byte = 0;
        while byte < 128 {
            if holds[byte] {
                table[byte & 15] |= 1 << (byte >> 4);
                table[(byte & 15) + 16] |= 1 << (byte >> 4);
            }
            byte += 1;
        }
        table
    }

    const fn fits(bit: u8) -> Low {
        let mut holds = [false; 128];
        let mut byte = 0;
        while byte < 128 {
            holds[byte] = FITS[byte] & bit != 0;
            byte += 1;
        }
        low(holds)
    }

    #[allow(clippy::cast_possible_truncation, reason = "each byte once")]
    const fn hex(high: bool) -> Low {
        let mut holds = [false; 128];
        let mut byte = 0;
        while byte < 128 {
            let digit = byte as u8;
            holds[byte] = if high { digit >= b'2' && digit <= b'7' } else { digit.is_ascii_hexdigit() };
            byte += 1;
        }
        low(holds)
    }

    const CLASSES: [Low; 5] = [fits(1), fits(2), fits(4), hex(false), hex(true)];

    /// `HIGH[h]` has bit `h` set; 0 for bytes above 127.
    const HIGH: [u8; 32] = {
        let mut table = [0; 32];
        let mut half = 0;
        while half < 8 {
            table[half] = 1 << half;
            table[half + 16] = 1 << half;
            half += 1;
        }
        table
    };

    #[target_feature(enable = "avx2")]
    pub(super) fn find(text: &[u8], length: usize, wanted: impl Fn(u64, u64) -> u64) -> Option<usize> {
        super::walk(text, length, |block| masks(block), wanted)
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    pub(super) fn masks(block: &[u8; 64]) -> DigitMasks {
        let (first, second) = block.split_at(32);
        let first = of_half(first.try_into().expect("half of 64"));
        let second = of_half(second.try_into().expect("half of 64"));
        let both = |i: usize| u64::from(first[i]) | u64::from(second[i]) << 32;
        DigitMasks { base64: [both(0), both(1), both(2)], hex: both(3), high: both(4) }
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn of_half(bytes: &[u8; 32]) -> [u32; 5] {
        let bytes = load(bytes);
        let halves = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), _mm256_set1_epi8(15));
        let high = _mm256_shuffle_epi8(load(&HIGH), halves);
        CLASSES.each_ref().map(|low| {
            let hit = _mm256_and_si256(_mm256_shuffle_epi8(load(low), bytes), high);
            !_mm256_movemask_epi8(_mm256_cmpeq_epi8(hit, _mm256_setzero_si256())).cast_unsigned()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::template::Random;

    /// The definition, one byte at a time: the ends of stretches that are long enough.
    fn by_definition(token: &[u8]) -> (Option<usize>, Option<usize>) {
        let bit = |at: usize, bit: u8| FITS[token[at] as usize] & bit != 0;
        let group = |at: usize| bit(at, 1) && bit(at + 1, 2) && bit(at + 2, 4);
        let six = (0..token.len().saturating_sub(23)).find(|&at| (0..6).all(|i| group(at + i * 4)));
        let pair = |at: usize| matches!(token[at], b'2'..=b'7') && token[at + 1].is_ascii_hexdigit();
        let sixteen = (0..token.len().saturating_sub(31)).find(|&at| (0..16).all(|i| pair(at + i * 2)));
        (six.map(|at| at + 20), sixteen)
    }

    #[test]
    fn finds_what_the_definition_says() {
        let mut random = Random::new(5);
        for round in 0..4000 {
            let length = random.below(300);
            let digits: &[u8] = if round % 2 == 0 { b"ABQRghZzKk09" } else { b"234567abcdef01Z" };
            let rare = random.below(40) + 1;
            let token: Vec<u8> = (0..length)
                .map(|i| match random.below(rare) {
                    0 => *random.pick(digits),
                    _ if round % 2 == 0 => b"QUJD"[i % 4],
                    _ => *random.pick(b"234567"),
                })
                .collect();
            let (six, sixteen) = by_definition(&token);
            assert_eq!((base64(&token), hex(&token)), (six, sixteen), "{}", String::from_utf8_lossy(&token));
            assert_eq!(any(&token, 0..token.len()), six.is_some() || sixteen.is_some());
            let (before, inside) = (random.below(token.len() + 1), random.below(token.len() + 1));
            let part = before.min(inside)..before.max(inside);
            let (six, sixteen) = by_definition(&token[part.clone()]);
            assert_eq!(any(&token, part), six.is_some() || sixteen.is_some());
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn with_and_without_simd_are_the_same() {
        if !std::arch::is_x86_feature_detected!("avx2") {
            return;
        }
        let block: Vec<u8> = (0..=255).collect();
        for part in block.as_chunks::<64>().0 {
            #[allow(unsafe_code, reason = "calling a function compiled for AVX2")]
            // SAFETY: the feature was detected above.
            let fast = unsafe { avx2::masks(part) };
            assert_eq!(fast, masks(part));
        }
    }
}
