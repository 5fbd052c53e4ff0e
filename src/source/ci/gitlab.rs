//! GitLab CI.

use super::{Base, Change, ChangeKind, Job, System, commit, pushed, tagged};

pub(super) fn change(job: &Job<'_>) -> Change {
    let mut change = pipeline_change(job);
    change.default_branch = job.get("CI_DEFAULT_BRANCH");
    change.repository = job.get("CI_PROJECT_URL");
    change
}

fn pipeline_change(job: &Job<'_>) -> Change {
    let head = job.head(&["CI_COMMIT_SHA"]);
    let system = System::GitLab;
    if job.is("CI_PIPELINE_SOURCE", "merge_request_event") {
        return merge_request(job, head);
    }
    if let Some(tag) = job.get("CI_COMMIT_TAG") {
        return tagged(system, head, &tag);
    }
    let branch = job.get("CI_COMMIT_BRANCH").or_else(|| job.get("CI_COMMIT_REF_NAME"));
    match job.get("CI_PIPELINE_SOURCE").as_deref() {
        Some("schedule") => {
            let why = "a schedule: the whole repository";
            Change::new(system, ChangeKind::Schedule, head, Base::DefaultBranch, why)
        }
        Some("push") | None => pushed(system, head, job.get("CI_COMMIT_BEFORE_SHA")).branch(branch),
        Some(source) => {
            let why = format!("started by {source}: the commits that are not in the default branch");
            Change::new(system, ChangeKind::Manual, head, Base::DefaultBranch, why).branch(branch)
        }
    }
}

/// In a detached pipeline the commit is the tip of the source branch. With merged results, and in a merge train, it
/// is a merge commit by GitLab, and the source's tip is given separately.
fn merge_request(job: &Job<'_>, head: String) -> Change {
    let get = |name: &str| commit(job.get(&format!("CI_MERGE_REQUEST_{name}")));
    let mut known: Vec<String> = ["DIFF_BASE_SHA", "TARGET_BRANCH_SHA"].into_iter().filter_map(get).collect();
    known.dedup();
    let target = job.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME");
    let base = match (known.is_empty(), target) {
        (false, _) => Base::Commits(known),
        (true, Some(target)) => Base::Branch(target),
        (true, None) => Base::DefaultBranch,
    };
    let is_train = job.is("CI_MERGE_REQUEST_EVENT_TYPE", "merge_train");
    let kind = if is_train { ChangeKind::MergeQueue } else { ChangeKind::PullRequest };
    let why = "a merge request: its commits, and their merge if GitLab made one";
    let change = match get("SOURCE_BRANCH_SHA") {
        Some(source) => {
            let mut change = Change::new(System::GitLab, kind, source, base, why);
            change.merge = Some(head);
            change
        }
        None => Change::new(System::GitLab, kind, head, base, why),
    };
    change.branch(job.get("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME"))
}
