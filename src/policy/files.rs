//! Where policy files are read from: the disk or a commit. With a commit, a pull request is checked with the rules of
//! its target branch, not with those that it changes itself.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};

use bstr::{BStr, BString};

use crate::core::error::{Error, Result};
use crate::core::files::Files;
use crate::core::regular_file::{self, Links};
use crate::git::repository::top_around;
use crate::policy::config::{self, Config, ENV, NAME, layers};

/// The files below a directory on the disk.
///
/// These files belong to the scanned content, so a symbolic link is followed only to a regular file below the same
/// directory. Otherwise a repository could make an error message show bytes of a file outside.
#[derive(Clone, Debug)]
pub struct DiskFiles {
    /// The directory.
    pub root: PathBuf,
    /// Whether a path may explicitly lead out of the directory (`../rules.toml`, `/etc/keysweep.toml`). This is
    /// allowed only for a configuration that a user named.
    pub may_leave: bool,
}

impl DiskFiles {
    /// The canonical path of a file or directory; `None` if it does not exist.
    pub fn resolve(&self, path: &str) -> Result<Option<PathBuf>> {
        let whole = self.root.join(path);
        let failed = |why: &dyn std::fmt::Display| Error::new("read", self.name(path), why);
        if !self.holds(&whole) {
            if self.may_leave {
                return Ok(Some(whole));
            }
            return Err(failed(&"it is outside of the repository")
                .hint("name files below its root, or name the configuration with --config"));
        }
        match whole.symlink_metadata() {
            Ok(_) => {}
            Err(error) if regular_file::is_absent(&error) => return Ok(None),
            Err(error) => return Err(failed(&regular_file::system_text(&error))),
        }
        let real = |path: &Path| fs::canonicalize(path).map_err(|error| failed(&regular_file::system_text(&error)));
        let place = real(&whole)?;
        if place.starts_with(real(&self.root)?) {
            return Ok(Some(place));
        }
        Err(failed(&"it is a link that leads out of the repository").hint("put the file itself there"))
    }

    /// Whether a path is below the root, without looking at links.
    fn holds(&self, path: &Path) -> bool {
        let Ok(below) = path.strip_prefix(&self.root) else { return false };
        let mut depth = 0_usize;
        below.components().all(|part| {
            match part {
                Component::Normal(_) => depth += 1,
                Component::ParentDir if depth == 0 => return false,
                Component::ParentDir => depth -= 1,
                Component::CurDir => {}
                Component::Prefix(_) | Component::RootDir => return false,
            }
            true
        })
    }
}

impl Files for DiskFiles {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let Some(place) = self.resolve(path)? else { return Ok(None) };
        let links = if self.holds(&self.root.join(path)) { Links::Refuse } else { Links::Follow };
        let content =
            regular_file::open(&place, links).and_then(|file| regular_file::read_all(&file, regular_file::SMALL));
        match content {
            Ok(content) => Ok(Some(content)),
            Err(error) if regular_file::is_absent(&error) => Ok(None),
            Err(error) => Err(Error::io("read", self.name(path), error)),
        }
    }

    fn name(&self, path: &str) -> String {
        let whole = self.root.join(path);
        // Files below the current directory are shown relative to it.
        let here = std::env::current_dir().unwrap_or_default();
        whole.strip_prefix(&here).unwrap_or(&whole).display().to_string()
    }
}

/// Reads a file that a user named, of any type (pipes too), up to [`NAMED_LIMIT`] bytes; `None` if it does not exist.
pub fn read_named(path: &Path) -> Result<Option<Vec<u8>>> {
    let failed = |error: io::Error| Error::io("read", path.display(), error);
    let Some(file) = open_named(path)? else { return Ok(None) };
    let mut content = Vec::new();
    file.take(NAMED_LIMIT + 1).read_to_end(&mut content).map_err(failed)?;
    if content.len() as u64 > NAMED_LIMIT {
        return Err(Error::new("read", path.display(), format!("it is longer than {NAMED_LIMIT} bytes")));
    }
    Ok(Some(content))
}

/// Opens a file that a user named, of any type; `None` if it does not exist. The caller must read at most
/// [`NAMED_LIMIT`] bytes.
pub fn open_named(path: &Path) -> Result<Option<fs::File>> {
    match fs::File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if regular_file::is_absent(&error) => Ok(None),
        Err(error) => Err(Error::io("read", path.display(), error)),
    }
}

/// The size limit of files that a user named, in bytes: more than a report of a million findings.
pub const NAMED_LIMIT: u64 = 1 << 30;

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
                let absent = || Error::new("read configuration", &name, "no such file");
                config::parse(&name, &read_named(file)?.ok_or_else(absent)?)
            }
            Some(ConfigFile::AtRoot) => config::load(&self.disk(), NAME),
            None => config::default(),
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
    let config = config::parse(&name, &content)?;
    if let Some(one) = config.extends.first() {
        return Err(Error::new("read configuration", &one.at, "the user's own file loads no other files")
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
            return Err(Error::new("read configuration", path.display(), "no such file").hint(hint));
        }
        return Ok(FoundConfig { root, file: Some(ConfigFile::Named(absolute)) });
    }
    // Anything with this name is read, or is an error: a dangling link must not turn the policy off.
    let file = root.join(NAME).symlink_metadata().is_ok().then_some(ConfigFile::AtRoot);
    Ok(FoundConfig { root, file })
}

/// Converts paths that are relative to the start of a scan to paths that are relative to the configuration.
#[derive(Clone, Debug, Default)]
pub struct PathBase {
    /// The absolute directory of the report's paths; empty if both are the same.
    start: BString,
    /// The absolute directory of the configuration's paths.
    root: BString,
}

impl PathBase {
    /// `start`: the directory of the report's paths; `root`: that of the configuration.
    pub fn new(start: &Path, root: &Path) -> Self {
        let absolute = |path: &Path| {
            let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
            BString::from(path.into_os_string().into_encoded_bytes())
        };
        let (start, root) = (absolute(start), absolute(root));
        if start == root { Self::default() } else { Self { start, root } }
    }

    /// A report's path relative to the configuration's root, for its globs; unchanged if it is not below the root.
    pub fn from_root(&self, path: &BStr) -> BString {
        if self.start.is_empty() && self.root.is_empty() {
            return path.to_owned();
        }
        let mut parts: Vec<&[u8]> = Vec::new();
        let start: &[u8] = if path.starts_with(b"/") { b"" } else { &self.start };
        for part in start.split(|byte| *byte == b'/').chain(path.split(|byte| *byte == b'/')) {
            match part {
                b"" | b"." => {}
                b".." => drop(parts.pop()),
                part => parts.push(part),
            }
        }
        let mut whole = BString::from(b"/".as_slice());
        whole.extend_from_slice(&bstr::join("/", parts));
        let below = whole.strip_prefix(self.root.as_slice()).and_then(|rest| rest.strip_prefix(b"/"));
        below.map_or_else(|| path.to_owned(), BString::from)
    }
}
