//! Sources of content. A source runs in the pool of [`core::threads`](crate::core::threads), scans each piece of
//! content with the [`Policy`](crate::policy::Policy), and pushes findings, skips and errors to a [`Collector`].

pub mod agents;
pub mod archive;
pub mod ci;
pub mod commits;
pub(crate) mod content;
mod content_key;
pub mod ignored;
mod introduced;
pub(crate) mod lfs;
pub(crate) mod name_keys;
mod open;
pub mod paths;
mod pipe;
mod progress;
pub mod read;
mod remotes;
pub(crate) mod repo;
pub mod staged;
pub mod stdin;
mod unpacked;
pub mod walk;
mod window_start;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bstr::{BStr, ByteSlice as _};
pub use progress::Progress;

use crate::core::budget::Budget;
use crate::core::coverage::{Coverage, Report, Skipped};
use crate::core::error::Error;
use crate::core::finding::Finding;
use crate::core::part::{AuditPart, UnscannedList};

/// Collects the results of all threads. Findings, skips and errors are few, so a lock is cheap.
#[derive(Debug, Default)]
pub struct Collector {
    findings: Mutex<Vec<Finding>>,
    coverage: Mutex<Coverage>,
    files: Arc<AtomicU64>,
    bytes: Arc<AtomicU64>,
    budget: Arc<Budget>,
    progress: Arc<Progress>,
}

impl Collector {
    /// A collector for a run with this budget.
    pub fn within(budget: Arc<Budget>) -> Self {
        Self { budget, ..Self::default() }
    }

    /// A collector for a part of the same run with separate counts. It stops when this one stops.
    #[must_use]
    pub fn apart(&self) -> Self {
        Self::within(self.budget.clone())
    }

    /// A collector for a part of the same run that shares the counts of files and bytes, and the progress. Findings
    /// and the rest of the coverage are separate. It stops when this one stops.
    #[must_use]
    pub fn beside(&self) -> Self {
        let (files, bytes, progress) = (self.files.clone(), self.bytes.clone(), self.progress.clone());
        Self { files, bytes, progress, ..Self::within(self.budget.clone()) }
    }

    /// Adds the report on one of several repositories, with the repository's name. Files and bytes are already
    /// counted ([`beside`](Self::beside)).
    pub fn add(&self, report: Report, repository: &BStr) {
        for mut finding in report.findings {
            finding.location.repository = Some(repository.to_owned());
            self.finding(finding);
        }
        let Coverage { skipped, errors, counts, notes, lists, .. } = report.coverage;
        for mut list in lists {
            if !list.allowed {
                list.entries.iter_mut().for_each(|(_, error)| *error = error.clone().in_repository(repository));
            }
            list.repository = Some(repository.to_owned());
            self.listed(list);
        }
        for Skipped { path, reason } in skipped {
            self.skipped(Skipped { path: [repository.as_bytes(), b":", path.as_bytes()].concat().into(), reason });
        }
        errors.into_iter().for_each(|error| self.failed(error.in_repository(repository)));
        notes.into_iter().for_each(|note| self.note(format!("{repository}: {note}")));
        counts.into_iter().for_each(|(name, number)| self.count(name, number));
    }

    /// The budget of the run.
    pub fn budget(&self) -> &Arc<Budget> {
        &self.budget
    }

    /// The progress of the run.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Adds a finding.
    pub fn finding(&self, finding: Finding) {
        lock(&self.findings).push(finding);
    }

    /// Adds an item that was left out on purpose.
    pub fn skipped(&self, skipped: Skipped) {
        lock(&self.coverage).skipped.push(skipped);
    }

    /// Adds an error: an item that should have been scanned and was not.
    pub fn failed(&self, error: Error) {
        lock(&self.coverage).errors.push(error);
    }

    /// Adds a list of unscanned items, in a part of a divided audit.
    pub fn listed(&self, list: UnscannedList) {
        lock(&self.coverage).lists.push(list);
    }

    /// Sets which part of a divided audit this is.
    pub fn is_part(&self, part: AuditPart) {
        lock(&self.coverage).part = Some(part);
    }

    /// Sets the branch that `HEAD` points to.
    pub fn head(&self, name: String) {
        lock(&self.coverage).head = Some(name);
    }

    /// Adds a note to the report.
    pub fn note(&self, note: impl Into<String>) {
        lock(&self.coverage).notes.push(note.into());
    }

    /// Adds to a named count, which only some sources have.
    pub fn count(&self, name: &'static str, number: u64) {
        let mut coverage = lock(&self.coverage);
        match coverage.counts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, sum)) => *sum += number,
            None => coverage.counts.push((name, number)),
        }
    }

    /// Counts files (or blobs) and bytes that were read to their end.
    pub fn scanned(&self, files: u64, bytes: u64) {
        self.files.fetch_add(files, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// The number of files and bytes so far, for a progress bar.
    pub fn so_far(&self) -> (u64, u64) {
        (self.files.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }

    /// Asks all threads to stop soon (Ctrl-C).
    pub fn stop(&self) {
        self.budget.stop();
    }

    /// The flag that [`stop`](Self::stop) sets, for a signal handler.
    pub fn stop_flag(&self) -> &Arc<AtomicBool> {
        self.budget.stop_flag()
    }

    /// Whether the run was asked to stop.
    pub fn is_stopped(&self) -> bool {
        self.budget.is_stopped()
    }

    /// The findings so far.
    pub fn findings(&self) -> Vec<Finding> {
        lock(&self.findings).clone()
    }

    /// The sorted report of everything that was collected.
    pub fn into_report(self) -> Report {
        self.take_report()
    }

    /// The same while other threads may still run; what they push afterwards is lost.
    pub fn take_report(&self) -> Report {
        let (files, bytes) = self.so_far();
        let mut coverage = std::mem::take(&mut *lock(&self.coverage));
        (coverage.files, coverage.bytes) = (files, bytes);
        coverage.errors.extend(self.budget.exceeded().cloned());
        let findings = std::mem::take(&mut *lock(&self.findings));
        let mut report = Report { findings, coverage };
        report.sort();
        report
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
