//! PNG: the text chunks, compressed or not, in which image tools store prompts, workflows and settings, and chunks of
//! unknown kinds. Each is scanned by itself: in the file, the checksum behind it could be taken for a part of a key.

use std::io::{self, BufRead, BufReader, Read as _};

use super::inflate::Inflate;
use super::until::Exact;
use super::{AsideFields, BUFFER, Packed, Unpacker};
use crate::core::finding::Layer;

/// The maximum length of a keyword (79 bytes) with its terminator.
const MOST_KEYWORD: u64 = 80;

/// The length of the checksum at the end of a chunk.
const CHECKSUM: u64 = 4;

/// Reads an image to the end of the content.
pub(super) fn read(unpacker: &mut Unpacker<'_>, content: &mut dyn BufRead, at: &Packed) {
    if let Err(error) = chunks(unpacker, content, at) {
        unpacker.damaged(at, &error);
    }
}

fn chunks(unpacker: &mut Unpacker<'_>, content: &mut dyn BufRead, at: &Packed) -> io::Result<()> {
    let mut signature = [0; 8];
    content.read_exact(&mut signature)?;
    loop {
        if content.fill_buf()?.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut start = [0; 8];
        content.read_exact(&mut start)?;
        let [a, b, c, d, kind @ ..] = start;
        let length = u64::from(u32::from_be_bytes([a, b, c, d]));
        if matches!(&kind, b"IDAT" | b"fdAT") {
            pixels(unpacker, &start, Exact::new(content, length + CHECKSUM), at)?;
            continue;
        }
        let mut chunk = Exact::new(content, length);
        match &kind {
            b"zTXt" | b"iTXt" | b"tEXt" | b"eXIf" | b"iCCP" => text(unpacker, &mut chunk, at, kind)?,
            _ if !chunk.fill_buf()?.is_empty() => unpacker.visitor.between(at, &mut chunk)?,
            _ => {}
        }
        chunk.finish()?;
        Exact::new(content, CHECKSUM).finish()?;
        if &kind == b"IEND" {
            if unpacker.is_unseen(at) && !content.fill_buf()?.is_empty() {
                unpacker.plain(content, at);
            }
            return Ok(());
        }
    }
}

/// Most of an image: scanned with what is around them, as in a file, and there not once more.
fn pixels(unpacker: &mut Unpacker<'_>, start: &[u8], mut chunk: Exact<'_>, at: &Packed) -> io::Result<()> {
    if unpacker.is_unseen(at) {
        unpacker.visitor.between(at, &mut start.chain(&mut chunk))?;
    }
    chunk.finish()
}

fn text(unpacker: &mut Unpacker<'_>, chunk: &mut Exact<'_>, at: &Packed, kind: [u8; 4]) -> io::Result<()> {
    let (mut keyword, mut is_packed) = (Vec::new(), false);
    if &kind != b"eXIf" {
        chunk.take(MOST_KEYWORD).read_until(0, &mut keyword)?;
    }
    if keyword.pop_if(|last| *last == 0).is_none() {
        // There is no keyword: all of it is text.
        unpacker.plain(&mut keyword.as_slice().chain(chunk), &at.member(&kind));
        return Ok(());
    }
    let member = at.member(if keyword.is_empty() { &kind } else { keyword.as_slice() });
    unpacker.visitor.name(&member, &keyword);
    match &kind {
        b"zTXt" | b"iCCP" => {
            let mut method = [0; 1];
            chunk.read_exact(&mut method)?;
            is_packed = method == [0];
        }
        b"iTXt" => {
            let mut flags = [0; 2];
            chunk.read_exact(&mut flags)?;
            is_packed = flags == [1, 0];
            let aside = AsideFields::default();
            for _ in 0..2 {
                aside.read_text(chunk)?; // its language, and the keyword in that
            }
            unpacker.aside(aside, &member);
        }
        _ => {}
    }
    if is_packed {
        let mut packed = BufReader::with_capacity(BUFFER, chunk);
        let mut inflate = unpacker.metered(Inflate::zlib(&mut packed));
        unpacker.plain(&mut inflate, &member.packed_in(Layer::Zlib));
    } else {
        unpacker.plain(chunk, &member);
    }
    Ok(())
}
