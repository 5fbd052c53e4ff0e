//! Where a report goes: standard output, or a file that appears only when it is complete.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::core::error::{Error, Result};

/// Writes to `file`, or to standard output. A reader that has seen enough (`| head`) is no failure.
pub(super) fn write(
    file: Option<&Path>,
    private: bool,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<()> {
    let Some(path) = file else {
        let mut out = BufWriter::new(io::stdout().lock());
        return match content(&mut out).and_then(|()| out.flush()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(Error::new("write", "the report to standard output", error))
            }
            _ => Ok(()),
        };
    };
    let written = if path.symlink_metadata().is_ok_and(|target| !target.is_file()) {
        // A pipe, a device or a link is written through: replacing it is not what was asked for.
        File::options().write(true).truncate(true).open(path).and_then(|file| fill(file, content))
    } else {
        replace(path, private, content)
    };
    written.map_err(|error| {
        Error::new("write", path.display(), error).hint("check that its directory exists and can be written to")
    })
}

fn replace(path: &Path, private: bool, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut name = path.file_name().ok_or(ErrorKind::InvalidInput)?.to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary: PathBuf = path.with_file_name(name);
    let mode = if private { 0o600 } else { 0o666 };
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&temporary)?;
    let result = fill(file, content).and_then(|()| std::fs::rename(&temporary, path));
    if result.is_err() {
        // The first failure is the one to report.
        let _ = std::fs::remove_file(&temporary);
    }
    result
}

fn fill(file: File, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::new(file);
    content(&mut out)?;
    out.flush()
}
