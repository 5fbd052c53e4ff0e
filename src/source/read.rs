//! Scanning content of any size in bounded memory: whole where it fits a buffer, else through windows that
//! overlap, so that a key across an edge is found, once, at the same line and column.

use std::cell::RefCell;
use std::collections::HashSet;
use std::io;

use bstr::BStr;

use crate::core::coverage::Skipped;
use crate::core::error::Error;
use crate::core::finding::{Layer, Location, Position, Secret};
use crate::policy::Policy;
use crate::scan::Match;
use crate::source::open::{self, OpenFile};
use crate::source::{Collector, archive};

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
    /// its place in the whole. Returns how many bytes there were.
    pub fn scan(
        self,
        policy: &Policy,
        path: &BStr,
        buffer: &mut Vec<u8>,
        mut fill: impl FnMut(&mut Vec<u8>) -> io::Result<usize>,
        mut found: impl FnMut(Match),
    ) -> io::Result<u64> {
        buffer.clear();
        buffer.reserve(self.size);
        let mut start = Place { offset: 0, line: 1, column: 1 };
        let mut own = 0;
        loop {
            let mut ended = false;
            while !ended && buffer.len() < self.size {
                ended = fill(buffer)? == 0;
            }
            let end = if ended { usize::MAX } else { buffer.len() - self.overlap / 2 };
            for found_here in policy.scan_at(buffer, Some(path)) {
                if (own..end).contains(&found_here.span.start) {
                    found(start.moved(found_here));
                }
            }
            if ended {
                return Ok(start.offset + buffer.len() as u64);
            }
            let done = buffer.len() - self.overlap;
            start.advance(&buffer[..done]);
            buffer.drain(..done);
            own = end - done;
        }
    }
}

/// Where a window starts in the whole.
struct Place {
    offset: u64,
    line: u64,
    column: u64,
}

impl Place {
    fn advance(&mut self, bytes: &[u8]) {
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

thread_local! {
    /// One buffer a thread for the whole run: allocating for each file costs more than reading it.
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Scans an opened file and pushes what there is to say of it.
pub(super) fn file(policy: &Policy, collector: &Collector, shown: &BStr, open: &OpenFile) {
    if let Some(reason) = policy.skips(shown, open.size) {
        return collector.skipped(Skipped { path: shown.to_owned(), reason });
    }
    for found in policy.scan_path(shown) {
        collector.finding(found.at(at(shown)));
    }
    let mut read = 0;
    let fill = |buffer: &mut Vec<u8>| {
        // What had a size when it was opened is read to that size: one call less for each file, and an end to
        // reading a log that grows as fast as it is read.
        if read >= open.size && open.size > 0 || collector.is_stopped() {
            return Ok(0);
        }
        let count = next(&open.fd, buffer)?;
        read += count as u64;
        Ok(count)
    };
    let mut kind = None;
    let mut matches = Vec::new();
    let result = BUFFER.with_borrow_mut(|buffer| {
        let scanned = Windows::default().scan(policy, shown, buffer, fill, |found| matches.push(found));
        // The start of what fits a window is still in the buffer; only what does not is read again.
        kind = match scanned {
            Ok(bytes) if bytes <= buffer.len() as u64 => archive::kind(buffer),
            Ok(_) => head(&open.fd).and_then(|head| archive::kind(&head)),
            Err(_) => None,
        };
        scanned
    });
    match result {
        Ok(_) if collector.is_stopped() => {}
        Ok(bytes) if bytes < open.size => {
            let why = format!("it shrank to {bytes} bytes while it was read");
            collector.failed(Error::new("read", shown, why).hint("scan it again"));
        }
        Ok(bytes) => {
            collector.scanned(1, bytes);
            if let Some(kind) = kind {
                let inside = unpack(policy, collector, shown, open, kind);
                // What is stored as it is was seen from outside too.
                matches.retain(|found| !inside.contains(&found.secret));
            }
        }
        Err(error) => collector.failed(Error::new("read", shown, plain(&error))),
    }
    matches.into_iter().for_each(|found| collector.finding(found.at(at(shown))));
}

/// The start of a file.
fn head(fd: impl rustix::fd::AsFd) -> Option<Vec<u8>> {
    let mut head = vec![0; 512];
    let length = rustix::io::retry_on_intr(|| rustix::io::pread(&fd, &mut head[..], 0)).ok()?;
    head.truncate(length);
    Some(head)
}

/// Scans what is in an archive, and says which secrets are.
fn unpack(policy: &Policy, collector: &Collector, shown: &BStr, open: &OpenFile, kind: Layer) -> HashSet<Secret> {
    let mut inside = HashSet::new();
    let whole = || -> io::Result<std::fs::File> {
        let mut file = std::fs::File::from(open.fd.try_clone()?);
        io::Seek::rewind(&mut file)?;
        Ok(file)
    };
    let file = match whole() {
        Ok(file) => file,
        Err(error) => {
            collector.failed(Error::new("unpack", shown, plain(&error)));
            return inside;
        }
    };
    let mut push = |unpacked| match unpacked {
        archive::Unpacked::Found(found, member) => {
            inside.insert(found.secret.clone());
            collector.finding(found.at(Location { member, ..at(shown) }));
        }
        archive::Unpacked::Skipped(member, reason) => {
            collector.skipped(Skipped { path: archive::shown(shown, member.as_ref()), reason });
        }
    };
    if archive::unpack(policy, shown, kind, io::BufReader::new(file), open.size, &mut push).is_err() {
        let why = "it unpacks to more than 200 times its size";
        collector.failed(Error::new("unpack", shown, why).hint("unpack it and scan the result"));
    }
    inside
}

/// Scans what comes through `fd`, a pipe or a terminal perhaps, to its end.
pub fn stream(policy: &Policy, collector: &Collector, shown: &BStr, fd: impl rustix::fd::AsFd) {
    let fill = |buffer: &mut Vec<u8>| if collector.is_stopped() { Ok(0) } else { next(&fd, buffer) };
    let found = |found: Match| collector.finding(found.at(at(shown)));
    match Windows::default().scan(policy, shown, &mut Vec::new(), fill, found) {
        Ok(bytes) => collector.scanned(1, bytes),
        Err(error) => collector.failed(Error::new("read", shown, plain(&error))),
    }
}

/// Reads as much as the system gives at once, at most what is left of the window.
fn next(fd: impl rustix::fd::AsFd, buffer: &mut Vec<u8>) -> io::Result<usize> {
    if buffer.len() == buffer.capacity() {
        buffer.reserve(1);
    }
    Ok(rustix::io::retry_on_intr(|| rustix::io::read(&fd, rustix::buffer::spare_capacity(buffer)))?)
}

pub(super) fn at(path: &BStr) -> Location {
    Location { path: Some(path.to_owned()), ..Location::default() }
}

fn plain(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(number) => open::why(rustix::io::Errno::from_raw_os_error(number)),
        None => error.to_string(),
    }
}
