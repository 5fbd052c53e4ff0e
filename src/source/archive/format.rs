//! Detecting compression and archive formats by the first bytes of content, or by its name.

use bstr::{BStr, ByteSlice as _};

use super::inflate;
use super::reason;
use super::tar;
use crate::core::finding::Layer;

/// The compression or archive format of content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// A format that is opened.
    Known(Layer),
    /// A format that is not opened; the reason names it.
    Unopened(&'static str),
}

/// The first bytes of formats that are not opened. (Formats that store content uncompressed, such as SQLite or OLE
/// documents, are not in this list: their bytes are scanned.)
const UNOPENED: &[(&[u8], &str)] = &[
    (b"7z\xbc\xaf\x27\x1c", "unsupported format: 7z"),
    (b"Rar!\x1a\x07", "unsupported format: rar"),
    (b"# v2 git bundle\n", "unsupported format: git bundle; clone it and run keysweep history"),
    (b"# v3 git bundle\n", "unsupported format: git bundle; clone it and run keysweep history"),
    (b"PACK\0\0\0\x02", "unsupported format: git pack; run keysweep history on its repository"),
    (b"\x1e\xb5\x2f\xfd", OLD_ZSTD),
    (b"\x22\xb5\x2f\xfd", OLD_ZSTD),
    (b"\x23\xb5\x2f\xfd", OLD_ZSTD),
    (b"\x24\xb5\x2f\xfd", OLD_ZSTD),
    (b"\x25\xb5\x2f\xfd", OLD_ZSTD),
    (b"\x26\xb5\x2f\xfd", OLD_ZSTD),
    (b"\x27\xb5\x2f\xfd", OLD_ZSTD),
    (b"!<arch>\ndebian-binary", "unsupported format: deb"),
    (b"MSCF\0\0\0\0", "unsupported format: cab"),
    (b"\x04\x22\x4d\x18", "unsupported format: lz4"),
    (b"\x02\x21\x4c\x18", "unsupported format: lz4"),
    (b"LZIP\x01", "unsupported format: lzip"),
    (b"\x89LZO\0\r\n\x1a\n", "unsupported format: lzop"),
    (b"\xff\x06\0\0sNaPpY", "unsupported format: snappy"),
    (b"\x1f\x9d", "unsupported format: compress"),
    (b"\x1f\xa0", "unsupported format: compress"),
    (b"\xed\xab\xee\xdb", "unsupported format: rpm"),
    (b"xar!\0", "unsupported format: xar"),
    (b"hsqs", "unsupported format: squashfs"),
    (b"sqsh", "unsupported format: squashfs"),
    (b"age-encryption.org/v", reason::ENCRYPTED),
    (b"-----BEGIN PGP MESSAGE-----", reason::ENCRYPTED),
    (b"-----BEGIN AGE ENCRYPTED FILE-----", reason::ENCRYPTED),
    (b"$ANSIBLE_VAULT;", reason::ENCRYPTED),
    (b"\0GITCRYPT\0", reason::ENCRYPTED),
    (b"Salted__", reason::ENCRYPTED),
];

const OLD_ZSTD: &str = "unsupported format: zstd of before version 0.8";
const LZMA: &str = "unsupported format: lzma";

/// How many bytes at the start of content are needed to detect its format.
pub const HEAD: usize = 512;

/// The format of content that starts with these bytes; `None` if it is not packed.
pub fn kind(head: &[u8]) -> Option<Container> {
    let layer = match head {
        [0x1f, 0x8b, 8, ..] => Layer::Gzip,
        [b'P', b'K', 3, 4, ..] => Layer::Zip,
        // A marker of archives that are, or might have been, split.
        [b'P', b'K', 7, 8, b'P', b'K', 3, 4, ..] | [b'P', b'K', b'0', b'0', b'P', b'K', 3, 4, ..] => Layer::Zip,
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..] => Layer::Bzip2,
        // An empty stream, which another may follow.
        [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, ..] => Layer::Bzip2,
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Layer::Xz,
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Layer::Zstd,
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Layer::Png,
        // Readers accept a byte-order mark or empty lines before it.
        _ if head.trim_start_with(|c| c.is_whitespace() || c == '\u{feff}').starts_with(b"%PDF-") => Layer::Pdf,
        _ if tar::is_header(head) => Layer::Tar,
        _ if inflate::is_zlib(head) => Layer::Zlib,
        _ if is_lzma(head) => return Some(Container::Unopened(LZMA)),
        _ => {
            let is_start = |(magic, _): &&(&[u8], &str)| head.first() == magic.first() && head.starts_with(magic);
            return UNOPENED.iter().find(is_start).map(|(_, reason)| Container::Unopened(reason));
        }
    };
    Some(Container::Known(layer))
}

/// Whether this is the header of LZMA without a container: the usual properties, the size of the dictionary, and that
/// of the data, if it is known. Only these have no fixed bytes.
fn is_lzma(head: &[u8]) -> bool {
    let Some(([0x5d, dictionary @ .., a, b, c, d, e, f, g, h], rest)) = head.split_first_chunk::<13>() else {
        return false;
    };
    let dictionary = u32::from_le_bytes(*dictionary);
    let length = u64::from_le_bytes([*a, *b, *c, *d, *e, *f, *g, *h]);
    let is_round = dictionary >= 1 << 12 && (dictionary.is_power_of_two() || (dictionary / 3).is_power_of_two());
    // The range coder's first byte is always zero.
    is_round && (length == u64::MAX || length < 1 << 38) && rest.first() == Some(&0)
}

/// Why content with this name is not opened, for formats without characteristic first bytes.
pub fn unopened_by_name(path: &BStr) -> Option<&'static str> {
    let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    let extension = &name[name.rfind_byte(b'.')? + 1..];
    let names = [("br", "unsupported format: brotli"), ("lzma", LZMA)];
    names.iter().find(|(own, _)| extension.eq_ignore_ascii_case(own.as_bytes())).map(|(_, reason)| *reason)
}
