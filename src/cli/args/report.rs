//! The arguments of `keysweep report`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use super::{ViewArgs, format_parser};
use crate::report::Format;

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
    /// Write a json or jsonl report in other formats: one scan, any number of reports.
    Convert {
        /// The report; `-` is standard input.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The format of what goes to standard output, or to a file whose name says nothing.
        #[arg(short, long, value_name = "FORMAT", value_parser = format_parser())]
        format: Option<Format>,
        /// Write to this file; may be repeated. The format is what its name ends in.
        #[arg(short, long, value_name = "FILE")]
        output: Vec<PathBuf>,
        #[command(flatten)]
        #[allow(missing_docs, reason = "clap would print it")]
        view: ViewArgs,
    },
    /// Say what is new, fixed and unchanged between two json or jsonl reports; exit with 1 if anything is new.
    Diff {
        /// The older report.
        old: PathBuf,
        /// The newer report.
        new: PathBuf,
        /// human or json.
        #[arg(short, long, value_enum, default_value_t = DiffFormat::Human)]
        format: DiffFormat,
        /// Write to this file instead of standard output.
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Print the JSON Schema of json and jsonl reports.
    Schema,
}

/// How a comparison is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For people.
    Human,
    /// One JSON document.
    Json,
}
