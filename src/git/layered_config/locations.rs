//! The paths of git's configuration files outside of a repository.

use std::env;
use std::path::{Path, PathBuf};

use bstr::ByteSlice as _;

use crate::core::path_bytes;

/// Expands `~/` and `%(prefix)/` in a path value, as git does.
pub fn expanded(value: &[u8]) -> PathBuf {
    let rest = value.strip_prefix(b"~").filter(|rest| rest.is_empty() || rest.starts_with(b"/"));
    if let (Some(rest), Some(home)) = (rest, home()) {
        return home.join(path_bytes::path(rest.trim_start_with(|c| c == '/')));
    }
    if let (Some(rest), Some(prefix)) = (value.strip_prefix(b"%(prefix)/"), installation()) {
        return prefix.join(path_bytes::path(rest));
    }
    path_bytes::path(value).into()
}

/// The file that `git config --global` writes to.
pub fn user_file() -> Option<PathBuf> {
    if let Some(file) = variable("GIT_CONFIG_GLOBAL") {
        return Some(file);
    }
    let of_home = home().map(|home| home.join(".gitconfig"));
    let of_xdg = xdg_file().filter(|file| file.exists());
    match of_home {
        Some(file) if file.exists() => Some(file),
        of_home => of_xdg.or(of_home),
    }
}

pub(super) fn variable(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

pub(super) fn home() -> Option<PathBuf> {
    variable("HOME").or_else(|| variable("USERPROFILE").filter(|_| cfg!(windows)))
}

pub(super) fn xdg_file() -> Option<PathBuf> {
    let directory = variable("XDG_CONFIG_HOME").or_else(|| Some(home()?.join(".config")))?;
    Some(directory.join("git/config"))
}

/// The directory where git is installed: `/usr` for `/usr/bin/git`.
fn installation() -> Option<PathBuf> {
    let list = env::var_os("PATH")?;
    let name = if cfg!(windows) { "git.exe" } else { "git" };
    let directory = env::split_paths(&list).find(|directory| directory.is_absolute() && directory.join(name).is_file());
    directory?.parent().map(Path::to_owned)
}

/// The system-wide file. Git has its path compiled in; this is the path that packages of git use.
pub(super) fn system_file() -> Option<PathBuf> {
    if let Some(file) = variable("GIT_CONFIG_SYSTEM") {
        return Some(file);
    }
    if cfg!(windows) {
        return git2::Config::find_system().ok();
    }
    let of_prefix =
        installation().filter(|prefix| prefix != Path::new("/usr")).map(|prefix| prefix.join("etc/gitconfig"));
    of_prefix.filter(|file| file.exists()).or_else(|| Some("/etc/gitconfig".into()))
}
