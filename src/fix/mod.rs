//! `keysweep fix`: moves keys from files to the environment, using each language's lookup.
//!
//! A key is written to the environment file before it is removed from another file, and files are replaced in one
//! step, so that no key is lost. A key that cannot be replaced without changing what the program does is left, with
//! the reason.

mod data;
mod diff;
pub mod environment;
pub mod language;
mod lexis;
mod literal;
pub mod lookup;
mod notebook;
mod rust;
mod shell;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use bstr::ByteSlice as _;

use crate::core::error::{Error, Result};
use crate::core::finding::Secret;
use crate::core::order::ListOrder as _;
use crate::core::regular_file::{self, Links};
use crate::core::replace::replace;
use crate::scan::Match;
use crate::source::agents::{self, AgentFile, AgentFileKind};
use crate::source::ignored;
use environment::EnvironmentFile;

/// The size limit of a file that is rewritten, in bytes.
const LARGEST: u64 = 1 << 30;

/// A key in a file that is to be fixed.
#[derive(Clone, Debug)]
pub struct FoundKey {
    /// Its byte range.
    pub span: Range<usize>,
    /// Its line number, from 1.
    pub line: u64,
    /// The value.
    pub secret: Secret,
    /// The variable that will hold it.
    pub variable: String,
    /// The title of the rule that found it.
    pub title: String,
    /// The URL where it can be revoked.
    pub revoke: String,
}

/// The changes to a file's text.
#[derive(Clone, Debug, Default)]
pub struct Rewrite {
    replacements: Vec<(Range<usize>, String)>,
    /// The keys that are not replaced: the offset, the line, and the reason.
    pub left: Vec<(usize, u64, &'static str)>,
    /// Whether to keep a copy of the old content.
    backup: bool,
    /// A remark for the user.
    note: Option<String>,
}

impl Rewrite {
    fn replace(&mut self, at: Range<usize>, with: String) {
        self.replacements.push((at, with));
    }

    fn leave(&mut self, key: &FoundKey, why: &'static str) {
        self.left.push((key.span.start, key.line, why));
    }

    /// The changed text.
    fn apply(&self, text: &[u8]) -> Vec<u8> {
        let mut sorted: Vec<&(Range<usize>, String)> = self.replacements.iter().collect();
        sorted.order_by_key(|(at, _)| (at.start, at.end));
        let mut out = Vec::with_capacity(text.len());
        let mut done = 0;
        for (at, with) in sorted {
            out.extend_from_slice(&text[done..at.start.max(done)]);
            out.extend_from_slice(with.as_bytes());
            done = at.end.max(done);
        }
        out.extend_from_slice(&text[done..]);
        out
    }
}

/// The changes to one file.
#[derive(Debug)]
pub struct FileFix {
    /// The path.
    pub path: PathBuf,
    /// The path in messages.
    pub shown: String,
    /// The present content.
    pub old: Vec<u8>,
    /// The new content; equal to `old` if nothing is changed.
    pub new: Vec<u8>,
    /// The keys that are removed.
    pub removed: Vec<FoundKey>,
    /// The keys that are not removed: the line, and the reason.
    pub left: Vec<(u64, String)>,
    /// Whether to keep a copy of the old content.
    pub backup: bool,
    /// Whether to add the file to `.gitignore` instead of changing it.
    pub ignore: bool,
    /// A remark for the user.
    pub note: Option<String>,
    replacements: Vec<(Range<usize>, String)>,
}

/// All changes.
#[derive(Debug, Default)]
pub struct Plan {
    /// The changed files, sorted by path.
    pub changes: Vec<FileFix>,
    /// The environment files, by directory.
    pub environments: BTreeMap<PathBuf, EnvironmentFile>,
}

/// Reads a file that is to be fixed; `None` if it does not exist.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    regular_file::read(path, Links::Refuse, LARGEST)
}

impl Plan {
    /// Adds a file and the keys that were found in it.
    pub fn add(&mut self, path: &Path, shown: &str, old: Vec<u8>, matches: &[Match], here: &Path) -> Result<()> {
        let mut change = FileFix {
            path: path.to_owned(),
            shown: shown.to_owned(),
            new: old.clone(),
            old,
            removed: Vec::new(),
            left: Vec::new(),
            backup: false,
            ignore: false,
            note: None,
            replacements: Vec::new(),
        };
        let root = ignored::repository_of(path);
        if lookup::is_environment(path) {
            environment_file(&mut change, root.is_some(), matches);
            self.changes.push(change);
            return Ok(());
        }
        let file = agents::of(shown.as_bytes().as_bstr());
        let masks = file.is_some_and(|file| file.kind == AgentFileKind::Transcript);
        let root_or_here = root.clone().unwrap_or_else(|| here.to_owned());
        let environment = match self.environments.entry(root_or_here.clone()) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(EnvironmentFile::open(&root_or_here, root.is_some())?)
            }
        };
        let mut keys = Vec::new();
        for found in matches {
            let literal = change.old.get(found.span.clone()) == Some(found.secret.expose());
            if !masks && (!literal || !EnvironmentFile::can_hold(&found.secret)) {
                change.left.push((found.position.line, "it is encoded, or no value for an environment file".into()));
                continue;
            }
            let wanted = lookup::name_before(&change.old, found.span.start)
                .unwrap_or_else(|| lookup::variable(&found.rule.provider));
            let variable = match masks {
                true => String::new(),
                false => environment.name(&found.secret, &wanted, shown.ends_with(".tf")),
            };
            keys.push(FoundKey {
                span: found.span.clone(),
                line: found.position.line,
                secret: found.secret.clone(),
                variable,
                title: found.rule.title.to_string(),
                revoke: found.rule.revoke.to_string(),
            });
        }
        let rewrite = rewrite(shown, &change.old, file, &keys);
        change.backup = rewrite.backup;
        change.note.clone_from(&rewrite.note);
        let stays: BTreeSet<usize> = rewrite.left.iter().map(|(at, ..)| *at).collect();
        change.left.extend(rewrite.left.iter().map(|(_, line, why)| (*line, (*why).to_owned())));
        change.removed = keys.into_iter().filter(|key| !stays.contains(&key.span.start)).collect();
        change.new = rewrite.apply(&change.old);
        change.replacements = rewrite.replacements;
        change.replacements.order_by_key(|(at, _)| (at.start, at.end));
        if !masks {
            change.removed.iter().for_each(|key| environment.add(&key.variable, &key.secret));
        }
        self.changes.push(change);
        Ok(())
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.changes.iter().all(|change| change.old == change.new && !change.ignore)
    }

    /// Writes the keys first, then the files. Reports each change to `say`. Stops at the first error.
    pub fn write(&self, say: &mut dyn FnMut(String)) -> Result<()> {
        for environment in self.environments.values() {
            environment.check()?;
        }
        for environment in self.environments.values() {
            environment.write()?.into_iter().for_each(&mut *say);
        }
        for change in &self.changes {
            if change.ignore {
                if let Some(root) = ignored::repository_of(&change.path)
                    && environment::ignore(&root, &change.path)?
                {
                    say(format!("added {} to .gitignore", change.shown));
                }
                continue;
            }
            if change.old == change.new {
                continue;
            }
            if change.backup {
                let backup = backup(&change.path, &change.old)?;
                say(format!("kept {} as {}: delete it when all is well", change.shown, backup.display()));
            }
            replace(&change.path, Some(&change.old), &change.new, 0o600)?;
            say(format!("fixed {}", change.shown));
        }
        Ok(())
    }
}

/// Handles an environment file: keys may stay in it, if git ignores it.
fn environment_file(change: &mut FileFix, in_repository: bool, matches: &[Match]) {
    let line = matches.first().map_or(1, |found| found.position.line);
    if !in_repository || ignored::is_private(&change.path) {
        return;
    }
    if ignored::is_tracked(&change.path) {
        let word = crate::core::shell::shell_path(change.shown.as_bytes());
        change.left.push((line, format!("git tracks this file: git rm --cached -- {word}, then run this again")));
    } else {
        change.ignore = true;
    }
}

fn rewrite(shown: &str, text: &[u8], file: Option<&AgentFile>, keys: &[FoundKey]) -> Rewrite {
    let name = shown.rsplit('/').next().unwrap_or(shown).to_ascii_lowercase();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let leave = |why: &'static str| {
        let mut rewrite = Rewrite::default();
        keys.iter().for_each(|key| rewrite.leave(key, why));
        rewrite
    };
    match file {
        Some(AgentFile { kind: AgentFileKind::Transcript, .. }) => {
            let mut rewrite = Rewrite { backup: true, ..Rewrite::default() };
            keys.iter().for_each(|key| rewrite.replace(key.span.clone(), key.secret.mask()));
            return rewrite;
        }
        Some(AgentFile { kind: AgentFileKind::Login, .. }) => {
            return leave("a login: log out of the agent, or let it use the system's keychain");
        }
        Some(AgentFile { kind: AgentFileKind::Store, .. }) => {
            return leave("a database: delete the chat in the program itself");
        }
        Some(AgentFile { kind: AgentFileKind::Settings, reference: Some(reference), agent, .. }) => {
            let note = format!("{agent} reads the variable from the environment that it is started in");
            return Rewrite { note: Some(note), ..data::in_place(text, keys, reference) };
        }
        Some(AgentFile { kind: AgentFileKind::Settings, reference: None, .. }) => {
            return leave("this agent expands no variable here: name it where the server is started instead");
        }
        None => {}
    }
    if name.starts_with("dockerfile") || name.ends_with(".dockerfile") || name == "containerfile" {
        return leave("what a build sets stays in the image: pass it when the container starts");
    }
    let is_yaml = matches!(extension, "yml" | "yaml");
    if is_yaml && shown.contains(".github/workflows/") {
        let note = Some("gh secret set, under the same name, gives it to the workflow".into());
        return Rewrite { note, ..data::in_place(text, keys, "${{ secrets.X }}") };
    }
    if is_yaml {
        let note = (!name.contains("compose")).then(|| "the program that reads it has to expand ${…}".to_owned());
        return Rewrite { note, ..data::in_place(text, keys, "${X}") };
    }
    let first_line = text.lines().next().unwrap_or_default();
    let shebang = if first_line.starts_with(b"#!") { first_line } else { b"" };
    let is_shell = shebang
        .split(|byte| b"/ ".contains(byte))
        .any(|word| matches!(word, b"sh" | b"bash" | b"zsh" | b"dash" | b"ksh"));
    match extension {
        "sh" | "bash" | "zsh" | "ksh" => shell::rewrite(text, keys),
        "tf" => data::terraform(text, keys),
        "tfvars" | "tfstate" => leave("values of Terraform: set TF_VAR_… instead, and keep this file out of git"),
        "ipynb" => notebook::rewrite(text, keys),
        _ if is_shell => shell::rewrite(text, keys),
        _ if shebang.contains_str("python") => data::program(text, b"py", keys).unwrap_or_default(),
        _ => data::program(text, extension.as_bytes(), keys)
            .unwrap_or_else(|| leave("no lookup is known for this kind of file")),
    }
}

/// Writes a copy of the old content to a private file that no scan of the project or of agents' files includes;
/// returns its path.
fn backup(path: &Path, content: &[u8]) -> Result<PathBuf> {
    let state = std::env::var_os("XDG_STATE_HOME").filter(|state| !state.is_empty()).map(PathBuf::from);
    let state = match state {
        Some(state) => state,
        None => agents::home()?.join(".local").join("state"),
    };
    let directory = state.join("keysweep").join("backups");
    std::fs::create_dir_all(&directory).map_err(|error| Error::new("make", directory.display(), error))?;
    let seconds = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    for number in 0u32.. {
        let target = directory.join(format!("{seconds}-{number}-{name}"));
        if !target.exists() {
            replace(&target, None, content, 0o600)?;
            return Ok(target);
        }
    }
    Err(Error::new("keep a copy of", path.display(), "no name is free"))
}
