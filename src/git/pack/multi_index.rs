//! The `multi-pack-index`: one sorted list of the objects in many packs.
//!
//! Packs usually also have an `.idx`, which is faster to read; this is used for packs without one.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use bstr::ByteSlice as _;

use super::super::id::{Hash, Id};
use super::super::map::{CUT_SHORT, map};
use super::super::numbers::be32;
use super::PackIndex;
use crate::core::error::{Error, Result};
use crate::core::regular_file::{self, Links, SMALL};

/// The indexes of the packs in a directory, by their file names without extension, as given by a `multi-pack-index`
/// or a chain of them.
pub(crate) fn read(directory: &Path, hash: Hash) -> Result<HashMap<String, PackIndex>> {
    let mut indexes = HashMap::new();
    // Pack numbers count through the whole chain.
    let mut names = Vec::new();
    for path in layers(directory)? {
        let failed = |why: &str| {
            Error::new("read", path.display(), why).hint("run `git multi-pack-index write` there to make it again")
        };
        let file = match map(&path) {
            Ok(file) => file,
            Err(why) if regular_file::is_absent(&why) => continue,
            Err(why) => return Err(failed(&regular_file::system_text(&why))),
        };
        let lists = objects(&file, hash, &mut names).map_err(failed)?;
        if file.is_cut_short() {
            return Err(failed(CUT_SHORT));
        }
        for (pack, list) in lists {
            let name: &String = &names[pack as usize];
            indexes.insert(name.clone(), PackIndex::of_list(list.into_iter(), hash));
        }
    }
    Ok(indexes)
}

/// The file, or the files of a chain, the oldest first.
fn layers(directory: &Path) -> Result<Vec<PathBuf>> {
    let chained = directory.join("multi-pack-index.d");
    let chain = regular_file::read(&chained.join("multi-pack-index-chain"), Links::Follow, SMALL)?.unwrap_or_default();
    let layer = |line: &[u8]| {
        let id = Id::from_hex(line.trim_ascii())?;
        Some(chained.join(format!("multi-pack-index-{id}.midx")))
    };
    Ok(std::iter::once(directory.join("multi-pack-index")).chain(chain.lines().filter_map(layer)).collect())
}

pub(crate) type Lists = HashMap<u32, Vec<(Id, u64)>>;

/// The ids and offsets of each pack's objects. The names of further packs are added to `names`.
pub(crate) fn objects(file: &[u8], hash: Hash, names: &mut Vec<String>) -> std::result::Result<Lists, &'static str> {
    const SHORT: &str = "it is too short";
    let header = file.first_chunk::<12>().ok_or(SHORT)?;
    let [b'M', b'I', b'D', b'X', 1 | 2, format, chunks, _, ..] = *header else {
        return Err("it is not a multi-pack-index of a known version");
    };
    if format != if hash == Hash::Sha1 { 1 } else { 2 } {
        return Err("its object ids are not the repository's");
    }
    let chunk = |id: &[u8; 4]| (0..usize::from(chunks)).find_map(|at| chunk(file, at, id));
    let known = names.len();
    let packs = chunk(b"PNAM").ok_or("it names no packs")?.split(|&byte| byte == 0).filter(|name| !name.is_empty());
    names.extend(packs.map(|name| Path::new(&*name.to_str_lossy()).file_stem().map(text).unwrap_or_default()));
    if names.len() - known != be32(&header[8..]) as usize {
        return Err("it does not name as many packs as it says");
    }
    let ids = chunk(b"OIDL").ok_or("it lists no objects")?.chunks_exact(hash.width());
    let places = chunk(b"OOFF").ok_or("it lists no offsets")?.chunks_exact(8);
    if ids.len() != places.len() {
        return Err("its lists are not equally long");
    }
    let long = chunk(b"LOFF");
    let mut lists = Lists::new();
    for (id, place) in ids.zip(places) {
        let (pack, short) = (be32(place), be32(&place[4..]));
        let offset = match long {
            Some(long) if short & 0x8000_0000 != 0 => {
                let at = (short & 0x7fff_ffff) as usize * 8;
                let bytes = long.get(at..at + 8).and_then(|bytes| bytes.first_chunk()).ok_or(SHORT)?;
                u64::from_be_bytes(*bytes)
            }
            _ => short.into(),
        };
        if pack as usize >= names.len() {
            return Err("it counts more packs than it names");
        }
        lists.entry(pack).or_default().push((Id::from_bytes(id).ok_or(SHORT)?, offset));
    }
    // Each list must be sorted for searching.
    lists.values_mut().for_each(|list| list.sort_unstable());
    Ok(lists)
}

fn text(name: &OsStr) -> String {
    name.to_string_lossy().into_owned()
}

/// The content of a chunk, if entry `at` of the table of contents has this id. The next entry gives its end.
fn chunk<'a>(file: &'a [u8], at: usize, id: &[u8; 4]) -> Option<&'a [u8]> {
    let entry = |at: usize| file.get(12 + at * 12..12 + (at + 1) * 12);
    let offset = |at: usize| {
        let bytes = entry(at)?.last_chunk::<8>()?;
        usize::try_from(u64::from_be_bytes(*bytes)).ok()
    };
    if !entry(at)?.starts_with(id) {
        return None;
    }
    file.get(offset(at)?..offset(at + 1)?)
}
