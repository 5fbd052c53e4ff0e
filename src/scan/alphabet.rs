//! The bytes that keys and names in content consist of, and tables of such bytes.

/// A table that says for each byte whether a class contains it.
macro_rules! byte_table {
    ($holds:ident) => {{
        let mut table = [false; 256];
        let mut byte = 0_u8;
        loop {
            table[byte as usize] = $holds(byte);
            if byte == u8::MAX {
                break table;
            }
            byte += 1;
        }
    }};
}
pub(super) use byte_table;

/// Whether keys may contain a byte.
pub(super) fn in_key(byte: u8) -> bool {
    const fn holds(byte: u8) -> bool {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
    }
    const IN_KEY: [bool; 256] = byte_table!(holds);
    IN_KEY[byte as usize]
}

/// Whether names of variables, fields and hosts may contain a byte.
#[inline]
pub(super) fn in_name(byte: u8) -> bool {
    const fn holds(byte: u8) -> bool {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
    }
    const IN_NAME: [bool; 256] = byte_table!(holds);
    IN_NAME[byte as usize]
}
