//! Whether a key was rotated: a later key of the same provider stands where it stood.

use std::borrow::Cow;
use std::collections::HashMap;

use super::KeyReplacement;
use super::facts::{begun, seconds};
use crate::core::order::ListOrder as _;
use crate::report::model::{Document, JsonFinding};

/// A place that keys follow each other at: the provider, the repository, the path and the archive's member.
type Spot<'a> = (&'a str, Option<&'a str>, &'a str, &'a str);

/// The places that more than one key stood at, each with its findings by the time they came in.
pub(super) struct Rotation<'a> {
    places: HashMap<Spot<'a>, Vec<&'a JsonFinding<'a>>>,
}

impl<'a> Rotation<'a> {
    /// Finds the places that keys followed each other at.
    pub(super) fn new(document: &'a Document<'a>) -> Self {
        let found = || {
            let known = document.findings.iter().filter(|entry| entry.history.is_some());
            known.filter_map(|entry| Some((spot(entry)?, entry)))
        };
        // Most places have one key: they are not worth a list each.
        let mut first: HashMap<Spot<'a>, (&'a str, bool)> = HashMap::new();
        for (spot, entry) in found() {
            let (fingerprint, is_several) = first.entry(spot).or_insert((&entry.fingerprint, false));
            *is_several |= *fingerprint != entry.fingerprint;
        }
        first.retain(|_, (_, is_several)| *is_several);
        let mut places: HashMap<Spot<'a>, Vec<&'a JsonFinding<'a>>> = HashMap::new();
        for (spot, entry) in found().filter(|(spot, _)| first.contains_key(spot)) {
            places.entry(spot).or_default().push(entry);
        }
        for entries in places.values_mut() {
            entries.order_by_key(|entry| (begun(entry), entry.fingerprint.as_ref()));
        }
        Self { places }
    }

    /// The first key that took the place of the one that these findings are of.
    pub(super) fn successor(&self, entries: &[&JsonFinding<'a>]) -> Option<KeyReplacement<'a>> {
        let found = entries.iter().filter_map(|entry| successor(entry, self.places.get(&spot(entry)?)?));
        found.min_by_key(|entry| begun(entry)).map(|entry| KeyReplacement {
            fingerprint: entry.fingerprint.as_ref().into(),
            secret: entry.secret.as_ref().into(),
            date: entry.commit.as_ref().map_or(Cow::Borrowed(""), |commit| commit.date.as_ref().into()),
            path: entry.location.path.as_deref().unwrap_or_default().into(),
        })
    }
}

fn spot<'e>(entry: &'e JsonFinding<'_>) -> Option<Spot<'e>> {
    let path = entry.location.path.as_deref()?;
    let provider = if entry.provider.is_empty() { &entry.rule } else { &entry.provider };
    Some((provider, entry.location.repository.as_deref(), path, entry.location.member.as_deref().unwrap_or_default()))
}

/// The first key that came where this one went: under the same name, as far as names are known.
fn successor<'a>(entry: &JsonFinding<'_>, others: &[&'a JsonFinding<'a>]) -> Option<&'a JsonFinding<'a>> {
    let history = entry.history.as_ref()?;
    let gone = seconds(&history.last_commit.as_ref()?.date)?;
    let own = name(entry);
    let fits = |other: &&&'a JsonFinding<'a>| other.fingerprint != entry.fingerprint && own == name(other);
    // Those that came with the commit that took the old one out, or later; they are sorted by time.
    let first = others.partition_point(|other| begun(other).is_none_or(|time| time <= gone));
    others[first..].iter().find(fits).copied()
}

/// The variable, field or header that has the key for its value.
fn name<'e>(entry: &'e JsonFinding<'_>) -> Option<&'e str> {
    entry.usage.as_ref().and_then(|usage| usage.name.as_deref())
}
