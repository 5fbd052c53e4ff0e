//! What a part of a divided audit says of itself beside its findings, so that the parts can be joined into the report of an
//! undivided run.

use bstr::BString;
use serde::{Deserialize, Serialize};

use crate::core::error::Error;

/// Which part it is, and of what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditPart {
    /// Which one, counted from 1.
    pub index: u64,
    /// How many there are.
    pub count: u64,
    /// A hash of what all parts have to agree in.
    pub whole: String,
    /// A hash of what this part was given to read.
    pub content: String,
}

/// How what the parts of an audit list becomes the list of the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Joining {
    /// A part lists what it met itself: totals are added.
    Sum,
    /// A part that lists anything lists all.
    Same,
    /// Parts may list the same: what differs is counted.
    Union,
}

/// Things of one kind that could not be scanned. A report counts them and names the first.
#[derive(Clone, Debug)]
pub struct UnscannedList {
    /// The repository, where a run is of several.
    pub repository: Option<BString>,
    /// The name of the count.
    pub name: &'static str,
    /// What is counted, in words.
    pub things: &'static str,
    /// How parts are joined.
    pub joining: Joining,
    /// Whether they are notes, not errors.
    pub allowed: bool,
    /// How many there are.
    pub total: u64,
    /// In the order in which they are named: by the text, then by the error.
    pub entries: Vec<(String, Error)>,
}

/// How many of a kind are named.
pub const NAMED: usize = 20;

/// What is said of those that are not named.
pub fn unnamed(total: u64, things: &str) -> Option<Error> {
    let more = total.saturating_sub(NAMED as u64);
    (more > 0).then(|| Error::new("name", format!("{more} more {things}"), "the list would be long"))
}

/// What is said in a note of something that was left out because that was allowed.
pub fn left_out(error: &str) -> String {
    format!("left out: {error}")
}
