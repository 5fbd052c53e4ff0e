//! The cache of `--cache`: ids of blobs in which the policy found nothing, kept from run to run.
//!
//! An id stands for its content, so a cache serves every repository; its file name stands for the version and the rules.
//! Blobs with findings are not in it: they are scanned again, and no secret is written anywhere.
//!
//! **No id is added, and no blob is skipped for its id, unless its content was hashed**: whoever makes a repository can
//! store any content under any id. Hashing all blobs in each run would save no time. So a pack of which all blobs were
//! checked is remembered too, by the hash of all of its bytes and of its index, which is a tenth of the work and less. In
//! any other pack everything is scanned and checked anew.

use std::collections::HashSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::core::error::{Error, Result};
use crate::core::regular_file::{self, Links};
use crate::git::Id;
use crate::git::id::Hash;
use crate::rule::RuleSet;

const HEADER: &[u8] = b"keysweep clean blobs 2\n";
/// The file may be this long: some hundred million ids.
const LONGEST: u64 = 4 << 30;

/// The blobs that earlier runs found clean, and the packs that they checked.
pub(super) struct Cache {
    file: PathBuf,
    hash: Hash,
    blobs: HashSet<Id>,
    packs: HashSet<[u8; 32]>,
    is_new: bool,
}

impl Cache {
    /// Reads the cache for these rules from a directory.
    pub(super) fn open(directory: &Path, rules: &RuleSet, hash: Hash) -> Self {
        let file = directory.join(format!("{}-{}.blobs", rules_identity(rules), hash.width() * 8));
        let mut cache = Self { file, hash, blobs: HashSet::new(), packs: HashSet::new(), is_new: false };
        let bytes = regular_file::read(&cache.file, Links::Follow, LONGEST).ok().flatten().unwrap_or_default();
        // A file that is cut short or strange is begun anew: it only ever saves time.
        if cache.parse(&bytes).is_none() {
            cache.blobs.clear();
            cache.packs.clear();
        }
        cache
    }

    /// Parses a file: the number of packs, their hashes, the blobs' ids.
    fn parse(&mut self, bytes: &[u8]) -> Option<()> {
        let (count, rest) = bytes.strip_prefix(HEADER)?.split_first_chunk::<8>()?;
        let packs = usize::try_from(u64::from_le_bytes(*count)).ok()?.checked_mul(32)?;
        let (packs, blobs) = rest.split_at_checked(packs)?;
        self.packs = packs.as_chunks().0.iter().copied().collect();
        let ids = blobs.chunks_exact(self.hash.width());
        let is_whole = ids.remainder().is_empty();
        self.blobs = ids.filter_map(Id::from_bytes).collect();
        is_whole.then_some(())
    }

    /// Whether an earlier run found nothing in the content with this id.
    pub(super) fn has(&self, id: &Id) -> bool {
        self.blobs.contains(id)
    }

    /// Whether an earlier run checked the ids of all blobs in the pack with this hash.
    pub(super) fn has_checked(&self, pack: &[u8; 32]) -> bool {
        self.packs.contains(pack)
    }

    /// Adds blobs whose ids were checked.
    pub(super) fn add(&mut self, clean: impl IntoIterator<Item = Id>) {
        let before = self.blobs.len();
        self.blobs.extend(clean);
        self.is_new |= self.blobs.len() > before;
    }

    /// Adds packs, by their hashes, of which the ids of all blobs were checked.
    pub(super) fn add_packs(&mut self, packs: impl IntoIterator<Item = [u8; 32]>) {
        for pack in packs {
            self.is_new |= self.packs.insert(pack);
        }
    }

    /// Writes the file, under another name first so that no run reads half of it.
    pub(super) fn write(&self) -> Result<()> {
        if !self.is_new {
            return Ok(());
        }
        let mut ids: Vec<&Id> = self.blobs.iter().collect();
        ids.sort_unstable();
        let mut packs: Vec<&[u8; 32]> = self.packs.iter().collect();
        packs.sort_unstable();
        let failed = |why: std::io::Error| {
            Error::new("write cache", self.file.display(), why).hint("give another directory to --cache=DIR")
        };
        let directory = self.file.parent().unwrap_or(Path::new(""));
        fs::create_dir_all(directory).map_err(failed)?;
        let temporary = self.file.with_extension(format!("{}.tmp", std::process::id()));
        let write = || {
            let mut out = std::io::BufWriter::new(fs::File::create(&temporary)?);
            out.write_all(HEADER)?;
            out.write_all(&(packs.len() as u64).to_le_bytes())?;
            packs.iter().try_for_each(|pack| out.write_all(&pack[..]))?;
            ids.iter().try_for_each(|id| out.write_all(id.as_bytes()))?;
            out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
            fs::rename(&temporary, &self.file)
        };
        write().map_err(|why| {
            let _ = fs::remove_file(&temporary);
            failed(why)
        })
    }
}

/// A hash of the version and of all properties of the rules.
pub fn rules_identity(rules: &RuleSet) -> String {
    let mut hash = Sha256::new();
    hash.update(env!("CARGO_PKG_VERSION"));
    for compiled in rules.rules() {
        hash.update(format!("{:?}\n", compiled.rule));
    }
    HEXLOWER.encode(&hash.finalize()[..12])
}

/// The user's cache directory for keysweep, by the variables of the environment; `None` if they name none.
pub fn user_directory(variable: impl Fn(&str) -> Option<std::ffi::OsString>) -> Option<PathBuf> {
    let path = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = path("XDG_CACHE_HOME").or_else(|| {
        if cfg!(windows) {
            return path("LOCALAPPDATA");
        }
        let home = path("HOME")?;
        Some(if cfg!(target_os = "macos") { home.join("Library/Caches") } else { home.join(".cache") })
    });
    base.map(|base| base.join("keysweep"))
}
