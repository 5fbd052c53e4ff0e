//! Hyperlinks in terminals (OSC 8).

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::Path;

use crate::core::path_bytes;

/// A hyperlink. Neither text may contain a control character; both are already escaped.
pub(super) fn to(address: &str, text: &str) -> String {
    format!("\x1b]8;;{address}\x1b\\{text}\x1b]8;;\x1b\\")
}

/// The URL of a file below `root`, and of a line in it; `None` if the file does not exist.
pub(super) fn file(root: &Path, path: &str, line: Option<u64>) -> Option<String> {
    let whole = root.join(path);
    if !whole.is_absolute() || !whole.is_file() {
        return None;
    }
    let bytes = path_bytes::bytes(whole.as_os_str());
    // On Windows an absolute path starts with a drive.
    let mut address = if bytes.first() == Some(&b'/') { "file://".to_owned() } else { "file:///".to_owned() };
    for &byte in bytes.iter() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b':' => {
                address.push(char::from(byte));
            }
            _ => {
                let _ = write!(address, "%{byte:02X}");
            }
        }
    }
    if let Some(line) = line {
        let _ = write!(address, "#{line}");
    }
    Some(address)
}

/// Text in which each URL is a hyperlink.
pub(super) fn addresses(text: &str) -> Cow<'_, str> {
    if !text.contains("https://") {
        return text.into();
    }
    let words = text.split(' ').map(|word| {
        let address = word.trim_end_matches([',', ';', '.', ':', ')']);
        match word.strip_prefix(address).filter(|_| address.starts_with("https://")) {
            Some(rest) => Cow::Owned(to(address, address) + rest),
            None => word.into(),
        }
    });
    words.collect::<Vec<_>>().join(" ").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_links_without_what_follows_them() {
        let link = "\u{1b}]8;;https://a.example/b\u{1b}\\https://a.example/b\u{1b}]8;;\u{1b}\\";
        assert_eq!(addresses("at https://a.example/b, then"), format!("at {link}, then"));
        assert_eq!(addresses("nowhere"), "nowhere");
    }

    #[test]
    fn a_file_has_an_address_and_what_is_none_has_not() {
        let root = tempfile::tempdir().expect("a directory");
        std::fs::write(root.path().join("a b\u{e9}.py"), "").expect("a file");
        let address = file(root.path(), "a b\u{e9}.py", Some(3)).expect("an address");
        assert!(address.starts_with("file:///") && address.ends_with("/a%20b%C3%A9.py#3"), "{address}");
        assert_eq!(file(root.path(), "(stdin)", None), None);
    }
}
