//! Which commits a user means: `main`, `v1~3`, `a1b2c3d`, `A..B`, `A...B`, `2026-01-31`, `3 weeks ago`.

use bstr::BString;

use super::object::{self, Tag};
use super::oid::{Kind, Oid};
use super::refs::Refs;
use super::store::{Reader, Store};
use crate::core::error::{Error, Result};

/// Commits that count, and commits whose history does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Tips; annotated tags may be among them.
    pub include: Vec<Oid>,
    /// What these reach is left out.
    pub exclude: Vec<Oid>,
    /// Pairs of which what both reach is left out (`A...B`).
    pub(super) between: Vec<(Oid, Oid)>,
    /// Commits before this time are left out.
    pub since: Option<i64>,
}

/// What the command line says.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `A..B`, `A...B`, `^A`, or a revision; several with commas.
    pub ranges: Vec<String>,
    /// A revision or a date.
    pub since: Option<String>,
    /// Branches, or references of other kinds.
    pub branches: Vec<String>,
    /// Leave out what any remote-tracking reference reaches.
    pub not_on_remote: bool,
    /// The time, in seconds since 1970, that relative dates count from.
    pub now: i64,
}

impl Request {
    /// Whether anything is asked for: otherwise everything is scanned.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty() && self.since.is_none() && self.branches.is_empty() && !self.not_on_remote
    }
}

/// Finds the commits that a request means.
pub(super) fn select(store: &Store, refs: &Refs, request: &Request) -> Result<Selection> {
    let mut revs = Revs { store, refs, reader: Reader::new(store) };
    let mut selection = Selection::default();
    for range in request.ranges.iter().flat_map(|ranges| ranges.split(',')).map(str::trim) {
        revs.range(range, &mut selection)?;
    }
    for branch in &request.branches {
        selection.include.push(revs.resolve(branch)?);
    }
    if let Some(since) = &request.since {
        match (revs.resolve(since), date(since, request.now)) {
            (Ok(oid), _) => selection.exclude.push(oid),
            (Err(_), Some(time)) => selection.since = Some(time),
            (Err(error), None) => {
                return Err(error.hint("--since takes a revision, a date such as 2026-01-31, or `3 weeks ago`"));
            }
        }
    }
    let remote = |name: &BString| refs.is_remote(name);
    if request.not_on_remote {
        selection.exclude.extend(refs.list.iter().filter(|(name, _)| remote(name)).map(|(_, oid)| *oid));
    }
    if selection.include.is_empty() {
        let all = refs.list.iter().filter(|(name, _)| !request.not_on_remote || !remote(name));
        selection.include.extend(all.map(|(_, oid)| *oid).chain(refs.head));
    }
    Ok(selection)
}

struct Revs<'a> {
    store: &'a Store,
    refs: &'a Refs,
    reader: Reader<'a>,
}

impl Revs<'_> {
    fn range(&mut self, range: &str, selection: &mut Selection) -> Result<()> {
        let end = |name: &str| if name.is_empty() { "HEAD".to_owned() } else { name.to_owned() };
        if let Some((a, b)) = range.split_once("...") {
            let (a, b) = (self.resolve(&end(a))?, self.resolve(&end(b))?);
            selection.include.extend([a, b]);
            selection.between.push((a, b));
        } else if let Some((a, b)) = range.split_once("..") {
            selection.exclude.push(self.resolve(&end(a))?);
            selection.include.push(self.resolve(&end(b))?);
        } else if let Some(name) = range.strip_prefix('^') {
            selection.exclude.push(self.resolve(name)?);
        } else {
            selection.include.push(self.resolve(range)?);
        }
        Ok(())
    }

    /// A name, followed by any number of `^`, `^2`, `~`, `~3`.
    fn resolve(&mut self, text: &str) -> Result<Oid> {
        let failed = |why: &str| Error::new("find revision", text, why);
        let end = text.find(['^', '~']).unwrap_or(text.len());
        let (name, mut rest) = text.split_at_checked(end).unwrap_or((text, ""));
        let mut oid = self.name(name).ok_or_else(|| failed("no reference and no single object has this name"))?;
        while let Some(step) = rest.chars().next() {
            let tail = &rest.get(1..).unwrap_or_default();
            let digits = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
            let (number, next) = tail.split_at_checked(digits).unwrap_or((tail, ""));
            let number: usize = if number.is_empty() { 1 } else { number.parse().map_err(|_| failed("bad number"))? };
            rest = next;
            let (times, parent) = match step {
                '~' => (number, 1),
                '^' => (1, number),
                _ => return Err(failed("only ^ and ~ may follow a name")),
            };
            for _ in 0..times {
                let commit = self.commit(oid)?.ok_or_else(|| failed("it is no commit"))?;
                if parent > 0 {
                    oid = *commit.1.get(parent - 1).ok_or_else(|| failed("it has no such parent"))?;
                }
            }
        }
        if self.commit(oid)?.is_none() {
            return Err(failed("it is no commit"));
        }
        Ok(oid)
    }

    fn name(&self, name: &str) -> Option<Oid> {
        if let Some(oid) = self.refs.find(name.as_bytes()) {
            return Some(oid);
        }
        if name.len() < 4 || !name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        match Oid::from_hex(name.as_bytes()) {
            Some(oid) => Some(oid),
            None => match self.store.with_prefix(&name.to_ascii_lowercase())[..] {
                [oid] => Some(oid),
                _ => None,
            },
        }
    }

    /// The commit that an object leads to, and its parents.
    fn commit(&mut self, oid: Oid) -> Result<Option<(Oid, Vec<Oid>)>> {
        let mut oid = oid;
        for _ in 0..16 {
            match self.reader.read(&oid)? {
                Some((Kind::Commit, bytes)) => return Ok(Some((oid, object::Commit::parse(&bytes).parents))),
                Some((Kind::Tag, bytes)) => match Tag::parse(&bytes).target {
                    Some(target) => oid = target,
                    None => return Ok(None),
                },
                _ => return Ok(None),
            }
        }
        Ok(None)
    }
}

/// `2026-01-31`, `2026-01-31T12:00:00Z` (or `+01:00`), `3 weeks ago`, `10 days`, `@1700000000`.
fn date(text: &str, now: i64) -> Option<i64> {
    if let Some(seconds) = text.strip_prefix('@') {
        return seconds.parse().ok();
    }
    let mut words = text.split(|c: char| c == '.' || c.is_whitespace()).filter(|word| !word.is_empty());
    if let (Some(number), Some(unit)) = (words.next().and_then(|word| word.parse::<i64>().ok()), words.next()) {
        let seconds = match unit.trim_end_matches('s') {
            "second" => 1,
            "minute" => 60,
            "hour" => 3600,
            "day" => 86_400,
            "week" => 604_800,
            "month" => 2_629_800,
            "year" => 31_557_600,
            _ => return None,
        };
        return now.checked_sub(number.checked_mul(seconds)?);
    }
    let (day, time) = text.split_once(['T', ' ']).unwrap_or((text, "00:00:00Z"));
    let mut parts = day.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, date) = (parts.next()??, parts.next()??, parts.next()??);
    if parts.next().is_some() || !(1..=12).contains(&month) || !(1..=31).contains(&date) || year.abs() > 9999 {
        return None;
    }
    Some(object::days(year, month, date) * 86_400 + clock(time)?)
}

/// `12:00:00Z`, `12:00`, `12:00:00+01:00`: seconds since midnight in UTC.
fn clock(time: &str) -> Option<i64> {
    let at = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (time, zone) = time.split_at_checked(at)?;
    let seconds = |text: &str| {
        let mut parts = text.split(':').map(|part| part.parse::<u32>().ok());
        let mut next = || parts.next().unwrap_or(Some(0)).map(i64::from);
        Some(next()? * 3600 + next()? * 60 + next()?)
    };
    let away = match zone.as_bytes().first() {
        Some(b'+') => seconds(zone.get(1..)?)?,
        Some(b'-') => -seconds(zone.get(1..)?)?,
        _ => 0,
    };
    Some(seconds(time)? - away)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_the_usual_forms() {
        for (text, expected) in [
            ("1970-01-02", Some(86_400)),
            ("2024-02-29", Some(1_709_164_800)),
            ("2024-02-29T01:00:00+01:00", Some(1_709_164_800)),
            ("2024-02-29 01:30", Some(1_709_170_200)),
            ("@12", Some(12)),
            ("2 weeks ago", Some(1_000_000 - 1_209_600)),
            ("1.day.ago", Some(1_000_000 - 86_400)),
            ("2024-13-01", None),
            ("2024-02", None),
            ("yesterday", None),
            ("", None),
            ("99999999999999999 years ago", None),
        ] {
            assert_eq!(date(text, 1_000_000), expected, "{text}");
        }
    }
}
