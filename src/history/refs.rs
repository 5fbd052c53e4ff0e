//! What leads to objects: references, `HEAD`s, reflogs and the index.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use bstr::{BString, ByteSlice};

use super::oid::Oid;
use super::repo::Repository;
use crate::core::error::Error;

/// All tips of a repository, sorted by name.
#[derive(Debug, Default)]
pub struct Refs {
    /// Full names and the objects that they name. A detached `HEAD` is among them, as `HEAD`.
    pub list: Vec<(BString, Oid)>,
    /// What `HEAD` is at; `None` before the first commit.
    pub head: Option<Oid>,
    /// What `HEAD` points to, unless it is detached.
    pub head_name: Option<BString>,
    /// What only reflogs and pseudo-references such as `ORIG_HEAD` name.
    pub logged: Vec<Oid>,
    /// What could not be read.
    pub errors: Vec<Error>,
    /// Whether all of them are copies of a remote's.
    pub is_mirror: bool,
}

/// Where remote-tracking references are, and those that only a forge makes: GitHub, GitLab, Bitbucket, Gerrit.
const REMOTE: [&[u8]; 5] =
    [b"refs/remotes/", b"refs/pull/", b"refs/merge-requests/", b"refs/pull-requests/", b"refs/changes/"];

/// Symbolic references are followed no further, as in git.
const DEEPEST: usize = 5;

impl Refs {
    /// Reads all references, of linked worktrees too.
    pub fn read(repository: &Repository) -> Self {
        let mut refs = Self::default();
        if repository.setting("extensions", "refstorage").is_some_and(|format| format != "files") {
            let what = repository.common_dir.display();
            let error = Error::new("read references of", what, "they are in the reftable format");
            refs.errors.push(error.hint("run `git refs migrate --ref-format=files` on a clone and scan that"));
        }
        refs.is_mirror = repository.is_mirror();
        let common = &repository.common_dir;
        let mut raw = BTreeMap::new();
        packed(&common.join("packed-refs"), &mut raw);
        loose(&common.join("refs"), b"refs", &mut raw, &mut refs.errors);
        let worktrees = directories(&common.join("worktrees"));
        for directory in worktrees.iter().chain((repository.git_dir != *common).then_some(&repository.git_dir)) {
            // Bisection and a rebase's marks are each worktree's own.
            loose(&directory.join("refs"), b"refs", &mut raw, &mut refs.errors);
        }
        for (name, target) in &raw {
            match resolve(target, &raw, DEEPEST) {
                Some(oid) => refs.list.push((name.clone(), oid)),
                None if matches!(target, Target::Broken) => {
                    refs.errors.push(Error::new("read reference", name, "it holds no object id"));
                }
                // A symbolic reference to a branch that was deleted, such as refs/remotes/origin/HEAD.
                None => {}
            }
        }
        refs.read_head(&repository.git_dir, &raw);
        for directory in std::iter::once(common).chain(&worktrees).chain([&repository.git_dir]) {
            refs.read_logged(directory, &raw);
        }
        refs.logged.sort_unstable();
        refs.logged.dedup();
        refs
    }

    /// Whether a reference says that a remote has what it leads to.
    pub fn is_remote(&self, name: &[u8]) -> bool {
        self.is_mirror && name.starts_with(b"refs/") || REMOTE.iter().any(|place| name.starts_with(place))
    }

    fn read_head(&mut self, git_dir: &Path, raw: &BTreeMap<BString, Target>) {
        let head = git_dir.join("HEAD");
        // Very old repositories have a symbolic link here.
        let link = fs::read_link(&head).ok().filter(|link| link.starts_with("refs"));
        let target = match link {
            Some(link) => Target::To(link.to_string_lossy().into_owned().into()),
            None => match fs::read(&head) {
                Ok(text) => Target::parse(&text),
                Err(why) => return self.errors.push(Error::new("read", head.display(), why)),
            },
        };
        self.head = resolve(&target, raw, DEEPEST);
        match target {
            Target::At(oid) => self.list.insert(0, ("HEAD".into(), oid)),
            Target::To(name) => self.head_name = Some(name),
            Target::Broken => self.errors.push(Error::new("read", head.display(), "it holds no object id")),
        }
    }

    /// Reflogs, the `HEAD`s of worktrees, and what commands leave in capitals beside them.
    fn read_logged(&mut self, directory: &Path, raw: &BTreeMap<BString, Target>) {
        let mut todo = vec![directory.join("logs")];
        while let Some(path) = todo.pop() {
            if path.is_dir() && !path.is_symlink() {
                let entries = fs::read_dir(&path).into_iter().flatten();
                todo.extend(entries.filter_map(|entry| Some(entry.ok()?.path())));
            } else if let Ok(log) = fs::read(&path) {
                for line in log.lines() {
                    let mut ids = line.split(|&byte| byte == b' ').take(2);
                    self.logged.extend(ids.by_ref().filter_map(Oid::from_hex).filter(|oid| *oid != Oid::NULL));
                }
            }
        }
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let is_pseudo = name.to_str().is_some_and(|name| {
                name.ends_with("HEAD") && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
            });
            if let Some(text) = is_pseudo.then(|| fs::read(entry.path()).ok()).flatten() {
                // FETCH_HEAD has a line for each branch.
                let targets = text.lines().map(Target::parse);
                self.logged.extend(targets.filter_map(|target| resolve(&target, raw, DEEPEST)));
            }
        }
    }

    /// The object of a reference by any name that git understands for it.
    pub fn find(&self, name: &[u8]) -> Option<Oid> {
        if name == b"HEAD" || name == b"@" {
            return self.head;
        }
        let forms: [&[&[u8]]; 6] = [
            &[name],
            &[b"refs/", name],
            &[b"refs/tags/", name],
            &[b"refs/heads/", name],
            &[b"refs/remotes/", name],
            &[b"refs/remotes/", name, b"/HEAD"],
        ];
        forms.iter().find_map(|form| {
            let full = BString::from(form.concat());
            let at = self.list.binary_search_by(|(name, _)| name.cmp(&full)).ok()?;
            Some(self.list[at].1)
        })
    }
}

/// What a reference's file holds.
#[derive(Clone, Debug)]
enum Target {
    At(Oid),
    To(BString),
    Broken,
}

impl Target {
    fn parse(text: &[u8]) -> Self {
        if let Some(name) = text.strip_prefix(b"ref:") {
            return Self::To(name.trim_ascii().into());
        }
        text.get(..40).and_then(Oid::from_hex).map_or(Self::Broken, Self::At)
    }
}

fn resolve(target: &Target, raw: &BTreeMap<BString, Target>, deepest: usize) -> Option<Oid> {
    match target {
        Target::At(oid) => Some(*oid),
        Target::To(name) => resolve(raw.get(name)?, raw, deepest.checked_sub(1)?),
        Target::Broken => None,
    }
}

fn packed(file: &Path, raw: &mut BTreeMap<BString, Target>) {
    for line in fs::read(file).unwrap_or_default().lines() {
        if let Some((id, name)) = line.split_once_str(b" ")
            && let Some(oid) = Oid::from_hex(id)
        {
            raw.insert(name.into(), Target::At(oid));
        }
    }
}

fn loose(directory: &Path, name: &[u8], raw: &mut BTreeMap<BString, Target>, errors: &mut Vec<Error>) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = [name, entry.file_name().as_encoded_bytes()].join(&b'/');
        if path.is_dir() && !path.is_symlink() {
            loose(&path, &name, raw, errors);
        } else if !name.ends_with(b".lock") {
            match fs::read(&path) {
                Ok(text) => drop(raw.insert(name.into(), Target::parse(&text))),
                Err(why) => errors.push(Error::new("read reference", path.display(), why)),
            }
        }
    }
}

fn directories(parent: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    paths.sort();
    paths
}
