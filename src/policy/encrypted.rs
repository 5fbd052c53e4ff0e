//! Encrypted content is not a leak: SOPS values, git-crypt files, ansible-vault and age blocks, sealed secrets. A
//! plain key next to them is one, so this is decided for each match by its position, never for a whole file.

use crate::core::order::ListOrder as _;
use std::ops::Range;

use bstr::ByteSlice;
use memchr::{memchr, memchr2, memmem};

/// How many bytes before the first match the header of a vault, age or sealed-secret block may be.
const BLOCK_REACH: usize = 1024 * 1024;

/// The byte ranges of content that are encrypted. Finding them reads each byte a fixed number of times, however many
/// matches there are.
#[derive(Debug)]
pub struct EncryptedParts(Vec<Range<usize>>);

impl EncryptedParts {
    /// The encrypted parts around matches, all of which are in the range `matched`.
    pub fn around(bytes: &[u8], matched: Range<usize>) -> Self {
        if is_encrypted_file(bytes) {
            return Self(std::iter::once(0..bytes.len()).collect());
        }
        let end = matched.end.min(bytes.len());
        let start = matched.start.min(end).saturating_sub(BLOCK_REACH);
        let mut parts = Vec::new();
        sops(bytes, start..end, &mut parts);
        for block in BLOCKS {
            blocks(bytes, start..end, block, &mut parts);
        }
        sealed(bytes, start, &mut parts);
        parts.order_by_key(|part| (part.start, part.end));
        // A block of one kind may be inside one of another kind.
        parts.dedup_by(|next, last| {
            let overlaps = next.start <= last.end;
            last.end = if overlaps { last.end.max(next.end) } else { last.end };
            overlaps
        });
        Self(parts)
    }

    /// Whether a match is inside one of them.
    pub fn contain(&self, span: &Range<usize>) -> bool {
        let before = self.0.partition_point(|part| part.start <= span.start);
        before.checked_sub(1).is_some_and(|last| span.end <= self.0[last].end)
    }
}

/// Whether the whole file is ciphertext, as git-crypt and age write it.
fn is_encrypted_file(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\0GITCRYPT\0") || bytes.starts_with(b"age-encryption.org/v1\n")
}

/// SOPS values: `ENC[AES256_GCM,data:...,iv:...,tag:...,type:str]`, on one line.
fn sops(bytes: &[u8], among: Range<usize>, parts: &mut Vec<Range<usize>>) {
    let mut end = among.start;
    for open in memmem::find_iter(&bytes[among.clone()], b"ENC[AES256_GCM,").map(|at| among.start + at) {
        if open < end {
            continue;
        }
        end = memchr2(b'\n', b']', &bytes[open..]).map_or(bytes.len(), |length| open + length);
        if bytes.get(end) == Some(&b']') {
            parts.push(open..end);
        }
    }
}

/// A kind of encrypted block: a header line, then lines that consist of digits of its encoding.
struct EncryptedBlock {
    /// The text that the header line contains.
    head: &'static [u8],
    /// Whether a byte is a digit of the block's encoding.
    is_digit: fn(u8) -> bool,
}

const BLOCKS: &[EncryptedBlock] = &[
    EncryptedBlock { head: b"$ANSIBLE_VAULT;", is_digit: is_hex },
    EncryptedBlock { head: b"-----BEGIN AGE ENCRYPTED FILE-----", is_digit: is_base64 },
    EncryptedBlock { head: b"-----BEGIN PGP MESSAGE-----", is_digit: is_base64 },
];

/// The blocks of one kind. A block ends at the first line with any other byte.
fn blocks(bytes: &[u8], among: Range<usize>, block: &EncryptedBlock, parts: &mut Vec<Range<usize>>) {
    let mut end = among.start;
    for head in memmem::find_iter(&bytes[among.clone()], block.head).map(|at| among.start + at) {
        if head < end {
            continue;
        }
        let Some(body) = memchr(b'\n', &bytes[head..]).map(|length| head + length + 1) else { break };
        end = body;
        for line in bytes[body..].lines_with_terminator() {
            if !line.trim_ascii().iter().all(|&byte| (block.is_digit)(byte)) {
                break;
            }
            end += line.len();
        }
        parts.push(body..end);
    }
}

fn is_hex(byte: u8) -> bool {
    byte.is_ascii_hexdigit()
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// Values under `encryptedData:` in a `kind: SealedSecret`: base64 that starts with the length of an RSA-encrypted
/// session key (512 bytes for a 4096-bit key, so `AgA` or `AgB`...) and is longer than any key.
fn sealed(bytes: &[u8], start: usize, parts: &mut Vec<Range<usize>>) {
    if memmem::find(bytes, b"SealedSecret").is_none() {
        return;
    }
    let Some(data) = memmem::find(&bytes[start..], b"encryptedData") else { return };
    let mut at = start + data;
    for run in bytes[at..].split(|&byte| !is_base64(byte)) {
        if run.len() >= 680 && run.starts_with(b"Ag") {
            parts.push(at..at + run.len());
        }
        at += run.len() + 1;
    }
}
