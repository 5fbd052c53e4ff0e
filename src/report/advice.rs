//! What to do about a key, in one line.

use crate::core::finding::{Part, Reach};
use crate::report::escape;
use crate::report::model::{JsonFinding, JsonHistory};

/// What to do about a key that is in the index and nowhere else.
const STAGED: &str = "take it out of the file and stage the file again; the key need not be revoked, unless an \
                                 editor, a coding agent or a sync service has already sent it";

impl JsonFinding<'_> {
    /// What the owner does now, in one line.
    pub fn next_step(&self) -> String {
        if self.is_staged {
            return STAGED.to_owned();
        }
        let mut text = match self.revoke.as_ref() {
            "" => "if it is live, revoke it at its provider".to_owned(),
            revoke => format!("revoke it at {}", escape::text(revoke.as_bytes())),
        };
        if let Some(history) = &self.history {
            return removal(self, history, &text);
        }
        text += match self.advice.as_ref() {
            "" => ", then read the new one from the environment",
            _ => "; ",
        };
        text + &escape::text(self.advice.as_bytes())
    }
}

/// How to take a key out of history; `revoke` is the advice on revoking it.
fn removal(finding: &JsonFinding<'_>, history: &JsonHistory<'_>, revoke: &str) -> String {
    let id = finding.commit.as_ref().map(|commit| escape::text(commit.short().as_bytes())).unwrap_or_default();
    let text = if finding.location.part == Some(Part::Name) { "--path-rename OLD:NEW" } else { "--replace-text FILE" };
    let clean = match finding.location.part {
        Some(Part::Message | Part::Tag) => {
            "git filter-repo --replace-message FILE (FILE: --write-replacements)".to_owned()
        }
        Some(Part::Author) => "git filter-repo --mailmap FILE".to_owned(),
        Some(Part::Reflog) => "remove it from the reflog".to_owned(),
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
