//! A part of a divided audit in which nothing was found: it is done without the rest of the repository.
//!
//! A finding is told with its whole history, for which all commits and trees have to be read. Most parts of most
//! repositories have none. What else an audit says of commits and trees (what is missing, where submodules are) is
//! divided like the content: a part looks at the commits of its own stretch, at the trees that these lead to, and at
//! the trees of its own stretch, which no commit may lead to. If a commit or a whole tree is missing, it reads everything.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use bstr::BString;

use super::audited::Audit;
use super::content_pass::{self, ContentPass, ContentScope, ScanDecision};
use super::division::Division;
use super::findings;
use super::missing::MissingObject;
use super::reachability;
use super::tree_pass::{GITLINK, TreeQuery};
use super::tree_paths::{PathTable, PrunedTrees};
use crate::core::order::{Gather as _, ListOrder as _};
use crate::core::part::Joining;
use crate::git::commit::ParsedTag;
use crate::git::{Id, Kind};

/// Directories that lie deeper than this are read by the passes over everything.
const DEEPEST: usize = 64;
/// Tags of tags are followed no further.
const TAGS: usize = 64;
/// Fewer trees than these are read each by itself, not in a walk over all packs.
const FEW: usize = 1000;

/// What the commits of a part lead to.
struct OwnTrees<'a> {
    trees: PrunedTrees<'a>,
    /// The pruned trees of references, `HEAD` and reflogs that name no commit.
    named: BTreeSet<u32>,
    /// The pruned trees of commits, with the commits.
    of_commits: BTreeMap<u32, Vec<u32>>,
}

impl<'a> Audit<'a> {
    /// Whether a part has nothing to trace through history; then it has been reported.
    pub(super) fn is_part_clean(&self, division: &Division, read: &ContentPass) -> bool {
        let has_none = read.hits.is_empty() && read.pointers.is_empty() && read.is_sound;
        if !has_none || self.options.file_names || !self.are_parents_here(read) {
            return false;
        }
        let Some(named) = self.trees_of_refs(division) else { return false };
        let Some(own) = self.own_trees(division, read, &named) else { return false };
        if self.collector.is_stopped() {
            return true;
        }
        let Some(missing) = self.own_missing_objects(division, read, &own) else { return false };
        let Some(links) = self.submodule_paths(&own) else { return false };
        self.count(read.commits.len(), read.tags.len());
        self.unscanned.missing(&missing, self.repository, self.index.store.has_promisor(), Joining::Least);
        self.report_submodules(links);
        findings::report_unscanned_archives(self.index, &read.unscanned_archives, self.collector, self.unscanned);
        true
    }

    /// Reads the commits and tags of the other parts, without scanning them.
    pub(super) fn read_other_commits(&self, division: &Division) -> ContentPass {
        let is_other =
            |number: u32| !division.has(number) && matches!(self.index.kind(number), Some(Kind::Commit | Kind::Tag));
        let scope = ContentScope {
            policy: self.policy,
            part: Some(&is_other),
            decide: &|_, _, _| ScanDecision::Elsewhere,
            remembers: &|_| false,
            collector: self.collector,
            unscanned: self.unscanned,
        };
        content_pass::read(self.index, &scope)
    }

    /// Whether the parents and trees of all commits of this part are here.
    fn are_parents_here(&self, read: &ContentPass) -> bool {
        let is = |id: &Id, kind: Kind| self.index.find(id).is_some_and(|number| self.index.kind(number) == Some(kind));
        read.commits.iter().all(|commit| {
            commit.parents.iter().all(|parent| is(parent, Kind::Commit))
                && commit.tree.is_none_or(|tree| is(&tree, Kind::Tree))
        })
    }

    /// The trees that references, `HEAD` and reflogs name, of the part that looks at references; `None` if there is
    /// something wrong with a reference, or a key in its name.
    fn trees_of_refs(&self, division: &Division) -> Option<Vec<u32>> {
        if !division.is_first() {
            return Some(Vec::new());
        }
        // What is wrong with the list of shallow commits is said with what is missing.
        self.repository.shallow().ok()?;
        let names = self.refs.list.iter().map(|(name, _)| name).chain(&self.refs.dangling);
        if names.into_iter().any(|name| !self.policy.scan(name).is_empty()) {
            return None;
        }
        let mut trees = Vec::new();
        for (_, id) in &self.refs.list {
            trees.extend(self.peel(*id)?);
        }
        for id in self.refs.head.iter().chain(&self.refs.logged) {
            trees.extend(self.peel(*id).flatten());
        }
        Some(trees)
    }

    /// The tree that an object is or leads to by tags, if that is what it leads to; `None` if that is not here.
    fn peel(&self, id: Id) -> Option<Option<u32>> {
        let (number, kind) = self.peeled(id)?;
        Some((kind == Kind::Tree).then_some(number))
    }

    /// The object that an object is or leads to by tags, if it is here.
    pub(super) fn peeled(&self, mut id: Id) -> Option<(u32, Kind)> {
        for _ in 0..TAGS {
            let number = self.index.find(&id)?;
            match self.index.kind(number)? {
                Kind::Tag => {
                    let (_, bytes) = self.index.read(number).ok()??;
                    id = ParsedTag::parse(&bytes).target?;
                }
                kind => return Some((number, kind)),
            }
        }
        None
    }

    /// The trees of this part's commits and references, and all that these lead to; `None` if there is too much to tell
    /// of them here.
    fn own_trees(&self, division: &Division, read: &ContentPass, named: &[u32]) -> Option<OwnTrees<'a>> {
        let commits: Vec<(u32, u32)> =
            read.commits.iter().filter_map(|commit| Some((commit.number, self.index.find(&commit.tree?)?))).collect();
        let roots = commits.iter().map(|(_, tree)| *tree).chain(named.iter().copied());
        let mut trees = self.trees_below(division, roots.collect())?;
        let named = named.iter().map(|&root| trees.prune(root)).collect();
        let mut of_commits: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (commit, tree) in commits {
            of_commits.entry(trees.prune(tree)).or_default().push(commit);
        }
        Some(OwnTrees { trees, named, of_commits })
    }

    /// The trees that these roots lead to, and those of this part.
    fn trees_below(&self, division: &Division, roots: HashSet<u32>) -> Option<PrunedTrees<'a>> {
        let none = |_: u32| false;
        let mut is_read = vec![false; self.index.len() as usize];
        let mut is_reached = is_read.clone();
        let mut trees = PrunedTrees::new(self.index, []);
        // By number, whether a tree is in the list, or was.
        let mut is_next = is_read.clone();
        let mut next: Vec<u32> = roots.into_iter().collect();
        next.iter().for_each(|&root| is_next[root as usize] = true);
        for depth in 0..DEEPEST {
            let query = TreeQuery { targets: Some(&none), ..self.tree_query(&self.numbering) };
            let (now, pass) = if depth > 0 && next.len() < FEW {
                let mut few = next.clone();
                few.order();
                let pass = reachability::read_few_trees(&query, few.iter().copied(), self.unscanned);
                (few, pass)
            } else {
                let wanted = |number: u32| {
                    let is_mine = depth == 0 && division.has(number);
                    !is_read[number as usize] && (is_mine || is_next[number as usize])
                };
                let pass = self.tree_pass(&TreeQuery { only: Some(&wanted), ..query });
                ((0..self.index.len()).filter(|&number| wanted(number)).collect(), pass)
            };
            now.into_iter().for_each(|number| is_read[number as usize] = true);
            // Of too many missing objects only the passes over everything can tell.
            self.numbering.absent.list()?;
            trees.add(pass.edges);
            // Down from what commits have, through trees that this part read anyway.
            let mut todo = std::mem::take(&mut next);
            while let Some(tree) = todo.pop() {
                if !is_read[tree as usize] {
                    if !std::mem::replace(&mut is_next[tree as usize], true) {
                        next.push(tree);
                    }
                    continue;
                }
                if std::mem::replace(&mut is_reached[tree as usize], true) {
                    continue;
                }
                let below = trees.edges(tree).iter().map(|edge| edge.to);
                todo.extend(below.filter(|&to| self.index.is_tree(to) && !is_reached[to as usize]));
            }
            if next.is_empty() || self.collector.is_stopped() {
                return Some(trees);
            }
        }
        None
    }

    /// The missing objects that this part's commits lead to, if something reaches these; `None` if a path cannot be told.
    fn own_missing_objects(
        &self,
        division: &Division,
        read: &ContentPass,
        own: &OwnTrees<'_>,
    ) -> Option<BTreeMap<Id, MissingObject>> {
        let absent: HashMap<u32, (Id, Kind)> =
            self.numbering.absent.list()?.into_iter().map(|(id, number, kind)| (number, (id, kind))).collect();
        let mut missing: BTreeMap<Id, MissingObject> = BTreeMap::new();
        if absent.is_empty() {
            return Some(missing);
        }
        let leads = own.trees.leading_to(&|object| absent.contains_key(&object));
        let is_lacking = |node: u32| leads.get(node as usize).is_some_and(|leads| *leads);
        let of_commits = own.of_commits.iter().filter(|(node, _)| is_lacking(**node));
        let lacking: BTreeMap<u32, &[u32]> = of_commits.map(|(node, commits)| (*node, &commits[..])).in_map();
        let mut nodes: BTreeSet<u32> = own.named.iter().copied().filter(|&node| is_lacking(node)).in_set();
        // A gc may have dropped parts of what nothing reaches: that is no loss.
        nodes.extend(self.reached_nodes(division, read, &lacking));
        let mut paths = PathTable::new();
        let mut places: BTreeSet<(u32, u32)> = BTreeSet::new();
        each_leaf(&own.trees, &nodes, &mut paths, &mut |object, path| {
            if absent.contains_key(&object) {
                places.insert((object, path));
            }
        });
        let names = self.numbering.names.list();
        for (object, path) in places {
            let Some(&(id, kind)) = absent.get(&object) else { continue };
            let place = paths.path(path, &names);
            let least = missing.entry(id).or_insert_with(|| MissingObject { kind, place: place.clone() });
            if place < least.place {
                least.place = place;
            }
        }
        own.trees.omitted_paths().is_none().then_some(missing)
    }

    /// The paths of submodules; `None` if there are so many that some are left out.
    fn submodule_paths(&self, own: &OwnTrees<'_>) -> Option<Vec<BString>> {
        let mut paths = PathTable::new();
        let mut found = BTreeSet::new();
        let nodes = own.named.iter().chain(own.of_commits.keys()).copied().collect();
        each_leaf(&own.trees, &nodes, &mut paths, &mut |object, path| {
            if object == GITLINK {
                found.insert(path);
            }
        });
        if own.trees.omitted_paths().is_some() {
            return None;
        }
        let names = self.numbering.names.list();
        let mut links: Vec<BString> = found.into_iter().map(|path| paths.path(path, &names)).collect();
        links.order();
        Some(links)
    }
}

/// Calls `found` for each object and path below these pruned trees, at least once.
fn each_leaf(trees: &PrunedTrees<'_>, nodes: &BTreeSet<u32>, paths: &mut PathTable, found: &mut dyn FnMut(u32, u32)) {
    // Roots differ by other entries; what is told of each is compared with what was told of the one before.
    let mut last = 0;
    for &node in nodes {
        trees.added_leaves(node, &[last], paths, &mut |leaf, _| found(leaf.object, leaf.path));
        last = node;
    }
}
