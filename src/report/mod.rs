//! Reports: one file for each format, and one line for each format in the list below.

mod advice;
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
mod outcome;
mod page;
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

/// Options for the appearance of a report.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReportStyle {
    /// Whether to print keys unmasked.
    pub show_secrets: bool,
    /// Whether human formats show suppressed findings; machine formats always have them.
    pub show_suppressed: bool,
    /// Whether to leave out the human summary.
    pub quiet: bool,
    /// Whether to use colours.
    pub color: bool,
    /// Whether URLs and paths are hyperlinks.
    pub links: bool,
    /// The width in columns; 0 if unknown.
    pub width: usize,
    /// How a human report of many keys is shown.
    pub view: ReportView,
}

/// How a human report of many keys is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportView {
    /// Whether to show all keys in detail, not only the most dangerous ones.
    pub full: bool,
    /// How keys are grouped.
    pub by: Grouping,
    /// Whether tables list keys instead of findings.
    pub tables_of_keys: bool,
}

/// How keys are grouped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grouping {
    /// Not grouped; the most dangerous key first.
    #[default]
    Key,
    /// By the path of the file.
    Path,
    /// By the provider.
    Provider,
    /// By the author of the introducing commit.
    Author,
    /// By the introducing commit.
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
        /// A report format.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Format { $($(#[$doc])* $variant),* }

        impl Format {
            /// All formats.
            pub const ALL: &[Self] = &[$(Self::$variant),*];
            /// The names of all formats, as on the command line.
            pub const NAMES: &[&str] = &[$($name),*];

            /// The name on the command line.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The file name endings of the format.
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

// To add a format, add one file and one line here: name, module, audience, file name endings.
formats! {
    /// Text for people.
    Human = "human", human, Human, [".txt", ".log"];
    /// One JSON document.
    Json = "json", json, Machine, [".json"];
    /// One JSON object on each line.
    Jsonl = "jsonl", jsonl, Machine, [".jsonl", ".ndjson"];
    /// SARIF 2.1.0, within GitHub's limits.
    Sarif = "sarif", sarif, Machine, [".sarif", ".sarif.json"];
    /// GitLab's secret detection report.
    Gitlab = "gitlab", gitlab, Machine, ["gl-secret-detection-report.json"];
    /// GitLab's Code Quality report in the format of Code Climate.
    Codeclimate = "codeclimate", codeclimate, Machine, ["gl-code-quality-report.json"];
    /// JUnit XML.
    Junit = "junit", junit, Machine, [".xml"];
    /// GitHub's workflow commands, which become annotations.
    Annotations = "annotations", annotations, Machine, [];
    /// Markdown for a comment on a change or a job summary.
    Markdown = "markdown", markdown, Human, [".md", ".markdown"];
    /// An HTML page without external resources.
    Html = "html", html, Human, [".html", ".htm"];
    /// A shell script that removes the keys from the history, for a person to read and run.
    Plan = "plan", plan, Human, [".sh"];
    /// A CSV table.
    Csv = "csv", csv, Machine, [".csv"];
}

impl Format {
    /// The format with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|format| format.name() == name)
    }

    /// The format for a file name; the longest matching ending wins.
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
