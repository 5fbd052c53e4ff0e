//! One part of the objects, and yet whole stories.
//!
//! A shard scans its part of the blobs. What it says of a secret at a path must not depend on which shards the path's
//! other versions went to; so for every path at which it found something, it scans all versions there ever were. What
//! two shards find there they tell alike, and whoever joins their reports drops one.

use std::collections::HashSet;

use bstr::{BString, ByteSlice};

use super::audit::Audit;
use super::commit_graph::Graph;
use super::content_pass::{Hit, Read};
use super::tree_pass::{Aim, Table};
use super::tree_paths::{Paths, Ways};
use crate::git::Kind;
use crate::source::content::Scan;

/// The paths that a shard tells of.
pub(super) struct Own {
    pub(super) paths: HashSet<BString>,
    /// Their last names.
    pub(super) names: HashSet<Vec<u8>>,
}

/// Scans the other versions at all paths with findings, and adds what is found to `read`.
pub(super) fn complete(audit: &Audit<'_>, graph: &Graph, ways: &mut Ways<'_>, table: &Table, read: &mut Read) -> Own {
    let mut own = Own { paths: HashSet::new(), names: HashSet::new() };
    let mut done: HashSet<u32> = read.hits.iter().map(|hit| hit.number).collect();
    for (path, _) in leaves(graph, ways, table) {
        own.names.insert(path.rsplit_once_str("/").map_or(&path[..], |(_, name)| name).to_vec());
        own.paths.insert(path);
    }
    if own.paths.is_empty() {
        return own;
    }
    let none = |_: u32| false;
    let census = audit.census(&Aim { targets: Some(&none), also: Some(&own.names), ..audit.aim(table) });
    let mut wider = Ways::new(audit.index, census.edges);
    let mut versions: Vec<(BString, u32)> = leaves(graph, &mut wider, table).into_iter().collect();
    versions.sort();
    for (path, leaf) in versions {
        if !own.paths.contains(&path) || leaf >= audit.index.len() || !done.insert(leaf) {
            continue;
        }
        match audit.index.store.find(audit.index.id(leaf)) {
            Ok(Some((Kind::Blob, bytes))) => {
                let keys = Scan::new(audit.policy, None).bytes(&bytes, None).keys;
                if !keys.is_empty() {
                    read.hits.push(Hit { number: leaf, kind: Kind::Blob, keys, bytes: Vec::new() });
                }
            }
            Ok(_) => {}
            Err(error) => audit.gap(error),
        }
    }
    read.hits.sort_by_key(|hit| hit.number);
    own
}

/// All that ever stood at a path.
fn leaves(graph: &Graph, ways: &mut Ways<'_>, table: &Table) -> HashSet<(BString, u32)> {
    let mut paths = Paths::new();
    let mut seen = HashSet::new();
    let roots: Vec<u32> = graph.nodes.iter().map(|node| node.tree.map_or(0, |tree| ways.prune(tree))).collect();
    for (at, node) in graph.nodes.iter().enumerate() {
        let parents: Vec<u32> = node.parents.iter().map(|&parent| roots[parent as usize]).collect();
        ways.fresh(roots[at], &parents, &mut paths, &mut |place, _| {
            seen.insert((place.path, place.leaf));
        });
    }
    let list = table.names.list();
    seen.into_iter().map(|(path, leaf)| (paths.spell(path, &list), leaf)).collect()
}
