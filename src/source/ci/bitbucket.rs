//! Bitbucket Pipelines. They do not give the commit before a push.

use super::{Base, Change, ChangeKind, Job, System, pushed, tagged};

pub(super) fn change(job: &Job<'_>) -> Change {
    let head = job.head(&["BITBUCKET_COMMIT"]);
    let branch = job.get("BITBUCKET_BRANCH");
    let mut change = if job.has("BITBUCKET_PR_ID") {
        let target = job.get("BITBUCKET_PR_DESTINATION_BRANCH");
        // Only Data Center gives the commit, and it may be abbreviated.
        let base = target.map_or(Base::DefaultBranch, Base::Branch);
        let why = "a pull request: the commits that are not in its destination";
        Change::new(System::Bitbucket, ChangeKind::PullRequest, head, base, why).branch(branch)
    } else if let Some(tag) = job.get("BITBUCKET_TAG") {
        tagged(System::Bitbucket, head, &tag)
    } else {
        pushed(System::Bitbucket, head, None).branch(branch)
    };
    change.repository = job.get("BITBUCKET_GIT_HTTP_ORIGIN");
    change
}
