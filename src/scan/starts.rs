//! Texts by their first bytes: which of them may start at a place is told by a table of hashes of three bytes, and almost
//! always decided by one comparison of eight.

use std::ops::Range;

use crate::core::narrow::narrow;
use crate::core::order::ListOrder as _;
use crate::rule::Text;

/// The first bytes of many texts.
#[derive(Debug)]
pub(super) struct Starts {
    /// For each hash of three bytes: whether a text may start with them.
    may: Box<[bool; HASHES]>,
    /// For each of these hashes, the first of its heads.
    first: Box<[u32; HASHES]>,
    /// The first bytes of each text, in the order of [`by_hash`].
    heads: Vec<TextHead>,
}

/// The number of hashes. A table of this size fits into the fastest processor cache; one entry in fifty is used.
const HASHES: usize = 1 << HASH_BITS;
const HASH_BITS: u32 = 13;

/// The first eight bytes of a text, or all of a shorter one.
#[derive(Clone, Copy, Debug)]
struct TextHead {
    bytes: u64,
    /// Selects as many of eight bytes.
    mask: u64,
    /// Where the heads with the same hash end.
    end: u32,
}

/// How many bytes of a text are compared here.
pub(super) const HEAD: usize = 8;

/// The first eight bytes of a text as a number, in little-endian order; zeros after its end.
#[inline(always)]
pub(super) fn eight(text: &[u8]) -> u64 {
    match text.first_chunk::<HEAD>() {
        Some(&eight) => u64::from_le_bytes(eight),
        None => text.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)),
    }
}

/// The first four of eight bytes.
#[allow(clippy::cast_possible_truncation, reason = "the others are not wanted")]
#[inline(always)]
pub(super) fn low(eight: u64) -> u32 {
    eight as u32
}

/// The hash of the first three of four bytes.
#[inline(always)]
fn hash(four: u32) -> usize {
    (four.wrapping_mul(0x9e37_7900) >> (32 - HASH_BITS)) as usize
}

/// Whether a text is long enough to be found by its first bytes.
fn has_start(text: &Text) -> bool {
    text.len() >= 3
}

/// The indexes of the texts of at least three bytes: by the hash of these, and then equal texts together.
pub(super) fn by_hash(texts: &[Text]) -> Vec<usize> {
    let key = |text: &Text| {
        let start = low(eight(text.as_bytes())) & 0x00ff_ffff;
        (hash(start) as u64) << 24 | u64::from(start)
    };
    let found = texts.iter().enumerate().filter(|(_, text)| has_start(text));
    let mut sorted: Vec<(u64, u32)> = found.map(|(at, text)| (key(text), narrow(at))).collect();
    sorted.sort_unstable();
    let mut order: Vec<usize> = sorted.iter().map(|&(_, at)| at as usize).collect();
    let mut rest = &mut order[..];
    for same in sorted.chunk_by(|(one, _), (other, _)| one == other) {
        let (first, others) = rest.split_at_mut(same.len());
        if first.len() > 1 {
            first.order_by(|&one, &other| texts[one].cmp(&texts[other]));
        }
        rest = others;
    }
    order
}

impl Starts {
    /// The starts of texts that are in the order of [`by_hash`].
    pub(super) fn of<'t>(texts: impl Iterator<Item = &'t Text>) -> Self {
        let head = |text: &Text| {
            let text = text.as_bytes();
            TextHead { bytes: eight(text), mask: u64::MAX >> (8 * HEAD.saturating_sub(text.len())), end: 0 }
        };
        let mut starts =
            Self { may: Box::new([false; HASHES]), first: Box::new([0; HASHES]), heads: texts.map(head).collect() };
        let hash_of = |head: &TextHead| hash(low(head.bytes));
        let mut from = 0;
        for same in starts.heads.chunk_by_mut(|one, other| hash_of(one) == hash_of(other)) {
            let hash = hash_of(&same[0]);
            starts.may[hash] = true;
            starts.first[hash] = narrow(from);
            from += same.len();
            same[0].end = narrow(from);
        }
        starts
    }

    /// Whether one of the texts may start with four bytes, by the first three of them.
    #[inline(always)]
    pub(super) fn may_be(&self, four: u32) -> bool {
        self.may[hash(four)]
    }

    /// The numbers of the texts whose first bytes, up to [`HEAD`], are those of another.
    #[inline]
    pub(super) fn of_text(&self, text: &[u8]) -> impl Iterator<Item = usize> + use<'_> {
        let eight = eight(text);
        self.alike(eight).filter(move |&number| {
            let head = self.heads[number];
            eight & head.mask == head.bytes
        })
    }

    /// The numbers of the texts that start with the same three bytes, or with others of the same hash.
    #[inline]
    pub(super) fn alike(&self, eight: u64) -> Range<usize> {
        let hash = hash(low(eight));
        if !self.may[hash] {
            return 0..0;
        }
        let first = self.first[hash] as usize;
        first..self.heads[first].end as usize
    }
}
