//! The arguments of `keysweep report`.

use std::path::PathBuf;

use clap::Subcommand;

/// `keysweep report`.
#[derive(Debug, Subcommand)]
pub enum Reports {
    /// Join the jsonl reports of all shards of `keysweep history` into the one that an undivided run writes.
    Merge {
        /// The reports, in any order.
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        /// Write the report to this file instead of standard output.
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Leave keys that a report holds as they are instead of masking them.
        #[arg(long)]
        show_secrets: bool,
        /// Exit with 0 instead of 1 when keys are found.
        #[arg(long)]
        exit_zero: bool,
    },
}
