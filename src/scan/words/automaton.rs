//! The automaton that finds words: an Aho-Corasick table over the first letters of each.

use std::collections::VecDeque;
use std::ops::Range;

use bstr::ByteSlice as _;

use super::super::steps;
use super::states::{WordHead, WordState, last_letter, states};
use super::word::{HEAD, Word, WordKind, is_separator};
use crate::core::narrow::narrow;
use crate::rule::RuleSet;

/// The automaton for the first letters of the words of rules.
#[derive(Debug)]
pub(in super::super) struct Words {
    /// The column of the table for each byte.
    columns: Box<[u8; 256]>,
    /// The number of columns.
    width: usize,
    /// For each state and column, the next state as the index of its row.
    next: StateTable,
    /// The row of the first state in which the head of a word ends; in all later rows one also ends.
    first_hit: u32,
    /// For each of these states, the range in `ended`.
    ends: Vec<Range<u32>>,
    /// The words whose heads end in a state.
    ended: Vec<u32>,
    words: Vec<Word>,
    /// The texts of the words.
    texts: Vec<u8>,
}

/// The numbers of a table: of two bytes if they fit, since a smaller table is built faster and stays in the processor's cache.
#[derive(Debug)]
enum StateTable {
    Small(Vec<u16>),
    Large(Vec<u32>),
}

/// Does the same with either table.
macro_rules! with_table {
    ($table:expr, |$rows:ident| $work:expr) => {
        match $table {
            StateTable::Small($rows) => $work,
            StateTable::Large($rows) => $work,
        }
    };
}

/// An occurrence of a word in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Hit {
    pub(in super::super) range: Range<usize>,
    pub(in super::super) rule: usize,
    pub(in super::super) kind: WordKind,
}

/// How many parts of a text are read in parallel.
const LANES: usize = 4;
/// For each of these parts, the offsets at which words end, and the states there. Working memory; empty between walks.
pub(in super::super) type LaneEnds = [Vec<(usize, u32)>; LANES];
/// The column of bytes that no word contains.
const NONE: u8 = 0;
/// The column of separators, which do not change the state.
const SEPARATOR: u8 = 1;

/// The part of a word that the automaton knows.
fn head<'a>(word: &Word, texts: &'a [u8]) -> &'a [u8] {
    &texts[word.text.start as usize..(word.text.start + word.head) as usize]
}

impl Words {
    /// Builds the automaton for the words of these rules.
    pub(in super::super) fn of(set: &RuleSet, rules: &[usize]) -> Self {
        let (mut words, mut texts): (Vec<Word>, Vec<u8>) = (Vec::new(), Vec::new());
        let mut add = |rule: usize, kind: WordKind, word: &str| {
            let start = texts.len();
            match kind {
                WordKind::Name => texts.extend(word.bytes().filter(|byte| !is_separator(*byte))),
                // The automaton reports the position of a word's last letter.
                WordKind::Context => {
                    texts.extend_from_slice(word.as_bytes().trim_end_with(|c| matches!(c, '_' | '-' | '.')));
                }
            }
            let text = &mut texts[start..];
            text.make_ascii_lowercase();
            let letters = (0..text.len()).filter(|&at| !is_separator(text[at])).take(HEAD);
            let head = letters.last().map_or(0, |at| at + 1);
            if head > 0 {
                let text = narrow(start)..narrow(texts.len());
                words.push(Word { rule: narrow(rule), kind, text, head: narrow(head) });
            }
        };
        for &index in rules {
            let rule = &set.rules()[index].rule;
            rule.names.iter().for_each(|text| add(index, WordKind::Name, text));
            rule.context.iter().for_each(|text| add(index, WordKind::Context, text));
        }
        let mut columns = Box::new([NONE; 256]);
        let mut width = 2;
        for &byte in words.iter().flat_map(|word| head(word, &texts)).filter(|byte| !is_separator(**byte)) {
            if columns[byte as usize] == NONE {
                columns[byte as usize] = width;
                width += 1;
            }
        }
        for byte in b'A'..=b'Z' {
            columns[byte as usize] = columns[byte.to_ascii_lowercase() as usize];
        }
        for byte in [b'_', b'-', b'.'] {
            columns[byte as usize] = SEPARATOR;
        }
        let (next, ends, ended) = (StateTable::Small(Vec::new()), Vec::new(), Vec::new());
        let mut made = Self { columns, width: width.into(), next, first_hit: 0, ends, ended, words, texts };
        made.build();
        made
    }

    /// Builds an Aho-Corasick automaton as a table. A state's row is that of its suffix, which is shorter and therefore
    /// already there, with the state's own children.
    fn build(&mut self) {
        let mut heads: Vec<(WordHead, u32)> =
            self.words.iter().enumerate().map(|(number, word)| (self.head(word), narrow(number))).collect();
        heads.sort_unstable();
        let mut alone: Vec<WordHead> = heads.iter().map(|(head, _)| *head).collect();
        alone.dedup();
        let states = states(&alone);
        // States in which a head ends get the last rows, so that one comparison recognises them.
        let (mut is_hit, mut ends) = (vec![false; states.len()], vec![0..0; states.len()]);
        for (at, state) in states.iter().enumerate() {
            let start = self.ended.len();
            if state.is_head {
                let own = heads.partition_point(|(head, _)| *head < state.letters);
                let own = heads[own..].iter().take_while(|(head, _)| *head == state.letters);
                self.ended.extend(own.map(|(_, number)| *number));
            }
            let more: Range<u32> = ends[state.suffix as usize].clone();
            self.ended.extend_from_within(more.start as usize..more.end as usize);
            ends[at] = narrow(start)..narrow(self.ended.len());
            is_hit[at] = !ends[at].is_empty();
        }
        let misses = is_hit.iter().filter(|is_hit| !**is_hit).count();
        let (mut miss, mut hit) = (0, misses);
        let place = |is_hit: &bool| {
            let place = if *is_hit { &mut hit } else { &mut miss };
            *place += 1;
            narrow((*place - 1) * self.width)
        };
        let rows: Vec<u32> = is_hit.iter().map(place).collect();
        self.first_hit = narrow(misses * self.width);
        self.ends = ends.into_iter().filter(|ends| !ends.is_empty()).collect();
        self.next = if u16::try_from(states.len() * self.width).is_ok() {
            StateTable::Small(self.rows(&states, &rows))
        } else {
            StateTable::Large(self.rows(&states, &rows))
        };
    }

    /// The table with these rows for these states.
    fn rows<N: Copy + Default + TryFrom<u32>>(&self, states: &[WordState], rows: &[u32]) -> Vec<N> {
        let number = |row: u32| N::try_from(row).unwrap_or_default();
        let mut next = vec![N::default(); states.len() * self.width];
        for (state, &row) in states.iter().zip(rows) {
            let (suffix, at) = (rows[state.suffix as usize] as usize, row as usize);
            next.copy_within(suffix..suffix + self.width, at);
            next[at + usize::from(SEPARATOR)] = number(row);
            for child in state.children.clone() {
                let column = last_letter(states[child as usize].letters);
                next[at + usize::from(column)] = number(rows[child as usize]);
            }
        }
        next
    }

    /// The head of a word.
    fn head(&self, word: &Word) -> WordHead {
        let letters = head(word, &self.texts).iter().filter(|byte| !is_separator(**byte));
        let mut head = [0; 8];
        head.iter_mut().zip(letters).for_each(|(column, byte)| *column = self.columns[*byte as usize]);
        WordHead::from_be_bytes(head)
    }

    fn text(&self, word: &Word) -> &[u8] {
        &self.texts[word.text.start as usize..word.text.end as usize]
    }

    #[inline(always)]
    fn step<N: Copy + Into<u32>>(&self, next: &[N], state: u32, byte: u8) -> u32 {
        next[state as usize + self.columns[byte as usize] as usize].into()
    }

    /// Continues from `state` over `range` of a text; returns the final state.
    pub(in super::super) fn walk(
        &self,
        text: &[u8],
        range: Range<usize>,
        state: u32,
        (found, ends): (&mut VecDeque<Hit>, &mut LaneEnds),
    ) -> u32 {
        steps::count(range.len());
        with_table!(&self.next, |next| match self.lanes(text, &range) {
            Some(lanes) => self.walk_lanes(next, text, lanes, state, (found, ends)),
            None => self.walk_one(next, text, range, state, found),
        })
    }

    fn walk_one<N: Copy + Into<u32>>(
        &self,
        next: &[N],
        text: &[u8],
        range: Range<usize>,
        mut state: u32,
        found: &mut VecDeque<Hit>,
    ) -> u32 {
        for (at, &byte) in range.clone().zip(&text[range]) {
            state = self.step(next, state, byte);
            if state >= self.first_hit {
                self.hits(text, at + 1, state, found);
            }
        }
        state
    }

    /// Divides a long range after bytes that no word contains, so that the state at the start of each part is known.
    fn lanes(&self, text: &[u8], range: &Range<usize>) -> Option<[Range<usize>; LANES]> {
        const LEAST: usize = 256;
        if range.len() < LEAST {
            return None;
        }
        let cut = |lane: usize| {
            let from = range.start + range.len() / LANES * lane;
            let near = &text[from..from + LEAST / LANES];
            let end = near.iter().position(|&byte| self.columns[byte as usize] == NONE)?;
            Some(from + end + 1)
        };
        let [second, third, fourth] = [cut(1)?, cut(2)?, cut(3)?];
        Some([range.start..second, second..third, third..fourth, fourth..range.end])
    }

    /// Each step depends on the one before, so four parts in parallel take little longer than one.
    fn walk_lanes<N: Copy + Into<u32>>(
        &self,
        next: &[N],
        text: &[u8],
        lanes: [Range<usize>; LANES],
        state: u32,
        (found, ends): (&mut VecDeque<Hit>, &mut LaneEnds),
    ) -> u32 {
        let together = lanes.iter().map(Range::len).min().unwrap_or(0);
        let [a, b, c, d] = lanes.each_ref().map(|lane| &text[lane.start..lane.start + together]);
        let mut states = [state, 0, 0, 0];
        for (at, (((&a, &b), &c), &d)) in a.iter().zip(b).zip(c).zip(d).enumerate() {
            let [first, second, third, fourth] = states;
            states =
                [(first, a), (second, b), (third, c), (fourth, d)].map(|(state, byte)| self.step(next, state, byte));
            if states.into_iter().fold(false, |any, state| any | (state >= self.first_hit)) {
                for (lane, &state) in states.iter().enumerate().filter(|(_, state)| **state >= self.first_hit) {
                    ends[lane].push((lanes[lane].start + at + 1, state));
                }
            }
        }
        let mut last = 0;
        for ((lane, state), ends) in lanes.into_iter().zip(states).zip(ends) {
            ends.drain(..).for_each(|(end, state)| self.hits(text, end, state, found));
            last = self.walk_one(next, text, lane.start + together..lane.end, state, found);
        }
        last
    }

    /// Adds the words whose heads end at `end`, sorted by their ends.
    #[cold]
    fn hits(&self, text: &[u8], end: usize, state: u32, found: &mut VecDeque<Hit>) {
        // After a separator the head was already found.
        if is_separator(text[end - 1]) {
            return;
        }
        let ends = &self.ends[(state - self.first_hit) as usize / self.width];
        for &number in &self.ended[ends.start as usize..ends.end as usize] {
            let word = &self.words[number as usize];
            if let Some(range) = word.range(self.text(word), text, end) {
                let later = found.iter().rev().take_while(|hit| hit.range.end > range.end).count();
                found.insert(found.len() - later, Hit { range, rule: word.rule as usize, kind: word.kind });
            }
        }
    }
}

#[cfg(test)]
mod tests;
