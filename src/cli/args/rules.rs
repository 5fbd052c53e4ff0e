//! The arguments of `keysweep rules`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use super::policy::RuleSourceArgs;

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

/// The output format of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RulesFormat {
    /// For people.
    Human,
    /// One JSON document.
    Json,
}
