//! The configuration of a run: which rules, which paths, what is accepted, and where each setting comes from.
//!
//! One file is used ([`found`]): `--config`, else `KEYSWEEP_CONFIG`, else `.keysweep.toml` in the repository's root. Environment
//! variables override it, and the user's own file gives defaults ([`layers`]). [`raw`] is the format of the file;
//! [`Config`] is the converted form, which all other code uses. Any mistake is an error with the file, the line and a
//! hint, because a misunderstood policy gives no protection.

mod check;
pub mod found;
pub mod layers;
mod load;
mod own;
pub mod raw;
mod select;
pub mod show;

#[cfg(test)]
mod schema;

use std::collections::BTreeMap;

use globset::{GlobSet, GlobSetBuilder};

pub use load::{MOST_THREADS, default, load, parse};
pub use select::{Selected, select};

use crate::core::finding::{Confidence, Severity};
use crate::rule::Rule;
use crate::rule::allowlist::Allowlist;
use raw::ColorSetting;

/// The usual name of the file.
pub const NAME: &str = ".keysweep.toml";
/// The environment variable with the path of the file, if there is no `--config`.
pub const ENV: &str = "KEYSWEEP_CONFIG";

/// The verb phrase for errors about the configuration.
const DOING: &str = "read configuration";

/// The settings of a run.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The file's name in messages; `None` if there is no file and all defaults apply.
    pub file: Option<String>,
    /// Rule files to load, relative to the file's directory.
    pub extends: Vec<LocatedText>,
    /// Where the developer's real keys are: `env` or paths of `.env` files.
    pub known_keys: Vec<String>,
    /// The rules to use.
    pub rules: Selection,
    /// The paths to scan.
    pub paths: Paths,
    /// Findings that match one of these are suppressed.
    pub allowlists: Vec<Allowlist>,
    /// Additional context words, by provider or rule.
    pub context: BTreeMap<String, Vec<String>>,
    /// Inline markers, ignore file and baseline.
    pub suppress: Suppress,
    /// Limits on size and work.
    pub limits: Limits,
    /// Settings of reports.
    pub output: Output,
    /// Settings of hooks.
    pub hook: HookSettings,
    /// The user's own rules.
    pub own: Vec<Rule>,
    /// Every setting with its origin, for `config show`, in the file's order of sections.
    pub settings: Vec<EffectiveSetting>,
}

/// A text and where it is written: `.keysweep.toml:12`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LocatedText {
    /// The text.
    pub text: String,
    /// `file:line` of the text.
    pub at: String,
}

/// Which rules are used, and the severity of their findings.
#[derive(Clone, Debug)]
pub struct Selection {
    /// Whether the built-in rules are used.
    pub builtin: bool,
    /// Patterns of rule ids; if there are any, only these rules are used.
    pub enable: Vec<LocatedText>,
    /// Patterns of rule ids; these rules are not used.
    pub disable: Vec<LocatedText>,
    /// Patterns of rule ids with the severity that their findings get.
    pub severity: Vec<(LocatedText, Severity)>,
    /// Findings with a lower severity are not reported.
    pub min_severity: Severity,
    /// Findings with a lower confidence are not reported.
    pub min_confidence: Confidence,
    /// Whether to leave out unsupported features of another tool's rule file, instead of rejecting the file.
    pub skip_unsupported: bool,
}

impl Default for Selection {
    fn default() -> Self {
        Self {
            builtin: true,
            enable: Vec::new(),
            disable: Vec::new(),
            severity: Vec::new(),
            min_severity: Severity::Info,
            min_confidence: Confidence::Possible,
            skip_unsupported: false,
        }
    }
}

/// The paths to scan, as globs.
#[derive(Clone, Debug, Default)]
pub struct Paths {
    /// If there are any, only these paths are scanned.
    pub include: Globs,
    /// These paths are not scanned.
    pub exclude: Globs,
}

impl Paths {
    /// Whether a path, relative to the configuration's directory, is scanned.
    pub fn allow(&self, path: &[u8]) -> bool {
        if self.include.is_empty() && self.exclude.is_empty() {
            return true;
        }
        (self.include.is_empty() || self.include.is_match(path)) && !self.exclude.is_match(path)
    }
}

/// A set of globs.
#[derive(Clone, Debug, Default)]
pub struct Globs {
    texts: Vec<String>,
    set: GlobSet,
}

impl Globs {
    /// Compiles globs. The error has the index of the invalid glob and the reason.
    pub fn new(texts: Vec<String>) -> Result<Self, (usize, String)> {
        let mut set = GlobSetBuilder::new();
        for (index, text) in texts.iter().enumerate() {
            set.add(crate::policy::ignore_file::glob_of(text).map_err(|why| (index, why))?.glob().clone());
        }
        let set = set.build().map_err(|error| (0, error.to_string()))?;
        Ok(Self { texts, set })
    }

    /// Whether the set has no globs.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Whether one of the globs matches the path.
    pub fn is_match(&self, path: &[u8]) -> bool {
        use bstr::ByteSlice as _;
        !self.is_empty() && self.set.is_match(path.to_path_lossy())
    }
}

/// Settings of inline markers, ignore file and baseline.
#[derive(Clone, Debug)]
pub struct Suppress {
    /// Whether inline markers are used.
    pub inline: bool,
    /// Whether markers of other tools are used too.
    pub foreign_markers: bool,
    /// Whether a suppression needs a reason.
    pub require_reason: bool,
    /// The ignore file, relative to the configuration's directory.
    pub ignore_file: String,
    /// The baseline, relative to the configuration's directory.
    pub baseline: String,
    /// Whether entries that match nothing make a full scan fail.
    pub fail_on_stale: bool,
}

impl Default for Suppress {
    fn default() -> Self {
        Self {
            inline: true,
            foreign_markers: true,
            require_reason: false,
            ignore_file: crate::policy::ignore_file::NAME.into(),
            baseline: crate::policy::baseline::NAME.into(),
            fail_on_stale: false,
        }
    }
}

/// Limits on size and work.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// The maximum file size in bytes; unlimited if `None`.
    pub max_file_size: Option<u64>,
    /// The number of threads; one for each processor if `None`.
    pub threads: Option<u16>,
    /// Whether an archive that cannot be opened is an error (exit code 2) rather than a skip.
    pub strict_archives: bool,
    /// Limits on opening archives.
    pub archives: ArchiveLimits,
}

/// Limits on opening the archives in one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArchiveLimits {
    /// The number of bytes that any file may unpack to.
    pub size: u64,
    /// A file may also unpack to this many times its own size, if that is more.
    pub ratio: u64,
    /// The maximum nesting depth of archives.
    pub depth: u8,
    /// The maximum number of members, over all nested archives in a file.
    pub members: u64,
}

impl ArchiveLimits {
    /// The maximum of `depth`: archives are opened by recursive functions, and threads have limited stack.
    pub const MOST_DEPTH: u8 = 16;
}

impl Default for ArchiveLimits {
    fn default() -> Self {
        Self { size: 256 << 20, ratio: 200, depth: 8, members: 1_000_000 }
    }
}

/// Settings of reports.
#[derive(Clone, Debug, Default)]
pub struct Output {
    /// The name of the report format.
    pub format: Option<String>,
    /// When to use colours.
    pub color: Option<ColorSetting>,
    /// When paths and URLs are hyperlinks.
    pub hyperlinks: Option<ColorSetting>,
    /// Whether suppressed findings are shown.
    pub show_suppressed: bool,
}

/// Settings of hooks.
#[derive(Clone, Copy, Debug)]
pub struct HookSettings {
    /// Whether a key in an unchanged line of a changed file blocks the commit.
    pub whole_files: bool,
    /// Whether commit messages are scanned.
    pub commit_message: bool,
    /// The time limit of `pre-receive` for a push, in seconds.
    pub receive_timeout: u64,
    /// The limit of `pre-receive` on the bytes that it reads and compares for a push.
    pub receive_limit: u64,
    /// Whether inline markers in pushed content are used.
    pub receive_markers: bool,
}

impl Default for HookSettings {
    fn default() -> Self {
        Self {
            whole_files: false,
            commit_message: true,
            receive_timeout: 60,
            receive_limit: 16_000_000_000,
            receive_markers: false,
        }
    }
}

/// One setting with its value and origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectiveSetting {
    /// The key: `rules.disable`.
    pub key: String,
    /// The value as TOML.
    pub value: String,
    /// `default`, or `file:line`.
    pub from: String,
}
