//! The commit-graph file: parents, dates and generation numbers of commits, so that a walk does not have to parse
//! them.
//!
//! Git writes one file (`objects/info/commit-graph`) or a chain of files (`objects/info/commit-graphs`) during
//! maintenance. It is only a cache: if it is missing, broken or in an unknown format, commits are read from their
//! objects.
//!
//! **Its content is trusted, as git trusts it**, within limits: offsets must be inside the file, positions below the
//! number of commits, and a walk checks that each generation number is larger than those of the parents.

use std::path::{Path, PathBuf};

use super::Id;
use super::id::Hash;
use super::map::{Mapping, map};
use crate::core::regular_file::{self, Links, SMALL};

/// The maximum length of a chain; git merges files long before.
const LONGEST: usize = 1024;

const NO_PARENT: u32 = 0x7000_0000;
const MORE_PARENTS: u32 = 0x8000_0000;
const LAST: u32 = 0x8000_0000;
/// The maximum topological level. At this value a parent may have the same level as its child.
const HIGHEST_LEVEL: u64 = 0x3fff_ffff;

/// A chain of commit-graph files, the oldest first.
#[derive(Debug)]
pub(super) struct CommitGraphFile {
    layers: Vec<GraphLayer>,
    hash: Hash,
    /// Whether all files have corrected commit dates, so that dates can be used as generation numbers.
    has_dates: bool,
}

/// One file of the chain. Commit positions count through the whole chain.
#[derive(Debug)]
struct GraphLayer {
    file: Mapping,
    first: u32,
    count: u32,
    fanout: usize,
    ids: usize,
    commits: usize,
    /// The offset of the chunk with corrected commit dates; then the offset and the length of the one with large
    /// dates.
    dates: Option<usize>,
    large_dates: (usize, usize),
    /// The offset and the length of the chunk with the third and further parents of merges.
    edges: (usize, usize),
}

/// A commit's entry in the file.
#[derive(Debug)]
pub(super) struct GraphCommit {
    pub(super) parents: Vec<Id>,
    pub(super) time: i64,
    /// The generation number, larger than that of each parent.
    pub(super) generation: u64,
}

/// The error that the file is broken.
#[derive(Debug)]
pub(super) struct BrokenGraph;

impl CommitGraphFile {
    /// Opens the chain in the first object directory that has one.
    pub(super) fn open(directories: &[PathBuf], hash: Hash) -> Option<Self> {
        directories.iter().find_map(|directory| {
            let single = directory.join("info").join("commit-graph");
            Self::of(&[single], hash).or_else(|| Self::of(&chain(directory, directories)?, hash))
        })
    }

    fn of(paths: &[PathBuf], hash: Hash) -> Option<Self> {
        let mut layers: Vec<GraphLayer> = Vec::new();
        for (at, path) in paths.iter().enumerate() {
            let first = layers.last().map_or(Some(0), |last| last.first.checked_add(last.count))?;
            let layer = GraphLayer::parse(map(path).ok()?, hash, first, at)?;
            // A position must be distinguishable from the marker values above.
            first.checked_add(layer.count).filter(|&end| end < NO_PARENT)?;
            layers.push(layer);
        }
        let has_dates = layers.iter().all(|layer| layer.dates.is_some());
        let graph = Self { layers, hash, has_dates };
        // Very old versions of git wrote no generation numbers.
        let counts = graph.layers.first()?.count == 0 || graph.level(0)? > 0;
        counts.then_some(graph)
    }

    /// The position of a commit.
    pub(super) fn find(&self, id: &Id) -> Option<u32> {
        self.layers.iter().rev().find_map(|layer| Some(layer.first + layer.find(id.as_bytes())?))
    }

    /// The entry at a position.
    pub(super) fn entry(&self, position: u32) -> Result<GraphCommit, BrokenGraph> {
        let commit = self.read(position).ok_or(BrokenGraph)?;
        if self.layers.iter().any(|layer| layer.file.is_cut_short()) { Err(BrokenGraph) } else { Ok(commit) }
    }

    fn read(&self, position: u32) -> Option<GraphCommit> {
        let (layer, at) = self.layer(position)?;
        let data = layer.commit(at, self.hash)?;
        let (first, second) = (be32(data, 0)?, be32(data, 4)?);
        let time = i64::from(be32(data, 8)? & 3) << 32 | i64::from(be32(data, 12)?);
        let mut parents = Vec::new();
        if first != NO_PARENT {
            parents.push(self.id(first)?);
        }
        match second {
            NO_PARENT => {}
            more if more & MORE_PARENTS != 0 => {
                let mut at = (more & !MORE_PARENTS) as usize;
                loop {
                    let edge = layer.edge(at)?;
                    parents.push(self.id(edge & !LAST)?);
                    if edge & LAST != 0 {
                        break;
                    }
                    at += 1;
                }
            }
            second => parents.push(self.id(second)?),
        }
        let generation = match self.has_dates {
            true => layer.corrected(at, u64::try_from(time).ok()?)?,
            false => self.level(position)?,
        };
        Some(GraphCommit { parents, time, generation })
    }

    /// Whether `parent` and `child` are valid generation numbers of a parent and its child.
    pub(super) fn fits(&self, parent: u64, child: u64) -> bool {
        parent < child || !self.has_dates && parent == HIGHEST_LEVEL && child == HIGHEST_LEVEL
    }

    /// The topological level: the number of commits on the longest path to a root.
    fn level(&self, position: u32) -> Option<u64> {
        let (layer, at) = self.layer(position)?;
        Some(u64::from(be32(layer.commit(at, self.hash)?, 8)? >> 2))
    }

    fn layer(&self, position: u32) -> Option<(&GraphLayer, usize)> {
        let after = self.layers.partition_point(|layer| layer.first <= position);
        let layer = self.layers.get(after.checked_sub(1)?)?;
        let at = position - layer.first;
        (at < layer.count).then_some((layer, at as usize))
    }

    fn id(&self, position: u32) -> Option<Id> {
        let (layer, at) = self.layer(position)?;
        Id::from_bytes(layer.raw_id(at, self.hash.width())?)
    }
}

/// The files of a chain, the oldest first. Each may be in any of the object directories.
fn chain(directory: &Path, directories: &[PathBuf]) -> Option<Vec<PathBuf>> {
    let below = |directory: &Path| directory.join("info").join("commit-graphs");
    let list = below(directory).join("commit-graph-chain");
    let text = regular_file::read(&list, Links::Follow, SMALL).ok()??;
    let mut files = Vec::new();
    for line in text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).take(LONGEST) {
        let name = format!("graph-{}.graph", Id::from_hex(line.trim_ascii())?);
        files.push(directories.iter().map(|directory| below(directory).join(&name)).find(|file| file.is_file())?);
    }
    Some(files).filter(|files| !files.is_empty())
}

impl GraphLayer {
    fn parse(file: Mapping, hash: Hash, first: u32, bases: usize) -> Option<Self> {
        let format = if hash == Hash::Sha1 { 1 } else { 2 };
        let [b'C', b'G', b'P', b'H', 1, own, chunks, base] = *file.first_chunk::<8>()? else { return None };
        if own != format || usize::from(base) != bases.min(255) {
            return None;
        }
        let chunk = |id: &[u8; 4]| (0..usize::from(chunks)).find_map(|at| chunk(&file, at, id));
        let (fanout, fanout_len) = chunk(b"OIDF")?;
        let count = if fanout_len == 1024 { be32(&file, fanout + 1020)? } else { return None };
        let long = |width: usize| (count as usize).checked_mul(width);
        let whole = |id: &[u8; 4], width: usize| chunk(id).filter(|(_, len)| Some(*len) == long(width));
        let (ids, _) = whole(b"OIDL", hash.width())?;
        let (commits, _) = whole(b"CDAT", hash.width() + 16)?;
        let dates = whole(b"GDA2", 4).map(|(at, _)| at);
        let list = |id: &[u8; 4], width: usize| chunk(id).map_or((0, 0), |(at, len)| (at, len / width));
        let (large_dates, edges) = (list(b"GDO2", 8), list(b"EDGE", 4));
        Some(Self { first, count, fanout, ids, commits, dates, large_dates, edges, file })
    }

    fn find(&self, raw: &[u8]) -> Option<u32> {
        let byte = usize::from(*raw.first()?);
        let until = |byte: usize| be32(&self.file, self.fanout + byte * 4);
        let (mut low, mut high) = (if byte == 0 { 0 } else { until(byte - 1)? }, until(byte)?.min(self.count));
        while low < high {
            let middle = low + (high - low) / 2;
            match self.raw_id(middle as usize, raw.len())?.cmp(raw) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    fn raw_id(&self, at: usize, width: usize) -> Option<&[u8]> {
        let start = self.ids.checked_add(at.checked_mul(width)?)?;
        self.file.get(start..start.checked_add(width)?)
    }

    /// A commit's data after its tree id.
    fn commit(&self, at: usize, hash: Hash) -> Option<&[u8]> {
        let width = hash.width() + 16;
        let start = self.commits + at * width;
        self.file.get(start + hash.width()..start + width)
    }

    fn edge(&self, at: usize) -> Option<u32> {
        let (start, count) = self.edges;
        if at < count { be32(&self.file, start + at * 4) } else { None }
    }

    /// The corrected commit date, which is later than those of all parents.
    fn corrected(&self, at: usize, time: u64) -> Option<u64> {
        let offset = be32(&self.file, self.dates? + at * 4)?;
        if offset & LAST == 0 {
            return time.checked_add(u64::from(offset));
        }
        let (start, count) = self.large_dates;
        let at = (offset & !LAST) as usize;
        let start = if at < count { start + at * 8 } else { return None };
        let offset = u64::from(be32(&self.file, start)?) << 32 | u64::from(be32(&self.file, start + 4)?);
        time.checked_add(offset)
    }
}

/// The offset and the length of a chunk, if entry `at` of the table of contents has this id. The next entry gives its
/// end.
fn chunk(file: &[u8], at: usize, id: &[u8; 4]) -> Option<(usize, usize)> {
    let entry = |at: usize| file.get(8 + at * 12..8 + (at + 1) * 12);
    let offset = |at: usize| {
        let bytes = entry(at)?.last_chunk::<8>()?;
        usize::try_from(u64::from_be_bytes(*bytes)).ok()
    };
    if !entry(at)?.starts_with(id) {
        return None;
    }
    let (start, end) = (offset(at)?, offset(at + 1)?);
    file.get(start..end).map(|chunk| (start, chunk.len()))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}
