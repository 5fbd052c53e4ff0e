//! Whether a key that stands in a changed file was there before: in a parent's version of the file, or in the
//! file that was moved here. Asked only when there is a key, so that a clean commit pays for no comparison.

use std::collections::HashSet;
use std::sync::OnceLock;

use bstr::{BString, ByteSlice};

use super::Key;
use super::changes::{Change, Changes, Gone, files_of};
use super::lines::{Compared, Lines};
use crate::core::error::Result;
use crate::core::finding::Secret;
use crate::git::tree::EntryKind;
use crate::git::{Id, Kind, Objects};
use crate::policy::Policy;

/// More files gone than this are not all compared with one that came: an exact copy is still recognised.
const MOST_COMPARED: usize = 50;
/// Files gone that are listed at all.
const MOST_LISTED: usize = 100_000;
/// From here on git too calls a file moved, in percent.
const MOVED: u32 = 50;

/// Answers for one commit.
#[derive(Debug)]
pub(in crate::source) struct ParentKeys<'a> {
    objects: &'a Objects,
    policy: &'a Policy,
    changes: &'a Changes,
    gone: OnceLock<Vec<Gone>>,
}

/// A parent's version of a file, next to the new one.
struct Version {
    lines: Compared,
    /// The keys packed in it.
    packed: HashSet<(Option<BString>, Secret)>,
}

impl<'a> ParentKeys<'a> {
    pub(in crate::source) fn new(objects: &'a Objects, policy: &'a Policy, changes: &'a Changes) -> Self {
        Self { objects, policy, changes, gone: OnceLock::new() }
    }

    /// For each key, whether a parent has all its lines already. What cannot be compared counts as new.
    pub(in crate::source) fn among(&self, change: &Change, content: &[u8], keys: &[Key]) -> Vec<bool> {
        let versions: Vec<Version> =
            (0..change.before.len()).filter_map(|parent| self.version(change, content, parent, keys)).collect();
        let is_known = |key: &Key| {
            let touched = Lines::of(content).touched(&key.found.span);
            versions.iter().any(|version| match key.is_unpacked {
                true => version.packed.contains(&(key.member.clone(), key.found.secret.clone())),
                false => version.lines.has(touched.clone()),
            })
        };
        keys.iter().map(is_known).collect()
    }

    fn version(&self, change: &Change, content: &[u8], parent: usize, found: &[Key]) -> Option<Version> {
        let (lines, old) = match change.before.get(parent)? {
            Some(id) => {
                let old = self.blob(*id)?;
                (Compared::new(&old, content), old)
            }
            None => self.moved(change, content, parent)?,
        };
        let mut packed = HashSet::new();
        if found.iter().any(|key| key.is_unpacked) {
            packed = super::packed(self.objects, self.policy, change.path.as_bstr(), &old);
        }
        Some(Version { lines, packed })
    }

    /// The best of the parent's files that are gone, if it is like this one.
    fn moved(&self, change: &Change, content: &[u8], parent: usize) -> Option<(Compared, Vec<u8>)> {
        let gone: Vec<&Gone> = self.gone().iter().filter(|gone| gone.parent == parent).collect();
        if gone.iter().any(|gone| gone.id == change.id) {
            return Some((Compared::new(content, content), content.to_vec()));
        }
        let name = |path: &[u8]| path.rfind_byte(b'/').map_or(0, |slash| slash + 1);
        let same_name = |gone: &&Gone| gone.path[name(&gone.path)..] == change.path[name(&change.path)..];
        let (mut likely, other): (Vec<&Gone>, Vec<&Gone>) = gone.into_iter().partition(same_name);
        likely.extend(other);
        likely
            .into_iter()
            .take(MOST_COMPARED)
            .filter_map(|gone| {
                let old = self.blob(gone.id)?;
                let near = old.len() / 2 <= content.len() && content.len() / 2 <= old.len();
                near.then(|| (Compared::new(&old, content), old))
            })
            .filter(|(compared, _)| compared.similarity() >= MOVED)
            .max_by_key(|(compared, _)| compared.similarity())
    }

    fn gone(&self) -> &[Gone] {
        self.gone.get_or_init(|| {
            let mut files = Vec::new();
            let mut list = |gone| files_of(self.objects, gone, MOST_LISTED, &mut files);
            let listed: Result<()> = self.changes.gone.iter().try_for_each(&mut list);
            // A tree that cannot be read only means that a moved file's keys count as new.
            if listed.is_err() {
                files.clear();
            }
            files.retain(|gone| gone.kind == EntryKind::File);
            files
        })
    }

    fn blob(&self, id: Id) -> Option<Vec<u8>> {
        self.objects.read(id, Kind::Blob).ok()
    }
}
