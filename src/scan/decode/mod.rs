//! Text inside text: UTF-16, base64, hex and escapes, decoded only where the encoded form could hold a key.
//!
//! Base64 and hex of ASCII text are recognised by their digits (`digits`): a byte below 128 leaves one bit of each of
//! three sextets zero, so six groups in a row that fit are text once in a quarter of a million at random. That finds an
//! encoded key at any alignment and to any depth without decoding anything else.
//!
//! Each decoder goes on for at most [`MOST`] characters at a time and says how far it came, so that however long the
//! encoded text is, each of its bytes is decoded once, and a few ([`SHARED`]) twice.

mod base32;
mod base64;
mod digits;
mod escapes;
mod gzip;
mod hex;
mod numbers;
mod slashes;
mod utf16;
mod utf32;

use std::ops::Range;

pub(super) use base32::base32;
pub(super) use base64::{base64, base64_bytes, find_base64};
pub(super) use digits::any as any_digits;
pub(super) use escapes::escapes;
pub(super) use gzip::{START as GZIP, gzip};
pub(super) use hex::find_hex;
pub(super) use numbers::numbers;
pub(super) use slashes::slashes;
pub(super) use utf16::utf16;
pub(super) use utf32::utf32;

/// The most that is decoded at a time, in encoded characters: bounds the memory that an encoded gigabyte takes.
const MOST: usize = 1 << 16;
/// What two pieces share, so that a key on their border is whole in one of them.
const SHARED: usize = 1 << 13;

/// A long range in pieces.
pub(super) fn pieces(range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let end = range.end;
    range.step_by(MOST - SHARED).map(move |start| start..end.min(start + MOST))
}

/// The value of a hex digit.
fn hex_digit(digit: u8) -> Option<u8> {
    (digit as char).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
