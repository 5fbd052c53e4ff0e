//! Reading that waits, but not for longer than until the run is stopped.

use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};

use bstr::{BStr, ByteSlice as _};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;

use super::is_descriptor;

/// How long a read waits before it looks whether the run was stopped.
const PATIENCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// Reads to the end of what comes, or until the run is stopped.
#[derive(Debug)]
pub(in crate::source) struct Pipe<'a, F> {
    fd: F,
    stop: &'a AtomicBool,
    /// Whether reading waits by itself.
    blocks: bool,
    /// Whether nothing to read is the end. At a FIFO it is not before there was a writer.
    may_end: bool,
}

impl<'a> Pipe<'a, OwnedFd> {
    /// Opens a path that somebody named and that is no file. Opening does not wait for a writer; reading does.
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
    /// Waits a little for something to read; whether there is.
    fn wait(&mut self) -> bool {
        let mut polled = [PollFd::new(&self.fd, PollFlags::IN)];
        match poll(&mut polled, Some(&PATIENCE)) {
            Ok(0) | Err(Errno::INTR) => false,
            Ok(_) => {
                self.may_end |= polled[0].revents().contains(PollFlags::HUP);
                true
            }
            // What cannot be waited for, such as a file on some systems, is read at once.
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

/// Whether the process began without a standard input. Before `main` Rust puts `/dev/null` in the place of a closed
/// one, which many give their processes on purpose, so this has to be asked earlier still.
#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd", target_vendor = "apple"))]
mod start {
    use std::os::fd::BorrowedFd;
    use std::sync::atomic::{AtomicBool, Ordering};

    static IS_CLOSED: AtomicBool = AtomicBool::new(false);

    pub(super) fn was_closed() -> bool {
        IS_CLOSED.load(Ordering::Relaxed)
    }

    extern "C" fn look() {
        // SAFETY: nothing is done with the number but to ask whether it stands for anything.
        #[allow(unsafe_code, reason = "a descriptor that may be closed has no safe type")]
        let stdin = unsafe { BorrowedFd::borrow_raw(0) };
        IS_CLOSED.store(rustix::io::fcntl_getfd(stdin).is_err(), Ordering::Relaxed);
    }

    /// What the loader calls before `main`.
    #[used]
    #[allow(unsafe_code, reason = "the section is the one that is made for such functions")]
    #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
    #[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".init_array"))]
    static LOOK: extern "C" fn() = look;
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd", target_vendor = "apple")))]
mod start {
    /// What is read then is empty.
    pub(super) fn was_closed() -> bool {
        false
    }
}
