//! The `jsonl` format: one object a line, findings first, the summary last.

use std::io::{self, Write};

use crate::report::{Document, ReportStyle};

/// Writes the lines.
pub(super) fn write(document: &Document<'_>, _: ReportStyle, out: &mut dyn Write) -> io::Result<()> {
    for entry in &document.findings {
        serde_json::to_writer(&mut *out, entry)?;
        out.write_all(b"\n")?;
    }
    serde_json::to_writer(&mut *out, &document.summary)?;
    out.write_all(b"\n")
}
