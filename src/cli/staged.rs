//! `keysweep staged` and the hooks of a commit: no output if there is no finding, otherwise the report and advice.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use bstr::{BString, ByteSlice as _};

use super::output::{self, complain};
use super::policy::{self, Loaded};
use super::{ScanTarget, Session, agent_files, finish};
use crate::cli::args::{self, SharedArgs};
use crate::core::budget::Budget;
use crate::core::coverage::Report;
use crate::core::error::{Error, Exit, Result};
use crate::core::finding::{Finding, Severity};
use crate::core::order::Gather as _;
use crate::core::shell::shell_path;
use crate::fix::lookup;
use crate::git::refs::Lookup;
use crate::git::{Ancestry, Environment, Id, Objects, Repository};
use crate::hook::last::{self, Stopped};
use crate::policy::inline;
use crate::report::model::Occasion;
use crate::report::{Format, escape};
use crate::source::Collector;
use crate::source::staged::{Staged, StagedOptions};

/// Executes the command.
pub(super) fn run(args: &args::StagedArgs) -> Result<Exit> {
    let repository = repository()?;
    let staged = Staged::open(&repository)?;
    let target = ScanTarget::part_of(repository.top());
    let shared = SharedArgs { occasion: Occasion::Staged, ..args.shared.clone() };
    let session = Session::begin(&shared, &target)?;
    let Session { loaded, collector, .. } = &session;
    let whole_files = args.whole_files || loaded.config.hook.whole_files;
    let options = StagedOptions { whole_files, threads: loaded.threads(&shared), ..StagedOptions::default() };
    // Until it is known that there is much to do, a signal ends the process as usual.
    let changes = staged.changes(collector, &options)?;
    let scan = || staged.scan_changes(&loaded.policy, collector, &changes, &options);
    if changes.are_many() { session.watched(scan) } else { scan() }?;
    let exit = session.report()?;
    // The process ends, and with it all memory at once, which is quicker than piece by piece.
    std::mem::forget((session, changes, staged));
    Ok(exit)
}

/// Runs the hooks `pre-commit` and `pre-merge-commit`.
pub(super) fn hook(shared: &SharedArgs, only: Option<HashSet<BString>>) -> Result<Exit> {
    let repository = repository()?;
    let staged = Staged::open(&repository)?;
    let loaded = load(shared, &repository)?;
    let policy = &loaded.policy;
    let collector = Collector::default();
    let whole_files = loaded.config.hook.whole_files;
    let options = StagedOptions { whole_files, threads: loaded.threads(shared), only, ..StagedOptions::default() };
    staged.scan(policy, &collector, &options)?;
    let mut report = collector.into_report();
    loaded.apply(&mut report, false);
    if staged.parents.len() > 1 {
        brought_in(&staged, &loaded, &options, &mut report)?;
    }
    let unborn = staged.parents.is_empty();
    let stop = Stop::of(&repository, Stopped::Commit);
    conclude(shared, &loaded, report, stop, |finding| from_commit(finding, unborn))
}

/// The repository in the environment, or the one that contains the current directory.
pub(super) fn repository() -> Result<Repository> {
    let here = std::env::current_dir().map_err(|error| Error::io("read", "the current directory", error))?;
    Repository::discover(&here, &Environment::of_process())
}

/// Loads the policy of a repository.
pub(super) fn load(shared: &SharedArgs, repository: &Repository) -> Result<Loaded> {
    let top = repository.top();
    policy::load(&shared.policy, top, top)
}

/// Adds findings that a merge takes over from the other side. They stop the merge if no remote has them; otherwise
/// they are only noted.
fn brought_in(staged: &Staged<'_>, loaded: &Loaded, options: &StagedOptions, report: &mut Report) -> Result<()> {
    let collector = Collector::default();
    staged.scan(&loaded.policy, &collector, &StagedOptions { against_head: true, ..options.clone() })?;
    let place = |finding: &Finding| (finding.location.clone(), finding.fingerprint);
    let own: BTreeSet<_> = report.findings.iter().map(place).in_set();
    let mut others = collector.into_report();
    loaded.apply(&mut others, false);
    let mut others = others.findings;
    others.retain(|finding| !own.contains(&place(finding)));
    if others.is_empty() {
        return Ok(());
    }
    let mut published = true;
    for head in staged.parents.iter().skip(1) {
        published &= on_a_remote(staged.repository(), *head)?;
    }
    if published {
        for finding in others.iter().filter(|finding| finding.suppressed.is_none()) {
            let path = finding.location.path.as_ref().map_or(b"".as_bstr(), |path| path.as_bstr());
            let (line, key) = (finding.location.position.line, finding.secret.mask());
            report.coverage.notes.push(format!(
                "{path}:{line}: this merge adds {key}; a remote already has it, so the merge is not stopped"
            ));
        }
    } else {
        report.findings.extend(others);
        report.sort();
    }
    Ok(())
}

/// Whether a remote is known to have a commit.
pub(super) fn on_a_remote(repository: &Repository, commit: Id) -> Result<bool> {
    let remote: Vec<Id> = Lookup::new(repository).below(b"refs/remotes/")?.into_iter().map(|(_, id)| id).collect();
    let objects = Objects::open(repository);
    Ok(Ancestry::of(repository, &objects, &Budget::default())?.list(&[commit], &remote)?.is_empty())
}

/// The operation that a hook stops, and the git directory that stores its findings for `keysweep ignore --last`.
pub(super) struct Stop<'a> {
    pub(super) stopped: Stopped,
    pub(super) git_dir: &'a Path,
}

impl<'a> Stop<'a> {
    /// For a hook in a repository; `None` with a temporary object directory, as in `hook doctor`, so that nothing is
    /// stored.
    pub(super) fn of(repository: &'a Repository, stopped: Stopped) -> Option<Self> {
        let is_trial = repository.objects != repository.common_dir.join("objects");
        (!is_trial).then_some(Self { stopped, git_dir: &repository.git_dir })
    }
}

/// Ends a hook: no output if there is no finding, otherwise the report and advice.
pub(super) fn conclude(
    shared: &SharedArgs,
    loaded: &Loaded,
    mut report: Report,
    stop: Option<Stop<'_>>,
    advise: impl Fn(&Finding) -> Option<String>,
) -> Result<Exit> {
    let shared = shared.with_config(&loaded.config);
    if let Some(Stop { stopped, git_dir }) = stop {
        let counts =
            |finding: &&Finding| finding.suppressed.is_none() && !shared.is_below(finding.severity, finding.confidence);
        match report.findings.iter().any(|finding| counts(&finding)) {
            true => last::keep(git_dir, stopped, report.findings.iter().filter(counts)),
            false => last::forget(git_dir),
        }
    }
    let is_human = shared.format() == Format::Human;
    if report.exit() == Exit::Clean && is_human {
        for note in &report.coverage.notes {
            complain(note);
        }
        return Ok(Exit::Clean);
    }
    agent_files::annotate(&mut report, &loaded.root);
    let advice = report.findings.iter().find(|finding| finding.suppressed.is_none()).and_then(advise);
    let exit = finish(&shared, report, &loaded.root)?;
    if let Some(advice) = advice.filter(|_| is_human && exit != Exit::Clean && !shared.quiet) {
        // Errors are ignored, because the exit code tells the result.
        let _ = output::print(|out| write!(out, "\n{advice}"));
    }
    Ok(exit)
}

/// The advice for the first key of a stopped commit.
fn from_commit(finding: &Finding, unborn: bool) -> Option<String> {
    let path = finding.location.path.as_ref()?;
    let word = shell_path(path);
    let word = if word.starts_with('-') { format!("./{word}") } else { word };
    let provider = finding.rule.provider.as_ref();
    let lookup = lookup::lookup(path, &lookup::variable(provider));
    // Before the first commit there is nothing to restore from.
    let unstage = if unborn { "git rm --cached --" } else { "git restore --staged --" };
    let marker = match finding.location.member.is_none() && finding.layers.is_empty() && inline::can_stand_in(path) {
        true => ",\n                  or put keysweep:allow in a comment on its line",
        false => "",
    };
    Some(format!(
        "This commit was stopped: {}.\n\
         \x20 If it is a key: write {} instead (keysweep fix -- {word} does that),\n\
         \x20                 then git add -- {word}\n\
         \x20 To leave it out: {unstage} {word}\n\
         \x20 If it is no key: keysweep ignore --last{marker}\n\
         It is not committed, so you need not revoke it, unless an editor, a coding agent or a sync service has already sent it.\n\
         Only what is staged is scanned: after a change, stage the file again.\n",
        why(finding),
        escape::text(lookup.as_bytes()),
    ))
}

/// The risk, as a clause.
pub(super) fn why(finding: &Finding) -> String {
    let title = escape::text(finding.rule.title.as_bytes());
    let costs = if finding.severity >= Severity::High { " and run up charges" } else { "" };
    format!("anyone who can read this repository can use this {title}{costs}")
}
