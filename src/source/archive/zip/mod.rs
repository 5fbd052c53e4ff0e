//! Zip, and formats based on it: `.jar`, `.whl`, `.docx`, self-extracting programs.
//!
//! Members are read in their order in the file, by their local headers. So members that the directory does not name,
//! names twice, or that are hidden in another member are scanned as well, and streams can be read. If the directory
//! can be read first, it gives the lengths that local headers omit, and more positions to look at. What lies between
//! members is passed on, too, where nobody has seen it yet.

mod between;
mod directory;
mod reader;

use std::cell::Cell;
use std::io::{self, BufRead, Read, Seek, SeekFrom};
use std::rc::Rc;

use super::inflate::{Inflate, corrupt};
use super::until::{Exact, Until};
use super::{AsideFields, Packed, Unpacker, reason};
use between::{BetweenMembers, FIXED};
use directory::{MemberLengths, long, short, wide};
use reader::{ChecksummedReader, CompressedMember, HEADER, PositionedReader, StoredMember};

pub use directory::{ZipEnd, zip_end};

/// The header flag of an encrypted member.
const ENCRYPTED: u16 = 1;
/// The header flag that the lengths follow the content.
const LENGTHS_BEHIND: u16 = 8;
/// Reads a zip from a seekable source.
pub(super) fn seekable(unpacker: &mut Unpacker<'_>, content: &mut (impl BufRead + Seek), at: &Packed) {
    unpacker.is_seen = true;
    let mut zip = Zip {
        directory: directory::read(content, unpacker.budget.limits.members).unwrap_or_default(),
        ..Zip::default()
    };
    let mut start = zip.directory.keys().next().copied().unwrap_or(0);
    if content.seek(SeekFrom::Start(0)).is_ok()
        && let Ok([b'P', b'K', 3, 4, ..]) = content.fill_buf()
    {
        start = 0;
    }
    zip.read_from(unpacker, content, start, at);
    // Members in the directory that were not found from header to header are inside other members.
    let visited = std::mem::take(&mut zip.visited);
    let missed: Vec<u64> =
        zip.directory.keys().filter(|offset| visited.binary_search(offset).is_err()).copied().collect();
    for offset in missed {
        if unpacker.budget.is_exceeded.get() {
            return;
        }
        zip.only = Some(offset);
        zip.read_from(unpacker, content, offset, at);
    }
}

/// Reads a zip from start to end.
pub(super) fn stream(unpacker: &mut Unpacker<'_>, content: &mut dyn BufRead, at: &Packed) {
    Zip::default().read(unpacker, content, at);
}

/// A member's local header.
struct Header {
    flags: u16,
    method: u16,
    crc: u32,
    /// The compressed length, if it is known.
    packed: Option<u64>,
    name: Vec<u8>,
}

#[derive(Default)]
struct Zip {
    directory: MemberLengths,
    /// The offsets of the members that were read, ascending.
    visited: Vec<u64>,
    /// The offset of the only member that is read, if not all are.
    only: Option<u64>,
    /// How many members were read, and how many entries the directory has.
    read: u64,
    listed: u64,
}

impl Zip {
    fn read_from(&mut self, unpacker: &mut Unpacker<'_>, content: &mut (impl BufRead + Seek), start: u64, at: &Packed) {
        match content.seek(SeekFrom::Start(start)) {
            Ok(_) => self.read_counted(unpacker, &mut PositionedReader::new(content, start), at),
            Err(error) => unpacker.damaged(at, &error),
        }
    }

    fn read(&mut self, unpacker: &mut Unpacker<'_>, content: &mut dyn BufRead, at: &Packed) {
        self.read_counted(unpacker, &mut PositionedReader::new(content, 0), at);
    }

    fn read_counted(&mut self, unpacker: &mut Unpacker<'_>, content: &mut PositionedReader<'_>, at: &Packed) {
        match self.members(unpacker, content, at) {
            // Without a directory to be looked up, there is one at the end, and members for all of its entries.
            Ok(true) if self.directory.is_empty() && (self.listed == 0 || self.listed > self.read) => {
                unpacker.visitor.unopened(at, reason::CORRUPT);
            }
            Ok(_) => {}
            Err(error) => unpacker.damaged(at, &error),
        }
    }

    /// Reads all members; `false` if it stopped before the end.
    fn members(
        &mut self,
        unpacker: &mut Unpacker<'_>,
        content: &mut PositionedReader<'_>,
        at: &Packed,
    ) -> io::Result<bool> {
        loop {
            let mut between = BetweenMembers::new(content);
            if self.only.is_some() && !between.is_at_header() {
                return Err(corrupt("no member is where the directory says"));
            }
            if unpacker.is_unseen(at) && between.ready()? > 0 {
                unpacker.visitor.between(at, &mut between)?;
            }
            io::copy(&mut between, &mut io::sink())?;
            self.listed += between.listed();
            let Some(fixed) = between.header else { return Ok(true) };
            let offset = content.at;
            let (header, extra) = self.header(content, &fixed)?;
            if !unpacker.counts(at) {
                return Ok(false);
            }
            unpacker.fields(&extra, at);
            self.read += 1;
            if self.only.is_none() {
                self.visited.push(offset);
            }
            self.member(unpacker, content, &header, at);
            if self.only.is_some() || unpacker.budget.is_exceeded.get() {
                return Ok(false);
            }
        }
    }

    /// Reads a header, of which the fixed part is known. Returns its extra field, too.
    fn header(&self, content: &mut PositionedReader<'_>, fixed: &[u8; FIXED]) -> io::Result<(Header, Vec<u8>)> {
        let offset = content.at;
        content.read_exact(&mut [0; HEADER.len() + FIXED])?;
        let (flags, method) = (short(fixed, 2), short(fixed, 4));
        let (name_length, extra_length) = (short(fixed, 22), short(fixed, 24));
        let (mut name, mut extra) = (Vec::new(), Vec::new());
        content.by_ref().take(name_length.into()).read_to_end(&mut name)?;
        content.by_ref().take(extra_length.into()).read_to_end(&mut extra)?;
        let mut packed = u64::from(long(fixed, 14));
        if packed == u64::from(u32::MAX) {
            packed = wide(&extra).nth(1).unwrap_or(packed);
        }
        let (mut crc, mut packed) = (long(fixed, 10), Some(packed));
        if flags & LENGTHS_BEHIND != 0 && packed == Some(0) {
            let known = self.directory.get(&offset);
            (crc, packed) = (known.map_or(0, |known| known.crc), known.map(|known| known.packed));
        }
        Ok((Header { flags, method, crc, packed, name }, extra))
    }

    fn member(&self, unpacker: &mut Unpacker<'_>, content: &mut PositionedReader<'_>, header: &Header, at: &Packed) {
        let member = at.member(&header.name);
        unpacker.visitor.name(&member, &header.name);
        let unopened = match (header.method, header.packed) {
            _ if header.flags & ENCRYPTED != 0 => Some(reason::ENCRYPTED),
            (0, Some(packed)) => {
                self.stored(unpacker, content, (packed, header.crc), &member);
                None
            }
            // It ends at the record with its lengths.
            (0, None) => {
                unpacker.content(&mut Until::new(content, b"PK\x07\x08"), &member);
                None
            }
            // Its compressed data marks its own end.
            (8, None) => decode(unpacker, content, header, Rc::default(), &member),
            (8, Some(packed)) => {
                let mut deflated = CompressedMember::new(content, packed);
                let is_longer = Rc::clone(&deflated.is_longer);
                let unopened = decode(unpacker, &mut deflated, header, is_longer, &member);
                let behind = deflated.behind();
                self.read_again(unpacker, content, &behind);
                unopened
            }
            (_, Some(packed)) => decode(unpacker, &mut Exact::new(content, packed), header, Rc::default(), &member),
            (_, None) => Some(reason::UNSUPPORTED),
        };
        // The rest of it is searched for the next header, in case the length is wrong.
        if let Some(reason) = unopened {
            unpacker.visitor.unopened(&member, reason);
        }
    }

    /// Reads an uncompressed member. If its checksum is wrong, reading continues at the first header inside it.
    fn stored(
        &self,
        unpacker: &mut Unpacker<'_>,
        content: &mut PositionedReader<'_>,
        (packed, crc): (u64, u32),
        member: &Packed,
    ) {
        let exact = Exact::new(content, packed);
        // Members that overlap are read more than once: that counts as unpacked data.
        let exact: Box<dyn Read + '_> =
            if self.only.is_some() { Box::new(unpacker.metered(exact)) } else { Box::new(exact) };
        let mut stored = StoredMember::new(ChecksummedReader::new(exact, crc, Rc::default()));
        unpacker.content(&mut stored, member);
        if let Some(hidden) = stored.hidden() {
            self.read_again(unpacker, content, &hidden);
        }
    }

    /// Reads bytes again, as they may be other members. That counts as unpacked data, so that it cannot be repeated
    /// endlessly.
    fn read_again(&self, unpacker: &Unpacker<'_>, content: &mut PositionedReader<'_>, bytes: &[u8]) {
        if self.only.is_none() && unpacker.budget.spend(bytes.len() as u64).is_ok() {
            content.give_back(bytes);
        }
    }
}

/// Decompresses a member, or returns why that is not supported.
fn decode(
    unpacker: &mut Unpacker<'_>,
    content: &mut dyn BufRead,
    header: &Header,
    is_longer: Rc<Cell<bool>>,
    member: &Packed,
) -> Option<&'static str> {
    let aside = AsideFields::default();
    let decoder: Box<dyn Read + '_> = match header.method {
        8 => Box::new(unpacker.metered(Inflate::raw(content))),
        12 => Box::new(unpacker.metered(super::bzip2(content))),
        93 => Box::new(unpacker.metered(super::Zstd::new(content, &aside))),
        95 => Box::new(unpacker.metered(super::xz(content))),
        _ => return Some(reason::UNSUPPORTED),
    };
    unpacker.content(&mut ChecksummedReader::new(decoder, header.crc, is_longer), member);
    unpacker.aside(aside, member);
    None
}
