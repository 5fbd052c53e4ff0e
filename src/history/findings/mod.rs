//! Makes findings of what was found in files, commits, tags and the names of references.

mod judged;
mod outside_trees;
mod unscanned;

use std::collections::HashMap;
use std::sync::Arc;

use bstr::{BString, ByteSlice};

use super::audited::Audit;
use super::commit_graph::{CommitGraph, HEAD, LOG, REF, REMOTE};
use super::containing_refs::containing_refs;
use super::content_pass::ObjectHit;
use super::introducing::{Occurrence, Occurrences};
use super::object_index::ObjectIndex;
use super::secrets::Secrets;
use super::tree_pass::ENTRY_NAME;
use super::tree_paths::PathTable;
use crate::core::finding::{Commit, Finding, History, Location, Part, Reach};
use crate::core::narrow::narrow;
use crate::git::Refs;
use crate::git::commit::{self, ParsedCommit as RawCommit};
use crate::git::{Id, Kind};
use crate::policy::Policy;
use crate::scan::Match;
use crate::source::Collector;
use crate::source::commits::keys_in_text;
use crate::source::name_keys;
use judged::BlobJudge;

pub(super) use unscanned::{report_interrupted, report_unscanned_archives};

/// Makes the findings of an audit and pushes them into its collector.
pub(super) struct FindingBuilder<'a> {
    audit: &'a Audit<'a>,
    index: &'a ObjectIndex<'a>,
    graph: &'a CommitGraph,
    refs: &'a Refs,
    policy: &'a Policy,
    collector: &'a Collector,
    /// Commits that were read for the report, with the time of each, by the commit's number.
    commits: HashMap<u32, (Arc<Commit>, i64)>,
    blobs: BlobJudge<'a>,
}

impl<'a> FindingBuilder<'a> {
    pub(super) fn new(audit: &'a Audit<'a>, graph: &'a CommitGraph) -> Self {
        let Audit { index, refs, policy, collector, .. } = *audit;
        let blobs = BlobJudge::new(index, policy, collector);
        Self { audit, index, graph, refs, policy, collector, commits: HashMap::new(), blobs }
    }

    /// Reports the findings in files, in the text of commits and in tags.
    pub(super) fn report(
        &mut self,
        occurrences: Occurrences,
        secrets: &Secrets,
        hits: &[ObjectHit],
        paths: &PathTable,
        names: &[Arc<[u8]>],
    ) {
        let mut introductions = occurrences.introductions;
        let mut in_commits = Vec::new();
        for hit in hits.iter().filter(|hit| hit.kind == Kind::Commit) {
            for (part, found) in keys_in_text(self.policy, hit.kind, &hit.bytes) {
                let place = self.graph.place(hit.number).filter(|&at| self.audit.is_selected(at as usize));
                let Some(at) = place else { continue };
                introductions.push((at, narrow(occurrences.list.len() + in_commits.len())));
                in_commits.push((at, part, found));
            }
        }
        introductions.sort_unstable();
        let lists = containing_refs(self.graph, &introductions, occurrences.list.len() + in_commits.len());
        for (occurrence, list) in
            occurrences.list.iter().zip(&lists).filter(|(occurrence, _)| occurrence.subject < secrets.count())
        {
            self.report_in_file(occurrence, secrets, paths.path(occurrence.path, names), list);
        }
        for ((at, part, found), list) in in_commits.into_iter().zip(&lists[occurrences.list.len()..]) {
            self.report_in_commit(at, part, found, list);
        }
        for hit in hits.iter().filter(|hit| hit.kind == Kind::Tag) {
            self.report_in_tag(hit);
        }
    }

    fn report_in_file(&mut self, occurrence: &Occurrence, secrets: &Secrets, path: BString, list: &[u32]) {
        let Some(mut finding) = self.finding_at(occurrence, secrets, path) else { return };
        let (first, begun) = self.commit(occurrence.first);
        let (last, ended) = self.commit(occurrence.last);
        let in_head = occurrence.in_head.is_some();
        let until = if in_head { self.graph.head.map_or(ended, |head| self.commit(head).1) } else { ended };
        let has_commit = self.graph.nodes[occurrence.first as usize].is_commit;
        let removed = occurrence.removed.filter(|_| !in_head && has_commit).map(|at| self.commit(at).0);
        finding.commit = Some(first);
        finding.history = Some(History {
            last_commit: (!in_head && has_commit).then_some(last),
            removed_by: removed,
            in_head,
            refs: self.ref_names(list),
            refs_total: list.len(),
            on_remote: occurrence.reach & REMOTE != 0,
            reach: reach(in_head, occurrence.reach),
            at_tip: !in_head && occurrence.at_branch,
            is_root: has_commit && self.graph.nodes[occurrence.first as usize].parents.is_empty(),
            is_tip: self.graph.head == Some(occurrence.first),
            versions: occurrence.versions,
            days_exposed: days(begun, until),
        });
        self.collector.finding(finding);
    }

    /// The finding for an occurrence, as it is in the introducing commit.
    fn finding_at(&mut self, occurrence: &Occurrence, secrets: &Secrets, path: BString) -> Option<Finding> {
        if occurrence.object == ENTRY_NAME {
            let key = name_keys::last_name(self.policy, &path).next()?;
            return Some(key.at(path.as_ref()));
        }
        let first = secrets.key(occurrence.object, occurrence.subject)?;
        let key = self.blobs.key_at(occurrence.object, first, &path, secrets)?;
        // Whether it is suppressed is what the content in HEAD says (a marker beside it), not the first version.
        let now = match occurrence.in_head.filter(|leaf| *leaf != occurrence.object) {
            Some(leaf) => self.blobs.key_at(leaf, secrets.key(leaf, occurrence.subject)?, &path, secrets),
            None => None,
        };
        let mut finding = key.at(path.as_ref());
        if let Some(now) = now {
            finding.suppressed = now.found.suppressed;
        }
        Some(finding)
    }

    fn report_in_commit(&mut self, at: u32, part: Part, found: Match, list: &[u32]) {
        let mask = self.graph.nodes[at as usize].reach;
        let in_head = mask & HEAD != 0;
        let (commit, begun) = self.commit(at);
        let until = if in_head { self.graph.head.map_or(begun, |head| self.commit(head).1) } else { begun };
        let refs = self.ref_names(list);
        self.report_without_path(
            found,
            part,
            commit,
            History {
                refs,
                refs_total: list.len(),
                is_root: self.graph.nodes[at as usize].parents.is_empty(),
                is_tip: self.graph.head == Some(at),
                ..history(mask, days(begun, until))
            },
        );
    }

    fn report_in_tag(&mut self, hit: &ObjectHit) {
        if self.audit.selected.is_some() {
            let node = self.graph.tag_target(hit.number);
            if !node.is_some_and(|node| self.audit.is_selected(node as usize)) {
                return;
            }
        }
        let places = self.graph.tips.iter().enumerate().filter(|(_, tip)| tip.tags.contains(&hit.number));
        let list: Vec<u32> = places.map(|(place, _)| narrow(place)).collect();
        let logged = if self.graph.logged.contains(&hit.number) { LOG } else { 0 };
        let mask = if list.is_empty() { logged } else { REF };
        let commit = Arc::new(commit::described(self.index.id(hit.number), hit.kind, &hit.bytes));
        for (part, found) in keys_in_text(self.policy, hit.kind, &hit.bytes) {
            let refs = self.ref_names(&list);
            let history = History { refs, refs_total: list.len(), ..history(mask, 0) };
            self.report_without_path(found, part, commit.clone(), history);
        }
    }

    /// Reports a finding that is not in a file.
    fn report_without_path(&self, found: Match, part: Part, commit: Arc<Commit>, history: History) {
        let mut finding: Finding = found.at(Location { part: Some(part), ..Location::default() });
        finding.commit = Some(commit);
        finding.history = Some(history);
        self.collector.finding(finding);
    }

    /// The names of references by their places in [`Refs::list`], up to the limit of the options.
    fn ref_names(&self, places: &[u32]) -> Vec<String> {
        let names =
            places.iter().take(self.audit.options.max_refs.max(1)).map(|&place| &self.refs.list[place as usize].0);
        names.map(|name| name.to_str_lossy().into_owned()).collect()
    }

    /// What the report says of a commit, and the time at which its author wrote it.
    fn commit(&mut self, place: u32) -> (Arc<Commit>, i64) {
        let number = self.graph.nodes[place as usize].number;
        if let Some((commit, time)) = self.commits.get(&number) {
            return (commit.clone(), *time);
        }
        let id = self.index.id(number);
        let (commit, time) = match self.index.read(number) {
            Ok(Some((Kind::Commit, bytes))) => {
                let raw = RawCommit::parse(&bytes);
                (commit::described(id, Kind::Commit, &bytes), raw.author.seconds)
            }
            // A tree without a commit; or a commit that was readable before and is no longer.
            Ok(Some((kind, _))) => (empty(id.to_string(), Some(kind)), 0),
            Ok(None) | Err(_) => (empty(id.to_string(), None), 0),
        };
        let commit = Arc::new(commit);
        self.commits.insert(number, (commit.clone(), time));
        (commit, time)
    }
}

/// The history of a finding that only a reflog has.
pub(super) fn logged_history() -> History {
    history(LOG, 0)
}

/// Stands for a commit that is not here.
pub(super) fn unknown_commit(id: Id) -> Commit {
    empty(id.to_string(), None)
}

/// The history of a finding that is not in a file, by what reaches its object.
fn history(mask: u8, days_exposed: u64) -> History {
    let in_head = mask & HEAD != 0;
    History {
        last_commit: None,
        removed_by: None,
        in_head,
        refs: Vec::new(),
        refs_total: 0,
        on_remote: mask & REMOTE != 0,
        reach: reach(in_head, mask),
        at_tip: false,
        is_root: false,
        is_tip: false,
        versions: 1,
        days_exposed,
    }
}

fn reach(in_head: bool, mask: u8) -> Reach {
    if in_head {
        Reach::Head
    } else if mask & (REF | HEAD) != 0 {
        Reach::Ref
    } else if mask & LOG != 0 {
        Reach::Reflog
    } else {
        Reach::Unreachable
    }
}

/// Whole days between two times, 0 if the second is earlier.
fn days(from: i64, until: i64) -> u64 {
    u64::try_from(until.saturating_sub(from) / 86_400).unwrap_or(0)
}

/// Stands for an object that is no commit.
fn empty(id: String, kind: Option<Kind>) -> Commit {
    let [author_name, author_email, date, summary] = Default::default();
    Commit { id, author_name, author_email, date, summary, object: kind.and_then(Kind::unless_commit) }
}
