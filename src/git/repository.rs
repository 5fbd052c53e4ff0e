//! Finding a repository, and the paths of its files.
//!
//! It is found as git finds it: from the environment that git sets for hooks, or upwards from a directory. No process
//! is started, nothing is written, and git's settings on safe directories and ownership are not used. Unlike git, the
//! search does not stop at file system boundaries.

use std::path::{Path, PathBuf};

use bstr::ByteSlice as _;

use super::Id;
use super::config::GitConfig;
use super::environment::Environment;
use super::id::Hash;
use crate::core::error::{Error, Result};
use crate::core::path_bytes;
use crate::core::regular_file::{self, Links, SMALL};

/// The storage format of references.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefStorage {
    /// Loose files and `packed-refs`.
    Files,
    /// Reftables.
    Reftable,
}

/// The paths and the formats of a repository.
#[derive(Clone, Debug)]
pub struct Repository {
    /// `.git`, or for a linked work tree its directory below `.git/worktrees`.
    pub git_dir: PathBuf,
    /// The directory that all work trees share.
    pub common_dir: PathBuf,
    /// The top of the work tree; `None` in a bare repository.
    pub work_tree: Option<PathBuf>,
    /// The index file, which may be a temporary one.
    pub index_file: PathBuf,
    /// The repository's own object directory; [`object_directories`](Self::object_directories) also has the
    /// alternates.
    pub objects: PathBuf,
    /// The alternates from the environment.
    pub(super) alternates: Vec<PathBuf>,
    /// The hash function of object ids.
    pub hash: Hash,
    /// The storage format of references.
    pub ref_storage: RefStorage,
    /// The repository's own configuration file.
    pub config: GitConfig,
}

/// A git directory, and the top of its work tree.
struct FoundGitDir {
    git_dir: PathBuf,
    work_tree: Option<PathBuf>,
}

impl Repository {
    /// The repository in the environment, else the one that contains the directory `start`.
    pub fn discover(start: &Path, environment: &Environment) -> Result<Self> {
        let start = match start.canonicalize() {
            Ok(start) if start.is_dir() => start,
            Ok(_) => {
                let error = Error::new("open repository", start.display(), "it is a file");
                return Err(error.hint("name a repository's directory"));
            }
            Err(error) => {
                return Err(Error::new("open repository", start.display(), regular_file::system_text(&error)));
            }
        };
        let located = match &environment.git_dir {
            Some(dir) => {
                let DotGit::Directory(git_dir) = DotGit::at(&start.join(dir))? else {
                    return Err(Error::new("open", dir.display(), "GIT_DIR names no git repository"));
                };
                FoundGitDir { git_dir, work_tree: Some(start.clone()) }
            }
            None => locate(&start, environment)?.ok_or_else(|| {
                Error::new("find a git repository at", start.display(), "neither it nor a directory above it is one")
                    .hint("run it inside a repository, or use `keysweep scan` for plain directories")
            })?,
        };
        Self::of(located, &start, environment)
    }

    /// The repository whose work tree has its top at `dir`; `None` if `dir` has no valid `.git`.
    pub fn at(dir: &Path) -> Result<Option<Self>> {
        let DotGit::Directory(git_dir) = DotGit::at(&dir.join(".git"))? else { return Ok(None) };
        Self::of(FoundGitDir { git_dir, work_tree: Some(dir.to_owned()) }, dir, &Environment::default()).map(Some)
    }

    /// Opens a repository by its git directory.
    pub fn open(git_dir: PathBuf) -> Result<Self> {
        let work_tree = work_tree_of(&git_dir)?;
        let start = git_dir.clone();
        Self::of(FoundGitDir { git_dir, work_tree }, &start, &Environment::default())
    }

    fn of(located: FoundGitDir, start: &Path, environment: &Environment) -> Result<Self> {
        let FoundGitDir { git_dir, mut work_tree } = located;
        let git_dir = git_dir.canonicalize().unwrap_or(git_dir);
        let common_dir = match &environment.common_dir {
            Some(dir) => start.join(dir).canonicalize().unwrap_or_else(|_| start.join(dir)),
            None => common_dir(&git_dir)?,
        };
        let config = settings(&common_dir.join("config"))?;
        let own = if config.is_true("extensions", "worktreeconfig") {
            settings(&git_dir.join("config.worktree"))?
        } else {
            GitConfig::default()
        };
        let hash = match config.value("extensions", "objectformat").as_deref() {
            None | Some(b"sha1") => Hash::Sha1,
            Some(b"sha256") => Hash::Sha256,
            Some(name) => return Err(unsupported(&git_dir, "object format", name)),
        };
        let ref_storage = match config.value("extensions", "refstorage").as_deref() {
            None | Some(b"files") => RefStorage::Files,
            Some(b"reftable") => RefStorage::Reftable,
            Some(name) => return Err(unsupported(&git_dir, "reference storage", name)),
        };
        if let Some(dir) = own.value("core", "worktree").or_else(|| config.value("core", "worktree")) {
            work_tree = Some(git_dir.join(path_bytes::path(&dir)));
        } else if own.is_true("core", "bare") || config.is_true("core", "bare") && git_dir == common_dir {
            work_tree = None;
        }
        if let Some(dir) = &environment.work_tree {
            work_tree = Some(start.join(dir));
        }
        // git changes to the top of the work tree before it opens these paths.
        let top = work_tree.as_deref().unwrap_or(start);
        Ok(Self {
            index_file: environment.index_file.as_ref().map_or(git_dir.join("index"), |file| top.join(file)),
            objects: environment.object_directory.as_ref().map_or(common_dir.join("objects"), |dir| top.join(dir)),
            alternates: environment.alternates.iter().map(|dir| top.join(dir)).collect(),
            git_dir,
            common_dir,
            work_tree,
            hash,
            ref_storage,
            config,
        })
    }

    /// The directory that paths are relative to and that has the configuration: the top of the work tree, or in a
    /// bare repository the git directory.
    pub fn top(&self) -> &Path {
        self.work_tree.as_deref().unwrap_or(&self.git_dir)
    }

    /// Whether its references are copies of the remote's, as after `git clone --mirror`.
    pub fn is_mirror(&self) -> bool {
        let all = |value: Vec<u8>| value == b"+refs/*:refs/*";
        self.config.settings().any(|setting| setting.is("remote", "fetch") && all(setting.value()))
    }

    /// Whether it is a partial clone, so that objects may be missing.
    pub fn is_partial(&self) -> bool {
        let says = |key| self.config.settings().any(|setting| setting.is("remote", key));
        self.config.value("extensions", "partialclone").is_some() || says("partialclonefilter") || says("promisor")
    }

    /// The commits whose parents are missing in a shallow clone.
    pub fn shallow(&self) -> Result<Vec<Id>> {
        let list = regular_file::read(&self.common_dir.join("shallow"), Links::Follow, LONG)?.unwrap_or_default();
        Ok(list.lines().filter_map(|line| Id::from_hex(line.trim_ascii())).collect())
    }
}

/// The top of the work tree that contains `start`, or `start` if there is none. Keysweep's configuration is looked
/// for there. A directory with a broken `.git` is also a top.
pub fn top_around(start: &Path) -> PathBuf {
    let start = start.canonicalize().unwrap_or_else(|_| start.to_owned());
    let is_top = |dir: &&Path| looks_like_git_dir(dir) || !matches!(DotGit::at(&dir.join(".git")), Ok(DotGit::Nothing));
    let top = Environment::for_another().candidates(&start).find(is_top).map(Path::to_owned);
    let inside = top.as_deref().filter(|top| looks_like_git_dir(top)).and_then(|top| work_tree_of(top).ok()?);
    inside.or(top).unwrap_or(start)
}

/// The common git directory of the repository that contains `start`, without reading files other than those that say
/// where it is; `None` if there is no valid repository.
pub fn common_dir_around(start: &Path, environment: &Environment) -> Option<PathBuf> {
    let git_dir = match &environment.git_dir {
        Some(dir) => match DotGit::at(&start.join(dir)) {
            Ok(DotGit::Directory(git_dir)) => git_dir,
            _ => return None,
        },
        None => locate(start, environment).ok()??.git_dir,
    };
    match &environment.common_dir {
        Some(dir) => Some(start.join(dir)),
        None => common_dir(&git_dir).ok(),
    }
}

/// The size limit of lists of references and commits, in bytes.
pub(super) const LONG: u64 = 1 << 30;

pub(super) fn settings(file: &Path) -> Result<GitConfig> {
    Ok(GitConfig::new(regular_file::read(file, Links::Follow, SMALL)?.unwrap_or_default()))
}

fn unsupported(git_dir: &Path, what: &str, name: &[u8]) -> Error {
    let why = format!("{what} {} is not known to this version of keysweep", name.as_bstr());
    Error::new("open", git_dir.display(), why).hint("update keysweep")
}

/// Searches upwards for a directory that has a `.git` or is a git directory.
fn locate(start: &Path, environment: &Environment) -> Result<Option<FoundGitDir>> {
    for dir in environment.candidates(start) {
        match DotGit::at(&dir.join(".git"))? {
            DotGit::Directory(git_dir) => return Ok(Some(FoundGitDir { git_dir, work_tree: Some(dir.to_owned()) })),
            DotGit::Broken(error) => return Err(error),
            DotGit::Nothing => {}
        }
        if looks_like_git_dir(dir) {
            return Ok(Some(FoundGitDir { git_dir: dir.to_owned(), work_tree: work_tree_of(dir)? }));
        }
    }
    Ok(None)
}

/// What a path, usually named `.git`, is.
enum DotGit {
    /// A git directory, or the target of a file `gitdir: <path>`, as in linked work trees and submodules.
    Directory(PathBuf),
    /// Such a file whose target does not exist.
    Broken(Error),
    /// Anything else. A FIFO or a device is not valid, as in git.
    Nothing,
}

impl DotGit {
    fn at(file: &Path) -> Result<Self> {
        if looks_like_git_dir(file) {
            return Ok(Self::Directory(file.to_owned()));
        }
        if let Err(error) = file.join("HEAD").symlink_metadata()
            && !regular_file::is_absent(&error)
        {
            return Err(Error::new("open repository", file.display(), regular_file::system_text(&error)));
        }
        if !file.is_file() {
            return Ok(Self::Nothing);
        }
        let broken = |why: &str| Error::new("open repository", file.display(), why);
        let Some(text) = regular_file::read(file, Links::Follow, SMALL)? else { return Ok(Self::Nothing) };
        let Some(target) = text.strip_prefix(b"gitdir:") else {
            return Ok(Self::Broken(broken("it does not say `gitdir:`")));
        };
        let target = file.parent().unwrap_or(Path::new("")).join(path_bytes::path(target.trim_ascii()));
        Ok(if looks_like_git_dir(&target) {
            Self::Directory(target)
        } else {
            Self::Broken(broken("the directory that it names is not there").hint("run `git worktree repair`"))
        })
    }
}

/// The top of the work tree of a git directory.
fn work_tree_of(git_dir: &Path) -> Result<Option<PathBuf>> {
    if git_dir.file_name().is_some_and(|name| name == ".git") {
        return Ok(git_dir.parent().map(Path::to_owned));
    }
    // The git directory of a linked work tree names the `.git` file of that work tree.
    let file = regular_file::read(&git_dir.join("gitdir"), Links::Follow, SMALL)?;
    Ok(file.and_then(|file| git_dir.join(path_bytes::path(file.trim_ascii())).parent().map(Path::to_owned)))
}

pub(super) fn looks_like_git_dir(dir: &Path) -> bool {
    // HEAD may be a symbolic link to an unborn branch.
    dir.join("HEAD").symlink_metadata().is_ok() && (dir.join("objects").is_dir() || dir.join("commondir").is_file())
}

fn common_dir(git_dir: &Path) -> Result<PathBuf> {
    Ok(match regular_file::read(&git_dir.join("commondir"), Links::Follow, SMALL)? {
        Some(text) => {
            let dir = git_dir.join(path_bytes::path(text.lines().next().unwrap_or_default().trim_ascii_end()));
            dir.canonicalize().unwrap_or(dir)
        }
        None => git_dir.to_owned(),
    })
}
