//! Looking into compressed files and archives, inside each other too, as streams: what is packed in content is
//! handed to a [`Visitor`], which scans it. Nothing is held in memory but decoders' windows and names of bounded length.
//!
//! What cannot be opened is told apart: encrypted, damaged, or of a kind that nothing here opens. What decodes before
//! a damage is handed over all the same. What grows out of all proportion ends the unpacking.

mod inflate;
mod pdf;
mod png;
mod tar;
mod until;
mod zip;
mod zstd;

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::rc::Rc;

use bstr::{BStr, BString, ByteSlice as _};

use crate::core::finding::Layer;
use inflate::{Gzip, Inflate};
use zstd::Zstd;

pub use zip::is_behind_prefix;

pub use crate::core::coverage::unopened as reason;
pub use crate::policy::config::ArchiveLimits as Limits;

/// What content is packed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// One that is opened.
    Known(Layer),
    /// One that is not; the reason names it.
    Unopened(&'static str),
}

/// First bytes of what is not opened. (What holds its content as it is, such as SQLite or an OLE document, is no
/// container here: its bytes are scanned.)
const UNOPENED: &[(&[u8], &str)] = &[
    (b"7z\xbc\xaf\x27\x1c", "unsupported format: 7z"),
    (b"Rar!\x1a\x07", "unsupported format: rar"),
    (b"# v2 git bundle\n", "unsupported format: git bundle; clone it and run keysweep history"),
    (b"# v3 git bundle\n", "unsupported format: git bundle; clone it and run keysweep history"),
    (b"PACK\0\0\0\x02", "unsupported format: git pack; run keysweep history on its repository"),
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

/// So much of the start of content decides what it is.
pub const HEAD: usize = 512;

/// What content with this beginning is packed in.
pub fn kind(head: &[u8]) -> Option<Container> {
    let layer = match head {
        [0x1f, 0x8b, 8, ..] => Layer::Gzip,
        [b'P', b'K', 3, 4, ..] => Layer::Zip,
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..] => Layer::Bzip2,
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Layer::Xz,
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Layer::Zstd,
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Layer::Png,
        _ if head.starts_with(b"%PDF-") => Layer::Pdf,
        _ if tar::is_header(head) => Layer::Tar,
        _ if inflate::is_zlib(head) => Layer::Zlib,
        _ => {
            let is_start = |(magic, _): &&(&[u8], &str)| head.starts_with(magic);
            return UNOPENED.iter().find(is_start).map(|(_, reason)| Container::Unopened(reason));
        }
    };
    Some(Container::Known(layer))
}

/// Why content of this name is not opened, for formats that no first bytes tell.
pub fn unopened_by_name(path: &BStr) -> Option<&'static str> {
    let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    let extension = name.rfind_byte(b'.').map(|dot| name[dot + 1..].to_ascii_lowercase())?;
    match extension.as_slice() {
        b"br" => Some("unsupported format: brotli"),
        b"lzma" => Some("unsupported format: lzma"),
        _ => None,
    }
}

/// Where unpacked content stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packed {
    /// What it was unpacked from, outermost first.
    pub layers: Vec<Layer>,
    /// Its path inside the archive; `None` for the content of a compressed file.
    pub member: Option<BString>,
}

impl Packed {
    /// A member of this archive. Its name is bytes: `/` joins it to the member that is an archive itself.
    fn member(&self, name: &[u8]) -> Self {
        let mut path = self.member.clone().unwrap_or_default();
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(name.trim_start_with(|c| c == '/'));
        Self { layers: self.layers.clone(), member: Some(path) }
    }

    fn packed_in(&self, layer: Layer) -> Self {
        let layers = self.layers.iter().copied().chain([layer]).collect();
        Self { layers, member: self.member.clone() }
    }
}

/// What looks at unpacked content.
pub trait Visitor {
    /// Content to read to its end, or to the first error, which is to be returned.
    fn content(&mut self, at: &Packed, content: &mut dyn Read) -> io::Result<()>;
    /// The name of a member, a directory or a link's target.
    fn name(&mut self, at: &Packed, name: &[u8]);
    /// Something that was not opened, or not to its end.
    fn unopened(&mut self, at: &Packed, reason: &'static str);
}

/// It unpacks to far more than its size: a decompression bomb, or as good as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

/// Unpacks content of a known `layer` and `size` bytes. A zip is looked at wherever it starts in the content.
pub fn unpack(
    layer: Layer,
    content: impl Read + Seek,
    size: u64,
    limits: Limits,
    visitor: &mut dyn Visitor,
) -> Result<(), TooLarge> {
    let mut unpacker = Unpacker::new(size, limits, visitor);
    let at = Packed::default().packed_in(layer);
    let mut content = BufReader::with_capacity(BUFFER, content);
    if layer == Layer::Zip {
        zip::seekable(&mut unpacker, &mut content, &at);
    } else if content.seek(SeekFrom::Start(0)).is_ok() {
        unpacker.is_seen = true;
        unpacker.open(layer, &mut content, &at);
    }
    unpacker.result()
}

/// Unpacks content that can be read but once; what is no container is handed over as it is, with no layers.
pub fn unpack_stream(content: &mut dyn Read, limits: Limits, visitor: &mut dyn Visitor) -> Result<(), TooLarge> {
    let mut unpacker = Unpacker::new(0, limits, visitor);
    let mut counted = Counted { inner: content, budget: Rc::clone(&unpacker.budget) };
    unpacker.content(&mut counted, &Packed::default());
    unpacker.result()
}

const BUFFER: usize = 32 << 10;

struct Unpacker<'a> {
    visitor: &'a mut dyn Visitor,
    budget: Rc<UnpackBudget>,
    /// Whether the visitor has seen the outermost content as it stands.
    is_seen: bool,
}

/// What has been unpacked, and how much that may be.
struct UnpackBudget {
    limits: Limits,
    /// Bytes of the outermost content: all of it, or what has been read of it.
    size: Cell<u64>,
    unpacked: Cell<u64>,
    members: Cell<u64>,
    is_exceeded: Cell<bool>,
}

impl UnpackBudget {
    fn spend(&self, bytes: u64) -> io::Result<()> {
        let unpacked = self.unpacked.get().saturating_add(bytes);
        self.unpacked.set(unpacked);
        if unpacked > self.limits.size.max(self.size.get().saturating_mul(self.limits.ratio)) {
            self.is_exceeded.set(true);
            return Err(io::Error::other("it unpacks to too much"));
        }
        Ok(())
    }
}

/// A decoder, the output of which is counted.
struct Metered<R> {
    inner: R,
    budget: Rc<UnpackBudget>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.budget.spend(count as u64)?;
        Ok(count)
    }
}

impl<'a> Unpacker<'a> {
    fn new(size: u64, limits: Limits, visitor: &'a mut dyn Visitor) -> Self {
        let size = Cell::new(size);
        let (unpacked, members, is_exceeded) = (Cell::new(0), Cell::new(0), Cell::new(false));
        let budget = Rc::new(UnpackBudget { limits, size, unpacked, members, is_exceeded });
        Self { visitor, budget, is_seen: false }
    }

    fn result(&self) -> Result<(), TooLarge> {
        if self.budget.is_exceeded.get() { Err(TooLarge) } else { Ok(()) }
    }

    /// Counts a member; `false` when that is one too many.
    fn counts(&mut self, archive: &Packed) -> bool {
        let (members, most) = (self.budget.members.get(), self.budget.limits.members);
        if members == most {
            self.visitor.unopened(archive, reason::TOO_MANY);
        }
        self.budget.members.set(members.saturating_add(1));
        members < most && !self.budget.is_exceeded.get()
    }

    fn metered<R: Read>(&self, inner: R) -> Metered<R> {
        Metered { inner, budget: Rc::clone(&self.budget) }
    }

    /// Says why reading ended before the content did, unless it is that all unpacking ends.
    fn damaged(&mut self, at: &Packed, error: &io::Error) {
        if self.budget.is_exceeded.get() {
            return;
        }
        let reason = match error.kind() {
            io::ErrorKind::Unsupported | io::ErrorKind::OutOfMemory => reason::UNSUPPORTED,
            _ => reason::CORRUPT,
        };
        self.visitor.unopened(at, reason);
    }

    /// Looks at content of any kind.
    fn content(&mut self, content: &mut dyn Read, at: &Packed) {
        let mut head = [0; HEAD];
        let (length, error) = fill(content, &mut head);
        let mut whole = Begun { head: &head[..length], error, rest: content };
        match kind(&head[..length]) {
            Some(Container::Known(_)) if at.layers.len() >= self.budget.limits.depth.into() => {
                self.visitor.unopened(at, reason::TOO_DEEP);
            }
            Some(Container::Known(layer)) => {
                let mut whole = BufReader::with_capacity(BUFFER, whole);
                return self.open(layer, &mut whole, &at.packed_in(layer));
            }
            Some(Container::Unopened(reason)) => self.visitor.unopened(at, reason),
            None => {
                if let Some(reason) = at.member.as_ref().and_then(|member| unopened_by_name(member.as_ref())) {
                    self.visitor.unopened(at, reason);
                }
            }
        }
        self.plain(&mut whole, at);
    }

    /// Hands content over as it is.
    fn plain(&mut self, content: &mut dyn Read, at: &Packed) {
        if let Err(error) = self.visitor.content(at, content) {
            self.damaged(at, &error);
        }
    }

    /// Opens content of a known kind, of which `at` names the layer already.
    fn open(&mut self, layer: Layer, content: &mut dyn BufRead, at: &Packed) {
        match layer {
            Layer::Gzip => self.decoded(Gzip::new(content), at),
            Layer::Zlib => self.decoded(Inflate::zlib(content), at),
            Layer::Bzip2 => self.decoded(bzip2(content), at),
            Layer::Xz => self.decoded(xz(content), at),
            Layer::Zstd => self.decoded(Zstd::new(content), at),
            Layer::Tar => tar::read(self, content, at),
            Layer::Zip => zip::stream(self, content, at),
            Layer::Pdf => pdf::read(self, content, at),
            Layer::Png => png::read(self, content, at),
            _ => self.plain(content, at),
        }
    }

    fn decoded(&mut self, decoder: impl Read, at: &Packed) {
        let mut decoder = self.metered(decoder);
        self.content(&mut decoder, at);
    }

    /// Whether the visitor sees the content of this archive only through what is unpacked of it.
    fn is_unseen(&self, at: &Packed) -> bool {
        !self.is_seen || at.layers.len() > 1
    }
}

fn bzip2(content: impl BufRead) -> impl Read {
    bzip2::bufread::MultiBzDecoder::new(content)
}

/// A larger dictionary is refused, by a hostile header's word alone it would be gigabytes.
const MOST_WINDOW: u32 = 128 << 20;

fn xz(content: impl Read) -> impl Read {
    lzma_rust2::XzReader::new_mem_limit(content, true, MOST_WINDOW >> 10)
}

/// Content of which the head has been read.
struct Begun<'a> {
    head: &'a [u8],
    /// What went wrong behind it.
    error: Option<io::Error>,
    rest: &'a mut dyn Read,
}

impl Read for Begun<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.head.is_empty() {
            return self.head.read(buffer);
        }
        match self.error.take() {
            Some(error) => Err(error),
            None => self.rest.read(buffer),
        }
    }
}

/// The outermost content where its size is known only at its end.
struct Counted<'a> {
    inner: &'a mut dyn Read,
    budget: Rc<UnpackBudget>,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.budget.size.set(self.budget.size.get() + count as u64);
        Ok(count)
    }
}

/// Reads until `buffer` is full, the content ends, or an error.
fn fill(content: &mut dyn Read, buffer: &mut [u8]) -> (usize, Option<io::Error>) {
    let mut length = 0;
    while length < buffer.len() {
        match content.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (length, Some(error)),
        }
    }
    (length, None)
}

/// Where a member of the archive at `path` is said to be, in one text: `a.zip!/b/c.py`.
pub fn shown(path: &BStr, member: Option<&BString>) -> BString {
    match member {
        Some(member) => BString::from(format!("{path}!/{member}")),
        None => path.to_owned(),
    }
}
