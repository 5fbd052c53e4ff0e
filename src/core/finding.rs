//! What a scan yields: plain data, without behaviour beyond masking and identity.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use bstr::BString;
use serde::{Deserialize, Serialize};

pub use super::secret::{Fingerprint, Secret, Visible};

/// How bad it is if the key is live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing, no secret by itself.
    Info,
    /// Short-lived, or of little reach.
    Low,
    /// One product, or quota.
    Medium,
    /// Spends money or reads data.
    High,
    /// An organisation's or account's administration.
    Critical,
}

impl Severity {
    /// The next worse one.
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

/// How sure we are that the text is a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// The shape fits and something near it speaks for it.
    Possible,
    /// A known shape, or an assignment to the provider's variable.
    Likely,
    /// The structure proves it: watermark, checksum, exact shape.
    Certain,
}

macro_rules! lowercase_names {
    ($type:ty { $($variant:ident => $name:literal),* $(,)? }) => {
        impl $type {
            /// The name in machine output and configuration.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
        }
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

lowercase_names!(Severity {
    Info => "info", Low => "low", Medium => "medium", High => "high", Critical => "critical",
});
lowercase_names!(Confidence { Possible => "possible", Likely => "likely", Certain => "certain" });

/// How the text of a finding was reached, outermost first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// A gzip stream.
    Gzip,
    /// A bzip2 stream.
    Bzip2,
    /// An xz stream.
    Xz,
    /// A Zstandard stream.
    Zstd,
    /// A zlib stream.
    Zlib,
    /// A member of a zip archive.
    Zip,
    /// A member of a tar archive.
    Tar,
    /// A stream of a PDF document.
    Pdf,
    /// A text chunk of a PNG picture.
    Png,
    /// UTF-16, little endian.
    #[serde(rename = "utf-16le")]
    Utf16Le,
    /// UTF-16, big endian.
    #[serde(rename = "utf-16be")]
    Utf16Be,
    /// UTF-32, little endian.
    #[serde(rename = "utf-32le")]
    Utf32Le,
    /// UTF-32, big endian.
    #[serde(rename = "utf-32be")]
    Utf32Be,
    /// Base32.
    Base32,
    /// Base64, standard or URL-safe alphabet.
    Base64,
    /// Pairs of hexadecimal digits.
    Hex,
    /// `%41`.
    Percent,
    /// `\u0041`, `\x41` or `\/`.
    Unicode,
    /// `&#65;` or `&quot;`.
    Html,
    /// Bytes as a list of decimal or octal numbers.
    Bytes,
    /// Parts put together: adjacent literals, wrapped lines.
    Joined,
}

lowercase_names!(Layer {
    Gzip => "gzip", Bzip2 => "bzip2", Xz => "xz", Zstd => "zstd", Zlib => "zlib",
    Zip => "zip", Tar => "tar", Pdf => "pdf", Png => "png", Utf16Le => "utf-16le", Utf16Be => "utf-16be",
    Utf32Le => "utf-32le", Utf32Be => "utf-32be", Base32 => "base32",
    Base64 => "base64", Hex => "hex", Percent => "percent", Unicode => "unicode", Html => "html",
    Bytes => "bytes", Joined => "joined",
});

impl Layer {
    /// Whether it was unpacked rather than decoded.
    pub const fn is_packed(self) -> bool {
        matches!(
            self,
            Self::Gzip
                | Self::Bzip2
                | Self::Xz
                | Self::Zstd
                | Self::Zlib
                | Self::Zip
                | Self::Tar
                | Self::Pdf
                | Self::Png
        )
    }
}

/// What a finding says of the rule that made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleInfo {
    /// `openai-project-key`.
    pub id: Cow<'static, str>,
    /// `openai`; empty for a rule of the user's own that names none.
    pub provider: Cow<'static, str>,
    /// `OpenAI project API key`.
    pub title: Cow<'static, str>,
    /// Where the owner revokes it; empty if unknown.
    pub revoke: Cow<'static, str>,
    /// One sentence on what to do beyond revoking; may be empty.
    pub advice: Cow<'static, str>,
}

/// A place in content. Lines and columns count from 1, columns count Unicode characters, the end is that
/// of the key's last character.
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

/// What holds a secret that stands in no file.
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
}

lowercase_names!(Part { Message => "message", Author => "author", Tag => "tag", Ref => "ref", Name => "name" });

/// Where a finding stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The repository, as it was named, where a run is of several.
    pub repository: Option<BString>,
    /// Relative to where the scan started, `/` on every platform; raw bytes, not necessarily UTF-8.
    pub path: Option<BString>,
    /// The path inside an archive.
    pub member: Option<BString>,
    /// What holds it, where there is no path.
    pub part: Option<Part>,
    /// Line and column.
    pub position: Position,
}

/// The line around a finding, for people: every key on it is already masked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// The text, cut to what fits a screen, control characters not yet escaped.
    pub text: String,
    /// The masked key's place in `text`, in bytes.
    pub mark: Range<usize>,
}

/// How a key is used where it stands, as far as the text around it says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// The variable, field or header that has it for its value: `OPENAI_API_KEY`.
    pub name: Option<String>,
    /// What carries it, where that is more than a value.
    pub carrier: Option<Carrier>,
    /// What it stands in, where that is no plain text.
    pub form: Option<KeyForm>,
    /// Who else can read it than those who read the repository.
    pub exposure: Option<Exposure>,
}

/// What carries a key to its service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Carrier {
    /// A request's header.
    Header,
    /// A URL's query string.
    UrlQuery,
    /// The user or password of a URL.
    UrlUserinfo,
}

lowercase_names!(Carrier { Header => "header", UrlQuery => "url-query", UrlUserinfo => "url-userinfo" });

/// What a key stands in, where that is no plain text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum KeyForm {
    /// Bytes of a program or a data format.
    Binary,
    /// What a notebook's cell printed.
    NotebookOutput,
}

lowercase_names!(KeyForm { Binary => "binary", NotebookOutput => "notebook-output" });

/// How a key gets to those who use a product, whoever may read the repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Exposure {
    /// The variable's name asks a build to put its value into what browsers and apps get: `NEXT_PUBLIC_`.
    PublicName,
    /// The code asks for a client that runs in browsers.
    BrowserClient,
    /// A script that was built for browsers.
    Bundle,
    /// A map from such a script to its source.
    SourceMap,
    /// A web page.
    Html,
    /// A browser extension's files.
    Extension,
    /// Resources or build settings of an Android app.
    Android,
    /// Property lists of an iOS or macOS app.
    Ios,
    /// Assets of a Flutter or Unity app.
    AppAssets,
    /// Firebase's configuration of an app, which is public by design.
    Firebase,
}

lowercase_names!(Exposure {
    PublicName => "public-name", BrowserClient => "browser-client", Bundle => "bundle", SourceMap => "source-map",
    Html => "html", Extension => "extension", Android => "android", Ios => "ios", AppAssets => "app-assets",
    Firebase => "firebase",
});

/// Why a finding does not count.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Suppression {
    /// By what.
    pub by: SuppressedBy,
    /// The reason that somebody gave.
    pub reason: Option<String>,
}

/// What suppressed a finding.
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

/// The commit that brought a finding in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// The full object id; where the finding stands in no file, that of the object that holds it.
    pub id: String,
    /// As the commit says it.
    pub author_name: String,
    /// As the commit says it.
    pub author_email: String,
    /// RFC 3339 with the author's offset.
    pub date: String,
    /// The message's first line, with any key in it masked.
    pub summary: String,
    /// What the object is, where it is not a commit: `tree`, `blob`, `tag`.
    pub object: Option<&'static str>,
}

/// From where a finding can still be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    /// It is in HEAD now.
    Head,
    /// A reference leads to it.
    Ref,
    /// Only a reflog does.
    Reflog,
    /// Nothing does; the object is still in the repository.
    Unreachable,
}

lowercase_names!(Reach { Head => "head", Ref => "ref", Reflog => "reflog", Unreachable => "unreachable" });

/// What the whole history says of one secret at one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// The last commit that still had it; `None` while it is in HEAD or where no commit has it.
    pub last_commit: Option<Arc<Commit>>,
    /// The commit after that one, which no longer had it.
    pub removed_by: Option<Arc<Commit>>,
    /// Whether HEAD has it.
    pub in_head: bool,
    /// Full names of the references whose history contains it, sorted.
    pub refs: Vec<String>,
    /// How many those are; `refs` may name only the first of them.
    pub refs_total: usize,
    /// Whether a remote-tracking reference contains it.
    pub on_remote: bool,
    /// The best way to reach it.
    pub reach: Reach,
    /// Whether the files of another branch's tip have it.
    pub at_tip: bool,
    /// Whether the commit that brought it in has no parents.
    pub is_root: bool,
    /// Whether the commit that brought it in is HEAD's.
    pub is_tip: bool,
    /// How many versions of the path held it.
    pub versions: u64,
    /// Whole days from the first commit to the last one that had it, or to now while it is in HEAD.
    pub days_exposed: u64,
}

/// One secret at one place.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: RuleInfo,
    /// If it is live.
    pub severity: Severity,
    /// That it is a key.
    pub confidence: Confidence,
    /// The exact value.
    pub secret: Secret,
    /// Of the value.
    pub fingerprint: Fingerprint,
    /// Where.
    pub location: Location,
    /// How the text was reached.
    pub layers: Vec<Layer>,
    /// For people.
    pub excerpt: Excerpt,
    /// How it is used there.
    pub usage: Usage,
    /// Why it does not count, if it does not.
    pub suppressed: Option<Suppression>,
    /// What a person should know of it beside: an inline marker that has expired.
    pub note: Option<String>,
    /// In history: what brought it in.
    pub commit: Option<Arc<Commit>>,
    /// In history: the rest of its story.
    pub history: Option<History>,
}
