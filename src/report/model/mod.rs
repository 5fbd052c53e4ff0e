//! What a report says, field by field: the objects of `json` and `jsonl`, from which every other format is made, and
//! which `report convert`, `diff` and `merge` read back.
//!
//! Other tools read this: the fields, their order and their values are fixed. New fields may be added, none may change.
//! `keysweep.report.schema.json` is made from these types; `docs/report.md` says the same to people.

mod commit;
mod coverage;
mod finding;
mod part;
mod summary;

use std::borrow::Cow;
use std::cmp::Reverse;
use std::path::PathBuf;

use bstr::BStr;
use data_encoding::HEXLOWER;

use crate::core::coverage::Report;
use crate::core::error::Exit;
use crate::core::order::ListOrder as _;
use crate::report::escape;

pub use commit::{JsonCommit, JsonHistory};
pub use coverage::{JsonCoverage, JsonError, JsonSkipped};
pub(super) use finding::masked;
pub use finding::{FindingStatus, FindingType, JsonFinding, JsonLocation, JsonUsage};
pub use part::{JsonPart, JsonUnscanned, JsonUnscannedEntry};
pub use summary::{JsonChange, Summary, SummaryType};

/// A whole report, ready to be written: nothing in it is secret unless that was asked for.
#[derive(Clone, Debug)]
pub struct Document<'a> {
    /// All findings, suppressed ones too, in the report's order.
    pub findings: Vec<JsonFinding<'a>>,
    /// What was scanned and what came of it.
    pub summary: Summary<'a>,
    /// Keys that came in before this moment, in seconds since 1970, and still stand are overdue for rotation.
    pub overdue_before: Option<i64>,
    /// When the run began and ended, in seconds since 1970: GitLab's format asks for it.
    pub time: (i64, i64),
    /// Where what was scanned comes from, for those formats that say it. Without one it is what `summary.change` says.
    pub origin: Option<RepositoryOrigin>,
    /// What made this report.
    pub occasion: Occasion,
    /// The directory that the report's paths are relative to, for links.
    pub root: Option<PathBuf>,
}

/// What makes a report, which decides what there is to do about a key in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Occasion {
    /// A scan of what may be anywhere by now.
    #[default]
    Scan,
    /// A scan of the index, which somebody asked for.
    Staged,
    /// The hook of a commit, which says itself what to do.
    CommitHook,
    /// The hook of a push, which says itself what to do.
    PushHook,
}

impl Occasion {
    /// Whether what was found is only in the index.
    pub fn is_staged(self) -> bool {
        matches!(self, Self::Staged | Self::CommitHook)
    }

    /// Whether the report says what to do.
    pub fn is_advised(self) -> bool {
        matches!(self, Self::Scan | Self::Staged)
    }
}

/// A repository at a commit.
#[derive(Clone, Debug, Default)]
pub struct RepositoryOrigin {
    /// An address without a user's name and password.
    pub repository: String,
    /// The commit that is checked out.
    pub revision: Option<String>,
    /// The branch that is checked out.
    pub branch: Option<String>,
}

impl<'a> Document<'a> {
    /// Takes what a run found; keys are masked unless `show_secrets`.
    pub fn new(report: &'a Report, show_secrets: bool, exit: Exit) -> Self {
        let findings: Vec<JsonFinding<'a>> =
            report.findings.iter().map(|finding| JsonFinding::new(finding, show_secrets)).collect();
        let mut summary = Summary::new(&findings, JsonCoverage::new(&report.coverage), exit.code());
        summary.part = JsonPart::of(&report.coverage);
        if let Some(part) = &summary.part {
            // As parts said it before they said more.
            summary.coverage.counts.extend([("shard".into(), part.index), ("shards".into(), part.count)]);
        }
        summary.head = report.coverage.head.as_deref().map(Cow::Borrowed);
        Self::of(findings, summary)
    }

    /// Of findings and their summary, with nothing known of the run.
    pub(super) fn of(findings: Vec<JsonFinding<'a>>, summary: Summary<'a>) -> Self {
        Self {
            findings,
            summary,
            overdue_before: None,
            time: (0, 0),
            origin: None,
            occasion: Occasion::default(),
            root: None,
        }
    }

    /// Says what made the report.
    pub fn made_by(&mut self, occasion: Occasion) {
        self.occasion = occasion;
        self.findings.iter_mut().for_each(|entry| entry.is_staged = occasion.is_staged());
    }

    /// The findings, the worst first: active before suppressed, severe and certain ones, what is live and pushed.
    pub fn worst_first(&self) -> Vec<&JsonFinding<'a>> {
        let mut sorted: Vec<&JsonFinding<'a>> = self.findings.iter().collect();
        sorted.order_by_key(|entry| (entry.status, Reverse(entry.severity), Reverse(entry.confidence), entry.rank()));
        sorted
    }

    /// The moment of the report, in seconds since 1970.
    pub fn now(&self) -> i64 {
        self.time.1
    }

    /// Those that count.
    pub fn active(&self) -> impl Iterator<Item = &JsonFinding<'a>> {
        self.findings.iter().filter(|entry| entry.status == FindingStatus::Active)
    }
}

/// As it is, where it is UTF-8: JSON has its own escapes.
fn plain(bytes: &BStr) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => escape::text(bytes).into(),
    }
}

fn hex_unless_utf8(bytes: &BStr) -> Option<Cow<'static, str>> {
    std::str::from_utf8(bytes).is_err().then(|| HEXLOWER.encode(bytes).into())
}
