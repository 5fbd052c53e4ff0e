//! The format of `.keysweep.toml`; [`super::Config`] is the converted form. The schema for editors is generated from
//! these types.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use crate::core::finding::{Confidence, Severity};
use crate::rule::spec::RuleSpec;

#[cfg(test)]
use schemars::JsonSchema;

/// Configuration of keysweep, a scanner for leaked AI API keys.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RawConfig {
    /// Rule files to load too, relative to this file: keysweep's own TOML, or that of gitleaks or betterleaks.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub extends: Vec<Spanned<String>>,
    /// Where the developer's real keys are found, to flag exactly those: `env`, or paths of `.env` files.
    #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
    pub known_keys: Option<Spanned<Vec<String>>>,
    /// Which rules run and what their findings are worth.
    pub rules: RawRules,
    /// Which paths are scanned.
    pub paths: RawPaths,
    /// What is found and does not count. It stays in the report as suppressed, with the reason.
    #[serde(rename = "allowlist")]
    #[cfg_attr(test, schemars(with = "Vec<RawAllowlist>"))]
    pub allowlists: Vec<Spanned<RawAllowlist>>,
    /// More words that say whose key it is, by provider or rule id: `openai = ["acme-gateway"]`.
    #[cfg_attr(test, schemars(with = "BTreeMap<String, Vec<String>>"))]
    pub context: BTreeMap<String, Spanned<Vec<String>>>,
    /// Inline markers, ignore file and baseline.
    pub suppress: RawSuppress,
    /// What a scan may cost.
    pub limits: RawLimits,
    /// How reports look unless the command line says otherwise.
    pub output: RawOutput,
    /// What the hooks do.
    pub hook: RawHook,
    /// Rules of your own, in the format of the built-in ones.
    #[serde(rename = "rule")]
    #[cfg_attr(test, schemars(with = "Vec<RuleSpec>"))]
    pub own: Vec<Spanned<RuleSpec>>,
}

/// Which rules run and what their findings are worth. Rules are named by id or pattern: `openai-*`.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(JsonSchema), schemars(rename = "Rules"))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RawRules {
    /// Whether the built-in rules run (default: true).
    #[cfg_attr(test, schemars(with = "Option<bool>"))]
    pub builtin: Option<Spanned<bool>>,
    /// Only these run.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub enable: Vec<Spanned<String>>,
    /// All but these run.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub disable: Vec<Spanned<String>>,
    /// Another severity for some rules: `"openai-project-key" = "high"`.
    #[cfg_attr(test, schemars(with = "BTreeMap<String, Severity>"))]
    pub severity: BTreeMap<String, Spanned<Severity>>,
    /// Findings below this severity are not made.
    #[cfg_attr(test, schemars(with = "Option<Severity>"))]
    pub min_severity: Option<Spanned<Severity>>,
    /// Findings below this confidence are not made.
    #[cfg_attr(test, schemars(with = "Option<Confidence>"))]
    pub min_confidence: Option<Spanned<Confidence>>,
    /// Whether to leave out what a gitleaks file asks for and keysweep cannot do, instead of refusing the file.
    #[cfg_attr(test, schemars(with = "Option<bool>"))]
    pub skip_unsupported: Option<Spanned<bool>>,
}

/// Which paths are scanned: globs relative to this file; `*` stays within a directory, `**` does not.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(JsonSchema), schemars(rename = "Paths"))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RawPaths {
    /// Only these.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub include: Vec<Spanned<String>>,
    /// None of these. Each is counted in the report as skipped.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub exclude: Vec<Spanned<String>>,
}

/// What is found and does not count.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(JsonSchema), schemars(rename = "Allow"))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RawAllowlist {
    /// Why; shown with each finding it takes out.
    pub reason: Option<String>,
    /// Rules it is limited to, by id or pattern.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub rules: Vec<Spanned<String>>,
    /// What the regexes are tried on (default: secret).
    pub target: RawTarget,
    /// Any of these matches.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub regexes: Vec<Spanned<String>>,
    /// The value contains any of these words, in any case.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub stopwords: Vec<Spanned<String>>,
    /// The path matches any of these globs.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub paths: Vec<Spanned<String>>,
    /// Whether any kind of test that is given is enough, or all must hold (default: any).
    pub condition: Condition,
}

/// What an allowlist's regexes are tried on.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(JsonSchema), schemars(rename = "Target"))]
#[serde(rename_all = "lowercase")]
pub enum RawTarget {
    /// The key's value.
    #[default]
    Secret,
    /// All that the rule matched.
    Match,
    /// The line that the key starts on.
    Line,
}

/// How an allowlist's tests combine.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Condition {
    /// One is enough.
    #[default]
    Any,
    /// Each kind that is given must hold.
    All,
}

/// Inline markers, ignore file and baseline.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(JsonSchema), schemars(rename = "Suppress"))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RawSuppress {
    /// Whether inline markers count (default: true).
    #[cfg_attr(test, schemars(with = "Option<bool>"))]
    pub inline: Option<Spanned<bool>>,
    /// Whether the markers of gitleaks, detect-secrets, trufflehog and others count too (default: true).
    #[cfg_attr(test, schemars(with = "Option<bool>"))]
    pub foreign_markers: Option<Spanned<bool>>,
    /// Whether an inline marker or an ignore-file entry must give a reason (default: false).
    #[cfg_attr(test, schemars(with = "Option<bool>"))]
    pub require_reason: Option<Spanned<bool>>,
    /// The ignore file, relative to this file (default: .keysweepignore).
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub ignore_file: Option<Spanned<String>>,
    /// The baseline, relative to this file (default: .keysweep-baseline).
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub baseline: Option<Spanned<String>>,
    /// Whether entries that match nothing fail a scan of everything (default: false).
    #[cfg_attr(test, schemars(with = "Option<bool>"))]
    pub fail_on_stale: Option<Spanned<bool>>,
}

/// What a scan may cost.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(JsonSchema), schemars(rename = "Limits"))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RawLimits {
    /// Files larger than this are skipped, and counted as such: bytes, or `"20MB"` (default: no limit).
    #[cfg_attr(test, schemars(with = "Option<ByteSize>"))]
    pub max_file_size: Option<Spanned<ByteSize>>,
    /// Threads (default: one for each processor).
    #[cfg_attr(test, schemars(with = "Option<u16>"))]
    pub threads: Option<Spanned<u16>>,
    /// Whether what cannot be opened of an archive (encrypted, corrupt, of an unsupported kind, beyond a limit) is
    /// counted as skipped or fails the scan (default: lenient).
    #[cfg_attr(test, schemars(with = "Option<Archives>"))]
    pub archives: Option<Spanned<Archives>>,
    /// What a file may unpack to: bytes, or `"1GB"` (default: 256MiB).
    #[cfg_attr(test, schemars(with = "Option<ByteSize>"))]
    pub archive_size: Option<Spanned<ByteSize>>,
    /// How many times its own size a file may unpack to, where that is more (default: 200).
    #[cfg_attr(test, schemars(with = "Option<u32>"))]
    pub archive_ratio: Option<Spanned<u32>>,
    /// How many archives are opened in each other (default: 8, at most 16).
    #[cfg_attr(test, schemars(with = "Option<u8>"))]
    pub archive_depth: Option<Spanned<u8>>,
    /// How many members of a file's archives are opened (default: 1000000).
    #[cfg_attr(test, schemars(with = "Option<u32>"))]
    pub archive_members: Option<Spanned<u32>>,
}

/// What an archive that cannot be opened means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Archives {
    /// It is counted as skipped, with the reason.
    Lenient,
    /// The scan is not complete: exit code 2.
    Strict,
}

/// A number of bytes, or one with a unit: `20MB`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(JsonSchema), schemars(rename = "Size"))]
#[serde(untagged)]
pub enum ByteSize {
    /// Bytes.
    Bytes(u64),
    /// `512KB`, `20MB`, `1GB`.
    Text(String),
}

/// How reports look unless the command line says otherwise.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(JsonSchema), schemars(rename = "Output"))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RawOutput {
    /// The format's name, as `--format` takes it.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub format: Option<Spanned<String>>,
    /// `auto`, `always` or `never`.
    #[cfg_attr(test, schemars(with = "Option<ColorSetting>"))]
    pub color: Option<Spanned<ColorSetting>>,
    /// When paths and addresses are links: `auto`, `always` or `never`.
    #[cfg_attr(test, schemars(with = "Option<ColorSetting>"))]
    pub hyperlinks: Option<Spanned<ColorSetting>>,
    /// Whether suppressed findings are shown (default: false; they are always counted).
    #[cfg_attr(test, schemars(with = "Option<bool>"))]
    pub show_suppressed: Option<Spanned<bool>>,
}

/// When reports use what only a terminal has: colours, links.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[cfg_attr(test, derive(JsonSchema), schemars(rename = "Color"))]
#[serde(rename_all = "lowercase")]
pub enum ColorSetting {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl ColorSetting {
    /// The name in configuration and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Never => "never",
        }
    }
}

/// What the hooks do.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(JsonSchema), schemars(rename = "Hook"))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RawHook {
    /// Whether an old key in a touched file blocks a commit, too (default: false).
    #[cfg_attr(test, schemars(with = "Option<bool>"))]
    pub whole_files: Option<Spanned<bool>>,
    /// Whether a commit message is scanned (default: true).
    #[cfg_attr(test, schemars(with = "Option<bool>"))]
    pub commit_message: Option<Spanned<bool>>,
    /// Seconds after which `pre-receive` gives up and rejects the push (default: 60).
    #[cfg_attr(test, schemars(with = "Option<u64>"))]
    pub receive_timeout: Option<Spanned<u64>>,
    /// What a push may make `pre-receive` read and compare before it gives up and rejects it: bytes, or `"16GB"`
    /// (default: 16GB). Each file and directory counts as 4 KiB more.
    #[cfg_attr(test, schemars(with = "Option<ByteSize>"))]
    pub receive_limit: Option<Spanned<ByteSize>>,
    /// Whether inline markers count in `pre-receive`, where whoever pushes writes them (default: false).
    #[cfg_attr(test, schemars(with = "Option<bool>"))]
    pub receive_markers: Option<Spanned<bool>>,
}
