//! The decoders of [`codec`](super::codec): percent, Unicode escapes, hex and base64, each as gitleaks decodes it.

fn is_printable(byte: u8) -> bool {
    byte > 8 && byte < 0x7f
}

fn nibble(digit: u8) -> Option<u8> {
    (digit as char).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

pub(super) fn percent(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        if text[at] == b'%'
            && at + 2 < text.len()
            && let (Some(high), Some(low)) = (nibble(text[at + 1]), nibble(text[at + 2]))
        {
            let byte = high << 4 | low;
            if !is_printable(byte) {
                return None;
            }
            out.push(byte);
            at += 3;
            continue;
        }
        out.push(text[at]);
        at += 1;
    }
    Some(out)
}

/// Each four hex digits are a character. As in Go, invalid ones become the replacement character.
pub(super) fn unicode(text: &[u8]) -> Vec<u8> {
    let mut out = String::new();
    let mut at = 0;
    while at < text.len() {
        if is_hex_at(text, at, 4) && text.get(at.wrapping_sub(1)).is_some_and(|byte| matches!(byte, b'u' | b'U' | b'+'))
        {
            let value = text[at..at + 4].iter().fold(0, |sum, digit| sum << 4 | u32::from(nibble(*digit).unwrap_or(0)));
            out.push(char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER));
            at += 4;
        } else {
            at += 1;
        }
    }
    out.into_bytes()
}

pub(super) fn hex(text: &[u8]) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.iter().any(u8::is_ascii_digit) {
        return None;
    }
    let pairs = text.chunks_exact(2).map(|pair| Some(nibble(pair[0])? << 4 | nibble(pair[1])?));
    pairs.map(|byte| byte.filter(|byte| is_printable(*byte))).collect()
}

/// With padding in the standard alphabet, or without in the URL-safe one. `None` if the result is not printable.
pub(super) fn base64(text: &[u8]) -> Option<Vec<u8>> {
    if !text.iter().any(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'/' | b'-' | b'_')) {
        return None;
    }
    let bare = text.strip_suffix(b"==").or_else(|| text.strip_suffix(b"=")).unwrap_or(text);
    let padded = text.len().is_multiple_of(4);
    if padded && let Some(value) = digits(bare, [b'+', b'/']) {
        return Some(value);
    }
    if bare.len() == text.len() { digits(text, [b'-', b'_']) } else { None }
}

fn digits(text: &[u8], last: [u8; 2]) -> Option<Vec<u8>> {
    if text.len() % 4 == 1 {
        return None;
    }
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut count) = (0_u32, 0);
    for &digit in text {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            other if other == last[0] => 62,
            other if other == last[1] => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            let byte = (bits >> count & 0xff) as u8;
            if !is_printable(byte) {
                return None;
            }
            out.push(byte);
        }
    }
    Some(out)
}

/// Whether so many hexadecimal digits start at an offset.
pub(super) fn is_hex_at(bytes: &[u8], at: usize, count: usize) -> bool {
    bytes.get(at..at + count).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}
