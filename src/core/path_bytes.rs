//! Paths as bytes with `/` as separator, as in git and in reports, on every platform.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::io;
use std::path::{Component, Path, PathBuf};

use bstr::{BString, ByteSlice as _};

/// A path's bytes. On Windows they are UTF-8 (WTF-8 for names that are not Unicode), and `\` becomes `/`.
pub fn bytes(path: impl AsRef<OsStr>) -> BString {
    let bytes = path.as_ref().as_encoded_bytes();
    if cfg!(windows) { bytes.replace(b"\\", b"/").into() } else { bytes.into() }
}

/// The path with these bytes. On Windows, bytes that are not UTF-8 give the name of no existing file.
pub fn path(bytes: &[u8]) -> Cow<'_, Path> {
    bytes.to_path_lossy()
}

/// Whether a path is absolute.
pub fn is_absolute(bytes: &[u8]) -> bool {
    bytes.first() == Some(&b'/') || cfg!(windows) && path(bytes).is_absolute()
}

/// The canonical path: absolute and without symbolic links.
pub fn real(path: &Path) -> io::Result<BString> {
    let real = bytes(std::fs::canonicalize(path)?);
    if !cfg!(windows) {
        return Ok(real);
    }
    // `//?/` is the prefix of Windows's extended-length paths, which do not accept `/`; std adds it itself for long
    // paths.
    Ok(match real.strip_prefix(b"//?/") {
        Some(share) if share.starts_with(b"UNC/") => [b"/", &share[3..]].concat().into(),
        Some(plain) => plain.into(),
        None => real,
    })
}

/// The path with each `..` taken off together with the name before it, whatever that is on disk.
pub fn without_parents(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => drop(plain.pop()),
            component => plain.push(component),
        }
    }
    plain
}
