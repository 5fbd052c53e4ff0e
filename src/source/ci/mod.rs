//! Which commits a CI job should scan: one file for each system converts environment variables and event files to a
//! [`Change`]. This module does not read the repository; the caller resolves the revisions.

mod azure;
mod bitbucket;
mod buildkite;
mod circleci;
mod drone;
mod github;
mod gitlab;
mod jenkins;

use serde_json::Value;

use crate::core::error::Result;

/// The change that a job should scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The CI system.
    pub system: System,
    /// What started the job.
    pub kind: ChangeKind,
    /// The new revision.
    pub head: String,
    /// The merge commit of `head` and its target, if the system made one for testing.
    pub merge: Option<String>,
    /// The commits that are not new.
    pub base: Base,
    /// The full names of the changed references.
    pub refs: Vec<String>,
    /// The default branch of the repository, if it is known.
    pub default_branch: Option<String>,
    /// The URL of the repository, if it is known.
    pub repository: Option<String>,
    /// A phrase that explains the choice to people.
    pub why: String,
}

/// A CI system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// GitHub Actions.
    GitHub,
    /// The Actions of Forgejo and Gitea, which are similar to GitHub's.
    Forgejo,
    /// GitLab CI.
    GitLab,
    /// Bitbucket Pipelines.
    Bitbucket,
    /// Azure Pipelines.
    Azure,
    /// Jenkins.
    Jenkins,
    /// Buildkite.
    Buildkite,
    /// CircleCI.
    CircleCi,
    /// Drone and Woodpecker.
    Drone,
    /// Plain git, without a known CI system.
    Git,
}

/// What started a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// A branch was pushed.
    Push,
    /// A pull or merge request.
    PullRequest,
    /// A merge queue is about to merge.
    MergeQueue,
    /// A tag or release was pushed.
    Tag,
    /// A schedule: everything is scanned.
    Schedule,
    /// A person or another job started it.
    Manual,
    /// Nothing is new, for example because a branch was deleted.
    Nothing,
}

/// The commits that are not new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// These revisions and their ancestors.
    Commits(Vec<String>),
    /// The previous tip of the branch, which may no longer exist after a forced push.
    Before(String),
    /// Everything in this branch.
    Branch(String),
    /// Everything in the default branch; if this is the default branch, nothing.
    DefaultBranch,
}

impl System {
    /// The name in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GitHub => "github",
            Self::Forgejo => "forgejo",
            Self::GitLab => "gitlab",
            Self::Bitbucket => "bitbucket",
            Self::Azure => "azure",
            Self::Jenkins => "jenkins",
            Self::Buildkite => "buildkite",
            Self::CircleCi => "circleci",
            Self::Drone => "drone",
            Self::Git => "git",
        }
    }

    /// How to configure a full clone in this system, as an imperative phrase.
    pub const fn full_clone(self) -> &'static str {
        match self {
            Self::GitHub | Self::Forgejo => "give actions/checkout `fetch-depth: 0`",
            Self::GitLab => "set the variable `GIT_DEPTH: 0`",
            Self::Bitbucket => "set `clone: depth: full`",
            Self::Azure => "set `fetchDepth: 0` in the checkout step",
            Self::Jenkins => "clear `Shallow clone` and `Honor refspec on initial clone` in the checkout",
            Self::Buildkite => "take `--depth` out of BUILDKITE_GIT_CLONE_FLAGS and BUILDKITE_GIT_FETCH_FLAGS",
            Self::CircleCi => "set `method: full` in the checkout step",
            Self::Drone => "set `depth: 0` (Drone) or `partial: false` and `depth: 0` (Woodpecker) in the clone step",
            Self::Git => "run `git remote set-branches origin '*' && git fetch --unshallow`",
        }
    }
}

impl ChangeKind {
    /// The name in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::PullRequest => "pull-request",
            Self::MergeQueue => "merge-queue",
            Self::Tag => "tag",
            Self::Schedule => "schedule",
            Self::Manual => "manual",
            Self::Nothing => "nothing",
        }
    }
}

impl Change {
    fn new(system: System, kind: ChangeKind, head: impl Into<String>, base: Base, why: impl Into<String>) -> Self {
        Self {
            system,
            kind,
            head: head.into(),
            merge: None,
            base,
            refs: Vec::new(),
            default_branch: None,
            repository: None,
            why: why.into(),
        }
    }

    fn branch(mut self, name: Option<String>) -> Self {
        self.refs.extend(name.map(|name| match name.strip_prefix("refs/") {
            Some(_) => name,
            None => format!("refs/heads/{name}"),
        }));
        self
    }
}

/// The environment of a job.
pub struct Job<'a> {
    /// Returns the value of a variable.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// Returns the content of a file.
    pub file: &'a dyn Fn(&str) -> Result<Vec<u8>>,
}

impl Job<'_> {
    /// The value of a variable, if it is not empty.
    fn get(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }

    fn is(&self, name: &str, value: &str) -> bool {
        self.get(name).as_deref() == Some(value)
    }

    fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The first of these variables that has a value; otherwise `HEAD`.
    fn head(&self, names: &[&str]) -> String {
        names.iter().find_map(|name| self.get(name)).unwrap_or_else(|| "HEAD".into())
    }
}

/// Determines the change of a job, for the first system whose variables are set.
pub fn change(job: &Job<'_>) -> Result<Change> {
    if job.is("GITHUB_ACTIONS", "true") || job.has("FORGEJO_ACTIONS") || job.has("GITEA_ACTIONS") {
        return github::change(job);
    }
    Ok(if job.is("GITLAB_CI", "true") {
        gitlab::change(job)
    } else if job.has("BITBUCKET_BUILD_NUMBER") {
        bitbucket::change(job)
    } else if job.is("TF_BUILD", "True") {
        azure::change(job)
    } else if job.is("BUILDKITE", "true") {
        buildkite::change(job)
    } else if job.is("CIRCLECI", "true") {
        circleci::change(job)
    } else if job.is("DRONE", "true") || job.is("CI", "drone") || job.is("CI", "woodpecker") {
        drone::change(job)
    } else if job.has("JENKINS_URL") {
        jenkins::change(job)
    } else {
        Change::new(System::Git, ChangeKind::Manual, "HEAD", Base::DefaultBranch, "no CI system is known here")
    })
}

/// A commit id that is not the null id.
fn commit(text: Option<String>) -> Option<String> {
    text.filter(|id| id.bytes().any(|byte| byte != b'0'))
}

/// The change of a push with the previous tip; without one, the branch is new.
fn pushed(system: System, head: String, before: Option<String>) -> Change {
    match commit(before) {
        Some(before) => {
            let why = "a push: the commits that were not on the branch before";
            Change::new(system, ChangeKind::Push, head, Base::Before(before), why)
        }
        None => {
            let why = "a push without its previous commit: the commits that are not in the default branch";
            Change::new(system, ChangeKind::Push, head, Base::DefaultBranch, why)
        }
    }
}

/// The change of a pushed tag: the commits that are not in the default branch, and the tag itself.
fn tagged(system: System, head: String, name: &str) -> Change {
    let why = "a tag: its name, its message, and the commits that are not in the default branch";
    Change::new(system, ChangeKind::Tag, head, Base::DefaultBranch, why).branch(Some(format!("refs/tags/{name}")))
}

/// A string in an event file.
fn text(event: &Value, pointer: &str) -> Option<String> {
    event.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}
