//! Files that are read in place.

use std::path::Path;

use memmap2::Mmap;

use crate::core::error::{Error, Result};
use crate::git::map::map;

/// Maps a pack or its index.
pub(super) fn map_file(path: &Path) -> Result<Mmap> {
    map(path).map_err(|why| Error::new("read", path.display(), why))
}
