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
const AFTER: usize = 256;

/// The bits of a remembered hash that say that the result holds only in text, or only in binary content. They are not part
/// of a line's place.
const IN_TEXT: u64 = 1 << 63;
const IN_BINARY: u64 = 1 << 62;

/// Turns a line's hash into one that says: depending on the text around it, the line contains no key.
const WITH_AROUND: u64 = 0x1bf0_3635_d1c2_a4e6;

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
    /// `is_binary` is asked only where the result for the line depends on it.
    pub(super) fn enter(
        &mut self,
        bytes: &[u8],
        run: &Range<usize>,
        part: &Range<usize>,
        is_binary: &mut dyn FnMut() -> bool,
    ) {
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
        let hash = plain(self.hasher.hash_one(&bytes[self.line.clone()]));
        self.known = self.has(hash, is_binary);
        if !self.known && self.has(hash ^ WITH_AROUND, is_binary) {
            let around = self.around(bytes, hash);
            self.around = Some(around);
            self.known = self.has(around, is_binary);
        }
        self.hash = if start < part.start || end > part.end { 0 } else { hash };
    }

    /// Whether the current line is known to contain no key.
    pub(super) fn is_known(&self) -> bool {
        self.known
    }

    /// Remembers that the current line contains no key; `scope` is what that depends on, and `is_binary` whether the content
    /// is binary, if it depends on that too.
    pub(super) fn remember(&mut self, bytes: &[u8], scope: Scope, is_binary: Option<bool>) {
        if self.hash == 0 || self.known {
            return;
        }
        let only = match is_binary {
            None => 0,
            Some(false) => IN_TEXT,
            Some(true) => IN_BINARY,
        };
        match scope {
            Scope::Line => self.add(self.hash, only),
            Scope::Around => {
                let around = self.around.unwrap_or_else(|| self.around(bytes, self.hash));
                self.add(self.hash ^ WITH_AROUND, 0);
                self.add(around, only);
            }
            Scope::Beyond => {}
        }
    }

    /// The hash of the line with the text around it; `hash` is that of the line alone.
    fn around(&self, bytes: &[u8], hash: u64) -> u64 {
        let Range { start, end } = self.line;
        let before = &bytes[start.saturating_sub(BEFORE)..start];
        let after = &bytes[end..bytes.len().min(end + AFTER)];
        plain(self.hasher.hash_one((hash, before, after)))
    }

    fn add(&mut self, hash: u64, only: u64) {
        self.lines[Self::place(hash)] = hash | only;
    }

    fn has(&self, hash: u64, is_binary: &mut dyn FnMut() -> bool) -> bool {
        match self.lines[Self::place(hash)] ^ hash {
            0 => true,
            IN_TEXT => !is_binary(),
            IN_BINARY => is_binary(),
            _ => false,
        }
    }

    fn place(hash: u64) -> usize {
        (hash >> 1) as usize % LINES
    }
}

/// A hash that is not 0, without the bits that say where the result holds.
fn plain(hash: u64) -> u64 {
    hash & !(IN_TEXT | IN_BINARY) | 1
}

#[cfg(test)]
mod tests {
    use super::super::{Match, Scanner};
    use super::Seen;
    use crate::rule::template::{Random, Template};

    /// Whatever content a line was seen in before, it is found in the content in which it holds a key.
    #[test]
    fn a_line_is_remembered_for_the_kind_of_content_it_was_in() {
        let (scanner, mut random) = (Scanner::builtin(), Random::new(5));
        let mut generate = |template: &str| Template::parse(template).unwrap().generate(&mut random).text;
        for line in [
            format!("A {} MISTRAL_API_KEY\n", generate("[A-Za-z0-9]{32}")),
            format!("xhf_{}\n", generate("[A-Za-z]{34}")),
        ] {
            let (text, binary) = (format!("text\n{line}"), format!("\0\x01\n{line}"));
            let alone = |content: &str| scanner.find(content.as_bytes()).len();
            assert_eq!((alone(&text), alone(&binary)), (0, 1), "{line}");
            for order in [[&text, &binary, &binary], [&binary, &text, &binary], [&text, &text, &binary]] {
                let mut seen = Seen::default();
                for content in order {
                    let found = scanner.find_unseen(content.as_bytes(), 0..content.len(), &mut seen).len();
                    assert_eq!(found, alone(content), "{content:?} in {order:?}");
                }
            }
        }
    }

    /// Lines that nobody saw before are looked at as they are without a memory, also among very many random values.
    #[test]
    fn what_was_never_seen_is_scanned_as_without_a_memory() {
        let (scanner, mut random) = (Scanner::builtin(), Random::new(9));
        let lines = [
            "x = 'A{24,40}' \\+ 'A{8,24}'\n",
            "A{20,44}&#gsk_A{20,30}\nA{4,30}\n",
            "\\['X{16}', 'X{16}'\\]\n",
            "mistral_api_key = \\(\\['A{16}', 'A{16}'\\]\\)\n",
            "a = 'A{26}'\nb = 'A{26}'\nkey = a \\+ b\n",
        ];
        let lines = lines.map(|line| line.replace('A', "[A-Za-z0-9]").replace('X', "[0-9a-f]"));
        let lines = lines.map(|line| Template::parse(&line).unwrap());
        for _ in 0..200 {
            let mut content = String::new();
            while content.len() < 3000 {
                content += &random.pick(&lines).generate(&mut random).text;
            }
            let spans = |found: Vec<Match>| found.into_iter().map(|found| found.span).collect::<Vec<_>>();
            let unseen = scanner.find_unseen(content.as_bytes(), 0..content.len(), &mut Seen::default());
            assert_eq!(spans(unseen), spans(scanner.find(content.as_bytes())), "{content}");
        }
    }
}
