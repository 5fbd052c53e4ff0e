//! The result of a run: its findings and its coverage.

use bstr::BString;

use crate::core::error::{Error, Exit};
use crate::core::finding::Finding;
use crate::core::order::ListOrder as _;
use crate::core::part::{AuditPart, UnscannedList};

/// What was scanned, and what was not.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// How many files (in history: blobs) were read to their end.
    pub files: u64,
    /// How many bytes those files have.
    pub bytes: u64,
    /// Items that were left out on purpose, with the reason.
    pub skipped: Vec<Skipped>,
    /// Items that should have been scanned and were not. Any error makes the exit code 2.
    pub errors: Vec<Error>,
    /// Counts that only some sources have, in the order in which they are shown: `("commits", 1204)`.
    pub counts: Vec<(&'static str, u64)>,
    /// Remarks that are neither skips nor errors: `shallow clone: ...`.
    pub notes: Vec<String>,
    /// The full name of the branch that `HEAD` points to, when the history of one repository is scanned.
    pub head: Option<String>,
    /// In one part of a divided audit: which part it is.
    pub part: Option<AuditPart>,
    /// In one part of a divided audit: the lists from which some of the errors, notes and counts were made.
    pub lists: Vec<UnscannedList>,
}

/// An item that was left out on purpose.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    /// The item: a path relative to the start of the scan, or an object id.
    pub path: BString,
    /// The reason in a few words, stable between releases: `ignored`, `symlink`, `fifo`, `device`.
    pub reason: &'static str,
}

impl Skipped {
    /// Whether this is an archive, or a part of one, that could not be opened: the reason is one of [`unopened`].
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

/// The reasons why an archive is not opened, or not read to its end. A reason that starts with `unsupported format: `
/// also belongs here.
pub mod unopened {
    /// A password or key is needed.
    pub const ENCRYPTED: &str = "encrypted";
    /// Damaged or cut off; what decodes before the damage is scanned.
    pub const CORRUPT: &str = "corrupt archive";
    /// A known archive with a compression that keysweep cannot decode.
    pub const UNSUPPORTED: &str = "unsupported compression";
    /// Inside too many other archives.
    pub const TOO_DEEP: &str = "deeper than limits.archive-depth";
    /// A zip after other content (a self-extracting archive) in a stream that can be read only once.
    pub const PREFIXED: &str = "unsupported format: zip behind a prefix, inside other content";
    /// Fields beside the data, such as comments, that are too long to be kept until they are scanned.
    pub const LONG_HEADER: &str = "unsupported format: fields of a header longer than 1 MiB";
    /// Packed data inside encoded text that unpacks to much more than its size.
    pub const TOO_LARGE_IN_TEXT: &str = "inside encoded text and larger than limits.archive-ratio allows there";
    /// The archive has more members than the limit; those after it are not read.
    pub const TOO_MANY: &str = "more members than limits.archive-members";
}

/// Everything a reporter needs.
#[derive(Debug, Default)]
pub struct Report {
    /// All findings, suppressed ones too, in the order of [`Report::sort`].
    pub findings: Vec<Finding>,
    /// What was scanned and what was not.
    pub coverage: Coverage,
}

impl Report {
    /// Sorts findings and coverage. The order does not depend on threads, and uses only what a written report holds,
    /// so that `report merge` can reproduce it.
    pub fn sort(&mut self) {
        self.findings.order_by(|a, b| {
            (&a.location, &a.rule.id, a.fingerprint, a.commit.as_ref().map(|c| &c.id)).cmp(&(
                &b.location,
                &b.rule.id,
                b.fingerprint,
                b.commit.as_ref().map(|c| &c.id),
            ))
        });
        self.coverage.skipped.order();
        self.coverage.skipped.dedup();
        self.coverage.errors.sort_by_cached_key(ToString::to_string);
        self.coverage.notes.order();
    }

    /// How many findings are active, that is, not suppressed.
    pub fn active(&self) -> usize {
        self.findings.iter().filter(|finding| finding.suppressed.is_none()).count()
    }

    /// Adds an error for every archive that could not be opened (`archives = "strict"`).
    pub fn refuse_unopened(&mut self) {
        let unopened = self.coverage.skipped.iter().filter(|skipped| skipped.is_unopened());
        let error = |skipped: &Skipped| {
            Error::new("open", &skipped.path, skipped.reason).hint("unpack it and scan the result, or leave it out")
        };
        self.coverage.errors.extend(unopened.map(error));
    }

    /// The exit code: 2 if there are errors, else 1 if there are active findings, else 0.
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
