//! The policy of a run: which rules, which paths, what is accepted, and where each of these choices was made.
//!
//! One file wins: `--config`, then `KEYSWEEP_CONFIG`, then `.keysweep.toml` at the repository's root. The environment's
//! settings go before it, the user's own file behind it ([`layers`]). [`raw`] is
//! what it says, [`Config`] what it means; nothing downstream sees the raw form. A fault is an error that names the
//! file, the line and what to write instead, because a policy that is half understood protects nobody.

mod check;
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

/// The file's usual name.
pub const NAME: &str = ".keysweep.toml";
/// Names the file where `--config` does not.
pub const ENV: &str = "KEYSWEEP_CONFIG";

/// What is in force.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The file, as messages call it; `None` where there is none and every default holds.
    pub file: Option<String>,
    /// Rule files to load, as written and relative to the file's directory.
    pub extends: Vec<Named>,
    /// `env` and `.env` files that hold the developer's real keys.
    pub known_keys: Vec<String>,
    /// Which rules run.
    pub rules: Selection,
    /// Which paths are scanned.
    pub paths: Paths,
    /// What does not count.
    pub allowlists: Vec<Allowlist>,
    /// More context words, by provider or rule.
    pub context: BTreeMap<String, Vec<String>>,
    /// Markers, ignore file, baseline.
    pub suppress: Suppress,
    /// What a scan may cost.
    pub limits: Limits,
    /// How reports look.
    pub output: Output,
    /// What hooks do.
    pub hook: HookSettings,
    /// Rules of the user's own.
    pub own: Vec<Rule>,
    /// Every setting with its origin, in the file's order of sections, for `config show`.
    pub settings: Vec<EffectiveSetting>,
}

/// A text with the place where it was written: `.keysweep.toml:12`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// The text.
    pub text: String,
    /// Where.
    pub at: String,
}

/// Which rules run and what their findings are worth.
#[derive(Clone, Debug)]
pub struct Selection {
    /// Whether built-in rules do.
    pub builtin: bool,
    /// Patterns: only these, if there are any.
    pub enable: Vec<Named>,
    /// Patterns: not these.
    pub disable: Vec<Named>,
    /// Patterns with another severity.
    pub severity: Vec<(Named, Severity)>,
    /// Findings below are not made.
    pub min_severity: Severity,
    /// Findings below are not made.
    pub min_confidence: Confidence,
    /// Whether to leave out what a foreign rule file asks for and cannot be done.
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

/// Which paths are scanned.
#[derive(Clone, Debug, Default)]
pub struct Paths {
    /// Only these, if there are any.
    pub include: Globs,
    /// None of these.
    pub exclude: Globs,
}

impl Paths {
    /// Whether the path, relative to the configuration's directory, is scanned.
    pub fn allow(&self, path: &[u8]) -> bool {
        if self.include.is_empty() && self.exclude.is_empty() {
            return true;
        }
        (self.include.is_empty() || self.include.is_match(path)) && !self.exclude.is_match(path)
    }
}

/// Globs that are asked together.
#[derive(Clone, Debug, Default)]
pub struct Globs {
    texts: Vec<String>,
    set: GlobSet,
}

impl Globs {
    /// Builds a set; the error says which glob is none, by its index.
    pub fn new(texts: Vec<String>) -> Result<Self, (usize, String)> {
        let mut set = GlobSetBuilder::new();
        for (index, text) in texts.iter().enumerate() {
            set.add(crate::policy::ignore_file::glob_of(text).map_err(|why| (index, why))?.glob().clone());
        }
        let set = set.build().map_err(|error| (0, error.to_string()))?;
        Ok(Self { texts, set })
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Whether one matches the path.
    pub fn is_match(&self, path: &[u8]) -> bool {
        use bstr::ByteSlice as _;
        !self.is_empty() && self.set.is_match(path.to_path_lossy())
    }
}

/// Markers, ignore file, baseline.
#[derive(Clone, Debug)]
pub struct Suppress {
    /// Whether inline markers count.
    pub inline: bool,
    /// Whether other tools' markers do.
    pub foreign_markers: bool,
    /// Whether a reason is needed.
    pub require_reason: bool,
    /// Relative to the configuration's directory.
    pub ignore_file: String,
    /// Relative to the configuration's directory.
    pub baseline: String,
    /// Whether stale entries fail a scan of everything.
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

/// What a scan may cost.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// In bytes; no limit if `None`.
    pub max_file_size: Option<u64>,
    /// One a processor if `None`.
    pub threads: Option<u16>,
    /// Whether an archive that cannot be opened is an error.
    pub strict_archives: bool,
    /// How far archives are opened.
    pub archives: ArchiveLimits,
}

/// How far the archives in one file are opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArchiveLimits {
    /// Bytes that a file of any size may unpack to.
    pub size: u64,
    /// Times its own size that a file may unpack to, where that is more.
    pub ratio: u64,
    /// How many archives are opened in each other.
    pub depth: u8,
    /// Members, in all archives in each other together.
    pub members: u64,
}

impl ArchiveLimits {
    /// Archives are opened by functions that call each other: more of them would need more stack than threads have.
    pub const MOST_DEPTH: u8 = 16;
}

impl Default for ArchiveLimits {
    fn default() -> Self {
        Self { size: 256 << 20, ratio: 200, depth: 8, members: 1_000_000 }
    }
}

/// How reports look.
#[derive(Clone, Debug, Default)]
pub struct Output {
    /// The format's name.
    pub format: Option<String>,
    /// When to colour.
    pub color: Option<ColorSetting>,
    /// When paths and addresses are links.
    pub hyperlinks: Option<ColorSetting>,
    /// Whether suppressed findings are shown.
    pub show_suppressed: bool,
}

/// What hooks do.
#[derive(Clone, Copy, Debug)]
pub struct HookSettings {
    /// Whether an old key in a touched file blocks.
    pub whole_files: bool,
    /// Whether the message is scanned.
    pub commit_message: bool,
    /// Seconds that `pre-receive` gives a push.
    pub receive_timeout: u64,
    /// Bytes that `pre-receive` reads and compares for a push.
    pub receive_limit: u64,
    /// Whether inline markers count in what is pushed.
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

/// One value that is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectiveSetting {
    /// `rules.disable`.
    pub key: String,
    /// As TOML.
    pub value: String,
    /// `default`, or the file and line.
    pub from: String,
}
