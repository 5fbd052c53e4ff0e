//! The parts of a repository that a scan of its work tree needs: the tracked paths, `info/exclude`, and the URLs of
//! remotes. No program is run, and no setting changes what is scanned.

use std::path::Path;
use std::sync::OnceLock;

use bstr::{BStr, BString};

use crate::core::error::{Error, Result};
use crate::core::path_bytes;
use crate::git::{GitConfig, Index, Repository};
use crate::source::Collector;
use crate::source::open;

/// A repository whose work tree, or a part of it, is scanned.
#[derive(Debug)]
pub(super) struct Repo {
    /// The length of the absolute path of its work tree: this many bytes and a slash come before a tracked path.
    root: usize,
    repository: Repository,
    index: OnceLock<Index>,
}

impl Repo {
    /// The repository with its work tree at `worktree`; `None` if there is no valid `.git`.
    pub(super) fn at(worktree: &BStr) -> Result<Option<Self>> {
        let found = Repository::at(&path_bytes::path(worktree))?;
        Ok(found.map(|repository| Self { root: worktree.len(), repository, index: OnceLock::new() }))
    }

    /// The length of the absolute path of its work tree.
    pub(super) fn root(&self) -> usize {
        self.root
    }

    /// The directory that linked work trees share, and in which Git LFS stores files.
    pub(super) fn common_dir(&self) -> &Path {
        &self.repository.common_dir
    }

    /// The content of `info/exclude`, the patterns that are not committed.
    pub(super) fn excludes(&self) -> Result<Option<Vec<u8>>> {
        open::small(path_bytes::bytes(self.repository.common_dir.join("info/exclude")).as_ref())
    }

    /// The configuration file.
    pub(super) fn config(&self) -> &GitConfig {
        &self.repository.config
    }

    /// Whether git tracks this file, or any file below this directory. The index is read on the first call, that is,
    /// for the first ignored path.
    pub(super) fn tracks(&self, path: &BStr, is_dir: bool, collector: &Collector) -> bool {
        let index = self.index.get_or_init(|| {
            let read = Index::read(&self.repository.index_file, self.repository.hash).and_then(|index| {
                let unsorted =
                    || Error::new("read the index", self.repository.index_file.display(), "it is not sorted");
                if index.is_sorted() { Ok(index) } else { Err(unsorted()) }
            });
            read.unwrap_or_else(|error| {
                collector.failed(error.hint("which ignored files are tracked is not known, so they were not scanned"));
                Index::default()
            })
        });
        path.get(self.root + 1..).is_some_and(|path| index.tracks(path, is_dir))
    }
}

/// Joins two paths; an absolute `name` replaces `dir`.
pub(crate) fn join(dir: &BStr, name: &[u8]) -> BString {
    if dir.is_empty() || path_bytes::is_absolute(name) {
        return name.into();
    }
    let mut path = BString::from(Vec::with_capacity(dir.len() + 1 + name.len()));
    path.extend_from_slice(dir);
    if !dir.ends_with(b"/") {
        path.push(b'/');
    }
    path.extend_from_slice(name);
    path
}
