//! One binary table of a reftable stack: its header, its blocks and their records.

use std::ops::ControlFlow;

use flate2::{Crc, Decompress, FlushDecompress};

use crate::git::Id;
use crate::git::id::Hash;
use crate::git::inflate::Corrupt;
use crate::git::numbers::varint;
use crate::git::refs::RefTarget;
use crate::git::refs::log_entry::LogEntry;

const CUT_OFF: Corrupt = "it ends within a record";

/// How many more bytes of names a table may expand to.
pub(super) struct Room(usize);

impl Room {
    pub(super) fn of(table: &[u8]) -> Self {
        Self(table.len().saturating_mul(64))
    }

    pub(super) fn take(&mut self, length: usize) -> Result<(), Corrupt> {
        self.0 = self.0.checked_sub(length).ok_or("its names are too long")?;
        Ok(())
    }
}

/// One table.
pub(super) struct Table<'a> {
    /// The content without the footer.
    data: &'a [u8],
    hash: Hash,
    header: usize,
    block_size: usize,
    /// The offset of the blocks with reflogs.
    logs: Option<usize>,
}

impl<'a> Table<'a> {
    pub(super) fn parse(data: &'a [u8], hash: Hash) -> Result<Self, Corrupt> {
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
    pub(super) fn refs(
        &self,
        mut each: impl FnMut(&[u8], Option<RefTarget>) -> Result<ControlFlow<()>, Corrupt>,
    ) -> Result<(), Corrupt> {
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

    /// Passes on the key and the content of each reflog entry. `None` deletes the entry with this key in older tables.
    pub(super) fn logs(
        &self,
        mut each: impl FnMut(&[u8], Option<LogEntry<'_>>) -> Result<(), Corrupt>,
    ) -> Result<(), Corrupt> {
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
                let entry = match kind {
                    0 => None,
                    1 => {
                        let (old, new) = (records.id(self.hash)?, records.id(self.hash)?);
                        records.text()?; // who
                        records.text()?;
                        let seconds = records.number()?;
                        records.bytes(2)?; // the time zone
                        let message = records.text()?;
                        Some(LogEntry { old, new, seconds: i64::try_from(seconds).unwrap_or(i64::MAX), message })
                    }
                    _ => return Err("a record's kind is not known"),
                };
                each(&records.key, entry)?;
            }
            at += skip + usize::try_from(inflate.total_in()).map_err(|_| CUT_OFF)?;
        }
        Ok(())
    }

    /// The type and the length of the block at an offset; `None` at the end.
    fn block(&self, at: usize) -> Result<Option<(u8, usize)>, Corrupt> {
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
    fn of(block: &'a [u8]) -> Result<Self, Corrupt> {
        let (rest, count) = block.split_last_chunk::<2>().ok_or(CUT_OFF)?;
        let places = usize::from(u16::from_be_bytes(*count)) * 3;
        let rest = rest.get(..rest.len().checked_sub(places).ok_or(CUT_OFF)?).ok_or(CUT_OFF)?;
        Ok(Self { rest, key: Vec::new() })
    }

    /// Reads the key of the next record; returns the type of its value.
    fn next_key(&mut self) -> Result<Option<u8>, Corrupt> {
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

    fn number(&mut self) -> Result<u64, Corrupt> {
        let (number, used) = varint(self.rest).ok_or(CUT_OFF)?;
        self.rest = &self.rest[used..];
        Ok(number)
    }

    fn bytes(&mut self, length: u64) -> Result<&'a [u8], Corrupt> {
        let (bytes, rest) =
            usize::try_from(length).ok().and_then(|length| self.rest.split_at_checked(length)).ok_or(CUT_OFF)?;
        self.rest = rest;
        Ok(bytes)
    }

    fn text(&mut self) -> Result<&'a [u8], Corrupt> {
        let length = self.number()?;
        self.bytes(length)
    }

    fn id(&mut self, hash: Hash) -> Result<Id, Corrupt> {
        Id::from_bytes(self.bytes(hash.width() as u64)?).ok_or(CUT_OFF)
    }
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |value, &byte| value << 8 | u64::from(byte))
}
