//! Counts and places in 32 bits, which halves the tables that a large repository needs.

/// The number in 32 bits. What is numbered so is bounded far below 2^32 where it is read (a pack's entries, an index's
/// bytes, the nodes of a table in memory); a number that is larger all the same becomes the largest, never another's.
#[inline]
pub fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
