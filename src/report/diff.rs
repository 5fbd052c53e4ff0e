//! Compares two reports. Findings are matched by the key's value and its location without the line; keys are matched
//! by their value only.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use serde::Serialize;

use crate::core::order::Gather as _;
use crate::report::keys::{self, JsonKey, KeyState};
use crate::report::model::{Document, FindingStatus, JsonFinding};
use crate::report::numbers::counted;

/// The comparison of the findings in two reports.
#[derive(Debug, Serialize)]
pub struct Diff<'a> {
    /// Active only in the new report.
    pub new: Vec<&'a JsonFinding<'a>>,
    /// Active only in the old report: removed or suppressed since.
    pub fixed: Vec<&'a JsonFinding<'a>>,
    /// Active in both, as in the new report.
    pub unchanged: Vec<&'a JsonFinding<'a>>,
}

/// What identifies a finding: value, repository, path, member and part.
type DiffKey<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str);

fn key<'a>(entry: &'a JsonFinding<'_>) -> DiffKey<'a> {
    let place = &entry.location;
    let (path, member) = (place.path.as_deref(), place.member.as_deref());
    let part = place.part.map_or("", |part| part.as_str());
    // A finding without a path is in an object.
    let holder = if path.is_none() { entry.commit.as_ref().map(|commit| commit.id.as_ref()) } else { path };
    (
        &entry.fingerprint,
        place.repository.as_deref().unwrap_or_default(),
        holder.unwrap_or_default(),
        member.unwrap_or_default(),
        part,
    )
}

impl<'a> Diff<'a> {
    /// Compares two reports.
    pub fn new(old: &'a Document<'a>, new: &'a Document<'a>) -> Self {
        let keys = |document: &'a Document<'a>| -> BTreeSet<DiffKey<'a>> {
            document.active().map(|entry| key(entry)).in_set()
        };
        let (before, now) = (keys(old), keys(new));
        let (unchanged, added) = active(new).partition(|entry| before.contains(&key(entry)));
        Self { new: added, fixed: active(old).filter(|entry| !now.contains(&key(entry))).collect(), unchanged }
    }

    /// Writes one line for each finding, then the numbers.
    pub fn write_human(&self, out: &mut dyn Write) -> io::Result<()> {
        for (sign, entries) in [('+', &self.new), ('-', &self.fixed)] {
            for entry in entries {
                let title = crate::report::escape::text(entry.title.as_bytes());
                let (place, line) = (entry.place(), entry.location.line);
                writeln!(
                    out,
                    "{sign} {place}:{line}  {title}  {}, {}  {}",
                    entry.severity,
                    entry.confidence,
                    entry.masked()
                )?;
            }
        }
        let new = counted(self.new.len() as u64, "new finding");
        writeln!(out, "{new}, {} fixed, {} unchanged.", self.fixed.len(), self.unchanged.len())
    }

    /// Writes one document: `{"new": [...], "fixed": [...], "unchanged": [...]}`.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        out.write_all(b"\n")
    }
}

/// The comparison of the keys in two reports.
#[derive(Debug, Serialize)]
pub struct KeyDiff<'a> {
    /// Active only in the new report.
    pub new: Vec<JsonKey<'a>>,
    /// Active only in the old report: gone or suppressed since.
    pub gone: Vec<JsonKey<'a>>,
    /// Active in both, as in the new report.
    pub unchanged: Vec<JsonKey<'a>>,
    /// The states of the unchanged keys in the old report; not written.
    #[serde(skip)]
    before: BTreeMap<String, (KeyState, bool)>,
    /// The fingerprints of keys that are suppressed in the new report; not written.
    #[serde(skip)]
    accepted: BTreeSet<String>,
}

impl<'a> KeyDiff<'a> {
    /// Compares two reports.
    pub fn new(old: &'a Document<'a>, new: &'a Document<'a>) -> Self {
        let is_active = |key: &JsonKey<'_>| key.status == FindingStatus::Active;
        let old: Vec<JsonKey<'a>> = keys::of(old).into_iter().filter(is_active).collect();
        let (now, accepted): (Vec<JsonKey<'a>>, Vec<JsonKey<'a>>) = keys::of(new).into_iter().partition(is_active);
        let before: BTreeMap<String, (KeyState, bool)> =
            old.iter().map(|key| (key.fingerprint.to_string(), (key.state, key.on_remote))).in_map();
        let (unchanged, added): (Vec<_>, Vec<_>) =
            now.into_iter().partition(|key| before.contains_key(key.fingerprint.as_ref()));
        let still: BTreeSet<String> = unchanged.iter().map(|key| key.fingerprint.to_string()).in_set();
        let gone = old.into_iter().filter(|key| !still.contains(key.fingerprint.as_ref())).collect();
        let accepted = accepted.into_iter().map(|key| key.fingerprint.into_owned()).in_set();
        Self { new: added, gone, unchanged, before, accepted }
    }

    /// Writes one line for each key that is new, gone or has another state, then the numbers.
    pub fn write_human(&self, out: &mut dyn Write) -> io::Result<()> {
        let line = |key: &JsonKey<'_>| {
            let title = crate::report::escape::text(key.title.as_bytes());
            let places = counted(key.places, "place");
            format!("{title}  {}  {}, {}  {places}", key.masked(), key.severity, key.confidence)
        };
        let state = |state: KeyState, pushed: bool| format!("{}{}", state.word(), if pushed { " pushed" } else { "" });
        for key in &self.new {
            writeln!(out, "+ {}  {}", line(key), state(key.state, key.on_remote))?;
        }
        for key in &self.gone {
            let why = if self.accepted.contains(key.fingerprint.as_ref()) { "accepted" } else { "gone" };
            writeln!(out, "- {}  {}, now {why}", line(key), state(key.state, key.on_remote))?;
        }
        for key in &self.unchanged {
            let now = (key.state, key.on_remote);
            if let Some(before) = self.before.get(key.fingerprint.as_ref()).filter(|before| **before != now) {
                writeln!(out, "= {}  {}, now {}", line(key), state(before.0, before.1), state(now.0, now.1))?;
            }
        }
        let (new, still) = (counted(self.new.len() as u64, "new key"), self.unchanged.len());
        let live = self.unchanged.iter().filter(|key| key.state.is_live()).count();
        writeln!(out, "{new}, {} gone, {still} still there, {live} of them live.", self.gone.len())
    }

    /// Writes one document: `{"new": [...], "gone": [...], "unchanged": [...]}`.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        out.write_all(b"\n")
    }
}

fn active<'a>(document: &'a Document<'a>) -> impl Iterator<Item = &'a JsonFinding<'a>> {
    document.findings.iter().filter(|entry| entry.status == FindingStatus::Active)
}
