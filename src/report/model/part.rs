//! A part of a divided audit, as `keysweep report merge` needs it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::plain;
use crate::core::coverage;
use crate::core::error::Error;
use crate::core::part::{AuditPart, Joining, UnscannedList};

/// A part of a divided audit.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "AuditPart"))]
pub struct JsonPart<'a> {
    /// Which one, counted from 1.
    pub index: u64,
    /// How many there are.
    pub count: u64,
    /// A hash of what all parts have to agree in: options, rules, and what is read, as it is packed.
    pub whole: Cow<'a, str>,
    /// A hash of what this part was given to read.
    pub content: Cow<'a, str>,
    /// What is behind those errors, notes and counts that several parts have in common.
    pub lists: Vec<JsonUnscanned<'a>>,
}

/// Things of one kind that could not be scanned, as a part of an audit met them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "UnscannedList"))]
pub struct JsonUnscanned<'a> {
    /// The repository, where a report is of several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<Cow<'a, str>>,
    /// The name of the count.
    pub name: Cow<'a, str>,
    /// What is counted, in words.
    pub things: Cow<'a, str>,
    /// How the lists of several parts become one.
    pub joining: Joining,
    /// Whether they are notes (`--allow-incomplete`), not errors.
    pub allowed: bool,
    /// How many there are.
    pub total: u64,
    /// Those that may be named, in their order.
    pub entries: Vec<JsonUnscannedEntry<'a>>,
}

/// Something that could not be scanned.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "UnscannedEntry"))]
pub struct JsonUnscannedEntry<'a> {
    /// What it is sorted by, before its message.
    pub order: Cow<'a, str>,
    /// One line, as in `errors`.
    pub message: Cow<'a, str>,
    /// What it happened to.
    pub item: Cow<'a, str>,
}

impl<'a> JsonPart<'a> {
    pub(super) fn of(coverage: &'a coverage::Coverage) -> Option<Self> {
        let AuditPart { index, count, whole, content } = coverage.part.as_ref()?;
        let entry = |(order, error): &'a (String, Error)| JsonUnscannedEntry {
            order: order.as_str().into(),
            message: error.to_string().into(),
            item: error.thing().into(),
        };
        let list = |list: &'a UnscannedList| JsonUnscanned {
            repository: list.repository.as_ref().map(|name| plain(name.as_ref())),
            name: list.name.into(),
            things: list.things.into(),
            joining: list.joining,
            allowed: list.allowed,
            total: list.total,
            entries: list.entries.iter().map(entry).collect(),
        };
        Some(Self {
            index: *index,
            count: *count,
            whole: whole.as_str().into(),
            content: content.as_str().into(),
            lists: coverage.lists.iter().map(list).collect(),
        })
    }
}
