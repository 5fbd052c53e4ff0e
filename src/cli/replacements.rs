//! The file of `keysweep history --write-replacements`, with which git filter-repo takes keys out of a history.

use std::collections::BTreeMap;
use std::path::Path;

use super::output::{self, KeyDisplay};
use super::policy::Loaded;
use crate::core::coverage::Report;
use crate::core::error::Result;
use crate::core::finding::{Finding, Secret};
use crate::source::Collector;

/// The active keys, and for each whether it occurs unencoded somewhere.
#[derive(Default)]
pub(super) struct Replacements(BTreeMap<Secret, bool>);

impl Replacements {
    /// Adds the active keys of a repository.
    pub(super) fn add(&mut self, loaded: &Loaded, findings: Vec<Finding>) {
        let mut report = Report { findings, ..Report::default() };
        // Applies the ignore file and the baseline; inline markers were already applied.
        loaded.apply(&mut report, false);
        for finding in report.findings.iter().filter(|finding| finding.suppressed.is_none()) {
            *self.0.entry(finding.secret.clone()).or_insert(false) |= finding.layers.is_empty();
        }
    }

    /// Writes a file for `git filter-repo --replace-text`: one key on each line, which is replaced by `***REMOVED***`.
    pub(super) fn write(&self, file: &Path, collector: &Collector) -> Result<()> {
        let is_line = |secret: &[u8]| !secret.contains(&b'\n') && !secret.windows(3).any(|three| three == b"==>");
        let (plain, other): (Vec<_>, Vec<_>) =
            self.0.iter().partition(|(secret, is_plain)| **is_plain && is_line(secret.expose()));
        output::write(Some(file), KeyDisplay::Shown, |out| {
            plain.iter().try_for_each(|(secret, _)| {
                out.write_all(b"literal:")?;
                out.write_all(secret.expose())?;
                out.write_all(b"\n")
            })
        })?;
        if !other.is_empty() {
            let count = other.len();
            collector.note(format!(
                "{count} keys are only there in encoded or packed form; git filter-repo cannot replace them"
            ));
        }
        Ok(())
    }
}
