//! Readers that end at a marker, or after a number of bytes.

use std::io::{self, BufRead, Read};

/// Returns the bytes before a marker, and then ends directly after it. The marker's end must not be equal to its
/// start.
pub(super) struct Until<'a> {
    inner: &'a mut dyn BufRead,
    mark: &'static [u8],
    /// How many bytes of the marker were consumed but not yet returned.
    held: usize,
    /// A range of the marker that must still be returned, because the whole marker did not follow.
    late: (usize, usize),
    found: bool,
}

impl<'a> Until<'a> {
    pub(super) fn new(inner: &'a mut dyn BufRead, mark: &'static [u8]) -> Self {
        Self { inner, mark, held: 0, late: (0, 0), found: false }
    }

    /// Skips the rest; returns whether the marker was found.
    pub(super) fn skip_to_mark(mut self) -> io::Result<bool> {
        io::copy(&mut self, &mut io::sink())?;
        Ok(self.found)
    }

    fn yield_late(&mut self, out: &mut [u8]) -> usize {
        let (start, end) = self.late;
        let count = out.len().min(end - start);
        out[..count].copy_from_slice(&self.mark[start..start + count]);
        self.late.0 += count;
        count
    }

    /// Continues to match the marker, whose start was already consumed.
    fn go_on(&mut self) -> io::Result<()> {
        let buffer = self.inner.fill_buf()?;
        let wanted = &self.mark[self.held..];
        let count = wanted.len().min(buffer.len());
        if count == 0 || buffer[..count] != wanted[..count] {
            self.late = (0, self.held);
            self.held = 0;
        } else {
            self.inner.consume(count);
            self.held += count;
            self.found = self.held == self.mark.len();
        }
        Ok(())
    }
}

impl Read for Until<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while !self.found && !out.is_empty() {
            if self.late.0 < self.late.1 {
                return Ok(self.yield_late(out));
            }
            if self.held > 0 {
                self.go_on()?;
                continue;
            }
            let buffer = self.inner.fill_buf()?;
            if buffer.is_empty() {
                return Ok(0);
            }
            let free = length_before(buffer, self.mark);
            if free == 0 {
                self.go_on()?;
                continue;
            }
            let count = free.min(out.len());
            out[..count].copy_from_slice(&buffer[..count]);
            self.inner.consume(count);
            return Ok(count);
        }
        Ok(0)
    }
}

/// How many bytes come before a marker, or before its start at the end of `bytes`.
pub(super) fn length_before(bytes: &[u8], mark: &[u8]) -> usize {
    memchr::memmem::find(bytes, mark).unwrap_or_else(|| {
        let most = (mark.len() - 1).min(bytes.len());
        let start = (1..=most).rev().find(|&length| bytes.ends_with(&mark[..length]));
        bytes.len() - start.unwrap_or(0)
    })
}

/// Counts a marker in bytes that come in parts.
pub(super) struct MarkSearch {
    mark: &'static [u8],
    /// The last bytes of the parts so far, fewer than the marker has.
    tail: Vec<u8>,
    /// How often it was found.
    pub(super) count: u64,
}

impl MarkSearch {
    pub(super) fn new(mark: &'static [u8]) -> Self {
        Self { mark, tail: Vec::new(), count: 0 }
    }

    /// Looks at the next part.
    pub(super) fn look_at(&mut self, part: &[u8]) {
        let most = self.mark.len() - 1;
        self.tail.extend_from_slice(&part[..part.len().min(most)]);
        // Neither side of the border is long enough for a whole marker, so none is counted twice.
        let count = |bytes: &[u8]| memchr::memmem::find_iter(bytes, self.mark).count() as u64;
        self.count += count(&self.tail) + count(part);
        if part.len() > most {
            self.tail.clear();
            self.tail.extend_from_slice(&part[part.len() - most..]);
        }
        self.tail.drain(..self.tail.len().saturating_sub(most));
    }
}

/// Returns exactly this many bytes; it is an error if the content ends before.
pub(super) struct Exact<'a> {
    inner: &'a mut dyn BufRead,
    left: u64,
}

impl<'a> Exact<'a> {
    pub(super) fn new(inner: &'a mut dyn BufRead, left: u64) -> Self {
        Self { inner, left }
    }

    /// Skips the rest.
    pub(super) fn finish(mut self) -> io::Result<()> {
        io::copy(&mut self, &mut io::sink()).map(drop)
    }
}

impl Read for Exact<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let buffer = self.fill_buf()?;
        let count = buffer.len().min(out.len());
        out[..count].copy_from_slice(&buffer[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Exact<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return Ok(&[]);
        }
        let buffer = self.inner.fill_buf()?;
        if buffer.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let count = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        Ok(&buffer[..count])
    }

    fn consume(&mut self, count: usize) {
        self.left -= count as u64;
        self.inner.consume(count);
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Read as _};

    use super::{Exact, MarkSearch, Until};

    #[test]
    fn marks_are_counted_in_parts_of_any_length() {
        for length in 1..12 {
            for (text, count) in [("ab /En/Encrypt c/Encrypt", 2), ("/Encrypt", 1), ("/Encryp t /E ncrypt", 0)] {
                let mut search = MarkSearch::new(b"/Encrypt");
                text.as_bytes().chunks(length).for_each(|part| search.look_at(part));
                assert_eq!(search.count, count, "{text} in parts of {length}");
            }
        }
    }

    #[test]
    fn a_mark_is_found_wherever_the_buffer_ends() {
        for capacity in 1..12 {
            for (text, before, after) in
                [("ab PPKP PK+c", "ab P", "P PK+c"), ("no mark P", "no mark P", ""), ("PK", "", ""), ("", "", "")]
            {
                let mut reader = BufReader::with_capacity(capacity, text.as_bytes());
                let (mut head, mut tail) = (String::new(), String::new());
                Until::new(&mut reader, b"PK").read_to_string(&mut head).unwrap();
                reader.read_to_string(&mut tail).unwrap();
                assert_eq!((head.as_str(), tail.as_str()), (before, after), "{capacity}");
            }
        }
    }

    #[test]
    fn content_that_ends_early_is_an_error_behind_what_there_is() {
        let mut reader = BufReader::with_capacity(3, &b"abcdef"[..]);
        let mut text = Vec::new();
        assert!(Exact::new(&mut reader, 4).read_to_end(&mut text).is_ok());
        assert!(Exact::new(&mut reader, 4).read_to_end(&mut text).is_err());
        assert_eq!((text.as_slice(), reader.fill_buf().unwrap()), (&b"abcdef"[..], &b""[..]));
    }
}
