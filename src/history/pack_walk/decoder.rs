//! Decoding the entries of a pack one by one, into buffers that are used again.

use super::WalkedPack;
use crate::git::inflate::Corrupt;
use crate::git::pack::{Delta, Pack, PackEntry};

/// Bytes in a vector that may be longer: it can be reused without being cleared.
#[derive(Default)]
pub(super) struct Buffer {
    vec: Vec<u8>,
    pub(super) len: usize,
}

impl Buffer {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.vec[..self.len]
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.vec[..self.len]
    }

    fn sized(mut self, len: usize) -> Self {
        if self.vec.len() < len {
            self.vec.resize(len.next_power_of_two().max(4096), 0);
        }
        self.len = len;
        self
    }
}

/// Decodes entries of packs into buffers that are used again.
#[derive(Default)]
pub(super) struct EntryDecoder {
    pub(super) delta: Vec<u8>,
    spare: Vec<Buffer>,
}

impl EntryDecoder {
    fn buffer(&mut self, len: usize) -> Buffer {
        self.spare.pop().unwrap_or_default().sized(len)
    }

    /// Keeps a buffer of a usual size for later: mapping and clearing fresh pages would cost as much as decoding.
    pub(super) fn spare(&mut self, buffer: Buffer) {
        if buffer.vec.len() <= 4 << 20 && self.spare.len() < 64 {
            self.spare.push(buffer);
        }
    }

    /// Decodes an entry that is no delta.
    pub(super) fn whole(&mut self, pack: &Pack, offset: u64) -> Result<Buffer, Corrupt> {
        let entry = pack.entry(offset)?;
        let mut buffer = self.buffer(pack.size(&entry)?);
        pack.inflate(&entry, buffer.bytes_mut())?;
        Ok(buffer)
    }

    /// Inflates a delta into `self.delta`, and returns its length.
    fn delta(&mut self, pack: &Pack, entry: &PackEntry) -> Result<usize, Corrupt> {
        let len = pack.size(entry)?;
        if self.delta.len() < len {
            self.delta.resize(len.next_power_of_two(), 0);
        }
        pack.inflate(entry, &mut self.delta[..len])?;
        Ok(len)
    }

    /// Decodes an entry that is a delta on `base`. Returns the length of the delta, too.
    pub(super) fn apply_delta(&mut self, base: &[u8], pack: &Pack, offset: u64) -> Result<(Buffer, usize), Corrupt> {
        let entry = pack.entry(offset)?;
        let len = self.delta(pack, &entry)?;
        let size = pack.delta_size(&entry, &Delta::parse(&self.delta[..len])?, base.len())?;
        let mut buffer = self.buffer(size);
        Delta::parse(&self.delta[..len])?.apply(base, buffer.bytes_mut())?;
        Ok((buffer, len))
    }

    /// Decodes an entry, beginning with the root of its delta chain.
    pub(super) fn decode_from_root(&mut self, member: &WalkedPack<'_>, entry: u32) -> Result<Buffer, Corrupt> {
        let mut chain = vec![entry];
        while let Some(base) = member.chains.base(chain[chain.len() - 1]) {
            chain.push(base);
        }
        let mut offsets = chain.iter().rev().map(|&entry| member.chains.offset(entry));
        let root = offsets.next().expect("a chain has at least the entry itself");
        let mut buffer = self.whole(member.pack, root)?;
        for offset in offsets {
            let (next, _) = self.apply_delta(buffer.bytes(), member.pack, offset)?;
            self.spare(std::mem::replace(&mut buffer, next));
        }
        Ok(buffer)
    }
}
