//! Reading files that keysweep needs for itself: configuration, ignore files, baselines, git's own files.
//!
//! An untrusted person may have put anything in place of such a file, so only regular files are read: a FIFO does not
//! block the run, and a device or endless file does not fill memory. A symbolic link is followed only if the caller
//! allows it. A file that exists and cannot be read is an error; `None` means that it does not exist.

use std::fs::{File, FileType, OpenOptions};
use std::io::{self, ErrorKind, Read as _};
use std::path::Path;

use crate::core::error::{Error, Result};

pub use crate::core::error::system_text;

/// A size limit in bytes (16 MiB) that is enough for any file written by a person.
pub const SMALL: u64 = 16 << 20;

/// What to do if the last component of the path is a symbolic link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Links {
    /// Follow it: a user named the path, or git follows it too.
    Follow,
    /// It is an error: the file belongs to the scanned content, and so would the link.
    Refuse,
}

/// Reads a whole regular file; `None` if it does not exist. A file longer than `limit` bytes is an error.
pub fn read(path: &Path, links: Links, limit: u64) -> Result<Option<Vec<u8>>> {
    match open(path, links).and_then(|file| read_all(&file, limit)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(Error::io("read", path.display(), error)),
    }
}

/// Opens a regular file without blocking. For anything else the error says what it is (a directory, a FIFO, ...).
pub fn open(path: &Path, links: Links) -> io::Result<File> {
    let file = system::open(path, links).map_err(|error| refused(path, links, error))?;
    let kind = file.metadata()?.file_type();
    if kind.is_file() { Ok(file) } else { Err(not_a_file(kind)) }
}

/// Opens a file to append to it, or creates it. A FIFO that nobody reads is an error and is not waited for.
pub fn open_to_append(path: &Path) -> io::Result<File> {
    system::open_to_append(path).map_err(|error| refused(path, Links::Follow, error))
}

/// Reads the rest of an open file. More than `limit` bytes are an error.
pub fn read_all(file: &File, limit: u64) -> io::Result<Vec<u8>> {
    let too_long = || io::Error::new(ErrorKind::FileTooLarge, format!("it is longer than {limit} bytes"));
    let size = file.metadata()?.len();
    if size > limit {
        return Err(too_long());
    }
    // One byte more than the size, so that one call reads the content and also sees the end of the file.
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0).saturating_add(1));
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit { Err(too_long()) } else { Ok(bytes) }
}

/// Whether the error says that the file does not exist (as opposed to: it cannot be read).
pub fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Makes the reason clear on systems whose error does not: on Windows, opening a directory is "denied".
fn refused(path: &Path, links: Links, error: io::Error) -> io::Error {
    if is_absent(&error) || (cfg!(unix) && error.kind() == ErrorKind::PermissionDenied) {
        return error;
    }
    let found = if links == Links::Refuse { path.symlink_metadata() } else { path.metadata() };
    match found {
        Ok(found) if !found.is_file() => not_a_file(found.file_type()),
        _ => error,
    }
}

fn not_a_file(kind: FileType) -> io::Error {
    let is = if kind.is_dir() {
        return io::Error::new(ErrorKind::IsADirectory, "it is a directory");
    } else if kind.is_symlink() {
        "a symbolic link"
    } else {
        system::name(kind)
    };
    io::Error::other(format!("it is {is}, not a regular file"))
}

#[cfg(unix)]
mod system {
    use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};

    use rustix::fs::{OFlags, fcntl_setfl};

    use super::{File, FileType, Links, OpenOptions, Path, io};

    /// With `O_NONBLOCK` opening a FIFO returns at once, so that it can be refused.
    pub(super) fn open(path: &Path, links: Links) -> io::Result<File> {
        let mut flags = OFlags::NONBLOCK | OFlags::NOCTTY;
        if links == Links::Refuse {
            flags |= OFlags::NOFOLLOW;
        }
        OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)
    }

    /// With `O_NONBLOCK` opening a FIFO without a reader fails; writing to one with a reader may wait for it.
    pub(super) fn open_to_append(path: &Path) -> io::Result<File> {
        let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = OpenOptions::new().append(true).create(true).custom_flags(flags.bits().cast_signed()).open(path)?;
        fcntl_setfl(&file, OFlags::APPEND)?;
        Ok(file)
    }

    pub(super) fn name(kind: FileType) -> &'static str {
        if kind.is_fifo() {
            "a FIFO"
        } else if kind.is_socket() {
            "a socket"
        } else {
            "a device"
        }
    }
}

#[cfg(not(unix))]
mod system {
    use super::{File, FileType, Links, OpenOptions, Path, io, not_a_file};

    /// There are no FIFOs in directories on this platform, so only links have to be checked.
    pub(super) fn open(path: &Path, links: Links) -> io::Result<File> {
        if links == Links::Refuse {
            let kind = path.symlink_metadata()?.file_type();
            if kind.is_symlink() {
                return Err(not_a_file(kind));
            }
        }
        OpenOptions::new().read(true).open(path)
    }

    pub(super) fn open_to_append(path: &Path) -> io::Result<File> {
        OpenOptions::new().append(true).create(true).open(path)
    }

    pub(super) fn name(_: FileType) -> &'static str {
        "a device"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_absent_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::write(at("file"), b"content").unwrap();
        std::fs::create_dir(at("directory")).unwrap();
        let read = |name: &str, limit| read(&at(name), Links::Follow, limit).map_err(|error| error.to_string());
        assert_eq!(read("file", 7), Ok(Some(b"content".to_vec())));
        assert_eq!(read("absent", 7), Ok(None));
        assert_eq!(read("file/below", 7), Ok(None));
        assert!(read("file", 6).unwrap_err().contains("longer than 6 bytes"));
        assert!(read("directory", 6).unwrap_err().contains("it is a directory"));
    }

    #[test]
    #[cfg(all(unix, not(target_vendor = "apple")))]
    fn nothing_but_a_regular_file_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::write(at("file"), b"content").unwrap();
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mknodat(rustix::fs::CWD, at("fifo"), rustix::fs::FileType::Fifo, mode, 0).unwrap();
        std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        for (name, target) in
            [("link", "file"), ("to-fifo", "fifo"), ("to-zero", "/dev/zero"), ("dangling", "none"), ("loop", "loop")]
        {
            std::os::unix::fs::symlink(target, at(name)).unwrap();
        }
        for (name, links, expected) in [
            ("fifo", Links::Follow, Err("a FIFO")),
            ("fifo", Links::Refuse, Err("a FIFO")),
            ("to-fifo", Links::Follow, Err("a FIFO")),
            ("to-zero", Links::Follow, Err("a device")),
            ("socket", Links::Follow, Err("a socket")),
            ("link", Links::Follow, Ok(Some(b"content".to_vec()))),
            ("link", Links::Refuse, Err("a symbolic link")),
            ("dangling", Links::Follow, Ok(None)),
            ("dangling", Links::Refuse, Err("a symbolic link")),
            ("loop", Links::Follow, Err("symbolic link")),
        ] {
            match (read(&at(name), links, SMALL), expected) {
                (Ok(content), Ok(wanted)) => assert_eq!(content, wanted, "{name}"),
                (Err(error), Err(words)) => assert!(error.to_string().contains(words), "{name}: {error}"),
                (got, _) => panic!("{name}: {got:?}"),
            }
        }
    }
}
