//! The `human` format: the findings grouped by file, each with its line and advice, then the coverage.

use std::collections::HashMap;
use std::io::{self, Write};

use bstr::ByteSlice as _;
use unicode_width::UnicodeWidthStr as _;

use crate::core::finding::Severity;
use crate::core::order::ListOrder as _;
use crate::report::layout::{fit, fit_end};
use crate::report::model::{FindingStatus, JsonFinding, Summary};
use crate::report::numbers::counted;
use crate::report::outcome::{scanned, verdict};
use crate::report::page::{BOLD, DIM, GREEN, Page, RED, YELLOW};
use crate::report::{Document, ReportStyle, audit, escape, past};

/// The advice for keys that are only in the index.
const ONLY_STAGED: &str = "  Take the key out of the file (keysweep fix PATH does that), and stage the file again.
  To leave the file out of the commit: git restore --staged PATH
  If it is no key: keysweep ignore PATH:LINE
  It is not committed, so you need not revoke it, unless an editor, a coding agent or a sync service has already sent it.
";

/// The number of digits in an abbreviated fingerprint, enough for `keysweep ignore`.
const SHORT_FINGERPRINT: usize = 12;

/// Writes the report.
pub(super) fn write(document: &Document<'_>, style: ReportStyle, out: &mut dyn Write) -> io::Result<()> {
    let root = document.root.as_deref();
    let mut page = Page { out, color: style.color, links: style.links, width: style.width, root };
    if audit::is_for(document, style) {
        return audit::write(document, style, &mut page);
    }
    let mut first_seen: HashMap<&str, String> = HashMap::new();
    let mut heading = None;
    let is_shown = |entry: &&JsonFinding<'_>| style.show_suppressed || entry.status == FindingStatus::Active;
    let mut shown: Vec<&JsonFinding<'_>> = document.findings.iter().filter(is_shown).collect();
    shown.order_by_key(|finding| finding.rank());
    for finding in shown {
        let name = finding.place();
        if heading.as_ref() != Some(&name) {
            if heading.is_some() {
                writeln!(page.out)?;
            }
            page.linked(finding, false, BOLD, &name)?;
            writeln!(page.out)?;
        }
        let here = format!("{name}:{}", finding.location.line);
        page.finding(finding, style, first_seen.get(finding.fingerprint.as_ref()).map(String::as_str))?;
        first_seen.entry(&finding.fingerprint).or_insert(here);
        heading = Some(name);
    }
    if style.quiet {
        return Ok(());
    }
    if heading.is_some() {
        writeln!(page.out)?;
    }
    if document.occasion.is_advised() {
        page.advice(document)?;
    }
    page.summary(document)
}

impl Page<'_> {
    fn finding(&mut self, finding: &JsonFinding<'_>, style: ReportStyle, seen: Option<&str>) -> io::Result<()> {
        let at = &finding.location;
        write!(self.out, "  ")?;
        self.linked(finding, true, "", &format!("{}:{}", at.line, at.column))?;
        write!(self.out, "  ")?;
        self.paint(BOLD, &escape::text(finding.title.as_bytes()))?;
        write!(self.out, "  ")?;
        let loud = if finding.severity >= Severity::High { RED } else { YELLOW };
        self.paint(loud, finding.severity.as_str())?;
        write!(self.out, ", {}", finding.confidence)?;
        if !finding.layers.is_empty() {
            let layers: Vec<&str> = finding.layers.iter().map(|layer| layer.as_str()).collect();
            write!(self.out, ", in {}", layers.join(" in "))?;
        }
        let fingerprint: String = finding.fingerprint.chars().take(SHORT_FINGERPRINT).collect();
        self.paint(DIM, &format!("  {} {fingerprint}", escape::text(finding.rule.as_bytes())))?;
        writeln!(self.out)?;
        self.excerpt(finding)?;
        if style.show_secrets {
            writeln!(self.out, "    key: {}", escape::text(finding.secret.as_bytes()))?;
        }
        self.commit(finding)?;
        if let Some(note) = &finding.note {
            writeln!(self.out, "    note: {}", escape::text(note.as_bytes()))?;
        }
        if let Some(by) = finding.suppressed_by {
            let reason = finding.suppressed_reason.as_deref();
            let reason = reason.map(|reason| format!(": {}", escape::text(reason.as_bytes())));
            return writeln!(self.out, "    suppressed by {by}{}", reason.unwrap_or_default());
        }
        match seen {
            Some(first) => writeln!(self.out, "    the same key as {first}"),
            None => Ok(()),
        }
    }

    /// The advice, once for all keys with the same advice.
    fn advice(&mut self, document: &Document<'_>) -> io::Result<()> {
        let mut steps: Vec<(String, Vec<&str>)> = Vec::new();
        for entry in document.active() {
            let step = entry.next_step();
            let titles = match steps.iter_mut().find(|(known, _)| *known == step) {
                Some((_, titles)) => titles,
                None => {
                    steps.push((step, Vec::new()));
                    let Some((_, titles)) = steps.last_mut() else { continue };
                    titles
                }
            };
            if !titles.contains(&entry.title.as_ref()) {
                titles.push(entry.title.as_ref());
            }
        }
        if steps.is_empty() {
            return Ok(());
        }
        self.paint(BOLD, "What to do")?;
        writeln!(self.out)?;
        if document.occasion.is_staged() {
            return writeln!(self.out, "{ONLY_STAGED}");
        }
        for (step, titles) in &steps {
            let titles = escape::text(titles.join(", ").as_bytes());
            writeln!(self.out, "  {titles}: {}", self.with_links(step))?;
        }
        writeln!(self.out, "  If it is no key: keysweep ignore PATH:LINE\n")
    }

    /// The line of the finding with a caret below the key; for decoded text only the masked key.
    fn excerpt(&mut self, finding: &JsonFinding<'_>) -> io::Result<()> {
        let parts = finding.excerpt.and_then(|excerpt| {
            let (text, mark) = (&excerpt.text, &excerpt.mark);
            Some((text.get(..mark.start)?, text.get(mark.clone())?, text.get(mark.end..)?))
        });
        let (before, key, after) = match parts {
            Some((before, key, after)) if !key.is_empty() => (line(before), line(key), line(after)),
            // With --show-secrets the key itself is shown below.
            _ => (String::new(), finding.masked(), String::new()),
        };
        let number = finding.location.line.to_string();
        // The text left and right of the key shares the rest of the line. Most of it goes to the left side, which
        // usually shows whose key it is.
        let room = if self.width == 0 { usize::MAX } else { self.width.saturating_sub(7 + number.len() + key.width()) };
        let after = after.trim_end();
        let before = fit_end(before.trim_start(), room.saturating_sub(after.width().min(room / 3)));
        let after = fit(after, room.saturating_sub(before.width()));
        self.paint(DIM, &format!("    {number} | "))?;
        write!(self.out, "{before}")?;
        self.paint(RED, &key)?;
        writeln!(self.out, "{after}")?;
        self.paint(DIM, &format!("    {:width$} | ", "", width = number.len()))?;
        write!(self.out, "{:width$}", "", width = before.width())?;
        self.paint(RED, &"^".repeat(key.width().max(1)))?;
        writeln!(self.out)
    }

    fn commit(&mut self, finding: &JsonFinding<'_>) -> io::Result<()> {
        let Some(commit) = &finding.commit else { return Ok(()) };
        let text = |text: &str| escape::text(text.as_bytes());
        let id = commit.short();
        let (author, date, summary) = (text(&commit.author_name), text(&commit.date), text(&commit.summary));
        if author.is_empty() {
            writeln!(self.out, "    in object {id}")?;
        } else {
            writeln!(self.out, "    introduced by {id}, {date}, {author}: {summary}")?;
        }
        match &finding.history {
            Some(history) => writeln!(self.out, "    {}", past::state(history)),
            None => Ok(()),
        }
    }

    fn summary(&mut self, document: &Document<'_>) -> io::Result<()> {
        let Summary { coverage, exit_code, findings, .. } = &document.summary;
        let color = if *findings > 0 { RED } else { GREEN };
        self.paint(if *exit_code == 2 { RED } else { color }, &verdict(document))?;
        writeln!(self.out)?;
        write!(self.out, "{}", scanned(coverage))?;
        match coverage.errors.len() {
            0 => writeln!(self.out, "."),
            errors => writeln!(self.out, ". Incomplete: {}, see standard error.", counted(errors as u64, "error")),
        }?;
        for note in &coverage.notes {
            writeln!(self.out, "Note: {}", escape::text(note.as_bytes()))?;
        }
        Ok(())
    }
}

/// Escapes the scanned line. A tab becomes four spaces, as in the line with the caret.
fn line(text: &str) -> String {
    escape::text(&text.as_bytes().replace("\t", "    "))
}
