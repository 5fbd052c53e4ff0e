//! The `junit` format: XML that nearly every CI system can show as test results. A finding is a failed test, a
//! suppressed one a skipped test, an error a test with an error; a clean run is one passed test.

use std::io::{self, Write};

use crate::report::escape::xml;
use crate::report::model::{Document, FindingStatus, JsonFinding};
use crate::report::{ReportStyle, outcome};

/// Writes the document.
pub(super) fn write(document: &Document<'_>, _: ReportStyle, out: &mut dyn Write) -> io::Result<()> {
    let summary = &document.summary;
    let errors = summary.coverage.errors.len() as u64;
    let clean = u64::from(errors == 0 && summary.findings == 0);
    let counts = format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{errors}\" skipped=\"{}\"",
        summary.findings + summary.suppressed + errors + clean,
        summary.findings,
        summary.suppressed,
    );
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites name=\"keysweep\" {counts} time=\"0\">")?;
    writeln!(out, "<testsuite name=\"keysweep\" {counts} time=\"0\">")?;
    for entry in &document.findings {
        case(entry, out)?;
    }
    for fault in &summary.coverage.errors {
        let (item, message) = (xml(&fault.item), xml(&fault.message));
        writeln!(
            out,
            "<testcase name=\"complete: {item}\" classname=\"keysweep\"><error message=\"{message}\"/></testcase>"
        )?;
    }
    if clean == 1 {
        writeln!(out, "<testcase name=\"no keys\" classname=\"keysweep\"/>")?;
    }
    let mut said = outcome::scanned(&summary.coverage);
    for note in &summary.coverage.notes {
        said += &format!("\nnote: {}", note.replace('\n', " "));
    }
    let said: Vec<String> = said.lines().map(xml).collect();
    writeln!(out, "<system-out>{}</system-out>", said.join("\n"))?;
    writeln!(out, "</testsuite>\n</testsuites>")
}

fn case(entry: &JsonFinding<'_>, out: &mut dyn Write) -> io::Result<()> {
    let place = entry.place();
    let at = format!("{place}:{}:{}", entry.location.line, entry.location.column);
    let name = xml(&format!("{} in {at}", entry.title));
    write!(out, "<testcase name=\"{name}\" classname=\"{}\"", xml(&entry.rule))?;
    if let Some(path) = entry.location.file() {
        write!(out, " file=\"{}\" line=\"{}\"", xml(&path), entry.location.line)?;
    }
    write!(out, ">")?;
    if entry.status == FindingStatus::Suppressed {
        let by = entry.suppressed_by.map_or("", |by| by.as_str());
        let reason = entry.suppressed_reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
        return writeln!(out, "<skipped message=\"{}\"/></testcase>", xml(&format!("suppressed by {by}{reason}")));
    }
    let message = xml(&format!("{} {}", entry.title, entry.masked()));
    let kind = format!("{}, {}", entry.severity, entry.confidence);
    write!(out, "<failure type=\"{kind}\" message=\"{message}\">{}", xml(&at))?;
    if let Some(commit) = &entry.commit {
        write!(out, "\nintroduced by {}", xml(&commit.id))?;
    }
    writeln!(out, "\n{}</failure></testcase>", xml(&entry.next_step()))
}
