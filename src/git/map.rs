//! Files that are read in place: packs, their indexes, the index of the work tree, commit-graph files.
//!
//! git writes such a file under another name and from then on only renames or unlinks it, which keeps a mapping valid.
//! Whoever cuts one short all the same while it is read makes the system send SIGBUS, which ends a process. So these
//! mappings are guarded: where the signal comes from one of them, the pages that are gone become zeros. What reads them
//! then fails on broken content, and [`Mapping::is_cut_short`] says why. (Windows refuses to cut a mapped file short.)

use std::io;
use std::ops::Deref;
use std::path::Path;

use memmap2::{Mmap, MmapOptions};

use crate::core::regular_file::{self, Links};

/// Why what was in a file cannot be read any more.
pub(crate) const CUT_SHORT: &str = "it was cut short while it was read";

/// A file's bytes, in place.
#[derive(Debug)]
pub(crate) struct Mapping {
    guard: system::Guard,
    map: Mmap,
}

impl Mapping {
    /// Whether some of its bytes were gone when they were read, and are zeros now.
    pub(crate) fn is_cut_short(&self) -> bool {
        self.guard.is_cut_short()
    }
}

impl From<Mmap> for Mapping {
    fn from(map: Mmap) -> Self {
        Self { guard: system::Guard::of(&map), map }
    }
}

impl Deref for Mapping {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.map
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // Before the addresses can become those of something else.
        self.guard.release();
    }
}

/// Maps a file.
pub(crate) fn map(path: &Path) -> io::Result<Mapping> {
    map_with(&MmapOptions::new(), path)
}

/// The same for a file that is small and will be read as a whole: fewer page faults.
pub(crate) fn map_whole(path: &Path) -> io::Result<Mapping> {
    map_with(MmapOptions::new().populate(), path)
}

fn map_with(options: &MmapOptions, path: &Path) -> io::Result<Mapping> {
    let file = regular_file::open(path, Links::Follow)?;
    #[allow(
        unsafe_code,
        reason = "nobody writes into these files, and if one is cut short the guard keeps the mapping readable; reading \
                  a pack of gigabytes into memory instead would break the bound on memory"
    )]
    let map = unsafe { options.map(&file)? };
    Ok(map.into())
}

#[cfg(unix)]
#[allow(unsafe_code, reason = "a handler of signals can be neither installed nor written without")]
mod system {
    use std::collections::HashMap;
    use std::ffi::c_int;
    use std::ptr;
    use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
    use std::sync::{Mutex, OnceLock, PoisonError};

    /// The addresses of a mapping, or of one that was. Never freed, as the handler may be looking at it; used again for
    /// the next mapping at the same addresses.
    #[derive(Debug)]
    struct Addresses {
        start: usize,
        end: usize,
        /// Whether a mapping is there.
        is_mapped: AtomicBool,
        is_cut_short: AtomicBool,
        /// The one that was added before; set once, before this one is in the list.
        next: *const Self,
    }

    #[derive(Debug)]
    pub(super) struct Guard(&'static Addresses);

    // SAFETY: all that is not atomic is written before it is shared.
    unsafe impl Send for Addresses {}
    // SAFETY: likewise.
    unsafe impl Sync for Addresses {}

    /// The head of the list that the handler reads.
    static LIST: AtomicPtr<Addresses> = AtomicPtr::new(ptr::null_mut());
    /// The same, for finding addresses again.
    static KNOWN: OnceLock<Mutex<HashMap<(usize, usize), &'static Addresses>>> = OnceLock::new();
    /// What the signal did before, and the size of a page.
    static BEFORE: OnceLock<Option<(libc::sigaction, usize)>> = OnceLock::new();

    impl Guard {
        pub(super) fn of(map: &[u8]) -> Self {
            let page = BEFORE.get_or_init(install).map_or(1, |(_, page)| page);
            let start = map.as_ptr() as usize;
            // A mapping has whole pages to itself.
            let key = (start, start + map.len().next_multiple_of(page));
            let mut known = KNOWN.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
            let addresses = *known.entry(key).or_insert_with(|| {
                let next = LIST.load(Ordering::SeqCst);
                let (is_mapped, is_cut_short) = (AtomicBool::new(false), AtomicBool::new(false));
                let new: &'static mut Addresses =
                    Box::leak(Box::new(Addresses { start, end: key.1, is_mapped, is_cut_short, next }));
                // Only the holder of the lock adds to the list.
                LIST.store(new, Ordering::SeqCst);
                new
            });
            addresses.is_cut_short.store(false, Ordering::SeqCst);
            addresses.is_mapped.store(true, Ordering::SeqCst);
            Self(addresses)
        }

        pub(super) fn release(&self) {
            self.0.is_mapped.store(false, Ordering::SeqCst);
        }

        pub(super) fn is_cut_short(&self) -> bool {
            self.0.is_cut_short.load(Ordering::SeqCst)
        }
    }

    /// Installs the handler, and returns what was there before. If that fails, the signal does what it always did.
    fn install() -> Option<(libc::sigaction, usize)> {
        // SAFETY: the structures are plain data for which zeros are a value, and the handler calls nothing but `mmap` and
        // `sigaction`, which a handler may.
        unsafe {
            let page = usize::try_from(libc::sysconf(libc::_SC_PAGESIZE)).ok()?;
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = handle as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            let mut before: libc::sigaction = std::mem::zeroed();
            (libc::sigaction(libc::SIGBUS, &raw const action, &raw mut before) == 0).then_some((before, page))
        }
    }

    /// Puts zeros in place of the pages of a mapping that are gone. Any other address is a matter of the handler before.
    extern "C" fn handle(_: c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
        let Some(Some((before, page))) = BEFORE.get() else { return };
        // SAFETY: the system hands over a valid `info`. The pages from the address on to the end of a mapping of ours are
        // ours, as a mapping is in the list only while it exists, and no reader can see content in them that changes: there
        // is none any more.
        unsafe {
            let address = (*info).si_addr() as usize;
            let mut next: *const Addresses = LIST.load(Ordering::SeqCst);
            while let Some(addresses) = next.as_ref() {
                if (addresses.start..addresses.end).contains(&address) && addresses.is_mapped.load(Ordering::SeqCst) {
                    let start = address & !(page - 1);
                    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED;
                    let zeros =
                        libc::mmap(start as *mut libc::c_void, addresses.end - start, libc::PROT_READ, flags, -1, 0);
                    if zeros != libc::MAP_FAILED {
                        addresses.is_cut_short.store(true, Ordering::SeqCst);
                        return;
                    }
                }
                next = addresses.next;
            }
            // The instruction runs again, and the signal comes again, to whom it came before.
            libc::sigaction(libc::SIGBUS, ptr::from_ref(before), ptr::null_mut());
        }
    }
}

#[cfg(not(unix))]
mod system {
    #[derive(Debug)]
    pub(super) struct Guard;

    impl Guard {
        pub(super) fn of(_: &[u8]) -> Self {
            Self
        }

        #[allow(clippy::unused_self, reason = "as on systems where there is something to do")]
        pub(super) fn release(&self) {}

        #[allow(clippy::unused_self, reason = "as on systems where there is something to do")]
        pub(super) fn is_cut_short(&self) -> bool {
            false
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_off_reads_as_zeros_and_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        for kept in [0, 1, 70_000, 199_999] {
            std::fs::write(&path, vec![7; 200_000]).unwrap();
            let other = map_whole(&path).unwrap();
            let mapping = map(&path).unwrap();
            assert!(mapping.iter().take(kept).all(|&byte| byte == 7) && !mapping.is_cut_short());
            std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(kept as u64).unwrap();
            let readers = (0..4).map(|_| || mapping.iter().map(|&byte| usize::from(byte)).sum::<usize>());
            let sums: Vec<usize> = std::thread::scope(|scope| {
                let threads: Vec<_> = readers.map(|reader| scope.spawn(reader)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            // The system itself fills the last page with zeros, without a signal.
            assert_eq!(sums, [kept * 7; 4], "{kept} bytes kept");
            assert_eq!(mapping.is_cut_short(), kept < 196_608, "{kept} bytes kept");
            assert_eq!(other[199_999], 0);
        }
    }
}
