//! Where a key still is, in words.

use std::fmt::Write as _;

use crate::core::finding::Reach;
use crate::report::escape;
use crate::report::model::JsonHistory;
use crate::report::numbers::grouped;

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
