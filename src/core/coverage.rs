//! What a run found and what it looked at.

use bstr::BString;

use crate::core::error::{Error, Exit};
use crate::core::finding::Finding;

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
