//! The patterns of `includeIf` conditions.

use std::path::{Path, PathBuf};

use bstr::ByteSlice as _;
use globset::GlobBuilder;

use super::locations::home;
use crate::core::path_bytes;

/// Whether a git directory matches a `gitdir:` pattern; `./` in it means the configuration file's own directory.
pub(super) fn is_at(git_dir: &Path, pattern: &[u8], directory: Option<&Path>, any_case: bool) -> bool {
    let real = |path: PathBuf| path_bytes::real(&path).unwrap_or_else(|_| path_bytes::bytes(&path));
    let below = |directory: PathBuf, rest: &[u8]| [literal(&real(directory)), b"/".to_vec(), rest.to_vec()].concat();
    let whole = match (pattern.strip_prefix(b"~/"), pattern.strip_prefix(b"./")) {
        (Some(rest), _) => home().map(|home| below(home, rest)),
        (_, Some(rest)) => directory.map(|directory| below(directory.to_owned(), rest)),
        _ if path_bytes::is_absolute(pattern) => Some(pattern.to_vec()),
        _ => Some([b"**/", pattern].concat()),
    };
    whole.is_some_and(|whole| matches(&with_end(whole), &path_bytes::bytes(git_dir), any_case))
}

/// A pattern that ends in `/` matches everything below that directory.
pub(super) fn with_end(mut pattern: Vec<u8>) -> Vec<u8> {
    if pattern.ends_with(b"/") {
        pattern.extend_from_slice(b"**");
    }
    pattern
}

/// Escapes text so that it matches literally in a pattern.
fn literal(text: &[u8]) -> Vec<u8> {
    let escaped = text.iter().flat_map(|&byte| match byte {
        b'*' | b'?' | b'[' | b']' | b'\\' if !cfg!(windows) || byte != b'\\' => vec![b'\\', byte],
        byte => vec![byte],
    });
    escaped.collect()
}

/// Whether text matches a pattern of git's `wildmatch`, which has no braces.
pub(super) fn matches(pattern: &[u8], text: &[u8], any_case: bool) -> bool {
    let pattern = pattern.to_str_lossy().replace('{', "\\{").replace('}', "\\}");
    let mut builder = GlobBuilder::new(&pattern);
    let glob = builder.literal_separator(true).backslash_escape(true).case_insensitive(any_case).build();
    glob.is_ok_and(|glob| glob.compile_matcher().is_match(path_bytes::path(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_match_as_gits_do() {
        for (pattern, dir, any_case, expected) in [
            ("/a/", "/a/b/.git", false, true),
            ("/a/b/.git", "/a/b/.git", false, true),
            ("b/", "/a/b/.git", false, true),
            ("b", "/a/b/.git", false, false),
            ("/a/*/.git", "/a/b/.git", false, true),
            ("/a/*", "/a/b/.git", false, false),
            ("/A/", "/a/b/.git", false, false),
            ("/A/", "/a/b/.git", true, true),
            ("/{a,b}/", "/a/b/.git", false, false),
        ] {
            assert_eq!(is_at(Path::new(dir), pattern.as_bytes(), None, any_case), expected, "{pattern} {dir}");
        }
    }
}
