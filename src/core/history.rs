//! The history of a finding: its introducing commit, and what still leads to it.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::names::lowercase_names;

/// The introducing commit of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// The full object id. If the finding is not in a file, the id of the object that holds it.
    pub id: String,
    /// The author's name, as recorded in the commit.
    pub author_name: String,
    /// The author's email address, as recorded in the commit.
    pub author_email: String,
    /// The author date in RFC 3339, with the author's offset.
    pub date: String,
    /// The first line of the commit message, with any key in it masked.
    pub summary: String,
    /// The object's type, if it is not a commit: `tree`, `blob`, `tag`.
    pub object: Option<&'static str>,
}

/// What in the repository still leads to a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    /// It is in the files of HEAD.
    Head,
    /// A reference leads to it.
    Ref,
    /// Only a reflog leads to it.
    Reflog,
    /// Nothing leads to it, but the object is still in the repository.
    Unreachable,
}

lowercase_names!(Reach { Head => "head", Ref => "ref", Reflog => "reflog", Unreachable => "unreachable" });

/// The history of one secret at one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// The last commit that had it; `None` while it is in HEAD, or if no commit has it.
    pub last_commit: Option<Arc<Commit>>,
    /// The commit after `last_commit`, in which it was removed.
    pub removed_by: Option<Arc<Commit>>,
    /// Whether the files of HEAD have it.
    pub in_head: bool,
    /// Full names of the references whose history contains it, sorted.
    pub refs: Vec<String>,
    /// How many references contain it; `refs` may list only the first of them.
    pub refs_total: usize,
    /// Whether a remote-tracking reference contains it.
    pub on_remote: bool,
    /// The strongest way in which it is still reachable.
    pub reach: Reach,
    /// Whether it is in the files at the tip of another branch.
    pub at_tip: bool,
    /// Whether the introducing commit has no parents.
    pub is_root: bool,
    /// Whether the introducing commit is the one that HEAD points to.
    pub is_tip: bool,
    /// How many versions of the file at this path held it.
    pub versions: u64,
    /// Whole days from the introducing commit to the last one that had it, or to now while it is in HEAD.
    pub days_exposed: u64,
}
