//! Numbers as git's binary files have them.

/// Parses git's offset varint (each continuation adds one); also returns its length in bytes.
pub(super) fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = u64::from(bytes.first()? & 0x7f);
    let mut used = 1;
    while bytes[used - 1] & 0x80 != 0 {
        let byte = *bytes.get(used)?;
        value = value.checked_add(1)?.checked_mul(128)?.checked_add(u64::from(byte & 0x7f))?;
        used += 1;
    }
    Some((value, used))
}

/// The first four bytes as a big-endian number.
pub(super) fn be32(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |four| u32::from_be_bytes(*four))
}

/// The first two bytes as a big-endian number.
pub(super) fn be16(bytes: &[u8]) -> u16 {
    bytes.first_chunk().map_or(0, |two| u16::from_be_bytes(*two))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varint_counts_from_one_more_at_each_byte() {
        for (bytes, expected) in
            [(&[5][..], Some((5, 1))), (&[0x80, 0], Some((128, 2))), (&[0x81, 0], Some((256, 2))), (&[0x80], None)]
        {
            assert_eq!(varint(bytes), expected);
        }
    }
}
