//! Arguments that decide what counts: configuration, rules, suppressions.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Which configuration, rules and suppressions hold.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Policy")]
pub struct PolicyArgs {
    /// The configuration; the default is $KEYSWEEP_CONFIG, then .keysweep.toml at the repository's root.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Load rules from a file, too: keysweep's TOML, or that of gitleaks or betterleaks.
    #[arg(long, value_name = "FILE")]
    pub rules: Vec<PathBuf>,
    /// Leave out what an imported rule file asks for and keysweep cannot do, and list it.
    #[arg(long)]
    pub skip_unsupported: bool,
    /// Flag the keys that this machine really holds: `env` for environment variables, paths of .env files.
    #[arg(long, value_name = "env,FILE", value_delimiter = ',')]
    pub known_keys: Vec<String>,
    /// Inline markers such as keysweep:allow do not count.
    #[arg(long)]
    pub no_inline: bool,
    /// The ignore file; the default is .keysweepignore at the repository's root.
    #[arg(long, value_name = "FILE")]
    pub ignore_file: Option<PathBuf>,
    /// The baseline; the default is .keysweep-baseline at the repository's root.
    #[arg(long, value_name = "PATH")]
    pub baseline: Option<PathBuf>,
    /// Entries of the ignore file and the baseline that match nothing are errors, if the whole repository is scanned.
    #[arg(long)]
    pub fail_on_stale: bool,
    /// Take configuration, ignore file and baseline from this commit, and list what the change since then suppresses.
    #[arg(long, value_name = "REV")]
    pub policy_from: Option<String>,
    /// The commit whose additions are listed instead of the working tree's.
    #[arg(skip)]
    #[allow(missing_docs, reason = "clap would print it")]
    pub policy_to: Option<String>,
    /// Say on standard error which configuration holds.
    #[arg(short, long)]
    pub verbose: bool,
}

/// `keysweep config`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print every setting in force and where it comes from.
    Show {
        #[command(flatten)]
        #[allow(missing_docs, reason = "clap would print it")]
        policy: PolicyArgs,
    },
    /// Print the JSON schema of .keysweep.toml, for editors.
    Schema,
    /// Check the configuration, the rules it loads, the ignore file and the baseline.
    Check {
        #[command(flatten)]
        #[allow(missing_docs, reason = "clap would print it")]
        policy: PolicyArgs,
    },
}

/// `keysweep baseline`.
#[derive(Debug, Subcommand)]
pub enum BaselineCommand {
    /// Accept everything that is found now.
    Create(BaselineArgs),
    /// Accept what is new, too.
    Update(BaselineArgs),
    /// Say which findings the baseline lacks and which entries match nothing; exit with 1 if there are any.
    Check(BaselineArgs),
    /// Remove the entries that match nothing.
    Prune(BaselineArgs),
    /// Carry over .gitleaksignore, a gitleaks JSON report, .secrets.baseline or .secretsignore.
    Import {
        /// The list; by default those of these names at the repository's root.
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
        #[command(flatten)]
        #[allow(missing_docs, reason = "clap would print it")]
        args: BaselineArgs,
    },
}

/// What the baseline commands share.
#[derive(Debug, Args)]
pub struct BaselineArgs {
    /// Limit each entry to the path where its key stands now; without it a key is known wherever it goes.
    #[arg(long)]
    pub with_paths: bool,
    /// Accept keys that are certain to be keys, too, without a question.
    #[arg(short, long)]
    pub yes: bool,
    /// Write one file instead of a directory. Branches that both add to it conflict.
    #[arg(long)]
    pub single_file: bool,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print it")]
    pub policy: PolicyArgs,
}

/// `keysweep explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// A file, or `-` for standard input; with :LINE only that line is explained.
    #[arg(value_name = "PATH[:LINE]")]
    pub place: std::ffi::OsString,
    #[command(flatten)]
    #[allow(missing_docs, reason = "clap would print it")]
    pub policy: PolicyArgs,
}

const IGNORE_EXAMPLES: &str = "\
Examples:
  keysweep ignore src/a.json:12 --reason 'a sample of the documentation'
  keysweep ignore 0123456789ab           by the fingerprint that the report shows
  keysweep ignore --last                 all that stopped the last commit or push
  keysweep ignore a.py:3 --until 2027-01-31 --path 'tests/**'

The entry goes into .keysweepignore, and is staged with the commit that it is about.";

/// `keysweep ignore`.
#[derive(Debug, Args)]
#[command(after_help = IGNORE_EXAMPLES)]
pub struct IgnoreArgs {
    /// Where it stands, or the finding's fingerprint: all of it, or the short one of what stopped the last commit or push.
    #[arg(value_name = "PATH:LINE|FINGERPRINT", required_unless_present = "last", conflicts_with = "last")]
    pub what: Option<std::ffi::OsString>,
    /// All that stopped the last commit or push.
    #[arg(long)]
    pub last: bool,
    /// Why it is no key.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// The last day on which the entry holds, such as 2027-01-31.
    #[arg(long, value_name = "DAY")]
    pub until: Option<String>,
    /// Accept it in these files only, such as tests/**; without it, anywhere.
    #[arg(long, value_name = "GLOB")]
    pub path: Option<String>,
    /// The configuration; the default is $KEYSWEEP_CONFIG, then .keysweep.toml at the repository's root.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Load rules from a file, too.
    #[arg(long, value_name = "FILE")]
    pub rules: Vec<PathBuf>,
    /// The ignore file; the default is .keysweepignore at the repository's root.
    #[arg(long, value_name = "FILE")]
    pub ignore_file: Option<PathBuf>,
}
