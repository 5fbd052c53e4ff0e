//! The cache-tree: an extension of the index with the tree id of every directory that has not changed since the index was
//! written.

use std::cmp::Ordering;
use std::ops::Range;

use bstr::ByteSlice as _;

use super::Id;
use super::id::Hash;
use crate::core::narrow::narrow;

/// One directory of the cache-tree.
#[derive(Clone, Debug)]
pub struct CachedTree {
    name: Range<u32>,
    /// The number of index entries below it, and its tree; `None` if something below it has changed.
    pub valid: Option<(u32, Id)>,
    /// Its subdirectories, as a range of `Index::children`.
    pub(super) children: Range<u32>,
}

/// The parsed cache-tree.
#[derive(Default)]
pub(super) struct CachedTrees {
    pub(super) trees: Vec<CachedTree>,
    pub(super) children: Vec<u32>,
}

impl CachedTrees {
    /// Parses the extension, in which a directory comes before its subdirectories.
    pub(super) fn decode(data: &[u8], body: Range<usize>, hash: Hash) -> Option<Self> {
        let mut read = Self::default();
        let mut at = body.start;
        // The parent of each tree; and for the trees on the path to the next one, the number of subdirectories still
        // to come.
        let mut parents: Vec<u32> = Vec::new();
        let mut open: Vec<(u32, u32)> = Vec::new();
        loop {
            let (tree, below, next) = cached_tree(data, at..body.end, hash)?;
            at = next;
            let place = u32::try_from(read.trees.len()).ok()?;
            parents.push(open.last().map_or(place, |&(parent, _)| parent));
            read.trees.push(tree);
            open.push((place, below));
            while open.last().is_some_and(|&(_, left)| left == 0) {
                open.pop();
            }
            match open.last_mut() {
                Some((_, left)) => *left -= 1,
                None => break,
            }
        }
        read.sort_children(data, &parents);
        Some(read)
    }

    fn sort_children(&mut self, data: &[u8], parents: &[u32]) {
        let mut children: Vec<u32> = (1..narrow(parents.len())).collect();
        let name = |place: u32| tree_name(data, &self.trees[place as usize]);
        children
            .sort_by(|&a, &b| parents[a as usize].cmp(&parents[b as usize]).then_with(|| by_length(name(a), name(b))));
        let mut start = 0;
        for same in children.chunk_by(|&a, &b| parents[a as usize] == parents[b as usize]) {
            let end = start + narrow(same.len());
            self.trees[parents[same[0] as usize] as usize].children = start..end;
            start = end;
        }
        self.children = children;
    }
}

/// Parses one directory; also returns the number of its subdirectories, and the offset after it.
fn cached_tree(data: &[u8], body: Range<usize>, hash: Hash) -> Option<(CachedTree, u32, usize)> {
    let rest = data.get(body.clone())?;
    let name_len = rest.find_byte(0)?;
    let (line, after) = rest[name_len + 1..].split_once_str("\n")?;
    let (entries, below) = line.split_once_str(" ")?;
    let name = narrow(body.start)..narrow(body.start + name_len);
    let entries: i64 = entries.to_str().ok()?.parse().ok()?;
    let below: u32 = below.to_str().ok()?.parse().ok()?;
    let valid = match u32::try_from(entries) {
        Ok(entries) => Some((entries, Id::from_bytes(after.get(..hash.width())?)?)),
        Err(_) => None,
    };
    let next = body.end - after.len() + if valid.is_some() { hash.width() } else { 0 };
    Some((CachedTree { name, valid, children: 0..0 }, below, next))
}

pub(super) fn tree_name<'a>(data: &'a [u8], tree: &CachedTree) -> &'a [u8] {
    &data[tree.name.start as usize..tree.name.end as usize]
}

/// The order in which git writes the subdirectories: by length, then by name.
pub(super) fn by_length(a: &[u8], b: &[u8]) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}
