//! The hooks `pre-push` and `pre-receive`, and ranges of commits for the pre-commit framework.

use std::env;
use std::io::Read as _;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use super::{ScanTarget, interrupt, staged};
use crate::cli::args;
use crate::core::budget::Budget;
use crate::core::coverage::Report;
use crate::core::error::{Error, Exit, Result};
use crate::core::finding::{Finding, Part, SuppressedBy};
use crate::core::threads;
use crate::fix::lookup;
use crate::git::commit::ParsedCommit;
use crate::git::refs::Lookup;
use crate::git::revision::Revisions;
use crate::git::{Ancestry, Id, Kind, LayeredConfig, Objects, Repository};
use crate::hook::HookName;
use crate::hook::last::Stopped;
use crate::hook::push::{self, Pushed, RemoteObjects, Update};
use crate::policy::Policy;
use crate::report::escape;
use crate::report::model::Occasion;
use crate::source::{Collector, commits};

/// How long a run may take to stop after its time limit.
const GRACE: Duration = Duration::from_secs(2);

/// Runs the hook with git's standard input.
pub(super) fn hook(args: &args::HookRunArgs) -> Result<Exit> {
    let start = Instant::now();
    let is_receive = args.name == Some(HookName::PreReceive);
    let repository = staged::repository()?;
    let objects = Objects::open(&repository);
    let (updates, has) = if args.framework {
        from_framework(&repository, &objects)?
    } else {
        let mut input = Vec::new();
        std::io::stdin().read_to_end(&mut input).map_err(|error| Error::io("read", "standard input", error))?;
        let updates = push::updates(&input, is_receive)?;
        let remote = args.arguments.first().map(|remote| remote.as_encoded_bytes());
        let has = match (is_receive, remote) {
            (true, _) => RemoteObjects::AllHere,
            (false, Some(remote)) => push::remote(&LayeredConfig::of(&repository)?, remote),
            (false, None) => RemoteObjects::Unknown,
        };
        (updates, has)
    };
    if updates.is_empty() {
        return Ok(Exit::Clean);
    }
    let loaded = staged::load(&args.shared, &repository)?;
    let settings = loaded.config.hook;
    let time = args.timeout.or(is_receive.then_some(settings.receive_timeout)).map(Duration::from_secs);
    let budget = Arc::new(Budget::new(start, time, is_receive.then_some(settings.receive_limit)));
    let collector = Collector::within(budget.clone());
    in_time(&budget, || {
        let pushed = match push::pushed(&repository, &objects, &updates, &has, &budget) {
            Err(_) if budget.exceeded().is_some() => return Ok(()),
            pushed => pushed?,
        };
        let scan = || scan(&objects, &loaded.policy, &collector, &updates, &pushed);
        threads::run(loaded.threads(&args.shared), scan)
    })?;
    let tip = updates.iter().map(|update| update.new).collect::<Vec<_>>();
    let mut report = collector.into_report();
    if is_receive && !settings.receive_markers {
        distrust(&mut report);
    }
    loaded.apply(&mut report, false);
    let stop = staged::Stop::of(&repository, Stopped::Push).filter(|_| !is_receive);
    staged::conclude(&args.shared, &loaded, report, stop, |finding| {
        Some(if is_receive { to_pusher(finding) } else { from_push(finding, &tip, &repository, &objects) })
    })
}

/// Removes suppressions by inline markers, which the pusher controls.
fn distrust(report: &mut Report) {
    let by_marker = |finding: &&mut Finding| {
        finding.suppressed.as_ref().is_some_and(|suppression| suppression.by == SuppressedBy::Inline)
    };
    for finding in report.findings.iter_mut().filter(by_marker) {
        finding.suppressed = None;
        finding.note = Some("markers in pushed files do not count here: ask the administrator of this server".into());
    }
}

/// Scans a range of commits, as the pre-commit framework gives it.
pub(super) fn range(shared: &args::SharedArgs, from: Option<&str>, to: &str) -> Result<Exit> {
    let repository = staged::repository()?;
    let objects = Objects::open(&repository);
    let refs = Lookup::new(&repository);
    let revisions = Revisions::new(&refs, &objects);
    let from = from.map(|from| revisions.commit(from)).transpose()?;
    let to = revisions.commit(to)?;
    let commits = Ancestry::of(&repository, &objects, &Budget::default())?.list(&[to], from.as_slice())?;
    let shared = &args::SharedArgs { occasion: Occasion::Scan, ..shared.clone() };
    super::session_at(shared, &ScanTarget::part_of(repository.top()), |loaded, collector| {
        threads::run(loaded.threads(shared), || commits::scan(&objects, &loaded.policy, collector, &commits))?;
        Ok(())
    })
}

/// The updates in the environment variables of pre-commit, which reads standard input itself.
fn from_framework(repository: &Repository, objects: &Objects) -> Result<(Vec<Update>, RemoteObjects)> {
    let text = |name| env::var(name).ok().filter(|value| !value.is_empty());
    let tip = text("PRE_COMMIT_TO_REF").or_else(|| text("PRE_COMMIT_LOCAL_BRANCH")).unwrap_or_else(|| "HEAD".into());
    let refs = Lookup::new(repository);
    let revisions = Revisions::new(&refs, objects);
    let new = revisions.commit(&tip)?;
    // The commits of the other side may be missing here.
    let old = text("PRE_COMMIT_FROM_REF").and_then(|from| revisions.commit(&from).ok());
    let name = text("PRE_COMMIT_REMOTE_BRANCH").unwrap_or_default().into();
    let has = match text("PRE_COMMIT_REMOTE_NAME") {
        Some(remote) => push::remote(&LayeredConfig::of(repository)?, remote.as_bytes()),
        None => RemoteObjects::Unknown,
    };
    Ok((vec![Update { new, old, name }], has))
}

fn scan(objects: &Objects, policy: &Policy, collector: &Collector, updates: &[Update], pushed: &Pushed) {
    for update in updates {
        commits::name(policy, collector, &update.name);
    }
    for &tag in &pushed.tags {
        commits::message(objects, policy, collector, tag);
    }
    for (kind, id, name) in &pushed.bare {
        match kind {
            Kind::Blob => commits::blob(objects, policy, collector, *id, name),
            _ => commits::tree(objects, policy, collector, *id),
        }
    }
    commits::scan(objects, policy, collector, &pushed.commits);
}

/// Runs `work` within the time limit of the budget. Loops stop when they check the budget; if one does not check for
/// too long, the process exits and the push is rejected.
fn in_time<T>(budget: &Arc<Budget>, work: impl FnOnce() -> T) -> T {
    let Some(left) = budget.time_left() else { return work() };
    let (done, ended) = mpsc::channel::<()>();
    let budget = budget.clone();
    let watch = move || {
        if ended.recv_timeout(left) == Err(mpsc::RecvTimeoutError::Timeout) {
            let error = budget.expire();
            if ended.recv_timeout(GRACE) == Err(mpsc::RecvTimeoutError::Timeout) {
                super::complain(&error.to_string());
                interrupt::end(Exit::Incomplete);
            }
        }
    };
    // If this thread cannot be started, loops still stop when they check the budget.
    let _ = std::thread::Builder::new().spawn(watch);
    let result = work();
    drop(done);
    result
}

/// The advice for a key that is not pushed yet.
fn from_push(finding: &Finding, tips: &[Id], repository: &Repository, objects: &Objects) -> String {
    let mut text = format!("This push was stopped: {}.\n", staged::why(finding));
    let id = finding.commit.as_ref().and_then(|commit| Id::from_hex(commit.id.as_bytes()));
    if id.is_some_and(|id| staged::on_a_remote(repository, id).unwrap_or(false)) {
        let at = match finding.rule.revoke.as_ref() {
            "" => String::new(),
            address => format!(", at {}", escape::text(address.as_bytes())),
        };
        text += &format!("\x20 A remote has it already: revoke the key first{at}\n");
    }
    let commit = finding.commit.as_ref().map(|commit| commit.id.as_str());
    match (commit, finding.location.part) {
        (Some(id), Some(Part::Tag)) => {
            text += &format!("\x20 make the tag again with another message: git tag -a -f (now {})\n", short(id));
        }
        (None, _) => text += "\x20 rename the reference\n",
        (Some(id), part) => {
            let is_tip = tips.iter().any(|tip| tip.to_string() == id);
            let change = if part.is_some() { "change its message" } else { "take the key out, git add" };
            text += &match is_tip {
                true => format!("\x20 it is in the last commit: {change}, git commit --amend\n"),
                false => {
                    let onto = if is_root(objects, id) { "--root".to_owned() } else { format!("{}^", short(id)) };
                    format!(
                        "\x20 commit {} added it: git rebase -i {onto}, mark it `edit`,\n\
                         \x20 {change}, git commit --amend, git rebase --continue\n",
                        short(id)
                    )
                }
            };
            if let Some(path) = &finding.location.path {
                let variable = lookup::variable(&finding.rule.provider);
                text += &format!("\x20 in the code: {}\n", escape::text(lookup::lookup(path, &variable).as_bytes()));
            }
        }
    }
    text + "\x20 to remove it in a new commit is not enough: the old commit would be pushed, too\n\
            \x20 if it is no key: keysweep ignore --last (a marker in a new commit does not count for the old one)\n"
}

/// Whether a commit has no parents.
fn is_root(objects: &Objects, id: &str) -> bool {
    let commit = Id::from_hex(id.as_bytes()).and_then(|id| objects.read(id, Kind::Commit).ok());
    commit.is_some_and(|bytes| ParsedCommit::parse(&bytes).parents.is_empty())
}

/// The advice for the person who pushes, and who has no access to this machine.
fn to_pusher(finding: &Finding) -> String {
    let commit = finding.commit.as_ref().map_or("", |commit| commit.id.as_str());
    format!(
        "This push was rejected; nothing of it was kept here. Otherwise {}.\n\
         \x20 take the key out of commit {} (git rebase -i, or git commit --amend) and push again\n\
         \x20 if the key was ever shared, revoke it first\n",
        staged::why(finding),
        short(commit),
    )
}

fn short(id: &str) -> &str {
    id.get(..10).unwrap_or(id)
}
