//! The `html` format: one page that needs nothing else, for the person who cleans up and for the manager above. The
//! beginning is plain HTML; the list of keys is data, which the page's own script shows as text, so that ten thousand keys
//! cost no more than those that are looked at. A content security policy allows that script and that style sheet, by hash,
//! and nothing else.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use askama::Template;
use data_encoding::BASE64;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::keys::{self, JsonKey};
use super::model::{Document, FindingStatus, JsonCommit, JsonFinding};
use super::numbers::{counted, grouped};
use super::{ReportStyle, escape, exposure, human};
use crate::core::date;
use crate::core::order::ListOrder as _;

const STYLE: &str = include_str!("../../templates/report.css");
const SCRIPT: &str = include_str!("../../templates/report.js");

/// Keys that stand above the list.
const WORST: usize = 5;
/// Providers that a table names.
const PROVIDERS: usize = 10;
/// Lines of a list of what was not scanned.
const LINES: usize = 500;

#[derive(Template)]
#[template(path = "report.html")]
struct HtmlPage<'a> {
    title: String,
    verdict: String,
    incomplete: bool,
    first: Option<String>,
    shortest: Vec<WorstKey>,
    totals: Vec<Totals>,
    scanned: String,
    change: Option<String>,
    lists: Vec<CoverageList>,
    version: &'a str,
    time: String,
    shows_secrets: bool,
    style: &'a str,
    style_hash: String,
    script: &'a str,
    script_hash: String,
    data: String,
}

/// One of the worst keys, in a line.
struct WorstKey {
    severity: &'static str,
    title: String,
    secret: String,
    state: String,
    step: String,
}

/// How many keys there are of each sort.
struct Totals {
    name: &'static str,
    rows: Vec<(String, String)>,
}

/// What was not scanned, and remarks.
struct CoverageList {
    name: &'static str,
    lines: Vec<String>,
}

/// Writes the page.
pub(super) fn write(document: &Document<'_>, style: ReportStyle, out: &mut dyn Write) -> io::Result<()> {
    let keys = keys::of(document);
    let counting: Vec<&JsonKey<'_>> = keys.iter().filter(|key| key.status == FindingStatus::Active).collect();
    let live = counting.iter().filter(|key| key.is_live_and_pushed()).count() as u64;
    let (commits, people) = keys::commits_and_people(document);
    let verdict = human::verdict(document);
    let by = format!(
        "; {} by {} {}.",
        counted(commits, "commit"),
        grouped(people),
        if people == 1 { "person" } else { "people" }
    );
    let (script, css) = (SCRIPT.replace("\r\n", "\n"), STYLE.replace("\r\n", "\n"));
    let hash = |text: &str| BASE64.encode(&Sha256::digest(text.as_bytes()));
    let page = HtmlPage {
        title: "Keys that leaked".to_owned() + if counting.is_empty() { ": none found" } else { "" },
        verdict: if commits > 0 { verdict.trim_end_matches('.').to_owned() + &by } else { verdict },
        incomplete: document.summary.exit_code == 2,
        first: (live > 0).then(|| {
            let rest = if live == 1 {
                "is live and pushed: revoke it first"
            } else {
                "are live and pushed: revoke these first"
            };
            format!("{} {rest}.", counted(live, "key"))
        }),
        shortest: counting.iter().take(WORST).map(|key| shortest(key)).collect(),
        totals: totals(&counting),
        scanned: human::scanned(&document.summary.coverage),
        change: document.summary.change.as_ref().map(|change| text(&change.why)),
        lists: lists(document),
        version: env!("CARGO_PKG_VERSION"),
        time: date::utc(document.now()),
        shows_secrets: style.show_secrets,
        style_hash: hash(&css),
        script_hash: hash(&script),
        style: &css,
        script: &script,
        data: data(document, &keys),
    };
    out.write_all(page.render().map_err(io::Error::other)?.as_bytes())
}

/// Untrusted text as every format writes it: what is invisible or moves a cursor is spelled out. The template, or the
/// script, sees to what HTML would take for markup.
fn text(untrusted: &str) -> String {
    escape::text(untrusted.as_bytes())
}

fn state(key: &JsonKey<'_>) -> String {
    format!("{}{}", key.state.word(), if key.on_remote { ", pushed" } else { "" })
}

fn shortest(key: &JsonKey<'_>) -> WorstKey {
    let days = key.days_exposed.filter(|days| *days > 0).map(|days| format!(" for {}", counted(days, "day")));
    WorstKey {
        severity: key.severity.as_str(),
        title: text(&key.title),
        secret: key.masked(),
        state: format!(
            "{}{}{}",
            key.state.words(),
            if key.on_remote { ", pushed" } else { "" },
            days.unwrap_or_default()
        ),
        step: key.next_steps.first().map(|step| text(&step.text)).unwrap_or_default(),
    }
}

fn totals(keys: &[&JsonKey<'_>]) -> Vec<Totals> {
    fn rows<T: Ord>(
        keys: &[&JsonKey<'_>],
        of: impl Fn(&JsonKey<'_>) -> T,
        name: impl Fn(&T) -> String,
    ) -> Vec<(String, u64)> {
        let mut counts: BTreeMap<T, u64> = BTreeMap::new();
        keys.iter().for_each(|key| *counts.entry(of(key)).or_default() += 1);
        counts.into_iter().map(|(sort, number)| (name(&sort), number)).collect()
    }
    let states = rows(keys, |key| (key.state, !key.on_remote, state(key)), |(_, _, name)| name.clone());
    let severities = rows(keys, |key| std::cmp::Reverse(key.severity), |severity| severity.0.to_string());
    let mut providers = rows(keys, |key| text(&key.provider), Clone::clone);
    providers.order_by_key(|(_, number)| std::cmp::Reverse(*number));
    if providers.len() > PROVIDERS {
        let others = providers.split_off(PROVIDERS - 1);
        providers.push((counted(others.len() as u64, "other provider"), others.iter().map(|(_, number)| number).sum()));
    }
    let origins = rows(keys, |key| key.origin, |origin| origin.words().to_owned());
    let mut repositories: BTreeMap<&str, u64> = BTreeMap::new();
    keys.iter().flat_map(|key| &key.repositories).for_each(|name| *repositories.entry(name).or_default() += 1);
    let mut repositories: Vec<(String, u64)> = repositories.into_iter().map(|(name, n)| (text(name), n)).collect();
    repositories.order_by_key(|(_, number)| std::cmp::Reverse(*number));
    if repositories.len() > PROVIDERS {
        let more = repositories.len() - PROVIDERS;
        let rest: u64 = repositories.split_off(PROVIDERS).iter().map(|(_, number)| number).sum();
        repositories.push((format!("{} others, keys in several counted for each", grouped(more as u64)), rest));
    }
    let shared = keys.iter().filter(|key| key.repositories.len() > 1).count() as u64;
    if shared > 0 {
        repositories.push(("more than one of them".into(), shared));
    }
    let tables = [
        ("State", states),
        ("Severity", severities),
        ("Provider", providers),
        ("Came in with", origins),
        ("Repository", repositories),
    ];
    tables
        .into_iter()
        .filter(|(_, rows)| !rows.is_empty())
        .map(|(name, rows)| Totals {
            name,
            rows: rows
                .into_iter()
                .map(|(sort, number)| (if sort.is_empty() { "(none)".into() } else { sort }, grouped(number)))
                .collect(),
        })
        .collect()
}

fn lists(document: &Document<'_>) -> Vec<CoverageList> {
    let coverage = &document.summary.coverage;
    let cut = |lines: Vec<String>| -> Vec<String> {
        let more = lines.len().saturating_sub(LINES);
        let mut lines: Vec<String> = lines.into_iter().take(LINES).collect();
        if more > 0 {
            lines.push(format!("and {}", counted(more as u64, "more line")));
        }
        lines
    };
    let errors = coverage.errors.iter().map(|error| text(&error.message)).collect();
    let skipped =
        coverage.skipped.iter().map(|skipped| format!("{}: {}", text(&skipped.path), text(&skipped.reason))).collect();
    let notes = coverage.notes.iter().map(|note| text(note)).collect();
    [("Not scanned: errors", errors), ("Left out on purpose", skipped), ("Notes", notes)]
        .into_iter()
        .filter(|(_, lines): &(_, Vec<String>)| !lines.is_empty())
        .map(|(name, lines)| CoverageList { name, lines: cut(lines) })
        .collect()
}

/// Texts that many keys and places share, each once.
#[derive(Default)]
struct Interned {
    list: Vec<Value>,
    numbers: HashMap<String, usize>,
}

impl Interned {
    fn number(&mut self, name: &str, value: impl FnOnce() -> Value) -> usize {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        self.numbers.insert(name.to_owned(), self.list.len());
        self.list.push(value());
        self.list.len() - 1
    }

    fn text(&mut self, untrusted: &str) -> usize {
        self.number(untrusted, || text(untrusted).into())
    }

    fn commit(&mut self, commit: Option<&JsonCommit<'_>>) -> i64 {
        let Some(commit) = commit else { return -1 };
        let value = || {
            let JsonCommit { id, date, author_name, author_email, summary, .. } = commit;
            [id, date, author_name, author_email, summary].into_iter().map(|part| Value::from(text(part))).collect()
        };
        i64::try_from(self.number(&commit.id, value)).unwrap_or(-1)
    }
}

/// Everything that the list shows, as JSON that ends no script element: a key a line.
fn data(document: &Document<'_>, keys: &[JsonKey<'_>]) -> String {
    let (mut strings, mut commits, mut paths) = (Interned::default(), Interned::default(), Interned::default());
    let mut lines: Vec<String> = Vec::with_capacity(keys.len());
    for key in keys {
        let places: Vec<Value> =
            key.findings.iter().map(|&at| place(&document.findings[at], &mut paths, &mut commits)).collect();
        let steps: Vec<Value> = key
            .next_steps
            .iter()
            .map(|step| {
                let command =
                    step.command.as_deref().map_or(-1, |command| i64::try_from(strings.text(command)).unwrap_or(-1));
                json!([strings.text(&step.text), command])
            })
            .collect();
        lines.push(one(key, places, steps, &mut commits).to_string());
    }
    let list = |name: &str, list: &[Value]| {
        let lines: Vec<String> = list.iter().map(ToString::to_string).collect();
        format!("\"{name}\":[{}],\n", lines.join(",\n"))
    };
    let mut data = String::from("{");
    data += &list("strings", &strings.list);
    data += &list("commits", &commits.list);
    data += &list("paths", &paths.list);
    data += &format!("\"keys\":[{}]}}", lines.join(",\n"));
    data.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

/// Path, line, first commit, last commit, whether HEAD has it.
fn place(entry: &JsonFinding<'_>, paths: &mut Interned, commits: &mut Interned) -> Value {
    let history = entry.history.as_ref();
    let last = history.and_then(|history| history.last_commit.as_ref());
    let name = entry.place();
    json!([
        paths.number(&name, || name.clone().into()),
        entry.location.line,
        commits.commit(entry.commit.as_ref()),
        commits.commit(last),
        u8::from(history.is_some_and(|history| history.in_head)),
    ])
}

fn one(key: &JsonKey<'_>, places: Vec<Value>, steps: Vec<Value>, commits: &mut Interned) -> Value {
    let person = |person: &keys::Committer<'_>| text(&format!("{} <{}>", person.name, person.email));
    let names = |names: &[std::borrow::Cow<'_, str>]| names.iter().map(|name| text(name)).collect::<Vec<_>>();
    let replaced = key.replaced_by.as_ref().map(|new| {
        let day = new.date.get(..10).unwrap_or(&new.date);
        text(&format!("replaced on {day} by {}; the old one is still in history", new.secret))
    });
    json!({
        "fingerprint": text(&key.fingerprint),
        "rule": text(&key.rule),
        "provider": text(&key.provider),
        "title": text(&key.title),
        "severity": key.severity,
        "confidence": key.confidence,
        "secret": text(&key.secret),
        "suppressed": key.status == FindingStatus::Suppressed,
        "state": key.state.word(),
        "head": key.state.is_live() && key.last_commit.is_none(),
        "remote": key.on_remote,
        "first": commits.commit(key.first_commit.as_ref()),
        "last": commits.commit(key.last_commit.as_ref()),
        "removed": commits.commit(key.removed_by.as_ref()),
        "days": key.days_exposed,
        "versions": key.versions,
        "refs": names(&key.refs),
        "refsTotal": key.refs_total,
        "refsCut": key.refs_cut,
        "touched": key.touched_by.iter().map(person).collect::<Vec<_>>(),
        "origin": key.origin.words(),
        "also": key.also.iter().map(|origin| origin.words()).collect::<Vec<_>>(),
        "uses": key.uses.iter().filter_map(|used| used.name.as_deref()).map(text).collect::<Vec<_>>(),
        "reuse": key.reuse,
        "exposures": key.exposures.iter().map(|exposed| exposure::reason(*exposed)).collect::<Vec<_>>(),
        "carriers": key.carriers.iter().map(|carrier| carrier.as_str()).collect::<Vec<_>>(),
        "replaced": replaced,
        "overdue": key.overdue_days,
        "time": key.time.map(|(first, last)| [first, last]),
        "steps": steps,
        "places": places,
    })
}
