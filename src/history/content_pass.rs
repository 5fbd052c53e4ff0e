//! The first pass: every blob, commit and tag, once, through the policy.
//!
//! **Whether content has the hash that its id says** is checked where something depends on it: of every loose object, of
//! every object with more than one copy (if the copies differ, all of them are scanned), of every object with a finding,
//! and of every blob that the cache will remember as clean. It is not checked of the others, each the only copy in a
//! pack: their content is scanned whatever its id, and hashing all of a history would take as long again as scanning it.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU32, Ordering};

use bstr::BString;
use rayon::iter::{IndexedParallelIterator as _, IntoParallelIterator as _, ParallelIterator as _};

use super::delta_windows;
use super::missing::Unscanned;
use super::object_index::ObjectIndex;
use super::pack_walk::{DecodedObject, ObjectVisitor, PackWalk};
use super::records::{CommitRecord, TagRecord};
use crate::git::commit::{self, ParsedCommit, ParsedTag};
use crate::git::inflate::Corrupt;
use crate::git::objects::{MISNAMED, unreadable};
use crate::git::pack::Delta;
use crate::git::{Id, Kind};
use crate::policy::Policy;
use crate::scan::Seen;
use crate::source::Collector;
use crate::source::content::{self, ContentKey, ContentScan};
use crate::source::lfs::Pointer;

/// What the first pass finds, of all threads.
#[derive(Default)]
pub(super) struct ContentPass {
    /// Objects with findings, by number. Commits and tags come with their bytes.
    pub(super) hits: Vec<ObjectHit>,
    /// All commits, by number.
    pub(super) commits: Vec<CommitRecord>,
    /// Annotated tags, by number.
    pub(super) tags: Vec<TagRecord>,
    /// Blobs that are Git LFS pointers, by number.
    pub(super) pointers: Vec<(u32, Pointer)>,
    /// Blobs whose hits are not in their own bytes: Git LFS pointers whose content was scanned, and objects of which a
    /// copy has other content.
    pub(super) external: HashSet<u32>,
    /// Blobs in which the policy saw nothing, by number.
    pub(super) clean: Vec<u32>,
    /// Archives that were not scanned to their end.
    pub(super) unscanned_archives: Vec<UnscannedArchive>,
    /// The kinds of loose objects, by number.
    pub(super) kinds: Vec<(u32, Kind)>,
    /// Whether every object could be read, and every one that was checked has the hash that its id says.
    pub(super) is_sound: bool,
    /// Copies that could not be read.
    failed: Vec<(u32, Corrupt)>,
    /// Objects of which a copy does not have the hash that its id says.
    misnamed: Vec<(u32, Kind)>,
}

/// A blob that is an archive, its members that were not scanned with the reasons, and whether it was too large.
pub(super) type UnscannedArchive = (u32, Vec<(Option<BString>, &'static str)>, bool);

/// An object with findings.
pub(super) struct ObjectHit {
    pub(super) number: u32,
    pub(super) kind: Kind,
    pub(super) keys: Vec<ContentKey>,
    /// The content of a commit or tag; empty for blobs.
    pub(super) bytes: Vec<u8>,
}

/// Which objects the pass scans, with what, and where to it reports.
pub(super) struct ContentScope<'a> {
    pub(super) policy: &'a Policy,
    /// Which objects are read at all; `None`: all of them.
    pub(super) part: Option<&'a (dyn Fn(u32) -> bool + Sync)>,
    /// What to do with a blob, commit or tag, by its number and id.
    pub(super) decide: &'a (dyn Fn(u32, &Id, Kind) -> ScanDecision + Sync),
    /// Whether a blob's id has to be checked because the cache will remember it if it is clean.
    pub(super) remembers: &'a (dyn Fn(u32) -> bool + Sync),
    pub(super) collector: &'a Collector,
    pub(super) unscanned: &'a Unscanned<'a>,
}

impl ContentScope<'_> {
    /// Whether an object is read here, not in another part of the audit.
    fn has(&self, number: u32) -> bool {
        self.part.is_none_or(|part| part(number))
    }
}

/// What to do with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScanDecision {
    /// Scan it.
    Scan,
    /// Leave it out: an earlier run scanned it and found nothing.
    KnownClean,
    /// Leave it out: no commit that is asked for brings it in, or another part of the audit scans it.
    Elsewhere,
}

/// Scans what the scope says. An object of which no copy can be read is reported.
pub(super) fn read(index: &ObjectIndex<'_>, scope: &ContentScope<'_>) -> ContentPass {
    // All commits are read, as the graph needs them; and all copies of an object, as they may differ.
    let wanted = |number: u32| {
        if !scope.has(number) {
            return false;
        }
        let Some(kind) = index.kind(number).filter(|&kind| kind != Kind::Tree) else { return false };
        kind != Kind::Blob
            || index.has_copies(number)
            || (scope.decide)(number, &index.id(number), kind) == ScanDecision::Scan
    };
    let walk = PackWalk::new(index.members(), &wanted, scope.collector);
    let visitors = walk.run(|| ContentVisitor::new(index, scope));
    let mut read = ContentPass::default();
    for visitor in read_loose(index, scope, visitors) {
        read.append(visitor.read);
    }
    let mut failed = std::mem::take(&mut read.failed);
    failed.extend(index.broken());
    read.is_sound = failed.is_empty();
    read.append(retry(index, scope, failed));
    read.append(rescan_misnamed(index, scope, &read));
    let misnamed: HashSet<u32> = read.misnamed.iter().map(|(number, _)| *number).collect();
    read.clean.retain(|number| !misnamed.contains(number));
    read.is_sound &= misnamed.is_empty();
    read.sort();
    read
}

/// Scans loose objects, on all threads.
fn read_loose<'a>(
    index: &ObjectIndex<'_>,
    scope: &ContentScope<'_>,
    visitors: Vec<ContentVisitor<'a>>,
) -> Vec<ContentVisitor<'a>> {
    let next = AtomicU32::new(index.loose().start);
    let work = |mut visitor: ContentVisitor<'a>| {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if !index.loose().contains(&number) || scope.collector.is_stopped() {
                return visitor;
            }
            scope.collector.progress().advance(LOOSE);
            match index.read(number) {
                Ok(Some((kind, bytes))) => {
                    visitor.read.kinds.push((number, kind));
                    if scope.has(number) {
                        visitor.read_checked(number, kind, &bytes);
                    }
                }
                // It went into a pack since it was listed, or away.
                Ok(None) => visitor.read.failed.push((number, GONE)),
                Err(why) => visitor.failed(number, why),
            }
        }
    };
    if index.loose().is_empty() {
        return visitors;
    }
    scope.collector.progress().expect(LOOSE * index.loose().len() as u64);
    visitors.into_par_iter().with_max_len(1).map(work).collect()
}

/// Scans another copy of objects that could not be read: there may be one, also in a pack that was made meanwhile.
fn retry(index: &ObjectIndex<'_>, scope: &ContentScope<'_>, failed: Vec<(u32, Corrupt)>) -> ContentPass {
    let mut visitor = ContentVisitor::new(index, scope);
    let mut done = HashSet::new();
    for (number, why) in failed {
        let id = index.id(number);
        if !done.insert(id) {
            continue;
        }
        match index.store.find(id) {
            Ok(Some((kind, bytes))) => {
                if index.kind(number).is_none() {
                    visitor.read.kinds.push((number, kind));
                }
                if scope.has(number) {
                    visitor.read_if_selected(number, kind, &bytes);
                }
            }
            // A gc drops only what nothing needs.
            Ok(None) if why == GONE => {}
            Ok(None) => scope.unscanned.report_once(unreadable(&id, why)),
            Err(error) => scope.unscanned.report_once(error),
        }
    }
    visitor.read
}

/// Scans another copy of objects whose first copy has wrong content.
fn rescan_misnamed(index: &ObjectIndex<'_>, scope: &ContentScope<'_>, read: &ContentPass) -> ContentPass {
    let mut visitor = ContentVisitor::new(index, scope);
    for &(number, kind) in &read.misnamed {
        if let Ok(Some((_, bytes))) = index.store.find(index.id(number)) {
            visitor.scan_misnamed(number, kind, &bytes);
        }
    }
    visitor.read
}

/// What a loose object counts for beside the bytes of packs, in a display of progress.
const LOOSE: u64 = 4096;

const GONE: Corrupt = "it went away while it was read";

impl ContentPass {
    /// Adds what another pass over other objects found.
    pub(super) fn append_pass(&mut self, other: Self) {
        self.is_sound &= other.is_sound;
        self.append(other);
        self.sort();
    }

    fn append(&mut self, mut other: Self) {
        self.hits.append(&mut other.hits);
        self.commits.append(&mut other.commits);
        self.tags.append(&mut other.tags);
        self.pointers.append(&mut other.pointers);
        self.kinds.append(&mut other.kinds);
        self.clean.append(&mut other.clean);
        self.unscanned_archives.append(&mut other.unscanned_archives);
        self.failed.append(&mut other.failed);
        self.misnamed.append(&mut other.misnamed);
        self.external.extend(other.external);
    }

    fn sort(&mut self) {
        self.hits.sort_by_key(|hit| hit.number);
        self.commits.sort_by_key(|commit| commit.number);
        self.tags.sort_by_key(|tag| tag.number);
        self.pointers.sort_unstable();
        self.kinds.sort_unstable();
        self.clean.sort_unstable();
        self.unscanned_archives.sort();
    }
}

/// One thread of the first pass, and what it found.
struct ContentVisitor<'a> {
    index: &'a ObjectIndex<'a>,
    scope: &'a ContentScope<'a>,
    is_local: bool,
    seen: Seen,
    read: ContentPass,
}

impl<'a> ContentVisitor<'a> {
    fn new(index: &'a ObjectIndex<'a>, scope: &'a ContentScope<'a>) -> Self {
        Self { index, scope, is_local: scope.policy.is_local(), seen: Seen::default(), read: ContentPass::default() }
    }

    /// Checks the content of an object against its id, and reads it. For loose objects, where this is cheap, and for
    /// objects with several copies, where it matters. Returns whether the policy saw nothing in it.
    fn read_checked(&mut self, number: u32, kind: Kind, bytes: &[u8]) -> bool {
        if self.has_its_id(number, kind, bytes) {
            return self.index.is_first_copy(number) && self.read_if_selected(number, kind, bytes);
        }
        let id = self.index.id(number);
        self.scope.unscanned.report_once(unreadable(&id, MISNAMED));
        let first = self.index.find(&id).unwrap_or(number);
        if first == number {
            self.read_object(number, kind, bytes);
            self.read.misnamed.push((number, kind));
        } else {
            self.scan_misnamed(first, kind, bytes);
        }
        false
    }

    fn has_its_id(&self, number: u32, kind: Kind, bytes: &[u8]) -> bool {
        self.index.hash().id_of(kind, bytes) == self.index.id(number)
    }

    /// Scans content that does not belong to the id that it is stored under; hits are those of the id's first copy.
    fn scan_misnamed(&mut self, first: u32, kind: Kind, bytes: &[u8]) {
        let hits = self.read.hits.len();
        if kind == Kind::Blob {
            self.scan_blob(first, bytes, None);
        } else if kind != Kind::Tree {
            self.scan_text(first, kind, bytes);
        }
        if hits < self.read.hits.len() {
            self.read.external.insert(first);
        }
        self.read.misnamed.push((first, kind));
    }

    /// Reads an object if the scope says so, and returns whether the policy saw nothing in it.
    fn read_if_selected(&mut self, number: u32, kind: Kind, bytes: &[u8]) -> bool {
        match (self.scope.decide)(number, &self.index.id(number), kind) {
            ScanDecision::KnownClean => kind == Kind::Blob,
            ScanDecision::Elsewhere if kind == Kind::Blob => false,
            ScanDecision::Elsewhere | ScanDecision::Scan => self.read_object(number, kind, bytes),
        }
    }

    /// Reads an object, and returns whether the policy saw nothing in it.
    fn read_object(&mut self, number: u32, kind: Kind, bytes: &[u8]) -> bool {
        match kind {
            Kind::Tree => false,
            Kind::Blob => self.scan_blob(number, bytes, None),
            Kind::Commit => {
                let commit = ParsedCommit::parse(bytes);
                self.read.commits.push(CommitRecord {
                    number,
                    tree: commit.tree,
                    parents: commit.parents.into(),
                    time: commit.committer.seconds,
                });
                self.scan_text(number, kind, bytes)
            }
            Kind::Tag => {
                let target = ParsedTag::parse(bytes).target;
                self.read.tags.push(TagRecord { number, target });
                self.scan_text(number, kind, bytes)
            }
        }
    }

    fn scan_text(&mut self, number: u32, kind: Kind, bytes: &[u8]) -> bool {
        if (self.scope.decide)(number, &self.index.id(number), kind) != ScanDecision::Scan {
            return false;
        }
        self.scope.collector.scanned(0, bytes.len() as u64);
        let policy = self.scope.policy;
        let matches = if self.is_local {
            let start = if kind == Kind::Commit { commit::leading_ids(bytes) } else { 0 };
            policy.scan_unseen(bytes, start..bytes.len(), None, &mut self.seen)
        } else {
            policy.scan(bytes)
        };
        let is_clean = matches.is_empty();
        if !is_clean {
            let keys = matches.into_iter().map(ContentKey::plain).collect();
            self.read.hits.push(ObjectHit { number, kind, keys, bytes: bytes.to_vec() });
        }
        is_clean
    }

    /// Scans a blob, and returns whether the policy saw nothing in it. If it is a delta on a clean base, only what is new
    /// is searched.
    fn scan_blob(&mut self, number: u32, bytes: &[u8], clean_base: Option<Delta<'_>>) -> bool {
        let policy = self.scope.policy;
        self.scope.collector.scanned(1, bytes.len() as u64);
        let pointer = Pointer::parse(bytes);
        let is_pointer = pointer.is_some();
        self.read.pointers.extend(pointer.map(|pointer| (number, pointer)));
        let is_plain = self.is_local && content::is_plain(bytes);
        let windows = clean_base.filter(|_| is_plain).and_then(|delta| delta_windows::windows(bytes, &delta));
        // A search in windows alone says only whether the blob is clean.
        let mut is_clean =
            windows.is_some_and(|windows| policy.scanner.sees_nothing_in(bytes, &windows, &mut self.seen));
        if !is_clean {
            let content = ContentScan::new(policy, None).bytes(bytes, self.is_local.then_some(&mut self.seen));
            is_clean = is_plain && content.keys.is_empty();
            if content.too_large || !content.unopened.is_empty() {
                self.read.unscanned_archives.push((number, content.unopened, content.too_large));
            }
            if !content.keys.is_empty() {
                self.read.hits.push(ObjectHit { number, kind: Kind::Blob, keys: content.keys, bytes: Vec::new() });
            }
        }
        if is_clean && !is_pointer {
            self.read.clean.push(number);
        }
        is_clean
    }
}

impl ObjectVisitor for ContentVisitor<'_> {
    /// Whether the policy saw nothing in it.
    type Note = bool;

    fn object(&mut self, object: &DecodedObject<'_, bool>) -> bool {
        let DecodedObject { number, kind, bytes, .. } = *object;
        if !object.wanted {
            let id = || self.index.id(number);
            return kind == Kind::Blob && (self.scope.decide)(number, &id(), kind) == ScanDecision::KnownClean;
        }
        if self.index.has_copies(number) {
            return self.read_checked(number, kind, bytes);
        }
        let hits = self.read.hits.len();
        let is_clean = match object.base {
            Some((true, delta)) if kind == Kind::Blob => self.scan_blob(number, bytes, Some(delta)),
            _ => self.read_object(number, kind, bytes),
        };
        let matters = hits < self.read.hits.len() || is_clean && (self.scope.remembers)(number);
        if matters && !self.has_its_id(number, kind, bytes) {
            self.scope.unscanned.report_once(unreadable(&self.index.id(number), MISNAMED));
            self.read.misnamed.push((number, kind));
        }
        is_clean
    }

    fn failed(&mut self, number: u32, why: Corrupt) {
        self.read.failed.push((number, why));
    }
}
