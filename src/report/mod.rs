//! What a run found and what it looked at, ready to be written.

pub mod escape;
mod human;
mod json;
mod jsonl;
pub mod merge;
mod past;
mod redact;

use std::io::{self, Write};

pub use redact::redact;

use crate::core::coverage::Report;
use crate::core::error::Exit;

/// What a report looks like, apart from its format.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Print keys as they are.
    pub show_secrets: bool,
    /// Show people what is suppressed, too; machine formats always do.
    pub show_suppressed: bool,
    /// Leave out the summary for people.
    pub quiet: bool,
    /// Use a terminal's colours.
    pub color: bool,
    /// What the process will exit with.
    pub exit: Exit,
}

macro_rules! formats {
    ($($(#[$doc:meta])* $variant:ident => $module:ident),* $(,)?) => {
        /// How a report is written.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Format { $($(#[$doc])* $variant),* }

        impl Format {
            /// All names, as on the command line.
            pub const NAMES: &[&str] = &[$(stringify!($module)),*];

            /// The format of this name.
            pub fn parse(name: &str) -> Option<Self> {
                $(if name == stringify!($module) { return Some(Self::$variant); })*
                None
            }

            /// Writes a report.
            pub fn write(self, report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
                match self { $(Self::$variant => $module::write(report, style, out)),* }
            }
        }
    };
}

// A new format is one file and one line here.
formats! {
    /// For people.
    Human => human,
    /// One JSON document.
    Json => json,
    /// One JSON object a line.
    Jsonl => jsonl,
}
