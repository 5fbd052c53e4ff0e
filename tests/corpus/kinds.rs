//! The kinds of keys that the corpus plants, from `kinds.toml`.

use keysweep::rule::template::{Random, Template};
use serde::Deserialize;

/// One kind of key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kind {
    /// `openai.project_long`.
    pub(crate) id: String,
    /// Recognisable without a name beside it.
    #[serde(default)]
    pub(crate) distinctive: bool,
    /// May follow a letter.
    #[serde(default)]
    pub(crate) glued: bool,
    /// The bytes (inside of a class) that a key of open length may go on with; empty if its length is fixed.
    #[serde(default)]
    tail: String,
    /// Variables it is assigned to.
    pub(crate) names: Vec<String>,
    /// Templates of its value.
    keys: Vec<String>,
    /// Templates of texts that hold no key.
    pub(crate) near: Vec<String>,
}

#[derive(Deserialize)]
struct File {
    kind: Vec<Kind>,
}

/// All kinds.
pub(crate) fn kinds() -> Vec<Kind> {
    toml::from_str::<File>(include_str!("kinds.toml")).expect("the file beside this one is valid").kind
}

/// One text of a template.
pub(crate) fn expand(template: &str, random: &mut Random) -> String {
    let parsed = Template::parse(template).unwrap_or_else(|error| panic!("{error}: {template}"));
    parsed.generate(random).text
}

impl Kind {
    /// A key of this kind.
    pub(crate) fn key(&self, random: &mut Random) -> String {
        let template = random.pick(&self.keys).clone();
        expand(&template, random)
    }

    /// Whether a key of it is a text of several lines or of more than a thousand characters.
    pub(crate) fn is_long(&self) -> bool {
        self.keys.iter().any(|key| key.contains("PRIVATE"))
    }

    /// Whether its keys are all written with counts that leave no choice.
    pub(crate) fn has_one_length(&self) -> bool {
        let is_open = |key: &String| key.contains(",") || key.contains('?') || key.contains('.');
        self.tail.is_empty() && !self.keys.iter().any(is_open)
    }

    /// Whether a key that `next` follows would have no end.
    pub(crate) fn goes_on_with(&self, next: char) -> bool {
        let tail: Vec<char> = self.tail.chars().collect();
        let range = |window: &[char]| window[1] == '-' && (window[0]..=window[2]).contains(&next);
        tail.contains(&next) || tail.windows(3).any(range)
    }
}
