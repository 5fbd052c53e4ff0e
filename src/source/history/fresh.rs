//! Searching only what a delta brings that its base does not have.
//!
//! Nine tenths of what a pack decodes to are copies of a base in which the engine saw nothing. What it sees at a
//! place depends on the line that the place is in and on some hundred bytes around it; so if it saw nothing in the base,
//! it can see something in the delta's object only near what is new: inserted bytes, and the seams between copies.
//! These are looked at in windows. If the engine sees anything there, the object is scanned whole, so that what is
//! reported never depends on how git packed it.

use std::ops::Range;

use super::pack::delta::{Delta, Op};

/// Farther from a place than the engine looks, lines and long base64 apart.
const MARGIN: usize = 1 << 10;
/// A window whose edge is not found so far out is not worth it.
const FARTHEST: usize = 1 << 14;
/// Base64 goes on over line ends only after so many digits in a row.
const JOINED: usize = 40;

/// What a delta's object has to be searched in; `None`: all of it. `base` is the size of the base.
pub(super) fn windows(bytes: &[u8], base: usize, delta: &Delta<'_>) -> Option<Vec<Range<usize>>> {
    let mut windows: Vec<Range<usize>> = Vec::new();
    let mut searched = 0;
    for new in fresh(bytes.len(), base, delta)? {
        let start = edge_before(bytes, new.start.saturating_sub(MARGIN))?;
        match windows.last_mut() {
            Some(last) if start <= last.end => {
                if new.end + MARGIN > last.end {
                    let end = edge_after(bytes, new.end + MARGIN)?;
                    searched += end - last.end;
                    last.end = end;
                }
            }
            _ => {
                let end = edge_after(bytes, new.end + MARGIN)?;
                searched += end - start;
                windows.push(start..end);
            }
        }
        if searched > bytes.len() / 4 * 3 {
            return None;
        }
    }
    // In UTF-16 a line end is no such thing, and what a byte is depends on how the file starts.
    let is_wide = |window: &Range<usize>| memchr::memchr(0, &bytes[window.clone()]).is_some();
    if windows.iter().any(is_wide) { None } else { Some(windows) }
}

/// What is inserted, and (as empty ranges) where copies meet that do not follow each other in the base.
fn fresh(len: usize, base: usize, delta: &Delta<'_>) -> Option<Vec<Range<usize>>> {
    let mut fresh = Vec::new();
    let mut at = 0;
    let mut next = Some(0);
    for op in delta.ops() {
        match op? {
            Op::Copy { from, len } => {
                if next != Some(from) {
                    fresh.push(at..at);
                }
                next = Some(from + len);
                at += len;
            }
            Op::Insert(bytes) => {
                fresh.push(at..at + bytes.len());
                next = None;
                at += bytes.len();
            }
        }
    }
    if next != Some(base) {
        fresh.push(len..len);
    }
    Some(fresh)
}

/// The last place at or before `at` where a line starts that nothing before it reaches into.
fn edge_before(bytes: &[u8], at: usize) -> Option<usize> {
    let mut end = at.min(bytes.len());
    loop {
        match memchr::memrchr(b'\n', &bytes[..end]) {
            Some(newline) if ends_all(&bytes[..newline]) => return Some(newline + 1),
            Some(newline) if at - newline < FARTHEST => end = newline,
            None if at < FARTHEST => return Some(0),
            _ => return None,
        }
    }
}

/// The first such place at or after `at`, or the end.
fn edge_after(bytes: &[u8], at: usize) -> Option<usize> {
    let mut start = at.min(bytes.len());
    loop {
        match memchr::memchr(b'\n', &bytes[start..]) {
            Some(newline) if ends_all(&bytes[..start + newline]) => return Some(start + newline + 1),
            Some(newline) if start + newline - at < FARTHEST => start += newline + 1,
            None if bytes.len().saturating_sub(at) < FARTHEST => return Some(bytes.len()),
            _ => return None,
        }
    }
}

/// Whether no base64 goes on over a line end after these bytes: their last line is empty, or has something near its end
/// that is no part of base64, nor of an escaped line end.
fn ends_all(bytes: &[u8]) -> bool {
    // Nearly every line of code or prose has such a byte within its last few.
    for &byte in bytes.iter().rev().take(JOINED) {
        if byte == b'\n' {
            return bytes.last() == Some(&b'\n');
        }
        if !GOES_ON[byte as usize] {
            return true;
        }
    }
    bytes.is_empty()
}

/// Bytes that base64 may go on over, or that may be a part of an escaped line end.
const GOES_ON: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        table[byte] =
            b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_' | b'=' | b'\\' | b' ' | b'\t' | b'\r');
        byte += 1;
    }
    table
};

#[cfg(test)]
#[allow(clippy::string_slice, reason = "the texts are ASCII")]
mod tests {
    use super::*;
    use crate::rule::template::{Random, Template};
    use crate::scan::Scanner;

    /// Pieces of text, among them parts that only together are a key, or base64 of one.
    fn pieces(random: &mut Random) -> Vec<Vec<u8>> {
        let marked = ["[A-Za-z0-9_-]{73}[A-Za-z0-9]T3Blbk", "FJ[A-Za-z0-9_-]{72}[AEIM]A"].concat();
        let key = Template::parse(&format!("sk-proj-{marked}")).expect("a template").generate(random).text;
        let mut encoded = String::new();
        for three in key.as_bytes().chunks(3) {
            let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
            let bits = three.iter().fold(0_u32, |bits, &byte| bits << 8 | u32::from(byte)) << (8 * (3 - three.len()));
            encoded.extend((0..4).map(|i| digits[(bits >> (18 - 6 * i) & 63) as usize] as char));
        }
        let wrapped: Vec<String> = encoded.as_bytes().chunks(64).map(|l| String::from_utf8_lossy(l).into()).collect();
        let mut pieces: Vec<String> = vec![
            key[..60].into(),
            key[60..].into(),
            encoded[..100].into(),
            encoded[100..].into(),
            wrapped[..2].join("\n"),
            wrapped[2..].join("\n"),
            "\n".into(),
            "api_key = \"".into(),
            "\"\n".into(),
            "let x = f(y);\n".repeat(100),
            "words and words without any mark\n".repeat(60),
            "Zm9vYmFyIGJheiBxdXV4IGZvb2JhciBiYXogcXV1eCBmb29iYXIgYmF6IHF1dXgg\n".repeat(40),
        ];
        pieces.push(key.bytes().map(|byte| format!("%{byte:02x}")).collect());
        pieces.into_iter().map(String::into_bytes).collect()
    }

    fn number(mut value: usize, out: &mut Vec<u8>) {
        while value >= 0x80 {
            out.push(value as u8 | 0x80);
            value >>= 7;
        }
        out.push(value as u8);
    }

    #[test]
    fn windows_see_whatever_the_whole_shows() {
        let scanner = Scanner::builtin();
        let (mut narrow, mut shown) = (0, 0);
        for seed in 0..3000 {
            let mut random = Random::new(seed);
            let pieces = pieces(&mut random);
            let text = |random: &mut Random, count: usize| -> Vec<u8> {
                (0..count).flat_map(|_| random.pick(&pieces).clone()).collect()
            };
            let base = text(&mut random, 14);
            if !scanner.sees_nothing(&base) {
                continue;
            }
            let mut raw = Vec::new();
            let mut object = Vec::new();
            let mut at = 0;
            while at < base.len() {
                let end = base.len().min(at + 1 + random.below(9000));
                raw.push(0xff);
                raw.extend_from_slice(&(at as u32).to_le_bytes());
                raw.extend_from_slice(&((end - at) as u32).to_le_bytes()[..3]);
                object.extend_from_slice(&base[at..end]);
                at = end + [0, 0, 0, 3, 500][random.below(5)];
                if random.below(3) == 0 {
                    let new = text(&mut random, 1);
                    let new = &new[..new.len().min(120)];
                    raw.push(new.len() as u8);
                    raw.extend_from_slice(new);
                    object.extend_from_slice(new);
                }
            }
            let mut whole = Vec::new();
            number(base.len(), &mut whole);
            number(object.len(), &mut whole);
            whole.extend(raw);
            let delta = Delta::parse(&whole).expect("a good delta");
            let Some(windows) = windows(&object, base.len(), &delta) else { continue };
            narrow += 1;
            let nothing_new = windows.iter().all(|window| scanner.sees_nothing(&object[window.clone()]));
            let nothing = scanner.sees_nothing(&object);
            shown += usize::from(!nothing);
            assert!(!nothing_new || nothing, "seed {seed}: the whole shows what no window does");
        }
        assert!(narrow > 50 && shown > 2, "{narrow} narrow, {shown} with something to see");
    }
}
