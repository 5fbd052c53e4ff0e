//! References that are read when they are asked for: a commit hook needs only a few of thousands.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::Path;

use bstr::{BStr, BString, ByteSlice as _};

use super::{DEEPEST, RefTarget, files, resolve};
use crate::core::error::{Error, Result};
use crate::git::Id;
use crate::git::refs::reftable::Stack;
use crate::git::repository::{RefStorage, Repository};

/// The references of a repository, as seen from its current work tree.
pub struct Lookup<'a> {
    pub(super) repository: &'a Repository,
    /// The text of `packed-refs`.
    packed: OnceCell<Vec<u8>>,
    /// The reftables of the work tree, and those that all work trees share.
    tables: OnceCell<[Stack; 2]>,
}

impl<'a> Lookup<'a> {
    /// The references of a repository. Nothing is read yet.
    pub fn new(repository: &'a Repository) -> Self {
        Self { repository, packed: OnceCell::new(), tables: OnceCell::new() }
    }

    /// The full name that a short one stands for; `None` if no reference has it.
    pub(super) fn full_name(&self, name: &BStr) -> Result<Option<BString>> {
        if name == "@" {
            return Ok(Some("HEAD".into()));
        }
        let is_path = name.split_str("/").all(|part| !matches!(part, b"" | b"." | b".."));
        if !is_path || name.contains(&0) || cfg!(windows) && name.find_byteset(b":\\*?\"<>|").is_some() {
            return Ok(None);
        }
        for form in super::forms(name) {
            // Other files next to `HEAD` are not references.
            let is_root = form.iter().all(|&byte| byte.is_ascii_uppercase() || byte == b'_');
            if (is_root || form.starts_with(b"refs/")) && self.object(form.as_bstr())?.is_some() {
                return Ok(Some(form));
            }
        }
        Ok(None)
    }

    /// The object that a reference leads to, by its full name; `None` if there is none.
    pub fn object(&self, name: &BStr) -> Result<Option<Id>> {
        let mut name = name.to_owned();
        for _ in 0..=DEEPEST {
            match self.target(name.as_bstr())? {
                Some(RefTarget::Object(id)) => return Ok(Some(id)),
                Some(RefTarget::Symbolic(target)) => name = target,
                None => return Ok(None),
            }
        }
        Err(Error::new("read reference", name, "its symbolic references form a loop"))
    }

    /// Whether a reference with this full name exists, even a dangling one.
    pub(super) fn has(&self, name: &BStr) -> Result<bool> {
        Ok(self.target(name)?.is_some())
    }

    /// The target of a symbolic reference; `None` for any other reference.
    pub fn symbolic(&self, name: &str) -> Result<Option<BString>> {
        Ok(match self.target(name.into())? {
            Some(RefTarget::Symbolic(name)) => Some(name),
            Some(RefTarget::Object(_)) | None => None,
        })
    }

    /// The shared references with a prefix such as `refs/remotes/`, and the objects that they lead to, sorted by
    /// name.
    pub fn below(&self, prefix: &[u8]) -> Result<Vec<(BString, Id)>> {
        let Repository { common_dir, hash, .. } = self.repository;
        let mut raw = BTreeMap::new();
        if self.repository.ref_storage == RefStorage::Reftable {
            raw = self.tables()?[1].refs()?;
        } else {
            let mut errors = Vec::new();
            files::packed(common_dir, *hash, &mut raw, &mut errors);
            files::loose(common_dir, *hash, &mut raw, &mut errors);
            errors.into_iter().next().map_or(Ok(()), Err)?;
        }
        let wanted = raw.iter().filter(|(name, _)| name.starts_with(prefix));
        Ok(wanted.filter_map(|(name, target)| Some((name.clone(), resolve(target, &raw)?))).collect())
    }

    fn target(&self, name: &BStr) -> Result<Option<RefTarget>> {
        let Repository { git_dir, common_dir, hash, .. } = self.repository;
        if self.repository.ref_storage == RefStorage::Reftable {
            let [own, shared] = self.tables()?;
            return match own.find(name)? {
                Some(target) => Ok(Some(target)),
                // Each work tree has its own HEAD.
                None if git_dir == common_dir || name == "HEAD" => Ok(None),
                None => shared.find(name),
            };
        }
        let directories: &[&Path] = if name == "HEAD" { &[git_dir] } else { &[git_dir, common_dir] };
        if let Some(target) = files::find(directories, name, *hash)? {
            return Ok(Some(target));
        }
        let packed = match self.packed.get() {
            Some(packed) => packed,
            None => {
                let text = files::read_packed(common_dir)?.unwrap_or_default();
                self.packed.get_or_init(|| text)
            }
        };
        Ok(files::find_packed(packed, name, *hash)?.map(RefTarget::Object))
    }

    pub(super) fn tables(&self) -> Result<&[Stack; 2]> {
        if let Some(tables) = self.tables.get() {
            return Ok(tables);
        }
        let Repository { git_dir, common_dir, hash, .. } = self.repository;
        let own = Stack::open(&git_dir.join("reftable"), *hash)?;
        let shared =
            if git_dir == common_dir { own.clone() } else { Stack::open(&common_dir.join("reftable"), *hash)? };
        Ok(self.tables.get_or_init(|| [own, shared]))
    }
}
