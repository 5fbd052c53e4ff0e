//! The packs in a repository's object directories. They are found by listing, and opened at the first access.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::id::Hash;
use super::pack::{Pack, PackIndex, multi_index};
use crate::core::error::{Error, Result};
use crate::core::order::ListOrder as _;
use crate::core::regular_file;

/// The packs of all object directories at one moment.
#[derive(Debug, Default)]
pub(super) struct PackList {
    pub(super) list: Vec<Arc<ListedPack>>,
    /// Errors of directories that cannot be listed.
    pub(super) errors: Vec<Error>,
    /// Whether there is a promisor pack, as in a partial clone.
    pub(super) has_promisor: bool,
}

/// A pack that is opened at the first access.
#[derive(Debug)]
pub(super) struct ListedPack {
    pub(super) path: PathBuf,
    /// The index from a `multi-pack-index`, for a pack without its own `.idx`.
    index: Mutex<Option<PackIndex>>,
    opened: OnceLock<Result<Arc<Pack>>>,
}

impl PackList {
    /// Lists the packs of all directories. Packs in `known` that still exist are not opened again.
    pub(super) fn of(directories: &[PathBuf], hash: Hash, known: &[Arc<ListedPack>]) -> Self {
        let known: HashMap<&Path, &Arc<ListedPack>> = known.iter().map(|pack| (&*pack.path, pack)).collect();
        let mut packs = Self::default();
        for directory in directories {
            packs.list_in(&directory.join("pack"), hash, &known).unwrap_or_else(|error| packs.errors.push(error));
        }
        packs
    }

    fn list_in(&mut self, directory: &Path, hash: Hash, known: &HashMap<&Path, &Arc<ListedPack>>) -> Result<()> {
        let failed =
            |why: std::io::Error| Error::new("list packs in", directory.display(), regular_file::system_text(&why));
        let files = match fs::read_dir(directory) {
            Ok(files) => files,
            Err(why) if regular_file::is_absent(&why) => return Ok(()),
            Err(why) => return Err(failed(why)),
        };
        let mut paths = files.map(|file| Ok(file.map_err(failed)?.path())).collect::<Result<Vec<PathBuf>>>()?;
        paths.order();
        let of = |extension: &str| -> HashSet<&OsStr> {
            let is_such = |path: &&PathBuf| path.extension().is_some_and(|own| own == extension);
            paths.iter().filter(is_such).filter_map(|path| path.file_stem()).collect()
        };
        let (indexes, names) = (of("idx"), of("pack"));
        self.has_promisor |= !of("promisor").is_empty();
        for path in paths.iter().filter(|path| path.extension().is_some_and(|own| own == "idx")) {
            if path.file_stem().is_some_and(|name| !names.contains(name)) {
                let error = Error::new("read pack", path.with_extension("pack").display(), "there is only its index");
                self.errors.push(error.hint("a gc may have been cut off: run `git fsck` there"));
            }
        }
        let mut multi = None;
        for path in paths.iter().filter(|path| path.extension().is_some_and(|own| own == "pack")) {
            if let Some(known) = known.get(&**path) {
                self.list.push(Arc::clone(known));
                continue;
            }
            let name = path.file_stem().unwrap_or_default();
            let mut index = None;
            if !indexes.contains(name) {
                let multi = match &mut multi {
                    Some(multi) => multi,
                    None => multi.insert(multi_index::read(directory, hash)?),
                };
                index = multi.remove(&*name.to_string_lossy());
            }
            self.list.push(Arc::new(ListedPack {
                path: path.clone(),
                index: Mutex::new(index),
                opened: OnceLock::new(),
            }));
        }
        Ok(())
    }
}

impl ListedPack {
    /// Opens the pack; returns the same result again if that was already tried.
    pub(super) fn open(&self, hash: Hash) -> Result<Arc<Pack>> {
        let open = || {
            let index = match self.index.lock().unwrap_or_else(PoisonError::into_inner).take() {
                Some(index) => index,
                None => PackIndex::open(&self.path.with_extension("idx"), hash)?,
            };
            Pack::open(&self.path, index, hash).map(Arc::new)
        };
        self.opened.get_or_init(open).clone()
    }
}
