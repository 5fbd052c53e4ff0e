//! Whether a key in a changed file is old: in a parent's version of the file, or in the file that was renamed to it.
//! This is only checked when there is a key, so a clean commit costs nothing.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::OnceLock;

use bstr::{BString, ByteSlice};

use super::ContentKey;
use super::lines;
use crate::core::budget::Budget;
use crate::core::error::Result;
use crate::core::finding::Secret;
use crate::git::changes::{ChangedFile, Changes, DeletedEntry};
use crate::git::tree::EntryKind;
use crate::git::tree_diff::files_of;
use crate::git::{Id, Kind, Objects};
use crate::policy::Policy;

/// The maximum number of deleted files that are compared with a new file. Exact copies are always recognised.
const MOST_COMPARED: usize = 50;
/// The maximum number of deleted files that are listed.
const MOST_LISTED: usize = 100_000;
/// The similarity, in percent, from which git also calls a file renamed.
const MOVED: usize = 50;

/// The maximum size in bytes of a deleted file that is compared. Exact copies are always recognised.
const LARGEST_COMPARED: usize = 32 << 20;

/// Checks the keys of one commit.
#[derive(Debug)]
pub(in crate::source) struct ParentKeys<'a> {
    objects: &'a Objects,
    policy: &'a Policy,
    changes: &'a Changes,
    budget: &'a Budget,
    gone: OnceLock<GoneFiles>,
}

/// The files that a parent has and the commit does not, indexed to find likely originals.
#[derive(Debug, Default)]
struct GoneFiles {
    files: Vec<DeletedEntry>,
    ids: HashSet<(usize, Id)>,
    /// The files of each parent, by the last component of their path.
    by_name: HashMap<(usize, Vec<u8>), Vec<usize>>,
}

/// A parent's version of a file, compared with the new one.
struct Version {
    /// For each key: whether all its lines are also in this version.
    lines: Vec<bool>,
    /// The keys that are packed in this version.
    packed: HashSet<(Option<BString>, Secret)>,
}

impl<'a> ParentKeys<'a> {
    pub(in crate::source) fn new(
        objects: &'a Objects,
        policy: &'a Policy,
        changes: &'a Changes,
        budget: &'a Budget,
    ) -> Self {
        Self { objects, policy, changes, budget, gone: OnceLock::new() }
    }

    /// For each key, whether a parent already has all its lines. If that cannot be determined, the key is new.
    pub(in crate::source) fn known_before(
        &self,
        change: &ChangedFile,
        content: &[u8],
        keys: &[ContentKey],
    ) -> Vec<bool> {
        let versions: Vec<Version> =
            (0..change.before.len()).filter_map(|parent| self.version(change, content, parent, keys)).collect();
        let is_known = |(at, key): (usize, &ContentKey)| {
            // A key in the name is as old as the file.
            if key.part.is_some() && !key.is_unpacked {
                return change.before.iter().any(Option::is_some);
            }
            versions.iter().any(|version| match key.is_unpacked {
                true => version.packed.contains(&(key.member.clone(), key.found.secret.clone())),
                false => version.lines[at],
            })
        };
        keys.iter().enumerate().map(is_known).collect()
    }

    fn version(&self, change: &ChangedFile, content: &[u8], parent: usize, found: &[ContentKey]) -> Option<Version> {
        let old = match change.before.get(parent)? {
            Some(id) => self.blob(*id)?,
            None => self.moved(change, content, parent)?,
        };
        self.budget.spend((old.len() + content.len()) as u64).ok()?;
        let spans: Vec<Range<usize>> = found.iter().map(|key| key.found.span.clone()).collect();
        let lines = lines::were_in(&old, content, &spans);
        let mut packed = HashSet::new();
        if found.iter().any(|key| key.is_unpacked) {
            packed = super::packed(self.objects, self.policy, change.path.as_bstr(), &old);
        }
        Some(Version { lines, packed })
    }

    /// The most similar deleted file of a parent, if it is similar enough.
    fn moved(&self, change: &ChangedFile, content: &[u8], parent: usize) -> Option<Vec<u8>> {
        let gone = self.gone();
        if gone.ids.contains(&(parent, change.id)) {
            return Some(content.to_vec());
        }
        if content.len() > LARGEST_COMPARED {
            return None;
        }
        let same_name = gone.by_name.get(&(parent, name(&change.path).to_vec()));
        let same_name = || same_name.into_iter().flatten().map(|&at| &gone.files[at]);
        let other = gone.files.iter().filter(|gone| gone.parent == parent && name(&gone.path) != name(&change.path));
        same_name()
            .chain(other)
            .take(MOST_COMPARED)
            .filter_map(|gone| {
                let old = self.blob(gone.id)?;
                let near = old.len() / 2 <= content.len() && content.len() / 2 <= old.len();
                self.budget.spend((old.len() + content.len()) as u64).ok()?;
                near.then(|| (lines::similarity(&old, content), old))
            })
            .filter(|(similarity, _)| *similarity >= MOVED)
            .max_by_key(|(similarity, _)| *similarity)
            .map(|(_, old)| old)
    }

    fn gone(&self) -> &GoneFiles {
        self.gone.get_or_init(|| {
            let mut files = Vec::new();
            let mut limit = MOST_LISTED;
            let mut list = |gone| files_of(self.objects, gone, &mut limit, self.budget, &mut files);
            let listed: Result<()> = self.changes.deleted.iter().try_for_each(&mut list);
            // If a tree cannot be read, the keys of renamed files count as new.
            if listed.is_err() {
                files.clear();
            }
            files.retain(|gone| gone.kind == EntryKind::File);
            let mut all = GoneFiles { files, ..GoneFiles::default() };
            for (at, gone) in all.files.iter().enumerate() {
                all.ids.insert((gone.parent, gone.id));
                all.by_name.entry((gone.parent, name(&gone.path).to_vec())).or_default().push(at);
            }
            all
        })
    }

    fn blob(&self, id: Id) -> Option<Vec<u8>> {
        self.budget.spend(Budget::ITEM).ok()?;
        self.objects.read(id, Kind::Blob).ok()
    }
}

/// The last component of a path.
fn name(path: &[u8]) -> &[u8] {
    &path[path.rfind_byte(b'/').map_or(0, |slash| slash + 1)..]
}
