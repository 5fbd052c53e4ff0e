//! The TOML format of `rules/*.toml` and of users' own rules. `build.rs` includes this file too, so it uses only
//! `serde`.

use serde::Deserialize;

/// One rule file: the values that its rules share, and the rules.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RuleFile {
    /// The provider's id: `openai`. It is the file's name without its ending.
    pub provider: String,
    /// The default for the rules in this file.
    #[serde(default)]
    pub revoke: String,
    /// The default for the rules in this file.
    #[serde(default)]
    pub advice: String,
    /// The rules.
    #[serde(default, rename = "rule")]
    pub rules: Vec<RuleSpec>,
    /// Shapes that are not secret and must never be reported.
    #[serde(default, rename = "identifier")]
    pub identifiers: Vec<IdentifierSpec>,
}

/// A public id that looks like a key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct IdentifierSpec {
    /// The id of this kind: `openai-organization-id`.
    pub id: String,
    /// The name for people.
    pub title: String,
    /// A regex for the whole value.
    pub regex: String,
    /// Templates of text in which nothing must be found.
    pub examples: Vec<String>,
}

/// One rule; the fields are those of `rule::Rule`.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RuleSpec {
    /// Unique and stable, in lower case: `acme-api-key`.
    pub id: String,
    /// What kind of key it is, for people.
    pub title: String,
    /// How bad it is if the key is live: info, low, medium, high, critical.
    pub severity: String,
    /// How sure a match is: possible, likely, certain.
    pub confidence: String,
    /// Texts of at least three bytes, of which every key of this kind holds one.
    #[serde(default)]
    pub anchors: Vec<String>,
    /// How many bytes before the anchor a key can start (default: 0, it starts with the anchor).
    #[serde(default)]
    pub lookback: u16,
    /// The shape of the key: a regex of Rust's regex crate, without look-around, over bytes.
    pub regex: String,
    /// The group of the regex that holds the key (default: 0, the whole match).
    #[serde(default)]
    pub secret_group: u8,
    /// The characters that a key is made of, as inside of a regex class (default: `A-Za-z0-9`): they say where it ends.
    #[serde(default = "alphanumeric")]
    pub alphabet: String,
    /// What may stand left of the key: `any`, or `boundary` (default), which is no letter or digit.
    #[serde(default = "boundary")]
    pub left: String,
    /// What a key has to satisfy beyond its shape.
    #[serde(default)]
    pub structure: Option<StructureSpec>,
    /// The least Shannon entropy of the random part, in bits a character (default: 0, not asked).
    #[serde(default)]
    pub entropy: f32,
    /// For a rule without anchors: words of names of variables that hold such a key, in lower case without separators.
    #[serde(default)]
    pub names: Vec<String>,
    /// For a rule without anchors: words near an assignment that say whose key it is.
    #[serde(default)]
    pub context: Vec<String>,
    /// Where its owner revokes it.
    #[serde(default)]
    pub revoke: Option<String>,
    /// One sentence on what to do beyond revoking it.
    #[serde(default)]
    pub advice: Option<String>,
    /// What the shape is known from; for readers of the file.
    #[serde(default)]
    pub sources: Vec<String>,
    /// Templates of text in which the part between « and » is found: `KEY=«acme_[a-z0-9]{32}»`.
    #[serde(default)]
    pub examples: Vec<String>,
    /// Templates of text in which this rule finds nothing.
    #[serde(default)]
    pub non_examples: Vec<String>,
}

/// `structure = { halves = [20], ending = "AEIM" }`, `{ watermark = "WGdyb3FY" }`, `{ checksum = "crc32-base62" }`,
/// `{ decoded = "BedrockAPIKey-" }`.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StructureSpec {
    /// Groups 1 and 2 of the regex stand around a watermark and are equally long: the lengths that are known.
    #[serde(default)]
    pub halves: Vec<u16>,
    /// With `halves`: the alphabet of the last but one character; the last is an `A`.
    #[serde(default)]
    pub ending: String,
    /// Text that a genuine key holds.
    pub watermark: Option<String>,
    /// `crc32-base62`: the last six characters are the checksum of those before.
    pub checksum: Option<String>,
    /// Text that the key holds when it is decoded from base64.
    pub decoded: Option<String>,
}

fn alphanumeric() -> String {
    "A-Za-z0-9".into()
}

fn boundary() -> String {
    "boundary".into()
}
