//! Azure Pipelines. A pull request is built at a merge commit that Azure makes.

use super::{Base, Change, ChangeKind, Job, System, commit, pushed, tagged};

pub(super) fn change(job: &Job<'_>) -> Change {
    let head = job.head(&["BUILD_SOURCEVERSION"]);
    let full = job.get("BUILD_SOURCEBRANCH");
    let system = System::Azure;
    if let Some(target) = job.get("SYSTEM_PULLREQUEST_TARGETBRANCH") {
        let target = target.strip_prefix("refs/heads/").unwrap_or(&target).to_owned();
        let why = "a pull request: the commits that are not in its target, and the merge commit that Azure made";
        let source = commit(job.get("SYSTEM_PULLREQUEST_SOURCECOMMITID"));
        let mut change = Change::new(
            system,
            ChangeKind::PullRequest,
            source.clone().unwrap_or_else(|| head.clone()),
            Base::Branch(target),
            why,
        );
        change.merge = source.map(|_| head);
        return change.branch(job.get("SYSTEM_PULLREQUEST_SOURCEBRANCH"));
    }
    if let Some(tag) = full.as_deref().and_then(|full| full.strip_prefix("refs/tags/")) {
        return tagged(system, head, tag);
    }
    match job.get("BUILD_REASON").as_deref() {
        Some("Schedule") => {
            let why = "a schedule: the whole repository";
            Change::new(system, ChangeKind::Schedule, head, Base::DefaultBranch, why)
        }
        Some("Manual") => {
            let why = "started by hand: the commits that are not in the default branch";
            Change::new(system, ChangeKind::Manual, head, Base::DefaultBranch, why).branch(full)
        }
        _ => pushed(system, head, None).branch(full),
    }
}
