//! The automaton finds what its definition says.

use super::super::super::hits::Hits;
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
