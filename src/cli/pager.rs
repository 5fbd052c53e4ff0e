//! Shows a report on a terminal in a pager, as git does: `PAGER`, or else `less`, which exits if everything fits on
//! the screen.

use std::env;
use std::ffi::OsString;
use std::io;
use std::process::{Child, Command, Stdio};

use super::interrupt;
use super::output::{self, KeyDisplay};
use crate::core::error::Result;

/// The exit code of a shell if the program does not exist.
const NOT_FOUND: i32 = 127;

/// Writes to standard output, through a pager if it is a terminal.
pub(super) fn write(keys: KeyDisplay, content: impl Fn(&mut dyn io::Write) -> io::Result<()>) -> Result<()> {
    let Some(mut pager) = start().filter(|_| output::is_stdout_terminal()) else {
        return output::write(None, keys, content);
    };
    // Ctrl-C is for the pager; this process waits for it to end.
    let ended = interrupt::ignored(|| {
        let written = pager.stdin.take().map_or(Ok(()), |pipe| output::fill(pipe, keys, &content));
        (written, pager.wait())
    });
    match ended {
        // The pager does not exist.
        (_, Ok(status)) if status.code() == Some(NOT_FOUND) => output::write(None, keys, content),
        (written, _) => output::unless_closed(written),
    }
}

/// Whether hyperlinks can be shown: there is no pager, or it is a recent `less`.
pub(super) fn passes_links() -> bool {
    /// The first release of `less` that supports hyperlinks.
    const RELEASE: u32 = 566;
    match env::var_os("PAGER") {
        Some(pager) if pager.is_empty() || pager == "cat" => true,
        Some(pager) if pager != "less" => false,
        _ => match Command::new("less").arg("--version").stdin(Stdio::null()).output() {
            Ok(output) => {
                let text = String::from_utf8_lossy(&output.stdout);
                let release = text.strip_prefix("less ").unwrap_or_default();
                let digits = release.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
                digits.parse().is_ok_and(|release: u32| release >= RELEASE)
            }
            Err(_) => true,
        },
    }
}

/// Starts the pager, if one is wanted and exists.
fn start() -> Option<Child> {
    if !output::is_stdout_terminal() || env::var_os("TERM").is_some_and(|term| term == "dumb") {
        return None;
    }
    let mut command = match env::var_os("PAGER") {
        None => Command::new("less"),
        Some(pager) if pager.is_empty() || pager == "cat" => return None,
        Some(pager) => shell(pager),
    };
    // Default options unless the user has set others: colours, no clearing of the screen, and exit if everything
    // fits.
    for (name, value) in [("LESS", "FRX"), ("LV", "-c")] {
        if env::var_os(name).is_none() {
            command.env(name, value);
        }
    }
    command.stdin(Stdio::piped()).spawn().ok()
}

#[cfg(unix)]
fn shell(pager: OsString) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(pager);
    command
}

#[cfg(not(unix))]
fn shell(pager: OsString) -> Command {
    let mut command = Command::new("cmd");
    command.arg("/C").arg(pager);
    command
}
