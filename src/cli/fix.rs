//! `keysweep fix`: finds keys, shows the changes, asks, and writes them.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::io::{BufRead as _, IsTerminal as _};
use std::path::{Path, PathBuf};

use bstr::{BString, ByteSlice as _};

use super::ScanTarget;
use super::output::say;
use super::output::{self, complain};
use super::policy::{self, Loaded};
use crate::cli::args::Fix;
use crate::core::coverage::Report;
use crate::core::error::{Error, Exit, Result};
use crate::core::finding::{Finding, Location};
use crate::core::order::Gather as _;
use crate::core::path_bytes;
use crate::fix::{self, Plan};
use crate::git::tips::{Publication, Tips};
use crate::hook::git;
use crate::report::escape;
use crate::scan::Match;
use crate::source::{Collector, agents, walk};

/// Executes the command.
pub(super) fn run(args: Fix) -> Result<Exit> {
    let paths = paths(&args)?;
    if paths.is_empty() {
        say("No agent's files are in this home directory.")?;
        return Ok(Exit::Clean);
    }
    let target = ScanTarget::of(&paths);
    let loaded = policy::load(&args.policy, &target.start, &target.path)?;
    let collector = Collector::default();
    let options =
        walk::WalkOptions { threads: loaded.config.limits.threads.map_or(0, Into::into), ..Default::default() };
    walk::scan(&loaded.policy, &collector, &paths, options)?;
    let mut report = collector.into_report();
    loaded.apply(&mut report, false);
    let mut exit = Exit::Clean;
    for error in &report.coverage.errors {
        complain(&error.to_string());
        exit = Exit::Incomplete;
    }
    let (plan, left) = plan(&report, &loaded, &target)?;
    exit = exit.max(describe(&plan, &left)?);
    if plan.is_empty() {
        if exit == Exit::Clean {
            say("No key is there to be fixed.")?;
        }
        return Ok(exit);
    }
    if args.dry_run {
        return Ok(exit.max(Exit::Findings));
    }
    if !args.yes && !asked()? {
        say("Nothing was written.")?;
        return Ok(exit.max(Exit::Findings));
    }
    let staged = staged(&plan);
    let mut told = Ok(());
    let written = plan.write(&mut |line| {
        if told.is_ok() {
            told = say(&line);
        }
    });
    if let Err(error) = written {
        complain(&error.to_string());
        return Ok(Exit::Incomplete);
    }
    told?;
    stage(&staged)?;
    farewell(&plan)?;
    Ok(exit)
}

fn paths(args: &Fix) -> Result<Vec<BString>> {
    if !args.agents {
        return Ok(args.paths.iter().map(path_bytes::bytes).collect());
    }
    let (found, errors) = agents::at_home(&agents::home()?);
    errors.iter().for_each(|error| complain(&error.to_string()));
    Ok(found.iter().map(|found| path_bytes::bytes(&found.path)).collect())
}

/// Reads each file again, because the keys' positions are needed, and plans the changes.
fn plan(report: &Report, loaded: &Loaded, target: &ScanTarget) -> Result<(Plan, BTreeSet<KeyElsewhere>)> {
    let (mut plan, mut left) = (Plan::default(), BTreeSet::new());
    let here = std::env::current_dir().map_err(|error| Error::new("read", "the current directory", error))?;
    let mut files: BTreeMap<&BString, Vec<&Finding>> = BTreeMap::new();
    for finding in report.findings.iter().filter(|finding| finding.suppressed.is_none()) {
        if let Some(path) = &finding.location.path {
            files.entry(path).or_default().push(finding);
        }
    }
    for (shown, findings) in files {
        let name = || shown.to_str_lossy().into_owned();
        if findings.iter().any(|finding| finding.location.member.is_some()) {
            left.insert((name(), "it is in an archive"));
            continue;
        }
        let path = target.start.join(Path::new(shown.to_path_lossy().as_ref()));
        let Some(text) = fix::read(&path)? else { continue };
        let matches = active(loaded, &text, shown)?;
        let in_text: BTreeSet<&[u8]> = matches.iter().map(|found| found.secret.expose()).in_set();
        let elsewhere = findings.iter().filter(|finding| !in_text.contains(finding.secret.expose()));
        left.extend(elsewhere.map(|finding| match finding.location.part {
            Some(_) => (name(), "it is in the name: rename it"),
            None => (name(), "it is not in the text of this file: it is packed, or in what this file stands for"),
        }));
        plan.add(&path, &shown.to_str_lossy(), text, &matches, &here)?;
    }
    Ok((plan, left))
}

/// A file with a key that is not in its text, and where it is.
type KeyElsewhere = (String, &'static str);

fn active(loaded: &Loaded, text: &[u8], shown: &BString) -> Result<Vec<Match>> {
    let matches = loaded.policy.scan_at(text, Some(shown.as_ref()));
    let location = Location { path: Some(shown.clone()), ..Location::default() };
    let findings = matches.iter().map(|found| found.clone().at(location.clone())).collect();
    let mut report = Report { findings, ..Report::default() };
    loaded.apply(&mut report, false);
    let counts = report.findings.iter().map(|finding| finding.suppressed.is_none());
    Ok(matches.into_iter().zip(counts).filter_map(|(found, counts)| counts.then_some(found)).collect())
}

/// Prints the changes, and the keys that are left.
fn describe(plan: &Plan, left: &BTreeSet<KeyElsewhere>) -> Result<Exit> {
    let mut exit = Exit::Clean;
    let clean = |text: &str| bstr::ByteSlice::lines(text.as_bytes()).map(escape::text).collect::<Vec<_>>().join("\n");
    for change in &plan.changes {
        if change.old != change.new {
            say(&clean(&change.diff()))?;
        }
        if change.ignore {
            say(&clean(&format!("@@ .gitignore\n+{}", change.shown)))?;
        }
        if let Some(note) = &change.note {
            say(&clean(&format!("note: {}: {note}", change.shown)))?;
        }
        for (line, why) in &change.left {
            say(&clean(&format!("left: {}:{line}: {why}", change.shown)))?;
            exit = Exit::Findings;
        }
    }
    for (path, why) in left {
        say(&clean(&format!("left: {path}: {why}")))?;
        exit = Exit::Findings;
    }
    for environment in plan.environments.values() {
        let names: Vec<&str> = environment.added().collect();
        if !names.is_empty() {
            say(&format!("@@ {}\n+{}=…", environment.path().display(), names.join("=…\n+")))?;
        }
    }
    Ok(exit)
}

fn asked() -> Result<bool> {
    if !std::io::stdin().is_terminal() {
        return Err(Error::new("ask", "whether to write this", "standard input is not a terminal")
            .hint("--yes writes it, --dry-run shows it"));
    }
    output::print(|out| write!(out, "Write this? [y/N] "))?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(|error| Error::new("read", "the answer", error))?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}

/// The files whose content in the index is the content that was read; they are staged again. Grouped by directory.
fn staged(plan: &Plan) -> BTreeMap<PathBuf, Vec<PathBuf>> {
    let mut staged: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    for change in plan.changes.iter().filter(|change| change.old != change.new) {
        let (Some(directory), Some(name)) = (change.path.parent(), change.path.file_name()) else { continue };
        let is_staged =
            git::answer(directory, [OsStr::new("diff"), "--cached".as_ref(), "--quiet".as_ref(), "--".as_ref(), name]);
        let is_same = git::answer(directory, [OsStr::new("diff"), "--quiet".as_ref(), "--".as_ref(), name]);
        // Without git, or outside of a repository, nothing is staged.
        if matches!(is_staged, Ok(None)) && matches!(is_same, Ok(Some(_))) {
            staged.entry(directory.to_owned()).or_default().push(name.into());
        }
    }
    staged
}

fn stage(staged: &BTreeMap<PathBuf, Vec<PathBuf>>) -> Result<()> {
    for (directory, names) in staged {
        let arguments = [OsStr::new("add"), "--".as_ref()].into_iter().chain(names.iter().map(|name| name.as_os_str()));
        if git::answer(directory, arguments)?.is_none() {
            let what = names.iter().map(|name| name.display().to_string()).collect::<Vec<_>>().join(", ");
            complain(&Error::new("stage again", what, "git add failed").to_string());
        }
    }
    if !staged.is_empty() {
        say("staged again what was staged")?;
    }
    Ok(())
}

/// Prints which keys have to be revoked, by how far they were published, and where.
fn farewell(plan: &Plan) -> Result<()> {
    let mut where_to: BTreeMap<Publication, BTreeSet<(&str, &str)>> = BTreeMap::new();
    let mut tips: BTreeMap<&Path, Option<Tips>> = BTreeMap::new();
    for change in &plan.changes {
        let directory = change.path.parent().unwrap_or(Path::new("."));
        for key in &change.removed {
            let tips = tips.entry(directory).or_insert_with(|| Tips::around(directory));
            let reached =
                tips.as_ref().map_or(Publication::NoTip, |tips| tips.reached(&change.path, key.secret.expose()));
            where_to.entry(reached).or_default().insert((&key.title, &key.revoke));
        }
    }
    for (reached, keys) in where_to.iter().rev() {
        say(match reached {
            Publication::Remote => "\nA remote has it: revoke it now. It stays in the history that others can read.",
            Publication::Commit => "\nIt is in a commit. Revoke it, even if you never pushed that commit.",
            Publication::NoTip => "\nIf a key was ever committed, pushed or sent, it has to be revoked in any case:",
        })?;
        for (title, revoke) in keys {
            say(&format!("  {title}{}{revoke}", if revoke.is_empty() { "" } else { ": " }))?;
        }
    }
    Ok(())
}
