//! Finds the words of contextual rules in a text, in any case.
//!
//! One automaton serves all rules; it is built when the first value is found whose owner does not exclude it. It
//! ignores separators inside names, so `azureOpenAiKey` and `AZURE_OPENAI_KEY` are equal. It reads each byte of a
//! text once, however many values there are: most values have no word of any rule nearby, and are finished. It knows
//! only the first letters of each word, so that its table is small; the rest of a word is compared where they occur.

mod automaton;
mod states;
mod word;

use std::collections::HashSet;
use std::sync::OnceLock;

use foldhash::fast::FixedState;

use super::identifier::VariableName;
use crate::rule::RuleSet;
pub(super) use automaton::{Hit, LaneEnds, Words};
pub(super) use word::WordKind;
use word::is_separator;

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
