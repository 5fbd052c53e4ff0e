//! Lists of paths as git writes them; a path may be in double quotes with C escapes.

use std::path::PathBuf;

use crate::core::path_bytes;

/// The paths of a list, without empty ones and comments.
pub(crate) fn paths(list: &[u8], separator: u8) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    let mut rest = list;
    while !rest.is_empty() {
        let (entry, after) = quoted(rest, separator).unwrap_or_else(|| {
            let end = rest.iter().position(|&byte| byte == separator).unwrap_or(rest.len());
            (rest[..end].to_vec(), &rest[end..])
        });
        if !entry.is_empty() && !entry.starts_with(b"#") {
            paths.push(path_bytes::path(&entry).into());
        }
        rest = after.get(1..).unwrap_or_default();
    }
    paths
}

/// The quoted path at the start of `list`, if its quotes end at a separator, and the rest.
fn quoted(list: &[u8], separator: u8) -> Option<(Vec<u8>, &[u8])> {
    let mut rest = list.strip_prefix(b"\"")?;
    let mut plain = Vec::new();
    loop {
        let (&byte, tail) = rest.split_first()?;
        rest = tail;
        match byte {
            b'"' if rest.first().is_none_or(|&next| next == separator) => return Some((plain, rest)),
            b'"' => return None,
            b'\\' => {
                let (&escape, tail) = rest.split_first()?;
                rest = tail;
                plain.push(match escape {
                    b'a' => 7,
                    b'b' => 8,
                    b't' => b'\t',
                    b'n' => b'\n',
                    b'v' => 11,
                    b'f' => 12,
                    b'r' => b'\r',
                    b'0'..=b'3' => {
                        let digits = rest.get(..2).filter(|digits| digits.iter().all(|d| matches!(d, b'0'..=b'7')))?;
                        rest = &rest[2..];
                        (escape - b'0') << 6 | (digits[0] - b'0') << 3 | (digits[1] - b'0')
                    }
                    b'"' | b'\\' => escape,
                    _ => return None,
                });
            }
            byte => plain.push(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_escapes_are_taken_off_and_what_is_not_quoted_stays() {
        for (list, expected) in [
            (&b"/a:/b"[..], &["/a", "/b"][..]),
            (b"\"/a:x\":/b", &["/a:x", "/b"]),
            (b"\"/a\\042\\101\\t\"", &["/a\"A\t"]),
            (b"\"/a\"b:c", &["\"/a\"b", "c"]),
            (b"\"open:c", &["\"open", "c"]),
            (b"::#no:", &[]),
        ] {
            assert_eq!(paths(list, b':'), expected.iter().map(PathBuf::from).collect::<Vec<_>>());
        }
    }
}
