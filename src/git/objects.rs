//! The objects of a repository by id: packed or loose, its own or borrowed from alternates.
//!
//! **What an object is read from.** Packs with an `.idx` or a `multi-pack-index` (promisor, cruft and kept packs are packs
//! like all others), and loose objects, of all object directories. They are listed when the first is asked for, and again
//! when an object is not found: a gc that runs meanwhile packs loose objects and replaces packs.
//!
//! **Content is checked against its id** whenever a single object is read: its hash is computed. Of several copies the
//! first that is right counts, and if none is, that is an error. (The walk over whole packs in `history` checks less; it
//! says so there.)
//!
//! **Bounds.** Deltas are undone in a loop that knows when it goes in a circle, also one through several packs. No object
//! is larger than 4 GiB; one of more than 64 MiB is at most 200 times as large as the bytes that hold it; memory is taken
//! for what the data can yield, not for what a header promises.

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

/// A longer chain of deltas is a circle; git makes none longer than 4095.
const LONGEST: usize = 1 << 16;

/// The object database of a repository.
#[derive(Debug)]
pub struct Objects {
    hash: Hash,
    directories: Vec<PathBuf>,
    /// Alternates that cannot be used.
    errors: Vec<Error>,
    /// Those of them that are there.
    unreadable: Vec<Error>,
    packs: RwLock<Option<Arc<PackList>>>,
    /// Where the last object was: after a clone all is packed, and a look for a loose file costs more than one into a pack.
    packed_last: AtomicBool,
    bases: Mutex<DeltaBases>,
}

impl Objects {
    /// Knows where to look and opens nothing yet.
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

    /// Object directories that cannot be read, and lists of them: an object that is only there counts as absent.
    pub fn unreadable(&self) -> &[Error] {
        &self.unreadable
    }

    /// What names the objects here.
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// The object directories, the repository's own first.
    pub(crate) fn directories(&self) -> &[PathBuf] {
        &self.directories
    }

    /// The object's kind and content; `None` if it is not here.
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

    /// What an object is, without its content if it is packed; `None` if it is not here.
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

    /// What the object is that an entry's chain of deltas begins with.
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

    /// The content of an object that must be here and of this kind.
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

    /// Every id that starts with these hexadecimal digits (at least two), in order.
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

    /// Whether a pack comes from a partial clone.
    pub(crate) fn has_promisor(&self) -> bool {
        self.packs().has_promisor
    }

    /// All packs, opened, and why others and alternates cannot be.
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
            // A gc may have replaced a pack since it was listed.
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

    /// The object of an entry, whatever its id.
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

    /// Follows deltas to an object that is stored whole or was kept. `chain` is what lies on the way.
    fn root(
        &self,
        pack: &Arc<Pack>,
        offset: u64,
        chain: &mut Vec<(Arc<Pack>, u64)>,
    ) -> std::result::Result<DecodedBase, Corrupt> {
        const GONE: Corrupt = "the object that its delta needs is not here";
        let (mut pack, mut offset) = (pack.clone(), offset);
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
            if chain.len() == LONGEST {
                return Err("its chain of deltas has no end");
            }
            chain.push((std::mem::replace(&mut pack, base.0), offset));
            offset = base.1;
        }
    }

    /// The entry of an object, in the same pack if that has it.
    fn entry_of(&self, pack: &Arc<Pack>, id: &Id) -> Option<(Arc<Pack>, u64)> {
        let find = |pack: &Arc<Pack>| Some((pack.clone(), pack.index.offset(pack.index.find(id)?)));
        find(pack).or_else(|| self.packs().list.iter().find_map(|other| find(&other.open(self.hash).ok()?)))
    }

    /// Applies deltas to what they start from, the last of the chain first.
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

    /// Lists the packs once more, and says whether they are others now.
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

/// What is said of an object whose content has another hash.
pub(crate) const MISNAMED: Corrupt = "its content does not match its id";

/// The error for an object of which no copy can be read.
pub(crate) fn unreadable(id: &Id, why: Corrupt) -> Error {
    Error::new("read object", id, why).hint("run `git fsck` there and fetch it again")
}
