//! References: branches, tags, `HEAD`, and what reflogs remember, in either form in which git stores them.

mod files;
mod lookup;
mod reflog;
pub(crate) mod reftable;

use std::collections::BTreeMap;
use std::path::Path;

use bstr::{BStr, BString, ByteSlice as _};

use super::Id;
use super::repository::{RefStorage, Repository};
use crate::core::error::{Error, Result};
use crate::core::order::ListOrder as _;
use crate::core::regular_file::{self, Links, SMALL};
use reftable::Stack;

pub use lookup::{Lookup, NamedRefs};

/// What a reference holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RefTarget {
    /// An object.
    Object(Id),
    /// The name of another reference, which need not exist.
    Symbolic(BString),
}

/// Symbolic references are followed no further, as in git.
const DEEPEST: usize = 5;

/// The commit that HEAD leads to; `None` before the first one.
pub fn head(repository: &Repository) -> Result<Option<Id>> {
    let lookup = Lookup::new(repository);
    match lookup.object("HEAD".into())? {
        None if !lookup.has("HEAD".into())? => Err(no_head()),
        head => Ok(head),
    }
}

fn no_head() -> Error {
    Error::new("read reference", "HEAD", "there is none").hint("run `git fsck` there")
}

/// The commits that are being merged into HEAD: those of `MERGE_HEAD`, and before git has written that (in
/// `pre-merge-commit`) those of the `GITHEAD_<id>` variables which `git merge` sets.
pub fn merge_heads(repository: &Repository, variables: impl Iterator<Item = (String, String)>) -> Result<Vec<Id>> {
    let mut ids: Vec<Id> = regular_file::read(&repository.git_dir.join("MERGE_HEAD"), Links::Follow, SMALL)?
        .map(|text| text.lines().filter_map(|line| Id::from_hex(line.trim_ascii())).collect())
        .unwrap_or_default();
    if ids.is_empty() {
        ids = variables.filter_map(|(name, _)| Id::from_hex(name.strip_prefix("GITHEAD_")?.as_bytes())).collect();
        ids.sort();
    }
    ids.dedup();
    Ok(ids)
}

/// All references of a repository and its linked work trees, sorted by name.
#[derive(Debug, Default)]
pub struct Refs {
    /// Full names and the objects that they lead to. A detached `HEAD` is among them, as `HEAD`.
    pub list: Vec<(BString, Id)>,
    /// Names that lead to no object: of symbolic references to what is not there, what those name, an unborn branch.
    pub dangling: Vec<BString>,
    /// What `HEAD` is at; `None` before the first commit.
    pub head: Option<Id>,
    /// What `HEAD` points to, unless it is detached.
    pub head_name: Option<BString>,
    /// What reflogs, other work trees' `HEAD`s, and pseudo-references such as `ORIG_HEAD` name.
    pub logged: Vec<Id>,
    /// What could not be read.
    pub errors: Vec<Error>,
    /// Whether all of them are copies of a remote's.
    pub is_mirror: bool,
}

/// Where remote-tracking references are, and those that only a forge makes: GitHub, GitLab, Bitbucket, Gerrit.
const REMOTE: [&[u8]; 5] =
    [b"refs/remotes/", b"refs/pull/", b"refs/merge-requests/", b"refs/pull-requests/", b"refs/changes/"];

impl Refs {
    /// Reads all of them.
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
            let own = Own::read(repository, dir, &mut logged, &mut refs.errors);
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
                // Such as refs/remotes/origin/HEAD after the branch was deleted.
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

    /// Takes in one reference. Each work tree has its own of a few, such as a bisection's: those of others than the
    /// current one get the names under which git shows them here.
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

    /// Whether a reference says that a remote has what it leads to.
    pub fn is_remote(&self, name: &[u8]) -> bool {
        self.is_mirror && name.starts_with(b"refs/") || REMOTE.iter().any(|place| name.starts_with(place))
    }

    /// The object of a reference by any name that git understands for it.
    pub fn find(&self, name: &BStr) -> Option<Id> {
        if name == "HEAD" || name == "@" {
            return self.head;
        }
        forms(name).into_iter().find_map(|full| {
            let at = self.list.binary_search_by(|(name, _)| name.cmp(&full)).ok()?;
            Some(self.list[at].1)
        })
    }
}

/// The full names that a name may stand for, the best first.
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

/// What one git directory stores: the shared one, or a linked work tree's.
#[derive(Default)]
struct Own {
    refs: BTreeMap<BString, RefTarget>,
    /// `HEAD` and the like.
    root: Vec<(BString, RefTarget)>,
}

impl Own {
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
        match stack.and_then(|stack| stack.logged(|id| logged.add(id)).and(stack.refs())) {
            Ok(refs) => {
                let (refs, root) = refs.into_iter().partition(|(name, _)| name.starts_with(b"refs/"));
                own.refs = refs;
                own.root = BTreeMap::into_iter(root).collect();
            }
            Err(error) => errors.push(error),
        }
        // A few stay files; a HEAD is there only to make the directory look like a repository.
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

/// A set of ids: reflogs name the same ones again and again, and their length must not fill memory.
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
