//! Escapes untrusted text for terminals and logs, XML, CSV, workflow commands, Markdown and URIs. Nothing in a
//! repository can move a terminal's cursor, reorder or end a line, or be interpreted as markup, a formula or a
//! command.

use bstr::ByteSlice as _;

/// Escapes bytes for a terminal or a log. Control characters, bidirectional overrides and other invisible characters
/// become `\u{..}`, bytes that are not UTF-8 become `\xNN`, and commands of CI systems are broken up.
pub fn text(bytes: &[u8]) -> String {
    // Most text is printable ASCII without the start of a command.
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b':' | b'#');
    if bytes.iter().all(is_plain)
        && let Ok(plain) = std::str::from_utf8(bytes)
    {
        return plain.to_owned();
    }
    let mut safe = String::with_capacity(bytes.len());
    for (start, end, c) in bytes.char_indices() {
        if c == char::REPLACEMENT_CHARACTER && &bytes[start..end] != "\u{fffd}".as_bytes() {
            bytes[start..end].iter().for_each(|byte| safe.push_str(&format!("\\x{byte:02X}")));
        } else if is_unsafe(c) || starts_command(bytes, start) {
            safe.push_str(&escaped(c));
        } else {
            safe.push(c);
        }
    }
    safe
}

/// Whether a command of a CI system starts here: `::error::` at the start of a line (GitHub), `##[`, `##vso[` and
/// `##teamcity[` anywhere (GitHub, Azure, TeamCity).
fn starts_command(bytes: &[u8], at: usize) -> bool {
    let rest = &bytes[at..];
    let is_first = || bytes[..at].iter().all(|byte| *byte == b' ');
    match rest.first() {
        Some(b':') => rest.starts_with(b"::") && is_first(),
        Some(b'#') => [&b"##["[..], b"##vso[", b"##teamcity["].iter().any(|command| rest.starts_with(command)),
        _ => false,
    }
}

/// Escapes a character: `\n` for a line end, `\u{3a}` for characters without a short escape.
fn escaped(c: char) -> String {
    if c.is_ascii_graphic() { c.escape_unicode().to_string() } else { c.escape_default().to_string() }
}

/// Escapes text for XML content or attributes. Characters that XML does not allow are written as in [`text`].
pub fn xml(untrusted: &str) -> String {
    let mut safe = String::with_capacity(untrusted.len());
    for c in text(untrusted.as_bytes()).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&apos;"),
            c => safe.push(c),
        }
    }
    safe
}

/// Escapes a CSV cell. A cell that a spreadsheet would evaluate gets an apostrophe at the start.
pub fn csv(untrusted: &str) -> String {
    let mut safe = text(untrusted.as_bytes());
    let first = safe.trim_start().chars().next();
    if matches!(first, Some('=' | '+' | '-' | '@' | '|' | '＝' | '＋' | '－' | '＠')) {
        safe.insert(0, '\'');
    }
    if safe.contains([',', '"', ';', '\'', ' ']) { format!("\"{}\"", safe.replace('"', "\"\"")) } else { safe }
}

/// Escapes the message of a workflow command, after its `::`.
pub fn command(untrusted: &str) -> String {
    text(untrusted.as_bytes()).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property of a workflow command, such as `file=…`.
pub fn command_property(untrusted: &str) -> String {
    command(untrusted).replace(':', "%3A").replace(',', "%2C")
}

/// Escapes text for Markdown, also in table cells: it contains no markup, link, mention or reference.
pub fn markdown(untrusted: &str) -> String {
    let mut safe = String::with_capacity(untrusted.len());
    let text = text(untrusted.as_bytes());
    for (at, c) in text.char_indices() {
        // GitHub and GitLab also turn `www.` into links.
        let after_www = || text.get(..at).is_some_and(|before| before.to_ascii_lowercase().ends_with("www"));
        match c {
            ' ' | '-' | '/' | ',' => safe.push(c),
            '.' if !after_www() => safe.push(c),
            c if c.is_ascii_punctuation() => safe.push_str(&format!("&#{};", u32::from(c))),
            c => safe.push(c),
        }
    }
    safe
}

/// Encodes a path as a relative URI reference (RFC 3986) with percent-encoded segments.
pub fn uri(path: &str) -> String {
    let mut safe = String::with_capacity(path.len());
    for &byte in path.as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => safe.push(byte.into()),
            byte => safe.push_str(&format!("%{byte:02X}")),
        }
    }
    // `//host` would be the start of another host.
    if safe.starts_with("//") { format!("/.{safe}") } else { safe }
}

/// Whether a character affects more than its own cell of a terminal, or is invisible.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::{command_property, csv, markdown, text, uri, xml};

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
        for (bytes, safe) in [
            ("::error::x", "\\u{3a}:error::x"),
            ("  ::error::x", "  \\u{3a}:error::x"),
            ("std::vec", "std::vec"),
            ("a ##[group]b ##vso[task] ##", "a \\u{23}#[group]b \\u{23}#vso[task] ##"),
        ] {
            assert_eq!(text(bytes.as_bytes()), safe);
        }
    }

    #[test]
    fn each_target_has_its_own() {
        assert_eq!(xml("a<b>&\"'\u{1}\u{ffff}"), "a&lt;b&gt;&amp;&quot;&apos;\\u{1}\\u{ffff}");
        assert_eq!(csv("=1+2"), "'=1+2".replacen('\'', "\"'", 1) + "\"");
        assert_eq!(csv("a\"b"), "\"a\"\"b\"");
        assert_eq!(csv("plain"), "plain");
        assert_eq!(command_property("a:b,c%0Ad\n"), "a%3Ab%2Cc%250Ad\\n");
        assert_eq!(markdown("a|b_c@d <x>"), "a&#124;b&#95;c&#64;d &#60;x&#62;");
        assert_eq!(markdown("www.example.org a.b"), "www&#46;example.org a.b");
        assert_eq!(uri("a b/ü%"), "a%20b/%C3%BC%25");
    }
}
