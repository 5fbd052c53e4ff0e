//! `keysweep staged` and `keysweep hook`.

use std::ffi::OsString;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand, ValueEnum};

use super::SharedArgs;
use crate::hook::HookName;
use crate::hook::agent::Agent;

const STAGED_EXAMPLES: &str = "\
Examples:
  keysweep staged                        what the next commit would add
  keysweep staged --whole-files          also keys that were in these files before
  GIT_INDEX_FILE=x keysweep staged       another index

Only lines that were added or changed count. In a merge, only what is in none of its parents counts.
Exit codes: 0 no keys found; 1 keys found; 2 not completed.";

/// `keysweep staged`.
#[derive(Debug, Default, Args)]
#[command(after_help = STAGED_EXAMPLES)]
pub struct StagedArgs {
    /// Also report keys that were in these files before.
    #[arg(long, help_heading = "What to scan")]
    pub whole_files: bool,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print it")]
    pub shared: SharedArgs,
}

/// `keysweep hook`.
#[derive(Debug, Subcommand)]
pub enum HookCommand {
    /// Install hooks of git, or of coding agents.
    Install(Install),
    /// Remove keysweep's hooks, and restore what was there before.
    Uninstall(Uninstall),
    /// List the hooks that git runs, in their order.
    Status {
        /// The format: human or json.
        #[arg(long, value_enum, default_value_t = StatusFormat::Human)]
        format: StatusFormat,
    },
    /// Update hooks that an older keysweep installed, or after keysweep was moved.
    Update(UpdateArgs),
    /// Check that the hooks work: that a commit with a key is stopped.
    ///
    /// Tries it in a copy of the index; your repository is not changed.
    Doctor {
        /// Repair what can be repaired, then check again.
        #[arg(long, conflicts_with = "agents")]
        fix: bool,
        /// Check these coding agents instead of git: claude, codex, cursor, copilot, gemini, windsurf, all.
        #[arg(long = "agent", value_name = "AGENT", value_delimiter = ',', value_parser = agent_parser(), hide_possible_values = true)]
        agents: Vec<AgentChoice>,
    },
    /// Run a hook. Hooks call this; you do not need it.
    Run(Box<HookRunArgs>),
}

const INSTALL_EXAMPLES: &str = "\
Examples:
  keysweep hook install                  pre-commit and pre-merge-commit
  keysweep hook install --all            also commit-msg, pre-push and post-rewrite
  keysweep hook install pre-receive      on a server
  keysweep hook install --global         in every repository that you create or clone from now on
  keysweep hook install --write          in the configuration of husky, lefthook, simple-git-hooks,
                                         pre-commit or prek
  keysweep hook install --agent claude   in the configuration of a coding agent, for this project
  keysweep hook install --agent all --user

A hook that is already there is kept. It runs first, and can still stop a commit or push.";

/// `keysweep hook install`.
#[derive(Debug, Args)]
#[command(after_help = INSTALL_EXAMPLES)]
pub struct Install {
    /// Which hooks [default: pre-commit and pre-merge-commit].
    #[arg(value_name = "NAME", value_enum)]
    pub names: Vec<HookName>,
    /// Install pre-commit, pre-merge-commit, commit-msg, pre-push and post-rewrite.
    #[arg(long, conflicts_with = "names")]
    pub all: bool,
    /// Install for new repositories instead of this one.
    #[arg(long)]
    pub global: bool,
    /// Write to the configuration of the hook manager of this repository, such as husky or lefthook.
    #[arg(long, conflicts_with = "global")]
    pub write: bool,
    /// With --write: stop commits where keysweep is not installed, instead of only printing a warning.
    #[arg(long, requires = "write")]
    pub require: bool,
    /// Let commits pass if keysweep cannot be found.
    #[arg(long)]
    pub fail_open: bool,
    /// Install even if other repositories share the hooks, or a hook manager writes them.
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print it")]
    pub agents: Agents,
}

/// `keysweep hook uninstall`.
#[derive(Debug, Args)]
pub struct Uninstall {
    /// Which hooks [default: all of keysweep's].
    #[arg(value_name = "NAME", value_enum)]
    pub names: Vec<HookName>,
    /// Remove the hooks for new repositories instead of this one's.
    #[arg(long)]
    pub global: bool,
    /// Also remove a hook that was changed after it was installed.
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print it")]
    pub agents: Agents,
}

/// `keysweep hook update`.
#[derive(Debug, Args)]
pub struct UpdateArgs {
    /// Update the hooks for new repositories instead of this one's.
    #[arg(long)]
    pub global: bool,
    /// Also update a hook that was changed after it was installed.
    #[arg(long)]
    pub force: bool,
}

/// The coding agents that a command applies to.
#[derive(Debug, Args)]
pub struct Agents {
    /// Use the hooks of these coding agents instead of git's: claude, codex, cursor, copilot, gemini, windsurf, all.
    #[arg(
        long = "agent",
        value_name = "AGENT",
        value_delimiter = ',',
        value_parser = agent_parser(),
        hide_possible_values = true,
        conflicts_with_all = ["names", "global", "force"]
    )]
    pub agents: Vec<AgentChoice>,
    /// For you in every project, instead of for everybody in this project.
    #[arg(long, requires = "agents")]
    pub user: bool,
}

/// One coding agent, or all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgentChoice(pub Option<Agent>);

impl AgentChoice {
    /// The chosen agents without repetition.
    pub fn agents(choices: &[Self]) -> Vec<Agent> {
        let chosen = |agent: &Agent| choices.iter().any(|choice| choice.0.is_none_or(|one| one == *agent));
        Agent::ALL.into_iter().filter(chosen).collect()
    }
}

fn agent_parser() -> impl TypedValueParser<Value = AgentChoice> {
    let names = Agent::ALL.map(Agent::as_str).into_iter().chain(["all"]);
    PossibleValuesParser::new(names)
        .map(|name| AgentChoice(Agent::ALL.into_iter().find(|agent| agent.as_str() == name)))
}

/// `keysweep hook run`.
#[derive(Debug, Args)]
pub struct HookRunArgs {
    /// The hook of git that runs.
    #[arg(value_name = "NAME", value_enum, required_unless_present = "agent")]
    pub name: Option<HookName>,
    /// The coding agent that sends an event on standard input.
    #[arg(long, value_name = "AGENT", value_enum, conflicts_with_all = ["name", "framework", "timeout", "arguments"])]
    pub agent: Option<Agent>,
    /// Run by pre-commit or prek, which pass file names.
    #[arg(long)]
    pub framework: bool,
    /// Stop after this many seconds, and fail.
    #[arg(long, value_name = "SECONDS")]
    pub timeout: Option<u64>,
    /// What git or the hook manager passes.
    #[arg(value_name = "ARGUMENT")]
    pub arguments: Vec<OsString>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print it")]
    pub shared: SharedArgs,
}

/// The output format of `hook status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StatusFormat {
    /// For people.
    Human,
    /// One JSON document.
    Json,
}
