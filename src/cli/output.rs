//! The only way out of the process: standard output, standard error and report files.
//!
//! What a message quotes (an argument, a path, a line of a configuration) may hold a key that somebody pasted in the
//! wrong place, so everything passes a mask on its way out. Only a report under `--show-secrets`, and the file that
//! `--write-replacements` asks for, go out as they are. A test sees to it that no other file of the source writes to
//! standard output or standard error.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, IsTerminal as _, Write};
use std::path::Path;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use bstr::ByteSlice as _;

use crate::core::error::{Error, Result};
use crate::policy::Policy;
use crate::report::escape;
use crate::scan::Scanner;

/// The policies of this run, once they are known: what their own rules find is masked, too. There is one a repository.
static POLICIES: RwLock<Vec<Arc<Policy>>> = RwLock::new(Vec::new());
/// The built-in rules, which mask even where a policy turns them off. No regex is compiled before a candidate is met.
static BUILTIN: OnceLock<Scanner> = OnceLock::new();

/// How often text is looked at again in which a key was masked.
const PASSES: usize = 16;

/// Whether keys in an output become masks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyDisplay {
    /// Every key is masked.
    Masked,
    /// Keys stay as they are: somebody asked for them.
    Shown,
}

/// From now on, what this policy finds is masked as well.
pub(super) fn mask_with(policy: &Arc<Policy>) {
    let mut policies = POLICIES.write().unwrap_or_else(PoisonError::into_inner);
    // The built-in rules are asked anyway.
    if policies.is_empty() || policy.has_own_rules() {
        policies.push(policy.clone());
    }
}

/// `text` with each key in it masked: what any rule finds, whatever a marker or an allowlist says of it.
pub(super) fn masked(text: &[u8]) -> Cow<'_, [u8]> {
    let mut all = Cow::Borrowed(text);
    for policy in POLICIES.read().unwrap_or_else(PoisonError::into_inner).iter() {
        if let Some(masked) = policy.masked(&all) {
            all = Cow::Owned(masked);
        }
    }
    // A key may hide the one next to it: of two that touch, one is found.
    for _ in 0..PASSES {
        match builtin().masked(&all) {
            Some(masked) => all = Cow::Owned(masked),
            None => break,
        }
    }
    all
}

fn builtin() -> &'static Scanner {
    BUILTIN.get_or_init(Scanner::builtin)
}

/// One line on standard error. If that is closed, the exit code has to do.
pub(super) fn complain(message: &str) {
    let _ = writeln!(io::stderr(), "keysweep: {}", escape::text(&masked(message.as_bytes())));
}

/// Text of several lines on standard error.
pub(super) fn complain_at_length(text: &str) {
    let _ = io::stderr().write_all(&masked(text.as_bytes()));
}

/// Text for standard output. A reader that has seen enough (`| head`) is no failure.
pub(super) fn print(content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let mut text = Vec::new();
    let written = content(&mut text).and_then(|()| {
        let mut out = io::stdout().lock();
        out.write_all(&masked(&text)).and_then(|()| out.flush())
    });
    unless_closed(written)
}

/// A document for the program that runs this one. What has to reach it is a failure if it does not.
pub(super) fn answer(document: &[u8]) -> io::Result<()> {
    let masked = builtin().masked_by_shape(document);
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

/// How many columns the terminal has that standard output goes to.
#[cfg(unix)]
pub(super) fn columns() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    (size.ws_col > 0).then_some(size.ws_col.into())
}

/// How many columns the terminal has that standard output goes to: the system's terminals set `COLUMNS` or have 80.
#[cfg(not(unix))]
pub(super) fn columns() -> Option<usize> {
    None
}

/// Writes a report to `file`, which appears only when it is complete, or to standard output.
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
        // A pipe, a device or a link is written through: replacing it is not what was asked for.
        (Ok(target), _) if !target.is_file() => {
            File::options().write(true).truncate(true).open(path).and_then(|file| fill(file, keys, content))
        }
        _ => replace(path, keys, content),
    };
    written.map_err(|error| {
        Error::new("write", path.display(), error).hint("check that its directory exists and can be written to")
    })
}

/// A failure to write, unless the reader has seen enough.
pub(super) fn unless_closed(written: io::Result<()>) -> Result<()> {
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Error::new("write", "to standard output", error)),
        _ => Ok(()),
    }
}

/// Whoever reads the file sees the old content or the whole of the new one.
fn replace(path: &Path, keys: KeyDisplay, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mode = if keys == KeyDisplay::Shown { 0o600 } else { 0o666 };
    let file = crate::core::mode::temporary(directory, mode)?;
    fill(file.as_file(), keys, content)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Fills a place with content, masked or not.
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

/// Bytes that are masked at once, as far as lines end there.
const MASKED_AT_ONCE: usize = 1 << 16;

/// Masks what passes, in whole lines. A report's own texts were masked one by one before; this is for what was forgotten.
struct Masking<W: Write> {
    out: W,
    /// What was written and has not passed.
    waiting: Vec<u8>,
    /// How much of that holds no end of a line.
    searched: usize,
}

impl<W: Write> Masking<W> {
    fn new(out: W) -> Self {
        Self { out, waiting: Vec::new(), searched: 0 }
    }

    fn pass(&mut self, text: &[u8]) -> io::Result<()> {
        let masked = builtin().masked_by_shape(text);
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
