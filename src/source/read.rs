//! Scanning content of any size in limited memory: in one piece if it fits into a buffer, otherwise in overlapping
//! windows. A key across the border of two windows is found once, at the same line and column. The windows of large
//! content are scanned in parallel.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};

use bstr::BStr;

use crate::core::threads;
use crate::policy::Policy;
use crate::scan::Match;
use crate::source::window_start::WindowStart;

/// How content is divided into windows. Half of the overlap is on each side of the border between two windows, so
/// that the text around a match, which the engine examines, is in the same window.
#[derive(Clone, Copy, Debug)]
pub struct Windows {
    size: usize,
    overlap: usize,
}

impl Default for Windows {
    /// A size that fits a processor cache and limits memory with many threads, and an overlap for the longest keys.
    fn default() -> Self {
        Self { size: 2 << 20, overlap: 128 << 10 }
    }
}

impl Windows {
    /// Both are in bytes. The overlap is rounded up to a multiple of 24, so that UTF-16, base64 groups and hex pairs
    /// keep their alignment, and the size to at least twice the overlap.
    pub fn new(size: usize, overlap: usize) -> Self {
        let overlap = overlap.max(24).next_multiple_of(24);
        Self { size: size.max(2 * overlap).next_multiple_of(24), overlap }
    }

    /// Scans everything that `fill` appends to the buffer (it returns 0 at the end), and passes on each match once,
    /// with its position in the whole. Returns the number of bytes. What was read before an error is scanned too.
    pub fn scan(
        self,
        policy: &Policy,
        path: &BStr,
        buffer: &mut Vec<u8>,
        fill: impl FnMut(&mut Vec<u8>) -> io::Result<usize>,
        found: impl FnMut(WindowFinding),
    ) -> io::Result<u64> {
        self.scan_part(policy, (path, &mut WindowStart::default()), buffer, fill, found)
    }

    /// The same for a part of the content that starts at `start`. Afterwards `start` is the start of the buffer,
    /// which has the end of the part. Returns the offset of that end.
    pub(super) fn scan_part(
        self,
        policy: &Policy,
        (path, start): (&BStr, &mut WindowStart),
        buffer: &mut Vec<u8>,
        mut fill: impl FnMut(&mut Vec<u8>) -> io::Result<usize>,
        mut found: impl FnMut(WindowFinding),
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
            let (found_here, unopened) = policy.scan_content(buffer, Some(path), None);
            let own_matches = found_here.into_iter().filter(|found| window.owns(found));
            own_matches.for_each(|one| found(WindowFinding::Key(Box::new(start.moved(one)))));
            unopened.into_iter().for_each(|reason| found(WindowFinding::Unopened(reason)));
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
    /// The error that ended reading early.
    error: Option<io::Error>,
}

/// One window. It starts with the overlap of the previous one.
struct WindowPart {
    bytes: Vec<u8>,
    /// Matches that start from here to `end` belong to this window.
    own: usize,
    end: usize,
}

/// A result for a window.
#[derive(Debug)]
pub enum WindowFinding {
    /// A key, at its position in the whole.
    Key(Box<Match>),
    /// The reason why something that is packed inside encoded text was not opened.
    Unopened(&'static str),
}

impl WindowFinding {
    /// The key, if it is one.
    pub fn key(self) -> Option<Match> {
        match self {
            Self::Key(found) => Some(*found),
            Self::Unopened(_) => None,
        }
    }
}

/// The matches in a window, the reasons why something was not opened, and the distance to the start of the next window.
type WindowResult = (Vec<Match>, Vec<&'static str>, WindowStart);

impl WindowPart {
    fn owns(&self, found: &Match) -> bool {
        (self.own..self.end).contains(&found.span.start)
    }

    fn look(&self, policy: &Policy, path: &BStr, overlap: usize) -> WindowResult {
        let (found, unopened) = policy.scan_content(&self.bytes, Some(path), None);
        let found = found.into_iter().filter(|found| self.owns(found)).collect();
        let mut next = WindowStart::default();
        if self.end < usize::MAX {
            next.advance(&self.bytes[..self.bytes.len() - overlap]);
        }
        (found, unopened, next)
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

    /// The end of the range whose matches belong to a full window.
    fn end(&self, buffer: &[u8]) -> usize {
        if self.ended { usize::MAX } else { buffer.len() - self.windows.overlap / 2 }
    }

    /// Begins the window after `last`, in a buffer that is no longer needed, with what the two share.
    fn begin_after(&self, last: &WindowPart, mut bytes: Vec<u8>) -> WindowPart {
        let done = last.bytes.len() - self.windows.overlap;
        bytes.clear();
        bytes.reserve(self.windows.size);
        bytes.extend_from_slice(&last.bytes[done..]);
        WindowPart { own: last.end - done, end: usize::MAX, bytes }
    }

    /// Scans the windows from `first` on in all threads, while this one reads the next ones, and scans when enough are read.
    /// Matches are passed on in order. Returns the bytes of the last window, and its end or the error.
    fn scan_in_parallel(
        mut self,
        policy: &Policy,
        (path, start): (&BStr, &mut WindowStart),
        first: WindowPart,
        fill: &mut impl FnMut(&mut Vec<u8>) -> io::Result<usize>,
        found: &mut impl FnMut(WindowFinding),
    ) -> (Vec<u8>, io::Result<u64>) {
        /// The maximum number of windows in memory.
        const MOST: usize = 48;
        let most = (threads::count() * 2 + 1).min(MOST);
        let overlap = self.windows.overlap;
        let mut line = WindowLine::default();
        let mut pass = |(matches, unopened, length): WindowResult| {
            matches.into_iter().for_each(|one| found(WindowFinding::Key(Box::new(start.moved(one)))));
            unopened.into_iter().for_each(|reason| found(WindowFinding::Unopened(reason)));
            start.pass(&length);
        };
        rayon::in_place_scope(|scope| {
            let mut next = Some(first);
            while let Some(window) = next.take() {
                line.make_room(most, &mut pass);
                let after = (!self.ended).then(|| self.begin_after(&window, line.spare.pop().unwrap_or_default()));
                let (number, done) = line.enter();
                scope.spawn(move |_| {
                    let looked = window.look(policy, path, overlap);
                    // The receiver lives until all windows were looked at.
                    let _ = done.send((number, looked, window.bytes));
                });
                next = after.map(|mut window| {
                    self.fill(&mut window.bytes, fill);
                    window.end = self.end(&window.bytes);
                    window
                });
            }
        });
        line.make_room(1, &mut pass);
        let bytes = line.last.1;
        let end = start.offset + bytes.len() as u64;
        (bytes, self.error.map_or(Ok(end), Err))
    }
}

/// A window's number, its result and its buffer.
type LookedAt = (usize, WindowResult, Vec<u8>);

/// The windows that are being scanned, in the order of the content.
struct WindowLine {
    done: Sender<LookedAt>,
    looked: Receiver<LookedAt>,
    /// The results that wait for those of earlier windows.
    waiting: VecDeque<Option<WindowResult>>,
    /// How many windows were passed on.
    passed: usize,
    /// Buffers that are no longer needed.
    spare: Vec<Vec<u8>>,
    /// The last window of those that were looked at: its number and buffer.
    last: (usize, Vec<u8>),
}

impl Default for WindowLine {
    fn default() -> Self {
        let (done, looked) = mpsc::channel();
        Self { done, looked, waiting: VecDeque::new(), passed: 0, spare: Vec::new(), last: (0, Vec::new()) }
    }
}

impl WindowLine {
    /// The number of another window, and where its result is sent.
    fn enter(&mut self) -> (usize, Sender<LookedAt>) {
        self.waiting.push_back(None);
        (self.passed + self.waiting.len() - 1, self.done.clone())
    }

    /// Waits until fewer than `most` windows are in the line, and passes on the results that are next. While it waits, this
    /// thread scans too.
    fn make_room(&mut self, most: usize, pass: &mut dyn FnMut(WindowResult)) {
        loop {
            while let Ok(looked) = self.looked.try_recv() {
                self.take(looked);
            }
            while let Some(result) = self.waiting.front_mut().and_then(Option::take) {
                self.waiting.pop_front();
                self.passed += 1;
                pass(result);
            }
            if self.waiting.len() < most {
                return;
            }
            if !matches!(rayon::yield_now(), Some(rayon::Yield::Executed))
                && let Ok(looked) = self.looked.recv()
            {
                self.take(looked);
            }
        }
    }

    fn take(&mut self, (number, result, bytes): LookedAt) {
        self.waiting[number - self.passed] = Some(result);
        let is_last = number >= self.last.0;
        self.spare.push(if is_last { std::mem::replace(&mut self.last, (number, bytes)).1 } else { bytes });
    }
}

/// The right to scan one content with all threads. Only one content at a time may do so, to limit memory.
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
