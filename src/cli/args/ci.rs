//! The arguments of `keysweep ci`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::SharedArgs;

const EXAMPLES: &str = "\
Examples:
  keysweep ci                            what this job's change brings in, commit by commit
  keysweep ci --dry-run                  what would be scanned, and why
  keysweep ci --base origin/main         where the CI system does not say it
  keysweep ci --scope history            everything, as a scheduled job does
  keysweep ci -o keys.sarif              a report file beside what the CI system shows

The policy (configuration, ignore file, baseline, inline markers) is that of the change's base.
Exit codes: 0 complete and clean; 1 complete, keys found; 2 not completed (a shallow clone, a missing base, …).";

/// `keysweep ci`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Ci {
    /// Say what would be scanned and why, and scan nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// What to scan; the default is the change, and history in a scheduled job.
    #[arg(long, value_name = "SCOPE", value_enum)]
    pub scope: Option<CiScope>,
    /// What was there before, instead of what the CI system says; may be repeated.
    #[arg(long, value_name = "REV")]
    pub base: Vec<String>,
    /// What is new, instead of what the CI system says.
    #[arg(long, value_name = "REV")]
    pub head: Option<String>,
    /// In a clone without all of the history, scan what is there and say so.
    #[arg(long)]
    pub allow_shallow: bool,
    /// A change whose files are all left out by the configuration passes.
    #[arg(long)]
    pub allow_empty: bool,
    /// Write Markdown for a comment on the change; it begins with a marker by which it can be found and replaced.
    #[arg(long, value_name = "FILE")]
    pub comment_file: Option<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print it")]
    pub shared: SharedArgs,
}

/// What `keysweep ci` scans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CiScope {
    /// What the change brings in, commit by commit.
    Change,
    /// All files as they will be.
    Tree,
    /// Everything that the repository keeps.
    History,
}
