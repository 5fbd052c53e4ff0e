//! Where policy files are read from: the disk, or a commit, so that a pull request is judged by the rules of the
//! branch it wants to join and not by those it brings along.

use std::path::{Path, PathBuf};
use std::{fs, io};

use bstr::{BStr, BString};

use crate::core::error::{Error, Result};
use crate::core::files::Files;
use crate::git::repository::top_around;
use crate::policy::config::{ENV, NAME};

/// Files on the disk, relative to a directory.
#[derive(Clone, Debug)]
pub struct Disk(pub PathBuf);

impl Files for Disk {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        match fs::read(self.0.join(path)) {
            Ok(content) => Ok(Some(content)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::new("read", self.name(path), error)),
        }
    }

    fn name(&self, path: &str) -> String {
        let whole = self.0.join(path);
        // Near files are called as one would type them.
        let here = std::env::current_dir().unwrap_or_default();
        whole.strip_prefix(&here).unwrap_or(&whole).display().to_string()
    }
}

/// The configuration file on the disk: which one wins, and the directory that its paths start from.
#[derive(Clone, Debug)]
pub struct Found {
    /// Where paths start.
    pub root: PathBuf,
    /// The file, relative to the root or absolute; `None` if there is none.
    pub file: Option<String>,
}

/// Looks for the configuration of a scan that starts in `start`. A file that is named must exist.
pub fn find(given: Option<&Path>, start: &Path) -> Result<Found> {
    let root = top_around(if start.is_dir() { start } else { start.parent().unwrap_or(start) });
    let named = match given {
        Some(path) => Some((path.to_owned(), "--config".to_owned())),
        None => std::env::var_os(ENV).filter(|path| !path.is_empty()).map(|path| (PathBuf::from(path), ENV.to_owned())),
    };
    if let Some((path, by)) = named {
        let absolute = std::path::absolute(&path).map_err(|error| Error::new("read", path.display(), error))?;
        if !absolute.is_file() {
            let hint = format!("{by} names it; create it, or leave {by} out");
            return Err(Error::new("read configuration", path.display(), "no such file").hint(hint));
        }
        return Ok(Found { root, file: Some(absolute.to_string_lossy().into_owned()) });
    }
    let file = root.join(NAME).is_file().then(|| NAME.to_owned());
    Ok(Found { root, file })
}

/// Where the paths of a report and those of a configuration start.
#[derive(Clone, Debug, Default)]
pub struct Base {
    /// The report's, absolute; empty if both are the same.
    start: BString,
    /// The configuration's, absolute.
    root: BString,
}

impl Base {
    /// For reports whose paths are relative to `start`.
    pub fn new(start: &Path, root: &Path) -> Self {
        let absolute = |path: &Path| {
            let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
            BString::from(path.into_os_string().into_encoded_bytes())
        };
        let (start, root) = (absolute(start), absolute(root));
        if start == root { Self::default() } else { Self { start, root } }
    }

    /// A report's path as the configuration's globs see it: from its root, if it is below that.
    pub fn from_root(&self, path: &BStr) -> BString {
        if self.start.is_empty() && self.root.is_empty() {
            return path.to_owned();
        }
        let mut parts: Vec<&[u8]> = Vec::new();
        let start: &[u8] = if path.starts_with(b"/") { b"" } else { &self.start };
        for part in start.split(|byte| *byte == b'/').chain(path.split(|byte| *byte == b'/')) {
            match part {
                b"" | b"." => {}
                b".." => drop(parts.pop()),
                part => parts.push(part),
            }
        }
        let mut whole = BString::from(b"/".as_slice());
        whole.extend_from_slice(&bstr::join("/", parts));
        let below = whole.strip_prefix(self.root.as_slice()).and_then(|rest| rest.strip_prefix(b"/"));
        below.map_or_else(|| path.to_owned(), BString::from)
    }
}
