//! Where content comes from. A source runs in the pool of [`core::threads`](crate::core::threads), asks the [`Policy`](crate::policy::Policy) about each
//! piece of content, and pushes what it finds, skips and fails on into a [`Collector`]; it never collects.

pub mod agents;
pub mod archive;
pub mod ci;
pub mod commits;
pub(crate) mod content;
pub mod ignored;
mod introduced;
pub(crate) mod lfs;
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

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bstr::{BStr, ByteSlice as _};
pub use progress::Progress;

use crate::core::budget::Budget;
use crate::core::coverage::{Coverage, Report, Skipped};
use crate::core::error::Error;
use crate::core::finding::Finding;
use crate::core::part::{AuditPart, UnscannedList};

/// What all threads of a run push into. Findings, skips and errors are few, so a lock costs nothing.
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
    /// One whose run ends with this budget.
    pub fn within(budget: Arc<Budget>) -> Self {
        Self { budget, ..Self::default() }
    }

    /// One for a part of the same run that counts for itself: it ends when this one does.
    #[must_use]
    pub fn apart(&self) -> Self {
        Self::within(self.budget.clone())
    }

    /// One for a part of the same run: it ends when this one does, and what it reads and how far it is counts here. Its findings, and what
    /// it says of its coverage, are its own.
    #[must_use]
    pub fn beside(&self) -> Self {
        let (files, bytes, progress) = (self.files.clone(), self.bytes.clone(), self.progress.clone());
        Self { files, bytes, progress, ..Self::within(self.budget.clone()) }
    }

    /// Adds the report of one of several repositories, under its name. What was read counts already ([`beside`](Self::beside)).
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

    /// How much the run may still do.
    pub fn budget(&self) -> &Arc<Budget> {
        &self.budget
    }

    /// How far the run has come.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// A key.
    pub fn finding(&self, finding: Finding) {
        lock(&self.findings).push(finding);
    }

    /// Something left out on purpose.
    pub fn skipped(&self, skipped: Skipped) {
        lock(&self.coverage).skipped.push(skipped);
    }

    /// Something that should have been scanned and was not.
    pub fn failed(&self, error: Error) {
        lock(&self.coverage).errors.push(error);
    }

    /// What is behind some of the errors, notes and counts of a part of a divided audit.
    pub fn listed(&self, list: UnscannedList) {
        lock(&self.coverage).lists.push(list);
    }

    /// Says that this is a part of a divided audit, and which.
    pub fn is_part(&self, part: AuditPart) {
        lock(&self.coverage).part = Some(part);
    }

    /// The branch that `HEAD` is at.
    pub fn head(&self, name: String) {
        lock(&self.coverage).head = Some(name);
    }

    /// A remark for the report.
    pub fn note(&self, note: impl Into<String>) {
        lock(&self.coverage).notes.push(note.into());
    }

    /// A count that only this kind of source has; the same name again adds to it.
    pub fn count(&self, name: &'static str, number: u64) {
        let mut coverage = lock(&self.coverage);
        match coverage.counts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, sum)) => *sum += number,
            None => coverage.counts.push((name, number)),
        }
    }

    /// A file (or blob) was read to its end.
    pub fn scanned(&self, files: u64, bytes: u64) {
        self.files.fetch_add(files, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Files and bytes so far, for a progress bar.
    pub fn so_far(&self) -> (u64, u64) {
        (self.files.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }

    /// Asks all threads to end soon (Ctrl-C).
    pub fn stop(&self) {
        self.budget.stop();
    }

    /// What [`stop`](Self::stop) sets, for those who cannot call it, such as a signal's handler.
    pub fn stop_flag(&self) -> &Arc<AtomicBool> {
        self.budget.stop_flag()
    }

    /// Whether to end soon.
    pub fn is_stopped(&self) -> bool {
        self.budget.is_stopped()
    }

    /// What was found so far.
    pub fn findings(&self) -> Vec<Finding> {
        lock(&self.findings).clone()
    }

    /// The sorted report of everything pushed.
    pub fn into_report(self) -> Report {
        self.take_report()
    }

    /// The same while others may still push: what they push from now on is lost.
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
