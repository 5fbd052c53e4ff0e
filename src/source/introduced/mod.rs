//! What a commit, made or to be made, brings in that none of its parents has: which files, and which keys in them.

pub(super) mod changes;
pub(super) mod in_parents;
mod lines;

pub(super) use changes::{Change, Changes};
pub(super) use in_parents::ParentKeys;

use std::io::Cursor;

use bstr::{BStr, BString, ByteSlice as _};

use crate::core::coverage::Skipped;
use crate::core::error::{Error, Result};
use crate::core::finding::{Finding, Location};
use crate::git::tree::EntryKind;
use crate::git::{Kind, Objects};
use crate::policy::Policy;
use crate::scan::Match;
use crate::source::{Collector, archive};

/// A key in a file's content, or in a member of the archive that it is.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) found: Match,
    pub(super) member: Option<BString>,
    /// It was unpacked, so that its span is no place in the content.
    pub(super) unpacked: bool,
}

impl Key {
    /// The finding at a path.
    pub(super) fn at(self, path: &[u8]) -> Finding {
        self.found.at(Location { path: Some(path.into()), member: self.member, ..Location::default() })
    }
}

/// A changed file's content and the keys in it; `None` if it has no content of its own.
pub(super) fn content(
    objects: &Objects,
    policy: &Policy,
    collector: &Collector,
    change: &Change,
) -> Result<Option<(Vec<u8>, Vec<Key>)>> {
    let path = BString::from(change.path.clone());
    if change.kind == EntryKind::Submodule {
        collector.skipped(Skipped { path, reason: "submodule" });
        return Ok(None);
    }
    let named = |error: Error| error.hint(format!("it is the content of {path}; git fsck says more"));
    let content = objects.read(change.id, Kind::Blob).map_err(named)?;
    if let Some(reason) = policy.skips(path.as_bstr(), content.len() as u64) {
        collector.skipped(Skipped { path, reason });
        return Ok(None);
    }
    if is_lfs_pointer(&content) {
        collector.skipped(Skipped { path: path.clone(), reason: "lfs-pointer" });
    }
    let skip = |member: Option<BString>, reason| {
        collector.skipped(Skipped { path: archive::shown(path.as_bstr(), member.as_ref()), reason });
    };
    let (mut keys, whole) = keys(policy, path.as_bstr(), &content, skip);
    keys.extend(policy.scan_path(path.as_bstr()).into_iter().map(|found| Key { found, member: None, unpacked: false }));
    if !whole {
        let why = "it unpacks to more than 200 times its size";
        collector.failed(Error::new("unpack", &path, why).hint("unpack it and scan the result"));
    }
    collector.scanned(1, content.len() as u64);
    Ok(Some((content, keys)))
}

/// The keys in content and in what is packed in it, and whether all of that was unpacked.
fn keys(
    policy: &Policy,
    path: &BStr,
    content: &[u8],
    skip: impl Fn(Option<BString>, &'static str),
) -> (Vec<Key>, bool) {
    let plain = |found| Key { found, member: None, unpacked: false };
    let mut keys: Vec<Key> = policy.scan_at(content, Some(path)).into_iter().map(plain).collect();
    let Some(kind) = archive::kind(content) else { return (keys, true) };
    let mut push = |unpacked| match unpacked {
        archive::Unpacked::Found(found, member) => keys.push(Key { found: *found, member, unpacked: true }),
        archive::Unpacked::Skipped(member, reason) => skip(member, reason),
    };
    let whole = archive::unpack(policy, path, kind, Cursor::new(content), content.len() as u64, &mut push).is_ok();
    (keys, whole)
}

/// What Git LFS commits in place of a large file; the file itself travels outside git.
fn is_lfs_pointer(content: &[u8]) -> bool {
    let start = b"version https://git-lfs.github.com/spec/";
    content.len() < 1024 && content.starts_with(start) && content.contains_str("\noid ")
}
