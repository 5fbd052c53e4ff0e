//! The graph of commits, sorted so that parents come before their children, and what reaches each commit.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::object_index::ObjectIndex;
use super::records::{CommitRecord, TagRecord};
use super::revs::CommitSelection;
use crate::core::narrow::narrow;
use crate::git::Refs;
use crate::git::{Id, Kind};

/// Reached from `HEAD`.
pub(super) const HEAD: u8 = 1;
/// Reached from a reference.
pub(super) const REF: u8 = 2;
/// Reached from a remote-tracking reference.
pub(super) const REMOTE: u8 = 4;
/// Reached from a reflog, from another worktree's `HEAD`, or from a file such as `ORIG_HEAD`.
pub(super) const LOG: u8 = 8;

/// All commits in a fixed order: parents first, and of those that could come next, the oldest.
pub(super) struct CommitGraph {
    /// A commit's place in here is its number in other modules.
    pub(super) nodes: Vec<GraphNode>,
    /// Places in `nodes`, by the number of the object.
    places: Vec<u32>,
    /// Ids of parents that are not there, each with the place of a child.
    pub(super) missing: Vec<(Id, u32)>,
    /// For each reference, the object that it peels to.
    pub(super) tips: Vec<Tip>,
    /// The commit of `HEAD`.
    pub(super) head: Option<u32>,
    /// Blobs and tags that reflogs and the like name.
    pub(super) logged: Vec<u32>,
    /// References to objects that are not there, by their place in [`Refs::list`].
    pub(super) broken: Vec<usize>,
}

/// A commit, or a tree that no commit has and that a reference names or a finding is in.
pub(super) struct GraphNode {
    /// The number of the commit (or tree) object.
    pub(super) number: u32,
    /// The number of its tree, if that is there.
    pub(super) tree: Option<u32>,
    /// The id of its tree, if that is not there.
    pub(super) missing_tree: Option<Id>,
    /// Places of the parents that are there.
    pub(super) parents: Box<[u32]>,
    /// When it was committed, in seconds since 1970.
    pub(super) time: i64,
    /// [`HEAD`], [`REF`], [`REMOTE`] and [`LOG`], as bits.
    pub(super) reach: u8,
    pub(super) is_commit: bool,
    pub(super) has_children: bool,
}

/// The object that a reference peels to.
#[derive(Clone, Debug, Default)]
pub(super) struct Tip {
    /// The numbers of the tag objects on the way.
    pub(super) tags: Vec<u32>,
    /// The place of the commit or tree.
    pub(super) node: Option<u32>,
    /// The number of the blob.
    pub(super) blob: Option<u32>,
    /// Whether the reference is a branch, here or of a remote.
    pub(super) is_branch: bool,
}

const NOT_IN_GRAPH: u32 = u32::MAX;

impl CommitGraph {
    /// The graph of these commits, under these tags and references.
    pub(super) fn of(index: &ObjectIndex<'_>, commits: &[CommitRecord], tags: &[TagRecord], refs: &Refs) -> Self {
        let mut graph = Self {
            nodes: Vec::with_capacity(commits.len()),
            places: vec![NOT_IN_GRAPH; index.len() as usize],
            missing: Vec::new(),
            tips: Vec::new(),
            head: None,
            logged: Vec::new(),
            broken: Vec::new(),
        };
        graph.sort(index, commits);
        graph.mark_reachable(index, tags, refs);
        graph
    }

    /// Fills `nodes` in topological order.
    fn sort(&mut self, index: &ObjectIndex<'_>, commits: &[CommitRecord]) {
        // Places in `commits`, for now.
        for (at, commit) in commits.iter().enumerate() {
            self.places[commit.number as usize] = narrow(at);
        }
        let place = |places: &[u32], id: &Id| {
            index.find(id).map(|number| places[number as usize]).filter(|&place| place != NOT_IN_GRAPH)
        };
        let mut children: Vec<Vec<u32>> = vec![Vec::new(); commits.len()];
        let mut waiting = vec![0_u32; commits.len()];
        for (at, commit) in commits.iter().enumerate() {
            for parent in commit.parents.iter().filter_map(|id| place(&self.places, id)) {
                children[parent as usize].push(narrow(at));
                waiting[at] += 1;
            }
        }
        let key = |at: u32| Reverse((commits[at as usize].time, index.id(commits[at as usize].number), at));
        let mut ready: BinaryHeap<_> =
            (0..narrow(commits.len())).filter(|&at| waiting[at as usize] == 0).map(key).collect();
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
        commits.iter().for_each(|commit| self.places[commit.number as usize] = NOT_IN_GRAPH);
        for (place, &at) in order.iter().enumerate() {
            self.places[commits[at as usize].number as usize] = narrow(place);
        }
        for &at in &order {
            let commit = &commits[at as usize];
            let here = narrow(self.nodes.len());
            let mut parents = Vec::with_capacity(commit.parents.len());
            for id in &commit.parents {
                match place(&self.places, id) {
                    Some(parent) if parent < here => parents.push(parent),
                    Some(_) => {}
                    None => self.missing.push((*id, here)),
                }
            }
            let tree = commit.tree.and_then(|tree| index.find(&tree));
            self.nodes.push(GraphNode {
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
    fn mark_reachable(&mut self, index: &ObjectIndex<'_>, tags: &[TagRecord], refs: &Refs) {
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
            let is_branch = name.starts_with(b"refs/heads/") || name.starts_with(b"refs/remotes/");
            self.tips.push(Tip { is_branch, ..tip });
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

    /// The commits that branches are at.
    pub(super) fn branches(&self) -> impl Iterator<Item = u32> {
        self.tips.iter().filter(|tip| tip.is_branch).filter_map(|tip| tip.node)
    }

    /// By node, whether a selection includes it.
    pub(super) fn select(
        &mut self,
        index: &ObjectIndex<'_>,
        tags: &[TagRecord],
        selection: &CommitSelection,
    ) -> Vec<bool> {
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

    /// By node, whether it is one of these or an ancestor of one.
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

    /// The place of the commit that a tag object leads to, if a reference leads to the tag.
    pub(super) fn tag_target(&self, tag: u32) -> Option<u32> {
        self.tips.iter().find(|tip| tip.tags.contains(&tag)).and_then(|tip| tip.node)
    }

    /// Follows tags to what they tag; `None` if that is not there.
    fn peel(&mut self, index: &ObjectIndex<'_>, tags: &[TagRecord], id: &Id) -> Option<Tip> {
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

    /// Adds a tree that no commit has, and returns its place.
    pub(super) fn add_tree(&mut self, number: u32) -> u32 {
        if let Some(place) = self.place(number) {
            return place;
        }
        let place = narrow(self.nodes.len());
        self.places[number as usize] = place;
        self.nodes.push(GraphNode {
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

    /// The place of a commit or an added tree, by the object's number.
    pub(super) fn place(&self, number: u32) -> Option<u32> {
        Some(self.places[number as usize]).filter(|&place| place != NOT_IN_GRAPH)
    }
}
