//! Which objects a pack holds and where: the `.idx` file, versions 1 and 2.

use std::path::Path;

use memmap2::Mmap;

use super::super::map::map_file;
use super::super::oid::Oid;
use crate::core::error::{Error, Result};

const FANOUT: usize = 256 * 4;

/// A mapped `.idx` file. Positions count its ids, which are sorted.
pub(in super::super) struct Index {
    file: Mmap,
    count: u32,
    layout: Layout,
}

/// Where the parts of the file start.
enum Layout {
    /// Offset and id side by side.
    One,
    /// Ids, checksums, offsets, long offsets.
    Two { ids: usize, offsets: usize, long_offsets: usize },
}

impl Index {
    /// Maps and checks a file, so that nothing below reads outside it.
    pub(in super::super) fn open(path: &Path) -> Result<Self> {
        let file = map_file(path)?;
        Self::new(file).map_err(|why| {
            Error::new("read pack index", path.display(), why).hint("run `git index-pack` on its pack to rebuild it")
        })
    }

    fn new(file: Mmap) -> std::result::Result<Self, &'static str> {
        let two = file.starts_with(b"\xfftOc\0\0\0\x02");
        let fanout = if two { 8 } else { 0 };
        let table = file.get(fanout..fanout + FANOUT).ok_or("it is too short")?;
        let sums: Vec<u32> = table.chunks_exact(4).map(be32).collect();
        if !sums.is_sorted() {
            return Err("its fan-out table is not sorted");
        }
        let count = sums[255];
        let n = count as usize;
        let start = fanout + FANOUT;
        let (layout, least) = if two {
            let offsets = start + n * 24;
            let long_offsets = offsets + n * 4;
            (Layout::Two { ids: start, offsets, long_offsets }, long_offsets + 40)
        } else {
            (Layout::One, start + n * 24 + 40)
        };
        if file.len() < least {
            return Err("it is too short");
        }
        Ok(Self { file, count, layout })
    }

    /// How many objects the pack holds.
    pub(in super::super) fn count(&self) -> u32 {
        self.count
    }

    /// The id at a position below [`count`](Self::count).
    pub(in super::super) fn oid(&self, position: u32) -> Oid {
        let at = match self.layout {
            Layout::One => FANOUT + position as usize * 24 + 4,
            Layout::Two { ids, .. } => ids + position as usize * 20,
        };
        Oid::from_bytes(&self.file[at..]).expect("the file's length was checked when it was opened")
    }

    /// The offset of the entry at a position below [`count`](Self::count); past any pack if the file is corrupt.
    pub(in super::super) fn offset(&self, position: u32) -> u64 {
        let position = position as usize;
        match self.layout {
            Layout::One => be32(&self.file[FANOUT + position * 24..]).into(),
            Layout::Two { offsets, long_offsets, .. } => {
                let short = be32(&self.file[offsets + position * 4..]);
                if short & 0x8000_0000 == 0 {
                    return short.into();
                }
                let at = long_offsets + (short & 0x7fff_ffff) as usize * 8;
                let long = self.file.get(at..at + 8).and_then(|bytes| bytes.first_chunk());
                long.map_or(u64::MAX, |bytes| u64::from_be_bytes(*bytes))
            }
        }
    }

    /// The position of an id.
    pub(in super::super) fn find(&self, oid: &Oid) -> Option<u32> {
        let range = self.bucket(oid.as_bytes()[0]);
        let (mut low, mut high) = (range.start, range.end);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.oid(middle).cmp(oid) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// The positions of all ids that start with these hexadecimal digits (at least two).
    pub(in super::super) fn with_prefix(&self, digits: &str) -> Vec<Oid> {
        let Some(first) = digits.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) else {
            return Vec::new();
        };
        self.bucket(first)
            .map(|position| self.oid(position))
            .filter(|oid| oid.to_string().starts_with(digits))
            .collect()
    }

    /// The positions of the ids that start with this byte.
    fn bucket(&self, first: u8) -> std::ops::Range<u32> {
        let fanout = if matches!(self.layout, Layout::One) { 0 } else { 8 };
        let sum = |byte: usize| be32(&self.file[fanout + byte * 4..]);
        let low = if first == 0 { 0 } else { sum(usize::from(first) - 1) };
        low..sum(usize::from(first))
    }
}

fn be32(bytes: &[u8]) -> u32 {
    let mut four = [0; 4];
    four.copy_from_slice(&bytes[..4]);
    u32::from_be_bytes(four)
}
