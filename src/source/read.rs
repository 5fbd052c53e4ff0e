//! Scanning content of any size in bounded memory: whole where it fits a buffer, else through windows that
//! overlap, so that a key across an edge is found, once, at the same line and column.

use std::io;

use bstr::BStr;

use crate::core::finding::Position;
use crate::policy::Policy;
use crate::scan::Match;

/// How content is cut that does not fit one window. Half of the overlap lies on each side of the line between
/// two windows: as far as that, whatever the engine looks at around a match is in its window.
#[derive(Clone, Copy, Debug)]
pub struct Windows {
    size: usize,
    overlap: usize,
}

impl Default for Windows {
    /// Small enough for a thread's cache and for dozens of threads, large enough for the longest key's surroundings.
    fn default() -> Self {
        Self { size: 2 << 20, overlap: 128 << 10 }
    }
}

impl Windows {
    /// Both in bytes. The overlap is brought to a multiple of 24, so that neither UTF-16 nor base64 groups nor hex pairs
    /// shift against the window, and the size to at least twice that.
    pub fn new(size: usize, overlap: usize) -> Self {
        let overlap = overlap.max(24).next_multiple_of(24);
        Self { size: size.max(2 * overlap).next_multiple_of(24), overlap }
    }

    /// Scans all that `fill` appends to the buffer (it returns 0 at the end) and hands over each match once, with
    /// its place in the whole. Returns how many bytes there were; what came before an error is scanned, too.
    pub fn scan(
        self,
        policy: &Policy,
        path: &BStr,
        buffer: &mut Vec<u8>,
        fill: impl FnMut(&mut Vec<u8>) -> io::Result<usize>,
        found: impl FnMut(Match),
    ) -> io::Result<u64> {
        self.scan_part(policy, (path, &mut WindowStart::default()), buffer, fill, found)
    }

    /// The same for a part of the whole, which starts at `start`. That is then where the buffer starts, which holds the
    /// end of the part; returned is where that ends.
    pub(super) fn scan_part(
        self,
        policy: &Policy,
        (path, start): (&BStr, &mut WindowStart),
        buffer: &mut Vec<u8>,
        mut fill: impl FnMut(&mut Vec<u8>) -> io::Result<usize>,
        mut found: impl FnMut(Match),
    ) -> io::Result<u64> {
        buffer.clear();
        buffer.reserve(self.size);
        let mut own = 0;
        loop {
            let (mut ended, mut error) = (false, None);
            while !ended && buffer.len() < self.size {
                match fill(buffer) {
                    Ok(count) => ended = count == 0,
                    Err(why) => (ended, error) = (true, Some(why)),
                }
            }
            let end = if ended { usize::MAX } else { buffer.len() - self.overlap / 2 };
            for found_here in policy.scan_at(buffer, Some(path)) {
                if (own..end).contains(&found_here.span.start) {
                    found(start.moved(found_here));
                }
            }
            if ended {
                return error.map_or(Ok(start.offset + buffer.len() as u64), Err);
            }
            let done = buffer.len() - self.overlap;
            start.advance(&buffer[..done]);
            buffer.drain(..done);
            own = end - done;
        }
    }
}

/// Where a window starts in the whole.
pub(super) struct WindowStart {
    offset: u64,
    line: u64,
    column: u64,
}

impl Default for WindowStart {
    fn default() -> Self {
        Self { offset: 0, line: 1, column: 1 }
    }
}

impl WindowStart {
    /// Passes over zero bytes, without having read them.
    pub(super) fn advance_zeros(&mut self, count: u64) {
        self.offset += count;
        self.column += count;
    }

    pub(super) fn advance(&mut self, bytes: &[u8]) {
        self.offset += bytes.len() as u64;
        self.line += memchr::memchr_iter(b'\n', bytes).count() as u64;
        let last_line = match memchr::memrchr(b'\n', bytes) {
            Some(newline) => {
                self.column = 1;
                &bytes[newline + 1..]
            }
            None => bytes,
        };
        self.column += characters(last_line);
    }

    fn moved(&self, mut found: Match) -> Match {
        let offset = usize::try_from(self.offset).unwrap_or(usize::MAX);
        found.span = found.span.start.saturating_add(offset)..found.span.end.saturating_add(offset);
        let at = found.position;
        let column = |line: u64, column: u64| if line == 1 { self.column + column - 1 } else { column };
        found.position = Position {
            line: self.line + at.line - 1,
            column: column(at.line, at.column),
            end_line: self.line + at.end_line - 1,
            end_column: column(at.end_line, at.end_column),
        };
        found
    }
}

/// How many characters start in `bytes`. Sums of at most 255 fit a byte each, which keeps the loop in vector registers:
/// in a file of one line it is this that every byte goes through.
fn characters(bytes: &[u8]) -> u64 {
    let starts = |part: &[u8]| part.iter().fold(0, |sum: u8, byte| sum.wrapping_add(u8::from(byte & 0xc0 != 0x80)));
    bytes.chunks(255).map(|part| u64::from(starts(part))).sum()
}
