//! What a report says, field by field: the objects of `json` and `jsonl`, from which every other format is made, and
//! which `report convert`, `diff` and `merge` read back.
//!
//! Other tools read this: the fields, their order and their values are fixed. New fields may be added, none may change.
//! `keysweep.report.schema.json` is made from these types; `docs/report.md` says the same to people.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::PathBuf;

use bstr::BStr;
use memchr::memmem;
use serde::{Deserialize, Serialize};

use crate::core::coverage::{self, Report};
use crate::core::error::{Error, Exit};
use crate::core::finding::{
    self, Carrier, Confidence, Excerpt, Exposure, Finding, KeyForm, Layer, Part, Reach, RuleInfo, Severity,
    SuppressedBy,
};
use crate::core::order::ListOrder as _;
use crate::core::part::{AuditPart, Joining, UnscannedList};
use crate::report::escape;
use crate::rule::strength;

/// A whole report, ready to be written: nothing in it is secret unless that was asked for.
#[derive(Clone, Debug)]
pub struct Document<'a> {
    /// All findings, suppressed ones too, in the report's order.
    pub findings: Vec<JsonFinding<'a>>,
    /// What was scanned and what came of it.
    pub summary: Summary<'a>,
    /// Keys that came in before this moment, in seconds since 1970, and still stand are overdue for rotation.
    pub overdue_before: Option<i64>,
    /// When the run began and ended, in seconds since 1970: GitLab's format asks for it.
    pub time: (i64, i64),
    /// Where what was scanned comes from, for those formats that say it. Without one it is what `summary.change` says.
    pub origin: Option<RepositoryOrigin>,
    /// What made this report.
    pub occasion: Occasion,
    /// The directory that the report's paths are relative to, for links.
    pub root: Option<PathBuf>,
}

/// What makes a report, which decides what there is to do about a key in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Occasion {
    /// A scan of what may be anywhere by now.
    #[default]
    Scan,
    /// A scan of the index, which somebody asked for.
    Staged,
    /// The hook of a commit, which says itself what to do.
    CommitHook,
    /// The hook of a push, which says itself what to do.
    PushHook,
}

impl Occasion {
    /// Whether what was found is only in the index.
    pub fn is_staged(self) -> bool {
        matches!(self, Self::Staged | Self::CommitHook)
    }

    /// Whether the report says what to do.
    pub fn is_advised(self) -> bool {
        matches!(self, Self::Scan | Self::Staged)
    }
}

/// A repository at a commit.
#[derive(Clone, Debug, Default)]
pub struct RepositoryOrigin {
    /// An address without a user's name and password.
    pub repository: String,
    /// The commit that is checked out.
    pub revision: Option<String>,
    /// The branch that is checked out.
    pub branch: Option<String>,
}

/// One secret at one place.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Entry"))]
pub struct JsonFinding<'a> {
    /// Always `finding`.
    pub r#type: FindingType,
    /// The rule's id: `openai-project-key`.
    pub rule: Cow<'a, str>,
    /// Whose key it is: `openai`; empty for a rule of the user's own that names none.
    pub provider: Cow<'a, str>,
    /// The rule's title: `OpenAI project API key`.
    pub title: Cow<'a, str>,
    /// How bad it is if the key is live.
    pub severity: Severity,
    /// Likelihood that this is a key.
    pub confidence: Confidence,
    /// The key, masked unless `--show-secrets` was given.
    pub secret: Cow<'a, str>,
    /// 32 hexadecimal digits that identify the key's value: the same key has the same in every file and commit.
    pub fingerprint: Cow<'a, str>,
    /// Whether it counts.
    pub status: FindingStatus,
    /// What suppressed it; null while it is active.
    pub suppressed_by: Option<SuppressedBy>,
    /// The reason that somebody gave for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppressed_reason: Option<Cow<'a, str>>,
    /// What to know of it beside: a marker that has expired, or that does not count in this change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Cow<'a, str>>,
    /// Where it stands.
    pub location: JsonLocation<'a>,
    /// How the text was reached, outermost first.
    pub layers: Vec<Layer>,
    /// The commit that brought it in; null where no commit is known.
    pub commit: Option<JsonCommit<'a>>,
    /// In an audit of history: since when, and where it still is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<JsonHistory<'a>>,
    /// How it is used there, as far as the text around it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<JsonUsage<'a>>,
    /// The line around it, for people; not written.
    #[serde(skip)]
    pub excerpt: Option<&'a Excerpt>,
    /// Where the owner revokes it; not written.
    #[serde(skip)]
    pub revoke: Cow<'a, str>,
    /// What to do beyond revoking; not written.
    #[serde(skip)]
    pub advice: Cow<'a, str>,
    /// Whether it is in the index and nowhere else, as far as git knows; not written.
    #[serde(skip)]
    pub is_staged: bool,
}

/// The constant of a finding's `type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum FindingType {
    /// `finding`.
    Finding,
}

/// The constant of a summary's `type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum SummaryType {
    /// `summary`.
    Summary,
}

/// Whether a finding counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Status"))]
#[serde(rename_all = "lowercase")]
pub enum FindingStatus {
    /// It counts.
    Active,
    /// It was accepted: see `suppressed_by`.
    Suppressed,
}

/// Where a finding stands. Lines and columns count from 1; columns count Unicode characters.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Location"))]
pub struct JsonLocation<'a> {
    /// Relative to where the scan started, `/` on every platform; null where it stands in no file.
    pub path: Option<Cow<'a, str>>,
    /// The path inside an archive.
    pub member: Option<Cow<'a, str>>,
    /// First line.
    pub line: u64,
    /// First column.
    pub column: u64,
    /// Last line.
    pub end_line: u64,
    /// Column of the last character.
    pub end_column: u64,
    /// What holds it, where that is no file's content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
    /// The path's exact bytes in hexadecimal, where `path` cannot hold them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_bytes: Option<Cow<'a, str>>,
    /// The repository, as it was named, where a report is of several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<Cow<'a, str>>,
}

/// How a key is used where it stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct JsonUsage<'a> {
    /// The variable, field or header that has it for its value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Cow<'a, str>>,
    /// What carries it, where that is more than a value: `header`, `url-query`, `url-userinfo`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<Carrier>,
    /// What it stands in, where that is no plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<KeyForm>,
    /// How it gets to those who use the product; the severity is one step higher for it, except with `firebase`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exposure: Option<Exposure>,
}

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

impl<'a> Document<'a> {
    /// Takes what a run found; keys are masked unless `show_secrets`.
    pub fn new(report: &'a Report, show_secrets: bool, exit: Exit) -> Self {
        let findings: Vec<JsonFinding<'a>> =
            report.findings.iter().map(|finding| JsonFinding::new(finding, show_secrets)).collect();
        let mut summary = Summary::new(&findings, JsonCoverage::new(&report.coverage), exit.code());
        summary.part = JsonPart::of(&report.coverage);
        if let Some(part) = &summary.part {
            // As parts said it before they said more.
            summary.coverage.counts.extend([("shard".into(), part.index), ("shards".into(), part.count)]);
        }
        summary.head = report.coverage.head.as_deref().map(Cow::Borrowed);
        Self::of(findings, summary)
    }

    /// Of findings and their summary, with nothing known of the run.
    pub(super) fn of(findings: Vec<JsonFinding<'a>>, summary: Summary<'a>) -> Self {
        Self {
            findings,
            summary,
            overdue_before: None,
            time: (0, 0),
            origin: None,
            occasion: Occasion::default(),
            root: None,
        }
    }

    /// Says what made the report.
    pub fn made_by(&mut self, occasion: Occasion) {
        self.occasion = occasion;
        self.findings.iter_mut().for_each(|entry| entry.is_staged = occasion.is_staged());
    }

    /// The findings, the worst first: active before suppressed, severe and certain ones, what is live and pushed.
    pub fn worst_first(&self) -> Vec<&JsonFinding<'a>> {
        let mut sorted: Vec<&JsonFinding<'a>> = self.findings.iter().collect();
        sorted.order_by_key(|entry| {
            (entry.status, Reverse(entry.severity), Reverse(entry.confidence), super::past::rank(entry))
        });
        sorted
    }

    /// The moment of the report, in seconds since 1970.
    pub fn now(&self) -> i64 {
        self.time.1
    }

    /// Those that count.
    pub fn active(&self) -> impl Iterator<Item = &JsonFinding<'a>> {
        self.findings.iter().filter(|entry| entry.status == FindingStatus::Active)
    }
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

impl<'a> JsonPart<'a> {
    fn of(coverage: &'a coverage::Coverage) -> Option<Self> {
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

impl<'a> JsonFinding<'a> {
    fn new(finding: &'a Finding, show_secrets: bool) -> Self {
        let suppressed = finding.suppressed.as_ref();
        let RuleInfo { id, provider, title, revoke, advice } = &finding.rule;
        Self {
            r#type: FindingType::Finding,
            rule: id.as_ref().into(),
            provider: provider.as_ref().into(),
            title: title.as_ref().into(),
            severity: finding.severity,
            confidence: finding.confidence,
            secret: if show_secrets { escape::text(finding.secret.expose()) } else { finding.secret.mask() }.into(),
            fingerprint: finding.fingerprint.to_string().into(),
            status: if suppressed.is_some() { FindingStatus::Suppressed } else { FindingStatus::Active },
            suppressed_by: suppressed.map(|suppression| suppression.by),
            suppressed_reason: suppressed.and_then(|suppression| suppression.reason.as_deref()).map(Cow::Borrowed),
            note: finding.note.as_deref().map(Cow::Borrowed),
            location: JsonLocation::new(&finding.location),
            layers: finding.layers.clone(),
            commit: finding.commit.as_deref().map(JsonCommit::new),
            history: finding.history.as_ref().map(JsonHistory::new),
            usage: JsonUsage::new(&finding.usage),
            excerpt: Some(&finding.excerpt),
            revoke: revoke.as_ref().into(),
            advice: advice.as_ref().into(),
            is_staged: false,
        }
    }

    /// What it stands in, for people: the path, with the archive's member, or what else holds it; behind the repository,
    /// where there are several.
    pub fn place(&self) -> String {
        let place = self.place_within();
        match &self.location.repository {
            Some(repository) => format!("{}:{place}", escape::text(repository.as_bytes())),
            None => place,
        }
    }

    /// The same without the repository.
    pub fn place_within(&self) -> String {
        let JsonLocation { path, member, part, .. } = &self.location;
        let mut name = match (path, part) {
            (Some(path), _) => escape::text(path.as_bytes()),
            (None, Some(part)) => format!("({part})"),
            (None, None) => String::new(),
        };
        if let Some(member) = member {
            name += &format!(" > {}", escape::text(member.as_bytes()));
        }
        name
    }

    /// The key, masked in any case.
    pub fn masked(&self) -> String {
        masked(&self.rule, &self.secret)
    }

    /// What the owner does now, in one line.
    pub fn next_step(&self) -> String {
        if self.is_staged {
            return STAGED.to_owned();
        }
        let mut text = match self.revoke.as_ref() {
            "" => "if it is live, revoke it at its provider".to_owned(),
            revoke => format!("revoke it at {}", escape::text(revoke.as_bytes())),
        };
        if let Some(history) = &self.history {
            return super::past::next_step(self, history, &text);
        }
        text += match self.advice.as_ref() {
            "" => ", then read the new one from the environment",
            _ => "; ",
        };
        text + &escape::text(self.advice.as_bytes())
    }
}

impl<'a> JsonLocation<'a> {
    fn new(location: &'a finding::Location) -> Self {
        let path = location.path.as_ref().map(|path| path.as_ref());
        let at = location.position;
        Self {
            path: path.map(plain),
            member: location.member.as_ref().map(|member| plain(member.as_ref())),
            line: at.line,
            column: at.column,
            end_line: at.end_line,
            end_column: at.end_column,
            part: location.part,
            path_bytes: path.and_then(hex_unless_utf8),
            repository: location.repository.as_ref().map(|name| plain(name.as_ref())),
        }
    }

    /// A path for formats that know one file tree: below the repository's name, where a report is of several.
    pub fn file(&self) -> Option<Cow<'_, str>> {
        let path = self.path.as_deref()?;
        Some(match &self.repository {
            Some(repository) => format!("{}/{path}", repository.trim_end_matches('/')).into(),
            None => path.into(),
        })
    }
}

impl<'a> JsonUsage<'a> {
    fn new(usage: &'a finding::Usage) -> Option<Self> {
        let finding::Usage { name, carrier, form, exposure } = usage;
        (*usage != finding::Usage::default()).then(|| Self {
            name: name.as_deref().map(Cow::Borrowed),
            carrier: *carrier,
            form: *form,
            exposure: *exposure,
        })
    }
}

impl<'a> JsonCommit<'a> {
    fn new(commit: &'a finding::Commit) -> Self {
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
    fn new(history: &'a finding::History) -> Self {
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

impl<'a> JsonCoverage<'a> {
    fn new(coverage: &'a coverage::Coverage) -> Self {
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

/// What to do about a key that is in the index and nowhere else.
pub(super) const STAGED: &str = "take it out of the file and stage the file again; the key need not be revoked, unless an \
                                 editor, a coding agent or a sync service has already sent it";

/// A key that may be masked already, masked; safe to print.
pub(super) fn masked(rule: &str, secret: &str) -> String {
    let is_masked = secret.len() < 8 || memmem::find(secret.as_bytes(), "…".as_bytes()).is_some();
    if is_masked { escape::text(secret.as_bytes()) } else { strength::masked(rule, secret.as_bytes()) }
}

/// As it is, where it is UTF-8: JSON has its own escapes.
fn plain(bytes: &BStr) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => escape::text(bytes).into(),
    }
}

fn hex_unless_utf8(bytes: &BStr) -> Option<Cow<'static, str>> {
    let hex = || bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    std::str::from_utf8(bytes).is_err().then(|| hex().into())
}
