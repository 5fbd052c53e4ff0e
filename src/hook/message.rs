//! A commit's message, as git will keep it: without the diff that `commit -v` shows below the scissors.
//!
//! A key in a comment counts: whether git takes comments out depends on `--cleanup`, which no hook is told.

use bstr::ByteSlice;

use crate::scan::Match;

const SCISSORS: &[u8] = b" ------------------------ >8 ------------------------";

/// Leaves out the matches that will not be in the commit; only where git opened an editor has it put a diff there.
pub fn kept(message: &[u8], matches: Vec<Match>, edited: bool) -> Vec<Match> {
    let end = scissors(message).filter(|_| edited).unwrap_or(message.len());
    matches.into_iter().filter(|found| found.span.start < end).collect()
}

/// Where the part begins that git cuts off. A scissors line with something else than a diff below it is text:
/// git would keep it unless it was asked to cut.
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
