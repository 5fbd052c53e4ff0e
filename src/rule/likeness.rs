//! How close a text, which a rule does not match, is to a key of that rule, and what the difference is.

use std::collections::BTreeSet;

use bstr::ByteSlice as _;
use regex_syntax::hir::{Hir, HirKind};

use super::{Rule, Strength, Structure};

/// If there are more possible lengths than this, messages show a range.
const LENGTHS: usize = 4;

/// A comparison of a text with a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Likeness {
    /// How many characters of the rule's fixed prefix the text starts with: all of them or 0.
    pub prefix: usize,
    /// By how many characters the text is longer or shorter than a key of this kind.
    pub off_by: usize,
    /// The difference in words, for messages.
    pub difference: String,
}

impl Likeness {
    /// Compares a whole word with the keys that a rule matches.
    pub fn of(rule: &Rule, text: &[u8]) -> Self {
        let prefix = Strength::of(rule).prefix_of(text);
        if let Some(halves) = Self::of_halves(rule, text, prefix) {
            return halves;
        }
        let lengths = MatchLengths::of(&rule.regex);
        let off_by = lengths.distance(text.len());
        let difference = match off_by {
            0 => format!("other characters than {}", rule.regex),
            _ => format!("{} characters, but such a key has {}", text.len(), lengths.words()),
        };
        Self { prefix, off_by, difference }
    }

    fn of_halves(rule: &Rule, text: &[u8], prefix: usize) -> Option<Self> {
        let Structure::Halves { lengths, .. } = &rule.structure else { return None };
        let mark = rule.anchors.first()?;
        let at = text.find(mark.as_bytes()).filter(|at| *at >= prefix)?;
        let (before, after) = (at - prefix, text.len() - at - mark.len());
        let known = MatchLengths {
            known: lengths.iter().map(|length| usize::from(*length)).collect(),
            ..MatchLengths::default()
        };
        let off_by = known.distance(before) + known.distance(after) + before.abs_diff(after);
        let difference = match off_by {
            0 => format!("other characters than {}", rule.regex),
            _ => format!(
                "{before} characters before the watermark {mark} and {after} after it, but such a key has {} on each side",
                known.words()
            ),
        };
        Some(Self { prefix, off_by, difference })
    }
}

/// The possible lengths of a match, in bytes.
#[derive(Default)]
struct MatchLengths {
    known: BTreeSet<usize>,
    /// The minimum, if there are too many lengths to list.
    least: usize,
    /// The maximum, if there are too many lengths to list and there is a maximum.
    most: Option<usize>,
}

impl MatchLengths {
    fn of(regex: &str) -> Self {
        let parsed = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(regex);
        let Ok(hir) = parsed else { return Self::default() };
        let properties = hir.properties();
        Self {
            known: alternatives(&hir).unwrap_or_default(),
            least: properties.minimum_len().unwrap_or(0),
            most: properties.maximum_len(),
        }
    }

    /// The distance from a length to the nearest possible length.
    fn distance(&self, length: usize) -> usize {
        if !self.known.is_empty() {
            return self.known.iter().map(|known| known.abs_diff(length)).min().unwrap_or(0);
        }
        self.least.saturating_sub(length).max(self.most.map_or(0, |most| length.saturating_sub(most)))
    }

    fn words(&self) -> String {
        let known: Vec<String> = self.known.iter().map(usize::to_string).collect();
        match (known.as_slice(), self.most) {
            ([one], _) => one.clone(),
            ([others @ .., last], _) => format!("{} or {last}", others.join(", ")),
            ([], Some(most)) if most == self.least => most.to_string(),
            ([], Some(most)) => format!("{} to {most}", self.least),
            ([], None) => format!("at least {}", self.least),
        }
    }
}

/// All lengths of a regex's matches, if there are few; `None` if there are too many or no upper limit.
fn alternatives(hir: &Hir) -> Option<BTreeSet<usize>> {
    let properties = hir.properties();
    if let (Some(least), Some(most)) = (properties.minimum_len(), properties.maximum_len())
        && least == most
    {
        return Some(BTreeSet::from([least]));
    }
    let sum = |a: &BTreeSet<usize>, b: &BTreeSet<usize>| -> BTreeSet<usize> {
        a.iter().flat_map(|a| b.iter().map(move |b| a + b)).collect()
    };
    let all = match hir.kind() {
        HirKind::Capture(capture) => alternatives(&capture.sub)?,
        HirKind::Alternation(parts) => {
            let mut all = BTreeSet::new();
            for part in parts {
                all.extend(alternatives(part)?);
            }
            all
        }
        HirKind::Concat(parts) => {
            let mut all = BTreeSet::from([0]);
            for part in parts {
                all = sum(&all, &alternatives(part)?);
            }
            all
        }
        HirKind::Repetition(repetition) if repetition.max == Some(1) => {
            let mut all = alternatives(&repetition.sub)?;
            all.insert(0);
            all
        }
        _ => return None,
    };
    (all.len() <= LENGTHS).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::builtin;

    #[test]
    fn lengths_are_told_as_people_count_them() {
        for (regex, words) in [
            ("a[0-9]{3}", "4"),
            ("(?:a{2}|b{5})c", "3 or 6"),
            ("a{2}(b{3})?", "2 or 5"),
            ("a{2,9}", "2 to 9"),
            ("a{2,}", "at least 2"),
            ("(?:a{1}|a{2}|a{3}|a{4}|a{5}|a{6})", "1 to 6"),
        ] {
            assert_eq!(MatchLengths::of(regex).words(), words, "{regex}");
        }
    }

    #[test]
    fn what_is_different_is_said() {
        let rule = |id| builtin().iter().find(|rule| rule.id == id).expect("it is built in");
        let text = ["sk-proj-", &"a".repeat(51), "T3Blbk", "FJ", &"b".repeat(46)].concat();
        let likeness = Likeness::of(rule("openai-project-key"), text.as_bytes());
        assert_eq!(likeness.prefix, 8);
        assert!(likeness.difference.starts_with("51 characters before the watermark"), "{likeness:?}");
        assert!(likeness.difference.ends_with("46, 58 or 74 on each side"), "{likeness:?}");
        let likeness = Likeness::of(rule("openai-session-key"), b"sess-abc");
        assert_eq!((likeness.prefix, likeness.off_by), (5, 37));
        assert_eq!(likeness.difference, "8 characters, but such a key has 45");
    }
}
