//! Hooks that pre-commit or prek run. They pass file names without a reason: for a commit the staged files, with
//! `--all-files` all tracked files, and with `--from-ref` the range is in environment variables.

use std::collections::HashSet;
use std::env;
use std::path::Path;

use bstr::{BString, ByteSlice as _};

use super::{ScanTarget, push, staged};
use crate::cli::args::SharedArgs;
use crate::core::error::{Exit, Result};
use crate::core::path_bytes;
use crate::hook::git;
use crate::source::walk;

/// Scans what the framework asks for.
pub(super) fn pre_commit(shared: &SharedArgs, files: Vec<BString>) -> Result<Exit> {
    if let Some(to) = env::var("PRE_COMMIT_TO_REF").ok().filter(|to| !to.is_empty()) {
        let from = env::var("PRE_COMMIT_FROM_REF").ok().filter(|from| !from.is_empty());
        return push::range(shared, from.as_deref(), &to);
    }
    // With `pass_filenames: false` no files are given, so everything that is staged is scanned.
    if files.is_empty() {
        return staged::hook(shared, None);
    }
    let top = staged::repository()?.top().to_owned();
    let files: Vec<BString> = files.into_iter().map(|file| from_top(&top, file)).collect();
    let staged_files = staged_files()?;
    if files.iter().any(|file| !staged_files.contains(file)) {
        // These files are not exactly the staged ones, so the files in the work tree are scanned.
        let files: Vec<BString> = files.into_iter().filter(|file| !is_directory(file)).collect();
        let here = ScanTarget { is_single: false, ..ScanTarget::here() };
        return super::session_at(shared, &here, |loaded, collector| {
            let options = walk::WalkOptions { no_ignore: false, threads: loaded.threads(shared) };
            walk::scan(&loaded.policy, collector, &files, options)
        });
    }
    // In a merge only the files with conflicts are given, but everything that is staged will be committed.
    let merging = staged::repository()?.git_dir.join("MERGE_HEAD").exists();
    staged::hook(shared, (!merging).then(|| files.into_iter().collect()))
}

/// Makes a path relative to the top; lint-staged passes absolute paths.
fn from_top(top: &Path, file: BString) -> BString {
    let below = file.to_path().ok().and_then(|path| path.strip_prefix(top).ok());
    below.map_or_else(|| file.clone(), path_bytes::bytes)
}

fn staged_files() -> Result<HashSet<BString>> {
    let arguments = ["diff", "--cached", "--name-only", "--no-ext-diff", "--no-renames", "--no-color", "-z"];
    let names = git::answer(Path::new("."), arguments)?.unwrap_or_default();
    Ok(names.split_str(b"\0").filter(|name| !name.is_empty()).map(BString::from).collect())
}

/// Whether the path is a directory: a submodule is given with `types: []`.
fn is_directory(file: &BString) -> bool {
    file.to_path().is_ok_and(|path| path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()))
}
