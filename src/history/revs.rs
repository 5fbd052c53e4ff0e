//! The commits that an audit is asked for: revisions, ranges, branches and dates.

use std::collections::HashSet;

use bstr::BString;

use crate::core::date;
use crate::core::error::Result;
use crate::git::refs::Lookup;
use crate::git::revision::{Range, Revisions};
use crate::git::{Id, Objects, Refs, Repository};

/// Commits whose history is included, and commits whose history is left out, as for `git rev-list`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommitSelection {
    /// What these reach is included. There may be annotated tags among them.
    pub include: Vec<Id>,
    /// What these reach is left out.
    pub exclude: Vec<Id>,
    /// Pairs of which what both reach is left out (`A...B`).
    pub(super) between: Vec<(Id, Id)>,
    /// Commits before this time are left out.
    pub since: Option<i64>,
}

/// The commits that an audit is asked for, as the command line says it.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Ranges and revisions as for `git rev-list`, or several of these with commas between them.
    pub ranges: Vec<String>,
    /// A revision, whose history is left out, or a date.
    pub since: Option<String>,
    /// Names of branches or of other references.
    pub branches: Vec<String>,
    /// Leave out what any remote-tracking reference reaches.
    pub not_on_remote: bool,
    /// The time, in seconds since 1970, that relative dates count from.
    pub now: i64,
}

impl Request {
    /// Whether anything is asked for: otherwise everything is scanned.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty() && self.since.is_none() && self.branches.is_empty() && !self.not_on_remote
    }
}

/// Resolves the revisions of a request.
pub(super) fn select(
    repository: &Repository,
    store: &Objects,
    refs: &Refs,
    request: &Request,
) -> Result<CommitSelection> {
    let lookup = Lookup::new(repository);
    let revisions = Revisions::new(&lookup, store);
    let mut range = Range::default();
    for text in &request.ranges {
        revisions.ranges(text, &mut range)?;
    }
    for branch in &request.branches {
        range.include.push(revisions.commit(branch)?);
    }
    let mut since = None;
    if let Some(text) = &request.since {
        match (revisions.commit(text), date::moment(text, request.now)) {
            (Ok(id), _) => range.exclude.push(id),
            (Err(_), Some(time)) => since = Some(time),
            (Err(error), None) => {
                return Err(error.hint("--since takes a revision, a date such as 2026-01-31, or `3 weeks ago`"));
            }
        }
    }
    let Range { include, exclude, between } = range;
    let mut selection = CommitSelection { include, exclude, between, since };
    let remote = |name: &BString| refs.is_remote(name);
    if request.not_on_remote {
        selection.exclude.extend(refs.list.iter().filter(|(name, _)| remote(name)).map(|(_, id)| *id));
    }
    if selection.include.is_empty() {
        let all = refs.list.iter().filter(|(name, _)| !request.not_on_remote || !remote(name));
        selection.include.extend(all.map(|(_, id)| *id).chain(refs.head));
    }
    // Of thousands of references nearly all are where a remote's are: that needs no walk.
    let exclude: HashSet<Id> = selection.exclude.drain(..).collect();
    selection.include.sort_unstable();
    selection.include.dedup();
    selection.include.retain(|id| !exclude.contains(id));
    selection.exclude = exclude.into_iter().collect();
    selection.exclude.sort_unstable();
    if selection.include.is_empty() {
        selection.exclude.clear();
    }
    Ok(selection)
}
