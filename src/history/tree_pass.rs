//! The second pass: trees. Which objects do they name that are not here, and which trees lead to what was found?
//!
//! Trees are stored as deltas too, and hold the same entries over and over: git/git's make 5.8 GB, of which 0.14 GB
//! are new. So the pass keeps, for each tree at hand, where its entries start, and looks only at entries that a delta
//! does not copy whole.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::object_index::ObjectIndex;
use super::pack_walk::{Decoded, Visitor};
use crate::git::inflate::Corrupt;
use crate::git::pack::Delta;
use crate::git::pack::delta::Op;
use crate::git::tree::{EntryKind, TreeEntry};
use crate::git::{Id, Kind};

/// What a pass looks for.
pub(super) struct Aim<'a> {
    pub(super) index: &'a ObjectIndex<'a>,
    /// Blobs to which the ways are wanted; with `None` no ways are kept at all, and `counts` says whose gaps are.
    pub(super) targets: Option<&'a (dyn Fn(u32) -> bool + Sync)>,
    /// Names of which every entry's way is wanted.
    pub(super) also: Option<&'a HashSet<Vec<u8>>>,
    /// Names that hold a key themselves: their entries lead to [`NAMED`], too.
    pub(super) loud: Option<&'a HashSet<Vec<u8>>>,
    /// Whether every name is numbered, and not only those on the way to something.
    pub(super) all_names: bool,
    /// Only trees for which this says yes tell what they miss.
    pub(super) counts: &'a (dyn Fn(u32) -> bool + Sync),
    pub(super) table: &'a Table,
}

/// An entry of a tree that leads somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    /// In [`Names`].
    pub(super) name: u32,
    /// The number of a tree or of a target; [`GITLINK`] for a submodule.
    pub(super) to: u32,
}

/// Stands for a submodule's commit, which is in another repository.
pub(super) const GITLINK: u32 = u32::MAX;

/// Stands for an entry's own name.
pub(super) const NAMED: u32 = u32::MAX - 1;

/// Why a tree that can be decoded cannot be read.
pub(super) const MALFORMED: Corrupt = "it is no well-formed tree";

/// What one thread saw.
pub(super) struct Trees<'a> {
    aim: &'a Aim<'a>,
    known: HashMap<Box<[u8]>, u32>,
    /// Trees and what they lead to, those that lead nowhere left out.
    pub(super) edges: Vec<(u32, Arc<[Edge]>)>,
    /// Objects that are named and not there, where they are too many to keep the ways to all: each with a tree that names
    /// it and the name there.
    pub(super) missing: HashMap<Id, (u32, u32, Kind)>,
    pub(super) failed: Vec<(u32, Corrupt)>,
    pub(super) count: u64,
}

/// What is kept of a tree while trees that are deltas to it are read.
pub(super) struct Layout {
    /// Where each entry starts.
    starts: Vec<u32>,
    end: u32,
    /// Entries that lead somewhere, by where they start.
    links: Vec<(u32, Edge)>,
    edges: Option<Arc<[Edge]>>,
}

impl<'a> Trees<'a> {
    pub(super) fn new(aim: &'a Aim<'a>) -> Self {
        Self { aim, known: HashMap::new(), edges: Vec::new(), missing: HashMap::new(), failed: Vec::new(), count: 0 }
    }

    /// Reads a tree that comes from no pack.
    pub(super) fn one(&mut self, number: u32, bytes: &[u8]) {
        self.tree(number, bytes, None);
    }

    fn tree(&mut self, number: u32, bytes: &[u8], base: Option<(&Layout, Delta<'_>)>) -> Layout {
        self.count += 1;
        let mut layout = Layout { starts: Vec::new(), end: 0, links: Vec::new(), edges: None };
        let read = match base {
            Some((base, delta)) => self.derive(number, bytes, base, delta, &mut layout),
            None => self.entries_until(bytes.len(), number, bytes, &mut layout),
        };
        if let Err(why) = read {
            self.failed.push((number, why));
        }
        layout.end = bytes.len() as u32;
        if !layout.links.is_empty() {
            let same = |edges: &Arc<[Edge]>| edges.iter().eq(layout.links.iter().map(|(_, edge)| edge));
            let shared = base.and_then(|(base, _)| base.edges.clone()).filter(same);
            let edges = shared.unwrap_or_else(|| layout.links.iter().map(|(_, edge)| *edge).collect());
            self.edges.push((number, edges.clone()));
            layout.edges = Some(edges);
        }
        layout
    }

    /// Takes over what the delta copies whole, and reads the rest.
    fn derive(
        &mut self,
        number: u32,
        bytes: &[u8],
        base: &Layout,
        delta: Delta<'_>,
        layout: &mut Layout,
    ) -> Result<(), Corrupt> {
        layout.starts.reserve(base.starts.len() + 8);
        let mut at = 0;
        for op in delta.ops().flatten() {
            if let Op::Copy { from, len } = op {
                // An entry that began before may reach into this range.
                self.entries_until(at, number, bytes, layout)?;
                if (layout.end as usize) < at + len {
                    take_over(base, from + layout.end as usize - at, from + len, layout);
                }
                at += len;
            } else if let Op::Insert(new) = op {
                at += new.len();
            }
        }
        self.entries_until(bytes.len(), number, bytes, layout)
    }

    /// Reads entries from where the layout ends until one ends at `until` or beyond.
    fn entries_until(&mut self, until: usize, number: u32, bytes: &[u8], layout: &mut Layout) -> Result<(), Corrupt> {
        while (layout.end as usize) < until {
            let start = layout.end;
            let (entry, length) = TreeEntry::parse(&bytes[start as usize..], self.aim.index.hash()).ok_or(MALFORMED)?;
            layout.starts.push(start);
            layout.end += length as u32;
            if self.aim.all_names {
                self.name(entry.name);
            }
            if self.aim.loud.is_some_and(|loud| loud.contains(entry.name)) {
                let name = self.name(entry.name);
                layout.links.push((start, Edge { name, to: NAMED }));
            }
            if let Some(to) = self.look(number, &entry) {
                let name = self.name(entry.name);
                layout.links.push((start, Edge { name, to }));
            }
        }
        Ok(())
    }

    /// Checks that what an entry names is there, and says whether it leads somewhere.
    fn look(&mut self, tree: u32, entry: &TreeEntry<'_>) -> Option<u32> {
        if entry.kind == EntryKind::Submodule {
            return self.aim.targets.map(|_| GITLINK);
        }
        let is_tree = entry.kind == EntryKind::Tree;
        let Some(number) = self.aim.index.find(&entry.id) else {
            let kind = if is_tree { Kind::Tree } else { Kind::Blob };
            return self.absent(tree, entry, kind);
        };
        let targets = self.aim.targets?;
        let also = || self.aim.also.is_some_and(|also| also.contains(entry.name));
        (is_tree || targets(number) || also()).then_some(number)
    }

    /// What is not there leads to a number of its own, as long as these are few; only counted ones are kept then.
    fn absent(&mut self, tree: u32, entry: &TreeEntry<'_>, kind: Kind) -> Option<u32> {
        if self.aim.targets.is_some() {
            return self.aim.table.absent.number(entry.id, kind);
        }
        if (self.aim.counts)(tree) {
            let name = self.name(entry.name);
            let least = self.missing.entry(entry.id).or_insert((tree, name, kind));
            *least = (*least).min((tree, name, kind));
        }
        None
    }

    fn name(&mut self, name: &[u8]) -> u32 {
        if let Some(&id) = self.known.get(name) {
            return id;
        }
        let id = self.aim.table.names.id(name);
        self.known.insert(name.into(), id);
        id
    }
}

/// Appends the base's entries from `from` on that end at `until` or before; none if no entry starts at `from`.
fn take_over(base: &Layout, from: usize, until: usize, layout: &mut Layout) {
    let Ok(first) = base.starts.binary_search(&(from as u32)) else { return };
    // Entries before `last` end where the next starts; the last ends with the tree.
    let last = if until >= base.end as usize {
        base.starts.len()
    } else {
        base.starts.partition_point(|&start| start as usize <= until).saturating_sub(1)
    };
    if last <= first {
        return;
    }
    let end = base.starts.get(last).copied().unwrap_or(base.end);
    let (old, new) = (from as u32, layout.end);
    layout.starts.extend(base.starts[first..last].iter().map(|start| start - old + new));
    let link = base.links.partition_point(|(start, _)| *start < old);
    let links = base.links[link..].iter().take_while(|(start, _)| *start < end);
    layout.links.extend(links.map(|(start, edge)| (start - old + new, *edge)));
    layout.end = end - old + new;
}

impl Visitor for Trees<'_> {
    type Note = Layout;

    fn object(&mut self, object: &Decoded<'_, Layout>) -> Layout {
        let base = object.base.as_ref().map(|(note, delta)| (*note, *delta));
        self.tree(object.number, object.bytes, base)
    }

    fn failed(&mut self, number: u32, why: Corrupt) {
        self.failed.push((number, why));
    }
}

/// What passes over the same trees number alike.
#[derive(Default)]
pub(super) struct Table {
    pub(super) names: Names,
    pub(super) absent: Absent,
}

/// Objects that trees name and that are not there, numbered from [`ABSENT`](Self::FIRST) on.
#[derive(Default)]
pub(super) struct Absent(Mutex<HashMap<Id, (u32, Kind)>>);

impl Absent {
    /// Their numbers are above all objects' and below [`NAMED`].
    const FIRST: u32 = 1 << 31;
    /// Ways to more than these would fill memory in a clone that lacks all blobs.
    const MOST: usize = 1000;

    fn number(&self, id: Id, kind: Kind) -> Option<u32> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() > Self::MOST {
            return None;
        }
        let next = Self::FIRST + known.len() as u32;
        Some(known.entry(id).or_insert((next, kind)).0)
    }

    /// All of them; `None` if they are too many for each to have a number.
    pub(super) fn list(&self) -> Option<Vec<(Id, u32, Kind)>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all = known.iter().map(|(id, (number, kind))| (*id, *number, *kind));
        (known.len() <= Self::MOST).then(|| all.collect())
    }
}

/// File names, numbered by all threads in whatever order they come.
#[derive(Default)]
pub(super) struct Names(Mutex<Numbered>);

#[derive(Default)]
struct Numbered {
    ids: HashMap<Arc<[u8]>, u32>,
    names: Vec<Arc<[u8]>>,
}

impl Names {
    fn id(&self, name: &[u8]) -> u32 {
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Numbered { ids, names } = &mut *guard;
        if let Some(&id) = ids.get(name) {
            return id;
        }
        let shared: Arc<[u8]> = name.into();
        let id = names.len() as u32;
        ids.insert(shared.clone(), id);
        names.push(shared);
        id
    }

    /// All names by number.
    pub(super) fn list(&self) -> Vec<Arc<[u8]>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).names.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(entries: &[(&str, u8)]) -> Vec<u8> {
        let entry = |(name, id): &(&str, u8)| [b"100644 ", name.as_bytes(), b"\0", &[*id; 20]].concat();
        entries.iter().flat_map(entry).collect()
    }

    #[test]
    fn copied_entries_are_taken_over_only_whole_and_in_step() {
        let bytes = tree(&[("a", 1), ("bb", 2), ("ccc", 3)]);
        let starts = vec![0, 29, 59];
        let base = Layout { starts, end: bytes.len() as u32, links: Vec::new(), edges: None };
        let taken = |from, until, at| {
            let mut layout = Layout { starts: Vec::new(), end: at, links: Vec::new(), edges: None };
            take_over(&base, from, until, &mut layout);
            (layout.starts, layout.end)
        };
        assert_eq!(taken(0, bytes.len(), 7), (vec![7, 36, 66], 7 + 90));
        assert_eq!(taken(0, bytes.len() - 1, 0), (vec![0, 29], 59));
        assert_eq!(taken(29, 59, 0), (vec![0], 30));
        assert_eq!(taken(29, 58, 0), (vec![], 0));
        assert_eq!(taken(30, 90, 0), (vec![], 0));
    }
}
