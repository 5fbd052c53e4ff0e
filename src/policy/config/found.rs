//! Which configuration applies to a run: the file that is used, combined with the environment and the user's own file.

use std::path::{Path, PathBuf};

use super::{Config, DOING, ENV, NAME, default, layers, load, parse};
use crate::core::error::{Error, Result};
use crate::core::files::Files as _;
use crate::git::repository::top_around;
use crate::policy::files::{DiskFiles, read_named};

/// The configuration file that is used, and the directory that its paths are relative to.
#[derive(Clone, Debug)]
pub struct FoundConfig {
    /// The directory that the configuration's paths are relative to.
    pub root: PathBuf,
    /// The file; `None` if there is none.
    pub file: Option<ConfigFile>,
}

/// Which file the configuration is read from.
#[derive(Clone, Debug)]
pub enum ConfigFile {
    /// The file in the root directory, which belongs to the scanned content.
    AtRoot,
    /// A file that a user named, as an absolute path.
    Named(PathBuf),
}

impl FoundConfig {
    /// Where this configuration's own paths are read from.
    pub fn disk(&self) -> DiskFiles {
        DiskFiles { root: self.root.clone(), may_leave: matches!(self.file, Some(ConfigFile::Named(_))) }
    }

    /// The combined settings of the file, the environment and the user's own file.
    pub fn config(&self) -> Result<Config> {
        layered(self.own_config()?)
    }

    fn own_config(&self) -> Result<Config> {
        match &self.file {
            Some(ConfigFile::Named(file)) => {
                let name = self.disk().name(&file.to_string_lossy());
                let absent = || Error::new(DOING, &name, "no such file");
                parse(&name, &read_named(file)?.ok_or_else(absent)?)
            }
            Some(ConfigFile::AtRoot) => load(&self.disk(), NAME),
            None => default(),
        }
    }
}

/// Combines a configuration with the environment, which wins over it, and with the user's own file, which gives
/// defaults.
pub fn layered(config: Config) -> Result<Config> {
    let config = match user_file()? {
        Some(user) => layers::with_fallback(config, user),
        None => config,
    };
    Ok(match layers::of_environment(std::env::vars_os())? {
        Some(environment) => Config { file: config.file.clone(), ..layers::with_fallback(environment, config) },
        None => config,
    })
}

/// The user's own configuration, if there is one.
fn user_file() -> Result<Option<Config>> {
    let path = match std::env::var_os(layers::USER_ENV) {
        Some(path) if path.is_empty() => return Ok(None),
        Some(path) => PathBuf::from(path),
        None => {
            let Some(directory) = config_home() else { return Ok(None) };
            directory.join(layers::USER_FILE)
        }
    };
    let Some(content) = read_named(&path)? else { return Ok(None) };
    let name = path.display().to_string();
    let config = parse(&name, &content)?;
    if let Some(one) = config.extends.first() {
        return Err(Error::new(DOING, &one.at, "the user's own file loads no other files")
            .hint("write the rules into it, or name their file with --rules"));
    }
    Ok(Some(config))
}

/// The directory of this user's configuration files.
fn config_home() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_CONFIG_HOME")
        .or_else(|| if cfg!(windows) { absolute("APPDATA") } else { Some(std::env::home_dir()?.join(".config")) })
}

/// Finds the configuration of a scan that starts in `start`. It is an error if `given` or the file in
/// `KEYSWEEP_CONFIG` does not exist.
pub fn find(given: Option<&Path>, start: &Path) -> Result<FoundConfig> {
    // `a.py` has no parent directory to look in; its canonical path has.
    let start = std::path::absolute(start).unwrap_or_else(|_| start.to_owned());
    let root = top_around(if start.is_dir() { &start } else { start.parent().unwrap_or(&start) });
    let named = match given {
        Some(path) => Some((path.to_owned(), "--config".to_owned())),
        None => std::env::var_os(ENV).filter(|path| !path.is_empty()).map(|path| (PathBuf::from(path), ENV.to_owned())),
    };
    if let Some((path, by)) = named {
        let absolute = std::path::absolute(&path).map_err(|error| Error::io("read", path.display(), error))?;
        if !absolute.exists() {
            let hint = format!("{by} names it; create it, or leave {by} out");
            return Err(Error::new(DOING, path.display(), "no such file").hint(hint));
        }
        return Ok(FoundConfig { root, file: Some(ConfigFile::Named(absolute)) });
    }
    // Anything with this name is read, or is an error: a dangling link must not turn the policy off.
    let file = root.join(NAME).symlink_metadata().is_ok().then_some(ConfigFile::AtRoot);
    Ok(FoundConfig { root, file })
}
