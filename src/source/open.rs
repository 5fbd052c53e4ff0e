//! Opening a file or directory that somebody else may be changing: never blocks on a FIFO, never follows a link
//! that took a file's place, never touches a device.

use std::os::fd::{AsFd, OwnedFd};

use bstr::{BStr, BString, ByteSlice as _};
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags};
use rustix::io::{Errno, Result};

use crate::core::error::Error;
use crate::core::regular_file::Links;

/// A regular file, opened, and its size at that moment.
#[derive(Debug)]
pub(super) struct OpenFile {
    /// The file.
    pub(super) fd: OwnedFd,
    /// In bytes; 0 also for what has no size, such as files of `/proc`.
    pub(super) size: u64,
    /// Whether it may have holes, which nobody wrote and which read as zeros.
    pub(super) is_sparse: bool,
}

/// Holes of smaller files are read.
const WORTH_SEEKING: u64 = 1 << 20;

impl OpenFile {
    /// The next part at or behind `at` that was written, which is then what is read next; `None` if there is none.
    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple", target_os = "freebsd"))]
    pub(super) fn next_part(&self, at: u64) -> std::io::Result<Option<std::ops::Range<u64>>> {
        use rustix::fs::{SeekFrom, seek};
        let start = match seek(&self.fd, SeekFrom::Data(at)) {
            Err(Errno::NXIO) => return Ok(None),
            start => start?,
        };
        let end = seek(&self.fd, SeekFrom::Hole(start))?;
        seek(&self.fd, SeekFrom::Start(start))?;
        Ok(Some(start..end))
    }

    /// The same where the system does not say: all of the rest.
    #[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple", target_os = "freebsd")))]
    pub(super) fn next_part(&self, at: u64) -> std::io::Result<Option<std::ops::Range<u64>>> {
        Ok((at < self.size).then_some(at..self.size))
    }

    /// A file that was opened elsewhere.
    pub(super) fn of(file: std::fs::File) -> std::io::Result<Self> {
        let size = file.metadata()?.len();
        Ok(Self { fd: file.into(), size, is_sparse: false })
    }

    /// Appends what the system gives at once; 0 at the end.
    pub(super) fn read(&self, buffer: &mut Vec<u8>) -> std::io::Result<usize> {
        next(&self.fd, buffer)
    }

    /// The file from its start.
    pub(super) fn again(&self) -> std::io::Result<std::fs::File> {
        let mut file = std::fs::File::from(self.fd.try_clone()?);
        std::io::Seek::rewind(&mut file)?;
        Ok(file)
    }
}

/// Appends to the buffer as much as the system gives at once, at most what is left of its capacity.
fn next(fd: impl AsFd, buffer: &mut Vec<u8>) -> std::io::Result<usize> {
    if buffer.len() == buffer.capacity() {
        buffer.reserve(1);
    }
    Ok(rustix::io::retry_on_intr(|| rustix::io::read(&fd, rustix::buffer::spare_capacity(buffer)))?)
}

/// Why something is not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It is no regular file but this.
    Kind(FileType),
    /// The system says so.
    System(Errno),
}

impl From<Errno> for Refused {
    fn from(errno: Errno) -> Self {
        Self::System(errno)
    }
}

/// Opens a regular file below `dir`. `O_NONBLOCK` is for the FIFO that has taken its place since it was listed.
pub(super) fn file(dir: impl AsFd, name: &BStr, links: Links) -> std::result::Result<OpenFile, Refused> {
    let mut flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    if links == Links::Refuse {
        flags |= OFlags::NOFOLLOW;
    }
    let fd = rustix::fs::openat(dir, name.as_bytes(), flags, Mode::empty())?;
    let stat = rustix::fs::fstat(&fd)?;
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => {
            let size = u64::try_from(stat.st_size).unwrap_or(0);
            let written = u64::try_from(stat.st_blocks).unwrap_or(0).saturating_mul(512);
            Ok(OpenFile { fd, size, is_sparse: size > WORTH_SEEKING && written < size })
        }
        kind => Err(Refused::Kind(kind)),
    }
}

/// Opens a directory for listing. On the way from `dir` to it no link is followed: each step is one name below an opened
/// directory.
pub(super) fn directory(dir: impl AsFd, path: &BStr) -> Result<Dir> {
    let mut names = path.split(|&byte| byte == b'/').filter(|name| !name.is_empty());
    let mut opened = step(dir, names.next().unwrap_or(b"."))?;
    for name in names {
        opened = step(&opened, name)?;
    }
    Dir::new(opened)
}

/// Opens a directory that somebody named, by its absolute path.
pub(super) fn named_directory(path: &BStr) -> Result<Dir> {
    Dir::new(step(CWD, path)?)
}

fn step(dir: impl AsFd, name: &[u8]) -> Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let opened = rustix::fs::openat(&dir, name, flags, Mode::empty());
    match opened {
        // Some systems say of a link only that it is no directory.
        Err(Errno::NOTDIR) if kind_in(dir, name) == Ok(FileType::Symlink) => Err(Errno::LOOP),
        opened => opened,
    }
}

fn kind_in(dir: impl AsFd, name: &[u8]) -> Result<FileType> {
    rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW).map(|stat| FileType::from_raw_mode(stat.st_mode))
}

/// What others hold of a directory that is being listed.
pub(super) fn duplicate(dir: &Dir) -> Result<OwnedFd> {
    rustix::io::fcntl_dupfd_cloexec(dir.fd()?, 0)
}

/// What a path is.
pub(super) fn kind(path: &BStr, links: Links) -> Result<FileType> {
    let flags = if links == Links::Refuse { AtFlags::SYMLINK_NOFOLLOW } else { AtFlags::empty() };
    let stat = rustix::fs::statat(CWD, path.as_bytes(), flags)?;
    Ok(FileType::from_raw_mode(stat.st_mode))
}

/// The names in a directory and what they are, in the order of the file system, without `.` and `..`.
pub(super) fn list(dir: &mut Dir) -> Result<Vec<(BString, FileType)>> {
    let mut entries = Vec::new();
    while let Some(entry) = dir.read() {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if matches!(name, b"." | b"..") {
            continue;
        }
        let kind = match entry.file_type() {
            // Opening it will say what is wrong.
            FileType::Unknown => kind_in(dir.fd()?, name).unwrap_or(FileType::RegularFile),
            kind => kind,
        };
        entries.push((BString::from(name), kind));
    }
    Ok(entries)
}

/// The whole of a small regular file such as `.gitignore`; `None` if it is not there, is none, or is larger than 16 MiB.
pub(super) fn small(path: &BStr) -> crate::Result<Option<Vec<u8>>> {
    small_in(CWD, path, path)
}

/// The same of a file in a directory, which messages call `shown`.
pub(super) fn small_in(dir: impl AsFd, name: &BStr, shown: &BStr) -> crate::Result<Option<Vec<u8>>> {
    const LARGEST: u64 = 16 << 20;
    let failed = |error: Errno| Error::io("read", shown, error.into());
    let open = match file(dir, name, Links::Refuse) {
        Ok(open) if open.size <= LARGEST => open,
        Err(Refused::System(error)) if !matches!(error, Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => {
            return Err(failed(error));
        }
        Ok(_) | Err(_) => return Ok(None),
    };
    let mut bytes = Vec::with_capacity(usize::try_from(open.size).unwrap_or(0) + 1);
    while rustix::io::retry_on_intr(|| rustix::io::read(&open.fd, rustix::buffer::spare_capacity(&mut bytes)))
        .map_err(failed)?
        > 0
    {
        bytes.reserve(4096);
        if bytes.len() as u64 > LARGEST {
            return Ok(None);
        }
    }
    Ok(Some(bytes))
}

/// The reason for which something other than a regular file or directory is left out.
pub(super) fn reason(kind: FileType) -> &'static str {
    match kind {
        FileType::Symlink => "symlink",
        FileType::Fifo => "fifo",
        FileType::Socket => "socket",
        FileType::CharacterDevice | FileType::BlockDevice => "device",
        FileType::Directory => "directory",
        FileType::RegularFile | FileType::Unknown => "not a file",
    }
}

/// What the system says, in lower case and without its number.
pub(super) fn why(errno: Errno) -> String {
    let text = std::io::Error::from(errno).to_string();
    let text = text.split(" (os error").next().unwrap_or_default().to_lowercase();
    if errno == Errno::NOENT { "it does not exist".into() } else { text }
}

/// What an error of the system says, likewise.
pub(super) fn plain(error: &std::io::Error) -> String {
    match error.raw_os_error() {
        Some(number) => why(Errno::from_raw_os_error(number)),
        None => error.to_string(),
    }
}
