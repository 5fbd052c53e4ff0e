//! Whether a key was rotated: a later key of the same provider stands where it stood.

use std::borrow::Cow;
use std::collections::HashMap;

use super::{JsonKey, KeyReplacement, begun, seconds};
use crate::core::order::ListOrder as _;
use crate::report::model::{Document, JsonFinding};

/// A place that keys follow each other at: the provider, the repository, the path and the archive's member.
type Spot<'a> = (&'a str, Option<&'a str>, &'a str, &'a str);

/// Fills in what replaced each key.
pub(super) fn find<'a>(document: &'a Document<'a>, keys: &mut [JsonKey<'a>]) {
    let mut places: HashMap<Spot<'a>, Vec<&'a JsonFinding<'a>>> = HashMap::new();
    for entry in document.findings.iter().filter(|entry| entry.history.is_some()) {
        if let Some(place) = place(entry) {
            places.entry(place).or_default().push(entry);
        }
    }
    places.retain(|_, entries| entries.iter().any(|entry| entry.fingerprint != entries[0].fingerprint));
    for entries in places.values_mut() {
        entries.order_by_key(|entry| (begun(entry), entry.fingerprint.as_ref()));
    }
    for key in keys.iter_mut() {
        let entries = key.findings.iter().map(|&at| &document.findings[at]);
        let found = entries.filter_map(|entry| successor(entry, places.get(&place(entry)?)?));
        key.replaced_by = found.min_by_key(|entry| begun(entry)).map(|entry| KeyReplacement {
            fingerprint: entry.fingerprint.as_ref().into(),
            secret: entry.secret.as_ref().into(),
            date: entry.commit.as_ref().map_or(Cow::Borrowed(""), |commit| commit.date.as_ref().into()),
            path: entry.location.path.as_deref().unwrap_or_default().into(),
        });
    }
}

fn place<'a>(entry: &'a JsonFinding<'a>) -> Option<Spot<'a>> {
    let path = entry.location.path.as_deref()?;
    let provider = if entry.provider.is_empty() { &entry.rule } else { &entry.provider };
    Some((provider, entry.location.repository.as_deref(), path, entry.location.member.as_deref().unwrap_or_default()))
}

/// The first key that came where this one went: under the same name, as far as names are known.
fn successor<'a>(entry: &JsonFinding<'_>, others: &[&'a JsonFinding<'a>]) -> Option<&'a JsonFinding<'a>> {
    let history = entry.history.as_ref()?;
    let gone = seconds(&history.last_commit.as_ref()?.date)?;
    let name =
        |entry: &JsonFinding<'_>| entry.usage.as_ref().and_then(|usage| usage.name.as_deref()).map(str::to_owned);
    let own = name(entry);
    let fits = |other: &&&'a JsonFinding<'a>| {
        other.fingerprint != entry.fingerprint && own.is_none() == name(other).is_none() && own == name(other)
    };
    // Those that came with the commit that took the old one out, or later; they are sorted by time.
    let first = others.partition_point(|other| begun(other).is_none_or(|time| time <= gone));
    others[first..].iter().find(fits).copied()
}
