//! The trees of history, pruned to the ways that lead to what was found.
//!
//! Pruned trees that are alike are one, as in git itself: that a commit changed nothing about what was found is then
//! one comparison of numbers.
//!
//! A dozen small trees can name one blob at ten thousand million paths. Of a directory that stands at more than
//! [`MOST_PLACES`] places of one commit only so many are told, and how many paths there are in all is said beside it.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;

use bstr::BString;

use super::object_index::ObjectIndex;
use super::tree_pass::Edge;

/// All pruned trees. Number 0 is the empty one.
pub(super) struct Ways<'a> {
    index: &'a ObjectIndex<'a>,
    /// By the tree's number: where its edges are.
    edges: Vec<Option<Arc<[Edge]>>>,
    /// By the tree's number.
    pruned: Vec<Pruned>,
    nodes: Vec<Box<[Step]>>,
    /// By node: how many paths lead to something.
    leaves: Vec<u64>,
    ids: HashMap<Box<[Step]>, u32>,
    /// The most paths of one commit that were too many to tell.
    untold: Cell<u64>,
}

/// So many places of one directory in one commit are told. Real trees have the same directory at some hundred places.
const MOST_PLACES: u32 = 1000;

#[derive(Clone, Copy)]
struct Pruned {
    node: u32,
    height: u32,
}

impl Pruned {
    const NOT_YET: Self = Self { node: 0, height: u32::MAX };
}

/// A leaf of a pruned tree.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// In [`Paths`].
    pub(super) path: u32,
    /// The path's last name.
    pub(super) name: u32,
    pub(super) leaf: u32,
}

/// An entry of a pruned tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Step {
    name: u32,
    to: To,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum To {
    Node(u32),
    /// A blob's number, or what stands for no object.
    Leaf(u32),
}

/// Deeper directories are left out; git itself refuses trees of such depth.
const HIGHEST: u32 = 2048;

/// A directory to look at: its node, what stands there in other trees, and its path.
type Directory = (u32, Vec<u32>, u32);

/// A tree half pruned.
struct Work {
    tree: u32,
    /// What its parent calls it.
    name: u32,
    next: usize,
    steps: Vec<Step>,
    height: u32,
}

impl<'a> Ways<'a> {
    pub(super) fn new(index: &'a ObjectIndex<'a>, edges: impl IntoIterator<Item = (u32, Arc<[Edge]>)>) -> Self {
        let mut ways = Self {
            index,
            edges: vec![None; index.len() as usize],
            pruned: vec![Pruned::NOT_YET; index.len() as usize],
            nodes: Vec::new(),
            leaves: Vec::new(),
            ids: HashMap::new(),
            untold: Cell::new(0),
        };
        ways.intern(Vec::new());
        edges.into_iter().for_each(|(tree, edges)| ways.edges[tree as usize] = Some(edges));
        ways
    }

    fn intern(&mut self, mut steps: Vec<Step>) -> u32 {
        steps.sort_unstable();
        let steps = steps.into_boxed_slice();
        if let Some(&id) = self.ids.get(&steps) {
            return id;
        }
        let id = self.nodes.len() as u32;
        let below = |step: &Step| match step.to {
            To::Node(node) => self.leaves[node as usize],
            To::Leaf(_) => 1,
        };
        self.leaves.push(steps.iter().map(below).fold(0, u64::saturating_add));
        self.nodes.push(steps.clone());
        self.ids.insert(steps, id);
        id
    }

    /// Whether a tree was pruned, itself or as a part of another.
    pub(super) fn has_seen(&self, tree: u32) -> bool {
        self.pruned[tree as usize].height != Pruned::NOT_YET.height
    }

    /// The trees that lead somewhere.
    pub(super) fn trees(&self) -> impl Iterator<Item = (u32, &[Edge])> {
        (0..).zip(&self.edges).filter_map(|(tree, edges)| Some((tree, &edges.as_ref()?[..])))
    }

    /// Where a tree leads; empty if nowhere.
    pub(super) fn edges(&self, tree: u32) -> &[Edge] {
        self.edges[tree as usize].as_ref().map_or(&[], |edges| edges)
    }

    /// The pruned form of a tree.
    pub(super) fn prune(&mut self, tree: u32) -> u32 {
        let mut stack = vec![Work::new(tree, 0)];
        // A forged index could make a tree its own ancestor: what is being pruned counts as empty.
        while let Some(top) = stack.last_mut() {
            if top.next == 0 {
                let done = self.pruned[top.tree as usize];
                if done.height != Pruned::NOT_YET.height {
                    let name = top.name;
                    stack.pop();
                    climb(&mut stack, name, done);
                    continue;
                }
                self.pruned[top.tree as usize] = Pruned { node: 0, height: 0 };
            }
            let edge = self.edges[top.tree as usize].as_ref().and_then(|edges| edges.get(top.next)).copied();
            top.next += 1;
            match edge {
                Some(edge) if self.index.is_tree(edge.to) => {
                    stack.push(Work::new(edge.to, edge.name));
                }
                Some(edge) => top.steps.push(Step { name: edge.name, to: To::Leaf(edge.to) }),
                None => {
                    let Some(work) = stack.pop() else { break };
                    let node = if work.height < HIGHEST { self.intern(work.steps) } else { 0 };
                    let done = Pruned { node, height: work.height };
                    self.pruned[work.tree as usize] = done;
                    climb(&mut stack, work.name, done);
                }
            }
        }
        self.pruned[tree as usize].node
    }

    /// How many paths one commit has to what was found, if they were too many to tell of all.
    pub(super) fn untold(&self) -> Option<u64> {
        Some(self.untold.get()).filter(|&untold| untold > 0)
    }

    /// Calls `found` for each leaf of `node` that stands in none of `others` at its path, with what stands there in them.
    pub(super) fn fresh(&self, node: u32, others: &[u32], paths: &mut Paths, found: &mut dyn FnMut(Place, &[u32])) {
        // Only where there are many paths a directory can stand at many places.
        let is_large = self.leaves[node as usize] > u64::from(MOST_PLACES);
        let mut visits = is_large.then(HashMap::new);
        let root = node;
        let mut todo = vec![(root, others.to_vec(), 0)];
        while let Some(place) = todo.pop() {
            let node = place.0;
            if place.1.contains(&node) {
                continue;
            }
            if let Some(visits) = &mut visits {
                let visits: &mut u32 = visits.entry(node).or_default();
                *visits += 1;
                if *visits > MOST_PLACES {
                    self.untold.set(self.untold.get().max(self.leaves[root as usize]));
                    continue;
                }
            }
            todo.extend(self.step(place, paths, found).into_iter().rev());
        }
    }

    /// Tells of the leaves of one directory, and says which directories it has.
    fn step(
        &self,
        (node, others, at): Directory,
        paths: &mut Paths,
        found: &mut dyn FnMut(Place, &[u32]),
    ) -> Vec<Directory> {
        let mut below = Vec::new();
        for step in &self.nodes[node as usize] {
            let beside = |other: &u32| {
                let steps = &self.nodes[*other as usize];
                let first = steps.partition_point(|other| other.name < step.name);
                steps[first..].iter().take_while(|other| other.name == step.name).map(|other| other.to)
            };
            let beside = others.iter().flat_map(beside);
            match step.to {
                To::Node(child) => {
                    let others = beside.filter_map(|to| if let To::Node(node) = to { Some(node) } else { None });
                    below.push((child, others.collect(), paths.below(at, step.name)));
                }
                To::Leaf(leaf) => {
                    let others: Vec<u32> =
                        beside.filter_map(|to| if let To::Leaf(leaf) = to { Some(leaf) } else { None }).collect();
                    if !others.contains(&leaf) {
                        found(Place { path: paths.below(at, step.name), name: step.name, leaf }, &others);
                    }
                }
            }
        }
        below
    }
}

impl Work {
    fn new(tree: u32, name: u32) -> Self {
        Self { tree, name, next: 0, steps: Vec::new(), height: 0 }
    }
}

/// Puts a pruned tree into the one that asked for it.
fn climb(stack: &mut [Work], name: u32, done: Pruned) {
    if let Some(parent) = stack.last_mut()
        && done.node != 0
    {
        parent.height = parent.height.max(done.height + 1);
        parent.steps.push(Step { name, to: To::Node(done.node) });
    }
}

/// Paths by number, made of names. Number 0 is the top.
pub(super) struct Paths {
    steps: Vec<(u32, u32)>,
    ids: HashMap<(u32, u32), u32>,
}

impl Paths {
    pub(super) fn new() -> Self {
        Self { steps: vec![(0, 0)], ids: HashMap::new() }
    }

    fn below(&mut self, parent: u32, name: u32) -> u32 {
        *self.ids.entry((parent, name)).or_insert_with(|| {
            self.steps.push((parent, name));
            self.steps.len() as u32 - 1
        })
    }

    /// The path as git shows it.
    pub(super) fn spell(&self, mut path: u32, names: &[Arc<[u8]>]) -> BString {
        let mut parts = Vec::new();
        while path != 0 {
            let (parent, name) = self.steps[path as usize];
            parts.push(&*names[name as usize]);
            path = parent;
        }
        parts.reverse();
        parts.join(&b'/').into()
    }
}
