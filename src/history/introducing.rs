//! What became of each secret at each path: who brought it in, who took it out, where it still is.

use std::collections::{HashMap, HashSet};

use super::commit_graph::{Graph, HEAD, LOG, REF};
use super::tree_paths::{Paths, Place, Ways};

/// Something that a leaf holds: a secret, or that the leaf is a submodule or an LFS pointer. Numbered by the caller.
pub(super) type Item = u32;

/// What a place holds, by the last name of its path and its leaf.
pub(super) type Items<'a> = dyn Fn(u32, u32) -> Vec<Item> + 'a;

const NEVER: u32 = u32::MAX;

/// One item at one path.
pub(super) struct Story {
    pub(super) path: u32,
    pub(super) item: Item,
    /// The commit that brought it in: of those that references lead to, else of those in reflogs, else of all, the first.
    pub(super) first: u32,
    /// The leaf there.
    pub(super) leaf: u32,
    /// The last commit that had it, chosen likewise.
    pub(super) last: u32,
    /// Different leaves at the path that held it.
    pub(super) versions: u64,
    /// The leaf that holds it in `HEAD`.
    pub(super) in_head: Option<u32>,
    /// What reaches any commit that brought it in.
    pub(super) reach: u8,
}

/// All stories, and each commit's part in them.
#[derive(Default)]
pub(super) struct Stories {
    pub(super) list: Vec<Story>,
    ids: HashMap<(u32, Item), u32>,
    versions: HashSet<(u32, u32)>,
    /// Commits and the stories that begin there, in the order of the graph.
    pub(super) beginnings: Vec<(u32, u32)>,
}

impl Stories {
    /// Goes through history. `items` says what a place holds, by the last name of its path and its leaf; stories that
    /// begin in no commit of `selected` are left out.
    pub(super) fn tell(
        graph: &Graph,
        selected: Option<&[bool]>,
        ways: &mut Ways<'_>,
        paths: &mut Paths,
        items: &Items<'_>,
    ) -> Self {
        let counts = |at: usize| selected.is_none_or(|selected| selected.get(at).is_some_and(|selected| *selected));
        let mut stories = Self::default();
        let roots: Vec<u32> = graph.nodes.iter().map(|node| node.tree.map_or(0, |tree| ways.prune(tree))).collect();
        for (at, node) in graph.nodes.iter().enumerate() {
            let parents: Vec<u32> = node.parents.iter().map(|&parent| roots[parent as usize]).collect();
            ways.fresh(roots[at], &parents, paths, &mut |place, others| {
                let known: Vec<Item> = others.iter().flat_map(|&leaf| items(place.name, leaf)).collect();
                for item in items(place.name, place.leaf) {
                    let story = stories.version(place.path, item, place.leaf);
                    if !known.contains(&item) && counts(at) {
                        stories.begin(graph, story, at as u32, place.leaf);
                    }
                }
            });
        }
        stories.end(graph, ways, paths, &roots, items);
        stories.retain(|story| story.first != NEVER);
        stories
    }

    /// Keeps some stories.
    pub(super) fn retain(&mut self, keep: impl Fn(&Story) -> bool) {
        let mut places = Vec::with_capacity(self.list.len());
        let mut kept = 0;
        for story in &self.list {
            let stays = keep(story);
            places.push(stays.then_some(kept));
            kept += u32::from(stays);
        }
        let moved = |(at, story): (u32, u32)| Some((at, places[story as usize]?));
        self.beginnings = std::mem::take(&mut self.beginnings).into_iter().filter_map(moved).collect();
        self.list.retain(|story| keep(story));
        self.ids.clear();
    }

    /// All leaves that some story tells of.
    pub(super) fn leaves(&self) -> HashSet<u32> {
        self.versions.iter().map(|(_, leaf)| *leaf).collect()
    }

    fn version(&mut self, path: u32, item: Item, leaf: u32) -> u32 {
        let next = self.list.len() as u32;
        let id = *self.ids.entry((path, item)).or_insert(next);
        if id == next {
            self.list.push(Story { path, item, first: NEVER, leaf, last: NEVER, versions: 0, in_head: None, reach: 0 });
        }
        self.list[id as usize].versions += u64::from(self.versions.insert((id, leaf)));
        id
    }

    fn begin(&mut self, graph: &Graph, story: u32, at: u32, leaf: u32) {
        self.beginnings.push((at, story));
        let reach = graph.nodes[at as usize].reach;
        let story = &mut self.list[story as usize];
        let class = |at: u32| class(graph.nodes[at as usize].reach);
        if story.first == NEVER || class(at) < class(story.first) {
            (story.first, story.leaf) = (at, leaf);
        }
        story.reach |= reach & !HEAD;
    }

    /// A commit that had it is its last where a child took it out, or where there is no child.
    fn end(&mut self, graph: &Graph, ways: &Ways<'_>, paths: &mut Paths, roots: &[u32], items: &Items<'_>) {
        let later = |a: u32, b: u32| {
            let key = |at: u32| {
                let node = &graph.nodes[at as usize];
                (std::cmp::Reverse(class(node.reach)), node.time, at)
            };
            key(a) > key(b)
        };
        let ids = &self.ids;
        let list = &mut self.list;
        let mut ended = |at: u32, place: Place, others: &[u32]| {
            let left: Vec<Item> = others.iter().flat_map(|&leaf| items(place.name, leaf)).collect();
            for item in items(place.name, place.leaf).into_iter().filter(|item| !left.contains(item)) {
                if let Some(&story) = ids.get(&(place.path, item)) {
                    let story = &mut list[story as usize];
                    if story.last == NEVER || later(at, story.last) {
                        story.last = at;
                    }
                }
            }
        };
        let mut tips: HashMap<u32, u32> = HashMap::new();
        for (at, node) in graph.nodes.iter().enumerate() {
            if !node.has_children {
                let last = tips.entry(roots[at]).or_insert(at as u32);
                if later(at as u32, *last) {
                    *last = at as u32;
                }
            }
            for &parent in &node.parents {
                let had = roots[parent as usize];
                ways.fresh(had, &[roots[at]], paths, &mut |place, others| ended(parent, place, others));
            }
        }
        for (root, at) in tips {
            ways.fresh(root, &[], paths, &mut |place, others| ended(at, place, others));
        }
        if let Some(head) = graph.head {
            ways.fresh(roots[head as usize], &[], paths, &mut |place, _| {
                for item in items(place.name, place.leaf) {
                    if let Some(&story) = self.ids.get(&(place.path, item)) {
                        self.list[story as usize].in_head = Some(place.leaf);
                    }
                }
            });
        }
    }
}

/// The smaller, the better the way there.
fn class(reach: u8) -> u8 {
    if reach & (REF | HEAD) != 0 { 0 } else { u8::from(reach & LOG == 0) + 1 }
}
