//! Untrusted text made safe for its target: nothing that a repository holds can move a terminal's cursor, reorder a
//! line or end it early.

use bstr::ByteSlice as _;

/// Bytes for a terminal or a log: control characters, bidirectional overrides and other invisible characters become
/// `\u{..}`, bytes that are no UTF-8 become `\xNN`.
pub fn text(bytes: &[u8]) -> String {
    let mut safe = String::with_capacity(bytes.len());
    for (start, end, c) in bytes.char_indices() {
        if c == char::REPLACEMENT_CHARACTER && &bytes[start..end] != "\u{fffd}".as_bytes() {
            bytes[start..end].iter().for_each(|byte| safe.push_str(&format!("\\x{byte:02X}")));
        } else if is_unsafe(c) {
            safe.extend(c.escape_default());
        } else {
            safe.push(c);
        }
    }
    safe
}

/// What changes more than its own cell of a terminal, or shows nothing where something is.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn attacks_come_out_as_text() {
        for (bytes, safe) in [
            (&b"src/a b.py"[..], "src/a b.py"),
            ("ключ/鍵.env".as_bytes(), "ключ/鍵.env"),
            (b"a\nb\r\t", "a\\nb\\r\\t"),
            (b"\x1b[2J\x07", "\\u{1b}[2J\\u{7}"),
            ("\u{9b}31m".as_bytes(), "\\u{9b}31m"),
            ("a\u{202e}gpj.exe".as_bytes(), "a\\u{202e}gpj.exe"),
            (b"caf\xe9.txt", "caf\\xE9.txt"),
            (b"\xff\xfe", "\\xFF\\xFE"),
            ("\u{fffd}".as_bytes(), "\u{fffd}"),
        ] {
            assert_eq!(text(bytes), safe, "{bytes:?}");
        }
    }
}
