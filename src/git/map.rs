//! Files that are read in place.

use std::io;
use std::path::Path;

use memmap2::{Mmap, MmapOptions};

use crate::core::regular_file::{self, Links};

/// Maps a pack, its index, or the index of the work tree: files that git never changes once they have their name.
pub(crate) fn map(path: &Path) -> io::Result<Mmap> {
    map_with(&MmapOptions::new(), path)
}

/// The same for a file that is small and will be read as a whole: fewer page faults.
pub(crate) fn map_whole(path: &Path) -> io::Result<Mmap> {
    map_with(MmapOptions::new().populate(), path)
}

fn map_with(options: &MmapOptions, path: &Path) -> io::Result<Mmap> {
    let file = regular_file::open(path, Links::Follow)?;
    #[allow(
        unsafe_code,
        reason = "git writes these under another name and only ever renames or unlinks them, which keeps a mapping \
                  valid; reading a pack of gigabytes into memory instead would break the bound on memory"
    )]
    unsafe {
        options.map(&file)
    }
}
