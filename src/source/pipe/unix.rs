//! A reader that waits for data, but stops waiting when the run is stopped.

use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};

use bstr::{BStr, ByteSlice as _};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;

use super::is_descriptor;

/// How long one wait takes before the stop flag is checked again.
const PATIENCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// Reads until the end of the data, or until the run is stopped.
#[derive(Debug)]
pub(in crate::source) struct Pipe<'a, F> {
    fd: F,
    stop: &'a AtomicBool,
    /// Whether reads of this descriptor block.
    blocks: bool,
    /// Whether an empty read means the end. On a FIFO it does only after a writer was connected.
    may_end: bool,
}

impl<'a> Pipe<'a, OwnedFd> {
    /// Opens a path that is not a file. Opening does not wait for a writer; reading does.
    pub(in crate::source) fn open(path: &BStr, stop: &'a AtomicBool) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(CWD, path.as_bytes(), flags, Mode::empty())?;
        Ok(Self { fd, stop, blocks: false, may_end: is_descriptor(path) })
    }
}

impl<'a> Pipe<'a, io::Stdin> {
    /// Standard input.
    pub(in crate::source) fn stdin(stop: &'a AtomicBool) -> io::Result<Self> {
        let fd = io::stdin();
        if start::was_closed() {
            return Err(io::Error::other("standard input is closed"));
        }
        Ok(Self { fd, stop, blocks: true, may_end: true })
    }
}

impl<F: AsFd> Pipe<'_, F> {
    /// Waits a short time for data; returns whether there is any.
    fn wait(&mut self) -> bool {
        let mut polled = [PollFd::new(&self.fd, PollFlags::IN)];
        match poll(&mut polled, Some(&PATIENCE)) {
            Ok(0) | Err(Errno::INTR) => false,
            Ok(_) => {
                self.may_end |= polled[0].revents().contains(PollFlags::HUP);
                true
            }
            // Descriptors that cannot be polled, such as files on some systems, are read directly.
            Err(_) => true,
        }
    }
}

impl<F: AsFd> Read for Pipe<'_, F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !self.stop.load(Ordering::Relaxed) {
            if self.blocks && !self.wait() {
                continue;
            }
            match rustix::io::read(&self.fd, &mut *buffer) {
                Ok(0) if !self.may_end => {}
                Err(Errno::AGAIN) => self.may_end = true, // there is a writer
                Err(Errno::INTR) => continue,
                result => {
                    self.may_end = true;
                    return Ok(result?);
                }
            }
            if !self.blocks {
                self.wait();
            }
        }
        Ok(0)
    }
}

/// Whether the process was started with standard input closed. Before `main`, Rust replaces closed descriptors by
/// `/dev/null`, which is also a legitimate input, so this is checked even earlier.
#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd", target_vendor = "apple"))]
mod start {
    use std::os::fd::BorrowedFd;
    use std::sync::atomic::{AtomicBool, Ordering};

    static IS_CLOSED: AtomicBool = AtomicBool::new(false);

    pub(super) fn was_closed() -> bool {
        IS_CLOSED.load(Ordering::Relaxed)
    }

    extern "C" fn look() {
        // SAFETY: the descriptor is only checked for whether it is open.
        #[allow(unsafe_code, reason = "a descriptor that may be closed has no safe type")]
        let stdin = unsafe { BorrowedFd::borrow_raw(0) };
        IS_CLOSED.store(rustix::io::fcntl_getfd(stdin).is_err(), Ordering::Relaxed);
    }

    /// The loader calls this before `main`.
    #[used]
    #[allow(unsafe_code, reason = "the section is the one that is made for such functions")]
    #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
    #[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".init_array"))]
    static LOOK: extern "C" fn() = look;
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd", target_vendor = "apple")))]
mod start {
    /// A closed standard input reads as empty.
    pub(super) fn was_closed() -> bool {
        false
    }
}
