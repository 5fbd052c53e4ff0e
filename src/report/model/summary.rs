//! The last object of a report: the counts, the exit code, and what was scanned.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::coverage::JsonCoverage;
use super::finding::{FindingStatus, JsonFinding};
use super::part::JsonPart;

/// The constant of a summary's `type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum SummaryType {
    /// `summary`.
    Summary,
}

/// The last object of a report.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Summary<'a> {
    /// Always `summary`.
    pub r#type: SummaryType,
    /// How many findings are active.
    pub findings: u64,
    /// How many are suppressed.
    pub suppressed: u64,
    /// How many are suppressed by what; absent if none is.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub suppressed_by: BTreeMap<Cow<'a, str>, u64>,
    /// How many of the active ones cost exit code 1, where `--fail-on` was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing: Option<u64>,
    /// What `--fail-on` said, where it was given: a severity and a confidence, `high,possible`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fail_on: Option<Cow<'a, str>>,
    /// What the process exited with: 0 clean, 1 findings, 2 not completed.
    pub exit_code: u8,
    /// What `keysweep ci` took for the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<JsonChange<'a>>,
    /// What was scanned, and what was not.
    pub coverage: JsonCoverage<'a>,
    /// The full name of the branch that HEAD is at, in an audit of one repository's history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<Cow<'a, str>>,
    /// Of a part of a divided audit (`--shard`): which it is, for `keysweep report merge`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<JsonPart<'a>>,
}

/// What `keysweep ci` scanned.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Change"))]
pub struct JsonChange<'a> {
    /// The CI system: `github`, `gitlab`, `git`.
    pub system: Cow<'a, str>,
    /// `push`, `pull-request`, `merge-queue`, `tag`, `schedule`, `manual`, `nothing`.
    pub kind: Cow<'a, str>,
    /// `change`, `tree` or `history`.
    pub scope: Cow<'a, str>,
    /// The commit that was scanned.
    pub head: Option<Cow<'a, str>>,
    /// What was there before.
    pub base: Vec<Cow<'a, str>>,
    /// How that was decided.
    pub why: Cow<'a, str>,
    /// Where the repository is, for those formats that say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<Cow<'a, str>>,
    /// The branch or tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<Cow<'a, str>>,
}

impl<'a> Summary<'a> {
    /// Counts the findings.
    pub fn new(findings: &[JsonFinding<'_>], coverage: JsonCoverage<'a>, exit_code: u8) -> Self {
        let mut suppressed_by = BTreeMap::new();
        for by in findings.iter().filter_map(|entry| entry.suppressed_by) {
            *suppressed_by.entry(by.as_str().into()).or_insert(0) += 1;
        }
        let suppressed = findings.iter().filter(|entry| entry.status == FindingStatus::Suppressed).count();
        Self {
            r#type: SummaryType::Summary,
            findings: (findings.len() - suppressed) as u64,
            suppressed: suppressed as u64,
            suppressed_by,
            failing: None,
            fail_on: None,
            exit_code,
            change: None,
            coverage,
            head: None,
            part: None,
        }
    }
}
