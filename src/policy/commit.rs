//! Policy read from a commit (`--policy-from`), and the list of what a change would add to it.
//!
//! A pull request is checked with the configuration, ignore file and baseline of its target branch. Entries that it
//! adds to these files, and inline markers on its new lines, are listed but have no effect: otherwise one commit
//! could add both a key and its suppression.
//!
//! The commit is read with keysweep's own object reader, in both object formats; libgit2 computes the line diff.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bstr::{BStr, BString, ByteSlice};
use git2::{DiffOptions, Patch};

use crate::core::error::{Error, Result};
use crate::core::files::Files;
use crate::core::finding::{Finding, Fingerprint, SuppressedBy};
use crate::core::order::Gather as _;
use crate::core::regular_file::{self, Links};
use crate::git::refs::Lookup;
use crate::git::revision::Revisions;
use crate::git::tree::{EntryKind, TreeEntries};
use crate::git::{Environment, Id, Kind, Objects, Repository};
use crate::policy::baseline::{self, Baseline};
use crate::policy::config::Config;
use crate::policy::ignore_file::IgnoreFile;
use crate::policy::inline;

/// The tree of a commit, as a source of policy files.
pub struct CommitTree {
    repository: Repository,
    objects: Objects,
    tree: Id,
    rev: String,
}

impl CommitTree {
    /// Opens the tree of `rev` (any revision that git accepts) in the repository that contains `start`.
    pub fn open(start: &Path, rev: &str) -> Result<Self> {
        let repository = Repository::discover(start, &Environment::of_process())?;
        let objects = Objects::open(&repository);
        let tree = Revisions::new(&Lookup::new(&repository), &objects).tree(rev);
        let tree = tree.map_err(|error| error.hint("name a commit that is here; in CI fetch the base branch first"))?;
        Ok(Self { repository, objects, tree, rev: rev.to_owned() })
    }

    /// The tree entry at a path relative to the root of the tree.
    fn entry(&self, path: &str) -> Result<Option<(EntryKind, Id)>> {
        let mut at = (EntryKind::Tree, self.tree);
        for name in path.split('/').filter(|name| !matches!(*name, "" | ".")) {
            if at.0 != EntryKind::Tree {
                return Ok(None);
            }
            let found = self.entries(at.1)?.into_iter().find(|(entry, ..)| entry == name);
            let Some((_, kind, id)) = found else { return Ok(None) };
            at = (kind, id);
        }
        Ok(Some(at))
    }

    fn entries(&self, tree: Id) -> Result<Vec<(BString, EntryKind, Id)>> {
        let bytes = self.objects.read(tree, Kind::Tree)?;
        let broken = || Error::new("read tree", tree, "one of its entries is broken").hint("`git fsck` says more");
        TreeEntries::new(&bytes, self.repository.hash)
            .map(|entry| entry.map(|entry| (entry.name.into(), entry.kind, entry.id)).ok_or_else(broken))
            .collect()
    }

    fn file(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let is = match self.entry(path)? {
            None => return Ok(None),
            Some((EntryKind::File, id)) => return self.objects.read(id, Kind::Blob).map(Some),
            Some((EntryKind::Symlink, _)) => "a symbolic link",
            Some((EntryKind::Tree, _)) => "a directory",
            Some((EntryKind::Submodule, _)) => "a submodule",
        };
        Err(Error::new("read", self.name(path), format!("it is {is}, not a file")))
    }

    /// The baseline at a path, which may be a directory or a file.
    pub fn baseline(&self, path: &str) -> Result<Baseline> {
        let name = self.name(path);
        let mut files: Vec<(String, Vec<u8>)> = Vec::new();
        match self.entry(path)? {
            Some((EntryKind::Tree, tree)) => {
                for (file, _, id) in self.entries(tree)? {
                    if Fingerprint::parse(&file.to_str_lossy()).is_some() {
                        files.push((format!("{name}/{file}"), self.objects.read(id, Kind::Blob)?));
                    }
                }
            }
            _ => files.extend(self.file(path)?.map(|content| (name.clone(), content))),
        }
        Baseline::from_files(&name, files.iter().map(|(file, content)| (file.clone(), content.as_slice())))
    }
}

impl Files for CommitTree {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        if Path::new(path).is_absolute() {
            let fault = Error::new("read policy from", &self.rev, format!("{path} is an absolute path"));
            return Err(fault.hint("paths in a commit are relative to the root of the repository"));
        }
        self.file(path)
    }

    fn name(&self, path: &str) -> String {
        format!("{}:{path}", self.rev)
    }
}

/// The inline markers that are in the working tree but not in the commit.
pub struct NewMarkers<'a> {
    commit: &'a CommitTree,
    /// For each path, the numbers of the lines with a new marker; `None` if they could not be determined.
    lines: BTreeMap<BString, Option<BTreeSet<u64>>>,
    /// The markers that were ignored: path and line.
    distrusted: BTreeSet<(BString, u64)>,
}

/// The size limit, in bytes, of a file in the working tree that is compared.
const LONGEST: u64 = 1 << 30;

impl<'a> NewMarkers<'a> {
    /// Files are compared when a finding in them asks for it.
    pub fn since(commit: &'a CommitTree) -> Self {
        Self { commit, lines: BTreeMap::new(), distrusted: BTreeSet::new() }
    }

    /// Removes a finding's inline suppression if its marker is new, or if that cannot be determined. `path` is
    /// relative to the repository's root.
    pub fn distrust(&mut self, finding: &mut Finding, path: &BStr) {
        if finding.suppressed.as_ref().is_none_or(|suppression| suppression.by != SuppressedBy::Inline) {
            return;
        }
        let position = finding.location.position;
        let around = position.line.saturating_sub(1)..=position.end_line;
        let commit = self.commit;
        let lines = self.lines.entry(path.to_owned()).or_insert_with(|| new_markers(commit, path).ok());
        let new = match lines {
            Some(lines) => lines.range(around).next().copied(),
            None => Some(position.line),
        };
        if let Some(line) = new {
            self.distrusted.insert((path.to_owned(), line));
            finding.suppressed = None;
            finding.note = Some("its marker comes with this change, so it does not count".into());
        }
    }

    /// One line for each marker that was ignored.
    pub fn list(&self) -> impl Iterator<Item = String> {
        self.distrusted.iter().map(|(path, line)| format!("{path}:{line}: an inline marker"))
    }
}

/// The numbers of the lines that have a marker and are not in the commit's version of the file.
fn new_markers(commit: &CommitTree, path: &BStr) -> Result<BTreeSet<u64>> {
    let file = commit.repository.top().join(path.to_path_lossy());
    let Some(now) = regular_file::read(&file, Links::Refuse, LONGEST)? else { return Ok(BTreeSet::new()) };
    let then = match commit.entry(&path.to_str_lossy())? {
        Some((EntryKind::File | EntryKind::Symlink, id)) => commit.objects.read(id, Kind::Blob)?,
        Some((EntryKind::Tree | EntryKind::Submodule, _)) | None => Vec::new(),
    };
    let failed = |error: git2::Error| Error::new("compare", path, error.message());
    let mut options = DiffOptions::new();
    options.force_text(true).context_lines(0);
    let mut patch = Patch::from_buffers(&then, None, &now, None, Some(&mut options)).map_err(failed)?;
    let mut markers = BTreeSet::new();
    let mut line = |_: git2::DiffDelta<'_>, _: Option<git2::DiffHunk<'_>>, line: git2::DiffLine<'_>| {
        let has = |next_line| inline::markers_in(line.content(), next_line, true).next().is_some();
        if let (Some(number), '+', true) = (line.new_lineno(), line.origin(), has(false) || has(true)) {
            markers.insert(u64::from(number));
        }
        true
    };
    patch.print(&mut line).map_err(failed)?;
    Ok(markers)
}

/// One line for each entry that the change adds to the policy files.
pub fn additions(then: &PolicyFiles<'_>, now: &PolicyFiles<'_>) -> Result<Vec<String>> {
    let mut list = Vec::new();
    let entries = |policy: &PolicyFiles<'_>| -> BTreeSet<String> {
        policy.ignore.entries.iter().map(|entry| entry.text.clone()).in_set()
    };
    list.extend(entries(now).difference(&entries(then)).map(|entry| format!("{}: {entry}", now.ignore.name)));
    let (old, new) = (then.baseline.entries()?, now.baseline.entries()?);
    let added: Vec<&baseline::BaselineEntry> = new.difference(&old).collect();
    list.extend(added.iter().map(|entry| format!("{}: {entry}", now.baseline.name)));
    let settings = |config: &Config| -> BTreeSet<(String, String)> {
        let given = config.settings.iter().filter(|setting| setting.from != "default");
        given.map(|setting| (setting.key.clone(), setting.value.clone())).in_set()
    };
    let added: Vec<(String, String)> = settings(now.config).difference(&settings(then.config)).cloned().collect();
    let file = now.config.file.as_deref().unwrap_or_default();
    list.extend(added.into_iter().map(|(key, value)| format!("{file}: {key} = {value}")));
    Ok(list)
}

/// The policy files of one version of a repository.
pub struct PolicyFiles<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The ignore file.
    pub ignore: &'a IgnoreFile,
    /// The baseline.
    pub baseline: &'a Baseline,
}
