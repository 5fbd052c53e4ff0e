//! Objects by name, loose or packed.
//!
//! Which come first is guessed from where the last one was: after a clone all is packed, and each look for a
//! loose file costs more than one into a pack.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Id;
use super::id::Hash;
use super::inflate;
use super::pack::Pack;
use super::repository::Repository;
use crate::core::error::{Error, Result};
use crate::core::regular_file::{self, Links};
use bstr::ByteSlice;

/// The compressed form of a loose object may be this long.
const LARGEST_LOOSE: u64 = 4 << 30;

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A commit.
    Commit,
    /// A directory.
    Tree,
    /// Content.
    Blob,
    /// An annotated tag.
    Tag,
}

/// An object, or that it is not here.
type Found = std::result::Result<Option<(Kind, Vec<u8>)>, String>;

/// The object database: a directory and its alternates.
#[derive(Debug)]
pub struct Objects {
    dirs: Vec<PathBuf>,
    packs: OnceLock<Vec<Pack>>,
    packed_last: AtomicBool,
    hash: Hash,
}

impl Objects {
    /// The directories in which objects are looked for.
    pub fn dirs(&self) -> impl Iterator<Item = &Path> {
        self.dirs.iter().map(PathBuf::as_path)
    }

    /// Opens nothing but the lists of alternates.
    pub fn open(repository: &Repository) -> Result<Self> {
        let directories = repository.object_directories();
        if let Some(error) = directories.errors.into_iter().next() {
            return Err(error);
        }
        let dirs = directories.list;
        Ok(Self { dirs, packs: OnceLock::new(), packed_last: AtomicBool::new(false), hash: repository.hash })
    }

    /// What names the objects here.
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// The object's kind and bytes; `None` if it is not here.
    pub fn find(&self, id: Id) -> Result<Option<(Kind, Vec<u8>)>> {
        let broken = |why: String| {
            Error::new("read object", id, why).hint("`git fsck` says what else is damaged; fetch the object again")
        };
        let packed_first = self.packed_last.load(Ordering::Relaxed);
        for packed in [packed_first, !packed_first] {
            let found = if packed { self.packed(id) } else { self.loose(id) };
            if let Some(found) = found.map_err(broken)? {
                self.packed_last.store(packed, Ordering::Relaxed);
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn packed(&self, id: Id) -> Found {
        for pack in self.packs() {
            if let Some(offset) = pack.offset_of(id)? {
                return pack.read(offset, &|base| self.find(base).ok().flatten()).map(Some);
            }
        }
        Ok(None)
    }

    fn loose(&self, id: Id) -> Found {
        for dir in &self.dirs {
            if let Some(found) = loose(dir, id)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The bytes of an object that must be here and of this kind.
    pub fn read(&self, id: Id, kind: Kind) -> Result<Vec<u8>> {
        match self.find(id)? {
            Some((found, bytes)) if found == kind => Ok(bytes),
            Some((found, _)) => Err(Error::new("read object", id, format!("it is a {found:?}, not a {kind:?}"))),
            None => Err(Error::new("read object", id, "it is not in the repository")
                .hint("in a partial clone, `git fetch` or `git checkout` brings it; otherwise see `git fsck`")),
        }
    }

    fn packs(&self) -> &[Pack] {
        self.packs.get_or_init(|| {
            let mut packs = Vec::new();
            for dir in &self.dirs {
                let Ok(entries) = fs::read_dir(dir.join("pack")) else { continue };
                let mut names: Vec<PathBuf> = entries
                    .flatten()
                    .map(|entry| entry.path())
                    .filter(|path| path.extension().is_some_and(|extension| extension == "idx"))
                    .collect();
                names.sort();
                packs.extend(names.into_iter().map(|name| Pack::new(name, self.hash)));
            }
            packs
        })
    }
}

fn loose(dir: &Path, id: Id) -> Found {
    let hex = id.to_string();
    let (first, rest) = hex.split_at(2);
    let file = match regular_file::open(&dir.join(first).join(rest), Links::Follow) {
        Ok(file) => file,
        Err(error) if regular_file::is_absent(&error) => return Ok(None),
        Err(error) => return Err(regular_file::why(&error)),
    };
    let data = regular_file::read_all(&file, LARGEST_LOOSE).map_err(|error| regular_file::why(&error))?;
    decode_loose(&data).map(Some)
}

fn decode_loose(data: &[u8]) -> std::result::Result<(Kind, Vec<u8>), String> {
    let mut bytes = inflate::all(data)?;
    let broken = || "its header is broken".to_owned();
    let head = &bytes[..bytes.len().min(64)];
    let (header, _) = head.split_once_str("\0").ok_or_else(broken)?;
    let (kind, size) = header.split_once_str(" ").ok_or_else(broken)?;
    let kind = match kind {
        b"commit" => Kind::Commit,
        b"tree" => Kind::Tree,
        b"blob" => Kind::Blob,
        b"tag" => Kind::Tag,
        _ => return Err(broken()),
    };
    let size: usize = size.to_str().ok().and_then(|size| size.parse().ok()).ok_or_else(broken)?;
    bytes.drain(..header.len() + 1);
    if bytes.len() == size { Ok((kind, bytes)) } else { Err("it is not as long as it says".into()) }
}
