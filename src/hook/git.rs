//! Asking git. Only what manages hooks does; scanning never starts a process.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use bstr::{BString, ByteSlice};

use crate::core::error::{Error, Result};

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

/// The same, as a path.
pub fn path(dir: &Path, arguments: &[&str]) -> Result<Option<PathBuf>> {
    let answer = answer(dir, arguments)?.filter(|text| !text.is_empty());
    Ok(answer.map(|text| dir.join(text.to_path_lossy())))
}

/// Where a setting's last word comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// `system`, `global`, `local`, `worktree` or `command`.
    pub scope: String,
    /// Its value, `~` expanded.
    pub value: PathBuf,
}

/// A setting that is a path, with the scope that it is set in.
pub fn path_setting(dir: &Path, scope: Option<&str>, name: &str) -> Result<Option<Setting>> {
    let arguments = ["config", "--show-scope", "--type=path", "-z"].into_iter().chain(scope).chain(["--get", name]);
    let Some(text) = answer(dir, arguments)? else { return Ok(None) };
    let mut parts = text.split_str(b"\0");
    Ok(match (parts.next(), parts.next()) {
        (Some(scope), Some(value)) if !value.is_empty() => {
            Some(Setting { scope: scope.to_str_lossy().into_owned(), value: value.to_path_lossy().into_owned() })
        }
        _ => None,
    })
}

/// Sets or, with `None`, unsets a global setting.
pub fn set_global(name: &str, value: Option<&Path>) -> Result<()> {
    let mut arguments: Vec<OsString> = vec!["config".into(), "--global".into()];
    match value {
        Some(value) => arguments.extend([name.into(), value.into()]),
        None => arguments.extend(["--unset".into(), name.into()]),
    }
    match answer(Path::new("."), arguments)? {
        Some(_) => Ok(()),
        None => Err(Error::new("set", name, "git refused to write the global configuration")
            .hint("`git config --global --list` says whether it can be read")),
    }
}
