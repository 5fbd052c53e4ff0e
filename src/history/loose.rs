//! Loose objects: one zlib file each.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::oid::{Kind, Oid};
use super::pack::delta::Corrupt;
use super::pack::inflate::Inflater;
use super::pack_walk::LARGEST;
use crate::core::regular_file::{self, Links};

/// Where a directory keeps an object.
pub(super) fn path(directory: &Path, oid: &Oid) -> PathBuf {
    let name = oid.to_string();
    let (fan, rest) = name.split_at(2);
    directory.join(fan).join(rest)
}

/// The ids of all loose objects of a directory, sorted.
pub(super) fn list(directory: &Path) -> Vec<Oid> {
    let mut ids: Vec<Oid> = (0..=255_u8).flat_map(|first| list_fan(directory, &format!("{first:02x}"))).collect();
    ids.sort_unstable();
    ids
}

/// The ids of a directory that start with these hexadecimal digits (at least two).
pub(super) fn with_prefix(directory: &Path, digits: &str) -> Vec<Oid> {
    let Some(fan) = digits.get(..2) else { return Vec::new() };
    let mut ids = list_fan(directory, fan);
    ids.retain(|oid| oid.to_string().starts_with(digits));
    ids
}

fn list_fan(directory: &Path, fan: &str) -> Vec<Oid> {
    let Ok(files) = fs::read_dir(directory.join(fan)) else { return Vec::new() };
    let id = |file: fs::DirEntry| Oid::from_hex(format!("{fan}{}", file.file_name().to_str()?).as_bytes());
    files.filter_map(|file| id(file.ok()?)).collect()
}

/// Reads an object; `None` if the directory does not have it.
pub(super) fn read(inflater: &mut Inflater, directory: &Path, oid: &Oid) -> Result<Option<(Kind, Vec<u8>)>, Corrupt> {
    let file = match regular_file::open(&path(directory, oid), Links::Follow) {
        Ok(file) => file,
        Err(why) if regular_file::is_absent(&why) => return Ok(None),
        Err(why) if why.kind() == ErrorKind::PermissionDenied => return Err("permission denied"),
        Err(_) => return Err("it is no regular file that can be read"),
    };
    let file = regular_file::read_all(&file, LARGEST).map_err(|_| "its file cannot be read")?;
    parse(inflater.inflate_unsized(&file)?).map(Some)
}

/// Splits `blob 12\0…` and checks the length.
fn parse(mut bytes: Vec<u8>) -> Result<(Kind, Vec<u8>), Corrupt> {
    const BROKEN: Corrupt = "its loose file has a broken header";
    let end = memchr::memchr(0, &bytes[..bytes.len().min(32)]).ok_or(BROKEN)?;
    let mut words = bytes[..end].split(|&byte| byte == b' ');
    let kind = words.next().and_then(Kind::from_word).ok_or(BROKEN)?;
    let size: usize = words.next().and_then(|size| std::str::from_utf8(size).ok()?.parse().ok()).ok_or(BROKEN)?;
    if words.next().is_some() || bytes.len() - end - 1 != size {
        return Err(BROKEN);
    }
    bytes.drain(..=end);
    Ok((kind, bytes))
}
