//! Zip, and what is one: `.jar`, `.whl`, `.docx`, self-extracting programs.
//!
//! Members are read in the order in which they stand, by their own headers, so that what the directory at the end
//! does not name, names twice or hides in another member is scanned as well, in a stream of any length too. The
//! directory, where it can be had first, tells the lengths that headers leave out and where to look besides.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read, Seek, SeekFrom};

use flate2::Crc;

use super::inflate::{Inflate, corrupt, skip};
use super::until::{Exact, Until};
use super::{Packed, Unpacker, reason};

/// A header's flag for a member that needs a password.
const ENCRYPTED: u16 = 1;
/// A header's flag for lengths that stand behind the content.
const LENGTHS_BEHIND: u16 = 8;
/// The directory's end record, without its comment.
const END: usize = 22;
/// What stands before the directory's end where numbers are large.
const LOCATOR: usize = 20;

/// What the directory says of members, by where their headers stand.
type MemberLengths = BTreeMap<u64, Lengths>;

#[derive(Clone, Copy, Debug, Default)]
struct Lengths {
    packed: u64,
    crc: u32,
}

/// Whether content that starts as something else ends as a zip: `tail` is its end.
pub fn is_behind_prefix(tail: &[u8]) -> bool {
    end_record(tail).is_some_and(|(at, directory)| {
        let start = at.checked_sub(usize::try_from(directory.length).unwrap_or(usize::MAX));
        directory.length >= 46 && start.is_none_or(|start| tail[start..].starts_with(b"PK\x01\x02"))
    })
}

/// Where the directory stands by the end record's word.
struct DirectoryExtent {
    length: u64,
    offset: u64,
}

/// The directory's end record, by where it stands in `tail`: the last that reaches the end exactly.
fn end_record(tail: &[u8]) -> Option<(usize, DirectoryExtent)> {
    let first = tail.len().saturating_sub(END + usize::from(u16::MAX));
    let ends_here = |&at: &usize| {
        let record = &tail[at..];
        record.len() >= END && END + usize::from(short(record, 20)) == record.len()
    };
    let at =
        memchr::memmem::find_iter(&tail[first..], b"PK\x05\x06").map(|found| first + found).filter(ends_here).last()?;
    let record = &tail[at..];
    Some((at, DirectoryExtent { length: long(record, 12).into(), offset: long(record, 16).into() }))
}

fn short(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).and_then(|field| field.try_into().ok()).map_or(0, u16::from_le_bytes)
}

fn long(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|field| field.try_into().ok()).map_or(0, u32::from_le_bytes)
}

fn huge(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..at + 8).and_then(|field| field.try_into().ok()).map_or(0, u64::from_le_bytes)
}

/// Reads a zip that can be read anywhere.
pub(super) fn seekable(unpacker: &mut Unpacker<'_>, content: &mut (impl BufRead + Seek), at: &Packed) {
    unpacker.is_seen = true;
    let mut zip =
        Zip { directory: directory(content, unpacker.budget.limits.members).unwrap_or_default(), ..Zip::default() };
    let mut start = zip.directory.keys().next().copied().unwrap_or(0);
    if content.seek(SeekFrom::Start(0)).is_ok()
        && let Ok([b'P', b'K', 3, 4, ..]) = content.fill_buf()
    {
        start = 0;
    }
    zip.read_from(unpacker, content, start, at);
    // What the directory names and a walk from header to header did not meet is packed inside of another member.
    let visited = std::mem::take(&mut zip.visited);
    let missed: Vec<u64> =
        zip.directory.keys().filter(|offset| visited.binary_search(offset).is_err()).copied().collect();
    zip.is_single = true;
    for offset in missed {
        if unpacker.budget.is_exceeded.get() {
            return;
        }
        zip.read_from(unpacker, content, offset, at);
    }
}

/// Reads a zip from front to back.
pub(super) fn stream(unpacker: &mut Unpacker<'_>, content: &mut dyn BufRead, at: &Packed) {
    Zip::default().read(unpacker, content, at);
}

/// Reads the directory: an error or `None` if there is none that makes sense.
fn directory(content: &mut (impl BufRead + Seek), most: u64) -> io::Result<MemberLengths> {
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
        // The record stands right before its locator, wherever that says, since a prefix may have moved both.
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

/// The numbers of a zip64 extra field, in the order in which the header leaves them out.
fn wide(mut extra: &[u8]) -> impl Iterator<Item = u64> + use<'_> {
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

/// A member's own header.
struct Header {
    flags: u16,
    method: u16,
    crc: u32,
    /// Length as packed, where it is known.
    packed: Option<u64>,
    name: Vec<u8>,
}

#[derive(Default)]
struct Zip {
    directory: MemberLengths,
    /// Where members were read, ascending.
    visited: Vec<u64>,
    /// Whether only one member is read, and not those behind it.
    is_single: bool,
    /// Whether a directory was met.
    has_directory: bool,
}

impl Zip {
    fn read_from(&mut self, unpacker: &mut Unpacker<'_>, content: &mut (impl BufRead + Seek), start: u64, at: &Packed) {
        match content.seek(SeekFrom::Start(start)) {
            Ok(_) => self.read_counted(unpacker, &mut PositionedReader { inner: content, at: start }, at),
            Err(error) => unpacker.damaged(at, &error),
        }
    }

    fn read(&mut self, unpacker: &mut Unpacker<'_>, content: &mut dyn BufRead, at: &Packed) {
        self.read_counted(unpacker, &mut PositionedReader { inner: content, at: 0 }, at);
    }

    fn read_counted(&mut self, unpacker: &mut Unpacker<'_>, content: &mut PositionedReader<'_>, at: &Packed) {
        match self.members(unpacker, content, at) {
            Ok(is_whole) if !is_whole || self.has_directory || !self.directory.is_empty() => {}
            Ok(_) => unpacker.visitor.unopened(at, reason::CORRUPT),
            Err(error) => unpacker.damaged(at, &error),
        }
    }

    /// Reads one member after the other; `false` if not to the end.
    fn members(
        &mut self,
        unpacker: &mut Unpacker<'_>,
        content: &mut PositionedReader<'_>,
        at: &Packed,
    ) -> io::Result<bool> {
        while Until::new(content, b"PK").found()? {
            match content.fill_buf()? {
                [1, ..] => {
                    content.consume(1);
                    self.has_directory |= content.fill_buf()?.first() == Some(&2);
                    continue;
                }
                [3, ..] => content.consume(1),
                _ => continue,
            }
            if content.fill_buf()?.first() != Some(&4) {
                continue;
            }
            content.consume(1);
            let offset = content.at - 4;
            let Some(header) = self.header(content, offset)? else { continue };
            if !unpacker.counts(at) {
                return Ok(false);
            }
            if !self.is_single {
                self.visited.push(offset);
            }
            self.member(unpacker, content, &header, at);
            if self.is_single || unpacker.budget.is_exceeded.get() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A header behind its signature, if what stands there makes sense as one.
    fn header(&self, content: &mut PositionedReader<'_>, offset: u64) -> io::Result<Option<Header>> {
        let mut fixed = [0; 26];
        match content.read_exact(&mut fixed) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            result => result?,
        }
        let (version, flags, method) = (short(&fixed, 0), short(&fixed, 2), short(&fixed, 4));
        let (name_length, extra_length) = (short(&fixed, 22), short(&fixed, 24));
        if version & 0xff > 99 || method > 99 || name_length == 0 {
            return Ok(None);
        }
        let (mut name, mut extra) = (Vec::new(), Vec::new());
        content.by_ref().take(name_length.into()).read_to_end(&mut name)?;
        content.by_ref().take(extra_length.into()).read_to_end(&mut extra)?;
        let mut packed = u64::from(long(&fixed, 14));
        if packed == u64::from(u32::MAX) {
            packed = wide(&extra).nth(1).unwrap_or(packed);
        }
        let (mut crc, mut packed) = (long(&fixed, 10), Some(packed));
        if flags & LENGTHS_BEHIND != 0 && packed == Some(0) {
            let known = self.directory.get(&offset);
            (crc, packed) = (known.map_or(0, |known| known.crc), known.map(|known| known.packed));
        }
        Ok(Some(Header { flags, method, crc, packed, name }))
    }

    fn member(&self, unpacker: &mut Unpacker<'_>, content: &mut PositionedReader<'_>, header: &Header, at: &Packed) {
        let member = at.member(&header.name);
        unpacker.visitor.name(&member, &header.name);
        let unopened = match header.packed {
            Some(packed) => {
                let mut exact = Exact::new(content, packed);
                let unopened = decode(unpacker, &mut exact, header, &member);
                // That the content ends too early was said of the member.
                let _ = exact.finish();
                unopened
            }
            None if header.method == 0 && header.flags & ENCRYPTED == 0 => {
                // Its end is where the record of its lengths starts.
                let mut until = Until::new(content, b"PK\x07\x08");
                unpacker.content(&mut until, &member);
                None
            }
            None if header.method == 8 || header.flags & ENCRYPTED != 0 => decode(unpacker, content, header, &member),
            None => Some(reason::UNSUPPORTED),
        };
        if let Some(reason) = unopened {
            unpacker.visitor.unopened(&member, reason);
        }
    }
}

/// Unpacks a member, or says why not.
fn decode(
    unpacker: &mut Unpacker<'_>,
    content: &mut dyn BufRead,
    header: &Header,
    member: &Packed,
) -> Option<&'static str> {
    if header.flags & ENCRYPTED != 0 {
        return Some(reason::ENCRYPTED);
    }
    let decoder: Box<dyn Read + '_> = match header.method {
        0 => Box::new(content),
        8 => Box::new(unpacker.metered(Inflate::raw(content))),
        12 => Box::new(unpacker.metered(super::bzip2(content))),
        93 => Box::new(unpacker.metered(super::Zstd::new(content))),
        95 => Box::new(unpacker.metered(super::xz(content))),
        _ => return Some(reason::UNSUPPORTED),
    };
    unpacker.content(&mut Summed { inner: decoder, crc: Crc::new(), wanted: header.crc }, member);
    None
}

/// Content whose checksum is known, unless it is zero: that it is wrong is an error at the end.
struct Summed<'a> {
    inner: Box<dyn Read + 'a>,
    crc: Crc,
    wanted: u32,
}

impl Read for Summed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.crc.update(&buffer[..count]);
        if count == 0 && !buffer.is_empty() && self.wanted != 0 && self.wanted != self.crc.sum() {
            return Err(corrupt("a zip checksum is wrong"));
        }
        Ok(count)
    }
}

/// A reader that knows where it is.
struct PositionedReader<'a> {
    inner: &'a mut dyn BufRead,
    at: u64,
}

impl Read for PositionedReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl BufRead for PositionedReader<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.at += count as u64;
        self.inner.consume(count);
    }
}
