//! Content that is encrypted already is no leak: SOPS values, git-crypt files, ansible-vault and age blocks,
//! sealed secrets. A plain key beside them is one, so what counts is the place of a match, never the file.

use std::ops::Range;

use bstr::ByteSlice;
use memchr::{memchr, memmem, memrchr};

/// How far a value of one line is followed, in bytes.
const LINE_REACH: usize = 64 * 1024;
/// How far above a match the head of a vault, age or sealed-secret block can stand.
const BLOCK_REACH: usize = 1024 * 1024;

/// Whether the match at `span` lies in encrypted content. Called for matches only, so that clean content never pays.
pub fn is_within(bytes: &[u8], span: &Range<usize>) -> bool {
    let end = span.end.min(bytes.len());
    let span = span.start.min(end)..end;
    is_git_crypt(bytes) || is_sops(bytes, &span) || is_block(bytes, &span) || is_sealed(bytes, &span)
}

/// A git-crypt file is ciphertext from its first byte to its last.
fn is_git_crypt(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\0GITCRYPT\0")
}

/// `ENC[AES256_GCM,data:...,iv:...,tag:...,type:str]` around the match, on one line.
fn is_sops(bytes: &[u8], span: &Range<usize>) -> bool {
    let floor = span.start.saturating_sub(LINE_REACH);
    let before = &bytes[floor..span.start];
    let line = &before[memrchr(b'\n', before).map_or(0, |at| at + 1)..];
    let Some(open) = line.rfind("ENC[AES256_GCM,") else { return false };
    if line[open..].contains(&b']') {
        return false;
    }
    let after = &bytes[span.end..span.end.saturating_add(LINE_REACH).min(bytes.len())];
    let line = &after[..memchr(b'\n', after).unwrap_or(after.len())];
    line.contains(&b']')
}

/// A kind of encrypted block.
struct EncryptedBlock {
    /// What the line above it starts with.
    head: &'static [u8],
    /// What its lines are made of.
    is_digit: fn(u8) -> bool,
    /// The line that ends it; empty if its last line does.
    tail: &'static [u8],
}

const BLOCKS: &[EncryptedBlock] = &[
    EncryptedBlock { head: b"$ANSIBLE_VAULT;", is_digit: is_hex, tail: b"" },
    EncryptedBlock {
        head: b"-----BEGIN AGE ENCRYPTED FILE-----",
        is_digit: is_base64,
        tail: b"-----END AGE ENCRYPTED FILE-----",
    },
    EncryptedBlock { head: b"-----BEGIN PGP MESSAGE-----", is_digit: is_base64, tail: b"-----END PGP MESSAGE-----" },
];

/// Lines of nothing but digits of the block's alphabet, between its head and the match, and the match's own too.
fn is_block(bytes: &[u8], span: &Range<usize>) -> bool {
    if bytes.starts_with(b"age-encryption.org/v1\n") {
        return true;
    }
    let floor = span.start.saturating_sub(BLOCK_REACH);
    let before = &bytes[floor..span.start];
    let line_start = memrchr(b'\n', before).map_or(floor, |newline| floor + newline + 1);
    BLOCKS.iter().any(|EncryptedBlock { head, is_digit, tail }| {
        // Nearly always the match's own line says no.
        if !bytes[line_start..span.end].trim_ascii().iter().all(|&byte| is_digit(byte)) {
            return false;
        }
        let Some(at) = memmem::rfind(before, head) else { return false };
        let rest = &bytes[floor + at + head.len()..];
        let Some(body) = memchr(b'\n', rest).map(|end| floor + at + head.len() + end + 1) else { return false };
        if body > span.start {
            return false;
        }
        let line_end = memchr(b'\n', &bytes[span.end..]).map_or(bytes.len(), |end| span.end + end);
        let lines = &bytes[body..line_end];
        if !tail.is_empty() && memmem::find(lines, tail).is_some() {
            return false;
        }
        lines.lines().all(|line| line.trim_ascii().iter().all(|&byte| is_digit(byte)))
    })
}

fn is_hex(byte: u8) -> bool {
    byte.is_ascii_hexdigit()
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// A value under `encryptedData:` of a `kind: SealedSecret`: base64 that starts with the length of an RSA-encrypted
/// session key, 512 bytes for its 4096 bits (`AgA` or `AgB`...), and is longer than any key.
fn is_sealed(bytes: &[u8], span: &Range<usize>) -> bool {
    let start = bytes[..span.start].iter().rposition(|&b| !is_base64(b)).map_or(0, |at| at + 1);
    let length = bytes[span.end..].iter().position(|&b| !is_base64(b)).unwrap_or(bytes.len() - span.end);
    let value = &bytes[start..span.end + length];
    if value.len() < 680 || !value.starts_with(b"Ag") {
        return false;
    }
    let before = &bytes[span.start.saturating_sub(BLOCK_REACH)..start];
    memmem::rfind(before, b"encryptedData").is_some() && memmem::find(bytes, b"SealedSecret").is_some()
}
