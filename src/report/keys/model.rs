//! What a report says of one key, field by field.

use std::borrow::Cow;

use serde::Serialize;

use super::KeyOrigin;
use crate::core::finding::{Carrier, Confidence, Exposure, Severity};
use crate::report::model::{self, FindingStatus, JsonCommit};

/// One key, wherever it stands.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct JsonKey<'a> {
    /// 32 hexadecimal digits that identify the key's value.
    pub fingerprint: Cow<'a, str>,
    /// The rule's id, of the place where the key is worst.
    pub rule: Cow<'a, str>,
    /// Whose key it is; may be empty.
    pub provider: Cow<'a, str>,
    /// The rule's title.
    pub title: Cow<'a, str>,
    /// The worst of its places' severities.
    pub severity: Severity,
    /// The surest of its places' confidences.
    pub confidence: Confidence,
    /// The key, masked unless `--show-secrets` was given.
    pub secret: Cow<'a, str>,
    /// Whether it counts at any place.
    pub status: FindingStatus,
    /// Where it still is.
    pub state: KeyState,
    /// Whether a remote has it.
    pub on_remote: bool,
    /// The commit that brought it in first; null where no commit is known.
    pub first_commit: Option<JsonCommit<'a>>,
    /// The last commit that had it anywhere; null while it is in HEAD, or where no commit is known.
    pub last_commit: Option<JsonCommit<'a>>,
    /// The commit that took it out, where it was last; absent where none did, or that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_by: Option<JsonCommit<'a>>,
    /// Whole days from the first to the last commit that had it, or to HEAD's; null where no commit is known.
    pub days_exposed: Option<u64>,
    /// How many places it stands at: paths, members of archives, messages.
    pub places: u64,
    /// How many versions of files held it.
    pub versions: u64,
    /// References whose history contains it, the most telling first, at most 20.
    pub refs: Vec<Cow<'a, str>>,
    /// How many those are; with `refs_cut` at least as many.
    pub refs_total: u64,
    /// The findings name only some of their references (`--max-refs`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub refs_cut: bool,
    /// Who brought it in; null where no commit is known.
    pub brought_in_by: Option<Committer<'a>>,
    /// Who else committed files with it, at most 20.
    pub touched_by: Vec<Committer<'a>>,
    /// How it came in.
    pub origin: KeyOrigin,
    /// The other ways in which it stands in the repository.
    pub also: Vec<KeyOrigin>,
    /// The variables, fields and headers that it is the value of, and in which files.
    pub uses: Vec<KeyUse<'a>>,
    /// What carries it, where that is more than a value.
    pub carriers: Vec<Carrier>,
    /// How it gets to those who use the product.
    pub exposures: Vec<Exposure>,
    /// The repositories that have it, where a report is of several; absent otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repositories: Vec<Cow<'a, str>>,
    /// The same key for several repositories, environments, services or files, in words; null if there is one place.
    pub reuse: Option<String>,
    /// The key that took its place; null if none is known.
    pub replaced_by: Option<KeyReplacement<'a>>,
    /// It stands still and is older, in days, than `--max-age` allows; null otherwise.
    pub overdue_days: Option<u64>,
    /// What to do, in order.
    pub next_steps: Vec<NextStep>,
    /// Its findings; not written.
    #[serde(skip)]
    pub findings: Vec<usize>,
    /// When it came and went, in seconds since 1970; not written.
    #[serde(skip)]
    pub time: Option<(i64, i64)>,
}

/// Where a key still is: the best way to get at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    /// In files that were scanned as they are, not as git keeps them.
    Files,
    /// In HEAD.
    Head,
    /// In what another branch or tag has now.
    Branch,
    /// In commits that references lead to, and in the files of none of them that is known.
    History,
    /// In what only a reflog leads to.
    Reflog,
    /// In what nothing leads to and git has not removed.
    Unreachable,
}

impl KeyState {
    /// All of them, the most dangerous first.
    pub const ALL: [Self; 6] = [Self::Files, Self::Head, Self::Branch, Self::History, Self::Reflog, Self::Unreachable];

    /// As in machine output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Head => "head",
            Self::Branch => "branch",
            Self::History => "history",
            Self::Reflog => "reflog",
            Self::Unreachable => "unreachable",
        }
    }

    /// In a table.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Head => "HEAD",
            Self::Branch => "branch",
            Self::History => "history",
            Self::Reflog => "reflog",
            Self::Unreachable => "unreachable",
        }
    }

    /// In a sentence.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Files => "in files",
            Self::Head => "live in HEAD",
            Self::Branch => "live on another branch",
            Self::History => "in history only",
            Self::Reflog => "only in a reflog",
            Self::Unreachable => "not reachable, but still in the repository",
        }
    }

    /// Whether it stands in files that somebody uses now.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Files | Self::Head | Self::Branch)
    }
}

/// Somebody who committed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Committer<'a> {
    /// As the commit says it.
    pub name: Cow<'a, str>,
    /// As the commit says it.
    pub email: Cow<'a, str>,
}

/// A name that a key is used under.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct KeyUse<'a> {
    /// The variable, field or header; null where there is none.
    pub name: Option<Cow<'a, str>>,
    /// Some of the files, at most 20.
    pub paths: Vec<Cow<'a, str>>,
    /// How many those are.
    pub paths_total: u64,
}

/// A later key at the same place.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct KeyReplacement<'a> {
    /// Of its value.
    pub fingerprint: Cow<'a, str>,
    /// Masked unless `--show-secrets` was given.
    pub secret: Cow<'a, str>,
    /// When it came.
    pub date: Cow<'a, str>,
    /// Where.
    pub path: Cow<'a, str>,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NextStep {
    /// In words.
    pub text: String,
    /// A command that does it, for a POSIX shell; null if there is none.
    pub command: Option<String>,
    /// The same for all keys that need it, so that it can be said once; not written.
    #[serde(skip)]
    pub general: Option<&'static str>,
}

impl JsonKey<'_> {
    /// The key, masked in any case.
    pub fn masked(&self) -> String {
        model::masked(&self.rule, &self.secret)
    }

    /// The same in a few words: the first line of a private key is that of all.
    pub fn shown(&self) -> String {
        let masked = self.masked();
        if masked.starts_with("-----BEGIN") { "(private key)".to_owned() } else { masked }
    }

    /// Live and on a remote: what has to be done first.
    pub fn is_live_and_pushed(&self) -> bool {
        self.state.is_live() && self.on_remote
    }
}
