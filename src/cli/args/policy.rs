//! Arguments that select configuration, rules and suppressions.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// The help heading of options about suppressions.
pub const SUPPRESSIONS: &str = "Accepted findings";

/// Arguments for loading a policy.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Configuration")]
pub struct PolicyArgs {
    /// The configuration file [default: $KEYSWEEP_CONFIG, or .keysweep.toml at the root of the repository].
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Also load rules from this file: keysweep's TOML, or a configuration of gitleaks or betterleaks.
    #[arg(long, value_name = "FILE")]
    pub rules: Vec<PathBuf>,
    /// Skip what keysweep does not support in a rule file of another tool, and list it.
    #[arg(long)]
    pub skip_unsupported: bool,
    /// Also find these exact values: those of .env files, or with `env` of environment variables.
    ///
    /// Finds your own keys of any shape, wherever they were copied to.
    #[arg(long, value_name = "env,FILE", value_delimiter = ',', value_parser = non_empty())]
    pub known_keys: Vec<String>,
    /// Do not let inline markers such as keysweep:allow suppress findings.
    #[arg(long, help_heading = SUPPRESSIONS)]
    pub no_inline: bool,
    /// The ignore file [default: .keysweepignore at the root of the repository].
    #[arg(long, help_heading = SUPPRESSIONS, value_name = "FILE")]
    pub ignore_file: Option<PathBuf>,
    /// The baseline [default: .keysweep-baseline at the root of the repository].
    #[arg(long, help_heading = SUPPRESSIONS, value_name = "PATH")]
    pub baseline: Option<PathBuf>,
    /// Whether entries of the ignore file and the baseline that match nothing are errors.
    #[arg(skip)]
    #[allow(missing_docs, reason = "clap would print it")]
    pub fail_on_stale: bool,
    /// Take configuration, ignore file and baseline from this commit instead of the working tree.
    ///
    /// For changes that you do not trust: what the change itself suppresses does not count, and is listed.
    #[arg(long, value_name = "REV", value_parser = non_empty())]
    pub policy_from: Option<String>,
    /// The commit whose added suppressions are listed, instead of those of the work tree.
    #[arg(skip)]
    #[allow(missing_docs, reason = "clap would print it")]
    pub policy_to: Option<String>,
    /// Print which configuration file is used, on standard error.
    #[arg(short, long)]
    pub verbose: bool,
}

/// A value that says something: an empty one is a variable of a script that was not set.
pub(super) fn non_empty() -> impl clap::builder::TypedValueParser<Value = String> {
    clap::builder::NonEmptyStringValueParser::new()
}

/// Arguments that select the rule sources.
#[derive(Clone, Debug, Default, Args)]
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
    /// The same as arguments for loading a policy.
    pub fn policy(&self) -> PolicyArgs {
        PolicyArgs {
            config: self.config.clone(),
            rules: self.rules.clone(),
            skip_unsupported: self.skip_unsupported,
            verbose: self.verbose,
            ..PolicyArgs::default()
        }
    }
}

/// Arguments of commands that show or check a configuration.
#[derive(Clone, Debug, Default, Args)]
pub struct ConfigArgs {
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print it")]
    pub sources: RuleSourceArgs,
    /// The ignore file [default: .keysweepignore at the root of the repository].
    #[arg(long, value_name = "FILE")]
    pub ignore_file: Option<PathBuf>,
    /// The baseline [default: .keysweep-baseline at the root of the repository].
    #[arg(long, value_name = "PATH")]
    pub baseline: Option<PathBuf>,
    /// Take configuration, ignore file and baseline from this commit instead of the working tree.
    #[arg(long, value_name = "REV", value_parser = non_empty())]
    pub policy_from: Option<String>,
}

impl ConfigArgs {
    /// The same as arguments for loading a policy.
    pub fn policy(self) -> PolicyArgs {
        let Self { sources, ignore_file, baseline, policy_from } = self;
        PolicyArgs { ignore_file, baseline, policy_from, ..sources.policy() }
    }
}

/// `keysweep config`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print every setting, its value, and where the value comes from.
    Show {
        #[command(flatten)]
        #[allow(missing_docs, reason = "clap would print it")]
        args: ConfigArgs,
    },
    /// Print the JSON schema of .keysweep.toml, for editors.
    Schema,
    /// Check the configuration, its rules, the ignore file and the baseline.
    ///
    /// Runs the examples of your own rules.
    Check {
        #[command(flatten)]
        #[allow(missing_docs, reason = "clap would print it")]
        args: ConfigArgs,
    },
}

/// `keysweep baseline`.
#[derive(Debug, Subcommand)]
pub enum BaselineCommand {
    /// Accept everything that a scan finds now.
    Create(BaselineArgs),
    /// Also accept what is new.
    Update(BaselineArgs),
    /// List findings that are not in the baseline, and entries that match nothing.
    ///
    /// Exits with 1 if there are any.
    Check(BaselineArgs),
    /// Remove the entries that match nothing.
    Prune(BaselineArgs),
    /// Take over what another tool accepts: .gitleaksignore, .secrets.baseline, .secretsignore, gitleaks' JSON report.
    Import {
        /// The files [default: those of these names at the root of the repository].
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
        #[command(flatten)]
        #[allow(missing_docs, reason = "clap would print it")]
        args: BaselineArgs,
    },
}

/// Arguments that the baseline commands share.
#[derive(Debug, Args)]
pub struct BaselineArgs {
    /// Accept each key only in the file where it is now. Without this option it is accepted everywhere.
    #[arg(long)]
    pub with_paths: bool,
    /// Do not ask before keys are accepted that are certainly real.
    #[arg(short, long)]
    pub yes: bool,
    /// Write one file instead of a directory.
    ///
    /// With one file, two branches that both add entries have a merge conflict.
    #[arg(long)]
    pub single_file: bool,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print it")]
    pub policy: PolicyArgs,
}

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  keysweep explain src/a.py:12           why line 12 is or is not a finding
  keysweep explain --all src/a.py:12     with every rule that looked at it
  pbpaste | keysweep explain -           standard input";

/// `keysweep explain`.
#[derive(Debug, Args)]
#[command(after_help = EXPLAIN_EXAMPLES)]
pub struct Explain {
    /// A file, or `-` for standard input; with :LINE, only this line.
    #[arg(value_name = "PATH[:LINE]")]
    pub place: std::ffi::OsString,
    /// Also list the rules that only looked at the line, and why each does not apply.
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print it")]
    pub policy: PolicyArgs,
}

const IGNORE_EXAMPLES: &str = "\
Examples:
  keysweep ignore src/a.json:12 --reason 'a sample of the documentation'
  keysweep ignore 0123456789ab           by the fingerprint that the report shows
  keysweep ignore --last                 everything that stopped the last commit or push
  keysweep ignore a.py:3 --until 2027-01-31 --path 'tests/**'

The entry is written to .keysweepignore, and the file is staged for your next commit.";

/// `keysweep ignore`.
#[derive(Debug, Args)]
#[command(after_help = IGNORE_EXAMPLES)]
pub struct IgnoreArgs {
    /// The place of the finding, or its fingerprint.
    ///
    /// A short fingerprint, as reports for people show it, is enough for what stopped the last commit or push.
    #[arg(value_name = "PATH:LINE|FINGERPRINT", required_unless_present = "last", conflicts_with = "last")]
    pub what: Option<std::ffi::OsString>,
    /// Everything that stopped the last commit or push.
    #[arg(long)]
    pub last: bool,
    /// Why it is not a key.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// The last day on which it is accepted, such as 2027-01-31.
    #[arg(long, value_name = "DAY", value_parser = non_empty())]
    pub until: Option<String>,
    /// Accept it only in these files, such as tests/**. Without this option it is accepted everywhere.
    #[arg(long, value_name = "GLOB", value_parser = non_empty())]
    pub path: Option<String>,
    /// The configuration file [default: $KEYSWEEP_CONFIG, or .keysweep.toml at the root of the repository].
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Also load rules from this file.
    #[arg(long, value_name = "FILE")]
    pub rules: Vec<PathBuf>,
    /// The ignore file [default: .keysweepignore at the root of the repository].
    #[arg(long, value_name = "FILE")]
    pub ignore_file: Option<PathBuf>,
}
