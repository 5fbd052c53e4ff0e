//! A rule describes what a key looks like: [`Rule`] is data, built in at compile time from `rules/*.toml` or loaded
//! at run time.
//!
//! `build.rs` turns the TOML into static tables, so that a run without candidates parses nothing and compiles no
//! regex. `spec`, which `build.rs` shares, is the only parser of that TOML.

pub mod allowlist;
mod builtin;
pub mod check;
pub mod id_pattern;
mod likeness;
mod outside;
pub mod pattern;
mod set;
mod shape;
mod shared;
pub mod spec;
pub mod strength;
pub mod template;
mod text;

pub use likeness::Likeness;
pub use set::{Compiled, RuleSet, compile};
pub use shape::{Groups, Shape};
pub use shared::SharedRule;
pub use strength::Strength;
pub use text::{Text, TextList};

use std::borrow::Cow;

use crate::core::finding::{Confidence, RuleInfo, Severity};

/// One kind of key.
///
/// A rule with `anchors` is *distinctive*: it is tried wherever one of its anchors occurs. A rule without is
/// *contextual*: its shape alone proves nothing, so it is tried on values that are assigned to one of its `names`, or
/// on key-like values with one of its `context` words nearby. A rule without `names` and `context` is tried on values
/// that are assigned to any credential's name and that no other rule matches. A distinctive rule with `context` words
/// needs one of them nearby.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Unique and stable; starts with the provider: `openai-project-key`.
    pub id: Text,
    /// The provider's id: `openai`.
    pub provider: Text,
    /// The name for people: `OpenAI project API key`.
    pub title: Text,
    /// How bad it is if the key is valid.
    pub severity: Severity,
    /// How likely a match is a key, if all its checks pass.
    pub confidence: Confidence,
    /// Literals of at least three bytes. Each match of `regex` contains one.
    pub anchors: TextList,
    /// How many bytes before the anchor a match can start; 0 if it starts with the anchor.
    pub lookback: u16,
    /// The shape, in the syntax of the `regex` crate (no look-around).
    pub regex: Text,
    /// The capture group that holds the secret; 0: the whole match.
    pub secret_group: u8,
    /// The bytes that a key of this kind consists of, as the inside of a regex class. A key ends before any other
    /// byte.
    pub alphabet: Text,
    /// What may stand directly before a match.
    pub left: Left,
    /// What the value must satisfy in addition to its shape.
    pub structure: Structure,
    /// The minimum Shannon entropy of the random part, in bits per character.
    pub entropy: f32,
    /// Words of variable names that say whose key it is, in lower case without separators.
    pub names: TextList,
    /// Words near a key-like assignment that say whose key it is.
    pub context: TextList,
    /// The URL where the owner revokes the key; empty if unknown.
    pub revoke: Text,
    /// One sentence on what to do beyond revoking; may be empty.
    pub advice: Text,
    /// [Templates](template) of text. The scan must find exactly the part between `«` and `»`.
    pub examples: TextList,
    /// Templates of text in which this rule must find nothing.
    pub non_examples: TextList,
}

/// What may stand directly before a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Anything: the shape is distinctive enough to match in the middle of a word.
    Any,
    /// No letter or digit, except the end of an escape such as `\n`, `%3D` or an ANSI colour code.
    Boundary,
}

/// What a value must satisfy in addition to its shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Structure {
    /// Nothing more.
    Shape,
    /// Group 1, a watermark and group 2 are adjacent, and the key ends where group 2 is as long as group 1. A length
    /// from `lengths` together with the `ending` makes the match certain.
    Halves {
        /// The known lengths of a half, in bytes.
        lengths: Cow<'static, [u16]>,
        /// The possible last-but-one characters of a genuine key, whose last character is `A`; empty if every ending
        /// is possible.
        ending: Text,
    },
    /// A genuine value contains this text. Without it the confidence is one step lower.
    Watermark(Text),
    /// The last six characters are the base-62 CRC-32 of the characters between the prefix and them.
    Crc32Base62,
    /// The part after the first `_` or the prefix, decoded from base64, contains this text.
    Decoded(Text),
}

impl Rule {
    /// The parts of this rule that a finding carries.
    pub fn info(&self) -> RuleInfo {
        RuleInfo {
            id: (&self.id).into(),
            provider: (&self.provider).into(),
            title: (&self.title).into(),
            revoke: (&self.revoke).into(),
            advice: (&self.advice).into(),
        }
    }

    /// Whether its shape alone proves nothing (it has no anchors).
    pub fn is_contextual(&self) -> bool {
        self.anchors.is_empty()
    }
}

/// A public id that looks like a key and must never be reported as one.
#[derive(Clone, Debug)]
pub struct Identifier {
    /// The id of this kind: `openai-organization-id`.
    pub id: Text,
    /// The name for people.
    pub title: Text,
    /// A regex for the whole value.
    pub regex: Text,
    /// Templates of text in which nothing must be found.
    pub examples: TextList,
}

/// The built-in rules, in the order of the files and of the rules in each file.
pub fn builtin() -> &'static [Rule] {
    builtin::RULES
}

/// The built-in public ids.
pub fn identifiers() -> &'static [Identifier] {
    builtin::IDENTIFIERS
}
