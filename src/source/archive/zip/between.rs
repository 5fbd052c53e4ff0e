//! What lies between the members of a zip: the lengths behind members, the directory, and whatever else was put there.

use std::io::{self, BufRead as _, Read};

use super::super::until::{MarkSearch, length_before};
use super::directory::short;
use super::reader::{HEADER, PositionedReader};

/// The length of a local header without its signature and the fields of variable length.
pub(super) const FIXED: usize = 26;

/// Returns the bytes before the next member, and ends at its header. A signature that no plausible header follows is
/// one of these bytes.
pub(super) struct BetweenMembers<'a, 'b> {
    inner: &'a mut PositionedReader<'b>,
    directory: MarkSearch,
    /// The fixed part of the header at which this ends, once that is reached.
    pub(super) header: Option<[u8; FIXED]>,
}

impl<'a, 'b> BetweenMembers<'a, 'b> {
    pub(super) fn new(inner: &'a mut PositionedReader<'b>) -> Self {
        Self { inner, directory: MarkSearch::new(b"PK\x01\x02"), header: None }
    }

    /// How many entries of the directory were read.
    pub(super) fn listed(&self) -> u64 {
        self.directory.count
    }

    /// How many bytes can be returned at once; 0 at the end.
    pub(super) fn ready(&mut self) -> io::Result<usize> {
        let buffer = self.inner.fill_buf()?;
        let free = length_before(buffer, HEADER);
        if free > 0 || buffer.is_empty() || self.header.is_some() {
            return Ok(if self.header.is_some() { 0 } else { free });
        }
        Ok(usize::from(!self.is_at_header()))
    }

    /// Whether a member's header is next.
    pub(super) fn is_at_header(&mut self) -> bool {
        let mut start = [0; HEADER.len() + FIXED];
        let length = self.inner.peek(&mut start);
        let fixed = start.strip_prefix(HEADER).and_then(|fixed| <[u8; FIXED]>::try_from(fixed).ok());
        self.header = fixed.filter(|fixed| length == start.len() && is_plausible(fixed));
        self.header.is_some()
    }
}

impl Read for BetweenMembers<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.ready()?.min(out.len());
        out[..count].copy_from_slice(&self.inner.fill_buf()?[..count]);
        self.directory.look_at(&out[..count]);
        self.inner.consume(count);
        Ok(count)
    }
}

/// Whether this may be a header: its version and its method exist.
fn is_plausible(fixed: &[u8; FIXED]) -> bool {
    short(fixed, 0) & 0xff <= 99 && short(fixed, 4) <= 99
}
