//! The list of hooks that were installed in a repository, so that keysweep can warn when another program has replaced
//! them. It is a file in the git directory with one name on each line; it does not exist where keysweep was never
//! installed.

use std::fs;
use std::path::{Path, PathBuf};

use bstr::ByteSlice as _;

use super::HookName;
use crate::core::error::{Error, Result};
use crate::core::order::ListOrder as _;
use crate::core::regular_file::{self, Links, SMALL};
use crate::core::replace::replace;

const FILE: &str = "keysweep-hooks";

/// The hooks that were installed in a git directory (or a template directory) and not uninstalled.
pub fn recall(directory: &Path) -> Result<Vec<HookName>> {
    Ok(names(&read(directory)?.unwrap_or_default()))
}

/// Adds hooks to the list.
pub fn remember(directory: &Path, hooks: &[HookName]) -> Result<()> {
    change(directory, |names| names.extend_from_slice(hooks))
}

/// Removes hooks from the list.
pub fn forget(directory: &Path, hooks: &[HookName]) -> Result<()> {
    change(directory, |names| names.retain(|name| !hooks.contains(name)))
}

fn change(directory: &Path, change: impl FnOnce(&mut Vec<HookName>)) -> Result<()> {
    let file = file(directory);
    let old = read(directory)?;
    let mut hooks = names(old.as_deref().unwrap_or_default());
    change(&mut hooks);
    hooks.order();
    hooks.dedup();
    let text: String = hooks.iter().map(|name| format!("{name}\n")).collect();
    if hooks.is_empty() {
        return match fs::remove_file(&file) {
            Err(error) if !regular_file::is_absent(&error) => Err(Error::io("remove", file.display(), error)),
            _ => Ok(()),
        };
    }
    if old.as_deref() == Some(text.as_bytes()) {
        return Ok(());
    }
    replace(&file, old.as_deref(), text.as_bytes(), 0o644)
}

fn file(directory: &Path) -> PathBuf {
    directory.join(FILE)
}

fn read(directory: &Path) -> Result<Option<Vec<u8>>> {
    regular_file::read(&file(directory), Links::Refuse, SMALL)
}

/// Unknown names, written by a later version, are ignored.
fn names(text: &[u8]) -> Vec<HookName> {
    let known = |line: &[u8]| HookName::ALL.into_iter().find(|name| line == name.as_str().as_bytes());
    text.lines().filter_map(|line| known(line.trim_ascii())).collect()
}
