//! Where a repository keeps its files, found as git finds them: from the environment that git gives its hooks,
//! or upwards from a directory. Nothing is run and no setting about safety or ownership is asked.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use bstr::{ByteSlice, ByteVec};

use super::config;
use super::id::Hash;
use crate::core::error::{Error, Result};

/// The variables through which git tells a hook where things are.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `GIT_DIR`
    pub git_dir: Option<PathBuf>,
    /// `GIT_COMMON_DIR`
    pub common_dir: Option<PathBuf>,
    /// `GIT_WORK_TREE`
    pub work_tree: Option<PathBuf>,
    /// `GIT_INDEX_FILE`
    pub index_file: Option<PathBuf>,
    /// `GIT_OBJECT_DIRECTORY`
    pub object_directory: Option<PathBuf>,
    /// `GIT_ALTERNATE_OBJECT_DIRECTORIES`
    pub alternates: Vec<PathBuf>,
}

impl Environment {
    /// As this process got it.
    pub fn of_process() -> Self {
        let path = |name| env::var_os(name).filter(|value: &OsString| !value.is_empty()).map(PathBuf::from);
        Self {
            git_dir: path("GIT_DIR"),
            common_dir: path("GIT_COMMON_DIR"),
            work_tree: path("GIT_WORK_TREE"),
            index_file: path("GIT_INDEX_FILE"),
            object_directory: path("GIT_OBJECT_DIRECTORY"),
            alternates: env::var_os("GIT_ALTERNATE_OBJECT_DIRECTORIES")
                .map(|list| env::split_paths(&list).filter(|path| !path.as_os_str().is_empty()).collect())
                .unwrap_or_default(),
        }
    }
}

/// How a repository stores its references.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefStorage {
    /// Loose files and `packed-refs`.
    Files,
    /// The binary reftable format, which only git itself reads here.
    Reftable,
}

/// Where a repository keeps its files.
#[derive(Clone, Debug)]
pub struct Repository {
    /// `.git`, or the linked worktree's own directory below `.git/worktrees`.
    pub git_dir: PathBuf,
    /// What linked worktrees share.
    pub common_dir: PathBuf,
    /// The top of the work tree; `None` in a bare repository.
    pub work_tree: Option<PathBuf>,
    /// The index, maybe a temporary one.
    pub index_file: PathBuf,
    /// The object directory and its alternates from the environment, in order of search.
    pub object_dirs: Vec<PathBuf>,
    /// What names objects.
    pub hash: Hash,
    /// How references are stored.
    pub ref_storage: RefStorage,
}

impl Repository {
    /// The repository that `start` is in, or the one that the environment names.
    pub fn discover(start: &Path, environment: &Environment) -> Result<Self> {
        let (git_dir, mut work_tree) = match &environment.git_dir {
            Some(dir) => {
                let dir = start.join(dir);
                let git_dir = git_dir_at(&dir)
                    .ok_or_else(|| Error::new("open", dir.display(), "GIT_DIR names no git repository"))?;
                (git_dir, Some(start.to_owned()))
            }
            None => discover(start)?,
        };
        let common_dir = match &environment.common_dir {
            Some(dir) => start.join(dir),
            None => common_dir(&git_dir)?,
        };
        let config = read_optional(&common_dir.join("config"))?.unwrap_or_default();
        let hash = match config::value(&config, "extensions", "objectformat") {
            None => Hash::Sha1,
            Some(name) if name == "sha1" => Hash::Sha1,
            Some(name) if name == "sha256" => Hash::Sha256,
            Some(name) => return Err(unsupported(&git_dir, &format!("object format {name}"))),
        };
        let ref_storage = match config::value(&config, "extensions", "refstorage") {
            None => RefStorage::Files,
            Some(name) if name == "files" => RefStorage::Files,
            Some(name) if name == "reftable" => RefStorage::Reftable,
            Some(name) => return Err(unsupported(&git_dir, &format!("reference storage {name}"))),
        };
        if let Some(dir) = config::value(&config, "core", "worktree") {
            work_tree = Some(git_dir.join(dir.to_path_lossy()));
        } else if config::value(&config, "core", "bare").is_some_and(|bare| bare == "true") && git_dir == common_dir {
            work_tree = None;
        }
        if let Some(dir) = &environment.work_tree {
            work_tree = Some(start.join(dir));
        }
        // git changes to the top of the work tree before it opens these.
        let top = work_tree.clone().unwrap_or_else(|| start.to_owned());
        let objects = environment.object_directory.as_ref().map_or(common_dir.join("objects"), |dir| top.join(dir));
        Ok(Self {
            index_file: environment.index_file.as_ref().map_or(git_dir.join("index"), |file| top.join(file)),
            object_dirs: [objects].into_iter().chain(environment.alternates.iter().map(|dir| top.join(dir))).collect(),
            git_dir,
            common_dir,
            work_tree,
            hash,
            ref_storage,
        })
    }
}

fn unsupported(git_dir: &Path, what: &str) -> Error {
    Error::new("open", git_dir.display(), format!("{what} is not known to this version of keysweep"))
        .hint("update keysweep")
}

/// Upwards until a directory holds `.git` or is a git directory itself.
fn discover(start: &Path) -> Result<(PathBuf, Option<PathBuf>)> {
    let start = std::path::absolute(start).map_err(|error| Error::new("read", start.display(), error))?;
    for dir in start.ancestors() {
        if let Some(git_dir) = git_dir_at(&dir.join(".git")) {
            return Ok((git_dir, Some(dir.to_owned())));
        }
        if looks_like_git_dir(dir) {
            return Ok((dir.to_owned(), None));
        }
    }
    Err(Error::new("find a git repository at", start.display(), "neither it nor a directory above it is one")
        .hint("run it inside a repository, or use `keysweep scan` for plain directories"))
}

/// `path` if it is a git directory, or where it leads if it is a `gitdir:` file.
fn git_dir_at(path: &Path) -> Option<PathBuf> {
    if looks_like_git_dir(path) {
        return Some(path.to_owned());
    }
    let text = fs::read(path).ok()?;
    let target = text.strip_prefix(b"gitdir:")?.trim_ascii().to_path_lossy().into_owned();
    let target = path.parent().unwrap_or(Path::new("")).join(target);
    looks_like_git_dir(&target).then_some(target)
}

fn looks_like_git_dir(path: &Path) -> bool {
    // HEAD may be a symbolic link to a branch without a commit yet.
    path.join("HEAD").symlink_metadata().is_ok() && (path.join("objects").is_dir() || path.join("commondir").is_file())
}

fn common_dir(git_dir: &Path) -> Result<PathBuf> {
    Ok(match read_optional(&git_dir.join("commondir"))? {
        Some(text) => {
            let mut path = text.trim_ascii_end().to_vec();
            path.truncate(path.find_byte(b'\n').unwrap_or(path.len()));
            git_dir.join(path.into_path_buf_lossy())
        }
        None => git_dir.to_owned(),
    })
}

/// A file's bytes; `None` if there is no such file.
pub(crate) fn read_optional(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error)
            if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory) =>
        {
            Ok(None)
        }
        Err(error) => Err(Error::new("read", path.display(), error)),
    }
}
