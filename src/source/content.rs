//! Scans content in the same way for all sources: the bytes as they are, everything that is packed in them, the names
//! of members, and the file that a Git LFS pointer refers to.

use std::cell::RefCell;
use std::collections::HashSet;
use std::io::{self, Cursor, Read, Seek};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use bstr::BStr;

use crate::core::coverage::Skipped;
use crate::core::error::{Error, Result};
use crate::core::finding::{Layer, Secret};
use crate::core::regular_file;
use crate::policy::Policy;
use crate::scan::Seen;
use crate::source::Collector;
use crate::source::archive::{self, Container, ZipEnd};
use crate::source::lfs::Pointer;
use crate::source::name_keys::last_name;
use crate::source::open::OpenFile;
use crate::source::read::Windows;
use crate::source::unpacked::{ReadState, UnpackedKeys, WatchedReader};
use crate::source::window_start::WindowStart;

pub(crate) use crate::source::content_key::{Content, ContentKey, TOO_LARGE};

/// Scans content with a policy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ContentScan<'a> {
    policy: &'a Policy,
    /// The content's path, relative to the start of the scan.
    path: Option<&'a BStr>,
    stop: Option<&'a AtomicBool>,
}

thread_local! {
    /// One buffer for each thread: allocating one for each file would cost more than reading the file.
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Lends this thread's buffer. While other threads scan the buffer, this thread may start with another file, which
/// then gets a new buffer.
fn with_buffer<R>(work: impl FnOnce(&mut Vec<u8>) -> R) -> R {
    let mut buffer = BUFFER.take();
    let result = work(&mut buffer);
    BUFFER.set(buffer);
    result
}

impl<'a> ContentScan<'a> {
    pub(crate) fn new(policy: &'a Policy, path: Option<&'a BStr>) -> Self {
        Self { policy, path, stop: None }
    }

    /// Stops early when `stop` is set.
    pub(crate) fn until(self, stop: &'a AtomicBool) -> Self {
        Self { stop: Some(stop), ..self }
    }

    /// Scans content in memory. With `seen` (only for a local policy) lines that were scanned before are skipped.
    pub(crate) fn bytes(self, bytes: &[u8], seen: Option<&mut Seen>) -> Content {
        let (found, unopened) = self.policy.scan_content(bytes, self.path, seen);
        let keys = found.into_iter().map(ContentKey::plain).collect();
        let length = bytes.len() as u64;
        let mut content = Content { keys, length, pointer: Pointer::parse(bytes), ..Content::default() };
        unopened.into_iter().for_each(|reason| content.add_unopened(reason));
        self.unpacked(content, PackedKind::of(bytes, archive::zip_end(bytes)), Cursor::new(bytes))
    }

    /// Scans content that can be read twice. `size` is in bytes, 0 if unknown. `next` appends content to the buffer
    /// and returns the number of bytes, 0 at the end; `again` opens content that the buffer does not hold a second time.
    pub(crate) fn file<F: Read + Seek>(
        self,
        size: u64,
        mut next: impl FnMut(&mut Vec<u8>) -> io::Result<usize>,
        again: impl FnOnce() -> io::Result<F>,
    ) -> Content {
        with_buffer(|buffer| {
            let (mut read, mut head) = (0, Vec::new());
            // If the size is known, reading stops there: that saves one system call for each file, and a log that grows
            // as fast as it is read has an end.
            let fill = |buffer: &mut Vec<u8>| {
                if read >= size && size > 0 || self.is_stopped() {
                    return Ok(0);
                }
                let count = next(buffer)?;
                if head.len() < archive::HEAD && read < archive::HEAD as u64 {
                    let new = buffer.len() - count;
                    head.extend(buffer[new..].iter().take(archive::HEAD - head.len()));
                }
                read += count as u64;
                Ok(count)
            };
            let mut content = Content::default();
            let found = |found| content.add(found);
            match Windows::default().scan(self.policy, self.path.unwrap_or_default(), buffer, fill, found) {
                Ok(length) => content.length = length,
                Err(error) => content.failed = Some(error),
            }
            let is_whole = content.length == buffer.len() as u64;
            content.pointer = if is_whole { Pointer::parse(buffer) } else { None };
            if content.length < size && content.failed.is_none() && !self.is_stopped() {
                let why = format!("it shrank to {} bytes while it was read; scan it again", content.length);
                content.failed = Some(io::Error::other(why));
            }
            let kind = PackedKind::of(&head, archive::zip_end(buffer));
            if kind.start.is_none() && self.name_reason().is_none() || content.failed.is_some() {
                return content;
            }
            if is_whole {
                return self.unpacked(content, kind, Cursor::new(buffer.as_slice()));
            }
            match again() {
                Ok(file) => self.unpacked(content, kind, file),
                Err(error) => Content { failed: Some(error), ..content },
            }
        })
    }

    /// Scans an open file.
    pub(in crate::source) fn open(self, open: &OpenFile) -> Content {
        if open.is_sparse {
            return self.sparse(open);
        }
        self.file(open.size, |buffer| open.read(buffer), || open.again())
    }

    /// Scans a file with holes without reading them; no key can cross a hole.
    fn sparse(self, open: &OpenFile) -> Content {
        let (mut content, mut head, mut place, mut at) = (Content::default(), Vec::new(), WindowStart::default(), 0);
        let path = self.path.unwrap_or_default();
        let end = with_buffer(|buffer| -> io::Result<Option<ZipEnd>> {
            let mut end = None;
            while let Some(part) = open.next_part(at)?.filter(|part| part.start < open.size && !self.is_stopped()) {
                let mut left = part.end.min(open.size) - part.start;
                place.advance_zeros(part.start - at);
                let fill = |buffer: &mut Vec<u8>| {
                    let (before, most) = (buffer.len(), usize::try_from(left).unwrap_or(usize::MAX));
                    let count = if most == 0 || self.is_stopped() { 0 } else { open.read(buffer)?.min(most) };
                    buffer.truncate(before + count);
                    left -= count as u64;
                    Ok(count)
                };
                let found = |found| content.add(found);
                Windows::default().scan_part(self.policy, (path, &mut place), buffer, fill, found)?;
                if part.start == 0 {
                    head = buffer.iter().take(archive::HEAD).copied().collect();
                }
                place.advance(buffer);
                at = part.end;
                end = archive::zip_end(buffer).filter(|_| at >= open.size);
            }
            Ok(end)
        });
        content.length = open.size;
        match end.and_then(|end| Ok((PackedKind::of(&head, end), open.again()?))) {
            Ok((kind, file)) => self.unpacked(content, kind, file),
            Err(error) => Content { failed: Some(error), ..content },
        }
    }

    /// Scans the file that a Git LFS pointer refers to, if the repository with this common directory has it.
    pub(crate) fn lfs(self, common_dir: &Path, pointer: &Pointer) -> Result<Option<Content>> {
        let path = pointer.path(common_dir);
        let failed = |error: &io::Error| Error::new("read", path.display(), regular_file::system_text(error));
        let open = match regular_file::open(&path, regular_file::Links::Refuse).and_then(OpenFile::of) {
            Ok(open) => open,
            Err(error) if regular_file::is_absent(&error) => return Ok(None),
            Err(error) => return Err(failed(&error)),
        };
        let mut content = self.open(&open);
        content.keys.iter_mut().for_each(|key| key.is_unpacked = true);
        if let Some(why) = pointer.fault(open.size) {
            content.failed = content.failed.or(Some(io::Error::other(why)));
        }
        Ok(Some(content))
    }

    /// If the content is a Git LFS pointer, adds the file that it refers to, from the first of these common
    /// directories that has it. Otherwise reports that it is missing.
    pub(crate) fn resolve<'d>(
        self,
        content: &mut Content,
        common_dirs: impl IntoIterator<Item = &'d Path>,
        collector: &Collector,
    ) {
        let Some(pointer) = content.pointer.take() else { return };
        let path = self.path.unwrap_or_default();
        let kept = common_dirs.into_iter().map(|dir| self.lfs(dir, &pointer)).find(|kept| !matches!(kept, Ok(None)));
        match kept.unwrap_or(Ok(None)) {
            Ok(None) => collector.skipped(Skipped { path: path.to_owned(), reason: "lfs-pointer" }),
            Ok(Some(mut kept)) => {
                content.keys.append(&mut kept.keys);
                content.unopened.append(&mut kept.unopened);
                content.too_large |= kept.too_large;
                content.length += kept.length;
                content.failed = content.failed.take().or(kept.failed);
            }
            Err(error) => collector.failed(error),
        }
    }

    /// Scans content that can be read only once.
    pub(crate) fn stream(self, stream: &mut dyn Read) -> Content {
        let mut watched = WatchedReader::new(stream, self.stop);
        let mut inside = UnpackedKeys::new(self.policy, self.path);
        let too_large = archive::unpack_stream(&mut watched, self.policy.archives, &mut inside).is_err();
        let (content, state) = (inside.finish(), watched.state);
        Content { length: state.length, ..content }.ended(state, too_large)
    }

    /// The keys in the last component of the path.
    pub(crate) fn name(self) -> Vec<ContentKey> {
        let Some(path) = self.path else { return Vec::new() };
        let by_path = self.policy.scan_path(path).into_iter().map(ContentKey::plain);
        by_path.chain(last_name(self.policy, path)).collect()
    }

    fn is_stopped(self) -> bool {
        self.stop.is_some_and(|stop| stop.load(Ordering::Relaxed))
    }

    fn name_reason(self) -> Option<&'static str> {
        self.path.and_then(archive::unopened_by_name)
    }

    /// Adds what is packed in content that was already scanned as it is.
    fn unpacked(self, mut content: Content, kind: PackedKind, packed: impl Read + Seek) -> Content {
        let layer = match kind.start {
            Some(Container::Known(layer)) => layer,
            Some(Container::Unopened(reason)) => {
                content.unopened.push((None, reason));
                return content;
            }
            None => {
                content.unopened.extend(self.name_reason().map(|reason| (None, reason)));
                return content;
            }
        };
        let mut watched = WatchedReader::new(packed, self.stop);
        let mut inside = UnpackedKeys::new(self.policy, self.path);
        let limits = self.policy.archives;
        let layers = [Some(layer), kind.is_also_zip.then_some(Layer::Zip)];
        let mut too_large = false;
        for layer in layers.into_iter().flatten() {
            too_large |= archive::unpack(layer, &mut watched, content.length, limits, &mut inside).is_err();
        }
        let mut inside = inside.finish();
        // Uncompressed members were already scanned as part of the content.
        let secrets: HashSet<&Secret> = inside.keys.iter().map(|key| &key.found.secret).collect();
        content.keys.retain(|key| !secrets.contains(&key.found.secret));
        content.keys.append(&mut inside.keys);
        content.unopened.append(&mut inside.unopened);
        content.ended(watched.state, too_large)
    }
}

impl Content {
    fn ended(mut self, state: ReadState, too_large: bool) -> Self {
        if state.is_stopped || state.error.is_some() {
            // The content is not damaged; reading ended before its end.
            self.unopened.retain(|(_, reason)| *reason != archive::reason::CORRUPT);
        }
        self.failed = self.failed.or(state.error);
        self.too_large = too_large;
        self
    }
}

/// The format of content, by its start and its end.
#[derive(Clone, Copy)]
struct PackedKind {
    start: Option<Container>,
    /// Whether it has another format, but a zip was appended to it. (If something follows that zip, it is more likely a
    /// member.)
    is_also_zip: bool,
}

impl PackedKind {
    fn of(head: &[u8], end: Option<ZipEnd>) -> Self {
        match archive::kind(head) {
            None => Self { start: end.map(|_| Container::Known(Layer::Zip)), is_also_zip: false },
            start => {
                let is_zip = start == Some(Container::Known(Layer::Zip));
                Self { start, is_also_zip: !is_zip && end == Some(ZipEnd::Last) }
            }
        }
    }
}

/// Whether the matches in content do not depend on its start and end, so that a part can be scanned separately.
pub(crate) fn is_plain(bytes: &[u8]) -> bool {
    PackedKind::of(bytes, archive::zip_end(bytes)).start.is_none()
        && !matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..])
}
