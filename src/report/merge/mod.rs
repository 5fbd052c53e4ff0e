//! Joining the `jsonl` reports of the parts of one audit: the result has the same bytes as an undivided run's.
//!
//! Findings are taken over as they were written, each once: parts tell alike what two of them found. Counts are of what a
//! part read, and are added; what several parts may list is joined by its list.

mod findings;
mod lists;

use std::collections::{BTreeMap, BTreeSet};

use crate::core::error::{Error, Exit, Result};
use crate::core::fail_on::FailOn;
use crate::core::order::ListOrder as _;
use crate::core::part::AuditPart;
use crate::report::model::{JsonCoverage, JsonPart, Summary, SummaryType};
use crate::report::read::ReportLine;
use findings::{MergedFindings, masked};
use lists::UnscannedLists;

/// Reports that are being joined.
#[derive(Default)]
pub struct Merge {
    show_secrets: bool,
    findings: MergedFindings,
    coverage: JsonCoverage<'static>,
    lists: UnscannedLists,
    parts: BTreeSet<u64>,
    /// How many parts there are, and what they agree in.
    of: Option<(u64, String)>,
    reports: u64,
    /// Whether a report is incomplete and does not say why.
    is_incomplete: bool,
    head: Option<String>,
    /// What `--fail-on` said, if all reports agree in that.
    fail_on: Option<String>,
}

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
        let lines = text.split(|&byte| byte == b'\n').map(|line| line.trim_ascii()).enumerate();
        for (number, line) in lines.filter(|(_, line)| !line.is_empty()) {
            let failed = |why: &dyn std::fmt::Display| {
                Error::new("read report", format!("{name}:{}", number + 1), why).hint(hint)
            };
            if summary.is_some() {
                return Err(failed(&"something follows the summary: give each report as a file of its own"));
            }
            let raw = std::str::from_utf8(line).map_err(|why| failed(&why))?;
            match ReportLine::parse(line).map_err(|why| failed(&why))? {
                ReportLine::Finding(finding) if self.show_secrets => self.findings.add(*finding, raw.to_owned()),
                ReportLine::Finding(finding) => {
                    let line = masked(raw, &finding.rule, &finding.secret);
                    self.findings.add(*finding, line.ok_or_else(|| failed(&"its key cannot be masked"))?);
                }
                ReportLine::Summary(of_all) => summary = Some(*of_all),
            }
        }
        let cut = || Error::new("merge", name, "it has no summary: its run did not end").hint("run that part again");
        let Summary { mut coverage, part, head, fail_on, exit_code, .. } = summary.ok_or_else(cut)?;
        self.is_incomplete |= exit_code == Exit::Incomplete.code() && coverage.errors.is_empty();
        let (head, fail_on) = (head.map(String::from), fail_on.map(String::from));
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
            self.lists.add(list, &mut other);
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

    /// The joined report and the exit code that it speaks of.
    pub fn finish(mut self, exit_zero: bool) -> Result<(Vec<u8>, Exit)> {
        let count = self.of.as_ref().map_or(0, |(count, _)| *count);
        if let Some(missing) = (1..=count).find(|part| !self.parts.contains(part)) {
            let error = Error::new("merge", "reports", format!("part {missing}/{count} is not among them"));
            return Err(error.hint("run it and merge again"));
        }
        let coverage = &mut self.coverage;
        self.lists.put_in(coverage);
        coverage.skipped.order();
        coverage.skipped.dedup();
        coverage.errors.order_by(|a, b| a.message.cmp(&b.message));
        coverage.errors.dedup();
        coverage.notes.order();
        coverage.notes.dedup();
        let active = self.findings.active();
        // What is not understood lets all count.
        let fail_on = self.fail_on.as_deref().and_then(|text| FailOn::parse(text).ok());
        let failing = fail_on.map(|least| self.findings.failing(least));
        let is_complete = coverage.errors.is_empty() && !self.is_incomplete;
        let exit = match (is_complete, failing.unwrap_or(active)) {
            (false, _) => Exit::Incomplete,
            (true, 1..) if !exit_zero => Exit::Findings,
            (true, _) => Exit::Clean,
        };
        let suppressed = (self.findings.count() - active) as u64;
        let mut suppressed_by = BTreeMap::new();
        let mut out = Vec::new();
        for (line, by) in self.findings.into_lines() {
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

/// The exit code of a part's report, if it is whole and this very part's.
pub fn whole_part(text: &[u8], part: &AuditPart) -> Option<u8> {
    let lines = text.strip_suffix(b"\n")?;
    let last = lines.rsplit(|&byte| byte == b'\n').next()?;
    let summary: Summary<'_> = serde_json::from_slice(last).ok()?;
    let found = summary.part?;
    let is_it = found.index == part.index && found.count == part.count && found.content == part.content;
    is_it.then_some(summary.exit_code)
}
