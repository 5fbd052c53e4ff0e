//! The tables of the page: how many keys there are of each kind.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{state, text};
use crate::core::finding::Severity;
use crate::core::order::ListOrder as _;
use crate::report::keys::{JsonKey, KeyOrigin, KeyState};
use crate::report::numbers::{counted, grouped};

/// The maximum number of rows in a table.
const ROWS: usize = 10;

/// One table: how many keys there are of each kind.
pub(super) struct Totals {
    pub(super) name: &'static str,
    pub(super) rows: Vec<(String, String)>,
}

/// Counts keys.
#[derive(Default)]
pub(super) struct Counts {
    states: BTreeMap<(KeyState, bool), (String, u64)>,
    severities: BTreeMap<Reverse<Severity>, u64>,
    providers: BTreeMap<String, u64>,
    origins: BTreeMap<KeyOrigin, u64>,
    repositories: BTreeMap<String, u64>,
    /// The number of keys that are in more than one repository.
    shared: u64,
}

impl Counts {
    pub(super) fn add(&mut self, key: &JsonKey<'_>) {
        self.states.entry((key.state, !key.on_remote)).or_insert_with(|| (state(key), 0)).1 += 1;
        *self.severities.entry(Reverse(key.severity)).or_default() += 1;
        one_more(&mut self.providers, &key.provider);
        *self.origins.entry(key.origin).or_default() += 1;
        key.repositories.iter().for_each(|name| one_more(&mut self.repositories, name));
        self.shared += u64::from(key.repositories.len() > 1);
    }

    /// The tables that are not empty.
    pub(super) fn tables(self) -> Vec<Totals> {
        let mut providers = most_first(self.providers);
        if providers.len() > ROWS {
            let others = providers.split_off(ROWS - 1);
            providers.push((counted(others.len() as u64, "other provider"), sum(&others)));
        }
        let mut repositories = most_first(self.repositories);
        if repositories.len() > ROWS {
            let others = repositories.split_off(ROWS);
            let name = format!("{} others, keys in several counted for each", grouped(others.len() as u64));
            repositories.push((name, sum(&others)));
        }
        if self.shared > 0 {
            repositories.push(("more than one of them".into(), self.shared));
        }
        let tables = [
            ("State", self.states.into_values().collect()),
            (
                "Severity",
                self.severities.into_iter().map(|(severity, number)| (severity.0.to_string(), number)).collect(),
            ),
            ("Provider", providers),
            (
                "Introduced in",
                self.origins.into_iter().map(|(origin, number)| (origin.words().into(), number)).collect(),
            ),
            ("Repository", repositories),
        ];
        let is_filled = |(_, rows): &(&str, Vec<(String, u64)>)| !rows.is_empty();
        tables.into_iter().filter(is_filled).map(|(name, rows)| Totals { name, rows: shown(rows) }).collect()
    }
}

fn one_more(counts: &mut BTreeMap<String, u64>, name: &str) {
    match counts.get_mut(name) {
        Some(number) => *number += 1,
        None => drop(counts.insert(name.to_owned(), 1)),
    }
}

fn most_first(counts: BTreeMap<String, u64>) -> Vec<(String, u64)> {
    let mut rows: Vec<(String, u64)> = counts.into_iter().map(|(name, number)| (text(&name), number)).collect();
    rows.order_by_key(|(_, number)| Reverse(*number));
    rows
}

fn sum(rows: &[(String, u64)]) -> u64 {
    rows.iter().map(|(_, number)| number).sum()
}

fn shown(rows: Vec<(String, u64)>) -> Vec<(String, String)> {
    let named = |name: String| if name.is_empty() { "(none)".into() } else { name };
    rows.into_iter().map(|(name, number)| (named(name), grouped(number))).collect()
}
