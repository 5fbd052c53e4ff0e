//! Scanning content of any size in bounded memory: whole where it fits a buffer, else through windows that
//! overlap, so that a key across an edge is found, once, at the same line and column. Of large content several windows
//! are scanned at a time, by all threads.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use bstr::BStr;

use crate::core::finding::Position;
use crate::core::threads;
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
        let mut reader = WindowReader { windows: self, ended: false, error: None };
        let mut own = 0;
        loop {
            reader.fill(buffer, &mut fill);
            let window = WindowPart { own, end: reader.end(buffer), bytes: Vec::new() };
            if !reader.ended
                && let Some(turn) = WindowTurn::take()
            {
                let first = WindowPart { bytes: std::mem::take(buffer), ..window };
                let (last, end) = reader.scan_in_parallel(policy, (path, start), first, &mut fill, &mut found);
                *buffer = last;
                drop(turn);
                return end;
            }
            for found_here in policy.scan_at(buffer, Some(path)) {
                if window.owns(&found_here) {
                    found(start.moved(found_here));
                }
            }
            if reader.ended {
                return reader.error.map_or(Ok(start.offset + buffer.len() as u64), Err);
            }
            let done = buffer.len() - self.overlap;
            start.advance(&buffer[..done]);
            buffer.drain(..done);
            own = window.end - done;
        }
    }
}

/// Reads content window by window.
struct WindowReader {
    windows: Windows,
    ended: bool,
    /// Why it ended before the content did.
    error: Option<io::Error>,
}

/// A part of the content, which holds what the one before it ends with.
struct WindowPart {
    bytes: Vec<u8>,
    /// From here to `end` what starts in it is not another's.
    own: usize,
    end: usize,
}

/// What was found in a window, and how far the next one starts behind it.
type Looked = (Vec<Match>, WindowStart);

impl WindowPart {
    fn owns(&self, found: &Match) -> bool {
        (self.own..self.end).contains(&found.span.start)
    }

    fn look(&self, policy: &Policy, path: &BStr, overlap: usize) -> Looked {
        let found = policy.scan_at(&self.bytes, Some(path)).into_iter().filter(|found| self.owns(found)).collect();
        let mut next = WindowStart::default();
        if self.end < usize::MAX {
            next.advance(&self.bytes[..self.bytes.len() - overlap]);
        }
        (found, next)
    }
}

impl WindowReader {
    fn fill(&mut self, buffer: &mut Vec<u8>, fill: &mut impl FnMut(&mut Vec<u8>) -> io::Result<usize>) {
        while !self.ended && buffer.len() < self.windows.size {
            match fill(buffer) {
                Ok(count) => self.ended = count == 0,
                Err(why) => (self.ended, self.error) = (true, Some(why)),
            }
        }
    }

    /// Where what a window that was filled owns ends.
    fn end(&self, buffer: &[u8]) -> usize {
        if self.ended { usize::MAX } else { buffer.len() - self.windows.overlap / 2 }
    }

    /// The window that follows `last`, in a buffer that is not needed any more.
    fn next(
        &mut self,
        last: &WindowPart,
        mut bytes: Vec<u8>,
        fill: &mut impl FnMut(&mut Vec<u8>) -> io::Result<usize>,
    ) -> WindowPart {
        let done = last.bytes.len() - self.windows.overlap;
        bytes.clear();
        bytes.reserve(self.windows.size);
        bytes.extend_from_slice(&last.bytes[done..]);
        self.fill(&mut bytes, fill);
        WindowPart { own: last.end - done, end: self.end(&bytes), bytes }
    }

    /// Scans the windows from `first` on, a batch at a time, while this thread reads the next batch. What is found is
    /// handed over in order. Returns the last window's bytes, and where it ends or why there are no more.
    fn scan_in_parallel(
        mut self,
        policy: &Policy,
        (path, start): (&BStr, &mut WindowStart),
        first: WindowPart,
        fill: &mut impl FnMut(&mut Vec<u8>) -> io::Result<usize>,
        found: &mut impl FnMut(Match),
    ) -> (Vec<u8>, io::Result<u64>) {
        /// So many windows are held twice at the most.
        const MOST: usize = 24;
        let count = (threads::count() * 4).min(MOST);
        let overlap = self.windows.overlap;
        let mut batch = vec![first];
        let mut spare: Vec<Vec<u8>> = Vec::new();
        loop {
            let mut looked: Vec<Option<Looked>> = batch.iter().map(|_| None).collect();
            let mut next: Vec<WindowPart> = Vec::new();
            rayon::in_place_scope(|scope| {
                for (window, slot) in batch.iter().zip(&mut looked) {
                    scope.spawn(move |_| *slot = Some(window.look(policy, path, overlap)));
                }
                while !self.ended && next.len() < count {
                    let Some(last) = next.last().or(batch.last()) else { break };
                    let window = self.next(last, spare.pop().unwrap_or_default(), fill);
                    next.push(window);
                }
            });
            for (matches, length) in looked.into_iter().flatten() {
                matches.into_iter().for_each(|one| found(start.moved(one)));
                start.pass(&length);
            }
            if next.is_empty() {
                let bytes = batch.pop().map(|last| last.bytes).unwrap_or_default();
                let end = start.offset + bytes.len() as u64;
                return (bytes, self.error.map_or(Ok(end), Err));
            }
            spare.extend(std::mem::replace(&mut batch, next).into_iter().map(|window| window.bytes));
        }
    }
}

/// The right to scan one content with all threads: as many as there are threads would take as much memory each.
struct WindowTurn;

static TAKEN: AtomicBool = AtomicBool::new(false);

impl WindowTurn {
    fn take() -> Option<Self> {
        let is_worth_it = rayon::current_thread_index().is_some() && threads::count() > 1;
        (is_worth_it && !TAKEN.swap(true, Ordering::AcqRel)).then_some(Self)
    }
}

impl Drop for WindowTurn {
    fn drop(&mut self) {
        TAKEN.store(false, Ordering::Release);
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

    /// Passes over what `other` starts behind, counted from where this starts.
    fn pass(&mut self, other: &Self) {
        self.offset += other.offset;
        self.column = if other.line == 1 { self.column + other.column - 1 } else { other.column };
        self.line += other.line - 1;
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
