//! Bits that are set in a row, in masks of 64 places and over the border of two.

use std::ops::Range;

use super::super::block::shifted;

/// Bit `i` says that six places from `i` on are all in the mask, or may be because the block ends before.
#[inline(always)]
pub(super) fn six_follow(mask: u64) -> u64 {
    let next = |mask: u64, by: u32| mask >> by | !(u64::MAX >> by);
    let two = mask & next(mask, 1);
    let four = two & next(two, 2);
    four & next(two, 4)
}

/// Bit `i` says that the places up to `i`, so many in a row, are all in a mask.
pub(super) struct InARow {
    four: u64,
    pub(super) eight: u64,
    sixteen: u64,
    /// Of the block before; right for its end.
    before: (u64, u64),
}

impl InARow {
    #[inline(always)]
    pub(super) fn of(mask: u64, before: u64) -> Self {
        let before_two = before & before << 1;
        let before_four = before_two & before_two << 2;
        let before_eight = before_four & before_four << 4;
        let two = mask & shifted(mask, before, 1);
        let four = two & shifted(two, before_two, 2);
        let eight = four & shifted(four, before_four, 4);
        let sixteen = eight & shifted(eight, before_eight, 8);
        Self { four, eight, sixteen, before: (before_four, before_eight) }
    }

    #[inline(always)]
    pub(super) fn twenty(&self) -> u64 {
        self.sixteen & shifted(self.four, self.before.0, 16)
    }

    #[inline(always)]
    pub(super) fn twenty_four(&self) -> u64 {
        self.sixteen & shifted(self.eight, self.before.1, 16)
    }
}

/// Reports the runs that end in a block. `long` says where one is at least `least` long; `open` is the start of one
/// that is already long enough.
#[inline(always)]
pub(super) fn ends(
    open: &mut Option<usize>,
    base: usize,
    mut long: u64,
    least: usize,
    found: &mut impl FnMut(Range<usize>),
) {
    if let Some(start) = *open {
        let more = long.trailing_ones();
        if more == 64 {
            return;
        }
        found(start..base + more as usize);
        *open = None;
        long &= u64::MAX << more;
    }
    while long != 0 {
        let first = long.trailing_zeros();
        let start = base + first as usize + 1 - least;
        let end = first + (long >> first).trailing_ones();
        if end == 64 {
            *open = Some(start);
            return;
        }
        found(start..base + end as usize);
        long &= u64::MAX << end;
    }
}

/// Advances runs of one kind of wide text over the 64 positions of `mask`.
#[inline(always)]
pub(super) fn step(
    open: &mut Option<usize>,
    base: usize,
    mask: u64,
    least: usize,
    found: &mut dyn FnMut(Range<usize>),
) {
    if let Some(start) = *open {
        let more = mask.trailing_ones() as usize;
        if more == 64 {
            return;
        }
        if base + more - start >= least {
            found(start..base + more);
        }
    }
    // Bit i of `long` says that positions i to i + 19 are all set: a run may start there, or continue.
    let mut long = mask & mask >> 1;
    long &= long >> 2;
    long &= long >> 4;
    long &= long >> 8;
    long &= long >> 4;
    if open.is_some() {
        let lead = mask.trailing_ones();
        long &= u64::MAX.checked_shl(lead).unwrap_or(0);
    }
    while long != 0 {
        let start = long.trailing_zeros();
        let length = (mask >> start).trailing_ones();
        if start + length < 64 && length as usize >= least {
            found(base + start as usize..base + (start + length) as usize);
        }
        long &= u64::MAX.checked_shl(start + length).unwrap_or(0);
    }
    let trailing = mask.leading_ones() as usize;
    *open = (trailing > 0).then_some(base + 64 - trailing);
}
