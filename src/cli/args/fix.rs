//! `keysweep fix`.

use std::ffi::OsString;

use clap::Args;

use super::policy::PolicyArgs;

const EXAMPLES: &str = "\
Examples:
  keysweep fix                  the current directory: shows the changes, and asks
  keysweep fix --dry-run src    shows the changes, and writes nothing
  keysweep fix --yes a.py       does not ask
  keysweep fix --agents         transcripts and settings of coding agents in your home directory

A key is written to .env, which git then ignores, before it is removed from the file. The name of its variable is
added to .env.example. In transcripts, keys are masked; a copy of the old transcript is kept.
Exit codes: 0 no keys are left; 1 some are left, or nothing was written; 2 not completed.";

/// `keysweep fix`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Fix {
    /// Files and directories.
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<OsString>,
    /// Mask keys in the files of coding agents in your home directory.
    #[arg(long)]
    pub agents: bool,
    /// Write without a question.
    #[arg(short, long)]
    pub yes: bool,
    /// Show the changes, and write nothing.
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print it")]
    pub policy: PolicyArgs,
}
