//! What HEAD and the heads of a merge in progress point to.

use std::path::Path;
use std::process::Command;

use bstr::{BStr, ByteSlice};

use super::Id;
use super::repository::{RefStorage, Repository, read_optional};
use crate::core::error::{Error, Result};

/// The commit that HEAD leads to; `None` before the first one.
pub fn head(repository: &Repository) -> Result<Option<Id>> {
    if repository.ref_storage == RefStorage::Reftable {
        return ask_git(repository);
    }
    let mut name = b"HEAD".to_vec();
    // git follows five levels of symbolic references.
    for _ in 0..6 {
        let Some(text) = loose(repository, &name)? else { return packed(repository, &name) };
        let text = text.trim_ascii();
        match text.strip_prefix(b"ref:") {
            Some(target) => name = target.trim_ascii().to_vec(),
            None => {
                return Id::from_hex(text)
                    .map(Some)
                    .ok_or_else(|| Error::new("read reference", name.as_bstr(), "it holds no object id"));
            }
        }
    }
    Err(Error::new("read reference", "HEAD", "its symbolic references form a loop"))
}

/// The commits that are being merged into HEAD: those of `MERGE_HEAD`, and before git has written that (in
/// `pre-merge-commit`) those of the `GITHEAD_<id>` variables which `git merge` sets.
pub fn merge_heads(repository: &Repository, variables: impl Iterator<Item = (String, String)>) -> Result<Vec<Id>> {
    let mut ids: Vec<Id> = read_optional(&repository.git_dir.join("MERGE_HEAD"))?
        .map(|text| text.lines().filter_map(|line| Id::from_hex(line.trim_ascii())).collect())
        .unwrap_or_default();
    if ids.is_empty() {
        ids = variables.filter_map(|(name, _)| Id::from_hex(name.strip_prefix("GITHEAD_")?.as_bytes())).collect();
        ids.sort();
    }
    ids.dedup();
    Ok(ids)
}

fn loose(repository: &Repository, name: &[u8]) -> Result<Option<Vec<u8>>> {
    let path = name.to_path_lossy();
    if path.is_absolute() || name.find(b"..").is_some() {
        return Err(Error::new("read reference", name.as_bstr(), "it is no valid name"));
    }
    let own = read_optional(&repository.git_dir.join(&path))?;
    match own {
        None if repository.git_dir != repository.common_dir => read_optional(&repository.common_dir.join(&path)),
        own => Ok(own),
    }
}

fn packed(repository: &Repository, name: &[u8]) -> Result<Option<Id>> {
    let Some(text) = read_optional(&repository.common_dir.join("packed-refs"))? else { return Ok(None) };
    let wanted = text.lines().filter(|line| !line.starts_with(b"#") && !line.starts_with(b"^"));
    for line in wanted {
        if let Some((id, found)) = line.split_once_str(" ")
            && found == name
        {
            return Id::from_hex(id)
                .map(Some)
                .ok_or_else(|| Error::new("read reference", BStr::new(name), "packed-refs holds no object id for it"));
        }
    }
    Ok(None)
}

/// Reftable is git's own to read. `rev-parse` runs nothing of the repository.
fn ask_git(repository: &Repository) -> Result<Option<Id>> {
    let shown = repository.git_dir.display();
    let output = Command::new("git")
        .arg(concat_os("--git-dir=", &repository.git_dir))
        .args(["rev-parse", "--verify", "--quiet", "HEAD"])
        .env_remove("GIT_TRACE")
        .output()
        .map_err(|error| Error::new("run git to read the reftable of", shown, error).hint("put git into PATH"))?;
    Ok(Id::from_hex(output.stdout.trim_ascii()))
}

fn concat_os(option: &str, path: &Path) -> std::ffi::OsString {
    let mut argument = std::ffi::OsString::from(option);
    argument.push(path);
    argument
}
