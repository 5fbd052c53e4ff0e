//! Markup and binary formats between two parts of a text: tags, invisible characters, SQLite pages, PDF kerning.

use super::code;
use super::part::{Glue, strong};
use super::wrapped::{line_end, wrapped};

/// The maximum length within markup in bytes; a word processor writes font names there.
pub(super) const LONGEST_MARKUP: usize = 640;

/// Tags and the blanks between them: `<wbr>`, `</w:t></w:r><w:r><w:t>`, and tags for syntax colouring.
pub(super) fn tags(text: &[u8], end: usize) -> Option<Glue> {
    let limit = text.len().min(end + LONGEST_MARKUP);
    let mut at = end;
    while let Some(length) = code::tag(&text[at..limit]) {
        at += length;
        let spaces = text[at..limit].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let breaks = &text[at..at + spaces];
        // A line end after a tag belongs to the page's source.
        if text.get(at + spaces) == Some(&b'<') || breaks.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
            at += spaces;
        }
    }
    (at > end).then_some(Glue { range: end..at, is_strong: false })
}

/// Invisible characters: soft hyphens and zero-width spaces, as bytes or as entities.
pub(super) fn unseen(text: &[u8], end: usize) -> Option<Glue> {
    const CHARACTERS: &[&[u8]] = &[
        b"\xc2\xad",
        b"\xe2\x80\x8b",
        b"\xe2\x80\x8c",
        b"\xe2\x80\x8d",
        b"\xe2\x81\xa0",
        b"\xef\xbb\xbf",
        b"&shy;",
        b"&#173;",
        b"&#xad;",
        b"&#xAD;",
        b"&#8203;",
        b"&#8204;",
        b"&#8205;",
        b"&#8288;",
        b"&#x200b;",
        b"&#x200B;",
        b"&#x200c;",
        b"&#x200d;",
        b"&#x2060;",
        b"&zwnj;",
        b"&zwj;",
        b"&NoBreak;",
        b"&ZeroWidthSpace;",
        b"<wbr>",
        b"<wbr/>",
        b"<wbr />",
    ];
    /// The maximum number in a row.
    const MOST: usize = 16;
    let mut at = end;
    for _ in 0..MOST {
        let Some(found) = CHARACTERS.iter().find(|character| text[at..].starts_with(character)) else { break };
        at += found.len();
    }
    if at > end && line_end(&text[at..]) > 0 {
        return wrapped(text, at, line_end(&text[at..])).map(|glue| Glue { range: end..glue.range.end, ..glue });
    }
    (at > end).then_some(()).and_then(|()| strong(end..at))
}

/// A row in SQLite that continues on an overflow page: here is the page's number, and there the next page's number.
pub(super) fn linked(text: &[u8], end: usize) -> Option<Glue> {
    const MAGIC: &[u8] = b"SQLite format 3\0";
    const LINK: usize = 4;
    let number = u32::from_be_bytes(*text[end..].first_chunk::<LINK>()?);
    let start = if text.starts_with(MAGIC) {
        let size = match u16::from_be_bytes([*text.get(16)?, *text.get(17)?]) {
            1 => 1 << 16,
            size => usize::from(size),
        };
        (number as usize).checked_sub(1)?.checked_mul(size)?.checked_add(LINK)?
    } else {
        // For a part of a file it is only known that pages follow each other, and about how many there are.
        (number < 1 << 20).then_some(end + LINK)?
    };
    // The parts may be in another order, and the search continues at the end of this range.
    (number > 0 && start < text.len()).then_some(()).and_then(|()| strong(end..start))
}

/// Text of a PDF page with a kerning number: `(sk-)-12(rest)`.
pub(super) fn kerned(text: &[u8], end: usize) -> Option<Glue> {
    let moves = text[end + 1..].iter().take(12);
    let moved = moves.take_while(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'.' | b' ')).count();
    let next = end + 1 + moved;
    (text.get(next) == Some(&b'(')).then_some(()).and_then(|()| strong(end..next + 1))
}
