//! The `human` format: the findings grouped by file, each with its line and advice, then the coverage.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};
use std::path::Path;

use bstr::ByteSlice as _;
use unicode_width::UnicodeWidthStr as _;

use crate::core::coverage::is_unopened;
use crate::core::finding::Severity;
use crate::core::order::ListOrder as _;
use crate::report::layout::{fit, fit_end};
use crate::report::model::{FindingStatus, JsonCoverage, JsonFinding, JsonSkipped, Summary};
use crate::report::numbers::{counted, grouped, size};
use crate::report::{Document, ReportStyle, audit, escape, hyperlink, past};

/// The maximum number of names of ignored items; machine formats have all of them.
const SKIPPED_NAMES: usize = 3;

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
    shown.order_by_key(|finding| past::rank(finding));
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

pub(super) const BOLD: &str = "1";
pub(super) const DIM: &str = "2";
pub(super) const RED: &str = "1;31";
pub(super) const YELLOW: &str = "33";
pub(super) const GREEN: &str = "32";

/// The output, and how it is displayed.
pub(super) struct Page<'a> {
    pub(super) out: &'a mut dyn Write,
    pub(super) color: bool,
    /// Whether URLs and paths are hyperlinks.
    pub(super) links: bool,
    /// The width in columns; 0 if unknown.
    pub(super) width: usize,
    /// The directory that paths in the report are relative to.
    pub(super) root: Option<&'a Path>,
}

impl Page<'_> {
    pub(super) fn paint(&mut self, code: &str, text: &str) -> io::Result<()> {
        if self.color && !code.is_empty() {
            write!(self.out, "\x1b[{code}m{text}\x1b[0m")
        } else {
            self.out.write_all(text.as_bytes())
        }
    }

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

    /// Text that is a hyperlink to a finding, if its file exists here.
    fn linked(&mut self, finding: &JsonFinding<'_>, with_line: bool, code: &str, text: &str) -> io::Result<()> {
        let at = &finding.location;
        let is_file = self.links && finding.commit.is_none() && at.path_bytes.is_none();
        let address = match (self.root, &at.path) {
            (Some(root), Some(path)) if is_file => hyperlink::file(root, path, with_line.then_some(at.line)),
            _ => None,
        };
        match address {
            Some(address) => self.paint(code, &hyperlink::to(&address, text)),
            None => self.paint(code, text),
        }
    }

    /// Text in which URLs are hyperlinks, if hyperlinks are wanted.
    pub(super) fn with_links<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.links { hyperlink::addresses(text) } else { text.into() }
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

/// The coverage in one line: `Scanned 12 files, 1.2 MB, 20 commits; skipped 3 ignored (a, b, c)`.
pub(super) fn scanned(coverage: &JsonCoverage<'_>) -> String {
    let mut text = format!("Scanned {}, {}", counted(coverage.files, "file"), size(coverage.bytes));
    if let (Some(part), Some(parts)) = (coverage.counts.get("shard"), coverage.counts.get("shards")) {
        text += &format!(", part {part} of {parts}");
    }
    for (name, number) in coverage.counts.iter().filter(|(name, _)| !name.starts_with("shard")) {
        let name = escape::text(name.replace('_', " ").as_bytes());
        text += &match (number, name.strip_suffix("ies"), name.strip_suffix('s')) {
            (1, Some(stem), _) => format!(", 1 {stem}y"),
            (1, None, Some(one)) => format!(", 1 {one}"),
            _ => format!(", {} {name}", grouped(*number)),
        };
    }
    text + &skipped(coverage)
}

/// The result in one line: `2 keys found at 3 places, 1 suppressed (1 inline).`
pub(super) fn verdict(document: &Document<'_>) -> String {
    let mut keys: Vec<&str> = document.active().map(|entry| entry.fingerprint.as_ref()).collect();
    let places = keys.len();
    keys.order();
    keys.dedup();
    let mut text = match places {
        0 if document.summary.exit_code == 2 && document.summary.coverage.bytes == 0 => "Not completed".to_owned(),
        0 if document.summary.exit_code == 2 => "Not completed: no keys in what was scanned".to_owned(),
        0 => "No keys found".to_owned(),
        places if places == keys.len() => counted(places as u64, "key") + " found",
        places => format!("{} found at {}", counted(keys.len() as u64, "key"), counted(places as u64, "place")),
    };
    let Summary { suppressed, suppressed_by, failing, findings, .. } = &document.summary;
    if *suppressed > 0 {
        let list: Vec<String> = suppressed_by.iter().map(|(by, number)| format!("{} {by}", grouped(*number))).collect();
        text += &format!(", {} suppressed ({})", grouped(*suppressed), list.join(", "));
    }
    if let Some(failing) = failing.filter(|failing| failing < findings) {
        text += &format!(", {} below --fail-on", grouped(findings - failing));
    }
    text + "."
}

/// The skipped items: `; not opened: 1 encrypted (a.zip); skipped 10 ignored (node_modules, dist, .env, ...), 2
/// symlink (a, b)`.
fn skipped(coverage: &JsonCoverage<'_>) -> String {
    let (unopened, others): (Vec<&JsonSkipped<'_>>, Vec<&JsonSkipped<'_>>) =
        coverage.skipped.iter().partition(|skipped| is_unopened(&skipped.reason));
    let part = |word: &str, list: String| if list.is_empty() { list } else { format!("; {word} {list}") };
    part("not opened:", by_reason(&unopened)) + &part("skipped", by_reason(&others))
}

fn by_reason(skipped: &[&JsonSkipped<'_>]) -> String {
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for skipped in skipped {
        reasons.entry(&skipped.reason).or_default().push(&skipped.path);
    }
    let list: Vec<String> = reasons
        .iter()
        .map(|(reason, paths)| {
            let mut names: Vec<String> =
                paths.iter().take(SKIPPED_NAMES).map(|path| escape::text(path.as_bytes())).collect();
            if paths.len() > SKIPPED_NAMES {
                names.push("...".into());
            }
            format!("{} {reason} ({})", grouped(paths.len() as u64), names.join(", "))
        })
        .collect();
    list.join(", ")
}

/// Escapes the scanned line. A tab becomes four spaces, as in the line with the caret.
fn line(text: &str) -> String {
    escape::text(&text.as_bytes().replace("\t", "    "))
}
