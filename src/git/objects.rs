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

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use super::id::{Hash, Id, Kind};
use super::inflate::Corrupt;
use super::loose;
use super::map::CUT_SHORT;
use super::pack::{Delta, Form, Pack, PackIndex, multi_index};
use super::repository::Repository;
use crate::core::error::{Error, ErrorKind, Result};
use crate::core::regular_file;

/// Bytes of decoded delta bases that are kept: objects that are read one after the other share theirs.
const KEPT: usize = 32 << 20;

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
    packs: RwLock<Option<Arc<Packs>>>,
    /// Where the last object was: after a clone all is packed, and a look for a loose file costs more than one into a pack.
    packed_last: AtomicBool,
    bases: Mutex<Bases>,
}

/// The packs of all directories at one time.
#[derive(Debug, Default)]
struct Packs {
    list: Vec<Arc<Listed>>,
    errors: Vec<Error>,
    /// Whether one comes from a partial clone.
    has_promisor: bool,
}

/// A pack that is opened when it is first needed.
#[derive(Debug)]
struct Listed {
    path: PathBuf,
    /// From a `multi-pack-index`, of a pack without an index of its own.
    index: Mutex<Option<PackIndex>>,
    opened: OnceLock<Result<Arc<Pack>>>,
}

/// Where an entry is: its pack, which stays where it is in memory as long as it is open, and its offset.
type PackPosition = (usize, u64);

/// A decoded object that others are deltas to.
type DecodedBase = (Kind, Arc<Vec<u8>>);

#[derive(Debug, Default)]
struct Bases {
    bytes: usize,
    decoded: HashMap<PackPosition, DecodedBase>,
    /// Entries that cannot be decoded, so that all that hang on a broken one are refused at once.
    broken: HashSet<PackPosition>,
    /// Packs whose entries are named above.
    packs: HashMap<usize, Arc<Pack>>,
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
            for (pack, offset) in chain {
                let place = bases.place(&pack, offset);
                bases.broken.insert(place);
            }
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
            if left > 0 {
                self.bases().keep(pack, *offset, kind, &content);
            }
        }
        Ok(content)
    }

    fn bases(&self) -> std::sync::MutexGuard<'_, Bases> {
        self.bases.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn packs(&self) -> Arc<Packs> {
        if let Some(packs) = &*self.packs.read().unwrap_or_else(PoisonError::into_inner) {
            return packs.clone();
        }
        let mut packs = self.packs.write().unwrap_or_else(PoisonError::into_inner);
        packs.get_or_insert_with(|| Arc::new(Packs::list(&self.directories, self.hash, &[]))).clone()
    }

    /// Lists the packs once more, and says whether they are others now.
    fn list_again(&self) -> bool {
        let old = self.packs();
        let new = Packs::list(&self.directories, self.hash, &old.list);
        let is_new = !new.list.iter().map(|pack| &pack.path).eq(old.list.iter().map(|pack| &pack.path));
        if is_new {
            *self.packs.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(new));
        }
        is_new
    }
}

impl Bases {
    fn place(&mut self, pack: &Arc<Pack>, offset: u64) -> PackPosition {
        let at = Arc::as_ptr(pack) as usize;
        self.packs.entry(at).or_insert_with(|| pack.clone());
        (at, offset)
    }

    fn get(&mut self, pack: &Arc<Pack>, offset: u64) -> std::result::Result<Option<DecodedBase>, Corrupt> {
        let place = (Arc::as_ptr(pack) as usize, offset);
        if self.broken.contains(&place) {
            Err("its chain of deltas is broken")
        } else {
            Ok(self.decoded.get(&place).cloned())
        }
    }

    fn keep(&mut self, pack: &Arc<Pack>, offset: u64, kind: Kind, content: &Arc<Vec<u8>>) {
        if self.bytes + content.len() > KEPT {
            self.decoded.clear();
            self.bytes = 0;
        }
        let place = self.place(pack, offset);
        if content.len() <= KEPT / 4 && self.decoded.insert(place, (kind, content.clone())).is_none() {
            self.bytes += content.len();
        }
    }
}

impl Packs {
    /// Lists the packs of all directories; those of `known` that are still there stay open.
    fn list(directories: &[PathBuf], hash: Hash, known: &[Arc<Listed>]) -> Self {
        let known: HashMap<&Path, &Arc<Listed>> = known.iter().map(|pack| (&*pack.path, pack)).collect();
        let mut packs = Self::default();
        for directory in directories {
            packs.list_in(&directory.join("pack"), hash, &known).unwrap_or_else(|error| packs.errors.push(error));
        }
        packs
    }

    fn list_in(&mut self, directory: &Path, hash: Hash, known: &HashMap<&Path, &Arc<Listed>>) -> Result<()> {
        let failed = |why: std::io::Error| Error::new("list packs in", directory.display(), regular_file::why(&why));
        let files = match fs::read_dir(directory) {
            Ok(files) => files,
            Err(why) if regular_file::is_absent(&why) => return Ok(()),
            Err(why) => return Err(failed(why)),
        };
        let mut paths = files.map(|file| Ok(file.map_err(failed)?.path())).collect::<Result<Vec<PathBuf>>>()?;
        paths.sort();
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
            self.list.push(Arc::new(Listed { path: path.clone(), index: Mutex::new(index), opened: OnceLock::new() }));
        }
        Ok(())
    }
}

impl Listed {
    fn open(&self, hash: Hash) -> Result<Arc<Pack>> {
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

/// What is said of an object whose content has another hash.
pub(crate) const MISNAMED: Corrupt = "its content does not match its id";

/// The error for an object of which no copy can be read.
pub(crate) fn unreadable(id: &Id, why: Corrupt) -> Error {
    Error::new("read object", id, why).hint("run `git fsck` there and fetch it again")
}
