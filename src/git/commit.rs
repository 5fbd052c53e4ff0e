//! Parsing commits and annotated tags.

use std::ops::Range;

use bstr::ByteSlice as _;

use super::id::{Id, Kind};
use crate::core::date;
use crate::core::finding::{self, Part};

/// A parsed commit. A malformed header is treated as missing.
#[derive(Clone, Debug)]
pub struct ParsedCommit<'a> {
    /// The id of the root tree.
    pub tree: Option<Id>,
    /// The ids of the parents.
    pub parents: Vec<Id>,
    /// The author of the change.
    pub author: Person<'a>,
    /// The committer.
    pub committer: Person<'a>,
    /// Everything after the headers.
    pub message: &'a [u8],
}

/// A parsed annotated tag. A malformed header is treated as missing.
#[derive(Clone, Debug)]
pub struct ParsedTag<'a> {
    /// The id of the tagged object.
    pub target: Option<Id>,
    /// The person who made the tag.
    pub tagger: Person<'a>,
    /// Everything after the headers.
    pub message: &'a [u8],
}

/// An author, committer or tagger, with the time: `Name <email> seconds offset`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Person<'a> {
    /// The name.
    pub name: &'a [u8],
    /// The email address.
    pub email: &'a [u8],
    /// The time in seconds since 1970, in UTC.
    pub seconds: i64,
    /// The offset of the time zone from UTC in minutes, positive to the east.
    pub minutes: i32,
}

impl<'a> ParsedCommit<'a> {
    /// Parses the content of a commit object.
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
                // The headers after these (signatures, merged tags) are not needed for the graph.
                break;
            }
        }
        commit
    }
}

impl<'a> ParsedTag<'a> {
    /// Parses the content of a tag object.
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
    pub(super) fn parse(line: &'a [u8]) -> Self {
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

    /// The time in RFC 3339 with the person's offset; empty if there is none.
    pub fn date(&self) -> String {
        if self.name.is_empty() && self.email.is_empty() && self.seconds == 0 {
            return String::new();
        }
        date::at_offset(self.seconds, self.minutes)
    }
}

/// The parts of a commit or tag that are scanned for keys, with their byte ranges. Positions of findings are relative
/// to the part, so the first line of a message is line 1.
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
            // Signatures, the text of a merged tag, the name of a tag, and headers that git may add later.
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

/// The description of a commit or tag for reports.
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

/// The number of bytes at the start of a commit that hold only ids. Every commit differs there, and no id is a key.
pub fn leading_ids(commit: &[u8]) -> usize {
    commit.split_inclusive(|&byte| byte == b'\n').take_while(|line| is_id_line(line)).map(<[u8]>::len).sum()
}

/// Whether a header line has an object id and nothing else.
fn is_id_line(line: &[u8]) -> bool {
    let name = [&b"tree "[..], b"parent ", b"object "].into_iter().find(|name| line.starts_with(name));
    let id = name.map(|name| line[name.len()..].trim_ascii_end());
    id.is_some_and(|id| matches!(id.len(), 40 | 64) && id.iter().all(u8::is_ascii_hexdigit))
}

/// The headers and the message, which an empty line separates.
fn split(bytes: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memmem::find(bytes, b"\n\n") {
        Some(at) => (&bytes[..at + 1], &bytes[at + 2..]),
        None => (bytes, &[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
