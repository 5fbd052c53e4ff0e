//! Decides on an event, in the same way for every agent, with the project's policy.
//!
//! Everything that leaves the machine or enters the conversation is checked: prompts, command lines, data sent to
//! servers, text written to files, files that are read. A key in an environment file that git ignores is in its
//! proper place.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use bstr::{BString, ByteSlice as _};

use super::event::{Action, Decision, Edit, Event};
use super::flat::FlatText;
use super::{mention, shell};
use crate::core::coverage::Report;
use crate::core::error::{Error, Result};
use crate::core::finding::{Confidence, Location, Severity};
use crate::core::path_bytes::without_parents;
use crate::core::regular_file::{self, Links};
use crate::fix::lookup;
use crate::policy::Policy;
use crate::policy::suppressions::Suppressions;
use crate::scan::Match;
use crate::source::ignored;
use crate::source::read::Windows;

/// The size limit in bytes for applying an edit to its file; for larger files only the edit's own text is scanned.
const LARGEST_EDITED: u64 = 16 << 20;

/// Decides on the events of an agent.
#[derive(Debug)]
pub struct Judge<'a> {
    /// The rules, and the suppressions that depend on content.
    pub policy: &'a Policy,
    /// The suppressions by fingerprint and path.
    pub known: &'a Suppressions,
    /// The minimum severity and confidence of findings that count.
    pub least: (Severity, Confidence),
    /// The working directory of the agent, absolute. Paths are relative to it.
    pub start: &'a Path,
}

/// The keys to name in a reason: for each title the variables, without repetition.
type Keys = BTreeMap<String, BTreeSet<String>>;

impl Judge<'_> {
    /// Decides on one event.
    pub fn decide(&self, event: &Event) -> Result<Decision> {
        let decision = self.decide_action(&event.action)?;
        if decision == Decision::Pass && !event.beside.is_null() {
            return Ok(self.sent(&FlatText::of(&event.beside), "This call's input holds", "It was not run"));
        }
        Ok(decision)
    }

    fn decide_action(&self, action: &Action) -> Result<Decision> {
        match action {
            Action::Prompt { text, attachments } => self.prompt(text, attachments),
            Action::Command { text } => self.command(text),
            Action::ToolInput { input } => {
                Ok(self.sent(&FlatText::of(input), "This call's input holds", "It was not run"))
            }
            Action::McpCall { tool, input } => {
                let what = format!("This call of {tool} would send");
                Ok(self.sent(&FlatText::of(input), &what, "It was not made"))
            }
            Action::FileRead { paths, content } => self.file_read(paths, content.as_deref()),
            Action::FileEdit { edits } => self.file_edit(edits),
            Action::ToolOutput { output, .. } => {
                let flat = FlatText::of(output);
                let found = self.active(&flat.text, None)?;
                if found.is_empty() {
                    return Ok(Decision::Pass);
                }
                let keys = named(&flat.text, &found);
                let masks: Vec<(Range<usize>, String)> =
                    found.into_iter().map(|found| (found.span.clone(), found.secret.mask())).collect();
                let mut output = output.clone();
                flat.replace(&mut output, &masks);
                let reason = format!(
                    "The output of this tool holds {}. Work with the name {} alone: do not repeat, store or ask for \
                     the value.",
                    titles(&keys),
                    variables(&keys)
                );
                Ok(Decision::Redact { output, reason })
            }
            Action::Unknown => Ok(Decision::Pass),
        }
    }

    fn prompt(&self, text: &str, attachments: &[String]) -> Result<Decision> {
        let found = self.active(text.as_bytes(), None)?;
        if !found.is_empty() {
            let keys = named(text.as_bytes(), &found);
            return Ok(Decision::Deny {
                reason: format!(
                    "This prompt holds {}, and was not sent. Put the value into .env, which git has to ignore, and \
                     speak of {}. If it was sent or saved before, revoke it.",
                    titles(&keys),
                    variables(&keys)
                ),
            });
        }
        let mentioned = mention::paths(text);
        let paths: Vec<String> = attachments.iter().chain(&mentioned).cloned().collect();
        self.file_read(&paths, None)
    }

    fn command(&self, text: &str) -> Result<Decision> {
        let found = self.active(text.as_bytes(), None)?;
        if found.is_empty() {
            return self.file_read(&shell::printed(text), None);
        }
        let keys = named(text.as_bytes(), &found);
        let name = keys.values().flatten().next().cloned().unwrap_or_default();
        Ok(Decision::Deny {
            reason: format!(
                "This command line holds {}, and was not run. Load the environment (set -a; . ./.env; set +a) and \
                 write \"${{{name}:?}}\" instead.",
                titles(&keys)
            ),
        })
    }

    fn sent(&self, flat: &FlatText, what: &str, so: &str) -> Decision {
        match self.active(&flat.text, None) {
            Ok(found) if found.is_empty() => Decision::Pass,
            Ok(found) => {
                let keys = named(&flat.text, &found);
                let reason = format!("{what} {}. {so}: name {} instead of the value.", titles(&keys), variables(&keys));
                Decision::Deny { reason }
            }
            Err(error) => Decision::Deny { reason: error.to_string() },
        }
    }

    /// Denies if one of the files would bring a key into the conversation; the first such file decides.
    fn file_read(&self, paths: &[String], content: Option<&str>) -> Result<Decision> {
        let mut seen = BTreeSet::new();
        // Some agents take `..` off before they open a file; the system refuses `absent/../file`, and follows links.
        let meant = paths.iter().enumerate().flat_map(|(index, path)| {
            let real = self.resolve(path);
            [(index, without_parents(&real)), (index, real)]
        });
        for (index, real) in meant {
            if !seen.insert(real.clone()) {
                continue;
            }
            let shown = self.shown(&real);
            let (keys, line) = match content.filter(|_| index == 0) {
                Some(content) => {
                    let found = self.active(content.as_bytes(), Some(&shown))?;
                    let line = found.first().map(|found| found.position.line);
                    (named(content.as_bytes(), &found), line)
                }
                None => self.keys_in_file(&real, &shown)?,
            };
            let Some(line) = line else { continue };
            let instead = match lookup::is_environment(&real) {
                true => format!("its names can be read without the values: cut -d= -f1 {shown}"),
                false => format!("take it out first: keysweep fix {shown}"),
            };
            return Ok(Decision::Deny {
                reason: format!(
                    "{shown} holds {} (line {line}), and reading it would bring that into the conversation. Work with \
                     the name {}; {instead}.",
                    titles(&keys),
                    variables(&keys)
                ),
            });
        }
        Ok(Decision::Pass)
    }

    /// The active keys in a file, and the line of the first one. A path that does not exist or is not a file has
    /// none.
    fn keys_in_file(&self, real: &Path, shown: &str) -> Result<(Keys, Option<u64>)> {
        let nothing = (Keys::new(), None);
        let failed = |error: io::Error| Error::new("read", shown, error).hint("keysweep cannot tell what it holds");
        let Some((mut file, size)) = open(real).map_err(failed)? else { return Ok(nothing) };
        if self.policy.skips(shown.into(), size).is_some() {
            return Ok(nothing);
        }
        let mut matches = Vec::new();
        let fill = |buffer: &mut Vec<u8>| {
            let room = (buffer.capacity() - buffer.len()).max(1 << 16) as u64;
            io::Read::read_to_end(&mut io::Read::take(&mut file, room), buffer)
        };
        let named_by = |found: &Match| variable(b"", found);
        Windows::default()
            .scan(self.policy, shown.into(), &mut Vec::new(), fill, |found| matches.extend(found.key()))
            .map_err(failed)?;
        let found = self.counted(matches, Some(shown))?;
        let mut keys = Keys::new();
        for found in &found {
            keys.entry(found.rule.title.to_string()).or_default().insert(named_by(found));
        }
        Ok((keys, found.first().map(|found| found.position.line)))
    }

    fn file_edit(&self, edits: &[Edit]) -> Result<Decision> {
        for edit in edits {
            let real = self.resolve(&edit.path);
            let shown = self.shown(&real);
            let (before, after) = whole(edit, &real);
            let found = self.active(after.as_bytes(), Some(&shown))?;
            if found.is_empty() {
                continue;
            }
            let was: BTreeSet<_> =
                self.active(before.as_bytes(), Some(&shown))?.iter().map(|found| found.secret.fingerprint()).collect();
            let found: Vec<Match> =
                found.into_iter().filter(|found| !was.contains(&found.secret.fingerprint())).collect();
            if found.is_empty() || lookup::is_environment(&real) && ignored::is_private(&real) {
                continue;
            }
            let keys = named(after.as_bytes(), &found);
            let name = keys.values().flatten().next().cloned().unwrap_or_default();
            let instead = match lookup::is_environment(&real) {
                true => lookup::lookup(shown.as_bytes(), &name),
                false => format!("write {} and keep the value in .env", lookup::lookup(shown.as_bytes(), &name)),
            };
            return Ok(Decision::Deny {
                reason: format!(
                    "This edit would write {} into {shown}. It was not made: {instead}, which git has to ignore.",
                    titles(&keys)
                ),
            });
        }
        Ok(Decision::Pass)
    }

    /// The active keys in a text.
    fn active(&self, text: &[u8], path: Option<&str>) -> Result<Vec<Match>> {
        self.counted(self.policy.scan_at(text, path.map(|path| path.into())), path)
    }

    /// The matches that no suppression covers.
    fn counted(&self, matches: Vec<Match>, path: Option<&str>) -> Result<Vec<Match>> {
        if matches.is_empty() {
            return Ok(matches);
        }
        let location = Location { path: path.map(BString::from), ..Location::default() };
        let findings = matches.iter().map(|found| found.clone().at(location.clone())).collect();
        let mut report = Report { findings, ..Report::default() };
        self.known.apply(&mut report);
        if let Some(error) = report.coverage.errors.into_iter().next() {
            return Err(error);
        }
        let counts = report.findings.iter().map(|finding| {
            let (severity, confidence) = self.least;
            finding.suppressed.is_none() && finding.severity >= severity && finding.confidence >= confidence
        });
        Ok(matches.into_iter().zip(counts).filter_map(|(found, counts)| counts.then_some(found)).collect())
    }

    /// The path that the agent means.
    fn resolve(&self, path: &str) -> PathBuf {
        let path = path.strip_prefix("file://").unwrap_or(path);
        let home = path.strip_prefix("~/").and_then(|rest| Some(std::env::home_dir()?.join(rest)));
        home.unwrap_or_else(|| self.start.join(path))
    }

    /// A path for people and for the policy: relative to the working directory, if it is inside.
    fn shown(&self, real: &Path) -> String {
        let relative = real.strip_prefix(self.start).unwrap_or(real);
        let text = relative.to_string_lossy();
        if std::path::MAIN_SEPARATOR == '\\' { text.replace('\\', "/") } else { text.into_owned() }
    }
}

/// Opens a regular file and returns its size; `None` for anything else that has no content.
fn open(path: &Path) -> io::Result<Option<(std::fs::File, u64)>> {
    let no_path = |error: &io::Error| {
        use io::ErrorKind::{InvalidFilename, InvalidInput, NotADirectory, NotFound};
        matches!(error.kind(), NotFound | NotADirectory | InvalidInput | InvalidFilename)
    };
    let metadata = match std::fs::metadata(path) {
        Err(error) if no_path(&error) => return Ok(None),
        other => other?,
    };
    if !metadata.is_file() {
        return Ok(None);
    }
    Ok(Some((regular_file::open(path, Links::Follow)?, metadata.len())))
}

/// The file's text before and after an edit; if that is not possible, the edit's own texts.
fn whole(edit: &Edit, real: &Path) -> (String, String) {
    let own = || (edit.old.clone().unwrap_or_default(), edit.new.clone());
    let Ok(Some(before)) = regular_file::read(real, Links::Follow, LARGEST_EDITED) else { return own() };
    let before = before.to_str_lossy().into_owned();
    match &edit.old {
        None => (before, edit.new.clone()),
        Some(old) if !old.is_empty() && before.contains(old.as_str()) => {
            let after = before.replace(old.as_str(), &edit.new);
            (before, after)
        }
        Some(old) => (format!("{before}\n{old}"), edit.new.clone()),
    }
}

fn variable(text: &[u8], found: &Match) -> String {
    lookup::name_before(text, found.span.start).unwrap_or_else(|| lookup::variable(&found.rule.provider))
}

fn named(text: &[u8], found: &[Match]) -> Keys {
    let mut keys = Keys::new();
    for found in found {
        keys.entry(found.rule.title.to_string()).or_default().insert(variable(text, found));
    }
    keys
}

/// A phrase like "a key (OpenAI project API key)" or "keys (…, …)".
fn titles(keys: &Keys) -> String {
    let titles: Vec<&str> = keys.keys().map(String::as_str).collect();
    format!("{} ({})", if titles.len() == 1 { "a key" } else { "keys" }, titles.join(", "))
}

fn variables(keys: &Keys) -> String {
    let names: BTreeSet<&str> = keys.values().flatten().map(String::as_str).collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}
