//! A cache of decoded objects that are delta bases: objects that are read one after another often share their bases.
//!
//! The cache has a size limit, and entries are evicted at random. Of a long delta chain only every n-th object is
//! kept, so that the kept ones are spread over the whole chain. Then in any order of reading, each object needs only
//! a few steps.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::id::Kind;
use super::inflate::Corrupt;
use super::pack::Pack;

/// The maximum size of the cache in bytes.
const KEPT: usize = 32 << 20;
/// About how many bytes an object takes beside its content: a pack may have millions of empty ones.
const OVERHEAD: usize = 128;

/// The position of an entry: the address of its pack (fixed while the pack is open) and its offset in it.
type PackPosition = (usize, u64);

/// A decoded object to which others are deltas.
pub(super) type DecodedBase = (Kind, Arc<Vec<u8>>);

#[derive(Debug, Default)]
pub(super) struct DeltaBases {
    bytes: usize,
    list: Vec<(PackPosition, DecodedBase)>,
    /// The index in the list of each object.
    places: HashMap<PackPosition, usize>,
    /// Entries that cannot be decoded, so that all deltas to a broken one fail at once.
    broken: HashSet<PackPosition>,
    /// The packs of these entries, kept open so that their addresses stay valid.
    packs: HashMap<usize, Arc<Pack>>,
    /// The state of the random number generator.
    random: u64,
}

impl DeltaBases {
    /// Which of `count` objects in a delta chain, each of `size` bytes, to keep: every n-th, so that they take only a
    /// part of the cache.
    pub(super) fn stride(count: usize, size: usize) -> usize {
        let bytes = count.saturating_mul(size);
        if bytes <= KEPT / 8 { 1 } else { bytes.saturating_mul(8).div_ceil(KEPT) }
    }

    /// The object of an entry, if it is in the cache. It is an error if the entry is known to be broken.
    pub(super) fn get(&self, pack: &Arc<Pack>, offset: u64) -> Result<Option<DecodedBase>, Corrupt> {
        let position = (Arc::as_ptr(pack) as usize, offset);
        if self.broken.contains(&position) {
            return Err("its chain of deltas is broken");
        }
        Ok(self.places.get(&position).map(|&at| self.list[at].1.clone()))
    }

    /// Records that an entry cannot be decoded.
    pub(super) fn refuse(&mut self, pack: &Arc<Pack>, offset: u64) {
        let position = self.position(pack, offset);
        self.broken.insert(position);
    }

    /// Adds an entry's object to the cache, unless it is too large.
    pub(super) fn keep(&mut self, pack: &Arc<Pack>, offset: u64, kind: Kind, content: &Arc<Vec<u8>>) {
        let position = self.position(pack, offset);
        self.keep_at(position, kind, content);
    }

    fn keep_at(&mut self, position: PackPosition, kind: Kind, content: &Arc<Vec<u8>>) {
        if content.len() > KEPT / 4 || self.places.contains_key(&position) {
            return;
        }
        self.bytes += content.len() + OVERHEAD;
        while self.bytes > KEPT && !self.list.is_empty() {
            self.drop_one();
        }
        self.places.insert(position, self.list.len());
        self.list.push((position, (kind, content.clone())));
    }

    fn drop_one(&mut self) {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let at = usize::try_from(self.random >> 33).unwrap_or_default() % self.list.len();
        let (position, (_, content)) = self.list.swap_remove(at);
        self.places.remove(&position);
        self.bytes -= content.len() + OVERHEAD;
        if let Some((moved, _)) = self.list.get(at) {
            self.places.insert(*moved, at);
        }
    }

    fn position(&mut self, pack: &Arc<Pack>, offset: u64) -> PackPosition {
        let at = Arc::as_ptr(pack) as usize;
        self.packs.entry(at).or_insert_with(|| pack.clone());
        (at, offset)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::Arc;

    use super::{DeltaBases, KEPT};
    use crate::git::id::Kind;
    use crate::rule::template::Random;

    /// A chain of ten times what is kept, asked for in any order: as if deltas were undone, each step keeps its object.
    #[test]
    fn a_long_chain_costs_few_steps_an_object_in_any_order() {
        const LENGTH: u64 = 4000;
        let content = Arc::new(vec![0; 10 * KEPT / 4000]);
        let mut random = Random::new(1);
        let forwards: Vec<u64> = (0..LENGTH).collect();
        let backwards: Vec<u64> = (0..LENGTH).rev().collect();
        let mut shuffled = forwards.clone();
        (1..shuffled.len()).rev().for_each(|at| shuffled.swap(at, random.below(at + 1)));
        for (order, list) in [("forwards", forwards), ("backwards", backwards), ("shuffled", shuffled)] {
            let mut bases = DeltaBases::default();
            let mut steps = 0;
            for &wanted in &list {
                let mut at = wanted;
                while at > 0 && !bases.places.contains_key(&(0, at)) {
                    at -= 1;
                }
                steps += wanted - at;
                let length = usize::try_from(wanted - at).unwrap();
                let stride = DeltaBases::stride(length, content.len());
                (1..length).filter(|back| back % stride == 0).rev().for_each(|back| {
                    bases.keep_at((0, wanted - back as u64), Kind::Blob, &content);
                });
                assert!(bases.bytes <= KEPT);
            }
            let distinct: HashSet<_> = bases.list.iter().map(|(position, _)| position).collect();
            assert_eq!(distinct.len(), bases.list.len());
            assert!(steps < 100 * LENGTH, "{order}: {steps} steps");
        }
    }
}
