//! Decompressing deflate, zlib and gzip so that everything before damaged data is returned, then an error.

use std::io::{self, BufRead, Read};

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::aside::AsideFields;

/// One deflate or zlib stream. The reader stays positioned directly after it.
pub(super) struct Inflate<R> {
    inner: R,
    state: Decompress,
    ended: bool,
    damaged: bool,
}

impl<R: BufRead> Inflate<R> {
    /// A stream without header and checksum, as in zip and gzip.
    pub(super) fn raw(inner: R) -> Self {
        Self { inner, state: Decompress::new(false), ended: false, damaged: false }
    }

    /// A stream with header and checksum.
    pub(super) fn zlib(inner: R) -> Self {
        Self { inner, state: Decompress::new(true), ended: false, damaged: false }
    }
}

impl<R: BufRead> Read for Inflate<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.damaged {
            return Err(corrupt("the deflate stream is damaged"));
        }
        while !self.ended && !buffer.is_empty() {
            let input = self.inner.fill_buf()?;
            let at_end = input.is_empty();
            let (read, written) = (self.state.total_in(), self.state.total_out());
            let status = self.state.decompress(input, buffer, FlushDecompress::None);
            let read = usize::try_from(self.state.total_in() - read).unwrap_or(input.len());
            let written = usize::try_from(self.state.total_out() - written).unwrap_or(buffer.len());
            self.inner.consume(read);
            match status {
                Ok(Status::StreamEnd) => self.ended = true,
                Ok(_) if written == 0 && at_end => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) if written == 0 && read == 0 => return Err(corrupt("the deflate stream does not go on")),
                Ok(_) => {}
                Err(_) if written == 0 => return Err(corrupt("the deflate stream is damaged")),
                Err(_) => self.damaged = true,
            }
            if written > 0 {
                return Ok(written);
            }
        }
        Ok(0)
    }
}

/// A gzip file, whose members are concatenated. After a wrong checksum reading continues; zeros may follow a member.
pub(super) struct Gzip<'a, R: BufRead> {
    inner: R,
    /// Names, comments and extra fields of its members.
    aside: &'a AsideFields,
    member: Option<(Decompressing, Crc)>,
    is_first: bool,
    damaged: bool,
}

/// The decompression state of the current member.
struct Decompressing {
    state: Decompress,
    damaged: bool,
}

impl<'a, R: BufRead> Gzip<'a, R> {
    pub(super) fn new(inner: R, aside: &'a AsideFields) -> Self {
        Self { inner, aside, member: None, is_first: true, damaged: false }
    }

    /// Reads a member's header; `false` at the end of the file.
    fn begin(&mut self) -> io::Result<bool> {
        if !self.is_first && !self.skip_zeros()? {
            return Ok(false);
        }
        self.is_first = false;
        // What is something else is left to the caller.
        if self.inner.fill_buf()?.first().is_some_and(|first| *first != 0x1f) {
            return Err(corrupt("the data after a gzip member is not another member"));
        }
        let mut header = [0; 10];
        self.inner.read_exact(&mut header)?;
        if header[..3] != [0x1f, 0x8b, 8] {
            return Err(corrupt("the data after a gzip member is not another member"));
        }
        let flags = header[3];
        if flags & 4 != 0 {
            let mut length = [0; 2];
            self.inner.read_exact(&mut length)?;
            self.aside.read(&mut self.inner, u16::from_le_bytes(length).into())?;
        }
        for flag in [8, 16] {
            if flags & flag != 0 {
                self.aside.read_text(&mut self.inner)?;
            }
        }
        if flags & 2 != 0 {
            skip(&mut self.inner, 2)?;
        }
        self.member = Some((Decompressing { state: Decompress::new(false), damaged: false }, Crc::new()));
        Ok(true)
    }

    /// Skips zeros, which tapes and some writers add; `false` at the end of the file.
    fn skip_zeros(&mut self) -> io::Result<bool> {
        loop {
            let buffer = self.inner.fill_buf()?;
            let (zeros, length) = (buffer.iter().take_while(|byte| **byte == 0).count(), buffer.len());
            self.inner.consume(zeros);
            if length == 0 || zeros < length {
                return Ok(length > 0);
            }
        }
    }

    fn end(&mut self, crc: u32, length: u32) -> io::Result<()> {
        let mut trailer = [0; 8];
        self.inner.read_exact(&mut trailer)?;
        let [a, b, c, d, e, f, g, h] = trailer;
        self.damaged |= u32::from_le_bytes([a, b, c, d]) != crc || u32::from_le_bytes([e, f, g, h]) != length;
        Ok(())
    }
}

impl<R: BufRead> Read for Gzip<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let Some((mut body, mut crc)) = self.member.take() else {
                if self.begin()? {
                    continue;
                }
                return if self.damaged { Err(corrupt("a gzip checksum is wrong")) } else { Ok(0) };
            };
            let mut inflate =
                Inflate { inner: &mut self.inner, state: body.state, ended: false, damaged: body.damaged };
            let count = inflate.read(buffer)?;
            (body.state, body.damaged) = (inflate.state, inflate.damaged);
            let ended = inflate.ended;
            crc.update(&buffer[..count]);
            if ended {
                // The trailer is read immediately, but its error is returned by the next read, so that the data
                // before it is not lost.
                let (sum, amount) = (crc.sum(), crc.amount());
                if self.end(sum, amount).is_err() {
                    self.damaged = true;
                }
            } else {
                self.member = Some((body, crc));
            }
            if count > 0 {
                return Ok(count);
            }
        }
    }
}

/// Whether `head`, the start of content, is a zlib stream that decodes without an error.
pub(super) fn is_zlib(head: &[u8]) -> bool {
    let [0x78, second, ..] = head else { return false };
    if !matches!(second, 0x01 | 0x5e | 0x9c | 0xda) || head.len() < 8 || head.is_ascii() {
        return false;
    }
    let mut out = [0; 1024];
    let mut state = Decompress::new(true);
    state.decompress(head, &mut out, FlushDecompress::None).is_ok() && state.total_out() > 0
}

/// Skips `count` bytes.
pub(super) fn skip(reader: &mut dyn BufRead, count: u64) -> io::Result<()> {
    match io::copy(&mut reader.take(count), &mut io::sink())? {
        skipped if skipped < count => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}

pub(super) fn corrupt(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}
