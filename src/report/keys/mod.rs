//! The keys of a report: one entry for each distinct key, whatever the number of its places, with where it still is, who
//! brought it in, whether it was rotated, and what to do next, the most dangerous first. Made from the findings, once.

mod origin;
mod reuse;
mod rotation;
mod steps;

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::Serialize;

pub use origin::KeyOrigin;

use crate::core::date;
use crate::core::finding::{Carrier, Confidence, Exposure, Reach, Severity};
use crate::report::model::{Document, FindingStatus, JsonCommit, JsonFinding};

/// References that a key names; their number is exact.
const REFS: usize = 20;
/// Paths that are named for each way of using a key.
const PATHS: usize = 20;
/// People that are named beside the one who brought a key in.
const PEOPLE: usize = 20;

/// One key, wherever it stands.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct JsonKey<'a> {
    /// 32 hexadecimal digits that identify the key's value.
    pub fingerprint: Cow<'a, str>,
    /// The rule's id, of the place where the key is worst.
    pub rule: Cow<'a, str>,
    /// Whose key it is; may be empty.
    pub provider: Cow<'a, str>,
    /// The rule's title.
    pub title: Cow<'a, str>,
    /// The worst of its places' severities.
    pub severity: Severity,
    /// The surest of its places' confidences.
    pub confidence: Confidence,
    /// The key, masked unless `--show-secrets` was given.
    pub secret: Cow<'a, str>,
    /// Whether it counts at any place.
    pub status: FindingStatus,
    /// Where it still is.
    pub state: KeyState,
    /// Whether a remote has it.
    pub on_remote: bool,
    /// The commit that brought it in first; null where no commit is known.
    pub first_commit: Option<JsonCommit<'a>>,
    /// The last commit that had it anywhere; null while it is in HEAD, or where no commit is known.
    pub last_commit: Option<JsonCommit<'a>>,
    /// The commit that took it out, where it was last; absent where none did, or that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_by: Option<JsonCommit<'a>>,
    /// Whole days from the first to the last commit that had it, or to HEAD's; null where no commit is known.
    pub days_exposed: Option<u64>,
    /// How many places it stands at: paths, members of archives, messages.
    pub places: u64,
    /// How many versions of files held it.
    pub versions: u64,
    /// References whose history contains it, the most telling first, at most 20.
    pub refs: Vec<Cow<'a, str>>,
    /// How many those are; with `refs_cut` at least as many.
    pub refs_total: u64,
    /// The findings name only some of their references (`--max-refs`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub refs_cut: bool,
    /// Who brought it in; null where no commit is known.
    pub brought_in_by: Option<Committer<'a>>,
    /// Who else committed files with it, at most 20.
    pub touched_by: Vec<Committer<'a>>,
    /// How it came in.
    pub origin: KeyOrigin,
    /// The other ways in which it stands in the repository.
    pub also: Vec<KeyOrigin>,
    /// The variables, fields and headers that it is the value of, and in which files.
    pub uses: Vec<KeyUse<'a>>,
    /// What carries it, where that is more than a value.
    pub carriers: Vec<Carrier>,
    /// How it gets to those who use the product.
    pub exposures: Vec<Exposure>,
    /// The repositories that have it, where a report is of several; absent otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repositories: Vec<Cow<'a, str>>,
    /// The same key for several repositories, environments, services or files, in words; null if there is one place.
    pub reuse: Option<String>,
    /// The key that took its place; null if none is known.
    pub replaced_by: Option<KeyReplacement<'a>>,
    /// It stands still and is older, in days, than `--max-age` allows; null otherwise.
    pub overdue_days: Option<u64>,
    /// What to do, in order.
    pub next_steps: Vec<NextStep>,
    /// Its findings; not written.
    #[serde(skip)]
    pub findings: Vec<usize>,
    /// When it came and went, in seconds since 1970; not written.
    #[serde(skip)]
    pub time: Option<(i64, i64)>,
}

/// Where a key still is: the best way to get at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    /// In files that were scanned as they are, not as git keeps them.
    Files,
    /// In HEAD.
    Head,
    /// In what another branch or tag has now.
    Branch,
    /// In commits that references lead to, and in the files of none of them that is known.
    History,
    /// In what only a reflog leads to.
    Reflog,
    /// In what nothing leads to and git has not removed.
    Unreachable,
}

impl KeyState {
    /// All of them, the most dangerous first.
    pub const ALL: [Self; 6] = [Self::Files, Self::Head, Self::Branch, Self::History, Self::Reflog, Self::Unreachable];

    /// As in machine output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Head => "head",
            Self::Branch => "branch",
            Self::History => "history",
            Self::Reflog => "reflog",
            Self::Unreachable => "unreachable",
        }
    }

    /// In a table.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Head => "HEAD",
            Self::Branch => "branch",
            Self::History => "history",
            Self::Reflog => "reflog",
            Self::Unreachable => "unreachable",
        }
    }

    /// In a sentence.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Files => "in files",
            Self::Head => "live in HEAD",
            Self::Branch => "live on another branch",
            Self::History => "in history only",
            Self::Reflog => "only in a reflog",
            Self::Unreachable => "not reachable, but still in the repository",
        }
    }

    /// Whether it stands in files that somebody uses now.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Files | Self::Head | Self::Branch)
    }
}

/// Somebody who committed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Committer<'a> {
    /// As the commit says it.
    pub name: Cow<'a, str>,
    /// As the commit says it.
    pub email: Cow<'a, str>,
}

/// A name that a key is used under.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct KeyUse<'a> {
    /// The variable, field or header; null where there is none.
    pub name: Option<Cow<'a, str>>,
    /// Some of the files, at most 20.
    pub paths: Vec<Cow<'a, str>>,
    /// How many those are.
    pub paths_total: u64,
}

/// A later key at the same place.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct KeyReplacement<'a> {
    /// Of its value.
    pub fingerprint: Cow<'a, str>,
    /// Masked unless `--show-secrets` was given.
    pub secret: Cow<'a, str>,
    /// When it came.
    pub date: Cow<'a, str>,
    /// Where.
    pub path: Cow<'a, str>,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NextStep {
    /// In words.
    pub text: String,
    /// A command that does it, for a POSIX shell; null if there is none.
    pub command: Option<String>,
    /// The same for all keys that need it, so that it can be said once; not written.
    #[serde(skip)]
    pub general: Option<&'static str>,
}

impl<'a> JsonKey<'a> {
    /// The key, masked in any case.
    pub fn masked(&self) -> String {
        super::model::masked(&self.rule, &self.secret)
    }

    /// Live and on a remote: what has to be done first.
    pub fn is_live_and_pushed(&self) -> bool {
        self.state.is_live() && self.on_remote
    }

    /// The smaller, the more dangerous.
    fn rank(&self) -> impl Ord + use<> {
        let class = match self.state {
            KeyState::Files => 0,
            state if state.is_live() && self.on_remote => 0,
            KeyState::Reflog | KeyState::Unreachable => 2,
            KeyState::Head | KeyState::Branch | KeyState::History => 1,
        };
        (
            self.status,
            class,
            Reverse(self.severity),
            Reverse(self.confidence),
            !self.on_remote,
            self.state,
            Reverse(self.days_exposed),
            self.time.map(|(first, _)| first),
            self.fingerprint.clone().into_owned(),
        )
    }
}

/// The keys of a report, the most dangerous first.
pub fn of<'a>(document: &'a Document<'a>) -> Vec<JsonKey<'a>> {
    let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (number, entry) in document.findings.iter().enumerate() {
        places.entry(&entry.fingerprint).or_default().push(number);
    }
    let mut keys: Vec<JsonKey<'a>> = places.into_values().map(|places| one(document, places)).collect();
    rotation::find(document, &mut keys);
    for key in &mut keys {
        key.overdue_days = overdue(document, key);
        key.next_steps = steps::of(document, key);
    }
    keys.sort_by_cached_key(JsonKey::rank);
    keys
}

fn one<'a>(document: &'a Document<'a>, places: Vec<usize>) -> JsonKey<'a> {
    let entries: Vec<&'a JsonFinding<'a>> = places.iter().map(|&place| &document.findings[place]).collect();
    let active = entries.iter().copied().filter(|entry| entry.status == FindingStatus::Active);
    // What is accepted everywhere is told as what it is.
    let (findings, counted): (Vec<usize>, Vec<&'a JsonFinding<'a>>) = match active.clone().next() {
        Some(_) => (
            places.into_iter().filter(|&place| document.findings[place].status == FindingStatus::Active).collect(),
            active.collect(),
        ),
        None => (places, entries),
    };
    let worst = counted.iter().copied().min_by_key(|entry| (Reverse(entry.severity), Reverse(entry.confidence)));
    let worst = worst.unwrap_or(&document.findings[findings[0]]);
    let time = time(&counted);
    let first = counted.iter().copied().filter(|entry| entry.commit.is_some()).min_by_key(|entry| begun(entry));
    let last = counted.iter().filter_map(|entry| entry.history.as_ref()?.last_commit.as_ref());
    let state = counted.iter().map(|entry| state(entry)).min().unwrap_or(KeyState::Files);
    let (refs, refs_total, refs_cut) = references(&counted, document.summary.head.as_deref());
    let mut origins: Vec<(Option<i64>, KeyOrigin)> =
        counted.iter().map(|entry| (begun(entry), KeyOrigin::of(entry))).collect();
    origins.sort();
    let origin = origins.first().map_or(KeyOrigin::File, |(_, origin)| *origin);
    let also: BTreeSet<KeyOrigin> =
        origins.into_iter().map(|(_, origin)| origin).filter(|other| *other != origin).collect();
    let (brought_in_by, touched_by) = people(first, &counted);
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
        on_remote: counted.iter().any(|entry| entry.history.as_ref().is_some_and(|history| history.on_remote)),
        first_commit: first.and_then(|entry| entry.commit.clone()),
        last_commit: if state.is_live() { None } else { last.max_by_key(|commit| seconds(&commit.date)).cloned() },
        removed_by: if state.is_live() { None } else { removed(&counted) },
        days_exposed: time.map(|(first, last)| u64::try_from((last - first) / DAY).unwrap_or(0)),
        places: counted.len() as u64,
        versions: counted.iter().map(|entry| entry.history.as_ref().map_or(1, |history| history.versions)).sum(),
        refs,
        refs_total,
        refs_cut,
        brought_in_by,
        touched_by,
        origin,
        also: also.into_iter().collect(),
        uses: uses(&counted),
        carriers: usages().filter_map(|usage| usage.carrier).collect::<BTreeSet<_>>().into_iter().collect(),
        exposures: usages().filter_map(|usage| usage.exposure).collect::<BTreeSet<_>>().into_iter().collect(),
        repositories: repositories(&counted),
        reuse: reuse::words(&counted),
        replaced_by: None,
        overdue_days: None,
        next_steps: Vec::new(),
        findings,
        time,
    }
}

const DAY: i64 = 86_400;

/// The repositories of these places, each once; none where a report is of one.
pub(super) fn repositories<'a>(entries: &[&'a JsonFinding<'a>]) -> Vec<Cow<'a, str>> {
    let names: BTreeSet<&str> = entries.iter().filter_map(|entry| entry.location.repository.as_deref()).collect();
    names.into_iter().map(Cow::Borrowed).collect()
}

fn state(entry: &JsonFinding<'_>) -> KeyState {
    let Some(history) = &entry.history else { return KeyState::Files };
    match history.reach {
        Reach::Head => KeyState::Head,
        Reach::Ref if history.at_tip => KeyState::Branch,
        Reach::Ref => KeyState::History,
        Reach::Reflog => KeyState::Reflog,
        Reach::Unreachable => KeyState::Unreachable,
    }
}

/// When a commit brought a finding in, in seconds since 1970.
fn begun(entry: &JsonFinding<'_>) -> Option<i64> {
    seconds(&entry.commit.as_ref()?.date)
}

fn seconds(date: &str) -> Option<i64> {
    if date.is_empty() { None } else { date::moment(date, 0) }
}

/// From the first commit that had a key at any of its places to the last, or to HEAD's.
fn time(entries: &[&JsonFinding<'_>]) -> Option<(i64, i64)> {
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
    names.sort_by_key(|name| (telling(name, head), *name));
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
    removed.max_by_key(|commit| (seconds(&commit.date), commit.id.as_ref())).cloned()
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
        commits.filter_map(person).filter(|other| Some(other) != brought.as_ref()).collect();
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
    uses.sort_by_key(|used| (used.name.is_none(), Reverse(used.paths_total)));
    uses
}

/// How old a key is that still stands, if it is older than it may be.
fn overdue(document: &Document<'_>, key: &JsonKey<'_>) -> Option<u64> {
    let before = document.overdue_before?;
    let (first, _) = key.time?;
    let is_overdue = key.state.is_live() && first < before;
    is_overdue.then(|| u64::try_from((document.now() - first) / DAY).unwrap_or(0))
}

/// How many commits and people the findings that count name.
pub fn commits_and_people(document: &Document<'_>) -> (u64, u64) {
    let (mut commits, mut people) = (HashSet::new(), HashSet::new());
    for entry in document.active() {
        let last = entry.history.as_ref().and_then(|history| history.last_commit.as_ref());
        for commit in entry.commit.iter().chain(last).filter(|commit| !commit.date.is_empty()) {
            commits.insert(commit.id.as_ref());
            people.insert((commit.author_name.as_ref(), commit.author_email.as_ref()));
        }
    }
    (commits.len() as u64, people.len() as u64)
}
