//! The arguments of `keysweep history`.

use std::path::PathBuf;

use clap::Args;

use super::policy::{SUPPRESSIONS, non_empty};
use super::{SharedArgs, ViewArgs};

const EXAMPLES: &str = "\
Examples:
  keysweep history                       everything that this repository keeps
  keysweep history --since '2 weeks ago' what was added since then
  keysweep history --range main..topic   what a branch adds
  keysweep history --not-on-remote       what is not pushed yet
  keysweep history --cache ../server.git the next scan reads only what is new
  keysweep history a.git b.git           several repositories, and the keys that they share
  keysweep history --shard 2/8 --format jsonl -o 2.jsonl
                                         one of eight parts; `keysweep report merge *.jsonl` joins them

Exit codes: 0 no keys found; 1 keys found; 2 not completed (wrong usage, or something is missing or unreadable).";

/// `keysweep history`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct HistoryArgs {
    /// The repository, or any directory in it. Several repositories give one report.
    #[arg(value_name = "REPO", default_value = ".")]
    pub repositories: Vec<PathBuf>,
    /// Scan the repositories whose paths are in FILE, one on each line; `-` is standard input.
    #[arg(long, help_heading = "What to scan", value_name = "FILE", conflicts_with = "repositories")]
    pub repos: Option<PathBuf>,
    /// Scan only what these commits add: A..B, A...B, ^A, or a revision with its history.
    ///
    /// May be repeated; several with commas are understood, too.
    #[arg(long, value_name = "RANGE", help_heading = "Which commits", allow_hyphen_values = true, value_parser = non_empty())]
    pub range: Vec<String>,
    /// Scan only what was added after a revision or a date: v1.0, 2026-01-31, '3 weeks ago'.
    #[arg(long, value_name = "WHEN", help_heading = "Which commits", value_parser = non_empty())]
    pub since: Option<String>,
    /// Scan only the history of this branch or tag; may be repeated.
    #[arg(long, value_name = "NAME", help_heading = "Which commits", value_parser = non_empty())]
    pub branch: Vec<String>,
    /// Scan only commits that no remote has, as far as git knows.
    #[arg(long, help_heading = "Which commits")]
    pub not_on_remote: bool,
    /// Also scan the repositories of submodules.
    #[arg(long, help_heading = "What to scan")]
    pub submodules: bool,
    /// Also scan the names of files and directories.
    #[arg(long, help_heading = "What to scan")]
    pub file_names: bool,
    /// Do not fail if something is not in the repository: objects, submodules, Git LFS content.
    #[arg(long, help_heading = "What to scan")]
    pub allow_incomplete: bool,
    /// Remember which objects have no keys, so that the next scan is faster.
    ///
    /// They are remembered in DIR, or in your cache directory.
    #[arg(long, help_heading = "What to scan", value_name = "DIR", num_args = 0..=1, require_equals = true)]
    pub cache: Option<Option<PathBuf>>,
    /// Do the I-th of N equal parts of the work; auto: what Kubernetes, GitLab, Buildkite or Slurm ask this job for. keysweep
    /// report merge joins the reports.
    #[arg(long, help_heading = "What to scan", value_name = "I/N", value_parser = non_empty())]
    pub shard: Option<String>,
    /// Mark keys that are still in use after this many days: they are due for rotation.
    #[arg(long, help_heading = "Output", value_name = "DAYS")]
    pub max_age: Option<u32>,
    /// Name at most N branches and tags in a finding; 0 means all.
    #[arg(long, help_heading = "Output", value_name = "N", default_value_t = 1000)]
    pub max_refs: usize,
    /// Write a file for git filter-repo --replace-text that removes all found keys.
    ///
    /// The file holds whole keys; only you can read it (mode 0600).
    #[arg(long, help_heading = "Output", value_name = "FILE")]
    pub write_replacements: Option<PathBuf>,
    /// Instead of a report, write a shell script with comments that removes the keys from this history.
    ///
    /// Nothing is run: read the script first.
    #[arg(long, help_heading = "Output", conflicts_with = "format")]
    pub plan: bool,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print it")]
    pub shared: SharedArgs,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print it")]
    pub view: ViewArgs,
    /// Fail if an entry of the ignore file or the baseline matches nothing.
    #[arg(long, help_heading = SUPPRESSIONS)]
    pub fail_on_stale: bool,
}
