//! Opening a file or directory that somebody else may be changing: never blocks on a FIFO, never follows a link
//! that took a file's place, never touches a device.
//!
//! What differs between systems is in [`system`]: on Unix each file and directory is opened by its name below the
//! handle of the directory that listed it.

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

/// A regular file, opened, and its size at that moment.
#[derive(Debug)]
pub(super) struct OpenFile {
    /// The file.
    pub(super) file: std::fs::File,
    /// In bytes; 0 also for what has no size, such as files of `/proc`.
    pub(super) size: u64,
    /// Whether it may have holes, which nobody wrote and which read as zeros.
    pub(super) is_sparse: bool,
}

impl OpenFile {
    /// The next part at or behind `at` that was written, which is then what is read next; `None` if there is none.
    pub(super) fn next_part(&self, at: u64) -> io::Result<Option<std::ops::Range<u64>>> {
        system::next_part(self, at)
    }

    /// A file that was opened elsewhere.
    pub(super) fn of(file: std::fs::File) -> io::Result<Self> {
        let size = file.metadata()?.len();
        Ok(Self { file, size, is_sparse: false })
    }

    /// Appends what the system gives at once, at most what is left of the buffer's capacity; 0 at the end.
    pub(super) fn read(&self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        if buffer.len() == buffer.capacity() {
            buffer.reserve(1);
        }
        system::read(&self.file, buffer)
    }

    /// The file from its start.
    pub(super) fn again(&self) -> io::Result<std::fs::File> {
        let mut file = self.file.try_clone()?;
        io::Seek::rewind(&mut file)?;
        Ok(file)
    }
}

/// What a name in a directory stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(unix), allow(dead_code, reason = "not every system has every kind"))]
pub(super) enum FileKind {
    /// Content.
    Regular,
    /// Names of others.
    Directory,
    /// Another path.
    Symlink,
    /// A pipe with a name.
    Fifo,
    /// A socket with a name.
    Socket,
    /// A terminal, a disk, `/dev/zero`.
    Device,
    /// Anything else.
    Other,
}

/// Why something is not opened.
#[derive(Debug)]
pub(super) enum Refused {
    /// It is this, and not what was asked for.
    Kind(FileKind),
    /// The system says so.
    System(io::Error),
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

/// Opens a directory for listing. On the way from `parent` to it no link is followed: each step is one name below an
/// opened directory.
pub(super) fn directory(parent: Parent<'_>, path: &BStr) -> Result<Listing, Refused> {
    let mut names = path.split(|&byte| byte == b'/').filter(|name| !name.is_empty());
    let mut opened = system::step(parent, names.next().unwrap_or(b"."))?;
    for name in names {
        opened = system::step(system::parent(&opened), name)?;
    }
    Ok(system::listing(opened)?)
}

/// Opens a directory that somebody named, by its absolute path.
pub(super) fn named_directory(path: &BStr) -> Result<Listing, Refused> {
    Ok(system::listing(system::step(here(), path)?)?)
}

/// The names in a directory and what they are, in the order of the file system, without `.` and `..`.
pub(super) fn list(listing: &mut Listing) -> io::Result<Vec<(BString, FileKind)>> {
    system::list(listing)
}

/// The whole of a small regular file such as `.gitignore`; `None` if it is not there, is none, or is larger than 16 MiB.
pub(super) fn small(path: &BStr) -> crate::Result<Option<Vec<u8>>> {
    small_in(here(), path, path)
}

/// The same of a file in a directory, which messages call `shown`.
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

/// The reason for which something other than a regular file or directory is left out.
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

/// What the system says, in lower case and without its number.
pub(super) fn why(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::NotFound { "it does not exist".into() } else { regular_file::system_text(error) }
}
