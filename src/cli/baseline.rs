//! `keysweep baseline`: creates, updates, checks and prunes the baseline, and imports other tools' lists.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, IsTerminal as _};
use std::path::{Path, PathBuf};

use crate::cli::ScanTarget;
use crate::cli::args::policy::{BaselineArgs, BaselineCommand as Command};
use crate::cli::output::{self, complain};
use crate::cli::policy::{self, Loaded};
use crate::cli::progress;
use crate::core::coverage::Report;
use crate::core::error::{Error, Exit, Result};
use crate::core::finding::{Confidence, Finding, SuppressedBy};
use crate::core::order::ListOrder as _;
use crate::core::path_bytes;
use crate::core::regular_file::{self, Links};
use crate::policy::baseline::{self, Baseline, BaselineEntry};
use crate::policy::config::found;
use crate::policy::files;
use crate::policy::import::{self, Imported, ListFormat};
use crate::report::escape;
use crate::report::numbers::counted;
use crate::rule::strength;
use crate::source::{Collector, walk};

/// The lists that `import` looks for by default.
const LISTS: [&str; 4] = [".gitleaksignore", ".secrets.baseline", ".secretsignore", "gitleaks-baseline.json"];

/// Executes the command.
pub(super) fn run(command: Command) -> Result<Exit> {
    let args = match &command {
        Command::Create(args) | Command::Update(args) | Command::Check(args) | Command::Prune(args) => args,
        Command::Import { args, .. } => args,
    };
    let target = ScanTarget::here();
    // Paths in entries are relative to the root, so that is what is scanned.
    let root = found::find(args.policy.config.as_deref(), &target.path)?.root;
    let loaded = policy::load(&args.policy, &root, &root)?;
    let before = Baseline::open(&loaded.baseline)?;
    if matches!(command, Command::Create(_)) && before.is_some() {
        let fault = Error::new("create baseline", shown(&loaded.baseline), "there is one already");
        return Err(fault.hint("keysweep baseline update adds what is new"));
    }
    let old = before.unwrap_or_default().entries()?;
    let report = scan(&loaded, &root)?;
    let exit = if report.coverage.errors.is_empty() { Exit::Clean } else { Exit::Incomplete };
    let state = BaselineRun { args, loaded: &loaded, old, findings: report.findings };
    match &command {
        Command::Create(_) | Command::Update(_) => {
            state.agree()?;
            state.write(state.old.union(&state.found()).cloned().collect())?;
            Ok(exit)
        }
        Command::Prune(_) if exit == Exit::Incomplete => {
            // A file that could not be read may contain a key that an entry is for.
            let fault = Error::new("prune baseline", shown(&loaded.baseline), "the scan was not complete");
            Err(fault.hint("see the errors above; nothing was removed"))
        }
        Command::Prune(_) => {
            let stale = state.stale();
            state.write(state.old.difference(&stale).cloned().collect())?;
            Ok(exit)
        }
        Command::Check(_) => Ok(state.check()?.max(exit)),
        Command::Import { files, .. } => {
            state.import(files, &root)?;
            Ok(exit)
        }
    }
}

/// Scans everything below the root without the baseline. Errors are printed and make the exit code 2.
fn scan(loaded: &Loaded, root: &Path) -> Result<Report> {
    let collector = Collector::default();
    let paths = [path_bytes::bytes(root)];
    progress::during(&collector, output::is_stderr_terminal(), || {
        walk::scan(&loaded.policy, &collector, &paths, walk::WalkOptions::default())
    })?;
    let mut report = collector.into_report();
    let mut known = loaded.known.clone();
    known.baseline = Baseline::default();
    known.apply(&mut report);
    report.coverage.errors.iter().for_each(|error| complain(&error.to_string()));
    Ok(report)
}

fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path).display().to_string()
}

struct BaselineRun<'a> {
    args: &'a BaselineArgs,
    loaded: &'a Loaded,
    old: BTreeSet<BaselineEntry>,
    findings: Vec<Finding>,
}

impl BaselineRun<'_> {
    fn active(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.suppressed.is_none())
    }

    fn covers(entry: &BaselineEntry, finding: &Finding) -> bool {
        let path = finding.location.path.as_ref().map(|path| path.as_slice());
        entry.covers(&finding.rule.id, finding.fingerprint, path)
    }

    /// The active findings without an entry.
    fn uncovered(&self) -> impl Iterator<Item = &Finding> {
        self.active().filter(|finding| !self.old.iter().any(|entry| Self::covers(entry, finding)))
    }

    /// The same as text: one line for each key, with its locations, the most severe first.
    fn news(&self) -> Vec<(&Finding, String)> {
        let mut keys: BTreeMap<_, Vec<&Finding>> = BTreeMap::new();
        for finding in self.uncovered().filter(|finding| !finding.secret.is_guessable()) {
            keys.entry((finding.fingerprint, finding.rule.id.to_string())).or_default().push(finding);
        }
        let mut news: Vec<(&Finding, String)> = Vec::new();
        for places in keys.into_values() {
            let Some(first) = places.iter().copied().min_by_key(|finding| &finding.location) else { continue };
            let path = first.location.path.as_ref().map(|path| escape::text(path)).unwrap_or_default();
            let more = if places.len() > 1 { format!(" and {} more", places.len() - 1) } else { String::new() };
            let (title, line) = (escape::text(first.rule.title.as_bytes()), first.location.position.line);
            let masked = strength::masked(&first.rule.id, first.secret.expose());
            let worth = format!("{}, {}", first.severity, first.confidence);
            news.push((first, format!("{worth}  {title}  {masked}  {path}:{line}{more}")));
        }
        let key = |(finding, _): &(&Finding, String)| (Reverse(finding.severity), Reverse(finding.confidence));
        news.order_by(|a, b| key(a).cmp(&key(b)).then_with(|| a.0.location.cmp(&b.0.location)));
        news
    }

    /// Prints the findings that will be accepted, and asks for confirmation if there are certain keys.
    fn agree(&self) -> Result<()> {
        let news = self.news();
        output::print(|out| news.iter().try_for_each(|(_, line)| writeln!(out, "{line}")))?;
        let certain = news.iter().filter(|(finding, _)| finding.confidence == Confidence::Certain).count();
        if certain == 0 || self.args.yes {
            return Ok(());
        }
        let what = format!("{certain} of these are keys for certain");
        let refused = |why: &str| Error::new("accept", "what was found", why).hint("revoke them, or pass --yes");
        if !std::io::stdin().is_terminal() {
            return Err(refused(&what));
        }
        output::print(|out| write!(out, "{what}. Accept them all? [y/N] "))?;
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map_err(|error| Error::new("read", "the answer", error))?;
        if matches!(line.trim(), "y" | "Y" | "yes") { Ok(()) } else { Err(refused("nobody said yes")) }
    }

    /// The entries for these findings. Guessable values get none, because the baseline is committed.
    fn found(&self) -> BTreeSet<BaselineEntry> {
        self.uncovered()
            .filter(|finding| !finding.secret.is_guessable())
            .map(|finding| BaselineEntry::of(finding, self.args.with_paths))
            .collect()
    }

    /// The entries that match no finding, or only findings that an allowlist suppresses.
    fn stale(&self) -> BTreeSet<BaselineEntry> {
        let allowed = |finding: &Finding| {
            finding.suppressed.as_ref().is_some_and(|suppression| suppression.by == SuppressedBy::Allowlist)
        };
        let used = |entry: &BaselineEntry| {
            self.findings.iter().any(|finding| !allowed(finding) && Self::covers(entry, finding))
        };
        self.old.iter().filter(|entry| !used(entry)).cloned().collect()
    }

    /// Prints the findings that get no entry, and what to do about them.
    fn complain_of_guessable(&self) {
        for finding in self.uncovered().filter(|finding| finding.secret.is_guessable()) {
            let path = finding.location.path.as_ref().map(|path| escape::text(path)).unwrap_or_default();
            complain(&format!(
                "{path}:{}: no entry for {}: its value is short enough to be found by its fingerprint; mark the line \
                 with keysweep:allow, or allow the path in .keysweep.toml",
                finding.location.position.line, finding.rule.id
            ));
        }
    }

    fn write(&self, entries: BTreeSet<BaselineEntry>) -> Result<()> {
        self.complain_of_guessable();
        let path = &self.loaded.baseline;
        if self.args.single_file && !path.exists() {
            std::fs::write(path, "").map_err(|error| Error::io("write baseline", shown(path), error))?;
        }
        baseline::write(path, &entries)?;
        let added = entries.difference(&self.old).count();
        let removed = self.old.difference(&entries).count();
        let name = escape::text(shown(path).as_bytes());
        output::print(|out| {
            let all = counted(entries.len() as u64, "entry");
            writeln!(out, "{name}: {all}, {added} added, {removed} removed. Commit it.")
        })
    }

    fn check(&self) -> Result<Exit> {
        let (new, stale) = (self.found(), self.stale());
        output::print(|out| {
            for (_, line) in self.news() {
                writeln!(out, "new: {line}")?;
            }
            for entry in &stale {
                writeln!(out, "stale: {}", escape::text(entry.to_string().as_bytes()))?;
            }
            let (old, without) = (counted(self.old.len() as u64, "entry"), counted(new.len() as u64, "finding"));
            writeln!(out, "{old}, {without} without one, {} stale.", stale.len())
        })?;
        Ok(if new.is_empty() && stale.is_empty() { Exit::Clean } else { Exit::Findings })
    }

    fn import(&self, files: &[PathBuf], root: &Path) -> Result<()> {
        let are_named = !files.is_empty();
        let files: Vec<PathBuf> = match files {
            [] => LISTS.iter().map(|name| root.join(name)).filter(|path| path.is_file()).collect(),
            files => files.to_vec(),
        };
        if files.is_empty() {
            let fault = Error::new("import", "", "no such file at the root of the repository");
            return Err(fault.hint(format!("name a file; looked for {}", LISTS.join(", "))));
        }
        let mut all = Imported::default();
        let protected: Vec<Finding> =
            self.findings.iter().filter(|finding| !finding.secret.is_guessable()).cloned().collect();
        for file in &files {
            let name = shown(file);
            let content = read_list(file, are_named)?.ok_or_else(|| Error::new("import", &name, "no such file"))?;
            let kind = ListFormat::of(&name, &content).ok_or_else(|| {
                Error::new("import", &name, "its format is not known")
                    .hint("known: .gitleaksignore, gitleaks JSON reports, .secrets.baseline, .secretsignore")
            })?;
            let one = import::import(kind, &name, &content, &protected)?;
            all.entries.extend(one.entries);
            all.refused.extend(one.refused.into_iter().map(|line| format!("{name}: {line}")));
            all.hints.extend(one.hints);
        }
        output::print(|out| {
            for line in &all.refused {
                writeln!(out, "not carried over: {}", escape::text(line.as_bytes()))?;
            }
            all.hints.iter().try_for_each(|line| writeln!(out, "note: {}", escape::text(line.as_bytes())))
        })?;
        self.write(self.old.union(&all.entries).cloned().collect())
    }
}

/// Reads a list, which a user named or which belongs to the scanned content.
fn read_list(file: &Path, is_named: bool) -> Result<Option<Vec<u8>>> {
    if is_named { files::read_named(file) } else { regular_file::read(file, Links::Refuse, regular_file::SMALL) }
}
