//! The result of a scan as plain data.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use bstr::BString;
use serde::{Deserialize, Serialize};

use super::names::lowercase_names;

pub use super::history::{Commit, History, Reach};
pub use super::layer::Layer;
pub use super::secret::{Fingerprint, Secret, Visible};
pub use super::usage::{Carrier, Exposure, KeyForm, Usage};

/// How bad it is if the key is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing, but not a secret by itself.
    Info,
    /// Valid for a short time only, or with little access.
    Low,
    /// Gives access to one product, or uses up its quota.
    Medium,
    /// Can run up charges or read data.
    High,
    /// Gives administrative access to an organisation or account.
    Critical,
}

impl Severity {
    /// The next higher severity; critical stays critical.
    #[must_use]
    pub fn raised(self) -> Self {
        match self {
            Self::Info => Self::Low,
            Self::Low => Self::Medium,
            Self::Medium => Self::High,
            Self::High | Self::Critical => Self::Critical,
        }
    }
}

/// How likely it is that the text is a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// The shape fits, and the text near it supports it.
    Possible,
    /// A known shape, or an assignment to the provider's variable.
    Likely,
    /// The structure proves it: watermark, checksum, exact shape.
    Certain,
}

lowercase_names!(Severity {
    Info => "info", Low => "low", Medium => "medium", High => "high", Critical => "critical",
});
lowercase_names!(Confidence { Possible => "possible", Likely => "likely", Certain => "certain" });

/// The parts of a rule that a finding carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleInfo {
    /// The rule's id: `openai-project-key`.
    pub id: Cow<'static, str>,
    /// The provider's id: `openai`. Empty for a user's own rule without a provider.
    pub provider: Cow<'static, str>,
    /// The name for people: `OpenAI project API key`.
    pub title: Cow<'static, str>,
    /// The URL where the owner revokes the key; empty if unknown.
    pub revoke: Cow<'static, str>,
    /// One sentence on what to do beyond revoking; may be empty.
    pub advice: Cow<'static, str>,
}

/// A range in content. Lines and columns count from 1, and columns count Unicode characters. The end is the key's
/// last character.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// First line.
    pub line: u64,
    /// First column.
    pub column: u64,
    /// Last line.
    pub end_line: u64,
    /// Last column.
    pub end_column: u64,
}

/// Where a secret is, if it is not in the content of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// A commit's message.
    Message,
    /// A commit's or tag's author or committer.
    Author,
    /// An annotated tag's message.
    Tag,
    /// A reference's name.
    Ref,
    /// A file's or directory's own name.
    Name,
    /// A message in a reflog.
    Reflog,
}

lowercase_names!(Part {
    Message => "message", Author => "author", Tag => "tag", Ref => "ref", Name => "name", Reflog => "reflog",
});

/// Where a finding is.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The repository as the user named it, in a run over several repositories.
    pub repository: Option<BString>,
    /// The path relative to the start of the scan, with `/` on every platform; raw bytes, not necessarily UTF-8.
    pub path: Option<BString>,
    /// The path inside an archive.
    pub member: Option<BString>,
    /// What holds the secret, if not a file's content.
    pub part: Option<Part>,
    /// The range of lines and columns.
    pub position: Position,
}

/// The line with the finding, for people. Every key in it is already masked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// The text, cut to screen width. Control characters are not escaped yet.
    pub text: String,
    /// The range of the masked key in `text`, in bytes.
    pub mark: Range<usize>,
}

/// Why a finding does not count.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Suppression {
    /// What suppressed it.
    pub by: SuppressedBy,
    /// The reason that a person gave.
    pub reason: Option<String>,
}

/// The kind of suppression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SuppressedBy {
    /// A marker on the line or the line above.
    Inline,
    /// The ignore file.
    IgnoreFile,
    /// The baseline.
    Baseline,
    /// An allowlist of the configuration or of the rule.
    Allowlist,
}

lowercase_names!(SuppressedBy {
    Inline => "inline", IgnoreFile => "ignore-file", Baseline => "baseline", Allowlist => "allowlist",
});

/// One secret at one place.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule that matched.
    pub rule: RuleInfo,
    /// How bad it is if the key is valid.
    pub severity: Severity,
    /// How likely it is that this is a key.
    pub confidence: Confidence,
    /// The exact value of the key.
    pub secret: Secret,
    /// The fingerprint of the value.
    pub fingerprint: Fingerprint,
    /// Where the secret is.
    pub location: Location,
    /// The encodings and containers around it, outermost first.
    pub layers: Vec<Layer>,
    /// The masked line, for people.
    pub excerpt: Excerpt,
    /// How the key is used there.
    pub usage: Usage,
    /// Why it is suppressed; `None` if it is active.
    pub suppressed: Option<Suppression>,
    /// A remark for people, for example that an inline marker has expired.
    pub note: Option<String>,
    /// In history: the introducing commit.
    pub commit: Option<Arc<Commit>>,
    /// In history: how long it was there and what still leads to it.
    pub history: Option<History>,
}
