//! `keysweep ci`: scans the change of a CI job with the policy of the branch that it is based on.

mod resolve;

use std::collections::HashSet;
use std::path::Path;

use bstr::ByteSlice as _;

use super::output::{self, complain};
use super::policy::{self, Loaded};
use super::targets::{self, OutputTarget, TargetKind};
use super::{Ending, finish_to, interrupt, progress};
use crate::cli::args::{Ci, CiScope, SharedArgs};
use crate::core::coverage::Report;
use crate::core::error::{Error, ErrorKind, Exit, Result};
use crate::core::files::Files as _;
use crate::core::finding::{Finding, SuppressedBy};
use crate::core::order::ListOrder as _;
use crate::core::regular_file::{self, Links};
use crate::core::threads;
use crate::git::{Environment, Objects, Repository};
use crate::history;
use crate::policy::commit::CommitTree;
use crate::report::{Format, model};
use crate::source::ci::{self, Base, Change, ChangeKind, Job, System};
use crate::source::{Collector, commits};
use resolve::Resolved;

/// The size limit of an event file in bytes; GitHub's are at most 25 MB.
const LONGEST_EVENT: u64 = 64 << 20;

pub(super) fn run(args: Ci) -> Result<Exit> {
    let here = std::env::current_dir().map_err(|error| Error::new("read", "the current directory", error))?;
    let repository = Repository::discover(&here, &Environment::of_process())?;
    let objects = Objects::open(&repository);
    let mut change = asked(&args)?;
    if args.head.is_none() {
        resolve::prefer_checked_out(&repository, &objects, &mut change)?;
    }
    let scope = match (args.scope, change.kind) {
        (Some(scope), _) => scope,
        (None, ChangeKind::Schedule) => CiScope::History,
        (None, _) => CiScope::Change,
    };
    let resolved = match (scope, change.kind) {
        (CiScope::Change, ChangeKind::Nothing) | (CiScope::History, _) => None,
        // One finding for each path. Older commits matter only for the policy.
        (CiScope::Tree, _) => Some(resolve::resolve(&repository, &objects, &change, true)?),
        (CiScope::Change, _) => Some(resolve::resolve(&repository, &objects, &change, args.allow_shallow)?),
    };
    let mut shared = under_base(&args.shared, resolved.as_ref());
    shared.policy.fail_on_stale = args.fail_on_stale;
    if args.dry_run {
        return dry_run(&change, scope, resolved.as_ref(), &shared);
    }
    let loaded = policy::load(&shared.policy, repository.top(), repository.top())?;
    let shared = shared.with_config(&loaded.config);
    let targets = places(&args, &shared, change.system)?;
    let scan = Scan { args: &args, repository: &repository, objects: &objects, loaded: &loaded, shared: &shared };
    let mut report = scan.run(scope, resolved.as_ref())?;
    if let Some(base) = &shared.policy.policy_from {
        distrust_markers(&mut report, &loaded, base)?;
    }
    report.coverage.notes.extend(resolved.iter().flat_map(|resolved| resolved.notes.iter().cloned()));
    loaded.apply(&mut report, false);
    report.coverage.notes.order();
    report.coverage.notes.dedup();
    let change = described(&change, scope, resolved.as_ref());
    finish_to(
        &shared,
        report,
        Ending { targets, start: repository.top().to_owned(), root: repository.top(), change: Some(change) },
    )
}

/// The change according to the CI system, overridden by the arguments.
fn asked(args: &Ci) -> Result<Change> {
    // A name that is not UTF-8 is not found, which is an error; without it, another change would be scanned.
    let variable = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    let file = |path: &str| {
        let absent = || Error::new("read the event file", path, "there is none");
        regular_file::read(path.as_ref(), Links::Follow, LONGEST_EVENT)?.ok_or_else(absent)
    };
    let is_whole = args.head.is_some() && !args.base.is_empty();
    let job = Job { variable: &variable, file: &file };
    let mut change = match ci::change(&job) {
        // An error in the event is ignored if the arguments give everything.
        Err(_) if is_whole => ci::change(&Job { variable: &|_| None, file: &file })?,
        change => change?,
    };
    if let Some(head) = &args.head {
        (change.head, change.merge) = (head.clone(), None);
        change.why = "--head names the commit".into();
    }
    if !args.base.is_empty() {
        change.base = Base::Commits(args.base.clone());
        change.why = "--base names what was there before".into();
    }
    if (args.head.is_some() || !args.base.is_empty())
        && matches!(change.kind, ChangeKind::Schedule | ChangeKind::Nothing)
    {
        change.kind = ChangeKind::Manual;
    }
    Ok(change)
}

/// The arguments with the policy of the base, unless they name another.
fn under_base(shared: &SharedArgs, resolved: Option<&Resolved>) -> SharedArgs {
    let mut shared = shared.clone();
    if let Some(resolved) = resolved {
        if shared.policy.policy_from.is_none() {
            shared.policy.policy_from = resolved.policy_from.map(|id| id.to_string());
        }
        shared.policy.policy_to = Some(resolved.tip.to_string());
    }
    shared.policy.policy_from = shared.policy.policy_from.filter(|from| from != "none");
    shared
}

/// The targets of the report: what the CI system displays, and the files in the arguments.
fn places(args: &Ci, shared: &SharedArgs, system: System) -> Result<Vec<OutputTarget>> {
    let mut places = targets::of(shared)?;
    let stdout = |format| OutputTarget { to: TargetKind::Stdout, format };
    if !shared.output.is_empty() && !places.iter().any(|place| place.to == TargetKind::Stdout) {
        places.insert(0, stdout(Format::Human));
    }
    let is_default = shared.format.is_none() && shared.output.iter().all(|file| file.as_os_str() != "-");
    let summary = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty());
    match system {
        System::GitHub => {
            if is_default {
                places.push(stdout(Format::Annotations));
            }
            places.extend(
                summary.map(|path| OutputTarget { to: TargetKind::Summary(path.into()), format: Format::Markdown }),
            );
        }
        System::GitLab if is_default && shared.output.is_empty() => {
            unlinked(Path::new(GITLAB_REPORT))?;
            places.push(OutputTarget { to: TargetKind::File(GITLAB_REPORT.into()), format: Format::Gitlab });
        }
        _ => {}
    }
    let comment = args
        .comment_file
        .iter()
        .map(|file| OutputTarget { to: TargetKind::File(file.clone()), format: Format::Markdown });
    places.extend(comment);
    Ok(places)
}

/// The report that GitLab shows.
const GITLAB_REPORT: &str = "gl-secret-detection-report.json";

/// Refuses to write where nobody asked for it through a link: a change may bring a link to any file of the machine.
fn unlinked(file: &Path) -> Result<()> {
    if file.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink()) {
        let why = "it is a symbolic link";
        return Err(Error::new("write", file.display(), why).hint("remove it, or name another file with -o"));
    }
    Ok(())
}

struct Scan<'a> {
    args: &'a Ci,
    repository: &'a Repository,
    objects: &'a Objects,
    loaded: &'a Loaded,
    shared: &'a SharedArgs,
}

impl Scan<'_> {
    fn run(&self, scope: CiScope, resolved: Option<&Resolved>) -> Result<Report> {
        let collector = Collector::default();
        let policy = &self.loaded.policy;
        let shown = !self.shared.quiet && output::is_stderr_terminal();
        let mut after = None;
        let work = || match (scope, resolved) {
            (CiScope::History, _) => {
                let threads = self.loaded.threads(self.shared);
                let allow_incomplete = self.args.allow_shallow;
                let options = history::AuditOptions { threads, allow_incomplete, ..history::AuditOptions::default() };
                history::audit(self.repository, &options, policy, &collector)
            }
            (CiScope::Tree, Some(resolved)) => {
                commits::whole(self.objects, policy, &collector, resolved.tip);
                Ok(())
            }
            (CiScope::Change, Some(resolved)) => {
                after = Some(self.change(resolved, &collector));
                Ok(())
            }
            (_, None) => {
                collector.note("there is nothing new, so nothing was scanned");
                Ok(())
            }
        };
        let work = || threads::run(self.loaded.threads(self.shared), work)?;
        // A stopped job has failed, whatever it found.
        interrupt::guard(&collector, || Exit::Incomplete, || progress::during(&collector, shown, work))?;
        if collector.is_stopped() {
            collector.failed(interrupt::error());
        }
        let mut report = collector.into_report();
        if let Some((after, changed)) = after {
            self.join(&mut report, after, changed);
            self.say_if_partial(&mut report);
        }
        Ok(report)
    }

    /// Scans commit by commit. Also returns the scan of the tree after the change, and the number of changed files.
    fn change(&self, resolved: &Resolved, collector: &Collector) -> (Report, usize) {
        let policy = &self.loaded.policy;
        for name in &resolved.names {
            commits::name(policy, collector, name);
        }
        if resolved.commits.is_empty() {
            collector.note(format!("no commit is new: {} is in what was there before", resolved.tip));
        }
        for &tag in &resolved.tags {
            commits::message(self.objects, policy, collector, tag);
        }
        let scanned = commits::scan(self.objects, policy, collector, &resolved.commits);
        let after = Collector::default();
        if !resolved.bases.is_empty() && !resolved.commits.is_empty() {
            let ends = (resolved.tip, resolved.bases.as_slice());
            commits::between_trees(self.objects, policy, &after, ends, &scanned);
        }
        (after.into_report(), scanned.changed)
    }

    /// In a partial clone, replaces the errors of missing objects by one error with advice.
    fn say_if_partial(&self, report: &mut Report) {
        if !self.repository.is_partial() && !self.objects.has_promisor() {
            return;
        }
        let found = report.coverage.errors.len();
        report.coverage.errors.retain(|error| error.kind() != ErrorKind::NotFound);
        let missing = found - report.coverage.errors.len();
        if missing > 0 {
            let why = format!("{missing} of its objects are not in this partial clone");
            let hint = "leave `filter` out of the checkout, or run `git fetch --refetch --no-filter`";
            report.coverage.errors.push(Error::new("scan", "this change", why).hint(hint));
        }
    }

    /// Adds the findings that only the tree after the change has; marks those of the commits that are still in it.
    fn join(&self, report: &mut Report, after: Report, changed: usize) {
        let place =
            |finding: &Finding| (finding.location.path.clone(), finding.location.member.clone(), finding.fingerprint);
        let known: HashSet<_> = report.findings.iter().map(place).collect();
        report.findings.extend(after.findings.into_iter().filter(|finding| !known.contains(&place(finding))));
        report.coverage.errors.extend(after.coverage.errors);
        if changed > 0 && report.coverage.files == 0 && report.coverage.errors.is_empty() && !self.args.allow_empty {
            let why = format!("none of the {changed} files that it changes was scanned");
            let hint = "see what the configuration leaves out; --allow-empty lets such a change pass";
            report.coverage.errors.push(Error::new("scan", "this change", why).hint(hint));
        }
        report.sort();
    }
}

/// Ignores the inline markers that the change adds. In the commits of a change all lines are new, so a marker is
/// accepted only if the base has the same key with a marker.
fn distrust_markers(report: &mut Report, loaded: &Loaded, base: &str) -> Result<()> {
    let by_marker = |finding: &&mut Finding| {
        finding.suppressed.as_ref().is_some_and(|suppression| suppression.by == SuppressedBy::Inline)
    };
    let mut commit = None;
    let mut added = Vec::new();
    for finding in report.findings.iter_mut().filter(by_marker) {
        let commit = match &commit {
            Some(commit) => commit,
            None => commit.insert(CommitTree::open(&loaded.root, base)?),
        };
        let path = finding.location.path.clone().unwrap_or_default();
        let before = path.to_str().ok().and_then(|path| commit.read(path).ok().flatten());
        let accepted = before.is_some_and(|content| {
            loaded.policy.scan_at(&content, Some(path.as_bstr())).iter().any(|found| {
                let by = found.suppressed.as_ref().map(|suppression| suppression.by);
                found.secret == finding.secret && by == Some(SuppressedBy::Inline)
            })
        });
        if !accepted {
            finding.suppressed = None;
            finding.note = Some("its marker comes with this change, so it does not count".into());
            added.push(format!(
                "this change adds a suppression, which does not count: {path}:{}: an inline marker",
                finding.location.position.line
            ));
        }
    }
    report.coverage.notes.extend(added);
    Ok(())
}

fn described<'a>(change: &'a Change, scope: CiScope, resolved: Option<&Resolved>) -> model::JsonChange<'a> {
    let branch = change.refs.first().map(|name| name.strip_prefix("refs/heads/").unwrap_or(name).into());
    model::JsonChange {
        system: change.system.as_str().into(),
        kind: change.kind.as_str().into(),
        scope: scope_name(scope).into(),
        head: resolved.map(|resolved| resolved.tip.to_string().into()),
        base: resolved.into_iter().flat_map(|resolved| &resolved.bases).map(|base| base.to_string().into()).collect(),
        why: change.why.as_str().into(),
        repository: change.repository.as_deref().map(Into::into),
        branch,
    }
}

fn scope_name(scope: CiScope) -> &'static str {
    match scope {
        CiScope::Change => "change",
        CiScope::Tree => "tree",
        CiScope::History => "history",
    }
}

fn dry_run(change: &Change, scope: CiScope, resolved: Option<&Resolved>, shared: &SharedArgs) -> Result<Exit> {
    let mut text = format!(
        "system   {}\nkind     {}\nscope    {}\n",
        change.system.as_str(),
        change.kind.as_str(),
        scope_name(scope)
    );
    let policy = shared.policy.policy_from.as_deref();
    if let Some(resolved) = resolved {
        text += &format!("head     {}\n", resolved.tip);
        for base in &resolved.bases {
            text += &format!("base     {base}\n");
        }
        if resolved.bases.is_empty() {
            text += "base     none: everything is new\n";
        }
        for name in &resolved.names {
            text += &format!("ref      {name}\n");
        }
        for commit in resolved.commits.iter().filter(|_| scope == CiScope::Change) {
            text += &format!("commit   {}\n", commit.id);
        }
    }
    text += &format!("policy   {}\n", policy.unwrap_or("as it is checked out"));
    text += &format!("because  {}\n", change.why);
    for note in resolved.into_iter().flat_map(|resolved| &resolved.notes) {
        complain(note);
    }
    let lines: Vec<String> = text.lines().map(|line| crate::report::escape::text(line.as_bytes())).collect();
    output::print(|out| out.write_all((lines.join("\n") + "\n").as_bytes()))?;
    Ok(Exit::Clean)
}
