//! What is said of one key, in words.

use crate::report::keys::{Committer, JsonKey, KeyState};
use crate::report::layout::fit;
use crate::report::model::{FindingStatus, JsonFinding};
use crate::report::numbers::{counted, grouped};
use crate::report::{escape, exposure};

/// As many digits of a fingerprint as `keysweep ignore` needs.
const SHORT_FINGERPRINT: usize = 12;

/// Where a key is, in a table.
pub(super) fn place_word(key: &JsonKey<'_>) -> String {
    match key.status {
        FindingStatus::Active => format!("{}{}", key.state.word(), if key.on_remote { " pushed" } else { "" }),
        FindingStatus::Suppressed => "suppressed".into(),
    }
}

/// Where a finding stands, with its line.
pub(super) fn at(entry: &JsonFinding<'_>) -> String {
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

/// `live in HEAD, pushed, for 412 days: 2024-01-02 to now`
pub(super) fn state(key: &JsonKey<'_>) -> String {
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
        let start = day(&first.date);
        text += &match is_known {
            true if start == end => format!(": on {start}"),
            true => format!(": {start} to {end}"),
            false => format!(": since {start}"),
        };
    }
    text
}

/// `brought in with a file by Ada, 450a1c9c38 "backend env"; then committed by Bob and 3 more`
pub(super) fn origin(key: &JsonKey<'_>) -> Option<String> {
    let commit = key.first_commit.as_ref()?;
    let person = key.brought_in_by.as_ref();
    let id = escape::text(commit.short().as_bytes());
    let Some(person) = person else { return Some(format!("in object {id}")) };
    let text = |text: &str| escape::text(text.as_bytes());
    let mut said = format!("brought in with {} by {} in {id}", key.origin.words(), fit(&text(&person.name), 40));
    if !commit.summary.is_empty() {
        said += &format!(": {}", fit(&text(&commit.summary), 48));
    }
    let others = others(person, &key.touched_by);
    if !others.is_empty() {
        let names: Vec<String> = others.iter().take(3).map(|name| fit(&text(name), 30)).collect();
        said += &format!("; since then committed by {}", names.join(", "));
        if others.len() > names.len() {
            said += &format!(" and {} more", others.len() - names.len());
        }
    }
    Some(said)
}

/// Other names than the first one's: somebody may have several addresses.
fn others<'k>(first: &Committer<'_>, touched: &'k [Committer<'_>]) -> Vec<&'k str> {
    let mut names: Vec<&str> = Vec::new();
    for person in touched {
        let name = person.name.as_ref();
        if name != first.name && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// `taken out by Bob on 2026-02-03 in 450a1c9c38: use a vault`
pub(super) fn removed(key: &JsonKey<'_>) -> Option<String> {
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
pub(super) fn short_fingerprint(key: &JsonKey<'_>) -> String {
    key.fingerprint.get(..SHORT_FINGERPRINT).unwrap_or(&key.fingerprint).to_owned()
}

/// Names it is used under, reuse, exposure, rotation.
pub(super) fn remarks(key: &JsonKey<'_>) -> Vec<String> {
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

/// The first references of a key, and how many more there are. A remote's branch says nothing beside the branch here.
pub(super) fn refs(key: &JsonKey<'_>, most: usize) -> Option<String> {
    let names: Vec<&str> = key.refs.iter().map(|name| short(name)).collect();
    let is_told = |at: &usize| {
        let of_remote = names.get(*at).and_then(|name| name.split_once('/')).map(|(_, name)| name);
        of_remote.is_none_or(|name| !names.iter().take(*at).any(|before| *before == name))
    };
    let told = (0..names.len()).filter(is_told).take(most).filter_map(|at| names.get(at));
    let shown: Vec<String> = told.map(|name| fit(&escape::text(name.as_bytes()), 32)).collect();
    if shown.is_empty() {
        return None;
    }
    let on = match key.state {
        KeyState::Head => "on",
        KeyState::Reflog => "in the reflog of",
        _ => "in the history of",
    };
    let mut text = format!("{on} {}", shown.join(", "));
    let more = key.refs_total.saturating_sub(shown.len() as u64);
    if more > 0 {
        text += &format!(" and {}{} more", if key.refs_cut { "at least " } else { "" }, grouped(more));
    }
    Some(text)
}

/// A reference's name as git shows it.
fn short(name: &str) -> &str {
    ["refs/heads/", "refs/tags/", "refs/remotes/", "refs/"].iter().find_map(|p| name.strip_prefix(p)).unwrap_or(name)
}
