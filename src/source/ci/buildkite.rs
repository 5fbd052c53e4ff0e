//! Buildkite. It does not give the commit before a push.

use super::{Base, Change, ChangeKind, Job, System, pushed, tagged};

pub(super) fn change(job: &Job<'_>) -> Change {
    let head = job.head(&["BUILDKITE_COMMIT"]);
    let branch = job.get("BUILDKITE_BRANCH");
    let system = System::Buildkite;
    let mut change = if job.get("BUILDKITE_PULL_REQUEST").is_some_and(|number| number != "false") {
        let target = job.get("BUILDKITE_PULL_REQUEST_BASE_BRANCH");
        let why = "a pull request: the commits that are not in its base branch";
        Change::new(system, ChangeKind::PullRequest, head, target.map_or(Base::DefaultBranch, Base::Branch), why)
            .branch(branch)
    } else if let Some(tag) = job.get("BUILDKITE_TAG") {
        tagged(system, head, &tag)
    } else if job.is("BUILDKITE_SOURCE", "schedule") {
        let why = "a schedule: the whole repository";
        Change::new(system, ChangeKind::Schedule, head, Base::DefaultBranch, why)
    } else {
        pushed(system, head, None).branch(branch)
    };
    change.default_branch = job.get("BUILDKITE_PIPELINE_DEFAULT_BRANCH");
    change
}
