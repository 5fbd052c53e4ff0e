//! Tree diffs between commits, over trees that are pruned to the entries that lead to an object of interest (one with
//! a secret, a submodule, a Git LFS pointer, a missing object).
//!
//! Equal pruned trees are stored once and numbered, as git stores equal trees once: whether a commit changed anything
//! of interest is then one comparison of two numbers.
//!
//! A dozen small trees can name one blob at ten thousand million paths. A directory that occurs at more than
//! [`MOST_VISITS`] paths of one commit is therefore visited only that often, and the number of all paths is reported.

use crate::core::narrow::narrow;

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;

use bstr::BString;

use super::object_index::ObjectIndex;
use super::tree_pass::Edge;

/// All pruned trees, by a number of their own that is called a node here. Node 0 is the empty tree.
pub(super) struct PrunedTrees<'a> {
    index: &'a ObjectIndex<'a>,
    /// By the number of a tree object: its entries of interest.
    edges: Vec<Option<Arc<[Edge]>>>,
    /// By the number of a tree object: its pruned form.
    pruned: Vec<Pruned>,
    /// By node: its entries, sorted.
    nodes: Vec<Box<[PrunedEntry]>>,
    /// By node: the number of paths to leaves below it.
    leaves: Vec<u64>,
    /// Nodes by their entries.
    ids: HashMap<Box<[PrunedEntry]>, u32>,
    /// The most paths to leaves in a commit of which not all were visited.
    omitted: Cell<u64>,
}

/// At so many paths of one commit a directory is visited. Real trees have the same directory at some hundred paths.
const MOST_VISITS: u32 = 1000;

/// The pruned form of a tree object.
#[derive(Clone, Copy)]
struct Pruned {
    node: u32,
    /// How many levels of directories are below it.
    height: u32,
}

impl Pruned {
    const NOT_YET: Self = Self { node: 0, height: u32::MAX };
}

/// A leaf of a pruned tree: an object of interest at a path.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leaf {
    /// A number in the [`PathTable`].
    pub(super) path: u32,
    /// The number of the file name.
    pub(super) name: u32,
    /// The number of the object, or one that stands for what is no object here ([`Edge::to`]).
    pub(super) object: u32,
}

/// An entry of a pruned tree: the number of its name, and what it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct PrunedEntry {
    name: u32,
    to: EntryTarget,
}

/// What an entry of a pruned tree names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum EntryTarget {
    /// Another pruned tree.
    Node(u32),
    /// [`Leaf::object`].
    Leaf(u32),
}

/// Deeper directories are left out; git itself refuses trees of such depth.
const DEEPEST: u32 = 2048;

/// A directory to compare: its node, the nodes at its path in the other trees, and its path.
type DirectoryDiff = (u32, Vec<u32>, u32);

/// A tree that is being pruned, and its entries so far.
struct PruneFrame {
    tree: u32,
    /// Its name in the tree above.
    name: u32,
    /// The next edge to look at.
    next: usize,
    entries: Vec<PrunedEntry>,
    height: u32,
}

impl<'a> PrunedTrees<'a> {
    /// Of trees with their entries of interest; no others have any.
    pub(super) fn new(index: &'a ObjectIndex<'a>, edges: impl IntoIterator<Item = (u32, Arc<[Edge]>)>) -> Self {
        let mut trees = Self {
            index,
            edges: vec![None; index.len() as usize],
            pruned: vec![Pruned::NOT_YET; index.len() as usize],
            nodes: Vec::new(),
            leaves: Vec::new(),
            ids: HashMap::new(),
            omitted: Cell::new(0),
        };
        trees.intern(Vec::new());
        trees.add(edges);
        trees
    }

    /// Adds trees with their entries of interest, before anything is pruned.
    pub(super) fn add(&mut self, edges: impl IntoIterator<Item = (u32, Arc<[Edge]>)>) {
        edges.into_iter().for_each(|(tree, edges)| self.edges[tree as usize] = Some(edges));
    }

    /// The node with these entries.
    fn intern(&mut self, mut entries: Vec<PrunedEntry>) -> u32 {
        entries.sort_unstable();
        let entries = entries.into_boxed_slice();
        if let Some(&id) = self.ids.get(&entries) {
            return id;
        }
        let id = narrow(self.nodes.len());
        let below = |entry: &PrunedEntry| match entry.to {
            EntryTarget::Node(node) => self.leaves[node as usize],
            EntryTarget::Leaf(_) => 1,
        };
        self.leaves.push(entries.iter().map(below).fold(0, u64::saturating_add));
        self.nodes.push(entries.clone());
        self.ids.insert(entries, id);
        id
    }

    /// Whether [`prune`](Self::prune) met a tree.
    pub(super) fn is_pruned(&self, tree: u32) -> bool {
        self.pruned[tree as usize].height != Pruned::NOT_YET.height
    }

    /// The trees with entries of interest, and these.
    pub(super) fn trees(&self) -> impl Iterator<Item = (u32, &[Edge])> {
        (0..).zip(&self.edges).filter_map(|(tree, edges)| Some((tree, &edges.as_ref()?[..])))
    }

    /// A tree's entries of interest.
    pub(super) fn edges(&self, tree: u32) -> &[Edge] {
        self.edges[tree as usize].as_ref().map_or(&[], |edges| edges)
    }

    /// The node of a tree's pruned form, made if need be.
    pub(super) fn prune(&mut self, tree: u32) -> u32 {
        let mut stack = vec![PruneFrame::new(tree, 0)];
        // A forged index could make a tree its own ancestor: what is being pruned counts as empty.
        while let Some(top) = stack.last_mut() {
            if top.next == 0 {
                let done = self.pruned[top.tree as usize];
                if done.height != Pruned::NOT_YET.height {
                    let name = top.name;
                    stack.pop();
                    attach(&mut stack, name, done);
                    continue;
                }
                self.pruned[top.tree as usize] = Pruned { node: 0, height: 0 };
            }
            let edge = self.edges[top.tree as usize].as_ref().and_then(|edges| edges.get(top.next)).copied();
            top.next += 1;
            match edge {
                Some(edge) if self.index.is_tree(edge.to) => {
                    stack.push(PruneFrame::new(edge.to, edge.name));
                }
                Some(edge) => top.entries.push(PrunedEntry { name: edge.name, to: EntryTarget::Leaf(edge.to) }),
                None => {
                    let Some(work) = stack.pop() else { break };
                    let node = if work.height < DEEPEST { self.intern(work.entries) } else { 0 };
                    let done = Pruned { node, height: work.height };
                    self.pruned[work.tree as usize] = done;
                    attach(&mut stack, work.name, done);
                }
            }
        }
        self.pruned[tree as usize].node
    }

    /// By node, whether it leads to a leaf for which `is_wanted` says yes.
    pub(super) fn leading_to(&self, is_wanted: &dyn Fn(u32) -> bool) -> Vec<bool> {
        let mut leads: Vec<bool> = Vec::with_capacity(self.nodes.len());
        // A node is numbered after those below it.
        for entries in &self.nodes {
            let is_one = entries.iter().any(|entry| match entry.to {
                EntryTarget::Node(below) => leads.get(below as usize).is_some_and(|leads| *leads),
                EntryTarget::Leaf(object) => is_wanted(object),
            });
            leads.push(is_one);
        }
        leads
    }

    /// The number of paths to leaves in the commit with most of them, of those that were too many to visit all.
    pub(super) fn omitted_paths(&self) -> Option<u64> {
        Some(self.omitted.get()).filter(|&omitted| omitted > 0)
    }

    /// Calls `found` for each leaf below `node` whose object is at that path in none of the `others`, with the objects
    /// that they have there.
    pub(super) fn added_leaves(
        &self,
        node: u32,
        others: &[u32],
        paths: &mut PathTable,
        found: &mut dyn FnMut(Leaf, &[u32]),
    ) {
        // A directory can be at many paths only if there are many.
        let is_large = self.leaves[node as usize] > u64::from(MOST_VISITS);
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
                if *visits > MOST_VISITS {
                    self.omitted.set(self.omitted.get().max(self.leaves[root as usize]));
                    continue;
                }
            }
            todo.extend(self.compare(place, paths, found).into_iter().rev());
        }
    }

    /// Compares the entries of one directory, and returns the directories in it.
    fn compare(
        &self,
        (node, others, at): DirectoryDiff,
        paths: &mut PathTable,
        found: &mut dyn FnMut(Leaf, &[u32]),
    ) -> Vec<DirectoryDiff> {
        let mut below = Vec::new();
        for entry in &self.nodes[node as usize] {
            let beside = |other: &u32| {
                let entries = &self.nodes[*other as usize];
                let first = entries.partition_point(|other| other.name < entry.name);
                entries[first..].iter().take_while(|other| other.name == entry.name).map(|other| other.to)
            };
            let beside = others.iter().flat_map(beside);
            match entry.to {
                EntryTarget::Node(child) => {
                    let others =
                        beside.filter_map(|to| if let EntryTarget::Node(node) = to { Some(node) } else { None });
                    below.push((child, others.collect(), paths.below(at, entry.name)));
                }
                EntryTarget::Leaf(object) => {
                    let others: Vec<u32> = beside
                        .filter_map(|to| if let EntryTarget::Leaf(object) = to { Some(object) } else { None })
                        .collect();
                    if !others.contains(&object) {
                        found(Leaf { path: paths.below(at, entry.name), name: entry.name, object }, &others);
                    }
                }
            }
        }
        below
    }
}

impl PruneFrame {
    fn new(tree: u32, name: u32) -> Self {
        Self { tree, name, next: 0, entries: Vec::new(), height: 0 }
    }
}

/// Adds a pruned tree to the tree above, which is on the top of the stack.
fn attach(stack: &mut [PruneFrame], name: u32, done: Pruned) {
    if let Some(parent) = stack.last_mut()
        && done.node != 0
    {
        parent.height = parent.height.max(done.height + 1);
        parent.entries.push(PrunedEntry { name, to: EntryTarget::Node(done.node) });
    }
}

/// Paths by number. Each is the path above and a file name, both by number; path 0 is the top of a tree.
pub(super) struct PathTable {
    entries: Vec<(u32, u32)>,
    ids: HashMap<(u32, u32), u32>,
}

impl PathTable {
    pub(super) fn new() -> Self {
        Self { entries: vec![(0, 0)], ids: HashMap::new() }
    }

    fn below(&mut self, parent: u32, name: u32) -> u32 {
        *self.ids.entry((parent, name)).or_insert_with(|| {
            self.entries.push((parent, name));
            narrow(self.entries.len()) - 1
        })
    }

    /// A path's text. `names` are all file names, by number.
    pub(super) fn path(&self, mut path: u32, names: &[Arc<[u8]>]) -> BString {
        let mut parts = Vec::new();
        while path != 0 {
            let (parent, name) = self.entries[path as usize];
            parts.push(&*names[name as usize]);
            path = parent;
        }
        parts.reverse();
        parts.join(&b'/').into()
    }
}
