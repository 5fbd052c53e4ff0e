//! References in the reftable format: a stack of sorted binary tables, in which newer tables override older ones.
//!
//! Memory is bounded by the size of the tables: names share prefixes, so a small table could claim names of any total
//! length.

use std::collections::{BTreeMap, HashSet};
use std::ops::ControlFlow;
use std::path::Path;

use bstr::{BString, ByteSlice as _};
use flate2::{Crc, Decompress, FlushDecompress};

use super::RefTarget;
use crate::core::error::{Error, Result};
use crate::core::regular_file::{self, Links, SMALL};
use crate::git::Id;
use crate::git::id::Hash;
use crate::git::index::varint;
use crate::git::inflate::Corrupt;
use crate::git::repository::LONG;

const CUT_OFF: Corrupt = "it ends within a record";

/// The tables of one `reftable` directory, the newest first.
#[derive(Clone)]
pub(crate) struct Stack {
    tables: Vec<(String, Vec<u8>)>,
    hash: Hash,
}

impl Stack {
    /// A stack of these tables, the newest first, each with its name in messages.
    pub(crate) fn of(tables: Vec<(String, Vec<u8>)>, hash: Hash) -> Self {
        Self { tables, hash }
    }

    /// Reads all tables that `tables.list` names; an empty stack if that file does not exist.
    pub(super) fn open(directory: &Path, hash: Hash) -> Result<Self> {
        // Writers merge tables. If a table has disappeared since the list was read, a newer list no longer names it.
        let mut gone = None;
        for _ in 0..4 {
            let list = regular_file::read(&directory.join("tables.list"), Links::Follow, SMALL)?.unwrap_or_default();
            match Self::read(directory, &list, hash)? {
                Ok(stack) => return Ok(stack),
                Err(name) => gone = Some(name),
            }
        }
        let table = directory.join(gone.unwrap_or_default());
        Err(Error::new("read references in", table.display(), "the file is missing, but tables.list names it")
            .hint("run `git fsck` there"))
    }

    /// Reads the tables; the inner error is the name of a missing one.
    fn read(directory: &Path, list: &[u8], hash: Hash) -> Result<std::result::Result<Self, String>> {
        let mut tables = Vec::new();
        let mut left = LONG;
        for name in list.lines().rev().filter(|name| !name.is_empty()) {
            let path = directory.join(name.to_str_lossy().as_ref());
            if name.find_byteset(b"/\\").is_some() {
                return Err(Error::new("read references in", path.display(), "it is not the name of a table"));
            }
            let name = name.to_str_lossy().into_owned();
            let Some(table) = regular_file::read(&path, Links::Follow, left)? else { return Ok(Err(name)) };
            left -= table.len() as u64;
            tables.push((path.display().to_string(), table));
        }
        Ok(Ok(Self::of(tables, hash)))
    }

    /// All references.
    pub(crate) fn refs(&self) -> Result<BTreeMap<BString, RefTarget>> {
        let mut refs: BTreeMap<BString, Option<RefTarget>> = BTreeMap::new();
        for (name, data) in &self.tables {
            let mut room = Room::of(data);
            let each = |name: &[u8], target| {
                if !refs.contains_key(name) {
                    room.take(name.len())?;
                    refs.insert(name.into(), target);
                }
                Ok(ControlFlow::Continue(()))
            };
            self.table(name, data, |table| table.refs(each))?;
        }
        Ok(refs.into_iter().filter_map(|(name, target)| Some((name, target?))).collect())
    }

    /// The value of one reference.
    pub(crate) fn find(&self, wanted: &[u8]) -> Result<Option<RefTarget>> {
        for (name, data) in &self.tables {
            let mut found = None;
            let each = |name: &[u8], target| {
                if name == wanted {
                    found = Some(target);
                }
                Ok(if name < wanted { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
            };
            self.table(name, data, |table| table.refs(each))?;
            if let Some(target) = found {
                return Ok(target);
            }
        }
        Ok(None)
    }

    /// Passes on the object ids in reflogs: before and after each change.
    pub(crate) fn logged(&self, mut each: impl FnMut(Id)) -> Result<()> {
        let mut deleted: HashSet<Vec<u8>> = HashSet::new();
        for (name, data) in &self.tables {
            let mut room = Room::of(data);
            let mut deleted_here = Vec::new();
            let entry = |key: &[u8], ids: Option<[Id; 2]>| {
                match ids {
                    Some(ids) if !deleted.contains(key) => ids.into_iter().for_each(&mut each),
                    Some(_) => {}
                    None => {
                        room.take(key.len())?;
                        deleted_here.push(key.to_vec());
                    }
                }
                Ok(())
            };
            self.table(name, data, |table| table.logs(entry))?;
            deleted.extend(deleted_here);
        }
        Ok(())
    }

    fn table<T>(
        &self,
        name: &str,
        data: &[u8],
        read: impl FnOnce(&Table<'_>) -> std::result::Result<T, Corrupt>,
    ) -> Result<T> {
        let read = Table::parse(data, self.hash).and_then(|table| read(&table));
        read.map_err(|why| Error::new("read references in", name, why).hint("run `git fsck` there"))
    }
}

/// How many more bytes of names a table may expand to.
struct Room(usize);

impl Room {
    fn of(table: &[u8]) -> Self {
        Self(table.len().saturating_mul(64))
    }

    fn take(&mut self, length: usize) -> std::result::Result<(), Corrupt> {
        self.0 = self.0.checked_sub(length).ok_or("its names are too long")?;
        Ok(())
    }
}

/// One table.
struct Table<'a> {
    /// The content without the footer.
    data: &'a [u8],
    hash: Hash,
    header: usize,
    block_size: usize,
    /// The offset of the blocks with reflogs.
    logs: Option<usize>,
}

impl<'a> Table<'a> {
    fn parse(data: &'a [u8], hash: Hash) -> std::result::Result<Self, Corrupt> {
        if data.len() < 5 || !data.starts_with(b"REFT") {
            return Err("it is not a reftable");
        }
        let (header, of_hash) = match data[4] {
            1 => (24, Some(Hash::Sha1)),
            2 => match data.get(24..28) {
                Some(b"sha1") => (28, Some(Hash::Sha1)),
                Some(b"s256") => (28, Some(Hash::Sha256)),
                _ => (28, None),
            },
            _ => return Err("its version is not known"),
        };
        if of_hash != Some(hash) {
            return Err("its object ids are not those of the repository");
        }
        let footer_at = data.len().checked_sub(header + 44).filter(|&at| at >= header).ok_or("it is too short")?;
        let footer = &data[footer_at..];
        let mut crc = Crc::new();
        crc.update(&footer[..footer.len() - 4]);
        if footer[..header] != data[..header] || number(&footer[footer.len() - 4..]) != u64::from(crc.sum()) {
            return Err("its footer is damaged");
        }
        let logs_at =
            usize::try_from(number(&footer[header + 24..header + 32])).map_err(|_| "its footer is damaged")?;
        let is_log = data[header..footer_at].first() == Some(&b'g');
        Ok(Self {
            data: &data[..footer_at],
            hash,
            header,
            block_size: usize::try_from(number(&data[5..8])).map_err(|_| "its header is damaged")?,
            logs: if is_log { Some(0) } else { Some(logs_at).filter(|&at| at > 0) },
        })
    }

    /// Passes on all references in order. A deleted one has no target.
    fn refs(
        &self,
        mut each: impl FnMut(&[u8], Option<RefTarget>) -> std::result::Result<ControlFlow<()>, Corrupt>,
    ) -> std::result::Result<(), Corrupt> {
        let mut at = 0;
        while let Some((b'r', length)) = self.block(at)? {
            let start = at + self.skip(at);
            let block = self.data.get(at..at + length).filter(|block| block.len() >= start - at).ok_or(CUT_OFF)?;
            let mut records = Records::of(&block[start - at..])?;
            while let Some(kind) = records.next_key()? {
                records.number()?; // which update it came with
                let target = match kind {
                    0 => None,
                    1 => Some(RefTarget::Object(records.id(self.hash)?)),
                    2 => {
                        let id = records.id(self.hash)?;
                        records.id(self.hash)?; // what the tag leads to
                        Some(RefTarget::Object(id))
                    }
                    3 => Some(RefTarget::Symbolic(records.text()?.into())),
                    _ => return Err("a record's kind is not known"),
                };
                if each(&records.key, target)?.is_break() {
                    return Ok(());
                }
            }
            // Blocks are padded with zeros to a common size, unless the next one follows directly.
            let is_padded = self.block_size > length && self.data.get(at + length).is_none_or(|&byte| byte == 0);
            at += if is_padded { self.block_size } else { length };
        }
        Ok(())
    }

    /// Passes on the key and the two objects of each reflog entry. `None` deletes the entry with this key in older
    /// tables.
    fn logs(
        &self,
        mut each: impl FnMut(&[u8], Option<[Id; 2]>) -> std::result::Result<(), Corrupt>,
    ) -> std::result::Result<(), Corrupt> {
        let Some(mut at) = self.logs else { return Ok(()) };
        while let Some((b'g', length)) = self.block(at)? {
            let skip = self.skip(at);
            let compressed = self.data.get(at + skip..).ok_or(CUT_OFF)?;
            let mut block = vec![0; length.checked_sub(skip).ok_or(CUT_OFF)?];
            let mut inflate = Decompress::new(true);
            inflate
                .decompress(compressed, &mut block, FlushDecompress::Finish)
                .map_err(|_| "its compressed data is corrupt")?;
            if inflate.total_out() != block.len() as u64 {
                return Err("its compressed data is corrupt");
            }
            let mut records = Records::of(&block)?;
            while let Some(kind) = records.next_key()? {
                let ids = match kind {
                    0 => None,
                    1 => {
                        let ids = [records.id(self.hash)?, records.id(self.hash)?];
                        records.text()?; // who
                        records.text()?;
                        records.number()?; // when
                        records.bytes(2)?;
                        records.text()?; // why
                        Some(ids)
                    }
                    _ => return Err("a record's kind is not known"),
                };
                each(&records.key, ids)?;
            }
            at += skip + usize::try_from(inflate.total_in()).map_err(|_| CUT_OFF)?;
        }
        Ok(())
    }

    /// The type and the length of the block at an offset; `None` at the end.
    fn block(&self, at: usize) -> std::result::Result<Option<(u8, usize)>, Corrupt> {
        let header = self.skip(at) - 4;
        let Some(fixed) = self.data.get(at + header..at + header + 4) else { return Ok(None) };
        let length = usize::try_from(number(&fixed[1..])).map_err(|_| "a block's length is wrong")?;
        if fixed[0] != 0 && length < header + 4 {
            return Err("a block's length is wrong");
        }
        Ok(Some((fixed[0], length)))
    }

    /// The length of what comes before a block's records: its header, and in the first block the file's header.
    fn skip(&self, at: usize) -> usize {
        if at == 0 { self.header + 4 } else { 4 }
    }
}

/// The records of a block. Each key shares a prefix with the previous one.
struct Records<'a> {
    rest: &'a [u8],
    key: Vec<u8>,
}

impl<'a> Records<'a> {
    /// A block ends with a restart table: three bytes for each restart point, then their number in two bytes.
    fn of(block: &'a [u8]) -> std::result::Result<Self, Corrupt> {
        let (rest, count) = block.split_last_chunk::<2>().ok_or(CUT_OFF)?;
        let places = usize::from(u16::from_be_bytes(*count)) * 3;
        let rest = rest.get(..rest.len().checked_sub(places).ok_or(CUT_OFF)?).ok_or(CUT_OFF)?;
        Ok(Self { rest, key: Vec::new() })
    }

    /// Reads the key of the next record; returns the type of its value.
    fn next_key(&mut self) -> std::result::Result<Option<u8>, Corrupt> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let shared = self.number()?;
        let own = self.number()?;
        let suffix = self.bytes(own >> 3)?;
        let shared = usize::try_from(shared).ok().filter(|&shared| shared <= self.key.len()).ok_or(CUT_OFF)?;
        self.key.truncate(shared);
        self.key.extend_from_slice(suffix);
        Ok(Some((own & 7) as u8))
    }

    fn number(&mut self) -> std::result::Result<u64, Corrupt> {
        let (number, used) = varint(self.rest).ok_or(CUT_OFF)?;
        self.rest = &self.rest[used..];
        Ok(number)
    }

    fn bytes(&mut self, length: u64) -> std::result::Result<&'a [u8], Corrupt> {
        let (bytes, rest) =
            usize::try_from(length).ok().and_then(|length| self.rest.split_at_checked(length)).ok_or(CUT_OFF)?;
        self.rest = rest;
        Ok(bytes)
    }

    fn text(&mut self) -> std::result::Result<&'a [u8], Corrupt> {
        let length = self.number()?;
        self.bytes(length)
    }

    fn id(&mut self, hash: Hash) -> std::result::Result<Id, Corrupt> {
        Id::from_bytes(self.bytes(hash.width() as u64)?).ok_or(CUT_OFF)
    }
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |value, &byte| value << 8 | u64::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table with a footer that holds, around whatever stands between.
    fn table(body: &[u8]) -> Vec<u8> {
        let mut header = b"REFT\x01\0\0\0".to_vec();
        header.extend([0; 16]);
        let mut data = [&header[..], body].concat();
        let mut footer = header;
        footer.extend([0; 24]);
        footer.extend((24 + body.len() as u64 / 2).to_be_bytes());
        footer.extend([0; 8]);
        let mut crc = Crc::new();
        crc.update(&footer);
        footer.extend(crc.sum().to_be_bytes());
        data.extend(footer);
        data
    }

    #[test]
    fn names_that_unfold_without_end_are_refused() {
        // Each record repeats the whole name before it and adds one byte.
        let mut records = vec![0, 0x80 | 61, 0x40];
        records.extend([b'a'; 8000]);
        records.push(0);
        for _ in 0..60_000 {
            records.extend([0x80 | 61, 0x40, 8, b'a', 0]);
        }
        let length = (28 + records.len() + 2) as u32;
        let mut body = vec![b'r'];
        body.extend(&length.to_be_bytes()[1..]);
        body.extend(records);
        body.extend([0, 0]);
        let stack = Stack::of(vec![("table".into(), table(&body))], Hash::Sha1);
        assert!(stack.refs().is_err());
    }

    #[test]
    fn any_bytes_are_references_or_an_error() {
        let mut random = crate::rule::template::Random::new(9);
        for round in 0..20_000 {
            let length = random.below(200);
            let mut body: Vec<u8> = (0..length).map(|_| random.next() as u8 & 0x1f).collect();
            if length > 8 {
                body[0] = b"rgoi"[round % 4];
                body[1..4].copy_from_slice(&[0, 0, (24 + length) as u8]);
                body[length - 2..].copy_from_slice(&[0, 0]);
            }
            let stack = Stack::of(vec![("table".into(), table(&body))], Hash::Sha1);
            let _ = (stack.refs(), stack.find(b"refs/heads/main"), stack.logged(|_| {}));
        }
    }
}
