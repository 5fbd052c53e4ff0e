//! What the passes of an audit share: the repository with its objects, what is asked for, and where results go.

use std::collections::HashSet;

use super::content_pass::ContentPass;
use super::division::Division;
use super::missing::Unscanned;
use super::object_index::ObjectIndex;
use super::options::AuditOptions;
use super::reachability::{self, TreePass};
use super::tree_pass::{Numbering, TreeQuery};
use super::tree_paths::PrunedTrees;
use crate::git::{Refs, Repository};
use crate::policy::Policy;
use crate::source::Collector;

/// What the passes of an audit share once all objects are known.
pub(super) struct Audit<'a> {
    pub(super) repository: &'a Repository,
    pub(super) options: &'a AuditOptions,
    pub(super) policy: &'a Policy,
    pub(super) collector: &'a Collector,
    pub(super) unscanned: &'a Unscanned<'a>,
    pub(super) index: &'a ObjectIndex<'a>,
    pub(super) refs: &'a Refs,
    /// By place in the commit graph, whether a commit is asked for; `None`: all are.
    pub(super) selected: Option<Vec<bool>>,
    /// Whether only some blobs are scanned at first.
    pub(super) scans_part: bool,
    /// The numbers of file names and of missing objects, which all passes over trees share.
    pub(super) numbering: Numbering,
    /// The objects of this part, if the audit is divided.
    pub(super) division: Option<&'a Division>,
}

impl<'a> Audit<'a> {
    /// Whether a node of the commit graph is asked for.
    pub(super) fn is_selected(&self, node: usize) -> bool {
        self.selected.as_ref().is_none_or(|selected| selected.get(node).is_some_and(|selected| *selected))
    }

    /// Says in the report how many commits, tags and references were looked at; of parts, only one counts references.
    pub(super) fn count(&self, commits: usize, tags: usize) {
        let refs = if self.division.is_none_or(Division::is_first) { self.refs.list.len() } else { 0 };
        self.collector.count("refs", refs as u64);
        self.collector.count("commits", commits as u64);
        self.collector.count("tags", tags as u64);
    }

    /// A query that asks for nothing yet.
    pub(super) fn tree_query<'b>(&'b self, numbering: &'b Numbering) -> TreeQuery<'b> {
        let index = self.index;
        TreeQuery {
            index,
            only: None,
            targets: None,
            follow_names: None,
            names_with_keys: None,
            all_names: false,
            reports_missing: &|_| false,
            numbering,
        }
    }

    /// Reads all trees.
    pub(super) fn tree_pass(&self, query: &TreeQuery<'_>) -> TreePass {
        reachability::read_trees(query, self.unscanned, self.collector)
    }

    /// The trees that lead to objects with findings, submodules, Git LFS pointers and missing objects, and to every entry
    /// with one of `follow_names`.
    pub(super) fn pruned_trees(
        &self,
        read: &ContentPass,
        names_with_keys: &HashSet<Vec<u8>>,
        follow_names: Option<&HashSet<Vec<u8>>>,
    ) -> PrunedTrees<'a> {
        let mut targets = vec![false; self.index.len() as usize];
        read.hits.iter().for_each(|hit| targets[hit.number as usize] = true);
        self.named_pointers(read).iter().for_each(|(number, _)| targets[*number as usize] = true);
        let target = |number: u32| targets[number as usize];
        let names_with_keys = Some(names_with_keys).filter(|names| !names.is_empty());
        let query = self.tree_query(&self.numbering);
        let query = TreeQuery { targets: Some(&target), follow_names, names_with_keys, ..query };
        PrunedTrees::new(self.index, self.tree_pass(&query).edges)
    }
}
