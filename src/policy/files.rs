//! Where policy files are read from: the disk or a commit. With a commit, a pull request is checked with the rules of
//! its target branch, not with those that it changes itself.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};

use bstr::{BStr, BString};

use crate::core::error::{Error, Result};
use crate::core::files::Files;
use crate::core::regular_file::{self, Links};

/// The files below a directory on the disk.
///
/// These files belong to the scanned content, so a symbolic link is followed only to a regular file below the same
/// directory. Otherwise a repository could make an error message show bytes of a file outside.
#[derive(Clone, Debug)]
pub struct DiskFiles {
    /// The directory.
    pub root: PathBuf,
    /// Whether a path may explicitly lead out of the directory (`../rules.toml`, `/etc/keysweep.toml`). This is
    /// allowed only for a configuration that a user named.
    pub may_leave: bool,
}

impl DiskFiles {
    /// The canonical path of a file or directory; `None` if it does not exist.
    pub fn resolve(&self, path: &str) -> Result<Option<PathBuf>> {
        let whole = self.root.join(path);
        let failed = |why: &dyn std::fmt::Display| Error::new("read", self.name(path), why);
        if !self.holds(&whole) {
            if self.may_leave {
                return Ok(Some(whole));
            }
            return Err(failed(&"it is outside of the repository")
                .hint("name files below its root, or name the configuration with --config"));
        }
        match whole.symlink_metadata() {
            Ok(_) => {}
            Err(error) if regular_file::is_absent(&error) => return Ok(None),
            Err(error) => return Err(failed(&regular_file::system_text(&error))),
        }
        let real = |path: &Path| fs::canonicalize(path).map_err(|error| failed(&regular_file::system_text(&error)));
        let place = real(&whole)?;
        if place.starts_with(real(&self.root)?) {
            return Ok(Some(place));
        }
        Err(failed(&"it is a link that leads out of the repository").hint("put the file itself there"))
    }

    /// Whether a path is below the root, without looking at links.
    fn holds(&self, path: &Path) -> bool {
        let Ok(below) = path.strip_prefix(&self.root) else { return false };
        let mut depth = 0_usize;
        below.components().all(|part| {
            match part {
                Component::Normal(_) => depth += 1,
                Component::ParentDir if depth == 0 => return false,
                Component::ParentDir => depth -= 1,
                Component::CurDir => {}
                Component::Prefix(_) | Component::RootDir => return false,
            }
            true
        })
    }
}

impl Files for DiskFiles {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let Some(place) = self.resolve(path)? else { return Ok(None) };
        let links = if self.holds(&self.root.join(path)) { Links::Refuse } else { Links::Follow };
        let content =
            regular_file::open(&place, links).and_then(|file| regular_file::read_all(&file, regular_file::SMALL));
        match content {
            Ok(content) => Ok(Some(content)),
            Err(error) if regular_file::is_absent(&error) => Ok(None),
            Err(error) => Err(Error::io("read", self.name(path), error)),
        }
    }

    fn name(&self, path: &str) -> String {
        let whole = self.root.join(path);
        // Files below the current directory are shown relative to it.
        let here = std::env::current_dir().unwrap_or_default();
        whole.strip_prefix(&here).unwrap_or(&whole).display().to_string()
    }
}

/// Reads a file that a user named, of any type (pipes too), up to [`NAMED_LIMIT`] bytes; `None` if it does not exist.
pub fn read_named(path: &Path) -> Result<Option<Vec<u8>>> {
    let failed = |error: io::Error| Error::io("read", path.display(), error);
    let Some(file) = open_named(path)? else { return Ok(None) };
    let mut content = Vec::new();
    file.take(NAMED_LIMIT + 1).read_to_end(&mut content).map_err(failed)?;
    if content.len() as u64 > NAMED_LIMIT {
        return Err(Error::new("read", path.display(), format!("it is longer than {NAMED_LIMIT} bytes")));
    }
    Ok(Some(content))
}

/// Opens a file that a user named, of any type; `None` if it does not exist. The caller must read at most
/// [`NAMED_LIMIT`] bytes.
pub fn open_named(path: &Path) -> Result<Option<fs::File>> {
    match fs::File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if regular_file::is_absent(&error) => Ok(None),
        Err(error) => Err(Error::io("read", path.display(), error)),
    }
}

/// The size limit of files that a user named, in bytes: more than a report of a million findings.
pub const NAMED_LIMIT: u64 = 1 << 30;

/// Converts paths that are relative to the start of a scan to paths that are relative to the configuration.
#[derive(Clone, Debug, Default)]
pub struct PathBase {
    /// The absolute directory of the report's paths; empty if both are the same.
    start: BString,
    /// The absolute directory of the configuration's paths.
    root: BString,
}

impl PathBase {
    /// `start`: the directory of the report's paths; `root`: that of the configuration.
    pub fn new(start: &Path, root: &Path) -> Self {
        let absolute = |path: &Path| {
            let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
            BString::from(path.into_os_string().into_encoded_bytes())
        };
        let (start, root) = (absolute(start), absolute(root));
        if start == root { Self::default() } else { Self { start, root } }
    }

    /// A report's path relative to the configuration's root, for its globs; unchanged if it is not below the root.
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
