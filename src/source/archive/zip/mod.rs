//! Zip, and what is one: `.jar`, `.whl`, `.docx`, self-extracting programs.
//!
//! Members are read in the order in which they stand, by their own headers, so that what the directory at the end
//! does not name, names twice or hides in another member is scanned as well, in a stream of any length too. The
//! directory, where it can be had first, tells the lengths that headers leave out and where to look besides.

mod directory;
mod reader;

use std::io::{self, BufRead, Read, Seek, SeekFrom};

use super::inflate::Inflate;
use super::until::{Exact, Until};
use super::{Packed, Unpacker, reason};
use directory::{MemberLengths, long, short, wide};
use reader::{PositionedReader, Stored, Summed};

pub use directory::is_behind_prefix;

/// A header's flag for a member that needs a password.
const ENCRYPTED: u16 = 1;
/// A header's flag for lengths that stand behind the content.
const LENGTHS_BEHIND: u16 = 8;
/// Reads a zip that can be read anywhere.
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
            Ok(_) => self.read_counted(unpacker, &mut PositionedReader::new(content, start), at),
            Err(error) => unpacker.damaged(at, &error),
        }
    }

    fn read(&mut self, unpacker: &mut Unpacker<'_>, content: &mut dyn BufRead, at: &Packed) {
        self.read_counted(unpacker, &mut PositionedReader::new(content, 0), at);
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
        while Until::new(content, b"PK").skip_to_mark()? {
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
        let unopened = match (header.method, header.packed) {
            _ if header.flags & ENCRYPTED != 0 => Some(reason::ENCRYPTED),
            (0, Some(packed)) => {
                self.stored(unpacker, content, (packed, header.crc), &member);
                None
            }
            // Its end is where the record of its lengths starts.
            (0, None) => {
                unpacker.content(&mut Until::new(content, b"PK\x07\x08"), &member);
                None
            }
            // It says itself where it ends.
            (8, None) => decode(unpacker, content, header, &member),
            (_, Some(packed)) => decode(unpacker, &mut Exact::new(content, packed), header, &member),
            (_, None) => Some(reason::UNSUPPORTED),
        };
        // Whatever is left of it is looked through for the next header, in case that its length is a lie.
        if let Some(reason) = unopened {
            unpacker.visitor.unopened(&member, reason);
        }
    }

    /// Reads a member that is stored as it is, and goes back to the first header in it if its checksum is wrong.
    fn stored(
        &self,
        unpacker: &mut Unpacker<'_>,
        content: &mut PositionedReader<'_>,
        (packed, crc): (u64, u32),
        member: &Packed,
    ) {
        let mut stored = Stored::new(Summed::new(Box::new(Exact::new(content, packed)), crc));
        unpacker.content(&mut stored, member);
        let hidden = stored.hidden().filter(|_| !self.is_single);
        // Going back again and again counts as unpacking to too much.
        if let Some(hidden) = hidden
            && unpacker.budget.spend(hidden.len() as u64).is_ok()
        {
            content.give_back(hidden);
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
    let decoder: Box<dyn Read + '_> = match header.method {
        8 => Box::new(unpacker.metered(Inflate::raw(content))),
        12 => Box::new(unpacker.metered(super::bzip2(content))),
        93 => Box::new(unpacker.metered(super::Zstd::new(content))),
        95 => Box::new(unpacker.metered(super::xz(content))),
        _ => return Some(reason::UNSUPPORTED),
    };
    unpacker.content(&mut Summed::new(decoder, header.crc), member);
    None
}
