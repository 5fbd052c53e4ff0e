//! Run by pre-commit or prek, which pass file names and say nothing about why: for a commit these are the staged
//! files, under `--all-files` all tracked ones, and with `--from-ref` the range is in the environment.

use std::collections::HashSet;
use std::env;
use std::path::Path;

use bstr::{BString, ByteSlice as _};

use super::{ScanTarget, push, staged};
use crate::cli::args::SharedArgs;
use crate::core::error::{Exit, Result};
use crate::hook::git;
use crate::source::walk;

/// The right thing for these files.
pub(super) fn pre_commit(shared: &SharedArgs, files: Vec<BString>) -> Result<Exit> {
    if let Some(to) = env::var("PRE_COMMIT_TO_REF").ok().filter(|to| !to.is_empty()) {
        let from = env::var("PRE_COMMIT_FROM_REF").ok().filter(|from| !from.is_empty());
        return push::range(shared, from.as_deref(), &to);
    }
    // `pass_filenames: false`: nothing is named, so all that is staged counts.
    if files.is_empty() {
        return staged::hook(shared, None);
    }
    let top = staged::repository()?.top().to_owned();
    let files: Vec<BString> = files.into_iter().map(|file| from_top(&top, file)).collect();
    let staged_files = staged_files()?;
    if files.iter().any(|file| !staged_files.contains(file)) {
        // Nobody is committing just these: they are looked at whole, as they are.
        let files: Vec<BString> = files.into_iter().filter(|file| !is_directory(file)).collect();
        let here = ScanTarget { is_single: false, ..ScanTarget::here() };
        return super::session_at(shared, &here, |loaded, collector| {
            let options = walk::WalkOptions { no_ignore: false, threads: loaded.threads(shared) };
            walk::scan(&loaded.policy, collector, &files, options)
        });
    }
    // In a merge only the files in conflict are named, but all that is staged is committed.
    let merging = staged::repository()?.git_dir.join("MERGE_HEAD").exists();
    staged::hook(shared, (!merging).then(|| files.into_iter().collect()))
}

/// lint-staged names files by their whole paths.
fn from_top(top: &Path, file: BString) -> BString {
    let below = file.to_path().ok().and_then(|path| path.strip_prefix(top).ok());
    below.map_or_else(|| file.clone(), |path| path.as_os_str().as_encoded_bytes().into())
}

fn staged_files() -> Result<HashSet<BString>> {
    let arguments = ["diff", "--cached", "--name-only", "--no-ext-diff", "--no-renames", "--no-color", "-z"];
    let names = git::answer(Path::new("."), arguments)?.unwrap_or_default();
    Ok(names.split_str(b"\0").filter(|name| !name.is_empty()).map(BString::from).collect())
}

/// A submodule, under `types: []`.
fn is_directory(file: &BString) -> bool {
    file.to_path().is_ok_and(|path| path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()))
}
