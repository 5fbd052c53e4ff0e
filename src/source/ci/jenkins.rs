//! Jenkins: multibranch pipelines, and other jobs with its git plugin.

use super::{Base, Change, ChangeKind, Job, System, commit, pushed, tagged};

pub(super) fn change(job: &Job<'_>) -> Change {
    let head = job.head(&["GIT_COMMIT"]);
    if let Some(target) = job.get("CHANGE_TARGET") {
        let why = "a change request: the commits that are not in its target";
        // With the merge strategy this is a merge commit whose other parent is the change.
        let change = Change::new(System::Jenkins, ChangeKind::PullRequest, head, Base::Branch(target), why);
        return change.branch(job.get("CHANGE_BRANCH"));
    }
    if let Some(tag) = job.get("TAG_NAME") {
        return tagged(System::Jenkins, head, &tag);
    }
    // Without a multibranch pipeline, the branch has the name of its remote in front.
    let local = |name: String| name.split_once('/').map_or_else(|| name.clone(), |(_, branch)| branch.to_owned());
    let branch = job.get("BRANCH_NAME").or_else(|| job.get("GIT_BRANCH").map(local));
    // The last successful build, so that commits of failed builds are scanned again.
    let before = commit(job.get("GIT_PREVIOUS_SUCCESSFUL_COMMIT"));
    pushed(System::Jenkins, head, before).branch(branch)
}
