//! Paths as bytes with `/` between the names, as git and reports have them, on every system.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::io;
use std::path::Path;

use bstr::{BString, ByteSlice as _};

/// A path's bytes. On Windows that is UTF-8 (what is no Unicode there is kept as WTF-8), and `\` becomes `/`.
pub fn bytes(path: impl AsRef<OsStr>) -> BString {
    let bytes = path.as_ref().as_encoded_bytes();
    if cfg!(windows) { bytes.replace(b"\\", b"/").into() } else { bytes.into() }
}

/// The path that the bytes name. On Windows bytes that are no UTF-8 name nothing that exists.
pub fn path(bytes: &[u8]) -> Cow<'_, Path> {
    bytes.to_path_lossy()
}

/// Whether the bytes name a place without regard to the current directory.
pub fn is_absolute(bytes: &[u8]) -> bool {
    bytes.first() == Some(&b'/') || cfg!(windows) && path(bytes).is_absolute()
}

/// Where a path really is: absolute, and without links.
pub fn real(path: &Path) -> io::Result<BString> {
    let real = bytes(std::fs::canonicalize(path)?);
    if !cfg!(windows) {
        return Ok(real);
    }
    // The form that switches the meaning of `/` off is for paths that are too long for the other; std does that itself.
    Ok(match real.strip_prefix(b"//?/") {
        Some(share) if share.starts_with(b"UNC/") => [b"/", &share[3..]].concat().into(),
        Some(plain) => plain.into(),
        None => real,
    })
}
