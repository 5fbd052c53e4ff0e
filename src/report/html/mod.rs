//! The `html` format: one page without external resources, for the person who cleans up and for a manager. The top is
//! plain HTML. The list of keys is data, which the page's script displays, so that with ten thousand keys only the
//! visible ones cost time. A content security policy allows only this script and this style sheet, by their hashes.

mod data;
mod totals;

use std::io::{self, Write};

use askama::Template;
use data_encoding::BASE64;
use sha2::{Digest as _, Sha256};

use data::PageData;
use totals::{Counts, Totals};

use super::keys::{self, JsonKey, KeyList};
use super::model::{Document, FindingStatus};
use super::numbers::{counted, grouped};
use super::{ReportStyle, escape, outcome};
use crate::core::date;

const STYLE: &str = include_str!("../../../templates/report.css");
const SCRIPT: &str = include_str!("../../../templates/report.js");

/// The number of keys that are shown above the list.
const WORST: usize = 5;
/// The maximum number of lines in a list of unscanned items.
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
    data: PageData,
}

/// One of the most dangerous keys, shown in one line.
struct WorstKey {
    severity: &'static str,
    title: String,
    secret: String,
    state: String,
    step: String,
}

/// A list of unscanned items or notes.
struct CoverageList {
    name: &'static str,
    lines: Vec<String>,
}

/// Writes the page.
pub(super) fn write(document: &Document<'_>, style: ReportStyle, out: &mut dyn Write) -> io::Result<()> {
    let (mut data, mut counts) = (PageData::default(), Counts::default());
    let (mut shown, mut number, mut live) = (Vec::new(), 0_u64, 0_u64);
    for key in KeyList::new(document).iter() {
        data.add(document, &key)?;
        if key.status == FindingStatus::Suppressed {
            continue;
        }
        counts.add(&key);
        number += 1;
        live += u64::from(key.is_live_and_pushed());
        if shown.len() < WORST {
            shown.push(shortest(&key));
        }
    }
    let (commits, people) = keys::commits_and_people(document);
    let verdict = outcome::verdict(document);
    let by = format!(
        "; {} by {} {}.",
        counted(commits, "commit"),
        grouped(people),
        if people == 1 { "person" } else { "people" }
    );
    let (script, css) = (SCRIPT.replace("\r\n", "\n"), STYLE.replace("\r\n", "\n"));
    let hash = |text: &str| BASE64.encode(&Sha256::digest(text.as_bytes()));
    let page = HtmlPage {
        title: "Keys that leaked".to_owned() + if number == 0 { ": none found" } else { "" },
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
        shortest: shown,
        totals: counts.tables(),
        scanned: outcome::scanned(&document.summary.coverage),
        change: document.summary.change.as_ref().map(|change| text(&change.why)),
        lists: lists(document),
        version: env!("CARGO_PKG_VERSION"),
        time: date::utc(document.now()),
        shows_secrets: style.show_secrets,
        style_hash: hash(&css),
        script_hash: hash(&script),
        style: &css,
        script: &script,
        data,
    };
    page.write_into(out)
}

/// Escapes untrusted text as in all formats, so that invisible characters are visible. The template and the script
/// escape HTML.
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
        secret: key.shown(),
        state: format!(
            "{}{}{}",
            key.state.words(),
            if key.on_remote { ", pushed" } else { "" },
            days.unwrap_or_default()
        ),
        step: key.next_steps.first().map(|step| text(&step.text)).unwrap_or_default(),
    }
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
