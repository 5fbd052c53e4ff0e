//! Which objects each part of a divided audit decodes and scans.
//!
//! All entries of all packs stand in one order: delta chains one after the other, as their roots stand in the packs, each
//! with what hangs on it, depth first. Blobs, trees, and commits with tags are cut into so many stretches of about the
//! same work each. A part decodes its own stretches, and of others only the bases that lead to their first entries.

use sha2::{Digest as _, Sha256};

use super::object_index::ObjectIndex;
use super::options::Shard;
use super::pack_walk::WalkedPack;
use crate::core::narrow::narrow;
use crate::git::{Kind, Objects, Refs, Repository, loose};

/// The objects of one part.
pub(super) struct Division {
    /// By number.
    mine: Vec<bool>,
    shard: Shard,
}

/// What an entry costs, in nanoseconds or so: to begin with it, to inflate a byte of it, to search a byte that is new,
/// and to copy a byte that is not.
const ENTRY: u64 = 1500;
const STORED: u64 = 12;
const NEW: u64 = 2;
const COPIED_A_NANOSECOND: u64 = 5;
/// A header may say what it likes.
const LARGEST: u64 = 1 << 30;

/// Kinds that are divided by themselves.
fn class(kind: Kind) -> usize {
    match kind {
        Kind::Blob => 0,
        Kind::Tree => 1,
        Kind::Commit | Kind::Tag => 2,
    }
}

impl Division {
    /// The objects of a part.
    pub(super) fn of(index: &ObjectIndex<'_>, shard: Shard) -> Self {
        // Loose objects, and those whose chain is broken, are divided by their ids.
        let mut mine: Vec<bool> = (0..index.len())
            .map(|number| index.kind(number).is_none() && shard.has(&index.id(index.first_copy(number))))
            .collect();
        let members = index.members();
        let mut total = [0_u64; 3];
        let mut entries = Vec::with_capacity(index.len() as usize);
        each(&members, &mut |number, class, cost| {
            total[class] = total[class].saturating_add(cost);
            entries.push((number, class, cost));
        });
        let mut before = [0_u64; 3];
        for (number, class, cost) in entries {
            // In 128 bits nothing overflows.
            let at = u128::from(before[class]) * u128::from(shard.count) / u128::from(total[class].max(1));
            mine[number as usize] = at == u128::from(shard.index - 1);
            before[class] = before[class].saturating_add(cost);
        }
        // All copies of an object are compared by whoever has the first.
        for number in (0..index.len()).filter(|&number| index.has_copies(number)) {
            mine[number as usize] = mine[index.first_copy(number) as usize];
        }
        Self { mine, shard }
    }

    /// Whether the part scans this object.
    pub(super) fn has(&self, number: u32) -> bool {
        self.mine.get(number as usize).is_some_and(|mine| *mine)
    }

    /// Whether this is the part that also looks at what is no object, such as the names of references.
    pub(super) fn is_first(&self) -> bool {
        self.shard.is_first()
    }
}

/// Calls `found` for each entry of known kind, in the order that is cut: its number, its class and what it costs.
fn each(members: &[WalkedPack<'_>], found: &mut impl FnMut(u32, usize, u64)) {
    for member in members {
        let chains = member.chains;
        let mut todo = Vec::new();
        for root in (0..narrow(chains.len())).filter(|&entry| chains.is_root(entry)) {
            let Some(kind) = chains.kind(root) else { continue };
            let size = member.pack.entry(chains.offset(root)).map_or(0, |entry| entry.stated_size()).min(LARGEST);
            todo.push(root);
            while let Some(entry) = todo.pop() {
                let stored = chains.packed_size(entry).min(LARGEST);
                let new = if entry == root { size.saturating_mul(NEW) } else { size / COPIED_A_NANOSECOND };
                let cost = ENTRY + stored.saturating_mul(STORED) + new;
                found(member.number(entry), class(kind), cost);
                todo.extend(chains.children(entry).rev().map(|at| chains.child(at)));
            }
        }
    }
}

/// A hash of what a repository holds and how it is packed: audits of it are divided alike where this is the same.
pub fn identity(repository: &Repository) -> [u8; 32] {
    let (store, refs) = (&Objects::open(repository), &Refs::read(repository));
    let mut hash = Sha256::new();
    let (packs, _) = store.open_packs();
    hash.update((packs.len() as u64).to_le_bytes());
    for pack in &packs {
        hash.update(pack.checksum());
        hash.update(u64::from(pack.index.count()).to_le_bytes());
    }
    let mut ids: Vec<_> = Vec::new();
    // What cannot be listed is an error of the audit.
    for directory in store.directories() {
        ids.extend(loose::list(directory, store.hash(), &mut Vec::new()));
    }
    ids.sort_unstable();
    hash.update((ids.len() as u64).to_le_bytes());
    ids.iter().for_each(|id| hash.update(id.as_bytes()));
    for (name, id) in &refs.list {
        hash.update((name.len() as u64).to_le_bytes());
        hash.update(&name[..]);
        hash.update(id.as_bytes());
    }
    refs.head.iter().chain(&refs.logged).for_each(|id| hash.update(id.as_bytes()));
    hash.finalize().into()
}
