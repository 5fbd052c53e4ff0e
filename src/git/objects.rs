//! The objects of a repository by id: packed or loose, in its own directory or in alternates.
//!
//! **Sources.** Packs with an `.idx` or a `multi-pack-index` (including promisor, cruft and kept packs), and loose
//! objects, in all object directories. The packs are listed at the first access, and again when an object is not
//! found, because a concurrent gc packs loose objects and replaces packs.
//!
//! **Content is checked against its id** whenever a single object is read, by computing its hash. Of several copies
//! the first correct one is used; if there is none, it is an error. (The walk over whole packs in `history` checks
//! less, as documented there.)
//!
//! **Limits.** Deltas are applied in a loop that detects cycles, also through several packs. An object is at most 4
//! GiB large; one of more than 64 MiB at most 200 times as large as its stored bytes. Memory is allocated for what
//! the data can produce, not for what a header claims.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::delta_bases::{DecodedBase, DeltaBases};
use super::id::{Hash, Id, Kind};
use super::inflate::Corrupt;
use super::loose;
use super::map::CUT_SHORT;
use super::pack::{Delta, Form, Pack};
use super::pack_list::PackList;
use super::repository::Repository;
use crate::core::error::{Error, ErrorKind, Result};

/// The maximum length of a delta chain; a longer one is a cycle. Git makes chains of at most 4095.
const LONGEST: usize = 1 << 16;

/// The object database of a repository.
#[derive(Debug)]
pub struct Objects {
    hash: Hash,
    directories: Vec<PathBuf>,
    /// Errors of alternates that cannot be used.
    errors: Vec<Error>,
    /// Errors of object directories that exist but cannot be read.
    unreadable: Vec<Error>,
    packs: RwLock<Option<Arc<PackList>>>,
    /// Whether the last object was in a pack. After a clone all objects are packed, and looking for a loose file
    /// costs more than looking into a pack.
    packed_last: AtomicBool,
    bases: Mutex<DeltaBases>,
}

impl Objects {
    /// Finds the object directories, and opens no object yet.
    pub fn open(repository: &Repository) -> Self {
        let found = repository.object_directories();
        let absent = |path: &PathBuf| Error::new("read objects in", path.display(), "there is no such directory");
        Self {
            hash: repository.hash,
            unreadable: found.errors.clone(),
            errors: found.errors.into_iter().chain(found.missing.iter().map(absent)).collect(),
            directories: found.list,
            packs: RwLock::default(),
            packed_last: AtomicBool::new(false),
            bases: Mutex::default(),
        }
    }

    /// The errors of object directories that cannot be read or listed. Objects that are only there are treated as
    /// missing.
    pub fn unreadable(&self) -> &[Error] {
        &self.unreadable
    }

    /// The hash function of the object ids.
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// The object directories; the repository's own comes first.
    pub(crate) fn directories(&self) -> &[PathBuf] {
        &self.directories
    }

    /// Reads an object's type and content; `None` if it does not exist.
    pub fn find(&self, id: Id) -> Result<Option<(Kind, Vec<u8>)>> {
        let why = loop {
            let mut why = None;
            let packed_first = self.packed_last.load(Ordering::Relaxed);
            for packed in [packed_first, !packed_first] {
                let found = if packed { self.packed(id, &mut why) } else { self.loose(id, &mut why) };
                if found.is_some() {
                    self.packed_last.store(packed, Ordering::Relaxed);
                    return Ok(found);
                }
            }
            if !self.list_again() {
                break why;
            }
        };
        let elsewhere = || self.errors.iter().chain(&self.packs().errors).next().cloned();
        why.or_else(elsewhere).map_or(Ok(None), Err)
    }

    /// An object's type, without decompressing its content if it is packed; `None` if it does not exist.
    pub(crate) fn kind(&self, id: Id) -> Result<Option<Kind>> {
        for listed in &self.packs().list {
            if let Ok(pack) = listed.open(self.hash)
                && let Some(position) = pack.index.find(&id)
                && let Some(kind) = self.kind_at(&pack, pack.index.offset(position))
            {
                return Ok(Some(kind));
            }
        }
        Ok(self.find(id)?.map(|(kind, _)| kind))
    }

    /// The type of the object at the start of an entry's delta chain.
    fn kind_at(&self, pack: &Arc<Pack>, offset: u64) -> Option<Kind> {
        let (mut pack, mut offset) = (pack.clone(), offset);
        for _ in 0..LONGEST {
            match pack.entry(offset).ok()?.form {
                Form::Whole(kind) => return Some(kind),
                Form::DeltaToOffset(base) => offset = base,
                Form::DeltaToId(id) => (pack, offset) = self.entry_of(&pack, &id)?,
            }
        }
        None
    }

    /// Reads the content of an object that must exist and have this type.
    pub fn read(&self, id: Id, kind: Kind) -> Result<Vec<u8>> {
        match self.find(id)? {
            Some((found, content)) if found == kind => Ok(content),
            Some((found, _)) => {
                Err(Error::new("read object", id, format!("it is a {}, not a {}", found.word(), kind.word())))
            }
            None => Err(Error::new("read object", id, "it is not in the repository")
                .of_kind(ErrorKind::NotFound)
                .hint("in a partial clone, `git fetch` or `git checkout` brings it; otherwise see `git fsck`")),
        }
    }

    /// Every id that starts with these hexadecimal digits (at least two), sorted.
    pub fn with_prefix(&self, digits: &str) -> Result<Vec<Id>> {
        let (packs, _) = self.open_packs();
        let mut ids: Vec<Id> = packs.iter().flat_map(|pack| pack.index.with_prefix(digits)).collect();
        for directory in &self.directories {
            ids.append(&mut loose::with_prefix(directory, digits, self.hash)?);
        }
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }

    /// Whether there is a promisor pack, as in a partial clone.
    pub(crate) fn has_promisor(&self) -> bool {
        self.packs().has_promisor
    }

    /// All packs, opened, and the errors of packs and alternates that cannot be used.
    pub(crate) fn open_packs(&self) -> (Vec<Arc<Pack>>, Vec<Error>) {
        loop {
            let packs = self.packs();
            let (mut opened, mut errors) = (Vec::new(), Vec::new());
            for pack in &packs.list {
                match pack.open(self.hash) {
                    Ok(pack) => opened.push(pack),
                    Err(error) => errors.push(error),
                }
            }
            // A concurrent gc may have replaced a pack since it was listed.
            if errors.is_empty() && packs.errors.is_empty() || !self.list_again() {
                errors.extend(self.errors.iter().chain(&packs.errors).cloned());
                return (opened, errors);
            }
        }
    }

    fn loose(&self, id: Id, why: &mut Option<Error>) -> Option<(Kind, Vec<u8>)> {
        for directory in &self.directories {
            match loose::read(directory, &id) {
                Ok(None) => {}
                Ok(Some((kind, content))) if self.hash.id_of(kind, &content) == id => return Some((kind, content)),
                Ok(Some(_)) => *why = Some(unreadable(&id, MISNAMED)),
                Err(corrupt) => *why = Some(unreadable(&id, corrupt)),
            }
        }
        None
    }

    fn packed(&self, id: Id, why: &mut Option<Error>) -> Option<(Kind, Vec<u8>)> {
        for pack in &self.packs().list {
            let pack = match pack.open(self.hash) {
                Ok(pack) => pack,
                Err(error) => {
                    why.get_or_insert(error);
                    continue;
                }
            };
            let Some(position) = pack.index.find(&id) else { continue };
            match self.decode(&pack, pack.index.offset(position)) {
                Ok((kind, content)) if self.hash.id_of(kind, &content) == id => return Some((kind, content)),
                Ok(_) => *why = Some(unreadable(&id, MISNAMED)),
                Err(corrupt) => *why = Some(unreadable(&id, corrupt)),
            }
        }
        None
    }

    /// Decodes the entry at `offset`, without checking its id.
    pub(crate) fn decode(&self, pack: &Arc<Pack>, offset: u64) -> std::result::Result<(Kind, Vec<u8>), Corrupt> {
        let mut chain = Vec::new();
        let decoded = self.root(pack, offset, &mut chain).and_then(|(kind, base)| {
            let content = self.undo(kind, base, &chain)?;
            Ok((kind, Arc::try_unwrap(content).unwrap_or_else(|shared| (*shared).clone())))
        });
        decoded.map_err(|why| {
            let is_cut_short = pack.is_cut_short() || chain.iter().any(|(pack, _)| pack.is_cut_short());
            let mut bases = self.bases();
            chain.into_iter().for_each(|(pack, offset)| bases.refuse(&pack, offset));
            if is_cut_short { CUT_SHORT } else { why }
        })
    }

    /// Follows the delta chain of an entry to an object that is stored whole or is in the cache. The entries on the
    /// way are added to `chain`.
    fn root(
        &self,
        pack: &Arc<Pack>,
        offset: u64,
        chain: &mut Vec<(Arc<Pack>, u64)>,
    ) -> std::result::Result<DecodedBase, Corrupt> {
        const GONE: Corrupt = "the object that its delta needs is not here";
        let (mut pack, mut offset) = (pack.clone(), offset);
        // An entry on the way, a later one each time the chain is twice as long: a circle comes back to it.
        let mut milestone = None;
        loop {
            if let Some(kept) = self.bases().get(&pack, offset)? {
                return Ok(kept);
            }
            let entry = pack.entry(offset)?;
            let base = match entry.form {
                Form::Whole(kind) => {
                    let mut content = vec![0; pack.size(&entry)?];
                    pack.inflate(&entry, &mut content)?;
                    let content = Arc::new(content);
                    if !chain.is_empty() {
                        self.bases().keep(&pack, offset, kind, &content);
                    }
                    return Ok((kind, content));
                }
                Form::DeltaToOffset(base) => (pack.clone(), base),
                Form::DeltaToId(id) => match self.entry_of(&pack, &id) {
                    Some(base) => base,
                    None => {
                        let loose = self.loose(id, &mut None).ok_or(GONE)?;
                        chain.push((pack, offset));
                        return Ok((loose.0, Arc::new(loose.1)));
                    }
                },
            };
            let here = (Arc::as_ptr(&pack), offset);
            if chain.len() == LONGEST || milestone == Some(here) {
                return Err("its chain of deltas has no end");
            }
            chain.push((std::mem::replace(&mut pack, base.0), offset));
            if chain.len().is_power_of_two() {
                milestone = Some(here);
            }
            offset = base.1;
        }
    }

    /// The entry of an object; preferably in `pack`.
    fn entry_of(&self, pack: &Arc<Pack>, id: &Id) -> Option<(Arc<Pack>, u64)> {
        let find = |pack: &Arc<Pack>| Some((pack.clone(), pack.index.offset(pack.index.find(id)?)));
        find(pack).or_else(|| self.packs().list.iter().find_map(|other| find(&other.open(self.hash).ok()?)))
    }

    /// Applies the deltas of a chain to their base, starting with the last one.
    fn undo(
        &self,
        kind: Kind,
        mut content: Arc<Vec<u8>>,
        chain: &[(Arc<Pack>, u64)],
    ) -> std::result::Result<Arc<Vec<u8>>, Corrupt> {
        let stride = DeltaBases::stride(chain.len(), content.len());
        let mut delta = Vec::new();
        for (left, (pack, offset)) in chain.iter().enumerate().rev() {
            let entry = pack.entry(*offset)?;
            delta.clear();
            delta.resize(pack.size(&entry)?, 0);
            pack.inflate(&entry, &mut delta)?;
            let delta = Delta::parse(&delta)?;
            let mut made = vec![0; pack.delta_size(&entry, &delta, content.len())?];
            delta.apply(&content, &mut made)?;
            content = Arc::new(made);
            if left > 0 && left % stride == 0 {
                self.bases().keep(pack, *offset, kind, &content);
            }
        }
        Ok(content)
    }

    fn bases(&self) -> std::sync::MutexGuard<'_, DeltaBases> {
        self.bases.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn packs(&self) -> Arc<PackList> {
        if let Some(packs) = &*self.packs.read().unwrap_or_else(PoisonError::into_inner) {
            return packs.clone();
        }
        let mut packs = self.packs.write().unwrap_or_else(PoisonError::into_inner);
        packs.get_or_insert_with(|| Arc::new(PackList::of(&self.directories, self.hash, &[]))).clone()
    }

    /// Lists the packs again; returns whether they have changed.
    fn list_again(&self) -> bool {
        let old = self.packs();
        let new = PackList::of(&self.directories, self.hash, &old.list);
        let is_new = !new.list.iter().map(|pack| &pack.path).eq(old.list.iter().map(|pack| &pack.path));
        if is_new {
            *self.packs.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(new));
        }
        is_new
    }
}

/// The error message for an object whose content has another id.
pub(crate) const MISNAMED: Corrupt = "its content does not match its id";

/// The error for an object that exists, but no copy of it can be read.
pub(crate) fn unreadable(id: &Id, why: Corrupt) -> Error {
    Error::new("read object", id, why).hint("run `git fsck` there and fetch it again")
}
