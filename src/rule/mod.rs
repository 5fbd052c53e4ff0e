//! What a key looks like: [`Rule`] is data, built in at compile time from `rules/*.toml` or loaded at run time.
//!
//! `build.rs` turns the TOML into static tables, so that a run which meets no candidate parses nothing and
//! compiles no regex. `spec` (shared with `build.rs`) is the one reader of the TOML, for both.

pub mod allowlist;
mod builtin;
pub mod check;
pub mod id_pattern;
mod likeness;
pub mod pattern;
mod set;
mod shape;
mod shared;
pub mod spec;
pub mod strength;
pub mod template;

pub use likeness::Likeness;
pub use set::{Compiled, RuleSet, compile};
pub use shape::{Groups, Shape};
pub use shared::SharedRule;
pub use strength::Strength;

use std::borrow::Cow;

use crate::core::finding::{Confidence, RuleInfo, Severity};

/// Text that is static for a built-in rule and owned for a loaded one.
pub type Text = Cow<'static, str>;
/// A list likewise.
pub type List<T> = Cow<'static, [T]>;

/// One kind of key.
///
/// A rule with `anchors` is *distinctive*: it looks at each place where an anchor stands. A rule without is
/// *contextual*: its shape alone proves nothing, so it looks at values that are assigned to one of its `names`,
/// or to something key-like with one of its `context` words nearby. One without `names` and `context` takes what is
/// assigned to any credential's name and is no other rule's. A distinctive rule that has `context` words needs one.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Unique, stable, starts with the provider: `openai-project-key`.
    pub id: Text,
    /// `openai`.
    pub provider: Text,
    /// `OpenAI project API key`.
    pub title: Text,
    /// If it is live.
    pub severity: Severity,
    /// What a match is worth when every test passes.
    pub confidence: Confidence,
    /// Literals of at least three bytes; each match of `regex` contains one.
    pub anchors: List<Text>,
    /// How many bytes before the anchor a match can start; 0: the match starts with the anchor.
    pub lookback: u16,
    /// The shape, in the syntax of the `regex` crate, without look-around.
    pub regex: Text,
    /// The capture group that holds the secret; 0: the whole match.
    pub secret_group: u8,
    /// The bytes a key of this kind is made of, as the inside of a regex class: decides where a key ends.
    pub alphabet: Text,
    /// What may stand left of a match.
    pub left: Left,
    /// What the value must satisfy beyond its shape.
    pub structure: Structure,
    /// Lowest Shannon entropy of the random part, in bits per character.
    pub entropy: f32,
    /// Words of variable names, in lower case without separators, that say whose key it is.
    pub names: List<Text>,
    /// Words near a key-like assignment that say whose key it is.
    pub context: List<Text>,
    /// Where the owner revokes it; empty if unknown.
    pub revoke: Text,
    /// One sentence on what to do beyond revoking; may be empty.
    pub advice: Text,
    /// [Templates](template) of text in which the part between `«` and `»` is found, exactly.
    pub examples: List<Text>,
    /// Templates of text in which this rule finds nothing.
    pub non_examples: List<Text>,
}

/// What may stand left of a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Anything: the shape is distinctive enough to stand in the middle of a word.
    Any,
    /// No letter or digit, unless it ends an escape such as `\n`, `%3D` or an ANSI colour.
    Boundary,
}

/// What a value must satisfy beyond its shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Structure {
    /// Nothing.
    Shape,
    /// Group 1, a watermark and group 2 follow each other, and the key ends where group 2 is as long as group 1.
    /// One of `lengths` and the `ending` make it certain.
    Halves {
        /// Known lengths of a half.
        lengths: List<u16>,
        /// Alphabet of the last but one character of a genuine key, which ends in `A`; empty if any ending is.
        ending: Text,
    },
    /// The value holds this text; without it a match is one step less sure.
    Watermark(Text),
    /// The last six characters are the base-62 CRC-32 of what stands between the prefix and them.
    Crc32Base62,
    /// Decoded from base64, what follows the first `_` or the prefix holds this text.
    Decoded(Text),
}

impl Rule {
    /// What a finding says of this rule.
    pub fn info(&self) -> RuleInfo {
        RuleInfo {
            id: self.id.clone(),
            provider: self.provider.clone(),
            title: self.title.clone(),
            revoke: self.revoke.clone(),
            advice: self.advice.clone(),
        }
    }

    /// Whether its shape alone says nothing.
    pub fn is_contextual(&self) -> bool {
        self.anchors.is_empty()
    }
}

/// A public id that looks like a key and is never reported as one.
#[derive(Clone, Copy, Debug)]
pub struct Identifier {
    /// `openai-organization-id`.
    pub id: &'static str,
    /// What it is.
    pub title: &'static str,
    /// The whole value.
    pub regex: &'static str,
    /// Templates of text in which nothing is found.
    pub examples: &'static [&'static str],
}

/// The built-in rules, sorted by file and by their order in it.
pub fn builtin() -> &'static [Rule] {
    builtin::RULES
}

/// The built-in identifiers.
pub fn identifiers() -> &'static [Identifier] {
    builtin::IDENTIFIERS
}
