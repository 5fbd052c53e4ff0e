//! The arguments of `keysweep ci`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::SharedArgs;
use super::policy::{SUPPRESSIONS, non_empty};

const EXAMPLES: &str = "\
Examples:
  keysweep ci                            what the change of this job adds, commit by commit
  keysweep ci --dry-run                  what would be scanned, and why
  keysweep ci --base origin/main         if the CI system does not say what the change is based on
  keysweep ci --scope history            the whole history, as in a scheduled job
  keysweep ci -o keys.sarif              also write a report file

Configuration, ignore file, baseline and inline markers are those of the change's base: a change cannot accept its own keys.
Exit codes: 0 no keys found; 1 keys found; 2 not completed (a shallow clone, a missing base, …).";

/// `keysweep ci`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Ci {
    /// Print what would be scanned and why, and scan nothing.
    #[arg(long, help_heading = "What to scan")]
    pub dry_run: bool,
    /// What to scan [default: change; history in a scheduled job].
    #[arg(long, help_heading = "What to scan", value_name = "SCOPE", value_enum)]
    pub scope: Option<CiScope>,
    /// The commit that the change is based on, if the CI system does not say it; may be repeated.
    #[arg(long, help_heading = "What to scan", value_name = "REV", value_parser = non_empty())]
    pub base: Vec<String>,
    /// The last commit of the change, if the CI system does not say it.
    #[arg(long, help_heading = "What to scan", value_name = "REV", value_parser = non_empty())]
    pub head: Option<String>,
    /// In a shallow clone, scan what is there and add a note, instead of failing.
    #[arg(long, help_heading = "What to scan")]
    pub allow_shallow: bool,
    /// Do not fail if the configuration excludes every file of the change.
    #[arg(long, help_heading = "What to scan")]
    pub allow_empty: bool,
    /// Write a Markdown file for a comment on the change.
    ///
    /// It starts with a marker, so that a later run can find the comment and replace it.
    #[arg(long, help_heading = "Output", value_name = "FILE")]
    pub comment_file: Option<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print it")]
    pub shared: SharedArgs,
    /// Fail if an entry of the ignore file or the baseline matches nothing.
    #[arg(long, help_heading = SUPPRESSIONS)]
    pub fail_on_stale: bool,
}

/// What `keysweep ci` scans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CiScope {
    /// What the change adds, commit by commit.
    Change,
    /// All files as they are after the change.
    Tree,
    /// The whole history.
    History,
}
