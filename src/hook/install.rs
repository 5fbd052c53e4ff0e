//! Installing and removing our hook script. An existing hook is renamed unchanged, and restored unchanged.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::shim::Shim;
use super::{HookName, hook_text};
use crate::core::error::{Error, Result};
use crate::core::mode;

/// What was done with one hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Newly installed.
    Installed,
    /// Newly installed; it runs the existing hook first.
    Chained,
    /// An older script of ours was replaced.
    Updated,
    /// It was already installed.
    Unchanged,
    /// Removed; there was no hook before.
    Removed,
    /// Removed, and the previous hook was restored.
    Restored,
    /// There was no hook of ours.
    Absent,
}

impl Outcome {
    /// A phrase that follows the hook's name.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Installed => "installed",
            Self::Chained => "installed; the hook that was there runs first, and can still stop things",
            Self::Updated => "brought up to date",
            Self::Unchanged => "was installed already; nothing changed",
            Self::Removed => "removed",
            Self::Restored => "removed; the hook that was there before is back",
            Self::Absent => "is not there; nothing changed",
        }
    }
}

/// Installs one hook in a directory. If `fail_open`, commits pass when keysweep is missing.
pub fn install(directory: &Path, name: HookName, binary: &Path, fail_open: bool) -> Result<Outcome> {
    let file = directory.join(name.as_str());
    let failed = |error| Error::new("install hook", file.display(), error);
    let mut shim = Shim { name, binary: binary.to_owned(), fail_open, made_directory: false };
    let chained = Shim::chained(&file);
    let present = file.symlink_metadata().is_ok();
    let old = hook_text(&file)?;
    if let Some(old) = old.as_deref().filter(|old| Shim::is_ours(old)) {
        shim.made_directory = Shim::parse(old).is_some_and(|old| old.made_directory);
        if old == shim.text() && is_executable(&file) {
            return Ok(Outcome::Unchanged);
        }
        put(&file, &shim.text()).map_err(failed)?;
        return Ok(Outcome::Updated);
    }
    if present && chained.symlink_metadata().is_ok() {
        return Err(Error::new("install hook", file.display(), format!("{} is in the way", chained.display()))
            .hint("another program replaced keysweep's hook: merge the two into one file, then remove the second"));
    }
    shim.made_directory = !directory.is_dir();
    fs::create_dir_all(directory).map_err(failed)?;
    if present {
        fs::rename(&file, &chained).map_err(failed)?;
    }
    if let Err(error) = put(&file, &shim.text()) {
        if present {
            fs::rename(&chained, &file).map_err(failed)?;
        }
        return Err(failed(error));
    }
    Ok(if present { Outcome::Chained } else { Outcome::Installed })
}

/// Updates our hook script. If somebody has changed it, only with `force`.
pub fn update(directory: &Path, name: HookName, binary: &Path, force: bool) -> Result<Outcome> {
    let file = directory.join(name.as_str());
    let Some(text) = hook_text(&file)?.filter(|text| Shim::is_ours(text)) else { return Ok(Outcome::Absent) };
    if !force && Shim::is_changed(&text) {
        return Err(Error::new("update hook", file.display(), "it was changed since it was installed")
            .hint("keep what you added, then use --force"));
    }
    install(directory, name, binary, Shim::parse(&text).is_some_and(|shim| shim.fail_open))
}

/// Removes one hook from a directory. If somebody has changed it, only with `force`.
pub fn uninstall(directory: &Path, name: HookName, force: bool) -> Result<Outcome> {
    let file = directory.join(name.as_str());
    let failed = |error| Error::new("uninstall hook", file.display(), error);
    let Some(text) = hook_text(&file)?.filter(|text| Shim::is_ours(text)) else { return Ok(Outcome::Absent) };
    let shim = Shim::parse(&text);
    if !force && Shim::is_changed(&text) {
        return Err(Error::new("uninstall hook", file.display(), "it was changed since it was installed")
            .hint("keep what you added, then use --force"));
    }
    let chained = Shim::chained(&file);
    if chained.symlink_metadata().is_ok() {
        // In one step, so that there is always a hook.
        fs::rename(&chained, &file).map_err(failed)?;
        return Ok(Outcome::Restored);
    }
    fs::remove_file(&file).map_err(failed)?;
    if shim.is_some_and(|shim| shim.made_directory) {
        let mut entries = fs::read_dir(directory).map_err(failed)?;
        if entries.next().is_none() {
            fs::remove_dir(directory).map_err(failed)?;
        } else {
            hand_on_directory(directory);
        }
    }
    Ok(Outcome::Removed)
}

/// Another of our hooks records that we made the directory, so that the last one can remove it.
fn hand_on_directory(directory: &Path) {
    for name in HookName::ALL {
        let file = directory.join(name.as_str());
        let Ok(Some(text)) = hook_text(&file) else { continue };
        let Some(shim) = Shim::parse(&text) else { continue };
        // If that fails, an empty directory remains.
        let _ = put(&file, &Shim { made_directory: true, ..shim }.text());
        return;
    }
}

/// Whether git would run the file.
pub fn is_executable(file: &Path) -> bool {
    mode::is_executable(file)
}

/// Writes an executable file in one step: a concurrent commit runs the old one or the new one.
fn put(file: &Path, text: &[u8]) -> std::io::Result<()> {
    let directory = file.parent().unwrap_or(Path::new("."));
    let mut temporary = mode::temporary(directory, 0o755)?;
    temporary.write_all(text)?;
    mode::set(temporary.path(), 0o755)?;
    temporary.persist(file).map(drop).map_err(|error| error.error)
}

/// The file name of a program: on Windows `git` is `git.exe`.
pub(super) fn program(name: &str) -> String {
    format!("{name}{}", std::env::consts::EXE_SUFFIX)
}

/// The path of keysweep for other programs: in a PATH directory that leads to this binary, which stays valid after an
/// update; or else the binary itself.
pub fn binary() -> Result<PathBuf> {
    let own = std::env::current_exe().map_err(|error| Error::new("find", "keysweep's own binary", error))?;
    let real = fs::canonicalize(&own).unwrap_or_else(|_| own.clone());
    let path = std::env::var_os("PATH").unwrap_or_default();
    let named = std::env::split_paths(&path)
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join(program("keysweep")))
        .find(|candidate| fs::canonicalize(candidate).is_ok_and(|candidate| candidate == real));
    Ok(named.unwrap_or(own))
}
