//! Opening compressed files and archives, also nested ones, as streams: the unpacked content is passed to a
//! [`Visitor`], which scans it. Only the decoders' windows and names of limited length are kept in memory.
//!
//! What cannot be opened is distinguished: encrypted, damaged, or of an unsupported format. The data before damage is
//! still passed on. Unpacking stops if the result is disproportionately large.

mod ascii85;
mod aside;
mod budget;
mod embedded;
mod format;
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
use aside::AsideFields;
use budget::{CountedReader, MeteredReader, UnpackBudget};
use inflate::{Gzip, Inflate};
use zstd::Zstd;

pub use embedded::Embedded;
pub use format::{Container, HEAD, kind, unopened_by_name};
pub use zip::{ZipEnd, zip_end};

pub use crate::core::coverage::unopened as reason;
pub use crate::policy::config::ArchiveLimits as Limits;

/// The location of unpacked content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packed {
    /// The formats it was unpacked from, outermost first.
    pub layers: Vec<Layer>,
    /// Its path inside the archive; `None` for the content of a compressed file.
    pub member: Option<BString>,
}

impl Packed {
    /// The location of a member with this name. In nested archives, the names are joined by `/`.
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

/// Receives unpacked content.
pub trait Visitor {
    /// Receives content, which must be read to its end or to the first error, which must be returned.
    fn content(&mut self, at: &Packed, content: &mut dyn Read) -> io::Result<()>;
    /// Receives what lies between the members of an archive and belongs to none of them. Some of it, such as names,
    /// repeats what members have.
    fn between(&mut self, at: &Packed, content: &mut dyn Read) -> io::Result<()> {
        self.content(at, content)
    }
    /// Receives the name of a member or directory, or a link's target.
    fn name(&mut self, at: &Packed, name: &[u8]);
    /// Receives the reason why something was not opened, or not read to its end.
    fn unopened(&mut self, at: &Packed, reason: &'static str);
}

/// The error that content unpacks to much more than its size, as a decompression bomb does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

/// Unpacks content of a known format and size in bytes. A zip is found anywhere in the content.
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

/// Unpacks content that can be read only once. Content that is not packed is passed on unchanged, with no layers.
pub fn unpack_stream(content: &mut dyn Read, limits: Limits, visitor: &mut dyn Visitor) -> Result<(), TooLarge> {
    let mut unpacker = Unpacker::new(0, limits, visitor);
    let mut counted = CountedReader { inner: content, budget: Rc::clone(&unpacker.budget) };
    unpacker.content(&mut counted, &Packed::default());
    unpacker.result()
}

const BUFFER: usize = 32 << 10;

struct Unpacker<'a> {
    visitor: &'a mut dyn Visitor,
    budget: Rc<UnpackBudget>,
    /// Whether the visitor has already scanned the outermost content as it is.
    is_seen: bool,
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

    /// Counts a member; `false` if there are too many.
    fn counts(&mut self, archive: &Packed) -> bool {
        let (members, most) = (self.budget.members.get(), self.budget.limits.members);
        if members == most {
            self.visitor.unopened(archive, reason::TOO_MANY);
        }
        self.budget.members.set(members.saturating_add(1));
        members < most && !self.budget.is_exceeded.get()
    }

    fn metered<R: Read>(&self, inner: R) -> MeteredReader<R> {
        MeteredReader { inner, budget: Rc::clone(&self.budget), failed: None }
    }

    /// Reports why reading ended early, unless all unpacking was stopped.
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

    /// Unpacks content of any format.
    fn content(&mut self, content: &mut dyn Read, at: &Packed) {
        let mut head = [0; HEAD];
        let (length, error) = fill(content, &mut head);
        let mut whole = PeekedContent { head: &head[..length], error, rest: content };
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

    /// Passes content on as it is.
    fn plain(&mut self, content: &mut dyn Read, at: &Packed) {
        if let Err(error) = self.visitor.content(at, content) {
            self.damaged(at, &error);
        }
    }

    /// Unpacks content of a known format, which `at` already contains.
    fn open(&mut self, layer: Layer, content: &mut dyn BufRead, at: &Packed) {
        match layer {
            Layer::Gzip | Layer::Zlib | Layer::Bzip2 | Layer::Xz | Layer::Zstd => self.compressed(layer, content, at),
            Layer::Tar => tar::read(self, content, at),
            Layer::Zip => zip::stream(self, content, at),
            Layer::Pdf => pdf::read(self, content, at),
            Layer::Png => png::read(self, content, at),
            _ => self.plain(content, at),
        }
    }

    fn compressed(&mut self, layer: Layer, content: &mut dyn BufRead, at: &Packed) {
        let aside = AsideFields::default();
        let decoder: Box<dyn Read + '_> = match layer {
            Layer::Gzip => Box::new(Gzip::new(&mut *content, &aside)),
            Layer::Zlib => Box::new(Inflate::zlib(&mut *content)),
            Layer::Bzip2 => Box::new(bzip2(&mut *content)),
            Layer::Xz => Box::new(xz(&mut *content)),
            _ => Box::new(Zstd::new(&mut *content, &aside)),
        };
        let mut decoder = self.metered(decoder);
        self.content(&mut decoder, at);
        drop(decoder);
        self.aside(aside, at);
        // What follows the compressed data, or is left of it after damage.
        if self.budget.is_exceeded.get() || content.fill_buf().is_ok_and(|rest| rest.is_empty()) {
            return;
        }
        if layer == Layer::Zlib {
            self.visitor.unopened(at, reason::CORRUPT);
        }
        if self.is_unseen(at) {
            self.plain(content, at);
        }
    }

    /// Passes on what was beside compressed data.
    fn aside(&mut self, aside: AsideFields, at: &Packed) {
        let (text, is_all) = aside.into_text();
        if self.is_unseen(at) && !self.budget.is_exceeded.get() {
            if !is_all {
                self.visitor.unopened(at, reason::LONG_HEADER);
            }
            self.between(&mut text.as_slice(), at);
        }
    }

    /// Passes on what belongs to no member, if there is room for a key in it.
    fn fields(&mut self, fields: &[u8], at: &Packed) {
        const SHORTEST: usize = 16;
        let has_text = |fields: &[u8]| fields.split(|&byte| byte == 0).any(|text| text.len() >= SHORTEST);
        if self.is_unseen(at) && has_text(fields) {
            self.between(&mut &*fields, at);
        }
    }

    fn between(&mut self, content: &mut dyn Read, at: &Packed) {
        if let Err(error) = self.visitor.between(at, content) {
            self.damaged(at, &error);
        }
    }

    /// Whether the visitor sees this archive's content only in unpacked form.
    fn is_unseen(&self, at: &Packed) -> bool {
        !self.is_seen || at.layers.len() > 1
    }
}

fn bzip2(content: impl BufRead) -> impl Read {
    bzip2::bufread::MultiBzDecoder::new(content)
}

/// The maximum dictionary size of xz, in bytes: a hostile header could ask for gigabytes.
const MOST_WINDOW: u32 = 128 << 20;

fn xz(content: impl Read) -> impl Read {
    lzma_rust2::XzReader::new_mem_limit(content, true, MOST_WINDOW >> 10)
}

/// Content whose first bytes were already read.
struct PeekedContent<'a> {
    head: &'a [u8],
    /// The error that followed these bytes.
    error: Option<io::Error>,
    rest: &'a mut dyn Read,
}

impl Read for PeekedContent<'_> {
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

/// Reads until `buffer` is full, the content ends, or an error occurs.
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

/// A path and a member as one text: `a.zip!/b/c.py`.
pub fn shown(path: &BStr, member: Option<&BString>) -> BString {
    match member {
        Some(member) => BString::from(format!("{path}!/{member}")),
        None => path.to_owned(),
    }
}
