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

A key counts if its line was added or changed. In a merge, only what is in no parent counts.
Exit codes: 0 complete and clean; 1 complete, keys found; 2 not completed.";

/// `keysweep staged`.
#[derive(Debug, Args)]
#[command(after_help = STAGED_EXAMPLES)]
pub struct StagedArgs {
    /// A key that was in a touched file before counts, too.
    #[arg(long)]
    pub whole_files: bool,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print it")]
    pub shared: SharedArgs,
}

/// `keysweep hook`.
#[derive(Debug, Subcommand)]
pub enum HookCommand {
    /// Have git run keysweep.
    Install(Install),
    /// Take it out again, and bring back what was there before.
    Uninstall(Uninstall),
    /// Say what git runs, in which order, and what it does not.
    Status {
        /// human or json.
        #[arg(long, value_enum, default_value_t = StatusFormat::Human)]
        format: StatusFormat,
    },
    /// Bring installed hooks of an older keysweep up to date, and write where keysweep is now.
    Update(UpdateArgs),
    /// Check the installation, and that a key is really stopped.
    Doctor {
        /// Repair what can be repaired, then check.
        #[arg(long, conflicts_with = "agents")]
        fix: bool,
        /// Check these coding agents instead of git: claude, codex, cursor, copilot, gemini, windsurf, all.
        #[arg(long = "agent", value_name = "AGENT", value_delimiter = ',', value_parser = agent_parser(), hide_possible_values = true)]
        agents: Vec<Choice>,
    },
    /// What the hooks run; not for people.
    Run(Box<HookRunArgs>),
}

const INSTALL_EXAMPLES: &str = "\
Examples:
  keysweep hook install                  pre-commit and pre-merge-commit
  keysweep hook install --all            and commit-msg, pre-push and post-rewrite
  keysweep hook install pre-receive      on a server
  keysweep hook install --global         in every repository made from now on
  keysweep hook install --write          into the configuration of husky, lefthook, simple-git-hooks,
                                         pre-commit or prek
  keysweep hook install --agent claude   into a coding agent's configuration of this project
  keysweep hook install --agent all --user

A hook that is there already is kept, runs first, and can still stop things.";

/// `keysweep hook install`.
#[derive(Debug, Args)]
#[command(after_help = INSTALL_EXAMPLES)]
pub struct Install {
    /// Hooks; without any, pre-commit and pre-merge-commit.
    #[arg(value_name = "NAME", value_enum)]
    pub names: Vec<HookName>,
    /// pre-commit, pre-merge-commit, commit-msg, pre-push and post-rewrite.
    #[arg(long, conflicts_with = "names")]
    pub all: bool,
    /// For new repositories instead of this one.
    #[arg(long)]
    pub global: bool,
    /// Add the lines to the configuration of the program that manages the hooks here.
    #[arg(long, conflicts_with = "global")]
    pub write: bool,
    /// With --write: stop whoever has no keysweep, instead of telling them that nothing is checked.
    #[arg(long, requires = "write")]
    pub require: bool,
    /// Let things pass when keysweep is not to be found.
    #[arg(long)]
    pub fail_open: bool,
    /// Install even where others use the same hooks, or where another program manages them.
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print it")]
    pub agents: Agents,
}

/// `keysweep hook uninstall`.
#[derive(Debug, Args)]
pub struct Uninstall {
    /// Hooks; without any, all of keysweep's.
    #[arg(value_name = "NAME", value_enum)]
    pub names: Vec<HookName>,
    /// Those for new repositories instead of this one's.
    #[arg(long)]
    pub global: bool,
    /// Also a hook that was changed since it was installed.
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print it")]
    pub agents: Agents,
}

/// `keysweep hook update`.
#[derive(Debug, Args)]
pub struct UpdateArgs {
    /// Those for new repositories instead of this one's.
    #[arg(long)]
    pub global: bool,
    /// Also a hook that was changed since it was installed.
    #[arg(long)]
    pub force: bool,
}

/// Which coding agents a command is about.
#[derive(Debug, Args)]
pub struct Agents {
    /// Hooks of these coding agents instead of git's: claude, codex, cursor, copilot, gemini, windsurf, all.
    #[arg(
        long = "agent",
        value_name = "AGENT",
        value_delimiter = ',',
        value_parser = agent_parser(),
        hide_possible_values = true,
        conflicts_with_all = ["names", "global", "force"]
    )]
    pub agents: Vec<Choice>,
    /// For this user in every project, instead of for whoever works in this one.
    #[arg(long, requires = "agents")]
    pub user: bool,
}

/// One coding agent, or all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice(pub Option<Agent>);

impl Choice {
    /// The agents that these choices come to, each once.
    pub fn agents(choices: &[Self]) -> Vec<Agent> {
        let chosen = |agent: &Agent| choices.iter().any(|choice| choice.0.is_none_or(|one| one == *agent));
        Agent::ALL.into_iter().filter(chosen).collect()
    }
}

fn agent_parser() -> impl TypedValueParser<Value = Choice> {
    let names = Agent::ALL.map(Agent::as_str).into_iter().chain(["all"]);
    PossibleValuesParser::new(names).map(|name| Choice(Agent::ALL.into_iter().find(|agent| agent.as_str() == name)))
}

/// `keysweep hook run`.
#[derive(Debug, Args)]
pub struct HookRunArgs {
    /// The hook of git.
    #[arg(value_name = "NAME", value_enum, required_unless_present = "agent")]
    pub name: Option<HookName>,
    /// The coding agent whose event comes through standard input.
    #[arg(long, value_name = "AGENT", value_enum, conflicts_with_all = ["name", "framework", "timeout", "arguments"])]
    pub agent: Option<Agent>,
    /// Run by pre-commit or prek, which pass file names.
    #[arg(long)]
    pub framework: bool,
    /// Give up after this many seconds.
    #[arg(long, value_name = "SECONDS")]
    pub timeout: Option<u64>,
    /// What git or the framework passes.
    #[arg(value_name = "ARGUMENT")]
    pub arguments: Vec<OsString>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print it")]
    pub shared: SharedArgs,
}

/// How the status is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StatusFormat {
    /// For people.
    Human,
    /// One JSON document.
    Json,
}
