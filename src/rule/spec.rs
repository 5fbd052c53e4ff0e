//! The TOML of `rules/*.toml` and of rules of the user's own. `build.rs` includes this file too, so it depends on
//! `serde` alone.

use serde::Deserialize;

/// One file: what its rules share, and the rules.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RuleFile {
    /// `openai`; the file's name without its ending.
    pub provider: String,
    /// Default for its rules.
    #[serde(default)]
    pub revoke: String,
    /// Default for its rules.
    #[serde(default)]
    pub advice: String,
    /// The rules.
    #[serde(default, rename = "rule")]
    pub rules: Vec<RuleSpec>,
    /// Shapes that are no secret and are never reported as one.
    #[serde(default, rename = "identifier")]
    pub identifiers: Vec<IdentifierSpec>,
}

/// A public id that looks like a key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct IdentifierSpec {
    /// `openai-organization-id`.
    pub id: String,
    /// What it is.
    pub title: String,
    /// The whole value.
    pub regex: String,
    /// Templates of text in which nothing is found.
    pub examples: Vec<String>,
}

/// One rule; the fields are those of `rule::Rule`.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[allow(missing_docs, reason = "documented on Rule")]
pub struct RuleSpec {
    pub id: String,
    pub title: String,
    pub severity: String,
    pub confidence: String,
    #[serde(default)]
    pub anchors: Vec<String>,
    #[serde(default)]
    pub lookback: u16,
    pub regex: String,
    #[serde(default)]
    pub secret_group: u8,
    /// Inside of a class; `A-Za-z0-9` by default.
    #[serde(default = "alphanumeric")]
    pub alphabet: String,
    /// `any` or `boundary` (default).
    #[serde(default = "boundary")]
    pub left: String,
    #[serde(default)]
    pub structure: Option<StructureSpec>,
    #[serde(default)]
    pub entropy: f32,
    #[serde(default)]
    pub names: Vec<String>,
    #[serde(default)]
    pub context: Vec<String>,
    #[serde(default)]
    pub revoke: Option<String>,
    #[serde(default)]
    pub advice: Option<String>,
    /// What the shape is known from; for readers of the file.
    #[serde(default)]
    pub sources: Vec<String>,
    #[serde(default)]
    pub examples: Vec<String>,
    #[serde(default)]
    pub non_examples: Vec<String>,
}

/// `structure = { halves = [20], ending = "AEIM" }`, `{ watermark = "WGdyb3FY" }`, `{ checksum = "crc32-base62" }`,
/// `{ decoded = "BedrockAPIKey-" }`.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[allow(missing_docs, reason = "documented on Structure")]
pub struct StructureSpec {
    #[serde(default)]
    pub halves: Vec<u16>,
    #[serde(default)]
    pub ending: String,
    pub watermark: Option<String>,
    pub checksum: Option<String>,
    pub decoded: Option<String>,
}

fn alphanumeric() -> String {
    "A-Za-z0-9".into()
}

fn boundary() -> String {
    "boundary".into()
}
