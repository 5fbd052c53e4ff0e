//! Which references contain which commits' introductions, as `git for-each-ref --contains` says it, for all at once:
//! bit sets of occurrences are passed on from parents to children, and each distinct set is stored once.

use crate::core::narrow::narrow;

use std::collections::HashMap;
use std::sync::Arc;

use super::commit_graph::CommitGraph;

/// For each occurrence, the references whose history contains a commit that introduced it, by their places in
/// [`Refs::list`](crate::git::Refs), sorted. Occurrences with the same references share a list.
pub(super) fn containing_refs(
    graph: &CommitGraph,
    introductions: &[(u32, u32)],
    occurrences: usize,
) -> Vec<Arc<[u32]>> {
    let mut lists: HashMap<Vec<u32>, Arc<[u32]>> = HashMap::new();
    let mut all = Vec::with_capacity(occurrences);
    // So many at a time that a set is small whatever the number of occurrences.
    for first in (0..occurrences).step_by(WIDTH) {
        let tips = propagate(graph, introductions, narrow(first));
        for occurrence in first..occurrences.min(first + WIDTH) {
            let (word, bit) = ((occurrence - first) / 64, (occurrence - first) % 64);
            let mut places: Vec<u32> = Vec::new();
            for (set, references) in &tips {
                if set[word] >> bit & 1 == 1 {
                    places.extend(references);
                }
            }
            places.sort_unstable();
            all.push(lists.entry(places).or_insert_with_key(|places| places.as_slice().into()).clone());
        }
    }
    all
}

/// How many occurrences a bit set is for.
const WIDTH: usize = 4096;
const WORDS: usize = WIDTH / 64;

/// A set of occurrences, counted from the first of a group.
type BitSet = Box<[u64; WORDS]>;

/// All distinct sets, by number, and the unions that were made of them.
#[derive(Default)]
struct BitSets {
    list: Vec<BitSet>,
    ids: HashMap<BitSet, u32>,
    unions: HashMap<(u32, u32), u32>,
}

impl BitSets {
    /// The number of a set.
    fn intern(&mut self, set: BitSet) -> u32 {
        let next = narrow(self.list.len());
        let id = *self.ids.entry(set.clone()).or_insert(next);
        if id == next {
            self.list.push(set);
        }
        id
    }

    /// The number of the union of two sets.
    fn union(&mut self, a: u32, b: u32) -> u32 {
        if a == b {
            return a;
        }
        let pair = (a.min(b), a.max(b));
        if let Some(&id) = self.unions.get(&pair) {
            return id;
        }
        let mut set = self.list[a as usize].clone();
        set.iter_mut().zip(self.list[b as usize].iter()).for_each(|(word, other)| *word |= other);
        let id = self.intern(set);
        self.unions.insert(pair, id);
        id
    }
}

/// The distinct sets of occurrences from `first` on that references contain, with the references that contain each.
fn propagate(graph: &CommitGraph, introductions: &[(u32, u32)], first: u32) -> Vec<(BitSet, Vec<u32>)> {
    let mut sets = BitSets::default();
    let empty = sets.intern(Box::new([0; WORDS]));
    let mut at_node = vec![empty; graph.nodes.len()];
    let mut next = 0;
    for (at, node) in graph.nodes.iter().enumerate() {
        let parents = node.parents.iter().map(|&parent| at_node[parent as usize]);
        let mut set = parents.reduce(|a, b| sets.union(a, b)).unwrap_or(empty);
        let mut with_own: Option<BitSet> = None;
        while let Some(&(_, occurrence)) = introductions.get(next).filter(|(place, _)| *place as usize == at) {
            next += 1;
            if let Some(bit) = occurrence.checked_sub(first).map(|bit| bit as usize).filter(|&bit| bit < WIDTH) {
                let words = with_own.get_or_insert_with(|| sets.list[set as usize].clone());
                words[bit / 64] |= 1 << (bit % 64);
            }
        }
        if let Some(with_own) = with_own {
            set = sets.intern(with_own);
        }
        at_node[at] = set;
    }
    let mut tips: HashMap<u32, Vec<u32>> = HashMap::new();
    for (place, tip) in graph.tips.iter().enumerate() {
        if let Some(node) = tip.node {
            tips.entry(at_node[node as usize]).or_default().push(narrow(place));
        }
    }
    tips.into_iter()
        .filter(|(set, _)| *set != empty)
        .map(|(set, places)| (sets.list[set as usize].clone(), places))
        .collect()
}
