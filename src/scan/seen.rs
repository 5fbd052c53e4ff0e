//! Remembers lines that cannot contain a key, whatever is around them.
//!
//! A history contains the same lines thousands of times. For most of them the result depends on nothing outside of
//! the line: everything that looks like a key is rejected for itself, or for what it is assigned to on the same line.
//! The hashes of such lines are remembered, so that each is scanned once and not for every version of its file. If
//! the result depends on the text around the line, the hash includes that text.

use std::hash::BuildHasher as _;
use std::ops::Range;

use foldhash::fast::RandomState;

/// Lines that were seen; one for each thread. The hash has a random key in each process, so that nobody can construct
/// a line with the hash of another one.
#[derive(Debug)]
pub struct Seen {
    hasher: RandomState,
    /// Hashes, indexed by their low bits; a new one replaces the old one.
    lines: Box<[u64]>,
    /// The current line.
    line: Range<usize>,
    /// Its hash; 0 if it must not be remembered.
    hash: u64,
    /// Its hash with the text around it, if that was computed.
    around: Option<u64>,
    known: bool,
}

/// What the result for a line depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scope {
    /// Only on the line itself.
    #[default]
    Line,
    /// On the text up to [`BEFORE`] and [`AFTER`] it.
    Around,
    /// Possibly on more.
    Beyond,
}

/// How many bytes before a line the context of its values may include.
const BEFORE: usize = 320;
/// How many bytes after a line the context of its values may include.
const AFTER: usize = 192;

/// Turns a line's hash into one that says: depending on the text around it, the line contains no key.
const WITH_AROUND: u64 = 0x5bf0_3635_d1c2_a4e6;

/// The maximum number of remembered lines, with eight bytes each.
const LINES: usize = 1 << 17;
/// The maximum length of a remembered line; longer ones rarely repeat.
const LONGEST: usize = 512;

impl Default for Seen {
    fn default() -> Self {
        let lines = vec![0; LINES].into();
        Self { hasher: RandomState::default(), lines, line: 0..0, hash: 0, around: None, known: false }
    }
}

impl Seen {
    /// Must be called before the runs of a `part` are scanned.
    pub(super) fn begin(&mut self) {
        (self.line, self.hash, self.known) = (0..0, 0, false);
    }

    /// Whether `run` is on another line than the run before.
    pub(super) fn is_new(&self, run: &Range<usize>) -> bool {
        run.start >= self.line.end
    }

    /// Starts the line of `run`. It will be remembered only if it is inside `part`, so that all of it is scanned.
    pub(super) fn enter(&mut self, bytes: &[u8], run: &Range<usize>, part: &Range<usize>) {
        let from = run.start.saturating_sub(LONGEST);
        let to = bytes.len().min(run.end + LONGEST);
        let start = memchr::memrchr(b'\n', &bytes[from..run.start]).map_or(from, |at| from + at + 1);
        let end = memchr::memchr(b'\n', &bytes[run.end..to]).map_or(to, |at| run.end + at);
        let is_whole = (start > from || from == 0) && (end < to || to == bytes.len());
        (self.around, self.known) = (None, false);
        if !is_whole || end - start > LONGEST {
            (self.line, self.hash) = (run.clone(), 0);
            return;
        }
        self.line = start..end;
        let hash = self.hasher.hash_one(&bytes[self.line.clone()]) | 1;
        self.known = self.has(hash);
        if !self.known && self.has(hash ^ WITH_AROUND) {
            let around = self.around(bytes, hash);
            self.around = Some(around);
            self.known = self.has(around);
        }
        self.hash = if start < part.start || end > part.end { 0 } else { hash };
    }

    /// Whether the current line is known to contain no key.
    pub(super) fn is_known(&self) -> bool {
        self.known
    }

    /// Remembers that the current line contains no key; `scope` is what that depends on.
    pub(super) fn remember(&mut self, bytes: &[u8], scope: Scope) {
        if self.hash == 0 || self.known {
            return;
        }
        match scope {
            Scope::Line => self.add(self.hash),
            Scope::Around => {
                let around = self.around.unwrap_or_else(|| self.around(bytes, self.hash));
                self.add(self.hash ^ WITH_AROUND);
                self.add(around);
            }
            Scope::Beyond => {}
        }
    }

    /// The hash of the line with the text around it; `hash` is that of the line alone.
    fn around(&self, bytes: &[u8], hash: u64) -> u64 {
        let Range { start, end } = self.line;
        let before = &bytes[start.saturating_sub(BEFORE)..start];
        let after = &bytes[end..bytes.len().min(end + AFTER)];
        self.hasher.hash_one((hash, before, after)) | 1
    }

    fn add(&mut self, hash: u64) {
        self.lines[Self::place(hash)] = hash;
    }

    fn has(&self, hash: u64) -> bool {
        self.lines[Self::place(hash)] == hash
    }

    fn place(hash: u64) -> usize {
        (hash >> 1) as usize % LINES
    }
}
