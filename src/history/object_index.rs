//! Every object of a store, numbered: first the packs' in the order of their ids, then the loose ones.

use super::loose;
use super::oid::{Kind, Oid};
use super::pack::delta::Corrupt;
use super::pack::delta_chains::Forest;
use super::pack::inflate::Inflater;
use super::pack_walk::Member;
use super::store::Store;

/// What a full scan knows of all objects before it decodes any.
pub(super) struct Catalog<'a> {
    pub(super) store: &'a Store,
    forests: Vec<Forest>,
    /// The number of each pack's first object, and that of the first loose one.
    firsts: Vec<u32>,
    /// Loose objects and the directory that each is in.
    pub(super) loose: Vec<(Oid, usize)>,
    /// By number; `None` for what is broken, and for loose objects until they are read.
    kinds: Vec<Option<Kind>>,
    table: Table,
    /// Whether an object can be there twice.
    doubles: bool,
}

impl<'a> Catalog<'a> {
    pub(super) fn of(store: &'a Store) -> Self {
        let forests: Vec<Forest> = store.packs.iter().map(Forest::of).collect();
        let list = |(at, directory): (usize, _)| loose::list(directory).into_iter().map(move |oid| (oid, at));
        let paths = store.directories.iter().map(std::path::PathBuf::as_path);
        let mut loose: Vec<(Oid, usize)> = paths.enumerate().flat_map(list).collect();
        loose.sort_unstable();
        loose.dedup_by_key(|(oid, _)| *oid);
        let mut firsts = vec![0];
        for pack in &store.packs {
            firsts.push(firsts[firsts.len() - 1] + pack.index.count());
        }
        let packed = firsts[firsts.len() - 1];
        let mut catalog = Self {
            store,
            doubles: store.packs.len() > 1 || !loose.is_empty(),
            kinds: vec![None; packed as usize + loose.len()],
            table: Table::with_capacity(packed as usize + loose.len()),
            forests,
            firsts,
            loose,
        };
        for (forest, &first) in catalog.forests.iter().zip(&catalog.firsts) {
            for entry in 0..forest.len() as u32 {
                catalog.kinds[(first + forest.position(entry)) as usize] = forest.kind(entry);
            }
        }
        for number in 0..catalog.len() {
            let prefix = catalog.oid(number).prefix();
            catalog.table.insert(prefix, number);
        }
        catalog
    }

    pub(super) fn len(&self) -> u32 {
        self.kinds.len() as u32
    }

    pub(super) fn oid(&self, number: u32) -> Oid {
        let pack = self.firsts.partition_point(|&first| first <= number) - 1;
        match self.store.packs.get(pack) {
            Some(pack_) => pack_.index.oid(number - self.firsts[pack]),
            None => self.loose[(number - self.firsts[pack]) as usize].0,
        }
    }

    /// The number of the first loose object.
    pub(super) fn first_loose(&self) -> u32 {
        self.firsts[self.store.packs.len()]
    }

    /// The number of an object's first copy.
    #[inline]
    pub(super) fn find(&self, oid: &Oid) -> Option<u32> {
        self.table.find(oid.prefix())
    }

    /// Whether this is the copy that counts.
    pub(super) fn is_first_copy(&self, number: u32) -> bool {
        !self.doubles || self.find(&self.oid(number)) == Some(number)
    }

    pub(super) fn kind(&self, number: u32) -> Option<Kind> {
        self.kinds[number as usize]
    }

    /// Whether a number is that of a tree; those that stand for no object are not.
    pub(super) fn is_tree(&self, number: u32) -> bool {
        self.kinds.get(number as usize).is_some_and(|kind| *kind == Some(Kind::Tree))
    }

    /// Reads a loose object; `None` if it is gone.
    pub(super) fn read_loose(&self, inflater: &mut Inflater, number: u32) -> Result<Option<(Kind, Vec<u8>)>, Corrupt> {
        let (oid, directory) = self.loose[(number - self.first_loose()) as usize];
        loose::read(inflater, &self.store.directories[directory], &oid)
    }

    /// Of a loose object, once it was read.
    pub(super) fn set_kind(&mut self, number: u32, kind: Kind) {
        self.kinds[number as usize] = Some(kind);
    }

    /// The packs for a walk.
    pub(super) fn members(&self) -> Vec<Member<'_>> {
        let packs = self.store.packs.iter().zip(&self.forests).zip(&self.firsts);
        packs.map(|((pack, forest), &first)| Member { pack, forest, first }).collect()
    }

    /// Packed objects whose chain is broken before anything is inflated.
    pub(super) fn broken(&self) -> impl Iterator<Item = (u32, &'static str)> {
        let packs = self.forests.iter().zip(&self.firsts);
        packs.flat_map(|(forest, &first)| {
            forest.broken.iter().map(move |&(entry, why)| (first + forest.position(entry), why))
        })
    }
}

/// Object numbers by the first eight bytes of their ids.
///
/// Ids are hashes already: their leading bits are the slot, so that filling the table in the order of the ids writes
/// memory in order. Eight bytes tell objects apart: two that share them would take 2^64 tries to make, and could
/// but hide that one of them is missing.
struct Table {
    slots: Vec<(u64, u32)>,
    shift: u32,
}

const EMPTY: u32 = u32::MAX;

impl Table {
    fn with_capacity(count: usize) -> Self {
        let bits = (count.max(8) * 3 / 2).next_power_of_two().trailing_zeros();
        Self { slots: vec![(0, EMPTY); 1 << bits], shift: 64 - bits }
    }

    fn insert(&mut self, prefix: u64, number: u32) {
        let mut slot = (prefix >> self.shift) as usize;
        while self.slots[slot].1 != EMPTY {
            if self.slots[slot].0 == prefix {
                return;
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
        self.slots[slot] = (prefix, number);
    }

    #[inline]
    fn find(&self, prefix: u64) -> Option<u32> {
        let mut slot = (prefix >> self.shift) as usize;
        loop {
            let (found, number) = self.slots[slot];
            if number == EMPTY {
                return None;
            }
            if found == prefix {
                return Some(number);
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
    }
}
