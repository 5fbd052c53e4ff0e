//! The secrets of an audit, by number, and where they stand in content.

use std::collections::HashMap;
use std::collections::HashSet;

use bstr::BString;

use super::content_pass::Read;
use super::introducing::Item;
use crate::core::finding::Secret;
use crate::git::Kind;
use crate::source::content::Key;

/// All secrets. The same value in another member of an archive, or in a name, is another one.
pub(super) struct Secrets {
    blobs: HashMap<u32, Vec<(Item, Key)>>,
    names: HashMap<u32, Vec<(Item, Key)>>,
    /// Blobs whose keys stand in content that they point to.
    elsewhere: HashSet<u32>,
    count: u32,
}

/// What tells secrets apart: the value, the member, and whether it is a name's.
type Identity = (Secret, Option<BString>, bool);

impl Secrets {
    /// Numbers the secrets of all blobs, and of names by their numbers.
    pub(super) fn of(read: &Read, names: HashMap<u32, Vec<Key>>) -> Self {
        let mut ids: HashMap<Identity, Item> = HashMap::new();
        let mut number = |keys: &[Key], is_name: bool| {
            let mut here: Vec<(Item, Key)> = Vec::new();
            for key in keys {
                let next = ids.len() as Item;
                let item = *ids.entry((key.found.secret.clone(), key.member.clone(), is_name)).or_insert(next);
                if here.iter().all(|(other, _)| *other != item) {
                    here.push((item, key.clone()));
                }
            }
            here
        };
        let hits = read.hits.iter().filter(|hit| hit.kind == Kind::Blob);
        let mut blobs: HashMap<u32, Vec<(Item, Key)>> = HashMap::new();
        for hit in hits {
            let known = blobs.entry(hit.number).or_default();
            for (item, key) in number(&hit.keys, false) {
                if known.iter().all(|(other, _)| *other != item) {
                    known.push((item, key));
                }
            }
        }
        let names = names.into_iter().map(|(name, keys)| (name, number(&keys, true))).collect();
        Self { blobs, names, elsewhere: read.elsewhere.clone(), count: ids.len() as u32 }
    }

    /// How many there are: numbers from here on are free.
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// What a blob holds.
    pub(super) fn items(&self, blob: u32) -> Vec<Item> {
        self.blobs.get(&blob).into_iter().flatten().map(|(item, _)| *item).collect()
    }

    /// What a name holds.
    pub(super) fn in_name(&self, name: u32) -> Vec<Item> {
        self.names.get(&name).into_iter().flatten().map(|(item, _)| *item).collect()
    }

    /// The first place of a secret in a blob.
    pub(super) fn found(&self, blob: u32, item: Item) -> Option<&Key> {
        self.blobs.get(&blob)?.iter().find(|(other, _)| *other == item).map(|(_, key)| key)
    }

    /// Whether a blob's keys stand elsewhere.
    pub(super) fn is_elsewhere(&self, blob: u32) -> bool {
        self.elsewhere.contains(&blob)
    }
}
