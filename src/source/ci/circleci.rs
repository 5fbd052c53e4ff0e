//! CircleCI. It gives neither the target of a pull request nor the commit before a push.

use super::{Base, Change, ChangeKind, Job, System, pushed, tagged};

pub(super) fn change(job: &Job<'_>) -> Change {
    let head = job.head(&["CIRCLE_SHA1"]);
    let branch = job.get("CIRCLE_BRANCH");
    if let Some(tag) = job.get("CIRCLE_TAG") {
        tagged(System::CircleCi, head, &tag)
    } else if job.has("CIRCLE_PULL_REQUEST") {
        let why = "a pull request: the commits that are not in the default branch";
        Change::new(System::CircleCi, ChangeKind::PullRequest, head, Base::DefaultBranch, why).branch(branch)
    } else {
        pushed(System::CircleCi, head, None).branch(branch)
    }
}
