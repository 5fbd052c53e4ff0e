//! The `json` format: one document, `{"findings": [...], "summary": {...}}`. Its objects are those of `jsonl`.
//!
//! Other tools read this: the keys, their order and their values are fixed. New keys may be added, none may change.

use std::io::{self, Write};

use bstr::BStr;
use serde::Serialize;

use crate::core::coverage::Report;
use crate::core::finding::{Commit, Finding, History, Location};
use crate::report::{Style, escape};

/// Writes the document.
pub(super) fn write(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"{\"findings\": [")?;
    for (i, finding) in report.findings.iter().enumerate() {
        out.write_all(if i == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *out, &FindingObject::new(finding, style))?;
    }
    out.write_all(if report.findings.is_empty() { b"],\n\"summary\": " } else { b"\n],\n\"summary\": " })?;
    serde_json::to_writer(&mut *out, &SummaryObject::new(report, style))?;
    out.write_all(b"}\n")
}

/// One finding.
#[derive(Serialize)]
pub(super) struct FindingObject<'a> {
    r#type: &'static str,
    rule: &'a str,
    provider: &'a str,
    title: &'a str,
    severity: &'static str,
    confidence: &'static str,
    secret: String,
    fingerprint: String,
    status: &'static str,
    suppressed_by: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressed_reason: Option<&'a str>,
    location: LocationObject,
    layers: Vec<&'static str>,
    commit: Option<CommitObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<HistoryObject<'a>>,
}

impl<'a> FindingObject<'a> {
    pub(super) fn new(finding: &'a Finding, style: Style) -> Self {
        let suppressed = finding.suppressed.as_ref();
        Self {
            r#type: "finding",
            rule: &finding.rule.id,
            provider: &finding.rule.provider,
            title: &finding.rule.title,
            severity: finding.severity.as_str(),
            confidence: finding.confidence.as_str(),
            secret: if style.show_secrets { escape::text(finding.secret.expose()) } else { finding.secret.mask() },
            fingerprint: finding.fingerprint.to_string(),
            status: if suppressed.is_some() { "suppressed" } else { "active" },
            suppressed_by: suppressed.map(|suppression| suppression.by.as_str()),
            suppressed_reason: suppressed.and_then(|suppression| suppression.reason.as_deref()),
            location: LocationObject::new(&finding.location),
            layers: finding.layers.iter().map(|layer| layer.as_str()).collect(),
            commit: finding.commit.as_deref().map(CommitObject::new),
            history: finding.history.as_ref().map(HistoryObject::new),
        }
    }
}

#[derive(Serialize)]
struct LocationObject {
    path: Option<String>,
    member: Option<String>,
    line: u64,
    column: u64,
    end_line: u64,
    end_column: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<&'static str>,
    /// The exact bytes in hexadecimal, where `path` cannot hold them.
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
}

impl LocationObject {
    fn new(location: &Location) -> Self {
        let path = location.path.as_ref().map(|path| path.as_ref());
        let at = location.position;
        Self {
            path: path.map(plain),
            member: location.member.as_ref().map(|member| plain(member.as_ref())),
            line: at.line,
            column: at.column,
            end_line: at.end_line,
            end_column: at.end_column,
            part: location.part.map(|part| part.as_str()),
            path_bytes: path.and_then(hex_unless_utf8),
        }
    }
}

#[derive(Serialize)]
struct CommitObject<'a> {
    id: &'a str,
    author_name: &'a str,
    author_email: &'a str,
    date: &'a str,
    summary: &'a str,
}

impl<'a> CommitObject<'a> {
    fn new(commit: &'a Commit) -> Self {
        Self {
            id: &commit.id,
            author_name: &commit.author_name,
            author_email: &commit.author_email,
            date: &commit.date,
            summary: &commit.summary,
        }
    }
}

#[derive(Serialize)]
struct HistoryObject<'a> {
    last_commit: Option<CommitObject<'a>>,
    in_head: bool,
    refs: &'a [String],
    on_remote: bool,
    reach: &'static str,
    versions: u64,
    days_exposed: u64,
}

impl<'a> HistoryObject<'a> {
    fn new(history: &'a History) -> Self {
        Self {
            last_commit: history.last_commit.as_deref().map(CommitObject::new),
            in_head: history.in_head,
            refs: &history.refs,
            on_remote: history.on_remote,
            reach: history.reach.as_str(),
            versions: history.versions,
            days_exposed: history.days_exposed,
        }
    }
}

/// The last object.
#[derive(Serialize)]
pub(super) struct SummaryObject<'a> {
    r#type: &'static str,
    findings: usize,
    suppressed: usize,
    exit_code: u8,
    coverage: CoverageObject<'a>,
}

#[derive(Serialize)]
struct CoverageObject<'a> {
    files: u64,
    bytes: u64,
    skipped: Vec<SkippedObject>,
    errors: Vec<ErrorObject<'a>>,
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    counts: serde_json::Map<String, serde_json::Value>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    notes: &'a [String],
}

#[derive(Serialize)]
struct SkippedObject {
    path: String,
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
}

#[derive(Serialize)]
struct ErrorObject<'a> {
    item: &'a str,
    message: String,
}

impl<'a> SummaryObject<'a> {
    pub(super) fn new(report: &'a Report, style: Style) -> Self {
        let coverage = &report.coverage;
        let skipped = |skipped: &crate::core::coverage::Skipped| SkippedObject {
            path: plain(skipped.path.as_ref()),
            reason: skipped.reason,
            path_bytes: hex_unless_utf8(skipped.path.as_ref()),
        };
        Self {
            r#type: "summary",
            findings: report.active(),
            suppressed: report.findings.len() - report.active(),
            exit_code: style.exit.code(),
            coverage: CoverageObject {
                files: coverage.files,
                bytes: coverage.bytes,
                skipped: coverage.skipped.iter().map(skipped).collect(),
                errors: (coverage.errors.iter())
                    .map(|error| ErrorObject { item: error.thing(), message: error.to_string() })
                    .collect(),
                counts: coverage.counts.iter().map(|&(name, number)| (name.to_owned(), number.into())).collect(),
                notes: &coverage.notes,
            },
        }
    }
}

/// As it is, where it is UTF-8: JSON has its own escapes.
fn plain(bytes: &BStr) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => escape::text(bytes),
    }
}

fn hex_unless_utf8(bytes: &BStr) -> Option<String> {
    std::str::from_utf8(bytes).is_err().then(|| bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
