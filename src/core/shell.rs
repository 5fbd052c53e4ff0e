//! Quoting for shells.

use bstr::ByteSlice as _;

/// Quotes a path so that a POSIX shell reads it as one word, and git as one path.
pub fn shell_path(path: &[u8]) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-+,@%".contains(byte);
    if path.iter().all(plain) {
        return path.to_str_lossy().into_owned();
    }
    match path.to_str() {
        Ok(text) if !text.chars().any(char::is_control) => format!("'{}'", text.replace('\'', "'\\''")),
        _ => {
            let escaped: String = path
                .iter()
                .map(|&byte| match byte {
                    b'\'' | b'\\' => format!("\\{}", char::from(byte)),
                    b' '..=b'~' => char::from(byte).to_string(),
                    byte => format!("\\{byte:03o}"),
                })
                .collect();
            format!("$'{escaped}'")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::shell_path;

    #[test]
    fn a_path_is_one_word_for_the_shell() {
        for (path, expected) in [
            (&b"src/a.py"[..], "src/a.py"),
            (b"a b", "'a b'"),
            (b"it's", "'it'\\''s'"),
            ("ü".as_bytes(), "'ü'"),
            (b"a\nb", "$'a\\012b'"),
            (b"\xff'", "$'\\377\\''"),
        ] {
            assert_eq!(shell_path(path), expected);
        }
    }
}
