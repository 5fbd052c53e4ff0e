//! Writing to standard output, standard error and report files.
//!
//! A message may quote a key that somebody pasted into an argument, a path or a configuration, so all output is
//! masked here. Only reports with `--show-secrets` and the file of `--write-replacements` are written unmasked. A
//! test checks that no other source file writes to standard output or standard error.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, IsTerminal as _, Write};
use std::path::Path;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use bstr::ByteSlice as _;

use crate::core::error::{Error, Result};
use crate::policy::Policy;
use crate::report::escape;
use crate::scan::{Scanner, has_runs};

/// The loaded policies (one for each repository), whose own rules are also used for masking.
static POLICIES: RwLock<Vec<Arc<Policy>>> = RwLock::new(Vec::new());
/// A scanner with the built-in rules, which are used for masking even if a policy disables them. It compiles a regex
/// only for a candidate.
static BUILTIN: OnceLock<Scanner> = OnceLock::new();

/// The maximum number of passes, while a pass finds another key.
const PASSES: usize = 16;

/// Whether keys in an output are masked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyDisplay {
    /// Every key is masked.
    Masked,
    /// Keys are not masked, because the user asked for them.
    Shown,
}

/// Also masks what the rules of this policy find.
pub(super) fn mask_with(policy: &Arc<Policy>) {
    let mut policies = POLICIES.write().unwrap_or_else(PoisonError::into_inner);
    // The built-in rules are used in any case.
    if policies.is_empty() || policy.has_own_rules() {
        policies.push(policy.clone());
    }
}

/// Masks each key in `text` that any rule finds, even suppressed ones.
pub(super) fn masked(text: &[u8]) -> Cow<'_, [u8]> {
    let mut all = Cow::Borrowed(text);
    for policy in POLICIES.read().unwrap_or_else(PoisonError::into_inner).iter() {
        if let Some(masked) = policy.masked(&all) {
            all = Cow::Owned(masked);
        }
    }
    if is_harmless(&all) {
        return all;
    }
    // If two keys touch, a pass finds only one of them.
    for _ in 0..PASSES {
        match builtin().masked(&all) {
            Some(masked) => all = Cow::Owned(masked),
            None => break,
        }
    }
    all
}

/// Whether a text is known to hold nothing that could be a key, as most messages: the scanner takes longer to make than they
/// to write.
fn is_harmless(text: &[u8]) -> bool {
    BUILTIN.get().is_none() && !has_runs(text)
}

fn builtin() -> &'static Scanner {
    BUILTIN.get_or_init(Scanner::builtin)
}

/// The text with the keys masked that are told by their shape alone; `None` if there are none.
fn masked_by_shape(text: &[u8]) -> Option<Vec<u8>> {
    if is_harmless(text) { None } else { builtin().masked_by_shape(text) }
}

/// Prints one line to standard error. Errors are ignored, because the exit code tells the result.
pub(super) fn complain(message: &str) {
    let _ = writeln!(io::stderr(), "keysweep: {}", escape::text(&masked(message.as_bytes())));
}

/// Prints several lines to standard error.
pub(super) fn complain_at_length(text: &str) {
    let _ = io::stderr().write_all(&masked(text.as_bytes()));
}

/// Prints text to standard output. A closed pipe (`| head`) is not an error.
pub(super) fn print(content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let mut text = Vec::new();
    let written = content(&mut text).and_then(|()| {
        let mut out = io::stdout().lock();
        out.write_all(&masked(&text)).and_then(|()| out.flush())
    });
    unless_closed(written)
}

/// Prints one line.
pub(super) fn say(text: &str) -> Result<()> {
    print(|out| writeln!(out, "{text}"))
}

/// Prints a document for the calling program. A closed pipe is an error.
pub(super) fn answer(document: &[u8]) -> io::Result<()> {
    let masked = masked_by_shape(document);
    let mut out = io::stdout().lock();
    out.write_all(masked.as_deref().unwrap_or(document)).and_then(|()| out.flush())
}

/// Whether standard error is a terminal, where progress can be shown.
pub(super) fn is_stderr_terminal() -> bool {
    io::stderr().is_terminal()
}

/// Whether standard output is a terminal.
pub(super) fn is_stdout_terminal() -> bool {
    io::stdout().is_terminal()
}

/// The width in columns of the terminal on standard output.
#[cfg(unix)]
pub(super) fn columns() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    (size.ws_col > 0).then_some(size.ws_col.into())
}

/// The width of the terminal is not determined on this platform; `COLUMNS` or a default is used.
#[cfg(not(unix))]
pub(super) fn columns() -> Option<usize> {
    None
}

/// Writes a report to `file`, in one step after it is complete, or to standard output.
pub(super) fn write(
    file: Option<&Path>,
    keys: KeyDisplay,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<()> {
    let Some(path) = file else {
        return unless_closed(fill(io::stdout().lock(), keys, content));
    };
    let written = match (path.symlink_metadata(), path.metadata()) {
        (Ok(link), target)
            if keys == KeyDisplay::Shown && link.is_symlink() && target.as_ref().map_or(true, |t| t.is_file()) =>
        {
            Err(io::Error::other("it is a symbolic link, and keys are written to no file but the one that is named"))
        }
        // A pipe, a device or a link is opened and written, not replaced.
        (Ok(target), _) if !target.is_file() => {
            File::options().write(true).truncate(true).open(path).and_then(|file| fill(file, keys, content))
        }
        _ => replace(path, keys, content),
    };
    written.map_err(|error| {
        Error::new("write", path.display(), error).hint("check that its directory exists and can be written to")
    })
}

/// Converts a write error; a closed pipe is not an error.
pub(super) fn unless_closed(written: io::Result<()>) -> Result<()> {
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Error::new("write", "to standard output", error)),
        _ => Ok(()),
    }
}

/// Replaces the file in one step: readers see the old or the new content.
fn replace(path: &Path, keys: KeyDisplay, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mode = if keys == KeyDisplay::Shown { 0o600 } else { 0o666 };
    let file = crate::core::mode::temporary(directory, mode)?;
    fill(file.as_file(), keys, content)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Writes content, masked or not.
pub(super) fn fill(
    out: impl Write,
    keys: KeyDisplay,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    match keys {
        KeyDisplay::Shown => content(&mut out)?,
        KeyDisplay::Masked => {
            let mut masking = Masking::new(&mut out);
            content(&mut masking)?;
            masking.end()?;
        }
    }
    out.flush()
}

/// How many bytes are masked at a time, rounded to whole lines.
const MASKED_AT_ONCE: usize = 1 << 16;

/// A writer that masks whole lines. Texts in a report are already masked individually; this is a second protection.
struct Masking<W: Write> {
    out: W,
    /// The bytes that were not passed on yet.
    waiting: Vec<u8>,
    /// How many of these bytes are known to contain no line end.
    searched: usize,
}

impl<W: Write> Masking<W> {
    fn new(out: W) -> Self {
        Self { out, waiting: Vec::new(), searched: 0 }
    }

    fn pass(&mut self, text: &[u8]) -> io::Result<()> {
        let masked = masked_by_shape(text);
        self.out.write_all(masked.as_deref().unwrap_or(text))
    }

    fn end(mut self) -> io::Result<()> {
        let rest = std::mem::take(&mut self.waiting);
        self.pass(&rest)
    }
}

impl<W: Write> Write for Masking<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() - self.searched >= MASKED_AT_ONCE {
            let end = self.waiting[self.searched..].rfind_byte(b'\n').map(|end| self.searched + end + 1);
            let rest = end.map_or_else(Vec::new, |end| self.waiting.split_off(end));
            if end.is_some() {
                let lines = std::mem::replace(&mut self.waiting, rest);
                self.pass(&lines)?;
            }
            self.searched = self.waiting.len();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
