//! References in the reftable format: a stack of sorted binary tables, in which newer tables override older ones.
//!
//! Memory is bounded by the size of the tables: names share prefixes, so a small table could claim names of any total
//! length.

mod table;

use std::collections::{BTreeMap, HashSet};
use std::ops::ControlFlow;
use std::path::Path;

use bstr::{BString, ByteSlice as _};

use super::RefTarget;
use super::log_entry::LogEntry;
use crate::core::error::{Error, Result};
use crate::core::regular_file::{self, Links, SMALL};
use crate::git::id::Hash;
use crate::git::inflate::Corrupt;
use crate::git::repository::LONG;
use table::{Room, Table};

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

    /// Passes on the reflog entries of all references, each with its reference's name; the newest entry of a
    /// reference comes first.
    pub(crate) fn logged(&self, mut each: impl FnMut(&[u8], LogEntry<'_>)) -> Result<()> {
        let mut deleted: HashSet<Vec<u8>> = HashSet::new();
        for (name, data) in &self.tables {
            let mut room = Room::of(data);
            let mut deleted_here = Vec::new();
            let entry = |key: &[u8], entry: Option<LogEntry<'_>>| {
                match entry {
                    // A key ends in the number of the update.
                    Some(entry) if !deleted.contains(key) => {
                        each(key.split_once_str("\0").map_or(key, |(name, _)| name), entry);
                    }
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

#[cfg(test)]
mod tests {
    use flate2::Crc;

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
            let _ = (stack.refs(), stack.find(b"refs/heads/main"), stack.logged(|_, _| {}));
        }
    }
}
