//! What one part of a divided audit (`history --shard`) records in addition to its findings, so that `report merge`
//! can make the report of an undivided run.

use bstr::BString;
use serde::{Deserialize, Serialize};

use crate::core::error::Error;

/// Which part of which audit this is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditPart {
    /// The number of this part, from 1.
    pub index: u64,
    /// How many parts there are.
    pub count: u64,
    /// A hash of everything in which all parts must agree.
    pub whole: String,
    /// A hash of the content that was assigned to this part.
    pub content: String,
}

/// How the lists of all parts are combined into the list of the whole audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Joining {
    /// Each part lists what it found itself: totals are added.
    Sum,
    /// Every part that has the list has all of it.
    Same,
    /// Parts may list the same entries: different entries are counted.
    Union,
    /// Several parts may list the same thing at different places: each counts once, at the first place. A thing is what
    /// stands before the line end in the text that entries are sorted by.
    Least,
}

/// Items of one kind that could not be scanned. A report counts all of them and names the first ones.
#[derive(Clone, Debug)]
pub struct UnscannedList {
    /// The repository, in a run over several repositories.
    pub repository: Option<BString>,
    /// The name of the count.
    pub name: &'static str,
    /// The plural noun for the items in messages.
    pub things: &'static str,
    /// How the lists of several parts are combined.
    pub joining: Joining,
    /// Whether the items are notes (the user allowed them), not errors.
    pub allowed: bool,
    /// How many items there are.
    pub total: u64,
    /// The items, sorted by their text, then by their error.
    pub entries: Vec<(String, Error)>,
}

/// How many items of a kind are named in a report.
pub const NAMED: usize = 20;

/// The error that counts the items which are not named; `None` if all are.
pub fn unnamed(total: u64, things: &str) -> Option<Error> {
    let more = total.saturating_sub(NAMED as u64);
    (more > 0).then(|| Error::new("name", format!("{more} more {things}"), "the list would be long"))
}

/// The note about an item that was left out because the user allowed it.
pub fn left_out(error: &str) -> String {
    format!("left out: {error}")
}
