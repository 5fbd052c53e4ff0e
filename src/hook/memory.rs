//! Which hooks were installed in a repository, so that it can be said when another program has put its own in their
//! place. A file in the git directory has one name a line; where keysweep was never installed there is none, and
//! looking for it is all that a command pays.

use std::fs;
use std::path::{Path, PathBuf};

use bstr::ByteSlice as _;

use super::HookName;
use super::place::HookPlace;
use super::status;
use crate::core::error::{Error, Result};
use crate::core::order::ListOrder as _;
use crate::core::regular_file::{self, Links, SMALL};
use crate::core::replace::replace;
use crate::git::Environment;
use crate::git::repository::common_dir_around;

const FILE: &str = "keysweep-hooks";

/// The hooks that were installed in a git directory, or in a template of one, and not taken out again.
pub fn recall(directory: &Path) -> Result<Vec<HookName>> {
    Ok(names(&read(directory)?.unwrap_or_default()))
}

/// Adds hooks to those that were installed.
pub fn remember(directory: &Path, hooks: &[HookName]) -> Result<()> {
    change(directory, |names| names.extend_from_slice(hooks))
}

/// Takes hooks from those that were installed.
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

/// A name that a later version wrote says nothing to this one.
fn names(text: &[u8]) -> Vec<HookName> {
    let known = |line: &[u8]| HookName::ALL.into_iter().find(|name| line == name.as_str().as_bytes());
    text.lines().filter_map(|line| known(line.trim_ascii())).collect()
}

/// What a command says if hooks that were installed around the directory `here` do not run any more.
pub fn lost(here: &Path) -> Result<Option<String>> {
    let Some(common_dir) = common_dir_around(here, &Environment::of_process()) else { return Ok(None) };
    if recall(&common_dir)?.is_empty() {
        return Ok(None);
    }
    let status = status::of(&HookPlace::of(here)?)?;
    let lost: Vec<&status::Hook> = status.hooks.iter().filter(|hook| hook.is_lost()).collect();
    let Some(first) = lost.first() else { return Ok(None) };
    let all = lost.iter().map(|hook| hook.name).collect::<Vec<_>>().join(", ");
    Ok(Some(format!(
        "keysweep was installed as {all} here and does not run any more: {}; keysweep hook doctor --fix puts it back, \
         keysweep hook uninstall forgets it",
        first.why_lost()
    )))
}
