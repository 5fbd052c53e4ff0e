//! Handles of directories and files on Unix.

use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use bstr::{BStr, BString, ByteSlice as _};
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::{FileKind, OpenFile, Refused};
use crate::core::regular_file::Links;

/// An open directory, relative to which entries are opened.
pub(in crate::source) type Handle = OwnedFd;
/// A borrowed handle.
pub(in crate::source) type Parent<'a> = BorrowedFd<'a>;
/// An open directory that is being listed.
pub(in crate::source) type Listing = Dir;

/// In files smaller than this, in bytes, holes are read like data.
const WORTH_SEEKING: u64 = 1 << 20;

/// The current directory.
pub(in crate::source) fn here() -> Parent<'static> {
    CWD
}

/// Borrows a handle.
pub(in crate::source) fn parent(handle: &Handle) -> Parent<'_> {
    handle.as_fd()
}

pub(super) fn listing(handle: Handle) -> io::Result<Listing> {
    Ok(Dir::new(handle)?)
}

/// A second handle of a directory that is being listed.
pub(in crate::source) fn duplicate(listing: &Listing) -> io::Result<Handle> {
    Ok(rustix::io::fcntl_dupfd_cloexec(listing.fd()?, 0)?)
}

/// Opens a regular file in a directory. `O_NONBLOCK` avoids blocking if a FIFO has replaced it since it was listed.
pub(in crate::source) fn file(parent: Parent<'_>, name: &BStr, links: Links) -> Result<OpenFile, Refused> {
    let mut flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    if links == Links::Refuse {
        flags |= OFlags::NOFOLLOW;
    }
    let fd = rustix::fs::openat(parent, name.as_bytes(), flags, Mode::empty()).map_err(refused)?;
    let stat = rustix::fs::fstat(&fd).map_err(io::Error::from)?;
    match file_kind(FileType::from_raw_mode(stat.st_mode)) {
        FileKind::Regular => {
            let size = u64::try_from(stat.st_size).unwrap_or(0);
            let written = u64::try_from(stat.st_blocks).unwrap_or(0).saturating_mul(512);
            Ok(OpenFile { file: fd.into(), size, is_sparse: size > WORTH_SEEKING && written < size })
        }
        kind => Err(Refused::Kind(kind)),
    }
}

/// The target of a symbolic link; `None` if the link no longer exists.
pub(in crate::source) fn target(parent: Parent<'_>, name: &BStr) -> Option<Vec<u8>> {
    rustix::fs::readlinkat(parent, name.as_bytes(), Vec::new()).ok().map(std::ffi::CString::into_bytes)
}

pub(super) fn step(parent: Parent<'_>, name: &[u8]) -> Result<Handle, Refused> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    rustix::fs::openat(parent, name, flags, Mode::empty()).map_err(|errno| match errno {
        // For a link, some systems only return ENOTDIR.
        Errno::NOTDIR if kind_in(parent, name) == Some(FileKind::Symlink) => Refused::Kind(FileKind::Symlink),
        errno => refused(errno),
    })
}

fn refused(errno: Errno) -> Refused {
    if errno == Errno::LOOP { Refused::Kind(FileKind::Symlink) } else { Refused::System(errno.into()) }
}

fn kind_in(parent: Parent<'_>, name: &[u8]) -> Option<FileKind> {
    let stat = rustix::fs::statat(parent, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
    Some(file_kind(FileType::from_raw_mode(stat.st_mode)))
}

/// The type of a path.
pub(in crate::source) fn kind(path: &BStr, links: Links) -> io::Result<FileKind> {
    let flags = if links == Links::Refuse { AtFlags::SYMLINK_NOFOLLOW } else { AtFlags::empty() };
    let stat = rustix::fs::statat(CWD, path.as_bytes(), flags)?;
    Ok(file_kind(FileType::from_raw_mode(stat.st_mode)))
}

pub(super) fn list(listing: &mut Listing) -> io::Result<Vec<(BString, FileKind)>> {
    let mut entries = Vec::new();
    while let Some(entry) = listing.read() {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if matches!(name, b"." | b"..") {
            continue;
        }
        let kind = match entry.file_type() {
            // Opening it gives the error.
            FileType::Unknown => kind_in(listing.fd()?, name).unwrap_or(FileKind::Regular),
            kind => file_kind(kind),
        };
        entries.push((BString::from(name), kind));
    }
    Ok(entries)
}

fn file_kind(kind: FileType) -> FileKind {
    match kind {
        FileType::RegularFile => FileKind::Regular,
        FileType::Directory => FileKind::Directory,
        FileType::Symlink => FileKind::Symlink,
        FileType::Fifo => FileKind::Fifo,
        FileType::Socket => FileKind::Socket,
        FileType::CharacterDevice | FileType::BlockDevice => FileKind::Device,
        FileType::Unknown => FileKind::Other,
    }
}

pub(super) fn read(file: &std::fs::File, buffer: &mut Vec<u8>) -> io::Result<usize> {
    Ok(rustix::io::retry_on_intr(|| rustix::io::read(file, rustix::buffer::spare_capacity(buffer)))?)
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple", target_os = "freebsd"))]
pub(super) fn next_part(open: &OpenFile, at: u64) -> io::Result<Option<std::ops::Range<u64>>> {
    use rustix::fs::{SeekFrom, seek};
    let start = match seek(&open.file, SeekFrom::Data(at)) {
        Err(Errno::NXIO) => return Ok(None),
        start => start?,
    };
    let end = seek(&open.file, SeekFrom::Hole(start))?;
    seek(&open.file, SeekFrom::Start(start))?;
    Ok(Some(start..end))
}

/// On systems that cannot report holes: the whole rest.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple", target_os = "freebsd")))]
pub(super) fn next_part(open: &OpenFile, at: u64) -> io::Result<Option<std::ops::Range<u64>>> {
    Ok((at < open.size).then_some(at..open.size))
}
