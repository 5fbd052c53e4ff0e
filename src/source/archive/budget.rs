//! Counting unpacked data against the limits.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use super::Limits;

/// The counters of unpacked data, and their limits.
pub(super) struct UnpackBudget {
    pub(super) limits: Limits,
    /// The size of the outermost content in bytes, or how much of it has been read.
    pub(super) size: Cell<u64>,
    pub(super) unpacked: Cell<u64>,
    pub(super) members: Cell<u64>,
    pub(super) is_exceeded: Cell<bool>,
}

impl UnpackBudget {
    pub(super) fn spend(&self, bytes: u64) -> io::Result<()> {
        let unpacked = self.unpacked.get().saturating_add(bytes);
        self.unpacked.set(unpacked);
        if unpacked > self.limits.size.max(self.size.get().saturating_mul(self.limits.ratio)) {
            self.is_exceeded.set(true);
            return Err(io::Error::other("it unpacks to too much"));
        }
        Ok(())
    }
}

/// A decoder whose output is counted. After an error it is not read again: some decoders would not come to an end.
pub(super) struct MeteredReader<R> {
    pub(super) inner: R,
    pub(super) budget: Rc<UnpackBudget>,
    pub(super) failed: Option<io::ErrorKind>,
}

impl<R: Read> Read for MeteredReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(kind) = self.failed {
            return Err(kind.into());
        }
        let result = self.inner.read(buffer).and_then(|count| self.budget.spend(count as u64).map(|()| count));
        self.failed = result.as_ref().err().map(io::Error::kind).filter(|kind| *kind != io::ErrorKind::Interrupted);
        result
    }
}

/// The outermost content, counted while it is read because its size is unknown.
pub(super) struct CountedReader<'a> {
    pub(super) inner: &'a mut dyn Read,
    pub(super) budget: Rc<UnpackBudget>,
}

impl Read for CountedReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.budget.size.set(self.budget.size.get() + count as u64);
        Ok(count)
    }
}
