//! The `human` format where keys stand in history or in many places: totals and what to do first, then a line a key, the
//! most dangerous first, then the details of the worst. Everything fits the width that it is given.

mod details;
mod groups;
mod sentences;
mod table;
mod totals;

use std::collections::BTreeMap;
use std::io;

use details::DETAILS;
use table::Columns;

use crate::core::finding::Severity;
use crate::report::keys::{JsonKey, KeyList};
use crate::report::layout::wrap;
use crate::report::model::{Document, FindingStatus, JsonFinding};
use crate::report::numbers::counted;
use crate::report::page::{Page, RED, YELLOW};
use crate::report::{Grouping, ReportStyle, escape, outcome};

/// With more places than this, a scan of files is told by keys.
const MANY: usize = 20;

/// Whether keys, not places, are what a report is about.
pub(super) fn is_for(document: &Document<'_>, style: ReportStyle) -> bool {
    let is_shown = |entry: &&JsonFinding<'_>| style.show_suppressed || entry.status == FindingStatus::Active;
    let mut shown = document.findings.iter().filter(is_shown);
    style.view.full
        || style.view.by != Grouping::Key
        || shown.clone().any(|entry| entry.history.is_some())
        || shown.nth(MANY).is_some()
}

/// Writes the report.
pub(super) fn write(document: &Document<'_>, style: ReportStyle, page: &mut Page<'_>) -> io::Result<()> {
    let width = if style.width == 0 { 80 } else { style.width.max(50) };
    let keys = shown_keys(document, style);
    let columns = Columns::of(&keys, width);
    let mut audit = AuditPage { document, keys: &keys, columns, style, width, page };
    if !style.quiet {
        audit.totals()?;
    }
    match style.view.by {
        Grouping::Key => {
            audit.lines()?;
            audit.details()?;
        }
        by => audit.groups(by)?,
    }
    if !style.quiet {
        audit.end()?;
    }
    Ok(())
}

/// The keys to show. Those that have no details hold none: there may be a hundred thousand.
fn shown_keys<'a>(document: &'a Document<'a>, style: ReportStyle) -> Vec<JsonKey<'a>> {
    let detailed = if style.view.full { usize::MAX } else { DETAILS };
    let list = KeyList::new(document);
    let number = if style.show_suppressed { usize::MAX } else { list.active() };
    let without_details = |(at, key): (usize, JsonKey<'a>)| match at < detailed {
        true => key,
        false => JsonKey { next_steps: Vec::new(), uses: Vec::new(), refs: Vec::new(), ..key },
    };
    list.iter().take(number).enumerate().map(without_details).collect()
}

struct AuditPage<'a, 'p, 'w> {
    document: &'a Document<'a>,
    keys: &'a [JsonKey<'a>],
    columns: Columns,
    style: ReportStyle,
    width: usize,
    page: &'p mut Page<'w>,
}

impl AuditPage<'_, '_, '_> {
    /// Whether nothing is cut.
    fn is_full(&self) -> bool {
        self.style.view.full || self.keys.len() == 1
    }

    /// The place to show for a key: what is live, and came first.
    fn first<'k>(&'k self, key: &JsonKey<'_>) -> Option<&'k JsonFinding<'k>> {
        let entries = key.findings.iter().map(|&at| &self.document.findings[at]);
        entries.min_by_key(|entry| {
            let date = entry.commit.as_ref().map(|commit| commit.date.as_ref());
            (entry.history.as_ref().is_some_and(|history| !history.in_head), date, entry.place())
        })
    }

    fn end(&mut self) -> io::Result<()> {
        let coverage = &self.document.summary.coverage;
        let mut text = outcome::scanned(coverage);
        text += match coverage.errors.len() {
            0 => ".",
            _ => "",
        };
        if !coverage.errors.is_empty() {
            text += &format!(". Incomplete: {}, see standard error.", counted(coverage.errors.len() as u64, "error"));
        }
        wrap(&text, self.width, 0).iter().try_for_each(|line| writeln!(self.page.out, "{line}"))?;
        for note in &coverage.notes {
            let lines = wrap(&format!("Note: {}", escape::text(note.as_bytes())), self.width, 2);
            lines.iter().try_for_each(|line| writeln!(self.page.out, "{line}"))?;
        }
        Ok(())
    }
}

/// How many keys there are of each sort.
fn count<T: Ord>(keys: &[&JsonKey<'_>], sort: impl Fn(&JsonKey<'_>) -> T) -> Vec<(T, u64)> {
    let mut counts: BTreeMap<T, u64> = BTreeMap::new();
    keys.iter().for_each(|key| *counts.entry(sort(key)).or_default() += 1);
    counts.into_iter().collect()
}

fn provider(key: &JsonKey<'_>) -> String {
    let name = if key.provider.is_empty() { &key.rule } else { &key.provider };
    escape::text(name.as_bytes())
}

fn loud(severity: Severity) -> &'static str {
    if severity >= Severity::High { RED } else { YELLOW }
}
