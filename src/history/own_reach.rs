//! Which of a part's commits references and reflogs reach, for what is missing from these commits.
//!
//! Commits that lack something are often near the tip of the branch that has them, so commits are read one by one from
//! all tips at once. If that does not find them soon, all commits are read.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use super::audited::Audit;
use super::content_pass::ContentPass;
use super::division::Division;
use super::records::CommitRecord;
use crate::git::commit::ParsedCommit;
use crate::git::{Id, Kind};

/// Commits that are read one by one.
const NEAR: usize = 4000;

impl Audit<'_> {
    /// Those of these pruned trees that a commit has which something reaches. Each comes with the part's commits that have
    /// it.
    pub(super) fn reached_nodes(
        &self,
        division: &Division,
        read: &ContentPass,
        nodes: &BTreeMap<u32, &[u32]>,
    ) -> HashSet<u32> {
        if nodes.is_empty() {
            return HashSet::new();
        }
        let mut parents: HashMap<u32, Box<[u32]>> = HashMap::new();
        self.add_parents(&mut parents, &read.commits);
        let near = self.reached_commits(&parents, NEAR);
        let reached = |commits: &HashSet<u32>| -> HashSet<u32> {
            let has = |(_, own): &(&u32, &&[u32])| own.iter().any(|commit| commits.contains(commit));
            nodes.iter().filter(has).map(|(node, _)| *node).collect()
        };
        let found = reached(&near);
        if found.len() == nodes.len() {
            return found;
        }
        self.add_parents(&mut parents, &self.read_other_commits(division).commits);
        reached(&self.reached_commits(&parents, 0))
    }

    fn add_parents(&self, parents: &mut HashMap<u32, Box<[u32]>>, commits: &[CommitRecord]) {
        let numbers = |ids: &[Id]| ids.iter().filter_map(|id| self.index.find(id)).collect();
        parents.extend(commits.iter().map(|commit| (commit.number, numbers(&commit.parents))));
    }

    /// The commits that are reached through those whose parents are known, and through so many others, which are read for
    /// it: those near the tips first.
    fn reached_commits(&self, parents: &HashMap<u32, Box<[u32]>>, mut others: usize) -> HashSet<u32> {
        let tips = self.refs.list.iter().map(|(_, id)| id).chain(&self.refs.head).chain(&self.refs.logged);
        let mut todo: VecDeque<u32> = tips.filter_map(|id| self.commit_of(*id)).collect();
        let mut reached: HashSet<u32> = todo.iter().copied().collect();
        while let Some(commit) = todo.pop_front() {
            let mut above: Vec<u32> = Vec::new();
            if let Some(known) = parents.get(&commit) {
                above.extend(known.iter());
            } else if others > 0 {
                others -= 1;
                if let Ok(Some((Kind::Commit, bytes))) = self.index.read(commit) {
                    above.extend(ParsedCommit::parse(&bytes).parents.iter().filter_map(|id| self.index.find(id)));
                }
            }
            todo.extend(above.into_iter().filter(|parent| reached.insert(*parent)));
        }
        reached
    }

    /// The commit that an object is, or leads to by tags.
    fn commit_of(&self, id: Id) -> Option<u32> {
        let (number, kind) = self.peeled(id)?;
        (kind == Kind::Commit).then_some(number)
    }
}
