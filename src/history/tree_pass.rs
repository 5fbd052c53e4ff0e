//! The second pass, over all trees: which objects do they name that are missing, and which entries lead to an object of
//! interest?
//!
//! Trees are stored as deltas too, and hold the same entries over and over: git/git's make 5.8 GB, of which 0.14 GB
//! are new. So the pass keeps the position of each entry of a tree while trees that are deltas to it are read, and
//! parses only entries that a delta does not copy whole.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::object_index::ObjectIndex;
use super::pack_walk::{DecodedObject, ObjectVisitor};
use crate::core::narrow::narrow;
use crate::git::inflate::Corrupt;
use crate::git::pack::Delta;
use crate::git::pack::delta::Op;
use crate::git::tree::{EntryKind, TreeEntry};
use crate::git::{Id, Kind};

/// What a pass over all trees looks for.
pub(super) struct TreeQuery<'a> {
    pub(super) index: &'a ObjectIndex<'a>,
    /// Which trees are read; `None`: all of them.
    pub(super) only: Option<&'a (dyn Fn(u32) -> bool + Sync)>,
    /// The blobs of interest. Without any, no edges are kept but those that the other fields ask for.
    pub(super) targets: Option<&'a (dyn Fn(u32) -> bool + Sync)>,
    /// File names whose entries are of interest whatever they name.
    pub(super) follow_names: Option<&'a HashSet<Vec<u8>>>,
    /// File names with a key in them. Such an entry gets a second edge, to [`ENTRY_NAME`].
    pub(super) names_with_keys: Option<&'a HashSet<Vec<u8>>>,
    /// Whether all file names get a number, not only those of edges.
    pub(super) all_names: bool,
    /// The trees of which missing objects are wanted, if there are no `targets`.
    pub(super) reports_missing: &'a (dyn Fn(u32) -> bool + Sync),
    pub(super) numbering: &'a Numbering,
}

/// An entry of a tree that is of interest, or may lead to one: it names a tree, a target, a submodule or a missing
/// object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    /// The number of the file name.
    pub(super) name: u32,
    /// The number of the tree or target, [`GITLINK`], [`ENTRY_NAME`], or the number of a missing object
    /// ([`AbsentObjects`]).
    pub(super) to: u32,
}

/// Where an edge to a submodule leads: its commit is in another repository.
pub(super) const GITLINK: u32 = u32::MAX;

/// Where an edge leads that is there for the entry's name.
pub(super) const ENTRY_NAME: u32 = u32::MAX - 1;

/// Why a tree that can be decoded cannot be parsed.
pub(super) const MALFORMED: Corrupt = "it is not a well-formed tree";

/// One thread of the pass, and what it found.
pub(super) struct TreeVisitor<'a> {
    query: &'a TreeQuery<'a>,
    /// Numbers of file names that this thread has asked for before.
    known: HashMap<Box<[u8]>, u32>,
    /// Trees with edges, and these.
    pub(super) edges: Vec<(u32, Arc<[Edge]>)>,
    /// Missing objects, if there are no targets: for each the least tree that names it, the name there, and its kind.
    pub(super) missing: HashMap<Id, (u32, u32, Kind)>,
    /// Trees that cannot be decoded or parsed.
    pub(super) failed: Vec<(u32, Corrupt)>,
}

/// The positions of a tree's entries, which trees that are deltas to it are read by.
pub(super) struct TreeLayout {
    /// Where each entry starts.
    starts: Vec<u32>,
    /// Where the last entry ends.
    end: u32,
    /// Edges, each with the start of its entry.
    links: Vec<(u32, Edge)>,
    /// The same edges, shared with other trees that have just these.
    edges: Option<Arc<[Edge]>>,
}

impl<'a> TreeVisitor<'a> {
    pub(super) fn new(query: &'a TreeQuery<'a>) -> Self {
        Self { query, known: HashMap::new(), edges: Vec::new(), missing: HashMap::new(), failed: Vec::new() }
    }

    /// Reads a tree that is not a delta.
    pub(super) fn read(&mut self, number: u32, bytes: &[u8]) {
        self.tree(number, bytes, None);
    }

    fn tree(&mut self, number: u32, bytes: &[u8], base: Option<(&TreeLayout, Delta<'_>)>) -> TreeLayout {
        let mut layout = TreeLayout { starts: Vec::new(), end: 0, links: Vec::new(), edges: None };
        let read = match base {
            Some((base, delta)) => self.derive(number, bytes, base, delta, &mut layout),
            None => self.entries_until(bytes.len(), number, bytes, &mut layout),
        };
        if let Err(why) = read {
            self.failed.push((number, why));
        }
        layout.end = narrow(bytes.len());
        if !layout.links.is_empty() {
            let same = |edges: &Arc<[Edge]>| edges.iter().eq(layout.links.iter().map(|(_, edge)| edge));
            let shared = base.and_then(|(base, _)| base.edges.clone()).filter(same);
            let edges = shared.unwrap_or_else(|| layout.links.iter().map(|(_, edge)| *edge).collect());
            self.edges.push((number, edges.clone()));
            layout.edges = Some(edges);
        }
        layout
    }

    /// Takes the entries over that the delta copies whole, and parses the others.
    fn derive(
        &mut self,
        number: u32,
        bytes: &[u8],
        base: &TreeLayout,
        delta: Delta<'_>,
        layout: &mut TreeLayout,
    ) -> Result<(), Corrupt> {
        layout.starts.reserve(base.starts.len() + 8);
        let mut at = 0;
        for op in delta.ops().flatten() {
            if let Op::Copy { from, len } = op {
                // An entry that began before may reach into this range.
                self.entries_until(at, number, bytes, layout)?;
                if (layout.end as usize) < at + len {
                    copy_entries(base, from + layout.end as usize - at, from + len, layout);
                }
                at += len;
            } else if let Op::Insert(new) = op {
                at += new.len();
            }
        }
        self.entries_until(bytes.len(), number, bytes, layout)
    }

    /// Parses entries from where the layout ends until one ends at `until` or beyond.
    fn entries_until(
        &mut self,
        until: usize,
        number: u32,
        bytes: &[u8],
        layout: &mut TreeLayout,
    ) -> Result<(), Corrupt> {
        while (layout.end as usize) < until {
            let start = layout.end;
            let (entry, length) =
                TreeEntry::parse(&bytes[start as usize..], self.query.index.hash()).ok_or(MALFORMED)?;
            layout.starts.push(start);
            layout.end += narrow(length);
            if self.query.all_names {
                self.name(entry.name);
            }
            if self.query.names_with_keys.is_some_and(|names_with_keys| names_with_keys.contains(entry.name)) {
                let name = self.name(entry.name);
                layout.links.push((start, Edge { name, to: ENTRY_NAME }));
            }
            if let Some(to) = self.resolve(number, &entry) {
                let name = self.name(entry.name);
                layout.links.push((start, Edge { name, to }));
            }
        }
        Ok(())
    }

    /// Where the edge of an entry leads, if it has one.
    fn resolve(&mut self, tree: u32, entry: &TreeEntry<'_>) -> Option<u32> {
        if entry.kind == EntryKind::Submodule {
            return self.query.targets.map(|_| GITLINK);
        }
        let is_tree = entry.kind == EntryKind::Tree;
        let Some(number) = self.query.index.find(&entry.id) else {
            let kind = if is_tree { Kind::Tree } else { Kind::Blob };
            return self.note_absent(tree, entry, kind);
        };
        let targets = self.query.targets?;
        let follow_names = || self.query.follow_names.is_some_and(|follow_names| follow_names.contains(entry.name));
        (is_tree || targets(number) || follow_names()).then_some(number)
    }

    /// Notes a missing object. If there are targets it gets a number, as long as there are few, so that an edge leads to
    /// it; otherwise it goes into [`missing`](Self::missing).
    fn note_absent(&mut self, tree: u32, entry: &TreeEntry<'_>, kind: Kind) -> Option<u32> {
        if self.query.targets.is_some() {
            return self.query.numbering.absent.number(entry.id, kind);
        }
        if (self.query.reports_missing)(tree) {
            let name = self.name(entry.name);
            let least = self.missing.entry(entry.id).or_insert((tree, name, kind));
            *least = (*least).min((tree, name, kind));
        }
        None
    }

    /// The number of a file name.
    fn name(&mut self, name: &[u8]) -> u32 {
        if let Some(&id) = self.known.get(name) {
            return id;
        }
        let id = self.query.numbering.names.id(name);
        self.known.insert(name.into(), id);
        id
    }
}

/// Appends the base's entries from `from` on that end at `until` or before; none if no entry starts at `from`.
fn copy_entries(base: &TreeLayout, from: usize, until: usize, layout: &mut TreeLayout) {
    let Ok(first) = base.starts.binary_search(&narrow(from)) else { return };
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
    let (old, new) = (narrow(from), layout.end);
    layout.starts.extend(base.starts[first..last].iter().map(|start| start - old + new));
    let link = base.links.partition_point(|(start, _)| *start < old);
    let links = base.links[link..].iter().take_while(|(start, _)| *start < end);
    layout.links.extend(links.map(|(start, edge)| (start - old + new, *edge)));
    layout.end = end - old + new;
}

impl ObjectVisitor for TreeVisitor<'_> {
    type Note = TreeLayout;

    fn object(&mut self, object: &DecodedObject<'_, TreeLayout>) -> TreeLayout {
        let base = object.base.as_ref().map(|(note, delta)| (*note, *delta));
        self.tree(object.number, object.bytes, base)
    }

    fn failed(&mut self, number: u32, why: Corrupt) {
        self.failed.push((number, why));
    }
}

/// The numbers of file names and missing objects, shared by all threads and passes.
#[derive(Default)]
pub(super) struct Numbering {
    pub(super) names: NameTable,
    pub(super) absent: AbsentObjects,
}

/// Objects that trees name and that are not there, numbered from [`FIRST`](Self::FIRST) on.
#[derive(Default)]
pub(super) struct AbsentObjects(Mutex<HashMap<Id, (u32, Kind)>>);

impl AbsentObjects {
    /// Greater than the number of any object that is there. All numbers are below [`ENTRY_NAME`].
    const FIRST: u32 = 1 << 31;
    /// Edges to more than these would fill memory in a clone that lacks all blobs.
    const MOST: usize = 1000;

    fn number(&self, id: Id, kind: Kind) -> Option<u32> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() > Self::MOST {
            return None;
        }
        let next = Self::FIRST + narrow(known.len());
        Some(known.entry(id).or_insert((next, kind)).0)
    }

    /// All of them with their numbers; `None` if there are too many for each to have one.
    pub(super) fn list(&self) -> Option<Vec<(Id, u32, Kind)>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all = known.iter().map(|(id, (number, kind))| (*id, *number, *kind));
        (known.len() <= Self::MOST).then(|| all.collect())
    }
}

/// File names by number. The order depends on which thread comes first.
#[derive(Default)]
pub(super) struct NameTable(Mutex<NumberedNames>);

#[derive(Default)]
struct NumberedNames {
    ids: HashMap<Arc<[u8]>, u32>,
    names: Vec<Arc<[u8]>>,
}

impl NameTable {
    fn id(&self, name: &[u8]) -> u32 {
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let NumberedNames { ids, names } = &mut *guard;
        if let Some(&id) = ids.get(name) {
            return id;
        }
        let shared: Arc<[u8]> = name.into();
        let id = narrow(names.len());
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
        let base = TreeLayout { starts, end: bytes.len() as u32, links: Vec::new(), edges: None };
        let taken = |from, until, at| {
            let mut layout = TreeLayout { starts: Vec::new(), end: at, links: Vec::new(), edges: None };
            copy_entries(&base, from, until, &mut layout);
            (layout.starts, layout.end)
        };
        assert_eq!(taken(0, bytes.len(), 7), (vec![7, 36, 66], 7 + 90));
        assert_eq!(taken(0, bytes.len() - 1, 0), (vec![0, 29], 59));
        assert_eq!(taken(29, 59, 0), (vec![0], 30));
        assert_eq!(taken(29, 58, 0), (vec![], 0));
        assert_eq!(taken(30, 90, 0), (vec![], 0));
    }
}
