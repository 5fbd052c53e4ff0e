//! The arguments of all scanning commands.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser as _;
use clap::{ArgAction, Args, ValueEnum};

use super::policy;
use super::view::ViewArgs;
use crate::core::fail_on::FailOn;
use crate::core::finding::{Confidence, Severity};
use crate::policy::config::{self, Config};
use crate::report::Format;
use crate::report::model::Occasion;

/// The help heading of options that select findings and determine the exit code.
const FILTERS: &str = "Filters and exit code";

/// Arguments of all scanning commands.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Output")]
pub struct SharedArgs {
    /// The format of the report [default: human, or what the name of the output file says].
    #[arg(short, long, value_name = "FORMAT", value_parser = format_parser())]
    pub format: Option<Format>,
    /// The format in the configuration.
    #[arg(skip)]
    #[allow(missing_docs, reason = "clap would print it")]
    pub configured_format: Option<Format>,
    /// How human reports of many keys are shown; `None` for commands whose reports are short.
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
    /// The kind of command that scans.
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
    /// These arguments, completed by the settings of the configuration.
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

    /// The format on standard output.
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

    /// Whether `--severity` or `--confidence` hides a finding.
    pub fn is_below(&self, severity: Severity, confidence: Confidence) -> bool {
        self.severity.is_some_and(|least| severity < least) || self.confidence.is_some_and(|least| confidence < least)
    }
}

/// When to use features of terminals: colours, links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// If the output is a terminal with this feature, and `NO_COLOR` is not set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

fn threads_parser() -> impl clap::builder::TypedValueParser<Value = usize> {
    clap::value_parser!(u16).range(..=i64::from(config::MOST_THREADS)).map(usize::from)
}

pub(crate) fn format_parser() -> impl clap::builder::TypedValueParser<Value = Format> {
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
