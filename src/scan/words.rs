//! Finds the words of contextual rules in a text, in any case.
//!
//! One automaton serves all rules; it is built when the first value is found whose owner does not exclude it. It
//! ignores separators inside names, so `azureOpenAiKey` and `AZURE_OPENAI_KEY` are equal. It reads each byte of a
//! text once, however many values there are: most values have no word of any rule nearby, and are finished. It knows
//! only the first letters of each word, so that its table is small; the rest of a word is compared where they occur.

use std::collections::{HashSet, VecDeque};
use std::ops::Range;
use std::sync::OnceLock;

use bstr::ByteSlice as _;
use foldhash::fast::FixedState;

use super::identifier::VariableName;
use super::steps;
use super::whole_word::is_whole;
use crate::core::narrow::narrow;
use crate::core::order::ListOrder as _;
use crate::rule::RuleSet;

/// The automaton for the first letters of the words of rules.
#[derive(Debug)]
pub(super) struct Words {
    /// The column of the table for each byte.
    columns: Box<[u8; 256]>,
    /// The number of columns, a power of two.
    width: usize,
    /// For each state and column, the next state as the index of its row; filled up to a power of two.
    next: Vec<u32>,
    /// The row of the first state in which the head of a word ends; in all later rows one also ends.
    first_hit: u32,
    /// For each state, the words whose heads end there.
    ends: Vec<Vec<u32>>,
    words: Vec<Word>,
}

/// The words of rules, with an automaton that is built on first use: most small runs do not need it.
#[derive(Debug, Default)]
pub(super) struct LazyWords {
    made: OnceLock<Words>,
    /// The first letters of the names.
    leads: OnceLock<HashSet<[u8; LEAD], FixedState>>,
}

/// How many letters of a name are compared before the automaton is built.
const LEAD: usize = 3;

/// [`LazyWords`], and the rules that they are built from.
#[derive(Clone, Copy, Debug)]
pub(super) struct WordSource<'a> {
    pub(super) words: &'a LazyWords,
    pub(super) set: &'a RuleSet,
    pub(super) rules: &'a [usize],
}

impl<'a> WordSource<'a> {
    pub(super) fn get(self) -> &'a Words {
        self.words.made.get_or_init(|| Words::of(self.set, self.rules))
    }

    /// Whether a name consists of a rule's word and generic words.
    pub(super) fn covers(self, name: &[u8], identifier: &VariableName) -> bool {
        let leads = self.words.leads.get_or_init(|| {
            let names = self.rules.iter().flat_map(|&rule| self.set.rules()[rule].rule.names.iter());
            names.filter_map(|name| lead(name.as_bytes())).collect()
        });
        identifier.starts().any(|start| lead(start).is_none_or(|lead| leads.contains(&lead)))
            && self.get().covers(name, identifier)
    }
}

/// The first letters of a name, in lower case and without separators; `None` if there are fewer.
fn lead(name: &[u8]) -> Option<[u8; LEAD]> {
    let mut letters = name.iter().filter(|byte| !is_separator(**byte)).map(u8::to_ascii_lowercase);
    Some([letters.next()?, letters.next()?, letters.next()?])
}

/// A word of a rule.
#[derive(Debug)]
struct Word {
    rule: usize,
    kind: WordKind,
    /// The text in lower case; for names without separators.
    text: Vec<u8>,
    /// The length of its head, which the automaton knows: the first [`HEAD`] letters, and separators between them.
    head: usize,
}

impl Word {
    fn letters(&self) -> impl Iterator<Item = u8> {
        self.text.iter().copied().filter(|byte| !is_separator(*byte))
    }

    /// The range of the word in `text`, if its head is at the end of `text[..head_end]`.
    fn range(&self, text: &[u8], head_end: usize) -> Option<Range<usize>> {
        let (head, rest) = self.text.split_at(self.head);
        let goes_on = |at: usize, letter: &u8| text.get(at).is_some_and(|byte| byte.eq_ignore_ascii_case(letter));
        let range = match self.kind {
            // A context word must occur exactly as written.
            WordKind::Context => {
                let (start, end) = (head_end.checked_sub(head.len())?, head_end + rest.len());
                let is_same = rest.last().is_none_or(|last| goes_on(end - 1, last))
                    && text.get(start..end)?.eq_ignore_ascii_case(&self.text);
                is_same.then_some(start..end)?
            }
            WordKind::Name => {
                let mut end = head_end;
                for letter in rest {
                    end += text[end..].iter().take_while(|byte| is_separator(**byte)).count();
                    goes_on(end, letter).then_some(())?;
                    end += 1;
                }
                let mut start = (0..head_end).rev().filter(|&at| !is_separator(text[at]));
                start.nth(self.head - 1)?..end
            }
        };
        steps::count(range.len());
        Some(range)
    }
}

/// The maximum number of letters of a word's head.
const HEAD: usize = 5;

/// The role of a word in its rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WordKind {
    /// Part of the name that a key is assigned to; separators are ignored.
    Name,
    /// Text near the key.
    Context,
}

/// An occurrence of a word in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) range: Range<usize>,
    pub(super) rule: usize,
    pub(super) kind: WordKind,
}

/// How many parts of a text are read in parallel.
const LANES: usize = 4;
/// For each of these parts, the offsets at which words end, and the states there. Working memory; empty between walks.
pub(super) type LaneEnds = [Vec<(usize, u32)>; LANES];
/// The column of bytes that no word contains.
const NONE: u8 = 0;
/// The column of separators, which do not change the state.
const SEPARATOR: u8 = 1;

fn is_separator(byte: u8) -> bool {
    matches!(byte, b'_' | b'-' | b'.')
}

impl Words {
    /// Builds the automaton for the words of these rules.
    pub(super) fn of(set: &RuleSet, rules: &[usize]) -> Self {
        let word = |rule: usize, kind: WordKind, text: &str| {
            let mut text = text.to_ascii_lowercase().into_bytes();
            match kind {
                WordKind::Name => text.retain(|byte| !is_separator(*byte)),
                // The automaton reports the position of a word's last letter.
                WordKind::Context => text.truncate(text.trim_end_with(|c| matches!(c, '_' | '-' | '.')).len()),
            }
            let letters = (0..text.len()).filter(|&at| !is_separator(text[at])).take(HEAD);
            let head = letters.last().map_or(0, |at| at + 1);
            Word { rule, kind, text, head }
        };
        let mut words = Vec::new();
        for &index in rules {
            let rule = &set.rules()[index].rule;
            words.extend(rule.names.iter().map(|text| word(index, WordKind::Name, text)));
            words.extend(rule.context.iter().map(|text| word(index, WordKind::Context, text)));
        }
        words.retain(|word| word.head > 0);
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
        let mut made = Self { columns, width: width.into(), next: Vec::new(), first_hit: 0, ends: Vec::new(), words };
        made.build();
        made
    }

    /// Builds an Aho-Corasick automaton as a table: a trie, whose missing transitions are then copied, in order of
    /// depth, from the longest proper suffix that is also a state.
    fn build(&mut self) {
        const MISSING: u32 = u32::MAX;
        let width = self.width;
        let mut trie: Vec<u32> = Vec::with_capacity((1 + self.words.len() * 2) * width);
        trie.resize(width, MISSING);
        self.ends.push(Vec::new());
        for (number, word) in self.words.iter().enumerate() {
            let mut state = 0;
            for byte in word.letters().take(HEAD) {
                let cell = state * width + self.columns[byte as usize] as usize;
                if trie[cell] == MISSING {
                    trie[cell] = narrow(self.ends.len());
                    self.ends.push(Vec::new());
                    trie.resize(trie.len() + width, MISSING);
                }
                state = trie[cell] as usize;
            }
            self.ends[state].push(narrow(number));
        }
        let mut suffix = vec![0_usize; self.ends.len()];
        let mut queue = VecDeque::from([0_usize]);
        while let Some(state) = queue.pop_front() {
            for column in 0..width {
                let beside = if state == 0 { 0 } else { trie[suffix[state] * width + column] };
                let cell = &mut trie[state * width + column];
                if column == usize::from(SEPARATOR) {
                    *cell = narrow(state);
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
        // States in which a head ends get the highest numbers, so that one comparison recognises them.
        let count = self.ends.len();
        let mut order: Vec<usize> = (0..count).collect();
        order.order_by_key(|&state| !self.ends[state].is_empty());
        let mut row = vec![0_u32; count];
        order.iter().enumerate().for_each(|(place, &state)| row[state] = narrow(place * width));
        self.first_hit = narrow(order.partition_point(|&state| self.ends[state].is_empty()) * width);
        let cells = order.iter().flat_map(|&state| &trie[state * width..(state + 1) * width]);
        self.next = cells.map(|&state| row[state as usize]).collect();
        self.ends = order.iter().map(|&state| std::mem::take(&mut self.ends[state])).collect();
    }

    fn step(&self, state: u32, byte: u8) -> u32 {
        self.next[state as usize + self.columns[byte as usize] as usize]
    }

    /// Continues from `state` over `range` of a text; returns the final state.
    pub(super) fn walk(
        &self,
        text: &[u8],
        range: Range<usize>,
        state: u32,
        (found, ends): (&mut VecDeque<Hit>, &mut LaneEnds),
    ) -> u32 {
        steps::count(range.len());
        match self.lanes(text, &range) {
            Some(lanes) => self.walk_lanes(text, lanes, state, (found, ends)),
            None => self.walk_one(text, range, state, found),
        }
    }

    fn covers(&self, name: &[u8], identifier: &VariableName) -> bool {
        const LONGEST: usize = 40;
        if name.len() > LONGEST {
            return false;
        }
        let mut found = VecDeque::new();
        self.walk_one(name, 0..name.len(), 0, &mut found);
        steps::count(name.len());
        let is_name =
            |hit: &Hit| hit.kind == WordKind::Name && is_whole(name, &hit.range) && identifier.is_but(&hit.range);
        found.iter().any(is_name)
    }

    fn walk_one(&self, text: &[u8], range: Range<usize>, mut state: u32, found: &mut VecDeque<Hit>) -> u32 {
        for (at, &byte) in range.clone().zip(&text[range]) {
            state = self.step(state, byte);
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
    fn walk_lanes(
        &self,
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
            states = [self.step(first, a), self.step(second, b), self.step(third, c), self.step(fourth, d)];
            if states.into_iter().fold(false, |any, state| any | (state >= self.first_hit)) {
                for (lane, &state) in states.iter().enumerate().filter(|(_, state)| **state >= self.first_hit) {
                    ends[lane].push((lanes[lane].start + at + 1, state));
                }
            }
        }
        let mut last = 0;
        for ((lane, state), ends) in lanes.into_iter().zip(states).zip(ends) {
            ends.drain(..).for_each(|(end, state)| self.hits(text, end, state, found));
            last = self.walk_one(text, lane.start + together..lane.end, state, found);
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
        for &number in &self.ends[state as usize / self.width] {
            let word = &self.words[number as usize];
            if let Some(range) = word.range(text, end) {
                let later = found.iter().rev().take_while(|hit| hit.range.end > range.end).count();
                found.insert(found.len() - later, Hit { range, rule: word.rule, kind: word.kind });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::hits::Hits;
    use super::*;
    use crate::rule::template::Random;

    /// The definition: every name without its separators, every context word as it is written, in any case.
    fn by_definition(words: &Words, text: &[u8]) -> Vec<(usize, usize, usize)> {
        let mut all = Vec::new();
        for word in &words.words {
            for start in 0..text.len() {
                let mut end = start;
                let mut letters = word.text.iter().peekable();
                while let (Some(&&letter), Some(&byte)) = (letters.peek(), text.get(end)) {
                    if byte.to_ascii_lowercase() == letter {
                        letters.next();
                    } else if word.kind == WordKind::Context || !is_separator(byte) || end == start {
                        break;
                    }
                    end += 1;
                }
                if letters.peek().is_none() {
                    all.push((end, start, word.rule));
                }
            }
        }
        all.sort_unstable();
        all
    }

    #[test]
    fn finds_what_the_definition_says() {
        let set = RuleSet::builtin();
        let rules: Vec<usize> =
            set.rules().iter().enumerate().filter(|(_, rule)| rule.rule.is_contextual()).map(|(at, _)| at).collect();
        let words = Words::of(&set, &rules);
        let mut random = Random::new(3);
        for round in 0..60 {
            let mut text = Vec::new();
            while text.len() < 900 {
                let word = random.pick(&words.words).text.clone();
                let cut = random.below(word.len()) + 1;
                text.extend(if random.below(2) == 0 { word } else { word[..cut].to_ascii_uppercase() });
                text.extend(random.pick(&[&b" "[..], b"_", b"-", b".", b"\n", b"=", b"__", b""]).iter());
            }
            let (mut hits, mut found) = (Hits::default(), Vec::new());
            let step = if round % 2 == 0 { text.len() } else { 40 };
            for start in (0..text.len()).step_by(step) {
                hits.within(&words, &text, &(start..text.len().min(start + step))).for_each(drop);
                found = hits.found.iter().map(|hit| (hit.range.end, hit.range.start, hit.rule)).collect();
            }
            found.sort_unstable();
            assert_eq!(found, by_definition(&words, &text), "{}", String::from_utf8_lossy(&text));
        }
    }
}
