//! Decodes packs at the speed of memory: every chain once, from its root, on all threads.
//!
//! A thread takes a root, decodes it, then its deltas depth first, each from its base that is still at hand; nothing is
//! inflated twice and no cache is needed. A base goes when its last child is decoded. When roots run out, a thread that
//! still has children to decode shares them with those that wait, bases included.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::git::Kind;
use crate::git::inflate::Corrupt;
use crate::git::pack::{Delta, DeltaChains, Entry, Pack};
use crate::source::Collector;

/// What becomes of decoded objects; each thread has its own.
pub(super) trait Visitor: Send {
    /// What the visitor wants to know of an object when it sees a delta to it.
    type Note: Send + Sync;

    /// An object.
    fn object(&mut self, object: &Decoded<'_, Self::Note>) -> Self::Note;

    /// An object that cannot be decoded.
    fn failed(&mut self, number: u32, why: Corrupt);
}

/// An object and how it came about.
pub(super) struct Decoded<'a, N> {
    /// Its number in the [`Walk`].
    pub(super) number: u32,
    pub(super) kind: Kind,
    pub(super) bytes: &'a [u8],
    /// What it is a delta to: the note and size of the base, and the instructions.
    pub(super) base: Option<(&'a N, Delta<'a>)>,
    /// Whether it was asked for, or is only decoded for the sake of those that hang on it.
    pub(super) wanted: bool,
}

/// A pack of a walk.
pub(super) struct Member<'a> {
    pub(super) pack: &'a Pack,
    pub(super) chains: &'a DeltaChains,
    /// The number of the first id in its index.
    pub(super) first: u32,
}

impl Member<'_> {
    fn number(&self, entry: u32) -> u32 {
        self.first + self.chains.position(entry)
    }
}

/// Decodes what is wanted of some packs.
pub(super) struct Walk<'a> {
    members: Vec<Member<'a>>,
    wanted: &'a (dyn Fn(u32) -> bool + Sync),
    collector: &'a Collector,
    /// Per pack and entry: whether it, or anything that hangs on it, is wanted.
    needed: Vec<Vec<bool>>,
    roots: Vec<(u32, u32)>,
    next_root: AtomicUsize,
    /// How many bytes of bases a thread holds on to.
    budget: usize,
}

/// All threads together hold so much of bases; what is dropped beyond it is decoded again when it is needed.
const BUDGET: usize = 160 << 20;

/// Roots are taken in this number: neighbours share pages.
const STRIDE: usize = 16;

impl<'a> Walk<'a> {
    /// Prepares a walk over the objects of `members` for which `wanted` says yes.
    pub(super) fn new(
        members: Vec<Member<'a>>,
        wanted: &'a (dyn Fn(u32) -> bool + Sync),
        collector: &'a Collector,
    ) -> Self {
        let needed: Vec<Vec<bool>> = members.iter().map(|member| needed(member, wanted)).collect();
        let mut roots = Vec::new();
        for (at, (member, needed)) in members.iter().zip(&needed).enumerate() {
            let entries = 0..member.chains.len() as u32;
            let wanted = entries.filter(|&entry| needed[entry as usize] && member.chains.is_root(entry));
            roots.extend(wanted.map(|entry| (at as u32, entry)));
        }
        Self { members, wanted, collector, needed, roots, next_root: AtomicUsize::new(0), budget: BUDGET }
    }

    /// Walks with as many threads as there are visitors, and hands the visitors back.
    pub(super) fn run<V: Visitor>(mut self, visitors: Vec<V>) -> Vec<V> {
        self.budget = BUDGET / visitors.len().max(1);
        let shared = Shared::new(visitors.len());
        std::thread::scope(|scope| {
            let spawn = |visitor| {
                let walker = Walker::new(&self, &shared, visitor);
                scope.spawn(move || walker.run())
            };
            let threads: Vec<_> = visitors.into_iter().map(spawn).collect();
            let join = |thread: std::thread::ScopedJoinHandle<'_, V>| {
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            threads.into_iter().map(join).collect()
        })
    }
}

fn needed(member: &Member<'_>, wanted: &(dyn Fn(u32) -> bool + Sync)) -> Vec<bool> {
    let mut needed = vec![false; member.chains.len()];
    for entry in 0..member.chains.len() as u32 {
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

/// A decoded object with children to come.
struct Frame<N> {
    member: u32,
    entry: u32,
    /// `None` if memory was short.
    bytes: Option<Arc<Buffer>>,
    note: Arc<N>,
    children: Range<u32>,
}

/// Bytes in a vector that may be longer, so that it can be used again without being cleared.
#[derive(Default)]
struct Buffer {
    vec: Vec<u8>,
    len: usize,
}

impl Buffer {
    fn bytes(&self) -> &[u8] {
        &self.vec[..self.len]
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.vec[..self.len]
    }

    fn sized(mut self, len: usize) -> Self {
        if self.vec.len() < len {
            self.vec.resize(len.next_power_of_two().max(4096), 0);
        }
        self.len = len;
        self
    }
}

struct Walker<'w, 'a, V: Visitor> {
    walk: &'w Walk<'a>,
    shared: &'w Shared<Frame<V::Note>>,
    visitor: V,
    decoder: Decoder,
}

/// What a thread needs for decoding.
#[derive(Default)]
struct Decoder {
    delta: Vec<u8>,
    spare: Vec<Buffer>,
}

impl Decoder {
    fn buffer(&mut self, len: usize) -> Buffer {
        self.spare.pop().unwrap_or_default().sized(len)
    }

    /// Buffers of usual sizes are used again: mapping and clearing fresh pages would cost as much as decoding.
    fn spare(&mut self, buffer: Buffer) {
        if buffer.vec.len() <= 4 << 20 && self.spare.len() < 64 {
            self.spare.push(buffer);
        }
    }

    fn whole(&mut self, pack: &Pack, offset: u64) -> Result<Buffer, Corrupt> {
        let entry = pack.entry(offset)?;
        let mut buffer = self.buffer(pack.size(&entry)?);
        pack.inflate(&entry, buffer.bytes_mut())?;
        Ok(buffer)
    }

    /// Inflates a delta; it stays in `self.delta`.
    fn delta(&mut self, pack: &Pack, entry: &Entry) -> Result<usize, Corrupt> {
        let len = pack.size(entry)?;
        if self.delta.len() < len {
            self.delta.resize(len.next_power_of_two(), 0);
        }
        pack.inflate(entry, &mut self.delta[..len])?;
        Ok(len)
    }

    fn on(&mut self, base: &[u8], pack: &Pack, offset: u64) -> Result<(Buffer, usize), Corrupt> {
        let entry = pack.entry(offset)?;
        let len = self.delta(pack, &entry)?;
        let size = pack.delta_size(&entry, &Delta::parse(&self.delta[..len])?, base.len())?;
        let mut buffer = self.buffer(size);
        Delta::parse(&self.delta[..len])?.apply(base, buffer.bytes_mut())?;
        Ok((buffer, len))
    }

    /// Decodes an entry from its chain's root.
    fn anew(&mut self, member: &Member<'_>, entry: u32) -> Result<Buffer, Corrupt> {
        let mut chain = vec![entry];
        while let Some(base) = member.chains.base(chain[chain.len() - 1]) {
            chain.push(base);
        }
        let mut offsets = chain.iter().rev().map(|&entry| member.chains.offset(entry));
        let root = offsets.next().expect("a chain has at least the entry itself");
        let mut buffer = self.whole(member.pack, root)?;
        for offset in offsets {
            let (next, _) = self.on(buffer.bytes(), member.pack, offset)?;
            self.spare(std::mem::replace(&mut buffer, next));
        }
        Ok(buffer)
    }
}

impl<'w, 'a, V: Visitor> Walker<'w, 'a, V> {
    fn new(walk: &'w Walk<'a>, shared: &'w Shared<Frame<V::Note>>, visitor: V) -> Self {
        Self { walk, shared, visitor, decoder: Decoder::default() }
    }

    fn run(mut self) -> V {
        loop {
            let first = self.walk.next_root.fetch_add(STRIDE, Ordering::Relaxed);
            let end = self.walk.roots.len().min(first.saturating_add(STRIDE));
            if first >= end {
                break;
            }
            for &(member, root) in &self.walk.roots[first..end] {
                self.root(member, root);
            }
        }
        while let Some(frame) = self.shared.wait() {
            self.descend(frame);
        }
        self.visitor
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
                    self.descend(Frame { member: at, entry, bytes, note: Arc::new(note), children });
                }
            }
            Err(why) => self.lost(member, entry, why),
        }
    }

    fn visit(&mut self, member: &Member<'_>, entry: u32, bytes: &Buffer, base: Option<(&V::Note, usize)>) -> V::Note {
        let number = member.number(entry);
        let base = base.and_then(|(note, len)| Some((note, Delta::parse(&self.decoder.delta[..len]).ok()?)));
        self.visitor.object(&Decoded {
            number,
            kind: member.chains.kind(entry).expect("only entries of known kind are walked"),
            bytes: bytes.bytes(),
            base,
            wanted: (self.walk.wanted)(number),
        })
    }

    fn descend(&mut self, frame: Frame<V::Note>) {
        let mut held = frame.bytes.as_ref().map_or(0, |bytes| bytes.len);
        let at = frame.member;
        let member = &self.walk.members[at as usize];
        let mut frames = vec![frame];
        while !frames.is_empty() {
            if self.shared.is_hungry() {
                self.shared.give(&mut frames);
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
                match self.decoder.anew(member, top.entry) {
                    Ok(buffer) => {
                        held += buffer.len;
                        top.bytes = Some(Arc::new(buffer));
                    }
                    Err(why) => {
                        self.lost(member, child, why);
                        continue;
                    }
                }
            }
            let base = top.bytes.as_ref().expect("it was decoded just now").clone();
            let note = top.note.clone();
            let decoded = self.decoder.on(base.bytes(), member.pack, member.chains.offset(child));
            drop(base);
            let (buffer, len) = match decoded {
                Ok(decoded) => decoded,
                Err(why) => {
                    self.lost(member, child, why);
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
                frames.push(Frame { member: at, entry: child, bytes, note: Arc::new(note), children });
                held -= self.shrink(&mut frames, held);
            }
        }
    }

    /// Ends the top frame and says how many bytes it held.
    fn drop_top(&mut self, frames: &mut Vec<Frame<V::Note>>) -> usize {
        let Some(bytes) = frames.pop().and_then(|frame| frame.bytes) else { return 0 };
        let len = bytes.len;
        if let Ok(buffer) = Arc::try_unwrap(bytes) {
            self.decoder.spare(buffer);
        }
        len
    }

    /// Drops bases from the bottom until the budget is met, and says how many bytes that were.
    fn shrink(&self, frames: &mut [Frame<V::Note>], held: usize) -> usize {
        let mut dropped = 0;
        let below = frames.len().saturating_sub(1);
        for frame in &mut frames[..below] {
            if held - dropped <= self.walk.budget {
                break;
            }
            dropped += frame.bytes.take().map_or(0, |bytes| bytes.len);
        }
        dropped
    }

    /// An entry that cannot be decoded takes all that hangs on it along.
    fn lost(&mut self, member: &Member<'_>, entry: u32, why: Corrupt) {
        for lost in member.chains.descendants(entry) {
            let why = if lost == entry { why } else { "the object that its delta needs cannot be read" };
            if (self.walk.wanted)(member.number(lost)) {
                self.visitor.failed(member.number(lost), why);
            }
        }
    }
}

/// Work that threads hand to each other.
struct Shared<T> {
    state: Mutex<State<T>>,
    wake: Condvar,
    threads: usize,
    hungry: AtomicBool,
}

struct State<T> {
    tasks: Vec<T>,
    idle: usize,
}

impl<T> Shared<T> {
    fn new(threads: usize) -> Self {
        let state = Mutex::new(State { tasks: Vec::new(), idle: 0 });
        Self { state, wake: Condvar::new(), threads, hungry: AtomicBool::new(false) }
    }

    fn is_hungry(&self) -> bool {
        self.hungry.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something to do; `None` when all threads have nothing left.
    fn wait(&self) -> Option<T> {
        let mut state = self.lock();
        state.idle += 1;
        loop {
            if let Some(task) = state.tasks.pop() {
                state.idle -= 1;
                return Some(task);
            }
            if state.idle == self.threads {
                self.wake.notify_all();
                return None;
            }
            self.hungry.store(true, Ordering::Relaxed);
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl<N> Shared<Frame<N>> {
    /// Gives half of what the lowest frame has left, for that is where most is left.
    fn give(&self, frames: &mut [Frame<N>]) {
        let last = frames.len().saturating_sub(1);
        let has_work = |(at, frame): (usize, &Frame<N>)| frame.children.len() > usize::from(at == last);
        let Some(at) = frames.iter().enumerate().position(has_work) else { return };
        let frame = &mut frames[at];
        let middle = frame.children.start + frame.children.len() as u32 / 2;
        let given = Frame {
            member: frame.member,
            entry: frame.entry,
            bytes: frame.bytes.clone(),
            note: frame.note.clone(),
            children: middle..frame.children.end,
        };
        frame.children.end = middle;
        let mut state = self.lock();
        state.tasks.push(given);
        let more = state.idle > state.tasks.len();
        drop(state);
        self.hungry.store(more, Ordering::Relaxed);
        self.wake.notify_one();
    }
}
