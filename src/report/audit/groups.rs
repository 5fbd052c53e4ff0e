//! Keys by path, provider, author or commit.

use std::collections::BTreeMap;
use std::io;

use super::{AuditPage, provider};
use crate::core::order::ListOrder as _;
use crate::report::layout::fit_end;
use crate::report::model::JsonFinding;
use crate::report::numbers::{counted, grouped};
use crate::report::page::BOLD;
use crate::report::{Grouping, escape};

/// Groups, and keys in each.
const GROUPS: usize = 25;
const IN_GROUP: usize = 4;

impl AuditPage<'_, '_, '_> {
    /// Keys by path, provider, author or commit.
    pub(super) fn groups(&mut self, by: Grouping) -> io::Result<()> {
        let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (number, key) in self.keys.iter().enumerate() {
            let mut names: Vec<String> = match by {
                Grouping::Provider => vec![provider(key)],
                _ => key.findings.iter().map(|&at| group(by, &self.document.findings[at])).collect(),
            };
            names.order();
            names.dedup();
            names.into_iter().for_each(|name| groups.entry(name).or_default().push(number));
        }
        // Where the most dangerous key is, first; then where the most are.
        let mut groups: Vec<(String, Vec<usize>)> = groups.into_iter().collect();
        groups.order_by_key(|(_, numbers)| (numbers.first().copied(), std::cmp::Reverse(numbers.len())));
        let (most, each) = if self.style.view.full { (usize::MAX, usize::MAX) } else { (GROUPS, IN_GROUP) };
        for (name, numbers) in groups.iter().take(most) {
            let name = if name.is_empty() { "(none)" } else { name };
            let number = counted(numbers.len() as u64, "key");
            let name = fit_end(name, self.width.saturating_sub(number.len() + 2));
            self.page.paint(BOLD, &name)?;
            writeln!(self.page.out, "  {number}")?;
            for &at in numbers.iter().take(each) {
                self.line(at + 1, &self.keys[at])?;
            }
            if numbers.len() > each {
                writeln!(self.page.out, "     and {} more", grouped((numbers.len() - each) as u64))?;
            }
            writeln!(self.page.out)?;
        }
        if groups.len() > most {
            writeln!(self.page.out, "and {} (--full shows all)", counted((groups.len() - most) as u64, "more group"))?;
            writeln!(self.page.out)?;
        }
        Ok(())
    }
}

fn group(by: Grouping, entry: &JsonFinding<'_>) -> String {
    let text = |text: &str| escape::text(text.as_bytes());
    match by {
        Grouping::Author => entry.commit.as_ref().map_or_else(String::new, |commit| {
            if commit.author_name.is_empty() {
                String::new()
            } else {
                format!("{} <{}>", text(&commit.author_name), text(&commit.author_email))
            }
        }),
        Grouping::Commit => entry.commit.as_ref().map_or_else(String::new, |commit| {
            let date = commit.date.get(..10).unwrap_or_default();
            format!("{} {} {}", text(commit.short()), text(date), text(&commit.summary))
        }),
        Grouping::Path | Grouping::Key | Grouping::Provider => entry.place(),
    }
}
