//! What can go wrong, said in one line, and what the process exits with.
//!
//! An [`Error`] names what was being done, to which thing, why it failed and what to do about it. Errors on
//! one item (a file, an object) are data: they travel in the report's coverage and cost exit code 2, and
//! everything else is still scanned.

use std::fmt;
use std::io;
use std::sync::Arc;

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

/// What kind of failure an [`Error`] is, for programs that treat some of them in their own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// What was asked for does not exist.
    NotFound,
    /// The system does not let this user do it.
    PermissionDenied,
    /// A configuration, rule or list is wrong as it is written.
    Invalid,
    /// Another failure of reading or writing.
    Io,
    /// Anything else; the message says what.
    Other,
}

/// One failure. Displays as one line: `cannot <doing> <thing>: <why>; <hint>`.
///
/// ```
/// let error = keysweep::Error::new("read", "a.env", "permission denied").hint("check its mode");
/// assert_eq!(error.to_string(), "cannot read a.env: permission denied; check its mode");
/// ```
#[derive(Clone, Debug)]
pub struct Error {
    doing: String,
    thing: String,
    why: String,
    hint: Option<String>,
    kind: ErrorKind,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// `doing` is a verb ("read", "parse rule"), `thing` its object (a path, a rule id), `why` the cause.
    pub fn new(doing: impl Into<String>, thing: impl fmt::Display, why: impl fmt::Display) -> Self {
        let (thing, why) = (one_line(thing), one_line(why));
        Self { doing: doing.into(), thing, why, hint: None, kind: ErrorKind::Other, source: None }
    }

    /// A failure of the file system. The message has the system's words without its number; the error is the
    /// [`source`](std::error::Error::source).
    ///
    /// ```
    /// use keysweep::{Error, ErrorKind};
    ///
    /// let cause = std::io::Error::from(std::io::ErrorKind::NotFound);
    /// let error = Error::io("read", "a.env", cause);
    /// assert_eq!(error.kind(), ErrorKind::NotFound);
    /// assert!(std::error::Error::source(&error).is_some());
    /// ```
    pub fn io(doing: impl Into<String>, thing: impl fmt::Display, error: io::Error) -> Self {
        let text = error.to_string();
        let words = text.split_once(" (os error").map_or(text.clone(), |(words, _)| words.to_lowercase());
        let kind = match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ErrorKind::NotFound,
            io::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
            _ => ErrorKind::Io,
        };
        Self { kind, source: Some(Arc::new(error)), ..Self::new(doing, thing, words) }
    }

    /// Says of which kind the failure is.
    #[must_use]
    pub fn of_kind(self, kind: ErrorKind) -> Self {
        Self { kind, ..self }
    }

    /// Adds what the reader can do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same of a thing in a repository, where a run is of several: `cannot read a.git:src/b.py`.
    #[must_use]
    pub fn in_repository(mut self, name: impl fmt::Display) -> Self {
        let name = one_line(name);
        self.thing = if self.thing.is_empty() { name } else { format!("{name}:{}", self.thing) };
        self
    }

    /// The kind of failure.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Hands over each part of the message, to be redacted: any of them may quote scanned content.
    pub fn each_text(&mut self, change: impl FnMut(&mut String)) {
        [&mut self.doing, &mut self.thing, &mut self.why].into_iter().chain(&mut self.hint).for_each(change);
    }

    /// What it happened to: a path, an object id, a rule id.
    pub fn thing(&self) -> &str {
        &self.thing
    }

    /// What two errors differ in: the message.
    fn message(&self) -> (&str, &str, &str, Option<&str>) {
        (&self.doing, &self.thing, &self.why, self.hint.as_deref())
    }
}

impl PartialEq for Error {
    fn eq(&self, other: &Self) -> bool {
        self.message() == other.message()
    }
}

impl Eq for Error {}

impl PartialOrd for Error {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Error {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.message().cmp(&other.message())
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

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source.as_ref() as _)
    }
}
