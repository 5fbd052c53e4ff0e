//! A commit, and what the whole history says of a key at a path.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::core::finding::{self, Reach};

/// A commit; where a finding stands in no file, the object that holds it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Commit"))]
pub struct JsonCommit<'a> {
    /// The full object id.
    pub id: Cow<'a, str>,
    /// As the commit says it.
    pub author_name: Cow<'a, str>,
    /// As the commit says it.
    pub author_email: Cow<'a, str>,
    /// RFC 3339 with the author's offset; empty where there is none.
    pub date: Cow<'a, str>,
    /// The message's first line, with any key in it masked.
    pub summary: Cow<'a, str>,
    /// What the object is, where it is not a commit: `tree`, `blob`, `tag`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<Cow<'a, str>>,
}

/// What the whole history says of one secret at one path.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "History"))]
pub struct JsonHistory<'a> {
    /// The last commit that still had it; null while it is in HEAD.
    pub last_commit: Option<JsonCommit<'a>>,
    /// The commit after that one, which took it out; absent where none did, or that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_by: Option<JsonCommit<'a>>,
    /// Whether HEAD has it.
    pub in_head: bool,
    /// Full names of the references whose history contains it, sorted; `--max-refs` cuts the list.
    pub refs: Vec<Cow<'a, str>>,
    /// How many references those are, where the list was cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refs_total: Option<u64>,
    /// Whether a remote-tracking reference contains it.
    pub on_remote: bool,
    /// The best way to reach it.
    pub reach: Reach,
    /// Another branch's or tag's own files have it; absent if not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_tip: bool,
    /// The commit that brought it in has no parents; absent if it has.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_root: bool,
    /// The commit that brought it in is HEAD's; absent if not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_tip: bool,
    /// How many versions of the path held it.
    pub versions: u64,
    /// Whole days from the first commit to the last one that had it, or to HEAD's while that has it.
    pub days_exposed: u64,
}

impl<'a> JsonCommit<'a> {
    pub(super) fn new(commit: &'a finding::Commit) -> Self {
        Self {
            id: commit.id.as_str().into(),
            author_name: commit.author_name.as_str().into(),
            author_email: commit.author_email.as_str().into(),
            date: commit.date.as_str().into(),
            summary: commit.summary.as_str().into(),
            object: commit.object.map(Cow::Borrowed),
        }
    }

    /// The same without copies of its texts.
    pub fn borrowed(&self) -> JsonCommit<'_> {
        JsonCommit {
            id: self.id.as_ref().into(),
            author_name: self.author_name.as_ref().into(),
            author_email: self.author_email.as_ref().into(),
            date: self.date.as_ref().into(),
            summary: self.summary.as_ref().into(),
            object: self.object.as_deref().map(Cow::Borrowed),
        }
    }

    /// The id as people write it.
    pub fn short(&self) -> &str {
        self.id.get(..10).unwrap_or(&self.id)
    }
}

impl<'a> JsonHistory<'a> {
    pub(super) fn new(history: &'a finding::History) -> Self {
        let total = history.refs_total.max(history.refs.len());
        Self {
            last_commit: history.last_commit.as_deref().map(JsonCommit::new),
            removed_by: history.removed_by.as_deref().map(JsonCommit::new),
            in_head: history.in_head,
            refs: history.refs.iter().map(|name| name.as_str().into()).collect(),
            refs_total: (total > history.refs.len()).then_some(total as u64),
            on_remote: history.on_remote,
            reach: history.reach,
            at_tip: history.at_tip,
            is_root: history.is_root,
            is_tip: history.is_tip,
            versions: history.versions,
            days_exposed: history.days_exposed,
        }
    }
}
