//! Where git looks for a repository's hooks, and whether that place is this repository's own.

use std::path::{Path, PathBuf};

use super::HookName;
use super::git::{self, Setting};
use crate::core::error::{Error, Result};

/// A repository's hooks.
#[derive(Clone, Debug)]
pub struct HookPlace {
    /// The directory that git runs hooks from.
    pub hooks: PathBuf,
    /// The repository's own directory for hooks, which `core.hooksPath` may put out of use.
    pub own: PathBuf,
    /// `core.hooksPath`, if it is set.
    pub setting: Option<Setting>,
    /// The top of the work tree; `None` in a bare repository.
    pub top: Option<PathBuf>,
    /// What linked worktrees share.
    pub common_dir: PathBuf,
}

impl HookPlace {
    /// Of the repository that `dir` is in.
    pub fn of(dir: &Path) -> Result<Self> {
        let not_one = || {
            Error::new("find a git repository at", dir.display(), "neither it nor a directory above it is one")
                .hint("run it inside a repository, or use --global for all new ones")
        };
        let dir = std::path::absolute(dir).map_err(|error| Error::new("read", dir.display(), error))?;
        let common_dir = git::path(&dir, &["rev-parse", "--git-common-dir"])?.ok_or_else(not_one)?;
        let common_dir = std::fs::canonicalize(&common_dir).unwrap_or(common_dir);
        let top = git::path(&dir, &["rev-parse", "--show-toplevel"])?;
        let setting = git::path_setting(&dir, None, "core.hooksPath")?;
        let own = common_dir.join("hooks");
        // A relative path is one from where hooks run: the top of the work tree, or the bare repository.
        let hooks = match &setting {
            Some(setting) => top.as_ref().unwrap_or(&common_dir).join(&setting.value),
            None => own.clone(),
        };
        Ok(Self { hooks, own, setting, top, common_dir })
    }

    /// One hook's file.
    pub fn file(&self, name: HookName) -> PathBuf {
        self.hooks.join(name.as_str())
    }

    /// Why other repositories would be affected by a change there; `None` if they would not.
    pub fn shared(&self) -> Option<String> {
        let shown = self.hooks.display();
        let Some(setting) = self.setting.as_ref() else {
            let real = std::fs::canonicalize(&self.hooks).ok()?;
            let leads_out = !real.starts_with(&self.common_dir);
            return leads_out
                .then(|| format!("{shown} is a link that leads out of this repository, to {}", real.display()));
        };
        if matches!(setting.scope.as_str(), "global" | "system" | "command") {
            return Some(format!("the {} setting core.hooksPath makes every repository use {shown}", setting.scope));
        }
        let inside = |dir: &Path| self.hooks.starts_with(dir);
        let own = inside(&self.common_dir) || self.top.as_deref().is_some_and(inside);
        (!own).then(|| format!("core.hooksPath leads out of this repository, to {shown}"))
    }

    /// Whether the hooks are files of the work tree, which others get with it.
    pub fn is_versioned(&self) -> bool {
        self.top.as_ref().is_some_and(|top| self.hooks.starts_with(top)) && !self.hooks.starts_with(&self.common_dir)
    }
}
