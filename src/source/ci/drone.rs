//! Drone, and Woodpecker, which is derived from it.

use super::{Base, Change, ChangeKind, Job, System, pushed, tagged};

pub(super) fn change(job: &Job<'_>) -> Change {
    let either = |drone: &str, woodpecker: &str| job.get(drone).or_else(|| job.get(woodpecker));
    let head = job.head(&["DRONE_COMMIT_SHA", "CI_COMMIT_SHA"]);
    let branch = either("DRONE_COMMIT_BRANCH", "CI_COMMIT_BRANCH");
    let system = System::Drone;
    let event = either("DRONE_BUILD_EVENT", "CI_PIPELINE_EVENT");
    let mut change = match event.as_deref() {
        Some("pull_request") => {
            let target = either("DRONE_TARGET_BRANCH", "CI_COMMIT_TARGET_BRANCH");
            let source = either("DRONE_SOURCE_BRANCH", "CI_COMMIT_SOURCE_BRANCH");
            let why = "a pull request: the commits that are not in its target";
            let base = target.map_or(Base::DefaultBranch, Base::Branch);
            Change::new(system, ChangeKind::PullRequest, head, base, why).branch(source)
        }
        Some("tag" | "release") => tagged(system, head, &either("DRONE_TAG", "CI_COMMIT_TAG").unwrap_or_default()),
        Some("cron") => {
            let why = "a schedule: the whole repository";
            Change::new(system, ChangeKind::Schedule, head, Base::DefaultBranch, why)
        }
        // Woodpecker's CI_PREV_COMMIT_SHA is that of the last pipeline on any branch.
        _ => pushed(system, head, job.get("DRONE_COMMIT_BEFORE")).branch(branch),
    };
    change.default_branch = either("DRONE_REPO_BRANCH", "CI_REPO_DEFAULT_BRANCH");
    change
}
