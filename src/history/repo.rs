//! Finds a repository and says how it is laid out, without asking git or obeying its configuration.

use std::fs;
use std::path::{Path, PathBuf};

use bstr::{BString, ByteSlice};

use super::oid::Oid;
use crate::core::error::{Error, Result};

/// A repository on disk.
#[derive(Clone, Debug)]
pub struct Repository {
    /// Where `HEAD` and `index` are: of a linked worktree, its own.
    pub git_dir: PathBuf,
    /// Where objects and refs are.
    pub common_dir: PathBuf,
    /// Object directories beside the repository's own, such as the one in which a push waits for `pre-receive`.
    pub further_objects: Vec<PathBuf>,
    /// The repository's own object directory.
    pub objects: PathBuf,
}

impl Repository {
    /// The repository that `path` is in, or is.
    pub fn discover(path: &Path) -> Result<Self> {
        let failed = |why: &dyn std::fmt::Display| Error::new("open repository", path.display(), why);
        let mut at = path.canonicalize().map_err(|why| failed(&why))?;
        if at.is_file() {
            return Err(failed(&"it is a file").hint("name a repository's directory"));
        }
        loop {
            if let Some(repository) = Self::at(&at)? {
                return Ok(repository);
            }
            if !at.pop() {
                let hint = "name a repository, or use `keysweep scan` for plain files";
                return Err(failed(&"neither it nor a directory above it is a git repository").hint(hint));
            }
        }
    }

    /// The repository whose top or git directory is `path`.
    fn at(path: &Path) -> Result<Option<Self>> {
        let dot_git = path.join(".git");
        if dot_git.is_file() {
            return Self::linked(&dot_git).map(Some);
        }
        let git_dir = if is_git_dir(&dot_git) {
            dot_git
        } else if is_git_dir(path) {
            path.to_owned()
        } else {
            return Ok(None);
        };
        Self::open(git_dir).map(Some)
    }

    /// A worktree's or submodule's `.git` file: `gitdir: <path>`.
    fn linked(file: &Path) -> Result<Self> {
        let failed = |why: &dyn std::fmt::Display| Error::new("open repository", file.display(), why);
        let text = fs::read(file).map_err(|why| failed(&why))?;
        let target = text.strip_prefix(b"gitdir:").ok_or_else(|| failed(&"it does not say `gitdir:`"))?;
        let target = target.trim_ascii().to_path().map_err(|why| failed(&why))?;
        let git_dir = file.parent().unwrap_or(Path::new("")).join(target);
        if !git_dir.is_dir() {
            return Err(failed(&"the directory that it names is not there").hint("run `git worktree repair`"));
        }
        Self::open(git_dir)
    }

    /// Where its configuration is looked for: the worktree's top, or the git directory where there is none.
    pub fn top(&self) -> PathBuf {
        if self.git_dir.file_name().is_some_and(|name| name == ".git") {
            return self.git_dir.parent().unwrap_or(&self.git_dir).to_owned();
        }
        let linked = fs::read(self.git_dir.join("gitdir")).ok();
        let file = linked.as_ref().and_then(|file| file.trim_ascii().to_path().ok());
        file.and_then(Path::parent).unwrap_or(&self.git_dir).to_owned()
    }

    /// A repository by its git directory.
    pub fn open(git_dir: PathBuf) -> Result<Self> {
        let common_dir = match fs::read(git_dir.join("commondir")) {
            Ok(path) => {
                let path = path.trim_ascii().to_path();
                git_dir.join(path.map_err(|why| Error::new("open repository", git_dir.display(), why))?)
            }
            Err(_) => git_dir.clone(),
        };
        let objects = common_dir.join("objects");
        let repository = Self { git_dir, common_dir, further_objects: Vec::new(), objects };
        repository.check_format()?;
        Ok(repository)
    }

    /// Reads objects as git does inside a hook, where a push's objects are kept apart until it is accepted
    /// (`GIT_OBJECT_DIRECTORY` and `GIT_ALTERNATE_OBJECT_DIRECTORIES`).
    #[must_use]
    pub fn with_quarantine(mut self, variable: impl Fn(&str) -> Option<std::ffi::OsString>) -> Self {
        if let Some(own) = variable("GIT_OBJECT_DIRECTORY") {
            let usual = std::mem::replace(&mut self.objects, PathBuf::from(own));
            self.further_objects.push(usual);
        }
        if let Some(others) = variable("GIT_ALTERNATE_OBJECT_DIRECTORIES") {
            self.further_objects.extend(std::env::split_paths(&others).filter(|path| !path.as_os_str().is_empty()));
        }
        self
    }

    fn check_format(&self) -> Result<()> {
        if let Some(format) =
            self.setting("extensions", "objectformat").filter(|format| !format.eq_ignore_ascii_case("sha1"))
        {
            return Err(Error::new("open repository", self.git_dir.display(), format!("its object ids are {format}"))
                .hint("only SHA-1 repositories can be scanned; use `keysweep scan` on a checkout"));
        }
        Ok(())
    }

    /// A value of the repository's own `config`, names in lower case. Only for the few settings that say how the
    /// repository is stored, which git writes itself in one plain form.
    pub(super) fn setting(&self, section: &str, key: &str) -> Option<String> {
        let text = fs::read(self.common_dir.join("config")).ok()?;
        let text = text.to_str_lossy();
        let mut inside = false;
        let mut value = None;
        for line in text.lines().map(str::trim) {
            if let Some(header) = line.strip_prefix('[') {
                inside = header.trim_end_matches(']').trim().eq_ignore_ascii_case(section);
            } else if let Some((name, set)) = line.split_once('=')
                && inside
                && name.trim().eq_ignore_ascii_case(key)
            {
                value = Some(set.trim().trim_matches('"').to_owned());
            }
        }
        value
    }

    /// Whether it was made by `git clone --mirror`, so that its references are those of the remote.
    pub(super) fn is_mirror(&self) -> bool {
        let config = fs::read(self.common_dir.join("config")).unwrap_or_default();
        config.lines().any(|line| {
            let value = line.trim().strip_prefix(b"fetch").map(|rest| rest.trim_start());
            value.and_then(|value| value.strip_prefix(b"=")).is_some_and(|value| value.trim() == b"+refs/*:refs/*")
        })
    }

    /// Whether the repository was cloned without some of its objects.
    pub(super) fn is_partial(&self) -> bool {
        if self.setting("extensions", "partialclone").is_some() {
            return true;
        }
        let config = fs::read(self.common_dir.join("config")).unwrap_or_default();
        config.to_ascii_lowercase().contains_str("partialclonefilter")
    }

    /// The commits whose parents were left out when the repository was cloned.
    pub(super) fn shallow(&self) -> Vec<Oid> {
        let list = fs::read(self.common_dir.join("shallow")).unwrap_or_default();
        list.lines().filter_map(|line| Oid::from_hex(line.trim_ascii())).collect()
    }

    /// The git directories of the submodules that were cloned, by their path below `modules`.
    pub(super) fn modules(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut todo = vec![self.common_dir.join("modules")];
        while let Some(directory) = todo.pop() {
            let Ok(entries) = fs::read_dir(&directory) else { continue };
            for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
                if is_git_dir(&path) {
                    found.push(path);
                } else if path.is_dir() && !path.is_symlink() {
                    // A submodule's name may hold slashes.
                    todo.push(path);
                }
            }
        }
        found.sort();
        found
    }

    /// Where one of the [`modules`](Self::modules) is checked out, as a path in this repository; without that, its name.
    pub(super) fn module_path(&self, module: &Path) -> Option<BString> {
        let top = self.common_dir.parent().and_then(|top| top.canonicalize().ok());
        let worktree = Self::open(module.to_owned()).ok().and_then(|opened| opened.setting("core", "worktree"));
        let worktree = worktree.and_then(|path| module.join(path).canonicalize().ok());
        let inside = worktree.and_then(|path| path.strip_prefix(top.as_ref()?).ok().map(Path::to_owned));
        let by_name = || module.strip_prefix(self.common_dir.join("modules")).ok().map(Path::to_owned);
        Some(inside.or_else(by_name)?.into_os_string().into_encoded_bytes().into())
    }

    /// Paths and contents of what is staged, in all worktrees. An index that cannot be read names nothing: it holds no
    /// content, which is scanned in any case.
    pub(super) fn staged(&self) -> Vec<(BString, Oid)> {
        let linked = fs::read_dir(self.common_dir.join("worktrees")).into_iter().flatten().flatten();
        let mut directories: Vec<PathBuf> = linked.map(|entry| entry.path()).collect();
        directories.push(self.common_dir.clone());
        directories.sort();
        let mut staged = Vec::new();
        for directory in directories {
            let options = gix_index::decode::Options { thread_limit: Some(1), ..Default::default() };
            let path = directory.join("index");
            let Ok(index) = gix_index::File::at(path, gix_index::hash::Kind::Sha1, true, options) else { continue };
            let entries = index.entries().iter();
            staged.extend(entries.filter_map(|entry| {
                Some((BString::from(entry.path(&index).to_vec()), Oid::from_bytes(entry.id.as_slice())?))
            }));
        }
        staged.sort();
        staged.dedup();
        staged
    }
}

fn is_git_dir(path: &Path) -> bool {
    let head = path.join("HEAD");
    (head.is_file() || head.is_symlink()) && (path.join("objects").is_dir() || path.join("commondir").is_file())
}
