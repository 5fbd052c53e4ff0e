//! The first pass: every blob, commit and tag, once, through the policy.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use bstr::BString;

use super::delta_windows;
use super::missing::Gaps;
use super::object::{Commit, Tag, is_id_line};
use super::object_index::Catalog;
use super::oid::{Kind, Oid};
use super::pack::delta::{Corrupt, Delta};
use super::pack::inflate::Inflater;
use super::pack_walk::{Decoded, Visitor, Walk};
use super::store::Reader;
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
    failed: Vec<(u32, Corrupt)>,
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
    pub(super) tree: Oid,
    pub(super) parents: Box<[Oid]>,
    /// When it was committed.
    pub(super) time: i64,
}

/// What the graph needs of an annotated tag.
pub(super) struct TagLine {
    pub(super) number: u32,
    pub(super) target: Oid,
}

/// What decides which objects are scanned.
pub(super) struct Scope<'a> {
    pub(super) policy: &'a Policy,
    /// What to do with a blob, commit or tag.
    pub(super) wants: &'a (dyn Fn(&Oid, Kind) -> Want + Sync),
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
pub(super) fn read(catalog: &Catalog<'_>, scope: &Scope<'_>) -> Read {
    // Commits are always read: the graph needs all of them.
    let wanted = |number: u32| {
        let Some(kind) = catalog.kind(number).filter(|&kind| kind != Kind::Tree) else { return false };
        catalog.is_first_copy(number) && (kind != Kind::Blob || (scope.wants)(&catalog.oid(number), kind) == Want::Scan)
    };
    let visitors = (0..scope.threads)
        .map(|_| Scanning {
            catalog,
            scope,
            read: Read::default(),
            is_local: scope.policy.is_local(),
            seen: Seen::default(),
        })
        .collect();
    let visitors = Walk::new(catalog.members(), &wanted, scope.collector).run(visitors);
    let mut read = Read::default();
    for visitor in read_loose(catalog, scope, visitors) {
        read.append(visitor.read);
    }
    let mut failed = std::mem::take(&mut read.failed);
    failed.extend(catalog.broken());
    read.append(retry(catalog, scope, failed));
    read.sort();
    read
}

/// Loose objects, by all threads.
fn read_loose<'a>(catalog: &Catalog<'_>, scope: &Scope<'_>, visitors: Vec<Scanning<'a>>) -> Vec<Scanning<'a>> {
    let next = AtomicUsize::new(0);
    let work = |mut visitor: Scanning<'a>| {
        let mut inflater = Inflater::new();
        while let Some(&(oid, directory)) = catalog.loose.get(next.fetch_add(1, Ordering::Relaxed)) {
            if scope.collector.is_stopped() {
                break;
            }
            let Some(number) = catalog.find(&oid).filter(|&number| number >= catalog.first_loose()) else { continue };
            match super::loose::read(&mut inflater, &catalog.store.directories[directory], &oid) {
                Ok(Some((kind, bytes))) => {
                    visitor.read.kinds.push((number, kind));
                    if kind != Kind::Blob || (scope.wants)(&oid, kind) == Want::Scan {
                        visitor.one(number, kind, &bytes);
                    }
                }
                // It went into a pack, or away, since it was listed.
                Ok(None) => {}
                Err(why) => visitor.failed(number, why),
            }
        }
        visitor
    };
    if catalog.loose.is_empty() {
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

/// A copy that cannot be read may have a sister that can.
fn retry(catalog: &Catalog<'_>, scope: &Scope<'_>, failed: Vec<(u32, Corrupt)>) -> Read {
    let mut visitor =
        Scanning { catalog, scope, read: Read::default(), is_local: scope.policy.is_local(), seen: Seen::default() };
    let mut reader = Reader::new(catalog.store);
    let mut done = Vec::new();
    for (number, why) in failed {
        let oid = catalog.oid(number);
        if done.contains(&oid) {
            continue;
        }
        match reader.read(&oid) {
            Ok(Some((kind, bytes))) => {
                visitor.one(number, kind, &bytes);
            }
            Ok(None) => scope.gaps.once(super::store::unreadable(&oid, why)),
            Err(error) => scope.gaps.once(error),
        }
        done.push(oid);
    }
    visitor.read
}

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
    catalog: &'a Catalog<'a>,
    scope: &'a Scope<'a>,
    is_local: bool,
    seen: Seen,
    read: Read,
}

impl Scanning<'_> {
    /// Reads an object, and says whether the policy saw nothing in it.
    fn one(&mut self, number: u32, kind: Kind, bytes: &[u8]) -> bool {
        match kind {
            Kind::Tree => false,
            Kind::Blob => self.blob(number, bytes, None),
            Kind::Commit => {
                let commit = Commit::parse(bytes);
                self.read.commits.push(CommitLine {
                    number,
                    tree: commit.tree.unwrap_or(Oid::NULL),
                    parents: commit.parents.into(),
                    time: commit.committer.seconds,
                });
                self.text(number, kind, bytes)
            }
            Kind::Tag => {
                let target = Tag::parse(bytes).target.unwrap_or(Oid::NULL);
                self.read.tags.push(TagLine { number, target });
                self.text(number, kind, bytes)
            }
        }
    }

    fn text(&mut self, number: u32, kind: Kind, bytes: &[u8]) -> bool {
        if (self.scope.wants)(&self.catalog.oid(number), kind) != Want::Scan {
            return false;
        }
        self.scope.collector.scanned(0, bytes.len() as u64);
        let policy = self.scope.policy;
        let matches = if self.is_local {
            let start = if kind == Kind::Commit { ids(bytes) } else { 0 };
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
        if !object.wanted {
            let oid = || self.catalog.oid(object.number);
            return object.kind == Kind::Blob && (self.scope.wants)(&oid(), object.kind) == Want::KnownClean;
        }
        match object.base {
            Some((true, delta)) if object.kind == Kind::Blob => self.blob(object.number, object.bytes, Some(delta)),
            _ => self.one(object.number, object.kind, object.bytes),
        }
    }

    fn failed(&mut self, number: u32, why: Corrupt) {
        self.read.failed.push((number, why));
    }
}

/// How much of a commit are the ids that it starts with: each is another one, and none is a key.
fn ids(commit: &[u8]) -> usize {
    commit.split_inclusive(|&byte| byte == b'\n').take_while(|line| is_id_line(line)).map(<[u8]>::len).sum()
}
