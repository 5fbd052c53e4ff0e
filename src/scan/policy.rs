//! What a run adds to the built-in engine: imported rules, the developer's own keys, and what is accepted.

use bstr::{BStr, BString};

use super::Match;
use super::foreign::{Engine, Found};
use crate::config::Paths;
use crate::config::place::Base;
use crate::finding::{Confidence, Excerpt, Position, RuleInfo, Secret, Severity};
use crate::known_keys::KnownKeys;
use crate::rule::gitleaks::ForeignRule;
use crate::suppress::allow::{self, Allowlist, Subject};
use crate::suppress::encrypted;
use crate::suppress::inline::{Markers, Verdict};

/// The parts of a scan that a configuration decides.
#[derive(Debug, Default)]
pub struct Policy {
    /// How inline markers are read.
    pub markers: Markers,
    /// Those that can be judged on content; `suppress::Known` has the others.
    pub allowlists: Vec<Allowlist>,
    /// Rules of other tools.
    pub foreign: Option<Engine>,
    /// The keys that the developer holds.
    pub known: Option<KnownKeys>,
    /// Which paths are scanned.
    pub paths: Paths,
    /// Larger files are not.
    pub max_file_size: Option<u64>,
    /// Where the configuration's paths start.
    pub base: Base,
}

impl Policy {
    /// Why a file is left out, if it is.
    pub fn skips(&self, path: &BStr, size: u64) -> Option<&'static str> {
        if self.max_file_size.is_some_and(|most| size > most) {
            return Some("larger than limits.max-file-size");
        }
        let all = self.paths.include.is_empty() && self.paths.exclude.is_empty();
        (!all && !self.paths.allow(&self.base.from_root(path))).then_some("excluded")
    }

    /// Adds what the built-in rules did not find at the same place, and takes out what is encrypted.
    pub(super) fn extend(&self, bytes: &[u8], path: Option<&BStr>, matches: &mut Vec<Match>) {
        if let Some(known) = &self.known {
            let more = known.find(bytes);
            add(matches, more);
        }
        if let Some(engine) = &self.foreign {
            let path = path.map(|path| self.base.from_root(path));
            let found = engine.scan(bytes, path.as_ref().map(BString::as_ref));
            add(matches, found.into_iter().map(|found| of(found, bytes.len())).collect());
        }
        matches.retain(|found| !encrypted::is_within(bytes, &found.span));
        matches.sort_by(|a, b| (a.span.start, a.span.end, &a.rule.id).cmp(&(b.span.start, b.span.end, &b.rule.id)));
    }

    /// Marks what is accepted, and notes which markers do not hold.
    pub(super) fn judge(&self, bytes: &[u8], path: Option<&BStr>, matches: &mut [Match]) {
        let path = path.map(|path| self.base.from_root(path));
        for found in matches {
            match self.markers.judge(bytes, found.span.clone(), &found.rule.id) {
                Some(Verdict::Suppressed(suppression)) => {
                    found.suppressed = Some(suppression);
                    continue;
                }
                Some(Verdict::Refused(why)) => found.note = Some(why),
                None => {}
            }
            if found.suppressed.is_none() && !self.allowlists.is_empty() {
                let subject = Subject {
                    rule: &found.rule.id,
                    secret: found.secret.expose(),
                    matched: &bytes[found.span.clone()],
                    line: line(bytes, found.span.start),
                    path: path.as_ref().map(|path| path.as_ref()),
                };
                found.suppressed = allow::judge(&self.allowlists, subject);
            }
        }
    }

    /// What rules that look at paths alone say of this one.
    pub(super) fn paths(&self, path: &BStr) -> Vec<Match> {
        let Some(engine) = &self.foreign else { return Vec::new() };
        let path = self.base.from_root(path);
        engine.paths(path.as_ref()).map(|rule| at_path(rule, path.as_ref())).collect()
    }
}

/// What stands where a surer rule has found the key already is the same key.
fn add(matches: &mut Vec<Match>, more: Vec<Match>) {
    let mut taken: Vec<(usize, usize)> = matches.iter().map(|found| (found.span.start, found.span.end)).collect();
    taken.sort_unstable();
    let free = |found: &Match| {
        let before = taken.partition_point(|(start, _)| *start < found.span.end);
        // Matches of the engine do not overlap each other, so the last that starts before is the one to ask.
        before == 0 || taken[before - 1].1 <= found.span.start
    };
    let more: Vec<Match> = more.into_iter().filter(free).collect();
    matches.extend(more);
}

fn of(found: Found<'_>, length: usize) -> Match {
    let end = found.span.end.min(length);
    Match {
        rule: found.rule.info.clone(),
        severity: found.rule.severity,
        confidence: found.rule.confidence,
        secret: Secret::new(&found.secret),
        span: found.span.start.min(end)..end,
        position: Position::default(),
        layers: found.layers,
        excerpt: Excerpt::default(),
        suppressed: found.allowed,
        note: None,
    }
}

fn at_path(rule: &ForeignRule, path: &BStr) -> Match {
    Match {
        rule: RuleInfo { ..rule.info.clone() },
        severity: Severity::High.min(rule.severity),
        confidence: Confidence::Likely.min(rule.confidence),
        secret: Secret::new(path),
        span: 0..0,
        position: Position { line: 1, column: 1, end_line: 1, end_column: 1 },
        layers: Vec::new(),
        excerpt: Excerpt::default(),
        suppressed: None,
        note: Some("the file's name alone says so".into()),
    }
}

fn line(bytes: &[u8], at: usize) -> &[u8] {
    let start = memchr::memrchr2(b'\n', b'\r', &bytes[..at]).map_or(0, |end| end + 1);
    let end = memchr::memchr2(b'\n', b'\r', &bytes[at..]).map_or(bytes.len(), |length| at + length);
    &bytes[start..end]
}
