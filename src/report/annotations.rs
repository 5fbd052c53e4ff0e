//! The `annotations` format: GitHub's workflow commands. GitHub shows at most ten of each kind for a step and
//! silently drops the rest, so the most severe findings come first, and the last line says how many more there are.

use std::io::{self, Write};

use crate::report::model::{Document, JsonFinding};
use crate::report::numbers::counted;
use crate::report::{ReportStyle, escape};

/// The maximum number of annotations that GitHub shows of each kind for a step.
const MOST: usize = 10;

/// Writes a line for each of the most severe findings.
pub(super) fn write(document: &Document<'_>, _: ReportStyle, out: &mut dyn Write) -> io::Result<()> {
    let active = usize::try_from(document.summary.findings).unwrap_or(usize::MAX);
    let errors = document.summary.coverage.errors.len();
    let room = MOST - usize::from(errors > 0);
    let shown = if active > room { room - 1 } else { active };
    if let Some(first) = document.summary.coverage.errors.first() {
        let rest = if errors > 1 { format!(" (and {} more)", errors - 1) } else { String::new() };
        line(out, "", "keysweep did not complete", &format!("{}{rest}", first.message))?;
    }
    for entry in document.worst_first().into_iter().take(shown) {
        annotate(entry, out)?;
    }
    if active > shown {
        let more = counted((active - shown) as u64, "more finding");
        line(
            out,
            "",
            &format!("keysweep: {more}"),
            "GitHub shows ten annotations a step; the log and the report have all",
        )?;
    }
    Ok(())
}

fn annotate(entry: &JsonFinding<'_>, out: &mut dyn Write) -> io::Result<()> {
    let location = &entry.location;
    let mut place = String::new();
    if let Some(path) = location.file() {
        place = format!("file={}", escape::command_property(&path));
        if location.line > 0 && location.member.is_none() {
            place += &format!(",line={},endLine={}", location.line, location.end_line.max(location.line));
            if location.line == location.end_line {
                place += &format!(",col={},endColumn={}", location.column, location.end_column);
            }
        }
        place.push(',');
    }
    let title = format!("{} ({}, {})", entry.title, entry.severity, entry.confidence);
    let mut message = format!("{} in {}", entry.masked(), entry.place());
    if let Some(commit) = &entry.commit {
        message += &format!(", introduced by {}", commit.short());
    }
    line(out, &place, &title, &format!("{message}: {}", entry.next_step()))
}

fn line(out: &mut dyn Write, place: &str, title: &str, message: &str) -> io::Result<()> {
    writeln!(out, "::error {place}title={}::{}", escape::command_property(title), escape::command(message))
}
