//! Whether a key that stands in a staged file was there before: in a parent's version of the file, or in the
//! file that was moved here. Asked only when there is a key, so that a clean commit pays for no comparison.

use std::sync::OnceLock;

use bstr::ByteSlice;

use super::changes::{Change, Changes, Gone, files_of};
use super::lines::{Compared, Lines};
use crate::error::Result;
use crate::git::tree::EntryKind;
use crate::git::{Id, Kind, Objects};
use crate::scan::Match;

/// More files gone than this are not all compared with one that came: an exact copy is still recognised.
const MOST_COMPARED: usize = 50;
/// Files gone that are listed at all.
const MOST_LISTED: usize = 100_000;
/// From here on git too calls a file moved, in percent.
const MOVED: u32 = 50;

/// Answers for one commit.
#[derive(Debug)]
pub(crate) struct Known<'a> {
    objects: &'a Objects,
    changes: &'a Changes,
    parents: usize,
    gone: OnceLock<Vec<Gone>>,
}

impl<'a> Known<'a> {
    pub(crate) fn new(objects: &'a Objects, changes: &'a Changes, parents: usize) -> Self {
        Self { objects, changes, parents, gone: OnceLock::new() }
    }

    /// For each match, whether a parent has all its lines already. What cannot be compared counts as new.
    pub(crate) fn among(&self, change: &Change, content: &[u8], matches: &[Match]) -> Vec<bool> {
        let touched: Vec<_> = matches.iter().map(|found| Lines::of(content).touched(&found.span)).collect();
        let mut known = vec![false; matches.len()];
        for parent in 0..self.parents {
            let Some(compared) = self.compared(change, content, parent) else { continue };
            for (known, lines) in known.iter_mut().zip(&touched) {
                *known |= compared.has(lines.clone());
            }
        }
        known
    }

    fn compared(&self, change: &Change, content: &[u8], parent: usize) -> Option<Compared> {
        match change.before.get(parent)? {
            Some(id) => Some(Compared::new(&self.blob(*id)?, content)),
            None => self.moved(change, content, parent),
        }
    }

    /// The best of the parent's files that are gone, if it is like this one.
    fn moved(&self, change: &Change, content: &[u8], parent: usize) -> Option<Compared> {
        let gone: Vec<&Gone> = self.gone().iter().filter(|gone| gone.parent == parent).collect();
        if gone.iter().any(|gone| gone.id == change.id) {
            return Some(Compared::new(content, content));
        }
        let name = |path: &'_ [u8]| path.rfind_byte(b'/').map_or(0, |slash| slash + 1);
        let same_name = |gone: &&Gone| gone.path[name(&gone.path)..] == change.path[name(&change.path)..];
        let (mut likely, other): (Vec<&Gone>, Vec<&Gone>) = gone.into_iter().partition(same_name);
        likely.extend(other);
        likely
            .into_iter()
            .take(MOST_COMPARED)
            .filter_map(|gone| {
                let old = self.blob(gone.id)?;
                let near = old.len() / 2 <= content.len() && content.len() / 2 <= old.len();
                near.then(|| Compared::new(&old, content))
            })
            .filter(|compared| compared.similarity() >= MOVED)
            .max_by_key(Compared::similarity)
    }

    fn gone(&self) -> &[Gone] {
        self.gone.get_or_init(|| {
            let mut files = Vec::new();
            let listed: Result<()> =
                self.changes.gone.iter().try_for_each(|gone| files_of(self.objects, gone, MOST_LISTED, &mut files));
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
