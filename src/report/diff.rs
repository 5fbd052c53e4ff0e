//! What changed between two reports: new, fixed and unchanged findings, by the key's value and where it stands, never
//! by line.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde::Serialize;

use crate::report::model::{Document, FindingStatus, JsonFinding};
use crate::report::numbers::counted;

/// The findings of two reports, compared.
#[derive(Debug, Serialize)]
pub struct Diff<'a> {
    /// Active in the new report alone.
    pub new: Vec<&'a JsonFinding<'a>>,
    /// Active in the old report alone: gone, or suppressed since.
    pub fixed: Vec<&'a JsonFinding<'a>>,
    /// Active in both, as the new one has them.
    pub unchanged: Vec<&'a JsonFinding<'a>>,
}

/// Value, repository, path, member and part.
type DiffKey<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str);

fn key<'a>(entry: &'a JsonFinding<'_>) -> DiffKey<'a> {
    let place = &entry.location;
    let (path, member) = (place.path.as_deref(), place.member.as_deref());
    let part = place.part.map_or("", |part| part.as_str());
    // What stands in no file stands in an object.
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
            document.active().map(|entry| key(entry)).collect()
        };
        let (before, now) = (keys(old), keys(new));
        let (unchanged, added) = active(new).partition(|entry| before.contains(&key(entry)));
        Self { new: added, fixed: active(old).filter(|entry| !now.contains(&key(entry))).collect(), unchanged }
    }

    /// For people: a line a finding, then the numbers.
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

    /// One document: `{"new": [...], "fixed": [...], "unchanged": [...]}`.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        out.write_all(b"\n")
    }
}

fn active<'a>(document: &'a Document<'a>) -> impl Iterator<Item = &'a JsonFinding<'a>> {
    document.findings.iter().filter(|entry| entry.status == FindingStatus::Active)
}
