//! As much of a git repository as a working tree's scan needs: what its index tracks, its private excludes, and the
//! addresses of its remotes. Nothing of it is run, and no setting in it changes what is scanned.

use std::path::Path;
use std::sync::OnceLock;

use bstr::{BStr, BString};

use crate::core::error::{Error, Result};
use crate::core::path_bytes;
use crate::git::{GitConfig, Index, Repository};
use crate::source::Collector;
use crate::source::open;

/// A repository whose working tree, or a part of it, is scanned.
#[derive(Debug)]
pub(super) struct Repo {
    /// Where its working tree starts in an absolute path: that many bytes, and a slash, precede a tracked path.
    root: usize,
    repository: Repository,
    index: OnceLock<Index>,
}

impl Repo {
    /// The repository whose working tree is `worktree`, if `.git` there is one.
    pub(super) fn at(worktree: &BStr) -> Result<Option<Self>> {
        let found = Repository::at(&path_bytes::path(worktree))?;
        Ok(found.map(|repository| Self { root: worktree.len(), repository, index: OnceLock::new() }))
    }

    /// The length of the absolute path of its working tree.
    pub(super) fn root(&self) -> usize {
        self.root
    }

    /// What its linked worktrees share, where Git LFS keeps its files.
    pub(super) fn common_dir(&self) -> &Path {
        &self.repository.common_dir
    }

    /// `info/exclude`, the patterns that are not committed.
    pub(super) fn excludes(&self) -> Result<Option<Vec<u8>>> {
        open::small(path_bytes::bytes(self.repository.common_dir.join("info/exclude")).as_ref())
    }

    /// Its configuration file.
    pub(super) fn config(&self) -> &GitConfig {
        &self.repository.config
    }

    /// Whether git tracks this file, or anything below this directory. The index is read when this is first asked,
    /// which is when the first ignored path is met.
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

/// `name` below `dir`; an absolute `name` stands for itself.
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
