//! `keysweep hook`: installs hooks, and runs them.

use std::env;
use std::path::{Path, PathBuf};

use super::output::{complain, say};
use super::{agent, framework, push, rewrite, staged};
use crate::cli::args::{self, HookCommand, StatusFormat};
use crate::core::error::{Error, Exit, Result};
use crate::core::finding::{Location, Part};
use crate::hook::command::IfAbsent;
use crate::hook::last::Stopped;
use crate::hook::manager::{self, Advice, Manager};
use crate::hook::place::HookPlace;
use crate::hook::{HookName, doctor, global, install, memory, message, repair, status};
use crate::policy::files;
use crate::report::model::Occasion;
use crate::source::Collector;

/// Executes the command.
pub(super) fn run(hook: HookCommand) -> Result<Exit> {
    match hook {
        HookCommand::Install(args) if !args.agents.agents.is_empty() => agent::install(&args.agents),
        HookCommand::Install(args) => install(&args),
        HookCommand::Uninstall(args) if !args.agents.agents.is_empty() => agent::uninstall(&args.agents),
        HookCommand::Uninstall(args) => uninstall(&args),
        HookCommand::Update(args) => update(&args),
        HookCommand::Status { format } => status(format),
        HookCommand::Doctor { agents, .. } if !agents.is_empty() => agent::doctor(&agents),
        HookCommand::Doctor { fix, .. } => doctor(fix),
        HookCommand::Run(args) => run_hook(*args),
    }
}

fn install(args: &args::Install) -> Result<Exit> {
    let names = match (args.all, args.names.as_slice()) {
        (true, _) => HookName::CLIENT.to_vec(),
        (false, []) => HookName::DEFAULT.to_vec(),
        (false, names) => names.to_vec(),
    };
    let binary = install::binary()?;
    if args.global {
        let directory = global::directory(true)?;
        for &name in &names {
            let outcome = install::install(&directory.hooks, name, &binary, args.fail_open)?;
            say(&format!("{name}: {} in {}", outcome.words(), directory.hooks.display()))?;
        }
        if let Some(template) = directory.template() {
            memory::remember(template, &names)?;
        }
        say(&directory.words())?;
        return Ok(Exit::Clean);
    }
    let place = HookPlace::of(Path::new("."))?;
    if place.top.is_none() && args.names.is_empty() {
        return Err(Error::new(
            "install hooks in",
            place.common_dir.display(),
            "commits are not made in a bare repository",
        )
        .hint("keysweep hook install pre-receive checks what is pushed to it"));
    }
    if let Some(why) = place.shared().filter(|_| !args.force) {
        return Err(Error::new("install hooks in", place.hooks.display(), why)
            .hint("--global installs for all repositories, --force installs there anyway"));
    }
    let mut exit = Exit::Clean;
    let mut told = Vec::new();
    let mut installed = Vec::new();
    let if_absent = if args.require { IfAbsent::Stop } else { IfAbsent::Pass };
    for name in names {
        let manager = if args.force { None } else { manager::of(&place, name)? };
        if let (Some(manager), Some(top)) = (manager, &place.top) {
            let advice = manager::advice(manager, top, name, if_absent)?;
            let ended = match told.contains(&advice) {
                true => Exit::Clean,
                false => managed(manager, name, &advice, args.write)?,
            };
            installed.extend((ended == Exit::Clean).then_some(name));
            exit = exit.max(ended);
            told.push(advice);
            continue;
        }
        let outcome = install::install(&place.hooks, name, &binary, args.fail_open)?;
        say(&format!("{name}: {}", outcome.words()))?;
        installed.push(name);
    }
    memory::remember(&place.common_dir, &installed)?;
    if place.is_versioned() {
        complain(&format!(
            "{} is part of the work tree: everybody who gets these files needs keysweep in PATH",
            place.hooks.display()
        ));
    }
    Ok(exit)
}

/// Adds keysweep to the configuration of a hook manager, or prints the lines for the user to add.
fn managed(manager: Manager, name: HookName, advice: &Advice, write: bool) -> Result<Exit> {
    let activation = manager.activation(name).map_or_else(String::new, |command| format!(" (after {command})"));
    let (manager, file) = (manager.as_str(), advice.file.display());
    if advice.done {
        say(&format!("{name}: {manager} runs keysweep already, see {file}; nothing changed"))?;
        return Ok(Exit::Clean);
    }
    if write {
        advice.write()?;
        say(&format!("{name}: added to {file}, which {manager} runs{activation}"))?;
        return Ok(Exit::Clean);
    }
    complain(&format!(
        "cannot install {name}: {manager} runs the hooks here; paste this into its configuration, or use --write"
    ));
    say(&format!("{file}, {}:\n\n{}", advice.under, advice.lines))?;
    Ok(Exit::Incomplete)
}

fn uninstall(args: &args::Uninstall) -> Result<Exit> {
    let names = if args.names.is_empty() { HookName::ALL.to_vec() } else { args.names.clone() };
    let explicit = !args.names.is_empty();
    let (directory, memory) = places(args.global)?;
    let mut any = false;
    if let Some(memory) = memory {
        memory::forget(&memory, &names)?;
    }
    for name in names {
        let outcome = install::uninstall(&directory, name, args.force)?;
        let absent = outcome == install::Outcome::Absent;
        any |= !absent;
        if !absent || explicit {
            say(&format!("{name}: {}", outcome.words()))?;
        }
    }
    if args.global {
        global::forget_empty(&directory)?;
    }
    if !any && !explicit {
        say(&format!("no hook of keysweep's is in {}; nothing changed", directory.display()))?;
    }
    Ok(Exit::Clean)
}

/// The hooks directory, and the directory with the list of installed hooks.
fn places(global: bool) -> Result<(PathBuf, Option<PathBuf>)> {
    if global {
        let directory = global::directory(false)?;
        let template = directory.template().map(Path::to_owned);
        return Ok((directory.hooks, template));
    }
    let place = HookPlace::of(Path::new("."))?;
    Ok((place.hooks, Some(place.common_dir)))
}

fn update(args: &args::UpdateArgs) -> Result<Exit> {
    let binary = install::binary()?;
    let (directory, memory) = places(args.global)?;
    let mut found = Vec::new();
    let mut exit = Exit::Clean;
    for name in HookName::ALL {
        match install::update(&directory, name, &binary, args.force) {
            Ok(install::Outcome::Absent) => continue,
            Ok(outcome) => say(&format!("{name}: {}", outcome.words()))?,
            Err(error) => {
                complain(&error.to_string());
                exit = Exit::Incomplete;
            }
        }
        found.push(name);
    }
    if found.is_empty() {
        say(&format!("no hook of keysweep's is in {}; nothing changed", directory.display()))?;
    } else if let Some(memory) = memory {
        memory::remember(&memory, &found)?;
    }
    Ok(exit)
}

/// Prints a warning if hooks that were installed here are no longer run.
pub(super) fn tell_of_lost_hooks() {
    let lost = env::current_dir().map_or(Ok(None), |here| status::lost(&here));
    if let Some(line) = lost.unwrap_or_else(|error| Some(error.to_string())) {
        complain(&line);
    }
}

fn status(format: StatusFormat) -> Result<Exit> {
    let status = status::of(&HookPlace::of(Path::new("."))?)?;
    match format {
        StatusFormat::Human => say(status.text().trim_end())?,
        StatusFormat::Json => {
            let json = serde_json::to_string(&status).map_err(|error| Error::new("write", "the status", error))?;
            say(&json)?;
        }
    }
    Ok(if status.protects_commits() { Exit::Clean } else { Exit::Findings })
}

fn doctor(fix: bool) -> Result<Exit> {
    let place = HookPlace::of(Path::new("."))?;
    let mut left = Vec::new();
    if fix {
        let repairs = repair::repair(&place, &install::binary()?)?;
        repairs.done.iter().try_for_each(|line| say(&format!("fixed {line}")))?;
        left = repairs.left;
    }
    let checks = doctor::checks(&place)?;
    for check in &checks {
        say(&check.line())?;
    }
    let bad = checks.iter().filter(|check| check.verdict == doctor::Verdict::Bad).count();
    left.iter().try_for_each(|line| say(&format!("to do {line}")))?;
    say(&match bad {
        0 if checks.iter().any(|check| check.what == doctor::NARROWED) => {
            "\nThe made-up key was stopped. Others may pass, as the configuration says.".to_owned()
        }
        0 => "\nA key would be stopped here.".to_owned(),
        bad if fix => format!("\n{bad} problem(s): a key may get through."),
        bad => format!("\n{bad} problem(s): a key may get through. keysweep hook doctor --fix repairs what it can."),
    })?;
    Ok(if bad == 0 { Exit::Clean } else { Exit::Findings })
}

fn run_hook(mut args: args::HookRunArgs) -> Result<Exit> {
    if let Some(agent) = args.agent {
        return agent::run(agent, &args.shared);
    }
    let is_commit = |name| matches!(name, HookName::PreCommit | HookName::PreMergeCommit | HookName::CommitMsg);
    args.shared.occasion = if args.name.is_some_and(is_commit) { Occasion::CommitHook } else { Occasion::PushHook };
    match args.name {
        Some(HookName::PreCommit | HookName::PreMergeCommit) if args.framework => framework::pre_commit(
            &args.shared,
            args.arguments.into_iter().map(crate::core::path_bytes::bytes).collect(),
        ),
        Some(HookName::PreCommit | HookName::PreMergeCommit) => staged::hook(&args.shared, None),
        Some(HookName::CommitMsg) => commit_msg(&args),
        Some(HookName::PrePush | HookName::PreReceive) => push::hook(&args),
        Some(HookName::PostRewrite) => rewrite::hook(&args),
        None => Err(Error::new("run", "a hook", "neither a hook of git nor an agent is named")),
    }
}

fn commit_msg(args: &args::HookRunArgs) -> Result<Exit> {
    let Some(file) = args.arguments.first().map(PathBuf::from) else {
        return Err(Error::new("run", "commit-msg", "the message's file is not named").hint("git passes it as `$1`"));
    };
    let absent = || Error::new("read the commit message", file.display(), "no such file");
    let text = files::read_named(&file)?.ok_or_else(absent)?;
    let repository = staged::repository()?;
    let loaded = staged::load(&args.shared, &repository)?;
    if !loaded.config.hook.commit_message {
        return Ok(Exit::Clean);
    }
    let policy = &loaded.policy;
    let collector = Collector::default();
    // Git sets this value if it does not open an editor.
    let edited = env::var_os("GIT_EDITOR").is_none_or(|editor| editor != ":");
    for found in message::kept(&text, policy.scan(&text), edited) {
        collector.finding(found.at(Location { part: Some(Part::Message), ..Location::default() }));
    }
    collector.scanned(1, text.len() as u64);
    let mut report = collector.into_report();
    loaded.apply(&mut report, false);
    let stop = staged::Stop::of(&repository, Stopped::Commit);
    staged::conclude(&args.shared, &loaded, report, stop, |finding| {
        Some(format!(
            "This commit was stopped: {}.\n\
             \x20 If it is a key: take it out of the message: git commit --edit --file={}\n\
             \x20 If it is no key: keysweep ignore --last, then commit again\n",
            staged::why(finding),
            crate::core::shell::shell_path(file.as_os_str().as_encoded_bytes()),
        ))
    })
}
