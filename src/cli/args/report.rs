//! The arguments of `keysweep report`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use super::{ViewArgs, format_parser};
use crate::report::Format;

/// `keysweep report`.
#[derive(Debug, Subcommand)]
pub enum Reports {
    /// Merge the jsonl reports of all shards of keysweep history into one report.
    Merge {
        /// The reports, in any order.
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        /// Write the report to this file instead of standard output.
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Do not mask keys, if the reports have whole keys.
        #[arg(long)]
        show_secrets: bool,
        /// Exit with 0 instead of 1 when keys are found.
        #[arg(long)]
        exit_zero: bool,
    },
    /// Convert a json or jsonl report to other formats.
    Convert {
        /// The report; `-` is standard input.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The format [default: human, or what the name of the output file says].
        #[arg(short, long, value_name = "FORMAT", value_parser = format_parser())]
        format: Option<Format>,
        /// Write to this file; may be repeated. The end of its name says which format.
        #[arg(short, long, value_name = "FILE")]
        output: Vec<PathBuf>,
        /// Mark keys that are still in use after this many days: they are due for rotation.
        #[arg(long, value_name = "DAYS", help_heading = "Output")]
        max_age: Option<u32>,
        #[command(flatten)]
        #[allow(missing_docs, reason = "clap would print it")]
        view: ViewArgs,
    },
    /// Compare two json or jsonl reports: what is new, fixed and unchanged.
    ///
    /// Exits with 1 if anything is new.
    Diff {
        /// The older report.
        old: PathBuf,
        /// The newer report.
        new: PathBuf,
        /// The format: human or json.
        #[arg(short, long, value_enum, default_value_t = DiffFormat::Human)]
        format: DiffFormat,
        /// Compare places (a key at a path), or keys, wherever they stand.
        #[arg(long, value_name = "WHAT", value_enum, default_value_t = DiffBy::Place)]
        by: DiffBy,
        /// Write to this file instead of standard output.
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Print the JSON Schema of json and jsonl reports.
    Schema,
}

/// What to compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DiffBy {
    /// A key at a path.
    Place,
    /// A key, wherever it stands.
    Key,
}

/// The output format of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For people.
    Human,
    /// One JSON document.
    Json,
}
