//! What to do about a key, in order: revoke, look at its use, put a new one where it belongs, take the old one out of
//! files, of history, of what only this machine has.

use std::borrow::Cow;

use super::{JsonKey, KeyOrigin, KeyState, NextStep, reuse};
use crate::core::finding::{Carrier, Exposure, Part};
use crate::core::order::ListOrder as _;
use crate::core::shell::shell_path;
use crate::report::exposure;
use crate::report::model::{Document, JsonFinding};

/// The file that `--write-replacements` is told to write.
const REPLACEMENTS: &str = "../replacements.txt";
/// Paths in a command.
const PATHS: usize = 5;

/// The steps for one key.
pub(super) fn of(document: &Document<'_>, key: &JsonKey<'_>) -> Vec<NextStep> {
    let entries: Vec<&JsonFinding<'_>> = key.findings.iter().map(|&at| &document.findings[at]).collect();
    let mut steps = Vec::new();
    revoke(key, &entries, &mut steps);
    replace(key, &entries, &mut steps);
    let live = live(&entries);
    if !live.is_empty() && key.state.is_live() {
        let shown = live.iter().take(PATHS).map(|path| word(path)).collect::<Vec<_>>().join(" ");
        let more = live.len().saturating_sub(PATHS);
        let more = if more > 0 { format!(" and {more} more files") } else { String::new() };
        steps.push(general(
            "Take them out of the files that still have them; keysweep fix puts the lookup of a variable there.",
            format!(
                "Take it out of the files that still have it{more}; keysweep fix puts the lookup of a variable there."
            ),
            Some(format!("keysweep fix -- {shown}")),
        ));
    }
    purge(key, &entries, &mut steps);
    steps
}

fn step(text: impl Into<String>, command: Option<String>) -> NextStep {
    NextStep { text: text.into(), command, general: None }
}

/// A step that is nearly the same for every key.
fn general(general: &'static str, text: impl Into<String>, command: Option<String>) -> NextStep {
    NextStep { text: text.into(), command, general: Some(general) }
}

fn revoke(key: &JsonKey<'_>, entries: &[&JsonFinding<'_>], steps: &mut Vec<NextStep>) {
    if entries.iter().all(|entry| entry.is_staged) {
        steps.push(general(
            "They need not be revoked, unless an editor, a coding agent or a sync service has already sent them.",
            "It need not be revoked, unless an editor, a coding agent or a sync service has already sent it.",
            None,
        ));
        return;
    }
    let rule = entries.iter().find(|entry| entry.rule == key.rule);
    let (address, advice) = rule.map_or(("", ""), |entry| (entry.revoke.as_ref(), entry.advice.as_ref()));
    let is_firebase = key.exposures == [Exposure::Firebase];
    let what = if key.replaced_by.is_some() { "the old key" } else { "it" };
    let mut text = match address {
        _ if is_firebase => {
            exposure::reason(Exposure::Firebase).to_owned() + ": " + exposure::advice(Exposure::Firebase)
        }
        "" => format!("If {what} is live, revoke it at its provider"),
        address => format!("Revoke {what} at {address}"),
    };
    if let Some(new) = &key.replaced_by {
        text += &format!(": {} took its place on {}, which does not revoke it", new.secret, day(&new.date));
    }
    text.push('.');
    if let Some(first) = text.get(..1) {
        text.replace_range(..1, &first.to_ascii_uppercase());
    }
    if !advice.is_empty() && !is_firebase {
        text = text + " " + advice;
    }
    steps.push(step(text, None));
    if let Some(first) = &key.first_commit
        && !first.date.is_empty()
        && (key.on_remote || key.state == KeyState::Head)
    {
        let since = day(&first.date);
        steps.push(general(
            "Check their usage at the provider since they were added, for calls that you did not make.",
            format!("Check its usage at the provider since {since}, for calls that you did not make."),
            None,
        ));
    }
}

fn replace(key: &JsonKey<'_>, entries: &[&JsonFinding<'_>], steps: &mut Vec<NextStep>) {
    if let Some(exposure) = key.exposures.iter().find(|exposure| **exposure != Exposure::Firebase) {
        let (why, what) = (exposure::reason(*exposure), exposure::advice(*exposure));
        let mut what = what.to_owned();
        what.get_mut(..1).into_iter().for_each(str::make_ascii_uppercase);
        steps.push(step(format!("{what} ({why})."), None));
    }
    if key.carriers.contains(&Carrier::UrlQuery) || key.carriers.contains(&Carrier::UrlUserinfo) {
        steps.push(step(
            "Send the new key in a header: what stands in a URL is in the logs of servers and proxies, in referrers and \
             in browsers' histories.",
            None,
        ));
    }
    if !key.state.is_live() || key.replaced_by.is_some() {
        return;
    }
    let name = key.uses.iter().find_map(|used| used.name.as_deref());
    let from = match name.filter(|name| name.bytes().all(|byte| !byte.is_ascii_lowercase())) {
        Some(name) => format!("{name} in the environment"),
        None => "the environment".to_owned(),
    };
    let environments = reuse::environments(entries);
    steps.push(match environments.as_slice() {
        [first, second, rest @ ..] => step(
            format!(
                "Make a key for each environment ({first}, {second}{}), so that the next leak is of one; read it from {from}.",
                if rest.is_empty() { "" } else { ", …" }
            ),
            None,
        ),
        _ => general(
            "Make new keys, and read them from the environment or a secret store.",
            format!("Make a new key and read it from {from} or a secret store."),
            None,
        ),
    });
}

/// Files of HEAD, or as they were scanned, that a change of their text cleans.
fn live<'a>(entries: &[&'a JsonFinding<'a>]) -> Vec<Cow<'a, str>> {
    let is_live = |entry: &&&JsonFinding<'_>| {
        entry.history.as_ref().is_none_or(|history| history.in_head)
            && entry.location.part.is_none()
            && KeyOrigin::of(entry).is_text()
    };
    let mut paths: Vec<Cow<'_, str>> =
        entries.iter().filter(is_live).filter_map(|entry| entry.location.file()).collect();
    paths.order();
    paths.dedup();
    paths
}

fn purge(key: &JsonKey<'_>, entries: &[&JsonFinding<'_>], steps: &mut Vec<NextStep>) {
    match key.state {
        // A scan of files knows of no history.
        KeyState::Files => return,
        KeyState::Unreachable => {
            return steps.push(general(
                "Let git delete what nothing reaches: git gc --prune=now",
                "Let git delete what nothing reaches.",
                Some("git gc --prune=now".into()),
            ));
        }
        KeyState::Reflog => {
            let command = "git reflog expire --expire=now --expire-unreachable=now --all && git gc --prune=now";
            return steps.push(general(
                "Let git delete what only reflogs reach: git reflog expire --expire=now --all, then git gc --prune=now",
                "Let git delete what only reflogs reach.",
                Some(command.into()),
            ));
        }
        KeyState::Head | KeyState::Branch | KeyState::History => {}
    }
    if key.refs_total == 1 && key.refs.first().is_some_and(|name| name == "refs/stash") {
        let text = "Drop the stash that has it (git stash list shows which), then have git forget it.";
        let command = "git stash drop && git reflog expire --expire=now --all && git gc --prune=now";
        return steps.push(step(text, Some(command.into())));
    }
    if !key.on_remote
        && let Some(amend) = amend(key, entries)
    {
        return steps.push(amend);
    }
    if key.repositories.len() > 1 {
        let names = key.repositories.iter().take(PATHS).cloned().collect::<Vec<_>>().join(", ");
        let more = if key.repositories.len() > PATHS { ", …" } else { "" };
        steps.push(step(format!("Do what follows in each of its repositories: {names}{more}."), None));
    }
    match filter(entries) {
        Some(command) => steps.push(general(
            "Take them out of all of history: keysweep history --plan writes the whole script.",
            "Take it out of all of history, in a fresh mirror clone; keysweep history --plan writes the whole script.",
            Some(command),
        )),
        None if entries.iter().all(|entry| entry.location.part == Some(Part::Ref)) => {
            steps.push(step("Rename or delete the reference that has it in its name, here and on the remote.", None));
        }
        None => {}
    }
    let is_encoded = |entry: &&&JsonFinding<'_>| KeyOrigin::of(entry).is_text() && !entry.layers.is_empty();
    let encoded: Vec<&JsonFinding<'_>> = entries.iter().filter(is_encoded).copied().collect();
    if let Some(first) = encoded.first() {
        let layer = first.layers.first().map_or("", |layer| layer.as_str());
        let more = if encoded.len() > 1 { format!(" and {} more places", encoded.len() - 1) } else { String::new() };
        let place = first.place();
        let text = format!(
            "It stands encoded ({layer}) in {place}{more}: add the encoded text to the replacements by hand, or take the \
             path out with --invert-paths."
        );
        steps.push(step(text, None));
    }
    if key.on_remote {
        let text = "Force-push, have everybody clone again, and ask the forge to remove pull requests' references and \
                    caches: a rewritten history calls nothing back.";
        steps.push(general(text, text, Some("git push --force --mirror origin".into())));
    }
}

/// How to change the commit that brought an unpushed key in, where it is one.
fn amend(key: &JsonKey<'_>, entries: &[&JsonFinding<'_>]) -> Option<NextStep> {
    let id = key.first_commit.as_ref()?.id.as_ref();
    let is_one = entries.iter().all(|entry| entry.commit.as_ref().is_some_and(|commit| commit.id == id));
    let history = entries.first()?.history.as_ref()?;
    let part = entries.first()?.location.part;
    if !is_one || matches!(part, Some(Part::Tag | Part::Ref)) {
        return None;
    }
    let short = key.first_commit.as_ref()?.short();
    let all =
        "What no remote has can still be changed: git commit --amend, or git rebase -i COMMIT^ and edit the commit.";
    Some(if history.is_tip {
        let text = "No remote has it, as far as git knows: take it out and amend the last commit.";
        general(all, text, Some("git commit --amend".into()))
    } else {
        let command = if history.is_root { "git rebase -i --root".into() } else { format!("git rebase -i {short}^") };
        let text = format!("No remote has it, as far as git knows: edit commit {short} and take it out there.");
        general(all, text, Some(command))
    })
}

/// The `git filter-repo` that takes out what these places hold; `None` if a reference's name is all there is.
fn filter(entries: &[&JsonFinding<'_>]) -> Option<String> {
    let origins: Vec<(KeyOrigin, &JsonFinding<'_>)> =
        entries.iter().map(|entry| (KeyOrigin::of(entry), *entry)).collect();
    let has = |wanted: KeyOrigin| origins.iter().any(|(origin, _)| *origin == wanted);
    let mut options = String::new();
    if origins.iter().any(|(origin, entry)| origin.is_text() && entry.layers.is_empty()) {
        options += &format!(" --replace-text {REPLACEMENTS}");
    }
    if has(KeyOrigin::CommitMessage) || has(KeyOrigin::TagMessage) {
        options += &format!(" --replace-message {REPLACEMENTS}");
    }
    if has(KeyOrigin::Author) {
        options += " --mailmap ../mailmap";
    }
    let write = (!options.is_empty()).then(|| format!("keysweep history --write-replacements {REPLACEMENTS}; "));
    let mut commands: Vec<String> = Vec::new();
    if let Some(write) = write {
        commands.push(format!("{write}git filter-repo --sensitive-data-removal{options}"));
    }
    // What is packed or binary has no text to replace.
    let is_opaque = |(origin, _): &&(KeyOrigin, &JsonFinding<'_>)| {
        matches!(origin, KeyOrigin::Binary | KeyOrigin::Archive | KeyOrigin::FileName)
    };
    let mut paths: Vec<&str> =
        origins.iter().filter(is_opaque).filter_map(|(_, entry)| entry.location.path.as_deref()).collect();
    paths.order();
    paths.dedup();
    if !paths.is_empty() {
        let mut command = "git filter-repo --sensitive-data-removal --invert-paths".to_owned();
        paths.iter().take(PATHS).for_each(|path| command += &format!(" --path {}", word(path)));
        if paths.len() > PATHS {
            command += " …";
        }
        commands.push(command);
    }
    (!commands.is_empty()).then(|| commands.join(" && "))
}

/// A path as one word of a shell that no program takes for an option.
fn word(path: &str) -> String {
    let path = if path.starts_with('-') { format!("./{path}") } else { path.to_owned() };
    shell_path(path.as_bytes())
}

/// The day of a date.
fn day(date: &str) -> &str {
    date.get(..10).unwrap_or(date)
}
