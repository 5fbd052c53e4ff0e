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
use crate::rule::RuleSet;

/// The automaton for the first letters of the words of rules.
#[derive(Debug)]
pub(super) struct Words {
    /// The column of the table for each byte.
    columns: Box<[u8; 256]>,
    /// The number of columns.
    width: usize,
    /// For each state and column, the next state as the index of its row.
    next: Vec<u32>,
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
            let names = || self.rules.iter().flat_map(|&rule| self.set.rules()[rule].rule.names.iter());
            let mut leads = HashSet::with_capacity_and_hasher(names().count(), FixedState::default());
            leads.extend(names().filter_map(|name| lead(name.as_bytes())));
            leads
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
    rule: u32,
    kind: WordKind,
    /// The text in lower case, in `Words::texts`; for names without separators.
    text: Range<u32>,
    /// The length of its head, which the automaton knows: the first [`HEAD`] letters, and separators between them.
    head: u32,
}

impl Word {
    /// The range of the word in `text`, if its head is at the end of `text[..head_end]`. `word` is its own text.
    fn range(&self, word: &[u8], text: &[u8], head_end: usize) -> Option<Range<usize>> {
        let (head, rest) = word.split_at(self.head as usize);
        let goes_on = |at: usize, letter: &u8| text.get(at).is_some_and(|byte| byte.eq_ignore_ascii_case(letter));
        let range = match self.kind {
            // A context word must occur exactly as written.
            WordKind::Context => {
                let (start, end) = (head_end.checked_sub(head.len())?, head_end + rest.len());
                let is_same = rest.last().is_none_or(|last| goes_on(end - 1, last))
                    && text.get(start..end)?.eq_ignore_ascii_case(word);
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
                start.nth(self.head as usize - 1)?..end
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

/// The letters of a head as columns, the first in the highest byte; the bytes after the last are 0. Sorted, the heads
/// that start alike are adjacent.
type WordHead = u64;

/// The head's letter at this depth and those before it.
fn first_letters(head: WordHead, depth: usize) -> WordHead {
    head & !(WordHead::MAX >> (8 * depth))
}

/// A head's letter, as a column; 0 if it has fewer.
fn letter(head: WordHead, depth: usize) -> u8 {
    head.to_be_bytes()[depth]
}

/// A state of the automaton: the first letters of a head.
struct WordState {
    letters: WordHead,
    /// Whether these are all letters of a head.
    is_head: bool,
    /// The states with one more letter.
    children: Range<u32>,
    /// The state of the longest proper suffix that is also the start of a head.
    suffix: u32,
}

/// The part of a word that the automaton knows.
fn head<'a>(word: &Word, texts: &'a [u8]) -> &'a [u8] {
    &texts[word.text.start as usize..(word.text.start + word.head) as usize]
}

/// The last letter of a state, as a column.
fn last_letter(letters: WordHead) -> u8 {
    let letters = letters.to_be_bytes();
    letters.into_iter().rev().find(|column| *column != 0).unwrap_or(0)
}

/// The state after a letter, for states whose longer ones are not all there yet.
fn follow(states: &[WordState], mut from: u32, column: u8) -> u32 {
    loop {
        let state = &states[from as usize];
        let mut children = state.children.clone();
        if let Some(child) = children.find(|child| last_letter(states[*child as usize].letters) == column) {
            return child;
        }
        if from == 0 {
            return 0;
        }
        from = state.suffix;
    }
}

impl Words {
    /// Builds the automaton for the words of these rules.
    pub(super) fn of(set: &RuleSet, rules: &[usize]) -> Self {
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
        let (next, ends, ended) = (Vec::new(), Vec::new(), Vec::new());
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
        let states = self.states(&alone);
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
        self.next = vec![0; states.len() * self.width];
        for (state, &row) in states.iter().zip(&rows) {
            let (suffix, at) = (rows[state.suffix as usize] as usize, row as usize);
            self.next.copy_within(suffix..suffix + self.width, at);
            self.next[at + usize::from(SEPARATOR)] = row;
            for child in state.children.clone() {
                let column = last_letter(states[child as usize].letters);
                self.next[at + usize::from(column)] = rows[child as usize];
            }
        }
    }

    /// The head of a word.
    fn head(&self, word: &Word) -> WordHead {
        let letters = head(word, &self.texts).iter().filter(|byte| !is_separator(**byte));
        let mut head = [0; 8];
        head.iter_mut().zip(letters).for_each(|(column, byte)| *column = self.columns[*byte as usize]);
        WordHead::from_be_bytes(head)
    }

    /// The states for these heads, which are sorted: by depth, then by letters.
    fn states(&self, heads: &[WordHead]) -> Vec<WordState> {
        let mut states = vec![WordState { letters: 0, is_head: false, children: 0..0, suffix: 0 }];
        let mut above = 0..1;
        for depth in 0..HEAD {
            let start = states.len();
            let mut parent = above.start;
            for head in heads.iter().filter(|head| letter(**head, depth) != 0) {
                let letters = first_letters(*head, depth + 1);
                if states.len() > start && states[states.len() - 1].letters == letters {
                    continue;
                }
                while states[parent].letters != first_letters(*head, depth) {
                    parent += 1;
                }
                let own = narrow(states.len());
                let suffix = if depth == 0 { 0 } else { follow(&states, states[parent].suffix, letter(*head, depth)) };
                let children = &mut states[parent].children;
                let first = if children.end == 0 { own } else { children.start };
                *children = first..own + 1;
                states.push(WordState { letters, is_head: letters == *head, children: 0..0, suffix });
            }
            above = start..states.len();
        }
        states
    }

    fn text(&self, word: &Word) -> &[u8] {
        &self.texts[word.text.start as usize..word.text.end as usize]
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
                let mut letters = words.text(word).iter().peekable();
                while let (Some(&&letter), Some(&byte)) = (letters.peek(), text.get(end)) {
                    if byte.to_ascii_lowercase() == letter {
                        letters.next();
                    } else if word.kind == WordKind::Context || !is_separator(byte) || end == start {
                        break;
                    }
                    end += 1;
                }
                if letters.peek().is_none() {
                    all.push((end, start, word.rule as usize));
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
                let word = words.text(random.pick(&words.words)).to_vec();
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
