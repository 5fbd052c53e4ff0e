//! Inline markers: `keysweep:allow`, and the markers of other tools.
//!
//! A marker counts anywhere on the finding's line; the next-line form counts on the line above. Any comment syntax is
//! accepted. Markers are searched for only around findings, so clean text costs no time.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use bstr::ByteSlice;
use memchr::{memchr2, memrchr2};

use crate::core::date::Date;
use crate::core::finding::{SuppressedBy, Suppression};
use crate::rule::id_pattern::fits;

/// The maximum distance of a marker from the key on the same line, in bytes. Without this limit one word in a
/// minified file would suppress everything on a line of a megabyte, and a line with a thousand keys would be read a
/// thousand times.
const REACH: usize = 4096;

/// The markers of other tools, and whether each applies to the next line. A longer marker stands before one that is
/// its prefix.
const FOREIGN: &[(&str, bool)] = &[
    ("gitleaks:allow", false),
    ("betterleaks:allow", false),
    ("trufflehog:ignore", false),
    ("kingfisher:ignore", false),
    ("ggignore", false),
    ("secretlint-disable-next-line", true),
    ("secretlint-disable-line", false),
    ("pragma: allowlist nextline secret", true),
    ("pragma: whitelist nextline secret", true),
    ("pragma: allowlist-nextline-secret", true),
    ("pragma: allowlist secret", false),
    ("pragma: whitelist secret", false),
    ("pragma: allowlist-secret", false),
];

const NAME: &str = "keysweep";
const OWN: &str = "keysweep:allow";

/// Settings of inline markers.
#[derive(Clone, Debug)]
pub struct Markers {
    /// Whether markers are used at all (`--no-inline` turns them off).
    pub enabled: bool,
    /// Whether other tools' markers are used.
    pub foreign: bool,
    /// Whether a marker without a reason is refused.
    pub require_reason: bool,
    /// Today, which `until=` is compared with.
    pub today: Date,
}

/// The positions of words that may belong to a marker, so that most keys in content with many keys need no closer
/// look.
#[derive(Debug)]
pub struct MarkerWords(Vec<usize>);

impl MarkerWords {
    /// The words around keys, all of which are in the range `keys`.
    pub fn around(bytes: &[u8], keys: Range<usize>) -> Self {
        static WORDS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
            let words = FOREIGN.iter().map(|(text, _)| *text).chain([NAME]);
            AhoCorasick::builder().ascii_case_insensitive(true).build(words).ok()
        });
        let around = keys.start.saturating_sub(2 * REACH + 2)..keys.end.saturating_add(REACH).min(bytes.len());
        let Some(words) = &*WORDS else { return Self(around.collect()) };
        let text = bytes.get(around.clone()).unwrap_or_default();
        Self(words.find_iter(text).map(|word| around.start + word.start()).collect())
    }

    /// Whether one of the words is close enough to a key.
    pub fn are_near(&self, key: &Range<usize>) -> bool {
        let reach = key.start.saturating_sub(2 * REACH + 2)..key.end.saturating_add(REACH);
        let next = self.0.partition_point(|word| *word < reach.start);
        self.0.get(next).is_some_and(|word| *word < reach.end)
    }
}

/// The effect of a marker on a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MarkerVerdict {
    /// The finding is suppressed.
    Suppressed(Suppression),
    /// There is a marker, but it is not valid for this finding: the reason, as a sentence.
    Refused(String),
}

impl Default for Markers {
    fn default() -> Self {
        Self { enabled: true, foreign: true, require_reason: false, today: Date::today() }
    }
}

impl Markers {
    /// The effect of the markers around `span` on a finding of `rule`; `None` without a marker. A valid marker wins
    /// over an invalid one.
    pub fn judge(&self, bytes: &[u8], span: Range<usize>, rule: &str) -> Option<MarkerVerdict> {
        if !self.enabled {
            return None;
        }
        let (line, above) = lines(bytes, &span);
        let mut refused = None;
        for (text, next_line) in [(line, false), (above, true)] {
            for verdict in markers_in(text, next_line, self.foreign).filter_map(|marker| self.weigh(&marker, rule)) {
                match verdict {
                    MarkerVerdict::Suppressed(_) => return Some(verdict),
                    MarkerVerdict::Refused(_) => refused = refused.or(Some(verdict)),
                }
            }
        }
        let is_near = || is_nearly_a_marker(line) || is_nearly_a_marker(above);
        refused.or_else(|| {
            is_near().then(|| MarkerVerdict::Refused("its marker is not spelled right: write keysweep:allow".into()))
        })
    }

    fn weigh(&self, marker: &Marker, rule: &str) -> Option<MarkerVerdict> {
        if let Some(rules) = &marker.rules
            && !rules.iter().any(|pattern| fits(pattern, rule))
        {
            let names: String = rules.join(", ").chars().take(64).collect();
            return Some(MarkerVerdict::Refused(format!("its marker is for {names}, and this is {rule}")));
        }
        let refuse = |why: String| Some(MarkerVerdict::Refused(why));
        match &marker.until {
            Some(Err(text)) => return refuse(format!("its marker's until={text} is not a date such as 2027-01-31")),
            Some(Ok(until)) if *until < self.today => return refuse(format!("its marker expired on {until}")),
            _ => {}
        }
        if marker.broken {
            return refuse("its marker's [ is not closed".into());
        }
        if self.require_reason && marker.reason.is_none() {
            return refuse("its marker gives no reason=, and the configuration requires one".into());
        }
        Some(MarkerVerdict::Suppressed(Suppression { by: SuppressedBy::Inline, reason: marker.reason.clone() }))
    }
}

/// One parsed marker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marker {
    /// The rules that it is limited to.
    pub rules: Option<Vec<String>>,
    /// The reason that a person gave.
    pub reason: Option<String>,
    /// The last day on which it is valid; the original text if that is not a date.
    pub until: Option<Result<Date, String>>,
    broken: bool,
}

/// Every marker in a line: with `next_line` those for the line below, else those for this line.
pub fn markers_in(line: &[u8], next_line: bool, foreign: bool) -> impl Iterator<Item = Marker> + '_ {
    // A marker's text ends where the next marker starts, so that no part of a line is read twice.
    let own = line.find_iter(OWN).filter_map(move |at| {
        let rest = &line[at + OWN.len()..];
        own_marker(&rest[..rest.find(OWN).unwrap_or(rest.len())], next_line)
    });
    let others = FOREIGN.iter().filter(move |(_, next)| foreign && *next == next_line);
    own.chain(others.filter_map(|(text, _)| foreign_marker(line, text)))
}

fn own_marker(after: &[u8], next_line: bool) -> Option<Marker> {
    let suffix = ["-next-line", "-nextline"].iter().find_map(|suffix| after.strip_prefix(suffix.as_bytes()));
    if suffix.is_some() != next_line {
        return None;
    }
    let mut rest = suffix.unwrap_or(after);
    let mut marker = Marker::default();
    match rest.first() {
        Some(b'[') => match rest.find_byte(b']') {
            Some(end) => {
                let list = rest[1..end].to_str_lossy();
                marker.rules = Some(list.split(',').map(|rule| rule.trim().to_owned()).collect());
                rest = &rest[end + 1..];
            }
            None => marker.broken = true,
        },
        // `keysweep:allowed` is a word, not a marker.
        Some(c) if is_word(*c) => return None,
        _ => {}
    }
    let text = rest.to_str_lossy();
    marker.until = value(&text, "until=").map(|text| Date::parse(&text).ok_or(text));
    marker.reason = value(&text, "reason=").filter(|reason| !reason.is_empty());
    Some(marker)
}

/// Whether the line has something like a misspelled marker: `keysweep: allow`, `keysweep:ignore`, `Keysweep-Allow`.
fn is_nearly_a_marker(line: &[u8]) -> bool {
    const WORDS: [&[u8]; 7] = [b"allow", b"ignore", b"disable", b"skip", b"off", b"noqa", b"suppress"];
    let lower = line.to_ascii_lowercase();
    lower.find_iter(NAME).any(|at| {
        let rest = &lower[at + NAME.len()..];
        let gap = rest.iter().take_while(|byte| matches!(byte, b' ' | b':' | b'-' | b'_' | b'=')).count();
        let word = &rest[gap..gap + rest[gap..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count()];
        (1..=3).contains(&gap) && WORDS.contains(&word) && !line[at..].starts_with_str(OWN)
    })
}

/// Whether a marker can be written in a file with this path: some formats have no comments.
pub fn can_stand_in(path: &[u8]) -> bool {
    const WITHOUT: [&[u8]; 14] = [
        b"json",
        b"jsonl",
        b"ndjson",
        b"geojson",
        b"webmanifest",
        b"ipynb",
        b"har",
        b"map",
        b"csv",
        b"tsv",
        b"pdf",
        b"png",
        b"zip",
        b"gz",
    ];
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path).to_ascii_lowercase();
    let extension = name.iter().rposition(|byte| *byte == b'.').map_or(&b""[..], |dot| &name[dot + 1..]);
    !WITHOUT.contains(&extension)
}

/// Other tools' markers have no reason, because it could not be told from the rest of the line.
fn foreign_marker(line: &[u8], text: &str) -> Option<Marker> {
    let holds = |at: usize| {
        let before = at.checked_sub(1).and_then(|i| line.get(i));
        let after = line.get(at + text.len());
        !before.is_some_and(|c| is_word(*c)) && !after.is_some_and(|c| is_word(*c))
    };
    line.find_iter(text).any(holds).then(Marker::default)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// The value after `reason=` or `until=`: quoted, or up to the other field or the end of the comment.
fn value(text: &str, field: &str) -> Option<String> {
    let (_, rest) = text.split_once(field)?;
    for quote in ['"', '\''] {
        if let Some((quoted, _)) = rest.strip_prefix(quote).and_then(|rest| rest.split_once(quote)) {
            return Some(quoted.trim().to_owned());
        }
    }
    if field == "until=" {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rest.len());
        return rest.get(..end).map(|date| date.trim_end_matches('-').to_owned());
    }
    let ends = [" until=", "*/", "-->", "--%>", "%>", "#}", "*)", "--]]"];
    let end = ends.iter().filter_map(|end| rest.find(end)).min().unwrap_or(rest.len());
    rest.get(..end).map(|reason| reason.trim().to_owned())
}

/// The lines that a span touches, and the line above them. `\r` alone also ends a line.
fn lines<'a>(bytes: &'a [u8], span: &Range<usize>) -> (&'a [u8], &'a [u8]) {
    let end = span.end.min(bytes.len());
    let start = span.start.min(end);
    let floor = start.saturating_sub(REACH);
    let line_start = memrchr2(b'\n', b'\r', &bytes[floor..start]).map_or(floor, |at| floor + at + 1);
    let ceiling = end.saturating_add(REACH).min(bytes.len());
    let line_end = memchr2(b'\n', b'\r', &bytes[end..ceiling]).map_or(ceiling, |at| end + at);
    let line = &bytes[line_start..line_end];
    let before = &bytes[..line_start];
    let before =
        before.strip_suffix(b"\r\n").or_else(|| before.strip_suffix(b"\n")).or_else(|| before.strip_suffix(b"\r"));
    // If the line starts too far before the key, the line above is too far as well.
    let above = before.map_or(&[][..], |before| {
        let floor = before.len().saturating_sub(REACH);
        let start = memrchr2(b'\n', b'\r', &before[floor..]).map_or(floor, |at| floor + at + 1);
        &before[start..]
    });
    (line, above)
}
