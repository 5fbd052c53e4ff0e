//! The `gitlab` format: the secret detection report of GitLab, schema 15.2.

use std::io::{self, Write};

use serde::Serialize;

use crate::core::date;
use crate::core::finding::Severity;
use crate::report::identity::Identities;
use crate::report::model::{Document, JsonFinding};
use crate::report::{ReportStyle, escape};

/// The version of the schema.
const SCHEMA: &str = "15.2.1";

/// The commit id that GitLab's own analyser writes if no commit is known.
const NO_COMMIT: &str = "0000000";

#[derive(Serialize)]
struct GitlabScan {
    analyzer: Tool,
    scanner: Tool,
    r#type: &'static str,
    start_time: String,
    end_time: String,
    status: &'static str,
    messages: Vec<Message>,
}

#[derive(Clone, Copy, Serialize)]
struct Tool {
    id: &'static str,
    name: &'static str,
    vendor: Vendor,
    version: &'static str,
}

#[derive(Clone, Copy, Serialize)]
struct Vendor {
    name: &'static str,
}

#[derive(Serialize)]
struct Message {
    level: &'static str,
    value: String,
}

#[derive(Serialize)]
struct Vulnerability<'a> {
    id: String,
    name: String,
    description: String,
    severity: &'static str,
    solution: String,
    identifiers: [GitlabIdentifier<'a>; 1],
    location: GitlabLocation<'a>,
    raw_source_code_extract: String,
}

#[derive(Serialize)]
struct GitlabIdentifier<'a> {
    r#type: &'static str,
    name: String,
    value: &'a str,
}

#[derive(Serialize)]
struct GitlabLocation<'a> {
    file: std::borrow::Cow<'a, str>,
    start_line: u64,
    end_line: u64,
    commit: GitlabCommit<'a>,
}

#[derive(Serialize)]
struct GitlabCommit<'a> {
    sha: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
}

/// Writes the report without suppressed findings, because GitLab has its own way to dismiss findings.
pub(super) fn write(document: &Document<'_>, _: ReportStyle, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{{\"version\": \"{SCHEMA}\",\n\"scan\": ")?;
    serde_json::to_writer(&mut *out, &scan(document))?;
    out.write_all(b",\n\"vulnerabilities\": [")?;
    let mut identities = Identities::default();
    for (i, entry) in document.active().enumerate() {
        out.write_all(if i == 0 { b"\n" } else { b",\n" })?;
        vulnerability(entry, identities.of(entry).unique(), out)?;
    }
    out.write_all(b"\n]}\n")
}

fn scan(document: &Document<'_>) -> GitlabScan {
    let tool = Tool {
        id: "keysweep",
        name: "keysweep",
        vendor: Vendor { name: "keysweep" },
        version: env!("CARGO_PKG_VERSION"),
    };
    let coverage = &document.summary.coverage;
    let message = |level| move |text: &str| Message { level, value: escape::text(text.as_bytes()) };
    let errors = coverage.errors.iter().map(|fault| fault.message.as_ref()).map(message("fatal"));
    let notes = coverage.notes.iter().map(AsRef::as_ref).map(message("info"));
    GitlabScan {
        analyzer: tool,
        scanner: tool,
        r#type: "secret_detection",
        start_time: date::utc(document.time.0),
        end_time: date::utc(document.time.1),
        status: if document.summary.exit_code == 2 { "failure" } else { "success" },
        // GitLab requires a text.
        messages: errors.chain(notes).filter(|message| !message.value.is_empty()).collect(),
    }
}

fn vulnerability(entry: &JsonFinding<'_>, id: String, out: &mut dyn Write) -> io::Result<()> {
    let place = entry.place();
    let text = |text: &str, most: usize| escape::text(text.as_bytes()).chars().take(most).collect::<String>();
    let commit = entry.commit.as_ref();
    let uuid: Vec<String> = [0..8, 8..12, 12..16, 16..20, 20..32]
        .into_iter()
        .map(|range| id.get(range).unwrap_or_default().to_owned())
        .collect();
    let known = |text: fn(&crate::report::model::JsonCommit<'_>) -> bool| commit.filter(|commit| text(commit));
    let vulnerability = Vulnerability {
        id: uuid.join("-"),
        name: text(&entry.title, 255),
        description: escape::markdown(&format!("{} {} in {place}", entry.title, entry.masked())),
        severity: match entry.severity {
            Severity::Critical => "Critical",
            Severity::High => "High",
            Severity::Medium => "Medium",
            Severity::Low => "Low",
            Severity::Info => "Info",
        },
        solution: text(&entry.next_step(), 7000),
        identifiers: [GitlabIdentifier {
            r#type: "keysweep_rule_id",
            name: format!("keysweep rule {}", text(&entry.rule, 200)),
            value: &entry.rule,
        }],
        location: GitlabLocation {
            file: entry.location.file().unwrap_or_else(|| place.as_str().into()),
            start_line: entry.location.line.max(1),
            end_line: entry.location.end_line.max(1),
            commit: GitlabCommit {
                sha: commit.map_or(NO_COMMIT, |commit| &commit.id),
                author: known(|commit| !commit.author_name.is_empty()).map(|commit| commit.author_name.as_ref()),
                date: known(|commit| !commit.date.is_empty()).map(|commit| commit.date.as_ref()),
                message: known(|commit| !commit.summary.is_empty()).map(|commit| commit.summary.as_ref()),
            },
        },
        raw_source_code_extract: entry.masked(),
    };
    Ok(serde_json::to_writer(out, &vulnerability)?)
}
