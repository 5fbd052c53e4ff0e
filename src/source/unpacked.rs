//! Collects the keys in packed content while it is unpacked.

use std::collections::{BTreeSet, HashSet};
use std::io::{self, Read, Seek};
use std::sync::atomic::{AtomicBool, Ordering};

use bstr::{BStr, BString};

use super::archive::{self, Packed};
use super::content_key::{Content, ContentKey};
use super::name_keys::any_name;
use super::read::{WindowFinding, Windows};
use crate::core::order::Gather as _;
use crate::policy::Policy;

/// The results from packed content so far.
pub(super) struct UnpackedKeys<'a> {
    policy: &'a Policy,
    /// The path of the packed content, relative to the start of the scan.
    path: Option<&'a BStr>,
    buffer: Vec<u8>,
    content: Content,
    /// The keys between the members of archives.
    between: Vec<ContentKey>,
    /// The reasons that occurred more often than members are named.
    more: Vec<&'static str>,
}

/// How many unopened members are named; for more of them, only the archive is named.
const MOST_NAMED: usize = 1000;

impl<'a> UnpackedKeys<'a> {
    pub(super) fn new(policy: &'a Policy, path: Option<&'a BStr>) -> Self {
        Self { policy, path, buffer: Vec::new(), content: Content::default(), between: Vec::new(), more: Vec::new() }
    }

    /// All keys. One that is between an archive's members is left out if it is also in one of them, or in the name of
    /// one, which the directory repeats.
    pub(super) fn finish(self) -> Content {
        let Self { mut content, mut between, .. } = self;
        let members: BTreeSet<(&[u8], &[u8])> = content
            .keys
            .iter()
            .filter_map(|key| Some((key.found.secret.expose(), key.member.as_ref()?.as_slice())))
            .in_set();
        let mut seen: HashSet<(Vec<u8>, Option<BString>)> = HashSet::new();
        between.retain(|key| {
            let secret = key.found.secret.expose();
            let inside = key.member.as_ref().map_or_else(Vec::new, |archive| [archive.as_slice(), b"/"].concat());
            let next = members.range((secret, inside.as_slice())..).next();
            let is_repeated = next.is_some_and(|(other, member)| *other == secret && member.starts_with(&inside));
            !is_repeated && seen.insert((secret.to_vec(), key.member.clone()))
        });
        content.keys.append(&mut between);
        content
    }

    fn scan(&mut self, at: &Packed, content: &mut dyn Read) -> io::Result<()> {
        let fill = |buffer: &mut Vec<u8>| {
            let count = io::copy(&mut content.take(64 << 10), buffer)?;
            Ok(usize::try_from(count).unwrap_or(usize::MAX))
        };
        let content_so_far = &mut self.content;
        let found = |found: WindowFinding| {
            let mut found = match found {
                WindowFinding::Key(found) => *found,
                WindowFinding::Unopened(reason) => {
                    let unopened = (at.member.clone(), reason);
                    if content_so_far.unopened.last() != Some(&unopened) && content_so_far.unopened.len() < MOST_NAMED {
                        content_so_far.unopened.push(unopened);
                    }
                    return;
                }
            };
            found.layers.splice(0..0, at.layers.iter().copied());
            let is_unpacked = !at.layers.is_empty();
            content_so_far.keys.push(ContentKey { member: at.member.clone(), is_unpacked, ..ContentKey::plain(found) });
        };
        let path = archive::shown(self.path.unwrap_or_default(), at.member.as_ref());
        Windows::default().scan(self.policy, path.as_ref(), &mut self.buffer, fill, found).map(drop)
    }
}

impl archive::Visitor for UnpackedKeys<'_> {
    fn content(&mut self, at: &Packed, content: &mut dyn Read) -> io::Result<()> {
        self.scan(at, content)?;
        // A zip that was not opened for another reason also ends as a zip.
        let is_said = self.content.unopened.last().is_some_and(|(member, _)| *member == at.member);
        let by_name = self.path.filter(|_| at.layers.is_empty()).and_then(archive::unopened_by_name);
        if let Some(reason) = by_name.filter(|_| !is_said) {
            self.unopened(at, reason);
        } else if !is_said && archive::zip_end(&self.buffer).is_some() {
            self.unopened(at, archive::reason::PREFIXED);
        }
        Ok(())
    }

    fn between(&mut self, at: &Packed, content: &mut dyn Read) -> io::Result<()> {
        let first = self.content.keys.len();
        let result = self.scan(at, content);
        self.between.extend(self.content.keys.drain(first..));
        result
    }

    fn name(&mut self, at: &Packed, name: &[u8]) {
        let named = any_name(self.policy, name).map(|mut key| {
            key.found.layers.splice(0..0, at.layers.iter().copied());
            ContentKey { member: at.member.clone(), is_unpacked: true, ..key }
        });
        self.content.keys.extend(named);
    }

    fn unopened(&mut self, at: &Packed, reason: &'static str) {
        if self.content.unopened.len() < MOST_NAMED {
            self.content.unopened.push((at.member.clone(), reason));
        } else if !self.more.contains(&reason) {
            self.more.push(reason);
            self.content.unopened.push((None, reason));
        }
    }
}

/// How reading packed content ended: a system error or a stopped run is not damage of the content.
#[derive(Debug, Default)]
pub(super) struct ReadState {
    pub(super) length: u64,
    pub(super) is_stopped: bool,
    pub(super) error: Option<io::Error>,
}

/// A reader that ends when the run is stopped.
pub(super) struct WatchedReader<'a, R> {
    inner: R,
    stop: Option<&'a AtomicBool>,
    pub(super) state: ReadState,
}

impl<'a, R> WatchedReader<'a, R> {
    pub(super) fn new(inner: R, stop: Option<&'a AtomicBool>) -> Self {
        Self { inner, stop, state: ReadState::default() }
    }
}

impl<R: Read> Read for WatchedReader<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.stop.is_some_and(|stop| stop.load(Ordering::Relaxed)) {
            self.state.is_stopped = true;
            return Err(io::Error::other("the run was stopped"));
        }
        match self.inner.read(buffer) {
            Ok(count) => {
                self.state.length += count as u64;
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                let copy =
                    error.raw_os_error().map_or_else(|| io::Error::from(error.kind()), io::Error::from_raw_os_error);
                self.state.error = Some(error);
                Err(copy)
            }
        }
    }
}

impl<R: Seek> Seek for WatchedReader<'_, R> {
    fn seek(&mut self, position: io::SeekFrom) -> io::Result<u64> {
        self.inner.seek(position)
    }
}
