//! The `csv` format: a header and a line for each finding, safe to open in a spreadsheet.

use std::io::{self, Write};

use crate::core::finding::{Layer, Part};
use crate::report::model::{Document, FindingStatus};
use crate::report::{ReportStyle, escape};

const HEADER: &str = "status,severity,confidence,rule,provider,title,path,member,part,line,column,secret,fingerprint,\
                      layers,suppressed_by,suppressed_reason,commit,author,date,repository";

/// Writes the table.
pub(super) fn write(document: &Document<'_>, _: ReportStyle, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{HEADER}")?;
    for entry in &document.findings {
        let location = &entry.location;
        let commit = entry.commit.as_ref();
        let layers: Vec<&str> = entry.layers.iter().copied().map(Layer::as_str).collect();
        let status = if entry.status == FindingStatus::Active { "active" } else { "suppressed" };
        write!(out, "{status},{},{}", entry.severity, entry.confidence)?;
        let (line, column) = (location.line.to_string(), location.column.to_string());
        let layers = layers.join(" ");
        let cells: [&str; 17] = [
            &entry.rule,
            &entry.provider,
            &entry.title,
            location.path.as_deref().unwrap_or_default(),
            location.member.as_deref().unwrap_or_default(),
            location.part.map_or("", Part::as_str),
            &line,
            &column,
            &entry.secret,
            &entry.fingerprint,
            &layers,
            entry.suppressed_by.map_or("", |by| by.as_str()),
            entry.suppressed_reason.as_deref().unwrap_or_default(),
            commit.map_or("", |commit| &commit.id),
            commit.map_or("", |commit| &commit.author_name),
            commit.map_or("", |commit| &commit.date),
            location.repository.as_deref().unwrap_or_default(),
        ];
        for cell in cells {
            write!(out, ",{}", escape::csv(cell))?;
        }
        writeln!(out)?;
    }
    Ok(())
}
