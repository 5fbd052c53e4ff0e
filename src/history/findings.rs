//! Makes findings of what was found in files, commits, tags and the names of references.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use bstr::{BString, ByteSlice};

use super::audit::Audit;
use super::commit_graph::{CommitGraph, HEAD, LOG, REF, REMOTE};
use super::containing_refs::containing_refs;
use super::content_pass::{ObjectHit, UnscannedArchive};
use super::introducing::{Occurrence, Occurrences};
use super::missing::Unscanned;
use super::object_index::ObjectIndex;
use super::secrets::Secrets;
use super::tree_pass::ENTRY_NAME;
use super::tree_paths::PathTable;
use crate::core::coverage::Skipped;
use crate::core::error::Error;
use crate::core::finding::{Commit, Finding, History, Location, Part, Reach, Secret};
use crate::core::narrow::narrow;
use crate::git::Refs;
use crate::git::commit::{self, ParsedCommit as RawCommit};
use crate::git::{Id, Kind};
use crate::policy::Policy;
use crate::scan::Match;
use crate::source::commits::keys_in_text;
use crate::source::content::{self, ContentKey, ContentScan, TOO_LARGE};
use crate::source::{Collector, archive};

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
    /// The blobs that were judged last: findings in one follow each other, and judging is scanning all of it again.
    judged: Vec<(u32, BString, Rc<JudgedBlob>)>,
}

/// What the policy makes of a blob at a path.
enum JudgedBlob {
    /// It cannot be read again.
    Unreadable,
    /// The policy leaves the path out.
    Skipped,
    /// The first occurrence of each key, by its value and the member of an archive.
    Keys(HashMap<(Secret, Option<BString>), ContentKey>),
}

impl<'a> FindingBuilder<'a> {
    pub(super) fn new(audit: &'a Audit<'a>, graph: &'a CommitGraph) -> Self {
        let Audit { index, refs, policy, collector, .. } = *audit;
        Self { audit, index, graph, refs, policy, collector, commits: HashMap::new(), judged: Vec::new() }
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
            let key = content::names(self.policy, &path).next()?;
            return Some(key.at(path.as_ref()));
        }
        let first = secrets.key(occurrence.object, occurrence.subject)?;
        let key = self.key_at(occurrence.object, first, &path, secrets)?;
        // Whether it is suppressed is what the content in HEAD says (a marker beside it), not the first version.
        let now = match occurrence.in_head.filter(|leaf| *leaf != occurrence.object) {
            Some(leaf) => self.key_at(leaf, secrets.key(leaf, occurrence.subject)?, &path, secrets),
            None => None,
        };
        let mut finding = key.at(path.as_ref());
        if let Some(now) = now {
            finding.suppressed = now.found.suppressed;
        }
        Some(finding)
    }

    /// A key of a blob as the policy judges it at a path, which was not known when the blob was scanned; `None` if the
    /// policy skips the path or allows the key there.
    fn key_at(&mut self, blob: u32, key: &ContentKey, path: &BString, secrets: &Secrets) -> Option<ContentKey> {
        if secrets.is_external(blob) {
            return Some(key.clone());
        }
        match &*self.judged(blob, path) {
            // What was found the first time stands.
            JudgedBlob::Unreadable => Some(key.clone()),
            JudgedBlob::Skipped => None,
            JudgedBlob::Keys(keys) => keys.get(&(key.found.secret.clone(), key.member.clone())).cloned(),
        }
    }

    fn judged(&mut self, blob: u32, path: &BString) -> Rc<JudgedBlob> {
        /// A blob in the introducing commit, and the one in `HEAD`.
        const KEPT: usize = 2;
        if let Some((.., judged)) = self.judged.iter().find(|(known, at, _)| *known == blob && at == path) {
            return judged.clone();
        }
        let judged = Rc::new(self.judge(blob, path));
        if self.judged.len() == KEPT {
            self.judged.remove(0);
        }
        self.judged.push((blob, path.clone(), judged.clone()));
        judged
    }

    fn judge(&self, blob: u32, path: &BString) -> JudgedBlob {
        let Ok(Some((_, bytes))) = self.index.read(blob) else { return JudgedBlob::Unreadable };
        if let Some(reason) = self.policy.skips(path.as_ref(), bytes.len() as u64) {
            self.collector.skipped(Skipped { path: path.clone(), reason });
            return JudgedBlob::Skipped;
        }
        let content = ContentScan::new(self.policy, Some(path.as_ref())).bytes(&bytes, None);
        let mut keys = HashMap::new();
        for key in content.keys {
            keys.entry((key.found.secret.clone(), key.member.clone())).or_insert(key);
        }
        JudgedBlob::Keys(keys)
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

    /// Scans the names of references, and reports each finding with the object that the reference names.
    pub(super) fn report_in_ref_names(&mut self) {
        for place in 0..self.refs.list.len() {
            let (name, id) = &self.refs.list[place];
            let node = self.graph.tips[place].node;
            if self.audit.selected.is_some() && !node.is_some_and(|node| self.audit.is_selected(node as usize)) {
                continue;
            }
            for found in self.policy.scan(name) {
                let mask = node.map_or(0, |node| self.graph.nodes[node as usize].reach);
                let mut commit =
                    node.map_or_else(|| empty(id.to_string(), None), |node| (*self.commit(node).0).clone());
                commit.id = id.to_string();
                let remote = if self.refs.is_remote(name) { REMOTE } else { 0 };
                let refs = self.ref_names(&[narrow(place)]);
                let mut mask = (mask & !(HEAD | REMOTE)) | REF | remote;
                if self.refs.head_name.as_ref() == Some(name) {
                    mask |= HEAD;
                }
                let history = History { refs, refs_total: 1, ..history(mask, 0) };
                self.report_without_path(found, Part::Ref, Arc::new(commit), history);
            }
        }
        let dangling = self.refs.dangling.iter().filter(|_| self.audit.selected.is_none());
        for (name, found) in
            dangling.flat_map(|name| self.policy.scan(name).into_iter().map(move |found| (name, found)))
        {
            let mut finding = found.at(Location { part: Some(Part::Ref), ..Location::default() });
            let refs = vec![name.to_str_lossy().into_owned()];
            finding.history = Some(History { refs, ..history(REF, 0) });
            self.collector.finding(finding);
        }
    }

    /// Blobs with findings that are at no path of any commit, with the paths that they have in the index.
    pub(super) fn blobs_without_path(&self, hits: &[ObjectHit], occurrences: &Occurrences) -> Vec<(u32, Vec<BString>)> {
        let at_paths = occurrences.objects();
        let blobs = hits.iter().filter(|hit| hit.kind == Kind::Blob).map(|hit| hit.number);
        let others: Vec<u32> = blobs.filter(|blob| !at_paths.contains(blob)).collect();
        if others.is_empty() {
            return Vec::new();
        }
        let mut staged: HashMap<Id, Vec<BString>> = HashMap::new();
        let mut errors = Vec::new();
        for (path, id) in self.audit.repository.staged_everywhere(&mut errors) {
            staged.entry(id).or_default().push(path);
        }
        errors.into_iter().for_each(|error| self.audit.unscanned.report_once(error));
        others.into_iter().map(|blob| (blob, staged.remove(&self.index.id(blob)).unwrap_or_default())).collect()
    }

    /// Reports the findings in a blob that is in no tree, under its paths in the index if it has any.
    pub(super) fn report_in_blob(&mut self, blob: u32, secrets: &Secrets, paths: &[BString]) {
        let places = self.graph.tips.iter().enumerate().filter(|(_, tip)| tip.blob == Some(blob));
        let list: Vec<u32> = places.map(|(place, _)| narrow(place)).collect();
        let logged = if self.graph.logged.contains(&blob) { LOG } else { 0 };
        let mask = if list.is_empty() { logged } else { REF };
        let commit = Arc::new(empty(self.index.id(blob).to_string(), Some(Kind::Blob)));
        let locations: Vec<Location> = if paths.is_empty() {
            vec![Location::default()]
        } else {
            paths.iter().map(|path| Location { path: Some(path.clone()), ..Location::default() }).collect()
        };
        for item in secrets.in_blob(blob) {
            for location in &locations {
                let Some(key) = secrets.key(blob, item) else { continue };
                let location = Location { path: location.path.clone(), ..key.location() };
                let mut finding = key.found.clone().at(location);
                finding.commit = Some(commit.clone());
                let refs = self.ref_names(&list);
                finding.history = Some(History { refs, refs_total: list.len(), ..history(mask, 0) });
                self.collector.finding(finding);
            }
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

/// Reports the findings of an audit that was interrupted: with the object that holds each, but without paths or commits.
pub(super) fn report_interrupted(index: &ObjectIndex<'_>, hits: Vec<ObjectHit>, collector: &Collector) {
    for hit in hits {
        let object = Arc::new(empty(index.id(hit.number).to_string(), Some(hit.kind)));
        for key in hit.keys {
            let location = key.location();
            let mut finding = key.found.at(location);
            finding.commit = Some(object.clone());
            collector.finding(finding);
        }
    }
}

/// Reports the members of archives that were not scanned, and the archives that were too large.
pub(super) fn report_unscanned_archives(
    index: &ObjectIndex<'_>,
    troubles: &[UnscannedArchive],
    collector: &Collector,
    unscanned: &Unscanned<'_>,
) {
    for (number, skipped, too_large) in troubles {
        let blob = BString::from(format!("blob {}", index.id(*number)));
        for (member, reason) in skipped {
            let path = archive::shown(blob.as_ref(), member.as_ref());
            collector.skipped(Skipped { path, reason });
        }
        if *too_large {
            unscanned.report(Error::new("unpack", &blob, TOO_LARGE).hint("unpack it and scan the result"));
        }
    }
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
