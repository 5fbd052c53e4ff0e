//! What is accepted and what is reported: the configuration of a run, and the [`Policy`] that applies it to the
//! engine's matches.
//!
//! Inline [markers](inline), [allowlists](crate::rule::allowlist) and [encrypted content](encrypted) are decided
//! while content is scanned. The [ignore file](ignore_file) and the [`baseline`] identify secrets by fingerprint;
//! [`suppressions`] applies them to the findings later. A suppressed finding stays in the report, with its reason.

pub mod baseline;
pub mod commit;
pub mod config;
pub mod encrypted;
pub mod files;
pub mod ignore_file;
pub mod import;
pub mod inline;
pub mod known_keys;
pub mod suppressions;

use std::ops::Range;

use bstr::{BStr, BString};

use crate::core::finding::{Confidence, Excerpt, Position, RuleInfo, Secret, Severity, Usage};
use crate::core::order::ListOrder as _;
use crate::gitleaks::{Engine, ImportedMatch, ImportedRule};
use crate::policy::config::{ArchiveLimits, Paths};
use crate::policy::encrypted::EncryptedParts;
use crate::policy::files::PathBase;
use crate::policy::inline::{MarkerVerdict, MarkerWords, Markers};
use crate::policy::known_keys::KnownKeys;
use crate::rule::allowlist::{self, AllowedLine, Allowlist, Subject};
use crate::rule::{RuleSet, SharedRule};
use crate::scan::{Match, Scanner, Seen, locate, mask};

/// The scanner with the settings of a configuration: finds keys and marks those that are accepted. Immutable and
/// shared by all threads.
#[derive(Debug)]
pub struct Policy {
    /// The engine with the built-in rules and the user's own.
    pub scanner: Scanner,
    /// The settings of inline markers.
    pub markers: Markers,
    /// The allowlists that need the content; [`suppressions`] has the others.
    pub allowlists: Vec<Allowlist>,
    /// Imported rules in gitleaks' format.
    pub imported: Option<Engine>,
    /// The keys that the developer has.
    pub known: Option<KnownKeys>,
    /// The paths to scan.
    pub paths: Paths,
    /// The maximum file size in bytes; larger files are skipped.
    pub max_file_size: Option<u64>,
    /// Limits on opening archives.
    pub archives: ArchiveLimits,
    /// The directory that the configuration's paths are relative to.
    pub base: PathBase,
}

/// With more keys than this in one content, all marker words are located first, which is faster.
const MANY: usize = 32;

impl Policy {
    /// A policy without configuration: this scanner and inline markers.
    pub fn plain(scanner: Scanner) -> Self {
        Self {
            scanner,
            markers: Markers::default(),
            allowlists: Vec::new(),
            imported: None,
            known: None,
            paths: Paths::default(),
            max_file_size: None,
            archives: ArchiveLimits::default(),
            base: PathBase::default(),
        }
    }

    /// A policy with the built-in rules and without configuration.
    pub fn builtin() -> Self {
        Self::plain(Scanner::builtin())
    }

    /// The rules of the scanner.
    pub fn rules(&self) -> &RuleSet {
        self.scanner.rules()
    }

    /// Every key in content without a path, sorted by position, one match for each place.
    pub fn scan(&self, bytes: &[u8]) -> Vec<Match> {
        self.scan_at(bytes, None)
    }

    /// Every key in the content at a path, which is relative to the start of the scan. Some rules and allowlists
    /// depend on it.
    pub fn scan_at(&self, bytes: &[u8], path: Option<&BStr>) -> Vec<Match> {
        self.judged(bytes, path, self.scanner.find(bytes))
    }

    /// The same with the reasons why something that is packed inside encoded text was not opened. With `seen`, lines that
    /// were scanned before are skipped.
    pub fn scan_content(
        &self,
        bytes: &[u8],
        path: Option<&BStr>,
        seen: Option<&mut Seen>,
    ) -> (Vec<Match>, Vec<&'static str>) {
        let (found, unopened) = self.scanner.find_all(bytes, seen);
        (self.judged(bytes, path, found), unopened)
    }

    /// The same for the range `part` of content whose lines may have been scanned before. The range must not start or
    /// end inside a run of key characters.
    pub fn scan_unseen(&self, bytes: &[u8], part: Range<usize>, path: Option<&BStr>, seen: &mut Seen) -> Vec<Match> {
        self.judged(bytes, path, self.scanner.find_unseen(bytes, part, seen))
    }

    fn judged(&self, bytes: &[u8], path: Option<&BStr>, mut matches: Vec<Match>) -> Vec<Match> {
        self.extend(bytes, path, &mut matches);
        if matches.is_empty() {
            return matches;
        }
        let first = matches.iter().map(|found| found.span.start).min().unwrap_or_default();
        let last = matches.iter().map(|found| found.span.end).max().unwrap_or_default();
        let encrypted = EncryptedParts::around(bytes, first..last);
        matches.retain(|found| !encrypted.contain(&found.span));
        matches.order_by(|a, b| (a.span.start, a.span.end, &a.rule.id).cmp(&(b.span.start, b.span.end, &b.rule.id)));
        locate(bytes, &mut matches);
        self.judge(bytes, path, &mut matches);
        matches
    }

    /// `text` with every key in it masked, even suppressed ones; `None` if there is no key.
    pub fn masked(&self, text: &[u8]) -> Option<Vec<u8>> {
        let mut matches = self.scanner.find(text);
        self.extend(text, None, &mut matches);
        matches.order_by_key(|found| (found.span.start, found.span.end));
        mask::replace(text, matches.into_iter().map(|found| (found.span, found.secret)))
    }

    /// Whether only the scanner's rules find keys: no imported rules, which may match anywhere, and no known keys.
    pub fn is_local(&self) -> bool {
        self.imported.is_none() && self.known.is_none()
    }

    /// Whether there are other rules than the built-in ones.
    pub fn has_own_rules(&self) -> bool {
        let is_own = |rule: &SharedRule| !matches!(rule, SharedRule::Builtin(_));
        !self.is_local() || self.scanner.rules().rules().iter().any(|compiled| is_own(&compiled.rule))
    }

    /// The reason why a file is skipped; `None` if it is scanned.
    pub fn skips(&self, path: &BStr, size: u64) -> Option<&'static str> {
        if self.max_file_size.is_some_and(|most| size > most) {
            return Some("larger than limits.max-file-size");
        }
        let all = self.paths.include.is_empty() && self.paths.exclude.is_empty();
        (!all && !self.paths.allow(&self.base.from_root(path))).then_some("excluded")
    }

    /// Adds the matches of known keys and imported rules, except where the built-in rules found one already.
    fn extend(&self, bytes: &[u8], path: Option<&BStr>, matches: &mut Vec<Match>) {
        if let Some(known) = &self.known {
            let more = known.find(bytes);
            add(matches, more);
        }
        if let Some(engine) = &self.imported {
            let path = path.map(|path| self.base.from_root(path));
            let found = engine.scan(bytes, path.as_ref().map(BString::as_ref));
            add(matches, found.into_iter().map(|found| imported_match(found, bytes.len())).collect());
        }
    }

    /// Marks the matches that are accepted, and adds a note where a marker is not valid.
    fn judge(&self, bytes: &[u8], path: Option<&BStr>, matches: &mut [Match]) {
        let path = path.map(|path| self.base.from_root(path));
        let mut lines = LineCursor::new(bytes);
        // Sorted by position.
        let words = match &*matches {
            [first, .., last] if matches.len() >= MANY => {
                Some(MarkerWords::around(bytes, first.span.start..last.span.end))
            }
            _ => None,
        };
        for found in matches {
            let may_be_marked = words.as_ref().is_none_or(|words| words.are_near(&found.span));
            let marker = || self.markers.judge(bytes, found.span.clone(), &found.rule.id);
            match may_be_marked.then(marker).flatten() {
                Some(MarkerVerdict::Suppressed(suppression)) => {
                    found.suppressed = Some(suppression);
                    continue;
                }
                Some(MarkerVerdict::Refused(why)) => found.note = Some(why),
                None => {}
            }
            if found.suppressed.is_none() && !self.allowlists.is_empty() {
                let subject = Subject {
                    rule: &found.rule.id,
                    secret: found.secret.expose(),
                    matched: &bytes[found.span.clone()],
                    line: lines.at(found.span.start),
                    path: path.as_ref().map(|path| path.as_ref()),
                };
                found.suppressed = allowlist::judge(&self.allowlists, subject, &mut lines.allowed);
            }
        }
    }

    /// Matches of the imported rules that look only at the path.
    pub fn scan_path(&self, path: &BStr) -> Vec<Match> {
        let Some(engine) = &self.imported else { return Vec::new() };
        let path = self.base.from_root(path);
        engine.paths(path.as_ref()).map(|rule| at_path(rule, path.as_ref())).collect()
    }
}

/// Adds matches that do not overlap an existing match: that would be the same key, found by a rule with higher
/// confidence.
fn add(matches: &mut Vec<Match>, more: Vec<Match>) {
    let mut taken: Vec<(usize, usize)> = matches.iter().map(|found| (found.span.start, found.span.end)).collect();
    taken.order();
    let free = |found: &Match| {
        let before = taken.partition_point(|(start, _)| *start < found.span.end);
        // The engine's matches do not overlap each other, so only the last one that starts before has to be checked.
        before == 0 || taken[before - 1].1 <= found.span.start
    };
    let more: Vec<Match> = more.into_iter().filter(free).collect();
    matches.extend(more);
}

fn imported_match(found: ImportedMatch<'_>, length: usize) -> Match {
    let end = found.span.end.min(length);
    Match {
        rule: found.rule.info.clone(),
        severity: found.rule.severity,
        confidence: found.rule.confidence,
        secret: found.rule.secret(&found.secret),
        span: found.span.start.min(end)..end,
        position: Position::default(),
        layers: found.layers,
        excerpt: Excerpt::default(),
        usage: Usage::default(),
        suppressed: found.allowed,
        note: None,
    }
}

fn at_path(rule: &ImportedRule, path: &BStr) -> Match {
    Match {
        rule: RuleInfo { ..rule.info.clone() },
        severity: Severity::High.min(rule.severity),
        confidence: Confidence::Likely.min(rule.confidence),
        secret: Secret::new(path),
        span: 0..0,
        position: Position { line: 1, column: 1, end_line: 1, end_column: 1 },
        layers: Vec::new(),
        excerpt: Excerpt::default(),
        usage: Usage::default(),
        suppressed: None,
        note: Some("because of its file name alone".into()),
    }
}

/// The lines of content, requested in ascending order; a line with many keys is read once.
struct LineCursor<'a> {
    bytes: &'a [u8],
    current: Range<usize>,
    /// The cached results of the allowlists for the current line.
    allowed: AllowedLine,
}

impl<'a> LineCursor<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, current: 0..0, allowed: AllowedLine::default() }
    }

    /// The line in which byte `at` is.
    fn at(&mut self, at: usize) -> &'a [u8] {
        if !self.current.contains(&at) {
            let bytes = self.bytes;
            let start = memchr::memrchr2(b'\n', b'\r', &bytes[..at]).map_or(0, |end| end + 1);
            let end = memchr::memchr2(b'\n', b'\r', &bytes[at..]).map_or(bytes.len(), |length| at + length);
            self.current = start..end;
            self.allowed = AllowedLine::default();
        }
        &self.bytes[self.current.clone()]
    }
}
