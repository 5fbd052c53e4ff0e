//! Lines in which no key can be, whatever stands around them.
//!
//! A history holds the same lines thousands of times over. What the engine makes of most of them depends on nothing
//! outside of them: all that could be a key is refused for what it is, or for what it is assigned to on the same line.
//! Such lines are remembered by their hash, so that each is looked at once and not once for every version of its file.
//! Where it does depend on what stands around, the line is remembered with that.

use std::hash::BuildHasher as _;
use std::ops::Range;

use foldhash::fast::RandomState;

/// Lines seen; one for each thread. The hash is keyed anew in every process, so that nobody can write a line that
/// hides behind another one.
#[derive(Debug)]
pub struct Seen {
    hasher: RandomState,
    /// Hashes by their low bits; a newer line takes the place of an older one.
    lines: Box<[u64]>,
    /// The line that is looked at.
    line: Range<usize>,
    /// Its hash; 0: it is not to be remembered.
    hash: u64,
    /// Its hash with what stands around it, once that is asked for.
    around: Option<u64>,
    known: bool,
}

/// What the engine's verdict on a line depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scope {
    /// The line itself.
    #[default]
    Line,
    /// What stands up to [`BEFORE`] and [`AFTER`] it.
    Around,
    /// More than that, perhaps.
    Beyond,
}

/// How far before a line the context of its values is read, in bytes.
const BEFORE: usize = 320;
/// How far behind it.
const AFTER: usize = 192;

/// Makes another hash of a line's: there are places where it holds no key because of what stands around it.
const WITH_AROUND: u64 = 0x5bf0_3635_d1c2_a4e6;

/// How many lines are remembered, at eight bytes each.
const LINES: usize = 1 << 17;
/// Longer lines are none that come again.
const LONGEST: usize = 512;

impl Default for Seen {
    fn default() -> Self {
        let lines = vec![0; LINES].into();
        Self { hasher: RandomState::default(), lines, line: 0..0, hash: 0, around: None, known: false }
    }
}

impl Seen {
    /// Before the runs of `part` are gone through.
    pub(super) fn begin(&mut self) {
        (self.line, self.hash, self.known) = (0..0, 0, false);
    }

    /// Whether `run` starts another line than the run before it did.
    pub(super) fn is_new(&self, run: &Range<usize>) -> bool {
        run.start >= self.line.end
    }

    /// Goes on to the line of `run`; it will be remembered only if it lies in `part`, so that all of it is looked at.
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

    /// Whether the line that was entered holds no key.
    pub(super) fn is_known(&self) -> bool {
        self.known
    }

    /// Remembers the line that was entered: nothing was seen in it, for reasons that lie in `scope`.
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

    /// The hash of the line with what stands around it; `hash` is that of the line alone.
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
