//! Files that are read in place.

use std::fs::File;
use std::path::Path;

use memmap2::Mmap;

use crate::error::{Error, Result};

/// Maps a pack or its index. Only for files that git never changes once they have their name.
pub(super) fn map_file(path: &Path) -> Result<Mmap> {
    let failed = |why: std::io::Error| Error::new("read", path.display(), why);
    let file = File::open(path).map_err(failed)?;
    #[allow(
        unsafe_code,
        reason = "git writes packs under another name and only ever unlinks them, which keeps a mapping valid; \
                  reading a pack of gigabytes into memory instead would break the bound on memory"
    )]
    let map = unsafe { Mmap::map(&file) };
    map.map_err(failed)
}
