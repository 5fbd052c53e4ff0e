//! Decoding of text in other encodings: UTF-16, base64, hex, escapes and others. Only text that may contain a key is
//! decoded.
//!
//! Base64 and hex of ASCII text are recognised by their digits (`digits`). A byte below 128 makes one bit of three of
//! the base64 digits zero, so six consecutive fitting groups are random only once in a quarter of a million. This
//! finds an encoded key at any alignment and depth without decoding anything else.
//!
//! Each decoder decodes at most [`MOST`] characters at a time and returns how far it came. So each byte of a long
//! text is decoded once, and a few ([`SHARED`]) twice.

mod base32;
mod base64;
mod digits;
mod escapes;
mod hex;
mod numbers;
mod packed;
mod sextet;
mod slashes;
mod utf16;
mod utf32;

use std::ops::Range;

pub(super) use base32::base32;
pub(super) use base64::{base64, base64_bytes, find_base64};
pub(super) use digits::any as any_digits;
pub(super) use escapes::escapes;
pub(super) use hex::find_hex;
pub(super) use numbers::numbers;
pub(super) use packed::{EncodedBytes, STARTS as PACKED_STARTS, start_of as packed_start};
pub(super) use slashes::slashes;
pub(super) use utf16::utf16;
pub(super) use utf32::utf32;

/// The maximum number of encoded characters that are decoded at a time, which limits memory.
const MOST: usize = 1 << 16;
/// How many characters two pieces share, so that a key on their border is complete in one of them.
const SHARED: usize = 1 << 13;

/// Divides a long range into pieces.
pub(super) fn pieces(range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let end = range.end;
    range.step_by(MOST - SHARED).map(move |start| start..end.min(start + MOST))
}

/// The value of a hex digit.
fn hex_digit(digit: u8) -> Option<u8> {
    (digit as char).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
