//! Policy from a commit (`--policy-from`), and what a change would add to it.
//!
//! A pull request is judged by the configuration, ignore file and baseline of the branch it wants to join. What it
//! adds to them, and the inline markers on its lines, are listed and do not count: else one commit could bring a key
//! and the word that silences it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bstr::{BStr, BString, ByteSlice};
use git2::{DiffOptions, ObjectType, Repository, Tree};

use crate::core::error::{Error, Result};
use crate::core::files::Files;
use crate::core::finding::{Finding, SuppressedBy};
use crate::policy::baseline::{self, Baseline};
use crate::policy::config::Config;
use crate::policy::ignore_file::IgnoreFile;
use crate::policy::inline;

/// The tree of a commit.
pub struct Commit {
    repo: Repository,
    tree: git2::Oid,
    rev: String,
}

impl Commit {
    /// Opens the commit that `rev` names in the repository around `start`.
    pub fn open(start: &Path, rev: &str) -> Result<Self> {
        let failed = |error: git2::Error| {
            let fault = Error::new("read policy from", rev, error.message());
            fault.hint("name a commit that is here; in CI fetch the base branch first")
        };
        let repo = Repository::discover(start).map_err(failed)?;
        let object = repo.revparse_single(rev).and_then(|object| object.peel(ObjectType::Tree)).map_err(failed)?;
        let tree = object.id();
        drop(object);
        Ok(Self { repo, tree, rev: rev.to_owned() })
    }

    fn tree(&self) -> Result<Tree<'_>> {
        self.repo.find_tree(self.tree).map_err(|error| Error::new("read policy from", &self.rev, error.message()))
    }

    /// The baseline at a path: a directory's files, or a file.
    pub fn baseline(&self, path: &str) -> Result<Baseline> {
        let name = self.name(path);
        let tree = self.tree()?;
        let Ok(entry) = tree.get_path(Path::new(path)) else { return Ok(Baseline::default()) };
        let failed = |error: git2::Error| Error::new("read baseline", &name, error.message());
        let object = entry.to_object(&self.repo).map_err(failed)?;
        if let Some(blob) = object.as_blob() {
            return Baseline::from_files(&name, std::iter::once((name.clone(), blob.content())));
        }
        let mut files: Vec<(String, Vec<u8>)> = Vec::new();
        for item in object.as_tree().into_iter().flatten() {
            let file = String::from_utf8_lossy(item.name_bytes()).into_owned();
            if crate::core::finding::Fingerprint::parse(&file).is_some() {
                let blob = self.repo.find_blob(item.id()).map_err(failed)?;
                files.push((format!("{name}/{file}"), blob.content().to_vec()));
            }
        }
        Baseline::from_files(&name, files.iter().map(|(file, content)| (file.clone(), content.as_slice())))
    }

    /// What stands in the working tree and not in this commit.
    pub fn change(&self) -> Result<Change> {
        let failed = |error: git2::Error| Error::new("compare the working tree with", &self.rev, error.message());
        let mut options = DiffOptions::new();
        // Attributes of the change must not hide lines of the change.
        options.force_text(true).context_lines(0).include_untracked(true).recurse_untracked_dirs(true);
        options.show_untracked_content(true).ignore_submodules(true).include_typechange(true);
        let tree = self.tree()?;
        let diff = self.repo.diff_tree_to_workdir_with_index(Some(&tree), Some(&mut options)).map_err(failed)?;
        let mut change = Change::default();
        let mut line = |delta: git2::DiffDelta<'_>, _: Option<git2::DiffHunk<'_>>, line: git2::DiffLine<'_>| {
            if let (Some(number), '+', Some(path)) = (line.new_lineno(), line.origin(), delta.new_file().path_bytes()) {
                change.line(path.as_bstr(), u64::from(number), line.content());
            }
            true
        };
        diff.foreach(&mut |_, _| true, None, None, Some(&mut line)).map_err(failed)?;
        Ok(change)
    }
}

impl Files for Commit {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        if Path::new(path).is_absolute() {
            let fault = Error::new("read policy from", &self.rev, format!("{path} is an absolute path"));
            return Err(fault.hint("what is read from a commit is named relative to the repository's root"));
        }
        let tree = self.tree()?;
        let path = path.trim_start_matches("./");
        let Ok(entry) = tree.get_path(Path::new(path)) else { return Ok(None) };
        let failed = |error: git2::Error| Error::new("read", self.name(path), error.message());
        let blob = self.repo.find_blob(entry.id()).map_err(failed)?;
        Ok(Some(blob.content().to_vec()))
    }

    fn name(&self, path: &str) -> String {
        format!("{}:{path}", self.rev)
    }
}

/// The lines that a change adds.
#[derive(Clone, Debug, Default)]
pub struct Change {
    lines: BTreeMap<BString, BTreeSet<u64>>,
    markers: BTreeSet<(BString, u64)>,
}

impl Change {
    fn line(&mut self, path: &BStr, number: u64, content: &[u8]) {
        self.lines.entry(path.to_owned()).or_default().insert(number);
        let has = |next_line| inline::found(content, next_line, true).next().is_some();
        if has(false) || has(true) {
            self.markers.insert((path.to_owned(), number));
        }
    }

    /// Takes back an inline suppression whose marker comes with the change; `path` is from the repository's root.
    pub fn distrust(&self, finding: &mut Finding, path: &BStr) {
        let by_inline = finding.suppressed.as_ref().is_some_and(|suppression| suppression.by == SuppressedBy::Inline);
        let position = finding.location.position;
        let around = position.line.saturating_sub(1)..=position.end_line;
        let is_new = |number: &u64| self.markers.contains(&(path.to_owned(), *number));
        if by_inline && around.clone().any(|number| is_new(&number)) {
            finding.suppressed = None;
            finding.note = Some("its marker comes with this change, so it does not count".into());
        }
    }

    /// The suppressions that the change adds, one a line.
    pub fn additions(&self, then: &Accepted<'_>, now: &Accepted<'_>) -> Result<Vec<String>> {
        let mut list = Vec::new();
        for (path, line) in &self.markers {
            list.push(format!("{path}:{line}: an inline marker"));
        }
        let entries = |policy: &Accepted<'_>| -> BTreeSet<String> {
            policy.ignore.entries.iter().map(|entry| entry.text.clone()).collect()
        };
        list.extend(entries(now).difference(&entries(then)).map(|entry| format!("{}: {entry}", now.ignore.name)));
        let (old, new) = (then.baseline.all()?, now.baseline.all()?);
        let added: Vec<&baseline::Entry> = new.difference(&old).collect();
        list.extend(added.iter().map(|entry| format!("{}: {entry}", now.baseline.name)));
        let settings = |config: &Config| -> BTreeSet<(String, String)> {
            let given = config.settings.iter().filter(|setting| setting.from != "default");
            given.map(|setting| (setting.key.clone(), setting.value.clone())).collect()
        };
        let added: Vec<(String, String)> = settings(now.config).difference(&settings(then.config)).cloned().collect();
        let file = now.config.file.as_deref().unwrap_or_default();
        list.extend(added.into_iter().map(|(key, value)| format!("{file}: {key} = {value}")));
        Ok(list)
    }
}

/// All that suppresses by policy, at one time.
pub struct Accepted<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The ignore file.
    pub ignore: &'a IgnoreFile,
    /// The baseline.
    pub baseline: &'a Baseline,
}
