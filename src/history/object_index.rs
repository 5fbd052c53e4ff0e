//! All objects of a repository, numbered: first those of each pack, in the order of their ids, then the loose ones.
//!
//! An object may have several copies: in several packs, or packed and loose. Each copy has a number; wherever an object
//! is meant, the number is that of its first copy.

use std::sync::Arc;

use super::pack_walk::WalkedPack;
use crate::core::error::Error;
use crate::core::narrow::narrow;
use crate::git::id::{Hash, leading};
use crate::git::inflate::Corrupt;
use crate::git::pack::{DeltaChains, Pack};
use crate::git::{Id, Kind, Objects, loose};

/// The ids and kinds of all objects, and the delta chains of all packs.
pub(super) struct ObjectIndex<'a> {
    pub(super) store: &'a Objects,
    packs: Vec<Arc<Pack>>,
    chains: Vec<DeltaChains>,
    /// The number of each pack's first object, and that of the first loose one.
    firsts: Vec<u32>,
    /// Loose objects, each with the place of its object directory.
    loose: Vec<(Id, usize)>,
    /// By number; `None` for objects on a broken delta chain, and for loose objects until they are read.
    kinds: Vec<Option<Kind>>,
    table: IdTable,
    /// By number, whether it is one of several copies; empty if there are none.
    copies: Vec<bool>,
}

impl<'a> ObjectIndex<'a> {
    /// Lists all objects. The errors are those of packs and directories that cannot be read.
    pub(super) fn of(store: &'a Objects) -> (Self, Vec<Error>) {
        let (packs, mut errors) = store.open_packs();
        let mut loose = Vec::new();
        for (at, directory) in store.directories().iter().enumerate() {
            loose.extend(loose::list(directory, store.hash(), &mut errors).into_iter().map(|id| (id, at)));
        }
        loose.sort_unstable();
        let mut firsts = vec![0];
        for pack in &packs {
            firsts.push(firsts[firsts.len() - 1] + pack.index.count());
        }
        let count = firsts[firsts.len() - 1] as usize + loose.len();
        let mut index = Self {
            store,
            kinds: vec![None; count],
            table: IdTable::with_capacity(count),
            copies: Vec::new(),
            chains: packs.iter().map(|pack| DeltaChains::of(pack)).collect(),
            packs,
            firsts,
            loose,
        };
        for (chains, &first) in index.chains.iter().zip(&index.firsts) {
            for entry in 0..narrow(chains.len()) {
                index.kinds[(first + chains.position(entry)) as usize] = chains.kind(entry);
            }
        }
        let mut table = std::mem::take(&mut index.table);
        for number in 0..index.len() {
            if let Some(first) = table.insert(number, |number| index.raw_id(number)) {
                index.copies.resize(count, false);
                index.copies[first as usize] = true;
                index.copies[number as usize] = true;
            }
        }
        index.table = table;
        (index, errors)
    }

    pub(super) fn len(&self) -> u32 {
        narrow(self.kinds.len())
    }

    pub(super) fn hash(&self) -> Hash {
        self.store.hash()
    }

    pub(super) fn packs(&self) -> &[Arc<Pack>] {
        &self.packs
    }

    /// The place of the pack that holds an object, and the object's position in its index; for loose objects the number of
    /// packs, and the position among loose objects.
    #[inline]
    fn place(&self, number: u32) -> (usize, u32) {
        let pack = self.firsts.partition_point(|&first| first <= number) - 1;
        (pack, number - self.firsts[pack])
    }

    /// The place of the pack that holds an object.
    pub(super) fn pack_of(&self, number: u32) -> Option<usize> {
        Some(self.place(number).0).filter(|&pack| pack < self.packs.len())
    }

    #[inline]
    fn raw_id(&self, number: u32) -> &[u8] {
        let (pack, position) = self.place(number);
        match self.packs.get(pack) {
            Some(pack) => pack.index.raw_id(position),
            None => self.loose[position as usize].0.as_bytes(),
        }
    }

    pub(super) fn id(&self, number: u32) -> Id {
        Id::from_bytes(self.raw_id(number)).expect("an id is as wide as its hash")
    }

    /// The numbers of all loose objects.
    pub(super) fn loose(&self) -> std::ops::Range<u32> {
        self.firsts[self.packs.len()]..self.len()
    }

    /// The number of an object's first copy.
    #[inline]
    pub(super) fn find(&self, id: &Id) -> Option<u32> {
        self.table.find(id.as_bytes(), |number| self.raw_id(number))
    }

    /// Whether an object has more than one copy.
    pub(super) fn has_copies(&self, number: u32) -> bool {
        self.copies.get(number as usize).is_some_and(|copies| *copies)
    }

    /// The number of an object's first copy, by that of any.
    pub(super) fn first_copy(&self, number: u32) -> u32 {
        if self.has_copies(number) { self.find(&self.id(number)).unwrap_or(number) } else { number }
    }

    /// Whether this is the object's first copy.
    pub(super) fn is_first_copy(&self, number: u32) -> bool {
        !self.has_copies(number) || self.find(&self.id(number)) == Some(number)
    }

    pub(super) fn kind(&self, number: u32) -> Option<Kind> {
        self.kinds[number as usize]
    }

    /// Whether this is the number of a tree. It may be one that stands for no object.
    pub(super) fn is_tree(&self, number: u32) -> bool {
        self.kinds.get(number as usize).is_some_and(|kind| *kind == Some(Kind::Tree))
    }

    /// Reads this very copy; `None` if it is loose and is no longer there.
    pub(super) fn read(&self, number: u32) -> Result<Option<(Kind, Vec<u8>)>, Corrupt> {
        let (at, position) = self.place(number);
        match self.packs.get(at) {
            Some(pack) => self.store.decode(pack, pack.index.offset(position)).map(Some),
            None => {
                let (id, directory) = &self.loose[position as usize];
                loose::read(&self.store.directories()[*directory], id)
            }
        }
    }

    /// Sets the kind of a loose object that was read.
    pub(super) fn set_kind(&mut self, number: u32, kind: Kind) {
        self.kinds[number as usize] = Some(kind);
    }

    /// The packs for a walk.
    pub(super) fn members(&self) -> Vec<WalkedPack<'_>> {
        let packs = self.packs.iter().zip(&self.chains).zip(&self.firsts);
        packs.map(|((pack, chains), &first)| WalkedPack { pack, chains, first }).collect()
    }

    /// Packed objects whose delta chain has no beginning.
    pub(super) fn broken(&self) -> impl Iterator<Item = (u32, Corrupt)> {
        let packs = self.chains.iter().zip(&self.firsts);
        packs.flat_map(|(chains, &first)| {
            chains.broken.iter().map(move |&(entry, why)| (first + chains.position(entry), why))
        })
    }
}

/// A hash table from ids to object numbers.
///
/// Ids are hashes already: their leading bits are the slot, so that filling the table in the order of the ids writes
/// memory in order. A slot holds 32 more bits of the id, so that most ids that differ are told apart without a look at
/// the id itself; those that agree are compared whole.
#[derive(Default)]
struct IdTable {
    slots: Vec<(u32, u32)>,
    shift: u32,
}

const EMPTY: u32 = u32::MAX;

impl IdTable {
    fn with_capacity(count: usize) -> Self {
        let bits = (count.max(8) * 3 / 2).next_power_of_two().trailing_zeros();
        Self { slots: vec![(0, EMPTY); 1 << bits], shift: 64 - bits }
    }

    /// Adds an object, or says which one has this id already.
    fn insert<'i>(&mut self, number: u32, id: impl Fn(u32) -> &'i [u8]) -> Option<u32> {
        let raw = id(number);
        let (found, slot) = self.search(raw, id);
        if found.is_none() {
            self.slots[slot] = (low(leading(raw)), number);
        }
        found
    }

    #[inline]
    fn find<'i>(&self, raw: &[u8], id: impl Fn(u32) -> &'i [u8]) -> Option<u32> {
        self.search(raw, id).0
    }

    /// The object with this id, or the slot for it.
    #[inline]
    fn search<'i>(&self, raw: &[u8], id: impl Fn(u32) -> &'i [u8]) -> (Option<u32>, usize) {
        let bits = leading(raw);
        let mut slot = usize::try_from(bits >> self.shift).unwrap_or(0);
        loop {
            let (more, number) = self.slots[slot];
            if number == EMPTY {
                return (None, slot);
            }
            if more == low(bits) && id(number) == raw {
                return (Some(number), slot);
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
    }
}

/// The lower half.
#[inline]
fn low(bits: u64) -> u32 {
    (bits & 0xffff_ffff) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_differ_in_one_bit_are_two() {
        let mut ids: Vec<[u8; 20]> = vec![[7; 20]];
        for bit in 0..160 {
            let mut id = [7; 20];
            id[bit / 8] ^= 1 << (bit % 8);
            ids.push(id);
        }
        let id = |number: u32| &ids[number as usize][..];
        let mut table = IdTable::with_capacity(ids.len());
        for number in 0..ids.len() as u32 {
            assert_eq!(table.insert(number, id), None);
        }
        for number in 0..ids.len() as u32 {
            assert_eq!(table.find(id(number), id), Some(number));
            assert_eq!(table.insert(number, id), Some(number));
        }
        assert_eq!(table.find(&[8; 20], id), None);
    }
}
