//! Reads `json` and `jsonl` reports.

use std::io::{BufRead, Read as _};

use serde::Deserialize;

use crate::core::error::{Error, Result};
use crate::core::finding::RuleInfo;
use crate::report::model::{Document, JsonFinding, Summary};

/// The maximum length of a line in bytes.
const LONGEST: u64 = 64 << 20;

/// The field that distinguishes findings from the summary.
#[derive(Deserialize)]
struct TypeTag {
    r#type: String,
}

/// A line of a `jsonl` report.
pub(super) enum ReportLine {
    Finding(Box<JsonFinding<'static>>),
    Summary(Box<Summary<'static>>),
}

impl ReportLine {
    /// Parses a line. The error is the reason.
    pub(super) fn parse(line: &[u8]) -> std::result::Result<Self, String> {
        // The type comes first in lines that keysweep wrote, so they are parsed only once.
        let tag = if line.starts_with(b"{\"type\":\"finding\",") {
            "finding".to_owned()
        } else {
            serde_json::from_slice::<TypeTag>(line).map_err(|error| error.to_string())?.r#type
        };
        let parsed = match tag.as_str() {
            "finding" => serde_json::from_slice(line).map(Self::Finding),
            "summary" => serde_json::from_slice(line).map(Self::Summary),
            other => return Err(format!("{other:?} is neither a finding nor a summary")),
        };
        parsed.map_err(|error| error.to_string())
    }
}

#[derive(Deserialize)]
struct Json {
    findings: Vec<JsonFinding<'static>>,
    summary: Summary<'static>,
}

/// Parses a report of `--format jsonl` or `json`; `name` is the file's name in errors. `rule` provides what a report
/// does not contain, such as where a rule's keys are revoked.
pub fn document(
    name: &str,
    input: &mut dyn BufRead,
    rule: &dyn Fn(&str) -> Option<RuleInfo>,
) -> Result<Document<'static>> {
    let hint = "give a report that keysweep wrote with --format jsonl or json";
    let mut findings: Vec<JsonFinding<'static>> = Vec::new();
    let mut summary: Option<Summary<'static>> = None;
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let failed =
            |why: &dyn std::fmt::Display| Error::new("read report", format!("{name}:{number}"), why).hint(hint);
        input.take(LONGEST).read_until(b'\n', &mut line).map_err(|error| failed(&error))?;
        if line.is_empty() {
            break;
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        if summary.is_some() {
            return Err(failed(&"something follows the summary: it is more than one report"));
        }
        if number == 1 && line.starts_with(b"{\"findings\": [") {
            input.read_to_end(&mut line).map_err(|error| failed(&error))?;
            let json: Json = serde_json::from_slice(&line).map_err(|error| failed(&error))?;
            (findings, summary) = (json.findings, Some(json.summary));
            break;
        }
        match ReportLine::parse(&line).map_err(|why| failed(&why))? {
            ReportLine::Finding(finding) => findings.push(*finding),
            ReportLine::Summary(of_all) => summary = Some(*of_all),
        }
    }
    let cut = || Error::new("read report", name, "it has no summary: its run did not end").hint(hint);
    let summary = summary.ok_or_else(cut)?;
    for entry in &mut findings {
        if let Some(info) = rule(&entry.rule) {
            (entry.revoke, entry.advice) = (info.revoke, info.advice);
        }
    }
    Ok(Document::of(findings, summary))
}
