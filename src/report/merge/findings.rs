//! The findings of several reports, each once and as it was written, in the order of an undivided report.

use std::collections::BTreeMap;

use crate::core::fail_on::FailOn;
use crate::core::finding::{Confidence, Part, Severity, SuppressedBy};
use crate::report::model::{FindingStatus, JsonFinding};
use crate::report::redact::SHORTEST;
use crate::rule::strength;

/// The findings of several reports.
#[derive(Default)]
pub(super) struct MergedFindings(BTreeMap<FindingOrder, MergedFinding>);

/// A finding as it was written.
struct MergedFinding {
    line: String,
    is_active: bool,
    severity: Severity,
    confidence: Confidence,
    suppressed_by: Option<SuppressedBy>,
}

/// Where a finding stands in a report: the order of [`Report::sort`](crate::report::Report::sort).
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct FindingOrder {
    repository: Option<String>,
    path: Option<String>,
    member: Option<String>,
    part: Option<Part>,
    position: [u64; 4],
    rule: String,
    fingerprint: String,
    commit: Option<String>,
    /// Of findings that are alike in all this, different ones all stay.
    line: String,
}

impl MergedFindings {
    /// Adds a finding, whose line is masked already if it has to be.
    pub(super) fn add(&mut self, finding: JsonFinding<'static>, line: String) {
        let owned = |text: std::borrow::Cow<'static, str>| text.into_owned();
        let at = finding.location;
        let order = FindingOrder {
            repository: at.repository.map(owned),
            path: at.path.map(owned),
            member: at.member.map(owned),
            part: at.part,
            position: [at.line, at.column, at.end_line, at.end_column],
            rule: owned(finding.rule),
            fingerprint: owned(finding.fingerprint),
            commit: finding.commit.map(|commit| owned(commit.id)),
            line: line.clone(),
        };
        let is_active = finding.status == FindingStatus::Active;
        let JsonFinding { severity, confidence, suppressed_by, .. } = finding;
        self.0.insert(order, MergedFinding { line, is_active, severity, confidence, suppressed_by });
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// How many are active.
    pub(super) fn active(&self) -> usize {
        self.0.values().filter(|finding| finding.is_active).count()
    }

    /// How many of the active ones `--fail-on` counts.
    pub(super) fn failing(&self, least: FailOn) -> usize {
        let holds = |finding: &&MergedFinding| finding.is_active && least.holds(finding.severity, finding.confidence);
        self.0.values().filter(holds).count()
    }

    /// Passes on the lines in their order, each with what suppressed it.
    pub(super) fn into_lines(self) -> impl Iterator<Item = (String, Option<SuppressedBy>)> {
        self.0.into_values().map(|finding| (finding.line, finding.suppressed_by))
    }
}

/// A finding's line with its key masked wherever it stands, if it is not masked already.
pub(super) fn masked(raw: &str, rule: &str, secret: &str) -> Option<String> {
    if secret.is_empty() || secret.contains('…') {
        return Some(raw.to_owned());
    }
    let json = |text: &str| serde_json::to_string(text).ok();
    let (shown, mask) = (json(secret)?, json(&strength::masked(rule, secret.as_bytes()))?);
    let line = raw.replace(&shown, &mask);
    // A short one stands in other words by chance.
    let is_long = secret.len() >= SHORTEST;
    Some(if is_long { line.replace(shown.trim_matches('"'), mask.trim_matches('"')) } else { line })
}
