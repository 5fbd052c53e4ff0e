//! The secrets of an audit, numbered, and where each is in the content that holds it.

use std::collections::HashMap;
use std::collections::HashSet;

use bstr::BString;

use super::content_pass::ContentPass;
use super::introducing::SubjectId;
use crate::core::finding::Secret;
use crate::git::Kind;
use crate::source::content::ContentKey;

/// All secrets. The same value in two members of an archive, or in content and in a file's name, counts as two.
pub(super) struct Secrets {
    /// By the number of a blob.
    blobs: HashMap<u32, Vec<(SubjectId, ContentKey)>>,
    /// By the number of a file name.
    names: HashMap<u32, Vec<(SubjectId, ContentKey)>>,
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
        let mut number = |keys: &[ContentKey], is_name: bool| {
            let mut here: Vec<(SubjectId, ContentKey)> = Vec::new();
            for key in keys {
                let next = ids.len() as SubjectId;
                let subject = *ids.entry((key.found.secret.clone(), key.member.clone(), is_name)).or_insert(next);
                if here.iter().all(|(other, _)| *other != subject) {
                    here.push((subject, key.clone()));
                }
            }
            here
        };
        let hits = read.hits.iter().filter(|hit| hit.kind == Kind::Blob);
        let mut blobs: HashMap<u32, Vec<(SubjectId, ContentKey)>> = HashMap::new();
        for hit in hits {
            let known = blobs.entry(hit.number).or_default();
            for (subject, key) in number(&hit.keys, false) {
                if known.iter().all(|(other, _)| *other != subject) {
                    known.push((subject, key));
                }
            }
        }
        let names = names.into_iter().map(|(name, keys)| (name, number(&keys, true))).collect();
        Self { blobs, names, external: read.external.clone(), count: ids.len() as u32 }
    }

    /// How many there are. Their numbers are below this.
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// The secrets in a blob.
    pub(super) fn in_blob(&self, blob: u32) -> Vec<SubjectId> {
        self.blobs.get(&blob).into_iter().flatten().map(|(subject, _)| *subject).collect()
    }

    /// The secrets in a file name.
    pub(super) fn in_name(&self, name: u32) -> Vec<SubjectId> {
        self.names.get(&name).into_iter().flatten().map(|(subject, _)| *subject).collect()
    }

    /// The first occurrence of a secret in a blob.
    pub(super) fn key(&self, blob: u32, subject: SubjectId) -> Option<&ContentKey> {
        self.blobs.get(&blob)?.iter().find(|(other, _)| *other == subject).map(|(_, key)| key)
    }

    /// Whether a blob's keys are in content that the blob only points to.
    pub(super) fn is_external(&self, blob: u32) -> bool {
        self.external.contains(&blob)
    }
}
