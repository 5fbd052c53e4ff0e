//! The split index: a large shared file, and a small file that lists which of its entries are deleted, replaced or
//! added.

use super::{Index, IndexEntry};
use crate::core::narrow::narrow;
use crate::core::order::ListOrder as _;
use crate::git::Id;
use crate::git::id::Hash;
use crate::git::inflate::Corrupt;
use crate::git::numbers::be32;
use crate::git::tree::EntryKind;

/// Which entries of the shared file are deleted or replaced.
#[derive(Debug)]
pub(crate) struct Link {
    deleted: Vec<bool>,
    replaced: Vec<bool>,
}

const BROKEN: Corrupt = "its link to the shared index is broken";

/// The id in the name of the shared file, from the `link` extension; `None` if it is zero.
pub(crate) fn base(body: &[u8], hash: Hash) -> Result<Option<Id>, Corrupt> {
    let id = body.get(..hash.width()).and_then(Id::from_bytes).ok_or(BROKEN)?;
    Ok(Some(id).filter(|id| !id.is_null()))
}

impl Link {
    /// Parses the `link` extension, for a shared file with this many entries.
    pub(crate) fn parse(body: &[u8], hash: Hash, entries: usize) -> Result<Self, Corrupt> {
        let rest = body.get(hash.width()..).ok_or(BROKEN)?;
        if rest.is_empty() {
            return Ok(Self { deleted: Vec::new(), replaced: Vec::new() });
        }
        let (deleted, rest) = bitmap(rest, entries).ok_or(BROKEN)?;
        let (replaced, _) = bitmap(rest, entries).ok_or(BROKEN)?;
        Ok(Self { deleted, replaced })
    }
}

/// Parses an EWAH-compressed bitmap of at most `most` bits; also returns the rest.
fn bitmap(bytes: &[u8], most: usize) -> Option<(Vec<bool>, &[u8])> {
    let bits = be32(bytes.get(..4)?) as usize;
    let count = be32(bytes.get(4..8)?) as usize;
    let end = count.checked_mul(8)?.checked_add(8)?;
    let words = bytes.get(8..end)?;
    let rest = bytes.get(end + 4..)?;
    if bits > most {
        return None;
    }
    let mut words = words.chunks_exact(8).map(be64);
    let mut map = Vec::with_capacity(bits);
    while map.len() < bits {
        let marker = words.next()?;
        let run = ((marker >> 1 & 0xffff_ffff) as usize).checked_mul(64)?.min(bits - map.len());
        map.resize(map.len() + run, marker & 1 == 1);
        for _ in 0..marker >> 33 {
            let word = words.next()?;
            map.extend((0..64).map(|bit| word >> bit & 1 == 1).take(bits.saturating_sub(map.len())));
        }
    }
    Some((map, rest))
}

fn be64(word: &[u8]) -> u64 {
    word.iter().fold(0, |value, &byte| value << 8 | u64::from(byte))
}

/// Combines both files to one index.
pub(crate) fn join(base: Index, own: Index, link: &Link) -> Result<Index, Corrupt> {
    let mut texts = Vec::new();
    let mut joined: Vec<IndexEntry> = Vec::with_capacity(base.entries().len() + own.entries().len());
    let mut named = |name: &[u8], id: &[u8], entry: &IndexEntry| -> Result<IndexEntry, Corrupt> {
        let start = narrow(texts.len());
        texts.extend_from_slice(name);
        texts.extend_from_slice(id);
        u32::try_from(texts.len()).map_err(|_| "its names exceed 4 GiB")?;
        let end = start + narrow(name.len());
        Ok(IndexEntry { name: start..end, id: end, ..entry.clone() })
    };
    let bit = |map: &[bool], at: usize| map.get(at).copied().unwrap_or(false);
    // Replacing entries have empty names and come first.
    let (replacing, added): (Vec<&IndexEntry>, Vec<&IndexEntry>) =
        own.entries().iter().partition(|entry| own.path(entry).is_empty());
    let mut replacing = replacing.into_iter();
    for (at, entry) in base.entries().iter().enumerate() {
        let (of, entry_now) = if bit(&link.replaced, at) {
            (&own, replacing.next().ok_or("its link names more replaced entries than it has")?)
        } else {
            (&base, entry)
        };
        if !bit(&link.deleted, at) {
            joined.push(named(base.path(entry), of.id_bytes(entry_now), entry_now)?);
        }
    }
    for entry in added {
        joined.push(named(own.path(entry), own.id_bytes(entry), entry)?);
    }
    let name = |entry: &IndexEntry| &texts[entry.name.start as usize..entry.name.end as usize];
    joined.order_by(|a, b| (name(a), a.stage).cmp(&(name(b), b.stage)));
    let is_sparse = joined.iter().any(|entry| entry.kind == EntryKind::Tree);
    Ok(Index { texts, entries: joined, owns_texts: true, is_sparse, ..own })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bitmap_is_runs_and_literal_words() {
        let mut bytes = 70u32.to_be_bytes().to_vec();
        bytes.extend(2u32.to_be_bytes());
        // A run of one word of ones, then one literal word.
        bytes.extend((1u64 | 1 << 1 | 1 << 33).to_be_bytes());
        bytes.extend(0b10u64.to_be_bytes());
        bytes.extend(0u32.to_be_bytes());
        bytes.push(9);
        let (map, rest) = bitmap(&bytes, 70).unwrap();
        assert_eq!((map.len(), rest), (70, &[9][..]));
        assert!(map[..64].iter().all(|&bit| bit));
        assert_eq!(map[64..], [false, true, false, false, false, false]);
        assert!(bitmap(&bytes[..20], 70).is_none());
        assert!(bitmap(&bytes, 69).is_none());
    }
}
