//! The first pass: every blob, commit and tag, once, through the scanner.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::catalog::Catalog;
use super::object::{Commit, Tag};
use super::oid::{Kind, Oid};
use super::pack::delta::Corrupt;
use super::pack::inflate::Inflater;
use super::store::Reader;
use super::walk::{Decoded, Visitor, Walk};
use crate::scan::Match;
use crate::source::Collector;

/// Something that looks for keys in bytes.
pub(super) type Scan<'a> = dyn Fn(&[u8]) -> Vec<Match> + Sync + 'a;

/// What the first pass leaves behind.
#[derive(Default)]
pub(super) struct Read {
    /// Objects with findings, by number. Commits and tags come with their bytes.
    pub(super) hits: Vec<Hit>,
    /// All commits, by number.
    pub(super) commits: Vec<CommitLine>,
    /// Annotated tags, by number.
    pub(super) tags: Vec<TagLine>,
    /// Blobs that are Git LFS pointers, by number, with the id of their content.
    pub(super) pointers: Vec<(u32, String)>,
    /// Kinds of loose objects.
    pub(super) kinds: Vec<(u32, Kind)>,
    failed: Vec<(u32, Corrupt)>,
}

/// An object with findings.
pub(super) struct Hit {
    pub(super) number: u32,
    pub(super) kind: Kind,
    pub(super) matches: Vec<Match>,
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
    pub(super) scan: &'a Scan<'a>,
    /// Whether a blob, commit or tag is to be scanned (not in another shard, not in the cache).
    pub(super) wanted: &'a (dyn Fn(&Oid, Kind) -> bool + Sync),
    pub(super) collector: &'a Collector,
    pub(super) threads: usize,
}

/// Scans everything that is wanted; what cannot be read in any copy goes to the collector.
pub(super) fn read(catalog: &Catalog<'_>, scope: &Scope<'_>) -> Read {
    // Commits are always read: the graph needs all of them.
    let wanted = |number: u32| {
        let Some(kind) = catalog.kind(number).filter(|&kind| kind != Kind::Tree) else { return false };
        catalog.is_first_copy(number) && (kind != Kind::Blob || (scope.wanted)(&catalog.oid(number), kind))
    };
    let visitors = (0..scope.threads).map(|_| Scanning { catalog, scope, read: Read::default() }).collect();
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
                    visitor.one(number, kind, &bytes);
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
    let mut visitor = Scanning { catalog, scope, read: Read::default() };
    let mut reader = Reader::new(catalog.store);
    let mut done = Vec::new();
    for (number, why) in failed {
        let oid = catalog.oid(number);
        if done.contains(&oid) {
            continue;
        }
        match reader.read(&oid) {
            Ok(Some((kind, bytes))) => visitor.one(number, kind, &bytes),
            Ok(None) => scope.collector.failed(super::store::unreadable(&oid, why)),
            Err(error) => scope.collector.failed(error),
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
        self.failed.append(&mut other.failed);
    }

    fn sort(&mut self) {
        self.hits.sort_by_key(|hit| hit.number);
        self.commits.sort_by_key(|commit| commit.number);
        self.tags.sort_by_key(|tag| tag.number);
        self.pointers.sort_unstable();
        self.kinds.sort_unstable();
    }
}

/// One thread of the first pass.
struct Scanning<'a> {
    catalog: &'a Catalog<'a>,
    scope: &'a Scope<'a>,
    read: Read,
}

impl Scanning<'_> {
    fn one(&mut self, number: u32, kind: Kind, bytes: &[u8]) {
        match kind {
            Kind::Tree => return,
            Kind::Blob => {
                if let Some(id) = pointer(bytes) {
                    self.read.pointers.push((number, id));
                }
            }
            Kind::Commit => {
                let commit = Commit::parse(bytes);
                self.read.commits.push(CommitLine {
                    number,
                    tree: commit.tree.unwrap_or(Oid::NULL),
                    parents: commit.parents.into(),
                    time: commit.committer.seconds,
                });
            }
            Kind::Tag => {
                let target = Tag::parse(bytes).target.unwrap_or(Oid::NULL);
                self.read.tags.push(TagLine { number, target });
            }
        }
        if kind != Kind::Blob && !(self.scope.wanted)(&self.catalog.oid(number), kind) {
            return;
        }
        let matches = (self.scope.scan)(bytes);
        self.scope.collector.scanned(u64::from(kind == Kind::Blob), bytes.len() as u64);
        if !matches.is_empty() {
            let bytes = if kind == Kind::Blob { Vec::new() } else { bytes.to_vec() };
            self.read.hits.push(Hit { number, kind, matches, bytes });
        }
    }
}

impl Visitor for Scanning<'_> {
    type Note = ();

    fn object(&mut self, object: &Decoded<'_, ()>) {
        if object.wanted {
            self.one(object.number, object.kind, object.bytes);
        }
    }

    fn failed(&mut self, number: u32, why: Corrupt) {
        self.read.failed.push((number, why));
    }
}

/// The content id that a Git LFS pointer names.
fn pointer(bytes: &[u8]) -> Option<String> {
    if bytes.len() > 1024 || !bytes.starts_with(b"version https://git-lfs.github.com/spec/") {
        return None;
    }
    let line = bytes.split(|&byte| byte == b'\n').find_map(|line| line.strip_prefix(b"oid sha256:"))?;
    std::str::from_utf8(line).ok().filter(|id| id.len() == 64).map(str::to_owned)
}
