//! The graph of commits, parents before children, and what reaches each.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::content_pass::{CommitLine, TagLine};
use super::object_index::ObjectIndex;
use super::revs::Selection;
use crate::git::Refs;
use crate::git::{Id, Kind};

/// Reached from `HEAD`.
pub(super) const HEAD: u8 = 1;
/// Reached from a reference.
pub(super) const REF: u8 = 2;
/// Reached from a remote-tracking reference.
pub(super) const REMOTE: u8 = 4;
/// Reached from a reflog, another worktree's `HEAD`, or the like of `ORIG_HEAD`.
pub(super) const LOG: u8 = 8;

/// Commits by their place in one order: parents first, and of those that could come next, the oldest.
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    /// Places by object number.
    places: Vec<u32>,
    /// Commits that are named as parents and not there, with a place that names them.
    pub(super) missing: Vec<(Id, u32)>,
    /// For each reference, what it leads to.
    pub(super) tips: Vec<Tip>,
    /// What `HEAD` is at.
    pub(super) head: Option<u32>,
    /// Blobs and trees that reflogs and the like name.
    pub(super) logged: Vec<u32>,
    /// References to objects that are not there, by their place in [`Refs::list`].
    pub(super) broken: Vec<usize>,
}

/// A commit, or a tree that stands for itself where no commit has it.
pub(super) struct Node {
    /// Of the object.
    pub(super) number: u32,
    /// Of its tree, if that is there.
    pub(super) tree: Option<u32>,
    /// The tree's id, if that is not there.
    pub(super) missing_tree: Option<Id>,
    pub(super) parents: Box<[u32]>,
    pub(super) time: i64,
    pub(super) reach: u8,
    pub(super) is_commit: bool,
    pub(super) has_children: bool,
}

/// Where a reference leads, through tags.
#[derive(Clone, Debug, Default)]
pub(super) struct Tip {
    /// The tag objects on the way.
    pub(super) tags: Vec<u32>,
    /// A commit's or lone tree's place.
    pub(super) node: Option<u32>,
    /// A blob's number.
    pub(super) blob: Option<u32>,
}

const NOWHERE: u32 = u32::MAX;

impl Graph {
    pub(super) fn of(index: &ObjectIndex<'_>, commits: &[CommitLine], tags: &[TagLine], refs: &Refs) -> Self {
        let mut graph = Self {
            nodes: Vec::with_capacity(commits.len()),
            places: vec![NOWHERE; index.len() as usize],
            missing: Vec::new(),
            tips: Vec::new(),
            head: None,
            logged: Vec::new(),
            broken: Vec::new(),
        };
        graph.sort(index, commits);
        graph.lead(index, tags, refs);
        graph
    }

    /// Fills `nodes`, parents first.
    fn sort(&mut self, index: &ObjectIndex<'_>, commits: &[CommitLine]) {
        // Places in `commits`, for now.
        for (at, commit) in commits.iter().enumerate() {
            self.places[commit.number as usize] = at as u32;
        }
        let place = |places: &[u32], id: &Id| {
            index.find(id).map(|number| places[number as usize]).filter(|&place| place != NOWHERE)
        };
        let mut children: Vec<Vec<u32>> = vec![Vec::new(); commits.len()];
        let mut waiting = vec![0_u32; commits.len()];
        for (at, commit) in commits.iter().enumerate() {
            for parent in commit.parents.iter().filter_map(|id| place(&self.places, id)) {
                children[parent as usize].push(at as u32);
                waiting[at] += 1;
            }
        }
        let key = |at: u32| Reverse((commits[at as usize].time, index.id(commits[at as usize].number), at));
        let mut ready: BinaryHeap<_> =
            (0..commits.len() as u32).filter(|&at| waiting[at as usize] == 0).map(key).collect();
        let mut order = Vec::with_capacity(commits.len());
        while let Some(Reverse((_, _, at))) = ready.pop() {
            order.push(at);
            for &child in &children[at as usize] {
                waiting[child as usize] -= 1;
                if waiting[child as usize] == 0 {
                    ready.push(key(child));
                }
            }
        }
        // Ids are hashes, so no commit is its own ancestor; if a forged index says so, it has no place.
        commits.iter().for_each(|commit| self.places[commit.number as usize] = NOWHERE);
        for (place, &at) in order.iter().enumerate() {
            self.places[commits[at as usize].number as usize] = place as u32;
        }
        for &at in &order {
            let commit = &commits[at as usize];
            let here = self.nodes.len() as u32;
            let mut parents = Vec::with_capacity(commit.parents.len());
            for id in &commit.parents {
                match place(&self.places, id) {
                    Some(parent) if parent < here => parents.push(parent),
                    Some(_) => {}
                    None => self.missing.push((*id, here)),
                }
            }
            let tree = commit.tree.and_then(|tree| index.find(&tree));
            self.nodes.push(Node {
                number: commit.number,
                tree,
                missing_tree: commit.tree.filter(|_| tree.is_none()),
                parents: parents.into(),
                time: commit.time,
                reach: 0,
                is_commit: true,
                has_children: !children[at as usize].is_empty(),
            });
        }
    }

    /// Follows references and reflogs to commits, and marks what they reach.
    fn lead(&mut self, index: &ObjectIndex<'_>, tags: &[TagLine], refs: &Refs) {
        for (at, (name, id)) in refs.list.iter().enumerate() {
            let tip = self.peel(index, tags, id);
            let Some(tip) = tip else {
                self.broken.push(at);
                self.tips.push(Tip::default());
                continue;
            };
            let remote = if refs.is_remote(name) { REMOTE } else { 0 };
            if let Some(node) = tip.node {
                self.nodes[node as usize].reach |= REF | remote;
            }
            self.tips.push(tip);
        }
        self.head = refs.head.and_then(|id| self.peel(index, tags, &id)?.node);
        if let Some(head) = self.head {
            self.nodes[head as usize].reach |= HEAD | REF;
        }
        for id in &refs.logged {
            // A reflog may well outlive its objects.
            let Some(tip) = self.peel(index, tags, id) else { continue };
            if let Some(node) = tip.node {
                self.nodes[node as usize].reach |= LOG;
            }
            self.logged.extend(tip.blob.into_iter().chain(tip.tags));
        }
        for at in (0..self.nodes.len()).rev() {
            let reach = self.nodes[at].reach;
            for parent in self.nodes[at].parents.clone() {
                self.nodes[parent as usize].reach |= reach;
            }
        }
    }

    /// For each node, whether a selection means it.
    pub(super) fn select(&mut self, index: &ObjectIndex<'_>, tags: &[TagLine], selection: &Selection) -> Vec<bool> {
        let mut places =
            |ids: &[Id]| -> Vec<u32> { ids.iter().filter_map(|id| self.peel(index, tags, id)?.node).collect() };
        let include = places(&selection.include);
        let exclude = places(&selection.exclude);
        let between: Vec<[Vec<u32>; 2]> =
            selection.between.iter().map(|(a, b)| [places(&[*a]), places(&[*b])]).collect();
        let mut selected = self.reached_from(&include);
        let excluded = self.reached_from(&exclude);
        selected.iter_mut().zip(excluded).for_each(|(selected, excluded)| *selected &= !excluded);
        for [a, b] in between {
            let both = self.reached_from(&a).into_iter().zip(self.reached_from(&b)).map(|(a, b)| a && b);
            selected.iter_mut().zip(both).for_each(|(selected, both)| *selected &= !both);
        }
        if let Some(since) = selection.since {
            selected.iter_mut().zip(&self.nodes).for_each(|(selected, node)| *selected &= node.time >= since);
        }
        selected
    }

    fn reached_from(&self, places: &[u32]) -> Vec<bool> {
        let mut reached = vec![false; self.nodes.len()];
        places.iter().for_each(|&place| reached[place as usize] = true);
        for at in (0..self.nodes.len()).rev() {
            if reached[at] {
                self.nodes[at].parents.iter().for_each(|&parent| reached[parent as usize] = true);
            }
        }
        reached
    }

    /// The commit that a tag leads to.
    pub(super) fn tag_target(&self, tag: u32) -> Option<u32> {
        self.tips.iter().find(|tip| tip.tags.contains(&tag)).and_then(|tip| tip.node)
    }

    fn peel(&mut self, index: &ObjectIndex<'_>, tags: &[TagLine], id: &Id) -> Option<Tip> {
        let mut tip = Tip::default();
        let mut number = index.find(id)?;
        while let Ok(at) = tags.binary_search_by_key(&number, |tag| tag.number) {
            if tip.tags.contains(&number) {
                return None;
            }
            tip.tags.push(number);
            number = index.find(&tags[at].target?)?;
        }
        match index.kind(number) {
            Some(Kind::Commit) => tip.node = self.place(number),
            Some(Kind::Tree) => tip.node = Some(self.add_tree(number)),
            Some(Kind::Blob) => tip.blob = Some(number),
            Some(Kind::Tag) | None => return None,
        }
        Some(tip)
    }

    /// Adds a tree that no commit has.
    pub(super) fn add_tree(&mut self, number: u32) -> u32 {
        if let Some(place) = self.place(number) {
            return place;
        }
        let place = self.nodes.len() as u32;
        self.places[number as usize] = place;
        self.nodes.push(Node {
            number,
            tree: Some(number),
            missing_tree: None,
            parents: Box::new([]),
            time: 0,
            reach: 0,
            is_commit: false,
            has_children: false,
        });
        place
    }

    /// Of a commit or lone tree, by its object's number.
    pub(super) fn place(&self, number: u32) -> Option<u32> {
        Some(self.places[number as usize]).filter(|&place| place != NOWHERE)
    }
}
