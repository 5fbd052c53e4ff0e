//! The totals of an audit, and what to do first.

use std::collections::BTreeMap;
use std::io;

use super::{AuditPage, count, provider};
use crate::core::order::ListOrder as _;
use crate::report::keys::{self, JsonKey, KeyState};
use crate::report::layout::{fit, fit_end, pad, wrap};
use crate::report::model::FindingStatus;
use crate::report::numbers::{counted, grouped};
use crate::report::page::{BOLD, GREEN, RED};
use crate::report::{escape, outcome};

/// Sorts of keys that a line of totals names.
const SORTS: usize = 6;
/// Addresses where keys are revoked.
const ADDRESSES: usize = 3;

impl AuditPage<'_, '_, '_> {
    /// All of them.
    pub(super) fn totals(&mut self) -> io::Result<()> {
        let summary = &self.document.summary;
        let color = if summary.findings > 0 || summary.exit_code == 2 { RED } else { GREEN };
        let mut verdict = outcome::verdict(self.document);
        let (commits, people) = keys::commits_and_people(self.document);
        if commits > 0 {
            let people = format!("{} {}", grouped(people), if people == 1 { "person" } else { "people" });
            verdict = format!("{}; {} by {people}.", verdict.trim_end_matches('.'), counted(commits, "commit"));
        }
        for line in wrap(&verdict, self.width, 0) {
            self.page.paint(color, &line)?;
            writeln!(self.page.out)?;
        }
        let counting: Vec<&JsonKey<'_>> = self.keys.iter().filter(|key| key.status == FindingStatus::Active).collect();
        if counting.is_empty() {
            return writeln!(self.page.out);
        }
        if let Some(text) = first_step(&counting) {
            self.page.paint(BOLD, &fit(&text, self.width))?;
            writeln!(self.page.out)?;
        }
        let state = |key: &JsonKey<'_>| (key.state, !key.on_remote);
        let states = count(&counting, state).into_iter().map(|((state, local), number)| {
            format!("{} {}{}", grouped(number), state.word(), if local { "" } else { " pushed" })
        });
        self.total("State", states.collect())?;
        let severities = count(&counting, |key| std::cmp::Reverse(key.severity));
        self.total(
            "Severity",
            severities.iter().map(|(severity, n)| format!("{} {}", grouped(*n), severity.0)).collect(),
        )?;
        let mut providers = count(&counting, provider);
        providers.order_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let named = |(name, n): &(String, u64)| format!("{} {name}", grouped(*n));
        let mut list: Vec<String> = providers.iter().take(SORTS).map(named).collect();
        if providers.len() > SORTS {
            list.push(format!("{} others", grouped(providers[SORTS..].iter().map(|(_, n)| n).sum())));
        }
        self.total("Provider", list)?;
        self.repositories(&counting)?;
        self.addresses(&counting)?;
        writeln!(self.page.out)
    }

    /// Where a report is of several repositories: how many keys each has, and how many keys are in several.
    fn repositories(&mut self, counting: &[&JsonKey<'_>]) -> io::Result<()> {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for name in counting.iter().flat_map(|key| &key.repositories) {
            *counts.entry(name).or_default() += 1;
        }
        if counts.is_empty() {
            return Ok(());
        }
        let mut counts: Vec<(&str, u64)> = counts.into_iter().collect();
        counts.order_by_key(|(_, number)| std::cmp::Reverse(*number));
        let named = |(name, n): &(&str, u64)| {
            format!("{} {}", grouped(*n), fit_end(&escape::text(name.as_bytes()), self.width / 2))
        };
        let mut list: Vec<String> = counts.iter().take(SORTS).map(named).collect();
        if counts.len() > SORTS {
            list.push(format!("{} more", grouped((counts.len() - SORTS) as u64)));
        }
        self.total("In", list)?;
        let shared = counting.iter().filter(|key| key.repositories.len() > 1).count() as u64;
        if shared > 0 {
            let these = if shared == 1 { "is" } else { "are" };
            let text = format!("{} {these} in more than one repository.", counted(shared, "key"));
            self.page.paint(BOLD, &fit(&text, self.width))?;
            writeln!(self.page.out)?;
        }
        Ok(())
    }

    fn total(&mut self, name: &str, parts: Vec<String>) -> io::Result<()> {
        let text = format!("{} {}", pad(name, 9), parts.join(", "));
        wrap(&text, self.width, 10).iter().try_for_each(|line| writeln!(self.page.out, "{line}"))
    }

    /// Where most of the keys are revoked that come first.
    fn addresses(&mut self, counting: &[&JsonKey<'_>]) -> io::Result<()> {
        let Some(worst) = counting.first() else { return Ok(()) };
        let is_first = |key: &&&JsonKey<'_>| key.is_live_and_pushed() == worst.is_live_and_pushed();
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for key in counting.iter().filter(is_first) {
            let entries = key.findings.iter().map(|&at| &self.document.findings[at]);
            let address = entries.map(|entry| entry.revoke.as_ref()).find(|address| !address.is_empty());
            if let Some(address) = address {
                *counts.entry(escape::text(address.as_bytes())).or_default() += 1;
            }
        }
        let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
        // One key says in its details where it is revoked.
        if counting.len() < 2 || counts.is_empty() {
            return Ok(());
        }
        counts.order_by_key(|(_, number)| std::cmp::Reverse(*number));
        let most = counts.iter().map(|(_, number)| grouped(*number).len()).max().unwrap_or(1);
        for (at, (address, number)) in counts.iter().take(ADDRESSES).enumerate() {
            let name = if at == 0 { "Revoke" } else { "" };
            let line = format!("{} {:>most$} at {address}", pad(name, 9), grouped(*number));
            let line = fit(&line, self.width);
            let line = self.page.with_links(&line);
            writeln!(self.page.out, "{line}")?;
        }
        let others = counts.get(ADDRESSES..).unwrap_or_default();
        if !others.is_empty() {
            let sum: u64 = others.iter().map(|(_, number)| number).sum();
            let es = if others.len() == 1 { "" } else { "es" };
            let places = format!("{} other address{es}", grouped(others.len() as u64));
            let line = format!("{} {:>most$} at {places}, see below", pad("", 9), grouped(sum));
            writeln!(self.page.out, "{}", fit(&line, self.width))?;
        }
        Ok(())
    }
}

/// What to do before all else, about the keys that are the most dangerous.
fn first_step(keys: &[&JsonKey<'_>]) -> Option<String> {
    let number = |is: &dyn Fn(&JsonKey<'_>) -> bool| keys.iter().filter(|key| is(key)).count() as u64;
    let said = |number: u64, one: &str, many: &str| {
        Some(format!("{} {}.", counted(number, "key"), if number == 1 { one } else { many }))
    };
    let live = number(&|key| key.is_live_and_pushed());
    if live > 0 {
        return said(live, "is live and pushed: revoke it first", "are live and pushed: revoke these first");
    }
    let worst = keys.first()?;
    let is_left = |key: &JsonKey<'_>| matches!(key.state, KeyState::Reflog | KeyState::Unreachable);
    let same = number(&|key| is_left(key) == is_left(worst) && key.on_remote == worst.on_remote);
    match worst.state {
        KeyState::Files => None,
        KeyState::Reflog | KeyState::Unreachable => said(
            same,
            "is only in objects that no branch reaches: revoke it, then run git gc",
            "are only in objects that no branch reaches: revoke them, then run git gc",
        ),
        _ if worst.on_remote => said(
            same,
            "is in history that was pushed: revoke it first",
            "are in history that was pushed: revoke these first",
        ),
        KeyState::Head | KeyState::Branch | KeyState::History => said(
            same,
            "is not pushed yet: take it out before you push",
            "are not pushed yet: take them out before you push",
        ),
    }
}
