//! Reading an index file.
//!
//! The parser is our own: names are slices of the file, only what a comparison with trees needs is decoded, and
//! memory is bounded by the file's size, whatever the file claims. That bound is the reason for it; in a whole run of
//! `staged` a library's parser would be about as fast.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use bstr::ByteSlice;

use super::{Data, Index, IndexEntry, split};
use crate::core::error::{Error, Result};
use crate::core::narrow::narrow;
use crate::core::regular_file;
use crate::git::cache_tree::CachedTrees;
use crate::git::id::Hash;
use crate::git::inflate::Corrupt;
use crate::git::map::{CUT_SHORT, map_whole};
use crate::git::numbers::{be16, be32, varint};
use crate::git::tree::EntryKind;

impl Index {
    /// Reads an index file; an empty index if it does not exist.
    pub fn read(path: &Path, hash: Hash) -> Result<Self> {
        let data = match map_whole(path) {
            Ok(map) => Data::Mapped(Arc::new(map)),
            Err(error) if regular_file::is_absent(&error) => return Ok(Self::default()),
            Err(error) => return Err(Error::new("read the index", path.display(), regular_file::system_text(&error))),
        };
        let broken = |why| {
            Error::new("read the index", path.display(), why).hint("`git status` says whether git itself can read it")
        };
        let (mut index, link) = Self::decode(data, hash).map_err(broken)?;
        if let Some(link) = link
            && let Some(base_id) = split::base(&index.data[link.clone()], hash).map_err(broken)?
        {
            let base = path.with_file_name(format!("sharedindex.{base_id}"));
            let data = map_whole(&base)
                .map_err(|why| Error::new("read the shared index", base.display(), regular_file::system_text(&why)))?;
            let (base, _) = Self::decode(Data::Mapped(Arc::new(data)), hash).map_err(broken)?;
            let link = split::Link::parse(&index.data[link], hash, base.entries.len()).map_err(broken)?;
            if base.data.is_cut_short() {
                return Err(broken(CUT_SHORT));
            }
            index = split::join(base, index, &link).map_err(broken)?;
        }
        if index.data.is_cut_short() { Err(broken(CUT_SHORT)) } else { Ok(index) }
    }

    /// Parses an index. The range is the body of the `link` extension of a split index.
    pub(crate) fn decode(data: Data, hash: Hash) -> std::result::Result<(Self, Option<Range<usize>>), Corrupt> {
        if data.len() > u32::MAX as usize {
            return Err("it is larger than 4 GiB");
        }
        let header = data.get(..12).ok_or("it is too short")?;
        if !header.starts_with(b"DIRC") {
            return Err("it is not an index");
        }
        let version = be32(&header[4..]);
        if !(2..=4).contains(&version) {
            return Err("its version is not known");
        }
        let count = be32(&header[8..]) as usize;
        // The minimum size of an entry limits the count, so that a false count does not allocate memory.
        let mut entries = Vec::with_capacity(count.min(data.len() / (42 + hash.width())));
        let mut decoder = Entries { data: &data, at: 12, hash, version, texts: Vec::new(), previous: 0..0 };
        for _ in 0..count {
            entries.push(decoder.next().ok_or("it ends within an entry")?);
        }
        let (mut at, texts) = (decoder.at, decoder.texts);
        let mut trees = CachedTrees::default();
        let mut link = None;
        let mut is_sparse = false;
        let end = data.len().checked_sub(hash.width()).ok_or("it is too short")?;
        while at + 8 <= end {
            let size = be32(&data[at + 4..]) as usize;
            let body = at + 8..(at + 8).checked_add(size).filter(|&to| to <= end).ok_or("an extension is cut off")?;
            match &data[at..at + 4] {
                // It is only a cache; without it every tree is read.
                b"TREE" => trees = CachedTrees::decode(&data, body.clone(), hash).unwrap_or_default(),
                b"link" => link = Some(body.clone()),
                b"sdir" => is_sparse = true,
                name if name[0].is_ascii_uppercase() => {}
                _ => return Err("it needs an extension that is not known"),
            }
            at = body.end;
        }
        let CachedTrees { trees, children } = trees;
        Ok((Self { data, texts, entries, trees, children, owns_texts: version == 4, is_sparse, hash }, link))
    }
}

struct Entries<'a> {
    data: &'a [u8],
    at: usize,
    hash: Hash,
    version: u32,
    texts: Vec<u8>,
    previous: Range<usize>,
}

impl Entries<'_> {
    fn next(&mut self) -> Option<IndexEntry> {
        const STAT: usize = 40;
        let start = self.at;
        let flags_at = start + STAT + self.hash.width();
        let fixed = self.data.get(start..flags_at + 2)?;
        let mode = be32(&fixed[24..]);
        let mut id = narrow(start + STAT);
        let flags = be16(&fixed[STAT + self.hash.width()..]);
        let mut name_at = flags_at + 2;
        let mut extended = 0;
        if flags & 0x4000 != 0 {
            extended = be16(self.data.get(name_at..name_at + 2)?);
            name_at += 2;
        }
        let name = if self.version == 4 {
            let (strip, used) = varint(self.data.get(name_at..)?)?;
            let suffix_at = name_at + used;
            let suffix = self.data.get(suffix_at..)?;
            let suffix = &suffix[..suffix.find_byte(0)?];
            self.at = suffix_at + suffix.len() + 1;
            let name = self.prefixed(strip, suffix)?;
            id = name.end;
            self.texts.extend_from_slice(&fixed[STAT..STAT + self.hash.width()]);
            u32::try_from(self.texts.len()).ok()?;
            name
        } else {
            let length = usize::from(flags & 0xfff);
            let length = if length < 0xfff { length } else { self.data.get(name_at..)?.find_byte(0)? };
            let end = name_at.checked_add(length).filter(|&end| self.data.get(end) == Some(&0))?;
            // Padded with 1 to 8 zero bytes to a multiple of eight.
            self.at = start + ((end - start + 8) & !7);
            narrow(name_at)..narrow(end)
        };
        Some(IndexEntry {
            name,
            id,
            kind: EntryKind::of_mode(mode)?,
            stage: (flags >> 12 & 3) as u8,
            intent_to_add: extended & 0x2000 != 0,
        })
    }

    /// In version 4 a name is the number of bytes to remove from the end of the previous name, and a suffix to add.
    fn prefixed(&mut self, strip: u64, suffix: &[u8]) -> Option<Range<u32>> {
        let previous = self.previous.clone();
        let kept = previous.len().checked_sub(usize::try_from(strip).ok()?)?;
        let start = self.texts.len();
        // Each name may repeat most of the previous one, so a small file could fill the memory with names.
        if (start + kept) / LONGEST_NAMES > self.data.len() {
            return None;
        }
        self.texts.extend_from_within(previous.start..previous.start + kept);
        self.texts.extend_from_slice(suffix);
        self.previous = start..self.texts.len();
        Some(u32::try_from(start).ok()?..u32::try_from(self.texts.len()).ok()?)
    }
}

/// The total length of all names is at most this many times the length of the file.
const LONGEST_NAMES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_bytes_are_an_index_or_an_error() {
        let mut random = crate::rule::template::Random::new(7);
        for round in 0..20_000 {
            let mut data = b"DIRC\0\0\0".to_vec();
            data.push(2 + (round % 3) as u8);
            data.extend([0, 0, 0, (round % 7) as u8]);
            for _ in 0..random.below(300) {
                data.push(if random.below(3) == 0 { 0 } else { random.next() as u8 });
            }
            if round % 2 == 0 {
                data.extend(b"TREE\0\0\0\x10\0-1 2\na\x00-1 0\nbcde");
            }
            let _ = Index::decode(Data::Held(data), Hash::Sha1);
        }
    }
}
