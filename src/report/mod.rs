//! What a run found and what it looked at, ready to be written.

pub mod escape;
mod human;
mod json;
mod jsonl;
pub mod merge;
mod past;

use std::io::{self, Write};
use std::sync::Arc;

use bstr::BString;

use crate::error::{Error, Exit};
use crate::finding::{Commit, Finding};

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

/// What was scanned, and what was not.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// Files (in history: blobs) read to their end.
    pub files: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// What was left out on purpose, with the reason.
    pub skipped: Vec<Skipped>,
    /// What should have been scanned and was not: each costs exit code 2.
    pub errors: Vec<Error>,
    /// Counts that only some sources have, in the order in which they are shown: `("commits", 1204)`.
    pub counts: Vec<(&'static str, u64)>,
    /// Remarks that are neither: `shallow clone: ...`.
    pub notes: Vec<String>,
}

/// Something that was left out on purpose.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    /// What: a path relative to where the scan started, or an object id.
    pub path: BString,
    /// Why, in a few words that do not change between releases: `ignored`, `symlink`, `fifo`, `device`.
    pub reason: &'static str,
}

/// Everything a reporter needs.
#[derive(Debug, Default)]
pub struct Report {
    /// All findings, suppressed ones too, in the order of [`Report::sort`].
    pub findings: Vec<Finding>,
    /// What was scanned.
    pub coverage: Coverage,
}

impl Report {
    /// Brings findings and coverage into the one order that does not depend on threads, and that whoever has only the
    /// written report can tell: `report merge` does.
    pub fn sort(&mut self) {
        self.findings.sort_by(|a, b| {
            (&a.location, &a.rule.id, a.fingerprint, a.commit.as_ref().map(|c| &c.id)).cmp(&(
                &b.location,
                &b.rule.id,
                b.fingerprint,
                b.commit.as_ref().map(|c| &c.id),
            ))
        });
        self.coverage.skipped.sort();
        self.coverage.skipped.dedup();
        self.coverage.errors.sort_by_cached_key(ToString::to_string);
    }

    /// How many findings count.
    pub fn active(&self) -> usize {
        self.findings.iter().filter(|finding| finding.suppressed.is_none()).count()
    }

    /// Passes every text that the scanned content's owner chose through `mask`, which returns what to put in its
    /// place if it holds a key: a path, a commit's summary. Keys themselves are masked where they are written.
    pub fn redact(&mut self, mask: &dyn Fn(&[u8]) -> Option<Vec<u8>>) {
        let bytes = |text: &mut BString| {
            if let Some(masked) = mask(text) {
                *text = masked.into();
            }
        };
        for finding in &mut self.findings {
            finding.location.path.iter_mut().chain(&mut finding.location.member).for_each(bytes);
            if let Some(commit) = &mut finding.commit {
                redact_commit(commit, mask);
            }
            if let Some(history) = &mut finding.history {
                history.last_commit.iter_mut().for_each(|commit| redact_commit(commit, mask));
                history.refs.iter_mut().for_each(|name| redact_text(name, mask));
            }
        }
        self.coverage.skipped.iter_mut().for_each(|skipped| bytes(&mut skipped.path));
        self.coverage.errors.iter_mut().for_each(|error| error.each_text(|text| redact_text(text, mask)));
        self.coverage.notes.iter_mut().for_each(|note| redact_text(note, mask));
    }

    /// Errors win over active findings, which win over none.
    pub fn exit(&self) -> Exit {
        if !self.coverage.errors.is_empty() {
            Exit::Incomplete
        } else if self.active() > 0 {
            Exit::Findings
        } else {
            Exit::Clean
        }
    }
}

fn redact_commit(commit: &mut Arc<Commit>, mask: &dyn Fn(&[u8]) -> Option<Vec<u8>>) {
    let texts = [&commit.summary, &commit.author_name, &commit.author_email];
    if texts.iter().any(|text| mask(text.as_bytes()).is_some()) {
        let commit = Arc::make_mut(commit);
        redact_text(&mut commit.summary, mask);
        redact_text(&mut commit.author_name, mask);
        redact_text(&mut commit.author_email, mask);
    }
}

fn redact_text(text: &mut String, mask: &dyn Fn(&[u8]) -> Option<Vec<u8>>) {
    if let Some(masked) = mask(text.as_bytes()) {
        *text = escape::text(&masked);
    }
}
