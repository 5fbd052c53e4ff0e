//! The secrets of an audit, numbered, and where each is in the content that holds it.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use bstr::BString;

use super::content_pass::ContentPass;
use super::introducing::SubjectId;
use crate::core::finding::Secret;
use crate::core::narrow::narrow;
use crate::git::Kind;
use crate::source::content::ContentKey;

/// All secrets. The same value in two members of an archive, or in content and in a file's name, counts as two.
pub(super) struct Secrets {
    /// By the number of a blob, each once.
    blobs: HashMap<u32, Vec<SubjectId>>,
    /// By the number of a file name, each once.
    names: HashMap<u32, Vec<SubjectId>>,
    /// The first occurrence of each in a blob.
    keys: HashMap<(u32, SubjectId), ContentKey>,
    /// Blobs whose keys are not in their own bytes ([`ContentPass::external`]).
    external: HashSet<u32>,
    count: u32,
}

/// What distinguishes secrets: the value, the member of an archive, and whether it is in a file's name.
type SecretIdentity = (Secret, Option<BString>, bool);

impl Secrets {
    /// Numbers the secrets of all blobs and those of file names.
    pub(super) fn of(read: &ContentPass, names: HashMap<u32, Vec<ContentKey>>) -> Self {
        let mut ids: HashMap<SecretIdentity, SubjectId> = HashMap::new();
        let mut number = |key: &ContentKey, is_name: bool| {
            let next = narrow(ids.len());
            *ids.entry((key.found.secret.clone(), key.member.clone(), is_name)).or_insert(next)
        };
        let mut blobs: HashMap<u32, Vec<SubjectId>> = HashMap::new();
        let mut first = HashMap::new();
        for hit in read.hits.iter().filter(|hit| hit.kind == Kind::Blob) {
            let here = blobs.entry(hit.number).or_default();
            for key in &hit.keys {
                let subject = number(key, false);
                if let Entry::Vacant(place) = first.entry((hit.number, subject)) {
                    place.insert(key.clone());
                    here.push(subject);
                }
            }
        }
        let mut in_name = |keys: Vec<ContentKey>| {
            let mut seen = HashSet::new();
            keys.iter().map(|key| number(key, true)).filter(|subject| seen.insert(*subject)).collect()
        };
        let names = names.into_iter().map(|(name, keys)| (name, in_name(keys))).collect();
        Self { blobs, names, keys: first, external: read.external.clone(), count: narrow(ids.len()) }
    }

    /// How many there are. Their numbers are below this.
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// The secrets in a blob.
    pub(super) fn in_blob(&self, blob: u32) -> Vec<SubjectId> {
        self.blobs.get(&blob).cloned().unwrap_or_default()
    }

    /// The secrets in a file name.
    pub(super) fn in_name(&self, name: u32) -> Vec<SubjectId> {
        self.names.get(&name).cloned().unwrap_or_default()
    }

    /// The first occurrence of a secret in a blob.
    pub(super) fn key(&self, blob: u32, subject: SubjectId) -> Option<&ContentKey> {
        self.keys.get(&(blob, subject))
    }

    /// Whether a blob's keys are in content that the blob only points to.
    pub(super) fn is_external(&self, blob: u32) -> bool {
        self.external.contains(&blob)
    }
}
