//! Looking into compressed files and archives: gzip, zip (and what is one: `.jar`, `.whl`, `.docx`) and tar, inside
//! each other too, as streams through the same [windows](super::read::Windows) as everything else.
//!
//! What cannot be unpacked is said: an encrypted or corrupt member is skipped with its reason (its bytes as they
//! stand were scanned all the same), and what grows out of all proportion is an error.

use std::io::{self, Cursor, Read, Seek};

use bstr::{BStr, BString, ByteSlice as _};
use flate2::read::MultiGzDecoder;

use crate::core::finding::Layer;
use crate::policy::Policy;
use crate::scan::Match;
use crate::source::read::Windows;

/// How deep archives are opened in each other.
const DEPTH: usize = 4;
/// A zip inside of something else is held in memory; a larger one is not opened.
const NESTED_ZIP: u64 = 32 << 20;
/// What one file may unpack to, whatever its size: more than 256 MiB and two hundred times its own size is a bomb.
const UNPACKED: u64 = 256 << 20;
const RATIO: u64 = 200;

/// What unpacking yields.
#[derive(Debug)]
pub enum Unpacked {
    /// A key in a member; `None` for the content of a compressed file.
    Found(Box<Match>, Option<BString>),
    /// A member that was not read, and why.
    Skipped(Option<BString>, &'static str),
}

/// It unpacks to far more than its size: a decompression bomb, or as good as one.
#[derive(Debug)]
pub struct TooLarge;

/// The layer that content with this beginning is packed in.
pub fn kind(head: &[u8]) -> Option<Layer> {
    match head {
        [0x1f, 0x8b, 8, ..] => Some(Layer::Gzip),
        [b'P', b'K', 3, 4, ..] => Some(Layer::Zip),
        _ if head.get(257..262) == Some(b"ustar") => Some(Layer::Tar),
        _ => None,
    }
}

/// Unpacks `content` at `path`, of a known [`kind`] and `size` bytes, and hands over what is in it.
pub fn unpack(
    policy: &Policy,
    path: &BStr,
    kind: Layer,
    content: impl Read + Seek,
    size: u64,
    push: &mut dyn FnMut(Unpacked),
) -> Result<(), TooLarge> {
    let mut unpacker = Unpacker { policy, path, push, left: UNPACKED.max(size.saturating_mul(RATIO)), bomb: false };
    let place = Place { layers: vec![kind], member: None };
    match kind {
        Layer::Zip => unpacker.zip(content, &place),
        _ => unpacker.stream(Box::new(content), kind, &place),
    }
    if unpacker.bomb { Err(TooLarge) } else { Ok(()) }
}

/// Where unpacked content stands.
#[derive(Clone, Debug)]
struct Place {
    layers: Vec<Layer>,
    member: Option<BString>,
}

impl Place {
    /// A member of this archive. Its name is bytes: `/` joins it to the member that is an archive itself.
    fn member(&self, name: &[u8]) -> Self {
        let mut path = self.member.clone().unwrap_or_default();
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(name.trim_start_with(|c| c == '/'));
        Self { layers: self.layers.clone(), member: Some(path) }
    }

    fn inside(&self, layer: Layer) -> Self {
        let layers = self.layers.iter().copied().chain([layer]).collect();
        Self { layers, member: self.member.clone() }
    }
}

struct Unpacker<'a> {
    policy: &'a Policy,
    path: &'a BStr,
    push: &'a mut dyn FnMut(Unpacked),
    /// Bytes that may still be unpacked.
    left: u64,
    bomb: bool,
}

impl Unpacker<'_> {
    fn skip(&mut self, place: &Place, reason: &'static str) {
        (self.push)(Unpacked::Skipped(place.member.clone(), reason));
    }

    fn stream(&mut self, content: Box<dyn Read + '_>, kind: Layer, place: &Place) {
        match kind {
            Layer::Gzip => self.content(Box::new(MultiGzDecoder::new(content)), place),
            Layer::Tar => self.tar(content, place),
            _ => self.nested_zip(content, place),
        }
    }

    fn tar(&mut self, content: Box<dyn Read + '_>, place: &Place) {
        let mut archive = tar::Archive::new(content);
        let Ok(entries) = archive.entries() else { return self.skip(place, "corrupt archive") };
        for entry in entries {
            match entry {
                Ok(entry) if entry.header().entry_type().is_file() => {
                    let member = place.member(&entry.path_bytes());
                    self.content(Box::new(entry), &member);
                }
                Ok(_) => {}
                Err(_) => return self.skip(place, "corrupt archive"),
            }
            if self.bomb {
                return;
            }
        }
    }

    fn zip(&mut self, content: impl Read + Seek, place: &Place) {
        let Ok(mut archive) = zip::ZipArchive::new(content) else { return self.skip(place, "corrupt archive") };
        for index in 0..archive.len() {
            let (name, encrypted) = match archive.by_index_raw(index) {
                Ok(file) if file.is_dir() => continue,
                Ok(file) => (file.name_raw().to_vec(), file.encrypted()),
                Err(_) => (format!("#{index}").into_bytes(), false),
            };
            let member = place.member(&name);
            if encrypted {
                self.skip(&member, "encrypted");
            } else {
                match archive.by_index(index) {
                    Ok(file) => self.content(Box::new(file), &member),
                    Err(zip::result::ZipError::UnsupportedArchive(_)) => self.skip(&member, "unsupported compression"),
                    Err(_) => self.skip(&member, "corrupt archive"),
                }
            }
            if self.bomb {
                return;
            }
        }
    }

    fn nested_zip(&mut self, content: Box<dyn Read + '_>, place: &Place) {
        let mut bytes = Vec::new();
        let mut limited = content.take(NESTED_ZIP + 1);
        if limited.read_to_end(&mut bytes).is_err() {
            return self.skip(place, "corrupt archive");
        }
        if bytes.len() as u64 > NESTED_ZIP {
            return self.skip(place, "archive inside an archive, larger than 32 MiB");
        }
        self.left = self.left.saturating_sub(bytes.len() as u64);
        self.zip(Cursor::new(bytes), place);
    }

    /// Scans unpacked content, and unpacks it in turn.
    fn content(&mut self, mut content: Box<dyn Read + '_>, place: &Place) {
        let mut head = vec![0; 512];
        let length = match fill(&mut content, &mut head) {
            Ok(length) => length,
            Err(_) => return self.skip(place, "corrupt archive"),
        };
        head.truncate(length);
        if place.layers.len() < DEPTH
            && let Some(kind) = kind(&head)
        {
            return self.stream(Box::new(Cursor::new(head).chain(content)), kind, &place.inside(kind));
        }
        let mut whole = Cursor::new(head).chain(content);
        let mut bomb = false;
        let left = &mut self.left;
        let fill = |buffer: &mut Vec<u8>| {
            let count = io::copy(&mut (&mut whole).take(256 << 10), buffer)?;
            bomb = bomb || count > *left;
            *left = left.saturating_sub(count);
            Ok(if bomb { 0 } else { usize::try_from(count).unwrap_or(usize::MAX) })
        };
        let (policy, push) = (self.policy, &mut self.push);
        let found = |mut found: Match| {
            found.layers.splice(0..0, place.layers.iter().copied());
            push(Unpacked::Found(Box::new(found), place.member.clone()));
        };
        let path = shown(self.path, place.member.as_ref());
        let result = Windows::default().scan(policy, path.as_ref(), &mut Vec::new(), fill, found);
        self.bomb |= bomb;
        if result.is_err() {
            self.skip(place, "corrupt archive");
        }
    }
}

/// Reads until `buffer` is full or the content ends.
fn fill(content: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match content.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

/// Where a member of the archive at `path` is said to be, in one text: `a.zip!/b/c.py`.
pub fn shown(path: &BStr, member: Option<&BString>) -> BString {
    match member {
        Some(member) => BString::from(format!("{path}!/{member}")),
        None => path.to_owned(),
    }
}
