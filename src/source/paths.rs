//! Resolves the paths on the command line: their canonical paths, and the names of files below them in the report.

use std::collections::HashMap;

use bstr::{BStr, BString};

use crate::core::coverage::Skipped;
use crate::core::error::Error;
use crate::core::path_bytes;
use crate::core::regular_file::Links;
use crate::source::Collector;
use crate::source::open::{self, FileKind};
use crate::source::pipe;

/// One path to scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// The absolute path without links; that of a file system's root ends in `/.`.
    pub real: BString,
    /// The prefix of names in the report; empty if names are relative to this path.
    pub shown: BString,
    /// The type of the path.
    pub kind: RootKind,
}

/// The type of a path to scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RootKind {
    /// A directory.
    Directory,
    /// A file.
    File,
    /// A FIFO, or one of the process's own descriptors, which can be read only once.
    Pipe,
}

/// The paths to scan, without repetition. Paths that do not exist, or that are neither a file nor a directory, are
/// reported to the collector.
///
/// Names in the report are as the user wrote them, relative to the current directory. For a single directory with an
/// absolute path, they are relative to that directory.
pub fn resolve(paths: &[BString], collector: &Collector) -> Vec<Root> {
    let mut roots: Vec<Root> = Vec::new();
    let mut seen = HashMap::new();
    for path in paths {
        match root(path.as_ref(), paths.len() == 1) {
            Ok(root) => {
                if seen.insert(root.real.clone(), ()).is_none() {
                    roots.push(root);
                }
            }
            Err(Missing::Failed(error)) => collector.failed(error),
            Err(Missing::Special(kind)) => {
                collector.skipped(Skipped { path: path.clone(), reason: open::reason(kind) });
            }
        }
    }
    roots
}

enum Missing {
    Failed(Error),
    Special(FileKind),
}

fn root(path: &BStr, single: bool) -> Result<Root, Missing> {
    let failed = |why: String| {
        let error = Error::new("read", path, why);
        Missing::Failed(error)
    };
    let kind = match open::kind(path, Links::Follow).map_err(|error| failed(open::why(&error)))? {
        FileKind::Directory => RootKind::Directory,
        kind if kind == FileKind::Fifo || pipe::is_descriptor(path) => {
            let real = std::path::absolute(path_bytes::path(path)).map_err(|error| failed(error.to_string()))?;
            return Ok(Root { real: path_bytes::bytes(real), shown: cleaned(path), kind: RootKind::Pipe });
        }
        FileKind::Regular => RootKind::File,
        kind => return Err(Missing::Special(kind)),
    };
    let mut real = path_bytes::real(&path_bytes::path(path)).map_err(|error| failed(error.to_string()))?;
    if real.ends_with(b"/") {
        real.push(b'.');
    }
    let is_dir = kind == RootKind::Directory;
    let shown = if is_dir && single && path_bytes::is_absolute(path) { BString::default() } else { cleaned(path) };
    Ok(Root { real, shown, kind })
}

/// Normalises a path: without `./` at the start, `/` at the end, and double slashes; empty for the current directory.
fn cleaned(path: &BStr) -> BString {
    let parts: Vec<&[u8]> = path.split(|&byte| byte == b'/').filter(|part| !part.is_empty() && *part != b".").collect();
    let mut clean = BString::from(bstr::join("/", parts));
    if path.starts_with(b"/") {
        clean.insert(0, b'/');
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::cleaned;

    #[test]
    fn paths_are_shown_as_named() {
        for (path, shown) in
            [(".", ""), ("./a", "a"), ("a/", "a"), ("../a//b/./c", "../a/b/c"), ("/a/", "/a"), ("./", ""), ("..", "..")]
        {
            assert_eq!(cleaned(path.into()), shown, "{path}");
        }
    }
}
