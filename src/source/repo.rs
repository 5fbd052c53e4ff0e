//! As much of a git repository as a working tree's scan needs: what its index tracks, its private excludes, and the
//! addresses of its remotes. Nothing of it is run, and no setting in it changes what is scanned.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::OnceLock;

use bstr::{BStr, BString, ByteSlice as _};
use rustix::fs::FileType;

use crate::core::error::Error;
use crate::source::Collector;
use crate::source::open::{self, Links};

/// A repository whose working tree, or a part of it, is scanned.
#[derive(Debug)]
pub(super) struct Repo {
    /// Where its working tree starts in an absolute path: that many bytes, and a slash, precede a tracked path.
    root: usize,
    git_dir: BString,
    common_dir: BString,
    index: OnceLock<Option<gix_index::File>>,
}

impl Repo {
    /// The repository whose working tree is `worktree`, if `.git` there is one.
    pub(super) fn at(worktree: &BStr) -> Option<Self> {
        let dot_git = join(worktree, b".git");
        let git_dir = match open::kind(dot_git.as_ref(), Links::Follow).ok()? {
            FileType::Directory => dot_git,
            FileType::RegularFile => {
                let text = open::small(dot_git.as_ref())?;
                join(worktree, text.strip_prefix(b"gitdir:")?.trim_ascii())
            }
            _ => return None,
        };
        open::kind(join(git_dir.as_ref(), b"HEAD").as_ref(), Links::Refuse).ok()?;
        let common_dir = match open::small(join(git_dir.as_ref(), b"commondir").as_ref()) {
            Some(text) => join(git_dir.as_ref(), text.trim_ascii()),
            None => git_dir.clone(),
        };
        Some(Self { root: worktree.len(), git_dir, common_dir, index: OnceLock::new() })
    }

    /// The length of the absolute path of its working tree.
    pub(super) fn root(&self) -> usize {
        self.root
    }

    /// What its linked worktrees share, where Git LFS keeps its files.
    pub(super) fn common_dir(&self) -> &Path {
        Path::new(std::ffi::OsStr::from_bytes(&self.common_dir))
    }

    /// `info/exclude`, the patterns that are not committed.
    pub(super) fn excludes(&self) -> Option<Vec<u8>> {
        open::small(join(self.common_dir.as_ref(), b"info/exclude").as_ref())
    }

    /// Its configuration file.
    pub(super) fn config(&self) -> BString {
        join(self.common_dir.as_ref(), b"config")
    }

    /// Whether git tracks this file, or anything below this directory. The index is read when this is first asked,
    /// which is when the first ignored path is met.
    pub(super) fn tracks(&self, path: &BStr, is_dir: bool, collector: &Collector) -> bool {
        let index = self.index.get_or_init(|| self.read_index().unwrap_or_else(|error| report(collector, error)));
        let (Some(index), Some(path)) = (index, path.get(self.root + 1..)) else { return false };
        let path = path.as_bstr();
        if index.entry_range(path).is_some() {
            return true;
        }
        is_dir && index.prefixed_entries_range(join(path, b"").as_ref()).is_some_and(|range| !range.is_empty())
    }

    fn read_index(&self) -> crate::Result<Option<gix_index::File>> {
        let path = join(self.git_dir.as_ref(), b"index");
        match open::kind(path.as_ref(), Links::Follow) {
            Ok(FileType::RegularFile) => {}
            Ok(kind) => return Err(Error::new("read", path, format!("it is a {}", open::reason(kind)))),
            Err(_) => return Ok(None),
        }
        let options = gix_index::decode::Options { thread_limit: Some(1), ..Default::default() };
        match gix_index::File::at(Path::new(std::ffi::OsStr::from_bytes(&path)), self.hash(), true, options) {
            Ok(index) => Ok(Some(index)),
            Err(error) => Err(Error::new("read", path, error)
                .hint("which ignored files are tracked is not known, so they were not scanned")),
        }
    }

    fn hash(&self) -> gix_index::hash::Kind {
        let config = open::small(self.config().as_ref()).unwrap_or_default().to_ascii_lowercase();
        let sha256 = config.lines().any(|line| {
            let mut parts = line.splitn(2, |&byte| byte == b'=').map(<[u8]>::trim_ascii);
            parts.next() == Some(b"objectformat") && parts.next() == Some(b"sha256")
        });
        if sha256 { gix_index::hash::Kind::Sha256 } else { gix_index::hash::Kind::Sha1 }
    }
}

fn report(collector: &Collector, error: Error) -> Option<gix_index::File> {
    collector.failed(error);
    None
}

/// `name` below `dir`; an absolute `name` stands for itself.
pub(crate) fn join(dir: &BStr, name: &[u8]) -> BString {
    if name.first() == Some(&b'/') || dir.is_empty() {
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
