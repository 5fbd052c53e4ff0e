//! The bytes that keys and names in content consist of.

/// Whether keys may contain a byte.
pub(super) fn in_key(byte: u8) -> bool {
    IN_KEY[byte as usize]
}

#[allow(clippy::cast_possible_truncation, reason = "each byte once")]
const IN_KEY: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = (byte as u8).is_ascii_alphanumeric() || matches!(byte as u8, b'_' | b'-');
        byte += 1;
    }
    table
};

/// Whether names of variables, fields and hosts may contain a byte.
#[inline]
pub(super) fn in_name(byte: u8) -> bool {
    IN_NAME[byte as usize]
}

#[allow(clippy::cast_possible_truncation, reason = "each byte once")]
const IN_NAME: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        table[byte] = b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
        byte += 1;
    }
    table
};
