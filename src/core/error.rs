//! What can go wrong, said in one line, and what the process exits with.
//!
//! An [`Error`] names what was being done, to which thing, why it failed and what to do about it. Errors on
//! one item (a file, an object) are data: they travel in the report's coverage and cost exit code 2, and
//! everything else is still scanned.

use std::fmt;

/// The process's exit code. `Incomplete` wins over `Findings`, which wins over `Clean`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// The scan was complete and found nothing.
    Clean = 0,
    /// The scan was complete and found active findings.
    Findings = 1,
    /// The scan, or whatever was asked, was not completed.
    Incomplete = 2,
}

impl Exit {
    /// The number for the operating system.
    pub fn code(self) -> u8 {
        self as u8
    }
}

/// The module's `Result`.
pub type Result<T> = std::result::Result<T, Error>;

/// One failure. Displays as one line: `cannot <doing> <thing>: <why>; <hint>`.
///
/// ```
/// let error = keysweep::Error::new("read", "a.env", "permission denied").hint("check its mode");
/// assert_eq!(error.to_string(), "cannot read a.env: permission denied; check its mode");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Error {
    doing: String,
    thing: String,
    why: String,
    hint: Option<String>,
}

impl Error {
    /// `doing` is a verb ("read", "parse rule"), `thing` its object (a path, a rule id), `why` the cause.
    pub fn new(doing: impl Into<String>, thing: impl fmt::Display, why: impl fmt::Display) -> Self {
        Self { doing: doing.into(), thing: one_line(thing), why: one_line(why), hint: None }
    }

    /// Adds what the reader can do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Hands over each part of the message, to be redacted: any of them may quote scanned content.
    pub fn each_text(&mut self, change: impl FnMut(&mut String)) {
        [&mut self.doing, &mut self.thing, &mut self.why].into_iter().chain(&mut self.hint).for_each(change);
    }

    /// What it happened to: a path, an object id, a rule id.
    pub fn thing(&self) -> &str {
        &self.thing
    }
}

/// Control characters (a path may hold any) become escapes, so that an error stays one line.
fn one_line(text: impl fmt::Display) -> String {
    let text = text.to_string();
    if text.chars().any(char::is_control) {
        text.chars()
            .flat_map(|c| if c.is_control() { c.escape_default().collect::<Vec<_>>() } else { vec![c] })
            .collect()
    } else {
        text
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {}", self.doing)?;
        if !self.thing.is_empty() {
            write!(f, " {}", self.thing)?;
        }
        write!(f, ": {}", self.why)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}
