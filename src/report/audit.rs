//! The `human` format where keys stand in history or in many places: totals first, then a line a key, the most dangerous
//! first, then the details of the worst. Everything fits the width that it is given.

use std::collections::{BTreeMap, HashSet};
use std::io;

use unicode_width::UnicodeWidthStr as _;

use super::human::{BOLD, DIM, GREEN, Page, RED, YELLOW};
use crate::core::finding::Severity;
use crate::core::order::ListOrder as _;
use crate::report::keys::{self, JsonKey, KeyState, NextStep};
use crate::report::layout::{fit, fit_end, pad, wrap};
use crate::report::model::{Document, FindingStatus, JsonFinding};
use crate::report::numbers::{counted, grouped};
use crate::report::{Grouping, ReportStyle, escape, exposure, human};

/// With more places than this, a scan of files is told by keys.
const MANY: usize = 20;
/// Keys that have a line of their own.
const LINES: usize = 30;
/// Keys that are told in detail.
const DETAILS: usize = 10;
/// Lines of a text in these details, unless all is asked for.
const TEXT: usize = 2;
/// As many digits of a fingerprint as `keysweep ignore` needs.
const SHORT_FINGERPRINT: usize = 12;
/// Sorts of keys that a line of totals names.
const SORTS: usize = 6;
/// Groups, and keys in each, with `--by`.
const GROUPS: usize = 25;
const IN_GROUP: usize = 4;

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
    let mut keys = keys::of(document);
    keys.retain(|key| style.show_suppressed || key.status == FindingStatus::Active);
    let width = if style.width == 0 { 80 } else { style.width.max(50) };
    let mut audit = AuditPage { document, keys: &keys, style, width, page };
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

struct AuditPage<'a, 'p, 'w> {
    document: &'a Document<'a>,
    keys: &'a [JsonKey<'a>],
    style: ReportStyle,
    width: usize,
    page: &'p mut Page<'w>,
}

impl AuditPage<'_, '_, '_> {
    fn totals(&mut self) -> io::Result<()> {
        let summary = &self.document.summary;
        let color = if summary.findings > 0 || summary.exit_code == 2 { RED } else { GREEN };
        let mut verdict = human::verdict(self.document);
        let (commits, people) = keys::commits_and_people(self.document);
        if commits > 0 {
            let people = format!("{} {}", grouped(people), if people == 1 { "person" } else { "people" });
            verdict = format!("{}; {} by {people}.", verdict.trim_end_matches('.'), counted(commits, "commit"));
        }
        for line in wrap(&verdict, self.width, 0) {
            self.page.paint(color, &line)?;
            writeln!(self.page.out)?;
        }
        let counting: Vec<&JsonKey<'_>> = self.keys.iter().filter(|key| key.status == FindingStatus::Active).collect();
        if counting.is_empty() {
            return writeln!(self.page.out);
        }
        let live = counting.iter().filter(|key| key.is_live_and_pushed()).count();
        if live > 0 {
            let these = if live == 1 { "is live and pushed: revoke it" } else { "are live and pushed: revoke these" };
            self.page.paint(BOLD, &fit(&format!("{} {these} first.", counted(live as u64, "key")), self.width))?;
            writeln!(self.page.out)?;
        }
        let state = |key: &JsonKey<'_>| (key.state, !key.on_remote);
        let states = count(&counting, state).into_iter().map(|((state, local), number)| {
            format!("{} {}{}", grouped(number), state.word(), if local { "" } else { " pushed" })
        });
        self.total("State", states.collect())?;
        let severities = count(&counting, |key| std::cmp::Reverse(key.severity));
        self.total(
            "Severity",
            severities.iter().map(|(severity, n)| format!("{} {}", grouped(*n), severity.0)).collect(),
        )?;
        let mut providers = count(&counting, provider);
        providers.order_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let named = |(name, n): &(String, u64)| format!("{} {name}", grouped(*n));
        let mut list: Vec<String> = providers.iter().take(SORTS).map(named).collect();
        if providers.len() > SORTS {
            list.push(format!("{} others", grouped(providers[SORTS..].iter().map(|(_, n)| n).sum())));
        }
        self.total("Provider", list)?;
        self.repositories(&counting)?;
        writeln!(self.page.out)
    }

    /// Where a report is of several repositories: how many keys each has, and how many keys are in several.
    fn repositories(&mut self, counting: &[&JsonKey<'_>]) -> io::Result<()> {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for name in counting.iter().flat_map(|key| &key.repositories) {
            *counts.entry(name).or_default() += 1;
        }
        if counts.is_empty() {
            return Ok(());
        }
        let mut counts: Vec<(&str, u64)> = counts.into_iter().collect();
        counts.order_by_key(|(_, number)| std::cmp::Reverse(*number));
        let named = |(name, n): &(&str, u64)| {
            format!("{} {}", grouped(*n), fit_end(&escape::text(name.as_bytes()), self.width / 2))
        };
        let mut list: Vec<String> = counts.iter().take(SORTS).map(named).collect();
        if counts.len() > SORTS {
            list.push(format!("{} more", grouped((counts.len() - SORTS) as u64)));
        }
        self.total("In", list)?;
        let shared = counting.iter().filter(|key| key.repositories.len() > 1).count() as u64;
        if shared > 0 {
            let these = if shared == 1 { "is" } else { "are" };
            let text = format!("{} {these} in more than one repository.", counted(shared, "key"));
            self.page.paint(BOLD, &fit(&text, self.width))?;
            writeln!(self.page.out)?;
        }
        Ok(())
    }

    fn total(&mut self, name: &str, parts: Vec<String>) -> io::Result<()> {
        let text = format!("{} {}", pad(name, 9), parts.join(", "));
        wrap(&text, self.width, 10).iter().try_for_each(|line| writeln!(self.page.out, "{line}"))
    }

    /// A line a key; of very many, the rest in groups.
    fn lines(&mut self) -> io::Result<()> {
        let shown = if self.style.view.full { self.keys.len() } else { self.keys.len().min(LINES) };
        if self.keys.len() <= 1 {
            return Ok(());
        }
        self.head()?;
        for (number, key) in self.keys[..shown].iter().enumerate() {
            self.line(number + 1, key)?;
        }
        let rest: Vec<&JsonKey<'_>> = self.keys[shown..].iter().collect();
        if !rest.is_empty() {
            let groups = count(&rest, |key| (key.state, !key.on_remote, std::cmp::Reverse(key.severity)));
            let named = groups.into_iter().map(|((state, local, severity), n)| {
                format!("{} {} {}{}", grouped(n), severity.0, state.word(), if local { "" } else { " pushed" })
            });
            let named: Vec<String> = named.collect();
            let text =
                format!("and {}: {} (--full shows all)", counted(rest.len() as u64, "more key"), named.join(", "));
            wrap(&text, self.width, 0).iter().try_for_each(|line| writeln!(self.page.out, "{line}"))?;
        }
        writeln!(self.page.out)
    }

    fn head(&mut self) -> io::Result<()> {
        let (severity, state) = (pad("severity", 8), pad("state", self.state_width()));
        let key = pad("key", self.key_width());
        let text = format!("{:>3} {severity} {state} {key} {:>5} {:>6} first at", "#", "days", "places");
        self.page.paint(DIM, fit(&text, self.width).trim_end())?;
        writeln!(self.page.out)
    }

    /// How wide the masked keys are.
    fn key_width(&self) -> usize {
        let most = if self.width >= 100 { 28 } else { 20 };
        let widest = self.keys.iter().map(|key| key.masked().chars().count()).max().unwrap_or(3);
        widest.clamp(3, most)
    }

    /// How wide the words for where keys are.
    fn state_width(&self) -> usize {
        self.keys.iter().map(|key| place_word(key).len()).max().unwrap_or(5).max(5)
    }

    fn line(&mut self, number: usize, key: &JsonKey<'_>) -> io::Result<()> {
        let masked = pad(&fit(&key.masked(), self.key_width()), self.key_width());
        let days = key.days_exposed.map_or_else(String::new, grouped);
        let state = pad(&place_word(key), self.state_width());
        write!(self.page.out, "{number:>3} ")?;
        self.page.paint(loud(key.severity), &pad(key.severity.as_str(), 8))?;
        let middle = format!(" {state} {masked} {days:>5} {:>6} ", grouped(key.places));
        write!(self.page.out, "{middle}")?;
        let room = self.width.saturating_sub(number.to_string().len().max(3) + 9 + middle.width());
        let place = self.first(key).map(at).unwrap_or_default();
        let title = escape::text(key.title.as_bytes());
        // Where there is room, what it is stands before where it is.
        let text = match room.checked_sub(title.width() + 2) {
            Some(rest) if rest > 24 => format!("{title}  {}", fit_end(&place, rest)),
            _ => fit_end(&place, room),
        };
        writeln!(self.page.out, "{text}")
    }

    /// The place to show for a key: what is live, and came first.
    fn first<'k>(&'k self, key: &JsonKey<'_>) -> Option<&'k JsonFinding<'k>> {
        let entries = key.findings.iter().map(|&at| &self.document.findings[at]);
        entries.min_by_key(|entry| {
            let date = entry.commit.as_ref().map(|commit| commit.date.as_ref());
            (entry.history.as_ref().is_some_and(|history| !history.in_head), date, entry.place())
        })
    }

    fn details(&mut self) -> io::Result<()> {
        let shown = if self.style.view.full { self.keys.len() } else { self.keys.len().min(DETAILS) };
        for (number, key) in self.keys[..shown].iter().enumerate() {
            self.detail(number + 1, key)?;
        }
        self.general(shown)?;
        if shown < self.keys.len() {
            let rest = counted((self.keys.len() - shown) as u64, "more key");
            let text = format!("{rest} without details: --full shows all, -f html makes a page of them.");
            wrap(&text, self.width, 0).iter().try_for_each(|line| writeln!(self.page.out, "{line}"))?;
            writeln!(self.page.out)?;
        }
        Ok(())
    }

    fn detail(&mut self, number: usize, key: &JsonKey<'_>) -> io::Result<()> {
        let (masked, worth) = (fit(&key.masked(), self.width - 36), format!("{}, {}", key.severity, key.confidence));
        let taken = number.to_string().len() + 6 + masked.width() + worth.len();
        let title = fit(&escape::text(key.title.as_bytes()), self.width.saturating_sub(taken).max(6));
        write!(self.page.out, "{number}. ")?;
        self.page.paint(BOLD, &title)?;
        write!(self.page.out, "  {masked}  ")?;
        self.page.paint(loud(key.severity), key.severity.as_str())?;
        writeln!(self.page.out, ", {}", key.confidence)?;
        if self.style.show_secrets {
            writeln!(self.page.out, "   key: {}", escape::text(key.secret.as_bytes()))?;
        }
        self.text(&state(key))?;
        self.text(&self.places(key))?;
        for text in origin(key).into_iter().chain(removed(key)) {
            self.text(&text)?;
        }
        let mut remarks = remarks(key);
        remarks.push(format!("fingerprint {}", short_fingerprint(key)));
        if self.is_full() {
            remarks.iter().try_for_each(|text| self.text(text))?;
        } else {
            self.text(&remarks.join("; "))?;
        }
        for note in self.notes(key) {
            self.text(&note)?;
        }
        let is_told = |step: &&NextStep| self.is_full() || step.general.is_none();
        let steps: Vec<NextStep> = key.next_steps.iter().filter(is_told).cloned().collect();
        self.steps(&steps)?;
        writeln!(self.page.out)
    }

    fn steps(&mut self, steps: &[NextStep]) -> io::Result<()> {
        for (at, step) in steps.iter().enumerate() {
            let number = if steps.len() > 1 { format!("{}. ", at + 1) } else { String::new() };
            let text = format!("{number}{}", escape::text(step.text.as_bytes()));
            let lines = self.limited(wrap(&text, self.width.saturating_sub(3), number.len()), TEXT + 1);
            for line in &lines {
                let line = self.page.with_links(line);
                writeln!(self.page.out, "   {line}")?;
            }
            if let Some(command) = &step.command {
                // A command is for copying: it stays in one piece.
                self.page
                    .paint(DIM, &format!("   {}{}", " ".repeat(number.len()), escape::text(command.as_bytes())))?;
                writeln!(self.page.out)?;
            }
        }
        Ok(())
    }

    /// What is the same for most keys, once.
    fn general(&mut self, shown: usize) -> io::Result<()> {
        let mut texts: Vec<&'static str> = Vec::new();
        for text in self.keys[..shown].iter().flat_map(|key| &key.next_steps).filter_map(|step| step.general) {
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        if texts.is_empty() || self.is_full() {
            return Ok(());
        }
        self.page.paint(BOLD, "Then, for all keys that are not revoked yet")?;
        writeln!(self.page.out)?;
        let steps: Vec<NextStep> =
            texts.iter().map(|text| NextStep { text: (*text).into(), command: None, general: None }).collect();
        self.steps(&steps)?;
        writeln!(self.page.out)
    }

    fn text(&mut self, text: &str) -> io::Result<()> {
        let lines = self.limited(wrap(text, self.width.saturating_sub(3), 2), TEXT);
        lines.iter().try_for_each(|line| writeln!(self.page.out, "   {line}"))
    }

    /// Whether nothing is cut.
    fn is_full(&self) -> bool {
        self.style.view.full || self.keys.len() == 1
    }

    /// The first lines of a text; `--full` has all.
    fn limited(&self, mut lines: Vec<String>, most: usize) -> Vec<String> {
        if !self.is_full() && lines.len() > most {
            lines.truncate(most);
            if let Some(last) = lines.last_mut() {
                *last = fit(&format!("{last} …"), self.width.saturating_sub(3));
            }
        }
        lines
    }

    /// `src/a.py:3 and 30 more places, 40 versions; on main and 12 more`
    fn places(&self, key: &JsonKey<'_>) -> String {
        let most: usize = if self.is_full() { 2 } else { 1 };
        let room = self.width.saturating_sub(30).max(20);
        let first = self.first(key);
        let mut named: Vec<String> = Vec::new();
        let others = key.findings.iter().map(|&at| &self.document.findings[at]);
        for entry in first.into_iter().chain(others) {
            let place = fit_end(&at(entry), room);
            if !named.contains(&place) {
                named.push(place);
            }
            if named.len() == most.min(key.findings.len()) {
                break;
            }
        }
        let more = key.places.saturating_sub(named.len() as u64);
        let mut text = named.join(", ");
        if more > 0 {
            text += &format!(" and {}", counted(more, "more place"));
        }
        if key.versions > key.places {
            text += &format!(", {}", counted(key.versions, "version"));
        }
        let refs: Vec<String> =
            key.refs.iter().take(most + 1).map(|name| fit(&escape::text(short(name).as_bytes()), 32)).collect();
        if !refs.is_empty() {
            text += &format!("; on {}", refs.join(", "));
            let more = key.refs_total.saturating_sub(refs.len() as u64);
            if more > 0 {
                text += &format!(" and {}{} more", if key.refs_cut { "at least " } else { "" }, grouped(more));
            }
        }
        text
    }

    fn notes(&self, key: &JsonKey<'_>) -> Vec<String> {
        let mut seen = HashSet::new();
        let mut notes = Vec::new();
        for entry in key.findings.iter().map(|&at| &self.document.findings[at]) {
            let note = entry.note.as_deref().map(|note| format!("note: {}", escape::text(note.as_bytes())));
            let by = entry.suppressed_by.map(|by| {
                let reason =
                    entry.suppressed_reason.as_deref().map(|reason| format!(": {}", escape::text(reason.as_bytes())));
                format!("suppressed by {by}{}", reason.unwrap_or_default())
            });
            notes.extend(note.into_iter().chain(by).filter(|text| seen.insert(text.clone())));
        }
        if notes.len() > 3 {
            let more = notes.len() - 3;
            notes.truncate(3);
            notes.push(format!("{} in json", counted(more as u64, "more note")));
        }
        notes
    }

    /// Keys by path, provider, author or commit.
    fn groups(&mut self, by: Grouping) -> io::Result<()> {
        let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (number, key) in self.keys.iter().enumerate() {
            let mut names: Vec<String> = match by {
                Grouping::Provider => vec![provider(key)],
                _ => key.findings.iter().map(|&at| group(by, &self.document.findings[at])).collect(),
            };
            names.order();
            names.dedup();
            names.into_iter().for_each(|name| groups.entry(name).or_default().push(number));
        }
        // Where the most dangerous key is, first; then where the most are.
        let mut groups: Vec<(String, Vec<usize>)> = groups.into_iter().collect();
        groups.order_by_key(|(_, numbers)| (numbers.first().copied(), std::cmp::Reverse(numbers.len())));
        let (most, each) = if self.style.view.full { (usize::MAX, usize::MAX) } else { (GROUPS, IN_GROUP) };
        for (name, numbers) in groups.iter().take(most) {
            let name = if name.is_empty() { "(none)" } else { name };
            let number = counted(numbers.len() as u64, "key");
            let name = fit_end(name, self.width.saturating_sub(number.len() + 2));
            self.page.paint(BOLD, &name)?;
            writeln!(self.page.out, "  {number}")?;
            for &at in numbers.iter().take(each) {
                self.line(at + 1, &self.keys[at])?;
            }
            if numbers.len() > each {
                writeln!(self.page.out, "     and {} more", grouped((numbers.len() - each) as u64))?;
            }
            writeln!(self.page.out)?;
        }
        if groups.len() > most {
            writeln!(self.page.out, "and {} (--full shows all)", counted((groups.len() - most) as u64, "more group"))?;
            writeln!(self.page.out)?;
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        let coverage = &self.document.summary.coverage;
        let mut text = human::scanned(coverage);
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

/// Where a key is, in a table.
fn place_word(key: &JsonKey<'_>) -> String {
    match key.status {
        FindingStatus::Active => format!("{}{}", key.state.word(), if key.on_remote { " pushed" } else { "" }),
        FindingStatus::Suppressed => "suppressed".into(),
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

fn group(by: Grouping, entry: &JsonFinding<'_>) -> String {
    let text = |text: &str| escape::text(text.as_bytes());
    match by {
        Grouping::Author => entry.commit.as_ref().map_or_else(String::new, |commit| {
            if commit.author_name.is_empty() {
                String::new()
            } else {
                format!("{} <{}>", text(&commit.author_name), text(&commit.author_email))
            }
        }),
        Grouping::Commit => entry.commit.as_ref().map_or_else(String::new, |commit| {
            let date = commit.date.get(..10).unwrap_or_default();
            format!("{} {} {}", text(commit.short()), text(date), text(&commit.summary))
        }),
        Grouping::Path | Grouping::Key | Grouping::Provider => entry.place(),
    }
}

/// Where a finding stands, with its line.
fn at(entry: &JsonFinding<'_>) -> String {
    let place = entry.place();
    match (entry.place_within().is_empty(), entry.location.line) {
        (true, _) => entry.commit.as_ref().map_or_else(String::new, |commit| {
            let of = if place.is_empty() { String::new() } else { format!("{place} ") };
            format!("{of}object {}", escape::text(commit.short().as_bytes()))
        }),
        (false, 0) => place,
        (false, line) => format!("{place}:{line}"),
    }
}

fn loud(severity: Severity) -> &'static str {
    if severity >= Severity::High { RED } else { YELLOW }
}

/// `live in HEAD, pushed, for 412 days: 2024-01-02 to now`
fn state(key: &JsonKey<'_>) -> String {
    let mut text = key.state.words().to_owned();
    if key.on_remote {
        text += ", pushed";
    }
    if let Some(days) = key.days_exposed.filter(|days| *days > 0) {
        text += &format!(", for {}", counted(days, "day"));
    }
    let day = |date: &str| escape::text(date.get(..10).unwrap_or(date).as_bytes());
    if let Some(first) = key.first_commit.as_ref().filter(|commit| !commit.date.is_empty()) {
        let end = key.last_commit.as_ref().map_or_else(|| "now".to_owned(), |last| day(&last.date));
        let is_known = key.last_commit.is_some() || key.state == KeyState::Head || key.state == KeyState::Branch;
        text += &if is_known {
            format!(": {} to {end}", day(&first.date))
        } else {
            format!(": since {}", day(&first.date))
        };
    }
    text
}

/// `brought in with a file by Ada, 450a1c9c38 "backend env"; then committed by Bob and 3 more`
fn origin(key: &JsonKey<'_>) -> Option<String> {
    let commit = key.first_commit.as_ref()?;
    let person = key.brought_in_by.as_ref();
    let id = escape::text(commit.short().as_bytes());
    let Some(person) = person else { return Some(format!("in object {id}")) };
    let text = |text: &str| escape::text(text.as_bytes());
    let mut said = format!("brought in with {} by {} in {id}", key.origin.words(), fit(&text(&person.name), 40));
    if !commit.summary.is_empty() {
        said += &format!(": {}", fit(&text(&commit.summary), 48));
    }
    if !key.touched_by.is_empty() {
        let names: Vec<String> = key.touched_by.iter().take(3).map(|person| fit(&text(&person.name), 30)).collect();
        said += &format!("; since then committed by {}", names.join(", "));
        if key.touched_by.len() > names.len() {
            said += &format!(" and {} more", key.touched_by.len() - names.len());
        }
    }
    Some(said)
}

/// `taken out by Bob on 2026-02-03 in 450a1c9c38: use a vault`
fn removed(key: &JsonKey<'_>) -> Option<String> {
    let commit = key.removed_by.as_ref()?;
    let text = |text: &str| escape::text(text.as_bytes());
    let (who, id) = (fit(&text(&commit.author_name), 40), text(commit.short()));
    let mut said = format!("taken out by {who} on {} in {id}", text(commit.date.get(..10).unwrap_or_default()));
    if !commit.summary.is_empty() {
        said += &format!(": {}", fit(&text(&commit.summary), 48));
    }
    Some(said)
}

/// What `keysweep ignore` takes for a key.
fn short_fingerprint(key: &JsonKey<'_>) -> String {
    key.fingerprint.get(..SHORT_FINGERPRINT).unwrap_or(&key.fingerprint).to_owned()
}

/// Names it is used under, reuse, exposure, rotation.
fn remarks(key: &JsonKey<'_>) -> Vec<String> {
    let mut remarks = Vec::new();
    let names: Vec<String> = key
        .uses
        .iter()
        .filter_map(|used| used.name.as_deref())
        .take(4)
        .map(|name| escape::text(name.as_bytes()))
        .collect();
    if !names.is_empty() {
        remarks.push(format!("used as {}", names.join(", ")));
    }
    // These texts were made of parts that were escaped.
    remarks.extend(key.reuse.clone());
    for exposed in &key.exposures {
        remarks.push(format!("public: {}", exposure::reason(*exposed)));
    }
    if let Some(new) = &key.replaced_by {
        let date = escape::text(new.date.get(..10).unwrap_or(&new.date).as_bytes());
        remarks.push(format!(
            "replaced on {date} by {}; the old one is still in history",
            escape::text(new.secret.as_bytes())
        ));
    }
    if let Some(days) = key.overdue_days {
        remarks.push(format!("overdue for rotation: it is {} old and still in use", counted(days, "day")));
    }
    remarks
}

/// A reference's name as git shows it.
fn short(name: &str) -> &str {
    ["refs/heads/", "refs/tags/", "refs/remotes/", "refs/"].iter().find_map(|p| name.strip_prefix(p)).unwrap_or(name)
}
