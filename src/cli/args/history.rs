//! The arguments of `keysweep history`.

use std::path::PathBuf;

use clap::Args;

use super::{SharedArgs, ViewArgs};

const EXAMPLES: &str = "\
Examples:
  keysweep history                       everything this repository keeps
  keysweep history --since '2 weeks ago' what came in since then
  keysweep history --range main..topic   what a branch brings in
  keysweep history --not-on-remote       what was not pushed yet
  keysweep history --cache ../server.git a second run scans only what is new
  keysweep history a.git b.git           several repositories, and the keys that they share
  keysweep history --shard 2/8 --format jsonl -o 2.jsonl
                                         one of eight parts; `keysweep report merge *.jsonl` joins them

Exit codes: 0 complete and clean; 1 complete, keys found; 2 not completed (bad usage, something missing or unreadable).";

/// `keysweep history`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct HistoryArgs {
    /// The repository, or any directory in it; several are told of in one report.
    #[arg(value_name = "REPO", default_value = ".")]
    pub repositories: Vec<PathBuf>,
    /// Scan the repositories that FILE names, one path a line; `-` is standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "repositories")]
    pub repos: Option<PathBuf>,
    /// Only what these commits bring in: A..B, A...B, ^A, or a revision with its history; several with commas.
    #[arg(long, value_name = "RANGE", help_heading = "Which commits", allow_hyphen_values = true)]
    pub range: Vec<String>,
    /// Only what came in after a revision or a date: v1.0, 2026-01-31, '3 weeks ago'.
    #[arg(long, value_name = "WHEN", help_heading = "Which commits")]
    pub since: Option<String>,
    /// Only the history of this branch (or tag); may be repeated.
    #[arg(long, value_name = "NAME", help_heading = "Which commits")]
    pub branch: Vec<String>,
    /// Only what no remote-tracking reference has.
    #[arg(long, help_heading = "Which commits")]
    pub not_on_remote: bool,
    /// Scan the repositories of submodules, too.
    #[arg(long)]
    pub submodules: bool,
    /// Scan the names of files and directories, too.
    #[arg(long)]
    pub file_names: bool,
    /// What is not in the repository (missing objects, submodules, LFS content) does not count as an error.
    #[arg(long)]
    pub allow_incomplete: bool,
    /// Remember which blobs are clean, in DIR or else in this user's cache directory.
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true)]
    pub cache: Option<Option<PathBuf>>,
    /// Scan the I-th of N equal parts of all objects.
    #[arg(long, value_name = "I/N")]
    pub shard: Option<String>,
    /// Name at most N references in a finding; 0: all.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub max_refs: usize,
    /// Write a file for `git filter-repo --replace-text` that takes all found keys out (it holds them: mode 0600).
    #[arg(long, value_name = "FILE")]
    pub write_replacements: Option<PathBuf>,
    /// Instead of the report, write a commented shell script that takes the keys out of this history; run nothing.
    #[arg(long, conflicts_with = "format")]
    pub plan: bool,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print it")]
    pub view: ViewArgs,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print it")]
    pub shared: SharedArgs,
}
