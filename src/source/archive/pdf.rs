//! PDF: each stream that is compressed with Flate is unpacked. Streams are found by their first bytes, so the
//! cross-reference table and the dictionaries may be damaged.

use std::io::{self, BufRead, Read};

use super::inflate::Inflate;
use super::until::{MarkSearch, Until};
use super::{Packed, Unpacker, reason};
use crate::core::finding::Layer;

/// Reads a document to the end of the content.
pub(super) fn read(unpacker: &mut Unpacker<'_>, content: &mut dyn BufRead, at: &Packed) {
    if let Err(error) = streams(unpacker, content, at) {
        unpacker.damaged(at, &error);
    }
}

fn streams(unpacker: &mut Unpacker<'_>, content: &mut dyn BufRead, at: &Packed) -> io::Result<()> {
    let mut number = 0_u64;
    let mut is_encrypted = false;
    loop {
        let mut between =
            EncryptionWatcher { inner: Until::new(content, b"stream"), keyword: MarkSearch::new(b"/Encrypt") };
        // The document's own text was already scanned, unless it is inside an archive.
        if unpacker.is_unseen(at) {
            unpacker.plain(&mut between, at);
        }
        io::copy(&mut between, &mut io::sink())?;
        is_encrypted |= between.keyword.count > 0;
        if !between.inner.skip_to_mark()? {
            break;
        }
        if !is_flate(content)? {
            continue;
        }
        number += 1;
        if !unpacker.counts(at) {
            return Ok(());
        }
        let member = at.member(format!("stream {number}").as_bytes()).packed_in(Layer::Zlib);
        let mut inflate = unpacker.metered(Inflate::zlib(&mut *content));
        if let Err(error) = unpacker.visitor.content(&member, &mut inflate)
            && !is_encrypted
        {
            unpacker.damaged(&member, &error);
        }
        if unpacker.budget.is_exceeded.get() {
            return Ok(());
        }
    }
    if is_encrypted {
        unpacker.visitor.unopened(at, reason::ENCRYPTED);
    }
    Ok(())
}

/// Whether a zlib header follows the end of the line.
fn is_flate(content: &mut dyn BufRead) -> io::Result<bool> {
    for end in [b' ', b'\r', b'\n'] {
        if content.fill_buf()?.first() == Some(&end) {
            content.consume(1);
        }
    }
    // If the header is split by the end of the buffer, the second byte is read too.
    let buffer = content.fill_buf()?;
    Ok(match buffer {
        [first, second, ..] => first & 0x0f == 8 && u16::from_be_bytes([*first, *second]).is_multiple_of(31),
        [first] => *first == 0x78 || *first == 0x48 || *first == 0x58 || *first == 0x68,
        [] => false,
    })
}

/// A reader that watches for the keyword of encrypted documents.
struct EncryptionWatcher<'a> {
    inner: Until<'a>,
    keyword: MarkSearch,
}

impl Read for EncryptionWatcher<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.keyword.look_at(&buffer[..count]);
        Ok(count)
    }
}
