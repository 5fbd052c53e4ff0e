//! Line numbers in text, so that every error in a file names its line.

use std::ops::Range;

use crate::core::error::{Error, ErrorKind};

/// The content of one file, and its name in messages.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The path, as messages show it.
    pub name: &'a str,
    /// The content.
    pub text: &'a str,
}

impl Source<'_> {
    /// `name:line` of a byte offset.
    pub fn at(&self, byte: usize) -> String {
        format!("{}:{}", self.name, self.line(byte))
    }

    /// The line of a byte offset, from 1.
    pub fn line(&self, byte: usize) -> usize {
        let before = self.text.as_bytes().get(..byte.min(self.text.len())).unwrap_or_default();
        memchr::memchr_iter(b'\n', before).count() + 1
    }

    /// An error whose thing is `name:line` of this byte offset.
    pub fn error(&self, doing: &str, byte: usize, why: impl std::fmt::Display) -> Error {
        Error::new(doing, self.at(byte), why).of_kind(ErrorKind::Invalid)
    }

    /// Turns an error of the TOML parser into one line, with a hint on what was probably meant.
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

    /// The byte offset of `key =` in the table at the range `table`; else the start of the table. The TOML parser
    /// gives a `[[table]]` only the range of its header, so the search ends at the next header.
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

/// A hint from serde's message: the expected name that is nearest.
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

/// The name with the smallest edit distance from `wrong`; `None` if none is near.
pub fn nearest<'a>(wrong: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let most = wrong.chars().count().div_ceil(3).max(1);
    let distances = names.map(|name| (strsim::levenshtein(wrong, name), name));
    distances.filter(|(distance, _)| *distance <= most).min().map(|(_, name)| name)
}
