//! What a compressed format has beside its data, such as the name of a file or a comment. It is kept while the data is
//! decoded, and scanned afterwards.

use std::cell::{Cell, RefCell};
use std::io::{self, BufRead, Read};

/// How many bytes are kept for one content.
const MOST_KEPT: usize = 1 << 20;
/// Shorter fields are not kept: no key fits, and some formats have one in each block of their data.
const SHORTEST: usize = 16;

/// The fields that were read so far.
#[derive(Debug, Default)]
pub(super) struct AsideFields {
    kept: RefCell<Vec<u8>>,
    /// Whether there were more than can be kept.
    is_cut: Cell<bool>,
}

impl AsideFields {
    /// Reads a field of this length.
    pub(super) fn read(&self, from: &mut dyn BufRead, length: u64) -> io::Result<()> {
        let (mut kept, mut field) = (self.kept.borrow_mut(), Vec::new());
        let room = (MOST_KEPT.saturating_sub(kept.len()) as u64).min(length);
        from.take(room).read_to_end(&mut field)?;
        let rest = io::copy(&mut from.take(length - room), &mut io::sink())?;
        self.is_cut.set(self.is_cut.get() || rest > 0);
        let count = field.len() as u64 + rest;
        add(&mut kept, &field);
        if count < length { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }

    /// Reads a field that ends with a zero byte.
    pub(super) fn read_text(&self, from: &mut dyn BufRead) -> io::Result<()> {
        let (mut kept, mut field) = (self.kept.borrow_mut(), Vec::new());
        let room = MOST_KEPT.saturating_sub(kept.len()) as u64;
        from.take(room).read_until(0, &mut field)?;
        if field.last() != Some(&0) && from.skip_until(0)? > 0 {
            self.is_cut.set(true);
        }
        add(&mut kept, &field);
        Ok(())
    }

    /// The fields, one a line, and whether that is all.
    pub(super) fn into_text(self) -> (Vec<u8>, bool) {
        (self.kept.into_inner(), !self.is_cut.get())
    }
}

fn add(kept: &mut Vec<u8>, field: &[u8]) {
    if field.len() >= SHORTEST {
        kept.extend_from_slice(field);
        kept.push(b'\n');
    }
}
