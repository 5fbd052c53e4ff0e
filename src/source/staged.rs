//! What the next commit would add: the index's blobs, never the working files, and of them what no parent has.

use std::collections::HashSet;

use crate::core::threads;
use bstr::{BString, ByteSlice};
use rayon::prelude::*;

use super::Collector;
use super::introduced::{ParentKeys, content_of, in_directory_names};
use crate::core::error::Result;
use crate::git::changes::{ChangedFile, Changes};
use crate::git::tree_diff;
use crate::git::{Id, Index, Objects, Repository, refs};
use crate::policy::Policy;

/// Fewer files than this are scanned on the calling thread: starting others would cost more.
const WORTH_THREADS: usize = 8;

/// What counts as brought in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StagedOptions {
    /// A key on a line that was there before counts too.
    pub whole_files: bool,
    /// Compare with HEAD alone: in a merge, what the other side brings in counts too.
    pub against_head: bool,
    /// Only these paths, from the top of the work tree.
    pub only: Option<HashSet<BString>>,
    /// Threads; 0 means one for each processor.
    pub threads: usize,
}

/// A repository, opened for scanning what is staged in it.
#[derive(Debug)]
pub struct Staged<'a> {
    repository: &'a Repository,
    objects: Objects,
    /// HEAD and what is being merged into it; empty before the first commit.
    pub parents: Vec<Id>,
}

impl<'a> Staged<'a> {
    /// Reads HEAD and the heads of a merge in progress.
    pub fn open(repository: &'a Repository) -> Result<Self> {
        let mut parents: Vec<Id> = refs::head(repository)?.into_iter().collect();
        if !parents.is_empty() {
            parents.extend(refs::merge_heads(repository, std::env::vars_os())?);
        }
        Ok(Self { repository, objects: Objects::open(repository), parents })
    }

    /// The repository.
    pub fn repository(&self) -> &'a Repository {
        self.repository
    }

    /// Scans it. An error means that nothing could be compared; one file's error goes to the collector.
    pub fn scan(&self, policy: &Policy, collector: &Collector, options: &StagedOptions) -> Result<()> {
        self.scan_changes(policy, collector, &self.changes(collector, options)?, options)
    }

    /// What the next commit would change.
    pub(crate) fn changes(&self, collector: &Collector, options: &StagedOptions) -> Result<StagedChanges> {
        let parents = if options.against_head { &self.parents[..self.parents.len().min(1)] } else { &self.parents };
        let trees =
            parents.iter().map(|&commit| tree_diff::tree_of(&self.objects, commit)).collect::<Result<Vec<_>>>()?;
        let index = Index::read(&self.repository.index_file, self.repository.hash)?;
        let mut changes = tree_diff::changes(&index, &self.objects, &trees, collector.budget())?;
        if let Some(only) = &options.only {
            changes.changed.retain(|change| only.contains(change.path.as_bstr()));
        }
        if changes.unmerged > 0 {
            let paths = changes.unmerged;
            collector.note(format!("{paths} path(s) in conflict: nothing of them is staged until they are resolved"));
        }
        Ok(StagedChanges { changes, trees })
    }

    /// Scans these changes.
    pub(crate) fn scan_changes(
        &self,
        policy: &Policy,
        collector: &Collector,
        StagedChanges { changes, trees }: &StagedChanges,
        options: &StagedOptions,
    ) -> Result<()> {
        let scan = StagedScan {
            objects: &self.objects,
            policy,
            collector,
            options,
            known: ParentKeys::new(&self.objects, policy, changes, collector.budget()),
        };
        for (path, key) in in_directory_names(&self.objects, policy, changes, trees)? {
            collector.finding(key.at(path.as_bstr()));
        }
        self.objects.unreadable().iter().for_each(|error| collector.failed(error.clone()));
        scan.scan_changes(changes)
    }
}

/// What the next commit would change, compared with these trees.
#[derive(Debug)]
pub(crate) struct StagedChanges {
    changes: Changes,
    trees: Vec<Id>,
}

impl StagedChanges {
    /// Whether several threads scan them.
    pub(crate) fn are_many(&self) -> bool {
        self.changes.changed.len() >= WORTH_THREADS
    }
}

struct StagedScan<'a> {
    objects: &'a Objects,
    policy: &'a Policy,
    collector: &'a Collector,
    options: &'a StagedOptions,
    known: ParentKeys<'a>,
}

impl StagedScan<'_> {
    fn scan_changes(&self, changes: &Changes) -> Result<()> {
        if changes.changed.len() < WORTH_THREADS {
            changes.changed.iter().for_each(|change| self.scan_file(change));
            return Ok(());
        }
        threads::run(self.options.threads, || changes.changed.par_iter().for_each(|change| self.scan_file(change)))
    }

    fn scan_file(&self, change: &ChangedFile) {
        if self.collector.is_stopped() {
            return;
        }
        let (content, keys) = match content_of(self.objects, self.policy, self.collector, change) {
            Ok(Some(content)) => content,
            Ok(None) => return,
            Err(error) => return self.collector.failed(error),
        };
        if keys.is_empty() {
            return;
        }
        let known = match self.options.whole_files {
            true => vec![false; keys.len()],
            false => self.known.known_before(change, &content, &keys),
        };
        for (key, known) in keys.into_iter().zip(known) {
            if !known {
                self.collector.finding(key.at(change.path.as_bstr()));
            } else if key.found.suppressed.is_none() {
                let (path, line) = (change.path.as_bstr(), key.found.position.line);
                let key = key.found.secret.mask();
                self.collector.note(format!("{path}:{line}: {key} was there before this commit; it does not block"));
            }
        }
    }
}
