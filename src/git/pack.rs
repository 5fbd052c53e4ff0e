//! One pack: finding an object through its `.idx`, and undoing its delta chain.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use memmap2::Mmap;

use super::Id;
use super::id::Hash;
use super::index::{be32, varint};
use super::inflate;
use super::objects::Kind;

/// Bytes of decoded delta bases that are kept: neighbouring trees share theirs.
const KEPT: usize = 16 << 20;

/// A pack and its `.idx`, both opened when first needed.
#[derive(Debug)]
pub(crate) struct Pack {
    idx_path: PathBuf,
    hash: Hash,
    idx: OnceLock<Result<Idx, String>>,
    data: OnceLock<Result<Mmap, String>>,
    bases: Mutex<Bases>,
}

#[derive(Debug, Default)]
struct Bases {
    bytes: usize,
    by_offset: HashMap<u64, (Kind, Arc<Vec<u8>>)>,
}

#[derive(Debug)]
struct Idx {
    map: Mmap,
    version: u32,
    /// Where the fan-out table starts.
    fanout: usize,
}

/// Finds an object outside this pack (the base of a thin pack's delta).
type Elsewhere<'a> = &'a dyn Fn(Id) -> Option<(Kind, Vec<u8>)>;

enum Step {
    Whole(Kind, Vec<u8>),
    DeltaAt(u64, Vec<u8>),
    DeltaOf(Id, Vec<u8>),
}

impl Pack {
    pub(crate) fn new(idx_path: PathBuf, hash: Hash) -> Self {
        Self { idx_path, hash, idx: OnceLock::new(), data: OnceLock::new(), bases: Mutex::default() }
    }

    /// Where the object starts in the pack; `None` if it is not in this one.
    pub(crate) fn offset_of(&self, id: Id) -> Result<Option<u64>, String> {
        let idx = self.idx()?;
        let cut_off = || format!("{} is cut off", self.idx_path.display());
        let first = usize::from(id.as_bytes()[0]);
        let (mut low, mut high) = (if first == 0 { 0 } else { idx.below(first - 1) }, idx.below(first));
        let width = self.hash.width();
        // Version 1 has the offset before each name, version 2 has tables one after the other.
        let (step, skip) = if idx.version == 1 { (4 + width, 4) } else { (width, 0) };
        let names = idx.map.get(idx.fanout + 1024..).ok_or_else(cut_off)?;
        while low < high {
            let middle = low + (high - low) / 2;
            let entry = names.get(middle * step..(middle + 1) * step).ok_or_else(cut_off)?;
            match entry[skip..].cmp(id.as_bytes()) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal if idx.version == 1 => return Ok(Some(u64::from(be32(entry)))),
                std::cmp::Ordering::Equal => return self.offset_in_v2(idx, middle).ok_or_else(cut_off).map(Some),
            }
        }
        Ok(None)
    }

    fn offset_in_v2(&self, idx: &Idx, at: usize) -> Option<u64> {
        let count = idx.below(255);
        let offsets = idx.map.get(idx.fanout + 1024 + count * (self.hash.width() + 4)..)?;
        let short = be32(offsets.get(at * 4..at * 4 + 4)?);
        if short & 1 << 31 == 0 {
            return Some(u64::from(short));
        }
        let at = (short & !(1 << 31)) as usize;
        let long = offsets.get(count * 4 + at * 8..count * 4 + at * 8 + 8)?;
        Some(u64::from_be_bytes(long.try_into().expect("eight bytes")))
    }

    /// The object at `offset`, whole.
    pub(crate) fn read(&self, offset: u64, elsewhere: Elsewhere<'_>) -> Result<(Kind, Vec<u8>), String> {
        let mut deltas: Vec<(u64, Vec<u8>)> = Vec::new();
        let mut at = offset;
        let (kind, mut bytes) = loop {
            if let Some((kind, base)) = self.kept(at) {
                break (kind, base);
            }
            match self.step(at)? {
                Step::Whole(kind, bytes) => break (kind, Arc::new(bytes)),
                Step::DeltaAt(base, delta) => {
                    // Bases stand before their deltas, so this ends.
                    deltas.push((at, delta));
                    at = base;
                }
                Step::DeltaOf(id, delta) => {
                    deltas.push((at, delta));
                    match self.offset_of(id)? {
                        Some(base) if deltas.iter().all(|(seen, _)| *seen != base) => at = base,
                        Some(_) => return Err("its deltas form a loop".into()),
                        None => {
                            let (kind, bytes) = elsewhere(id).ok_or_else(|| format!("its base {id} is missing"))?;
                            break (kind, Arc::new(bytes));
                        }
                    }
                }
            }
        };
        if !deltas.is_empty() {
            self.keep(at, kind, &bytes);
        }
        while let Some((at, delta)) = deltas.pop() {
            bytes = Arc::new(apply(&bytes, &delta).ok_or("a delta is broken")?);
            if !deltas.is_empty() {
                self.keep(at, kind, &bytes);
            }
        }
        Ok((kind, Arc::try_unwrap(bytes).unwrap_or_else(|shared| (*shared).clone())))
    }

    fn step(&self, at: u64) -> Result<Step, String> {
        const BROKEN: &str = "its pack entry is broken";
        let head = usize::try_from(at).ok().and_then(|at| self.data().map(|data| data.get(at..)).transpose());
        let head = head.ok_or(BROKEN)??;
        let first = *head.first().ok_or(BROKEN)?;
        let mut size = u64::from(first & 15);
        let (mut used, mut shift, mut byte) = (1, 4, first);
        while byte & 0x80 != 0 {
            byte = *head.get(used).ok_or(BROKEN)?;
            size |= u64::from(byte & 0x7f).checked_shl(shift).ok_or(BROKEN)?;
            (used, shift) = (used + 1, shift + 7);
        }
        let size = usize::try_from(size).map_err(|_| BROKEN)?;
        let inflated = |skip: usize| inflate::exact(&head[used + skip..], size);
        let whole = |kind| Ok(Step::Whole(kind, inflated(0)?));
        match first >> 4 & 7 {
            1 => whole(Kind::Commit),
            2 => whole(Kind::Tree),
            3 => whole(Kind::Blob),
            4 => whole(Kind::Tag),
            6 => {
                let (back, length) = varint(&head[used..]).ok_or(BROKEN)?;
                let base = at.checked_sub(back).filter(|_| back > 0).ok_or(BROKEN)?;
                Ok(Step::DeltaAt(base, inflated(length)?))
            }
            7 => {
                let id = head.get(used..used + self.hash.width()).and_then(Id::from_bytes).ok_or(BROKEN)?;
                Ok(Step::DeltaOf(id, inflated(self.hash.width())?))
            }
            _ => Err(BROKEN.into()),
        }
    }

    fn kept(&self, at: u64) -> Option<(Kind, Arc<Vec<u8>>)> {
        self.bases.lock().unwrap_or_else(PoisonError::into_inner).by_offset.get(&at).cloned()
    }

    fn keep(&self, at: u64, kind: Kind, bytes: &Arc<Vec<u8>>) {
        let mut bases = self.bases.lock().unwrap_or_else(PoisonError::into_inner);
        if bases.bytes + bytes.len() <= KEPT && bases.by_offset.insert(at, (kind, Arc::clone(bytes))).is_none() {
            bases.bytes += bytes.len();
        }
    }

    fn idx(&self) -> Result<&Idx, String> {
        let open = || {
            let map = map(&self.idx_path)?;
            let (version, fanout) =
                if map.starts_with(b"\xfftOc") && map.len() > 8 { (be32(&map[4..]), 8) } else { (1, 0) };
            if version > 2 {
                return Err(format!("version {version} of {} is not known", self.idx_path.display()));
            }
            if map.len() < fanout + 1024 {
                return Err(format!("{} is cut off", self.idx_path.display()));
            }
            Ok(Idx { map, version, fanout })
        };
        self.idx.get_or_init(open).as_ref().map_err(Clone::clone)
    }

    fn data(&self) -> Result<&[u8], String> {
        let open = || map(&self.idx_path.with_extension("pack"));
        self.data.get_or_init(open).as_ref().map(|map| &map[..]).map_err(Clone::clone)
    }
}

impl Idx {
    /// How many names start with a byte of at most `first`.
    fn below(&self, first: usize) -> usize {
        be32(&self.map[self.fanout + first * 4..]) as usize
    }
}

fn map(path: &Path) -> Result<Mmap, String> {
    super::map::map(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// What a delta makes of its base; `None` if it does not fit.
fn apply(base: &[u8], delta: &[u8]) -> Option<Vec<u8>> {
    let mut at = 0;
    let mut size = || {
        let (mut value, mut shift) = (0u64, 0);
        loop {
            let byte = *delta.get(at)?;
            at += 1;
            value |= u64::from(byte & 0x7f).checked_shl(shift)?;
            shift += 7;
            if byte & 0x80 == 0 {
                return usize::try_from(value).ok();
            }
        }
    };
    if size()? != base.len() {
        return None;
    }
    let result_size = size()?;
    let mut result = Vec::new();
    result.try_reserve_exact(result_size).ok()?;
    while let Some(&code) = delta.get(at) {
        at += 1;
        if code & 0x80 == 0 {
            let bytes = delta.get(at..at + usize::from(code)).filter(|bytes| !bytes.is_empty())?;
            result.extend_from_slice(bytes);
            at += bytes.len();
            continue;
        }
        let mut number = |bits: std::ops::Range<u8>| {
            let mut value = 0usize;
            for (place, bit) in bits.enumerate() {
                if code >> bit & 1 == 1 {
                    value |= usize::from(*delta.get(at)?) << (8 * place);
                    at += 1;
                }
            }
            Some(value)
        };
        let (offset, length) = (number(0..4)?, number(4..7)?);
        let length = if length == 0 { 0x10000 } else { length };
        result.extend_from_slice(base.get(offset..offset.checked_add(length)?)?);
        if result.len() > result_size {
            return None;
        }
    }
    (result.len() == result_size).then_some(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delta_copies_and_inserts_or_is_refused() {
        let base = b"hello world";
        // Sizes 11 and 8; copy 6 bytes from 0; insert "xy".
        assert_eq!(apply(base, b"\x0b\x08\x90\x06\x02xy").unwrap(), b"hello xy");
        for broken in
            [&b""[..], b"\x0c\x08\x90\x06\x02xy", b"\x0b\x09\x90\x06\x02xy", b"\x0b\x08\x91\x09\x06", b"\x0b\x01\x00"]
        {
            assert_eq!(apply(base, broken), None, "{broken:?}");
        }
    }
}
