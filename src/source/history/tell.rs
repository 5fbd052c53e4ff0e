//! From hits and stories to findings.

use std::collections::HashMap;
use std::sync::Arc;

use bstr::{BString, ByteSlice};

use super::catalog::Catalog;
use super::contain::references;
use super::graph::{Graph, HEAD, LOG, REF, REMOTE};
use super::object::{self, Commit as RawCommit, Person, Tag};
use super::oid::Kind;
use super::read::{Hit, Scan};
use super::refs::Refs;
use super::store::Reader;
use super::story::{Item, Stories, Story};
use super::ways::Paths;
use crate::finding::{Commit, Finding, History, Location, Part, Reach};
use crate::scan::Match;
use crate::source::Collector;

/// All that is known when findings are made.
pub(super) struct Teller<'a> {
    pub(super) catalog: &'a Catalog<'a>,
    pub(super) graph: &'a Graph,
    pub(super) refs: &'a Refs,
    pub(super) scan: &'a Scan<'a>,
    pub(super) collector: &'a Collector,
    /// How many references a finding names at most.
    pub(super) max_refs: usize,
    reader: Reader<'a>,
    commits: HashMap<u32, (Arc<Commit>, i64)>,
}

/// The blobs with findings, and their secrets by number.
pub(super) struct Secrets {
    /// By blob: each secret once, with its first match.
    blobs: HashMap<u32, Vec<(Item, Match)>>,
    count: u32,
}

impl Secrets {
    /// Numbers the secrets of all blobs.
    pub(super) fn of(hits: &[Hit]) -> Self {
        let mut ids = HashMap::new();
        let mut blobs = HashMap::new();
        for hit in hits.iter().filter(|hit| hit.kind == Kind::Blob) {
            let mut here: Vec<(Item, Match)> = Vec::new();
            for found in &hit.matches {
                let next = ids.len() as Item;
                let item = *ids.entry(found.secret.clone()).or_insert(next);
                if here.iter().all(|(other, _)| *other != item) {
                    here.push((item, found.clone()));
                }
            }
            blobs.insert(hit.number, here);
        }
        Self { blobs, count: ids.len() as u32 }
    }

    /// How many secrets there are: numbers from here on are free.
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// What a blob holds.
    pub(super) fn items(&self, blob: u32) -> impl Iterator<Item = Item> {
        self.blobs.get(&blob).into_iter().flatten().map(|(item, _)| *item)
    }

    fn found(&self, blob: u32, item: Item) -> Option<&Match> {
        self.blobs.get(&blob)?.iter().find(|(other, _)| *other == item).map(|(_, found)| found)
    }
}

impl<'a> Teller<'a> {
    pub(super) fn new(
        catalog: &'a Catalog<'a>,
        graph: &'a Graph,
        refs: &'a Refs,
        scan: &'a Scan<'a>,
        collector: &'a Collector,
        max_refs: usize,
    ) -> Self {
        let reader = Reader::new(catalog.store);
        Self { catalog, graph, refs, scan, collector, max_refs, reader, commits: HashMap::new() }
    }

    /// Findings in files and in commits' own text.
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
            for (part, found) in self.in_parts(hit) {
                let Some(at) = self.graph.place(hit.number) else { continue };
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
        let Some(found) = secrets.found(story.leaf, story.item) else { return };
        let mut finding = found.clone().at(Location { path: Some(path), ..Location::default() });
        if let Some(head) = story.in_head.and_then(|leaf| secrets.found(leaf, story.item)) {
            // What HEAD says of it now (a marker beside it) counts, not what it said when it came.
            finding.suppressed.clone_from(&head.suppressed);
        }
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
            on_remote: story.reach & REMOTE != 0,
            reach: reach(in_head, story.reach),
            versions: story.versions,
            days_exposed: days(begun, until),
        });
        self.collector.finding(finding);
    }

    fn in_commit(&mut self, at: u32, part: Part, found: Match, list: &[u32]) {
        let mask = self.graph.nodes[at as usize].reach;
        let in_head = mask & HEAD != 0;
        let (commit, begun) = self.commit(at);
        let until = if in_head { self.graph.head.map_or(begun, |head| self.commit(head).1) } else { begun };
        let refs = self.names(list);
        self.without_path(found, part, commit, refs, mask, days(begun, until));
    }

    fn in_tag(&mut self, hit: &Hit) {
        let tag = Tag::parse(&hit.bytes);
        let places = self.graph.tips.iter().enumerate().filter(|(_, tip)| tip.tags.contains(&hit.number));
        let list: Vec<u32> = places.map(|(place, _)| place as u32).collect();
        let logged = if self.graph.logged.contains(&hit.number) { LOG } else { 0 };
        let mask = if list.is_empty() { logged } else { REF };
        let commit = Arc::new(described(self.catalog.oid(hit.number).to_string(), &tag.tagger, tag.message));
        for (part, found) in self.in_parts(hit) {
            let refs = self.names(&list);
            self.without_path(found, part, commit.clone(), refs, mask, 0);
        }
    }

    /// Names of references: each is scanned, and belongs to the object that it names.
    pub(super) fn in_ref_names(&mut self) {
        for place in 0..self.refs.list.len() {
            let (name, oid) = &self.refs.list[place];
            for found in (self.scan)(name) {
                let node = self.graph.tips[place].node;
                let mask = node.map_or(0, |node| self.graph.nodes[node as usize].reach);
                let mut commit = node.map_or_else(|| empty(oid.to_string()), |node| (*self.commit(node).0).clone());
                commit.id = oid.to_string();
                let remote = if name.starts_with(b"refs/remotes/") { REMOTE } else { 0 };
                let refs = self.names(&[place as u32]);
                let mut mask = (mask & !(HEAD | REMOTE)) | REF | remote;
                if self.refs.head_name.as_ref() == Some(name) {
                    mask |= HEAD;
                }
                self.without_path(found, Part::Ref, Arc::new(commit), refs, mask, 0);
            }
        }
    }

    /// A blob that no tree leads to. The index may have a name for it.
    pub(super) fn in_lone_blob(&mut self, blob: u32, secrets: &Secrets, paths: &[BString]) {
        let places = self.graph.tips.iter().enumerate().filter(|(_, tip)| tip.blob == Some(blob));
        let list: Vec<u32> = places.map(|(place, _)| place as u32).collect();
        let logged = if self.graph.logged.contains(&blob) { LOG } else { 0 };
        let mask = if list.is_empty() { logged } else { REF };
        let commit = Arc::new(empty(self.catalog.oid(blob).to_string()));
        let locations: Vec<Location> = if paths.is_empty() {
            vec![Location::default()]
        } else {
            paths.iter().map(|path| Location { path: Some(path.clone()), ..Location::default() }).collect()
        };
        for item in secrets.items(blob).collect::<Vec<_>>() {
            for location in &locations {
                let Some(found) = secrets.found(blob, item) else { continue };
                let mut finding = found.clone().at(location.clone());
                finding.commit = Some(commit.clone());
                finding.history = Some(History { refs: self.names(&list), ..history(mask, 0) });
                self.collector.finding(finding);
            }
        }
    }

    #[allow(clippy::too_many_arguments, reason = "they are the finding's parts, each computed elsewhere")]
    fn without_path(&self, found: Match, part: Part, commit: Arc<Commit>, refs: Vec<String>, mask: u8, days: u64) {
        let mut finding: Finding = found.at(Location { part: Some(part), ..Location::default() });
        finding.commit = Some(commit);
        finding.history = Some(History { refs, ..history(mask, days) });
        self.collector.finding(finding);
    }

    /// The matches in a commit's or tag's parts, each secret once a part.
    fn in_parts(&self, hit: &Hit) -> Vec<(Part, Match)> {
        let mut found: Vec<(Part, Match)> = Vec::new();
        for (part, range) in object::parts(hit.kind, &hit.bytes) {
            for here in (self.scan)(&hit.bytes[range]) {
                if !found.iter().any(|(other, there)| *other == part && there.secret == here.secret) {
                    found.push((part, here));
                }
            }
        }
        found
    }

    fn names(&self, places: &[u32]) -> Vec<String> {
        let names = places.iter().take(self.max_refs).map(|&place| &self.refs.list[place as usize].0);
        names.map(|name| name.to_str_lossy().into_owned()).collect()
    }

    /// What to show of a commit, and when it was written.
    fn commit(&mut self, place: u32) -> (Arc<Commit>, i64) {
        let number = self.graph.nodes[place as usize].number;
        if let Some((commit, time)) = self.commits.get(&number) {
            return (commit.clone(), *time);
        }
        let oid = self.catalog.oid(number);
        let (commit, time) = match self.reader.read(&oid) {
            Ok(Some((Kind::Commit, bytes))) => {
                let raw = RawCommit::parse(&bytes);
                (described(oid.to_string(), &raw.author, raw.message), raw.author.seconds)
            }
            // A lone tree; a commit was read before, and if it cannot be now, there is nothing to show.
            Ok(_) | Err(_) => (empty(oid.to_string()), 0),
        };
        let commit = Arc::new(commit);
        self.commits.insert(number, (commit.clone(), time));
        (commit, time)
    }
}

fn history(mask: u8, days_exposed: u64) -> History {
    let in_head = mask & HEAD != 0;
    History {
        last_commit: None,
        in_head,
        refs: Vec::new(),
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

fn described(id: String, person: &Person<'_>, message: &[u8]) -> Commit {
    let summary = message.trim_ascii_start().lines().next().unwrap_or_default();
    Commit {
        id,
        author_name: person.name.to_str_lossy().into_owned(),
        author_email: person.email.to_str_lossy().into_owned(),
        date: person.date(),
        summary: summary.to_str_lossy().into_owned(),
    }
}

fn empty(id: String) -> Commit {
    Commit { id, author_name: String::new(), author_email: String::new(), date: String::new(), summary: String::new() }
}
