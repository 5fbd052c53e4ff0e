//! The delta chains of a whole pack.
//!
//! Every entry that is not a delta is a root, and every delta refers to its base. An object has the type of its root,
//! so the types of all objects are known from the headers, without decompressing anything.

use rayon::prelude::*;

use crate::core::narrow::narrow;

use super::super::id::Kind;
use super::super::inflate::Corrupt;
use super::{Form, Pack};

const NONE: u32 = u32::MAX;

/// The entries of a pack, numbered in the order of their offsets.
pub(crate) struct DeltaChains {
    offsets: Vec<u64>,
    /// Each entry's position in the pack index.
    positions: Vec<u32>,
    /// Each entry's delta base; `NONE` for whole objects.
    bases: Vec<u32>,
    kinds: Vec<Option<Kind>>,
    /// The children of entry `i` are `children[starts[i]..starts[i + 1]]`.
    starts: Vec<u32>,
    children: Vec<u32>,
    /// Entries with a broken header or a missing base.
    pub(crate) broken: Vec<(u32, Corrupt)>,
}

impl DeltaChains {
    /// Reads the headers of all entries.
    pub(crate) fn of(pack: &Pack) -> Self {
        let index = &pack.index;
        let mut entries: Vec<(u64, u32)> = (0..index.count()).map(|at| (index.offset(at), at)).collect();
        entries.par_sort_unstable();
        let (offsets, positions): (Vec<u64>, Vec<u32>) = entries.into_iter().unzip();
        let heads: Vec<_> =
            (0..offsets.len()).into_par_iter().with_min_len(1024).map(|entry| head(pack, &offsets, entry)).collect();
        let mut chains = Self {
            positions,
            bases: vec![NONE; offsets.len()],
            kinds: vec![None; offsets.len()],
            starts: vec![0; offsets.len() + 1],
            children: Vec::new(),
            broken: Vec::new(),
            offsets,
        };
        for (entry, head) in heads.into_iter().enumerate() {
            match head {
                Ok(Head::Root(kind)) => chains.kinds[entry] = Some(kind),
                Ok(Head::On(base)) => chains.bases[entry] = base,
                Err(why) => chains.broken.push((narrow(entry), why)),
            }
        }
        chains.link();
        chains
    }

    /// Computes the children of each entry, and copies the types from the roots to their descendants.
    fn link(&mut self) {
        for &base in self.bases.iter().filter(|&&base| base != NONE) {
            self.starts[base as usize + 1] += 1;
        }
        for entry in 1..self.starts.len() {
            self.starts[entry] += self.starts[entry - 1];
        }
        let mut next = self.starts.clone();
        self.children = vec![0; self.starts.last().map_or(0, |&end| end as usize)];
        for (entry, &base) in self.bases.iter().enumerate().filter(|(_, base)| **base != NONE) {
            let slot = &mut next[base as usize];
            self.children[*slot as usize] = narrow(entry);
            *slot += 1;
        }
        let mut order: Vec<u32> = (0..narrow(self.len())).filter(|&e| self.kinds[e as usize].is_some()).collect();
        let mut done = 0;
        while let Some(&entry) = order.get(done) {
            done += 1;
            let kind = self.kinds[entry as usize];
            let children = self.starts[entry as usize] as usize..self.starts[entry as usize + 1] as usize;
            for &child in &self.children[children] {
                self.kinds[child as usize] = kind;
                order.push(child);
            }
        }
        self.heaviest_last(&order);
        // A chain with a cycle, or on a broken entry, cannot be reached from any root.
        let lost =
            (0..narrow(self.len())).filter(|&e| self.kinds[e as usize].is_none() && self.bases[e as usize] != NONE);
        self.broken.extend(lost.map(|entry| (entry, "the object that its delta needs cannot be read")));
        self.broken.sort_unstable();
    }

    /// Moves the child with most descendants to the end. A base can be freed when its last child is decoded, so in
    /// this order a walk keeps at most a logarithmic number of bases in memory.
    fn heaviest_last(&mut self, parents_first: &[u32]) {
        let mut sizes = vec![1_u32; self.len()];
        for &entry in parents_first.iter().rev() {
            let base = self.bases[entry as usize];
            if base != NONE {
                sizes[base as usize] += sizes[entry as usize];
            }
        }
        for entry in 0..self.len() {
            let children = &mut self.children[self.starts[entry] as usize..self.starts[entry + 1] as usize];
            let heaviest = (0..children.len()).max_by_key(|&at| sizes[children[at] as usize]);
            if let Some(heaviest) = heaviest {
                let last = children.len() - 1;
                children.swap(heaviest, last);
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.offsets.len()
    }

    /// The object's type; `None` if its delta chain is broken.
    pub(crate) fn kind(&self, entry: u32) -> Option<Kind> {
        self.kinds[entry as usize]
    }

    pub(crate) fn offset(&self, entry: u32) -> u64 {
        self.offsets[entry as usize]
    }

    /// Approximately the number of bytes that the entry takes in the pack.
    pub(crate) fn packed_size(&self, entry: u32) -> u64 {
        let end = self.offsets.get(entry as usize + 1).copied();
        end.map_or(0, |end| end.saturating_sub(self.offset(entry)))
    }

    /// The position of the entry's id in the pack index.
    pub(crate) fn position(&self, entry: u32) -> u32 {
        self.positions[entry as usize]
    }

    /// Whether the entry is a whole object of a known type.
    pub(crate) fn is_root(&self, entry: u32) -> bool {
        self.bases[entry as usize] == NONE && self.kinds[entry as usize].is_some()
    }

    /// The entry's delta base.
    pub(crate) fn base(&self, entry: u32) -> Option<u32> {
        Some(self.bases[entry as usize]).filter(|&base| base != NONE)
    }

    /// The range of the entry's children, for [`child`](Self::child).
    #[inline]
    pub(crate) fn children(&self, entry: u32) -> std::ops::Range<u32> {
        self.starts[entry as usize]..self.starts[entry as usize + 1]
    }

    #[inline]
    pub(crate) fn child(&self, at: u32) -> u32 {
        self.children[at as usize]
    }

    /// The entry and all its descendants.
    pub(crate) fn descendants(&self, entry: u32) -> Vec<u32> {
        let mut all = vec![entry];
        let mut done = 0;
        while let Some(&entry) = all.get(done) {
            done += 1;
            all.extend(self.children(entry).map(|at| self.child(at)));
        }
        all
    }
}

enum Head {
    Root(Kind),
    On(u32),
}

fn head(pack: &Pack, offsets: &[u64], entry: usize) -> Result<Head, Corrupt> {
    const GONE: Corrupt = "the object that its delta needs is not in its pack";
    let base = match pack.entry(offsets[entry])?.form {
        Form::Whole(kind) => return Ok(Head::Root(kind)),
        // A base is usually close before its delta, so the search starts there and widens.
        Form::DeltaToOffset(base) => {
            let mut step = 1;
            let mut low = entry;
            let mut high = entry;
            while low > 0 && offsets[low] > base {
                high = low;
                low = low.saturating_sub(step);
                step *= 2;
            }
            low + offsets[low..=high].binary_search(&base).map_err(|_| GONE)?
        }
        Form::DeltaToId(id) => {
            let position = pack.index.find(&id).ok_or(GONE)?;
            offsets.binary_search(&pack.index.offset(position)).map_err(|_| GONE)?
        }
    };
    Ok(Head::On(narrow(base)))
}
