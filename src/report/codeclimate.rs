//! The `codeclimate` format, for GitLab's Code Quality widget.

use std::io::{self, Write};

use serde::Serialize;

use crate::core::finding::Severity;
use crate::report::identity::Identities;
use crate::report::model::Document;
use crate::report::{ReportStyle, escape};

#[derive(Serialize)]
struct Issue<'a> {
    r#type: &'static str,
    check_name: &'a str,
    description: String,
    categories: [&'static str; 1],
    severity: &'static str,
    fingerprint: String,
    location: CodeClimateLocation<'a>,
}

#[derive(Serialize)]
struct CodeClimateLocation<'a> {
    path: std::borrow::Cow<'a, str>,
    lines: CodeClimateLines,
}

#[derive(Serialize)]
struct CodeClimateLines {
    begin: u64,
    end: u64,
}

/// Writes an array with one issue for each active finding.
pub(super) fn write(document: &Document<'_>, _: ReportStyle, out: &mut dyn Write) -> io::Result<()> {
    let mut identities = Identities::default();
    out.write_all(b"[")?;
    for (i, entry) in document.active().enumerate() {
        let place = entry.place();
        let issue = Issue {
            r#type: "issue",
            check_name: &entry.rule,
            description: escape::text(format!("{} {} in {place}", entry.title, entry.masked()).as_bytes()),
            categories: ["Security"],
            severity: match entry.severity {
                Severity::Critical => "blocker",
                Severity::High => "critical",
                Severity::Medium => "major",
                Severity::Low => "minor",
                Severity::Info => "info",
            },
            fingerprint: identities.of(entry).unique(),
            location: CodeClimateLocation {
                path: entry.location.file().unwrap_or_else(|| place.as_str().into()),
                lines: CodeClimateLines { begin: entry.location.line.max(1), end: entry.location.end_line.max(1) },
            },
        };
        out.write_all(if i == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *out, &issue)?;
    }
    out.write_all(b"\n]\n")
}
