//! The directory from which git runs a repository's hooks, and whether it belongs to this repository alone.

use std::path::{Component, Path, PathBuf};

use bstr::ByteSlice as _;

use super::HookName;
use crate::core::error::{Error, Result};
use crate::core::path_bytes;
use crate::git::layered_config::{self, ConfigScope};
use crate::git::{Environment, LayeredConfig, Repository};

/// A setting and its scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The scope, such as the user's or the repository's file.
    pub scope: ConfigScope,
    /// The value, with `~` expanded.
    pub value: PathBuf,
}

/// A setting whose value is a path; with `scope`, only from that scope.
pub fn path_setting(config: &LayeredConfig, scope: Option<ConfigScope>, section: &str, key: &str) -> Option<Setting> {
    let (scope, value) = config.last_in(scope, section, key).filter(|(_, value)| !value.is_empty())?;
    Some(Setting { scope, value: layered_config::expanded(value.as_bytes()) })
}

/// The setting `core.hooksPath`; with `scope`, only from that scope. What switches hooks off, and what only git can
/// resolve, is an error: a hook that is installed somewhere else would never run.
pub fn hooks_path(config: &LayeredConfig, scope: Option<ConfigScope>) -> Result<Option<Setting>> {
    let Some((scope, value)) = config.last_in(scope, "core", "hookspath") else { return Ok(None) };
    let path = layered_config::expanded(value.as_bytes());
    let is_users = value.starts_with(b"~") && path.as_os_str() == path_bytes::path(value).as_os_str();
    let (why, hint) = match (value.is_empty(), is_users) {
        (true, _) => ("core.hooksPath is empty, which switches all hooks off", "give it a directory, or unset it"),
        (_, true) => ("core.hooksPath names the home directory of a user", "write the whole path"),
        _ => return Ok(Some(Setting { scope, value: path })),
    };
    Err(Error::new("find", "the hooks that git runs", format!("{why} ({})", scope.as_str())).hint(hint))
}

/// The path without links and `..`, as far as it exists.
fn real(path: &Path) -> PathBuf {
    let mut rest = Vec::new();
    let mut at = path;
    loop {
        if let Ok(real) = std::fs::canonicalize(at) {
            return rest.iter().rev().fold(real, |mut all, part| {
                match part {
                    Component::ParentDir => drop(all.pop()),
                    part => all.push(part),
                }
                all
            });
        }
        let (Some(parent), Some(last)) = (at.parent(), at.components().next_back()) else { return path.to_owned() };
        rest.push(last);
        at = parent;
    }
}

/// The paths of a repository's hooks.
#[derive(Clone, Debug)]
pub struct HookPlace {
    /// The directory that git runs hooks from.
    pub hooks: PathBuf,
    /// The repository's own hooks directory, which is not used if `core.hooksPath` is set.
    pub own: PathBuf,
    /// The setting `core.hooksPath`.
    pub setting: Option<Setting>,
    /// The top of the work tree; `None` in a bare repository.
    pub top: Option<PathBuf>,
    /// The directory that all work trees share.
    pub common_dir: PathBuf,
    /// The repository.
    pub repository: Repository,
}

impl HookPlace {
    /// The hooks of the repository in the environment, or of the one that contains `dir`.
    pub fn of(dir: &Path) -> Result<Self> {
        let repository = Repository::discover(dir, &Environment::of_process())?;
        let (top, common_dir) = (repository.work_tree.clone(), repository.common_dir.clone());
        let setting = hooks_path(&LayeredConfig::of(&repository)?, None)?;
        let own = common_dir.join("hooks");
        // A relative path is relative to the directory where hooks run: the top of the work tree, or the bare
        // repository.
        let hooks = match &setting {
            Some(setting) => top.as_ref().unwrap_or(&common_dir).join(&setting.value),
            None => own.clone(),
        };
        Ok(Self { hooks, own, setting, top, common_dir, repository })
    }

    /// The file of one hook.
    pub fn file(&self, name: HookName) -> PathBuf {
        self.hooks.join(name.as_str())
    }

    /// Why a change there would affect other repositories; `None` if it would not.
    pub fn shared(&self) -> Option<String> {
        let shown = self.hooks.display();
        let Some(setting) = self.setting.as_ref() else {
            let real = std::fs::canonicalize(&self.hooks).ok()?;
            let leads_out = !real.starts_with(&self.common_dir);
            return leads_out
                .then(|| format!("{shown} is a link that leads out of this repository, to {}", real.display()));
        };
        if matches!(setting.scope, ConfigScope::System | ConfigScope::Global | ConfigScope::Command) {
            let scope = setting.scope.as_str();
            return Some(format!("the {scope} setting core.hooksPath makes every repository use {shown}"));
        }
        let hooks = real(&self.hooks);
        let inside = |dir: &Path| hooks.starts_with(real(dir));
        let own = inside(&self.common_dir) || self.top.as_deref().is_some_and(inside);
        (!own).then(|| format!("core.hooksPath leads out of this repository, to {shown}"))
    }

    /// Whether the hooks are files in the work tree, which may be committed and shared.
    pub fn is_versioned(&self) -> bool {
        self.top.as_ref().is_some_and(|top| self.hooks.starts_with(top)) && !self.hooks.starts_with(&self.common_dir)
    }
}
