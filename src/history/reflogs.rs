//! Keys in the messages of reflogs, where no object has them: git notes the arguments of `git pull` there, with the
//! token that stands in an address.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use bstr::{BString, ByteSlice as _};

use super::findings;
use super::missing::Unscanned;
use crate::core::error::Error;
use crate::core::finding::{History, Location, Part};
use crate::git::refs::each_log_entry;
use crate::git::{Id, Kind, Objects, Refs, Repository, commit};
use crate::policy::Policy;
use crate::scan::Match;
use crate::source::Collector;

/// The logs that have a key, and the object of the oldest change with it.
struct LoggedKey {
    found: Match,
    id: Id,
    logs: Vec<BString>,
}

/// Reports each key once, with the logs that have it. A key in the message of the commit that the log speaks of is
/// left out, as it is reported with that commit.
pub(super) fn scan(
    repository: &Repository,
    (objects, refs): (&Objects, &Refs),
    policy: &Policy,
    collector: &Collector,
    unscanned: &Unscanned<'_>,
) {
    /// Shorter messages hold no key.
    const SHORTEST: usize = 16;
    // A change stands in the log of HEAD and in that of its branch.
    let mut clean: HashSet<BString> = HashSet::new();
    let mut keys: BTreeMap<(Vec<u8>, String), LoggedKey> = BTreeMap::new();
    let errors = each_log_entry(repository, |log, entry| {
        if entry.message.len() < SHORTEST || clean.contains(entry.message.as_bstr()) || collector.is_stopped() {
            return;
        }
        let found = policy.scan(entry.message);
        if found.is_empty() {
            clean.insert(entry.message.into());
        }
        let id = if entry.new.is_null() { entry.old } else { entry.new };
        for found in found.into_iter().filter(|found| !is_in_object(objects, id, found.secret.expose())) {
            let key = (found.secret.expose().to_vec(), found.rule.id.to_string());
            let known = keys.entry(key).or_insert(LoggedKey { found, id, logs: Vec::new() });
            if !known.logs.iter().any(|known| known == log) {
                known.logs.push(log.to_owned());
            }
        }
    });
    let is_said = |error: &Error| refs.errors.contains(error);
    errors.into_iter().filter(|error| !is_said(error)).for_each(|error| unscanned.report_once(error));
    for LoggedKey { found, id, logs } in keys.into_values() {
        let mut finding = found.at(Location { part: Some(Part::Reflog), ..Location::default() });
        let refs: Vec<String> = logs.iter().map(|log| log.to_str_lossy().into_owned()).collect();
        finding.history = Some(History { refs_total: refs.len(), refs, ..findings::logged_history() });
        finding.commit = Some(Arc::new(match objects.find(id) {
            Ok(Some((kind @ (Kind::Commit | Kind::Tag), bytes))) => commit::described(id, kind, &bytes),
            _ => findings::unknown_commit(id),
        }));
        collector.finding(finding);
    }
}

/// Whether a commit or tag has this text. What cannot be read is an error elsewhere.
fn is_in_object(objects: &Objects, id: Id, text: &[u8]) -> bool {
    matches!(objects.find(id), Ok(Some((Kind::Commit | Kind::Tag, bytes))) if bytes.contains_str(text))
}
