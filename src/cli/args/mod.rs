//! The command line: clap and nothing else. `run` does the work.

mod ci;
pub mod completions;
mod fix;
mod history;
mod hook;
mod parse;
pub mod policy;
mod report;
mod view;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser as _;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

pub use hook::{Agents, Choice, HookCommand, HookRunArgs, Install, StagedArgs, StatusFormat, Uninstall, UpdateArgs};

use crate::core::finding::{Confidence, Severity};
use crate::policy::config::{self, Config};
use crate::report::Format;
use crate::report::model::Occasion;
pub use ci::{Ci, CiScope};
pub use fix::Fix;
pub use history::HistoryArgs;
pub use parse::parse;
pub use report::{DiffBy, DiffFormat, Reports};
pub use view::{By, ByInFiles, FilesViewArgs, ViewArgs};

/// Find leaked AI API keys in files, commits and git history. Works offline.
#[derive(Debug, Parser)]
#[command(name = "keysweep", version, disable_help_subcommand = true, help_template = HELP, after_help = EXITS)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The first help that people see: the commands by what they are for. A test compares it with [`Command`].
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

/// A command is its arguments here and one line in `run`.
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

/// `keysweep rules`.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// List the rules.
    List {
        /// List only the rules of this provider.
        provider: Option<String>,
        /// The format: human or json.
        #[arg(long, value_enum, default_value_t = RulesFormat::Human)]
        format: RulesFormat,
        #[command(flatten)]
        #[allow(missing_docs, reason = "clap would print it")]
        sources: RuleSourceArgs,
    },
    /// Show one rule.
    Show {
        /// The rule's id.
        id: String,
        /// The format: human or json.
        #[arg(long, value_enum, default_value_t = RulesFormat::Human)]
        format: RulesFormat,
        #[command(flatten)]
        #[allow(missing_docs, reason = "clap would print it")]
        sources: RuleSourceArgs,
    },
    /// Check that each rule finds its examples, and not its non-examples.
    Check {
        #[command(flatten)]
        #[allow(missing_docs, reason = "clap would print it")]
        sources: RuleSourceArgs,
    },
    /// Explain in words what a rule looks for.
    Explain {
        /// The rule's id.
        id: String,
        #[command(flatten)]
        #[allow(missing_docs, reason = "clap would print it")]
        sources: RuleSourceArgs,
    },
    /// Print what one rule finds in a file.
    ///
    /// Other rules, the ignore file and the baseline do not matter. Exits with 1 if the rule finds something.
    Test {
        /// The rule's id.
        id: String,
        /// The file to search; `-` is standard input.
        file: PathBuf,
        #[command(flatten)]
        #[allow(missing_docs, reason = "clap would print it")]
        sources: RuleSourceArgs,
    },
    /// Write a first version of a rule, from an example key.
    ///
    /// Prints TOML for .keysweep.toml. The key itself is not in it.
    New {
        /// The example key; `-` reads it from standard input.
        ///
        /// Use `-` for real keys: what is typed on a command line stays in the history of the shell.
        #[arg(long, value_name = "EXAMPLE")]
        from: String,
        /// The id of the new rule.
        #[arg(long)]
        id: Option<String>,
    },
}

/// Where rules come from.
#[derive(Clone, Debug, Args)]
pub struct RuleSourceArgs {
    /// The configuration file [default: $KEYSWEEP_CONFIG, or .keysweep.toml at the root of the repository].
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Also load rules from this file: keysweep's TOML, or a configuration of gitleaks or betterleaks.
    #[arg(long, value_name = "FILE")]
    pub rules: Vec<PathBuf>,
    /// Skip what keysweep does not support in a rule file of another tool, and list it.
    #[arg(long)]
    pub skip_unsupported: bool,
    /// Print which configuration file is used, on standard error.
    #[arg(short, long)]
    pub verbose: bool,
}

impl RuleSourceArgs {
    /// The same for what loads a policy.
    pub fn policy(&self) -> policy::PolicyArgs {
        policy::PolicyArgs {
            config: self.config.clone(),
            rules: self.rules.clone(),
            skip_unsupported: self.skip_unsupported,
            verbose: self.verbose,
            ..policy::PolicyArgs::default()
        }
    }
}

/// How rules are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RulesFormat {
    /// For people.
    Human,
    /// One JSON document.
    Json,
}

/// The heading of options that decide what is reported and what fails.
const FILTERS: &str = "Filters and exit code";

/// What every command that scans understands.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct SharedArgs {
    /// The format of the report [default: human, or what the name of the output file says].
    #[arg(short, long, value_name = "FORMAT", value_parser = format_parser())]
    pub format: Option<Format>,
    /// What the configuration says of it.
    #[arg(skip)]
    #[allow(missing_docs, reason = "clap would print it")]
    pub configured_format: Option<Format>,
    /// What people want to see of many keys; `None` where a command's report is never that long.
    #[arg(skip)]
    #[allow(missing_docs, reason = "clap would print it")]
    pub view: Option<ViewArgs>,
    /// Write the report to this file instead of standard output; may be repeated.
    ///
    /// Several files can have several formats: the name of each says which, such as keys.sarif. `-` is standard output.
    #[arg(short, long, value_name = "FILE")]
    pub output: Vec<PathBuf>,
    /// Exit with 1 only for keys of at least this severity, confidence or both, such as high or high,likely.
    #[arg(long, help_heading = FILTERS, value_name = "MIN", value_parser = FailOn::parse)]
    pub fail_on: Option<FailOn>,
    /// Print whole keys instead of masked ones.
    #[arg(long)]
    pub show_secrets: bool,
    /// Show suppressed findings, too; json and jsonl reports always have them.
    #[arg(long)]
    pub show_suppressed: bool,
    /// Exit with 0 instead of 1 when keys are found.
    #[arg(long, help_heading = FILTERS)]
    pub exit_zero: bool,
    /// Hide findings below this severity: info, low, medium, high, critical.
    #[arg(long, help_heading = FILTERS, value_name = "MIN", value_parser = severity_parser(), hide_possible_values = true)]
    pub severity: Option<Severity>,
    /// Hide findings below this confidence: possible, likely, certain.
    #[arg(long, help_heading = FILTERS, value_name = "MIN", value_parser = confidence_parser(), hide_possible_values = true)]
    pub confidence: Option<Confidence>,
    /// Number of threads [default: one for each processor].
    #[arg(long, help_heading = "Other", value_name = "N", default_value_t = 0, hide_default_value = true,
        value_parser = threads_parser())]
    pub threads: usize,
    /// Exit with 2 if an archive cannot be scanned.
    ///
    /// For example because it is encrypted, damaged, of an unsupported kind, or larger than a limit allows.
    #[arg(long, help_heading = FILTERS)]
    pub strict_archives: bool,
    /// When to use colours: auto, always, never.
    ///
    /// `auto`: if the report goes to a terminal, and neither `NO_COLOR` nor `TERM=dumb` is set. `CLICOLOR_FORCE` and
    /// `FORCE_COLOR` are understood.
    #[arg(long, value_name = "WHEN", value_enum, hide_possible_values = true)]
    pub color: Option<ColorChoice>,
    /// When paths and web addresses are links to click on: auto, always, never.
    ///
    /// `auto`: if the report goes to a terminal that is known to support links (OSC 8), and neither `NO_COLOR` nor
    /// `TERM=dumb` is set.
    #[arg(long, value_name = "WHEN", value_enum, hide_possible_values = true)]
    pub hyperlinks: Option<ColorChoice>,
    /// What runs the scan.
    #[arg(skip)]
    #[allow(missing_docs, reason = "clap would print it")]
    pub occasion: Occasion,
    /// Show neither progress nor a summary.
    #[arg(short, long, action = ArgAction::SetTrue)]
    pub quiet: bool,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print it")]
    pub policy: policy::PolicyArgs,
}

impl SharedArgs {
    /// These arguments, with a configuration's choices where they leave one.
    #[must_use]
    pub fn with_config(&self, config: &Config) -> Self {
        let configured = |color: config::raw::ColorSetting| match color {
            config::raw::ColorSetting::Auto => ColorChoice::Auto,
            config::raw::ColorSetting::Always => ColorChoice::Always,
            config::raw::ColorSetting::Never => ColorChoice::Never,
        };
        Self {
            configured_format: config.output.format.as_deref().and_then(Format::parse),
            severity: self.severity.or(Some(config.rules.min_severity)),
            confidence: self.confidence.or(Some(config.rules.min_confidence)),
            color: self.color.or_else(|| config.output.color.map(configured)),
            hyperlinks: self.hyperlinks.or_else(|| config.output.hyperlinks.map(configured)),
            show_suppressed: self.show_suppressed || config.output.show_suppressed,
            strict_archives: self.strict_archives || config.limits.strict_archives,
            ..self.clone()
        }
    }

    /// The format of what goes to standard output.
    pub fn format(&self) -> Format {
        self.format.or(self.configured_format).unwrap_or(Format::Human)
    }

    /// When to colour.
    pub fn color(&self) -> ColorChoice {
        self.color.unwrap_or(ColorChoice::Auto)
    }

    /// When to make links.
    pub fn hyperlinks(&self) -> ColorChoice {
        self.hyperlinks.unwrap_or(ColorChoice::Auto)
    }

    /// Whether a finding of this worth is left out.
    pub fn is_below(&self, severity: Severity, confidence: Confidence) -> bool {
        self.severity.is_some_and(|least| severity < least) || self.confidence.is_some_and(|least| confidence < least)
    }
}

/// Which findings cost exit code 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailOn {
    /// The least severity.
    pub severity: Severity,
    /// The least confidence.
    pub confidence: Confidence,
}

impl FailOn {
    /// Reads `high`, `certain`, or both with a comma.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut least = Self { severity: Severity::Info, confidence: Confidence::Possible };
        for word in text.split(',') {
            let severity = SEVERITIES.iter().find(|severity| severity.as_str() == word);
            let confidence = CONFIDENCES.iter().find(|confidence| confidence.as_str() == word);
            match (severity, confidence) {
                (Some(severity), _) => least.severity = *severity,
                (_, Some(confidence)) => least.confidence = *confidence,
                _ => {
                    return Err(
                        "a severity (info, low, medium, high, critical) or a confidence (possible, likely, certain)"
                            .into(),
                    );
                }
            }
        }
        Ok(least)
    }

    /// Whether a finding of this worth costs exit code 1.
    pub fn holds(self, severity: Severity, confidence: Confidence) -> bool {
        severity >= self.severity && confidence >= self.confidence
    }
}

/// When to use what only a terminal has: colours, links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal that has it, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

fn threads_parser() -> impl clap::builder::TypedValueParser<Value = usize> {
    clap::value_parser!(u16).range(..=i64::from(config::MOST_THREADS)).map(usize::from)
}

pub(super) fn format_parser() -> impl clap::builder::TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::NAMES).map(|name| Format::parse(&name).expect("one of the possible values"))
}

const SEVERITIES: [Severity; 5] = [Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
const CONFIDENCES: [Confidence; 3] = [Confidence::Possible, Confidence::Likely, Confidence::Certain];

fn severity_parser() -> impl clap::builder::TypedValueParser<Value = Severity> {
    PossibleValuesParser::new(SEVERITIES.map(Severity::as_str))
        .map(|name| *SEVERITIES.iter().find(|severity| severity.as_str() == name).expect("one of the possible values"))
}

fn confidence_parser() -> impl clap::builder::TypedValueParser<Value = Confidence> {
    PossibleValuesParser::new(CONFIDENCES.map(Confidence::as_str))
        .map(|name| *CONFIDENCES.iter().find(|level| level.as_str() == name).expect("one of the possible values"))
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
