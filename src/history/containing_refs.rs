//! Which references contain what: sets of stories carried from parents to children, each distinct set kept once.

use std::collections::HashMap;
use std::sync::Arc;

use super::commit_graph::Graph;

/// For each story, the places of the references whose history contains it, sorted. Stories of the same references
/// share a list.
pub(super) fn references(graph: &Graph, beginnings: &[(u32, u32)], stories: usize) -> Vec<Arc<[u32]>> {
    let mut lists: HashMap<Vec<u32>, Arc<[u32]>> = HashMap::new();
    let mut all = Vec::with_capacity(stories);
    // So many at a time that a set is small whatever the number of stories.
    for first in (0..stories).step_by(WIDTH) {
        let tips = carry(graph, beginnings, first as u32);
        for story in first..stories.min(first + WIDTH) {
            let (word, bit) = ((story - first) / 64, (story - first) % 64);
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

const WIDTH: usize = 4096;
const WORDS: usize = WIDTH / 64;

type Set = Box<[u64; WORDS]>;

#[derive(Default)]
struct Sets {
    list: Vec<Set>,
    ids: HashMap<Set, u32>,
    unions: HashMap<(u32, u32), u32>,
}

impl Sets {
    fn intern(&mut self, set: Set) -> u32 {
        let next = self.list.len() as u32;
        let id = *self.ids.entry(set.clone()).or_insert(next);
        if id == next {
            self.list.push(set);
        }
        id
    }

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

/// The sets of stories from `first` on at the references' tips, with the references at each.
fn carry(graph: &Graph, beginnings: &[(u32, u32)], first: u32) -> Vec<(Set, Vec<u32>)> {
    let mut sets = Sets::default();
    let empty = sets.intern(Box::new([0; WORDS]));
    let mut at_node = vec![empty; graph.nodes.len()];
    let mut next = 0;
    for (at, node) in graph.nodes.iter().enumerate() {
        let parents = node.parents.iter().map(|&parent| at_node[parent as usize]);
        let mut set = parents.reduce(|a, b| sets.union(a, b)).unwrap_or(empty);
        let mut begun: Option<Set> = None;
        while let Some(&(_, story)) = beginnings.get(next).filter(|(place, _)| *place as usize == at) {
            next += 1;
            if let Some(story) = story.checked_sub(first).map(|story| story as usize).filter(|&story| story < WIDTH) {
                let words = begun.get_or_insert_with(|| sets.list[set as usize].clone());
                words[story / 64] |= 1 << (story % 64);
            }
        }
        if let Some(begun) = begun {
            set = sets.intern(begun);
        }
        at_node[at] = set;
    }
    let mut tips: HashMap<u32, Vec<u32>> = HashMap::new();
    for (place, tip) in graph.tips.iter().enumerate() {
        if let Some(node) = tip.node {
            tips.entry(at_node[node as usize]).or_default().push(place as u32);
        }
    }
    tips.into_iter()
        .filter(|(set, _)| *set != empty)
        .map(|(set, places)| (sets.list[set as usize].clone(), places))
        .collect()
}
