//! Scanning the files of a work tree in parallel: each directory is a task, and so is each batch of its files.
//!
//! This walk is our own code because it has to report what it leaves out, and because it reads git's index: an
//! ignored file that is tracked is scanned. Each directory and file is opened by its name relative to the handle of
//! the directory that listed it, so a directory that is replaced by a link during the walk cannot lead elsewhere.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bstr::{BStr, BString, ByteSlice as _};
use rayon::Scope;

use crate::core::coverage::Skipped;
use crate::core::error::Error;
use crate::core::regular_file::Links;
use crate::core::threads;
use crate::policy::Policy;
use crate::source::content::{ContentKey, ContentScan};
use crate::source::ignored::Patterns;
use crate::source::name_keys;
use crate::source::open::{self, FileKind, Listing, OpenFile, Parent, Refused};
use crate::source::paths::{self, Root, RootKind};
use crate::source::pipe::{self, Pipe};
use crate::source::repo::{Repo, join};
use crate::source::{Collector, remotes, stdin};

/// The number of files in a task: few enough to share a directory of large files, many enough to be worth a task.
const BATCH: usize = 16;

/// The options of a walk.
#[derive(Clone, Copy, Debug, Default)]
pub struct WalkOptions {
    /// Whether to scan files that `.gitignore` excludes.
    pub no_ignore: bool,
    /// The number of threads; 0 for one for each processor.
    pub threads: usize,
}

/// Scans files and directories, each once, and reports to the collector.
pub fn scan(policy: &Policy, collector: &Collector, paths: &[BString], options: WalkOptions) -> crate::Result<()> {
    let roots = paths::resolve(paths, collector);
    if roots.is_empty() {
        return Ok(());
    }
    let explicit = roots.iter().map(|root| root.real.clone()).collect();
    let walk = Walk { policy, collector, explicit, no_ignore: options.no_ignore, held: AtomicUsize::new(0) };
    if let [root] = roots.as_slice()
        && root.kind != RootKind::Directory
        && !is_large(root)
    {
        walk.single(root); // one file is scanned before a thread has started
        return Ok(());
    }
    threads::run(options.threads, || {
        rayon::scope(|scope| {
            for root in &roots {
                scope.spawn(|scope| match root.kind {
                    RootKind::Directory => walk.root(scope, root),
                    RootKind::File | RootKind::Pipe => walk.single(root),
                });
            }
        });
    })
}

/// Whether a file is so large that several threads can scan it.
fn is_large(root: &Root) -> bool {
    const LARGE: u64 = 8 << 20;
    let size = std::fs::metadata(root.real.to_path_lossy()).map(|file| if file.is_file() { file.len() } else { 0 });
    root.kind == RootKind::File && size.is_ok_and(|size| size >= LARGE)
}

struct Walk<'a> {
    policy: &'a Policy,
    collector: &'a Collector,
    /// The paths that the user named. They are scanned separately, so the walk skips them.
    explicit: BTreeSet<BString>,
    no_ignore: bool,
    /// The number of directory handles that are open.
    held: AtomicUsize,
}

/// The maximum number of open handles. Further directories are opened step by step from a handle above them.
const MOST_HELD: usize = 64;

/// An open directory, shared by the tasks that open something below it.
struct HeldDirectory<'a> {
    fd: open::Handle,
    /// The length of its absolute path.
    at: usize,
    held: &'a AtomicUsize,
}

impl HeldDirectory<'_> {
    /// The handle to open something below it.
    fn parent(&self) -> Parent<'_> {
        open::parent(&self.fd)
    }
}

impl Drop for HeldDirectory<'_> {
    fn drop(&mut self) {
        self.held.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A directory to list.
struct Task<'a> {
    /// An open directory above it; `None` for a directory that the user named.
    above: Option<Arc<HeldDirectory<'a>>>,
    real: BString,
    shown: BString,
    /// The ignore patterns of the parent directory.
    patterns: Patterns,
    /// Whether it is ignored, so that only tracked files are scanned.
    ignored: bool,
}

impl Walk<'_> {
    fn root<'s>(&'s self, scope: &Scope<'s>, root: &Root) {
        let patterns = if self.no_ignore { Ok(None) } else { Patterns::around(root.real.as_ref()) };
        let patterns = patterns.unwrap_or_else(|error| {
            self.collector.failed(error);
            None
        });
        let patterns = patterns.unwrap_or_else(Patterns::none);
        let (real, shown) = (root.real.clone(), root.shown.clone());
        self.directory(scope, Task { above: None, real, shown, patterns, ignored: false });
    }

    fn single(&self, root: &Root) {
        if root.kind == RootKind::Pipe {
            return self.pipe(root);
        }
        match open::file(open::here(), root.real.as_ref(), Links::Refuse) {
            Ok(open) => self.content(root.shown.as_ref(), &open, None),
            Err(refused) => self.refused(root.shown.clone(), refused),
        }
    }

    /// Scans content that can be read only once.
    fn pipe(&self, root: &Root) {
        if pipe::is_stdin(root.real.as_ref()) {
            return stdin::scan(self.policy, self.collector, root.shown.as_ref());
        }
        let shown = root.shown.as_ref();
        let scan = ContentScan::new(self.policy, Some(shown)).until(self.collector.stop_flag());
        match Pipe::open(root.real.as_ref(), self.collector.stop_flag()) {
            Ok(mut pipe) => scan.stream(&mut pipe).report(self.collector, shown),
            Err(error) => self.failed(root.shown.clone(), &error),
        }
    }

    fn open(&self, dir: &Task<'_>) -> Result<(Vec<(BString, FileKind)>, Listing), Refused> {
        let mut open = match &dir.above {
            Some(above) => open::directory(above.parent(), dir.real[above.at..].as_bstr())?,
            None => open::named_directory(dir.real.as_ref())?,
        };
        Ok((open::list(&mut open)?, open))
    }

    /// Keeps a handle of a directory for the tasks below it.
    fn hold<'s>(&'s self, open: &Listing, real: &BStr) -> io::Result<Arc<HeldDirectory<'s>>> {
        let fd = open::duplicate(open)?;
        self.held.fetch_add(1, Ordering::Relaxed);
        Ok(Arc::new(HeldDirectory { fd, at: real.len(), held: &self.held }))
    }

    fn directory<'s>(&'s self, scope: &Scope<'s>, dir: Task<'s>) {
        if self.collector.is_stopped() {
            return;
        }
        let (entries, open) = match self.open(&dir) {
            Ok(listed) => listed,
            Err(refused) => {
                let shown = if dir.shown.is_empty() { ".".into() } else { dir.shown };
                return self.refused(shown, refused);
            }
        };
        if let Err(error) = self.entries(scope, &dir, entries, &open) {
            self.failed(dir.shown, &error);
        }
    }

    fn entries<'s>(
        &'s self,
        scope: &Scope<'s>,
        dir: &Task<'s>,
        entries: Vec<(BString, FileKind)>,
        open: &Listing,
    ) -> io::Result<()> {
        let has = |name: &str| entries.iter().any(|(entry, _)| entry == name);
        let (has_git, has_gitignore) = (has(".git"), has(".gitignore"));
        let is_bare = !has_git && ["HEAD", "config", "objects", "refs"].iter().all(|name| has(name));
        let fd = open.fd()?;
        let own = || match has_gitignore {
            true => open::small_in(fd, b".gitignore".into(), join(dir.shown.as_ref(), b".gitignore").as_ref()),
            false => Ok(None),
        };
        let (patterns, failed) = dir.patterns.enter(dir.real.as_ref(), has_git, own);
        failed.into_iter().for_each(|error| self.collector.failed(error));
        if has_git {
            self.remotes(dir.real.as_ref(), dir.shown.as_ref());
        }
        let ignored = dir.ignored && patterns.repo().is_some_and(|repo| repo.root() < dir.real.len());
        let (mut files, mut handle) = (Vec::new(), None);
        let mut real = join(dir.real.as_ref(), b"");
        let above = real.len();
        for (name, kind) in entries {
            real.truncate(above);
            real.extend_from_slice(&name);
            if name == ".git" || self.explicit.contains(&real) {
                continue;
            }
            let is_dir = kind == FileKind::Directory;
            let is_ignored = ignored || patterns.ignore(real.as_ref(), is_dir);
            let tracked = || patterns.repo().is_some_and(|repo| repo.tracks(real.as_ref(), is_dir, self.collector));
            let shown = || join(dir.shown.as_ref(), &name);
            if is_ignored && !tracked() {
                self.skipped(shown(), "ignored");
            } else if is_bare && is_dir && name == "objects" {
                self.skipped(shown(), "git objects; keysweep history looks into them");
            } else if is_dir {
                let (real, shown) = (real.clone(), shown());
                for key in name_keys::last_name(self.policy, &name) {
                    self.collector.finding(key.at(shown.as_ref()));
                }
                let above = match (&handle, &dir.above) {
                    (Some(handle), _) => Arc::clone(handle),
                    (None, Some(above)) if self.held.load(Ordering::Relaxed) >= MOST_HELD => Arc::clone(above),
                    (None, _) => Arc::clone(handle.insert(self.hold(open, dir.real.as_ref())?)),
                };
                let dir = Task { above: Some(above), real, shown, patterns: patterns.clone(), ignored: is_ignored };
                scope.spawn(move |scope| self.directory(scope, dir));
            } else if kind == FileKind::Regular {
                files.push(name);
            } else {
                let shown = shown();
                if kind == FileKind::Symlink {
                    self.link(open.fd()?, name.as_ref(), shown.as_ref());
                }
                self.skipped(shown, open::reason(kind));
            }
        }
        self.files(scope, open, dir, files, &patterns)
    }

    /// Scans a few files directly; many files become tasks in batches.
    fn files<'s>(
        &'s self,
        scope: &Scope<'s>,
        open: &Listing,
        dir: &Task<'s>,
        mut files: Vec<BString>,
        patterns: &Patterns,
    ) -> io::Result<()> {
        if files.len() <= BATCH {
            self.batch(open.fd()?, dir.shown.as_ref(), &files, patterns);
            return Ok(());
        }
        let listed = Arc::new((self.hold(open, dir.real.as_ref())?, dir.shown.clone(), patterns.clone()));
        while !files.is_empty() {
            let batch = files.split_off(files.len().saturating_sub(BATCH));
            let listed = Arc::clone(&listed);
            scope.spawn(move |_| self.batch(listed.0.parent(), listed.1.as_ref(), &batch, &listed.2));
        }
        Ok(())
    }

    fn batch(&self, dir: Parent<'_>, shown: &BStr, names: &[BString], patterns: &Patterns) {
        let common_dir = patterns.repo().map(Repo::common_dir);
        for name in names {
            if self.collector.is_stopped() {
                return;
            }
            let shown = join(shown, name);
            match open::file(dir, name.as_ref(), Links::Refuse) {
                Ok(open) => self.content(shown.as_ref(), &open, common_dir),
                Err(refused) => self.refused(shown, refused),
            }
        }
    }

    /// Scans a symbolic link's target and name, which is all that git stores of it. The link is not followed.
    fn link(&self, dir: Parent<'_>, name: &BStr, shown: &BStr) {
        // The link was deleted in the meantime.
        let Some(target) = open::target(dir, name) else { return };
        if self.policy.skips(shown, target.len() as u64).is_some() {
            return;
        }
        let scan = ContentScan::new(self.policy, Some(shown));
        let keys = scan.bytes(&target, None).keys.into_iter().chain(scan.name());
        keys.for_each(|key| self.collector.finding(key.at(shown)));
    }

    /// Scans an open file and its name.
    fn content(&self, shown: &BStr, open: &OpenFile, common_dir: Option<&Path>) {
        let scan = ContentScan::new(self.policy, Some(shown)).until(self.collector.stop_flag());
        if let Some(reason) = self.policy.skips(shown, open.size) {
            return self.skipped(shown.to_owned(), reason);
        }
        let mut content = scan.open(open);
        scan.resolve(&mut content, common_dir, self.collector);
        content.keys.extend(scan.name());
        content.report(self.collector, shown);
    }

    /// Scans the remote URLs of the repository at `real`. Other files in `.git` are never scanned.
    fn remotes(&self, real: &BStr, shown: &BStr) {
        let repo = match Repo::at(real) {
            Ok(Some(repo)) => repo,
            Ok(None) => return,
            Err(error) => return self.collector.failed(error),
        };
        let shown = join(shown, b".git/config");
        let config = repo.config();
        for found in self.policy.scan(&remotes::only_urls(config)) {
            self.collector.finding(ContentKey::plain(found).at(shown.as_ref()));
        }
        self.collector.scanned(1, config.text().len() as u64);
    }

    fn refused(&self, shown: BString, refused: Refused) {
        match refused {
            Refused::Kind(kind) => self.skipped(shown, open::reason(kind)),
            Refused::System(error) => self.failed(shown, &error),
        }
    }

    fn skipped(&self, path: BString, reason: &'static str) {
        self.collector.skipped(Skipped { path, reason });
    }

    fn failed(&self, path: BString, why: &io::Error) {
        let error = Error::new("read", path, open::why(why));
        self.collector.failed(match why.kind() {
            io::ErrorKind::PermissionDenied => error.hint("run keysweep as a user who may read it"),
            _ => error,
        });
    }
}
