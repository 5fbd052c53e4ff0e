//! `keysweep fix`.

use std::ffi::OsString;

use clap::Args;

use super::policy::PolicyArgs;

const EXAMPLES: &str = "\
Examples:
  keysweep fix                  the current directory: shows what it would write, and asks
  keysweep fix --dry-run src    shows it, and writes nothing
  keysweep fix --yes a.py       asks nothing
  keysweep fix --agents         transcripts and settings of coding agents in your home directory

A key goes into .env, which git then ignores, before it leaves a file; its name goes into .env.example. Keys in
transcripts are masked, and the transcript is kept elsewhere as it was.
Exit codes: 0 nothing is left; 1 something is left, or was not written; 2 not completed.";

/// `keysweep fix`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Fix {
    /// Files and directories.
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<OsString>,
    /// The files of coding agents in this user's home directory.
    #[arg(long)]
    pub agents: bool,
    /// Write without asking.
    #[arg(short, long)]
    pub yes: bool,
    /// Show what would be written, and write nothing.
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print it")]
    pub policy: PolicyArgs,
}
