//! The prefilter: where a key can be at all.
//!
//! Every key of any provider has at least [`LEAST`] consecutive letters, digits, `_` and `-`. So does its base64 and
//! hex form and, with the escape characters added to the class, its percent-, `\u`- and HTML-escaped form. Source
//! text rarely has that. So instead of hundreds of literals the engine searches for such *runs*, at the same cost for
//! any number of rules: one table look-up for each byte, 32 bytes at a time. UTF-16 runs are found in the same pass,
//! as characters that alternate with zero bytes.
//!
//! `benches/engine.rs` compares it with a search for one literal, and with an automaton of all anchors, on the same
//! text.

mod in_a_row;
mod state;
#[cfg(target_arch = "x86_64")]
mod vector;

use std::ops::Range;

use super::alphabet::byte_table;
use state::State;

/// The minimum length of a run, in characters.
pub(super) const LEAST: usize = 20;

/// Whether a run can contain a byte: letters, digits, `_`, `-`, and the characters of escapes, `% \ & # ;`.
pub(crate) const fn in_class(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'%' | b'\\' | b'&' | b'#' | b';')
}

/// Whether a byte of a run belongs to an escape and not to a key.
#[inline]
pub(super) fn is_escape(byte: u8) -> bool {
    byte < b'-' || byte == b';' || byte == b'\\'
}

/// `IN_CLASS[b]`: whether a run can hold the byte `b`.
const IN_CLASS: [bool; 256] = byte_table!(in_class);

/// The minimum length of a run with gaps.
pub(super) const LEAST_GAPPED: usize = 24;

/// Whether a run with gaps can contain a byte. Such runs are for values with `+`, `/` and dots.
pub(super) const fn in_gapped(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'/' | b'.')
}

/// `IN_GAPPED[b]`: whether a run with gaps can hold the byte `b`.
const IN_GAPPED: [bool; 256] = byte_table!(in_gapped);

/// The kind of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    /// Consecutive bytes.
    Narrow,
    /// Characters that alternate with zero bytes: UTF-16 LE with the zero second, or BE with the zero first. (The two
    /// differ only by one byte of offset, which the decoder determines.)
    Wide,
    /// Letters, digits, `_`, `-`, and at least one of `+`, `/` and dots, with no plain run inside.
    Gapped,
    /// Not a run, but a place where a part of a key may start: a byte that no escape starts with follows a quote or a similar
    /// byte.
    Opening,
    /// Not a run, but a block that consists mostly of numbers and separators.
    Numbers,
    /// Not a run, but a block that consists mostly of characters separated by three zero bytes (UTF-32).
    Quad,
}

/// Whether lists of numbers and dumps can contain a byte.
const fn numbers(byte: u8) -> bool {
    byte.is_ascii_hexdigit()
        || matches!(byte, b'x' | b'X' | b'u' | b'\\' | b'{' | b'}' | b'[' | b']' | b'(' | b')' | b',' | b' ' | b':')
        || matches!(byte, b'\n' | b'\r' | b'\t')
}

/// `NUMBERS[b]`: whether lists of numbers are written with the byte `b`.
const NUMBERS: [bool; 256] = byte_table!(numbers);

/// Whether the first part of a key may follow a byte.
const fn opens(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`' | b'=' | b'>' | b';')
}

/// `OPENS[b]`: whether the first part of a key may follow the byte `b`.
const OPENS: [bool; 256] = byte_table!(opens);

/// Says where a part of a key may start. Since there are openings in every block, [`may_start`](Self::may_start) is compiled
/// into the loop over them.
pub(super) trait Openings {
    /// Whether a part may start at an offset; `is_long` says whether six bytes from there may be in a value.
    fn may_start(&self, at: usize, is_long: bool) -> bool;
}

/// A part may start at every opening.
#[cfg(any(test, feature = "cli"))]
struct Everywhere;

#[cfg(any(test, feature = "cli"))]
impl Openings for Everywhere {
    fn may_start(&self, _: usize, _: bool) -> bool {
        true
    }
}

/// Calls `found` for each longest run in `bytes`, in the order in which they end, and for each of the openings where a part of
/// a key may start.
pub(super) fn each(bytes: &[u8], openings: &impl Openings, found: &mut impl FnMut(Range<usize>, Width)) {
    let mut state = State::default();
    #[cfg(target_arch = "x86_64")]
    if let Some(vectors) = vector::Vectors::known().next() {
        vectors.blocks(bytes, &mut state, openings, found);
        return state.finish(bytes.len(), found);
    }
    let whole = bytes.len() / 64 * 64;
    for base in (0..whole).step_by(64) {
        state.block(base, masks(&bytes[base..base + 64]), openings, found);
    }
    state.tail(bytes, whole, openings, found);
    state.finish(bytes.len(), found);
}

/// Whether there is a run in `bytes`, or anything else that rules look at.
#[cfg(feature = "cli")]
pub(crate) fn any(bytes: &[u8]) -> bool {
    let (mut state, mut is_found) = (State::default(), false);
    let found = &mut |_, _| is_found = true;
    let whole = bytes.len() / 64 * 64;
    for base in (0..whole).step_by(64) {
        state.block(base, masks(&bytes[base..base + 64]), &Everywhere, found);
    }
    state.tail(bytes, whole, &Everywhere, found);
    state.finish(bytes.len(), found);
    is_found
}

/// Classes of up to 64 bytes as bit masks; bit `i` is for byte `i`.
#[derive(Clone, Copy, Debug, Default)]
struct Masks {
    class: u64,
    zero: u64,
    /// The first part of a key may follow the byte.
    opens: u64,
    /// Lists of numbers can contain the byte.
    numbers: u64,
    /// A run with gaps can contain the byte.
    gapped: u64,
}

/// The masks without SIMD.
fn masks(block: &[u8]) -> Masks {
    let mut masks = Masks::default();
    for (i, &byte) in block.iter().enumerate() {
        masks.class |= u64::from(IN_CLASS[byte as usize]) << i;
        masks.zero |= u64::from(byte == 0) << i;
        masks.opens |= u64::from(OPENS[byte as usize]) << i;
        masks.numbers |= u64::from(NUMBERS[byte as usize]) << i;
        masks.gapped |= u64::from(IN_GAPPED[byte as usize]) << i;
    }
    masks
}

#[cfg(test)]
mod tests;
