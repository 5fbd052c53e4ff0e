//! What a CI job is about: one file a system, each turning the environment and the event file into one [`Change`].
//! Nothing here asks git; what a revision means and whether it is there is decided by who scans.

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

/// What a job is to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where the job runs.
    pub system: System,
    /// What started it.
    pub kind: ChangeKind,
    /// The revision that is new.
    pub head: String,
    /// The commit that merges `head` into what it is for, where the system makes one to test it.
    pub merge: Option<String>,
    /// What was there before.
    pub base: Base,
    /// The references that change, by full name.
    pub refs: Vec<String>,
    /// The repository's default branch, if the system says it.
    pub default_branch: Option<String>,
    /// Where the repository is, for reports that say it.
    pub repository: Option<String>,
    /// What a person reads of this decision.
    pub why: String,
}

/// A CI system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// GitHub Actions.
    GitHub,
    /// Forgejo's and Gitea's Actions, which are much like GitHub's.
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
    /// None of them.
    Git,
}

/// What started a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// A branch was pushed.
    Push,
    /// Somebody asks to merge.
    PullRequest,
    /// A queue is about to merge.
    MergeQueue,
    /// A tag or release.
    Tag,
    /// The clock: everything is looked at.
    Schedule,
    /// A person or another job.
    Manual,
    /// Something that brings nothing in: a branch was deleted.
    Nothing,
}

/// What was there before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// These commits.
    Commits(Vec<String>),
    /// Where the branch stood; a forced push may have thrown that away.
    Before(String),
    /// What this branch has.
    Branch(String),
    /// What the default branch has; if this is the default branch: nothing.
    DefaultBranch,
}

impl System {
    /// Its name in reports.
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

    /// How a job gets the whole history here.
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
    /// Its name in reports.
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

/// A job's surroundings.
pub struct Job<'a> {
    /// A variable's value.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// A file's content.
    pub file: &'a dyn Fn(&str) -> Result<Vec<u8>>,
}

impl Job<'_> {
    /// A variable that is set and not empty.
    fn get(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }

    fn is(&self, name: &str, value: &str) -> bool {
        self.get(name).as_deref() == Some(value)
    }

    fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// A revision; `HEAD` if the system does not say it.
    fn head(&self, names: &[&str]) -> String {
        names.iter().find_map(|name| self.get(name)).unwrap_or_else(|| "HEAD".into())
    }
}

/// The change that a job is about.
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

/// A commit id that names something: not the zeros that stand for nothing.
fn commit(text: Option<String>) -> Option<String> {
    text.filter(|id| id.bytes().any(|byte| byte != b'0'))
}

/// What a push says: where the branch stood, or that it is new.
fn pushed(system: System, head: String, before: Option<String>) -> Change {
    match commit(before) {
        Some(before) => {
            let why = "a push: what was not on the branch before it";
            Change::new(system, ChangeKind::Push, head, Base::Before(before), why)
        }
        None => {
            let why = "a push that does not say what was there before: what the default branch has not";
            Change::new(system, ChangeKind::Push, head, Base::DefaultBranch, why)
        }
    }
}

/// A tag: what is on no default branch, and the tag itself.
fn tagged(system: System, head: String, name: &str) -> Change {
    let why = "a tag: its name, its message, and what the default branch has not";
    Change::new(system, ChangeKind::Tag, head, Base::DefaultBranch, why).branch(Some(format!("refs/tags/{name}")))
}

/// A text in an event file.
fn text(event: &Value, pointer: &str) -> Option<String> {
    event.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}
