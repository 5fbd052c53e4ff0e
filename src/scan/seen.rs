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
    /// Its hash, alone and with what stands around it; 0: it is not to be remembered.
    hashes: [u64; 2],
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

/// How many lines are remembered, at eight bytes each.
const LINES: usize = 1 << 17;
/// Longer lines are none that come again.
const LONGEST: usize = 512;

impl Default for Seen {
    fn default() -> Self {
        let lines = vec![0; LINES].into();
        Self { hasher: RandomState::default(), lines, line: 0..0, hashes: [0; 2], known: false }
    }
}

impl Seen {
    /// Before the runs of `part` are gone through.
    pub(super) fn begin(&mut self) {
        (self.line, self.hashes, self.known) = (0..0, [0; 2], false);
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
        if !is_whole || end - start > LONGEST {
            (self.line, self.hashes, self.known) = (run.clone(), [0; 2], false);
            return;
        }
        self.line = start..end;
        self.hashes = [self.hash(bytes, &self.line, start), 0];
        self.known = self.has(self.hashes[0]);
        if !self.known {
            let around = start.saturating_sub(BEFORE)..bytes.len().min(end + AFTER);
            self.hashes[1] = self.hash(bytes, &around, start);
            self.known = self.has(self.hashes[1]);
        }
        if start < part.start || end > part.end {
            self.hashes = [0; 2];
        }
    }

    /// Whether the line that was entered holds no key.
    pub(super) fn is_known(&self) -> bool {
        self.known
    }

    /// Remembers the line that was entered: nothing was seen in it, for reasons that lie in `scope`.
    pub(super) fn remember(&mut self, scope: Scope) {
        let hash = match scope {
            Scope::Line => self.hashes[0],
            Scope::Around => self.hashes[1],
            Scope::Beyond => return,
        };
        if hash != 0 && !self.known {
            self.lines[Self::place(hash)] = hash;
        }
    }

    /// Of `range`, in which the line stands at `start`.
    fn hash(&self, bytes: &[u8], range: &Range<usize>, start: usize) -> u64 {
        self.hasher.hash_one((&bytes[range.clone()], start - range.start)) | 1
    }

    fn has(&self, hash: u64) -> bool {
        self.lines[Self::place(hash)] == hash
    }

    fn place(hash: u64) -> usize {
        (hash >> 1) as usize % LINES
    }
}
