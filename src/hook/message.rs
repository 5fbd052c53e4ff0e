//! A commit message as git will store it: without the diff that `commit -v` adds below the scissors line.
//!
//! A key in a comment counts: whether git removes comments depends on `--cleanup`, which hooks cannot see.

use bstr::ByteSlice;

use crate::scan::Match;

const SCISSORS: &[u8] = b" ------------------------ >8 ------------------------";

/// Removes the matches that will not be in the commit. Git adds a diff only if it opened an editor (`edited`).
pub fn kept(message: &[u8], matches: Vec<Match>, edited: bool) -> Vec<Match> {
    let end = scissors(message).filter(|_| edited).unwrap_or(message.len());
    matches.into_iter().filter(|found| found.span.start < end).collect()
}

/// The offset of the scissors line below which git cuts. If something other than a diff follows it, it is text that
/// git keeps by default.
fn scissors(message: &[u8]) -> Option<usize> {
    let mut at = 0;
    for line in message.lines_with_terminator() {
        if line.trim_ascii_end().ends_with(SCISSORS) && line.len() < SCISSORS.len() + 16 {
            let comment = line.find(SCISSORS).map_or(&b""[..], |end| &line[..end]);
            let mut below =
                message[at..].lines().skip(1).skip_while(|line| line.starts_with(comment) || line.is_empty());
            if below.next().is_none_or(|line| line.starts_with(b"diff --")) {
                return Some(at);
            }
        }
        at += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_diff_below_the_scissors_is_cut_off() {
        let line = "# ------------------------ >8 ------------------------\n";
        for (message, cut) in [
            (format!("title\n{line}# Do not modify\n# Everything\ndiff --git a/x b/x\n+key\n"), Some(6)),
            (format!("title\n{line}"), Some(6)),
            (format!("title\n{line}key\n"), None),
            (format!("title\n; {}", line.trim_start_matches("# ")), Some(6)),
            ("title\n".to_owned(), None),
        ] {
            assert_eq!(scissors(message.as_bytes()), cut, "{message}");
        }
    }
}
