//! Applies the ignore file and the baseline to findings.

use std::collections::BTreeSet;

use bstr::ByteSlice;

use crate::core::coverage::Report;
use crate::core::date::Date;
use crate::core::finding::{Finding, SuppressedBy, Suppression};
use crate::core::order::ListOrder as _;
use crate::policy::baseline::{self, Baseline};
use crate::policy::files::PathBase;
use crate::policy::ignore_file::{self, IgnoreFile};
use crate::rule::allowlist::{self, AllowedLine, Allowlist, Subject};

/// The accepted secrets, identified by fingerprint.
#[derive(Clone, Debug)]
pub struct Suppressions {
    /// The entries that people write by hand.
    pub ignore: IgnoreFile,
    /// The entries that keysweep writes.
    pub baseline: Baseline,
    /// Today: entries with an earlier `until=` have expired.
    pub today: Date,
    /// The allowlists that need only a finding and its path.
    pub allowlists: Vec<Allowlist>,
    /// Converts a finding's path to one that entries use.
    pub base: PathBase,
}

impl Default for Suppressions {
    fn default() -> Self {
        let (ignore, baseline) = (IgnoreFile::default(), Baseline::default());
        Self { ignore, baseline, today: Date::today(), allowlists: Vec::new(), base: PathBase::default() }
    }
}

/// The result of [`Suppressions::apply`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Entries that matched no finding, in the order of their files. After a scan of everything they are stale.
    pub stale: Vec<StaleEntry>,
}

/// An entry that matched no finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StaleEntry {
    /// The file that it is in.
    pub file: String,
    /// The entry's text.
    pub entry: String,
}

impl Suppressions {
    /// Marks the findings that are accepted. An unreadable entry becomes an error in the report, an expired one a
    /// note.
    pub fn apply(&self, report: &mut Report) -> Applied {
        let mut used = Used::default();
        let mut errors = Vec::new();
        let mut notes = BTreeSet::new();
        for finding in &mut report.findings {
            let path = finding.location.path.as_ref().map(|path| self.base.from_root(path.as_ref()));
            let path = path.as_ref().map(|path| path.as_bytes());
            match self.judge(finding, path, &mut used, &mut notes) {
                Ok(suppression) => finding.suppressed = finding.suppressed.take().or(suppression),
                Err(error) => errors.push(error),
            }
            if finding.suppressed.is_none() {
                let (rule, secret) = (finding.rule.id.as_ref(), finding.secret.expose());
                let subject = Subject { rule, secret, matched: b"", line: b"", path };
                finding.suppressed = allowlist::judge(&self.allowlists, subject, &mut AllowedLine::default());
            }
        }
        errors.order();
        errors.dedup();
        report.coverage.errors.extend(errors);
        report.coverage.notes.extend(notes);
        match self.stale(&used) {
            Ok(stale) => Applied { stale },
            Err(error) => {
                report.coverage.errors.push(error);
                Applied::default()
            }
        }
    }

    /// Looks in both files even if the first accepts the finding, so that no used entry is called stale.
    fn judge(
        &self,
        finding: &Finding,
        path: Option<&[u8]>,
        used: &mut Used,
        notes: &mut BTreeSet<String>,
    ) -> crate::Result<Option<Suppression>> {
        let mut suppression = None;
        for (index, entry) in self.ignore.entries.iter().enumerate() {
            if !entry.covers(&finding.rule.id, finding.fingerprint, path) {
                continue;
            }
            used.ignore.insert(index);
            match entry.until {
                Some(until) if until < self.today => {
                    notes
                        .insert(format!("{}:{}: expired on {until}, so it counts again", self.ignore.name, entry.line));
                }
                _ => {
                    let reason = entry.reason.clone();
                    suppression = suppression.or(Some(Suppression { by: SuppressedBy::IgnoreFile, reason }));
                }
            }
        }
        for entry in self.baseline.entries_of(finding.fingerprint)? {
            if entry.covers(&finding.rule.id, finding.fingerprint, path) {
                used.baseline.insert(entry);
                suppression = suppression.or(Some(Suppression { by: SuppressedBy::Baseline, reason: None }));
            }
        }
        Ok(suppression)
    }

    fn stale(&self, used: &Used) -> crate::Result<Vec<StaleEntry>> {
        let unused = |(index, entry): (usize, &ignore_file::IgnoreEntry)| {
            let file = format!("{}:{}", self.ignore.name, entry.line);
            (!used.ignore.contains(&index)).then(|| StaleEntry { file, entry: entry.text.clone() })
        };
        let mut stale: Vec<StaleEntry> = self.ignore.entries.iter().enumerate().filter_map(unused).collect();
        let all = self.baseline.entries()?;
        let unused = all.iter().filter(|entry| !used.baseline.contains(entry));
        stale.extend(unused.map(|entry| StaleEntry { file: self.baseline.name.clone(), entry: entry.to_string() }));
        Ok(stale)
    }
}

#[derive(Default)]
struct Used {
    ignore: BTreeSet<usize>,
    baseline: BTreeSet<baseline::BaselineEntry>,
}
