//! What leads to objects, by the ids of this module.

use bstr::BString;

use super::oid::Oid;
use crate::core::error::Error;
use crate::git::{self, Id, Repository};

/// All tips of a repository, sorted by name.
#[derive(Debug, Default)]
pub struct Refs {
    /// Full names and the objects that they name. A detached `HEAD` is among them, as `HEAD`.
    pub list: Vec<(BString, Oid)>,
    /// What `HEAD` is at; `None` before the first commit.
    pub head: Option<Oid>,
    /// What only reflogs and pseudo-references such as `ORIG_HEAD` name.
    pub logged: Vec<Oid>,
    /// What could not be read.
    pub errors: Vec<Error>,
    /// The same by the ids of `git`.
    pub all: git::Refs,
}

impl Refs {
    /// Reads all references, of linked worktrees too.
    pub fn read(repository: &Repository) -> Self {
        let mut all = git::Refs::read(repository);
        let oid = |id: &Id| Oid::from_bytes(id.as_bytes());
        Self {
            list: all.list.iter().filter_map(|(name, id)| Some((name.clone(), oid(id)?))).collect(),
            head: all.head.as_ref().and_then(oid),
            logged: all.logged.iter().filter_map(oid).collect(),
            errors: std::mem::take(&mut all.errors),
            all,
        }
    }

    /// Whether a reference says that a remote has what it leads to.
    pub fn is_remote(&self, name: &[u8]) -> bool {
        self.all.is_remote(name)
    }
}
