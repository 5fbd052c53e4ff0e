//! Joining the `jsonl` reports of the parts of one audit: the result has the same bytes as an undivided run's.
//!
//! Findings are taken over as they were written, each once: parts tell alike what two of them found. Counts are of what a
//! part read, and are added; what several parts may list is joined by its list.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::Deserialize;

use crate::core::error::{Error, Exit, Result};
use crate::core::fail_on::FailOn;
use crate::core::finding::{Confidence, Severity, SuppressedBy};
use crate::core::order::ListOrder as _;
use crate::core::part::{AuditPart, Joining, NAMED, left_out, unnamed};
use crate::report::model::{
    JsonCoverage, JsonError, JsonPart, JsonUnscanned, JsonUnscannedEntry, Summary, SummaryType,
};
use crate::report::redact::SHORTEST;
use crate::rule::strength;

/// Reports that are being joined.
#[derive(Default)]
pub struct Merge {
    show_secrets: bool,
    findings: BTreeMap<FindingOrder, MergedFinding>,
    coverage: JsonCoverage<'static>,
    lists: BTreeMap<(Option<String>, String), JsonUnscanned<'static>>,
    parts: BTreeSet<u64>,
    /// How many parts there are, and what they agree in.
    of: Option<(u64, String)>,
    reports: u64,
    head: Option<String>,
    /// What `--fail-on` said, if all reports agree in that.
    fail_on: Option<String>,
}

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
    severity: Option<Severity>,
    confidence: Option<Confidence>,
    suppressed_by: Option<SuppressedBy>,
    location: Option<MergedLocation>,
    commit: Option<MergedCommit>,
    coverage: Option<JsonCoverage<'static>>,
    part: Option<JsonPart<'static>>,
    head: Option<String>,
    fail_on: Option<String>,
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

/// Counts of what each report is of alone, where they are no parts; all others are of the whole.
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
                "summary" => {
                    summary = line.coverage.map(|coverage| (coverage, line.part, (line.head, line.fail_on)));
                }
                other => return Err(failed(&format!("{other} is neither a finding nor a summary"))),
            }
        }
        let cut = || Error::new("merge", name, "it has no summary: its run did not end").hint("run that part again");
        let (mut coverage, part, (head, fail_on)) = summary.ok_or_else(cut)?;
        self.check(name, part.as_ref())?;
        for name in ["shard", "shards"] {
            coverage.counts.remove(name);
        }
        // Reports of several repositories that are no parts have several.
        self.head = if self.reports == 1 || self.head == head { head } else { None };
        if self.reports == 1 {
            self.fail_on = fail_on;
        } else if self.fail_on != fail_on {
            let why = "its --fail-on is another than that of the reports before it";
            return Err(Error::new("merge", name, why).hint("give reports with the same --fail-on"));
        }
        self.coverage(coverage, part);
        Ok(())
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
        let (severity, confidence) = (line.severity?, line.confidence?);
        let is_active = line.status? == "active";
        let suppressed_by = line.suppressed_by;
        self.findings.insert(place, MergedFinding { line: raw, is_active, severity, confidence, suppressed_by });
        Some(())
    }

    /// Checks that a report belongs to those before.
    fn check(&mut self, name: &str, part: Option<&JsonPart<'_>>) -> Result<()> {
        self.reports += 1;
        let wrong = |why: &str| {
            let hint = "give each part of one audit once, of copies of one clone, with the same options and rules";
            Err(Error::new("merge", name, why).hint(hint))
        };
        match (part, &self.of) {
            (None, None) => Ok(()),
            (None, Some(_)) => wrong("it is no part of a divided audit, others are"),
            (Some(_), None) if self.reports > 1 => wrong("it is a part of a divided audit, others are none"),
            (Some(part), Some((count, _))) if part.count != *count => {
                wrong(&format!("it is one of {} parts, others are of {count}", part.count))
            }
            (Some(part), Some((_, whole))) if part.whole != *whole => {
                wrong("it is of other objects, references, packs, rules or options than the parts before it")
            }
            (Some(part), _) if part.index == 0 || part.index > part.count => wrong("its part is none of those"),
            (Some(part), _) => {
                self.of = Some((part.count, part.whole.to_string()));
                if self.parts.insert(part.index) {
                    Ok(())
                } else {
                    wrong(&format!("part {} is there twice", part.index))
                }
            }
        }
    }

    fn coverage(&mut self, mut other: JsonCoverage<'static>, part: Option<JsonPart<'static>>) {
        let is_part = part.is_some();
        for list in part.into_iter().flat_map(|part| part.lists) {
            take_out(&list, &mut other);
            self.join(list);
        }
        let all = &mut self.coverage;
        all.files = all.files.saturating_add(other.files);
        all.bytes = all.bytes.saturating_add(other.bytes);
        all.skipped.append(&mut other.skipped);
        all.errors.append(&mut other.errors);
        all.notes.append(&mut other.notes);
        for (name, number) in other.counts {
            let sum = all.counts.entry(name.clone()).or_default();
            let is_added = is_part || OWN.contains(&&*name);
            *sum = if is_added { sum.saturating_add(number) } else { (*sum).max(number) };
        }
    }

    /// Joins a part's list with those of the parts before.
    fn join(&mut self, list: JsonUnscanned<'static>) {
        let key = (list.repository.as_deref().map(str::to_owned), list.name.to_string());
        let Some(all) = self.lists.get_mut(&key) else {
            self.lists.insert(key, list);
            return;
        };
        match (all.joining, list.joining) {
            // A part that read everything knows all.
            (Joining::Least, Joining::Same) => {
                *all = list;
                return;
            }
            (Joining::Same, Joining::Least) => return,
            _ => {}
        }
        all.entries.extend(list.entries);
        all.entries.order();
        if all.joining == Joining::Least {
            let thing = |entry: &JsonUnscannedEntry<'_>| entry.order.split('\n').next().map(str::to_owned);
            all.entries.dedup_by(|b, a| thing(a) == thing(b));
        } else {
            all.entries.dedup();
        }
        all.total = match all.joining {
            Joining::Sum => all.total.saturating_add(list.total),
            Joining::Same => all.total.max(list.total),
            Joining::Union | Joining::Least => all.entries.len() as u64,
        };
    }

    /// The joined report and the exit code that it speaks of.
    pub fn finish(mut self, exit_zero: bool) -> Result<(Vec<u8>, Exit)> {
        let count = self.of.as_ref().map_or(0, |(count, _)| *count);
        if let Some(missing) = (1..=count).find(|part| !self.parts.contains(part)) {
            let error = Error::new("merge", "reports", format!("part {missing}/{count} is not among them"));
            return Err(error.hint("run it and merge again"));
        }
        let coverage = &mut self.coverage;
        for list in self.lists.values() {
            put_in(list, coverage);
        }
        coverage.skipped.order();
        coverage.skipped.dedup();
        coverage.errors.order_by(|a, b| a.message.cmp(&b.message));
        coverage.errors.dedup();
        coverage.notes.order();
        coverage.notes.dedup();
        let active = self.findings.values().filter(|finding| finding.is_active).count();
        // What is not understood lets all count.
        let fail_on = self.fail_on.as_deref().and_then(|text| FailOn::parse(text).ok());
        let failing = fail_on.map(|least| {
            let holds = |finding: &&MergedFinding| least.holds(finding.severity, finding.confidence);
            self.findings.values().filter(|finding| finding.is_active).filter(holds).count()
        });
        let exit = match (coverage.errors.is_empty(), failing.unwrap_or(active)) {
            (false, _) => Exit::Incomplete,
            (true, 1..) if !exit_zero => Exit::Findings,
            (true, _) => Exit::Clean,
        };
        let suppressed = (self.findings.len() - active) as u64;
        let mut suppressed_by = BTreeMap::new();
        let mut out = Vec::new();
        for finding in self.findings.into_values() {
            if let Some(by) = finding.suppressed_by {
                *suppressed_by.entry(by.as_str().into()).or_insert(0) += 1;
            }
            out.extend_from_slice(finding.line.as_bytes());
            out.push(b'\n');
        }
        let summary = Summary {
            r#type: SummaryType::Summary,
            findings: active as u64,
            suppressed,
            suppressed_by,
            failing: failing.map(|failing| failing as u64),
            fail_on: self.fail_on.map(Into::into),
            exit_code: exit.code(),
            change: None,
            coverage: self.coverage,
            head: self.head.map(Into::into),
            part: None,
        };
        let failed = |why: serde_json::Error| Error::new("write", "the report", why);
        serde_json::to_writer(&mut out, &summary).map_err(failed)?;
        out.push(b'\n');
        Ok((out, exit))
    }
}

/// What a list says in a report's errors or notes.
fn said(list: &JsonUnscanned<'_>) -> Vec<JsonError<'static>> {
    let named = list
        .entries
        .iter()
        .take(NAMED)
        .map(|entry| JsonError { item: entry.item.to_string().into(), message: entry.message.to_string().into() });
    let others = unnamed(list.total, &list.things).map(|error| {
        let error = match list.repository.as_deref().filter(|_| !list.allowed) {
            Some(repository) => error.in_repository(repository),
            None => error,
        };
        JsonError { item: error.thing().to_owned().into(), message: error.to_string().into() }
    });
    named.chain(others).collect()
}

/// The same as notes.
fn noted(list: &JsonUnscanned<'_>) -> Vec<Cow<'static, str>> {
    let note = |error: JsonError<'_>| {
        let text = left_out(&error.message);
        match &list.repository {
            Some(repository) => format!("{repository}: {text}").into(),
            None => text.into(),
        }
    };
    said(list).into_iter().map(note).collect()
}

/// Takes what a list says out of a report.
fn take_out(list: &JsonUnscanned<'_>, coverage: &mut JsonCoverage<'_>) {
    if list.allowed {
        let said: HashSet<Cow<'_, str>> = noted(list).into_iter().collect();
        coverage.notes.retain(|note| !said.contains(note));
    } else {
        let said: HashSet<String> = said(list).into_iter().map(|error| error.message.into_owned()).collect();
        coverage.errors.retain(|error| !said.contains(error.message.as_ref()));
    }
    if let Some(count) = coverage.counts.get_mut(&*list.name) {
        *count = count.saturating_sub(list.total);
        if *count == 0 {
            coverage.counts.remove(&*list.name);
        }
    }
}

/// Puts what a list says into a report.
fn put_in(list: &JsonUnscanned<'_>, coverage: &mut JsonCoverage<'static>) {
    if list.allowed {
        coverage.notes.extend(noted(list));
    } else {
        coverage.errors.extend(said(list));
    }
    let count = coverage.counts.entry(list.name.to_string().into()).or_default();
    *count = count.saturating_add(list.total);
}

/// The exit code of a part's report, if it is whole and this very part's.
pub fn whole_part(text: &[u8], part: &AuditPart) -> Option<u8> {
    let lines = text.strip_suffix(b"\n")?;
    let last = lines.rsplit(|&byte| byte == b'\n').next()?;
    let summary: Summary<'_> = serde_json::from_slice(last).ok()?;
    let found = summary.part?;
    let is_it = found.index == part.index && found.count == part.count && found.content == part.content;
    is_it.then_some(summary.exit_code)
}
