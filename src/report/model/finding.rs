//! A finding: the key, its place, and how it is used there.

use std::borrow::Cow;

use memchr::memmem;
use serde::{Deserialize, Serialize};

use super::commit::{JsonCommit, JsonHistory};
use super::{hex_unless_utf8, plain};
use crate::core::finding::{
    self, Carrier, Confidence, Excerpt, Exposure, Finding, KeyForm, Layer, Part, Reach, RuleInfo, Severity,
    SuppressedBy,
};
use crate::report::escape;
use crate::rule::strength;

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

impl<'a> JsonFinding<'a> {
    pub(super) fn new(finding: &'a Finding, show_secrets: bool) -> Self {
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

    /// Its rank by where it still is; lower is worse: 1 is live in HEAD and pushed, 6 is unreachable and only waits for
    /// `git gc`.
    pub(in crate::report) fn rank(&self) -> u8 {
        match &self.history {
            None => 0,
            Some(JsonHistory { in_head: true, on_remote: true, .. }) => 1,
            Some(JsonHistory { on_remote: true, .. }) => 2,
            Some(JsonHistory { in_head: true, .. }) => 3,
            Some(JsonHistory { reach: Reach::Reflog, .. }) => 5,
            Some(JsonHistory { reach: Reach::Unreachable, .. }) => 6,
            Some(_) => 4,
        }
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

/// A key that may be masked already, masked; safe to print.
pub(in crate::report) fn masked(rule: &str, secret: &str) -> String {
    let is_masked = secret.len() < 8 || memmem::find(secret.as_bytes(), "…".as_bytes()).is_some();
    if is_masked { escape::text(secret.as_bytes()) } else { strength::masked(rule, secret.as_bytes()) }
}
