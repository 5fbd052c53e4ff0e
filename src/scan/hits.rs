//! The occurrences of rules' words near the position of the engine, found block by block.

use std::collections::VecDeque;
use std::ops::Range;

use super::whole_word::is_whole;
use super::words::{Hit, LaneEnds, Words};

/// The words found in a view so far, near the current position.
#[derive(Debug, Default)]
pub(super) struct Hits {
    /// The range that was read.
    seen: Range<usize>,
    state: u32,
    pub(super) found: VecDeque<Hit>,
    /// The rules whose words were found, and how many there are of each.
    rules: Vec<(usize, usize)>,
    lane_ends: LaneEnds,
}

impl Hits {
    /// How far to the left occurrences are kept, in bytes: the next value may start that far back.
    const KEPT: usize = 1024;
    /// How far to the right is read in advance, in bytes.
    const AHEAD: usize = 1024;

    /// Whether reading up to `range` is little work, because everything up to its start was already read.
    pub(super) fn reach(&self, range: &Range<usize>) -> bool {
        self.seen.end > 0 && range.start >= self.seen.start && range.start <= self.seen.end
    }

    /// The whole words in `range` that are nearest to a value, on each side, and belong to a rule that `accepts` the
    /// value.
    pub(super) fn around(
        &mut self,
        words: &Words,
        text: &[u8],
        range: &Range<usize>,
        value: Range<usize>,
        accepts: &mut dyn FnMut(usize) -> bool,
    ) -> Vec<Hit> {
        const MOST: [usize; 2] = [64, 24];
        drop(self.within(words, text, range));
        // In a sequence of words, there are few different rules.
        if !self.rules.iter().any(|(rule, _)| accepts(*rule)) {
            return Vec::new();
        }
        let middle = self.found.partition_point(|hit| hit.range.end <= value.end);
        let left = self.found.range(..middle).rev().take_while(|hit| hit.range.end > range.start);
        let right = self.found.range(middle..).take_while(|hit| hit.range.end <= range.end);
        let mut hits = Vec::new();
        let mut take = |nearest: &mut dyn Iterator<Item = &Hit>, most: usize| {
            let before = hits.len();
            for hit in nearest.take(most * 4) {
                if accepts(hit.rule) && hit.range.start >= range.start && is_whole(text, &hit.range) {
                    hits.push(hit.clone());
                    if hits.len() - before == most {
                        break;
                    }
                }
            }
        };
        take(&mut { left }, MOST[0]);
        take(&mut { right }, MOST[1]);
        hits
    }

    /// The words in `range` of `text`, by their ends.
    pub(super) fn within<'a>(
        &'a mut self,
        words: &Words,
        text: &[u8],
        range: &Range<usize>,
    ) -> impl Iterator<Item = &'a Hit> + 'a {
        // For dense values, more text is read at once.
        let mut end = (range.end + Self::AHEAD).min(text.len());
        if !self.reach(range) {
            let start = range.start.saturating_sub(Self::KEPT / 4);
            let lane_ends = std::mem::take(&mut self.lane_ends);
            *self = Self { seen: start..start, lane_ends, ..Self::default() };
            end = range.end;
        }
        if range.end > self.seen.end {
            let kept = range.start.saturating_sub(Self::KEPT);
            while self.found.front().is_some_and(|hit| hit.range.end < kept) {
                let gone = self.found.pop_front().map(|hit| hit.rule);
                for (_, count) in self.rules.iter_mut().filter(|(rule, _)| Some(*rule) == gone) {
                    *count -= 1;
                }
            }
            self.rules.retain(|(_, count)| *count > 0);
            self.seen.start = self.seen.start.max(kept);
            let known = self.found.len();
            self.state = words.walk(text, self.seen.end..end, self.state, (&mut self.found, &mut self.lane_ends));
            self.seen.end = end;
            for hit in self.found.range(known..) {
                match self.rules.iter_mut().find(|(rule, _)| *rule == hit.rule) {
                    Some((_, count)) => *count += 1,
                    None => self.rules.push((hit.rule, 1)),
                }
            }
        }
        let range = range.clone();
        let first = self.found.partition_point(|hit| hit.range.end <= range.start);
        let hits = self.found.range(first..).take_while(move |hit| hit.range.end <= range.end);
        hits.filter(move |hit| hit.range.start >= range.start)
    }
}
