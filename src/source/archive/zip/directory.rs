//! The central directory at the end of a zip: the positions and lengths of its members.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read as _, Seek, SeekFrom};

use super::super::inflate::{corrupt, skip};
use super::super::until::Exact;

/// The length of the end record without its comment.
const END: usize = 22;
/// The length of the zip64 locator, which comes before the end record of large archives.
const LOCATOR: usize = 20;

/// The lengths of members according to the directory, by the offsets of their headers.
pub(super) type MemberLengths = BTreeMap<u64, Lengths>;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lengths {
    pub(super) packed: u64,
    pub(super) crc: u32,
}

/// Whether content that starts with something else ends as a zip, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZipEnd {
    /// It ends with the zip.
    Last,
    /// A little follows, such as a signature.
    Followed,
}

/// How content that starts with something else ends as a zip; `tail` is its end.
pub fn zip_end(tail: &[u8]) -> Option<ZipEnd> {
    let (at, directory) = end_record(tail)?;
    let is_directory = directory.length >= 46 && directory.ends_at(tail, at) != Some(false);
    let is_last = END + usize::from(short(&tail[at..], 20)) == tail.len() - at;
    is_directory.then_some(if is_last { ZipEnd::Last } else { ZipEnd::Followed })
}

/// The position of the directory according to the end record.
struct DirectoryExtent {
    length: u64,
    offset: u64,
}

impl DirectoryExtent {
    fn of(record: &[u8]) -> Self {
        Self { length: long(record, 12).into(), offset: long(record, 16).into() }
    }

    /// Whether a directory ends at this place; `None` if its start is before `tail`.
    fn ends_at(&self, tail: &[u8], at: usize) -> Option<bool> {
        let start = at.checked_sub(usize::try_from(self.length).ok()?)?;
        Some(tail[start..].starts_with(b"PK\x01\x02"))
    }
}

/// The end record and its offset in `tail`: the last one that reaches exactly to the end, or follows a directory of the
/// length that it says. (Behind that one is something else, such as a program's signature.)
fn end_record(tail: &[u8]) -> Option<(usize, DirectoryExtent)> {
    let first = tail.len().saturating_sub(END + usize::from(u16::MAX));
    let is_end = |&at: &usize| {
        let record = &tail[at..];
        let is_last = END + usize::from(short(record, 20)) == record.len();
        record.len() >= END && (is_last || DirectoryExtent::of(record).ends_at(tail, at) == Some(true))
    };
    // Text does not have this byte, and nearly all content is text.
    let fives = memchr::memchr_iter(5, &tail[first..]).filter_map(|five| (first + five).checked_sub(2));
    let at = fives.rev().filter(|&at| tail[at..].starts_with(b"PK\x05\x06")).find(is_end)?;
    Some((at, DirectoryExtent::of(&tail[at..])))
}

pub(super) fn short(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).and_then(|field| field.try_into().ok()).map_or(0, u16::from_le_bytes)
}

pub(super) fn long(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|field| field.try_into().ok()).map_or(0, u32::from_le_bytes)
}

fn huge(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..at + 8).and_then(|field| field.try_into().ok()).map_or(0, u64::from_le_bytes)
}

/// Reads a directory with at most `most` members. It is an error if there is no valid one.
pub(super) fn read(content: &mut (impl BufRead + Seek), most: u64) -> io::Result<MemberLengths> {
    let size = content.seek(SeekFrom::End(0))?;
    let tail_at = size.saturating_sub((END + LOCATOR + usize::from(u16::MAX)) as u64);
    content.seek(SeekFrom::Start(tail_at))?;
    let mut tail = Vec::new();
    content.by_ref().take(size - tail_at).read_to_end(&mut tail)?;
    let missing = || corrupt("there is no directory");
    let (at, mut place) = end_record(&tail).ok_or_else(missing)?;
    let mut end = tail_at + at as u64;
    let locator = at.checked_sub(LOCATOR).map(|start| &tail[start..at]);
    if let Some(locator) = locator.filter(|locator| locator.starts_with(b"PK\x06\x07")) {
        // The record is directly before its locator, whatever offset that contains, since a prefix may have moved
        // both.
        let record_at = end.checked_sub(LOCATOR as u64 + 56).ok_or_else(missing)?;
        let mut record = [0; 56];
        for start in [record_at, huge(locator, 8)] {
            content.seek(SeekFrom::Start(start))?;
            if content.read_exact(&mut record).is_ok() && record.starts_with(b"PK\x06\x06") {
                place = DirectoryExtent { length: huge(&record, 40), offset: huge(&record, 48) };
                end = start;
                break;
            }
        }
    }
    let start = end.checked_sub(place.length).ok_or_else(missing)?;
    let prefix = start.checked_sub(place.offset).ok_or_else(missing)?;
    content.seek(SeekFrom::Start(start))?;
    let mut directory = MemberLengths::new();
    let mut rest = Exact::new(content, place.length);
    let mut header = [0; 46];
    while (directory.len() as u64) < most && rest.read_exact(&mut header).is_ok() && header.starts_with(b"PK\x01\x02") {
        let (mut packed, mut offset) = (long(&header, 20).into(), u64::from(long(&header, 42)));
        skip(&mut rest, short(&header, 28).into())?;
        let mut extra = Vec::new();
        rest.by_ref().take(short(&header, 30).into()).read_to_end(&mut extra)?;
        skip(&mut rest, short(&header, 32).into())?;
        let mut large = wide(&extra);
        for (number, field) in [(None, 24), (Some(&mut packed), 20), (Some(&mut offset), 42)] {
            if long(&header, field) == u32::MAX
                && let Some(value) = large.next()
                && let Some(number) = number
            {
                *number = value;
            }
        }
        directory.insert(offset.saturating_add(prefix), Lengths { packed, crc: long(&header, 16) });
    }
    Ok(directory)
}

/// The numbers of a zip64 extra field, in the order in which the header omits them.
pub(super) fn wide(mut extra: &[u8]) -> impl Iterator<Item = u64> + use<'_> {
    let mut field: &[u8] = &[];
    while extra.len() >= 4 {
        let (id, length) = (short(extra, 0), usize::from(short(extra, 2)));
        let end = (4 + length).min(extra.len());
        if id == 1 {
            field = &extra[4..end];
        }
        extra = &extra[end..];
    }
    field.chunks_exact(8).map(|number| huge(number, 0))
}
