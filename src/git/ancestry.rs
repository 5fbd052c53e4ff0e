//! Questions about commits and their ancestors, answered by walks that read only the commits they need.
//!
//! Parents come from the commit-graph file if there is one, else from the commits. In a shallow clone the commits at
//! its boundary have no parents, as in git; grafts and replace refs are ignored. The walks are iterative, and keep a
//! few words of memory for each commit.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::path::PathBuf;

use super::commit::{ParsedCommit, ParsedTag};
use super::commit_graph::{BrokenGraph, CommitGraphFile};
use super::{Id, Kind, Objects, Repository};
use crate::core::budget::Budget;
use crate::core::error::{Error, Result};
use crate::core::narrow::narrow;

/// A commit and its parents. In a shallow clone some parents are missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The commit's id.
    pub id: Id,
    /// The ids of its parents.
    pub parents: Vec<Id>,
}

/// The cost of reading a commit, in bytes of a budget.
const COST: u64 = 256;
/// The maximum number of tags that point to tags.
const DEEPEST: usize = 64;

/// The generation number of commits outside of the commit-graph file. Such a commit is never an ancestor of one in
/// it.
pub(super) const UNKNOWN: u64 = u64::MAX;

/// The commit graph of a repository, loaded as far as it is needed.
pub struct Ancestry<'a> {
    objects: &'a Objects,
    budget: &'a Budget,
    shallow: HashSet<Id>,
    graph: Option<CommitGraphFile>,
    /// Whether the commit-graph file contradicts itself or a commit.
    is_broken: bool,
    places: HashMap<Id, u32>,
    commits: Vec<LoadedCommit>,
}

/// A commit that was loaded.
pub(super) struct LoadedCommit {
    pub(super) id: Id,
    pub(super) time: i64,
    pub(super) generation: u64,
    parents: Vec<Id>,
    is_from_graph: bool,
}

/// The sort key of a queue: the highest generation number first, so that a descendant comes before its ancestors;
/// with equal or unknown numbers the latest date first.
pub(super) type Order = (u64, i64, u32);

/// The state of a walk from two commits.
#[derive(Default)]
struct Marks {
    of: HashMap<u32, u8>,
    queue: BinaryHeap<Order>,
    /// How many commits in the queue are not below a common ancestor.
    open: usize,
}

const ONE: u8 = 1;
const OTHER: u8 = 2;
const BELOW: u8 = 4;
const QUEUED: u8 = 8;
const FOUND: u8 = 16;

impl<'a> Ancestry<'a> {
    /// The commit graph of a repository and its objects. Reads the list of shallow commits.
    pub fn of(repository: &Repository, objects: &'a Objects, budget: &'a Budget) -> Result<Self> {
        let shallow: HashSet<Id> = repository.shallow()?.into_iter().collect();
        let directories: &[PathBuf] = objects.directories();
        // The commit-graph file contains parents that a shallow clone does not have.
        let graph = if shallow.is_empty() { CommitGraphFile::open(directories, objects.hash()) } else { None };
        let (places, commits) = <_>::default();
        Ok(Self { objects, budget, shallow, graph, is_broken: false, places, commits })
    }

    /// The best common ancestors, as `git merge-base --all`: those that are not ancestors of another one. The latest
    /// comes first.
    pub fn merge_bases(&mut self, one: Id, other: Id) -> Result<Vec<Id>> {
        self.trusting(|walk| {
            let (one, other) = (walk.tip(one)?, walk.tip(other)?);
            let mut common = walk.common(one, other)?;
            if common.len() > 1 {
                let all = common.clone();
                let mut best = Vec::new();
                for &at in &all {
                    let others: Vec<u32> = all.iter().copied().filter(|&other| other != at).collect();
                    if !walk.reaches(&others, at)? {
                        best.push(at);
                    }
                }
                common = best;
            }
            let mut bases: Vec<_> =
                common.into_iter().map(|at| (Reverse(walk.known(at).time), walk.known(at).id)).collect();
            bases.sort_unstable();
            Ok(bases.into_iter().map(|(_, id)| id).collect())
        })
    }

    /// Whether `ancestor` is the same commit as `of`, or an ancestor of it.
    pub fn is_ancestor(&mut self, ancestor: Id, of: Id) -> Result<bool> {
        self.trusting(|walk| {
            let (ancestor, of) = (walk.tip(ancestor)?, walk.tip(of)?);
            walk.reaches(&[of], ancestor)
        })
    }

    /// The committer date of a commit in seconds since 1970, if it is loaded.
    pub fn time(&self, id: Id) -> Option<i64> {
        self.places.get(&id).map(|&at| self.known(at).time)
    }

    /// Runs `work`, and again without the commit-graph file if that turns out to be broken.
    pub(super) fn trusting<T>(&mut self, work: impl Fn(&mut Self) -> Result<T>) -> Result<T> {
        let done = work(self);
        if !self.is_broken {
            return done;
        }
        (self.graph, self.is_broken) = (None, false);
        self.places.clear();
        self.commits.clear();
        work(self)
    }

    pub(super) fn known(&self, at: u32) -> &LoadedCommit {
        &self.commits[at as usize]
    }

    pub(super) fn order(&self, at: u32) -> Order {
        let known = self.known(at);
        (known.generation, known.time, at)
    }

    /// Loads a commit; it is an error if it is missing.
    pub(super) fn tip(&mut self, id: Id) -> Result<u32> {
        self.place(id)?.ok_or_else(|| missing(id, "it is not in the repository"))
    }

    /// Loads a commit; `None` if the object is missing or not a commit.
    pub(super) fn place(&mut self, id: Id) -> Result<Option<u32>> {
        if let Some(&at) = self.places.get(&id) {
            return Ok(Some(at));
        }
        self.budget.spend(COST)?;
        let Some(known) = self.look_up(id)? else { return Ok(None) };
        let at = narrow(self.commits.len());
        self.commits.push(known);
        self.places.insert(id, at);
        Ok(Some(at))
    }

    /// The commit that an object leads to through tags; `None` if it is missing or not a commit.
    pub(super) fn peeled(&mut self, mut id: Id) -> Result<Option<u32>> {
        for _ in 0..DEEPEST {
            if let Some(at) = self.place(id)? {
                return Ok(Some(at));
            }
            match self.objects.find(id)? {
                Some((Kind::Tag, bytes)) => match ParsedTag::parse(&bytes).target {
                    Some(target) => id = target,
                    None => return Ok(None),
                },
                Some(_) | None => return Ok(None),
            }
        }
        Ok(None)
    }

    fn look_up(&mut self, id: Id) -> Result<Option<LoadedCommit>> {
        if let Some(graph) = &self.graph
            && let Some(position) = graph.find(&id)
        {
            match graph.entry(position) {
                Ok(entry) => {
                    let (time, generation) = (entry.time, entry.generation);
                    return Ok(Some(LoadedCommit {
                        id,
                        time,
                        generation,
                        parents: entry.parents,
                        is_from_graph: true,
                    }));
                }
                Err(BrokenGraph) => self.is_broken = true,
            }
        }
        Ok(self.read(id)?.map(|(parents, time)| LoadedCommit {
            id,
            time,
            generation: UNKNOWN,
            parents,
            is_from_graph: false,
        }))
    }

    /// Reads the parents and the committer date from the commit object.
    fn read(&self, id: Id) -> Result<Option<(Vec<Id>, i64)>> {
        let Some((Kind::Commit, bytes)) = self.objects.find(id)? else { return Ok(None) };
        let commit = ParsedCommit::parse(&bytes);
        let parents = if self.shallow.contains(&id) { Vec::new() } else { commit.parents };
        Ok(Some((parents, commit.committer.seconds)))
    }

    /// The parents in the commit object itself, not those in the commit-graph file.
    pub(super) fn true_parents(&mut self, at: u32) -> Result<Vec<Id>> {
        let known = self.known(at);
        if known.is_from_graph {
            let (parents, _) = self.read(known.id)?.ok_or_else(|| missing(known.id, "it is not in the repository"))?;
            self.is_broken |= parents != known.parents;
            return Ok(parents);
        }
        Ok(known.parents.clone())
    }

    /// A commit's parents without missing ones.
    pub(super) fn parents(&mut self, at: u32) -> Result<Vec<u32>> {
        let ids = self.known(at).parents.clone();
        let mut places = Vec::with_capacity(ids.len());
        for id in ids {
            places.extend(self.place(id)?);
        }
        let own = self.known(at).generation;
        if let Some(graph) = self.graph.as_ref().filter(|_| own != UNKNOWN) {
            let fits = |&parent: &u32| graph.fits(self.known(parent).generation, own);
            self.is_broken |= !places.iter().all(fits);
        }
        Ok(places)
    }

    /// Common ancestors, including all of the best ones.
    ///
    /// A commit between a start and a best common ancestor is reached from that start only. So the walk can end when
    /// every commit left in the queue is below a common ancestor; dates do not matter.
    fn common(&mut self, one: u32, other: u32) -> Result<Vec<u32>> {
        let mut marks = Marks::default();
        for (tip, side) in [(one, ONE), (other, OTHER)] {
            marks.add(tip, side, self.order(tip));
        }
        let mut found = Vec::new();
        while marks.open > 0
            && let Some((_, _, at)) = marks.queue.pop()
        {
            self.budget.spend(0)?;
            let mut passed = marks.take(at);
            if passed & (ONE | OTHER) == ONE | OTHER {
                if passed & (BELOW | FOUND) == 0 {
                    marks.of.entry(at).and_modify(|mark| *mark |= FOUND);
                    found.push(at);
                }
                passed |= BELOW;
            }
            for parent in self.parents(at)? {
                marks.add(parent, passed & (ONE | OTHER | BELOW), self.order(parent));
            }
        }
        found.retain(|at| marks.of.get(at).is_some_and(|mark| mark & BELOW == 0));
        Ok(found)
    }

    /// Whether `to` is one of these commits or an ancestor of one.
    fn reaches(&mut self, from: &[u32], to: u32) -> Result<bool> {
        let lowest = self.known(to).generation;
        let mut seen: HashSet<u32> = from.iter().copied().collect();
        let mut queue: BinaryHeap<Order> = seen.iter().map(|&at| self.order(at)).collect();
        while let Some((generation, _, at)) = queue.pop() {
            if at == to {
                return Ok(true);
            }
            // Every commit left in the queue is older by generation. Dates alone would not prove it.
            if generation < lowest {
                return Ok(false);
            }
            for parent in self.parents(at)? {
                if seen.insert(parent) {
                    queue.push(self.order(parent));
                }
            }
        }
        Ok(false)
    }
}

impl Marks {
    /// Adds marks to a commit, and puts it into the queue if a mark is new.
    fn add(&mut self, at: u32, marks: u8, order: Order) {
        let mark = self.of.entry(at).or_default();
        if *mark & marks == marks {
            return;
        }
        let was_open = *mark & QUEUED != 0 && *mark & BELOW == 0;
        let was_queued = *mark & QUEUED != 0;
        *mark |= marks | QUEUED;
        let is_open = *mark & BELOW == 0;
        self.open = self.open + usize::from(is_open) - usize::from(was_open);
        if !was_queued {
            self.queue.push(order);
        }
    }

    /// Clears the mark `QUEUED` of a commit that was taken from the queue, and returns its marks.
    fn take(&mut self, at: u32) -> u8 {
        let mark = self.of.entry(at).or_default();
        *mark &= !QUEUED;
        self.open -= usize::from(*mark & BELOW == 0);
        *mark
    }
}

pub(super) fn missing(id: Id, why: &str) -> Error {
    Error::new("read commit", id, why).hint("in a shallow or partial clone, `git fetch --unshallow` may help")
}
