//! `keysweep fix`: what replaces a key in each kind of file, that programs do what they did, and that nothing is lost.

mod compiled;
mod files;
mod programs;

use std::path::Path;

use crate::project::{Output, Project};

/// Fixes without asking; every key that was there is in `.env` afterwards or still where it was.
pub(crate) fn fix(project: &Project, args: &[&str]) -> Output {
    project.run(["fix", "--yes"].iter().chain(args))
}

/// A file's text.
pub(crate) fn text(project: &Project, path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(project.path(path)).unwrap()
}
