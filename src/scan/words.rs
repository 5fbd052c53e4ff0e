//! The words of contextual rules: where in a text do they stand, in any case?
//!
//! One automaton for all rules, made when the first value is met that could be a key. It passes over what separates the
//! parts of a name, so that `azureOpenAiKey` and `AZURE_OPENAI_KEY` are the same to it, and it goes over each byte of a
//! text once, however many values stand there: nearly all of them have no word of any rule near them, and are done with.

use std::collections::VecDeque;
use std::ops::Range;

use bstr::ByteSlice as _;

use super::steps;
use crate::rule::RuleSet;

/// Words of rules.
#[derive(Debug)]
pub(super) struct Words {
    /// Which column of the table a byte stands for.
    columns: Box<[u8; 256]>,
    /// How many columns there are.
    width: usize,
    /// For each state and column the next state, as the index of its row, with [`HIT`] set if a word ends there.
    next: Vec<u32>,
    /// By state: the words that end there.
    ends: Vec<Vec<u32>>,
    words: Vec<Word>,
}

/// A word of a rule.
#[derive(Debug)]
struct Word {
    rule: usize,
    kind: Kind,
    /// In lower case; of a name without separators.
    text: Vec<u8>,
    /// How many characters that are no separators it has.
    length: usize,
}

/// What a word is to its rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Part of the name that a key of the rule is assigned to; separators do not count.
    Name,
    /// Text near it.
    Context,
}

/// A word in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) range: Range<usize>,
    pub(super) rule: usize,
    pub(super) kind: Kind,
}

const HIT: u32 = 1 << 31;
/// The column of bytes that no word holds.
const NONE: u8 = 0;
/// The column of separators, which lead nowhere else.
const SEPARATOR: u8 = 1;

fn is_separator(byte: u8) -> bool {
    matches!(byte, b'_' | b'-' | b'.')
}

impl Words {
    /// The words of these rules of a set.
    pub(super) fn of(set: &RuleSet, rules: &[usize]) -> Self {
        let word = |rule: usize, kind: Kind, text: &str| {
            let mut text = text.to_ascii_lowercase().into_bytes();
            match kind {
                Kind::Name => text.retain(|byte| !is_separator(*byte)),
                // The automaton says where a word's last letter stands.
                Kind::Context => text.truncate(text.trim_end_with(|c| matches!(c, '_' | '-' | '.')).len()),
            }
            let length = text.iter().filter(|byte| !is_separator(**byte)).count();
            Word { rule, kind, text, length }
        };
        let mut words = Vec::new();
        for &index in rules {
            let rule = set.rules()[index].rule;
            words.extend(rule.names.iter().map(|text| word(index, Kind::Name, text)));
            words.extend(rule.context.iter().map(|text| word(index, Kind::Context, text)));
        }
        words.retain(|word| word.length > 0);
        let mut columns = Box::new([NONE; 256]);
        let mut width = 2;
        for &byte in words.iter().flat_map(|word| &word.text).filter(|byte| !is_separator(**byte)) {
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
        let mut made = Self { columns, width: width.into(), next: Vec::new(), ends: Vec::new(), words };
        made.build();
        made
    }

    /// Aho and Corasick's automaton as a table: a trie, then for each state in order of its depth where its missing
    /// columns lead, which is where they lead from the longest proper suffix of it that is a state too.
    fn build(&mut self) {
        const MISSING: u32 = u32::MAX;
        let width = self.width;
        let mut trie: Vec<u32> = vec![MISSING; width];
        self.ends.push(Vec::new());
        for (number, word) in self.words.iter().enumerate() {
            let mut state = 0;
            for &byte in word.text.iter().filter(|byte| !is_separator(**byte)) {
                let cell = state * width + self.columns[byte as usize] as usize;
                if trie[cell] == MISSING {
                    trie[cell] = self.ends.len() as u32;
                    self.ends.push(Vec::new());
                    trie.resize(trie.len() + width, MISSING);
                }
                state = trie[cell] as usize;
            }
            self.ends[state].push(number as u32);
        }
        let mut suffix = vec![0_usize; self.ends.len()];
        let mut queue = VecDeque::from([0_usize]);
        while let Some(state) = queue.pop_front() {
            for column in 0..width {
                let beside = if state == 0 { 0 } else { trie[suffix[state] * width + column] };
                let cell = &mut trie[state * width + column];
                if column == usize::from(SEPARATOR) {
                    *cell = state as u32;
                } else if *cell == MISSING {
                    *cell = beside;
                } else {
                    let child = *cell as usize;
                    suffix[child] = beside as usize;
                    let more = self.ends[beside as usize].clone();
                    self.ends[child].extend(more);
                    queue.push_back(child);
                }
            }
        }
        // A separator behind a word would find the word again.
        let target = |cell: usize, state: u32| {
            let hit = cell % width != usize::from(SEPARATOR) && !self.ends[state as usize].is_empty();
            (state * width as u32) | if hit { HIT } else { 0 }
        };
        self.next = trie.iter().enumerate().map(|(cell, &state)| target(cell, state)).collect();
    }

    /// Goes on from `state` over `range` of a text, and returns the state there.
    fn walk(&self, text: &[u8], range: Range<usize>, mut state: u32, found: &mut VecDeque<Hit>) -> u32 {
        steps::count(range.len());
        for at in range {
            let next = self.next[state as usize + self.columns[text[at] as usize] as usize];
            state = next & !HIT;
            if next & HIT != 0 {
                self.hits(text, at + 1, state as usize / self.width, found);
            }
        }
        state
    }

    /// The words that end at `end`.
    #[cold]
    fn hits(&self, text: &[u8], end: usize, state: usize, found: &mut VecDeque<Hit>) {
        for &number in &self.ends[state] {
            let word = &self.words[number as usize];
            let start = match word.kind {
                // A context word stands there as it is written, or not at all.
                Kind::Context => {
                    let start = end.checked_sub(word.text.len());
                    start.filter(|&start| text[start..end].eq_ignore_ascii_case(&word.text))
                }
                Kind::Name => {
                    let letters = (0..end).rev().filter(|&at| !is_separator(text[at]));
                    letters.take(word.length).last()
                }
            };
            found.extend(start.map(|start| Hit { range: start..end, rule: word.rule, kind: word.kind }));
        }
    }
}

/// The words found in a view so far, around where the engine is.
#[derive(Debug, Default)]
pub(super) struct Hits {
    /// What was gone over.
    seen: Range<usize>,
    state: u32,
    found: VecDeque<Hit>,
}

impl Hits {
    /// How far left of what is asked for hits are kept: a value may start as far before the next that is asked about.
    const KEPT: usize = 1024;

    /// Whether it is little work to tell what stands in `range`: all up to its start was gone over already.
    pub(super) fn reach(&self, range: &Range<usize>) -> bool {
        self.seen.end > 0 && range.start >= self.seen.start && range.start <= self.seen.end
    }

    /// The words within `range` of `text`, by where they end.
    pub(super) fn within<'a>(
        &'a mut self,
        words: &Words,
        text: &[u8],
        range: &Range<usize>,
    ) -> impl Iterator<Item = &'a Hit> + 'a {
        if !self.reach(range) {
            let start = range.start.saturating_sub(Self::KEPT / 4);
            *self = Self { seen: start..start, ..Self::default() };
        }
        if range.end > self.seen.end {
            let kept = range.start.saturating_sub(Self::KEPT);
            while self.found.front().is_some_and(|hit| hit.range.end < kept) {
                self.found.pop_front();
            }
            self.seen.start = self.seen.start.max(kept);
            self.state = words.walk(text, self.seen.end..range.end, self.state, &mut self.found);
            self.seen.end = range.end;
        }
        let range = range.clone();
        let first = self.found.partition_point(|hit| hit.range.end <= range.start);
        let hits = self.found.range(first..).take_while(move |hit| hit.range.end <= range.end);
        hits.filter(move |hit| hit.range.start >= range.start)
    }
}
