//! A word of a rule, and how it is compared with a text.

use std::ops::Range;

use super::super::steps;

/// A word of a rule.
#[derive(Debug)]
pub(super) struct Word {
    pub(super) rule: u32,
    pub(super) kind: WordKind,
    /// The text in lower case, in `Words::texts`; for names without separators.
    pub(super) text: Range<u32>,
    /// The length of its head, which the automaton knows: the first [`HEAD`] letters, and separators between them.
    pub(super) head: u32,
}

impl Word {
    /// The range of the word in `text`, if its head is at the end of `text[..head_end]`. `word` is its own text.
    pub(super) fn range(&self, word: &[u8], text: &[u8], head_end: usize) -> Option<Range<usize>> {
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
pub(super) const HEAD: usize = 5;

/// The role of a word in its rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum WordKind {
    /// Part of the name that a key is assigned to; separators are ignored.
    Name,
    /// Text near the key.
    Context,
}

/// Names are compared without these.
pub(super) fn is_separator(byte: u8) -> bool {
    matches!(byte, b'_' | b'-' | b'.')
}
