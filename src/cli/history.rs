//! The arguments of `keysweep history`.

use std::path::PathBuf;

use clap::Args;

use super::Shared;

const EXAMPLES: &str = "\
Examples:
  keysweep history                       everything this repository keeps
  keysweep history --cache ../server.git a second run reads only what is new
  keysweep history --shard 2/8 --format jsonl > 2.jsonl
                                         one of eight parts; join them with `keysweep report merge`

Exit codes: 0 complete and clean; 1 complete, keys found; 2 not completed (bad usage, something missing or unreadable).";

/// `keysweep history`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct History {
    /// The repository, or any directory in it.
    #[arg(value_name = "REPO", default_value = ".")]
    pub repository: PathBuf,
    /// What is not in the repository (missing objects, submodules, LFS content) does not count as an error.
    #[arg(long)]
    pub allow_incomplete: bool,
    /// Name at most N references in a finding; 0: all.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub max_refs: usize,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print it")]
    pub shared: Shared,
}
