//! Listing directories of a repository. A directory that cannot be listed is an error, never treated as empty.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::core::error::{Error, Result};
use crate::core::regular_file;

/// The entries of a directory, sorted by name; empty if the directory does not exist.
pub(super) fn entries(directory: &Path) -> Result<Vec<PathBuf>> {
    let list = |directory: &Path| -> io::Result<Vec<PathBuf>> {
        fs::read_dir(directory)?.map(|entry| Ok(entry?.path())).collect()
    };
    match list(directory) {
        Ok(mut entries) => {
            entries.sort();
            Ok(entries)
        }
        Err(error) if regular_file::is_absent(&error) => Ok(Vec::new()),
        Err(error) => Err(Error::new("list", directory.display(), regular_file::system_text(&error))),
    }
}

/// Whether a path is a directory and not a symbolic link to one; links are not followed.
pub(super) fn is_directory(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|found| found.is_dir())
}

/// All files below a directory, in order and at any depth. Errors of directories that cannot be listed are added to
/// `errors`.
pub(super) fn files_below(directory: PathBuf, errors: &mut Vec<Error>) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut todo = vec![directory];
    while let Some(path) = todo.pop() {
        match entries(&path) {
            Ok(entries) => {
                let (directories, others): (Vec<_>, Vec<_>) = entries.into_iter().partition(|path| is_directory(path));
                files.extend(others);
                todo.extend(directories);
            }
            Err(error) => errors.push(error),
        }
    }
    files
}
