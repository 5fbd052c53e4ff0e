//! Everything a repository keeps objects in: packs, loose objects, and the same of its alternates.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::loose;
use super::oid::{Kind, Oid};
use super::pack::delta::{Corrupt, Delta};
use super::pack::inflate::{Inflater, is_plausible};
use super::pack::{Form, Pack};
use super::pack_walk::LARGEST;
use crate::core::error::{Error, Result};
use crate::git::Repository;

/// Opened packs and known directories. What could not be opened is in `errors`.
pub(super) struct Store {
    pub(super) packs: Vec<Pack>,
    /// Object directories, the repository's own first.
    pub(super) directories: Vec<PathBuf>,
    pub(super) errors: Vec<Error>,
    /// Whether a pack comes from a partial clone.
    pub(super) has_promisor: bool,
}

impl Store {
    /// Opens all object directories of a repository.
    pub(super) fn open(repository: &Repository) -> Self {
        let found = repository.object_directories();
        let absent = |path: &PathBuf| Error::new("read objects in", path.display(), "there is no such directory");
        let errors = found.errors.into_iter().chain(found.missing.iter().map(absent)).collect();
        let mut store = Self { packs: Vec::new(), directories: Vec::new(), errors, has_promisor: false };
        for directory in &found.list {
            store.add_packs(&directory.join("pack"));
        }
        store.directories = found.list;
        store
    }

    fn add_packs(&mut self, directory: &Path) {
        let Ok(files) = fs::read_dir(directory) else { return };
        let mut paths: Vec<PathBuf> = files.filter_map(|file| Some(file.ok()?.path())).collect();
        paths.sort();
        self.has_promisor |= paths.iter().any(|path| path.extension().is_some_and(|ext| ext == "promisor"));
        for path in paths.iter().filter(|path| path.extension().is_some_and(|ext| ext == "pack")) {
            match Pack::open(path) {
                Ok(pack) => self.packs.push(pack),
                Err(error) => self.errors.push(error),
            }
        }
    }

    /// Every id that starts with these hexadecimal digits.
    pub(super) fn with_prefix(&self, digits: &str) -> Vec<Oid> {
        let mut ids: Vec<Oid> = self.packs.iter().flat_map(|pack| pack.index.with_prefix(digits)).collect();
        ids.extend(self.directories.iter().flat_map(|directory| loose::with_prefix(directory, digits)));
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}

/// A decoded object that others are deltas to.
type Base = (Kind, Arc<[u8]>);

/// Reads single objects by id. One for each thread.
pub(super) struct Reader<'a> {
    store: &'a Store,
    inflater: Inflater,
    delta: Vec<u8>,
    /// Decoded bases by pack and offset.
    bases: HashMap<(usize, u64), Base>,
    held: usize,
}

/// Bases are kept up to so many bytes.
const HELD: usize = 64 << 20;

/// A longer chain is a circle.
const LONGEST: usize = 1 << 16;

impl<'a> Reader<'a> {
    pub(super) fn new(store: &'a Store) -> Self {
        Self { store, inflater: Inflater::new(), delta: Vec::new(), bases: HashMap::new(), held: 0 }
    }

    /// The object, from the first copy that can be read; `None` if there is no copy.
    pub(super) fn read(&mut self, oid: &Oid) -> Result<Option<(Kind, Arc<[u8]>)>> {
        let mut why = None;
        for at in 0..self.store.packs.len() {
            let index = &self.store.packs[at].index;
            if let Some(position) = index.find(oid) {
                match self.packed(at, index.offset(position)) {
                    Ok(object) => return Ok(Some(object)),
                    Err(corrupt) => why = Some(corrupt),
                }
            }
        }
        for directory in &self.store.directories {
            match loose::read(&mut self.inflater, directory, oid) {
                Ok(Some((kind, bytes))) => return Ok(Some((kind, bytes.into()))),
                Ok(None) => {}
                Err(corrupt) => why = Some(corrupt),
            }
        }
        why.map_or(Ok(None), |why| Err(unreadable(oid, why)))
    }

    fn packed(&mut self, at: usize, offset: u64) -> std::result::Result<(Kind, Arc<[u8]>), Corrupt> {
        let store = self.store;
        let pack = &store.packs[at];
        let mut chain = Vec::new();
        let mut next = offset;
        let (kind, mut bytes) = loop {
            if let Some((kind, bytes)) = self.bases.get(&(at, next)) {
                break (*kind, bytes.clone());
            }
            let entry = pack.entry(next)?;
            let base = match entry.form {
                Form::Whole(kind) => {
                    let bytes: Arc<[u8]> = self.inflate(pack, next)?.into();
                    self.keep(at, next, kind, &bytes);
                    break (kind, bytes);
                }
                Form::DeltaToOffset(base) => base,
                Form::DeltaToId(oid) => {
                    let position = pack.index.find(&oid).ok_or("the object that its delta needs is not in its pack")?;
                    pack.index.offset(position)
                }
            };
            chain.push(next);
            if chain.len() > LONGEST {
                return Err("its chain of deltas has no end");
            }
            next = base;
        };
        for offset in chain.into_iter().rev() {
            self.delta = self.inflate(pack, offset)?;
            let delta = Delta::parse(&self.delta)?;
            let mut out = vec![0; size(delta.size as u64, usize::MAX)?];
            delta.apply(&bytes, &mut out)?;
            bytes = out.into();
            self.keep(at, offset, kind, &bytes);
        }
        Ok((kind, bytes))
    }

    fn inflate(&mut self, pack: &Pack, offset: u64) -> std::result::Result<Vec<u8>, Corrupt> {
        let entry = pack.entry(offset)?;
        let stream = pack.stream(&entry);
        let mut out = vec![0; size(entry.size, stream.len())?];
        self.inflater.inflate(stream, &mut out)?;
        Ok(out)
    }

    fn keep(&mut self, at: usize, offset: u64, kind: Kind, bytes: &Arc<[u8]>) {
        if self.held + bytes.len() > HELD {
            self.bases.clear();
            self.held = 0;
        }
        if bytes.len() <= HELD / 4 {
            self.held += bytes.len();
            self.bases.insert((at, offset), (kind, bytes.clone()));
        }
    }
}

fn size(size: u64, stream: usize) -> std::result::Result<usize, Corrupt> {
    if !is_plausible(size, stream) {
        return Err("its header promises more than its data can hold");
    }
    usize::try_from(size).ok().filter(|_| size <= LARGEST).ok_or("it is larger than 4 GiB")
}

/// The error for an object of which no copy can be read.
pub(super) fn unreadable(oid: &Oid, why: Corrupt) -> Error {
    Error::new("read object", oid, why).hint("run `git fsck` there and fetch it again")
}
