//! The index: the files of the next commit. Its cache-tree extension has the tree id of every directory that has not
//! changed since the index was written.
//!
//! The parser is our own: names are slices of the file, only what a comparison with trees needs is decoded, and
//! memory is bounded by the file's size, whatever the file claims. That bound is the reason for it; in a whole run of
//! `staged` a library's parser would be about as fast.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use bstr::ByteSlice;

use super::Id;
use super::cache_tree::{CachedTree, CachedTrees, by_length, tree_name};
use super::id::Hash;
use super::inflate::Corrupt;
use super::map::{CUT_SHORT, Mapping, map_whole};
use super::split_index;
use super::tree::EntryKind;
use crate::core::error::{Error, Result};
use crate::core::narrow::narrow;
use crate::core::regular_file;

/// One entry of the index.
#[derive(Clone, Debug)]
pub struct IndexEntry {
    pub(crate) name: Range<u32>,
    pub(crate) id: Id,
    /// What it is; [`EntryKind::Tree`] only in a sparse index.
    pub kind: EntryKind,
    /// The merge stage: 0, or in a conflict 1 (base), 2 (ours) or 3 (theirs).
    pub stage: u8,
    /// Whether it was added with `--intent-to-add` and is not in the next commit.
    pub intent_to_add: bool,
}

/// A parsed index.
#[derive(Clone, Debug, Default)]
pub struct Index {
    data: Data,
    /// The names of entries that are not contiguous in `data`: in version 4, and in a split index.
    names: Vec<u8>,
    entries: Vec<IndexEntry>,
    trees: Vec<CachedTree>,
    /// Indexes into `trees`. Subdirectories of one directory are adjacent, sorted by the length of the name, then by
    /// name.
    children: Vec<u32>,
    owns_names: bool,
    is_sparse: bool,
}

/// The bytes of an index file.
#[derive(Clone, Debug)]
pub(crate) enum Data {
    Mapped(Arc<Mapping>),
    Held(Vec<u8>),
}

impl Data {
    fn is_cut_short(&self) -> bool {
        matches!(self, Self::Mapped(map) if map.is_cut_short())
    }
}

impl Default for Data {
    fn default() -> Self {
        Self::Held(Vec::new())
    }
}

impl std::ops::Deref for Data {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Held(bytes) => bytes,
        }
    }
}

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
            && let Some(base_id) = split_index::base(&index.data[link.clone()], hash).map_err(broken)?
        {
            let base = path.with_file_name(format!("sharedindex.{base_id}"));
            let data = map_whole(&base)
                .map_err(|why| Error::new("read the shared index", base.display(), regular_file::system_text(&why)))?;
            let (base, _) = Self::decode(Data::Mapped(Arc::new(data)), hash).map_err(broken)?;
            let link = split_index::Link::parse(&index.data[link], hash, base.entries.len()).map_err(broken)?;
            if base.data.is_cut_short() {
                return Err(broken(CUT_SHORT));
            }
            index = split_index::join(base, index, &link).map_err(broken)?;
        }
        if index.data.is_cut_short() { Err(broken(CUT_SHORT)) } else { Ok(index) }
    }

    /// The entries, sorted by path, then by stage.
    pub fn entries(&self) -> &[IndexEntry] {
        &self.entries
    }

    /// An entry's path relative to the top of the work tree. A directory in a sparse index ends in `/`.
    pub fn path(&self, entry: &IndexEntry) -> &[u8] {
        self.text(&entry.name)
    }

    /// The root of the cache-tree, if the index has one.
    pub fn root(&self) -> Option<usize> {
        (!self.trees.is_empty()).then_some(0)
    }

    /// One directory of the cache-tree.
    pub fn tree(&self, at: usize) -> &CachedTree {
        &self.trees[at]
    }

    /// The subdirectory `name` of `parent` in the cache-tree.
    pub fn subtree(&self, parent: usize, name: &[u8]) -> Option<usize> {
        let Range { start, end } = self.trees[parent].children;
        let children = &self.children[start as usize..end as usize];
        let order = |child: &u32| by_length(tree_name(&self.data, &self.trees[*child as usize]), name);
        children.binary_search_by(order).ok().map(|at| children[at] as usize)
    }

    /// Whether the entries are sorted as the format requires.
    pub fn is_sorted(&self) -> bool {
        self.entries.is_sorted_by(|a, b| (self.path(a), a.stage) <= (self.path(b), b.stage))
    }

    /// Whether a file, or with `is_dir` anything below a directory, is in the index, which must be sorted. A
    /// directory entry of a sparse index counts, although its files are not listed.
    pub fn tracks(&self, path: &[u8], is_dir: bool) -> bool {
        let at = self.entries.partition_point(|entry| self.path(entry) < path);
        if self.entries.get(at).is_some_and(|entry| self.path(entry) == path) {
            return true;
        }
        if is_dir {
            let below = [path, b"/"].concat();
            let at = self.entries.partition_point(|entry| self.path(entry) < &below[..]);
            if self.entries.get(at).is_some_and(|entry| self.path(entry).starts_with(&below)) {
                return true;
            }
        }
        self.is_sparse
            && path.find_iter("/").any(|slash| {
                let dir = &path[..=slash];
                self.entries.binary_search_by(|entry| self.path(entry).cmp(dir)).is_ok()
            })
    }

    pub(crate) fn from_parts(data: Data, trees_of: Self, names: Vec<u8>, entries: Vec<IndexEntry>) -> Self {
        let is_sparse = entries.iter().any(|entry| entry.kind == EntryKind::Tree);
        Self { data, names, entries, owns_names: true, is_sparse, ..trees_of }
    }

    pub(crate) fn take_data(&mut self) -> Data {
        std::mem::take(&mut self.data)
    }

    fn text(&self, range: &Range<u32>) -> &[u8] {
        let text = if self.owns_names { &self.names[..] } else { &self.data[..] };
        &text[range.start as usize..range.end as usize]
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
        let mut decoder = Entries { data: &data, at: 12, hash, version, names: Vec::new(), previous: 0..0 };
        for _ in 0..count {
            entries.push(decoder.next().ok_or("it ends within an entry")?);
        }
        let (mut at, names) = (decoder.at, decoder.names);
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
        Ok((Self { data, names, entries, trees, children, owns_names: version == 4, is_sparse }, link))
    }
}

struct Entries<'a> {
    data: &'a [u8],
    at: usize,
    hash: Hash,
    version: u32,
    names: Vec<u8>,
    previous: Range<usize>,
}

impl Entries<'_> {
    fn next(&mut self) -> Option<IndexEntry> {
        const STAT: usize = 40;
        let start = self.at;
        let flags_at = start + STAT + self.hash.width();
        let fixed = self.data.get(start..flags_at + 2)?;
        let mode = be32(&fixed[24..]);
        let id = Id::from_bytes(&fixed[STAT..STAT + self.hash.width()])?;
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
            self.prefixed(strip, suffix)?
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
        let start = self.names.len();
        // Each name may repeat most of the previous one, so a small file could fill the memory with names.
        if (start + kept) / LONGEST_NAMES > self.data.len() {
            return None;
        }
        self.names.extend_from_within(previous.start..previous.start + kept);
        self.names.extend_from_slice(suffix);
        self.previous = start..self.names.len();
        Some(u32::try_from(start).ok()?..u32::try_from(self.names.len()).ok()?)
    }
}

/// The total length of all names is at most this many times the length of the file.
const LONGEST_NAMES: usize = 64;

/// Parses git's offset varint (each continuation adds one); also returns its length in bytes.
pub(crate) fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = u64::from(bytes.first()? & 0x7f);
    let mut used = 1;
    while bytes[used - 1] & 0x80 != 0 {
        let byte = *bytes.get(used)?;
        value = value.checked_add(1)?.checked_mul(128)?.checked_add(u64::from(byte & 0x7f))?;
        used += 1;
    }
    Some((value, used))
}

pub(crate) fn be32(bytes: &[u8]) -> u32 {
    u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

fn be16(bytes: &[u8]) -> u16 {
    u16::from_be_bytes([bytes[0], bytes[1]])
}

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

    #[test]
    fn varint_counts_from_one_more_at_each_byte() {
        for (bytes, expected) in
            [(&[5][..], Some((5, 1))), (&[0x80, 0], Some((128, 2))), (&[0x81, 0], Some((256, 2))), (&[0x80], None)]
        {
            assert_eq!(varint(bytes), expected);
        }
    }
}
