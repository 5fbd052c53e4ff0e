//! File permissions: the mode bits of Unix. On other systems these functions do nothing.

use std::io;
use std::path::Path;

pub use system::{is_executable, set};

/// Makes a temporary file in `directory`, to be renamed when its content is complete. The umask is applied to `mode`.
pub fn temporary(directory: &Path, mode: u32) -> io::Result<tempfile::NamedTempFile> {
    system::with(&mut tempfile::Builder::new(), mode).prefix(".keysweep-").tempfile_in(directory)
}

#[cfg(unix)]
mod system {
    use std::fs;
    use std::io;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    use tempfile::Builder;

    /// Sets the mode of an existing file.
    pub fn set(path: &Path, mode: u32) -> io::Result<()> {
        fs::set_permissions(path, fs::Permissions::from_mode(mode))
    }

    /// Whether this is a file that somebody may execute.
    pub fn is_executable(path: &Path) -> bool {
        fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
    }

    pub(super) fn with<'a>(builder: &'a mut Builder<'static, 'static>, mode: u32) -> &'a mut Builder<'static, 'static> {
        builder.permissions(fs::Permissions::from_mode(mode))
    }
}

#[cfg(not(unix))]
mod system {
    use std::io;
    use std::path::Path;

    use tempfile::Builder;

    /// Does nothing: here the directory decides who may use a file.
    pub fn set(_: &Path, _: u32) -> io::Result<()> {
        Ok(())
    }

    /// Whether this is a regular file: git's own shell runs any file that begins with `#!`.
    pub fn is_executable(path: &Path) -> bool {
        path.is_file()
    }

    pub(super) fn with<'a>(builder: &'a mut Builder<'static, 'static>, _: u32) -> &'a mut Builder<'static, 'static> {
        builder
    }
}
