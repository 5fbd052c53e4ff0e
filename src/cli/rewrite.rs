//! The hook `post-rewrite`. After a rebase, git has run no hook for conflicts that were resolved in it. Nothing can
//! be stopped any more, so this prints what to do before a push.

use std::env;
use std::io::Read as _;

use bstr::ByteSlice as _;

use super::staged;
use crate::cli::args;
use crate::core::budget::Budget;
use crate::core::error::{Error, Exit, Result};
use crate::core::finding::Finding;
use crate::core::threads;
use crate::git::commit::ParsedCommit;
use crate::git::refs::Lookup;
use crate::git::{Ancestry, Id, Kind, Node, Objects, Repository};
use crate::source::{Collector, commits};

/// Scans the commits that a rebase made. Amended commits were already checked by `pre-commit` and `commit-msg`.
pub(super) fn hook(args: &args::HookRunArgs) -> Result<Exit> {
    let by = match args.framework {
        true => env::var_os("PRE_COMMIT_REWRITE_COMMAND"),
        false => args.arguments.first().cloned(),
    };
    let mut input = Vec::new();
    if !args.framework {
        std::io::stdin().read_to_end(&mut input).map_err(|error| Error::io("read", "standard input", error))?;
    }
    if by.is_some_and(|by| by == "amend") {
        return Ok(Exit::Clean);
    }
    let repository = staged::repository()?;
    let objects = Objects::open(&repository);
    let commits = match args.framework {
        true => since_the_last_tip(&repository, &objects)?,
        false => rewritten(&repository, &objects, &input)?,
    };
    let loaded = staged::load(&args.shared, &repository)?;
    let collector = Collector::default();
    threads::run(loaded.threads(&args.shared), || commits::scan(&objects, &loaded.policy, &collector, &commits))?;
    let mut report = collector.into_report();
    loaded.apply(&mut report, false);
    staged::conclude(&args.shared, &loaded, report, None, |finding| Some(advice(finding)))
}

/// Parses lines `<old> <new>`. Squashed commits have the same new commit.
fn rewritten(repository: &Repository, objects: &Objects, input: &[u8]) -> Result<Vec<Node>> {
    let shallow = repository.shallow()?;
    let mut commits: Vec<Node> = Vec::new();
    for line in input.lines().filter(|line| !line.trim_ascii().is_empty()) {
        let strange = || {
            Error::new("read", "what was rewritten", format!("git wrote {:?} to standard input", line.as_bstr()))
                .hint("this is for git to run, as a hook")
        };
        let id = line.split_str(" ").nth(1).and_then(Id::from_hex).ok_or_else(strange)?;
        if commits.iter().any(|node| node.id == id) {
            continue;
        }
        let Some((Kind::Commit, bytes)) = objects.find(id)? else {
            return Err(Error::new("read commit", id, "it is not here"));
        };
        let parents = if shallow.contains(&id) { Vec::new() } else { ParsedCommit::parse(&bytes).parents };
        commits.push(Node { id, parents });
    }
    Ok(commits)
}

/// With pre-commit, which does not pass standard input on: the commits of HEAD that neither its old position nor a
/// remote has.
fn since_the_last_tip(repository: &Repository, objects: &Objects) -> Result<Vec<Node>> {
    let refs = Lookup::new(repository);
    let mut known: Vec<Id> = refs.below(b"refs/remotes/")?.into_iter().map(|(_, id)| id).collect();
    known.extend(refs.object("ORIG_HEAD".into())?);
    let head: Vec<Id> = refs.object("HEAD".into())?.into_iter().collect();
    Ancestry::of(repository, objects, &Budget::default())?.list(&head, &known)
}

fn advice(finding: &Finding) -> String {
    let id = finding.commit.as_ref().map_or("", |commit| commit.id.as_str());
    let id = id.get(..10).unwrap_or(id);
    format!(
        "The rebase is done; no hook can stop it. Before you push: {}.\n\
         \x20 git rebase -i {id}^ (--root if that is the first), mark it `edit`,\n\
         \x20 take the key out, git add, git commit --amend, git rebase --continue\n\
         \x20 or undo the rebase: git reset --keep ORIG_HEAD\n\
         The hook pre-push stops a push of it: keysweep hook install pre-push\n",
        staged::why(finding),
    )
}
