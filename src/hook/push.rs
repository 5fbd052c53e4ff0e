//! The commits of a push: those that are reachable from the updated references and that the other side does not have.

use bstr::{BStr, BString, ByteSlice};

use crate::core::budget::Budget;
use crate::core::error::{Error, Result};
use crate::core::order::ListOrder as _;
use crate::git::commit::ParsedTag;
use crate::git::refs::Lookup;
use crate::git::{Ancestry, Id, Kind, LayeredConfig, Node, Objects, Repository};

/// One reference that a push updates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// Its new value.
    pub new: Id,
    /// Its value on the other side; `None` if it does not exist there.
    pub old: Option<Id>,
    /// Its name on the other side.
    pub name: BString,
}

/// Parses the standard input of a hook: lines `<local ref> <new> <remote ref> <old>` for `pre-push`, `<old> <new>
/// <ref>` for `pre-receive`. Deletions are left out.
pub fn updates(input: &[u8], is_receive: bool) -> Result<Vec<Update>> {
    let mut updates = Vec::new();
    for line in input.lines().filter(|line| !line.trim_ascii().is_empty()) {
        let fields: Vec<&[u8]> = line.split_str(" ").collect();
        let fields = match fields.as_slice() {
            [old, new, name] if is_receive => Some((*old, *new, *name)),
            [_, new, name, old] if !is_receive => Some((*old, *new, *name)),
            _ => None,
        };
        let parsed = fields.and_then(|(old, new, name)| Some((Id::from_hex(old)?, Id::from_hex(new)?, name)));
        let (old, new, name) = parsed.ok_or_else(|| {
            Error::new("read", "what is pushed", format!("git wrote {:?} to standard input", line.as_bstr()))
                .hint("this is for git to run, as a hook")
        })?;
        if !new.is_null() {
            updates.push(Update { new, old: Some(old).filter(|old| !old.is_null()), name: name.into() });
        }
    }
    Ok(updates)
}

/// The objects that the other side is known to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemoteObjects {
    /// Those that the remote-tracking references of this remote lead to.
    Remote {
        /// The remote's name.
        name: BString,
        /// Other remotes whose references have this one's prefix: `pub/private` for `pub`.
        below: Vec<BString>,
    },
    /// Those that all references of this repository lead to, because it is the other side.
    AllHere,
    /// Only those in the updates.
    Unknown,
}

/// What is known about a remote, which git gives by its configured name or, if it has none, by its URL.
pub fn remote(config: &LayeredConfig, name: &[u8]) -> RemoteObjects {
    let mut names: Vec<&BStr> = config.section("remote").map(|(remote, ..)| remote).collect();
    names.order();
    names.dedup();
    let has = |name: &[u8]| {
        let start = [name, b"/"].concat();
        let below = names.iter().filter(|other| other.starts_with(&start)).map(|other| (*other).into()).collect();
        RemoteObjects::Remote { name: name.into(), below }
    };
    if names.iter().any(|known| *known == name) {
        return has(name);
    }
    let is_address = |key: &BStr| key == "url" || key == "pushurl";
    let known = config.section("remote").find(|(_, key, address)| is_address(key) && *address == name);
    known.map_or(RemoteObjects::Unknown, |(remote, ..)| has(remote))
}

/// The content of a push: commits, oldest first, and other objects that references lead to.
#[derive(Clone, Debug, Default)]
pub struct Pushed {
    /// The commits that the other side does not have.
    pub commits: Vec<Node>,
    /// Annotated tags.
    pub tags: Vec<Id>,
    /// Trees and blobs that a reference or a tag names directly.
    pub bare: Vec<(Kind, Id, BString)>,
}

/// Computes the content of a push from its updates.
pub fn pushed(
    repository: &Repository,
    objects: &Objects,
    updates: &[Update],
    has: &RemoteObjects,
    budget: &Budget,
) -> Result<Pushed> {
    let mut pushed = Pushed::default();
    let (mut new, mut old) = (Vec::new(), Vec::new());
    for update in updates {
        new.extend(peel(objects, update, &mut pushed, budget)?);
        // After another person's forced push, the other side's value may be missing here.
        old.extend(update.old);
    }
    if !new.is_empty() {
        old.extend(known(&Lookup::new(repository), has)?);
        pushed.commits = Ancestry::of(repository, objects, budget)?.list(&new, &old)?;
    }
    Ok(pushed)
}

/// The objects that the other side has, according to the references here.
fn known(refs: &Lookup<'_>, has: &RemoteObjects) -> Result<Vec<Id>> {
    let found = match has {
        RemoteObjects::Remote { name, below } => {
            let place = |name: &BString| [b"refs/remotes/", &name[..], b"/"].concat();
            let others: Vec<Vec<u8>> = below.iter().map(place).collect();
            let mut found = refs.below(&place(name))?;
            found.retain(|(name, _)| !others.iter().any(|other| name.starts_with(other)));
            found
        }
        RemoteObjects::AllHere => refs.below(b"refs/")?,
        RemoteObjects::Unknown => Vec::new(),
    };
    Ok(found.into_iter().map(|(_, id)| id).collect())
}

/// The maximum number of tags that point to tags.
const LONGEST: usize = 64;

/// Follows tags to a commit; the tags are added to `pushed`. `None` if they lead to another object, which is added
/// too.
fn peel(objects: &Objects, update: &Update, pushed: &mut Pushed, budget: &Budget) -> Result<Option<Id>> {
    let mut id = update.new;
    let before = pushed.tags.len();
    loop {
        budget.spend(Budget::ITEM)?;
        let missing = || Error::new("read", &update.name, format!("its object {id} is not here"));
        let (kind, bytes) = objects.find(id)?.ok_or_else(missing)?;
        match kind {
            Kind::Commit => return Ok(Some(id)),
            Kind::Tree | Kind::Blob => {
                pushed.bare.push((kind, id, update.name.clone()));
                return Ok(None);
            }
            // A forged tag may refer to itself.
            Kind::Tag if pushed.tags[before..].contains(&id) || pushed.tags.len() - before > LONGEST => {
                return Err(Error::new("follow tag", id, "it leads from tag to tag without end"));
            }
            Kind::Tag => {
                pushed.tags.push(id);
                let target = ParsedTag::parse(&bytes).target;
                id = target.ok_or_else(|| Error::new("read tag", id, "it names no object"))?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_writes_is_read_and_nothing_else() {
        let (a, b, none) = ("a".repeat(40), "b".repeat(40), "0".repeat(40));
        let push =
            format!("refs/heads/x {a} refs/heads/y {b}\n(delete) {none} refs/heads/z {b}\nHEAD {a} refs/n {none}\n");
        let read = updates(push.as_bytes(), false).unwrap();
        let old: Vec<bool> = read.iter().map(|update| update.old.is_some()).collect();
        assert_eq!((read.len(), old), (2, vec![true, false]));
        assert_eq!(updates(format!("{a} {b} refs/heads/y\n").as_bytes(), true).unwrap()[0].name, "refs/heads/y");
        assert!(updates(b"", true).unwrap().is_empty());
        assert!(updates(b"nonsense\n", true).is_err());
    }
}
