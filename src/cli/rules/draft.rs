//! `keysweep rules new`: drafts a rule from one key. Of the key itself, only the provider's prefix is in the draft.

use std::fmt::Write as _;

use crate::core::error::{Error, Result};
use crate::core::order::ListOrder as _;

/// The minimum number of random characters in a key.
const LEAST_RANDOM: usize = 16;
/// A key with other characters is found only if it has this many letters and digits in a row.
const RUN: usize = 20;
/// The maximum length of a word in a provider's prefix.
const LONGEST_WORD: usize = 12;
/// A word with more digits than this is random.
const MOST_DIGITS: usize = 2;

/// The draft as TOML.
pub(super) fn of(example: &str, id: Option<&str>) -> Result<String> {
    let example = example.trim();
    let fault = |why: &str| Error::new("draft a rule from", "the example", why);
    if example.len() > 4096 || !example.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(fault("it is not one word of printable characters").hint("give one key, without quotes"));
    }
    let prefix = prefix(example);
    let (start, random) = example.split_at(prefix);
    if random.len() < LEAST_RANDOM {
        return Err(
            fault("it is too short to be a key").hint(format!("{LEAST_RANDOM} random characters are the minimum"))
        );
    }
    let (class, guessed) = class(random);
    let length = random.len();
    let words = start.trim_end_matches(['-', '_', '.']).replace(['_', '.'], "-").to_ascii_lowercase();
    let id = id.map_or_else(|| if words.is_empty() { "my-key".into() } else { format!("{words}-key") }, str::to_owned);
    let shape = format!("{}{class}{{{length}}}", start.replace('.', "\\."));
    let mut text = String::new();
    let mut line = |line: String| writeln!(text, "{line}").expect("writing to a string");
    line("[[rule]]".into());
    line(format!("id = '{id}'"));
    line(format!("title = '{}'", id.replace('-', " ")));
    line("severity = 'high'              # info, low, medium, high, critical".into());
    if start.len() >= 3 {
        line("confidence = 'certain'         # possible, likely, certain".into());
        line(format!("anchors = ['{start}']"));
    } else {
        line("confidence = 'likely'          # possible, likely, certain".into());
        line("# No text is the same in every key, so name the variables that hold one: words of their names.".into());
        line(format!("names = ['{}']", id.replace('-', "")));
    }
    if !guessed.is_empty() {
        line(format!("# The example has no {guessed}, but another key may: take out what your keys never have."));
    }
    line(format!("regex = '{shape}'"));
    if class.contains(['-', '_', '+', '/', '.']) {
        line(format!("alphabet = '{}'", class.trim_matches(['[', ']'])));
    }
    if class.contains(['+', '/', '.']) {
        line("# Such a key is found if it contains at least twenty letters, digits, `-` or `_` in a row.".into());
    }
    line("entropy = 3.0                  # bits a character, at least, of the random part".into());
    let (before, after) =
        if start.len() >= 3 { (String::new(), "") } else { (format!("{}=", id.replace('-', "_")), "") };
    // The example is a template, so it matches whatever its random part is.
    let sample = match length.checked_sub(RUN).filter(|_| class.contains(['+', '/', '.'])) {
        Some(rest) => format!("{}[A-Za-z0-9]{{{RUN}}}{class}{{{rest}}}", start.replace('.', "\\.")),
        None => shape,
    };
    line(format!("examples = ['{before}«{sample}»{after}']"));
    line(format!("non-examples = ['{before}{}{class}{{6}}']", start.replace('.', "\\.")));
    Ok(text)
}

/// The length of the prefix: short words that each end with `-`, `_` or `.`.
fn prefix(key: &str) -> usize {
    let mut end = 0;
    for (at, byte) in key.bytes().enumerate() {
        if !matches!(byte, b'-' | b'_' | b'.') {
            continue;
        }
        let word = key.get(end..at).unwrap_or_default();
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        let is_mixed =
            word.bytes().any(|b| b.is_ascii_lowercase()) && word.bytes().skip(1).any(|b| b.is_ascii_uppercase());
        let rest = key.len() - at - 1;
        if word.is_empty() || word.len() > LONGEST_WORD || digits > MOST_DIGITS || is_mixed || rest < LEAST_RANDOM {
            break;
        }
        end = at + 1;
    }
    end
}

/// The probability below which a character class that the example lacks is taken to be absent in other keys too.
const BY_CHANCE: f64 = 0.001;

/// The class of the characters that occur or may be missing by chance, and a description of the latter.
fn class(random: &str) -> (String, String) {
    let has = |test: fn(&u8) -> bool| random.bytes().any(|byte| test(&byte));
    let (lower, upper, digit) = (has(u8::is_ascii_lowercase), has(u8::is_ascii_uppercase), has(u8::is_ascii_digit));
    let is_hex = random.bytes().all(|byte| byte.is_ascii_hexdigit()) && !(lower && upper);
    let lacks = |of: i32, all: i32| (f64::from(of) / f64::from(all)).powi(narrow(random.len())) > BY_CHANCE;
    let others: String = random.chars().filter(|c| !c.is_ascii_alphanumeric()).collect();
    let mut whole = random.to_owned();
    let mut guessed: Vec<&str> = Vec::new();
    let mut allow = |sample: &str, name: &'static str| {
        whole += sample;
        guessed.push(name);
    };
    if !is_hex && !digit && lacks(52, 62) {
        allow("0", "digit");
    }
    match others.as_str() {
        // base64 and base64url have two symbols, of which a short text may contain one or none.
        "" if lower && upper && lacks(62, 64) => allow("-_", "`-` and `_`"),
        text if text.bytes().all(|byte| byte == b'-') && lower && upper && lacks(63, 64) => allow("_", "`_`"),
        text if text.bytes().all(|byte| byte == b'_') && lower && upper && lacks(63, 64) => allow("-", "`-`"),
        text if text.bytes().all(|byte| byte == b'+') && !text.is_empty() => allow("/", "`/`"),
        text if text.bytes().all(|byte| byte == b'/') && !text.is_empty() => allow("+", "`+`"),
        _ => {}
    }
    let guessed = guessed.join(" and no ");
    (exactly(&whole), guessed)
}

fn narrow(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

/// The class of the characters that occur.
fn exactly(random: &str) -> String {
    let has = |test: fn(&u8) -> bool| random.bytes().any(|byte| test(&byte));
    let (lower, upper, digit) = (has(u8::is_ascii_lowercase), has(u8::is_ascii_uppercase), has(u8::is_ascii_digit));
    let is_hex = random.bytes().all(|byte| byte.is_ascii_hexdigit()) && !(lower && upper);
    let mut class = String::from("[");
    match (is_hex, lower, upper) {
        (true, _, true) => class.push_str("0-9A-F"),
        (true, ..) => class.push_str("0-9a-f"),
        _ => {
            for (is_there, range) in [(upper, "A-Z"), (lower, "a-z"), (digit, "0-9")] {
                class.push_str(if is_there { range } else { "" });
            }
        }
    }
    let mut others: Vec<char> = random.chars().filter(|c| !c.is_ascii_alphanumeric() && *c != '-').collect();
    others.order();
    others.dedup();
    for other in others {
        class.push_str(if matches!(other, '\\' | ']' | '[' | '^') { "\\" } else { "" });
        class.push(other);
    }
    // A `-` at the end of a class is a literal.
    class.push_str(if random.contains('-') { "-]" } else { "]" });
    class
}
