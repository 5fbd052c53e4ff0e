//! `keysweep hook … --agent`: runs and installs the hooks of coding agents.

use std::io::Read as _;
use std::path::PathBuf;

use super::output::{self, complain, masked, say};
use super::policy;
use crate::cli::args::{AgentChoice, Agents, SharedArgs};
use crate::core::error::{Error, Exit, Result};
use crate::hook::agent::install::{self, InstallScope};
use crate::hook::agent::{Action, Agent, Answer, Decision, Event, Judge, doctor};
use crate::hook::doctor::Verdict;
use crate::hook::install::Outcome;

/// Runs an agent's hook: reads an event and writes the decision. A failure blocks the action: it exits with 2, the
/// only code that every agent treats as "blocked".
pub(super) fn run(agent: Agent, shared: &SharedArgs) -> Result<Exit> {
    let mut input = Vec::new();
    std::io::stdin()
        .lock()
        .read_to_end(&mut input)
        .map_err(|error| Error::io("read the event of", agent.title(), error))?;
    let event = agent.parse(&input).map_err(|why| {
        Error::new("check what is about to happen in", agent.title(), why).hint("keysweep hook doctor --agent")
    })?;
    drop(input);
    if event.action == Action::Unknown {
        let name = if event.name.is_empty() { "this event" } else { &event.name };
        complain(&format!("{} sent {name}, which keysweep does not judge", agent.title()));
        return answer(agent.render(&event, &Decision::Pass));
    }
    let decision = decide(&event, shared)?;
    let clean = |text: String| String::from_utf8_lossy(&masked(text.as_bytes())).into_owned();
    // A reason may contain a path or a tool name with a key in it.
    let decision = match decision {
        Decision::Pass => Decision::Pass,
        Decision::Deny { reason } => Decision::Deny { reason: clean(reason) },
        Decision::Redact { output, reason } => Decision::Redact { output, reason: clean(reason) },
    };
    answer(agent.render(&event, &decision))
}

fn decide(event: &Event, shared: &SharedArgs) -> Result<Decision> {
    let here = here()?;
    let start = event.cwd.as_ref().map_or_else(|| here.clone(), |cwd| here.join(cwd));
    // If the agent's working directory no longer exists, the policy of the current directory is used.
    let start: PathBuf = if start.is_dir() { start } else { here };
    let loaded = policy::load(&shared.policy, &start, &start)?;
    let shared = shared.with_config(&loaded.config);
    let least = (
        shared.severity.unwrap_or(loaded.config.rules.min_severity),
        shared.confidence.unwrap_or(loaded.config.rules.min_confidence),
    );
    let judge = Judge { policy: &loaded.policy, known: &loaded.known, least, start: &start };
    judge.decide(event)
}

/// Writes the response to standard output and standard error.
fn answer(answer: Answer) -> Result<Exit> {
    if let Some(line) = answer.stderr {
        complain(&line);
    }
    if let Some(document) = answer.stdout {
        let line = format!("{document}\n");
        output::answer(line.as_bytes()).map_err(|error| Error::io("write", "the answer", error))?;
    }
    Ok(if answer.blocks { Exit::Incomplete } else { Exit::Clean })
}

/// Installs the hooks of coding agents.
pub(super) fn install(args: &Agents) -> Result<Exit> {
    each(args, install::install)
}

/// Removes the hooks of coding agents.
pub(super) fn uninstall(args: &Agents) -> Result<Exit> {
    each(args, install::uninstall)
}

fn each(args: &Agents, work: impl Fn(Agent, &InstallScope) -> Result<(PathBuf, Outcome)>) -> Result<Exit> {
    let scope = if args.user { InstallScope::User } else { InstallScope::project_of(&here()?) };
    let mut exit = Exit::Clean;
    for agent in AgentChoice::agents(&args.agents) {
        match work(agent, &scope) {
            Ok((path, outcome)) => {
                say(&format!("{agent}: {} ({})", outcome.words(), path.display()))?;
                if agent == Agent::Codex && matches!(outcome, Outcome::Installed | Outcome::Updated) {
                    say("codex: open Codex and trust the hooks in /hooks: until then it skips them without a word")?;
                }
            }
            Err(error) => {
                complain(&error.to_string());
                exit = Exit::Incomplete;
            }
        }
    }
    Ok(exit)
}

/// Checks the hooks of coding agents.
pub(super) fn doctor(agents: &[AgentChoice]) -> Result<Exit> {
    let directory = here()?;
    let mut bad = 0;
    for agent in AgentChoice::agents(agents) {
        say(agent.title())?;
        for check in doctor::checks(agent, &directory)? {
            say(&format!("  {}", check.line()))?;
            bad += usize::from(check.verdict == Verdict::Bad);
        }
    }
    say(&match bad {
        0 => "\nA key would be stopped here.".to_owned(),
        bad => format!("\n{bad} problem(s): a key may get through."),
    })?;
    Ok(if bad == 0 { Exit::Clean } else { Exit::Findings })
}

fn here() -> Result<PathBuf> {
    std::env::current_dir().map_err(|error| Error::io("read", "the current directory", error))
}
