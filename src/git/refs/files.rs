//! References in files: one for each loose reference, many in `packed-refs`, and the reflogs in `logs`.

use std::collections::BTreeMap;
use std::path::Path;

use bstr::{BStr, BString, ByteSlice as _, ByteVec as _};

use super::{LogEntry, RefTarget};
use crate::core::error::{Error, Result};
use crate::core::regular_file::{self, Links, SMALL};
use crate::git::Id;
use crate::git::directory::{entries, files_below, is_directory};
use crate::git::id::Hash;
use crate::git::repository::LONG;

/// Reads one loose reference from the first of the directories that has it; `None` if none does.
pub(super) fn find(directories: &[&Path], name: &[u8], hash: Hash) -> Result<Option<RefTarget>> {
    let path = name.to_path_lossy();
    if path.is_absolute() || path.components().any(|part| !matches!(part, std::path::Component::Normal(_))) {
        return Err(Error::new("read reference", name.as_bstr(), "it is not a valid name"));
    }
    for directory in directories {
        let file = directory.join(&path);
        // A directory with this name holds other references.
        if !is_directory(&file)
            && let Some(target) = read(&file, name.as_bstr(), hash)?
        {
            return Ok(Some(target));
        }
    }
    Ok(None)
}

/// The object of one reference in the text of `packed-refs`.
pub(super) fn find_packed(text: &[u8], name: &[u8], hash: Hash) -> Result<Option<Id>> {
    let line = [b" ", name, b"\n"].concat();
    let mut found = memchr::memmem::find_iter(text, &line).map(|at| &text[..at]);
    let id = found.find_map(|before| {
        let id = &before[before.rfind_byte(b'\n').map_or(0, |end| end + 1)..];
        // A comment may end with the same text.
        (!id.contains(&b' ')).then_some(id)
    });
    id.map(|id| id_of(id, hash).ok_or_else(|| broken(name.as_bstr()))).transpose()
}

/// All references in `packed-refs`.
pub(super) fn packed(common_dir: &Path, hash: Hash, refs: &mut BTreeMap<BString, RefTarget>, errors: &mut Vec<Error>) {
    let text = read_packed(common_dir).unwrap_or_else(|error| {
        errors.push(error);
        None
    });
    let text = text.unwrap_or_default();
    for line in text.lines().filter(|line| !line.is_empty() && !matches!(line[0], b'#' | b'^')) {
        let (id, name) = line.split_once_str(" ").unwrap_or((b"", b"packed-refs"));
        match id_of(id, hash) {
            Some(id) => drop(refs.insert(name.into(), RefTarget::Object(id))),
            None => errors.push(broken(name.as_bstr())),
        }
    }
}

pub(super) fn read_packed(common_dir: &Path) -> Result<Option<Vec<u8>>> {
    regular_file::read(&common_dir.join("packed-refs"), Links::Follow, LONG)
}

/// All loose references of a git directory.
pub(super) fn loose(git_dir: &Path, hash: Hash, refs: &mut BTreeMap<BString, RefTarget>, errors: &mut Vec<Error>) {
    for path in files_below(git_dir.join("refs"), errors) {
        let Ok(name) = path.strip_prefix(git_dir) else { continue };
        let mut name = Vec::from_path_lossy(name).into_owned();
        if cfg!(windows) {
            name.iter_mut().filter(|byte| **byte == b'\\').for_each(|byte| *byte = b'/');
        }
        if name.ends_with(b".lock") {
            continue;
        }
        match read(&path, name.as_bstr(), hash) {
            Ok(Some(target)) => drop(refs.insert(name.into(), target)),
            Ok(None) => {}
            Err(error) => errors.push(error),
        }
    }
}

/// `HEAD` and the pseudo-references next to it, such as `ORIG_HEAD`, `MERGE_HEAD`, `AUTO_MERGE`. `FETCH_HEAD` has one
/// line for each branch.
pub(super) fn root(git_dir: &Path, hash: Hash, errors: &mut Vec<Error>) -> Vec<(BString, RefTarget)> {
    const OTHERS: [&str; 5] =
        ["AUTO_MERGE", "BISECT_EXPECTED_REV", "MERGE_AUTOSTASH", "NOTES_MERGE_PARTIAL", "NOTES_MERGE_REF"];
    let is_root = |name: &str| {
        OTHERS.contains(&name) || name.ends_with("HEAD") && name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
    };
    let mut found = Vec::new();
    let entries = entries(git_dir).unwrap_or_else(|error| {
        errors.push(error);
        Vec::new()
    });
    for path in entries {
        let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|name| is_root(name)) else { continue };
        match read_text(&path) {
            Ok(text) => {
                let targets = text.unwrap_or_default().lines().filter_map(|line| parse(line, hash)).collect::<Vec<_>>();
                if targets.is_empty() && name == "HEAD" {
                    errors.push(broken("HEAD".into()));
                }
                found.extend(targets.into_iter().map(|target| (name.into(), target)));
            }
            Err(error) => errors.push(error),
        }
    }
    found
}

/// Passes on the object ids in the reflogs of a git directory.
pub(super) fn logged(git_dir: &Path, mut each: impl FnMut(Id), errors: &mut Vec<Error>) {
    for path in files_below(git_dir.join("logs"), errors) {
        match regular_file::read(&path, Links::Follow, LONG) {
            Ok(log) => {
                let ids =
                    |line: &[u8]| line.split(|&byte| byte == b' ').take(2).filter_map(Id::from_hex).for_each(&mut each);
                log.unwrap_or_default().lines().for_each(ids);
            }
            Err(error) => errors.push(error),
        }
    }
}

/// Passes on the entries of the reflogs of a git directory, each with its reference's name.
pub(super) fn log_entries(git_dir: &Path, each: &mut impl FnMut(&[u8], LogEntry<'_>), errors: &mut Vec<Error>) {
    let logs = git_dir.join("logs");
    for path in files_below(logs.clone(), errors) {
        let name = Vec::from_path_lossy(path.strip_prefix(&logs).unwrap_or(&path)).into_owned();
        match regular_file::read(&path, Links::Follow, LONG) {
            Ok(log) => {
                log.unwrap_or_default().lines().filter_map(LogEntry::parse).for_each(|entry| each(&name, entry));
            }
            Err(error) => errors.push(error),
        }
    }
}

fn read(path: &Path, name: &BStr, hash: Hash) -> Result<Option<RefTarget>> {
    let Some(text) = read_text(path)? else { return Ok(None) };
    parse(&text, hash).map(Some).ok_or_else(|| broken(name))
}

fn read_text(path: &Path) -> Result<Option<Vec<u8>>> {
    // In very old repositories this can be a symbolic link to another reference, which may not exist yet.
    if let Ok(link) = path.read_link()
        && link.starts_with("refs")
    {
        let mut text = b"ref: ".to_vec();
        text.push_str(Vec::from_path_lossy(&link));
        return Ok(Some(text));
    }
    regular_file::read(path, Links::Follow, SMALL)
}

fn parse(text: &[u8], hash: Hash) -> Option<RefTarget> {
    if let Some(name) = text.strip_prefix(b"ref:") {
        return Some(RefTarget::Symbolic(name.trim_ascii().into()));
    }
    let (id, rest) = text.split_at_checked(hash.width() * 2)?;
    rest.first().is_none_or(u8::is_ascii_whitespace).then(|| id_of(id, hash).map(RefTarget::Object))?
}

fn id_of(hex: &[u8], hash: Hash) -> Option<Id> {
    Id::from_hex(hex).filter(|id| id.as_bytes().len() == hash.width())
}

fn broken(name: &BStr) -> Error {
    Error::new("read reference", name, "it has no object id").hint("run `git fsck` there")
}
