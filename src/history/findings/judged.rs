//! What the policy makes of the keys in a blob at a path, which was not known when the blob was scanned.

use std::collections::HashMap;
use std::rc::Rc;

use bstr::BString;

use crate::core::coverage::Skipped;
use crate::core::finding::Secret;
use crate::history::object_index::ObjectIndex;
use crate::history::secrets::Secrets;
use crate::policy::Policy;
use crate::source::Collector;
use crate::source::content::{ContentKey, ContentScan};

/// Judges blobs at paths.
pub(super) struct BlobJudge<'a> {
    index: &'a ObjectIndex<'a>,
    policy: &'a Policy,
    collector: &'a Collector,
    /// The blobs that were judged last: findings in one follow each other, and judging is scanning all of it again.
    judged: Vec<(u32, BString, Rc<JudgedBlob>)>,
}

/// What the policy makes of a blob at a path.
enum JudgedBlob {
    /// It cannot be read again.
    Unreadable,
    /// The policy leaves the path out.
    Skipped,
    /// The first occurrence of each key, by its value and the member of an archive.
    Keys(HashMap<(Secret, Option<BString>), ContentKey>),
}

impl<'a> BlobJudge<'a> {
    pub(super) fn new(index: &'a ObjectIndex<'a>, policy: &'a Policy, collector: &'a Collector) -> Self {
        Self { index, policy, collector, judged: Vec::new() }
    }

    /// A key of a blob as the policy judges it at a path, which was not known when the blob was scanned; `None` if the
    /// policy skips the path or allows the key there.
    pub(super) fn key_at(
        &mut self,
        blob: u32,
        key: &ContentKey,
        path: &BString,
        secrets: &Secrets,
    ) -> Option<ContentKey> {
        if secrets.is_external(blob) {
            return Some(key.clone());
        }
        match &*self.judged(blob, path) {
            // What was found the first time stands.
            JudgedBlob::Unreadable => Some(key.clone()),
            JudgedBlob::Skipped => None,
            JudgedBlob::Keys(keys) => keys.get(&(key.found.secret.clone(), key.member.clone())).cloned(),
        }
    }

    fn judged(&mut self, blob: u32, path: &BString) -> Rc<JudgedBlob> {
        /// A blob in the introducing commit, and the one in `HEAD`.
        const KEPT: usize = 2;
        if let Some((.., judged)) = self.judged.iter().find(|(known, at, _)| *known == blob && at == path) {
            return judged.clone();
        }
        let judged = Rc::new(self.judge(blob, path));
        if self.judged.len() == KEPT {
            self.judged.remove(0);
        }
        self.judged.push((blob, path.clone(), judged.clone()));
        judged
    }

    fn judge(&self, blob: u32, path: &BString) -> JudgedBlob {
        let Ok(Some((_, bytes))) = self.index.read(blob) else { return JudgedBlob::Unreadable };
        if let Some(reason) = self.policy.skips(path.as_ref(), bytes.len() as u64) {
            self.collector.skipped(Skipped { path: path.clone(), reason });
            return JudgedBlob::Skipped;
        }
        let content = ContentScan::new(self.policy, Some(path.as_ref())).bytes(&bytes, None);
        let mut keys = HashMap::new();
        for key in content.keys {
            keys.entry((key.found.secret.clone(), key.member.clone())).or_insert(key);
        }
        JudgedBlob::Keys(keys)
    }
}
