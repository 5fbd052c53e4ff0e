//! `hook doctor --fix`: installs keysweep again where it is missing, as a hook or in a hook manager's configuration,
//! and links it to where programs started from a desktop find it.

use std::fs;
use std::path::{Path, PathBuf};

use super::command::{self, IfAbsent};
use super::place::HookPlace;
use super::shim::Shim;
use super::{HookName, hook_text, install, manager, memory};
use crate::core::error::{Error, Result};
use crate::core::order::ListOrder as _;

/// The changes that were made, and those that could not be made.
#[derive(Debug, Default)]
pub struct Repairs {
    /// One line for each change that was made.
    pub done: Vec<String>,
    /// One line for each change that the user has to make.
    pub left: Vec<String>,
}

/// Repairs the commit hooks, and other hooks that were installed here.
pub fn repair(place: &HookPlace, binary: &Path) -> Result<Repairs> {
    let mut repairs = Repairs::default();
    let mut names = memory::recall(&place.common_dir)?;
    if place.top.is_some() {
        names.extend(HookName::DEFAULT);
    }
    names.order();
    names.dedup();
    let mut is_managed = false;
    for &name in &names {
        match (manager::of(place, name)?, &place.top) {
            (Some(manager), Some(top)) => {
                is_managed = true;
                let advice = manager::advice(manager, top, name, IfAbsent::Pass)?;
                if !advice.done {
                    match advice.write() {
                        Ok(()) => repairs.done.push(format!("{name}: added keysweep to {}", advice.file.display())),
                        Err(error) => repairs.left.push(error.to_string()),
                    }
                }
                let runs = hook_text(&place.file(name))?.and_then(|hook| manager::running(place, &hook));
                if let Some(command) = manager.activation(name).filter(|_| runs != Some(manager) || !advice.done) {
                    repairs.left.push(format!("{name}: run {command}"));
                }
            }
            _ => match place.shared() {
                Some(why) => repairs.left.push(format!("{name}: {why}; keysweep hook install --force installs there")),
                None => {
                    let open = hook_text(&place.file(name))?.and_then(|text| Shim::parse(&text));
                    let open = open.is_some_and(|shim| shim.fail_open);
                    match install::install(&place.hooks, name, binary, open) {
                        Ok(install::Outcome::Unchanged) => {}
                        Ok(outcome) => repairs.done.push(format!("{name}: {}", outcome.words())),
                        Err(error) => repairs.left.push(error.to_string()),
                    }
                }
            },
        }
    }
    memory::remember(&place.common_dir, &names)?;
    if let Some(top) = place.top.as_ref().filter(|_| is_managed) {
        link(top, binary, &mut repairs);
    }
    Ok(repairs)
}

/// Where hooks find keysweep with a short PATH; `None` if they do not.
pub(super) fn reachable(top: &Path) -> Option<PathBuf> {
    command::places(top)
        .into_iter()
        .map(|place| place.join(install::program("keysweep")))
        .find(|file| install::is_executable(file))
}

/// Links keysweep into a directory that the shell commands in other programs' files search, because those files
/// contain no path of this machine.
fn link(top: &Path, binary: &Path, repairs: &mut Repairs) {
    if reachable(top).is_some() {
        return;
    }
    let Some(home) = std::env::home_dir().filter(|home| home.is_absolute()) else { return };
    let directory = home.join(".local/bin");
    let link = directory.join("keysweep");
    let made = fs::create_dir_all(&directory).and_then(|()| system::link(binary, &link));
    match made {
        Ok(()) => repairs.done.push(format!("linked {} to {}", link.display(), binary.display())),
        Err(error) => repairs.left.push(Error::io("make", link.display(), error).to_string()),
    }
}

#[cfg(unix)]
mod system {
    pub(super) use std::os::unix::fs::symlink as link;
}

#[cfg(not(unix))]
mod system {
    use std::io;
    use std::path::Path;

    /// Creating a link needs a privilege on Windows that most users do not have.
    pub(super) fn link(binary: &Path, place: &Path) -> io::Result<()> {
        std::fs::copy(binary, place.with_extension("exe")).map(drop)
    }
}
