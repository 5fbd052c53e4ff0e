//! Memory-mapped files: packs, their indexes, the index of the work tree, commit-graph files.
//!
//! git writes such a file under a temporary name and later only renames or unlinks it, which keeps a mapping valid.
//! If another program truncates it while it is read, the system sends SIGBUS, which would end the process. So these
//! mappings are guarded: a signal handler replaces the missing pages by zeros. The reader then fails on broken
//! content, and [`Mapping::is_cut_short`] gives the reason. (Windows does not allow truncating a mapped file.)

use std::io;
use std::ops::Deref;
use std::path::Path;

use memmap2::{Mmap, MmapOptions};

use crate::core::regular_file::{self, Links};

/// The error message for a mapping whose file was truncated.
pub(crate) const CUT_SHORT: &str = "it was cut short while it was read";

/// A memory-mapped file.
#[derive(Debug)]
pub(crate) struct Mapping {
    guard: system::Guard,
    map: Mmap,
}

impl Mapping {
    /// Whether the file was truncated, so that some bytes that were read are zeros.
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
        // Must happen before the addresses can be used for another mapping.
        self.guard.release();
    }
}

/// Maps a file.
pub(crate) fn map(path: &Path) -> io::Result<Mapping> {
    map_with(&MmapOptions::new(), path)
}

/// Maps a small file that will be read completely: with fewer page faults.
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

    /// The address range of a current or former mapping. It is never freed, because the handler may be reading it;
    /// the next mapping at the same addresses uses it again.
    #[derive(Debug)]
    struct Addresses {
        start: usize,
        end: usize,
        /// Whether a mapping exists there now.
        is_mapped: AtomicBool,
        is_cut_short: AtomicBool,
        /// The element that was added before this one. Set once, before this one is in the list.
        next: *const Self,
    }

    #[derive(Debug)]
    pub(super) struct Guard(&'static Addresses);

    // SAFETY: the fields that are not atomic are written before the value is shared.
    unsafe impl Send for Addresses {}
    // SAFETY: as above.
    unsafe impl Sync for Addresses {}

    /// The head of the list that the signal handler reads.
    static LIST: AtomicPtr<Addresses> = AtomicPtr::new(ptr::null_mut());
    /// The same elements, to find existing ones by their addresses.
    static KNOWN: OnceLock<Mutex<HashMap<(usize, usize), &'static Addresses>>> = OnceLock::new();
    /// The previous signal handler, and the page size.
    static BEFORE: OnceLock<Option<(libc::sigaction, usize)>> = OnceLock::new();

    impl Guard {
        pub(super) fn of(map: &[u8]) -> Self {
            let page = BEFORE.get_or_init(install).map_or(1, |(_, page)| page);
            let start = map.as_ptr() as usize;
            // A mapping starts at a page boundary and does not share its pages.
            let key = (start, start + map.len().next_multiple_of(page));
            let mut known = KNOWN.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
            let addresses = *known.entry(key).or_insert_with(|| {
                let next = LIST.load(Ordering::SeqCst);
                let (is_mapped, is_cut_short) = (AtomicBool::new(false), AtomicBool::new(false));
                let new: &'static mut Addresses =
                    Box::leak(Box::new(Addresses { start, end: key.1, is_mapped, is_cut_short, next }));
                // Elements are added only while this lock is held.
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

    /// Installs the handler and returns the previous one. If that fails, SIGBUS keeps its default effect.
    fn install() -> Option<(libc::sigaction, usize)> {
        // SAFETY: the structures are plain data for which zeros are valid, and the handler calls only `mmap` and
        // `sigaction`, which are allowed in a signal handler.
        unsafe {
            let page = usize::try_from(libc::sysconf(libc::_SC_PAGESIZE)).ok()?;
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = handle as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            let mut before: libc::sigaction = std::mem::zeroed();
            (libc::sigaction(libc::SIGBUS, &raw const action, &raw mut before) == 0).then_some((before, page))
        }
    }

    /// Replaces the missing pages of a mapping by zeros. For any other address the previous handler is restored.
    extern "C" fn handle(_: c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
        let Some(Some((before, page))) = BEFORE.get() else { return };
        // SAFETY: the system passes a valid `info`. The pages from the address to the end of the mapping are ours,
        // because a mapping is marked as mapped only while it exists. No reader can observe a change of their
        // content, because they have none any more.
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
            // The instruction is repeated, and the previous handler receives the signal.
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
            // The system fills the rest of the last page with zeros, without a signal.
            assert_eq!(sums, [kept * 7; 4], "{kept} bytes kept");
            assert_eq!(mapping.is_cut_short(), kept < 196_608, "{kept} bytes kept");
            assert_eq!(other[199_999], 0);
        }
    }
}
