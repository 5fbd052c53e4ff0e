//! The search for runs in the masks of one block after the other.

use std::ops::Range;

use super::in_a_row::{InARow, ends, six_follow, step};
use super::{LEAST, LEAST_GAPPED, Masks, Openings, Width, masks};

/// The minimum number of such bytes in a block of a list of numbers.
const NUMBERS_OF_LIST: u32 = 56;
/// The minimum number of digits in it; an indentation has fewer.
const LEAST_DIGITS: u32 = 16;
/// The minimum number of such bytes in a block of a dump, which also has text.
const MOSTLY_NUMBERS: u32 = 46;
const DIGITS_OF_DUMP: u32 = 24;
/// The maximum number of ends of at least eight consecutive digits in a block. A line of a dump has fewer; lists of
/// numbers with fractions have more.
const MOST_FRACTIONS: u32 = 12;
/// The minimum number of groups of digits in a block.
const LEAST_GROUPS: u32 = 4;
/// The maximum number of breaks, of any length: signs and decimal points give more, while the text in a dump is one
/// or a few.
const MOST_BREAKS: u32 = 5;
/// Every fourth bit.
const QUARTERS: u64 = 0x1111_1111_1111_1111;
/// The minimum number of 16 characters in UTF-32 that are in the class.
const LEAST_QUADS: u32 = 14;

/// The even bits. Blocks start at even offsets, so the parity of an offset is that of its bit.
const EVEN: u64 = 0x5555_5555_5555_5555;

/// The state after the blocks so far.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Of the last block: which places are in the class.
    class: u64,
    /// Of the last block: which places a run with gaps can hold.
    with_gaps: u64,
    /// Whether the last block's last byte opens: 1 if so.
    opens: u64,
    /// The start of the current plain run, if it is already long enough.
    narrow: Option<usize>,
    /// Of the last block with one: where the latest of 20 places in a row ends that are all in the class.
    run_end: usize,
    /// The start of the current run with gaps, if it is already long enough.
    gapped: Option<usize>,
    /// The starts of wide runs that continue after the last block.
    wide: [Option<usize>; 2],
}

impl State {
    /// Examines consecutive blocks.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    pub(super) fn blocks(
        &mut self,
        base: usize,
        blocks: &[Masks],
        openings: &impl Openings,
        found: &mut impl FnMut(Range<usize>, Width),
    ) {
        for (i, masks) in blocks.iter().enumerate() {
            self.block(base + i * 64, *masks, openings, found);
        }
    }

    #[inline(always)]
    pub(super) fn block(
        &mut self,
        base: usize,
        masks: Masks,
        openings: &impl Openings,
        found: &mut impl FnMut(Range<usize>, Width),
    ) {
        let Masks { class, zero, opens, numbers, gapped } = masks;
        let mut places = (opens << 1 | self.opens) & class & gapped;
        self.opens = opens >> 63;
        let six = six_follow(gapped);
        while places != 0 {
            let place = places.trailing_zeros();
            let at = base + place as usize;
            if openings.may_start(at, six >> place & 1 != 0) {
                found(at..at, Width::Opening);
            }
            places &= places - 1;
        }
        let (before, before_with_gaps) = (self.class, self.with_gaps);
        (self.class, self.with_gaps) = (class, gapped);
        let mut long = 0;
        if has_long_run(class | gapped, before | before_with_gaps) || self.narrow.is_some() || self.gapped.is_some() {
            long = InARow::of(class, before).twenty();
            let long_with_gaps = InARow::of(gapped, before_with_gaps).twenty_four();
            if long | long_with_gaps != 0 || self.narrow.is_some() || self.gapped.is_some() {
                self.long_runs(base, long, long_with_gaps, found);
            }
        }
        if numbers.count_ones() >= MOSTLY_NUMBERS && long == 0 {
            let eight = InARow::of(class, before).eight;
            if is_numbers(numbers, class, eight) {
                found(base..base + 64, Width::Numbers);
            }
        }
        if zero != 0 {
            let is_quad = |phase: u32| (class & QUARTERS << phase).count_ones() >= LEAST_QUADS;
            if zero.count_ones() >= 3 * LEAST_QUADS && (0..4).any(is_quad) {
                found(base..base + 64, Width::Quad);
            }
        }
        if zero != 0 || self.wide != [None, None] {
            let alternating = [class & EVEN | zero & !EVEN, class & !EVEN | zero & EVEN];
            for (open, mask) in self.wide.iter_mut().zip(alternating) {
                step(open, base, mask, LEAST * 2 - 1, &mut |run| found(run, Width::Wide));
            }
        }
    }

    /// Reports the runs of a block, in the order in which they end. `long` says where a plain one is at least
    /// [`LEAST`] long, `long_gapped` where one with gaps is at least [`LEAST_GAPPED`] long.
    fn long_runs(&mut self, base: usize, long: u64, long_gapped: u64, found: &mut impl FnMut(Range<usize>, Width)) {
        let (mut with_gaps, mut count) = ([(0, 0); MOST_GAPPED], 0);
        ends(&mut self.gapped, base, long_gapped, LEAST_GAPPED, &mut |run| {
            with_gaps[count] = (run.start, run.end);
            count += 1;
        });
        let mut with_gaps = with_gaps[..count].iter().peekable();
        let run_end = &mut self.run_end;
        ends(&mut self.narrow, base, long, LEAST, &mut |run| {
            while let Some(&(start, end)) = with_gaps.next_if(|(_, end)| *end < run.end) {
                if start >= *run_end {
                    found(start..end, Width::Gapped);
                }
            }
            *run_end = run.end;
            found(run, Width::Narrow);
        });
        // A run that continues may have started in this block.
        let open = self.narrow.unwrap_or(usize::MAX);
        for &(start, end) in with_gaps {
            if start >= self.run_end && end <= open {
                found(start..end, Width::Gapped);
            }
        }
    }

    pub(super) fn tail(
        &mut self,
        bytes: &[u8],
        from: usize,
        openings: &impl Openings,
        found: &mut impl FnMut(Range<usize>, Width),
    ) {
        if from < bytes.len() {
            // What is in the whole block ends with the content.
            let mut found = |run: Range<usize>, width| found(run.start..run.end.min(bytes.len()), width);
            self.block(from, masks(&bytes[from..]), openings, &mut found);
        }
    }

    pub(super) fn finish(&mut self, end: usize, found: &mut impl FnMut(Range<usize>, Width)) {
        if let Some(start) = self.narrow {
            found(start..end, Width::Narrow);
        } else if let Some(start) = self.gapped.filter(|start| *start >= self.run_end) {
            found(start..end, Width::Gapped);
        }
        for start in self.wide.into_iter().flatten().filter(|start| end.saturating_sub(*start) >= LEAST * 2 - 1) {
            found(start..end, Width::Wide);
        }
    }
}

/// Whether a block is part of a list of numbers or a dump.
fn is_numbers(numbers: u64, class: u64, eight: u64) -> bool {
    let digits = numbers & class;
    let least = if numbers.count_ones() >= NUMBERS_OF_LIST { LEAST_DIGITS } else { DIGITS_OF_DUMP };
    if digits.count_ones() < least || eight.count_ones() > MOST_FRACTIONS {
        return false;
    }
    let starts = |bits: u64| bits & !(bits << 1);
    // Adding carries the start of a group that consists only of digits past its end, out of the class.
    let groups = digits.wrapping_add(digits & starts(class)) & !class;
    groups.count_ones() >= LEAST_GROUPS && starts(!numbers).count_ones() <= MOST_BREAKS
}

/// The maximum number of runs with gaps that can end in a block.
const MOST_GAPPED: usize = 64 / LEAST_GAPPED + 2;

/// Whether [`LEAST`] places in a row of a block, or of the end of the one before and its beginning, are all in the masks.
/// Nothing here waits for a result of the block before.
#[inline(always)]
fn has_long_run(mask: u64, before: u64) -> bool {
    const { assert!(LEAST == 16 + 4 && LEAST_GAPPED >= LEAST, "what the steps below add up to") }
    let two = mask & mask >> 1;
    let four = two & two >> 2;
    let eight = four & four >> 4;
    let long = eight & eight >> 8 & four >> 16;
    long != 0 || before.leading_ones() + mask.trailing_ones() >= 16 + 4
}
