//! The same masks by x86-64's vector instructions: 64 bytes at a time with AVX-512, 32 with AVX2.

use std::arch::is_x86_feature_detected;
use std::arch::x86_64::{
    __m256i, __m512i, _mm_loadu_si128, _mm256_and_si256, _mm256_broadcastsi128_si256, _mm256_cmpeq_epi8,
    _mm256_min_epu8, _mm256_movemask_epi8, _mm256_set1_epi8, _mm256_setzero_si256, _mm256_shuffle_epi8,
    _mm256_srli_epi16, _mm512_and_si512, _mm512_broadcast_i32x4, _mm512_loadu_si512, _mm512_set1_epi8,
    _mm512_shuffle_epi8, _mm512_srli_epi16, _mm512_test_epi8_mask, _mm512_testn_epi8_mask,
};
use std::ops::Range;

use super::super::block::load_256;
use super::{Masks, Openings, State, Width, in_class, in_gapped, numbers, opens};

/// `[l]` has bit `h` set where a class holds the byte whose high half is `h` and whose low half is `l`.
type Low = [u8; 16];

macro_rules! low {
    ($holds:ident) => {{
        let mut table = [0; 16];
        let mut byte = 0;
        while byte < 128 {
            if $holds(byte) {
                table[(byte & 15) as usize] |= 1 << (byte >> 4);
            }
            byte += 1;
        }
        table
    }};
}

const CLASS: Low = low!(in_class);
const OPENS: Low = low!(opens);
const NUMBERS: Low = low!(numbers);
const GAPPED: Low = low!(in_gapped);

/// `HIGH[h]` is bit `h`; none for bytes above 127.
const HIGH: Low = {
    let mut table = [0; 16];
    let mut half = 0;
    while half < 8 {
        table[half] = 1 << half;
        half += 1;
    }
    table
};

/// How many blocks' masks are made at once, so that nothing else needs vector registers meanwhile.
const AT_ONCE: usize = 16;

/// Instructions that this processor has.
#[derive(Clone, Copy, Debug)]
pub(super) enum Vectors {
    Avx512,
    Avx2,
}

impl Vectors {
    /// Those that there are, the fastest first.
    pub(super) fn known() -> impl Iterator<Item = Self> {
        // Every processor with AVX2 has these too.
        let counts = is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("popcnt")
            && is_x86_feature_detected!("lzcnt");
        let avx512 = counts && is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw");
        let avx2 = counts && is_x86_feature_detected!("avx2");
        [avx512.then_some(Self::Avx512), avx2.then_some(Self::Avx2)].into_iter().flatten()
    }

    /// Gives all of `bytes` to `state`.
    pub(super) fn blocks(
        self,
        bytes: &[u8],
        state: &mut State,
        openings: &impl Openings,
        found: &mut impl FnMut(Range<usize>, Width),
    ) {
        #[allow(unsafe_code, reason = "calling functions that are compiled for these instructions")]
        // SAFETY: `known` makes these values, of features that were detected.
        unsafe {
            match self {
                Self::Avx512 => blocks_512(bytes, state, openings, found),
                Self::Avx2 => blocks_256(bytes, state, openings, found),
            }
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,bmi1,bmi2,popcnt,lzcnt")]
fn blocks_512(bytes: &[u8], state: &mut State, openings: &impl Openings, found: &mut impl FnMut(Range<usize>, Width)) {
    let [class, opens, numbers, gapped, high] =
        [&CLASS, &OPENS, &NUMBERS, &GAPPED, &HIGH].map(|table| four_times(table));
    let mut masks = [Masks::default(); AT_ONCE];
    let (blocks, _) = bytes.as_chunks::<64>();
    for (i, group) in blocks.chunks(AT_ONCE).enumerate() {
        for (masks, block) in masks.iter_mut().zip(group) {
            let block = load_512(block);
            let half = _mm512_and_si512(_mm512_srli_epi16::<4>(block), _mm512_set1_epi8(15));
            let half = _mm512_shuffle_epi8(high, half);
            *masks = Masks {
                class: _mm512_test_epi8_mask(_mm512_shuffle_epi8(class, block), half),
                zero: _mm512_testn_epi8_mask(block, block),
                opens: _mm512_test_epi8_mask(_mm512_shuffle_epi8(opens, block), half),
                numbers: _mm512_test_epi8_mask(_mm512_shuffle_epi8(numbers, block), half),
                gapped: _mm512_test_epi8_mask(_mm512_shuffle_epi8(gapped, block), half),
            };
        }
        state.blocks(i * AT_ONCE * 64, &masks[..group.len()], openings, found);
    }
    state.tail(bytes, blocks.len() * 64, openings, found);
}

#[target_feature(enable = "avx512f")]
#[inline]
fn load_512(bytes: &[u8; 64]) -> __m512i {
    #[allow(unsafe_code, reason = "the unaligned load takes a pointer")]
    // SAFETY: the reference is to 64 readable bytes, and the load needs no alignment.
    unsafe {
        _mm512_loadu_si512(bytes.as_ptr().cast())
    }
}

#[target_feature(enable = "avx512f")]
#[inline]
fn four_times(table: &Low) -> __m512i {
    #[allow(unsafe_code, reason = "the unaligned load takes a pointer")]
    // SAFETY: the reference is to 16 readable bytes, and the load needs no alignment.
    let table = unsafe { _mm_loadu_si128(table.as_ptr().cast()) };
    _mm512_broadcast_i32x4(table)
}

#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt")]
fn blocks_256(bytes: &[u8], state: &mut State, openings: &impl Openings, found: &mut impl FnMut(Range<usize>, Width)) {
    let [class, opens, numbers, gapped, high] = [&CLASS, &OPENS, &NUMBERS, &GAPPED, &HIGH].map(|table| twice(table));
    let mut masks = [Masks::default(); AT_ONCE];
    let (blocks, _) = bytes.as_chunks::<64>();
    for (i, group) in blocks.chunks(AT_ONCE).enumerate() {
        for (masks, block) in masks.iter_mut().zip(group) {
            let (first, second) = block.split_at(32);
            let first = load_256(first.try_into().expect("half of 64"));
            let second = load_256(second.try_into().expect("half of 64"));
            let (first_halves, second_halves) = (halves(first, high), halves(second, high));
            let zero = match zeros(_mm256_min_epu8(first, second)) {
                0 => 0,
                _ => both(zeros(first), zeros(second)),
            };
            *masks = Masks {
                class: both(holds(first, first_halves, class), holds(second, second_halves, class)),
                zero,
                opens: both(holds(first, first_halves, opens), holds(second, second_halves, opens)),
                numbers: both(holds(first, first_halves, numbers), holds(second, second_halves, numbers)),
                gapped: both(holds(first, first_halves, gapped), holds(second, second_halves, gapped)),
            };
        }
        state.blocks(i * AT_ONCE * 64, &masks[..group.len()], openings, found);
    }
    state.tail(bytes, blocks.len() * 64, openings, found);
}

#[inline(always)]
fn both(first: u32, second: u32) -> u64 {
    u64::from(first) | u64::from(second) << 32
}

#[target_feature(enable = "avx2")]
#[inline]
fn twice(table: &Low) -> __m256i {
    #[allow(unsafe_code, reason = "the unaligned load takes a pointer")]
    // SAFETY: the reference is to 16 readable bytes, and the load needs no alignment.
    let table = unsafe { _mm_loadu_si128(table.as_ptr().cast()) };
    _mm256_broadcastsi128_si256(table)
}

/// For each byte the bit of [`HIGH`] for its high half.
#[target_feature(enable = "avx2")]
#[inline]
fn halves(bytes: __m256i, high: __m256i) -> __m256i {
    _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), _mm256_set1_epi8(15)))
}

/// Bit `i` says whether byte `i` is in a class; `halves` are those of the bytes.
#[target_feature(enable = "avx2")]
#[inline]
fn holds(bytes: __m256i, halves: __m256i, class: __m256i) -> u32 {
    !zeros(_mm256_and_si256(_mm256_shuffle_epi8(class, bytes), halves))
}

/// Bit `i` says whether byte `i` is zero.
#[target_feature(enable = "avx2")]
#[inline]
fn zeros(bytes: __m256i) -> u32 {
    _mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, _mm256_setzero_si256())).cast_unsigned()
}
