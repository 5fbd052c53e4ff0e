//! The `jsonl` format: one object a line, findings first, the summary last.

use std::io::{self, Write};

use crate::core::coverage::Report;
use crate::report::Style;
use crate::report::json::{FindingObject, SummaryObject};

/// Writes the lines.
pub(super) fn write(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    for finding in &report.findings {
        serde_json::to_writer(&mut *out, &FindingObject::new(finding, style))?;
        out.write_all(b"\n")?;
    }
    serde_json::to_writer(&mut *out, &SummaryObject::new(report, style))?;
    out.write_all(b"\n")
}
