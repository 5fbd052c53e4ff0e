//! Resolves the change of a CI job to commits in the repository, and detects if some of them are missing.

use bstr::{BString, ByteSlice as _};

use crate::core::budget::Budget;
use crate::core::error::{Error, ErrorKind, Result};
use crate::core::order::ListOrder as _;
use crate::git::refs::Lookup;
use crate::git::revision::Revisions;
use crate::git::{Ancestry, Id, Kind as Object, Node, Objects, Repository};
use crate::source::ci::{Base, Change, ChangeKind, System};

/// A resolved change.
#[derive(Debug)]
pub(super) struct Resolved {
    /// The commit with the tree after the change.
    pub(super) tip: Id,
    /// The commits that are not new; empty if everything is new.
    pub(super) bases: Vec<Id>,
    /// The new commits, parents first.
    pub(super) commits: Vec<Node>,
    /// The new annotated tags.
    pub(super) tags: Vec<Id>,
    /// The names of the changed references.
    pub(super) names: Vec<BString>,
    /// The commit from which the policy is read.
    pub(super) policy_from: Option<Id>,
    /// Notes for the report.
    pub(super) notes: Vec<String>,
}

/// Resolves a change. If commits are missing it is an error, or with `allow` a note.
pub(super) fn resolve(repository: &Repository, objects: &Objects, change: &Change, allow: bool) -> Result<Resolved> {
    let shallow = repository.shallow()?;
    let refs = Lookup::new(repository);
    let mut finder = Finder { objects, refs, change, shallow, tags: Vec::new(), notes: Vec::new() };
    let head = finder.commit(&change.head)?.ok_or_else(|| finder.missing("the commit", &change.head))?;
    for name in change.refs.iter().filter(|name| name.starts_with("refs/tags/")) {
        finder.tag(name, allow)?;
    }
    let mut heads = vec![head];
    let mut bases = finder.bases(allow)?;
    if let Some(merge) = change.merge.as_deref().map(|merge| finder.commit(merge)).transpose()?.flatten()
        && merge != head
    {
        let parents = finder.parents(merge)?;
        if parents.len() > 1 && parents.contains(&head) {
            // The CI system made it to test the change; its first parent is the target branch.
            bases.extend(parents.first());
        }
        heads.push(merge);
    }
    bases.order();
    bases.dedup();
    let budget = Budget::default();
    let mut ancestry = Ancestry::of(repository, objects, &budget)?;
    let commits = ancestry.list(&heads, &bases)?;
    if let Some(cut) = commits.iter().find(|node| finder.shallow.contains(&node.id)) {
        let why = format!("this clone is shallow, and its history ends at {} within the change", cut.id);
        finder.refuse(why, allow)?;
    }
    let tip = heads.last().copied().unwrap_or(head);
    let policy_from = match bases.first() {
        Some(_) => merge_base(&mut ancestry, head, &bases)?,
        None => finder.parents(head)?.first().copied(),
    };
    let mut names: Vec<BString> = change.refs.iter().map(|name| name.as_str().into()).collect();
    names.dedup();
    let (mut tags, notes) = (finder.tags, finder.notes);
    tags.order();
    tags.dedup();
    Ok(Resolved { tip, bases, commits, tags, names, policy_from, notes })
}

/// In a job that no change started, what is checked out counts: the workflow may have chosen another commit than the one
/// that the CI system names.
pub(super) fn prefer_checked_out(repository: &Repository, objects: &Objects, change: &mut Change) -> Result<()> {
    if !matches!(change.kind, ChangeKind::Manual | ChangeKind::Schedule) {
        return Ok(());
    }
    let refs = Lookup::new(repository);
    let mut finder = Finder { objects, refs, change, shallow: Vec::new(), tags: Vec::new(), notes: Vec::new() };
    let Some(checked_out) = finder.commit("HEAD")? else { return Ok(()) };
    if finder.commit(&change.head)? == Some(checked_out) {
        return Ok(());
    }
    let branch = finder.refs.symbolic("HEAD")?.map(|name| name.to_str_lossy().into_owned());
    change.why += "; checked out is another commit, which is scanned instead";
    change.head = checked_out.to_string();
    change.refs = branch.into_iter().collect();
    Ok(())
}

struct Finder<'a> {
    objects: &'a Objects,
    refs: Lookup<'a>,
    change: &'a Change,
    shallow: Vec<Id>,
    tags: Vec<Id>,
    notes: Vec<String>,
}

impl Finder<'_> {
    /// The commit of a revision, if it exists; tags on the way are added to `tags`.
    fn commit(&mut self, revision: &str) -> Result<Option<Id>> {
        let by_name = || self.refs.named(revision.into());
        let id = match Id::from_hex(revision.as_bytes()).map_or_else(by_name, |id| Ok(Some(id)))? {
            Some(id) => id,
            None if revision.starts_with("refs/") => return Ok(None),
            None => match Revisions::new(&self.refs, self.objects).commit(revision) {
                Ok(id) => id,
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error),
            },
        };
        self.peel(id)
    }

    /// Adds the objects of a tag, which may have messages. The commit that it points to is the head.
    fn tag(&mut self, name: &str, allow: bool) -> Result<()> {
        let Some(id) = self.refs.named(name.into())? else {
            if allow {
                self.notes.push(format!("incomplete, as --allow-shallow allows: {name} is not in this clone"));
                return Ok(());
            }
            let why = format!("{name} is not in this clone");
            return Err(Error::new("scan", "this change", why).hint("run `git fetch --tags` first"));
        };
        match self.peel(id)? {
            Some(_) => Ok(()),
            None => Err(Error::new("scan", name, "it names no commit of this clone")
                .hint("scan all objects with keysweep history")),
        }
    }

    fn peel(&mut self, mut id: Id) -> Result<Option<Id>> {
        // A tag cannot refer to itself, because its id is a hash of its content.
        loop {
            match self.objects.find(id)? {
                Some((Object::Commit, _)) => return Ok(Some(id)),
                Some((Object::Tag, bytes)) => {
                    self.tags.push(id);
                    let target = bytes.strip_prefix(b"object ").and_then(|rest| rest.lines().next());
                    let broken = || Error::new("read tag", id, "it names no object");
                    id = target.and_then(Id::from_hex).ok_or_else(broken)?;
                }
                Some(_) | None => return Ok(None),
            }
        }
    }

    /// The parents in the commit object, even missing ones.
    fn parents(&self, commit: Id) -> Result<Vec<Id>> {
        let bytes = self.objects.read(commit, Object::Commit)?;
        let header = bytes.lines().take_while(|line| !line.is_empty());
        let all = header.filter_map(|line| line.strip_prefix(b"parent ")).filter_map(Id::from_hex);
        Ok(if self.shallow.contains(&commit) { Vec::new() } else { all.collect() })
    }

    fn branch(&self, name: &str) -> Result<Option<Id>> {
        let of_remote = self.refs.object(format!("refs/remotes/origin/{name}").as_str().into())?;
        of_remote.map_or_else(|| self.refs.object(format!("refs/heads/{name}").as_str().into()), |id| Ok(Some(id)))
    }

    fn bases(&mut self, allow: bool) -> Result<Vec<Id>> {
        match &self.change.base {
            Base::Commits(list) => {
                let mut found = Vec::new();
                for base in list {
                    found.extend(self.commit(base)?);
                }
                if found.is_empty() {
                    let base = list.first().map_or("", String::as_str);
                    self.refuse(format!("its base {base} is not in this clone"), allow)?;
                }
                Ok(found)
            }
            Base::Branch(name) => match self.branch(name)? {
                Some(base) => Ok(self.peel(base)?.into_iter().collect()),
                None => {
                    self.refuse(format!("the branch {name}, which it is for, is not in this clone"), allow)?;
                    Ok(Vec::new())
                }
            },
            Base::Before(before) => match self.commit(before)? {
                Some(before) => Ok(vec![before]),
                None if !self.shallow.is_empty() => {
                    self.refuse(format!("its base {before} is not in this shallow clone"), allow)?;
                    Ok(Vec::new())
                }
                None => {
                    self.notes.push(format!(
                        "the branch was at {before}, which is gone after a forced push: scanned is what the default \
                         branch has not"
                    ));
                    self.default_branch(allow)
                }
            },
            Base::DefaultBranch => self.default_branch(allow),
        }
    }

    /// The tip of the default branch; nothing if the change is on the default branch.
    fn default_branch(&mut self, allow: bool) -> Result<Vec<Id>> {
        let name = match &self.change.default_branch {
            Some(name) => Some(name.clone()),
            None => self.guess()?,
        };
        let Some(name) = name else {
            self.refuse("which branch is the default one is not known in this clone".into(), allow)?;
            return Ok(Vec::new());
        };
        let checked_out = self.refs.symbolic("HEAD")?.map(|name| name.to_str_lossy().into_owned());
        let own = self.change.refs.first().cloned().or(checked_out);
        if own.is_some_and(|own| own == format!("refs/heads/{name}")) {
            self.notes
                .push("all of the default branch's history was scanned: nothing says what was there before".into());
            return Ok(Vec::new());
        }
        match self.branch(&name)? {
            Some(base) => Ok(self.peel(base)?.into_iter().collect()),
            None => {
                self.refuse(format!("the default branch {name} is not in this clone"), allow)?;
                Ok(Vec::new())
            }
        }
    }

    fn guess(&self) -> Result<Option<String>> {
        let named = self.refs.symbolic("refs/remotes/origin/HEAD")?;
        let branch =
            named.and_then(|name| Some(name.strip_prefix(b"refs/remotes/origin/")?.to_str_lossy().into_owned()));
        if branch.is_some() {
            return Ok(branch);
        }
        for usual in ["main", "master"] {
            if self.branch(usual)?.is_some() {
                return Ok(Some(usual.to_owned()));
            }
        }
        Ok(None)
    }

    fn missing(&self, what: &str, name: &str) -> Error {
        let why = format!("{what} {name} is not in this clone");
        let error = Error::new("scan", "this change", why);
        match (self.shallow.is_empty(), self.change.kind) {
            (false, _) => error.hint(self.change.system.full_clone()),
            (true, ChangeKind::PullRequest) => error.hint(format!("run `git fetch origin {name}` first")),
            (true, _) => error.hint(format!("run `git fetch origin {name}` first, or name it with --head")),
        }
    }

    /// Returns an error for missing commits; with `--allow-shallow` adds a note instead.
    fn refuse(&mut self, why: String, allow: bool) -> Result<()> {
        if allow {
            self.notes.push(format!("incomplete, as --allow-shallow allows: {why}"));
            return Ok(());
        }
        let system = self.change.system;
        let by_hand = "git remote set-branches origin '*' && git fetch";
        let setting = match system {
            System::Git => String::new(),
            system => format!("{}, or by hand ", system.full_clone()),
        };
        let hint = match self.shallow.is_empty() {
            false => format!("{setting}run `{by_hand} --unshallow`"),
            true => format!("{setting}run `{by_hand}`, or name the base with --base"),
        };
        Err(Error::new("scan", "this change", why).hint(hint))
    }
}

/// The commit from which the policy is read: the latest common ancestor of the change and its base.
fn merge_base(ancestry: &mut Ancestry<'_>, head: Id, bases: &[Id]) -> Result<Option<Id>> {
    for &base in bases {
        if let Some(id) = ancestry.merge_bases(head, base)?.first() {
            return Ok(Some(*id));
        }
    }
    // Without a common ancestor, the base is used.
    Ok(bases.first().copied())
}
