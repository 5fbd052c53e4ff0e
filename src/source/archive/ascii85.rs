//! Decoding ASCII85, in which some programs write the compressed streams of a PDF.

use std::io::{self, BufRead, Read};

use super::inflate::corrupt;

/// The bytes that a text in ASCII85 stands for. It ends where the text does.
pub(super) struct Ascii85<R> {
    inner: R,
    /// The digits of an unfinished group, and how many there are.
    group: u32,
    digits: usize,
    /// Bytes that must still be returned: the last ones of the array.
    ready: ([u8; 4], usize),
}

impl<R: BufRead> Ascii85<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, group: 0, digits: 0, ready: ([0; 4], 0) }
    }

    /// Decodes the next group; `false` at the end.
    fn decode(&mut self) -> io::Result<bool> {
        while let Some(&byte) = self.inner.fill_buf()?.first() {
            self.inner.consume(1);
            match byte {
                b'!'..=b'u' => self.add(byte - b'!')?,
                b'z' if self.digits == 0 => {
                    self.ready = ([0; 4], 4);
                    return Ok(true);
                }
                byte if byte.is_ascii_whitespace() || byte == 0 => {}
                _ => return Err(corrupt("a character is not one of ASCII85")),
            }
            if self.digits == 5 {
                self.finish(4);
                return Ok(true);
            }
        }
        // Of a group that is cut short, one digit less than there are is for bytes.
        let Some(length) = self.digits.checked_sub(1).filter(|length| *length > 0) else { return Ok(false) };
        while self.digits < 5 {
            self.add(84)?;
        }
        self.finish(length);
        Ok(true)
    }

    fn add(&mut self, digit: u8) -> io::Result<()> {
        let group = u64::from(self.group) * 85 + u64::from(digit);
        self.group = u32::try_from(group).map_err(|_| corrupt("a group of ASCII85 is too large"))?;
        self.digits += 1;
        Ok(())
    }

    /// Ends a group of this many bytes.
    fn finish(&mut self, length: usize) {
        let mut bytes = self.group.to_be_bytes();
        bytes.rotate_left(length);
        self.ready = (bytes, length);
        (self.group, self.digits) = (0, 0);
    }
}

impl<R: BufRead> Read for Ascii85<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() || self.ready.1 == 0 && !self.decode()? {
            return Ok(0);
        }
        let (bytes, left) = &mut self.ready;
        let count = buffer.len().min(*left);
        let start = bytes.len() - *left;
        buffer[..count].copy_from_slice(&bytes[start..start + count]);
        *left -= count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::Ascii85;

    #[test]
    fn texts_are_decoded_and_others_refused() {
        for (text, wanted) in [
            ("", Some("")),
            ("87cURD]i,\"Ebo80", Some("Hello World!")),
            ("87cUR\n D]i,\"Ebo7", Some("Hello World")),
            ("z87cUR", Some("\0\0\0\0Hell")),
            ("87cURD]", Some("Hello")),
            ("8", Some("")),
            ("87v", None),
            ("s8W-\"", None),
        ] {
            let mut out = Vec::new();
            let read = Ascii85::new(text.as_bytes()).read_to_end(&mut out);
            assert_eq!(read.is_ok(), wanted.is_some(), "{text}");
            assert!(wanted.is_none_or(|wanted| wanted.as_bytes() == out), "{text}: {out:?}");
        }
    }
}
