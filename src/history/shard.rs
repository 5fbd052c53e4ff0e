//! What makes the findings of a shard, which scans only a part of all blobs, equal to those of a whole audit.
//!
//! A finding says in how many versions of a path its secret is, which commit introduced it and which had it last, and
//! the other versions may be in other shards. So for every path with a finding, a shard scans all versions that were ever
//! at that path. Two shards then report the same finding in the same words, and `report merge` drops one of them. An audit
//! of a few commits (`narrowed`) is completed in the same way.

use std::collections::HashSet;

use bstr::{BString, ByteSlice};

use super::audited::Audit;
use super::commit_graph::CommitGraph;
use super::content_pass::{ContentPass, ObjectHit};
use super::tree_pass::ENTRY_NAME;
use super::tree_paths::{PathTable, PrunedTrees};
use crate::core::order::ListOrder as _;
use crate::git::Kind;
use crate::source::content::ContentScan;

/// The paths at which a shard found something in its own part.
pub(super) struct ShardPaths {
    pub(super) paths: HashSet<BString>,
    /// Their file names.
    pub(super) names: HashSet<Vec<u8>>,
}

/// Scans all other versions at the paths with findings, and adds what is found to `read`. `trees` lead to all these versions
/// from then on.
pub(super) fn scan_other_versions<'a>(
    audit: &Audit<'a>,
    graph: &CommitGraph,
    trees: &mut PrunedTrees<'a>,
    read: &mut ContentPass,
    names_with_keys: &HashSet<Vec<u8>>,
) -> ShardPaths {
    let mut shard_paths = ShardPaths { paths: HashSet::new(), names: HashSet::new() };
    let mut done: HashSet<u32> = read.hits.iter().map(|hit| hit.number).collect();
    let has_key = |object: u32| object == ENTRY_NAME || done.contains(&object);
    for (path, _) in versions(audit, graph, trees, &has_key) {
        shard_paths.names.insert(path.rsplit_once_str("/").map_or(&path[..], |(_, name)| name).to_vec());
        shard_paths.paths.insert(path);
    }
    if shard_paths.paths.is_empty() {
        return shard_paths;
    }
    *trees = audit.pruned_trees(read, names_with_keys, Some(&shard_paths.names));
    let is_object = |object: u32| object < audit.index.len();
    let mut versions: Vec<(BString, u32)> = versions(audit, graph, trees, &is_object).into_iter().collect();
    versions.order();
    for (path, object) in versions {
        if !shard_paths.paths.contains(&path) || !done.insert(object) {
            continue;
        }
        match audit.index.store.find(audit.index.id(object)) {
            Ok(Some((Kind::Blob, bytes))) => {
                let keys = ContentScan::new(audit.policy, None).bytes(&bytes, None).keys;
                if !keys.is_empty() {
                    read.hits.push(ObjectHit { number: object, kind: Kind::Blob, keys, bytes: Vec::new() });
                }
            }
            Ok(_) => {}
            Err(error) => audit.unscanned.report_once(error),
        }
    }
    read.hits.order_by_key(|hit| hit.number);
    shard_paths
}

/// All pairs of a path and a wanted object that was there in a commit.
fn versions(
    audit: &Audit<'_>,
    graph: &CommitGraph,
    trees: &mut PrunedTrees<'_>,
    is_wanted: &dyn Fn(u32) -> bool,
) -> HashSet<(BString, u32)> {
    let mut paths = PathTable::new();
    let mut seen = HashSet::new();
    let roots: Vec<u32> = graph.nodes.iter().map(|node| node.tree.map_or(0, |tree| trees.prune(tree))).collect();
    for (at, node) in graph.nodes.iter().enumerate() {
        let parents: Vec<u32> = node.parents.iter().map(|&parent| roots[parent as usize]).collect();
        trees.added_leaves(roots[at], &parents, &mut paths, &mut |place, _| {
            if is_wanted(place.object) {
                seen.insert((place.path, place.object));
            }
        });
    }
    let list = audit.numbering.names.list();
    seen.into_iter().map(|(path, object)| (paths.path(path, &list), object)).collect()
}
