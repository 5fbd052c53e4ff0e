//! One pass over content that decides which imported rules have to search it, and in which windows.

use std::collections::HashMap;
use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use crate::core::order::ListOrder as _;
use crate::gitleaks::ImportedRule;

/// The keywords and required literals of the rules in a set.
#[derive(Debug)]
pub(super) struct RuleWords {
    automaton: Option<AhoCorasick>,
    /// For each word: the rules whose regex requires it, with the reach of a match.
    targets: Vec<Vec<WordTarget>>,
    /// For each rule: the indexes of its keywords.
    keywords: Vec<Vec<usize>>,
    /// For each rule: whether its regex requires no literal, so that it must search all content.
    everywhere: Vec<bool>,
}

#[derive(Debug)]
struct WordTarget {
    rule: usize,
    before: Option<usize>,
    after: Option<usize>,
}

/// The words that were found in content, and each rule's windows.
#[derive(Debug)]
pub(super) struct SeenWords {
    words: Vec<bool>,
    windows: Vec<Vec<Range<usize>>>,
}

/// How many times the tails of a rule may read as many bytes as the content has.
const MOST_READS: usize = 16;
/// How many bytes they may read in any content.
const FREE: usize = 1 << 16;

impl RuleWords {
    pub(super) fn of(rules: &[ImportedRule]) -> Self {
        Self::with(rules, automaton)
    }

    fn with(rules: &[ImportedRule], automaton: impl Fn(&[Vec<u8>]) -> Option<AhoCorasick>) -> Self {
        let mut ids: HashMap<Vec<u8>, usize> = HashMap::new();
        let mut texts: Vec<Vec<u8>> = Vec::new();
        let mut id_of = |text: &[u8]| {
            *ids.entry(text.to_vec()).or_insert_with(|| {
                texts.push(text.to_vec());
                texts.len() - 1
            })
        };
        let keywords = rules.iter().map(|rule| rule.keywords.iter().map(|word| id_of(word.as_bytes())).collect());
        let mut keywords: Vec<Vec<usize>> = keywords.collect();
        let mut targets: Vec<Vec<WordTarget>> = Vec::new();
        let mut everywhere = Vec::with_capacity(rules.len());
        for (rule, shape) in rules.iter().enumerate().map(|(index, rule)| (index, rule.regex.as_ref())) {
            let needles = shape.and_then(|shape| shape.needles.as_ref());
            everywhere.push(shape.is_some() && needles.is_none());
            for literal in needles.into_iter().flat_map(|needles| &needles.literals) {
                let id = id_of(&literal.text);
                targets.resize_with(targets.len().max(id + 1), Vec::new);
                targets[id].push(WordTarget { rule, before: literal.before, after: literal.after });
            }
        }
        targets.resize_with(texts.len(), Vec::new);
        let automaton = automaton(&texts);
        if automaton.is_none() && !texts.is_empty() {
            // A slower fallback with the same results: every rule searches all content.
            keywords.iter_mut().for_each(Vec::clear);
            everywhere = rules.iter().map(|rule| rule.regex.is_some()).collect();
        }
        Self { automaton, targets, keywords, everywhere }
    }

    pub(super) fn keywords(&self, rule: usize) -> &[usize] {
        &self.keywords[rule]
    }

    pub(super) fn everywhere(&self, rule: usize) -> bool {
        self.everywhere[rule]
    }

    /// Searches content. `rules` must be the rules that this was made from.
    pub(super) fn find(&self, rules: &[ImportedRule], bytes: &[u8]) -> SeenWords {
        let mut seen =
            SeenWords { words: vec![false; self.targets.len()], windows: vec![Vec::new(); self.keywords.len()] };
        let Some(automaton) = &self.automaton else { return seen };
        // How much of the content each rule's tails may still read. A rule that has read it several times searches all
        // that is left at once instead.
        let mut unspent = vec![FREE.saturating_add(bytes.len().saturating_mul(MOST_READS)); self.keywords.len()];
        let mut line_end = 0;
        for hit in automaton.find_overlapping_iter(bytes) {
            let word = hit.pattern().as_usize();
            seen.words[word] = true;
            if hit.end() > line_end {
                line_end = memchr::memchr(b'\n', &bytes[hit.end()..]).map_or(bytes.len(), |length| hit.end() + length);
            }
            for target in &self.targets[word] {
                let start = target.before.map_or(0, |before| hit.start().saturating_sub(before));
                let windows = &mut seen.windows[target.rule];
                if windows.last().is_some_and(|last| start >= last.start && last.end == bytes.len()) {
                    continue;
                }
                let tail = rules[target.rule].regex.as_ref().and_then(|shape| shape.needles.as_ref()?.tail.as_ref());
                let unspent = &mut unspent[target.rule];
                let paid = tail.and_then(|tail| {
                    let left = unspent.checked_sub(tail.cost(bytes, hit.start(), line_end))?;
                    *unspent = left;
                    Some(tail)
                });
                let end = match (paid, tail) {
                    (Some(tail), _) => match tail.longest(bytes, hit.start()) {
                        Some(end) => end,
                        None => continue,
                    },
                    (None, Some(_)) => bytes.len(),
                    (None, None) => {
                        target.after.map_or(bytes.len(), |after| hit.end().saturating_add(after).min(bytes.len()))
                    }
                };
                match windows.last_mut() {
                    // Hits are sorted by their ends, so a window may start before the previous one.
                    Some(last) if start <= last.end && start >= last.start => last.end = last.end.max(end),
                    _ => windows.push(start..end),
                }
            }
        }
        seen
    }
}

/// An automaton for words in any case, including overlapping ones. A DFA is fastest; with too many words for it, an
/// NFA is used. `None` if there are no words, or too many even for that.
fn automaton(texts: &[Vec<u8>]) -> Option<AhoCorasick> {
    if texts.is_empty() {
        return None;
    }
    let of_kind = |kind| AhoCorasick::builder().ascii_case_insensitive(true).kind(Some(kind)).build(texts);
    of_kind(AhoCorasickKind::DFA).or_else(|_| of_kind(AhoCorasickKind::NoncontiguousNFA)).ok()
}

impl SeenWords {
    /// Whether one of these words was found. With no words it is true.
    pub(super) fn any(&self, words: &[usize]) -> bool {
        words.is_empty() || words.iter().any(|&word| self.words[word])
    }

    /// The windows that a rule has to search, sorted and disjoint; `None` if there are none.
    pub(super) fn windows(&self, rule: usize) -> Option<Vec<Range<usize>>> {
        let mut windows = self.windows[rule].clone();
        if windows.is_empty() {
            return None;
        }
        windows.order_by_key(|window| window.start);
        let mut merged: Vec<Range<usize>> = Vec::with_capacity(windows.len());
        for window in windows {
            match merged.last_mut() {
                Some(last) if window.start <= last.end => last.end = last.end.max(window.end),
                _ => merged.push(window),
            }
        }
        Some(merged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::error::Result;
    use crate::core::files::Files;
    use crate::core::text::Source;

    struct NoFiles;

    impl Files for NoFiles {
        fn read(&self, _: &str) -> Result<Option<Vec<u8>>> {
            Ok(None)
        }

        fn name(&self, path: &str) -> String {
            path.to_owned()
        }
    }

    /// Every rule that looks somewhere, and has to.
    fn looking(words: &RuleWords, rules: &[ImportedRule], bytes: &[u8]) -> Vec<usize> {
        let seen = words.find(rules, bytes);
        let looks = |rule: &usize| {
            seen.any(words.keywords(*rule)) && (seen.windows(*rule).is_some() || words.everywhere(*rule))
        };
        (0..rules.len()).filter(looks).collect()
    }

    #[test]
    fn without_an_automaton_every_rule_looks_everywhere() {
        let text = "[[rules]]\nid = 'a'\nregex = 'wort_[a-z]{9}'\nkeywords = ['wort_']\n";
        let rules = crate::gitleaks::load(Source { name: "r.toml", text }, &NoFiles, false).unwrap().set.rules;
        let (usual, without) = (RuleWords::of(&rules), RuleWords::with(&rules, |_| None));
        let text = b"wort_abcdefghi";
        assert_eq!(looking(&usual, &rules, text), [0]);
        assert_eq!(looking(&without, &rules, text), [0]);
        assert_eq!(looking(&usual, &rules, b"nothing"), [0; 0]);
    }
}
