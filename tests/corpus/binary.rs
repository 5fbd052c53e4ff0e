//! Binary formats that a key stands in: what stands beside it is a length, a type, or the next field.

/// A format: its name, and the bytes of a file with the key in it.
pub(crate) type Format = (&'static str, fn(&[u8]) -> Vec<u8>);

pub(crate) const FORMATS: &[Format] = &[
    ("marshal, False follows", |key| {
        bytes(&[b"\xa7\r\r\n\0\0\0\0\0\0\0\0\xe3\0\0\0\0z", &[one(key)], key, b"FT)\x02r\x01\0\0\0"])
    }),
    ("marshal, None follows", |key| bytes(&[b"\x01\0\0\0)\x03\xda", &[one(key)], key, b"N\xe9\x01\0\0\0"])),
    ("pickle, protocol 2", |key| bytes(&[b"\x80\x02}q\0X\x03\0\0\0keyq\x01X", &four(key), key, b"q\x02s."])),
    ("pickle, protocol 4", |key| bytes(&[b"\x80\x04\x95\x40\0\0\0\0\0\0\0}\x94\x8c", &[one(key)], key, b"\x94s."])),
    ("protobuf, field 1", |key| bytes(&[b"\x08\x01\x0a", &varint(key), key, b"\x10\x01"])),
    ("protobuf, field 6 follows", |key| bytes(&[b"\x08\x01\x12", &varint(key), key, b"2\x05hello"])),
    ("protobuf, field 8 follows", |key| bytes(&[b"\x08\x01\x12", &varint(key), key, b"B\x05hello"])),
    ("msgpack", |key| bytes(&[b"\x82\xa3key\xd9", &[one(key)], key, b"\xa5model\xa5gpt-4"])),
    ("msgpack, a small number follows", |key| bytes(&[b"\x82\xa3key\xd9", &[one(key)], key, b"A\xc0"])),
    ("class", |key| bytes(&[b"\xca\xfe\xba\xbe\0\0\0\x34\0\x10\x01\0", &[one(key)], key, b"\x01\0\x04Code\x08\0\x05"])),
    ("dex", |key| bytes(&[b"dex\n035\0\x05hello\0", &varint(key), key, b"\0\x03abc\0"])),
    ("cbor", |key| bytes(&[b"\xa2cKey\x78", &[one(key)], key, b"emodelegpt-4"])),
    ("arrow", |key| bytes(&[b"\0\0\0\0", &four(key), &[0; 8], key, b"gpt-4abcde\0\0\0\0"])),
    ("property list", |key| bytes(&[b"bplist00\xd1\x01\x02VAPIKey_\x10", &[one(key)], key, b"\x08\x0b\x12\0\0"])),
    ("property list, another follows", |key| {
        bytes(&[b"bplist00\xd2\x01\x02_\x10", &[one(key)], key, b"UHello\x08\x0b"])
    }),
    ("sqlite, between columns", |key| {
        bytes(&[b"\0\0\x81\x02\x05\x01\x17\x81\x0d\x13gpt-4", key, b"note of it\x81\x02\x05"])
    }),
    ("utf-16le at an odd offset", |key| bytes(&[b"\x01\x02\x03", &wide(key, false), b"\x07\x08"])),
    ("utf-16be at an odd offset", |key| bytes(&[b"\x01\x02\x03", &wide(key, true), b"\x07\x08"])),
];

fn bytes(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

fn one(key: &[u8]) -> u8 {
    key.len().to_le_bytes()[0]
}

fn four(key: &[u8]) -> [u8; 4] {
    u32::try_from(key.len()).expect("a short key").to_le_bytes()
}

fn varint(key: &[u8]) -> Vec<u8> {
    match key.len() {
        short @ 0..128 => vec![short.to_le_bytes()[0]],
        long => vec![long.to_le_bytes()[0] | 128, (long >> 7).to_le_bytes()[0]],
    }
}

fn wide(key: &[u8], big: bool) -> Vec<u8> {
    key.iter().flat_map(|&byte| if big { [0, byte] } else { [byte, 0] }).collect()
}
