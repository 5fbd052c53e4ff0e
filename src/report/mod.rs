//! What a run found and what it looked at, ready to be written: one file a format, one line a format in the list below.

mod annotations;
mod audit;
mod codeclimate;
mod csv;
pub mod diff;
pub mod escape;
pub mod exposure;
mod gitlab;
mod html;
mod human;
mod hyperlink;
mod identity;
mod json;
mod jsonl;
mod junit;
pub mod keys;
mod layout;
pub mod markdown;
pub mod merge;
pub mod model;
pub mod numbers;
mod past;
mod plan;
pub mod read;
mod redact;
mod sarif;
pub mod scanner_examples;
#[cfg(test)]
mod schema;

use std::io::{self, Write};
use std::path::Path;

pub use model::Document;
pub use redact::redact;

/// What a report looks like, apart from its format.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReportStyle {
    /// Print keys as they are.
    pub show_secrets: bool,
    /// Show people what is suppressed, too; machine formats always do.
    pub show_suppressed: bool,
    /// Leave out the summary for people.
    pub quiet: bool,
    /// Use a terminal's colours.
    pub color: bool,
    /// Make links of addresses and paths, for terminals that have them.
    pub links: bool,
    /// How many columns people see; 0 if nobody knows.
    pub width: usize,
    /// What people want to see of many keys.
    pub view: ReportView,
}

/// What people want to see of many keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportView {
    /// All of them in detail, not only the worst.
    pub full: bool,
    /// By what they are told.
    pub by: Grouping,
    /// Whether tables that are of places otherwise are of keys.
    pub tables_of_keys: bool,
}

/// By what keys are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grouping {
    /// One after the other, the most dangerous first.
    #[default]
    Key,
    /// By the files that hold them.
    Path,
    /// By whose keys they are.
    Provider,
    /// By who brought them in.
    Author,
    /// By the commit that brought them in.
    Commit,
}

/// Who reads a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// People.
    Human,
    /// Programs.
    Machine,
}

macro_rules! formats {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $module:ident, $reader:ident, [$($ending:literal),*];)*) => {
        /// How a report is written.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Format { $($(#[$doc])* $variant),* }

        impl Format {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];
            /// All names, as on the command line.
            pub const NAMES: &[&str] = &[$($name),*];

            /// Its name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// What the names of its files end in.
            pub const fn endings(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($ending),*]),* }
            }

            /// Who reads it.
            pub const fn reader(self) -> Audience {
                match self { $(Self::$variant => Audience::$reader),* }
            }

            /// Writes a report.
            pub fn write(self, document: &Document<'_>, style: ReportStyle, out: &mut dyn Write) -> io::Result<()> {
                match self { $(Self::$variant => $module::write(document, style, out)),* }
            }
        }
    };
}

// A new format is one file and one line here: name, module, who reads it, what its files' names end in.
formats! {
    /// For people.
    Human = "human", human, Human, [".txt", ".log"];
    /// One JSON document.
    Json = "json", json, Machine, [".json"];
    /// One JSON object a line.
    Jsonl = "jsonl", jsonl, Machine, [".jsonl", ".ndjson"];
    /// SARIF 2.1.0, within GitHub's limits.
    Sarif = "sarif", sarif, Machine, [".sarif", ".sarif.json"];
    /// GitLab's secret detection report.
    Gitlab = "gitlab", gitlab, Machine, ["gl-secret-detection-report.json"];
    /// GitLab's Code Quality report, which is Code Climate's.
    Codeclimate = "codeclimate", codeclimate, Machine, ["gl-code-quality-report.json"];
    /// JUnit's XML.
    Junit = "junit", junit, Machine, [".xml"];
    /// GitHub's workflow commands, which become annotations.
    Annotations = "annotations", annotations, Machine, [];
    /// Markdown for a comment on a change or a job's summary.
    Markdown = "markdown", markdown, Human, [".md", ".markdown"];
    /// One page for a browser, which needs nothing else.
    Html = "html", html, Human, [".html", ".htm"];
    /// A shell script that takes the keys out of history, for a person to read and run.
    Plan = "plan", plan, Human, [".sh"];
    /// A table.
    Csv = "csv", csv, Machine, [".csv"];
}

impl Format {
    /// The format of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|format| format.name() == name)
    }

    /// The format that a file's name asks for: the longest ending wins.
    pub fn of_file(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
        let endings = Self::ALL.iter().flat_map(|format| format.endings().iter().map(move |ending| (ending, format)));
        let fitting = endings.filter(|(ending, _)| name.ends_with(**ending));
        fitting.max_by_key(|(ending, _)| ending.len()).map(|(_, format)| *format)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_asks_for_a_format() {
        for (name, format) in [
            ("a.json", Some(Format::Json)),
            ("a.sarif", Some(Format::Sarif)),
            ("A.SARIF.JSON", Some(Format::Sarif)),
            ("out/gl-secret-detection-report.json", Some(Format::Gitlab)),
            ("gl-code-quality-report.json", Some(Format::Codeclimate)),
            ("junit.xml", Some(Format::Junit)),
            ("report", None),
            ("report.pdf", None),
        ] {
            assert_eq!(Format::of_file(Path::new(name)), format, "{name}");
        }
    }

    #[test]
    fn no_two_formats_share_a_name_or_an_ending() {
        let mut names: Vec<&str> = Format::ALL.iter().flat_map(|format| format.endings().iter().copied()).collect();
        names.extend(Format::NAMES);
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
