//! The keys of a report: one entry for each distinct key, whatever the number of its places, with where it still is, who
//! brought it in, whether it was rotated, and what to do next, the most dangerous first.

mod facts;
mod model;
mod origin;
mod reuse;
mod rotation;
mod steps;

use std::cmp::Reverse;
use std::collections::HashSet;

pub use model::{Committer, JsonKey, KeyReplacement, KeyState, KeyUse, NextStep};
pub use origin::KeyOrigin;
use rotation::Rotation;

use crate::core::finding::{Confidence, Severity};
use crate::core::order::ListOrder as _;
use crate::report::model::{Document, FindingStatus, JsonFinding};

/// Which findings are of which key, in the order of danger. A key itself is made when it is asked for: of a hundred
/// thousand, those that are written are all that is in memory.
pub struct KeyList<'a> {
    document: &'a Document<'a>,
    rotation: Rotation<'a>,
    /// Numbers of findings; those of one key stand side by side.
    findings: Vec<usize>,
    /// Where each key's findings begin in that list, and end.
    bounds: Vec<(usize, usize)>,
    /// How many keys count; they come first.
    active: usize,
}

/// How dangerous a key is: the smaller, the more.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Danger<'a> {
    status: FindingStatus,
    class: u8,
    severity: Reverse<Severity>,
    confidence: Reverse<Confidence>,
    is_local: bool,
    state: KeyState,
    days_exposed: Reverse<Option<u64>>,
    first: Option<i64>,
    fingerprint: &'a str,
}

impl<'a> KeyList<'a> {
    /// Finds out which keys a report is of.
    pub fn new(document: &'a Document<'a>) -> Self {
        let fingerprints = document.findings.iter().map(|entry| entry.fingerprint.as_ref()).enumerate();
        let mut sorted: Vec<(&str, usize)> =
            fingerprints.map(|(finding, fingerprint)| (fingerprint, finding)).collect();
        sorted.order();
        let mut findings = Vec::with_capacity(sorted.len());
        let mut keys: Vec<(Danger<'a>, (usize, usize))> = Vec::new();
        for places in sorted.chunk_by(|(a, _), (b, _)| a == b) {
            let places = places.iter().map(|&(_, finding)| finding);
            // A key that is accepted everywhere is told as what it is; otherwise what is accepted does not count.
            let is_active = |&finding: &usize| document.findings[finding].status == FindingStatus::Active;
            let start = findings.len();
            findings.extend(places.clone().filter(is_active));
            if findings.len() == start {
                findings.extend(places);
            }
            if let Some(danger) = danger(&entries(document, &findings[start..])) {
                keys.push((danger, (start, findings.len())));
            }
        }
        keys.order_by(|(a, _), (b, _)| a.cmp(b));
        let active = keys.partition_point(|(danger, _)| danger.status == FindingStatus::Active);
        let bounds = keys.into_iter().map(|(_, bounds)| bounds).collect();
        Self { document, rotation: Rotation::new(document), findings, bounds, active }
    }

    /// How many keys count.
    pub fn active(&self) -> usize {
        self.active
    }

    /// Each key that counts, the most dangerous first.
    pub fn iter_active(&self) -> impl Iterator<Item = JsonKey<'a>> {
        self.iter().take(self.active)
    }

    /// Each of them, the most dangerous first.
    pub fn iter(&self) -> impl Iterator<Item = JsonKey<'a>> {
        self.bounds.iter().filter_map(|&(start, end)| self.key(&self.findings[start..end]))
    }

    fn key(&self, findings: &[usize]) -> Option<JsonKey<'a>> {
        let entries = entries(self.document, findings);
        let mut key = facts::key(&entries, facts::worst(&entries)?, self.document.summary.head.as_deref());
        key.findings = findings.to_vec();
        key.replaced_by = self.rotation.successor(&entries);
        key.overdue_days = overdue(self.document, &key);
        key.next_steps = steps::of(self.document, &key);
        Some(key)
    }
}

/// The keys of a report, the most dangerous first.
pub fn of<'a>(document: &'a Document<'a>) -> Vec<JsonKey<'a>> {
    KeyList::new(document).iter().collect()
}

fn entries<'a>(document: &'a Document<'a>, findings: &[usize]) -> Vec<&'a JsonFinding<'a>> {
    findings.iter().map(|&finding| &document.findings[finding]).collect()
}

fn danger<'a>(entries: &[&'a JsonFinding<'a>]) -> Option<Danger<'a>> {
    let worst = facts::worst(entries)?;
    let (state, on_remote, time) = (facts::state(entries), facts::is_on_remote(entries), facts::time(entries));
    let class = match state {
        KeyState::Files => 0,
        state if state.is_live() && on_remote => 0,
        KeyState::Reflog | KeyState::Unreachable => 2,
        KeyState::Head | KeyState::Branch | KeyState::History => 1,
    };
    Some(Danger {
        status: worst.status,
        class,
        severity: Reverse(worst.severity),
        confidence: Reverse(entries.iter().map(|entry| entry.confidence).max()?),
        is_local: !on_remote,
        state,
        days_exposed: Reverse(time.map(facts::days)),
        first: time.map(|(first, _)| first),
        fingerprint: &worst.fingerprint,
    })
}

/// How old a key is that still stands, in days, if it is older than it may be.
fn overdue(document: &Document<'_>, key: &JsonKey<'_>) -> Option<u64> {
    let before = document.overdue_before?;
    let (first, _) = key.time?;
    let is_overdue = key.state.is_live() && first < before;
    is_overdue.then(|| facts::days((first, document.now())))
}

/// How many commits and people the findings that count name.
pub fn commits_and_people(document: &Document<'_>) -> (u64, u64) {
    let (mut commits, mut people) = (HashSet::new(), HashSet::new());
    for entry in document.active() {
        let last = entry.history.as_ref().and_then(|history| history.last_commit.as_ref());
        for commit in entry.commit.iter().chain(last).filter(|commit| !commit.date.is_empty()) {
            commits.insert(commit.id.as_ref());
            people.insert((commit.author_name.as_ref(), commit.author_email.as_ref()));
        }
    }
    (commits.len() as u64, people.len() as u64)
}
