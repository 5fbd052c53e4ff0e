//! Text with line numbers, so that every fault in a file can be named by its place.

use std::ops::Range;

use crate::core::error::{Error, ErrorKind};

/// One file's content and what messages call it.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Its path.
    pub name: &'a str,
    /// Its content.
    pub text: &'a str,
}

impl Source<'_> {
    /// `name:line` of a byte.
    pub fn at(&self, byte: usize) -> String {
        format!("{}:{}", self.name, self.line(byte))
    }

    /// The line of a byte, from 1.
    pub fn line(&self, byte: usize) -> usize {
        let before = self.text.as_bytes().get(..byte.min(self.text.len())).unwrap_or_default();
        memchr::memchr_iter(b'\n', before).count() + 1
    }

    /// An error at a byte.
    pub fn error(&self, doing: &str, byte: usize, why: impl std::fmt::Display) -> Error {
        Error::new(doing, self.at(byte), why).of_kind(ErrorKind::Invalid)
    }

    /// What the TOML reader found wrong, on one line, with what could have been meant.
    pub fn syntax(&self, doing: &str, error: &toml::de::Error) -> Error {
        let at = error.span().map_or(0, |span| span.start);
        let message = error.message();
        let why = message.lines().next().unwrap_or("no TOML").trim_end_matches(':').to_owned();
        let fault = self.error(doing, at, &why);
        match hint(&why) {
            Some(hint) => fault.hint(hint),
            None => fault,
        }
    }

    /// The byte where `key =` stands in the table that starts with `table`, else the table's start. The reader of
    /// TOML gives a `[[table]]` the span of its head alone, so its lines are those up to the next head.
    pub fn key(&self, table: &Range<usize>, key: &str) -> usize {
        let mut at = table.start;
        for (index, line) in self.text.get(table.start..).unwrap_or_default().split_inclusive('\n').enumerate() {
            if index > 0 && line.starts_with('[') {
                break;
            }
            let rest = line.trim_start().strip_prefix(key).map(str::trim_start);
            if rest.is_some_and(|rest| rest.starts_with('=')) {
                return at;
            }
            at += line.len();
        }
        table.start
    }
}

/// A hint from serde's message: the nearest of the names it expected.
fn hint(why: &str) -> Option<String> {
    let mut quoted = why.split('`').skip(1).step_by(2);
    if why.starts_with("unknown field") || why.starts_with("unknown variant") {
        let wrong = quoted.next()?;
        let names: Vec<&str> = quoted.collect();
        return Some(match nearest(wrong, names.iter().copied()) {
            Some(name) => format!("did you mean {name}?"),
            None => format!("known here: {}", names.join(", ")),
        });
    }
    if why.starts_with("duplicate key") {
        return Some("a key or table is written once; lists of tables are [[name]]".into());
    }
    if why.starts_with("missing field") {
        return Some(format!("add {} = ...", quoted.next()?));
    }
    if why.starts_with("invalid type") {
        return Some("see keysweep.schema.json for what each setting takes".into());
    }
    Some("quote text; a regex goes in '''three single quotes'''".into())
}

/// The name that is few edits away from `wrong`.
pub fn nearest<'a>(wrong: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let most = wrong.chars().count().div_ceil(3).max(1);
    let distances = names.map(|name| (strsim::levenshtein(wrong, name), name));
    distances.filter(|(distance, _)| *distance <= most).min().map(|(_, name)| name)
}
