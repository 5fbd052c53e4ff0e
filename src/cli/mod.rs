//! Connects arguments, sources, engine, report and exit code.

mod agent;
mod agent_files;
pub mod args;
mod baseline;
mod ci;
mod completions;
mod config;
mod explain;
mod fix;
mod framework;
mod history;
mod hook;
mod ignore;
mod init;
mod interrupt;
mod machine_key;
mod origin;
mod output;
mod pager;
mod policy;
mod progress;
mod push;
mod replacements;
mod report;
mod repositories;
mod rewrite;
mod rules;
mod shard;
mod staged;
mod targets;
mod terminal;

use std::borrow::Cow;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use bstr::BString;
use clap::CommandFactory as _;
use clap::error::ErrorKind;

use output::complain;
use policy::Loaded;

use crate::cli::args::{Cli, Command, ScanArgs, SharedArgs};
use crate::core::coverage::Report;
use crate::core::date;
use crate::core::error::{Error, Exit, Result};
use crate::core::path_bytes;
use crate::report::{Document, Format, exposure, model, redact, scanner_examples};
use crate::source::{Collector, stdin, walk};

/// The main function: parses the command line, executes the command and prints errors.
pub fn main() -> Exit {
    std::panic::set_hook(Box::new(panicked));
    interrupt::survive_file_size_limit();
    let words: Vec<OsString> = std::env::args_os().collect();
    match args::parse(&words) {
        Ok(cli) => run(cli),
        Err(error) => usage(&error),
    }
}

/// Ends the program after a panic in any thread, which is one line, with keys masked. Other threads would wait for ever for
/// this one, and an abort may leave the memory, with keys, in a file.
#[allow(clippy::exit, reason = "the work of this thread cannot go on, and no other one knows of it")]
fn panicked(panic: &std::panic::PanicHookInfo<'_>) {
    complain(&format!("internal error, please report it: {panic}"));
    std::process::exit(Exit::Incomplete.code().into())
}

/// Prints help as clap does; a usage error becomes one line with a hint.
fn usage(error: &clap::Error) -> Exit {
    let text = error.render().to_string();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            output::print(|out| out.write_all(text.as_bytes())).map_or_else(failed, |()| Exit::Clean)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            output::complain_at_length(&text);
            Exit::Incomplete
        }
        _ => {
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            let lines: Vec<&str> = lines.take_while(|line| !line.starts_with("Usage:")).collect();
            let message = lines.join("; ").replace(":; ", ": ");
            let message = message.strip_prefix("error: ").unwrap_or(&message);
            let message = message.trim_end_matches("; For more information, try '--help'.");
            complain(&format!("{message}; see {} --help", command_of(std::env::args_os().skip(1))));
            Exit::Incomplete
        }
    }
}

/// The subcommand that a usage error is about, such as `keysweep hook run`.
fn command_of(words: impl Iterator<Item = OsString>) -> String {
    let root = Cli::command();
    let (mut command, mut name) = (&root, root.get_name().to_owned());
    for word in words {
        let Some(next) = command.find_subcommand(&word) else { break };
        command = next;
        name = name + " " + next.get_name();
    }
    name
}

/// Executes a command. An error is printed as one line on standard error.
fn run(cli: Cli) -> Exit {
    STARTED.get_or_init(date::now);
    // The hook commands report it themselves, and an agent would read the warning of its hook.
    let is_silent = match &cli.command {
        Command::Hook(args::HookCommand::Run(run)) => run.agent.is_some(),
        Command::Hook(_) | Command::Completions(_) => true,
        _ => false,
    };
    let result = match cli.command {
        Command::Scan(args) => scan(args),
        Command::History(args) => history::run(*args),
        Command::Ci(args) => ci::run(*args),
        Command::Report(args) => report::run(args),
        Command::Rules(args) => rules::run(args),
        Command::Staged(args) => staged::run(&args),
        Command::Fix(args) => fix::run(args),
        Command::Hook(args) => hook::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Ignore(args) => ignore::run(&args),
        Command::Init(args) => init::run(&args),
        Command::Baseline(args) => baseline::run(args),
        Command::Config(args) => config::run(args),
        Command::Completions(args) => completions::run(&args),
    };
    if !is_silent {
        hook::tell_of_lost_hooks();
    }
    result.unwrap_or_else(failed)
}

fn failed(error: Error) -> Exit {
    complain(&error.to_string());
    Exit::Incomplete
}

fn scan(args: ScanArgs) -> Result<Exit> {
    if args.agents {
        return agent_files::scan(&args);
    }
    let paths: Vec<BString> = args.paths.into_iter().map(path_bytes::bytes).collect();
    let (piped, paths): (Vec<BString>, Vec<BString>) = paths.into_iter().partition(|path| path == "-");
    let name = args.stdin_path.map_or_else(|| stdin::NAME.into(), path_bytes::bytes);
    let target = ScanTarget::of(&paths);
    let mut shared = SharedArgs { view: Some(args.view.into()), ..args.shared };
    shared.policy.fail_on_stale = args.fail_on_stale;
    session_at(&shared, &target, |loaded, collector| {
        let policy = &loaded.policy;
        let options = walk::WalkOptions { no_ignore: args.no_ignore, threads: loaded.threads(&shared) };
        if !piped.is_empty() {
            stdin::scan(policy, collector, name.as_ref());
        }
        walk::scan(policy, collector, &paths, options)
    })
}

/// The start of a scan, for the configuration and for paths in the report.
struct ScanTarget {
    /// The file or directory whose repository has the configuration.
    path: PathBuf,
    /// The directory that paths in the report are relative to.
    start: PathBuf,
    /// Whether `path` is the only path that is scanned.
    is_single: bool,
}

impl ScanTarget {
    fn here() -> Self {
        let here = std::env::current_dir().unwrap_or_default();
        Self { path: here.clone(), start: here, is_single: true }
    }

    /// A work tree of which only changed files are scanned.
    fn part_of(top: &Path) -> Self {
        Self { path: top.to_owned(), start: top.to_owned(), is_single: false }
    }

    fn of(paths: &[BString]) -> Self {
        let here = Self::here();
        let Some(first) = paths.first() else { return Self { is_single: false, ..here } };
        let path = here.path.join(path_bytes::path(first));
        let is_single = paths.len() == 1;
        // As in `source::paths`.
        let is_start = is_single && path_bytes::is_absolute(first) && path.is_dir();
        Self { start: if is_start { path.clone() } else { here.start }, path, is_single }
    }
}

/// What all scanning commands have in common: loads the policy, scans with a progress display, writes the report.
fn session_at(
    shared: &SharedArgs,
    target: &ScanTarget,
    source: impl FnOnce(&Loaded, &Collector) -> Result<()>,
) -> Result<Exit> {
    let session = Session::begin(shared, target)?;
    session.watched(|| source(&session.loaded, &session.collector))?;
    session.report()
}

/// A run of a scanning command.
struct Session<'a> {
    shared: SharedArgs,
    target: &'a ScanTarget,
    loaded: Loaded,
    collector: Collector,
}

impl<'a> Session<'a> {
    /// Loads the policy. Errors in the output arguments are reported before the scan.
    fn begin(shared: &SharedArgs, target: &'a ScanTarget) -> Result<Self> {
        let loaded = policy::load(&shared.policy, &target.start, &target.path)?;
        let shared = shared.with_config(&loaded.config);
        targets::of(&shared)?;
        Ok(Self { shared, target, loaded, collector: Collector::default() })
    }

    /// Scans with a progress display. At a signal what was found until then is reported. Threads do both, which costs
    /// more than a short scan.
    fn watched(&self, source: impl FnOnce() -> Result<()>) -> Result<()> {
        let progress = !self.shared.quiet && output::is_stderr_terminal();
        let early = || {
            self.report().unwrap_or_else(|error| {
                complain(&error.to_string());
                Exit::Incomplete
            })
        };
        let collector = &self.collector;
        interrupt::guard(collector, early, || progress::during(collector, progress, source))
    }

    /// Writes the report.
    fn report(&self) -> Result<Exit> {
        let Self { shared, target, loaded, collector } = self;
        if collector.is_stopped() {
            collector.failed(interrupt::error());
        }
        let mut report = collector.take_report();
        let is_whole = target.is_single && same(&target.path, &loaded.root);
        loaded.apply(&mut report, is_whole);
        agent_files::annotate(&mut report, &target.start);
        let targets = targets::of(shared)?;
        finish_to(shared, report, Ending { targets, start: target.path.clone(), root: &target.start, change: None })
    }
}

fn same(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// Filters, redacts and writes a report to the targets in the arguments.
fn finish(shared: &SharedArgs, report: Report, start: &Path) -> Result<Exit> {
    let targets = targets::of(shared)?;
    finish_to(shared, report, Ending { targets, start: start.to_owned(), root: start, change: None })
}

/// The parameters of the end of a run.
struct Ending<'a> {
    /// The targets of the report.
    targets: Vec<targets::OutputTarget>,
    /// The directory in which the scan started.
    start: PathBuf,
    /// The directory that paths in the report are relative to.
    root: &'a Path,
    /// The change that `keysweep ci` scanned.
    change: Option<model::JsonChange<'a>>,
}

/// Filters, redacts and writes a report.
fn finish_to(shared: &SharedArgs, mut report: Report, ending: Ending<'_>) -> Result<Exit> {
    if shared.strict_archives {
        report.refuse_unopened();
    }
    exposure::rate(&mut report);
    scanner_examples::rate(&mut report);
    let found = report.findings.len();
    report.findings.retain(|finding| !shared.is_below(finding.severity, finding.confidence));
    if report.findings.len() < found {
        report.coverage.counts.push(("below_threshold", (found - report.findings.len()) as u64));
    }
    machine_key::protect(&mut report);
    if !shared.show_secrets {
        redact(&mut report, &|text| match output::masked(text) {
            Cow::Borrowed(_) => None,
            Cow::Owned(masked) => Some(masked),
        });
        report.sort();
    }
    for error in &report.coverage.errors {
        complain(&error.to_string());
    }
    let active = report.findings.iter().filter(|finding| finding.suppressed.is_none());
    let failing = shared
        .fail_on
        .map(|least| active.filter(|finding| least.holds(finding.severity, finding.confidence)).count() as u64);
    let exit = match report.exit() {
        Exit::Findings if shared.exit_zero || failing == Some(0) => Exit::Clean,
        exit => exit,
    };
    let mut document = Document::new(&report, shared.show_secrets, exit);
    document.summary.failing = failing;
    document.summary.fail_on = shared.fail_on.map(|least| least.to_string().into());
    document.summary.change = ending.change;
    document.made_by(shared.occasion);
    document.root = Some(ending.root.to_owned());
    document.overdue_before = shared.view.as_ref().and_then(|view| view.overdue_before(date::now()));
    if ending.targets.iter().any(|target| target.format == Format::Sarif) {
        document.origin = origin::of(&ending.start);
    }
    document.time = (*STARTED.get_or_init(date::now), date::now());
    targets::write(&ending.targets, shared, &document)?;
    Ok(exit)
}

/// The time at which this process started, in seconds since 1970.
static STARTED: OnceLock<i64> = OnceLock::new();
