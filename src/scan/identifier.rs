//! Classifies names in content word by word: whether a name is that of a credential, whose, of an id, or of something
//! else.
//!
//! Words end at separators and at changes of case, so `azureOpenAiKey` and `AZURE_OPENAI_KEY` are equal, and
//! `max_tokens`, `tokenizer`, `compatible` and `keyword` are not credentials.

use std::ops::Range;

use super::letters::Letters;
use super::name_words::{COUNTED, ENDINGS, said, says};

/// How many bytes at the end of a long name are read.
const LONGEST: usize = 96;
/// The maximum number of words.
const MOST_WORDS: usize = 16;

/// A name in lower case, divided into words.
#[derive(Clone, Debug)]
pub(super) struct VariableName {
    bytes: [u8; LONGEST],
    words: [NameWord; MOST_WORDS],
    count: usize,
}

/// A word of a name: its range, and its meanings as bits of [`says`].
#[derive(Clone, Copy, Debug, Default)]
struct NameWord {
    from: u8,
    to: u8,
    says: u8,
}

/// What a name shows about its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameClass {
    /// A credential: `api_key`, `OPENAI_API_KEY`, `Bearer`.
    Credential,
    /// A credential that is usually of another kind: `password`, `secret_key`, `jwt`.
    Secret,
    /// Nothing in particular: `value`, `default`, `const`.
    Nothing,
    /// An id or a checksum: `commit`, `etag`, `trace_id`.
    Id,
    /// Something else.
    Other,
}

/// Whose a credential is, by the words of its name that are not generic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ownership {
    /// Nobody's in particular: `api_key`, `LLM_API_KEY`.
    Anyones,
    /// A name that is also used for compatible services: `OPENAI_API_KEY`, `ANTHROPIC_AUTH_TOKEN`.
    Compatible,
    /// A specific owner's: `STRIPE_SECRET_KEY`.
    Somebodys,
}

impl VariableName {
    /// Divides a name into words; of a long name only the end is used.
    pub(super) fn of(name: &[u8]) -> Self {
        let name = &name[name.len().saturating_sub(LONGEST)..];
        let mut this = Self { bytes: [0; LONGEST], words: [NameWord::default(); MOST_WORDS], count: 0 };
        if is_value(name) {
            return this;
        }
        let mut start = None;
        for (at, &byte) in name.iter().enumerate() {
            this.bytes[at] = byte.to_ascii_lowercase();
            if !byte.is_ascii_alphanumeric() {
                if let Some(from) = start.take() {
                    this.push(from, at);
                }
            } else if (start.is_none() || is_hump(name, at))
                && let Some(from) = start.replace(at)
            {
                this.push(from, at);
            }
        }
        if let Some(from) = start {
            this.push(from, name.len());
        }
        this
    }

    fn push(&mut self, from: usize, to: usize) {
        // If there are many words, the last ones are kept.
        if self.count == MOST_WORDS {
            self.words.copy_within(1.., 0);
            self.count -= 1;
        }
        let word = &self.bytes[from..to];
        let says = match said(word) {
            0 if without_ending(word).len() < word.len() => says::CREDENTIAL,
            0 if word.iter().all(u8::is_ascii_digit) => says::NEUTRAL,
            // `MISTRAL_API_KEY2`.
            0 => said_counted(word),
            said => said,
        };
        let place = |at: usize| u8::try_from(at).unwrap_or(u8::MAX);
        self.words[self.count] = NameWord { from: place(from), to: place(to), says };
        self.count += 1;
    }

    /// Where its words start.
    pub(super) fn starts(&self) -> impl Iterator<Item = usize> {
        self.words().iter().map(|word| usize::from(word.from))
    }

    fn words(&self) -> &[NameWord] {
        &self.words[..self.count]
    }

    fn text(&self, word: &NameWord) -> &[u8] {
        &self.bytes[word.from as usize..word.to as usize]
    }

    /// What the name shows about its value.
    pub(super) fn class(&self) -> NameClass {
        let any = |bits: u8| self.words().iter().any(|word| word.says & bits != 0);
        let mut from_end = self.words().iter().rev().filter(|word| !self.text(word).iter().all(u8::is_ascii_digit));
        let Some(last) = from_end.next() else { return NameClass::Other };
        let before = from_end.next().map_or(&b""[..], |word| self.text(word));
        if last.says & says::ID != 0 {
            return NameClass::Id;
        }
        let (credential, secret) = (any(says::CREDENTIAL), any(says::SECRET));
        if credential || secret {
            let name = without_number(self.text(last));
            let is_counted =
                matches!(name, b"token" | b"tokens") && COUNTED.split(' ').any(|word| word.as_bytes() == before);
            let is_public =
                name == b"key" && matches!(before, b"public" | b"foreign" | b"primary" | b"cache" | b"sort");
            if last.says & says::ABOUT != 0 || is_counted || is_public {
                return NameClass::Other;
            }
            return self.secret_key();
        }
        // `useValue`, `configDefault`: of whatever it is the value.
        let is_value = matches!(self.text(last), b"value" | b"default");
        let says_nothing = says::NOTHING | if is_value { says::NEUTRAL } else { 0 };
        let nothing = self.words().iter().all(|word| word.says & says_nothing != 0);
        if nothing { NameClass::Nothing } else { NameClass::Other }
    }

    /// Whether it is of a setting beside what its other words say: `mistral_key_model`.
    pub(super) fn is_about(&self) -> bool {
        self.count > 1 && self.words().last().is_some_and(|word| word.says & says::ABOUT != 0)
    }

    /// `SECRET_KEY` and `jwt_token` are usually of another kind; `api_secret` is not.
    fn secret_key(&self) -> NameClass {
        let secret = self.words().iter().any(|word| word.says & says::SECRET != 0);
        let plain =
            self.words().iter().any(|word| matches!(self.text(word), b"api" | b"apikey" | b"token" | b"bearer"));
        if secret && !plain { NameClass::Secret } else { NameClass::Credential }
    }

    /// Whose a credential with this name is.
    pub(super) fn owned(&self) -> Ownership {
        let mut owned = Ownership::Anyones;
        for (word, says) in self.stem() {
            if says & says::COMPATIBLE == 0 && said(word) & says::COMPATIBLE == 0 {
                return Ownership::Somebodys;
            }
            owned = Ownership::Compatible;
        }
        owned
    }

    /// The words that are left without those that do not show whose a credential or setting it is.
    fn stem(&self) -> impl Iterator<Item = (&[u8], u8)> {
        const NOBODYS: u8 = says::CREDENTIAL | says::SECRET | says::NEUTRAL | says::SETTING;
        let stem = |word: &NameWord| {
            let text = self.text(word);
            let rest = without_ending(text);
            let is_glued = rest.len() < text.len() && said(text) == 0;
            (is_glued || word.says & NOBODYS == 0).then_some((if is_glued { rest } else { text }, word.says))
        };
        self.words().iter().filter_map(stem)
    }

    /// Whether the name shows an owner at all.
    pub(super) fn has_stem(&self) -> bool {
        self.stem().next().is_some()
    }

    /// Whether both names have the same owner: `LLM_BASE_URL` and `LLM_API_KEY`.
    pub(super) fn goes_with(&self, other: &Self) -> bool {
        self.stem().map(|(word, _)| word).eq(other.stem().map(|(word, _)| word))
    }

    /// Whether only generic words are next to the part at `range`.
    pub(super) fn is_but(&self, range: &Range<usize>) -> bool {
        let inside = |word: &NameWord| range.start < word.to as usize && (word.from as usize) < range.end;
        self.words().iter().all(|word| inside(word) || word.says & says::NEUTRAL != 0)
    }
}

/// Whether the text in place of a name is itself a value, such as a hash or another key: it is long, and every eighth
/// character is a digit, or its words have less than three letters.
fn is_value(name: &[u8]) -> bool {
    const LEAST: usize = 28;
    let digits = || name.iter().map(|byte| usize::from(byte.is_ascii_digit())).sum::<usize>();
    name.len() >= LEAST && (digits() * 8 >= name.len() || Letters::of(name).starts() * 3 > name.len())
}

/// Whether a word starts with a capital letter at `at`.
pub(super) fn is_hump(name: &[u8], at: usize) -> bool {
    let Some(&before) = at.checked_sub(1).and_then(|before| name.get(before)) else { return false };
    let next = name.get(at + 1);
    name[at].is_ascii_uppercase()
        && (before.is_ascii_lowercase()
            || before.is_ascii_digit()
            || before.is_ascii_uppercase() && next.is_some_and(u8::is_ascii_lowercase))
}

/// What a word with a number at its end says, if it is of a credential: `key1`.
fn said_counted(word: &[u8]) -> u8 {
    let number = word.len() - without_number(word).len();
    if !(1..=2).contains(&number) {
        return 0;
    }
    let word = without_number(word);
    match said(word) {
        0 if without_ending(word).len() < word.len() => says::CREDENTIAL,
        said => said & (says::CREDENTIAL | says::SECRET),
    }
}

/// Removes the number at the end: `key` from `key1`.
fn without_number(word: &[u8]) -> &[u8] {
    &word[..word.len() - word.iter().rev().take_while(|byte| byte.is_ascii_digit()).count()]
}

/// Removes the ending: `mistral` from `mistralapikey`.
fn without_ending(word: &[u8]) -> &[u8] {
    const LEAST: usize = 3;
    let word_without = |ending: &&[u8]| word.strip_suffix(*ending).filter(|rest| rest.len() >= LEAST);
    let Some(rest) = ENDINGS.iter().find_map(word_without) else { return word };
    if matches!(
        rest,
        b"pub" | b"public" | b"hot" | b"mon" | b"tur" | b"don" | b"whis" | b"joc" | b"primary" | b"foreign"
    ) {
        return word;
    }
    rest.strip_suffix(b"api").filter(|rest| rest.len() >= LEAST).unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_word_by_word() {
        let cases: &[(&str, NameClass)] = &[
            ("api_key", NameClass::Credential),
            ("azureOpenAiKey", NameClass::Credential),
            ("OPENAIKey", NameClass::Credential),
            ("openaikey", NameClass::Credential),
            ("Ocp-Apim-Subscription-Key", NameClass::Credential),
            ("AzureKeyCredential", NameClass::Credential),
            ("spring.ai.mistralai.api-key", NameClass::Credential),
            ("MISTRAL_API_KEY_2", NameClass::Credential),
            ("jwt_secret", NameClass::Secret),
            ("password", NameClass::Secret),
            ("api_secret", NameClass::Credential),
            ("defaultValue", NameClass::Nothing),
            ("value", NameClass::Nothing),
            ("useValue", NameClass::Nothing),
            ("tagValue", NameClass::Other),
            ("return", NameClass::Nothing),
            ("key_id", NameClass::Id),
            ("commit", NameClass::Id),
            ("trace_id", NameClass::Id),
            ("api_key_hash", NameClass::Id),
            ("max_tokens", NameClass::Other),
            ("tokenizer", NameClass::Other),
            ("compatible", NameClass::Other),
            ("patch", NameClass::Other),
            ("author", NameClass::Other),
            ("keyword", NameClass::Other),
            ("monkey", NameClass::Other),
            ("api_key_file", NameClass::Other),
            ("public_key", NameClass::Other),
            ("MISTRAL_API_KEY2", NameClass::Credential),
            ("key1", NameClass::Credential),
            ("public_key2", NameClass::Other),
            ("key2023", NameClass::Other),
        ];
        for (name, class) in cases {
            assert_eq!(VariableName::of(name.as_bytes()).class(), *class, "{name}");
        }
    }

    #[test]
    fn what_is_left_of_a_name_says_whose_it_is() {
        for (name, owned) in [
            ("api_key", Ownership::Anyones),
            ("LLM_API_KEY", Ownership::Anyones),
            ("OPENAI_API_KEY", Ownership::Compatible),
            ("openAiApiKey", Ownership::Compatible),
            ("ANTHROPIC_AUTH_TOKEN", Ownership::Compatible),
            ("STRIPE_SECRET_KEY", Ownership::Somebodys),
            ("monkeykey", Ownership::Somebodys),
        ] {
            assert_eq!(VariableName::of(name.as_bytes()).owned(), owned, "{name}");
        }
        let goes = |a: &str, b: &str| VariableName::of(a.as_bytes()).goes_with(&VariableName::of(b.as_bytes()));
        assert!(goes("LLM_BASE_URL", "LLM_API_KEY") && goes("openai.api_base", "openai.api_key"));
        assert!(!goes("MISTRAL_BASE_URL", "SESSION_KEY"));
    }
}
