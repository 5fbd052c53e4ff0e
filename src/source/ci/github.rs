//! GitHub Actions, and the Actions of Forgejo and Gitea, which have the same variables and event files.

use serde_json::Value;

use super::{Base, Change, ChangeKind, Job, System, commit, pushed, tagged, text};
use crate::core::error::{Error, Result};

pub(super) fn change(job: &Job<'_>) -> Result<Change> {
    let is_forgejo = job.has("FORGEJO_ACTIONS") || job.has("GITEA_ACTIONS");
    let system = if is_forgejo { System::Forgejo } else { System::GitHub };
    let event = event(job)?;
    let name = job.get("GITHUB_EVENT_NAME").unwrap_or_default();
    let mut change = event_change(system, &name, &event, job)?;
    change.default_branch = text(&event, "/repository/default_branch");
    let server = job.get("GITHUB_SERVER_URL").zip(job.get("GITHUB_REPOSITORY"));
    change.repository = server.map(|(server, repository)| format!("{server}/{repository}"));
    Ok(change)
}

fn event_change(system: System, name: &str, event: &Value, job: &Job<'_>) -> Result<Change> {
    let head = job.head(&["GITHUB_SHA"]);
    let missing = |what: &str| {
        Error::new("read the event of", name, format!("it says nothing of {what}"))
            .hint("run it in a job of this event, or give --base and --head")
    };
    Ok(match name {
        "pull_request" | "pull_request_target" | "pull_request_review" | "pull_request_review_comment" => {
            let tip = text(event, "/pull_request/head/sha").ok_or_else(|| missing("the head"))?;
            let base = text(event, "/pull_request/base/sha").ok_or_else(|| missing("the base"))?;
            let why = "a pull request: its commits, and their merge if it is checked out";
            let mut change = Change::new(system, ChangeKind::PullRequest, tip, Base::Commits(vec![base]), why);
            // Otherwise GITHUB_SHA is the tip of the base branch.
            change.merge = (name != "pull_request_target").then_some(head);
            change.branch(text(event, "/pull_request/head/ref"))
        }
        "merge_group" => {
            let tip = text(event, "/merge_group/head_sha").ok_or_else(|| missing("the head"))?;
            let base = text(event, "/merge_group/base_sha").ok_or_else(|| missing("the base"))?;
            let why = "a merge queue: the commits that it adds to the branch";
            Change::new(system, ChangeKind::MergeQueue, tip, Base::Commits(vec![base]), why)
        }
        "push" => {
            let full = text(event, "/ref").or_else(|| job.get("GITHUB_REF")).unwrap_or_default();
            let after = commit(text(event, "/after"));
            if event.get("deleted") == Some(&Value::Bool(true)) {
                let why = "a branch or tag was deleted: there is nothing new";
                return Ok(Change::new(system, ChangeKind::Nothing, head, Base::DefaultBranch, why));
            }
            let tip = after.unwrap_or(head);
            match full.strip_prefix("refs/tags/") {
                Some(tag) => tagged(system, tip, tag),
                None => pushed(system, tip, text(event, "/before")).branch(Some(full)),
            }
        }
        "release" => match text(event, "/release/tag_name") {
            Some(tag) => tagged(system, head, &tag),
            None => return Err(missing("the tag")),
        },
        "create" if text(event, "/ref_type").as_deref() == Some("tag") => {
            tagged(system, head, &text(event, "/ref").unwrap_or_default())
        }
        "create" => pushed(system, head, None).branch(text(event, "/ref")),
        "delete" => {
            let why = "a branch or tag was deleted: there is nothing new";
            Change::new(system, ChangeKind::Nothing, head, Base::DefaultBranch, why)
        }
        "schedule" => {
            let why = "a schedule: the whole repository";
            Change::new(system, ChangeKind::Schedule, head, Base::DefaultBranch, why)
        }
        "workflow_run" | "check_suite" | "check_run" | "status" => of_commit(system, name, event)?,
        _ => {
            let why = format!(
                "started by {}: the commits that are not in the default branch",
                if name.is_empty() { "hand" } else { name }
            );
            let change = Change::new(system, ChangeKind::Manual, head, Base::DefaultBranch, why);
            match job.get("GITHUB_REF") {
                Some(full) => match full.strip_prefix("refs/tags/") {
                    Some(tag) => tagged(system, job.head(&["GITHUB_SHA"]), tag),
                    None => change.branch(Some(full)),
                },
                None => change,
            }
        }
    })
}

/// Events that are about a commit. `GITHUB_SHA` is then the tip of the default branch, whatever the commit is.
fn of_commit(system: System, name: &str, event: &Value) -> Result<Change> {
    let tip = text(event, &format!("/{name}/head_sha")).or_else(|| text(event, "/sha"));
    let missing =
        || Error::new("read the event of", name, "it says nothing of the commit").hint("give --base and --head");
    let branch = ["workflow_run", "check_suite", "check_run/check_suite"]
        .iter()
        .find_map(|of| text(event, &format!("/{of}/head_branch")));
    let why = format!("started by {name}: its commits that are not in the default branch");
    let change = Change::new(system, ChangeKind::Push, tip.ok_or_else(missing)?, Base::DefaultBranch, why);
    Ok(change.branch(branch))
}

fn event(job: &Job<'_>) -> Result<Value> {
    let Some(path) = job.get("GITHUB_EVENT_PATH") else { return Ok(Value::Null) };
    let content = (job.file)(&path)?;
    serde_json::from_slice(&content).map_err(|why| Error::new("read the event file", path, why))
}
