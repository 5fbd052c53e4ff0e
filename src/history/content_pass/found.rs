//! What the first pass finds.

use std::collections::HashSet;

use bstr::BString;

use crate::git::Kind;
use crate::git::inflate::Corrupt;
use crate::history::records::{CommitRecord, TagRecord};
use crate::source::content::ContentKey;
use crate::source::lfs::Pointer;

/// What the first pass finds, of all threads.
#[derive(Default)]
pub(in crate::history) struct ContentPass {
    /// Objects with findings, by number. Commits and tags come with their bytes.
    pub(in crate::history) hits: Vec<ObjectHit>,
    /// All commits, by number.
    pub(in crate::history) commits: Vec<CommitRecord>,
    /// Annotated tags, by number.
    pub(in crate::history) tags: Vec<TagRecord>,
    /// Blobs that are Git LFS pointers, by number.
    pub(in crate::history) pointers: Vec<(u32, Pointer)>,
    /// Blobs whose hits are not in their own bytes: Git LFS pointers whose content was scanned, and objects of which a
    /// copy has other content.
    pub(in crate::history) external: HashSet<u32>,
    /// Blobs in which the policy saw nothing, by number.
    pub(in crate::history) clean: Vec<u32>,
    /// Archives that were not scanned to their end.
    pub(in crate::history) unscanned_archives: Vec<UnscannedArchive>,
    /// The kinds of loose objects, by number.
    pub(in crate::history) kinds: Vec<(u32, Kind)>,
    /// Whether every object could be read, and every one that was checked has the hash that its id says.
    pub(in crate::history) is_sound: bool,
    /// Copies that could not be read.
    pub(super) failed: Vec<(u32, Corrupt)>,
    /// Objects of which a copy does not have the hash that its id says.
    pub(super) misnamed: Vec<(u32, Kind)>,
}

/// A blob that is an archive, its members that were not scanned with the reasons, and whether it was too large.
pub(in crate::history) type UnscannedArchive = (u32, Vec<(Option<BString>, &'static str)>, bool);

/// An object with findings.
pub(in crate::history) struct ObjectHit {
    pub(in crate::history) number: u32,
    pub(in crate::history) kind: Kind,
    pub(in crate::history) keys: Vec<ContentKey>,
    /// The content of a commit or tag; empty for blobs.
    pub(in crate::history) bytes: Vec<u8>,
}

impl ContentPass {
    /// Adds what another pass over other objects found.
    pub(in crate::history) fn append_pass(&mut self, other: Self) {
        self.is_sound &= other.is_sound;
        self.append(other);
        self.sort();
    }

    pub(super) fn append(&mut self, mut other: Self) {
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

    pub(super) fn sort(&mut self) {
        self.hits.sort_by_key(|hit| hit.number);
        self.commits.sort_by_key(|commit| commit.number);
        self.tags.sort_by_key(|tag| tag.number);
        self.pointers.sort_unstable();
        self.kinds.sort_unstable();
        self.clean.sort_unstable();
        self.unscanned_archives.sort();
    }
}
