//! The pass over all trees, and what can be said once it is done: what is missing, what is reached, what has no commit.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::commit_graph::Graph;
use super::missing::Gaps;
use super::object_index::ObjectIndex;
use super::pack_walk::Walk;
use super::tree_pass::{Aim, Edge, Trees};
use super::tree_paths::Ways;
use crate::git::objects::unreadable;
use crate::git::{Id, Kind};
use crate::source::Collector;

/// What the pass found, of all threads.
#[derive(Default)]
pub(super) struct Census {
    /// Trees and where they lead.
    pub(super) edges: Vec<(u32, Arc<[Edge]>)>,
    /// What is named and not there, if no ways were asked for: by which tree, under which name.
    pub(super) missing: BTreeMap<Id, (u32, u32, Kind)>,
}

/// Goes through all trees.
pub(super) fn take(aim: &Aim<'_>, threads: usize, gaps: &Gaps<'_>, collector: &Collector) -> Census {
    let index = aim.index;
    let wanted = |number: u32| index.kind(number) == Some(Kind::Tree) && index.is_first_copy(number);
    let visitors = (0..threads).map(|_| Trees::new(aim)).collect();
    let mut threads = Walk::new(index.members(), &wanted, collector).run(visitors);
    let mut last = Trees::new(aim);
    for number in index.loose().filter(|&number| wanted(number)) {
        match index.read(number) {
            Ok(Some((_, bytes))) => last.one(number, &bytes),
            Ok(None) => last.failed.push((number, "it went away while it was read")),
            Err(why) => last.failed.push((number, why)),
        }
    }
    let failed: Vec<_> =
        threads.iter_mut().chain([&mut last]).flat_map(|one| std::mem::take(&mut one.failed)).collect();
    for (number, why) in failed {
        // A copy that cannot be read may have a sister that can.
        let id = index.id(number);
        match index.store.find(id) {
            Ok(Some((_, bytes))) if why != super::tree_pass::MALFORMED => last.one(number, &bytes),
            Err(error) => gaps.once(error),
            Ok(_) => gaps.once(unreadable(&id, why)),
        }
    }
    for (number, why) in std::mem::take(&mut last.failed) {
        gaps.once(unreadable(&index.id(number), why));
    }
    threads.push(last);
    let mut census = Census::default();
    for mut thread in threads {
        census.edges.append(&mut thread.edges);
        for (id, named) in thread.missing {
            let least = census.missing.entry(id).or_insert(named);
            *least = (*least).min(named);
        }
    }
    census
}

/// The trees that commits lead to for which `counts` says yes.
pub(super) fn reached(
    index: &ObjectIndex<'_>,
    graph: &Graph,
    ways: &Ways<'_>,
    counts: &dyn Fn(usize) -> bool,
) -> Vec<bool> {
    let mut reached = vec![false; index.len() as usize];
    let nodes = graph.nodes.iter().enumerate().filter(|(at, node)| node.reach != 0 && counts(*at));
    let mut todo: Vec<u32> = nodes.filter_map(|(_, node)| node.tree).collect();
    while let Some(tree) = todo.pop() {
        if !std::mem::replace(&mut reached[tree as usize], true) {
            let below = ways.edges(tree).iter().map(|edge| edge.to);
            todo.extend(below.filter(|&to| index.is_tree(to)));
        }
    }
    reached
}

/// The outermost trees without a commit that lead to one of `blobs`, to which no commit does.
pub(super) fn lone_trees(index: &ObjectIndex<'_>, ways: &Ways<'_>, blobs: &HashSet<u32>) -> Vec<u32> {
    if blobs.is_empty() {
        return Vec::new();
    }
    let mut known = vec![false; index.len() as usize];
    let seen = ways.trees().filter(|(tree, _)| ways.has_seen(*tree));
    for edge in seen.flat_map(|(_, edges)| edges) {
        // What stands for no object has no place here.
        if let Some(known) = known.get_mut(edge.to as usize) {
            *known = true;
        }
    }
    let lost: Vec<u32> = blobs.iter().copied().filter(|&blob| !known[blob as usize]).collect();
    if lost.is_empty() {
        return Vec::new();
    }
    let mut above: HashMap<u32, Vec<u32>> = HashMap::new();
    for (tree, edges) in ways.trees().filter(|(tree, _)| !ways.has_seen(*tree)) {
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
    outermost.sort_by_key(|&tree| index.id(tree));
    outermost
}
