//! Counts and offsets in 32 bits, which halves the tables that a large repository needs.

/// Converts to 32 bits; a larger number becomes `u32::MAX`. Callers limit their numbers far below 2^32 (entries of a
/// pack, bytes of an index, nodes of a table).
#[inline]
pub fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
