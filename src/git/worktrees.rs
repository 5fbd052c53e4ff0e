//! Other parts of a repository: linked work trees, and the repositories of its submodules.

use std::path::PathBuf;

use bstr::BString;

use super::Id;
use super::directory::{entries, is_directory};
use super::index::Index;
use super::repository::{Repository, looks_like_git_dir};
use super::tree::EntryKind;
use crate::core::error::{Error, Result};
use crate::core::order::ListOrder as _;
use crate::core::path_bytes;

/// A submodule that was cloned.
#[derive(Clone, Debug)]
pub struct Submodule {
    /// Its git directory, below `modules`.
    pub git_dir: PathBuf,
    /// Its path in the containing repository; if that is unknown, its name.
    pub path: BString,
}

impl Repository {
    /// The git directories of all work trees: the repository's own first, then those of linked work trees.
    pub fn worktree_dirs(&self) -> Result<Vec<PathBuf>> {
        let linked = entries(&self.common_dir.join("worktrees"))?;
        let mut dirs = vec![self.common_dir.clone()];
        dirs.extend(linked.into_iter().filter(|path| path.is_dir()));
        if !dirs.contains(&self.git_dir) {
            dirs.push(self.git_dir.clone());
        }
        Ok(dirs)
    }

    /// The path and blob id of every staged file, in all work trees. An index that cannot be read is added to
    /// `errors`.
    pub fn staged_everywhere(&self, errors: &mut Vec<Error>) -> Vec<(BString, Id)> {
        let dirs = self.worktree_dirs().unwrap_or_else(|error| {
            errors.push(error);
            vec![self.git_dir.clone()]
        });
        let mut staged = Vec::new();
        for dir in dirs {
            match Index::read(&dir.join("index"), self.hash) {
                Ok(index) => {
                    let files = index.entries().iter().filter(|entry| entry.kind != EntryKind::Tree);
                    staged.extend(files.map(|entry| (index.path(entry).into(), index.id(entry))));
                }
                Err(error) => errors.push(error),
            }
        }
        staged.order();
        staged.dedup();
        staged
    }

    /// The submodules that were cloned.
    pub fn submodules(&self) -> Result<Vec<Submodule>> {
        let mut found = Vec::new();
        let mut todo = vec![self.common_dir.join("modules")];
        while let Some(directory) = todo.pop() {
            for git_dir in entries(&directory)? {
                if looks_like_git_dir(&git_dir) {
                    let path = self.submodule_path(&git_dir)?;
                    found.push(Submodule { git_dir, path });
                } else if is_directory(&git_dir) {
                    // A submodule's name may contain slashes.
                    todo.push(git_dir);
                }
            }
        }
        found.order_by(|a, b| a.git_dir.cmp(&b.git_dir));
        Ok(found)
    }

    fn submodule_path(&self, git_dir: &std::path::Path) -> Result<BString> {
        let top = self.common_dir.parent().and_then(|top| top.canonicalize().ok());
        let work_tree = super::repository::settings(&git_dir.join("config"))?.value("core", "worktree");
        let work_tree = work_tree.and_then(|dir| git_dir.join(path_bytes::path(&dir)).canonicalize().ok());
        let inside = work_tree.and_then(|dir| dir.strip_prefix(top.as_ref()?).ok().map(PathBuf::from));
        let name = git_dir.strip_prefix(self.common_dir.join("modules")).unwrap_or(git_dir).to_owned();
        Ok(inside.unwrap_or(name).into_os_string().into_encoded_bytes().into())
    }
}
