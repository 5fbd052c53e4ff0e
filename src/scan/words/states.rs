//! The states of the automaton: the starts of heads, each with the longest shorter one that it ends with.

use std::ops::Range;

use super::word::HEAD;
use crate::core::narrow::narrow;

/// The letters of a head as columns, the first in the highest byte; the bytes after the last are 0. Sorted, the heads
/// that start alike are adjacent.
pub(super) type WordHead = u64;

/// The head's letter at this depth and those before it.
fn first_letters(head: WordHead, depth: usize) -> WordHead {
    head & !(WordHead::MAX >> (8 * depth))
}

/// A head's letter, as a column; 0 if it has fewer.
fn letter(head: WordHead, depth: usize) -> u8 {
    head.to_be_bytes()[depth]
}

/// A state of the automaton: the first letters of a head.
pub(super) struct WordState {
    pub(super) letters: WordHead,
    /// Whether these are all letters of a head.
    pub(super) is_head: bool,
    /// The states with one more letter.
    pub(super) children: Range<u32>,
    /// The state of the longest proper suffix that is also the start of a head.
    pub(super) suffix: u32,
}

/// The last letter of a state, as a column.
pub(super) fn last_letter(letters: WordHead) -> u8 {
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

/// The states for these heads, which are sorted: by depth, then by letters.
pub(super) fn states(heads: &[WordHead]) -> Vec<WordState> {
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
