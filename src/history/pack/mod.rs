//! Pack files: mapped, and read entry by entry.

pub(super) mod delta;
pub(super) mod delta_chains;
mod index;
pub(super) mod inflate;

use std::path::Path;

use memmap2::Mmap;

use super::map::map_file;
use super::oid::{Kind, Oid};
use crate::core::error::{Error, Result};
use delta::Corrupt;
pub(super) use index::Index;

/// A pack and its index.
pub(super) struct Pack {
    data: Mmap,
    pub(super) index: Index,
}

/// An entry's header.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub(super) form: Form,
    /// Of what is inflated: the object, or the delta.
    pub(super) size: u64,
    /// Where the compressed data starts.
    data: usize,
}

/// How an entry holds its object.
#[derive(Clone, Copy)]
pub(super) enum Form {
    /// Whole.
    Whole(Kind),
    /// As a delta to the entry at this offset.
    DeltaToOffset(u64),
    /// As a delta to the object with this id.
    DeltaToId(Oid),
}

impl Pack {
    /// Opens `pack-….pack` and the `.idx` beside it.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let index = Index::open(&path.with_extension("idx"))?;
        let data = map_file(path)?;
        let bad = |why| Err(Error::new("read pack", path.display(), why).hint("run `git fsck` there"));
        if data.len() < 32 || !data.starts_with(b"PACK") {
            return bad("it is not a pack");
        }
        if !matches!(data[4..8], [0, 0, 0, 2 | 3]) {
            return bad("its version is not known");
        }
        Ok(Self { data, index })
    }

    /// The header of the entry at an offset.
    #[inline]
    pub(super) fn entry(&self, offset: u64) -> std::result::Result<Entry, Corrupt> {
        const BROKEN: Corrupt = "its pack entry has a broken header";
        let mut at = usize::try_from(offset).map_err(|_| BROKEN)?;
        // The last twenty bytes are the pack's checksum.
        let data = &self.data[..self.data.len() - 20];
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
                let oid = data.get(at..).and_then(Oid::from_bytes).ok_or(BROKEN)?;
                at += 20;
                Form::DeltaToId(oid)
            }
            number => Form::Whole(Kind::from_number(number).ok_or("its pack entry is of no known kind")?),
        };
        Ok(Entry { form, size, data: at })
    }

    /// The compressed data of an entry; what follows it too, for nothing but inflating says where it ends.
    #[inline]
    pub(super) fn stream(&self, entry: &Entry) -> &[u8] {
        self.data.get(entry.data..self.data.len() - 20).unwrap_or_default()
    }
}
