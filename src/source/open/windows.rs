//! Directories by their paths, because the standard library cannot open a name relative to a directory handle on this
//! platform.
//!
//! Before each step the path is checked for a link (a symbolic link or a junction). If somebody with the privilege to
//! create links swaps the directory between the check and the opening, the link is followed.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use bstr::{BStr, BString};

use super::{FileKind, OpenFile, Refused};
use crate::core::path_bytes;
use crate::core::regular_file::Links;

/// A directory, relative to which entries are opened.
pub(in crate::source) type Handle = PathBuf;
/// A borrowed handle.
pub(in crate::source) type Parent<'a> = &'a Path;

/// A directory that is being listed.
#[derive(Debug)]
pub(in crate::source) struct Listing {
    path: PathBuf,
}

impl Listing {
    /// Borrows the handle.
    pub(in crate::source) fn fd(&self) -> io::Result<Parent<'_>> {
        Ok(&self.path)
    }
}

/// The current directory.
pub(in crate::source) fn here() -> Parent<'static> {
    Path::new("")
}

/// Borrows a handle.
pub(in crate::source) fn parent(handle: &Handle) -> Parent<'_> {
    handle
}

pub(super) fn listing(handle: Handle) -> io::Result<Listing> {
    Ok(Listing { path: handle })
}

/// A second handle of a directory that is being listed.
pub(in crate::source) fn duplicate(listing: &Listing) -> io::Result<Handle> {
    Ok(listing.path.clone())
}

/// Opens a regular file in a directory.
pub(in crate::source) fn file(parent: Parent<'_>, name: &BStr, links: Links) -> Result<OpenFile, Refused> {
    let path = parent.join(path_bytes::path(name));
    match at(&path, links)? {
        FileKind::Regular => Ok(OpenFile::of(File::open(&path)?)?),
        kind => Err(Refused::Kind(kind)),
    }
}

/// The target of a symbolic link; `None` if the link no longer exists.
pub(in crate::source) fn target(parent: Parent<'_>, name: &BStr) -> Option<Vec<u8>> {
    let target = fs::read_link(parent.join(path_bytes::path(name))).ok()?;
    Some(path_bytes::bytes(target).into())
}

pub(super) fn step(parent: Parent<'_>, name: &[u8]) -> Result<Handle, Refused> {
    let path = parent.join(path_bytes::path(name));
    match at(&path, Links::Refuse)? {
        FileKind::Directory => Ok(path),
        FileKind::Regular => Err(io::Error::from(io::ErrorKind::NotADirectory).into()),
        kind => Err(Refused::Kind(kind)),
    }
}

fn at(path: &Path, links: Links) -> io::Result<FileKind> {
    let metadata = if links == Links::Refuse { fs::symlink_metadata(path)? } else { fs::metadata(path)? };
    Ok(file_kind(metadata.file_type()))
}

/// The type of a path.
pub(in crate::source) fn kind(path: &BStr, links: Links) -> io::Result<FileKind> {
    at(&path_bytes::path(path), links)
}

pub(super) fn list(listing: &mut Listing) -> io::Result<Vec<(BString, FileKind)>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(&listing.path)? {
        let entry = entry?;
        entries.push((path_bytes::bytes(entry.file_name()), file_kind(entry.file_type()?)));
    }
    Ok(entries)
}

fn file_kind(kind: fs::FileType) -> FileKind {
    if kind.is_symlink() {
        FileKind::Symlink
    } else if kind.is_dir() {
        FileKind::Directory
    } else if kind.is_file() {
        FileKind::Regular
    } else {
        FileKind::Other
    }
}

pub(super) fn read(mut file: &File, buffer: &mut Vec<u8>) -> io::Result<usize> {
    let start = buffer.len();
    buffer.resize(buffer.capacity(), 0);
    let read = file.read(&mut buffer[start..]);
    buffer.truncate(start + read.as_ref().map_or(0, |&read| read));
    read
}

/// Holes are read as zeros.
pub(super) fn next_part(open: &OpenFile, at: u64) -> io::Result<Option<std::ops::Range<u64>>> {
    Ok((at < open.size).then_some(at..open.size))
}
