//! What a run found and what it looked at.

use bstr::BString;

use crate::core::error::{Error, Exit};
use crate::core::finding::Finding;
use crate::core::part::{AuditPart, UnscannedList};

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
    /// The full name of the branch that `HEAD` is at, where one repository's history is scanned.
    pub head: Option<String>,
    /// Of a part of a divided audit, which it is.
    pub part: Option<AuditPart>,
    /// Of such a part, the lists that are behind some of the errors, notes and counts.
    pub lists: Vec<UnscannedList>,
}

/// Something that was left out on purpose.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    /// What: a path relative to where the scan started, or an object id.
    pub path: BString,
    /// Why, in a few words that do not change between releases: `ignored`, `symlink`, `fifo`, `device`.
    pub reason: &'static str,
}

impl Skipped {
    /// Whether it is an archive, or a part of one, that could not be opened: the reason is one of [`unopened`].
    pub fn is_unopened(&self) -> bool {
        is_unopened(self.reason)
    }
}

/// Whether this reason is one of [`unopened`].
pub fn is_unopened(reason: &str) -> bool {
    reason == unopened::ENCRYPTED
        || ["corrupt ", "unsupported "].iter().any(|word| reason.starts_with(word))
        || reason.contains(" limits.archive-")
}

/// Why archives are not opened, or not to their end. What starts with `unsupported format: ` is one, too.
pub mod unopened {
    /// A password or key is needed.
    pub const ENCRYPTED: &str = "encrypted";
    /// Damaged or cut off; what decodes before the damage is scanned.
    pub const CORRUPT: &str = "corrupt archive";
    /// A known archive, compressed in a way that nothing here decodes.
    pub const UNSUPPORTED: &str = "unsupported compression";
    /// Packed in too many archives.
    pub const TOO_DEEP: &str = "deeper than limits.archive-depth";
    /// A zip that other content precedes, where that can be read but once.
    pub const PREFIXED: &str = "unsupported format: zip behind a prefix, inside other content";
    /// The archive's members after the last that counts.
    pub const TOO_MANY: &str = "more members than limits.archive-members";
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
        self.coverage.notes.sort();
    }

    /// How many findings count.
    pub fn active(&self) -> usize {
        self.findings.iter().filter(|finding| finding.suppressed.is_none()).count()
    }

    /// Makes an error of every archive that could not be opened.
    pub fn refuse_unopened(&mut self) {
        let unopened = self.coverage.skipped.iter().filter(|skipped| skipped.is_unopened());
        let error = |skipped: &Skipped| {
            Error::new("open", &skipped.path, skipped.reason).hint("unpack it and scan the result, or leave it out")
        };
        self.coverage.errors.extend(unopened.map(error));
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
