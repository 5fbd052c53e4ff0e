//! The keys as JSON for the page's script, one key on each line, safe inside a script element. Values that many keys
//! and places share are in tables after the keys, and are referred to by their index.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::{self, Display};
use std::io;

use serde::Serialize;

use super::text;
use crate::core::finding::{Confidence, Severity};
use crate::report::exposure;
use crate::report::keys::{Committer, JsonKey};
use crate::report::model::{Document, FindingStatus, JsonCommit, JsonFinding};

/// The index that refers to no entry.
const NONE: i64 = -1;

/// The JSON that was written so far.
#[derive(Default)]
pub(super) struct PageData {
    keys: ScriptText,
    strings: SharedTable,
    commits: SharedTable,
    paths: SharedTable,
}

/// One key. The script uses the order and the names of these fields.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PageKey<'a> {
    fingerprint: String,
    rule: String,
    provider: String,
    title: String,
    severity: Severity,
    confidence: Confidence,
    secret: String,
    suppressed: bool,
    state: &'static str,
    head: bool,
    remote: bool,
    first: i64,
    last: i64,
    removed: i64,
    days: Option<u64>,
    versions: u64,
    refs: Vec<String>,
    refs_total: u64,
    refs_cut: bool,
    touched: Vec<String>,
    origin: &'static str,
    also: Vec<&'static str>,
    uses: Vec<String>,
    reuse: Option<&'a str>,
    exposures: Vec<&'static str>,
    carriers: Vec<&'static str>,
    replaced: Option<String>,
    overdue: Option<u64>,
    time: Option<(i64, i64)>,
    /// The text and the command of each step.
    steps: Vec<(i64, i64)>,
    places: Vec<PagePlace>,
}

/// The path, the line, the first commit, the last commit, and whether HEAD has it.
#[derive(Serialize)]
struct PagePlace(i64, u64, i64, i64, u8);

impl PageData {
    /// Adds a key.
    pub(super) fn add(&mut self, document: &Document<'_>, key: &JsonKey<'_>) -> io::Result<()> {
        let replaced = key.replaced_by.as_ref().map(|new| {
            let day = new.date.get(..10).unwrap_or(&new.date);
            text(&format!("replaced on {day} by {}; the old one is still in history", new.secret))
        });
        let mut places = Vec::with_capacity(key.findings.len());
        for &finding in &key.findings {
            places.push(self.place(&document.findings[finding])?);
        }
        let mut steps = Vec::with_capacity(key.next_steps.len());
        for step in &key.next_steps {
            let command = step.command.as_deref().map(|command| self.strings.text(command)).transpose()?;
            steps.push((self.strings.text(&step.text)?, command.unwrap_or(NONE)));
        }
        let line = PageKey {
            fingerprint: text(&key.fingerprint),
            rule: text(&key.rule),
            provider: text(&key.provider),
            title: text(&key.title),
            severity: key.severity,
            confidence: key.confidence,
            secret: text(&key.secret),
            suppressed: key.status == FindingStatus::Suppressed,
            state: key.state.word(),
            head: key.state.is_live() && key.last_commit.is_none(),
            remote: key.on_remote,
            first: self.commits.commit(key.first_commit.as_ref())?,
            last: self.commits.commit(key.last_commit.as_ref())?,
            removed: self.commits.commit(key.removed_by.as_ref())?,
            days: key.days_exposed,
            versions: key.versions,
            refs: texts(&key.refs),
            refs_total: key.refs_total,
            refs_cut: key.refs_cut,
            touched: key
                .touched_by
                .iter()
                .map(|Committer { name, email }| text(&format!("{name} <{email}>")))
                .collect(),
            origin: key.origin.words(),
            also: key.also.iter().map(|origin| origin.words()).collect(),
            uses: key.uses.iter().filter_map(|used| used.name.as_deref()).map(text).collect(),
            reuse: key.reuse.as_deref(),
            exposures: key.exposures.iter().map(|exposed| exposure::reason(*exposed)).collect(),
            carriers: key.carriers.iter().map(|carrier| carrier.as_str()).collect(),
            replaced,
            overdue: key.overdue_days,
            time: key.time,
            steps,
            places,
        };
        self.keys.line(&line)
    }

    fn place(&mut self, entry: &JsonFinding<'_>) -> io::Result<PagePlace> {
        let history = entry.history.as_ref();
        let last = history.and_then(|history| history.last_commit.as_ref());
        let name = entry.place();
        Ok(PagePlace(
            self.paths.number(&name, &name)?,
            entry.location.line,
            self.commits.commit(entry.commit.as_ref())?,
            self.commits.commit(last)?,
            u8::from(history.is_some_and(|history| history.in_head)),
        ))
    }
}

impl Display for PageData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { keys, strings, commits, paths } = self;
        let (strings, commits, paths) = (&strings.lines.text, &commits.lines.text, &paths.lines.text);
        writeln!(f, "{{\"keys\":[{}],", keys.text)?;
        write!(f, "\"strings\":[{strings}],\n\"commits\":[{commits}],\n\"paths\":[{paths}]}}")
    }
}

fn texts(names: &[Cow<'_, str>]) -> Vec<String> {
    names.iter().map(|name| text(name)).collect()
}

/// Values that many keys and places share, each stored once.
#[derive(Default)]
struct SharedTable {
    lines: ScriptText,
    numbers: HashMap<Box<str>, i64>,
}

impl SharedTable {
    /// The index of the value that is identified by `name`; adds it if it is new.
    fn number(&mut self, name: &str, value: impl Serialize) -> io::Result<i64> {
        if let Some(&number) = self.numbers.get(name) {
            return Ok(number);
        }
        let number = i64::try_from(self.numbers.len()).map_err(io::Error::other)?;
        self.numbers.insert(name.into(), number);
        self.lines.line(&value)?;
        Ok(number)
    }

    fn text(&mut self, untrusted: &str) -> io::Result<i64> {
        match self.numbers.get(untrusted) {
            Some(&number) => Ok(number),
            None => self.number(untrusted, text(untrusted)),
        }
    }

    fn commit(&mut self, commit: Option<&JsonCommit<'_>>) -> io::Result<i64> {
        let Some(commit) = commit else { return Ok(NONE) };
        if let Some(&number) = self.numbers.get(commit.id.as_ref()) {
            return Ok(number);
        }
        let JsonCommit { id, date, author_name, author_email, summary, .. } = commit;
        self.number(id, [id, date, author_name, author_email, summary].map(|part| text(part)))
    }
}

/// Lines of JSON separated by commas, without characters that HTML would treat as markup.
#[derive(Default)]
struct ScriptText {
    text: String,
    line: Vec<u8>,
}

impl ScriptText {
    fn line(&mut self, value: &impl Serialize) -> io::Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, value)?;
        if !self.text.is_empty() {
            self.text.push_str(",\n");
        }
        let line = std::str::from_utf8(&self.line).map_err(io::Error::other)?;
        let mut rest = line;
        while let Some((plain, markup)) = rest.find(['<', '>', '&']).and_then(|at| rest.split_at_checked(at)) {
            self.text.push_str(plain);
            let (escaped, after) = match markup.as_bytes() {
                [b'<', ..] => ("\\u003c", markup.strip_prefix('<')),
                [b'>', ..] => ("\\u003e", markup.strip_prefix('>')),
                _ => ("\\u0026", markup.strip_prefix('&')),
            };
            self.text.push_str(escaped);
            rest = after.unwrap_or_default();
        }
        self.text.push_str(rest);
        Ok(())
    }
}
