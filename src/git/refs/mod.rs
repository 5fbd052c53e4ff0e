//! References: branches, tags, `HEAD` and the reflogs, in both storage formats of git.

mod files;
mod log_entry;
mod lookup;
mod reflog;
pub(crate) mod reftable;
mod tracking;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use bstr::{BStr, BString, ByteSlice as _};

use super::Id;
use super::repository::{RefStorage, Repository};
use crate::core::error::{Error, Result};
use crate::core::order::ListOrder as _;
use crate::core::regular_file::{self, Links, SMALL};
use reftable::Stack;

pub(crate) use log_entry::LogEntry;
pub use lookup::Lookup;

/// The value of a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RefTarget {
    /// An object id.
    Object(Id),
    /// The name of another reference, which may not exist.
    Symbolic(BString),
}

/// The maximum depth of symbolic references, as in git.
const DEEPEST: usize = 5;

/// The commit of HEAD; `None` before the first commit.
pub fn head(repository: &Repository) -> Result<Option<Id>> {
    let lookup = Lookup::new(repository);
    match lookup.object("HEAD".into())? {
        None if !lookup.has("HEAD".into())? => Err(no_head()),
        head => Ok(head),
    }
}

/// Passes on the entries of all reflogs, each with the name of its log: that of its reference, behind that of the work
/// tree if it is one of a linked work tree. Returns the errors of logs that cannot be read.
pub(crate) fn each_log_entry(repository: &Repository, mut each: impl FnMut(&BStr, LogEntry<'_>)) -> Vec<Error> {
    let mut errors = Vec::new();
    let dirs = repository.worktree_dirs().unwrap_or_else(|error| {
        errors.push(error);
        vec![repository.git_dir.clone()]
    });
    for dir in &dirs {
        let before = match dir.file_name().filter(|_| *dir != repository.common_dir && *dir != repository.git_dir) {
            Some(worktree) => [b"worktrees/", worktree.as_encoded_bytes(), b"/"].concat(),
            None => Vec::new(),
        };
        let mut named = |name: &[u8], entry: LogEntry<'_>| each([&before, name].concat().as_bstr(), entry);
        if repository.ref_storage == RefStorage::Files {
            files::log_entries(dir, &mut named, &mut errors);
        } else if let Err(error) =
            Stack::open(&dir.join("reftable"), repository.hash).and_then(|stack| stack.logged(named))
        {
            errors.push(error);
        }
    }
    errors
}

fn no_head() -> Error {
    Error::new("read reference", "HEAD", "there is none").hint("run `git fsck` there")
}

/// The commits that are being merged into HEAD: from `MERGE_HEAD`, or if that does not exist yet (in
/// `pre-merge-commit`) from the `GITHEAD_<id>` variables that `git merge` sets.
pub fn merge_heads(repository: &Repository, variables: impl Iterator<Item = (OsString, OsString)>) -> Result<Vec<Id>> {
    let mut ids: Vec<Id> = regular_file::read(&repository.git_dir.join("MERGE_HEAD"), Links::Follow, SMALL)?
        .map(|text| text.lines().filter_map(|line| Id::from_hex(line.trim_ascii())).collect())
        .unwrap_or_default();
    if ids.is_empty() {
        let id = |name: &OsString| Id::from_hex(name.to_str()?.strip_prefix("GITHEAD_")?.as_bytes());
        ids = variables.filter_map(|(name, _)| id(&name)).collect();
        ids.sort();
    }
    ids.dedup();
    Ok(ids)
}

/// All references of a repository and its linked work trees, sorted by name.
#[derive(Debug, Default)]
pub struct Refs {
    /// Full names and the objects that they lead to. A detached `HEAD` is in it with the name `HEAD`.
    pub list: Vec<(BString, Id)>,
    /// The names of dangling symbolic references and of their targets, and of an unborn branch.
    pub dangling: Vec<BString>,
    /// The commit of `HEAD`; `None` before the first commit.
    pub head: Option<Id>,
    /// The branch that `HEAD` points to; `None` if it is detached.
    pub head_name: Option<BString>,
    /// The objects in reflogs, in other work trees' `HEAD`s, and in pseudo-references such as `ORIG_HEAD`.
    pub logged: Vec<Id>,
    /// Errors of references that cannot be read.
    pub errors: Vec<Error>,
    /// Whether all references are copies of a remote's, as after `git clone --mirror`.
    pub is_mirror: bool,
}

/// The prefixes of remote-tracking references, and of references that only a forge makes (GitHub, GitLab, Bitbucket,
/// Gerrit).
const REMOTE: [&[u8]; 5] =
    [b"refs/remotes/", b"refs/pull/", b"refs/merge-requests/", b"refs/pull-requests/", b"refs/changes/"];

impl Refs {
    /// Reads all references.
    pub fn read(repository: &Repository) -> Self {
        let mut refs = Self { is_mirror: repository.is_mirror(), ..Self::default() };
        let mut raw = BTreeMap::new();
        let mut logged = Ids::default();
        let mut pseudo = Vec::new();
        let mut head = None;
        let dirs = repository.worktree_dirs().unwrap_or_else(|error| {
            refs.errors.push(error);
            vec![repository.git_dir.clone()]
        });
        for dir in &dirs {
            let is_current = *dir == repository.git_dir;
            let own = DirectoryRefs::read(repository, dir, &mut logged, &mut refs.errors);
            for (name, target) in own.root {
                if is_current && name == "HEAD" && head.is_none() {
                    head = Some(target);
                } else {
                    pseudo.push(target);
                }
            }
            for (name, target) in own.refs {
                refs.insert(&mut raw, repository, dir, name, target);
            }
        }
        for target in &pseudo {
            resolve(target, &raw).into_iter().for_each(|id| logged.add(id));
        }
        if head.is_none() && refs.errors.is_empty() {
            refs.errors.push(no_head());
        }
        refs.take_head(head, &raw);
        for (name, target) in &raw {
            match (resolve(target, &raw), target) {
                (Some(id), _) => refs.list.push((name.clone(), id)),
                // For example `refs/remotes/origin/HEAD` after the branch was deleted.
                (None, RefTarget::Symbolic(to)) => refs.dangling.extend([name.clone(), to.clone()]),
                (None, RefTarget::Object(_)) => {}
            }
        }
        refs.list.sort();
        refs.dangling
            .retain(|name| !raw.contains_key(name) || refs.list.binary_search_by(|(n, _)| n.cmp(name)).is_err());
        refs.dangling.order();
        refs.dangling.dedup();
        refs.logged = logged.finish();
        refs
    }

    /// Adds one reference. Some references, such as those of a bisection, are private to a work tree; those of other
    /// work trees get the names under which git shows them here.
    fn insert(
        &self,
        raw: &mut BTreeMap<BString, RefTarget>,
        repository: &Repository,
        dir: &Path,
        name: BString,
        target: RefTarget,
    ) {
        let is_shared = dir == repository.common_dir;
        let name = match dir.file_name().filter(|_| !is_shared && dir != repository.git_dir) {
            Some(worktree) => [b"worktrees/", worktree.as_encoded_bytes(), b"/", &name].concat().into(),
            None => name,
        };
        if let Some(main) = raw.insert(name.clone(), target)
            && !is_shared
        {
            raw.insert([b"main-worktree/", &name[..]].concat().into(), main);
        }
    }

    fn take_head(&mut self, head: Option<RefTarget>, raw: &BTreeMap<BString, RefTarget>) {
        self.head = head.as_ref().and_then(|target| resolve(target, raw));
        match head {
            Some(RefTarget::Object(id)) => self.list.push(("HEAD".into(), id)),
            Some(RefTarget::Symbolic(name)) => {
                if self.head.is_none() {
                    self.dangling.push(name.clone());
                }
                self.head_name = Some(name);
            }
            None => {}
        }
    }

    /// Whether a reference shows that a remote has its object.
    pub fn is_remote(&self, name: &[u8]) -> bool {
        self.is_mirror && name.starts_with(b"refs/") || REMOTE.iter().any(|place| name.starts_with(place))
    }
}

/// The full names that a short name may stand for; the first match wins.
fn forms(name: &BStr) -> [BString; 6] {
    let forms: [&[&[u8]]; 6] = [
        &[name],
        &[b"refs/", name],
        &[b"refs/tags/", name],
        &[b"refs/heads/", name],
        &[b"refs/remotes/", name],
        &[b"refs/remotes/", name, b"/HEAD"],
    ];
    forms.map(|form| form.concat().into())
}

/// The references in one git directory: the shared one, or that of a linked work tree.
#[derive(Default)]
struct DirectoryRefs {
    refs: BTreeMap<BString, RefTarget>,
    /// `HEAD` and the pseudo-references.
    root: Vec<(BString, RefTarget)>,
}

impl DirectoryRefs {
    fn read(repository: &Repository, dir: &Path, logged: &mut Ids, errors: &mut Vec<Error>) -> Self {
        let hash = repository.hash;
        let mut own = Self::default();
        if repository.ref_storage == RefStorage::Files {
            if *dir == repository.common_dir {
                files::packed(dir, hash, &mut own.refs, errors);
            }
            files::loose(dir, hash, &mut own.refs, errors);
            files::logged(dir, |id| logged.add(id), errors);
            own.root = files::root(dir, hash, errors);
            return own;
        }
        let stack = Stack::open(&dir.join("reftable"), hash);
        match stack.and_then(|stack| {
            stack.logged(|_, entry| [entry.old, entry.new].into_iter().for_each(|id| logged.add(id))).and(stack.refs())
        }) {
            Ok(refs) => {
                let (refs, root) = refs.into_iter().partition(|(name, _)| name.starts_with(b"refs/"));
                own.refs = refs;
                own.root = BTreeMap::into_iter(root).collect();
            }
            Err(error) => errors.push(error),
        }
        // With reftables a few stay files, and `HEAD` is only a placeholder that makes the directory look like a
        // repository.
        own.root.extend(files::root(dir, hash, errors).into_iter().filter(|(name, _)| name != "HEAD"));
        own
    }
}

fn resolve(target: &RefTarget, raw: &BTreeMap<BString, RefTarget>) -> Option<Id> {
    let mut target = target;
    for _ in 0..=DEEPEST {
        match target {
            RefTarget::Object(id) => return Some(*id),
            RefTarget::Symbolic(name) => target = raw.get(name)?,
        }
    }
    None
}

/// A set of ids. Reflogs repeat the same ids, and their length must not fill the memory.
#[derive(Default)]
struct Ids {
    list: Vec<Id>,
    distinct: usize,
}

impl Ids {
    fn add(&mut self, id: Id) {
        if id.is_null() {
            return;
        }
        self.list.push(id);
        if self.list.len() > 2 * self.distinct + 4096 {
            self.list.sort_unstable();
            self.list.dedup();
            self.distinct = self.list.len();
        }
    }

    fn finish(mut self) -> Vec<Id> {
        self.list.sort_unstable();
        self.list.dedup();
        self.list
    }
}
