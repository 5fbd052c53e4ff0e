//! The pass over all trees, and what can be said once it is done: what is missing, what is reached, what has no commit.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::commit_graph::Graph;
use super::missing::Gaps;
use super::object_index::Catalog;
use super::oid::{Kind, Oid};
use super::pack::inflate::Inflater;
use super::pack_walk::Walk;
use super::store::Reader;
use super::tree_pass::{Aim, Edge, Trees};
use super::tree_paths::Ways;
use crate::source::Collector;

/// What the pass found, of all threads.
#[derive(Default)]
pub(super) struct Census {
    /// Trees and where they lead.
    pub(super) edges: Vec<(u32, Arc<[Edge]>)>,
    /// What is named and not there, if no ways were asked for: by which tree, under which name.
    pub(super) missing: BTreeMap<Oid, (u32, u32, Kind)>,
}

/// Goes through all trees.
pub(super) fn take(aim: &Aim<'_>, threads: usize, gaps: &Gaps<'_>, collector: &Collector) -> Census {
    let catalog = aim.catalog;
    let wanted = |number: u32| catalog.kind(number) == Some(Kind::Tree) && catalog.is_first_copy(number);
    let visitors = (0..threads).map(|_| Trees::new(aim)).collect();
    let mut threads = Walk::new(catalog.members(), &wanted, collector).run(visitors);
    let mut last = Trees::new(aim);
    let mut inflater = Inflater::new();
    for number in (catalog.first_loose()..catalog.len()).filter(|&number| wanted(number)) {
        match catalog.read_loose(&mut inflater, number) {
            Ok(Some((_, bytes))) => last.one(number, &bytes),
            Ok(None) => last.failed.push((number, "it vanished while it was read")),
            Err(why) => last.failed.push((number, why)),
        }
    }
    let mut reader = Reader::new(catalog.store);
    for (number, why) in threads.iter().flat_map(|thread| thread.failed.clone()).collect::<Vec<_>>() {
        // A copy that cannot be read may have a sister that can.
        let oid = catalog.oid(number);
        match reader.read(&oid) {
            Ok(Some((_, bytes))) if why != super::tree_pass::MALFORMED => last.one(number, &bytes),
            Err(error) => gaps.once(error),
            Ok(_) => gaps.once(super::store::unreadable(&oid, why)),
        }
    }
    for (number, why) in std::mem::take(&mut last.failed) {
        gaps.once(super::store::unreadable(&catalog.oid(number), why));
    }
    threads.push(last);
    let mut census = Census::default();
    for mut thread in threads {
        census.edges.append(&mut thread.edges);
        for (oid, named) in thread.missing {
            let least = census.missing.entry(oid).or_insert(named);
            *least = (*least).min(named);
        }
    }
    census
}

/// The trees that commits lead to for which `counts` says yes.
pub(super) fn reached(
    catalog: &Catalog<'_>,
    graph: &Graph,
    ways: &Ways<'_>,
    counts: &dyn Fn(usize) -> bool,
) -> Vec<bool> {
    let mut reached = vec![false; catalog.len() as usize];
    let nodes = graph.nodes.iter().enumerate().filter(|(at, node)| node.reach != 0 && counts(*at));
    let mut todo: Vec<u32> = nodes.filter_map(|(_, node)| node.tree).collect();
    while let Some(tree) = todo.pop() {
        if !std::mem::replace(&mut reached[tree as usize], true) {
            let below = ways.edges(tree).iter().map(|edge| edge.to);
            todo.extend(below.filter(|&to| catalog.is_tree(to)));
        }
    }
    reached
}

/// The outermost trees without a commit that lead to one of `blobs`, to which no commit does.
pub(super) fn lone_trees(catalog: &Catalog<'_>, ways: &Ways<'_>, blobs: &HashSet<u32>) -> Vec<u32> {
    if blobs.is_empty() {
        return Vec::new();
    }
    let mut known = vec![false; catalog.len() as usize];
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
            None if catalog.is_tree(at) => outermost.push(at),
            None => {}
        }
    }
    outermost.sort_by_key(|&tree| catalog.oid(tree));
    outermost
}
