//! A blocking reader. If the run is stopped, it ends when the next bytes arrive.

use std::fs::File;
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};

use bstr::BStr;

use crate::core::path_bytes;

/// Reads until the end of the data, or until the run is stopped.
#[derive(Debug)]
pub(in crate::source) struct Pipe<'a, F> {
    input: F,
    stop: &'a AtomicBool,
}

impl<'a> Pipe<'a, File> {
    /// Opens a pipe.
    pub(in crate::source) fn open(path: &BStr, stop: &'a AtomicBool) -> io::Result<Self> {
        Ok(Self { input: File::open(path_bytes::path(path))?, stop })
    }
}

impl<'a> Pipe<'a, io::Stdin> {
    /// Standard input. The system replaces a closed one by an empty one.
    pub(in crate::source) fn stdin(stop: &'a AtomicBool) -> io::Result<Self> {
        Ok(Self { input: io::stdin(), stop })
    }
}

impl<F: Read> Read for Pipe<'_, F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.stop.load(Ordering::Relaxed) { Ok(0) } else { self.input.read(buffer) }
    }
}
