//! PDF: each stream that is compressed with Flate is unpacked. Streams are found by their first bytes, so the
//! cross-reference table and the dictionaries may be damaged.

use std::io::{self, BufRead, BufReader, Read};

use super::ascii85::Ascii85;
use super::inflate::Inflate;
use super::until::{MarkSearch, Until};
use super::{BUFFER, Packed, Unpacker, reason};
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
        let mut between = KeywordWatcher {
            inner: Until::new(content, b"stream"),
            encrypt: MarkSearch::new(b"/Encrypt"),
            ascii85: MarkSearch::new(b"/ASCII85Decode"),
        };
        // The document's own text was already scanned, unless it is inside an archive.
        if unpacker.is_unseen(at) {
            unpacker.plain(&mut between, at);
        }
        io::copy(&mut between, &mut io::sink())?;
        is_encrypted |= between.encrypt.count > 0;
        if !between.inner.skip_to_mark()? {
            break;
        }
        let is_ascii85 = between.ascii85.count > 0;
        let is_compressed = is_flate(content)?;
        if !is_compressed && !is_ascii85 {
            continue;
        }
        number += 1;
        if !unpacker.counts(at) {
            return Ok(());
        }
        let member = at.member(format!("stream {number}").as_bytes()).packed_in(Layer::Zlib);
        let result = if is_compressed {
            let mut inflate = unpacker.metered(Inflate::zlib(&mut *content));
            unpacker.visitor.content(&member, &mut inflate)
        } else {
            ascii85(unpacker, content, &member)
        };
        if let Err(error) = result
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

/// Reads a stream in ASCII85, which may be compressed below that.
fn ascii85(unpacker: &mut Unpacker<'_>, content: &mut dyn BufRead, member: &Packed) -> io::Result<()> {
    if content.fill_buf()?.starts_with(b"<~") {
        content.consume(2);
    }
    let text = BufReader::with_capacity(BUFFER, Until::new(content, b"~>"));
    let mut bytes = BufReader::with_capacity(BUFFER, unpacker.metered(Ascii85::new(text)));
    if is_flate(&mut bytes)? {
        let mut inflate = unpacker.metered(Inflate::zlib(bytes));
        unpacker.visitor.content(member, &mut inflate)
    } else {
        unpacker.visitor.content(member, &mut bytes)
    }
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

/// A reader that watches for keywords of encrypted documents and streams.
struct KeywordWatcher<'a> {
    inner: Until<'a>,
    encrypt: MarkSearch,
    ascii85: MarkSearch,
}

impl Read for KeywordWatcher<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.encrypt.look_at(&buffer[..count]);
        self.ascii85.look_at(&buffer[..count]);
        Ok(count)
    }
}
