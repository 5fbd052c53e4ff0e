//! What could not be scanned, as the parts of an audit list it: of what several parts may list, the joined report says
//! what an undivided one would.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use crate::core::order::ListOrder as _;
use crate::core::part::{Joining, NAMED, left_out, unnamed};
use crate::report::model::{JsonCoverage, JsonError, JsonUnscanned, JsonUnscannedEntry};

/// The joined lists, by repository and name.
#[derive(Default)]
pub(super) struct UnscannedLists(BTreeMap<(Option<String>, String), JsonUnscanned<'static>>);

impl UnscannedLists {
    /// Takes what a part's list says out of its report, and joins the list with those of the parts before.
    pub(super) fn add(&mut self, list: JsonUnscanned<'static>, coverage: &mut JsonCoverage<'_>) {
        take_out(&list, coverage);
        self.join(list);
    }

    /// Puts what the joined lists say into the joined report.
    pub(super) fn put_in(&self, coverage: &mut JsonCoverage<'static>) {
        self.0.values().for_each(|list| put_in(list, coverage));
    }

    fn join(&mut self, list: JsonUnscanned<'static>) {
        let key = (list.repository.as_deref().map(str::to_owned), list.name.to_string());
        let Some(all) = self.0.get_mut(&key) else {
            self.0.insert(key, list);
            return;
        };
        match (all.joining, list.joining) {
            // A part that read everything knows all.
            (Joining::Least, Joining::Same) => {
                *all = list;
                return;
            }
            (Joining::Same, Joining::Least) => return,
            _ => {}
        }
        all.entries.extend(list.entries);
        all.entries.order();
        if all.joining == Joining::Least {
            let thing = |entry: &JsonUnscannedEntry<'_>| entry.order.split('\n').next().map(str::to_owned);
            all.entries.dedup_by(|b, a| thing(a) == thing(b));
        } else {
            all.entries.dedup();
        }
        all.total = match all.joining {
            Joining::Sum => all.total.saturating_add(list.total),
            Joining::Same => all.total.max(list.total),
            Joining::Union | Joining::Least => all.entries.len() as u64,
        };
    }
}

/// What a list says in a report's errors or notes.
fn said(list: &JsonUnscanned<'_>) -> Vec<JsonError<'static>> {
    let named = list
        .entries
        .iter()
        .take(NAMED)
        .map(|entry| JsonError { item: entry.item.to_string().into(), message: entry.message.to_string().into() });
    let others = unnamed(list.total, &list.things).map(|error| {
        let error = match list.repository.as_deref().filter(|_| !list.allowed) {
            Some(repository) => error.in_repository(repository),
            None => error,
        };
        JsonError { item: error.thing().to_owned().into(), message: error.to_string().into() }
    });
    named.chain(others).collect()
}

/// The same as notes.
fn noted(list: &JsonUnscanned<'_>) -> Vec<Cow<'static, str>> {
    let note = |error: JsonError<'_>| {
        let text = left_out(&error.message);
        match &list.repository {
            Some(repository) => format!("{repository}: {text}").into(),
            None => text.into(),
        }
    };
    said(list).into_iter().map(note).collect()
}

/// Takes what a list says out of a report.
fn take_out(list: &JsonUnscanned<'_>, coverage: &mut JsonCoverage<'_>) {
    if list.allowed {
        let said: HashSet<Cow<'_, str>> = noted(list).into_iter().collect();
        coverage.notes.retain(|note| !said.contains(note));
    } else {
        let said: HashSet<String> = said(list).into_iter().map(|error| error.message.into_owned()).collect();
        coverage.errors.retain(|error| !said.contains(error.message.as_ref()));
    }
    if let Some(count) = coverage.counts.get_mut(&*list.name) {
        *count = count.saturating_sub(list.total);
        if *count == 0 {
            coverage.counts.remove(&*list.name);
        }
    }
}

/// Puts what a list says into a report.
fn put_in(list: &JsonUnscanned<'_>, coverage: &mut JsonCoverage<'static>) {
    if list.allowed {
        coverage.notes.extend(noted(list));
    } else {
        coverage.errors.extend(said(list));
    }
    let count = coverage.counts.entry(list.name.to_string().into()).or_default();
    *count = count.saturating_add(list.total);
}
