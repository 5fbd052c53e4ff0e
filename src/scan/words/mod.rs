//! Finds the words of contextual rules in a text, in any case.
//!
//! One automaton serves all rules; it is built when the first value is found whose owner does not exclude it. It
//! ignores separators inside names, so `azureOpenAiKey` and `AZURE_OPENAI_KEY` are equal. It reads each byte of a
//! text once, however many values there are: most values have no word of any rule nearby, and are finished. It knows
//! only the first letters of each word, so that its table is small; the rest of a word is compared where they occur.

mod automaton;
mod names;
mod states;
mod word;

use std::sync::OnceLock;

use super::identifier::VariableName;
use crate::rule::RuleSet;
pub(super) use automaton::{Hit, LaneEnds, Words};
use names::Names;
pub(super) use word::WordKind;

/// The words of rules. The automaton and the names are built on first use: most small runs need neither.
#[derive(Debug, Default)]
pub(super) struct LazyWords {
    made: OnceLock<Words>,
    names: OnceLock<Names>,
}

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
        let names = self.words.names.get_or_init(|| Names::of(self.set, self.rules));
        names.cover(self.set, name, identifier)
    }
}
