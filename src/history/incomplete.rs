//! What an audit could not scan: objects that are missing, submodules, and content that Git LFS keeps elsewhere.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use bstr::BString;

use super::audited::Audit;
use super::commit_graph::CommitGraph;
use super::content_pass::ContentPass;
use super::introducing::{Occurrences, SubjectId};
use super::missing::{LIMIT, MissingObject, TreeLocations};
use super::reachability;
use super::tree_pass::TreeQuery;
use super::tree_paths::{PathTable, PrunedTrees};
use crate::core::order::ListOrder as _;
use crate::core::part::Joining;
use crate::git::{Id, Kind};
use crate::source::lfs::Pointer;

/// The subjects that are traced like secrets to learn their paths. They are numbered from `first` on, where the numbers
/// of secrets end.
#[derive(Clone, Copy)]
pub(super) struct OtherSubjects {
    pub(super) first: SubjectId,
}

impl OtherSubjects {
    /// Any submodule.
    pub(super) fn submodule(self) -> SubjectId {
        self.first
    }

    /// A Git LFS pointer or a missing object, by the object's number.
    pub(super) fn object(self, object: u32) -> SubjectId {
        self.first + 1 + object
    }
}

impl Audit<'_> {
    /// The missing objects that reachable trees name, each with a path.
    pub(super) fn missing_objects(
        &self,
        graph: &CommitGraph,
        trees: &PrunedTrees<'_>,
        occurrences: &Occurrences,
        others: OtherSubjects,
        paths: &PathTable,
    ) -> BTreeMap<Id, MissingObject> {
        if let Some(absent) = self.numbering.absent.list() {
            let absent: HashMap<SubjectId, (Id, Kind)> =
                absent.into_iter().map(|(id, number, kind)| (others.object(number), (id, kind))).collect();
            let mut missing: BTreeMap<Id, MissingObject> = BTreeMap::new();
            let list = self.numbering.names.list();
            // A gc may have dropped parts of what nothing reaches: that is no loss.
            for occurrence in occurrences.list.iter().filter(|occurrence| occurrence.reach != 0) {
                let Some(&(id, kind)) = absent.get(&occurrence.subject) else { continue };
                let place = paths.path(occurrence.path, &list);
                let least = missing.entry(id).or_insert_with(|| MissingObject { kind, place: place.clone() });
                if place < least.place {
                    least.place = place;
                }
            }
            return missing;
        }
        let reached = reachability::reached(self.index, graph, trees, &|at| self.is_selected(at));
        let named = self
            .tree_pass(&TreeQuery {
                reports_missing: &|tree| reached[tree as usize],
                ..self.tree_query(&self.numbering)
            })
            .missing;
        let list = self.numbering.names.list();
        let roots: HashSet<u32> = graph.nodes.iter().filter_map(|node| node.tree).collect();
        let places = TreeLocations::of(self.index, trees, &reached, &roots, &list);
        let place = |(id, (tree, name, kind))| (id, MissingObject { kind, place: places.path(tree, name) });
        named.into_iter().map(place).collect()
    }

    /// Reports missing objects, and those that commits and references name besides.
    pub(super) fn report_missing(&self, mut missing: BTreeMap<Id, MissingObject>, graph: &CommitGraph) {
        let by = |node: usize| BString::from(format!("of commit {}", self.index.id(graph.nodes[node].number)));
        let counts = |at: usize| graph.nodes[at].reach != 0 && self.is_selected(at);
        for (at, node) in graph.nodes.iter().enumerate().filter(|(at, _)| counts(*at)) {
            if let Some(tree) = node.missing_tree {
                missing.insert(tree, MissingObject { kind: Kind::Tree, place: by(at) });
            }
        }
        let shallow = self.repository.shallow().unwrap_or_else(|error| {
            self.unscanned.report(error);
            Vec::new()
        });
        let shallow: HashSet<Id> = shallow.into_iter().collect();
        let mut cut = HashSet::new();
        for &(id, node) in graph.missing.iter().filter(|(_, node)| counts(*node as usize)) {
            let child = self.index.id(graph.nodes[node as usize].number);
            if shallow.contains(&child) {
                cut.insert(child);
            } else {
                missing.insert(id, MissingObject { kind: Kind::Commit, place: by(node as usize) });
            }
        }
        self.unscanned.missing(&missing, self.repository, self.index.store.has_promisor(), Joining::Same);
        self.unscanned.shallow(cut.len(), self.repository);
        self.unscanned.broken(graph, self.refs);
    }

    /// Reports Git LFS pointers without content, and submodules that are not scanned.
    pub(super) fn report_pointers_and_submodules(
        &self,
        read: &ContentPass,
        occurrences: &Occurrences,
        others: OtherSubjects,
        paths: &PathTable,
        names: &[Arc<[u8]>],
    ) {
        let paths_of = |subject: SubjectId| -> Vec<BString> {
            let mut all: Vec<BString> = occurrences
                .list
                .iter()
                .filter(|occurrence| occurrence.subject == subject)
                .map(|occurrence| paths.path(occurrence.path, names))
                .collect();
            all.order();
            all
        };
        let mut list = Vec::new();
        for (number, pointer) in self.named_pointers(read) {
            let blob = self.index.id(*number);
            match paths_of(others.object(*number)).into_iter().next() {
                Some(path) => list.push((blob, path, pointer.id.clone())),
                None if self.selected.is_some() => {}
                None => list.push((blob, format!("blob {blob}").into(), pointer.id.clone())),
            }
        }
        let total = if self.selected.is_some() { list.len() } else { read.pointers.len() };
        self.unscanned.pointers(total, &list);
        self.report_submodules(paths_of(others.submodule()));
    }

    /// The Git LFS pointers that are named: those with the least ids, which does not depend on how the blobs are packed.
    pub(super) fn named_pointers<'p>(&self, read: &'p ContentPass) -> Vec<&'p (u32, Pointer)> {
        let mut list: Vec<&(u32, Pointer)> = read.pointers.iter().collect();
        list.sort_by_cached_key(|(number, _)| self.index.id(*number));
        list.truncate(LIMIT);
        list
    }

    /// Reports the paths of submodules that are not scanned.
    pub(super) fn report_submodules(&self, mut links: Vec<BString>) {
        if self.options.submodules {
            let scanned = self.repository.submodules().unwrap_or_default();
            links.retain(|path| !scanned.iter().any(|module| module.path == *path));
        }
        self.unscanned.submodules(&links, self.options.submodules);
    }
}
