//! The one way from content to keys, for every source: the bytes as they stand, whatever is packed in them, the names of
//! what is packed, and the file that a Git LFS pointer stands for.

use std::cell::RefCell;
use std::collections::HashSet;
use std::io::{self, Cursor, Read, Seek};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use bstr::{BStr, BString};

use crate::core::coverage::Skipped;
use crate::core::error::{Error, Result};
use crate::core::finding::{Finding, Layer, Location, Part, Secret};
use crate::core::regular_file;
use crate::policy::Policy;
use crate::scan::{Match, Seen};
use crate::source::Collector;
use crate::source::archive::{self, Container};
use crate::source::lfs::Pointer;
use crate::source::open::{self, OpenFile};
use crate::source::read::{WindowStart, Windows};
use crate::source::unpacked::{ReadState, UnpackedKeys, WatchedReader};

/// A key in content, or in a member of the archive that the content is.
#[derive(Clone, Debug)]
pub(crate) struct ContentKey {
    pub(crate) found: Match,
    /// The path inside the archive.
    pub(crate) member: Option<BString>,
    /// It was unpacked, so that its span is no place in the content.
    pub(crate) is_unpacked: bool,
    /// It stands in the name of the file or member.
    pub(crate) part: Option<Part>,
}

impl ContentKey {
    /// A key that stands in content as it is.
    pub(crate) fn plain(found: Match) -> Self {
        Self { found, member: None, is_unpacked: false, part: None }
    }

    /// The finding at a path.
    pub(crate) fn at(self, path: &BStr) -> Finding {
        let location = Location { path: Some(path.to_owned()), ..self.location() };
        self.found.at(location)
    }

    /// Where it stands, apart from the path.
    pub(crate) fn location(&self) -> Location {
        Location { member: self.member.clone(), part: self.part, ..Location::default() }
    }
}

/// All there is to say of content.
#[derive(Debug, Default)]
pub(crate) struct Content {
    pub(crate) keys: Vec<ContentKey>,
    /// What of it was not opened: the member, and why.
    pub(crate) unopened: Vec<(Option<BString>, &'static str)>,
    /// It unpacks to out of all proportion, and not all of that was scanned.
    pub(crate) too_large: bool,
    /// Why it was not read to its end.
    pub(crate) failed: Option<io::Error>,
    /// How much was read.
    pub(crate) length: u64,
    /// The Git LFS pointer that it is.
    pub(crate) pointer: Option<Pointer>,
}

/// Why the rest of an archive that unpacks to too much is not scanned.
pub(crate) const TOO_LARGE: &str = "it unpacks to more than limits.archive-size and limits.archive-ratio allow";

impl Content {
    /// Hands over all of it as what stands at a path.
    pub(crate) fn report(mut self, collector: &Collector, path: &BStr) {
        if self.failed.is_none() {
            collector.scanned(1, self.length);
        }
        self.report_faults(collector, path);
        self.keys.into_iter().for_each(|key| collector.finding(key.at(path)));
    }

    /// Hands over what was not scanned.
    pub(crate) fn report_faults(&mut self, collector: &Collector, path: &BStr) {
        if let Some(error) = self.failed.take() {
            collector.failed(Error::new("read", path, open::why(&error)));
        }
        for (member, reason) in self.unopened.drain(..) {
            collector.skipped(Skipped { path: archive::shown(path, member.as_ref()), reason });
        }
        if self.too_large {
            collector.failed(Error::new("unpack", path, TOO_LARGE).hint("unpack it and scan the result"));
        }
    }
}

/// How content is scanned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ContentScan<'a> {
    pub(super) policy: &'a Policy,
    /// The content's path, relative to where the scan started.
    pub(super) path: Option<&'a BStr>,
    stop: Option<&'a AtomicBool>,
}

thread_local! {
    /// One buffer a thread for the whole run: allocating for each file costs more than reading it.
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Lends this thread's buffer. While other threads scan what is in it, this one may turn to another file, which then
/// gets one of its own.
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

    /// The same, ended soon when `stop` says so.
    pub(crate) fn until(self, stop: &'a AtomicBool) -> Self {
        Self { stop: Some(stop), ..self }
    }

    /// Content in memory; with `seen`, which only a policy that is local may use, less of it.
    pub(crate) fn bytes(self, bytes: &[u8], seen: Option<&mut Seen>) -> Content {
        let found = match seen {
            Some(seen) => self.policy.scan_unseen(bytes, 0..bytes.len(), self.path, seen),
            None => self.policy.scan_at(bytes, self.path),
        };
        let keys = found.into_iter().map(ContentKey::plain).collect();
        let length = bytes.len() as u64;
        let content = Content { keys, length, pointer: Pointer::parse(bytes), ..Content::default() };
        self.unpacked(content, kind(bytes, archive::is_behind_prefix(bytes)), Cursor::new(bytes))
    }

    /// Content that can be read twice, of this size or, if that is 0, of one that is not known. `next` appends more of
    /// it to the buffer and returns 0 at the end.
    pub(crate) fn file<F: Read + Seek>(
        self,
        size: u64,
        mut next: impl FnMut(&mut Vec<u8>) -> io::Result<usize>,
        again: impl FnOnce() -> io::Result<F>,
    ) -> Content {
        let mut content = Content::default();
        let (mut read, mut head) = (0, Vec::new());
        // What had a size when it was opened is read to that size: one call less for each file, and an end to reading a
        // log that grows as fast as it is read.
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
        let mut is_zip = false;
        with_buffer(|buffer| {
            let found = |found| content.keys.push(ContentKey::plain(found));
            match Windows::default().scan(self.policy, self.path.unwrap_or_default(), buffer, fill, found) {
                Ok(length) => content.length = length,
                Err(error) => content.failed = Some(error),
            }
            is_zip = archive::is_behind_prefix(buffer);
            content.pointer = if content.length == buffer.len() as u64 { Pointer::parse(buffer) } else { None };
        });
        let kind_of = kind(&head, is_zip);
        if content.length < size && content.failed.is_none() && !self.is_stopped() {
            let why = format!("it shrank to {} bytes while it was read; scan it again", content.length);
            content.failed = Some(io::Error::other(why));
        }
        if kind_of.is_none() && self.name_reason().is_none() || content.failed.is_some() {
            return content;
        }
        match again() {
            Ok(file) => self.unpacked(content, kind_of, file),
            Err(error) => Content { failed: Some(error), ..content },
        }
    }

    /// An opened file.
    pub(in crate::source) fn open(self, open: &OpenFile) -> Content {
        if open.is_sparse {
            return self.sparse(open);
        }
        self.file(open.size, |buffer| open.read(buffer), || open.again())
    }

    /// A file with holes, which are not read: no key goes across one.
    fn sparse(self, open: &OpenFile) -> Content {
        let (mut content, mut head, mut place, mut at) = (Content::default(), Vec::new(), WindowStart::default(), 0);
        let path = self.path.unwrap_or_default();
        let ends_as_zip = with_buffer(|buffer| -> io::Result<bool> {
            let mut ends_as_zip = false;
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
                let found = |found| content.keys.push(ContentKey::plain(found));
                Windows::default().scan_part(self.policy, (path, &mut place), buffer, fill, found)?;
                if part.start == 0 {
                    head = buffer.iter().take(archive::HEAD).copied().collect();
                }
                place.advance(buffer);
                at = part.end;
                ends_as_zip = at >= open.size && archive::is_behind_prefix(buffer);
            }
            Ok(ends_as_zip)
        });
        content.length = open.size;
        match ends_as_zip.and_then(|ends_as_zip| Ok((kind(&head, ends_as_zip), open.again()?))) {
            Ok((kind, file)) => self.unpacked(content, kind, file),
            Err(error) => Content { failed: Some(error), ..content },
        }
    }

    /// The file that a Git LFS pointer stands for, if it is kept in the repository with this common directory.
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

    /// Takes the file that content is a pointer to into it, from the first of these common directories that has it, or
    /// says that it is not here.
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

    /// Content that can be read but once.
    pub(crate) fn stream(self, stream: &mut dyn Read) -> Content {
        let mut watched = WatchedReader::new(stream, self.stop);
        let mut inside = UnpackedKeys::new(self);
        let too_large = archive::unpack_stream(&mut watched, self.policy.archives, &mut inside).is_err();
        let (content, state) = (inside.content, watched.state);
        Content { length: state.length, ..content }.ended(state, too_large)
    }

    /// The keys in the path's last part.
    pub(crate) fn name(self) -> Vec<ContentKey> {
        let Some(path) = self.path else { return Vec::new() };
        let by_path = self.policy.scan_path(path).into_iter().map(ContentKey::plain);
        by_path.chain(names(self.policy, path)).collect()
    }

    fn is_stopped(self) -> bool {
        self.stop.is_some_and(|stop| stop.load(Ordering::Relaxed))
    }

    fn name_reason(self) -> Option<&'static str> {
        self.path.and_then(archive::unopened_by_name)
    }

    /// Adds what is packed in content that was scanned as it stands.
    fn unpacked(self, mut content: Content, kind: Option<Container>, packed: impl Read + Seek) -> Content {
        let layer = match kind {
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
        let mut inside = UnpackedKeys::new(self);
        let limits = self.policy.archives;
        let too_large = archive::unpack(layer, &mut watched, content.length, limits, &mut inside).is_err();
        // What is stored as it is was seen from outside too.
        let secrets: HashSet<&Secret> = inside.content.keys.iter().map(|key| &key.found.secret).collect();
        content.keys.retain(|key| !secrets.contains(&key.found.secret));
        content.keys.append(&mut inside.content.keys);
        content.unopened = inside.content.unopened;
        content.ended(watched.state, too_large)
    }
}

impl Content {
    fn ended(mut self, state: ReadState, too_large: bool) -> Self {
        if state.is_stopped || state.error.is_some() {
            // Nothing is damaged: reading ended before the content did.
            self.unopened.retain(|(_, reason)| *reason != archive::reason::CORRUPT);
        }
        self.failed = self.failed.or(state.error);
        self.too_large = too_large;
        self
    }
}

/// What content is packed in, by its start and whether it ends as a zip does.
fn kind(head: &[u8], ends_as_zip: bool) -> Option<Container> {
    archive::kind(head).or_else(|| ends_as_zip.then_some(Container::Known(Layer::Zip)))
}

/// Whether what is found in content does not depend on how it starts and ends, so that a part may be looked at alone.
pub(crate) fn is_plain(bytes: &[u8]) -> bool {
    kind(bytes, archive::is_behind_prefix(bytes)).is_none() && !matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..])
}

/// The keys in the last part of a path.
pub(crate) fn names(policy: &Policy, path: &[u8]) -> impl Iterator<Item = ContentKey> + use<> {
    path_names(policy, path.rsplit(|&byte| byte == b'/').next().unwrap_or_default())
}

/// The keys anywhere in a path: what is above a file may have no entry of its own. Shorter names hold none.
pub(crate) fn path_names(policy: &Policy, name: &[u8]) -> impl Iterator<Item = ContentKey> + use<> {
    const SHORTEST: usize = 16;
    let found = if name.len() < SHORTEST { Vec::new() } else { policy.scan(name) };
    found.into_iter().map(|found| ContentKey { part: Some(Part::Name), ..ContentKey::plain(found) })
}
