//! Directories for what is read from files.

use std::fs;
use std::path::Path;

use memmap2::MmapMut;
use tempfile::TempDir;

use crate::git::map::Mapping;

/// An empty directory, which goes with its value.
pub(super) fn directory() -> TempDir {
    tempfile::Builder::new().prefix("keysweep-fuzz").tempdir().expect("a temporary directory")
}

/// Writes a file and the directories above it.
pub(super) fn write(root: &Path, path: &str, bytes: &[u8]) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap_or(root)).expect("directories in a temporary directory");
    fs::write(path, bytes).expect("a file in a temporary directory");
}

/// The bytes as if they were a mapped file's.
pub(super) fn mapped(bytes: &[u8]) -> Mapping {
    let mut map = MmapMut::map_anon(bytes.len().max(1)).expect("memory");
    if bytes.is_empty() {
        // No file is mapped as longer than it is; the one byte here is none of any format's.
        return map.make_read_only().expect("a mapping").into();
    }
    map.copy_from_slice(bytes);
    map.make_read_only().expect("a mapping").into()
}

/// A repository without any object, for what asks one and needs none.
pub(super) fn empty_repository(root: &Path) {
    write(root, "HEAD", b"ref: refs/heads/main\n");
    write(root, "config", b"[core]\n\tbare = true\n");
    for path in ["objects/pack", "refs/heads"] {
        fs::create_dir_all(root.join(path)).expect("directories in a temporary directory");
    }
}
