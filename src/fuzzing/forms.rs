//! Well-formed files of git and archives, made from their parts: to start from, and to put an input's parts together.

use flate2::Crc;

use super::git::zlib;
use crate::git::Id;
use crate::git::id::Hash;

/// Texts as inputs.
pub(super) fn owned(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// An index of version 2 with these entries (mode, id, path) and extensions.
pub(super) fn index(entries: &[(u32, Id, &[u8])], extensions: &[(&[u8; 4], Vec<u8>)], hash: Hash) -> Vec<u8> {
    let mut file = b"DIRC\0\0\0\x02".to_vec();
    file.extend((entries.len() as u32).to_be_bytes());
    for (mode, id, path) in entries {
        let start = file.len();
        file.extend([0; 24]);
        file.extend(mode.to_be_bytes());
        file.extend([0; 12]);
        file.extend(id.as_bytes());
        file.extend((path.len().min(0xfff) as u16).to_be_bytes());
        file.extend(*path);
        let padding = 8 - (file.len() - start) % 8;
        file.extend(&[0; 8][..padding]);
    }
    for (name, body) in extensions {
        file.extend(*name);
        file.extend((body.len() as u32).to_be_bytes());
        file.extend(body);
    }
    file.extend(&[0; 32][..hash.width()]);
    file
}

/// An entry's header in a pack: what it is, and the size that it says.
pub(super) fn entry(kind: u8, mut size: u64) -> Vec<u8> {
    let mut bytes = vec![kind << 4 | (size & 15) as u8];
    size >>= 4;
    while size > 0 {
        *bytes.last_mut().expect("there is one") |= 0x80;
        bytes.push((size & 0x7f) as u8);
        size >>= 7;
    }
    bytes
}

/// How a delta says where its base is: so many bytes back.
pub(super) fn back(mut distance: u64) -> Vec<u8> {
    let mut bytes = vec![(distance & 0x7f) as u8];
    while distance > 0x7f {
        distance = (distance >> 7) - 1;
        bytes.insert(0, 0x80 | (distance & 0x7f) as u8);
    }
    bytes
}

/// A number in a delta's header.
pub(super) fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}

/// A delta that makes `content` of any base of this size: nothing is copied.
pub(super) fn inserts(base: usize, content: &[u8]) -> Vec<u8> {
    let mut delta = [varint(base as u64), varint(content.len() as u64)].concat();
    for part in content.chunks(127) {
        delta.push(part.len() as u8);
        delta.extend(part);
    }
    delta
}

/// A pack of entries that were put together before.
pub(super) fn pack(count: usize, entries: &[u8], hash: Hash) -> Vec<u8> {
    [&b"PACK\0\0\0\x02"[..], &(count as u32).to_be_bytes(), entries, &[0; 32][..hash.width()]].concat()
}

/// The index of a pack, version 2.
pub(super) fn pack_index(list: &[(Id, u64)], hash: Hash) -> Vec<u8> {
    let mut sorted = list.to_vec();
    sorted.sort_unstable();
    let mut file = b"\xfftOc\0\0\0\x02".to_vec();
    for first in 0..=255 {
        let upto = sorted.iter().filter(|(id, _)| id.as_bytes()[0] <= first).count();
        file.extend((upto as u32).to_be_bytes());
    }
    sorted.iter().for_each(|(id, _)| file.extend(id.as_bytes()));
    file.extend(vec![0; 4 * sorted.len()]);
    sorted.iter().for_each(|(_, offset)| file.extend((*offset as u32).to_be_bytes()));
    file.extend(vec![0; 2 * hash.width()]);
    file
}

/// A multi-pack-index of one pack.
pub(super) fn multi_pack_index(list: &[(Id, u32)], hash: Hash) -> Vec<u8> {
    let names = b"pack-1.idx\0\0".to_vec();
    let ids: Vec<u8> = list.iter().flat_map(|(id, _)| id.as_bytes().to_vec()).collect();
    let places: Vec<u8> = list.iter().flat_map(|(_, at)| [[0; 4], at.to_be_bytes()].concat()).collect();
    let chunks = [(b"PNAM", names), (b"OIDL", ids), (b"OOFF", places)];
    let version = if hash == Hash::Sha1 { 1 } else { 2 };
    let mut file = [&b"MIDX\x01"[..], &[version, chunks.len() as u8, 0], &1_u32.to_be_bytes()].concat();
    let mut at = 12 + 12 * (chunks.len() as u64 + 1);
    for (name, chunk) in &chunks {
        file.extend(*name);
        file.extend(at.to_be_bytes());
        at += chunk.len() as u64;
    }
    file.extend([0; 4]);
    file.extend(at.to_be_bytes());
    chunks.iter().for_each(|(_, chunk)| file.extend(chunk));
    file
}

/// A gzip file.
pub(super) fn gzip(content: &[u8]) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(content);
    let head = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    [&head[..], &deflate(content), &crc.sum().to_le_bytes(), &crc.amount().to_le_bytes()].concat()
}

/// Deflate without a header.
pub(super) fn deflate(content: &[u8]) -> Vec<u8> {
    let whole = zlib(content);
    whole[2..whole.len() - 4].to_vec()
}

/// A zip of these members; every other one is compressed.
pub(super) fn zip(members: &[(&[u8], &[u8])]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for (number, (name, content)) in members.iter().enumerate() {
        let is_deflated = number % 2 == 1;
        let packed = if is_deflated { deflate(content) } else { content.to_vec() };
        let mut crc = Crc::new();
        crc.update(content);
        let method = if is_deflated { 8_u16 } else { 0 };
        let common = [
            &[20, 0, 0, 0][..],
            &method.to_le_bytes(),
            &[0; 4],
            &crc.sum().to_le_bytes(),
            &(packed.len() as u32).to_le_bytes(),
            &(content.len() as u32).to_le_bytes(),
            &(name.len() as u16).to_le_bytes(),
            &[0; 2],
        ]
        .concat();
        let at = file.len() as u32;
        directory.push([&b"PK\x01\x02\x14\0"[..], &common, &[0; 10], &at.to_le_bytes(), name].concat());
        file.extend([b"PK\x03\x04", &common[..], name, &packed].concat());
    }
    let (start, directory) = (file.len() as u32, directory.concat());
    let count = (members.len() as u16).to_le_bytes();
    file.extend(&directory);
    file.extend([&b"PK\x05\x06\0\0\0\0"[..], &count, &count, &(directory.len() as u32).to_le_bytes()].concat());
    file.extend([&start.to_le_bytes()[..], &[0, 0]].concat());
    file
}

/// A tar of these members: name, type and content.
pub(super) fn tar(members: &[(&[u8], u8, &[u8])]) -> Vec<u8> {
    let mut file = Vec::new();
    for (name, kind, content) in members {
        let mut header = [0; 512];
        header[..name.len().min(100)].copy_from_slice(&name[..name.len().min(100)]);
        header[100..108].copy_from_slice(b"0000644\0");
        header[124..136].copy_from_slice(format!("{:011o}\0", content.len()).as_bytes());
        header[148..156].copy_from_slice(b"        ");
        header[156] = *kind;
        header[257..265].copy_from_slice(b"ustar\x0000");
        let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        file.extend(header);
        file.extend(*content);
        file.extend(vec![0; content.len().next_multiple_of(512) - content.len()]);
    }
    file.extend([0; 1024]);
    file
}
