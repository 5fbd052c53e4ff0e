//! The `human` format: findings by file, each with its line and what to do next, then what was covered.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use bstr::ByteSlice as _;
use unicode_width::UnicodeWidthStr as _;

use crate::core::coverage::{Coverage, Report, Skipped};
use crate::core::error::Exit;
use crate::core::finding::{Finding, Fingerprint, Location, Severity};
use crate::report::{Style, escape, past};

/// Names shown of what was ignored; the machine formats have them all.
const SKIPPED_NAMES: usize = 3;

/// Writes the report.
pub(super) fn write(report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page { out, color: style.color };
    let mut first_seen: HashMap<Fingerprint, String> = HashMap::new();
    let mut heading = None;
    let mut shown: Vec<&Finding> =
        report.findings.iter().filter(|f| style.show_suppressed || f.suppressed.is_none()).collect();
    shown.sort_by_key(|finding| past::rank(finding));
    for finding in shown {
        let name = place_name(&finding.location);
        if heading.as_ref() != Some(&name) {
            if heading.is_some() {
                writeln!(page.out)?;
            }
            page.paint(BOLD, &name)?;
            writeln!(page.out)?;
        }
        let here = format!("{name}:{}", finding.location.position.line);
        page.finding(finding, style, first_seen.get(&finding.fingerprint).map(String::as_str))?;
        first_seen.entry(finding.fingerprint).or_insert(here);
        heading = Some(name);
    }
    if style.quiet {
        return Ok(());
    }
    if heading.is_some() {
        writeln!(page.out)?;
    }
    page.summary(report, style.exit)
}

const BOLD: &str = "1";
const DIM: &str = "2";
const RED: &str = "1;31";
const YELLOW: &str = "33";
const GREEN: &str = "32";

/// Where output goes, and whether it is coloured.
struct Page<'a> {
    out: &'a mut dyn Write,
    color: bool,
}

impl Page<'_> {
    fn paint(&mut self, code: &str, text: &str) -> io::Result<()> {
        if self.color { write!(self.out, "\x1b[{code}m{text}\x1b[0m") } else { self.out.write_all(text.as_bytes()) }
    }

    fn finding(&mut self, finding: &Finding, style: Style, seen: Option<&str>) -> io::Result<()> {
        let at = finding.location.position;
        write!(self.out, "  {}:{}  ", at.line, at.column)?;
        self.paint(BOLD, &escape::text(finding.rule.title.as_bytes()))?;
        write!(self.out, "  ")?;
        let loud = if finding.severity >= Severity::High { RED } else { YELLOW };
        self.paint(loud, finding.severity.as_str())?;
        write!(self.out, ", {}", finding.confidence)?;
        if !finding.layers.is_empty() {
            let layers: Vec<&str> = finding.layers.iter().map(|layer| layer.as_str()).collect();
            write!(self.out, ", in {}", layers.join(" in "))?;
        }
        self.paint(DIM, &format!("  {}", escape::text(finding.rule.id.as_bytes())))?;
        writeln!(self.out)?;
        self.excerpt(finding)?;
        if style.show_secrets {
            writeln!(self.out, "    key: {}", escape::text(finding.secret.expose()))?;
        }
        self.commit(finding)?;
        if let Some(note) = &finding.note {
            writeln!(self.out, "    note: {}", escape::text(note.as_bytes()))?;
        }
        if let Some(suppression) = &finding.suppressed {
            let reason = suppression.reason.as_deref().map(|reason| format!(": {}", escape::text(reason.as_bytes())));
            return writeln!(self.out, "    suppressed by {}{}", suppression.by, reason.unwrap_or_default());
        }
        match seen {
            Some(first) => writeln!(self.out, "    the same key as {first}"),
            None => writeln!(self.out, "    {}", next_step(finding)),
        }
    }

    /// The line with a caret below the key; where it was decoded from something, the masked key alone.
    fn excerpt(&mut self, finding: &Finding) -> io::Result<()> {
        let excerpt = &finding.excerpt;
        let parts = (
            excerpt.text.get(..excerpt.mark.start),
            excerpt.text.get(excerpt.mark.clone()),
            excerpt.text.get(excerpt.mark.end..),
        );
        let (before, key, after) = match parts {
            (Some(before), Some(key), Some(after)) if !key.is_empty() => (line(before), line(key), line(after)),
            _ => (String::new(), finding.secret.mask(), String::new()),
        };
        let before = before.trim_start();
        let number = finding.location.position.line.to_string();
        self.paint(DIM, &format!("    {number} | "))?;
        write!(self.out, "{before}")?;
        self.paint(RED, &key)?;
        writeln!(self.out, "{}", after.trim_end())?;
        self.paint(DIM, &format!("    {:width$} | ", "", width = number.len()))?;
        write!(self.out, "{:width$}", "", width = before.width())?;
        self.paint(RED, &"^".repeat(key.width().max(1)))?;
        writeln!(self.out)
    }

    fn commit(&mut self, finding: &Finding) -> io::Result<()> {
        let Some(commit) = &finding.commit else { return Ok(()) };
        let text = |text: &str| escape::text(text.as_bytes());
        let id = commit.id.get(..10).unwrap_or(&commit.id);
        let (author, date, summary) = (text(&commit.author_name), text(&commit.date), text(&commit.summary));
        if author.is_empty() {
            writeln!(self.out, "    in object {id}")?;
        } else {
            writeln!(self.out, "    brought in by {id}, {date}, {author}: {summary}")?;
        }
        match &finding.history {
            Some(history) => writeln!(self.out, "    {}", past::state(history)),
            None => Ok(()),
        }
    }

    fn summary(&mut self, report: &Report, exit: Exit) -> io::Result<()> {
        let coverage = &report.coverage;
        let active = report.active();
        let color = if active > 0 { RED } else { GREEN };
        self.paint(if exit == Exit::Incomplete { RED } else { color }, &verdict(report))?;
        writeln!(self.out)?;
        write!(self.out, "Scanned {}, {}", counted(coverage.files, "file"), size(coverage.bytes))?;
        for (name, number) in &coverage.counts {
            write!(self.out, ", {} {}", grouped(*number), name.replace('_', " "))?;
        }
        write!(self.out, "{}", skipped(coverage))?;
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

/// `2 keys at 3 places in 2 files, 1 suppressed (1 inline).`
fn verdict(report: &Report) -> String {
    let active: Vec<&Finding> = report.findings.iter().filter(|finding| finding.suppressed.is_none()).collect();
    let mut keys: Vec<Fingerprint> = active.iter().map(|finding| finding.fingerprint).collect();
    keys.sort();
    keys.dedup();
    let mut text = match active.len() {
        0 => "No keys found".to_owned(),
        places if places == keys.len() => counted(places as u64, "key") + " found",
        places => format!("{} found at {}", counted(keys.len() as u64, "key"), counted(places as u64, "place")),
    };
    let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
    for suppression in report.findings.iter().filter_map(|finding| finding.suppressed.as_ref()) {
        *reasons.entry(suppression.by.as_str()).or_default() += 1;
    }
    if !reasons.is_empty() {
        let total: u64 = reasons.values().sum();
        let list: Vec<String> = reasons.iter().map(|(by, number)| format!("{} {by}", grouped(*number))).collect();
        text += &format!(", {} suppressed ({})", grouped(total), list.join(", "));
    }
    text + "."
}

/// `; not opened: 1 encrypted (a.zip); skipped 10 ignored (node_modules, dist, .env, ...), 2 symlink (a, b)`
fn skipped(coverage: &Coverage) -> String {
    let (unopened, others): (Vec<&Skipped>, Vec<&Skipped>) =
        coverage.skipped.iter().partition(|skipped| skipped.is_unopened());
    let part = |word: &str, list: String| if list.is_empty() { list } else { format!("; {word} {list}") };
    part("not opened:", by_reason(&unopened)) + &part("skipped", by_reason(&others))
}

fn by_reason(skipped: &[&Skipped]) -> String {
    let mut reasons: BTreeMap<&str, Vec<&bstr::BStr>> = BTreeMap::new();
    for skipped in skipped {
        reasons.entry(skipped.reason).or_default().push(skipped.path.as_ref());
    }
    let list: Vec<String> = reasons
        .iter()
        .map(|(reason, paths)| {
            let mut names: Vec<String> = paths.iter().take(SKIPPED_NAMES).map(|path| escape::text(path)).collect();
            if paths.len() > SKIPPED_NAMES {
                names.push("...".into());
            }
            format!("{} {reason} ({})", grouped(paths.len() as u64), names.join(", "))
        })
        .collect();
    list.join(", ")
}

fn place_name(location: &Location) -> String {
    let mut name = match (&location.path, location.part) {
        (Some(path), _) => escape::text(path),
        (None, Some(part)) => format!("({part})"),
        (None, None) => String::new(),
    };
    if let Some(member) = &location.member {
        name += &format!(" > {}", escape::text(member));
    }
    name
}

fn next_step(finding: &Finding) -> String {
    let rule = &finding.rule;
    let mut text = match rule.revoke.as_ref() {
        "" => "if it is live, revoke it at its provider".to_owned(),
        revoke => format!("revoke it at {}", escape::text(revoke.as_bytes())),
    };
    if let Some(history) = &finding.history {
        return past::next_step(finding, history, &text);
    }
    text += match rule.advice.as_ref() {
        "" => ", then read the new one from the environment",
        _ => "; ",
    };
    text + &escape::text(rule.advice.as_bytes())
}

/// Text of the scanned line; a tab takes as much room as the caret's line gives it.
fn line(text: &str) -> String {
    escape::text(&text.as_bytes().replace("\t", "    "))
}

fn counted(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// `8,062`
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `81.2 MB`
fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1000.0;
    let mut unit = 0;
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::{grouped, size};

    #[test]
    fn numbers_for_people() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (81_234_567, "81,234,567")] {
            assert_eq!(grouped(number), text);
        }
        for (bytes, text) in [(999, "999 B"), (1000, "1.0 kB"), (999_999, "1.0 MB"), (81_234_567, "81.2 MB")] {
            assert_eq!(size(bytes), text);
        }
    }
}
