//! Opening files and directories that another process may be changing: without blocking on a FIFO, following a link
//! that replaced a file, or opening a device.
//!
//! The platform-specific code is in [`system`]. On Unix each file and directory is opened by its name, relative to
//! the handle of the directory that listed it.

use std::io;

use bstr::{BStr, BString};

use crate::core::error::Error;
use crate::core::regular_file::{self, Links};

#[cfg(unix)]
#[path = "unix.rs"]
mod system;
#[cfg(not(unix))]
#[path = "windows.rs"]
mod system;

pub(super) use system::{Handle, Listing, Parent, duplicate, file, here, kind, parent, target};

/// An open regular file, and its size when it was opened.
#[derive(Debug)]
pub(super) struct OpenFile {
    /// The file.
    pub(super) file: std::fs::File,
    /// The size in bytes; 0 for files without a size, such as those in `/proc`.
    pub(super) size: u64,
    /// Whether it may have holes, which read as zeros.
    pub(super) is_sparse: bool,
}

impl OpenFile {
    /// The next range with data at or after byte `at`, and moves the read position to it; `None` if there is none.
    pub(super) fn next_part(&self, at: u64) -> io::Result<Option<std::ops::Range<u64>>> {
        system::next_part(self, at)
    }

    /// Takes a file that was opened elsewhere.
    pub(super) fn of(file: std::fs::File) -> io::Result<Self> {
        let size = file.metadata()?.len();
        Ok(Self { file, size, is_sparse: false })
    }

    /// Appends what one read returns, at most the spare capacity of the buffer; returns 0 at the end.
    pub(super) fn read(&self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        if buffer.len() == buffer.capacity() {
            buffer.reserve(1);
        }
        system::read(&self.file, buffer)
    }

    /// A second handle of the file, at its start.
    pub(super) fn again(&self) -> io::Result<std::fs::File> {
        let mut file = self.file.try_clone()?;
        io::Seek::rewind(&mut file)?;
        Ok(file)
    }
}

/// The type of a directory entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(unix), allow(dead_code, reason = "not every system has every kind"))]
pub(super) enum FileKind {
    /// A regular file.
    Regular,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A named pipe.
    Fifo,
    /// A Unix-domain socket.
    Socket,
    /// A block or character device.
    Device,
    /// Anything else.
    Other,
}

/// Why something was not opened.
#[derive(Debug)]
pub(super) enum Refused {
    /// It has a different type than expected.
    Kind(FileKind),
    /// The system returned an error.
    System(io::Error),
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

/// Opens a directory for listing. No link is followed below `parent`: each component is opened relative to the one
/// before.
pub(super) fn directory(parent: Parent<'_>, path: &BStr) -> Result<Listing, Refused> {
    let mut names = path.split(|&byte| byte == b'/').filter(|name| !name.is_empty());
    let mut opened = system::step(parent, names.next().unwrap_or(b"."))?;
    for name in names {
        opened = system::step(system::parent(&opened), name)?;
    }
    Ok(system::listing(opened)?)
}

/// Opens a directory that a user named, by its absolute path.
pub(super) fn named_directory(path: &BStr) -> Result<Listing, Refused> {
    Ok(system::listing(system::step(here(), path)?)?)
}

/// The names and types of a directory's entries, in the order of the file system, without `.` and `..`.
pub(super) fn list(listing: &mut Listing) -> io::Result<Vec<(BString, FileKind)>> {
    system::list(listing)
}

/// Reads a small regular file such as `.gitignore`; `None` if it does not exist, is not a regular file, or is larger
/// than 16 MiB.
pub(super) fn small(path: &BStr) -> crate::Result<Option<Vec<u8>>> {
    small_in(here(), path, path)
}

/// The same for a file in a directory; `shown` is its name in messages.
pub(super) fn small_in(parent: Parent<'_>, name: &BStr, shown: &BStr) -> crate::Result<Option<Vec<u8>>> {
    match file(parent, name, Links::Refuse) {
        Ok(open) => match regular_file::read_all(&open.file, regular_file::SMALL) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => Ok(None),
            Err(error) => Err(Error::io("read", shown, error)),
        },
        Err(Refused::System(error)) if !regular_file::is_absent(&error) => Err(Error::io("read", shown, error)),
        Err(_) => Ok(None),
    }
}

/// The reason for skipping an entry of this type.
pub(super) fn reason(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Symlink => "symlink",
        FileKind::Fifo => "fifo",
        FileKind::Socket => "socket",
        FileKind::Device => "device",
        FileKind::Directory => "directory",
        FileKind::Regular | FileKind::Other => "not a file",
    }
}

/// The system's error text in lower case, without its number.
pub(super) fn why(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::NotFound { "it does not exist".into() } else { regular_file::system_text(error) }
}
