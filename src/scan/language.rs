//! Whether a text looks like language: words, identifiers and paths.

use super::letters::Letters;

/// The most frequent pairs of letters in English, in order (Norvig, "English Letter Frequency Counts", 2012):
/// together three quarters of the pairs in prose, and a sixth of random pairs.
const PAIRS: &[u8] = b"\
    th he in er an re on at en nd ti es or te of ed is it al ar st to nt ng se ha as ou io le ve co me \
    de hi ri ro ic ne ea ra ce li ch ll be ma si om ur ca el ta la ns di fo ho pe ec pr no ct us ac ot \
    il tr ly nc et ut ss so rs un lo wa ge ie wh ee wi em ad ol rt po we na ul ni ts mo ow pa im mi ai \
    sh ir su id os iv ia am fi ci vi ";

/// The number of these pairs.
const PAIRS_COUNT: usize = PAIRS.len() / 3;

/// Bit `b` of `FREQUENT[a]` says whether letter `b` often follows letter `a`.
const FREQUENT: [u32; 26] = {
    let mut table = [0; 26];
    let mut at = 0;
    while at < PAIRS.len() {
        table[(PAIRS[at] - b'a') as usize] |= 1 << (PAIRS[at + 1] - b'a');
        at += 3;
    }
    table
};

/// Whether it looks like words, as identifiers and file names do. One in two thousand random texts does.
pub(super) fn is_language(text: &[u8]) -> bool {
    let (pairs, frequent) = frequent_pairs(text);
    is_mostly_letters(text) && is_frequent(pairs, frequent)
}

/// Whether it is an identifier in any style: few words for its length, in which most pairs of letters are frequent.
/// Fewer than one in ten thousand random texts is.
pub(super) fn is_identifier(text: &[u8], letters: &Letters) -> bool {
    const LONGEST: usize = 96;
    if text.len() > LONGEST || !letters.is_worded() {
        return false;
    }
    let (pairs, frequent) = frequent_pairs(text);
    is_frequent(pairs, frequent)
}

/// Whether it is a long camel-case identifier: `convertLangChainToolCallToOpenAI`. One in ten thousand random texts
/// of 32 characters is.
pub(super) fn is_camel_case(text: &[u8]) -> bool {
    const LEAST: usize = 28;
    let lower = text.iter().filter(|byte| byte.is_ascii_lowercase()).count();
    let capitals = text.windows(2).filter(|pair| pair.iter().all(u8::is_ascii_uppercase)).count();
    text.len() >= LEAST
        && text.iter().all(u8::is_ascii_alphabetic)
        && lower * 5 >= text.len() * 3
        && lower < text.len()
        && capitals <= 2
}

/// The same, with so many frequent pairs that it is six standard deviations above chance: one in a million random
/// texts.
pub(super) fn is_surely_language(text: &[u8]) -> bool {
    const BY_CHANCE: f32 = PAIRS_COUNT as f32 / (26.0 * 26.0);
    if !is_mostly_letters(text) {
        return false;
    }
    let (pairs, frequent) = frequent_pairs(text);
    if !is_frequent(pairs, frequent) {
        return false;
    }
    let (pairs, frequent) = (pairs as f32, frequent as f32);
    frequent >= pairs * BY_CHANCE + 6.0 * (pairs * BY_CHANCE * (1.0 - BY_CHANCE)).sqrt()
}

fn is_frequent(pairs: usize, frequent: usize) -> bool {
    pairs >= 12 && frequent * 20 >= pairs * 9
}

/// Whether seven of ten characters are letters; the others are separators.
fn is_mostly_letters(text: &[u8]) -> bool {
    text.iter().map(|byte| usize::from(byte.is_ascii_alphabetic())).sum::<usize>() * 10 >= text.len() * 7
}

/// The number of pairs of letters, and how many of them are frequent in English.
fn frequent_pairs(text: &[u8]) -> (usize, usize) {
    const NONE: u8 = 26;
    let (mut pairs, mut frequent) = (0, 0);
    let mut last = NONE;
    for &byte in text {
        let letter = if byte.is_ascii_alphabetic() { (byte | 0x20) - b'a' } else { NONE };
        if letter != NONE && last != NONE {
            pairs += 1;
            frequent += (FREQUENT[last as usize] >> letter & 1) as usize;
        }
        last = letter;
    }
    (pairs, frequent)
}
