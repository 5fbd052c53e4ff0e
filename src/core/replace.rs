//! Replacing a file's content in one step (write a temporary file, then rename it): a reader sees the old or the new
//! content, and a crash loses nothing.

use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use crate::core::error::{Error, Result};
use crate::core::mode;
use crate::core::regular_file::{self, Links};

/// The size limit for reading the file again, to see whether it has changed.
const MOST: u64 = 1 << 40;

/// Writes `content` to a file whose content was `old` when it was read (`None`: it did not exist). If the file has
/// changed since, nothing is written and it is an error. The file keeps its permissions, and a symbolic link stays a
/// link; a new file gets `mode`.
pub fn replace(path: &Path, old: Option<&[u8]>, content: &[u8], mode: u32) -> Result<()> {
    let failed = |error: io::Error| Error::new("write", path.display(), regular_file::system_text(&error));
    let real = match fs::canonicalize(path) {
        Ok(real) => real,
        Err(error) if error.kind() == ErrorKind::NotFound => path.to_owned(),
        Err(error) => return Err(failed(error)),
    };
    let directory = real.parent().map_or_else(|| PathBuf::from("."), Path::to_owned);
    let mut file = tempfile::Builder::new().prefix(".keysweep-").tempfile_in(&directory).map_err(failed)?;
    file.write_all(content).and_then(|()| file.flush()).map_err(failed)?;
    match fs::metadata(&real) {
        Ok(was) => fs::set_permissions(file.path(), was.permissions()).map_err(failed)?,
        Err(_) => mode::set(file.path(), mode).map_err(failed)?,
    }
    file.as_file().sync_all().map_err(failed)?;
    let now = regular_file::read(&real, Links::Follow, MOST)?;
    if now.as_deref() != old {
        let why = "it has changed since it was read";
        return Err(Error::new("write", path.display(), why).hint("nothing was written to it; run it again"));
    }
    match old {
        Some(_) => file.persist(&real).map(drop).map_err(|error| failed(error.error)),
        None => file.persist_noclobber(&real).map(drop).map_err(|error| failed(error.error)),
    }
}

#[cfg(test)]
mod tests {
    use super::replace;

    #[test]
    fn only_what_was_read_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        replace(&path, None, b"1", 0o600).unwrap();
        assert!(replace(&path, None, b"2", 0o600).unwrap_err().to_string().contains("changed"));
        assert!(replace(&path, Some(b"x"), b"2", 0o600).unwrap_err().to_string().contains("changed"));
        replace(&path, Some(b"1"), b"2", 0o600).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"2");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    #[cfg(unix)]
    fn mode_and_link_are_kept() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let (path, link) = (dir.path().join("a"), dir.path().join("link"));
        replace(&path, None, b"1", 0o640).unwrap();
        std::os::unix::fs::symlink("a", &link).unwrap();
        replace(&link, Some(b"1"), b"2", 0o600).unwrap();
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(std::fs::read(&path).unwrap(), b"2");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o640);
    }
}
