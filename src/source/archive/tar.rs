//! tar: v7, ustar, pax and GNU. Headers about the next member are read to a limited length. Every member with content
//! is scanned, also one of an unknown type, as the standard requires.

use std::io::{self, BufRead, Read};

use bstr::ByteSlice as _;

use super::until::Exact;
use super::{Packed, PeekedContent, Unpacker, fill, reason};

const BLOCK: usize = 512;
/// The maximum length of a name or pax header in bytes; a longer one is scanned as content and otherwise ignored.
const MOST_HEADER: u64 = 1 << 20;

/// Whether content starts with a tar header: `ustar` at its offset, or a valid checksum of an older archive.
pub(super) fn is_header(head: &[u8]) -> bool {
    let block = head.get(..BLOCK).and_then(|head| <&Block>::try_from(head).ok());
    head.get(257..262) == Some(b"ustar") || block.is_some_and(|block| block[0] != 0 && checks(block))
}

type Block = [u8; BLOCK];

/// Whether the checksum is right. Some old writers summed signed bytes.
fn checks(block: &Block) -> bool {
    let Some(written) = octal(&block[148..156]) else { return false };
    let counted = block.iter().enumerate().map(|(at, &byte)| if (148..156).contains(&at) { b' ' } else { byte });
    let (unsigned, signed) = counted.fold((0, 0), |(unsigned, signed), byte| {
        (unsigned + u64::from(byte), signed + i64::from(i8::from_ne_bytes([byte])))
    });
    written == unsigned || i64::try_from(written).is_ok_and(|written| written == signed)
}

/// Parses an octal number that is padded with spaces and zero bytes.
fn octal(field: &[u8]) -> Option<u64> {
    let digits = field.trim_with(|c| matches!(c, ' ' | '\0')).as_bytes();
    let digits = digits.split(|byte| matches!(byte, b' ' | 0)).next().unwrap_or_default();
    if digits.is_empty() || !digits.iter().all(|digit| matches!(digit, b'0'..=b'7')) {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, digit| number.checked_mul(8)?.checked_add(u64::from(digit - b'0')))
}

/// Parses a size: octal, or GNU's big-endian format for larger numbers.
fn size(field: &[u8]) -> Option<u64> {
    let (first, rest) = field.split_first()?;
    match first {
        0x80 => rest.iter().try_fold(0_u64, |number, &byte| number.checked_mul(256)?.checked_add(byte.into())),
        _ if field.iter().all(|byte| matches!(byte, b' ' | 0)) => Some(0),
        _ => octal(field),
    }
}

fn text(field: &[u8]) -> &[u8] {
    field.split(|&byte| byte == 0).next().unwrap_or_default()
}

/// The values from extended headers before a member's own header.
#[derive(Default)]
struct ExtendedHeader {
    name: Option<Vec<u8>>,
    size: Option<u64>,
}

impl ExtendedHeader {
    /// Parses the records of a pax header: `<length> <key>=<value>\n`.
    fn pax(&mut self, mut records: &[u8]) {
        while let Some(space) = records.find_byte(b' ') {
            let length = records[..space].to_str().ok().and_then(|digits| digits.parse::<usize>().ok());
            let Some(record) =
                length.filter(|&length| length > space).and_then(|length| records.get(space + 1..length))
            else {
                return;
            };
            records = &records[space + 1 + record.len()..];
            let Some((key, value)) = record.trim_end_with(|c| c == '\n').split_once_str(b"=") else { continue };
            match key {
                b"path" | b"GNU.sparse.name" => self.name = Some(value.to_vec()),
                b"size" => self.size = value.to_str().ok().and_then(|digits| digits.parse().ok()),
                _ => {}
            }
        }
    }
}

/// Reads an archive to the end of the content.
pub(super) fn read(unpacker: &mut Unpacker<'_>, content: &mut dyn BufRead, at: &Packed) {
    let mut extra = ExtendedHeader::default();
    loop {
        let mut block = [0; BLOCK];
        let (length, error) = fill(content, &mut block);
        if let Some(error) = error {
            return unpacker.damaged(at, &error);
        }
        if block.iter().all(|&byte| byte == 0) {
            if length < BLOCK {
                return;
            }
            continue; // two of them end an archive; another may follow
        }
        let Some(size) = size(&block[124..136]).filter(|_| length == BLOCK && checks(&block)) else {
            unpacker.visitor.unopened(at, reason::CORRUPT);
            let mut rest = PeekedContent { head: &block[..length], error: None, rest: content };
            return unpacker.plain(&mut rest, at);
        };
        if !unpacker.counts(at) {
            return;
        }
        if let Err((at, error)) = entry(unpacker, content, at, &block, size, &mut extra) {
            return unpacker.damaged(&at, &error);
        }
    }
}

/// Reads one header and the data that belongs to it. The error has the member in which the content ended too early.
fn entry(
    unpacker: &mut Unpacker<'_>,
    content: &mut dyn BufRead,
    at: &Packed,
    block: &Block,
    size: u64,
    extra: &mut ExtendedHeader,
) -> Result<(), (Packed, io::Error)> {
    let failed = |error| (at.clone(), error);
    let kind = block[156];
    let is_named = extra.name.is_some();
    for (fields, is_read) in [
        (0..100, !is_named),
        (100..124, false),
        (265..345, false),
        (345..500, !is_named && is_ustar(block)),
        (500..512, false),
    ] {
        if !is_read {
            unpacker.fields(&block[fields], at);
        }
    }
    if matches!(kind, b'L' | b'K' | b'x' | b'X' | b'g') {
        let header = header(unpacker, content, at, (kind, size)).map_err(failed)?;
        match kind {
            b'L' => extra.name = Some(text(&header).to_vec()),
            b'K' => {
                unpacker.visitor.name(at, text(&header));
                unpacker.fields(&header[text(&header).len()..], at);
            }
            b'x' | b'X' => extra.pax(&header),
            _ => {}
        }
        return Ok(());
    }
    let ExtendedHeader { name, size: real } = std::mem::take(extra);
    let member = at.member(&name.unwrap_or_else(|| own_name(block)));
    unpacker.visitor.name(&member, member.member.as_ref().map_or(&[][..], |member| member.as_slice()));
    unpacker.visitor.name(&member, text(&block[157..257]));
    if matches!(kind, b'1'..=b'6') {
        return Ok(()); // links, devices, directories and FIFOs have no content, whatever size they name
    }
    if kind == b'S' && block[482] != 0 {
        sparse_map(unpacker, content, at).map_err(failed)?;
    }
    let size = real.unwrap_or(size);
    let mut inside = MemberContent { inner: Exact::new(content, size), end: Vec::new() };
    unpacker.content(&mut inside, &member);
    if io::copy(&mut inside, &mut io::sink()).is_err() {
        return Ok(()); // the visitor saw the same error; the next header is not there either
    }
    let end = inside.end;
    pad(unpacker, content, at, (size, &end)).map_err(|error| (member, error))
}

/// Skips the continuation blocks of GNU's map of a sparse file.
fn sparse_map(unpacker: &mut Unpacker<'_>, content: &mut dyn BufRead, at: &Packed) -> io::Result<()> {
    let mut block = [0; BLOCK];
    loop {
        content.read_exact(&mut block)?;
        unpacker.fields(&block, at);
        if block[504] == 0 {
            return Ok(());
        }
    }
}

/// Reads the content of an extended header, up to the limit. What is not a name is scanned, since a comment may
/// contain a key.
fn header(
    unpacker: &mut Unpacker<'_>,
    content: &mut dyn BufRead,
    at: &Packed,
    (kind, size): (u8, u64),
) -> io::Result<Vec<u8>> {
    let mut header = Vec::new();
    Exact::new(content, size.min(MOST_HEADER)).read_to_end(&mut header)?;
    let is_read = kind == b'K' && size <= MOST_HEADER;
    if !is_read {
        unpacker.fields(&header, at);
    }
    if size > MOST_HEADER {
        unpacker.visitor.unopened(at, reason::CORRUPT);
        let mut rest = Exact::new(content, size - MOST_HEADER);
        unpacker.plain(&mut rest, at);
        rest.finish()?;
        header.clear();
    }
    pad(unpacker, content, at, (size, &header[header.len().saturating_sub(BLOCK)..]))?;
    Ok(header)
}

/// The content of a member. Its last bytes are kept: if the size is a lie, the padding goes on with them.
struct MemberContent<'a> {
    inner: Exact<'a>,
    end: Vec<u8>,
}

impl Read for MemberContent<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let last = &buffer[count.saturating_sub(BLOCK)..count];
        let excess = (self.end.len() + last.len()).saturating_sub(BLOCK);
        self.end.drain(..excess);
        self.end.extend_from_slice(last);
        Ok(count)
    }
}

/// Reads the padding to a whole block, behind content of this size and with this end. A truncated padding is not an
/// error.
fn pad(
    unpacker: &mut Unpacker<'_>,
    content: &mut dyn BufRead,
    at: &Packed,
    (size, end): (u64, &[u8]),
) -> io::Result<()> {
    let rest = (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64;
    let mut padding = Vec::new();
    content.take(rest).read_to_end(&mut padding)?;
    if padding.iter().any(|&byte| byte != 0) {
        unpacker.fields(&[end, &padding].concat(), at);
    }
    Ok(())
}

fn is_ustar(block: &Block) -> bool {
    block[257..263] == *b"ustar\0"
}

/// The name in the header itself; ustar has the directories in a separate field.
fn own_name(block: &Block) -> Vec<u8> {
    let (name, prefix) = (text(&block[..100]), text(&block[345..500]));
    if is_ustar(block) && !prefix.is_empty() {
        return [prefix, b"/", name].concat();
    }
    name.to_vec()
}
