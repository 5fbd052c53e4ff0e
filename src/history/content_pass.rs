//! The first pass: every blob, commit and tag, once, through the policy.
//!
//! **Whether content has the hash that its id says** is checked where something depends on it: of every loose object, of
//! every object that is there more than once (of copies that differ all are scanned), of every object with a finding, and
//! of every blob that is remembered as clean. Of the others, each the only copy in a pack, it is not: what they hold is
//! scanned whatever it is called, and hashing all of a history would take as long again as scanning it.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU32, Ordering};

use bstr::BString;

use super::delta_windows;
use super::missing::Gaps;
use super::object_index::ObjectIndex;
use super::pack_walk::{Decoded, Visitor, Walk};
use crate::git::commit::{self, Commit, Tag};
use crate::git::inflate::Corrupt;
use crate::git::objects::{MISNAMED, unreadable};
use crate::git::pack::Delta;
use crate::git::{Id, Kind};
use crate::policy::Policy;
use crate::scan::Seen;
use crate::source::Collector;
use crate::source::content::{self, Key, Scan};
use crate::source::lfs::Pointer;

/// What the first pass leaves behind.
#[derive(Default)]
pub(super) struct Read {
    /// Objects with findings, by number. Commits and tags come with their bytes.
    pub(super) hits: Vec<Hit>,
    /// All commits, by number.
    pub(super) commits: Vec<CommitLine>,
    /// Annotated tags, by number.
    pub(super) tags: Vec<TagLine>,
    /// Blobs that are Git LFS pointers, by number.
    pub(super) pointers: Vec<(u32, Pointer)>,
    /// Pointers whose content was found and scanned: what their blobs are said to hold does not stand in them.
    pub(super) elsewhere: HashSet<u32>,
    /// Blobs in which the policy saw nothing, by number.
    pub(super) clean: Vec<u32>,
    /// Archives that were not read to their end: members and reasons, and whether it was for their size.
    pub(super) troubles: Vec<Trouble>,
    /// Kinds of loose objects.
    pub(super) kinds: Vec<(u32, Kind)>,
    /// Whether every object could be read, and of those that were checked none had the content of another one.
    pub(super) is_sound: bool,
    failed: Vec<(u32, Corrupt)>,
    /// Objects of which a copy has the content of another one.
    misnamed: Vec<(u32, Kind)>,
}

/// What of an archive was not scanned.
pub(super) type Trouble = (u32, Vec<(Option<BString>, &'static str)>, bool);

/// An object with findings.
pub(super) struct Hit {
    pub(super) number: u32,
    pub(super) kind: Kind,
    pub(super) keys: Vec<Key>,
    /// Empty for blobs.
    pub(super) bytes: Vec<u8>,
}

/// What the graph needs of a commit.
pub(super) struct CommitLine {
    pub(super) number: u32,
    pub(super) tree: Option<Id>,
    pub(super) parents: Box<[Id]>,
    /// When it was committed.
    pub(super) time: i64,
}

/// What the graph needs of an annotated tag.
pub(super) struct TagLine {
    pub(super) number: u32,
    pub(super) target: Option<Id>,
}

/// What decides which objects are scanned.
pub(super) struct Scope<'a> {
    pub(super) policy: &'a Policy,
    /// What to do with a blob, commit or tag, by its number and id.
    pub(super) wants: &'a (dyn Fn(u32, &Id, Kind) -> Want + Sync),
    /// Whether the id of a blob in a pack has to be checked because what is found is remembered under it.
    pub(super) remembers: &'a (dyn Fn(u32) -> bool + Sync),
    pub(super) collector: &'a Collector,
    pub(super) gaps: &'a Gaps<'a>,
    pub(super) threads: usize,
}

/// What to do with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Want {
    /// Scan it.
    Scan,
    /// It was scanned by an earlier run, which saw nothing in it.
    KnownClean,
    /// It is another shard's.
    Skip,
}

/// Scans everything that is wanted; what cannot be read in any copy goes to the collector.
pub(super) fn read(index: &ObjectIndex<'_>, scope: &Scope<'_>) -> Read {
    // Commits are always read: the graph needs all of them. So is each copy of what is there more than once.
    let wanted = |number: u32| {
        let Some(kind) = index.kind(number).filter(|&kind| kind != Kind::Tree) else { return false };
        kind != Kind::Blob || index.has_copies(number) || (scope.wants)(number, &index.id(number), kind) == Want::Scan
    };
    let visitors = (0..scope.threads).map(|_| Scanning::new(index, scope)).collect();
    let visitors = Walk::new(index.members(), &wanted, scope.collector).run(visitors);
    let mut read = Read::default();
    for visitor in read_loose(index, scope, visitors) {
        read.append(visitor.read);
    }
    let mut failed = std::mem::take(&mut read.failed);
    failed.extend(index.broken());
    read.is_sound = failed.is_empty();
    read.append(retry(index, scope, failed));
    read.append(replace(index, scope, &read));
    let misnamed: HashSet<u32> = read.misnamed.iter().map(|(number, _)| *number).collect();
    read.clean.retain(|number| !misnamed.contains(number));
    read.is_sound &= misnamed.is_empty();
    read.sort();
    read
}

/// Loose objects, by all threads.
fn read_loose<'a>(index: &ObjectIndex<'_>, scope: &Scope<'_>, visitors: Vec<Scanning<'a>>) -> Vec<Scanning<'a>> {
    let next = AtomicU32::new(index.loose().start);
    let work = |mut visitor: Scanning<'a>| {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if !index.loose().contains(&number) || scope.collector.is_stopped() {
                return visitor;
            }
            match index.read(number) {
                Ok(Some((kind, bytes))) => {
                    visitor.read.kinds.push((number, kind));
                    visitor.checked(number, kind, &bytes);
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
    std::thread::scope(|scope| {
        let threads: Vec<_> = visitors.into_iter().map(|visitor| scope.spawn(|| work(visitor))).collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, _>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        threads.into_iter().map(join).collect()
    })
}

/// A copy that cannot be read may have a sister that can, here or in a pack that was made meanwhile.
fn retry(index: &ObjectIndex<'_>, scope: &Scope<'_>, failed: Vec<(u32, Corrupt)>) -> Read {
    let mut visitor = Scanning::new(index, scope);
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
                visitor.wanted(number, kind, &bytes);
            }
            // What a gc drops was not needed.
            Ok(None) if why == GONE => {}
            Ok(None) => scope.gaps.once(unreadable(&id, why)),
            Err(error) => scope.gaps.once(error),
        }
    }
    visitor.read
}

/// Where the first copy of an object is another's content, a later one may be right.
fn replace(index: &ObjectIndex<'_>, scope: &Scope<'_>, read: &Read) -> Read {
    let mut visitor = Scanning::new(index, scope);
    for &(number, kind) in &read.misnamed {
        if let Ok(Some((_, bytes))) = index.store.find(index.id(number)) {
            visitor.misnamed(number, kind, &bytes);
        }
    }
    visitor.read
}

const GONE: Corrupt = "it went away while it was read";

impl Read {
    fn append(&mut self, mut other: Self) {
        self.hits.append(&mut other.hits);
        self.commits.append(&mut other.commits);
        self.tags.append(&mut other.tags);
        self.pointers.append(&mut other.pointers);
        self.kinds.append(&mut other.kinds);
        self.clean.append(&mut other.clean);
        self.troubles.append(&mut other.troubles);
        self.failed.append(&mut other.failed);
        self.misnamed.append(&mut other.misnamed);
        self.elsewhere.extend(other.elsewhere);
    }

    fn sort(&mut self) {
        self.hits.sort_by_key(|hit| hit.number);
        self.commits.sort_by_key(|commit| commit.number);
        self.tags.sort_by_key(|tag| tag.number);
        self.pointers.sort_unstable();
        self.kinds.sort_unstable();
        self.clean.sort_unstable();
        self.troubles.sort();
    }
}

/// One thread of the first pass.
struct Scanning<'a> {
    index: &'a ObjectIndex<'a>,
    scope: &'a Scope<'a>,
    is_local: bool,
    seen: Seen,
    read: Read,
}

impl<'a> Scanning<'a> {
    fn new(index: &'a ObjectIndex<'a>, scope: &'a Scope<'a>) -> Self {
        Self { index, scope, is_local: scope.policy.is_local(), seen: Seen::default(), read: Read::default() }
    }

    /// An object whose content is checked against its id first, as it is cheap here (a loose one) or as it matters (one of
    /// several copies). Says whether the policy saw nothing in it.
    fn checked(&mut self, number: u32, kind: Kind, bytes: &[u8]) -> bool {
        if self.is_right(number, kind, bytes) {
            return self.index.is_first_copy(number) && self.wanted(number, kind, bytes);
        }
        let id = self.index.id(number);
        self.scope.gaps.once(unreadable(&id, MISNAMED));
        let first = self.index.find(&id).unwrap_or(number);
        if first == number {
            self.one(number, kind, bytes);
            self.read.misnamed.push((number, kind));
        } else {
            self.misnamed(first, kind, bytes);
        }
        false
    }

    fn is_right(&self, number: u32, kind: Kind, bytes: &[u8]) -> bool {
        self.index.hash().id_of(kind, bytes) == self.index.id(number)
    }

    /// Scans what is not the content that the first copy of this object has, and tells of it all the same.
    fn misnamed(&mut self, first: u32, kind: Kind, bytes: &[u8]) {
        let hits = self.read.hits.len();
        if kind == Kind::Blob {
            self.blob(first, bytes, None);
        } else if kind != Kind::Tree {
            self.text(first, kind, bytes);
        }
        if hits < self.read.hits.len() {
            self.read.elsewhere.insert(first);
        }
        self.read.misnamed.push((first, kind));
    }

    /// Reads an object if it is asked for, and says whether the policy saw nothing in it.
    fn wanted(&mut self, number: u32, kind: Kind, bytes: &[u8]) -> bool {
        match (self.scope.wants)(number, &self.index.id(number), kind) {
            Want::KnownClean => kind == Kind::Blob,
            Want::Skip if kind == Kind::Blob => false,
            Want::Skip | Want::Scan => self.one(number, kind, bytes),
        }
    }

    /// Reads an object, and says whether the policy saw nothing in it.
    fn one(&mut self, number: u32, kind: Kind, bytes: &[u8]) -> bool {
        match kind {
            Kind::Tree => false,
            Kind::Blob => self.blob(number, bytes, None),
            Kind::Commit => {
                let commit = Commit::parse(bytes);
                self.read.commits.push(CommitLine {
                    number,
                    tree: commit.tree,
                    parents: commit.parents.into(),
                    time: commit.committer.seconds,
                });
                self.text(number, kind, bytes)
            }
            Kind::Tag => {
                let target = Tag::parse(bytes).target;
                self.read.tags.push(TagLine { number, target });
                self.text(number, kind, bytes)
            }
        }
    }

    fn text(&mut self, number: u32, kind: Kind, bytes: &[u8]) -> bool {
        if (self.scope.wants)(number, &self.index.id(number), kind) != Want::Scan {
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
            let keys = matches.into_iter().map(Key::plain).collect();
            self.read.hits.push(Hit { number, kind, keys, bytes: bytes.to_vec() });
        }
        is_clean
    }

    /// Scans a blob; of one whose base is clean only what is new.
    fn blob(&mut self, number: u32, bytes: &[u8], clean_base: Option<Delta<'_>>) -> bool {
        let policy = self.scope.policy;
        self.scope.collector.scanned(1, bytes.len() as u64);
        let pointer = Pointer::parse(bytes);
        let is_pointer = pointer.is_some();
        self.read.pointers.extend(pointer.map(|pointer| (number, pointer)));
        let is_plain = self.is_local && content::is_plain(bytes);
        let windows = clean_base.filter(|_| is_plain).and_then(|delta| delta_windows::windows(bytes, &delta));
        // Of what is searched in windows alone nothing more is known than whether it is clean.
        let mut is_clean =
            windows.is_some_and(|windows| policy.scanner.sees_nothing_in(bytes, &windows, &mut self.seen));
        if !is_clean {
            let content = Scan::new(policy, None).bytes(bytes, self.is_local.then_some(&mut self.seen));
            is_clean = is_plain && content.keys.is_empty();
            if content.too_large || !content.unopened.is_empty() {
                self.read.troubles.push((number, content.unopened, content.too_large));
            }
            if !content.keys.is_empty() {
                self.read.hits.push(Hit { number, kind: Kind::Blob, keys: content.keys, bytes: Vec::new() });
            }
        }
        if is_clean && !is_pointer {
            self.read.clean.push(number);
        }
        is_clean
    }
}

impl Visitor for Scanning<'_> {
    /// Whether the policy saw nothing in it.
    type Note = bool;

    fn object(&mut self, object: &Decoded<'_, bool>) -> bool {
        let Decoded { number, kind, bytes, .. } = *object;
        if !object.wanted {
            let id = || self.index.id(number);
            return kind == Kind::Blob && (self.scope.wants)(number, &id(), kind) == Want::KnownClean;
        }
        if self.index.has_copies(number) {
            return self.checked(number, kind, bytes);
        }
        let hits = self.read.hits.len();
        let is_clean = match object.base {
            Some((true, delta)) if kind == Kind::Blob => self.blob(number, bytes, Some(delta)),
            _ => self.one(number, kind, bytes),
        };
        let matters = hits < self.read.hits.len() || is_clean && (self.scope.remembers)(number);
        if matters && !self.is_right(number, kind, bytes) {
            self.scope.gaps.once(unreadable(&self.index.id(number), MISNAMED));
            self.read.misnamed.push((number, kind));
        }
        is_clean
    }

    fn failed(&mut self, number: u32, why: Corrupt) {
        self.read.failed.push((number, why));
    }
}
