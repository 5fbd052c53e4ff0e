//! The functions that start git. (`hook doctor` also runs the hook itself, as git would.)
//!
//! `doctor` lets git stage a generated key in a separate index; `fix` lets it compare a file with the index and stage
//! it again; `hook run pre-commit --framework` asks which files are staged. Everything else is read without git: the
//! hooks directory, the names of remotes, the staged files, the commits of a push. See [`crate::git`].

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use bstr::BString;

use crate::core::error::{Error, Result};
use crate::git::layered_config::user_file;

/// The standard output of git without its last line end; `None` if git failed.
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

/// Sets (or with `None` removes) a setting in the user's configuration. libgit2 writes it, and keeps the rest of the
/// file.
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
