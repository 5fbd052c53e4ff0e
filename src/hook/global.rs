//! Hooks for future repositories. Git has two ways: `init.templateDir` copies hooks into each new repository, where
//! its owner can change them; a global `core.hooksPath` disables every repository's own hooks. So the template is
//! used, unless a global `core.hooksPath` is already set.

use std::fs;
use std::path::{Path, PathBuf};

use super::git;
use super::place::{hooks_path, path_setting};
use crate::core::error::{Error, Result};
use crate::git::LayeredConfig;
use crate::git::layered_config::ConfigScope;

/// The directory of global hooks.
#[derive(Clone, Debug)]
pub struct Directory {
    /// The directory for the hook files.
    pub hooks: PathBuf,
    shared: bool,
}

impl Directory {
    /// An explanation of the effect, for people.
    pub fn words(&self) -> String {
        if self.shared {
            "Every repository runs these: a global core.hooksPath was set already, and puts their own hooks out of use."
                .into()
        } else {
            "New and newly cloned repositories get these; in one that exists, run git init or keysweep hook install. \
             (init.templateDir: it puts nobody's hooks out of use, as a global core.hooksPath would.)"
                .into()
        }
    }
}

impl Directory {
    /// The template directory that git copies into new repositories; `None` if `core.hooksPath` is used.
    pub fn template(&self) -> Option<&Path> {
        self.hooks.parent().filter(|_| !self.shared)
    }
}

/// The directory of global hooks. With `make`, it is created and git is configured to use it.
pub fn directory(make: bool) -> Result<Directory> {
    let config = LayeredConfig::of_user()?;
    let global = Some(ConfigScope::Global);
    if let Some(setting) = hooks_path(&config, global)? {
        return Ok(Directory { hooks: setting.value, shared: true });
    }
    if let Some(setting) = path_setting(&config, global, "init", "templatedir") {
        return Ok(Directory { hooks: setting.value.join("hooks"), shared: false });
    }
    let template = own_template()?;
    if make {
        git::set_global("init.templateDir", Some(&template))?;
    }
    Ok(Directory { hooks: template.join("hooks"), shared: false })
}

/// After uninstalling: if our template directory is empty, git is configured not to use it.
pub fn forget_empty(hooks: &Path) -> Result<()> {
    let template = own_template()?;
    if hooks != template.join("hooks") || hooks.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        return Ok(());
    }
    for directory in [hooks, &template] {
        if directory.exists() {
            fs::remove_dir(directory).map_err(|error| Error::new("remove", directory.display(), error))?;
        }
    }
    let setting = path_setting(&LayeredConfig::of_user()?, Some(ConfigScope::Global), "init", "templatedir");
    match setting {
        Some(setting) if setting.value == template => git::set_global("init.templateDir", None),
        _ => Ok(()),
    }
}

fn own_template() -> Result<PathBuf> {
    let directory = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let config = directory("XDG_CONFIG_HOME").or_else(|| Some(std::env::home_dir()?.join(".config")));
    let config = config.ok_or_else(|| Error::new("find", "the home directory", "HOME is not set"))?;
    Ok(config.join("keysweep/git-template"))
}
