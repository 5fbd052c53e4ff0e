//! A commit's message, as git will keep it: without the diff that `commit -v` shows below the scissors, and
//! without comments where git takes them out.

use std::path::Path;

use bstr::ByteSlice;

use super::git;
use crate::core::error::Result;
use crate::scan::Match;

const SCISSORS: &[u8] = b" ------------------------ >8 ------------------------";

/// Leaves out the matches that will not be in the commit. git is asked only if there is one in doubt.
pub fn kept(message: &[u8], matches: Vec<Match>, dir: &Path, edited: bool) -> Result<Vec<Match>> {
    let end = scissors(message).unwrap_or(message.len());
    let mut matches: Vec<Match> = matches.into_iter().filter(|found| found.span.start < end).collect();
    if matches.iter().any(|found| is_marked(line_at(message, found.span.start))) && edited {
        let comment = comments(dir)?;
        let is_comment = |line: &[u8]| comment.as_deref().is_some_and(|comment| line.starts_with(comment));
        matches.retain(|found| !is_comment(line_at(message, found.span.start)));
    }
    Ok(matches)
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

/// Whether a line could be a comment under any setting.
fn is_marked(line: &[u8]) -> bool {
    line.first().is_some_and(|byte| !byte.is_ascii_alphanumeric() && !byte.is_ascii_whitespace())
}

/// What comments start with; `None` if git keeps them in an edited message.
fn comments(dir: &Path) -> Result<Option<Vec<u8>>> {
    let setting = |name| git::answer(dir, ["config", "--get", name]);
    let cleanup = setting("commit.cleanup")?;
    if cleanup.is_some_and(|cleanup| cleanup != "default" && cleanup != "strip") {
        return Ok(None);
    }
    let own = match setting("core.commentString")? {
        Some(own) => Some(own),
        None => setting("core.commentChar")?,
    };
    Ok(match own {
        // git picks a character that starts no line of the message, so that none of its lines is a comment.
        Some(own) if own == "auto" => None,
        Some(own) if !own.is_empty() => Some(own.into()),
        _ => Some(b"#".to_vec()),
    })
}

fn line_at(text: &[u8], at: usize) -> &[u8] {
    let start = text[..at].rfind_byte(b'\n').map_or(0, |end| end + 1);
    let rest = &text[start..];
    &rest[..rest.find_byte(b'\n').unwrap_or(rest.len())]
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
