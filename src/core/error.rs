//! Errors, each displayed as one line, and the exit codes of the process.
//!
//! An [`Error`] says what was being done, to which thing, why it failed and what to do about it. An error on one item
//! (a file, an object) does not end the run: it is listed in the report's coverage, makes the exit code 2, and
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
    /// The scan, or another command, was not completed.
    Incomplete = 2,
}

impl Exit {
    /// The number that the process exits with.
    pub fn code(self) -> u8 {
        self as u8
    }
}

/// A `Result` with this crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// The category of an [`Error`], for programs that handle some of them differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The thing does not exist.
    NotFound,
    /// The operating system denies access.
    PermissionDenied,
    /// A configuration, rule or list has wrong content.
    Invalid,
    /// Another failure of input or output.
    Io,
    /// Anything else; see the message.
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
    /// Makes an error. `doing` is a verb ("read", "parse rule"), `thing` its object (a path, a rule id), `why` the
    /// cause.
    pub fn new(doing: impl Into<String>, thing: impl fmt::Display, why: impl fmt::Display) -> Self {
        let (thing, why) = (one_line(thing), one_line(why));
        Self { doing: doing.into(), thing, why, hint: None, kind: ErrorKind::Other, source: None }
    }

    /// A failure of the file system. The message has the system's text without its error number; the `io::Error` is
    /// the [`source`](std::error::Error::source).
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
        let text = system_text(&error);
        let kind = match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ErrorKind::NotFound,
            io::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
            _ => ErrorKind::Io,
        };
        Self { kind, source: Some(Arc::new(error)), ..Self::new(doing, thing, text) }
    }

    /// Sets the category.
    #[must_use]
    pub fn of_kind(self, kind: ErrorKind) -> Self {
        Self { kind, ..self }
    }

    /// Adds a hint on what the user can do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Puts the name of the repository before the thing, for a run over several repositories: `cannot read
    /// a.git:src/b.py`.
    #[must_use]
    pub fn in_repository(mut self, name: impl fmt::Display) -> Self {
        let name = one_line(name);
        self.thing = if self.thing.is_empty() { name } else { format!("{name}:{}", self.thing) };
        self
    }

    /// The category of the failure.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Passes each part of the message to `change`, which redacts it: any part may quote scanned content.
    pub fn each_text(&mut self, change: impl FnMut(&mut String)) {
        [&mut self.doing, &mut self.thing, &mut self.why].into_iter().chain(&mut self.hint).for_each(change);
    }

    /// The thing that the error is about: a path, an object id, a rule id.
    pub fn thing(&self) -> &str {
        &self.thing
    }

    /// The parts of the message, by which errors are compared and sorted.
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

/// The system's error text without its number.
pub fn system_text(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((words, _)) => words.to_lowercase(),
        None => text,
    }
}

/// Escapes control characters (a path may hold any), so that the message stays one line.
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
