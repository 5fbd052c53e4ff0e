//! Which commits an audit is asked for.

use bstr::BString;

use super::oid::{Kind, Oid};
use super::refs::Refs;
use super::store::{Reader, Store};
use crate::core::date;
use crate::core::error::Result;
use crate::git::revision::{self, Range, Revisions};
use crate::git::{self, Id};

/// Commits that count, and commits whose history does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Tips; annotated tags may be among them.
    pub include: Vec<Oid>,
    /// What these reach is left out.
    pub exclude: Vec<Oid>,
    /// Pairs of which what both reach is left out (`A...B`).
    pub(super) between: Vec<(Oid, Oid)>,
    /// Commits before this time are left out.
    pub since: Option<i64>,
}

/// What the command line says.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `A..B`, `A...B`, `^A`, or a revision; several with commas.
    pub ranges: Vec<String>,
    /// A revision or a date.
    pub since: Option<String>,
    /// Branches, or references of other kinds.
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

/// Finds the commits that a request means.
pub(super) fn select(store: &Store, refs: &Refs, request: &Request) -> Result<Selection> {
    let mut revisions = Revisions::new(&refs.all, Found { store, reader: Reader::new(store) });
    let mut range = Range::default();
    for text in request.ranges.iter().flat_map(|ranges| ranges.split(',')).map(str::trim) {
        revisions.range(text, &mut range)?;
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
    let oid = |id: &Id| Oid::from_bytes(id.as_bytes());
    let mut selection = Selection {
        include: range.include.iter().filter_map(oid).collect(),
        exclude: range.exclude.iter().filter_map(oid).collect(),
        between: range.between.iter().filter_map(|(a, b)| Some((oid(a)?, oid(b)?))).collect(),
        since,
    };
    let remote = |name: &BString| refs.is_remote(name);
    if request.not_on_remote {
        selection.exclude.extend(refs.list.iter().filter(|(name, _)| remote(name)).map(|(_, oid)| *oid));
    }
    if selection.include.is_empty() {
        let all = refs.list.iter().filter(|(name, _)| !request.not_on_remote || !remote(name));
        selection.include.extend(all.map(|(_, oid)| *oid).chain(refs.head));
    }
    Ok(selection)
}

/// History's reader as revisions see it.
struct Found<'a> {
    store: &'a Store,
    reader: Reader<'a>,
}

impl revision::Objects for Found<'_> {
    fn object(&mut self, id: Id) -> Result<Option<(git::Kind, Vec<u8>)>> {
        let Some((kind, bytes)) = Oid::from_bytes(id.as_bytes()).map_or(Ok(None), |oid| self.reader.read(&oid))? else {
            return Ok(None);
        };
        let kind = match kind {
            Kind::Commit => git::Kind::Commit,
            Kind::Tree => git::Kind::Tree,
            Kind::Blob => git::Kind::Blob,
            Kind::Tag => git::Kind::Tag,
        };
        Ok(Some((kind, bytes.to_vec())))
    }

    fn with_prefix(&mut self, digits: &str) -> Result<Vec<Id>> {
        Ok(self.store.with_prefix(digits).iter().filter_map(|oid| Id::from_bytes(oid.as_bytes())).collect())
    }
}
