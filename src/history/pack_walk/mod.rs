//! Decodes packs at the speed of memory: every delta chain once, from its root, on all threads.
//!
//! A thread takes an object that is no delta (a root) and decodes it, then the deltas on it, depth first, each from its
//! base that is still in memory: nothing is inflated twice and there is no cache. A base is dropped when its last delta
//! is decoded. When no roots are left, a thread that still has deltas to decode shares them with waiting threads, bases
//! included.

mod decoder;

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::iter::{IndexedParallelIterator as _, IntoParallelIterator as _, ParallelIterator as _};

use super::work_queue::WorkQueue;
use crate::core::narrow::narrow;
use crate::core::threads;
use crate::git::Kind;
use crate::git::inflate::Corrupt;
use crate::git::pack::{Delta, DeltaChains, Pack};
use crate::source::Collector;
use decoder::{Buffer, EntryDecoder};

/// What is done with decoded objects. Each thread has a visitor of its own.
pub(super) trait ObjectVisitor: Send {
    /// What the visitor keeps of an object for the objects that are deltas on it.
    type Note: Send + Sync;

    /// Visits an object.
    fn object(&mut self, object: &DecodedObject<'_, Self::Note>) -> Self::Note;

    /// Takes note of an object that cannot be decoded.
    fn failed(&mut self, number: u32, why: Corrupt);
}

/// An object with its content, and how it was made.
pub(super) struct DecodedObject<'a, N> {
    /// Its number in the [`PackWalk`].
    pub(super) number: u32,
    pub(super) kind: Kind,
    pub(super) bytes: &'a [u8],
    /// Of a delta, what the visitor kept of its base, and the delta itself.
    pub(super) base: Option<(&'a N, Delta<'a>)>,
    /// Whether it was asked for, or is decoded only because others are deltas on it.
    pub(super) wanted: bool,
}

/// A pack of a walk.
pub(super) struct WalkedPack<'a> {
    pub(super) pack: &'a Pack,
    pub(super) chains: &'a DeltaChains,
    /// The number of the first id in its index.
    pub(super) first: u32,
}

impl WalkedPack<'_> {
    pub(super) fn number(&self, entry: u32) -> u32 {
        self.first + self.chains.position(entry)
    }
}

/// Decodes the wanted objects of some packs.
pub(super) struct PackWalk<'a> {
    members: Vec<WalkedPack<'a>>,
    wanted: &'a (dyn Fn(u32) -> bool + Sync),
    collector: &'a Collector,
    /// Per pack and entry: whether it is wanted, or a delta on it is, at any depth.
    needed: Vec<Vec<bool>>,
    /// Pack and entry of the objects that are no deltas.
    roots: Vec<(u32, u32)>,
    next_root: AtomicUsize,
    /// How many bytes of bases a thread keeps in memory.
    base_memory: usize,
}

/// How many bytes of bases all threads keep together. A base that is dropped for this is decoded again when it is needed.
const BASE_MEMORY: usize = 160 << 20;

/// How many roots a thread takes at a time: neighbours in a pack share pages.
const ROOTS_AT_ONCE: usize = 16;

impl<'a> PackWalk<'a> {
    /// Prepares a walk over the objects of `members` for which `wanted` says yes.
    pub(super) fn new(
        members: Vec<WalkedPack<'a>>,
        wanted: &'a (dyn Fn(u32) -> bool + Sync),
        collector: &'a Collector,
    ) -> Self {
        let needed: Vec<Vec<bool>> = members.iter().map(|member| needed(member, wanted)).collect();
        if collector.progress().is_watched() {
            let sizes = members.iter().zip(&needed).map(|(member, needed)| {
                let entries = (0..narrow(member.chains.len())).filter(|&entry| needed[entry as usize]);
                entries.map(|entry| member.chains.packed_size(entry)).sum::<u64>()
            });
            collector.progress().expect(sizes.sum());
        }
        let mut roots = Vec::new();
        for (at, (member, needed)) in members.iter().zip(&needed).enumerate() {
            let entries = 0..narrow(member.chains.len());
            let wanted = entries.filter(|&entry| needed[entry as usize] && member.chains.is_root(entry));
            roots.extend(wanted.map(|entry| (narrow(at), entry)));
        }
        Self { members, wanted, collector, needed, roots, next_root: AtomicUsize::new(0), base_memory: BASE_MEMORY }
    }

    /// Walks on all threads of the pool, each with a visitor of its own, and returns the visitors.
    pub(super) fn run<V: ObjectVisitor>(mut self, new_visitor: impl Fn() -> V) -> Vec<V> {
        let visitors: Vec<V> = (0..threads::count()).map(|_| new_visitor()).collect();
        self.base_memory = BASE_MEMORY / visitors.len().max(1);
        let queue = WorkQueue::new();
        let walk = |visitor| Walker::new(&self, &queue, visitor).run();
        visitors.into_par_iter().with_max_len(1).map(walk).collect()
    }
}

/// By entry, whether it is wanted or a delta on it is.
fn needed(member: &WalkedPack<'_>, wanted: &(dyn Fn(u32) -> bool + Sync)) -> Vec<bool> {
    let mut needed = vec![false; member.chains.len()];
    for entry in 0..narrow(member.chains.len()) {
        if member.chains.kind(entry).is_none() || !wanted(member.number(entry)) {
            continue;
        }
        let mut up = Some(entry);
        while let Some(entry) = up.filter(|&entry| !needed[entry as usize]) {
            needed[entry as usize] = true;
            up = member.chains.base(entry);
        }
    }
    needed
}

/// A decoded object, and those of the deltas on it that are still to be decoded.
struct DeltaFrame<N> {
    /// The place of its pack.
    member: u32,
    entry: u32,
    /// Its content; `None` if it was dropped to save memory.
    bytes: Option<Arc<Buffer>>,
    note: Arc<N>,
    /// Places of deltas, for [`DeltaChains::child`].
    children: Range<u32>,
}

/// One thread of a walk.
struct Walker<'w, 'a, V: ObjectVisitor> {
    walk: &'w PackWalk<'a>,
    queue: &'w WorkQueue<DeltaFrame<V::Note>>,
    visitor: V,
    decoder: EntryDecoder,
    /// Bytes of packs that are done and not told yet.
    done: u64,
}

impl<'w, 'a, V: ObjectVisitor> Walker<'w, 'a, V> {
    fn new(walk: &'w PackWalk<'a>, queue: &'w WorkQueue<DeltaFrame<V::Note>>, visitor: V) -> Self {
        Self { walk, queue, visitor, decoder: EntryDecoder::default(), done: 0 }
    }

    fn run(mut self) -> V {
        self.queue.begin();
        loop {
            let first = self.walk.next_root.fetch_add(ROOTS_AT_ONCE, Ordering::Relaxed);
            let end = self.walk.roots.len().min(first.saturating_add(ROOTS_AT_ONCE));
            if first >= end {
                break;
            }
            for &(member, root) in &self.walk.roots[first..end] {
                self.root(member, root);
            }
        }
        while let Some(frame) = self.queue.wait() {
            self.descend(frame);
        }
        self.visitor
    }

    /// Says now and then how far this thread has come.
    fn count(&mut self, bytes: u64) {
        const STEP: u64 = 1 << 17;
        self.done += bytes;
        if self.done >= STEP {
            self.walk.collector.progress().advance(std::mem::take(&mut self.done));
        }
    }

    fn root(&mut self, at: u32, entry: u32) {
        if self.walk.collector.is_stopped() {
            return;
        }
        let member = &self.walk.members[at as usize];
        match self.decoder.whole(member.pack, member.chains.offset(entry)) {
            Ok(buffer) => {
                let note = self.visit(member, entry, &buffer, None);
                let children = member.chains.children(entry);
                if children.is_empty() {
                    self.decoder.spare(buffer);
                } else {
                    let bytes = Some(Arc::new(buffer));
                    self.descend(DeltaFrame { member: at, entry, bytes, note: Arc::new(note), children });
                }
            }
            Err(why) => self.report_undecodable(member, entry, why),
        }
    }

    fn visit(
        &mut self,
        member: &WalkedPack<'_>,
        entry: u32,
        bytes: &Buffer,
        base: Option<(&V::Note, usize)>,
    ) -> V::Note {
        self.count(member.chains.packed_size(entry));
        let number = member.number(entry);
        let base = base.and_then(|(note, len)| Some((note, Delta::parse(&self.decoder.delta[..len]).ok()?)));
        self.visitor.object(&DecodedObject {
            number,
            kind: member.chains.kind(entry).expect("only entries of known kind are walked"),
            bytes: bytes.bytes(),
            base,
            wanted: (self.walk.wanted)(number),
        })
    }

    fn descend(&mut self, frame: DeltaFrame<V::Note>) {
        let mut held = frame.bytes.as_ref().map_or(0, |bytes| bytes.len);
        let at = frame.member;
        let member = &self.walk.members[at as usize];
        let mut frames = vec![frame];
        while !frames.is_empty() {
            if self.queue.has_waiting() {
                self.queue.share(&mut frames);
            }
            let Some(top) = frames.last_mut() else { break };
            let Some(next) = top.children.next() else {
                held -= self.drop_top(&mut frames);
                continue;
            };
            let child = member.chains.child(next);
            if !self.walk.needed[at as usize][child as usize] {
                continue;
            }
            if self.walk.collector.is_stopped() {
                return;
            }
            if top.bytes.is_none() {
                match self.decoder.decode_from_root(member, top.entry) {
                    Ok(buffer) => {
                        held += buffer.len;
                        top.bytes = Some(Arc::new(buffer));
                    }
                    Err(why) => {
                        self.report_undecodable(member, child, why);
                        continue;
                    }
                }
            }
            let base = top.bytes.as_ref().expect("it was decoded just now").clone();
            let note = top.note.clone();
            let decoded = self.decoder.apply_delta(base.bytes(), member.pack, member.chains.offset(child));
            drop(base);
            let (buffer, len) = match decoded {
                Ok(decoded) => decoded,
                Err(why) => {
                    self.report_undecodable(member, child, why);
                    continue;
                }
            };
            if top.children.is_empty() {
                held -= self.drop_top(&mut frames);
            }
            let note = self.visit(member, child, &buffer, Some((&note, len)));
            let children = member.chains.children(child);
            if children.is_empty() {
                self.decoder.spare(buffer);
            } else {
                held += buffer.len;
                let bytes = Some(Arc::new(buffer));
                frames.push(DeltaFrame { member: at, entry: child, bytes, note: Arc::new(note), children });
                held -= self.shrink(&mut frames, held);
            }
        }
    }

    /// Removes the top frame, and returns how many bytes it held.
    fn drop_top(&mut self, frames: &mut Vec<DeltaFrame<V::Note>>) -> usize {
        let Some(bytes) = frames.pop().and_then(|frame| frame.bytes) else { return 0 };
        let len = bytes.len;
        if let Ok(buffer) = Arc::try_unwrap(bytes) {
            self.decoder.spare(buffer);
        }
        len
    }

    /// Drops bases from the bottom up until the rest fits the limit, and returns how many bytes that were.
    fn shrink(&self, frames: &mut [DeltaFrame<V::Note>], held: usize) -> usize {
        let mut dropped = 0;
        let below = frames.len().saturating_sub(1);
        for frame in &mut frames[..below] {
            if held - dropped <= self.walk.base_memory {
                break;
            }
            dropped += frame.bytes.take().map_or(0, |bytes| bytes.len);
        }
        dropped
    }

    /// Reports an entry that cannot be decoded, and all deltas on it, which cannot be decoded either.
    fn report_undecodable(&mut self, member: &WalkedPack<'_>, entry: u32, why: Corrupt) {
        for lost in member.chains.descendants(entry) {
            let why = if lost == entry { why } else { "the object that its delta needs cannot be read" };
            if (self.walk.wanted)(member.number(lost)) {
                self.visitor.failed(member.number(lost), why);
            }
        }
    }
}

impl<N> WorkQueue<DeltaFrame<N>> {
    /// Gives away half of what the lowest frame has left: most of the work is below it.
    fn share(&self, frames: &mut [DeltaFrame<N>]) {
        let last = frames.len().saturating_sub(1);
        let has_work = |(at, frame): (usize, &DeltaFrame<N>)| frame.children.len() > usize::from(at == last);
        let Some(at) = frames.iter().enumerate().position(has_work) else { return };
        let frame = &mut frames[at];
        let middle = frame.children.start + narrow(frame.children.len()) / 2;
        let given = DeltaFrame {
            member: frame.member,
            entry: frame.entry,
            bytes: frame.bytes.clone(),
            note: frame.note.clone(),
            children: middle..frame.children.end,
        };
        frame.children.end = middle;
        self.give(given);
    }
}
