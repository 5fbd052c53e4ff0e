//! Ways in which a text with a key in it is written as bytes.

use std::fmt::Write as _;

/// A way: its name, and the bytes for a text.
pub(crate) type Encoding = (&'static str, fn(&str) -> Vec<u8>);

/// Of whole files: names beside the key are encoded the same way.
pub(crate) const FILES: [Encoding; 13] = [
    ("utf-8 with byte order mark", |text| format!("\u{feff}{text}").into_bytes()),
    ("utf-16le", |text| wide(text, u16::to_le_bytes)),
    ("utf-16be", |text| wide(text, u16::to_be_bytes)),
    ("utf-16le with byte order mark", |text| wide(&format!("\u{feff}{text}"), u16::to_le_bytes)),
    ("utf-16be with byte order mark", |text| wide(&format!("\u{feff}{text}"), u16::to_be_bytes)),
    ("utf-32le", |text| text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect()),
    ("utf-32be", |text| text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect()),
    ("utf-16le at an odd offset", |text| [&[1, 2, 3][..], &wide(text, u16::to_le_bytes)].concat()),
    ("latin-1", |text| [b"caf\xe9 \xfcber\n", text.as_bytes(), b"\xa7 1\n"].concat()),
    ("between zero bytes", |text| [b"\0\x01\x02\0", text.as_bytes(), b"\0\0\xff\xfe\0"].concat()),
    ("in a binary", |text| [&[0x80, 0x04, 0x95, 0x1b, 0, 0, 0, 0, 0x8c][..], text.as_bytes(), &[0x94, 0x2e]].concat()),
    ("on a long line", |text| long_line(text).into_bytes()),
    ("percent, reserved characters", |text| percent(text, |byte| !byte.is_ascii_alphanumeric()).into_bytes()),
];

/// Of a part of a file.
pub(crate) const PARTS: [Encoding; 34] = [
    ("base64", |text| in_yaml(&base64(text.as_bytes(), STANDARD, true))),
    ("base64, second alignment", |text| in_yaml(&base64(format!("a{text}").as_bytes(), STANDARD, true))),
    ("base64, third alignment", |text| in_yaml(&base64(format!("ab{text}").as_bytes(), STANDARD, true))),
    ("base64, unpadded", |text| in_yaml(&base64(text.as_bytes(), STANDARD, false))),
    ("base64, url-safe", |text| in_yaml(&base64(format!("?>{text}").as_bytes(), URL_SAFE, true))),
    ("base64, url-safe, unpadded", |text| in_yaml(&base64(format!("~{text}").as_bytes(), URL_SAFE, false))),
    ("base64, twice", |text| in_yaml(&base64(base64(text.as_bytes(), STANDARD, true).as_bytes(), STANDARD, true))),
    ("base64, wrapped", |text| wrapped(&format!("Content-Type: text/plain\r\n{text}"), "\r\n")),
    ("base64, wrapped with newlines", |text| wrapped(&format!("{{\"type\": \"config\"}}\n{text}"), "\n")),
    ("base64, data url", |text| {
        format!("<a href=\"data:text/plain;base64,{}\">\n", base64(text.as_bytes(), STANDARD, true)).into_bytes()
    }),
    ("hex", |text| in_yaml(&each(text, |out, byte| write!(out, "{byte:02x}")))),
    ("hex, upper case", |text| in_yaml(&each(text, |out, byte| write!(out, "{byte:02X}")))),
    ("percent", |text| in_yaml(&percent(text, |_| true))),
    ("unicode escapes", |text| in_yaml(&each(text, |out, byte| write!(out, "\\u{byte:04x}")))),
    ("unicode escapes, upper case", |text| in_yaml(&each(text, |out, byte| write!(out, "\\u{byte:04X}")))),
    ("hex escapes", |text| in_yaml(&each(text, |out, byte| write!(out, "\\x{byte:02x}")))),
    ("decimal entities", |text| in_yaml(&each(text, |out, byte| write!(out, "&#{byte};")))),
    ("hex entities", |text| in_yaml(&each(text, |out, byte| write!(out, "&#x{byte:X};")))),
    ("percent, twice", |text| in_yaml(&each(text, |out, byte| write!(out, "%25{byte:02X}")))),
    ("percent, three times", |text| in_yaml(&each(text, |out, byte| write!(out, "%2525{byte:02X}")))),
    ("octal escapes", |text| in_yaml(&each(text, |out, byte| write!(out, "\\{byte:03o}")))),
    ("escapes in braces", |text| in_yaml(&each(text, |out, byte| write!(out, "\\u{{{byte:x}}}")))),
    ("decimal bytes", |text| in_yaml(&each(text, |out, byte| write!(out, "{byte},")))),
    ("decimal bytes, one a line", |text| each(text, |out, byte| writeln!(out, "    {byte},")).into_bytes()),
    ("hex bytes", |text| {
        format!("var k = []byte{{{}}}\n", each(text, |out, byte| write!(out, "0x{byte:02x}, "))).into_bytes()
    }),
    ("hex bytes in java", |text| each(text, |out, byte| write!(out, "(byte) 0x{byte:02X}, ")).into_bytes()),
    ("octal bytes", |text| each(text, |out, byte| write!(out, "0{byte:03o}, ")).into_bytes()),
    ("hex with colons", |text| each(text, |out, byte| write!(out, "{byte:02x}:")).into_bytes()),
    ("xxd", |text| dump(text, 2, "")),
    ("hexdump", |text| dump(text, 1, "|")),
    ("hex, wrapped", |text| {
        let digits = each(text, |out, byte| write!(out, "{byte:02x}"));
        let lines: Vec<&str> = digits.as_bytes().chunks(60).map(|line| str::from_utf8(line).expect("hex")).collect();
        (lines.join("\n") + "\n").into_bytes()
    }),
    ("base32", |text| in_yaml(&base32(text.as_bytes()))),
    ("base64 in utf-16le", |text| wide(&base64(text.as_bytes(), STANDARD, true), u16::to_le_bytes)),
    ("utf-16le in base64", |text| in_yaml(&base64(&wide(text, u16::to_le_bytes), STANDARD, true))),
];

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn base64(bytes: &[u8], digits: &[u8; 64], padded: bool) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let group = (0..3).fold(0, |group, i| group << 8 | u32::from(*chunk.get(i).unwrap_or(&0)));
        for i in 0..4 {
            if i <= chunk.len() {
                out.push(digits[(group >> (18 - 6 * i) & 63) as usize] as char);
            } else if padded {
                out.push('=');
            }
        }
    }
    out
}

fn base32(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut out = String::new();
    for chunk in bytes.chunks(5) {
        let group = (0..5).fold(0, |group, i| group << 8 | u64::from(*chunk.get(i).unwrap_or(&0)));
        let digits = (chunk.len() * 8).div_ceil(5);
        out.extend(
            (0..8).map(|i| if i < digits { DIGITS[(group >> (35 - 5 * i) & 31) as usize] as char } else { '=' }),
        );
    }
    out
}

/// As `xxd` and `hexdump -C` write it.
fn dump(text: &str, pair: usize, bar: &str) -> Vec<u8> {
    let mut out = String::new();
    for (number, line) in text.as_bytes().chunks(16).enumerate() {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let groups: Vec<String> = line.chunks(pair).map(hex).collect();
        let shown: String = line.iter().map(|&byte| if byte.is_ascii_graphic() { byte as char } else { '.' }).collect();
        let colon = if bar.is_empty() { ":" } else { " " };
        writeln!(out, "{:08x}{colon} {:48}  {bar}{shown}{bar}", number * 16, groups.join(" "))
            .expect("writing to a string");
    }
    out.into_bytes()
}

fn wrapped(text: &str, newline: &str) -> Vec<u8> {
    let line = base64(text.as_bytes(), STANDARD, true);
    let lines: Vec<&str> = line.as_bytes().chunks(76).map(|line| str::from_utf8(line).expect("base64")).collect();
    format!("Content-Transfer-Encoding: base64{newline}{newline}{}{newline}", lines.join(newline)).into_bytes()
}

fn in_yaml(value: &str) -> Vec<u8> {
    format!("data:\n  blob: {value}\n").into_bytes()
}

fn each(text: &str, write: fn(&mut String, u8) -> std::fmt::Result) -> String {
    let mut out = String::new();
    text.bytes().for_each(|byte| write(&mut out, byte).expect("writing to a string"));
    out
}

fn percent(text: &str, escaped: fn(u8) -> bool) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if escaped(byte) {
            write!(out, "%{byte:02X}").expect("writing to a string");
        } else {
            out.push(byte as char);
        }
    }
    out
}

fn wide(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

fn long_line(text: &str) -> String {
    let filler = "function(e,t){return e.push(t),e.length>0?t:null},";
    format!("{}{};{}\n", filler.repeat(200), text.trim_end(), filler.repeat(100))
}
