//! What the user of an audit decides.

use std::path::PathBuf;

use super::revs::Request;
use crate::git::Id;

/// How a repository is audited.
#[derive(Clone, Debug)]
pub struct Options {
    /// Threads; 0: one for each processor.
    pub threads: usize,
    /// What is not there is a remark and costs no exit code.
    pub allow_incomplete: bool,
    /// Scan the repositories of submodules, too.
    pub submodules: bool,
    /// Scan the names of files and directories, too.
    pub file_names: bool,
    /// How many references a finding names at most.
    pub max_refs: usize,
    /// Only what these commits bring in.
    pub request: Request,
    /// Only a part of the objects.
    pub shard: Option<Shard>,
    /// Where to remember which blobs are clean.
    pub cache: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            threads: 0,
            allow_incomplete: false,
            submodules: false,
            file_names: false,
            max_refs: 1000,
            request: Request::default(),
            shard: None,
            cache: None,
        }
    }
}

impl Options {
    pub(super) fn threads(&self) -> usize {
        match self.threads {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            threads => threads,
        }
    }
}

/// One of several equal parts of all objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 1 on.
    pub index: u64,
    /// At least `index`.
    pub count: u64,
}

impl Shard {
    /// Reads `2/8`.
    pub fn parse(text: &str) -> Option<Self> {
        let (index, count) = text.split_once('/')?;
        let shard = Self { index: index.parse().ok()?, count: count.parse().ok()? };
        (shard.index >= 1 && shard.index <= shard.count).then_some(shard)
    }

    /// Whether an object belongs to it. Ids are hashes, so the parts are equal.
    pub(super) fn has(self, id: &Id) -> bool {
        id.leading() % self.count == self.index - 1
    }

    /// Whether it is the one that scans what is no object.
    pub(super) fn is_first(self) -> bool {
        self.index == 1
    }
}
