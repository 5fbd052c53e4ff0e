//! The commits that introduced each secret at each path, the last commits that had it, and whether `HEAD` has it.

use crate::core::narrow::narrow;

use std::collections::{HashMap, HashSet};

use super::commit_graph::{CommitGraph, HEAD, LOG, REF};
use super::tree_paths::{Leaf, PathTable, PrunedTrees};

/// The number of what is traced through history: a secret, or that a path is a submodule, a Git LFS pointer or a missing
/// object. The caller hands the numbers out.
pub(super) type SubjectId = u32;

/// The subjects at a path, by the number of its file name and the number of the object there.
pub(super) type SubjectsAt<'a> = dyn Fn(u32, u32) -> Vec<SubjectId> + 'a;

/// Not a commit.
const NONE: u32 = u32::MAX;

/// One subject at one path, over all commits. Commits are places in the [`CommitGraph`].
pub(super) struct Occurrence {
    /// A number in the [`PathTable`].
    pub(super) path: u32,
    /// What occurs.
    pub(super) subject: SubjectId,
    /// The introducing commit: the earliest that a reference reaches; if there is none, the earliest in a reflog; else
    /// the earliest of all.
    pub(super) first: u32,
    /// The object at the path in the introducing commit.
    pub(super) object: u32,
    /// The last commit that had it, chosen in the same order.
    pub(super) last: u32,
    /// The first commit without it after that one, if there is one.
    pub(super) removed: Option<u32>,
    /// How many different objects at the path held it.
    pub(super) versions: u64,
    /// The object at the path in `HEAD`, if it holds the subject.
    pub(super) in_head: Option<u32>,
    /// Whether a branch's tip has it.
    pub(super) at_branch: bool,
    /// What reaches any of the commits that introduced it (the bits of [`commit_graph`](super::commit_graph)).
    pub(super) reach: u8,
}

/// Every subject at every path, and which commits introduced it there.
#[derive(Default)]
pub(super) struct Occurrences {
    pub(super) list: Vec<Occurrence>,
    /// Places in `list`.
    ids: HashMap<(u32, SubjectId), u32>,
    /// Pairs of an occurrence and an object that held it.
    versions: HashSet<(u32, u32)>,
    /// Pairs of a commit and an occurrence that it introduced, in the order of the commits. After a removal and a revert
    /// an occurrence has more than one introducing commit.
    pub(super) introductions: Vec<(u32, u32)>,
}

impl Occurrences {
    /// Compares the tree of each commit with those of its parents. What only commits outside of `selected` introduced is
    /// left out.
    pub(super) fn trace(
        graph: &CommitGraph,
        selected: Option<&[bool]>,
        trees: &mut PrunedTrees<'_>,
        paths: &mut PathTable,
        subjects_at: &SubjectsAt<'_>,
    ) -> Self {
        let is_selected =
            |at: usize| selected.is_none_or(|selected| selected.get(at).is_some_and(|selected| *selected));
        let mut occurrences = Self::default();
        let roots: Vec<u32> = graph.nodes.iter().map(|node| node.tree.map_or(0, |tree| trees.prune(tree))).collect();
        for (at, node) in graph.nodes.iter().enumerate() {
            let parents: Vec<u32> = node.parents.iter().map(|&parent| roots[parent as usize]).collect();
            trees.added_leaves(roots[at], &parents, paths, &mut |leaf, in_parents| {
                let known: HashSet<SubjectId> =
                    in_parents.iter().flat_map(|&object| subjects_at(leaf.name, object)).collect();
                for subject in subjects_at(leaf.name, leaf.object) {
                    let id = occurrences.add_version(leaf.path, subject, leaf.object);
                    if !known.contains(&subject) && is_selected(at) {
                        occurrences.introduce(graph, id, narrow(at), leaf.object);
                    }
                }
            });
        }
        occurrences.find_last_commits(graph, trees, paths, &roots, subjects_at);
        occurrences.retain(|occurrence| occurrence.first != NONE);
        occurrences
    }

    /// Removes the occurrences for which `keep` says no.
    pub(super) fn retain(&mut self, keep: impl Fn(&Occurrence) -> bool) {
        let mut new_ids = Vec::with_capacity(self.list.len());
        let mut kept = 0;
        for occurrence in &self.list {
            let stays = keep(occurrence);
            new_ids.push(stays.then_some(kept));
            kept += u32::from(stays);
        }
        let renumbered = |(at, id): (u32, u32)| Some((at, new_ids[id as usize]?));
        self.introductions = std::mem::take(&mut self.introductions).into_iter().filter_map(renumbered).collect();
        self.list.retain(|occurrence| keep(occurrence));
        self.ids.clear();
    }

    /// The objects that hold a subject at a path of some commit.
    pub(super) fn objects(&self) -> HashSet<u32> {
        self.versions.iter().map(|(_, object)| *object).collect()
    }

    /// Notes that an object at a path holds a subject, and returns the occurrence's place in the list.
    fn add_version(&mut self, path: u32, subject: SubjectId, object: u32) -> u32 {
        let next = narrow(self.list.len());
        let id = *self.ids.entry((path, subject)).or_insert(next);
        if id == next {
            self.list.push(Occurrence {
                path,
                subject,
                first: NONE,
                object,
                last: NONE,
                removed: None,
                versions: 0,
                in_head: None,
                at_branch: false,
                reach: 0,
            });
        }
        self.list[id as usize].versions += u64::from(self.versions.insert((id, object)));
        id
    }

    /// Notes that the commit `at` introduced an occurrence.
    fn introduce(&mut self, graph: &CommitGraph, id: u32, at: u32, object: u32) {
        self.introductions.push((at, id));
        let reach = graph.nodes[at as usize].reach;
        let occurrence = &mut self.list[id as usize];
        let rank = |at: u32| rank(graph.nodes[at as usize].reach);
        if occurrence.first == NONE || rank(at) < rank(occurrence.first) {
            (occurrence.first, occurrence.object) = (at, object);
        }
        occurrence.reach |= reach & !HEAD;
    }

    /// Fills `last` and `in_head`: a commit is the last that had an occurrence where a child removed it, or where there is
    /// no child.
    fn find_last_commits(
        &mut self,
        graph: &CommitGraph,
        trees: &PrunedTrees<'_>,
        paths: &mut PathTable,
        roots: &[u32],
        subjects_at: &SubjectsAt<'_>,
    ) {
        let is_later = |a: u32, b: u32| {
            let key = |at: u32| {
                let node = &graph.nodes[at as usize];
                (std::cmp::Reverse(rank(node.reach)), node.time, at)
            };
            key(a) > key(b)
        };
        let ids = &self.ids;
        let list = &mut self.list;
        let mut ends_at = |at: u32, child: Option<u32>, leaf: Leaf, in_child: &[u32]| {
            let left: HashSet<SubjectId> = in_child.iter().flat_map(|&object| subjects_at(leaf.name, object)).collect();
            for subject in subjects_at(leaf.name, leaf.object).into_iter().filter(|subject| !left.contains(subject)) {
                if let Some(&id) = ids.get(&(leaf.path, subject)) {
                    let occurrence = &mut list[id as usize];
                    if occurrence.last == NONE || is_later(at, occurrence.last) {
                        (occurrence.last, occurrence.removed) = (at, child);
                    }
                }
            }
        };
        let mut tips: HashMap<u32, u32> = HashMap::new();
        for (at, node) in graph.nodes.iter().enumerate() {
            if !node.has_children {
                let last = tips.entry(roots[at]).or_insert(narrow(at));
                if is_later(narrow(at), *last) {
                    *last = narrow(at);
                }
            }
            for &parent in &node.parents {
                let before = roots[parent as usize];
                trees.added_leaves(before, &[roots[at]], paths, &mut |leaf, in_child| {
                    ends_at(parent, Some(narrow(at)), leaf, in_child);
                });
            }
        }
        for (root, at) in tips {
            trees.added_leaves(root, &[], paths, &mut |leaf, none| ends_at(at, None, leaf, none));
        }
        let branches: HashSet<u32> = graph.branches().map(|node| roots[node as usize]).collect();
        for root in branches {
            trees.added_leaves(root, &[], paths, &mut |leaf, _| {
                for subject in subjects_at(leaf.name, leaf.object) {
                    if let Some(&id) = self.ids.get(&(leaf.path, subject)) {
                        self.list[id as usize].at_branch = true;
                    }
                }
            });
        }
        if let Some(head) = graph.head {
            trees.added_leaves(roots[head as usize], &[], paths, &mut |leaf, _| {
                for subject in subjects_at(leaf.name, leaf.object) {
                    if let Some(&id) = self.ids.get(&(leaf.path, subject)) {
                        self.list[id as usize].in_head = Some(leaf.object);
                    }
                }
            });
        }
    }
}

/// How well a commit can be reached: 0 from a reference, 1 from a reflog, 2 not at all.
fn rank(reach: u8) -> u8 {
    if reach & (REF | HEAD) != 0 { 0 } else { u8::from(reach & LOG == 0) + 1 }
}
