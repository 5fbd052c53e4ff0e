//! Where a window starts in the content that it is a part of: what is found in it has its position in the whole.

use crate::core::finding::Position;
use crate::scan::Match;

/// The position of a window's start in the whole content.
pub(super) struct WindowStart {
    pub(super) offset: u64,
    line: u64,
    column: u64,
}

impl Default for WindowStart {
    fn default() -> Self {
        Self { offset: 0, line: 1, column: 1 }
    }
}

impl WindowStart {
    /// Advances over zero bytes that were not read.
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

    /// Advances by the distance `other`.
    pub(super) fn pass(&mut self, other: &Self) {
        self.offset += other.offset;
        self.column = if other.line == 1 { self.column + other.column - 1 } else { other.column };
        self.line += other.line - 1;
    }

    pub(super) fn moved(&self, mut found: Match) -> Match {
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

/// Counts the characters that start in `bytes`. Partial sums of at most 255 fit into a byte each, so the loop stays
/// in vector registers; in a file with one line, this handles every byte.
fn characters(bytes: &[u8]) -> u64 {
    let starts = |part: &[u8]| part.iter().fold(0, |sum: u8, byte| sum.wrapping_add(u8::from(byte & 0xc0 != 0x80)));
    bytes.chunks(255).map(|part| u64::from(starts(part))).sum()
}
