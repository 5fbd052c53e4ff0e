//! Joining the `jsonl` reports of the shards of one audit: the result has the same bytes as an undivided run's.
//!
//! Findings are taken over as they were written, each once: shards tell alike what two of them found. Counts of what a
//! shard read are added; counts of the whole repository are the same in all.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::core::error::{Error, Exit, Result};
use crate::core::finding::SuppressedBy;
use crate::report::model::{JsonCoverage, Summary, SummaryType};
use crate::report::redact::SHORTEST;
use crate::rule::strength;

/// Reports that are being joined.
#[derive(Default)]
pub struct Merge {
    show_secrets: bool,
    findings: BTreeMap<FindingOrder, (String, bool, Option<SuppressedBy>)>,
    coverage: JsonCoverage<'static>,
    shards: BTreeSet<u64>,
    count: Option<u64>,
    reports: u64,
}

/// Where a finding stands in a report: the order of [`Report::sort`](crate::report::Report::sort).
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct FindingOrder {
    repository: Option<String>,
    path: Option<String>,
    member: Option<String>,
    part: Option<usize>,
    position: [u64; 4],
    rule: String,
    fingerprint: String,
    commit: Option<String>,
    /// Of findings that are alike in all this, different ones all stay.
    line: String,
}

#[derive(Deserialize)]
struct Line {
    r#type: String,
    rule: Option<String>,
    secret: Option<String>,
    fingerprint: Option<String>,
    status: Option<String>,
    suppressed_by: Option<SuppressedBy>,
    location: Option<MergedLocation>,
    commit: Option<MergedCommit>,
    coverage: Option<JsonCoverage<'static>>,
}

#[derive(Deserialize)]
struct MergedLocation {
    repository: Option<String>,
    path: Option<String>,
    member: Option<String>,
    part: Option<String>,
    line: u64,
    column: u64,
    end_line: u64,
    end_column: u64,
}

#[derive(Deserialize)]
struct MergedCommit {
    id: String,
}

/// A finding's line with its key masked wherever it stands, if it is not masked already.
fn masked(raw: &str, rule: &str, secret: &str) -> Option<String> {
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

/// The parts in their order.
const PARTS: [&str; 5] = ["message", "author", "tag", "ref", "name"];

/// Counts of what each shard reads for itself; all others are of the whole.
const OWN: [&str; 2] = ["lfs_pointers", "below_threshold"];

impl Merge {
    /// No reports yet. Keys that they hold are masked, unless `show_secrets`.
    pub fn new(show_secrets: bool) -> Self {
        Self { show_secrets, ..Self::default() }
    }

    /// Adds the report that the file `name` holds.
    pub fn add(&mut self, name: &str, text: &[u8]) -> Result<()> {
        let hint = "give reports that `keysweep history --format jsonl` wrote";
        let mut summary = None;
        for (number, line) in text.split(|&byte| byte == b'\n').enumerate().filter(|(_, line)| !line.is_empty()) {
            let failed = |why: &dyn std::fmt::Display| {
                Error::new("read report", format!("{name}:{}", number + 1), why).hint(hint)
            };
            let raw = std::str::from_utf8(line).map_err(|why| failed(&why))?;
            let line: Line = serde_json::from_str(raw).map_err(|why| failed(&why))?;
            match &*line.r#type {
                "finding" => self.finding(line, raw).ok_or_else(|| failed(&"it lacks a part of a finding"))?,
                "summary" => summary = line.coverage,
                other => return Err(failed(&format!("{other} is neither a finding nor a summary"))),
            }
        }
        let cut = || Error::new("merge", name, "it has no summary: its run did not end").hint("run that shard again");
        self.coverage(name, summary.ok_or_else(cut)?)
    }

    fn finding(&mut self, line: Line, raw: &str) -> Option<()> {
        let raw = match &line.secret {
            Some(secret) if !self.show_secrets => masked(raw, line.rule.as_deref().unwrap_or_default(), secret)?,
            _ => raw.to_owned(),
        };
        let location = line.location?;
        let part = |part: String| PARTS.iter().position(|name| *name == part);
        let place = FindingOrder {
            repository: location.repository,
            path: location.path,
            member: location.member,
            part: location.part.and_then(part),
            position: [location.line, location.column, location.end_line, location.end_column],
            rule: line.rule?,
            fingerprint: line.fingerprint?,
            commit: line.commit.map(|commit| commit.id),
            line: raw.clone(),
        };
        self.findings.insert(place, (raw, line.status? == "active", line.suppressed_by));
        Some(())
    }

    fn coverage(&mut self, name: &str, mut other: JsonCoverage<'static>) -> Result<()> {
        self.reports += 1;
        let all = &mut self.coverage;
        all.files = all.files.saturating_add(other.files);
        all.bytes = all.bytes.saturating_add(other.bytes);
        all.skipped.append(&mut other.skipped);
        all.errors.append(&mut other.errors);
        for note in other.notes {
            if !all.notes.contains(&note) {
                all.notes.push(note);
            }
        }
        let wrong = |why: &str| Err(Error::new("merge", name, why).hint("merge each shard of one audit once"));
        match (other.counts.remove("shard"), other.counts.remove("shards")) {
            (Some(shard), Some(count)) => {
                if self.count.is_some_and(|known| known != count) {
                    return wrong("it is of an audit in another number of shards");
                }
                self.count = Some(count);
                if !self.shards.insert(shard) {
                    return wrong("its shard is there twice");
                }
            }
            _ if self.count.is_some() => return wrong("it is no shard's report, others are"),
            _ => {}
        }
        for (name, number) in other.counts {
            let sum = all.counts.entry(name.clone()).or_default();
            *sum = if OWN.contains(&&*name) { sum.saturating_add(number) } else { (*sum).max(number) };
        }
        Ok(())
    }

    /// The joined report and the exit code that it speaks of.
    pub fn finish(mut self, exit_zero: bool) -> Result<(Vec<u8>, Exit)> {
        let count = self.count.unwrap_or(0);
        if let Some(missing) = (1..=count).find(|shard| !self.shards.contains(shard)) {
            let error = Error::new("merge", "reports", format!("shard {missing}/{count} is not among them"));
            return Err(error.hint("run it and merge again"));
        }
        if count > 0 && self.reports > count {
            return Err(Error::new("merge", "reports", "a report that is no shard's is among them"));
        }
        let coverage = &mut self.coverage;
        coverage.skipped.sort();
        coverage.skipped.dedup();
        coverage.errors.sort_by(|a, b| a.message.cmp(&b.message));
        coverage.errors.dedup();
        let active = self.findings.values().filter(|(_, active, _)| *active).count();
        let exit = match (coverage.errors.is_empty(), active) {
            (false, _) => Exit::Incomplete,
            (true, 1..) if !exit_zero => Exit::Findings,
            (true, _) => Exit::Clean,
        };
        let suppressed = (self.findings.len() - active) as u64;
        let mut suppressed_by = BTreeMap::new();
        let mut out = Vec::new();
        for (line, _, by) in self.findings.into_values() {
            if let Some(by) = by {
                *suppressed_by.entry(by.as_str().into()).or_insert(0) += 1;
            }
            out.extend_from_slice(line.as_bytes());
            out.push(b'\n');
        }
        let summary = Summary {
            r#type: SummaryType::Summary,
            findings: active as u64,
            suppressed,
            suppressed_by,
            failing: None,
            exit_code: exit.code(),
            change: None,
            coverage: self.coverage,
        };
        let failed = |why: serde_json::Error| Error::new("write", "the report", why);
        serde_json::to_writer(&mut out, &summary).map_err(failed)?;
        out.push(b'\n');
        Ok((out, exit))
    }
}
