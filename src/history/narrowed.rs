//! An audit of a few commits: it reads what they bring in, and not the rest of the repository.
//!
//! A first look says whether that holds anything to report. Nearly always it does not, and the audit is over. Else the
//! passes over the whole repository tell of it as they do of everything (who brought it in, where it still is), but they
//! scan no other blob.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::options::AuditOptions;
use super::revs::CommitSelection;
use crate::core::budget::Budget;
use crate::core::error::Result;
use crate::git::commit::ParsedTag;
use crate::git::tree::EntryKind;
use crate::git::tree_diff::{between, tree_of};
use crate::git::{Ancestry, Id, Kind, Node, Objects, Refs, Repository};
use crate::policy::Policy;
use crate::source::Collector;
use crate::source::commits::keys_in_text;
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
    /// Whether there is nothing to report.
    pub(super) is_clean: bool,
    commits: u64,
    tags: u64,
    files: u64,
    bytes: u64,
}

impl Narrowed {
    /// Says in the report how much was read.
    pub(super) fn count(&self, refs: &Refs, collector: &Collector) {
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
        has_any: AtomicBool::new(false),
        files: AtomicU64::new(0),
        bytes: AtomicU64::new(0),
    };
    // Whatever goes wrong here, the passes over everything meet it too and say it better.
    look.run(repository, refs, selection).ok().flatten()
}

struct Look<'a> {
    objects: &'a Objects,
    policy: &'a Policy,
    collector: &'a Collector,
    seen: Mutex<HashSet<Id>>,
    /// Whether there is something to report.
    has_any: AtomicBool,
    files: AtomicU64,
    bytes: AtomicU64,
}

impl Look<'_> {
    fn run(&self, repository: &Repository, refs: &Refs, selection: &CommitSelection) -> Result<Option<Narrowed>> {
        let (mut tips, mut trees) = (Vec::new(), Vec::new());
        for &id in &selection.include {
            match self.peeled(id)? {
                Some((Kind::Commit, id, _)) => tips.push(id),
                Some((Kind::Tree, id, _)) => trees.push(id),
                // No commit has it, so none that is asked for.
                Some((Kind::Blob | Kind::Tag, ..)) => {}
                None => return Ok(None),
            }
        }
        let Some(nodes) = self.commits(repository, selection, &tips)? else { return Ok(None) };
        let selected: HashSet<Id> = nodes.iter().map(|node| node.id).chain(trees.iter().copied()).collect();
        nodes.par_iter().try_for_each(|node| self.commit(node))?;
        // A tree without a commit has no time.
        let trees = trees.par_iter().filter(|_| selection.since.is_none());
        trees.try_for_each(|&tree| self.tree(tree, &[]))?;
        let tags = self.refs(refs, &selected)?;
        Ok(Some(Narrowed {
            objects: std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner)),
            is_clean: !self.has_any.load(Ordering::Relaxed),
            commits: nodes.len() as u64,
            tags,
            files: self.files.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
        }))
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
                EntryKind::Submodule => self.has_any.store(true, Ordering::Relaxed),
                _ => self.blob(change.id)?,
            }
        }
        Ok(())
    }

    fn blob(&self, id: Id) -> Result<()> {
        if !self.is_new(id) || self.has_any.load(Ordering::Relaxed) {
            return Ok(());
        }
        let bytes = self.objects.read(id, Kind::Blob)?;
        let content = ContentScan::new(self.policy, None).until(self.collector.stopper()).bytes(&bytes, None);
        let is_unscanned = content.too_large || !content.unopened.is_empty() || Pointer::parse(&bytes).is_some();
        self.read(1, bytes.len(), is_unscanned || !content.keys.is_empty());
        Ok(())
    }

    fn text(&self, id: Id, kind: Kind, bytes: &[u8]) {
        if self.is_new(id) {
            self.read(0, bytes.len(), !keys_in_text(self.policy, kind, bytes).is_empty());
        }
    }

    fn is_new(&self, id: Id) -> bool {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(id)
    }

    fn read(&self, files: u64, bytes: usize, has_any: bool) {
        self.files.fetch_add(files, Ordering::Relaxed);
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        if has_any {
            self.has_any.store(true, Ordering::Relaxed);
        }
    }

    /// The names of the references to what is selected, and the tags on the way, which are counted.
    fn refs(&self, refs: &Refs, selected: &HashSet<Id>) -> Result<u64> {
        let mut read = HashSet::new();
        for (name, id) in &refs.list {
            let mut is_selected = selected.contains(id);
            if !is_selected
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
