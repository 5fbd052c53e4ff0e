//! What was scanned, and what was not.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{hex_unless_utf8, plain};
use crate::core::coverage;

/// What was scanned, and what was not.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Coverage"))]
pub struct JsonCoverage<'a> {
    /// Files (in history: blobs) read to their end.
    pub files: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// What was left out on purpose.
    pub skipped: Vec<JsonSkipped<'a>>,
    /// What should have been scanned and was not: any of these costs exit code 2.
    pub errors: Vec<JsonError<'a>>,
    /// Counts that only some sources have: `commits`, `below_threshold`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub counts: BTreeMap<Cow<'a, str>, u64>,
    /// Remarks: a shallow clone, a stale entry of the baseline, a suppression that a change adds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Cow<'a, str>>,
}

/// Something that was left out on purpose.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Skipped"))]
pub struct JsonSkipped<'a> {
    /// A path relative to where the scan started, or an object id.
    pub path: Cow<'a, str>,
    /// Why, in a few words that do not change between releases: `ignored`, `symlink`.
    pub reason: Cow<'a, str>,
    /// The path's exact bytes in hexadecimal, where `path` cannot hold them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_bytes: Option<Cow<'a, str>>,
}

/// Something that should have been scanned and was not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Fault"))]
pub struct JsonError<'a> {
    /// What it happened to: a path, an object id, a rule id.
    pub item: Cow<'a, str>,
    /// One line: what was being done, why it failed, what to do.
    pub message: Cow<'a, str>,
}

impl<'a> JsonCoverage<'a> {
    pub(super) fn new(coverage: &'a coverage::Coverage) -> Self {
        let skipped = |skipped: &'a coverage::Skipped| JsonSkipped {
            path: plain(skipped.path.as_ref()),
            reason: skipped.reason.into(),
            path_bytes: hex_unless_utf8(skipped.path.as_ref()),
        };
        Self {
            files: coverage.files,
            bytes: coverage.bytes,
            skipped: coverage.skipped.iter().map(skipped).collect(),
            errors: (coverage.errors.iter())
                .map(|error| JsonError { item: error.thing().into(), message: error.to_string().into() })
                .collect(),
            counts: coverage.counts.iter().map(|&(name, number)| (name.into(), number)).collect(),
            notes: coverage.notes.iter().map(|note| note.as_str().into()).collect(),
        }
    }
}
