//! From hits and stories to findings.

use std::collections::HashMap;
use std::sync::Arc;

use bstr::{BString, ByteSlice};

use super::audit::Audit;
use super::commit_graph::{Graph, HEAD, LOG, REF, REMOTE};
use super::containing_refs::references;
use super::content_pass::{Hit, Trouble};
use super::introducing::{Stories, Story};
use super::missing::Gaps;
use super::object_index::ObjectIndex;
use super::secrets::Secrets;
use super::tree_pass::NAMED;
use super::tree_paths::Paths;
use crate::core::coverage::Skipped;
use crate::core::error::Error;
use crate::core::finding::{Commit, Finding, History, Location, Part, Reach};
use crate::git::Refs;
use crate::git::commit::{self, Commit as RawCommit};
use crate::git::{Id, Kind};
use crate::policy::Policy;
use crate::scan::Match;
use crate::source::commits::keys_in_text;
use crate::source::content::{self, Key, Scan, TOO_LARGE};
use crate::source::{Collector, archive};

/// Makes the findings of an audit.
pub(super) struct Teller<'a> {
    audit: &'a Audit<'a>,
    index: &'a ObjectIndex<'a>,
    graph: &'a Graph,
    refs: &'a Refs,
    policy: &'a Policy,
    collector: &'a Collector,
    /// Whether a commit is asked for.
    counts: &'a dyn Fn(usize) -> bool,
    commits: HashMap<u32, (Arc<Commit>, i64)>,
}

impl<'a> Teller<'a> {
    pub(super) fn new(audit: &'a Audit<'a>, graph: &'a Graph, counts: &'a dyn Fn(usize) -> bool) -> Self {
        let Audit { index, refs, policy, collector, .. } = *audit;
        Self { audit, index, graph, refs, policy, collector, counts, commits: HashMap::new() }
    }

    /// Findings in files, in commits' own text and in tags.
    pub(super) fn tell(
        &mut self,
        stories: Stories,
        secrets: &Secrets,
        hits: &[Hit],
        paths: &Paths,
        names: &[Arc<[u8]>],
    ) {
        let mut beginnings = stories.beginnings;
        let mut said = Vec::new();
        for hit in hits.iter().filter(|hit| hit.kind == Kind::Commit) {
            for (part, found) in keys_in_text(self.policy, hit.kind, &hit.bytes) {
                let place = self.graph.place(hit.number).filter(|&at| (self.counts)(at as usize));
                let Some(at) = place else { continue };
                beginnings.push((at, (stories.list.len() + said.len()) as u32));
                said.push((at, part, found));
            }
        }
        beginnings.sort_unstable();
        let lists = references(self.graph, &beginnings, stories.list.len() + said.len());
        for (story, list) in stories.list.iter().zip(&lists).filter(|(story, _)| story.item < secrets.count()) {
            self.in_file(story, secrets, paths.spell(story.path, names), list);
        }
        for ((at, part, found), list) in said.into_iter().zip(&lists[stories.list.len()..]) {
            self.in_commit(at, part, found, list);
        }
        for hit in hits.iter().filter(|hit| hit.kind == Kind::Tag) {
            self.in_tag(hit);
        }
    }

    fn in_file(&mut self, story: &Story, secrets: &Secrets, path: BString, list: &[u32]) {
        let Some(mut finding) = self.in_path(story, secrets, path) else { return };
        let (first, begun) = self.commit(story.first);
        let (last, ended) = self.commit(story.last);
        let in_head = story.in_head.is_some();
        let until = if in_head { self.graph.head.map_or(ended, |head| self.commit(head).1) } else { ended };
        let has_commit = self.graph.nodes[story.first as usize].is_commit;
        finding.commit = Some(first);
        finding.history = Some(History {
            last_commit: (!in_head && has_commit).then_some(last),
            in_head,
            refs: self.names(list),
            refs_total: list.len(),
            on_remote: story.reach & REMOTE != 0,
            reach: reach(in_head, story.reach),
            versions: story.versions,
            days_exposed: days(begun, until),
        });
        self.collector.finding(finding);
    }

    /// The finding that a story is about, as it stands in the first version.
    fn in_path(&mut self, story: &Story, secrets: &Secrets, path: BString) -> Option<Finding> {
        if story.leaf == NAMED {
            let key = content::names(self.policy, &path).next()?;
            return Some(key.at(path.as_ref()));
        }
        let first = secrets.found(story.leaf, story.item)?;
        let key = self.at_path(story.leaf, first, &path, secrets)?;
        // What HEAD says of it now (a marker beside it) counts, not what it said when it came.
        let now = match story.in_head.filter(|leaf| *leaf != story.leaf) {
            Some(leaf) => self.at_path(leaf, secrets.found(leaf, story.item)?, &path, secrets),
            None => None,
        };
        let mut finding = key.at(path.as_ref());
        if let Some(now) = now {
            finding.suppressed = now.found.suppressed;
        }
        Some(finding)
    }

    /// A key of a blob as it is judged at a path, which was not known when the blob was scanned; `None` if it is none.
    fn at_path(&mut self, blob: u32, key: &Key, path: &BString, secrets: &Secrets) -> Option<Key> {
        if secrets.is_elsewhere(blob) {
            return Some(key.clone());
        }
        // What cannot be read again was read once: it stays what it was.
        let Ok(Some((_, bytes))) = self.index.read(blob) else { return Some(key.clone()) };
        if let Some(reason) = self.policy.skips(path.as_ref(), bytes.len() as u64) {
            self.collector.skipped(Skipped { path: path.clone(), reason });
            return None;
        }
        let content = Scan::new(self.policy, Some(path.as_ref())).bytes(&bytes, None);
        let is_it = |other: &Key| other.found.secret == key.found.secret && other.member == key.member;
        content.keys.into_iter().find(is_it)
    }

    fn in_commit(&mut self, at: u32, part: Part, found: Match, list: &[u32]) {
        let mask = self.graph.nodes[at as usize].reach;
        let in_head = mask & HEAD != 0;
        let (commit, begun) = self.commit(at);
        let until = if in_head { self.graph.head.map_or(begun, |head| self.commit(head).1) } else { begun };
        let refs = self.names(list);
        self.without_path(
            found,
            part,
            commit,
            History { refs, refs_total: list.len(), ..history(mask, days(begun, until)) },
        );
    }

    fn in_tag(&mut self, hit: &Hit) {
        if self.audit.selected.is_some() {
            let node = self.graph.tag_target(hit.number);
            if !node.is_some_and(|node| (self.counts)(node as usize)) {
                return;
            }
        }
        let places = self.graph.tips.iter().enumerate().filter(|(_, tip)| tip.tags.contains(&hit.number));
        let list: Vec<u32> = places.map(|(place, _)| place as u32).collect();
        let logged = if self.graph.logged.contains(&hit.number) { LOG } else { 0 };
        let mask = if list.is_empty() { logged } else { REF };
        let commit = Arc::new(commit::described(self.index.id(hit.number), hit.kind, &hit.bytes));
        for (part, found) in keys_in_text(self.policy, hit.kind, &hit.bytes) {
            let refs = self.names(&list);
            let history = History { refs, refs_total: list.len(), ..history(mask, 0) };
            self.without_path(found, part, commit.clone(), history);
        }
    }

    /// Names of references: each is scanned, and belongs to the object that it names.
    pub(super) fn in_ref_names(&mut self) {
        for place in 0..self.refs.list.len() {
            let (name, id) = &self.refs.list[place];
            let node = self.graph.tips[place].node;
            if self.audit.selected.is_some() && !node.is_some_and(|node| (self.counts)(node as usize)) {
                continue;
            }
            for found in self.policy.scan(name) {
                let mask = node.map_or(0, |node| self.graph.nodes[node as usize].reach);
                let mut commit = node.map_or_else(|| empty(id.to_string()), |node| (*self.commit(node).0).clone());
                commit.id = id.to_string();
                let remote = if self.refs.is_remote(name) { REMOTE } else { 0 };
                let refs = self.names(&[place as u32]);
                let mut mask = (mask & !(HEAD | REMOTE)) | REF | remote;
                if self.refs.head_name.as_ref() == Some(name) {
                    mask |= HEAD;
                }
                let history = History { refs, refs_total: 1, ..history(mask, 0) };
                self.without_path(found, Part::Ref, Arc::new(commit), history);
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

    /// What of archives was not scanned.
    pub(super) fn troubles(&self, troubles: &[Trouble], gaps: &Gaps<'_>) {
        for (number, skipped, too_large) in troubles {
            let blob = BString::from(format!("blob {}", self.index.id(*number)));
            for (member, reason) in skipped {
                let path = archive::shown(blob.as_ref(), member.as_ref());
                self.collector.skipped(Skipped { path, reason });
            }
            if *too_large {
                gaps.one(Error::new("unpack", &blob, TOO_LARGE).hint("unpack it and scan the result"));
            }
        }
    }

    /// Blobs with findings that no story tells of, with their paths in the index.
    pub(super) fn lone_blobs(&self, hits: &[Hit], stories: &Stories) -> Vec<(u32, Vec<BString>)> {
        let told = stories.leaves();
        let blobs = hits.iter().filter(|hit| hit.kind == Kind::Blob).map(|hit| hit.number);
        let lone: Vec<u32> = blobs.filter(|blob| !told.contains(blob)).collect();
        if lone.is_empty() {
            return Vec::new();
        }
        let mut staged: HashMap<Id, Vec<BString>> = HashMap::new();
        let mut errors = Vec::new();
        for (path, id) in self.audit.repository.staged_everywhere(&mut errors) {
            staged.entry(id).or_default().push(path);
        }
        errors.into_iter().for_each(|error| self.audit.gap(error));
        lone.into_iter().map(|blob| (blob, staged.remove(&self.index.id(blob)).unwrap_or_default())).collect()
    }

    /// A blob that no tree leads to. The index may have a name for it.
    pub(super) fn in_lone_blob(&mut self, blob: u32, secrets: &Secrets, paths: &[BString]) {
        let places = self.graph.tips.iter().enumerate().filter(|(_, tip)| tip.blob == Some(blob));
        let list: Vec<u32> = places.map(|(place, _)| place as u32).collect();
        let logged = if self.graph.logged.contains(&blob) { LOG } else { 0 };
        let mask = if list.is_empty() { logged } else { REF };
        let commit = Arc::new(empty(self.index.id(blob).to_string()));
        let locations: Vec<Location> = if paths.is_empty() {
            vec![Location::default()]
        } else {
            paths.iter().map(|path| Location { path: Some(path.clone()), ..Location::default() }).collect()
        };
        for item in secrets.items(blob) {
            for location in &locations {
                let Some(key) = secrets.found(blob, item) else { continue };
                let location = Location { path: location.path.clone(), ..key.location() };
                let mut finding = key.found.clone().at(location);
                finding.commit = Some(commit.clone());
                let refs = self.names(&list);
                finding.history = Some(History { refs, refs_total: list.len(), ..history(mask, 0) });
                self.collector.finding(finding);
            }
        }
    }

    fn without_path(&self, found: Match, part: Part, commit: Arc<Commit>, history: History) {
        let mut finding: Finding = found.at(Location { part: Some(part), ..Location::default() });
        finding.commit = Some(commit);
        finding.history = Some(history);
        self.collector.finding(finding);
    }

    fn names(&self, places: &[u32]) -> Vec<String> {
        let names =
            places.iter().take(self.audit.options.max_refs.max(1)).map(|&place| &self.refs.list[place as usize].0);
        names.map(|name| name.to_str_lossy().into_owned()).collect()
    }

    /// What to show of a commit, and when it was written.
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
            // A lone tree; a commit was read before, and if it cannot be now, there is nothing to show.
            Ok(_) | Err(_) => (empty(id.to_string()), 0),
        };
        let commit = Arc::new(commit);
        self.commits.insert(number, (commit.clone(), time));
        (commit, time)
    }
}

/// Findings of an audit that was interrupted: the object that holds each, and nothing of where that stands.
pub(super) fn unplaced(index: &ObjectIndex<'_>, hits: Vec<Hit>, collector: &Collector) {
    for hit in hits {
        let object = Arc::new(empty(index.id(hit.number).to_string()));
        for key in hit.keys {
            let location = key.location();
            let mut finding = key.found.at(location);
            finding.commit = Some(object.clone());
            collector.finding(finding);
        }
    }
}

fn history(mask: u8, days_exposed: u64) -> History {
    let in_head = mask & HEAD != 0;
    History {
        last_commit: None,
        in_head,
        refs: Vec::new(),
        refs_total: 0,
        on_remote: mask & REMOTE != 0,
        reach: reach(in_head, mask),
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

fn days(from: i64, until: i64) -> u64 {
    u64::try_from(until.saturating_sub(from) / 86_400).unwrap_or(0)
}

fn empty(id: String) -> Commit {
    Commit { id, author_name: String::new(), author_email: String::new(), date: String::new(), summary: String::new() }
}
