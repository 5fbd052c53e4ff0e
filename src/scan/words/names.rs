//! Finds the words of rules at the words of one name, without the automaton: most names have no word of any rule, and
//! most small runs look at nothing but names.

use std::collections::HashMap;
use std::ops::Range;

use foldhash::fast::FixedState;

use super::super::identifier::VariableName;
use super::super::steps;
use super::super::whole_word::is_whole;
use super::word::is_separator;
use crate::core::narrow::narrow;
use crate::rule::RuleSet;

/// How many letters of a name are looked up.
const LEAD: usize = 3;

/// The first letters of a name, without separators and in lower case; zeros if it has fewer.
type NameStart = [u8; LEAD];

/// The names of rules, by their first letters.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// The last of the `places` for each.
    last: HashMap<NameStart, u32, FixedState>,
    places: Vec<NamePlace>,
    /// How many letters of a text are looked up at least: all of [`LEAD`] unless a name has fewer.
    least: usize,
}

/// Where a name is: in which rule, and in its list.
#[derive(Clone, Copy, Debug)]
struct NamePlace {
    rule: u32,
    number: u32,
    /// The place before it of a name that starts in the same way.
    before: Option<u32>,
}

impl Names {
    /// Those of these rules.
    pub(super) fn of(set: &RuleSet, rules: &[usize]) -> Self {
        let names = |rule: usize| &set.rules()[rule].rule.names;
        let count = rules.iter().map(|&rule| names(rule).len()).sum();
        let mut made = Self {
            last: HashMap::with_capacity_and_hasher(count, FixedState::default()),
            places: Vec::with_capacity(count),
            least: LEAD,
        };
        for &rule in rules {
            for (number, name) in names(rule).iter().enumerate() {
                let before = made.last.insert(lead(name.as_bytes()), narrow(made.places.len()));
                made.least = made.least.min(letters(name.as_bytes()).count());
                made.places.push(NamePlace { rule: narrow(rule), number: narrow(number), before });
            }
        }
        made
    }

    /// Whether a text consists of a name of these rules and generic words. `identifier` is the same text.
    pub(super) fn cover(&self, set: &RuleSet, text: &[u8], identifier: &VariableName) -> bool {
        const LONGEST: usize = 40;
        if text.len() > LONGEST {
            return false;
        }
        steps::count(text.len());
        identifier.starts().any(|start| {
            self.starting_like(&text[start..]).any(|place| {
                steps::count(1);
                let name = &set.rules()[place.rule as usize].rule.names[place.number as usize];
                range(name.as_bytes(), text, start)
                    .is_some_and(|range| is_whole(text, &range) && identifier.is_but(&range))
            })
        })
    }

    /// The names that may stand at the start of a text.
    fn starting_like(&self, text: &[u8]) -> impl Iterator<Item = NamePlace> {
        let lead = lead(text);
        let last = (self.least..=LEAD).filter_map(move |length| {
            let part = std::array::from_fn(|at| if at < length { lead[at] } else { 0 });
            self.last.get::<NameStart>(&part).copied()
        });
        let place = |at: u32| self.places[at as usize];
        last.flat_map(move |last| std::iter::successors(Some(place(last)), move |here| here.before.map(place)))
    }
}

fn letters(text: &[u8]) -> impl Iterator<Item = u8> {
    text.iter().filter(|byte| !is_separator(**byte)).map(u8::to_ascii_lowercase)
}

fn lead(text: &[u8]) -> NameStart {
    let mut lead = [0; LEAD];
    lead.iter_mut().zip(letters(text)).for_each(|(place, letter)| *place = letter);
    lead
}

/// The range of a name that stands in a text at `start`, with any separators between its letters.
fn range(name: &[u8], text: &[u8], start: usize) -> Option<Range<usize>> {
    let mut end = start;
    for letter in letters(name) {
        end += text[end..].iter().take_while(|byte| is_separator(**byte)).count();
        text.get(end).is_some_and(|byte| byte.to_ascii_lowercase() == letter).then_some(())?;
        end += 1;
    }
    (end > start).then_some(start..end)
}
