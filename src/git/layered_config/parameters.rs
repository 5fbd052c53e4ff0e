//! Parsing `GIT_CONFIG_PARAMETERS`, with which `git -c` passes settings to child processes.

use bstr::ByteSlice as _;

/// The names and values in `GIT_CONFIG_PARAMETERS`: `'name'='value'`, in older versions `'name=value'`.
pub(super) fn parameters(text: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut found = Vec::new();
    let mut rest = text.trim_ascii();
    while let Some((name, after)) = unquoted(rest) {
        let (name, value, after) = match after.strip_prefix(b"=") {
            Some(after) => {
                let (value, after) = unquoted(after).unwrap_or_default();
                (name, value, after)
            }
            None => match name.split_once_str("=") {
                Some((name, value)) => (name.to_vec(), value.to_vec(), after),
                None => (name, b"true".to_vec(), after),
            },
        };
        found.push((name, value));
        rest = after.trim_ascii_start();
    }
    found
}

/// The single-quoted word at the start of `text`, and the rest.
fn unquoted(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut rest = text.strip_prefix(b"'")?;
    let mut word = Vec::new();
    loop {
        let end = rest.find_byte(b'\'')?;
        word.extend_from_slice(&rest[..end]);
        rest = &rest[end + 1..];
        match rest {
            [b'\\', escaped @ (b'\'' | b'!'), b'\'', after @ ..] => {
                word.push(*escaped);
                rest = after;
            }
            _ => return Some((word, rest)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_leaves_in_the_environment_is_read() {
        for (text, expected) in [
            ("", &[][..]),
            ("'a.b'='c d'", &[("a.b", "c d")]),
            ("'a.b=c' 'x.y'", &[("a.b", "c"), ("x.y", "true")]),
            (r"'a.b'='it'\''s' 'c.D.e'=''", &[("a.b", "it's"), ("c.D.e", "")]),
            ("'a.b", &[]),
        ] {
            let expected: Vec<_> =
                expected.iter().map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec())).collect();
            assert_eq!(parameters(text.as_bytes()), expected, "{text}");
        }
    }
}
