//! Which objects a pack has, and at which offsets: from its `.idx` file (version 1 or 2) or from a multi-pack-index.

use std::ops::Range;
use std::path::Path;

use super::super::id::{Hash, Id};
use super::super::map::{Mapping, map};
use super::super::numbers::be32;
use crate::core::error::{Error, Result};
use crate::core::narrow::narrow;
use crate::core::regular_file;

const FANOUT: usize = 256 * 4;

/// The sorted ids of a pack's objects, and the offset of each entry. A position is an index into this list.
#[derive(Debug)]
pub(crate) struct PackIndex {
    bytes: Bytes,
    width: usize,
    /// For each byte value: how many ids start with at most this byte.
    fanout: Vec<u32>,
    /// The offset of the first id, and the distance from one id to the next.
    first_id: usize,
    stride: usize,
    offsets: Offsets,
}

#[derive(Debug)]
enum Bytes {
    File(Mapping),
    /// The ids without a file.
    Own(Vec<u8>),
}

/// The location of the offsets.
#[derive(Debug)]
enum Offsets {
    /// Version 1: each offset comes before its id.
    Before,
    /// Version 2: in one table, and in a second one for those that need more than 31 bits.
    Tables { short: usize, long: usize },
    /// A list in memory.
    Own(Vec<u64>),
}

impl PackIndex {
    /// Maps and checks an `.idx` file, so that no later access is outside of it.
    pub(crate) fn open(path: &Path, hash: Hash) -> Result<Self> {
        let failed = |why: &str| {
            Error::new("read pack index", path.display(), why).hint("run `git index-pack` on its pack to rebuild it")
        };
        let file = map(path).map_err(|why| failed(&regular_file::system_text(&why)))?;
        Self::of_file(file, hash).map_err(failed)
    }

    /// Whether the file was truncated while it was read.
    pub(crate) fn is_cut_short(&self) -> bool {
        matches!(&self.bytes, Bytes::File(file) if file.is_cut_short())
    }

    pub(crate) fn of_file(file: Mapping, hash: Hash) -> std::result::Result<Self, &'static str> {
        let width = hash.width();
        let has_version = file.starts_with(b"\xfftOc");
        if has_version && !file[4..].starts_with(b"\0\0\0\x02") {
            return Err("its version is not known");
        }
        let table = if has_version { 8 } else { 0 };
        let fanout: Vec<u32> =
            file.get(table..table + FANOUT).ok_or("it is too short")?.chunks_exact(4).map(be32).collect();
        if !fanout.is_sorted() {
            return Err("its fan-out table is not sorted");
        }
        let count = fanout[255] as usize;
        let start = table + FANOUT;
        // The file ends with two checksums.
        let (first_id, stride, offsets, least) = if has_version {
            let short = start + count * (width + 4);
            let long = short + count * 4;
            (start, width, Offsets::Tables { short, long }, long + 2 * width)
        } else {
            (start + 4, 4 + width, Offsets::Before, start + count * (4 + width) + 2 * width)
        };
        if file.len() < least {
            return Err("it is too short");
        }
        Ok(Self { bytes: Bytes::File(file), width, fanout, first_id, stride, offsets })
    }

    /// An index of sorted ids and their offsets.
    pub(crate) fn of_list(list: impl Iterator<Item = (Id, u64)>, hash: Hash) -> Self {
        let (mut ids, mut offsets, mut fanout) = (Vec::new(), Vec::new(), vec![0; 256]);
        for (id, offset) in list {
            ids.extend_from_slice(id.as_bytes());
            offsets.push(offset);
            fanout[usize::from(id.as_bytes()[0])] = narrow(offsets.len());
        }
        for first in 1..256 {
            fanout[first] = fanout[first].max(fanout[first - 1]);
        }
        let (width, offsets) = (hash.width(), Offsets::Own(offsets));
        Self { bytes: Bytes::Own(ids), width, fanout, first_id: 0, stride: width, offsets }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match &self.bytes {
            Bytes::File(file) => file,
            Bytes::Own(ids) => ids,
        }
    }

    /// How many objects the pack has.
    pub(crate) fn count(&self) -> u32 {
        self.fanout[255]
    }

    /// The raw id at a position, which must be below [`count`](Self::count).
    #[inline]
    pub(crate) fn raw_id(&self, position: u32) -> &[u8] {
        let at = self.first_id + position as usize * self.stride;
        &self.bytes()[at..at + self.width]
    }

    /// The id at a position, which must be below [`count`](Self::count).
    pub(crate) fn id(&self, position: u32) -> Id {
        Id::from_bytes(self.raw_id(position)).expect("an id is as wide as its hash")
    }

    /// The offset of the entry at a position, which must be below [`count`](Self::count). If the file is corrupt, it
    /// may be outside of the pack.
    pub(crate) fn offset(&self, position: u32) -> u64 {
        let position = position as usize;
        match &self.offsets {
            Offsets::Before => be32(&self.bytes()[FANOUT + position * self.stride..]).into(),
            Offsets::Tables { short, long } => {
                let short = be32(&self.bytes()[short + position * 4..]);
                if short & 0x8000_0000 == 0 {
                    return short.into();
                }
                let at = long + (short & 0x7fff_ffff) as usize * 8;
                let long = self.bytes().get(at..at + 8).and_then(|bytes| bytes.first_chunk());
                long.map_or(u64::MAX, |bytes| u64::from_be_bytes(*bytes))
            }
            Offsets::Own(offsets) => offsets[position],
        }
    }

    /// The position of an id.
    pub(crate) fn find(&self, id: &Id) -> Option<u32> {
        let Range { start: mut low, end: mut high } = self.starting_with(id.as_bytes()[0]);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.raw_id(middle).cmp(id.as_bytes()) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// All ids that start with these hexadecimal digits (at least two).
    pub(crate) fn with_prefix(&self, digits: &str) -> Vec<Id> {
        let first = digits.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let positions = first.map_or(0..0, |first| self.starting_with(first));
        positions.map(|position| self.id(position)).filter(|id| id.starts_with(digits)).collect()
    }

    /// The positions of the ids that start with this byte.
    fn starting_with(&self, first: u8) -> Range<u32> {
        let first = usize::from(first);
        let low = if first == 0 { 0 } else { self.fanout[first - 1] };
        low..self.fanout[first]
    }
}
