//! One thread of the first pass: reads, checks and scans object by object.
//!
//! **Whether content has the hash that its id says** is checked where something depends on it: of every loose object, of
//! every object with more than one copy (if the copies differ, all of them are scanned), of every object with a finding,
//! and of every blob that the cache will remember as clean. It is not checked of the others, each the only copy in a
//! pack: their content is scanned whatever its id, and hashing all of a history would take as long again as scanning it.

use super::found::{ContentPass, ObjectHit};
use super::scope::{ContentScope, ScanDecision};
use crate::git::Kind;
use crate::git::commit::{self, ParsedCommit, ParsedTag};
use crate::git::inflate::Corrupt;
use crate::git::objects::{MISNAMED, unreadable};
use crate::git::pack::Delta;
use crate::history::delta_windows;
use crate::history::object_index::ObjectIndex;
use crate::history::pack_walk::{DecodedObject, ObjectVisitor};
use crate::history::records::{CommitRecord, TagRecord};
use crate::scan::Seen;
use crate::source::content::{self, ContentKey, ContentScan};
use crate::source::lfs::Pointer;

/// One thread of the first pass, and what it found.
pub(super) struct ContentVisitor<'a> {
    index: &'a ObjectIndex<'a>,
    scope: &'a ContentScope<'a>,
    is_local: bool,
    seen: Seen,
    pub(super) read: ContentPass,
}

impl<'a> ContentVisitor<'a> {
    pub(super) fn new(index: &'a ObjectIndex<'a>, scope: &'a ContentScope<'a>) -> Self {
        Self { index, scope, is_local: scope.policy.is_local(), seen: Seen::default(), read: ContentPass::default() }
    }

    /// Checks the content of an object against its id, and reads it. For loose objects, where this is cheap, and for
    /// objects with several copies, where it matters. Returns whether the policy saw nothing in it.
    pub(super) fn read_checked(&mut self, number: u32, kind: Kind, bytes: &[u8]) -> bool {
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
    pub(super) fn scan_misnamed(&mut self, first: u32, kind: Kind, bytes: &[u8]) {
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
    pub(super) fn read_if_selected(&mut self, number: u32, kind: Kind, bytes: &[u8]) -> bool {
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
