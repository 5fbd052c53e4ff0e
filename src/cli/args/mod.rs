//! The command line: clap and nothing else. `run` does the work.

mod ci;
pub mod completions;
mod fix;
mod history;
mod hook;
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
pub use ci::{Ci, CiScope};
pub use fix::Fix;
pub use history::HistoryArgs;
pub use report::{DiffFormat, Reports};
pub use view::{By, ViewArgs};

/// Find leaked AI API keys, fast and offline.
#[derive(Debug, Parser)]
#[command(name = "keysweep", version, disable_help_subcommand = true, after_help = EXITS)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXITS: &str = "\
Exit codes: 0 complete and clean; 1 complete, keys found; 2 not completed (bad usage, something unreadable).";

const SCAN_EXAMPLES: &str = "\
Examples:
  keysweep scan                          the current directory
  keysweep scan src .env                 these, even if ignored
  keysweep scan --no-ignore              also what .gitignore names
  kubectl logs app | keysweep scan -     standard input
  keysweep scan --format jsonl | jq .    for programs

Exit codes: 0 complete and clean; 1 complete, keys found; 2 not completed (bad usage, something unreadable).";

/// A command is its arguments here and one line in `run`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Set a repository up: configuration, hooks, CI.
    Init(InitArgs),
    /// Scan files and directories.
    Scan(ScanArgs),
    /// Scan everything a git repository keeps: all commits, messages, tags, reflogs, dangling objects.
    History(Box<HistoryArgs>),
    /// In a CI job, scan what the change brings in, commit by commit.
    Ci(Box<Ci>),
    /// Work with reports that were written.
    #[command(subcommand)]
    Report(Reports),
    /// List, show or check the rules.
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Scan what the next commit would add.
    Staged(StagedArgs),
    /// Take keys out of files and put the lookup of a variable in their place.
    Fix(Fix),
    /// Have git and coding agents run keysweep.
    #[command(subcommand)]
    Hook(HookCommand),
    /// Say of a line which rules looked at it, what each test said, and why it is or is not a finding.
    Explain(policy::Explain),
    /// Accept what is no key: adds an entry to the ignore file.
    Ignore(policy::IgnoreArgs),
    /// Accept what is known, so that only new keys count.
    #[command(subcommand)]
    Baseline(policy::BaselineCommand),
    /// Show or check the configuration.
    #[command(subcommand)]
    Config(policy::ConfigCommand),
    /// Print completions for a shell, or write manual pages.
    Completions(completions::Completions),
}

/// `keysweep init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Install no hook.
    #[arg(long)]
    pub no_hook: bool,
    /// Write no CI file.
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
    /// Scan what .gitignore names, too; without it, only what git tracks of that.
    #[arg(long)]
    pub no_ignore: bool,
    /// The files of coding agents in this user's home directory, newest first: settings, logins, transcripts.
    #[arg(long, conflicts_with_all = ["paths", "no_ignore", "stdin_path"])]
    pub agents: bool,
    /// The name of standard input in the report.
    #[arg(long, value_name = "PATH")]
    pub stdin_path: Option<OsString>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print it")]
    pub view: ViewArgs,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print it")]
    pub shared: SharedArgs,
}

/// `keysweep rules`.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// List the rules.
    List {
        /// Only those of this provider.
        provider: Option<String>,
        /// human or json.
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
        /// human or json.
        #[arg(long, value_enum, default_value_t = RulesFormat::Human)]
        format: RulesFormat,
        #[command(flatten)]
        #[allow(missing_docs, reason = "clap would print it")]
        sources: RuleSourceArgs,
    },
    /// Run each rule's examples and non-examples through the policy.
    Check {
        #[command(flatten)]
        #[allow(missing_docs, reason = "clap would print it")]
        sources: RuleSourceArgs,
    },
    /// Say in words what a rule looks for and what it takes for a finding.
    Explain {
        /// The rule's id.
        id: String,
        #[command(flatten)]
        #[allow(missing_docs, reason = "clap would print it")]
        sources: RuleSourceArgs,
    },
    /// Print what one rule finds in a file, whatever other rules and the policy say; exit with 1 if it finds something.
    Test {
        /// The rule's id.
        id: String,
        /// The file; `-` is standard input.
        file: PathBuf,
        #[command(flatten)]
        #[allow(missing_docs, reason = "clap would print it")]
        sources: RuleSourceArgs,
    },
    /// Draft a rule from a key, as TOML for .keysweep.toml. The key itself is not in it.
    New {
        /// The key; `-` reads it from standard input, so that no shell remembers it.
        #[arg(long, value_name = "EXAMPLE")]
        from: String,
        /// The rule's id.
        #[arg(long)]
        id: Option<String>,
    },
}

/// Where rules come from.
#[derive(Clone, Debug, Args)]
pub struct RuleSourceArgs {
    /// The configuration; the default is $KEYSWEEP_CONFIG, then .keysweep.toml at the repository's root.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Load rules from a file, too: keysweep's TOML, or that of gitleaks or betterleaks.
    #[arg(long, value_name = "FILE")]
    pub rules: Vec<PathBuf>,
    /// Leave out what an imported rule file asks for and keysweep cannot do, and list it.
    #[arg(long)]
    pub skip_unsupported: bool,
    /// Say on standard error which configuration holds.
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

/// What every command that scans understands.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Report")]
pub struct SharedArgs {
    /// How to write the report; without it, what the file's name ends in says so.
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
    /// Write the report to this file instead of standard output (`-`); may be repeated.
    #[arg(short, long, value_name = "FILE")]
    pub output: Vec<PathBuf>,
    /// Exit with 1 only for keys of at least this severity, confidence or both: high, certain, high,likely.
    #[arg(long, value_name = "MIN", value_parser = FailOn::parse)]
    pub fail_on: Option<FailOn>,
    /// Print the keys themselves instead of masking them.
    #[arg(long)]
    pub show_secrets: bool,
    /// Show suppressed findings to people, too; json and jsonl always have them.
    #[arg(long)]
    pub show_suppressed: bool,
    /// Exit with 0 instead of 1 when keys are found.
    #[arg(long)]
    pub exit_zero: bool,
    /// Leave out findings below this severity: info, low, medium, high, critical.
    #[arg(long, value_name = "MIN", value_parser = severity_parser(), hide_possible_values = true)]
    pub severity: Option<Severity>,
    /// Leave out findings below this confidence: possible, likely, certain.
    #[arg(long, value_name = "MIN", value_parser = confidence_parser(), hide_possible_values = true)]
    pub confidence: Option<Confidence>,
    /// Threads; the default is one for each processor.
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true,
        value_parser = threads_parser())]
    pub threads: usize,
    /// Exit with 2 if an archive cannot be opened: encrypted, corrupt, of an unsupported kind, beyond a limit.
    #[arg(long)]
    pub strict_archives: bool,
    /// When to colour the report.
    #[arg(long, value_name = "WHEN", value_enum)]
    pub color: Option<ColorChoice>,
    /// No progress, and no summary for people.
    #[arg(short, long, action = ArgAction::SetTrue)]
    pub quiet: bool,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print it")]
    pub policy: policy::PolicyArgs,
}

impl SharedArgs {
    /// These arguments, with a configuration's choices where they leave one.
    #[must_use]
    pub fn under(&self, config: &Config) -> Self {
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

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set.
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
