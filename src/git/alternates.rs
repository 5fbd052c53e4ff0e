//! The directories with a repository's objects: its own, and the alternates that it borrows from.

use std::collections::HashSet;
use std::path::PathBuf;

use super::quoted;
use super::repository::Repository;
use crate::core::error::Error;
use crate::core::regular_file::{self, Links, SMALL};

/// The maximum depth of alternates of alternates, as in git.
const DEEPEST: usize = 5;
/// The maximum number of object directories.
const MOST: usize = 1000;

/// The object directories of a repository.
#[derive(Debug, Default)]
pub struct ObjectDirectories {
    /// The existing directories without repetition, in the order in which they are searched.
    pub list: Vec<PathBuf>,
    /// Directories that are named but do not exist.
    pub missing: Vec<PathBuf>,
    /// Errors that prevented finding more of them.
    pub errors: Vec<Error>,
}

impl Repository {
    /// The repository's object directory, and the alternates in the environment and in `info/alternates`.
    pub fn object_directories(&self) -> ObjectDirectories {
        let mut found = ObjectDirectories::default();
        let mut seen = HashSet::new();
        let mut next: Vec<PathBuf> = [&self.objects].into_iter().chain(&self.alternates).cloned().collect();
        for depth in 0.. {
            let mut deeper = Vec::new();
            for directory in next {
                if found.list.len() == MOST {
                    let why = format!("they name more than {MOST} object directories");
                    found.errors.push(Error::new("follow the alternates of", self.objects.display(), why));
                    return found;
                }
                found.add(directory, &mut seen, &mut deeper);
            }
            if deeper.is_empty() {
                break;
            }
            if depth == DEEPEST {
                let why = format!("they are nested more than {DEEPEST} deep, which git does not follow");
                found.errors.push(Error::new("follow the alternates of", self.objects.display(), why));
                break;
            }
            next = deeper;
        }
        found
    }
}

impl ObjectDirectories {
    /// Adds one directory, unless it was seen before, and puts the alternates that it names into `deeper`.
    fn add(&mut self, directory: PathBuf, seen: &mut HashSet<PathBuf>, deeper: &mut Vec<PathBuf>) {
        match directory.canonicalize() {
            Ok(real) => {
                if !seen.insert(real) {
                    return;
                }
            }
            Err(error) if regular_file::is_absent(&error) => return self.missing.push(directory),
            Err(error) => {
                let why = regular_file::system_text(&error);
                return self.errors.push(Error::new("open object directory", directory.display(), why));
            }
        }
        match regular_file::read(&directory.join("info/alternates"), Links::Follow, SMALL) {
            Ok(Some(text)) => {
                let below = |path: PathBuf| directory.join(path);
                deeper.extend(quoted::paths(&text, b'\n').into_iter().map(below));
            }
            Ok(None) => {}
            Err(error) => self.errors.push(error),
        }
        self.list.push(directory);
    }
}
