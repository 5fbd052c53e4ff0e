//! Pack files, memory-mapped and read entry by entry.
//!
//! An entry has its object whole, or as a [`Delta`] to another entry. This module does not resolve deltas:
//! [`objects`](super::objects) decodes single objects, and [`DeltaChains`] all objects of a pack.

pub(crate) mod delta;
mod delta_chains;
mod index;
pub(crate) mod multi_index;

use std::path::Path;

use rayon::prelude::*;
use sha2::{Digest as _, Sha256};

use super::id::{Hash, Id, Kind};
use super::inflate::{self, Corrupt};
use super::map::{Mapping, map};
use crate::core::error::{Error, Result};
use crate::core::regular_file;
pub(crate) use delta::Delta;
pub(crate) use delta_chains::DeltaChains;
pub(crate) use index::PackIndex;

/// The result size of a delta, in bytes, up to which memory is allocated without checking the instructions first.
const UNCHECKED: usize = 4 << 20;

/// A pack and its index.
#[derive(Debug)]
pub(crate) struct Pack {
    pub(crate) index: PackIndex,
    data: Mapping,
    hash: Hash,
}

/// An entry's header.
#[derive(Clone, Copy)]
pub(crate) struct PackEntry {
    pub(crate) form: Form,
    offset: u64,
    /// The decompressed size, of the object or of the delta.
    size: u64,
    /// The offset of the compressed data.
    data: usize,
}

/// How an entry stores its object.
#[derive(Clone, Copy)]
pub(crate) enum Form {
    /// As a whole object.
    Whole(Kind),
    /// As a delta to the entry at this offset.
    DeltaToOffset(u64),
    /// As a delta to the object with this id.
    DeltaToId(Id),
}

impl PackEntry {
    /// The size of the object or of the delta, according to the header.
    pub(crate) fn stated_size(&self) -> u64 {
        self.size
    }
}

impl Pack {
    /// Maps and checks a `.pack` file.
    pub(crate) fn open(path: &Path, index: PackIndex, hash: Hash) -> Result<Self> {
        let bad = |why: &str| Error::new("read pack", path.display(), why).hint("run `git fsck` there");
        let data = map(path).map_err(|why| bad(&regular_file::system_text(&why)))?;
        Self::of(data, index, hash).map_err(bad)
    }

    /// A pack from the bytes of its file.
    pub(crate) fn of(data: Mapping, index: PackIndex, hash: Hash) -> std::result::Result<Self, Corrupt> {
        if data.len() < 12 + hash.width() || !data.starts_with(b"PACK") {
            return Err("it is not a pack");
        }
        if !matches!(data[4..8], [0, 0, 0, 2 | 3]) {
            return Err("its version is not known");
        }
        Ok(Self { index, data, hash })
    }

    /// Whether the pack or its index was truncated while it was read.
    pub(crate) fn is_cut_short(&self) -> bool {
        self.data.is_cut_short() || self.index.is_cut_short()
    }

    /// The entries, without the pack's checksum after them.
    #[inline]
    fn entries(&self) -> &[u8] {
        &self.data[..self.data.len() - self.hash.width()]
    }

    /// The pack's checksum, which is the hash of everything before it.
    pub(crate) fn checksum(&self) -> &[u8] {
        &self.data[self.data.len() - self.hash.width()..]
    }

    /// Parses the header of the entry at an offset.
    #[inline]
    pub(crate) fn entry(&self, offset: u64) -> std::result::Result<PackEntry, Corrupt> {
        const BROKEN: Corrupt = "its pack entry has a broken header";
        let mut at = usize::try_from(offset).map_err(|_| BROKEN)?;
        let data = self.entries();
        let mut next = || {
            let byte = data.get(at).copied();
            at += 1;
            byte.ok_or(BROKEN)
        };
        let first = next()?;
        let mut size = u64::from(first & 15);
        let mut byte = first;
        let mut shift = 4;
        while byte & 0x80 != 0 {
            byte = next()?;
            size |= u64::from(byte & 0x7f).checked_shl(shift).ok_or(BROKEN)?;
            shift += 7;
        }
        let form = match first >> 4 & 7 {
            6 => {
                let mut byte = next()?;
                let mut back = u64::from(byte & 0x7f);
                while byte & 0x80 != 0 {
                    byte = next()?;
                    back = back.checked_add(1).filter(|back| back >> 57 == 0).ok_or(BROKEN)? << 7;
                    back |= u64::from(byte & 0x7f);
                }
                Form::DeltaToOffset(offset.checked_sub(back).filter(|_| back > 0).ok_or(BROKEN)?)
            }
            7 => {
                let end = at + self.hash.width();
                let id = data.get(at..end).and_then(Id::from_bytes).ok_or(BROKEN)?;
                at = end;
                Form::DeltaToId(id)
            }
            number => Form::Whole(Kind::from_number(number).ok_or("its pack entry is of no known kind")?),
        };
        Ok(PackEntry { form, offset, size, data: at })
    }

    /// The decompressed size of an entry. It is an error if the size is not plausible.
    #[inline]
    pub(crate) fn size(&self, entry: &PackEntry) -> std::result::Result<usize, Corrupt> {
        let size = inflate::plausible(entry.size, self.stream(entry).len())?;
        inflate::proportionate(size, 0, || self.stored(entry))?;
        Ok(size)
    }

    /// The size of a delta's result. It is an error if the size is not plausible.
    #[inline]
    pub(crate) fn delta_size(
        &self,
        entry: &PackEntry,
        delta: &Delta<'_>,
        base: usize,
    ) -> std::result::Result<usize, Corrupt> {
        let size = inflate::plausible(delta.size as u64, usize::MAX)?;
        if size > base.max(UNCHECKED) {
            delta.check_size()?;
        }
        inflate::proportionate(size, base, || self.stored(entry))?;
        Ok(size)
    }

    /// Decompresses an entry into a buffer of [`size`](Self::size) bytes.
    #[inline]
    pub(crate) fn inflate(&self, entry: &PackEntry, out: &mut [u8]) -> std::result::Result<(), Corrupt> {
        inflate::into(self.stream(entry), out)
    }

    /// The compressed data of an entry and everything after it: its end is only known after decompression.
    #[inline]
    fn stream(&self, entry: &PackEntry) -> &[u8] {
        self.entries().get(entry.data..).unwrap_or_default()
    }

    /// The number of bytes from this entry to the next. Takes time in proportion to the number of entries; used only
    /// for very large ones.
    fn stored(&self, entry: &PackEntry) -> u64 {
        let after = (0..self.index.count()).map(|at| self.index.offset(at)).filter(|&at| at > entry.offset).min();
        let end = self.entries().len() as u64;
        after.map_or(end, |after| after.min(end)).saturating_sub(entry.offset)
    }

    /// A hash of the content of the pack and its index.
    pub(crate) fn digest(&self) -> [u8; 32] {
        const PART: usize = 4 << 20;
        let digest = |bytes: &[u8]| -> Vec<u8> {
            let parts: Vec<_> = bytes.par_chunks(PART).map(Sha256::digest).collect();
            parts.concat()
        };
        Sha256::new()
            .chain_update((self.data.len() as u64).to_le_bytes())
            .chain_update(digest(&self.data))
            .chain_update(digest(self.index.bytes()))
            .finalize()
            .into()
    }
}
