//! The options of an audit.

use std::path::PathBuf;

use super::revs::Request;
use crate::git::Id;
use crate::policy::suppressions::Suppressions;

/// How a repository is audited.
#[derive(Clone, Debug)]
pub struct AuditOptions {
    /// How many threads; 0 means one for each processor.
    pub threads: usize,
    /// Report missing objects and the like as notes, not as errors.
    pub allow_incomplete: bool,
    /// Scan the repositories of submodules, too.
    pub submodules: bool,
    /// Scan the names of files and directories, too.
    pub file_names: bool,
    /// The most references that a finding names.
    pub max_refs: usize,
    /// Report only what these commits introduced.
    pub request: Request,
    /// Scan only a part of the objects.
    pub shard: Option<Shard>,
    /// The directory of the cache of clean blobs.
    pub cache: Option<PathBuf>,
    /// What is accepted by fingerprint. Where the commits that are asked for bring in nothing but accepted keys, their
    /// findings name the commit and say nothing of the rest of the history; `None`: all findings say all.
    pub accepted: Option<Suppressions>,
}

impl Default for AuditOptions {
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
            accepted: None,
        }
    }
}

/// One of several equal parts of all objects, for audits that are spread over several machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which one, counted from 1.
    pub index: u64,
    /// How many there are.
    pub count: u64,
}

impl Shard {
    /// Parses text such as `2/8`.
    pub fn parse(text: &str) -> Option<Self> {
        let (index, count) = text.split_once('/')?;
        let shard = Self { index: index.parse().ok()?, count: count.parse().ok()? };
        (shard.index >= 1 && shard.index <= shard.count).then_some(shard)
    }

    /// Whether this part is given an object of which nothing but the id is known. Ids are hashes, so the parts are about
    /// equal.
    pub(super) fn has(self, id: &Id) -> bool {
        id.leading() % self.count == self.index - 1
    }

    /// Whether this is the part that also scans what is no object, such as the names of references.
    pub(super) fn is_first(self) -> bool {
        self.index == 1
    }
}
