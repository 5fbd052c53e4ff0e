//! A line a key.

use std::io;

use unicode_width::UnicodeWidthStr as _;

use super::sentences::{at, place_word};
use super::{AuditPage, count, loud};
use crate::report::escape;
use crate::report::keys::{JsonKey, KeyState};
use crate::report::layout::{fit, fit_end, pad, wrap};
use crate::report::numbers::{counted, grouped};
use crate::report::page::DIM;

/// Keys that have a line of their own.
const LINES: usize = 30;
/// A path that is cut shorter than this says little.
const SHORTEST_PATH: usize = 24;

/// How wide the columns are, and which there are.
pub(super) struct Columns {
    /// The masked key.
    key: usize,
    /// The words for where a key is.
    state: usize,
    /// Whether there is a key at more than one place, or a column would say nothing.
    has_places: bool,
}

impl Columns {
    /// For these keys, on lines of so many columns.
    pub(super) fn of(keys: &[JsonKey<'_>], width: usize) -> Self {
        let most = if width >= 100 { 28 } else { 18 };
        Self {
            key: keys.iter().map(|key| key.shown().chars().count()).max().unwrap_or(3).clamp(3, most),
            state: keys.iter().map(|key| place_word(key).len()).max().unwrap_or(5).max(5),
            has_places: keys.iter().any(|key| key.places > 1),
        }
    }
}

impl AuditPage<'_, '_, '_> {
    /// A line a key; of very many, the rest in groups.
    pub(super) fn lines(&mut self) -> io::Result<()> {
        let shown = if self.style.view.full { self.keys.len() } else { self.keys.len().min(LINES) };
        if self.keys.len() <= 1 {
            return Ok(());
        }
        self.head()?;
        for (number, key) in self.keys[..shown].iter().enumerate() {
            self.line(number + 1, key)?;
        }
        let rest: Vec<&JsonKey<'_>> = self.keys[shown..].iter().collect();
        if !rest.is_empty() {
            let groups = count(&rest, |key| (key.state, !key.on_remote, std::cmp::Reverse(key.severity)));
            let named = groups.into_iter().map(|((state, local, severity), n)| {
                format!("{} {} {}{}", grouped(n), severity.0, state.word(), if local { "" } else { " pushed" })
            });
            let named: Vec<String> = named.collect();
            let text =
                format!("and {}: {} (--full shows all)", counted(rest.len() as u64, "more key"), named.join(", "));
            wrap(&text, self.width, 0).iter().try_for_each(|line| writeln!(self.page.out, "{line}"))?;
        }
        writeln!(self.page.out)
    }

    fn head(&mut self) -> io::Result<()> {
        let (severity, state) = (pad("severity", 8), pad("state", self.columns.state));
        let key = pad("key", self.columns.key);
        let places = if self.columns.has_places { " places" } else { "" };
        let text = format!("{:>3} {severity} {state} {key} {:>5}{places} first at", "#", "days");
        self.page.paint(DIM, fit(&text, self.width).trim_end())?;
        writeln!(self.page.out)
    }

    /// One key.
    pub(super) fn line(&mut self, number: usize, key: &JsonKey<'_>) -> io::Result<()> {
        let masked = pad(&fit(&key.shown(), self.columns.key), self.columns.key);
        // While a branch has it, it is exposed for longer than its commits say.
        let is_over = key.state != KeyState::Branch;
        let days = key.days_exposed.filter(|days| *days > 0 || is_over).map_or_else(String::new, grouped);
        let state = pad(&place_word(key), self.columns.state);
        write!(self.page.out, "{number:>3} ")?;
        self.page.paint(loud(key.severity), &pad(key.severity.as_str(), 8))?;
        let places = if self.columns.has_places { format!(" {:>6}", grouped(key.places)) } else { String::new() };
        let middle = format!(" {state} {masked} {days:>5}{places} ");
        write!(self.page.out, "{middle}")?;
        let room = self.width.saturating_sub(number.to_string().len().max(3) + 9 + middle.width());
        let place = self.first(key).map(at).unwrap_or_default();
        let title = escape::text(key.title.as_bytes());
        // Where there is room, what it is stands before where it is.
        let text = match room.checked_sub(title.width() + 2) {
            Some(rest) if rest > SHORTEST_PATH => format!("{title}  {}", fit_end(&place, rest)),
            _ => fit_end(&place, room),
        };
        writeln!(self.page.out, "{text}")
    }
}
