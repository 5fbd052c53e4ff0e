//! An audit of a few commits: it reads what they bring in, and not the rest of the repository.
//!
//! A first look says whether that holds anything to report. Nearly always it does not, or nothing but keys that are
//! accepted, and the audit is over. Else the passes over the whole repository tell of it as they do of everything (who
//! brought it in, where it still is), but they scan no other blob.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bstr::BString;
use rayon::prelude::*;

use super::options::AuditOptions;
use super::revs::CommitSelection;
use crate::core::budget::Budget;
use crate::core::error::Result;
use crate::core::finding::Finding;
use crate::git::commit::ParsedTag;
use crate::git::tree::EntryKind;
use crate::git::tree_diff::{between, tree_of};
use crate::git::{Ancestry, Id, Kind, Node, Objects, Refs, Repository};
use crate::policy::Policy;
use crate::policy::suppressions::Suppressions;
use crate::source::Collector;
use crate::source::commits::{self, keys_in_text};
use crate::source::content::ContentScan;
use crate::source::lfs::Pointer;

/// So few commits are always looked at by themselves.
const FEW: usize = 64;
/// Of more, at most one for so many objects: repositories have about ten objects a commit, and looking at a third of the
/// commits one by one takes as long as reading everything.
const OBJECTS_A_COMMIT: usize = 30;
/// Tags of tags are followed no further.
const DEEPEST: usize = 64;

/// What some commits bring in.
pub(super) struct Narrowed {
    /// Blobs, commits and tags.
    pub(super) objects: HashSet<Id>,
    /// Whether there is nothing to report but `accepted`.
    pub(super) is_clean: bool,
    accepted: Vec<Finding>,
    commits: u64,
    tags: u64,
    files: u64,
    bytes: u64,
}

impl Narrowed {
    /// Reports what was read and is accepted, where that is all.
    pub(super) fn report(self, refs: &Refs, collector: &Collector) {
        self.accepted.into_iter().for_each(|finding| collector.finding(finding));
        collector.scanned(self.files, self.bytes);
        collector.count("refs", refs.list.len() as u64);
        collector.count("commits", self.commits);
        collector.count("tags", self.tags);
    }
}

/// Looks at the selected commits alone; `None` if the whole repository has to be read: for other options, because there
/// are too many of them, or to tell what is wrong with one.
pub(super) fn look(
    repository: &Repository,
    options: &AuditOptions,
    sources: (&Objects, &Refs, &Policy),
    selection: &CommitSelection,
    collector: &Collector,
) -> Option<Narrowed> {
    let (objects, refs, policy) = sources;
    let asks_more = options.file_names || options.shard.is_some() || options.cache.is_some();
    if asks_more || !refs.errors.is_empty() {
        return None;
    }
    let look = Look {
        objects,
        policy,
        collector,
        seen: Mutex::default(),
        tips: Mutex::default(),
        has_keys: AtomicBool::new(false),
        has_more: AtomicBool::new(false),
        keys_elsewhere: Mutex::default(),
        files: AtomicU64::new(0),
        bytes: AtomicU64::new(0),
    };
    // Whatever goes wrong here, the passes over everything meet it too and say it better.
    let (mut narrowed, nodes) = look.run(repository, refs, selection).ok().flatten()?;
    if !narrowed.is_clean
        && let Some(accepted) = &options.accepted
    {
        look.accept(&nodes, accepted, &mut narrowed);
    }
    Some(narrowed)
}

struct Look<'a> {
    objects: &'a Objects,
    policy: &'a Policy,
    collector: &'a Collector,
    seen: Mutex<HashSet<Id>>,
    /// What the tips that are tags lead to.
    tips: Mutex<HashMap<Id, Id>>,
    /// Whether there are keys.
    has_keys: AtomicBool,
    /// Whether there is something else to report.
    has_more: AtomicBool,
    /// Tags that hold keys, and references whose names do.
    keys_elsewhere: Mutex<(Vec<Id>, Vec<BString>)>,
    files: AtomicU64,
    bytes: AtomicU64,
}

impl Look<'_> {
    fn run(
        &self,
        repository: &Repository,
        refs: &Refs,
        selection: &CommitSelection,
    ) -> Result<Option<(Narrowed, Vec<Node>)>> {
        let (mut tips, mut trees) = (Vec::new(), Vec::new());
        for &id in &selection.include {
            match self.peeled(id)? {
                Some((kind @ (Kind::Commit | Kind::Tree), target, _)) => {
                    if target != id {
                        lock(&self.tips).insert(id, target);
                    }
                    if kind == Kind::Commit { &mut tips } else { &mut trees }.push(target);
                }
                // No commit has it, so none that is asked for.
                Some((Kind::Blob | Kind::Tag, ..)) => {}
                None => return Ok(None),
            }
        }
        let Some(nodes) = self.commits(repository, selection, &tips)? else { return Ok(None) };
        let selected: HashSet<Id> = nodes.iter().map(|node| node.id).chain(trees.iter().copied()).collect();
        nodes.par_iter().try_for_each(|node| self.commit(node))?;
        // What they hold has no commit.
        if !trees.is_empty() {
            self.has_more.store(true, Ordering::Relaxed);
        }
        // A tree without a commit has no time.
        let trees = trees.par_iter().filter(|_| selection.since.is_none());
        trees.try_for_each(|&tree| self.tree(tree, &[]))?;
        let tags = self.refs(refs, &selected)?;
        let narrowed = Narrowed {
            objects: std::mem::take(&mut *lock(&self.seen)),
            is_clean: !self.has_any(),
            accepted: Vec::new(),
            commits: nodes.len() as u64,
            tags,
            files: self.files.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
        };
        Ok(Some((narrowed, nodes)))
    }

    fn has_any(&self) -> bool {
        self.has_keys.load(Ordering::Relaxed) || self.has_more.load(Ordering::Relaxed)
    }

    /// Takes what the commits bring in as reported if it is nothing but keys that are accepted.
    fn accept(&self, nodes: &[Node], accepted: &Suppressions, narrowed: &mut Narrowed) {
        if self.has_more.load(Ordering::Relaxed) {
            return;
        }
        let inner = self.collector.apart();
        commits::scan(self.objects, self.policy, &inner, nodes);
        let (tags, names) = std::mem::take(&mut *lock(&self.keys_elsewhere));
        tags.iter().for_each(|&tag| commits::message(self.objects, self.policy, &inner, tag));
        names.iter().for_each(|name| commits::name(self.policy, &inner, name));
        if inner.is_stopped() {
            return;
        }
        let mut report = inner.into_report();
        accepted.apply(&mut report);
        let is_all_accepted = report.findings.iter().all(|finding| finding.suppressed.is_some());
        let is_whole = report.coverage.errors.is_empty() && report.coverage.skipped.is_empty();
        if !is_whole || !is_all_accepted || report.findings.is_empty() {
            return;
        }
        // One for each key and path: that of the first commit.
        let place = |finding: &Finding| {
            let location = &finding.location;
            (finding.fingerprint, location.path.clone(), location.member.clone(), location.part)
        };
        let order: HashMap<String, usize> = nodes.iter().zip(0..).map(|(node, at)| (node.id.to_string(), at)).collect();
        let first = |finding: &Finding| finding.commit.as_ref().and_then(|commit| order.get(&commit.id));
        report.findings.sort_by_cached_key(|finding| (place(finding), first(finding)));
        report.findings.dedup_by_key(|finding| place(finding));
        (narrowed.files, narrowed.bytes) = (report.coverage.files, report.coverage.bytes);
        (narrowed.accepted, narrowed.is_clean) = (report.findings, true);
    }

    /// The selected commits, unless there are too many, or one whose parents are not here.
    fn commits(&self, repository: &Repository, selection: &CommitSelection, tips: &[Id]) -> Result<Option<Vec<Node>>> {
        let budget: &Budget = self.collector.budget();
        let mut ancestry = Ancestry::of(repository, self.objects, budget)?;
        let mut exclude = selection.exclude.clone();
        for &(one, other) in &selection.between {
            exclude.extend(ancestry.merge_bases(one, other)?);
        }
        let mut nodes = ancestry.list(tips, &exclude)?;
        if let Some(since) = selection.since {
            nodes.retain(|node| ancestry.time(node.id).is_none_or(|time| time >= since));
        }
        let shallow = repository.shallow()?;
        let (packs, _) = self.objects.open_packs();
        let all: usize = packs.iter().map(|pack| pack.index.count() as usize).sum();
        let is_large = nodes.len() > FEW && nodes.len().saturating_mul(OBJECTS_A_COMMIT) > all;
        let is_cut = nodes.iter().any(|node| shallow.contains(&node.id));
        Ok(if is_large || is_cut { None } else { Some(nodes) })
    }

    /// What a commit says, and the files that it has and none of its parents.
    fn commit(&self, node: &Node) -> Result<()> {
        self.text(node.id, Kind::Commit, &self.objects.read(node.id, Kind::Commit)?);
        let parents = node.parents.iter().map(|&parent| tree_of(self.objects, parent)).collect::<Result<Vec<_>>>()?;
        self.tree(tree_of(self.objects, node.id)?, &parents)
    }

    fn tree(&self, tree: Id, parents: &[Id]) -> Result<()> {
        for change in between(self.objects, tree, parents, self.collector.budget())?.changed {
            match change.kind {
                EntryKind::Submodule => self.has_more.store(true, Ordering::Relaxed),
                _ => self.blob(change.id)?,
            }
        }
        Ok(())
    }

    fn blob(&self, id: Id) -> Result<()> {
        if !self.is_new(id) || self.has_any() {
            return Ok(());
        }
        let bytes = self.objects.read(id, Kind::Blob)?;
        let content = ContentScan::new(self.policy, None).until(self.collector.stop_flag()).bytes(&bytes, None);
        let is_unscanned = content.too_large || !content.unopened.is_empty() || Pointer::parse(&bytes).is_some();
        self.read(1, bytes.len(), !content.keys.is_empty());
        if is_unscanned {
            self.has_more.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    fn text(&self, id: Id, kind: Kind, bytes: &[u8]) {
        if self.is_new(id) {
            let has_keys = !keys_in_text(self.policy, kind, bytes).is_empty();
            self.read(0, bytes.len(), has_keys);
            if has_keys && kind == Kind::Tag {
                lock(&self.keys_elsewhere).0.push(id);
            }
        }
    }

    fn is_new(&self, id: Id) -> bool {
        lock(&self.seen).insert(id)
    }

    fn read(&self, files: u64, bytes: usize, has_keys: bool) {
        self.files.fetch_add(files, Ordering::Relaxed);
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        if has_keys {
            self.has_keys.store(true, Ordering::Relaxed);
        }
    }

    /// The names of the references to what is selected, and the tags on the way, which are counted.
    fn refs(&self, refs: &Refs, selected: &HashSet<Id>) -> Result<u64> {
        let mut read = HashSet::new();
        if selected.is_empty() {
            return Ok(0);
        }
        let tips = std::mem::take(&mut *lock(&self.tips));
        for (name, id) in &refs.list {
            let mut is_selected = selected.contains(id);
            // Where a tag leads is known of most, and then it is read again only if that is asked for.
            let may_be = tips.get(id).is_none_or(|target| selected.contains(target));
            if !is_selected
                && may_be
                && self.objects.kind(*id)? == Some(Kind::Tag)
                && let Some((_, target, tags)) = self.peeled(*id)?
            {
                is_selected = selected.contains(&target);
                for (tag, bytes) in tags.iter().filter(|_| is_selected) {
                    self.text(*tag, Kind::Tag, bytes);
                    read.insert(*tag);
                }
            }
            if is_selected && !self.policy.scan(name).is_empty() {
                self.read(0, 0, true);
                lock(&self.keys_elsewhere).1.push(name.clone());
            }
        }
        Ok(read.len() as u64)
    }

    /// What an object leads to through tags, and those; `None` if that is not here.
    #[allow(clippy::type_complexity, reason = "each is said above")]
    fn peeled(&self, mut id: Id) -> Result<Option<(Kind, Id, Vec<(Id, Vec<u8>)>)>> {
        let mut tags = Vec::new();
        while let Some(kind) = self.objects.kind(id)? {
            if kind != Kind::Tag || tags.len() == DEEPEST {
                return Ok(Some((kind, id, tags)));
            }
            let bytes = self.objects.read(id, Kind::Tag)?;
            let target = ParsedTag::parse(&bytes).target;
            tags.push((id, bytes));
            match target {
                Some(target) => id = target,
                None => return Ok(None),
            }
        }
        Ok(None)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
