//! The digits of base64, and where in a group of four each can be if the group encodes ASCII text.

/// The value of a base64 digit of either alphabet; 64 for other bytes.
#[allow(clippy::cast_possible_truncation, reason = "each byte once")]
pub(super) const SEXTET: [u8; 256] = {
    let mut table = [64; 256];
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut i = 0;
    while i < 64 {
        table[digits[i] as usize] = i as u8;
        i += 1;
    }
    table[b'-' as usize] = 62;
    table[b'_' as usize] = 63;
    table
};

/// Bit `i` says whether a base64 digit can be at position `i` of a group that encodes three bytes below 128.
pub(super) const FITS: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let value = SEXTET[byte];
        if value < 64 {
            let first = (value & 0x20 == 0) as u8;
            let second = (value & 0x08 == 0) as u8;
            let third = (value & 0x02 == 0) as u8;
            table[byte] = first | second << 1 | third << 2 | 8;
        }
        byte += 1;
    }
    table
};

/// The bit of [`FITS`] for each position.
pub(super) const FITS_AT: [u8; 4] = [1, 2, 4, 8];
