//! Packs put together from objects and deltas of the input's choice, so that what is wrong with them lies deeper than
//! in a checksum: chains that go in circles, sizes that lie, bases that are missing.

use arbitrary::{Result, Unstructured};

use super::disk::mapped;
use super::forms;
use super::git::{HASHES, decode_all, wide, zlib};
use crate::git::id::Hash;
use crate::git::pack::{Pack, PackIndex};

/// Makes a pack and decodes all of it.
pub(super) fn packs(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let hash = HASHES[usize::from(input.arbitrary().unwrap_or(false))];
    let count = input.int_in_range(1..=16_u8).unwrap_or(1);
    let mut body = Vec::new();
    let mut offsets = Vec::new();
    for number in 0..count {
        offsets.push(12 + body.len() as u64);
        let Ok(entry) = entry(&mut input, &offsets, count, hash) else { break };
        body.extend(entry);
        if number % 4 == 3 && input.is_empty() {
            break;
        }
    }
    let file = forms::pack(offsets.len(), &body, hash);
    let mut list: Vec<_> = offsets.iter().enumerate().map(|(number, &at)| (wide(number as u8, hash), at)).collect();
    if input.ratio(1, 8).unwrap_or(false) {
        // The index may say what it likes.
        let at = input.int_in_range(0..=file.len() as u64).unwrap_or_default();
        list[0].1 = at;
    }
    let index = PackIndex::of_list(list.into_iter(), hash);
    if let Ok(pack) = Pack::of(mapped(&file), index, hash) {
        decode_all(pack);
    }
}

/// One entry, at the last of `offsets`.
fn entry(input: &mut Unstructured<'_>, offsets: &[u64], count: u8, hash: Hash) -> Result<Vec<u8>> {
    let here = offsets[offsets.len() - 1];
    let (head, content) = match input.int_in_range(0..=7_u8)? {
        0..=2 => (EntryHead::Whole(input.int_in_range(1..=4)?), content(input)?),
        3..=4 => {
            let base = *input.choose(offsets)?;
            let back = if base < here { here - base } else { input.int_in_range(0..=here + 1)? };
            (EntryHead::Back(back), delta(input)?)
        }
        5..=6 => (EntryHead::On(input.int_in_range(0..=count)?), delta(input)?),
        _ => return Ok(input.bytes(input.len().min(24))?.to_vec()),
    };
    let size = if input.ratio(1, 8)? { lie(input)? } else { content.len() as u64 };
    let mut bytes = match head {
        EntryHead::Whole(kind) => forms::entry(kind, size),
        EntryHead::Back(back) => [forms::entry(6, size), forms::back(back)].concat(),
        EntryHead::On(id) => [&forms::entry(7, size), wide(id, hash).as_bytes()].concat(),
    };
    let mut packed = zlib(&content);
    if input.ratio(1, 16)? {
        packed.truncate(packed.len() / 2);
    }
    bytes.extend(packed);
    Ok(bytes)
}

/// How an entry starts.
enum EntryHead {
    Whole(u8),
    Back(u64),
    On(u8),
}

/// A size that is none.
fn lie(input: &mut Unstructured<'_>) -> Result<u64> {
    Ok(match input.int_in_range(0..=4_u8)? {
        0 => u64::MAX >> 4,
        1 => 4 << 30,
        2 => 64 << 20,
        3 => 0,
        _ => input.int_in_range(0..=70_000)?,
    })
}

/// Bytes, or one byte many times.
pub(super) fn content(input: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    if input.ratio(1, 6)? {
        let length = input.int_in_range(0..=200_000_usize)?;
        return Ok(vec![input.arbitrary()?; length]);
    }
    let length = input.int_in_range(0..=60_usize)?;
    Ok(input.bytes(length.min(input.len()))?.to_vec())
}

/// A delta: mostly one that fits bases of few bytes.
fn delta(input: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    if input.ratio(1, 8)? {
        return content(input);
    }
    let (mut ops, mut made) = (Vec::new(), 0_u64);
    for _ in 0..input.int_in_range(0..=12_u8)? {
        if input.arbitrary()? {
            let length = input.int_in_range(1..=127_u8)?.min(input.len().clamp(1, 127) as u8);
            ops.push(length);
            ops.extend(input.bytes(usize::from(length).min(input.len()))?);
            made += u64::from(length);
        } else {
            let (from, length): (u8, u16) = (input.arbitrary()?, input.arbitrary()?);
            let [low, high] = length.to_le_bytes();
            ops.extend([0xb1, from, low, high]);
            made += if length == 0 { 0x1_0000 } else { u64::from(length) };
        }
    }
    let base = if input.arbitrary()? { input.int_in_range(0..=200_000)? } else { input.int_in_range(0..=60)? };
    let size = if input.ratio(1, 8)? { lie(input)? } else { made };
    Ok([forms::varint(base), forms::varint(size), ops].concat())
}
