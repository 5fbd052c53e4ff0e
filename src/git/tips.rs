//! Whether a text is in the latest commit of a branch, tag or remote-tracking reference.

use std::collections::BTreeMap;
use std::path::Path;

use bstr::ByteSlice as _;

use super::refs::Lookup;
use super::revision::Revisions;
use super::tree::{EntryKind, TreeEntries};
use super::{Environment, Id, Kind, Objects, Refs, Repository};

/// How far a text has been published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Publication {
    /// It is not in the latest commit of any reference; an older commit may have it.
    NoTip,
    /// It is in a local commit, but in none that a remote is known to have.
    Commit,
    /// It is in a commit that a remote has.
    Remote,
}

/// The maximum number of references that are examined.
const MOST: usize = 256;

/// The trees of the latest commits.
pub struct Tips {
    repository: Repository,
    objects: Objects,
    /// Each tree, and whether a remote has it.
    trees: BTreeMap<Id, bool>,
}

impl Tips {
    /// The latest commits of the repository that contains a directory; `None` if there is no readable repository.
    pub fn around(directory: &Path) -> Option<Self> {
        let repository = Repository::discover(directory, &Environment::of_process()).ok()?;
        let refs = Refs::read(&repository);
        let objects = Objects::open(&repository);
        let lookup = Lookup::new(&repository);
        let revisions = Revisions::new(&lookup, &objects);
        let mut trees = BTreeMap::new();
        // HEAD first, then remote-tracking references.
        let (remote, local): (Vec<_>, Vec<_>) = refs.list.iter().partition(|(name, _)| refs.is_remote(name));
        let head = refs.head.map(|id| (id, false));
        let rest = remote.iter().map(|(_, id)| (*id, true)).chain(local.iter().map(|(_, id)| (*id, false)));
        for (id, is_remote) in head.into_iter().chain(rest).take(MOST) {
            if let Ok(tree) = revisions.tree(&id.to_string()) {
                *trees.entry(tree).or_default() |= is_remote;
            }
        }
        Some(Self { repository, objects, trees })
    }

    /// How far a text in a file has been published.
    pub fn reached(&self, path: &Path, text: &[u8]) -> Publication {
        let Some(inside) = self.inside(path) else { return Publication::NoTip };
        let mut reached = Publication::NoTip;
        let mut known: BTreeMap<Id, bool> = BTreeMap::new();
        for (tree, is_remote) in &self.trees {
            let Some(blob) = self.blob(*tree, &inside) else { continue };
            let holds = *known.entry(blob).or_insert_with(|| {
                self.objects.read(blob, Kind::Blob).is_ok_and(|content| memchr::memmem::find(&content, text).is_some())
            });
            if holds {
                reached = reached.max(if *is_remote { Publication::Remote } else { Publication::Commit });
            }
        }
        reached
    }

    /// A path relative to the top of the work tree.
    fn inside(&self, path: &Path) -> Option<Vec<u8>> {
        let top = self.repository.work_tree.as_ref()?.canonicalize().ok()?;
        let path = path.parent()?.canonicalize().ok()?.join(path.file_name()?);
        let names = path.strip_prefix(top).ok()?.iter().map(|name| name.as_encoded_bytes());
        Some(names.collect::<Vec<_>>().join(&b'/'))
    }

    fn blob(&self, tree: Id, path: &[u8]) -> Option<Id> {
        let mut at = (EntryKind::Tree, tree);
        for name in path.split_str("/") {
            if at.0 != EntryKind::Tree {
                return None;
            }
            let bytes = self.objects.read(at.1, Kind::Tree).ok()?;
            let entry = TreeEntries::new(&bytes, self.repository.hash).flatten().find(|entry| entry.name == name)?;
            at = (entry.kind, entry.id);
        }
        (at.0 == EntryKind::File).then_some(at.1)
    }
}
