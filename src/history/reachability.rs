//! Runs the pass over all trees, and answers from it which trees commits reach and which no commit reaches.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::commit_graph::CommitGraph;
use super::missing::Unscanned;
use super::object_index::ObjectIndex;
use super::pack_walk::PackWalk;
use super::tree_pass::{Edge, TreeQuery, TreeVisitor};
use super::tree_paths::PrunedTrees;
use crate::core::order::ListOrder as _;
use crate::git::objects::unreadable;
use crate::git::{Id, Kind};
use crate::source::Collector;

/// What the pass over all trees found, of all threads.
#[derive(Default)]
pub(super) struct TreePass {
    /// Trees with entries of interest, and these entries.
    pub(super) edges: Vec<(u32, Arc<[Edge]>)>,
    /// Missing objects, if the query has no targets: for each a tree that names it, the number of its name there and its
    /// kind.
    pub(super) missing: BTreeMap<Id, (u32, u32, Kind)>,
}

/// Reads all trees, and reports those that cannot be read.
pub(super) fn read_trees(query: &TreeQuery<'_>, unscanned: &Unscanned<'_>, collector: &Collector) -> TreePass {
    let index = query.index;
    let is_read = |number: u32| query.only.is_none_or(|only| only(number));
    let wanted = |number: u32| index.kind(number) == Some(Kind::Tree) && index.is_first_copy(number) && is_read(number);
    let visitors = PackWalk::new(index.members(), &wanted, collector).run(|| TreeVisitor::new(query));
    joined(query, visitors, index.loose().filter(|&number| wanted(number)), unscanned)
}

/// Reads a few trees, each by itself, and reports those that cannot be read.
pub(super) fn read_few_trees(
    query: &TreeQuery<'_>,
    trees: impl Iterator<Item = u32>,
    unscanned: &Unscanned<'_>,
) -> TreePass {
    joined(query, Vec::new(), trees, unscanned)
}

/// What some threads found, and what there is in these trees beside.
fn joined<'q>(
    query: &'q TreeQuery<'q>,
    mut visitors: Vec<TreeVisitor<'q>>,
    trees: impl Iterator<Item = u32>,
    unscanned: &Unscanned<'_>,
) -> TreePass {
    let index = query.index;
    let mut last = TreeVisitor::new(query);
    for number in trees {
        match index.read(number) {
            Ok(Some((_, bytes))) => last.read(number, &bytes),
            Ok(None) => last.failed.push((number, "it went away while it was read")),
            Err(why) => last.failed.push((number, why)),
        }
    }
    let failed: Vec<_> =
        visitors.iter_mut().chain([&mut last]).flat_map(|visitor| std::mem::take(&mut visitor.failed)).collect();
    for (number, why) in failed {
        // Another copy of it may be readable.
        let id = index.id(number);
        match index.store.find(id) {
            Ok(Some((_, bytes))) if why != super::tree_pass::MALFORMED => last.read(number, &bytes),
            Err(error) => unscanned.report_once(error),
            Ok(_) => unscanned.report_once(unreadable(&id, why)),
        }
    }
    for (number, why) in std::mem::take(&mut last.failed) {
        unscanned.report_once(unreadable(&index.id(number), why));
    }
    visitors.push(last);
    let mut tree_pass = TreePass::default();
    for mut visitor in visitors {
        tree_pass.edges.append(&mut visitor.edges);
        for (id, named) in visitor.missing {
            let least = tree_pass.missing.entry(id).or_insert(named);
            *least = (*least).min(named);
        }
    }
    tree_pass
}

/// By number, whether a tree is reached from the commits for which `counts` says yes, as far as it has entries of interest.
pub(super) fn reached(
    index: &ObjectIndex<'_>,
    graph: &CommitGraph,
    trees: &PrunedTrees<'_>,
    counts: &dyn Fn(usize) -> bool,
) -> Vec<bool> {
    let mut reached = vec![false; index.len() as usize];
    let nodes = graph.nodes.iter().enumerate().filter(|(at, node)| node.reach != 0 && counts(*at));
    let mut todo: Vec<u32> = nodes.filter_map(|(_, node)| node.tree).collect();
    while let Some(tree) = todo.pop() {
        if !std::mem::replace(&mut reached[tree as usize], true) {
            let below = trees.edges(tree).iter().map(|edge| edge.to);
            todo.extend(below.filter(|&to| index.is_tree(to)));
        }
    }
    reached
}

/// The topmost trees that no commit reaches and that lead to one of `blobs` which no commit reaches either.
pub(super) fn unreachable_trees(index: &ObjectIndex<'_>, trees: &PrunedTrees<'_>, blobs: &HashSet<u32>) -> Vec<u32> {
    if blobs.is_empty() {
        return Vec::new();
    }
    let mut known = vec![false; index.len() as usize];
    let seen = trees.trees().filter(|(tree, _)| trees.is_pruned(*tree));
    for edge in seen.flat_map(|(_, edges)| edges) {
        // Numbers that stand for no object are greater than all others.
        if let Some(known) = known.get_mut(edge.to as usize) {
            *known = true;
        }
    }
    let lost: Vec<u32> = blobs.iter().copied().filter(|&blob| !known[blob as usize]).collect();
    if lost.is_empty() {
        return Vec::new();
    }
    let mut above: HashMap<u32, Vec<u32>> = HashMap::new();
    for (tree, edges) in trees.trees().filter(|(tree, _)| !trees.is_pruned(*tree)) {
        edges.iter().for_each(|edge| above.entry(edge.to).or_default().push(tree));
    }
    let mut outermost = Vec::new();
    let mut done = HashSet::new();
    let mut todo = lost;
    while let Some(at) = todo.pop() {
        if !done.insert(at) {
            continue;
        }
        match above.get(&at) {
            Some(trees) => todo.extend(trees),
            None if index.is_tree(at) => outermost.push(at),
            None => {}
        }
    }
    outermost.order_by_key(|&tree| index.id(tree));
    outermost
}
