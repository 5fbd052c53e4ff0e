//! Whether a text is random, or was written by a person in place of a key.
//!
//! A genuine key is generated at random, so it has almost the full entropy of its alphabet, no long repeats, no
//! sequences of the alphabet or the keyboard, no period, and does not look like language. Placeholders ("xxxxxxxx",
//! "your-api-key-here", "abcdef0123456789") lack at least one of these properties.

use super::letters::Letters;
use super::{language, steps};

/// A quick test: words have no digit and few changes of case, and checksums are labelled as such.
pub(super) fn may_be_value(text: &[u8], letters: &Letters) -> bool {
    (letters.has_digit() || letters.changes_case() || text.starts_with(b"sk-")) && !is_digest(text)
}

/// Whether the text is labelled as a checksum, like `integrity` in lock files.
pub(super) fn is_digest(text: &[u8]) -> bool {
    let [b's', b'h', b'a', rest @ ..] = text else { return false };
    matches!(rest, [b'5', b'1', b'2', b'-', ..] | [b'2', b'5', b'6', b'-', ..] | [b'3', b'8', b'4', b'-', ..])
        || rest.starts_with(b"1-")
}

/// Why a text is not random; `None` if it may be.
///
/// `floor` is the minimum Shannon entropy in bits per character; with 0 it is chosen by the text's alphabet and
/// length.
pub(super) fn fault(text: &[u8], floor: f32) -> Option<Fault> {
    steps::count(text.len());
    let entropy = shannon(text);
    let floor = if floor > 0.0 { floor } else { default_floor(text) };
    if entropy < floor {
        return Some(Fault::Entropy);
    }
    if has_repeat(text) {
        return Some(Fault::Repeat);
    }
    if walked(text) * 5 >= text.len() * 2 {
        return Some(Fault::Walk);
    }
    if is_periodic(text) {
        return Some(Fault::Period);
    }
    if worded(text) * 3 >= text.len() {
        return Some(Fault::Words);
    }
    (language::is_surely_language(text) || is_words(text)).then_some(Fault::Language)
}

/// Letters of one case and at least two dashes, as in the name of a file or a constant, or words and numbers that dashes
/// and dots separate, as in the name of a model (`Meta-Llama-3.1-70B-Instruct`); next to no random text is so.
pub(super) fn is_words(text: &[u8]) -> bool {
    /// Of words in lower case alone.
    const LEAST_LOWER: usize = 32;
    const LEAST_WORDS: usize = 24;
    const LEAST_PARTS: usize = 5;
    let is_dash = |byte: &u8| matches!(byte, b'-' | b'_');
    let dashes = text.iter().filter(|byte| is_dash(byte)).count();
    let is_lower = |byte: &u8| byte.is_ascii_lowercase() || is_dash(byte);
    if text.len() >= LEAST_LOWER && dashes >= 2 && text.iter().all(is_lower) {
        return true;
    }
    if text.len() < LEAST_WORDS || dashes < 2 {
        return false;
    }
    let parts = || text.split(|byte| is_dash(byte) || *byte == b'.');
    let words = || parts().filter(|part| part.len() > 2 && is_word(part));
    parts().count() >= LEAST_PARTS && words().count() >= 3 && parts().all(|part| is_short(part) || is_word(part))
}

/// Whether a part of a model's name is a number, a version or a size: `3`, `v1`, `fp8`, `70B`.
fn is_short(part: &[u8]) -> bool {
    const SHORT: usize = 4;
    part.iter().all(u8::is_ascii_digit)
        || part.len() <= SHORT && (!part.iter().any(u8::is_ascii_lowercase) || !part.iter().any(u8::is_ascii_uppercase))
}

/// Whether a part is a word, in one case or with a capital or two, maybe with its version: `Instruct`, `DeepSeek`, `Qwen2`.
fn is_word(part: &[u8]) -> bool {
    let letters = part.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let (word, version) = part.split_at(letters);
    let capitals = word.iter().filter(|byte| byte.is_ascii_uppercase()).count();
    let is_capital = |byte: &u8| byte.is_ascii_uppercase();
    letters > 0
        && version.len() <= 2
        && version.iter().all(u8::is_ascii_digit)
        && (capitals == 0 || capitals == letters || capitals <= 2 && word.first().is_some_and(is_capital))
}

/// Why a text is not random.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Too low entropy: too few different characters, or too unevenly distributed.
    Entropy,
    /// One character is repeated many times.
    Repeat,
    /// A sequence of the alphabet, the digits or a keyboard row.
    Walk,
    /// A repeated part.
    Period,
    /// Mostly placeholder words.
    Words,
    /// It looks like English.
    Language,
}

impl Fault {
    /// The reason, as a clause for `explain`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Entropy => "its entropy is too low",
            Self::Repeat => "one character repeats",
            Self::Walk => "it runs along the alphabet, the digits or a keyboard row",
            Self::Period => "a part of it repeats",
            Self::Words => "it consists of words that are used instead of a key",
            Self::Language => "it reads like language",
        }
    }
}

/// The Shannon entropy in bits per byte.
pub(super) fn shannon(text: &[u8]) -> f32 {
    let mut counts = [0_u32; 256];
    text.iter().for_each(|&byte| counts[byte as usize] += 1);
    let length = text.len().max(1) as f32;
    let share = |count: u32| {
        let share = count as f32 / length;
        -share * libm::log2f(share)
    };
    // Most characters of a random text occur only a few times.
    let mut few = [None; 8];
    let known = |&count: &u32| match few.get_mut(count as usize) {
        Some(few) => *few.get_or_insert_with(|| share(count)),
        None => share(count),
    };
    counts.iter().filter(|&&count| count > 0).map(known).sum()
}

/// Three quarters of the maximum for the alphabet and the length. One in ten thousand random hex texts of 32 digits
/// is below.
fn default_floor(text: &[u8]) -> f32 {
    let size: f32 = if is_hex(text) {
        16.0
    } else if text.iter().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase()) {
        36.0
    } else {
        62.0
    };
    0.75 * libm::log2f(size).min(libm::log2f(text.len().max(1) as f32))
}

fn is_hex(text: &[u8]) -> bool {
    text.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-')
}

/// Whether a character is repeated more often than by chance (a hex digit is one of only sixteen). Dashes do not
/// count: they delimit private keys, and a text of dashes has no entropy.
fn has_repeat(text: &[u8]) -> bool {
    let other = if text.len() > 40 { 6 } else { 5 };
    let most = |byte: u8| if matches!(byte, b'0'..=b'9' | b'a'..=b'f') { 7 } else { other };
    text.chunk_by(|a, b| a == b && *a != b'-').any(|run| run.len() >= most(run[0]))
}

/// How many characters are in sequences of at least four: `abcd`, `4321`, `90`, `qwert`, `AaBbCc`.
fn walked(text: &[u8]) -> usize {
    const ROWS: [&[u8]; 3] = [b"qwertyuiop", b"asdfghjkl", b"zxcvbnm"];
    let beside = |a: u8, b: u8| {
        let is_other_case = a != b;
        let (a, b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
        let alphabet = a.is_ascii_alphanumeric() && b.is_ascii_alphanumeric() && a.abs_diff(b) == 1;
        let around = matches!((a, b), (b'9', b'0') | (b'0', b'9') | (b'9', b'a') | (b'f', b'0') | (b'z', b'a'));
        let again = is_other_case && a == b;
        alphabet
            || around
            || again
            || ROWS.iter().any(|row| row.windows(2).any(|pair| pair == [a, b] || pair == [b, a]))
    };
    text.chunk_by(|&a, &b| beside(a, b)).map(<[u8]>::len).filter(|&length| length >= 4).sum()
}

/// Whether almost all of it stays equal when it is shifted by at most half of its length.
fn is_periodic(text: &[u8]) -> bool {
    let text = &text[..text.len().min(256)];
    steps::count(text.len() * text.len() / 8);
    (1..=text.len() / 2).any(|shift| {
        let pairs = text.len() - shift;
        let same = text.iter().zip(&text[shift..]).filter(|(a, b)| a == b).count();
        same * 100 >= pairs * 85
    })
}

/// Words in placeholders, in lower case.
const WORDS: [&[u8]; 44] = [
    b"your",
    b"here",
    b"example",
    b"sample",
    b"fake",
    b"dummy",
    b"placeholder",
    b"changeme",
    b"change",
    b"replace",
    b"insert",
    b"redacted",
    b"masked",
    b"hidden",
    b"removed",
    b"secret",
    b"token",
    b"apikey",
    b"api",
    b"key",
    b"test",
    b"testing",
    b"demo",
    b"mock",
    b"invalid",
    b"xxx",
    b"yyy",
    b"zzz",
    b"aaa",
    b"000",
    b"foo",
    b"bar",
    b"baz",
    b"lorem",
    b"ipsum",
    b"password",
    b"openai",
    b"anthropic",
    b"string",
    b"value",
    b"1234",
    b"abcd",
    b"deadbeef",
    b"todo",
];

/// How many characters belong to such words.
fn worded(text: &[u8]) -> usize {
    let lower = text.to_ascii_lowercase();
    let mut covered = 0;
    let mut at = 0;
    while at < lower.len() {
        let longest = WORDS.iter().filter(|word| lower[at..].starts_with(word)).map(|word| word.len()).max();
        covered += longest.unwrap_or(0);
        at += longest.unwrap_or(1);
    }
    covered
}

#[cfg(test)]
mod tests {
    use super::super::language::{is_camel_case, is_identifier};
    use super::*;
    use crate::rule::template::{Random, Template};

    #[test]
    fn what_people_write_in_place_of_a_key_is_not_random() {
        for text in [
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "00000000000000000000000000000000",
            "0123456789abcdef0123456789abcdef",
            "abcdefghijklmnopqrstuvwxyzABCDEF",
            "1234567890123456789012345678901234567890",
            "abcd1234abcd1234abcd1234abcd1234",
            "qwertyuiopasdfghjklzxcvbnm123456",
            "ZzXxYyWwVvUuTtSsRrQqPpOoNnMmLlKk9",
            "Meta-Llama-3.1-70B-Instruct",
            "DeepSeek-R1-Distill-Llama-70B",
            "Llama-4-Maverick-17B-128E-Instruct",
            "qwen2.5-coder-32b-instruct-fp8-dynamic",
            "your-openai-api-key-goes-here-1",
            "REPLACE_WITH_YOUR_OPENAI_KEY_123",
            "requiredCharacteristicTypesForDisplayMetadata",
            "deadbeefdeadbeefdeadbeefdeadbeef",
        ] {
            assert!(fault(text.as_bytes(), 0.0).is_some(), "{text}");
        }
    }

    #[test]
    fn names_in_programs_are_told_from_keys() {
        for name in [
            "AmazonBedrockRerankingModelId",
            "LanguageModelV4FinishReason",
            "toHaveBeenCalledTimes",
            "readResponseWithSizeLimit",
            "max_completion_tokens_details",
        ] {
            assert!(is_identifier(name.as_bytes(), &Letters::of(name.as_bytes())), "{name}");
        }
        for class in ["[A-Za-z0-9]{20}", "[A-Za-z0-9]{32}", "[a-z0-9]{32}", "[0-9a-f]{32}", "[A-Za-z0-9_-]{43}"] {
            let (template, mut random) = (Template::parse(class).unwrap(), Random::new(5));
            let names = (0..100_000)
                .filter(|_| {
                    let text = template.generate(&mut random).text;
                    is_identifier(text.as_bytes(), &Letters::of(text.as_bytes()))
                })
                .count();
            assert!(names <= 5, "{class}: {names} of 100,000");
        }
    }

    #[test]
    fn identifiers_in_camel_case_are_words() {
        for text in ["convertLangChainToolCallToOpenAI", "generateOpenAICompatibleResponse"] {
            assert!(is_camel_case(text.as_bytes()), "{text}");
        }
        let (template, mut random) = (Template::parse("[A-Za-z0-9]{32}").unwrap(), Random::new(4));
        let words = (0..100_000).filter(|_| is_camel_case(template.generate(&mut random).text.as_bytes())).count();
        assert!(words <= 15, "{words} of 100,000");
    }

    #[test]
    fn random_text_is_random() {
        for class in
            ["[0-9a-f]{32}", "[A-Za-z0-9]{32}", "[A-Za-z0-9_-]{93}", "[A-Za-z]{34}", "[a-z]{48}", "[A-Za-z0-9]{20}"]
        {
            let template = Template::parse(class).unwrap();
            let mut random = Random::new(3);
            let faults =
                (0..5000).filter(|_| fault(template.generate(&mut random).text.as_bytes(), 0.0).is_some()).count();
            assert!(faults <= 5, "{class}: {faults} of 5000");
        }
    }
}
