//! Commits and annotated tags: whom they name, what they point to, and what they say.

use std::ops::Range;

use bstr::ByteSlice as _;

use super::id::{Id, Kind};
use crate::core::finding::{self, Part};

/// A commit, as far as it can be read: a broken line counts as absent.
#[derive(Clone, Debug)]
pub struct ParsedCommit<'a> {
    /// The directory that it is a snapshot of.
    pub tree: Option<Id>,
    /// The commits that it follows.
    pub parents: Vec<Id>,
    /// Who wrote the change.
    pub author: Person<'a>,
    /// Who made the commit.
    pub committer: Person<'a>,
    /// All after the headers.
    pub message: &'a [u8],
}

/// An annotated tag, as far as it can be read.
#[derive(Clone, Debug)]
pub struct ParsedTag<'a> {
    /// The object that it names.
    pub target: Option<Id>,
    /// Who made the tag.
    pub tagger: Person<'a>,
    /// All after the headers.
    pub message: &'a [u8],
}

/// Who did something, and when: `Name <email> seconds offset`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Person<'a> {
    /// The name.
    pub name: &'a [u8],
    /// The address.
    pub email: &'a [u8],
    /// Since 1970, in UTC.
    pub seconds: i64,
    /// East of Greenwich.
    pub minutes: i32,
}

impl<'a> ParsedCommit<'a> {
    /// Reads a commit object's content.
    pub fn parse(bytes: &'a [u8]) -> Self {
        let (headers, message) = split(bytes);
        let mut commit =
            Self { tree: None, parents: Vec::new(), author: Person::default(), committer: Person::default(), message };
        for line in headers.split(|&byte| byte == b'\n') {
            if let Some(id) = line.strip_prefix(b"tree ") {
                commit.tree = commit.tree.or_else(|| Id::from_hex(id));
            } else if let Some(id) = line.strip_prefix(b"parent ") {
                commit.parents.extend(Id::from_hex(id));
            } else if let Some(person) = line.strip_prefix(b"author ") {
                commit.author = Person::parse(person);
            } else if let Some(person) = line.strip_prefix(b"committer ") {
                commit.committer = Person::parse(person);
                // What follows (signatures, merged tags) says nothing of the graph.
                break;
            }
        }
        commit
    }
}

impl<'a> ParsedTag<'a> {
    /// Reads a tag object's content.
    pub fn parse(bytes: &'a [u8]) -> Self {
        let (headers, message) = split(bytes);
        let mut tag = Self { target: None, tagger: Person::default(), message };
        for line in headers.split(|&byte| byte == b'\n') {
            if let Some(id) = line.strip_prefix(b"object ") {
                tag.target = tag.target.or_else(|| Id::from_hex(id));
            } else if let Some(person) = line.strip_prefix(b"tagger ") {
                tag.tagger = Person::parse(person);
            }
        }
        tag
    }
}

impl<'a> Person<'a> {
    fn parse(line: &'a [u8]) -> Self {
        let Some(close) = memchr::memrchr(b'>', line) else { return Self { name: line, ..Self::default() } };
        let open = memchr::memchr(b'<', &line[..close]).unwrap_or(close);
        let email = line.get(open + 1..close).unwrap_or_default();
        let mut times = line[close + 1..].split(|&byte| byte == b' ').filter(|word| !word.is_empty());
        let mut number = || times.next().and_then(|word| std::str::from_utf8(word).ok()?.parse::<i64>().ok());
        let seconds = number().unwrap_or_default();
        let offset = number().unwrap_or_default();
        let offset = i32::try_from(offset).ok().filter(|offset| (-2399..2400).contains(offset)).unwrap_or_default();
        let minutes = offset / 100 * 60 + offset % 100;
        Self { name: line[..open].trim_ascii(), email, seconds, minutes }
    }

    /// RFC 3339 with the person's own offset; empty if the commit says nothing.
    pub fn date(&self) -> String {
        if self.name.is_empty() && self.email.is_empty() && self.seconds == 0 {
            return String::new();
        }
        rfc3339(self.seconds, self.minutes)
    }
}

/// The parts of a commit or tag that are scanned for keys, and what to call them. Positions of findings count within
/// the part, so that a message's first line is line 1.
pub fn parts(kind: Kind, bytes: &[u8]) -> Vec<(Part, Range<usize>)> {
    let (headers, message) = split(bytes);
    let start = bytes.len() - message.len();
    let said = if kind == Kind::Tag { Part::Tag } else { Part::Message };
    let mut parts = Vec::new();
    let mut at = 0;
    for line in headers.split_inclusive(|&byte| byte == b'\n') {
        match line.iter().position(|&byte| byte == b' ').map(|space| &line[..space]) {
            Some(b"author" | b"committer" | b"tagger") => parts.push((Part::Author, at..at + line.len())),
            Some(b"tree" | b"parent" | b"object") if is_id_line(line) => {}
            Some(b"type") if line.len() <= b"type commit\n".len() => {}
            // Signatures, a merged tag's text, a tag's name, and whatever else git may come to write here.
            _ => {
                parts.push((said, at..headers.len()));
                break;
            }
        }
        at += line.len();
    }
    parts.push((said, start..bytes.len()));
    parts
}

/// What a report says of a commit or tag.
pub fn described(id: Id, kind: Kind, bytes: &[u8]) -> finding::Commit {
    let (person, message) = if kind == Kind::Tag {
        let tag = ParsedTag::parse(bytes);
        (tag.tagger, tag.message)
    } else {
        let commit = ParsedCommit::parse(bytes);
        (commit.author, commit.message)
    };
    let summary = message.trim_ascii_start().lines().next().unwrap_or_default();
    finding::Commit {
        id: id.to_string(),
        author_name: person.name.to_str_lossy().into_owned(),
        author_email: person.email.to_str_lossy().into_owned(),
        date: person.date(),
        summary: summary.to_str_lossy().into_owned(),
        object: kind.unless_commit(),
    }
}

/// How many bytes of ids a commit starts with: no two commits start alike, and no id is a key.
pub fn leading_ids(commit: &[u8]) -> usize {
    commit.split_inclusive(|&byte| byte == b'\n').take_while(|line| is_id_line(line)).map(<[u8]>::len).sum()
}

/// Whether a header holds an object's id and nothing else.
fn is_id_line(line: &[u8]) -> bool {
    let name = [&b"tree "[..], b"parent ", b"object "].into_iter().find(|name| line.starts_with(name));
    let id = name.map(|name| line[name.len()..].trim_ascii_end());
    id.is_some_and(|id| matches!(id.len(), 40 | 64) && id.iter().all(u8::is_ascii_hexdigit))
}

/// Headers and message; between them stands an empty line.
fn split(bytes: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memmem::find(bytes, b"\n\n") {
        Some(at) => (&bytes[..at + 1], &bytes[at + 2..]),
        None => (bytes, &[]),
    }
}

/// A time as RFC 3339 writes it.
pub fn rfc3339(seconds: i64, minutes: i32) -> String {
    let local = seconds.saturating_add(i64::from(minutes) * 60);
    let (year, month, day) = civil(local.div_euclid(86_400));
    let second = local.rem_euclid(86_400);
    let sign = if minutes < 0 { '-' } else { '+' };
    let away = minutes.abs();
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}{sign}{:02}:{:02}",
        second / 3600,
        second / 60 % 60,
        second % 60,
        away / 60,
        away % 60
    )
}

/// The date of a day since 1970-01-01 (Howard Hinnant's `civil_from_days`).
fn civil(day: i64) -> (i64, i64, i64) {
    let shifted = day.saturating_add(719_468);
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_with_their_offset() {
        for (seconds, minutes, expected) in [
            (0, 0, "1970-01-01T00:00:00+00:00"),
            (1_709_164_800, 60, "2024-02-29T01:00:00+01:00"),
            (1_709_164_800, -330, "2024-02-28T18:30:00-05:30"),
            (951_782_399, 0, "2000-02-28T23:59:59+00:00"),
            (-1, 0, "1969-12-31T23:59:59+00:00"),
        ] {
            assert_eq!(rfc3339(seconds, minutes), expected);
        }
    }

    #[test]
    fn broken_people_are_read_as_far_as_possible() {
        let read = |line: &'static str| {
            let person = Person::parse(line.as_bytes());
            (person.name, person.email, person.seconds, person.minutes)
        };
        assert_eq!(read("A U Thor <a@b.c> 12 -0130"), (&b"A U Thor"[..], &b"a@b.c"[..], 12, -90));
        assert_eq!(read("<> 12"), (&b""[..], &b""[..], 12, 0));
        assert_eq!(read("no mail"), (&b"no mail"[..], &b""[..], 0, 0));
        assert_eq!(read("x <y 1 +9999"), (&b"x <y 1 +9999"[..], &b""[..], 0, 0));
        assert_eq!(read("a > b <c> d +9999"), (&b"a > b"[..], &b"c"[..], 0, 0));
    }
}
