//! The places that start git, beside the hook that `hook doctor` runs as git would.
//!
//! `doctor` has it stage a made-up key in an index of its own, `fix` has it compare a file with the index and stage it
//! again, and `hook run pre-commit --framework` asks which files are staged. Everything else is read without it: where
//! hooks are, what remotes are called, what is staged, what a push brings; see [`crate::git`].

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use bstr::BString;

use crate::core::error::{Error, Result};
use crate::git::layered_config::user_file;

/// What git answered on standard output, without the last line's end; `None` if it exited with failure.
pub fn answer<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(dir: &Path, arguments: I) -> Result<Option<BString>> {
    let output = Command::new("git")
        .arg("-C")
        .arg(dir)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .map_err(|error| Error::new("run", "git", error).hint("put git into PATH"))?;
    let text = output.stdout;
    let text = text.strip_suffix(b"\n").unwrap_or(&text);
    Ok(output.status.success().then(|| text.into()))
}

/// Sets or, with `None`, removes a setting of this user. libgit2 writes it, and leaves the rest of the file alone.
pub fn set_global(name: &str, value: Option<&Path>) -> Result<()> {
    let file = user_file().ok_or_else(|| Error::new("set", name, "HOME is not set"))?;
    let failed = |error: git2::Error| Error::new("set", format!("{name} in {}", file.display()), error.message());
    let mut config = git2::Config::open(&file).map_err(failed)?;
    match value {
        Some(value) => {
            let text = value.to_str().ok_or_else(|| Error::new("set", name, "the path is not UTF-8"))?;
            config.set_str(name, text).map_err(failed)
        }
        None => config.remove(name).map_err(failed),
    }
}
