//! The definition of the command line with clap. [`run`](super::main) executes the commands.

mod ci;
pub mod completions;
mod fix;
mod history;
mod hook;
mod parse;
pub mod policy;
mod report;
mod rules;
mod shared;
mod view;

use std::ffi::OsString;

use clap::{Args, Parser, Subcommand};

pub use hook::{
    AgentChoice, Agents, HookCommand, HookRunArgs, Install, StagedArgs, StatusFormat, Uninstall, UpdateArgs,
};

pub use ci::{Ci, CiScope};
pub use fix::Fix;
pub use history::HistoryArgs;
pub use parse::parse;
pub use report::{DiffBy, DiffFormat, Reports};
pub use rules::{RulesCommand, RulesFormat};
pub(super) use shared::format_parser;
pub use shared::{ColorChoice, SharedArgs};
pub use view::{FilesViewArgs, GroupBy, GroupFilesBy, ViewArgs};

/// Find leaked AI API keys in files, commits and git history. Works offline.
#[derive(Debug, Parser)]
#[command(name = "keysweep", version, disable_help_subcommand = true, help_template = HELP, after_help = EXITS)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The help for `keysweep --help`: the commands grouped by purpose. A test compares it with [`Command`].
const HELP: &str = "\
{about-with-newline}
{usage-heading} {usage}

Find keys:
  scan         Scan files and directories
  staged       Scan what the next commit would add
  history      Scan the whole history of a git repository
  ci           Scan what a change adds, in a CI job

Handle findings:
  fix          Replace keys in files with environment variables
  ignore       Accept a finding that is not a key
  baseline     Accept all known findings, so that only new ones count
  explain      Show why a line is or is not a finding
  report       Convert, compare and merge reports

Set up:
  init         Set up a repository: configuration, hook, CI file
  hook         Install, check and remove hooks of git and coding agents
  config       Show or check the configuration
  rules        List, test and write rules
  completions  Print shell completions, or write manual pages

Options:
{options}

Run keysweep COMMAND --help for the options of a command, or with -h for a short list.{after-help}";

const EXITS: &str = "\
Exit codes: 0 no keys found; 1 keys found; 2 not completed (wrong usage, or something could not be read).";

const SCAN_EXAMPLES: &str = "\
Examples:
  keysweep scan                          the current directory
  keysweep scan src .env                 these paths, even if git ignores them
  keysweep scan --no-ignore              also files that .gitignore lists
  kubectl logs app | keysweep scan -     standard input
  keysweep scan --format jsonl | jq .    for other programs

Exit codes: 0 no keys found; 1 keys found; 2 not completed (wrong usage, or something could not be read).";

/// The subcommands. Each is executed by one line in `run`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Set up a repository: configuration, hook, CI file.
    Init(InitArgs),
    /// Scan files and directories.
    Scan(ScanArgs),
    /// Scan the whole history of a git repository.
    ///
    /// Scans everything that the repository keeps: all commits, their messages, tags, notes, reflogs, and objects that no
    /// branch reaches any more.
    History(Box<HistoryArgs>),
    /// Scan what a change adds, in a CI job.
    ///
    /// Finds out from the CI system which commits the change has, and scans them one by one: a key that one commit adds
    /// and the next removes is found, too.
    Ci(Box<Ci>),
    /// Convert, compare and merge reports.
    #[command(subcommand)]
    Report(Reports),
    /// List, test and write rules.
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Scan what the next commit would add.
    Staged(StagedArgs),
    /// Replace keys in files with environment variables.
    ///
    /// Writes each key to .env, which git then ignores, and puts the code that reads the variable in its place.
    Fix(Fix),
    /// Install, check and remove hooks of git and coding agents.
    #[command(subcommand)]
    Hook(HookCommand),
    /// Show why a line is or is not a finding.
    Explain(policy::Explain),
    /// Accept a finding that is not a key.
    ///
    /// Adds an entry to the ignore file, .keysweepignore.
    Ignore(policy::IgnoreArgs),
    /// Accept all known findings, so that only new ones count.
    #[command(subcommand)]
    Baseline(policy::BaselineCommand),
    /// Show or check the configuration.
    #[command(subcommand)]
    Config(policy::ConfigCommand),
    /// Print shell completions, or write manual pages.
    Completions(completions::Completions),
}

/// `keysweep init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Do not install a hook.
    #[arg(long)]
    pub no_hook: bool,
    /// Do not write a CI file.
    #[arg(long)]
    pub no_ci: bool,
}

/// `keysweep scan`.
#[derive(Debug, Args)]
#[command(after_help = SCAN_EXAMPLES)]
pub struct ScanArgs {
    /// Files and directories; `-` is standard input.
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<OsString>,
    /// Also scan files that .gitignore lists.
    ///
    /// Files that git tracks are scanned in any case.
    #[arg(long, help_heading = "What to scan")]
    pub no_ignore: bool,
    /// Scan the files of coding agents in your home directory: settings, logins, transcripts.
    ///
    /// The newest files come first.
    #[arg(long, help_heading = "What to scan", conflicts_with_all = ["paths", "no_ignore", "stdin_path"])]
    pub agents: bool,
    /// The name that the report gives to standard input.
    #[arg(long, help_heading = "What to scan", value_name = "PATH")]
    pub stdin_path: Option<OsString>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print it")]
    pub shared: SharedArgs,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print it")]
    pub view: FilesViewArgs,
    /// Fail if an entry of the ignore file or the baseline matches nothing.
    ///
    /// Only if the whole repository is scanned.
    #[arg(long, help_heading = policy::SUPPRESSIONS)]
    pub fail_on_stale: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_first_help_has_every_command() {
        let listed: Vec<(&str, &str)> = HELP
            .lines()
            .filter_map(|line| line.strip_prefix("  ")?.split_once("  "))
            .map(|(name, about)| (name, about.trim()))
            .collect();
        let commands = Cli::command();
        let mut all: Vec<(&str, String)> = commands
            .get_subcommands()
            .map(|command| (command.get_name(), command.get_about().expect("each says what it does").to_string()))
            .collect();
        all.sort();
        let mut shown: Vec<(&str, String)> = listed.into_iter().map(|(name, about)| (name, about.to_owned())).collect();
        shown.sort();
        assert_eq!(shown, all);
    }
}
