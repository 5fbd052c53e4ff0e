//! `@file` mentions in a prompt: agents read such files without a tool event.

/// The paths that a prompt mentions, in order and without repetition; they may not exist.
pub(super) fn paths(prompt: &str) -> Vec<String> {
    let mut paths: Vec<String> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    let mut before = ' ';
    for (at, character) in prompt.char_indices() {
        let opens = before.is_whitespace() || matches!(before, '(' | '[' | '{' | '"' | '\'' | '`' | ',' | ';' | ':');
        before = character;
        if character != '@' || !opens {
            continue;
        }
        let rest = prompt.get(at + 1..).unwrap_or_default();
        let path = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split(['"', '\n']).next(),
            None => rest.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ')' | ']' | '}')).next(),
        };
        for candidate in path.into_iter().flat_map(candidates) {
            if seen.insert(candidate.to_owned()) {
                paths.push(candidate.to_owned());
            }
        }
    }
    paths
}

/// Variants of a mentioned path: as it is, without punctuation at the end, and without a range of lines.
fn candidates(path: &str) -> Vec<&str> {
    let bare = path.trim_end_matches([',', ';', ':', '!', '?', '.']);
    let plain = bare.split_once("#L").map_or(bare, |(path, _)| path);
    let mut all = vec![path, bare, plain];
    all.dedup();
    all.retain(|path| !path.is_empty());
    all
}

#[cfg(test)]
mod tests {
    use super::paths;

    #[test]
    fn a_mention_is_a_word_that_starts_with_an_at_sign() {
        for (prompt, expected) in [
            ("look at @.env please", &[".env"][..]),
            ("see (@src/a.py) and @\"my file.txt\"", &["src/a.py", "my file.txt"]),
            ("why does @a.py#L3-9 fail?", &["a.py#L3-9", "a.py"]),
            ("in @a.py, and @a.py.", &["a.py,", "a.py", "a.py."]),
            ("write to ada@example.org @ noon", &[]),
        ] {
            assert_eq!(paths(prompt), expected, "{prompt}");
        }
    }
}
