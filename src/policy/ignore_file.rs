//! `.keysweepignore`: secrets that a person has reviewed and accepted, one on each line, edited by hand.
//!
//! ```text
//! # [rule:]fingerprint [path] [# reason until=2027-01-31]
//! openai-project-key:0123456789abcdef0123456789abcdef docs/** # revoked in 2026
//! ```

use bstr::ByteSlice;
use globset::{GlobBuilder, GlobMatcher};

use crate::core::date::Date;
use crate::core::error::{Error, Result};
use crate::core::finding::Fingerprint;
use crate::rule::id_pattern::fits;

/// The usual name of the file.
pub const NAME: &str = ".keysweepignore";

/// A parsed ignore file.
#[derive(Clone, Debug, Default)]
pub struct IgnoreFile {
    /// The file's name in messages.
    pub name: String,
    /// The entries in the file's order, one for each line that is not a comment.
    pub entries: Vec<IgnoreEntry>,
}

/// One accepted secret.
#[derive(Clone, Debug)]
pub struct IgnoreEntry {
    /// The line number in the file, from 1.
    pub line: usize,
    /// The rule's id, or a pattern; any rule if `None`.
    pub rule: Option<String>,
    /// The fingerprint of the secret's value.
    pub fingerprint: Fingerprint,
    /// The paths where it is accepted; anywhere if `None`.
    pub path: Option<GlobMatcher>,
    /// The reason that a person gave.
    pub reason: Option<String>,
    /// The last day on which it is accepted.
    pub until: Option<Date>,
    /// Fingerprint, rule and path as they were written, for messages.
    pub text: String,
}

impl IgnoreFile {
    /// Parses the file's content; `name` is the file's name in errors.
    pub fn parse(name: &str, content: &[u8]) -> Result<Self> {
        let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
        let mut entries = Vec::new();
        for (index, line) in content.lines().enumerate() {
            let text = line.to_str_lossy();
            let text = text.trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            entries.push(entry(name, index + 1, text)?);
        }
        Ok(Self { name: name.to_owned(), entries })
    }
}

impl IgnoreEntry {
    /// Whether it accepts this secret, found by this rule at this path. A finding without a path is covered only by
    /// an entry without one.
    pub fn covers(&self, rule: &str, fingerprint: Fingerprint, path: Option<&[u8]>) -> bool {
        self.fingerprint == fingerprint
            && self.rule.as_deref().is_none_or(|pattern| fits(pattern, rule))
            && self.path.as_ref().is_none_or(|glob| path.is_some_and(|path| glob.is_match(path.to_path_lossy())))
    }
}

fn entry(name: &str, line: usize, text: &str) -> Result<IgnoreEntry> {
    let bad = |why: String| Error::new("read ignore file", format!("{name}:{line}"), why);
    let (key, comment) = match text.split_once(" #") {
        Some((key, comment)) => (key.trim(), Some(comment.trim())),
        None => (text, None),
    };
    let (secret, path) = match key.split_once(char::is_whitespace) {
        Some((secret, path)) => (secret, Some(path.trim())),
        None => (key, None),
    };
    let (rule, digits) = match secret.rsplit_once(':') {
        Some((rule, digits)) => (Some(rule.to_owned()), digits),
        None => (None, secret),
    };
    let fingerprint = Fingerprint::parse(digits).ok_or_else(|| {
        bad(format!("\"{}\" is not a fingerprint", shorten(digits)))
            .hint("an entry is [rule:]fingerprint [path] [# reason]; the fingerprint's 32 hex digits are in the report")
    })?;
    let path = path
        .map(|glob| glob_of(glob).map_err(|why| bad(why).hint("a path is a glob such as docs/** or src/a.py")))
        .transpose()?;
    let (reason, until) = match comment {
        None => (None, None),
        Some(comment) => reason_and_day(comment).map_err(|text| {
            bad(format!("until={text} is not a date")).hint("write the last day as until=2027-01-31")
        })?,
    };
    Ok(IgnoreEntry { line, rule, fingerprint, path, reason, until, text: key.to_owned() })
}

/// Compiles a glob. `*` does not match `/`, `**` does. The error is one line.
pub fn glob_of(glob: &str) -> std::result::Result<GlobMatcher, String> {
    if glob.trim().is_empty() {
        return Err("an empty text matches no file".to_owned());
    }
    let built = GlobBuilder::new(glob).literal_separator(true).backslash_escape(true).build();
    built.map(|glob| glob.compile_matcher()).map_err(|error| {
        let (most, kind) = (80, error.kind());
        let rest = if glob.chars().count() > most { "…" } else { "" };
        format!("\"{}{rest}\" is not a glob: {kind}", glob.chars().take(most).collect::<String>())
    })
}

fn reason_and_day(comment: &str) -> std::result::Result<(Option<String>, Option<Date>), String> {
    let mut words = Vec::new();
    let mut until = None;
    for word in comment.split_whitespace() {
        match word.strip_prefix("until=") {
            Some(day) => until = Some(Date::parse(day).ok_or_else(|| day.to_owned())?),
            None => words.push(word.strip_prefix("reason=").unwrap_or(word)),
        }
    }
    let reason = words.join(" ");
    Ok(((!reason.is_empty()).then_some(reason), until))
}

/// Shortens a text that is not a fingerprint to six characters: it may be a pasted key.
fn shorten(text: &str) -> String {
    let head: String = text.chars().take(6).collect();
    if text.chars().count() > 6 { format!("{head}…") } else { head }
}
