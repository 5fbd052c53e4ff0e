//! What became of each secret at each path: who brought it in, who took it out, where it still is.

use std::collections::{HashMap, HashSet};

use super::graph::{Graph, HEAD, LOG, REF};
use super::ways::{Paths, Ways};

/// Something that a leaf holds: a secret, or that the leaf is a submodule or an LFS pointer. Numbered by the caller.
pub(super) type Item = u32;

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
    /// Goes through history. `items` says what a leaf holds.
    pub(super) fn tell(
        graph: &Graph,
        ways: &mut Ways<'_>,
        paths: &mut Paths,
        items: &dyn Fn(u32) -> Vec<Item>,
    ) -> Self {
        let mut stories = Self::default();
        let roots: Vec<u32> = graph.nodes.iter().map(|node| node.tree.map_or(0, |tree| ways.prune(tree))).collect();
        for (at, node) in graph.nodes.iter().enumerate() {
            let parents: Vec<u32> = node.parents.iter().map(|&parent| roots[parent as usize]).collect();
            ways.fresh(roots[at], &parents, paths, 0, &mut |path, leaf, others| {
                let known: Vec<Item> = others.iter().flat_map(|&leaf| items(leaf)).collect();
                for item in items(leaf) {
                    let story = stories.version(path, item, leaf);
                    if !known.contains(&item) {
                        stories.begin(graph, story, at as u32, leaf);
                    }
                }
            });
        }
        stories.end(graph, ways, paths, &roots, items);
        stories
    }

    /// All leaves that some story tells of.
    pub(super) fn leaves(&self) -> HashSet<u32> {
        self.versions.iter().map(|(_, leaf)| *leaf).collect()
    }

    fn version(&mut self, path: u32, item: Item, leaf: u32) -> u32 {
        let next = self.list.len() as u32;
        let id = *self.ids.entry((path, item)).or_insert(next);
        if id == next {
            self.list.push(Story {
                path,
                item,
                first: u32::MAX,
                leaf,
                last: u32::MAX,
                versions: 0,
                in_head: None,
                reach: 0,
            });
        }
        self.list[id as usize].versions += u64::from(self.versions.insert((id, leaf)));
        id
    }

    fn begin(&mut self, graph: &Graph, story: u32, at: u32, leaf: u32) {
        self.beginnings.push((at, story));
        let reach = graph.nodes[at as usize].reach;
        let story = &mut self.list[story as usize];
        let class = |at: u32| class(graph.nodes[at as usize].reach);
        if story.first == u32::MAX || class(at) < class(story.first) {
            (story.first, story.leaf) = (at, leaf);
        }
        story.reach |= reach & !HEAD;
    }

    /// A commit that had it is its last where a child took it out, or where there is no child.
    fn end(
        &mut self,
        graph: &Graph,
        ways: &Ways<'_>,
        paths: &mut Paths,
        roots: &[u32],
        items: &dyn Fn(u32) -> Vec<Item>,
    ) {
        let later = |a: u32, b: u32| {
            let key = |at: u32| {
                let node = &graph.nodes[at as usize];
                (std::cmp::Reverse(class(node.reach)), node.time, at)
            };
            key(a) > key(b)
        };
        let ids = &self.ids;
        let list = &mut self.list;
        let mut ended = |at: u32, path: u32, leaf: u32, others: &[u32]| {
            let left: Vec<Item> = others.iter().flat_map(|&leaf| items(leaf)).collect();
            for item in items(leaf).into_iter().filter(|item| !left.contains(item)) {
                if let Some(&story) = ids.get(&(path, item)) {
                    let story = &mut list[story as usize];
                    if story.last == u32::MAX || later(at, story.last) {
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
                ways.fresh(had, &[roots[at]], paths, 0, &mut |path, leaf, others| ended(parent, path, leaf, others));
            }
        }
        for (root, at) in tips {
            ways.fresh(root, &[], paths, 0, &mut |path, leaf, others| ended(at, path, leaf, others));
        }
        if let Some(head) = graph.head {
            ways.fresh(roots[head as usize], &[], paths, 0, &mut |path, leaf, _| {
                for item in items(leaf) {
                    if let Some(&story) = self.ids.get(&(path, item)) {
                        self.list[story as usize].in_head = Some(leaf);
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
