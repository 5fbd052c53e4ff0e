//! The `json` format: one document, `{"findings": [...], "keys": [...], "summary": {...}}`. Findings and summary are the
//! objects of `jsonl`.

use std::io::{self, Write};

use crate::report::keys::KeyList;
use crate::report::{Document, ReportStyle};

/// Writes the document.
pub(super) fn write(document: &Document<'_>, _: ReportStyle, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"{\"findings\": [")?;
    for (i, entry) in document.findings.iter().enumerate() {
        out.write_all(if i == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *out, entry)?;
    }
    out.write_all(if document.findings.is_empty() { b"],\n\"keys\": [" } else { b"\n],\n\"keys\": [" })?;
    let mut is_empty = true;
    for key in KeyList::new(document).iter() {
        out.write_all(if is_empty { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *out, &key)?;
        is_empty = false;
    }
    out.write_all(if is_empty { b"],\n\"summary\": " } else { b"\n],\n\"summary\": " })?;
    serde_json::to_writer(&mut *out, &document.summary)?;
    out.write_all(b"}\n")
}
