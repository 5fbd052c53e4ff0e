//! What a text consists of: how many letters, digits and marks it has, and how they alternate. Each run is counted once, 64
//! bytes at a time; names, paths and values are told apart by the counts.

use std::ops::Range;

use super::block::{self, shifted};

/// The counts of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Letters {
    /// The number of bytes.
    length: usize,
    capital: usize,
    small: usize,
    digit: usize,
    /// Dashes and underscores.
    mark: usize,
    /// How many words start after the first: at capitals, at digits, and after digits and other bytes.
    starts: usize,
    /// How many adjacent pairs differ in being capital letters.
    changes: usize,
}

impl Letters {
    /// Counts the bytes of a text.
    pub(super) fn of(text: &[u8]) -> Self {
        Self::within(text, 0..text.len())
    }

    /// Counts the bytes of a part of a text.
    pub(super) fn within(text: &[u8], part: Range<usize>) -> Self {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("popcnt") {
            #[allow(unsafe_code, reason = "calling a function compiled for these instructions")]
            // SAFETY: the features were detected on the line above.
            return unsafe { avx2::count(text, part) };
        }
        count(text, part, masks)
    }

    /// Whether there is nothing but letters, digits, dashes and underscores.
    pub(super) fn is_plain(&self) -> bool {
        self.capital + self.small + self.digit + self.mark == self.length
    }

    pub(super) fn has_digit(&self) -> bool {
        self.digit > 0
    }

    /// Whether at least three of ten adjacent pairs differ in being capital letters.
    pub(super) fn changes_case(&self) -> bool {
        self.changes * 10 >= self.length * 3
    }

    /// Whether a text with dots and slashes is a path, a URL or a dotted name: it has only one case, or few words for its
    /// length.
    pub(super) fn is_path(&self) -> bool {
        self.capital == 0 || self.small == 0 || self.starts * 5 < self.length
    }

    /// Whether it is divided into words as an identifier is, in any style: mostly small letters, and few words for its
    /// length.
    pub(super) fn is_worded(&self) -> bool {
        // Without capitals, words start less often by chance.
        let shortest_word = if self.capital > 0 { 4 } else { 6 };
        self.small * 2 >= self.length && self.starts * shortest_word <= self.length
    }

    /// How many words start after the first: at capitals, at digits, and after digits and other bytes.
    pub(super) fn starts(&self) -> usize {
        self.starts
    }
}

/// The kinds of up to 64 bytes as bit masks; bit `i` is for byte `i`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct LetterMasks {
    capital: u64,
    small: u64,
    digit: u64,
    mark: u64,
}

/// The masks without SIMD.
fn masks(block: &[u8; 64]) -> LetterMasks {
    let mut masks = LetterMasks::default();
    for (i, byte) in block.iter().enumerate() {
        masks.capital |= u64::from(byte.is_ascii_uppercase()) << i;
        masks.small |= u64::from(byte.is_ascii_lowercase()) << i;
        masks.digit |= u64::from(byte.is_ascii_digit()) << i;
        masks.mark |= u64::from(matches!(byte, b'-' | b'_')) << i;
    }
    masks
}

#[inline(always)]
fn count(text: &[u8], part: Range<usize>, masks: impl Fn(&[u8; 64]) -> LetterMasks) -> Letters {
    let (text, after) = (&text[part.clone()], &text[part.start..]);
    let mut letters = Letters { length: text.len(), ..Letters::default() };
    // A text starts as if small letters were before it.
    let mut before = LetterMasks { small: u64::MAX, ..LetterMasks::default() };
    let (blocks, rest) = text.as_chunks::<64>();
    for block in blocks {
        let here = masks(block);
        letters.add(here, before, u64::MAX);
        before = here;
    }
    if !rest.is_empty() {
        let last = block::last(rest, &after[blocks.len() * 64..], masks);
        letters.add(last, before, u64::MAX >> (64 - rest.len()));
    }
    // Before the first byte there is no pair.
    letters.changes -= usize::from(text.first().is_some_and(u8::is_ascii_uppercase));
    letters
}

impl Letters {
    /// Adds the bytes of a block that are `inside`.
    #[inline(always)]
    fn add(&mut self, here: LetterMasks, before: LetterMasks, inside: u64) {
        let [capital, small, digit, mark] = [here.capital, here.small, here.digit, here.mark].map(|mask| mask & inside);
        let after_capital = shifted(capital, before.capital, 1);
        let after_small = shifted(small, before.small, 1);
        let after_digit = shifted(digit, before.digit, 1);
        let after_two_capitals = after_capital & shifted(capital, before.capital, 2);
        // A capital before small letters starts their word, also after an abbreviation.
        let starts = small & !after_small & (!after_capital | after_two_capitals)
            | capital & !after_capital
            | digit & !after_digit;
        let ones = |mask: u64| mask.count_ones() as usize;
        self.capital += ones(capital);
        self.small += ones(small);
        self.digit += ones(digit);
        self.mark += ones(mark);
        self.starts += ones(starts);
        self.changes += ones((capital ^ after_capital) & inside);
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    //! The same, 32 bytes at a time.

    use std::arch::x86_64::{
        __m256i, _mm256_add_epi8, _mm256_cmpeq_epi8, _mm256_cmpgt_epi8, _mm256_movemask_epi8, _mm256_or_si256,
        _mm256_set1_epi8,
    };

    use std::ops::Range;

    use super::super::block::load_256 as load;
    use super::{LetterMasks, Letters};

    #[target_feature(enable = "avx2,popcnt")]
    pub(super) fn count(text: &[u8], part: Range<usize>) -> Letters {
        super::count(text, part, |block| masks(block))
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    pub(super) fn masks(block: &[u8; 64]) -> LetterMasks {
        let (first, second) = block.split_at(32);
        let first = load(first.try_into().expect("half of 64"));
        let second = load(second.try_into().expect("half of 64"));
        let both = |first: __m256i, second: __m256i| {
            let bits = |mask: __m256i| u64::from(_mm256_movemask_epi8(mask).cast_unsigned());
            bits(first) | bits(second) << 32
        };
        LetterMasks {
            capital: both(between(first, b'A', b'Z'), between(second, b'A', b'Z')),
            small: both(between(first, b'a', b'z'), between(second, b'a', b'z')),
            digit: both(between(first, b'0', b'9'), between(second, b'0', b'9')),
            mark: both(is_mark(first), is_mark(second)),
        }
    }

    /// The bytes that are at least `low` and at most `high`, by one signed comparison: moved up so that `high` becomes the
    /// greatest.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn between(bytes: __m256i, low: u8, high: u8) -> __m256i {
        let up = i8::MAX.cast_unsigned() - high;
        let moved = _mm256_add_epi8(bytes, _mm256_set1_epi8(up.cast_signed()));
        _mm256_cmpgt_epi8(moved, _mm256_set1_epi8((low + up).cast_signed() - 1))
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn is_mark(bytes: __m256i) -> __m256i {
        let equal = |mark: u8| _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(mark.cast_signed()));
        _mm256_or_si256(equal(b'-'), equal(b'_'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::template::Random;

    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Kind {
        Small,
        Capital,
        Digit,
        Other,
    }

    fn kind(byte: u8) -> Kind {
        match byte {
            b'a'..=b'z' => Kind::Small,
            b'A'..=b'Z' => Kind::Capital,
            b'0'..=b'9' => Kind::Digit,
            _ => Kind::Other,
        }
    }

    /// The definition, one byte at a time.
    fn by_definition(text: &[u8]) -> Letters {
        let of = |wanted: Kind| text.iter().filter(|&&byte| kind(byte) == wanted).count();
        let mut last = [Kind::Small; 2];
        let mut starts = 0;
        for &byte in text {
            let here = kind(byte);
            starts += usize::from(match (last, here) {
                (_, Kind::Other) => false,
                ([Kind::Capital, Kind::Capital], Kind::Small) => true,
                ([_, Kind::Capital], Kind::Small) => false,
                ([_, before], here) => before != here,
            });
            last = [last[1], here];
        }
        let changes = text.windows(2).filter(|pair| pair[0].is_ascii_uppercase() != pair[1].is_ascii_uppercase());
        Letters {
            length: text.len(),
            capital: of(Kind::Capital),
            small: of(Kind::Small),
            digit: of(Kind::Digit),
            mark: text.iter().filter(|byte| matches!(byte, b'-' | b'_')).count(),
            starts,
            changes: changes.count(),
        }
    }

    #[test]
    fn counts_what_the_definition_says() {
        let mut random = Random::new(9);
        for round in 0..6000 {
            let length = random.below(if round % 4 == 0 { 300 } else { 70 });
            let text: Vec<u8> = (0..length)
                .map(|_| match random.below(40) {
                    0 => *random.pick(b"\0%/.@`[{\x7f\x80\xff"),
                    _ => *random.pick(b"aazAAZ0-9_"),
                })
                .collect();
            let definition = by_definition(&text);
            assert_eq!(Letters::of(&text), definition, "{}", text.escape_ascii());
            assert_eq!(count(&text, 0..text.len(), masks), definition, "{}", text.escape_ascii());
            let from = random.below(text.len() + 1);
            let part = from..from + random.below(text.len() - from + 1);
            let definition = by_definition(&text[part.clone()]);
            assert_eq!(Letters::within(&text, part.clone()), definition, "{part:?} of {}", text.escape_ascii());
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn with_and_without_simd_are_the_same() {
        if !std::arch::is_x86_feature_detected!("avx2") {
            return;
        }
        let all: Vec<u8> = (0..=255).collect();
        for block in all.as_chunks::<64>().0 {
            #[allow(unsafe_code, reason = "calling a function compiled for AVX2")]
            // SAFETY: the feature was detected above.
            let fast = unsafe { avx2::masks(block) };
            assert_eq!(fast, masks(block));
        }
    }
}
