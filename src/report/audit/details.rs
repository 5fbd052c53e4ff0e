//! The worst keys in detail.

use std::collections::HashSet;
use std::io;

use unicode_width::UnicodeWidthStr as _;

use super::sentences::{at, origin, refs, remarks, removed, short_fingerprint, state};
use super::{AuditPage, loud};
use crate::report::escape;
use crate::report::keys::{JsonKey, NextStep};
use crate::report::layout::{fit, fit_end, wrap};
use crate::report::numbers::counted;
use crate::report::page::{BOLD, DIM};

/// Keys that are told in detail.
pub(super) const DETAILS: usize = 10;
/// Lines of the first step, unless all is asked for; everything else has one.
const FIRST_STEP: usize = 2;

impl AuditPage<'_, '_, '_> {
    /// The details of the worst keys, and what is to do about all.
    pub(super) fn details(&mut self) -> io::Result<()> {
        let shown = if self.style.view.full { self.keys.len() } else { self.keys.len().min(DETAILS) };
        for (number, key) in self.keys[..shown].iter().enumerate() {
            self.detail(number + 1, key)?;
        }
        self.general(shown)?;
        if shown < self.keys.len() {
            let rest = counted((self.keys.len() - shown) as u64, "more key");
            let text = format!("{rest} without details: --full shows all, -f html makes a page of them.");
            wrap(&text, self.width, 0).iter().try_for_each(|line| writeln!(self.page.out, "{line}"))?;
            writeln!(self.page.out)?;
        }
        Ok(())
    }

    fn detail(&mut self, number: usize, key: &JsonKey<'_>) -> io::Result<()> {
        let (masked, worth) = (fit(&key.shown(), self.width - 36), format!("{}, {}", key.severity, key.confidence));
        let taken = number.to_string().len() + 6 + masked.width() + worth.len();
        let title = fit(&escape::text(key.title.as_bytes()), self.width.saturating_sub(taken).max(6));
        write!(self.page.out, "{number}. ")?;
        self.page.paint(BOLD, &title)?;
        write!(self.page.out, "  {masked}  ")?;
        self.page.paint(loud(key.severity), key.severity.as_str())?;
        write!(self.page.out, ", {}", key.confidence)?;
        // What keysweep ignore takes stands in the same line, if it fits.
        let fingerprint = format!("fingerprint {}", short_fingerprint(key));
        let is_in_line = !self.is_full() && taken + title.width() + 2 + fingerprint.len() <= self.width;
        if is_in_line {
            self.page.paint(DIM, &format!("  {fingerprint}"))?;
        }
        writeln!(self.page.out)?;
        if self.style.show_secrets {
            writeln!(self.page.out, "   key: {}", escape::text(key.secret.as_bytes()))?;
        }
        let mut remarks = remarks(key);
        if !is_in_line {
            remarks.push(fingerprint);
        }
        let (state, joined) = (state(key), remarks.join("; "));
        // Remarks stand beside where it is, if they fit.
        let is_one_line = !self.is_full() && !joined.is_empty() && state.width() + joined.width() + 5 <= self.width;
        self.text(&if is_one_line { format!("{state}; {joined}") } else { state })?;
        self.text(&self.places(key))?;
        for text in origin(key).into_iter().chain(removed(key)) {
            self.text(&text)?;
        }
        if self.is_full() {
            remarks.iter().try_for_each(|text| self.text(text))?;
        } else if !is_one_line && !joined.is_empty() {
            self.text(&joined)?;
        }
        for note in self.notes(key) {
            self.text(&note)?;
        }
        let is_told = |step: &&NextStep| self.is_full() || step.general.is_none();
        let steps: Vec<NextStep> = key.next_steps.iter().filter(is_told).cloned().collect();
        self.steps(&steps, FIRST_STEP)?;
        writeln!(self.page.out)
    }

    /// The steps, the first in at most so many lines and each of the others in one, unless all is asked for.
    fn steps(&mut self, steps: &[NextStep], first: usize) -> io::Result<()> {
        for (at, step) in steps.iter().enumerate() {
            let number = if steps.len() > 1 { format!("{}. ", at + 1) } else { String::new() };
            let text = format!("{number}{}", escape::text(step.text.as_bytes()));
            let most = if at == 0 { first } else { first - 1 };
            let lines = self.limited(wrap(&text, self.width.saturating_sub(3), number.len()), most);
            for line in &lines {
                let line = self.page.with_links(line);
                writeln!(self.page.out, "   {line}")?;
            }
            if let Some(command) = &step.command {
                // A command is for copying: it stays in one piece.
                self.page
                    .paint(DIM, &format!("   {}{}", " ".repeat(number.len()), escape::text(command.as_bytes())))?;
                writeln!(self.page.out)?;
            }
        }
        Ok(())
    }

    /// What is the same for most keys, once.
    fn general(&mut self, shown: usize) -> io::Result<()> {
        let mut texts: Vec<&'static str> = Vec::new();
        for text in self.keys[..shown].iter().flat_map(|key| &key.next_steps).filter_map(|step| step.general) {
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        if texts.is_empty() || self.is_full() {
            return Ok(());
        }
        self.page.paint(BOLD, "Then, for all keys that are not revoked yet")?;
        writeln!(self.page.out)?;
        let steps: Vec<NextStep> =
            texts.iter().map(|text| NextStep { text: (*text).into(), command: None, general: None }).collect();
        self.steps(&steps, usize::MAX)?;
        writeln!(self.page.out)
    }

    fn text(&mut self, text: &str) -> io::Result<()> {
        let lines = self.limited(wrap(text, self.width.saturating_sub(3), 2), 1);
        lines.iter().try_for_each(|line| writeln!(self.page.out, "   {line}"))
    }

    /// The first lines of a text; `--full` has all.
    fn limited(&self, mut lines: Vec<String>, most: usize) -> Vec<String> {
        if !self.is_full() && lines.len() > most {
            lines.truncate(most);
            if let Some(last) = lines.last_mut() {
                *last = fit(&format!("{last} …"), self.width.saturating_sub(3));
            }
        }
        lines
    }

    /// `src/a.py:3 and 30 more places, 40 versions; on main and 12 more`
    fn places(&self, key: &JsonKey<'_>) -> String {
        let most: usize = if self.is_full() { 2 } else { 1 };
        let others = key.findings.iter().map(|&at| &self.document.findings[at]);
        let mut named: Vec<String> = Vec::new();
        for place in self.first(key).into_iter().chain(others).map(at) {
            if !named.contains(&place) {
                named.push(place);
            }
            if named.len() == most.min(key.findings.len()) {
                break;
            }
        }
        let more = key.places.saturating_sub(named.len() as u64);
        let mut rest = String::new();
        if more > 0 {
            rest += &format!(" and {}", counted(more, "more place"));
        }
        if key.versions > key.places {
            rest += &format!(", {}", counted(key.versions, "version"));
        }
        if let Some(refs) = refs(key, most) {
            rest += &format!("; {refs}");
        }
        // What follows the path says how much there is: the path is what is cut.
        let room =
            if self.is_full() { self.width.saturating_sub(30) } else { self.width.saturating_sub(rest.width() + 3) };
        let named: Vec<String> = named.iter().map(|place| fit_end(place, room.max(20))).collect();
        named.join(", ") + &rest
    }

    fn notes(&self, key: &JsonKey<'_>) -> Vec<String> {
        let mut seen = HashSet::new();
        let mut notes = Vec::new();
        for entry in key.findings.iter().map(|&at| &self.document.findings[at]) {
            let note = entry.note.as_deref().map(|note| format!("note: {}", escape::text(note.as_bytes())));
            let by = entry.suppressed_by.map(|by| {
                let reason =
                    entry.suppressed_reason.as_deref().map(|reason| format!(": {}", escape::text(reason.as_bytes())));
                format!("suppressed by {by}{}", reason.unwrap_or_default())
            });
            notes.extend(note.into_iter().chain(by).filter(|text| seen.insert(text.clone())));
        }
        if notes.len() > 3 {
            let more = notes.len() - 3;
            notes.truncate(3);
            notes.push(format!("{} in json", counted(more as u64, "more note")));
        }
        notes
    }
}
