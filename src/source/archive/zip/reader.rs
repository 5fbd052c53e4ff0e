//! The readers for the members of a zip.

use std::cell::Cell;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

use flate2::Crc;

use super::super::fill;
use super::super::inflate::corrupt;

/// The signature of a local header.
pub(super) const HEADER: &[u8] = b"PK\x03\x04";
/// How many bytes that may belong to other members are kept to be read again.
const MOST_KEPT: usize = 8 << 20;

/// A reader that verifies a checksum, unless that is zero, and that the header had the right length. A wrong one is an
/// error at the end.
pub(super) struct ChecksummedReader<'a> {
    inner: Box<dyn Read + 'a>,
    crc: Crc,
    wanted: u32,
    is_longer: Rc<Cell<bool>>,
}

impl<'a> ChecksummedReader<'a> {
    pub(super) fn new(inner: Box<dyn Read + 'a>, wanted: u32, is_longer: Rc<Cell<bool>>) -> Self {
        Self { inner, crc: Crc::new(), wanted, is_longer }
    }
}

impl Read for ChecksummedReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.crc.update(&buffer[..count]);
        if count == 0 && !buffer.is_empty() && self.wanted != 0 && self.wanted != self.crc.sum() {
            return Err(corrupt("a zip checksum is wrong"));
        }
        if count == 0 && !buffer.is_empty() && self.is_longer.get() {
            return Err(corrupt("a zip member is longer than its header says"));
        }
        Ok(count)
    }
}

/// An uncompressed member. If the length in its header is wrong, its content may include other members, so the bytes
/// from the first header in it are kept.
pub(super) struct StoredMember<'a> {
    inner: ChecksummedReader<'a>,
    /// The last bytes that were read, which may contain the start of a header; after a header all bytes.
    kept: Vec<u8>,
    state: HeaderSearch,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum HeaderSearch {
    /// Nothing was read yet.
    Begins,
    /// No header was found yet.
    Goes,
    /// `kept` starts with a header.
    Found,
    /// The member is itself a zip, which is opened.
    IsZip,
}

impl<'a> StoredMember<'a> {
    pub(super) fn new(inner: ChecksummedReader<'a>) -> Self {
        Self { inner, kept: Vec::new(), state: HeaderSearch::Begins }
    }

    /// The bytes that must be read again as members, if the checksum is wrong or missing.
    pub(super) fn hidden(self) -> Option<Vec<u8>> {
        let is_right = self.inner.wanted != 0 && self.inner.wanted == self.inner.crc.sum();
        (self.state == HeaderSearch::Found && !is_right).then_some(self.kept)
    }

    fn keep(&mut self, bytes: &[u8]) {
        match self.state {
            HeaderSearch::IsZip => {}
            HeaderSearch::Found => {
                let room = MOST_KEPT - self.kept.len();
                self.kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
            }
            HeaderSearch::Begins if bytes.starts_with(HEADER) => self.state = HeaderSearch::IsZip,
            HeaderSearch::Begins | HeaderSearch::Goes => {
                self.kept.extend_from_slice(bytes);
                let found = memchr::memmem::find(&self.kept, HEADER);
                self.state = if found.is_some() { HeaderSearch::Found } else { HeaderSearch::Goes };
                let before = found.unwrap_or(self.kept.len().saturating_sub(HEADER.len() - 1));
                self.kept.drain(..before);
                self.kept.truncate(MOST_KEPT);
            }
        }
    }
}

impl Read for StoredMember<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.keep(&buffer[..count]);
        Ok(count)
    }
}

/// The data of a compressed member, which marks its own end. If that comes after the length in the header, reading
/// goes on behind it, and what is read there is kept: it may be the next members.
pub(super) struct CompressedMember<'a> {
    inner: &'a mut dyn BufRead,
    /// How many bytes are left of the length in the header.
    left: u64,
    behind: Vec<u8>,
    /// Whether bytes behind that length were read.
    pub(super) is_longer: Rc<Cell<bool>>,
}

impl<'a> CompressedMember<'a> {
    pub(super) fn new(inner: &'a mut dyn BufRead, length: u64) -> Self {
        Self { inner, left: length, behind: Vec::new(), is_longer: Rc::default() }
    }

    /// The bytes that must be read again.
    pub(super) fn behind(self) -> Vec<u8> {
        self.behind
    }
}

impl Read for CompressedMember<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for CompressedMember<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let room = if self.left > 0 { self.left } else { (MOST_KEPT - self.behind.len()) as u64 };
        let buffer = self.inner.fill_buf()?;
        Ok(&buffer[..usize::try_from(room).unwrap_or(usize::MAX).min(buffer.len())])
    }

    fn consume(&mut self, count: usize) {
        if self.left > 0 {
            self.left -= count as u64;
        } else if let Ok(buffer) = self.inner.fill_buf() {
            self.behind.extend_from_slice(&buffer[..count]);
            self.is_longer.set(count > 0 || self.is_longer.get());
        }
        self.inner.consume(count);
    }
}

/// A reader that counts its position, and to which bytes can be returned.
pub(super) struct PositionedReader<'a> {
    inner: &'a mut dyn BufRead,
    pub(super) at: u64,
    /// Returned bytes, which are read before those of `inner`.
    again: io::Cursor<Vec<u8>>,
    /// The error that follows the returned bytes.
    error: Option<io::Error>,
}

impl<'a> PositionedReader<'a> {
    pub(super) fn new(inner: &'a mut dyn BufRead, at: u64) -> Self {
        Self { inner, at, again: io::Cursor::default(), error: None }
    }

    /// Returns the bytes that were read last, so that they are read again.
    pub(super) fn give_back(&mut self, bytes: &[u8]) {
        self.at = self.at.saturating_sub(bytes.len() as u64);
        let read = usize::try_from(self.again.position()).unwrap_or(usize::MAX).min(self.again.get_ref().len());
        let (read, left) = self.again.get_ref().split_at(read);
        // Many short returns from one long one must not copy that each time.
        match read.strip_suffix(bytes) {
            Some(before) => self.again.set_position(before.len() as u64),
            None => self.again = io::Cursor::new([bytes, left].concat()),
        }
    }

    /// Copies the next bytes without reading them; returns how many there are.
    pub(super) fn peek(&mut self, bytes: &mut [u8]) -> usize {
        let (length, error) = fill(self, bytes);
        self.give_back(&bytes[..length]);
        self.error = error;
        length
    }
}

impl Read for PositionedReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for PositionedReader<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match self.again.fill_buf()? {
            [] => match self.error.take() {
                Some(error) => Err(error),
                None => self.inner.fill_buf(),
            },
            _ => self.again.fill_buf(),
        }
    }

    fn consume(&mut self, count: usize) {
        self.at += count as u64;
        match self.again.fill_buf() {
            Ok([_, ..]) => self.again.consume(count),
            _ => self.inner.consume(count),
        }
    }
}
