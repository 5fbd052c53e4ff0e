//! The few settings of a repository's own `config` file that say how its files are to be read: the hash, the
//! form of the references, the place of the work tree. Everything else is git's to answer.

use bstr::{BString, ByteSlice, ByteVec};

/// `section.key` (no subsection) as the file's last word on it; `None` if it is not set there.
pub(crate) fn value(file: &[u8], section: &str, key: &str) -> Option<BString> {
    let mut found = None;
    let mut here = false;
    let mut lines = file.lines();
    while let Some(line) = lines.next() {
        let mut line = line.trim_ascii_start();
        if let Some(header) = line.strip_prefix(b"[") {
            let Some((name, rest)) = header.split_once_str("]") else { continue };
            here = name.trim_ascii().eq_ignore_ascii_case(section.as_bytes());
            line = rest.trim_ascii_start();
        }
        let name_end = line.find_byteset(b"= \t#;").unwrap_or(line.len());
        let (name, rest) = line.split_at(name_end);
        if here && name.eq_ignore_ascii_case(key.as_bytes()) {
            let mut text = match rest.trim_ascii_start().strip_prefix(b"=") {
                Some(text) => text.to_vec(),
                None => b"true".to_vec(),
            };
            while text.last() == Some(&b'\\') && !text.ends_with(b"\\\\") {
                text.pop();
                text.push_str(lines.next().unwrap_or_default());
            }
            found = Some(unquote(&text));
        }
    }
    found
}

/// A value without its quotes, escapes and trailing comment.
fn unquote(text: &[u8]) -> BString {
    let mut value = Vec::new();
    let mut quoted = false;
    let mut kept = 0;
    let mut bytes = text.trim_ascii_start().iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => quoted = !quoted,
            b'#' | b';' if !quoted => break,
            b'\\' => match bytes.next() {
                Some(b'n') => value.push(b'\n'),
                Some(b't') => value.push(b'\t'),
                Some(other) => value.push(other),
                None => {}
            },
            byte => value.push(byte),
        }
        if quoted || !byte.is_ascii_whitespace() {
            kept = value.len();
        }
    }
    value.truncate(kept);
    value.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_git_writes_and_what_people_write() {
        let file =
            b"# x\n[core]\n\tbare = false\n\tworktree = \"../a b\" ; why\n[extensions]\n\tObjectFormat = sha256\n\
            [core \"sub\"]\n\tworktree = no\n[Core] worktree2 = ..\\\n/x # y\n\tflag\n";
        for (section, key, expected) in [
            ("core", "worktree", Some("../a b")),
            ("extensions", "objectformat", Some("sha256")),
            ("core", "worktree2", Some("../x")),
            ("core", "flag", Some("true")),
            ("core", "absent", None),
            ("user", "bare", None),
        ] {
            assert_eq!(value(file, section, key), expected.map(Into::into), "{section}.{key}");
        }
    }
}
