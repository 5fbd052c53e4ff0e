//! The `markdown` format, for a comment on a change and for a job summary. It starts with a [`MARKER`] by which a
//! comment can be found and updated, and stays below a size limit, since GitHub drops a longer text completely.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::report::escape::markdown as text;
use crate::report::keys::{JsonKey, KeyList};
use crate::report::model::{Document, JsonCommit, JsonFinding};
use crate::report::numbers::{counted, grouped};
use crate::report::{ReportStyle, outcome};

/// The first line of each report.
pub const MARKER: &str = "<!-- keysweep report -->";

/// The size limit of a comment in bytes: GitHub accepts 65,536 characters.
pub const COMMENT: usize = 60_000;

/// The size limit of a job summary in bytes: GitHub accepts 1 MiB for each step.
pub const SUMMARY: usize = 1_000_000;

/// The space that is kept for the text after the table, in bytes.
const TAIL: usize = 8_000;

/// Writes a report that fits into a comment.
pub(super) fn write(document: &Document<'_>, style: ReportStyle, out: &mut dyn Write) -> io::Result<()> {
    let page = if style.view.tables_of_keys { of_keys(document, COMMENT) } else { within(document, COMMENT) };
    out.write_all(page.as_bytes())
}

/// A table of keys: the state of each, since when, and what to do first.
fn of_keys(document: &Document<'_>, limit: usize) -> String {
    let mut page = head(document);
    let keys = KeyList::new(document);
    let mut shown = 0;
    for key in keys.iter_active() {
        let row = key_row(document, &key);
        if page.len() + row.len() + TAIL > limit {
            break;
        }
        if shown == 0 {
            page +=
                "| Severity | Key | State | From | Until | Where | What to do first |\n|---|---|---|---|---|---|---|\n";
        }
        page += &row;
        shown += 1;
    }
    if shown < keys.active() {
        page += &format!(
            "\n{} more keys, less dangerous ones, are in the full report.\n",
            grouped((keys.active() - shown) as u64)
        );
    }
    let mut tail = Tail { page, limit };
    tail.end(document);
    tail.page
}

fn key_row(document: &Document<'_>, key: &JsonKey<'_>) -> String {
    let code = |untrusted: &str| format!("<code>{}</code>", text(untrusted));
    let day =
        |commit: Option<&JsonCommit<'_>>| commit.map_or_else(String::new, |c| text(c.date.get(..10).unwrap_or("")));
    let until = if key.state.is_live() { "now".to_owned() } else { day(key.last_commit.as_ref()) };
    let place = key.findings.first().map(|&at| document.findings[at].place()).unwrap_or_default();
    let more = if key.places > 1 { format!(" and {} more", grouped(key.places - 1)) } else { String::new() };
    let step = key.next_steps.first().map_or("", |step| &step.text);
    format!(
        "| {}, {} | {} {} | {}{} | {} | {until} | {}{more} | {} |\n",
        key.severity,
        key.confidence,
        text(&key.title),
        code(&key.masked()),
        key.state.word(),
        if key.on_remote { ", pushed" } else { "" },
        day(key.first_commit.as_ref()),
        code(&place),
        text(step),
    )
}

/// A report of at most `limit` bytes; empty if even its start is too long.
pub fn within(document: &Document<'_>, limit: usize) -> String {
    let summary = &document.summary;
    let mut page = head(document);
    if page.len() + TAIL > limit {
        return if page.len() <= limit { page } else { String::new() };
    }
    let mut advice = BTreeMap::new();
    let mut shown = 0;
    for entry in document.worst_first().into_iter().take(usize::try_from(summary.findings).unwrap_or(usize::MAX)) {
        let row = row(entry);
        if page.len() + row.len() + TAIL > limit {
            break;
        }
        if shown == 0 {
            page += "| Severity | Key | Where | Commit |\n|---|---|---|---|\n";
        }
        page += &row;
        shown += 1;
        advice.entry(entry.title.as_ref()).or_insert_with(|| entry.next_step());
    }
    if shown < summary.findings {
        page += &format!("\n{} more, less severe ones, are in the full report.\n", grouped(summary.findings - shown));
    }
    let mut tail = Tail { page, limit };
    if !advice.is_empty() {
        tail.add(
            "\n**What to do.** A key that was pushed is public: taking it out with another commit is not enough.\n\n",
        );
    }
    for (title, step) in advice {
        tail.add(&format!("- {}: {}\n", text(title), text(&step)));
    }
    tail.end(document);
    tail.page
}

/// The marker and the result.
fn head(document: &Document<'_>) -> String {
    let verdict = outcome::verdict(document);
    let incomplete = if document.summary.exit_code == 2 { " — **the scan did not complete**" } else { "" };
    format!("{MARKER}\n### keysweep: {}{incomplete}\n\n", text(verdict.trim_end_matches('.')))
}

fn row(entry: &JsonFinding<'_>) -> String {
    let code = |untrusted: &str| format!("<code>{}</code>", text(untrusted));
    let mut place = entry.place();
    if entry.location.path.is_some() && entry.location.line > 0 {
        place += &format!(":{}", entry.location.line);
    }
    let commit = entry.commit.as_ref().map(|commit| code(commit.short())).unwrap_or_default();
    format!(
        "| {}, {} | {} {} | {} | {commit} |\n",
        entry.severity,
        entry.confidence,
        text(&entry.title),
        code(&entry.masked()),
        code(&place),
    )
}

/// Writes the text after the table, within the size limit.
struct Tail {
    page: String,
    limit: usize,
}

impl Tail {
    /// Writes what was scanned and what was not.
    fn end(&mut self, document: &Document<'_>) {
        let summary = &document.summary;
        self.list("Not completed", summary.coverage.errors.iter().map(|fault| fault.message.as_ref()));
        self.list("Notes", summary.coverage.notes.iter().map(AsRef::as_ref));
        if let Some(change) = &summary.change {
            self.add(&format!("\n{}\n", text(&change.why)));
        }
        self.add(&format!("\n{}.\n", text(&outcome::scanned(&summary.coverage))));
    }

    fn add(&mut self, part: &str) -> bool {
        let fits = self.page.len() + part.len() <= self.limit;
        if fits {
            self.page += part;
        }
        fits
    }

    fn list<'a>(&mut self, title: &str, lines: impl ExactSizeIterator<Item = &'a str>) {
        const MOST: usize = 20;
        let total = lines.len();
        if total == 0 {
            return;
        }
        self.add(&format!("\n**{title}.**\n\n"));
        for line in lines.take(MOST) {
            self.add(&format!("- {}\n", text(line)));
        }
        if total > MOST {
            self.add(&format!("- and {}\n", counted((total - MOST) as u64, "more line")));
        }
    }
}
