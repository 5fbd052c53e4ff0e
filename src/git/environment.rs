//! The environment variables with which git tells hooks, and people tell git, where a repository's files are.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::quoted;

/// The values of these variables. The default has none.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `GIT_DIR`
    pub git_dir: Option<PathBuf>,
    /// `GIT_COMMON_DIR`
    pub common_dir: Option<PathBuf>,
    /// `GIT_WORK_TREE`
    pub work_tree: Option<PathBuf>,
    /// `GIT_INDEX_FILE`
    pub index_file: Option<PathBuf>,
    /// `GIT_OBJECT_DIRECTORY`; in a server's hook this is the quarantine directory of an incoming push.
    pub object_directory: Option<PathBuf>,
    /// `GIT_ALTERNATE_OBJECT_DIRECTORIES`
    pub alternates: Vec<PathBuf>,
    /// `GIT_CEILING_DIRECTORIES`: the search for a repository does not look above these.
    pub ceilings: Vec<PathBuf>,
}

impl Environment {
    /// The environment of this process.
    pub fn of_process() -> Self {
        let path = |name| env::var_os(name).filter(|value: &OsString| !value.is_empty()).map(PathBuf::from);
        let from_here = |name| path(name).map(|path| std::path::absolute(&path).unwrap_or(path));
        let alternates = env::var_os("GIT_ALTERNATE_OBJECT_DIRECTORIES").unwrap_or_default();
        Self {
            git_dir: from_here("GIT_DIR"),
            common_dir: from_here("GIT_COMMON_DIR"),
            work_tree: from_here("GIT_WORK_TREE"),
            index_file: path("GIT_INDEX_FILE"),
            object_directory: path("GIT_OBJECT_DIRECTORY"),
            alternates: quoted::paths(alternates.as_encoded_bytes(), LIST_SEPARATOR),
            ..Self::for_another()
        }
    }

    /// The environment for a repository that a user names. It uses only the ceiling directories, because the other
    /// variables describe the repository that the process was started in.
    pub fn for_another() -> Self {
        let list = env::var_os("GIT_CEILING_DIRECTORIES").unwrap_or_default();
        let mut resolve = true;
        let mut ceilings = Vec::new();
        for path in env::split_paths(&list) {
            // After an empty path in the list, the paths are known to have no symbolic links.
            if path.as_os_str().is_empty() {
                resolve = false;
            } else if path.is_absolute() {
                ceilings.push(path.canonicalize().ok().filter(|_| resolve).unwrap_or(path));
            }
        }
        Self { ceilings, ..Self::default() }
    }

    /// `start` and the directories above it that may be a repository.
    pub(super) fn candidates<'a>(&self, start: &'a Path) -> impl Iterator<Item = &'a Path> + use<'a> {
        let above = |ceiling: &&PathBuf| start != ceiling.as_path() && start.starts_with(ceiling);
        let ceiling = self.ceilings.iter().filter(above).max_by_key(|ceiling| ceiling.components().count()).cloned();
        start.ancestors().take_while(move |dir| ceiling.as_deref() != Some(dir))
    }
}

const LIST_SEPARATOR: u8 = if cfg!(windows) { b';' } else { b':' };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ceiling_stops_below_itself_and_does_not_hold_for_itself() {
        for (ceilings, start, expected) in [
            (&["/a"][..], "/a/b/c", &["/a/b/c", "/a/b"][..]),
            (&["/a", "/a/b"], "/a/b/c", &["/a/b/c"]),
            (&["/a"], "/a", &["/a", "/"]),
            (&["/x"], "/a", &["/a", "/"]),
            (&[], "/a", &["/a", "/"]),
        ] {
            let ceilings = ceilings.iter().map(PathBuf::from).collect();
            let environment = Environment { ceilings, ..Environment::default() };
            let found: Vec<&Path> = environment.candidates(Path::new(start)).collect();
            assert_eq!(found, expected.iter().map(Path::new).collect::<Vec<_>>());
        }
    }
}
