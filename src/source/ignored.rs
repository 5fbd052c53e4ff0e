//! `.gitignore` rules. Only the files that belong to the repository are used: `.gitignore` and `info/exclude`, not
//! the user's global excludes or other tools' ignore files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bstr::{BStr, ByteSlice as _};
use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::core::error::Error;
use crate::core::path_bytes;
use crate::source::repo::{Repo, join};
use crate::source::{Collector, open};

/// Whether git ignores a file and does not track it.
pub fn is_private(path: &Path) -> bool {
    let Some((file, repo)) = placed(path) else { return false };
    let Some(dir) = file.parent() else { return false };
    let has_git = dir.join(".git").exists();
    let (dir, bytes) = (path_bytes::bytes(dir), path_bytes::bytes(&file));
    let (dir, bytes) = (dir.as_bstr(), bytes.as_bstr());
    let ignored = Patterns::around(dir).is_ok_and(|patterns| {
        patterns.is_none_or(|patterns| patterns.enter_named(dir, has_git).0.ignore(bytes, false))
    });
    ignored && !tracks(&repo, &file)
}

/// Whether git tracks a file, or may track it because the index cannot be read.
pub fn is_tracked(path: &Path) -> bool {
    placed(path).is_some_and(|(file, repo)| tracks(&repo, &file))
}

fn tracks(repo: &Repo, file: &Path) -> bool {
    let collector = Collector::default();
    let tracked = repo.tracks(path_bytes::bytes(file).as_bstr(), false, &collector);
    tracked || !collector.into_report().coverage.errors.is_empty()
}

/// The root of the repository that contains a path.
pub fn repository_of(path: &Path) -> Option<PathBuf> {
    let (file, repo) = placed(path)?;
    file.ancestors().find(|above| above.as_os_str().len() == repo.root()).map(Path::to_owned)
}

/// The canonical path of a file, and its repository.
fn placed(path: &Path) -> Option<(PathBuf, Repo)> {
    let parent = path.parent().map(|parent| if parent.as_os_str().is_empty() { Path::new(".") } else { parent })?;
    let file = path_bytes::path(&path_bytes::real(parent).ok()?).join(path.file_name()?);
    let at = |dir: &Path| Repo::at(path_bytes::bytes(dir).as_bstr()).ok().flatten();
    let repo = file.ancestors().skip(1).find_map(at)?;
    Some((file, repo))
}

/// The patterns that apply in a directory: its own and those of the directories above, up to the repository's root.
#[derive(Clone, Debug, Default)]
pub(super) struct Patterns {
    node: Option<Arc<PatternNode>>,
    repo: Option<Arc<Repo>>,
    /// Whether nothing is ignored in this directory and below.
    off: bool,
}

#[derive(Debug)]
struct PatternNode {
    parent: Option<Arc<Self>>,
    patterns: Gitignore,
    /// The length of the absolute path of the directory that the patterns are relative to.
    at: usize,
}

impl Patterns {
    /// No patterns, here and in all directories below.
    pub(super) fn none() -> Self {
        Self { off: true, ..Self::default() }
    }

    /// The patterns for an existing directory (an absolute path), read from the root of its repository downwards.
    /// `None` if they exclude the directory itself: a user who names it wants all of it.
    pub(super) fn around(dir: &BStr) -> crate::Result<Option<Self>> {
        if Repo::at(dir).is_ok_and(|repo| repo.is_some()) {
            return Ok(Some(Self::default()));
        }
        let starts: Vec<usize> = dir.find_iter(b"/").skip(1).collect();
        let mut root = None;
        for (at, &end) in starts.iter().enumerate().rev() {
            if Repo::at(dir[..end].as_bstr())?.is_some() {
                root = Some(at);
                break;
            }
        }
        let Some(root) = root else { return Ok(Some(Self::default())) };
        let ends = starts[root + 1..].iter().copied().chain([dir.len()]);
        let mut patterns = Self::default().whole(dir[..starts[root]].as_bstr(), true)?;
        for end in ends {
            let path = dir[..end].as_bstr();
            if patterns.ignore(path, true) {
                return Ok(None);
            }
            if end < dir.len() {
                patterns = patterns.whole(path, false)?;
            }
        }
        Ok(Some(patterns))
    }

    /// The patterns for the directory `dir`, which must be the same as that of `self` or below it. Outside of
    /// repositories nothing is ignored. `own` reads the directory's `.gitignore`. If that fails, it excludes nothing,
    /// and the error is returned.
    pub(super) fn enter(
        &self,
        dir: &BStr,
        has_git: bool,
        own: impl FnOnce() -> crate::Result<Option<Vec<u8>>>,
    ) -> (Self, Vec<Error>) {
        let (mut patterns, mut errors) = (self.clone(), Vec::new());
        if self.off {
            return (patterns, errors);
        }
        let mut push = |patterns: &mut Self, text: crate::Result<Option<Vec<u8>>>| match text {
            Ok(text) => patterns.push(dir, text),
            Err(error) => errors.push(error),
        };
        if let Some(repo) = has_git.then(|| Repo::at(dir).ok()).flatten().flatten() {
            patterns.node = None;
            push(&mut patterns, repo.excludes());
            patterns.repo = Some(Arc::new(repo));
        }
        if patterns.repo.is_some() {
            push(&mut patterns, own());
        }
        (patterns, errors)
    }

    /// The same, where any error is returned.
    fn whole(&self, dir: &BStr, has_git: bool) -> crate::Result<Self> {
        let (patterns, errors) = self.enter_named(dir, has_git);
        errors.into_iter().next().map_or(Ok(patterns), Err)
    }

    /// The same, where `.gitignore` is read by its path.
    fn enter_named(&self, dir: &BStr, has_git: bool) -> (Self, Vec<Error>) {
        self.enter(dir, has_git, || open::small(join(dir, b".gitignore").as_ref()))
    }

    /// The repository that contains the directory.
    pub(super) fn repo(&self) -> Option<&Repo> {
        self.repo.as_deref()
    }

    /// Whether a pattern excludes this path (absolute, in the directory of `self`). Entries of excluded directories
    /// are handled by the walk. The last matching pattern of the deepest file decides.
    pub(super) fn ignore(&self, path: &BStr, is_dir: bool) -> bool {
        let mut next = self.node.as_deref();
        while let Some(node) = next {
            let relative = path.get(node.at + 1..).unwrap_or_default();
            match node.patterns.matched(path_bytes::path(relative), is_dir) {
                Match::Ignore(_) => return true,
                Match::Whitelist(_) => return false,
                Match::None => next = node.parent.as_deref(),
            }
        }
        false
    }

    fn push(&mut self, dir: &BStr, text: Option<Vec<u8>>) {
        let Some(text) = text else { return };
        let mut builder = GitignoreBuilder::new("");
        for line in text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text).lines() {
            // An invalid pattern excludes nothing, so that more is scanned, not less.
            if let Ok(line) = line.to_str() {
                let _ = builder.add_line(None, line);
            }
        }
        if let Ok(patterns) = builder.build()
            && !patterns.is_empty()
        {
            self.node = Some(Arc::new(PatternNode { parent: self.node.take(), patterns, at: dir.len() }));
        }
    }
}
