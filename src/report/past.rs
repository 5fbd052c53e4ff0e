//! The history of findings for people: their rank, state, and how to remove them.

use std::fmt::Write as _;

use crate::core::finding::{Part, Reach};
use crate::report::escape;
use crate::report::model::{JsonFinding, JsonHistory};
use crate::report::numbers::grouped;

/// The rank of a finding; lower is worse: 1 is live in HEAD and pushed, 6 is unreachable and only waits for `git gc`.
pub(super) fn rank(finding: &JsonFinding<'_>) -> u8 {
    match &finding.history {
        None => 0,
        Some(JsonHistory { in_head: true, on_remote: true, .. }) => 1,
        Some(JsonHistory { on_remote: true, .. }) => 2,
        Some(JsonHistory { in_head: true, .. }) => 3,
        Some(JsonHistory { reach: Reach::Reflog, .. }) => 5,
        Some(JsonHistory { reach: Reach::Unreachable, .. }) => 6,
        Some(_) => 4,
    }
}

/// Where the key still is, since when, and whether it was pushed, as a phrase.
pub(super) fn state(history: &JsonHistory<'_>) -> String {
    let mut text = match history.reach {
        Reach::Head => "live in HEAD".to_owned(),
        Reach::Ref => "in history, not in HEAD".to_owned(),
        Reach::Reflog => "only in a reflog".to_owned(),
        Reach::Unreachable => "not reachable, but still in the repository".to_owned(),
    };
    if history.on_remote {
        text.push_str(", pushed");
    }
    let days = history.days_exposed;
    if days > 0 {
        let _ = write!(text, ", for {days} day{}", if days == 1 { "" } else { "s" });
    }
    if history.versions > 1 {
        let _ = write!(text, ", in {} versions", history.versions);
    }
    const SHOWN: usize = 3;
    let names: Vec<&str> = history.refs.iter().take(SHOWN).map(|name| short(name)).collect();
    if !names.is_empty() {
        let _ = write!(text, "; on {}", escape::text(names.join(", ").as_bytes()));
    }
    let total = history.refs_total.unwrap_or(history.refs.len() as u64);
    if total > names.len() as u64 {
        let _ = write!(text, " and {} more", grouped(total - names.len() as u64));
    }
    text
}

/// A reference's short name, as git shows it.
fn short(name: &str) -> &str {
    ["refs/heads/", "refs/tags/", "refs/remotes/", "refs/"].iter().find_map(|p| name.strip_prefix(p)).unwrap_or(name)
}

/// What to do now; `revoke` is the advice on revoking the key.
pub(super) fn next_step(finding: &JsonFinding<'_>, history: &JsonHistory<'_>, revoke: &str) -> String {
    let id = finding.commit.as_ref().map(|commit| escape::text(commit.short().as_bytes())).unwrap_or_default();
    let text = if finding.location.part == Some(Part::Name) { "--path-rename OLD:NEW" } else { "--replace-text FILE" };
    let clean = match finding.location.part {
        Some(Part::Message | Part::Tag) => {
            "git filter-repo --replace-message FILE (FILE: --write-replacements)".to_owned()
        }
        Some(Part::Author) => "git filter-repo --mailmap FILE".to_owned(),
        Some(Part::Ref) => "rename or delete that reference here and on the remote".to_owned(),
        Some(Part::Name) => format!("git filter-repo {text}"),
        None => format!("git filter-repo {text} (FILE: keysweep history --write-replacements FILE)"),
    };
    match history.reach {
        _ if history.on_remote => format!("{revoke}; then {clean}, and force-push"),
        Reach::Head | Reach::Ref if finding.location.part == Some(Part::Ref) => format!("{clean}; {revoke}"),
        Reach::Head | Reach::Ref => {
            format!(
                "not pushed as far as git knows: git rebase -i {id}^ (git commit --amend if it is the last); {revoke}"
            )
        }
        Reach::Reflog => format!("{revoke}; then git reflog expire --expire=now --all && git gc --prune=now"),
        Reach::Unreachable => format!("{revoke}; then git gc --prune=now"),
    }
}
