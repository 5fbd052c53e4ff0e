//! Which lines of a new version were there before.

use std::ops::Range;

use imara_diff::{Algorithm, Diff, InternedInput, TokenSource};

/// The lines of content, without their ends: a file whose line ends alone change has no new line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lines<'a>(&'a [u8]);

impl<'a> Lines<'a> {
    pub(super) fn of(content: &'a [u8]) -> Self {
        Self(content)
    }

    /// The numbers, from 0, of the lines that `span` touches.
    pub(super) fn touched(self, span: &Range<usize>) -> Range<u32> {
        let ends = |to: usize| {
            let mut rest = &self.0[..to.min(self.0.len())];
            let mut lines = 0;
            while let Some((_, after)) = split(rest).filter(|(line, after)| line.len() + after.len() < rest.len()) {
                lines += 1;
                rest = after;
            }
            lines
        };
        ends(span.start)..ends(span.end.saturating_sub(1).max(span.start)) + 1
    }
}

/// The first line and what follows its end (`\n`, `\r\n` or `\r`).
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    if bytes.is_empty() {
        return None;
    }
    match memchr::memchr2(b'\n', b'\r', bytes) {
        None => Some((bytes, &[])),
        Some(at) => {
            let end = if bytes[at..].starts_with(b"\r\n") { at + 2 } else { at + 1 };
            Some((&bytes[..at], &bytes[end..]))
        }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (line, rest) = split(self.0)?;
        self.0 = rest;
        Some(line)
    }
}

impl<'a> TokenSource for Lines<'a> {
    type Token = &'a [u8];
    type Tokenizer = Self;

    fn tokenize(&self) -> Self::Tokenizer {
        *self
    }

    fn estimate_tokens(&self) -> u32 {
        u32::try_from(self.0.len() / 40).unwrap_or(u32::MAX)
    }
}

/// An old version next to the new one.
#[derive(Debug)]
pub(super) struct Compared {
    diff: Diff,
    old_lines: u32,
    new_lines: u32,
}

impl Compared {
    pub(super) fn new(old: &[u8], new: &[u8]) -> Self {
        let input = InternedInput::new(Lines::of(old), Lines::of(new));
        let (old_lines, new_lines) = (input.before.len() as u32, input.after.len() as u32);
        Self { diff: Diff::compute(Algorithm::Histogram, &input), old_lines, new_lines }
    }

    /// Whether all these lines of the new version stand unchanged in the old one.
    pub(super) fn has(&self, lines: Range<u32>) -> bool {
        lines.end <= self.new_lines && lines.into_iter().all(|line| !self.diff.is_added(line))
    }

    /// How much of the larger version both share, in percent of its lines.
    pub(super) fn similarity(&self) -> u32 {
        let kept = self.new_lines - self.diff.count_additions();
        let larger = self.old_lines.max(self.new_lines).max(1);
        kept * 100 / larger
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_at_every_kind_of_end() {
        let text = b"a\nb\r\nc\rd";
        assert_eq!(Lines::of(text).collect::<Vec<_>>(), [b"a", b"b", b"c", b"d"]);
        for (span, lines) in [(0..1, 0..1), (2..3, 1..2), (5..6, 2..3), (7..8, 3..4), (0..8, 0..4), (5..5, 2..3)] {
            assert_eq!(Lines::of(text).touched(&span), lines, "{span:?}");
        }
    }

    #[test]
    fn a_line_is_old_if_the_old_version_has_it_at_its_place() {
        for (old, new, line, was_there) in [
            ("a\nkey\nb\n", "x\na\nkey\nb\n", 2, true),
            ("a\nkey\nb\n", "a\nkey # x\nb\n", 1, false),
            ("a\nkey\nb\n", "a\r\nkey\r\nb", 1, true),
            ("a\n", "a\nkey", 1, false),
            ("key", "key\nmore", 0, true),
            ("", "key", 0, false),
        ] {
            let compared = Compared::new(old.as_bytes(), new.as_bytes());
            assert_eq!(compared.has(line..line + 1), was_there, "{old:?} -> {new:?}");
        }
    }
}
