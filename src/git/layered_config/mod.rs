//! The configuration that git itself uses in a repository: the files of the system, the user, the repository and the
//! work tree, and the environment, each with the files that it includes. Later values override earlier ones.
//!
//! Settings of the storage come from the repository's own file only ([`super::config`]). This module is for git's
//! behaviour: which hooks it runs, and the names of remotes. Includes are followed as in git, with their conditions.

mod conditions;
mod locations;
mod parameters;

use std::env;
use std::path::{Path, PathBuf};

use bstr::{BStr, BString, ByteSlice as _};

use super::config::{GitConfig, is_true};
use super::refs::Lookup;
use super::repository::Repository;
use crate::core::error::{Error, Result};
use crate::core::regular_file::{self, Links, SMALL};
use conditions::{is_at, matches, with_end};
use locations::{home, system_file, variable, xdg_file};
use parameters::parameters;

pub use locations::{expanded, user_file};

/// The scope of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigScope {
    /// The file of this machine.
    System,
    /// A file of this user.
    Global,
    /// The repository's own file.
    Local,
    /// The file of this work tree.
    Worktree,
    /// The environment, which `git -c` uses.
    Command,
}

impl ConfigScope {
    /// Git's name for the scope.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Global => "global",
            Self::Local => "local",
            Self::Worktree => "worktree",
            Self::Command => "command",
        }
    }
}

#[derive(Clone, Debug)]
struct LayeredEntry {
    scope: ConfigScope,
    section: Vec<u8>,
    subsection: Option<Vec<u8>>,
    key: Vec<u8>,
    value: BString,
}

/// All settings, in the order in which git reads them.
#[derive(Clone, Debug, Default)]
pub struct LayeredConfig {
    entries: Vec<LayeredEntry>,
}

impl LayeredConfig {
    /// The configuration in a repository.
    pub fn of(repository: &Repository) -> Result<Self> {
        Self::read(Some(repository))
    }

    /// The configuration outside of any repository.
    pub fn of_user() -> Result<Self> {
        Self::read(None)
    }

    fn read(repository: Option<&Repository>) -> Result<Self> {
        let mut reader = Reader { repository, ..Reader::default() };
        reader.read_all()?;
        // A condition may refer to the URLs of remotes, which are known only after the first pass.
        if reader.asks_for_remotes {
            let urls = reader.entries.iter().filter(|entry| entry.section == b"remote" && entry.key == b"url");
            let urls = urls.map(|entry| entry.value.clone()).collect();
            reader = Reader { repository, urls, ..Reader::default() };
            reader.read_all()?;
        }
        Ok(Self { entries: reader.entries })
    }

    /// The last value of `section.key` (without a subsection), and its scope.
    pub fn last(&self, section: &str, key: &str) -> Option<(ConfigScope, &BStr)> {
        self.last_in(None, section, key)
    }

    /// The same, restricted to one scope if one is given.
    pub fn last_in(&self, scope: Option<ConfigScope>, section: &str, key: &str) -> Option<(ConfigScope, &BStr)> {
        let is_it = |entry: &&LayeredEntry| {
            entry.section == section.as_bytes()
                && entry.subsection.is_none()
                && entry.key == key.as_bytes()
                && scope.is_none_or(|scope| scope == entry.scope)
        };
        self.entries.iter().rfind(is_it).map(|entry| (entry.scope, entry.value.as_bstr()))
    }

    /// The subsection, key and value of all settings in subsections of a section.
    pub fn section(&self, section: &str) -> impl Iterator<Item = (&BStr, &BStr, &BStr)> {
        let of_section = self.entries.iter().filter(move |entry| entry.section == section.as_bytes());
        of_section.filter_map(|entry| {
            Some((entry.subsection.as_deref()?.as_bstr(), entry.key.as_bstr(), entry.value.as_bstr()))
        })
    }
}

/// The maximum depth of includes, as in git.
const DEEPEST: usize = 10;
/// The maximum number of files.
const MOST: usize = 1000;

#[derive(Default)]
struct Reader<'a> {
    repository: Option<&'a Repository>,
    /// The URLs of remotes, which a condition may refer to.
    urls: Vec<BString>,
    asks_for_remotes: bool,
    branch: Option<Option<BString>>,
    files: usize,
    entries: Vec<LayeredEntry>,
}

impl Reader<'_> {
    fn read_all(&mut self) -> Result<()> {
        if !env::var("GIT_CONFIG_NOSYSTEM").is_ok_and(|value| is_true(value.as_bytes())) {
            self.outer(system_file(), ConfigScope::System)?;
        }
        match variable("GIT_CONFIG_GLOBAL") {
            Some(file) => self.outer(Some(file), ConfigScope::Global)?,
            None => {
                self.outer(xdg_file(), ConfigScope::Global)?;
                self.outer(home().map(|home| home.join(".gitconfig")), ConfigScope::Global)?;
            }
        }
        if let Some(repository) = self.repository {
            self.settings(&repository.config, Some(&repository.common_dir), ConfigScope::Local, 0)?;
            if repository.config.is_true("extensions", "worktreeconfig") {
                self.file(&repository.git_dir.join("config.worktree"), ConfigScope::Worktree, 0)?;
            }
        }
        self.environment()
    }

    /// Reads a file of the machine or the user. As in git, a file without read permission is ignored.
    fn outer(&mut self, file: Option<PathBuf>, scope: ConfigScope) -> Result<()> {
        let Some(file) = file.filter(|file| file != Path::new("/dev/null") && file != Path::new("NUL")) else {
            return Ok(());
        };
        let is_forbidden = |error: &Error| error.kind() == crate::core::error::ErrorKind::PermissionDenied;
        match self.file(&file, scope, 0) {
            Err(error) if is_forbidden(&error) => Ok(()),
            read => read,
        }
    }

    fn file(&mut self, file: &Path, scope: ConfigScope, depth: usize) -> Result<()> {
        let failed = |why: String| Err(Error::new("read git's configuration", file.display(), why));
        if depth > DEEPEST {
            return failed(format!("files include each other more than {DEEPEST} deep"));
        }
        self.files += 1;
        if self.files > MOST {
            return failed(format!("more than {MOST} files are included"));
        }
        match regular_file::read(file, Links::Follow, SMALL)? {
            Some(text) => self.settings(&GitConfig::new(text), file.parent(), scope, depth),
            None => Ok(()),
        }
    }

    /// Adds the settings of a file in `directory`, and of the files that it includes, in order.
    fn settings(
        &mut self,
        config: &GitConfig,
        directory: Option<&Path>,
        scope: ConfigScope,
        depth: usize,
    ) -> Result<()> {
        for setting in config.settings() {
            let Some(key) = setting.key else { continue };
            let entry = LayeredEntry {
                scope,
                section: setting.section.to_ascii_lowercase(),
                subsection: setting.subsection.as_deref().map(<[u8]>::to_vec),
                key: key.to_ascii_lowercase(),
                value: setting.value().into(),
            };
            self.entry(entry, directory, depth)?;
        }
        Ok(())
    }

    fn entry(&mut self, entry: LayeredEntry, directory: Option<&Path>, depth: usize) -> Result<()> {
        let includes = entry.key == b"path"
            && match (&entry.section[..], entry.subsection.as_deref()) {
                (b"include", None) => true,
                (b"includeif", Some(condition)) => self.holds(condition, directory),
                _ => false,
            };
        let (scope, file) = (entry.scope, expanded(&entry.value));
        self.entries.push(entry);
        // In the environment a relative include path has no base directory.
        let base = directory.or_else(|| Some(Path::new("")).filter(|_| file.is_absolute()));
        match base.filter(|_| includes) {
            Some(base) => self.file(&base.join(file), scope, depth + 1),
            None => Ok(()),
        }
    }

    /// Whether the condition of an `includeIf` is true. As in git, an unknown condition is false.
    fn holds(&mut self, condition: &[u8], directory: Option<&Path>) -> bool {
        let Some(repository) = self.repository else { return false };
        if let Some(pattern) = condition.strip_prefix(b"gitdir:") {
            return is_at(&repository.git_dir, pattern, directory, false);
        }
        if let Some(pattern) = condition.strip_prefix(b"gitdir/i:") {
            return is_at(&repository.git_dir, pattern, directory, true);
        }
        if let Some(pattern) = condition.strip_prefix(b"onbranch:") {
            let name = || Lookup::new(repository).symbolic("HEAD").ok().flatten();
            let branch = self.branch.get_or_insert_with(name);
            let branch = branch.as_ref().and_then(|name| name.strip_prefix(b"refs/heads/"));
            return branch.is_some_and(|branch| matches(&with_end(pattern.into()), branch, false));
        }
        if let Some(pattern) = condition.strip_prefix(b"hasconfig:remote.*.url:") {
            self.asks_for_remotes = true;
            return self.urls.iter().any(|url| matches(pattern, url, false));
        }
        false
    }

    /// The settings of `git -c name=value` and `GIT_CONFIG_COUNT`.
    fn environment(&mut self) -> Result<()> {
        let text = |name: String| env::var_os(name).map(|value| value.into_encoded_bytes());
        let count = env::var("GIT_CONFIG_COUNT").ok().and_then(|count| count.parse::<usize>().ok()).unwrap_or(0);
        for number in 0..count.min(MOST) {
            if let (Some(name), Some(value)) =
                (text(format!("GIT_CONFIG_KEY_{number}")), text(format!("GIT_CONFIG_VALUE_{number}")))
            {
                self.given(&name, value)?;
            }
        }
        for (name, value) in parameters(&text("GIT_CONFIG_PARAMETERS".into()).unwrap_or_default()) {
            self.given(&name, value)?;
        }
        Ok(())
    }

    fn given(&mut self, name: &[u8], value: Vec<u8>) -> Result<()> {
        let (Some(first), Some(last)) = (name.find_byte(b'.'), name.rfind_byte(b'.')) else { return Ok(()) };
        let entry = LayeredEntry {
            scope: ConfigScope::Command,
            section: name[..first].to_ascii_lowercase(),
            subsection: name.get(first + 1..last).map(<[u8]>::to_vec),
            key: name[last + 1..].to_ascii_lowercase(),
            value: value.into(),
        };
        self.entry(entry, None, 0)
    }
}
