//! What the places of one key say together: where it still is, since when, who brought it in, and what it is used for.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{Committer, JsonKey, KeyOrigin, KeyState, KeyUse, reuse};
use crate::core::date;
use crate::core::finding::Reach;
use crate::core::order::{Gather as _, ListOrder as _};
use crate::report::model::{JsonCommit, JsonFinding};

/// References that a key names; their number is exact.
const REFS: usize = 20;
/// Paths that are named for each way of using a key.
const PATHS: usize = 20;
/// People that are named beside the one who brought a key in.
const PEOPLE: usize = 20;

/// The key that stands at these places, which are not none, with nothing said yet of other keys or of what to do. `head` is
/// the full name of the branch that is checked out.
pub(super) fn key<'a>(counted: &[&'a JsonFinding<'a>], worst: &'a JsonFinding<'a>, head: Option<&str>) -> JsonKey<'a> {
    let time = time(counted);
    let first = counted.iter().copied().filter(|entry| entry.commit.is_some()).min_by_key(|entry| begun(entry));
    let last = || counted.iter().filter_map(|entry| entry.history.as_ref()?.last_commit.as_ref());
    let state = state(counted);
    let is_gone = !state.is_live();
    let (refs, refs_total, refs_cut) = references(counted, head);
    let (origin, also) = origins(counted);
    let (brought_in_by, touched_by) = people(first, counted);
    let usages = || counted.iter().filter_map(|entry| entry.usage.as_ref());
    JsonKey {
        fingerprint: worst.fingerprint.as_ref().into(),
        rule: worst.rule.as_ref().into(),
        provider: worst.provider.as_ref().into(),
        title: worst.title.as_ref().into(),
        severity: worst.severity,
        confidence: counted.iter().map(|entry| entry.confidence).max().unwrap_or(worst.confidence),
        secret: worst.secret.as_ref().into(),
        status: worst.status,
        state,
        on_remote: is_on_remote(counted),
        first_commit: first.and_then(|entry| Some(entry.commit.as_ref()?.borrowed())),
        last_commit: is_gone
            .then(|| last().max_by_key(|commit| seconds(&commit.date)))
            .flatten()
            .map(JsonCommit::borrowed),
        removed_by: is_gone.then(|| removed(counted)).flatten(),
        days_exposed: time.map(days),
        places: counted.len() as u64,
        versions: counted.iter().map(|entry| entry.history.as_ref().map_or(1, |history| history.versions)).sum(),
        refs,
        refs_total,
        refs_cut,
        brought_in_by,
        touched_by,
        origin,
        also,
        uses: uses(counted),
        carriers: usages().filter_map(|usage| usage.carrier).in_set().into_iter().collect(),
        exposures: usages().filter_map(|usage| usage.exposure).in_set().into_iter().collect(),
        repositories: reuse::repositories(counted),
        reuse: reuse::words(counted),
        replaced_by: None,
        overdue_days: None,
        next_steps: Vec::new(),
        findings: Vec::new(),
        time,
    }
}

/// The place that tells what key it is: the most severe and likely one.
pub(super) fn worst<'a>(entries: &[&'a JsonFinding<'a>]) -> Option<&'a JsonFinding<'a>> {
    entries.iter().copied().min_by_key(|entry| (Reverse(entry.severity), Reverse(entry.confidence)))
}

/// The best way to get at a key at any of these places.
pub(super) fn state(entries: &[&JsonFinding<'_>]) -> KeyState {
    let of = |entry: &&JsonFinding<'_>| {
        let Some(history) = &entry.history else { return KeyState::Files };
        match history.reach {
            Reach::Head => KeyState::Head,
            Reach::Ref if history.at_tip => KeyState::Branch,
            Reach::Ref => KeyState::History,
            Reach::Reflog => KeyState::Reflog,
            Reach::Unreachable => KeyState::Unreachable,
        }
    };
    entries.iter().map(of).min().unwrap_or(KeyState::Files)
}

pub(super) fn is_on_remote(entries: &[&JsonFinding<'_>]) -> bool {
    entries.iter().any(|entry| entry.history.as_ref().is_some_and(|history| history.on_remote))
}

/// Whole days between two moments in seconds since 1970.
pub(super) fn days((first, last): (i64, i64)) -> u64 {
    u64::try_from((last - first) / DAY).unwrap_or(0)
}

/// How the key came in first, and the other ways in which it stands there.
fn origins(entries: &[&JsonFinding<'_>]) -> (KeyOrigin, Vec<KeyOrigin>) {
    let all = entries.iter().map(|entry| (begun(entry), KeyOrigin::of(entry)));
    let all: BTreeSet<(Option<i64>, KeyOrigin)> = all.in_set();
    let first = all.first().map_or(KeyOrigin::File, |(_, origin)| *origin);
    let also: BTreeSet<KeyOrigin> = all.into_iter().map(|(_, origin)| origin).filter(|other| *other != first).in_set();
    (first, also.into_iter().collect())
}

const DAY: i64 = 86_400;

/// When a commit brought a finding in, in seconds since 1970.
pub(super) fn begun(entry: &JsonFinding<'_>) -> Option<i64> {
    seconds(&entry.commit.as_ref()?.date)
}

/// A commit's date in seconds since 1970; `None` if it has none.
pub(super) fn seconds(date: &str) -> Option<i64> {
    date::rfc3339(date)
}

/// From the first commit that had a key at any of its places to the last, or to HEAD's.
pub(super) fn time(entries: &[&JsonFinding<'_>]) -> Option<(i64, i64)> {
    let ends = |entry: &&JsonFinding<'_>| {
        let first = begun(entry)?;
        let days = entry.history.as_ref().map_or(0, |history| history.days_exposed);
        let last = entry.history.as_ref().and_then(|history| seconds(&history.last_commit.as_ref()?.date));
        let by_days = first.saturating_add(i64::try_from(days).unwrap_or(0).saturating_mul(DAY));
        Some((first, last.unwrap_or(by_days).max(by_days)))
    };
    entries.iter().filter_map(ends).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

/// The references that contain a key at any of its places: some names, and how many there are.
fn references<'a>(entries: &[&'a JsonFinding<'a>], head: Option<&str>) -> (Vec<Cow<'a, str>>, u64, bool) {
    let mut lists: HashSet<&[Cow<'a, str>]> = HashSet::new();
    let (mut most, mut is_cut) = (0, false);
    for history in entries.iter().filter_map(|entry| entry.history.as_ref()) {
        lists.insert(&history.refs);
        most = most.max(history.refs_total.unwrap_or(0));
        is_cut |= history.refs_total.is_some();
    }
    let is_one = lists.len() == 1;
    let names: HashSet<&str> = lists.into_iter().flatten().map(AsRef::as_ref).collect();
    let total = most.max(names.len() as u64);
    let mut names: Vec<&str> = names.into_iter().collect();
    names.order_by_key(|name| (telling(name, head), *name));
    let shown = names.into_iter().take(REFS).map(Cow::Borrowed).collect();
    (shown, total, is_cut && !is_one)
}

/// `HEAD`'s branch and its remote's before branches before tags before what a forge makes. Where nobody says what `HEAD` is
/// at, the usual names of default branches come first.
fn telling(name: &str, head: Option<&str>) -> u8 {
    let branch = name.strip_prefix("refs/heads/");
    let remote = name.strip_prefix("refs/remotes/").and_then(|rest| Some(rest.split_once('/')?.1));
    match head {
        Some(head) if name == head || name == "HEAD" => return 0,
        Some(head) if remote.is_some() && remote == head.strip_prefix("refs/heads/") => return 1,
        _ if name == "refs/remotes/origin/HEAD" => return 2,
        Some(_) => {}
        None if matches!(branch.or(remote), Some("main" | "master" | "trunk" | "develop")) => return 1,
        None => {}
    }
    match name {
        _ if branch.is_some() => 3,
        _ if name.starts_with("refs/remotes/origin/") => 4,
        _ if remote.is_some() => 5,
        _ if name.starts_with("refs/tags/") => 6,
        _ => 7,
    }
}

/// The commit that took a key out of its last place.
fn removed<'a>(entries: &[&'a JsonFinding<'a>]) -> Option<JsonCommit<'a>> {
    let histories = entries.iter().filter_map(|entry| entry.history.as_ref());
    let removed = histories.filter_map(|history| history.removed_by.as_ref());
    removed.max_by_key(|commit| (seconds(&commit.date), commit.id.as_ref())).map(JsonCommit::borrowed)
}

/// Who brought a key in, and who else committed it somewhere.
fn people<'a>(
    first: Option<&'a JsonFinding<'a>>,
    entries: &[&'a JsonFinding<'a>],
) -> (Option<Committer<'a>>, Vec<Committer<'a>>) {
    let person = |commit: &'a JsonCommit<'a>| {
        let is_known = !commit.author_name.is_empty() || !commit.author_email.is_empty();
        is_known
            .then(|| Committer { name: commit.author_name.as_ref().into(), email: commit.author_email.as_ref().into() })
    };
    let brought = first.and_then(|entry| entry.commit.as_ref()).and_then(person);
    let commits = entries.iter().flat_map(|entry| {
        let last = entry.history.as_ref().and_then(|history| history.last_commit.as_ref());
        entry.commit.iter().chain(last)
    });
    let others: BTreeSet<Committer<'a>> =
        commits.filter_map(person).filter(|other| Some(other) != brought.as_ref()).in_set();
    (brought, others.into_iter().take(PEOPLE).collect())
}

fn uses<'a>(entries: &[&'a JsonFinding<'a>]) -> Vec<KeyUse<'a>> {
    let mut names: BTreeMap<Option<&'a str>, BTreeSet<Cow<'a, str>>> = BTreeMap::new();
    for entry in entries {
        let Some(path) = entry.location.file() else { continue };
        let name = entry.usage.as_ref().and_then(|usage| usage.name.as_deref());
        names.entry(name).or_default().insert(path);
    }
    let mut uses: Vec<KeyUse<'a>> = names
        .into_iter()
        .map(|(name, paths)| KeyUse {
            name: name.map(Cow::Borrowed),
            paths_total: paths.len() as u64,
            paths: paths.into_iter().take(PATHS).collect(),
        })
        .collect();
    uses.order_by_key(|used| (used.name.is_none(), Reverse(used.paths_total)));
    uses
}
