//! Loose objects: one zlib file for each, in a directory named by the first byte of the id.

use std::fs;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use super::id::{Hash, Id, Kind};
use super::inflate::{self, Corrupt};
use crate::core::error::{Error, Result};
use crate::core::regular_file::{self, Links};

/// The maximum size of a compressed object in bytes.
const LONGEST: u64 = 4 << 30;
/// The maximum length of a header, `commit 18446744073709551615\0`, with some spare.
const HEADER: usize = 32;

fn path(directory: &Path, id: &Id) -> PathBuf {
    let name = id.to_string();
    let (fan, rest) = name.split_at(2);
    directory.join(fan).join(rest)
}

/// The ids of all loose objects in an object directory, sorted. Errors of directories that cannot be listed are added
/// to `errors`.
pub(crate) fn list(directory: &Path, hash: Hash, errors: &mut Vec<Error>) -> Vec<Id> {
    let mut ids = Vec::new();
    for first in 0..=255_u8 {
        match list_fan(directory, &format!("{first:02x}"), hash) {
            Ok(mut fan) => ids.append(&mut fan),
            Err(error) => errors.push(error),
        }
    }
    ids.sort_unstable();
    ids
}

/// The ids in an object directory that start with these hexadecimal digits (at least two).
pub(crate) fn with_prefix(directory: &Path, digits: &str, hash: Hash) -> Result<Vec<Id>> {
    let Some(fan) = digits.get(..2) else { return Ok(Vec::new()) };
    let mut ids = list_fan(directory, fan, hash)?;
    ids.retain(|id| id.starts_with(digits));
    Ok(ids)
}

fn list_fan(directory: &Path, fan: &str, hash: Hash) -> Result<Vec<Id>> {
    let directory = directory.join(fan);
    let failed =
        |why: &std::io::Error| Error::new("list objects in", directory.display(), regular_file::system_text(why));
    let files = match fs::read_dir(&directory) {
        Ok(files) => files,
        Err(why) if regular_file::is_absent(&why) => return Ok(Vec::new()),
        Err(why) => return Err(failed(&why)),
    };
    let mut ids = Vec::new();
    for file in files {
        let name = file.map_err(|why| failed(&why))?.file_name();
        let id = name.to_str().and_then(|rest| Id::from_hex(format!("{fan}{rest}").as_bytes()));
        // There may also be temporary files of an interrupted write.
        ids.extend(id.filter(|id| id.as_bytes().len() == hash.width()));
    }
    Ok(ids)
}

/// Reads an object; `None` if the directory does not have it. The content is not checked against the id.
pub(crate) fn read(directory: &Path, id: &Id) -> std::result::Result<Option<(Kind, Vec<u8>)>, Corrupt> {
    let file = match regular_file::open(&path(directory, id), Links::Follow) {
        Ok(file) => file,
        Err(why) if regular_file::is_absent(&why) => return Ok(None),
        Err(why) if why.kind() == ErrorKind::PermissionDenied => return Err("permission denied"),
        Err(_) => return Err("it is not a regular file that can be read"),
    };
    let file = regular_file::read_all(&file, LONGEST).map_err(|_| "its file cannot be read")?;
    parse(&file).map(Some)
}

/// Decompresses an object and removes its header `blob 12\0`.
pub(crate) fn parse(file: &[u8]) -> std::result::Result<(Kind, Vec<u8>), Corrupt> {
    // The first attempt succeeds for most objects. For larger ones the header is read first, which has their length.
    let mut bytes = vec![0; file.len().saturating_mul(6).clamp(1 << 12, 1 << 20)];
    if let Some(len) = inflate::at_most(file, &mut bytes)? {
        bytes.truncate(len);
    } else {
        let (_, size, start) = header(&start_of(file))?;
        let len = inflate::plausible(size, file.len())?.saturating_add(start);
        inflate::proportionate(len, 0, || file.len() as u64)?;
        bytes = vec![0; len];
        inflate::into(file, &mut bytes)?;
    }
    let (kind, size, start) = header(&bytes)?;
    if (bytes.len() - start) as u64 != size {
        return Err("it is not as long as its header says");
    }
    bytes.drain(..start);
    Ok((kind, bytes))
}

/// Parses a header: the type, the size, and the offset of the content.
fn header(bytes: &[u8]) -> std::result::Result<(Kind, u64, usize), Corrupt> {
    const BROKEN: Corrupt = "its loose file has a broken header";
    let end = memchr::memchr(0, &bytes[..bytes.len().min(HEADER)]).ok_or(BROKEN)?;
    let mut words = bytes[..end].split(|&byte| byte == b' ');
    let kind = words.next().and_then(Kind::from_word).ok_or(BROKEN)?;
    let size = words.next().and_then(|size| std::str::from_utf8(size).ok()?.parse().ok()).ok_or(BROKEN)?;
    if words.next().is_some() { Err(BROKEN) } else { Ok((kind, size, end + 1)) }
}

/// Decompresses the first bytes of a stream.
fn start_of(stream: &[u8]) -> Vec<u8> {
    let mut start = Vec::new();
    // A corrupt stream gives a short text that is not a header.
    let _ = flate2::read::ZlibDecoder::new(stream).take(HEADER as u64).read_to_end(&mut start);
    start
}
