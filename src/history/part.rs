//! A part of a divided audit in which nothing was found: it is done without the rest of the repository.
//!
//! A finding is told with its whole history, for which all commits and trees have to be read. Most parts of most
//! repositories have none. What else an audit says of commits and trees (what is missing, where submodules are) is
//! divided like the content: a part looks at the commits of its own stretch, at the trees that these lead to, and at
//! the trees of its own stretch, which no commit may lead to. If anything is wrong there, it reads everything.

use std::collections::{BTreeSet, HashSet};

use bstr::BString;

use super::audit::Audit;
use super::content_pass::{self, ContentPass, ContentScope, ScanDecision};
use super::division::Division;
use super::findings;
use super::tree_pass::{GITLINK, TreeQuery};
use super::tree_paths::{PathTable, PrunedTrees};
use crate::git::commit::ParsedTag;
use crate::git::{Id, Kind};

/// Directories that lie deeper than this are read by the passes over everything.
const DEEPEST: usize = 64;
/// Tags of tags are followed no further.
const TAGS: usize = 64;

impl Audit<'_> {
    /// Whether a part has nothing to trace through history; then it has been reported.
    pub(super) fn is_part_clean(&self, division: &Division, read: &ContentPass) -> bool {
        let has_none = read.hits.is_empty() && read.pointers.is_empty() && read.is_sound;
        if !has_none || self.options.file_names || !self.are_parents_here(read) {
            return false;
        }
        let Some(mut roots) = self.trees_of_refs(division) else { return false };
        roots.extend(read.commits.iter().filter_map(|commit| self.index.find(&commit.tree?)));
        let Some(links) = self.submodule_paths(division, &roots) else { return false };
        if self.collector.is_stopped() {
            return true;
        }
        self.count(read.commits.len(), read.tags.len());
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

    /// The tree that an object leads to by tags, if that is what it leads to; `None` if that is not here.
    fn peel(&self, mut id: Id) -> Option<Option<u32>> {
        for _ in 0..TAGS {
            let number = self.index.find(&id)?;
            match self.index.kind(number)? {
                Kind::Tag => {
                    let (_, bytes) = self.index.read(number).ok()??;
                    id = ParsedTag::parse(&bytes).target?;
                }
                Kind::Tree => return Some(Some(number)),
                Kind::Commit | Kind::Blob => return Some(None),
            }
        }
        None
    }

    /// The paths of submodules in the trees of these roots; `None` if an object is missing there, or in a tree of this
    /// part.
    fn submodule_paths(&self, division: &Division, roots: &[u32]) -> Option<Vec<BString>> {
        let none = |_: u32| false;
        let mut is_read = vec![false; self.index.len() as usize];
        let mut is_reached = is_read.clone();
        let mut trees = PrunedTrees::new(self.index, []);
        let mut next: HashSet<u32> = roots.iter().copied().collect();
        for depth in 0..DEEPEST {
            let wanted = |number: u32| {
                !is_read[number as usize] && (depth == 0 && division.has(number) || next.contains(&number))
            };
            let query = TreeQuery { only: Some(&wanted), targets: Some(&none), ..self.tree_query(&self.numbering) };
            let pass = self.tree_pass(&query);
            if self.collector.is_stopped() {
                return Some(Vec::new());
            }
            if self.numbering.absent.list().is_none_or(|absent| !absent.is_empty()) {
                return None;
            }
            let now: Vec<usize> =
                (0..self.index.len()).filter(|&number| wanted(number)).map(|number| number as usize).collect();
            now.into_iter().for_each(|number| is_read[number] = true);
            trees.add(pass.edges);
            // Down from what commits have, through trees that this part read anyway.
            let mut todo: Vec<u32> = std::mem::take(&mut next).into_iter().collect();
            while let Some(tree) = todo.pop() {
                if !is_read[tree as usize] {
                    next.insert(tree);
                    continue;
                }
                if std::mem::replace(&mut is_reached[tree as usize], true) {
                    continue;
                }
                let below = trees.edges(tree).iter().map(|edge| edge.to);
                todo.extend(below.filter(|&to| self.index.is_tree(to) && !is_reached[to as usize]));
            }
            if next.is_empty() {
                return self.links_below(&mut trees, roots);
            }
        }
        None
    }

    /// The paths of submodules, once all trees are read; `None` if there are so many that some are left out.
    fn links_below(&self, trees: &mut PrunedTrees<'_>, roots: &[u32]) -> Option<Vec<BString>> {
        let mut paths = PathTable::new();
        let mut found = BTreeSet::new();
        let nodes: BTreeSet<u32> = roots.iter().map(|&root| trees.prune(root)).collect();
        // Roots differ by other entries; what is told of each is compared with what was told of the one before.
        let mut last = 0;
        for node in nodes {
            trees.added_leaves(node, &[last], &mut paths, &mut |leaf, _| {
                if leaf.object == GITLINK {
                    found.insert(leaf.path);
                }
            });
            last = node;
        }
        if trees.omitted_paths().is_some() {
            return None;
        }
        let names = self.numbering.names.list();
        let mut links: Vec<BString> = found.into_iter().map(|path| paths.path(path, &names)).collect();
        links.sort();
        Some(links)
    }
}
