//! The one place that wires arguments, sources, engine, report and exit code.

mod agent;
pub mod args;
mod baseline;
mod completions;
mod config;
mod explain;
mod framework;
mod history;
mod hook;
mod interrupt;
mod output;
mod policy;
mod progress;
mod push;
mod report;
mod rules;
mod staged;

use std::ffi::OsStr;
use std::io::{IsTerminal as _, Write as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use bstr::{BString, ByteSlice as _};

use policy::Loaded;

use crate::cli::args::{Cli, Color, Command, Scan, Shared};
use crate::core::coverage::Report;
use crate::core::error::{Error, Exit, Result};
use crate::policy::Policy;
use crate::report::{Format, Style, escape, redact};
use crate::source::{Collector, stdin, walk};

/// Carries out a command. Whatever stops it is said in one line on standard error.
pub fn run(cli: Cli) -> Exit {
    let result = match cli.command {
        Command::Scan(args) => scan(args),
        Command::History(args) => history::run(*args),
        Command::Report(args) => report::run(args),
        Command::Rules(args) => rules::run(args),
        Command::Staged(args) => staged::run(&args),
        Command::Hook(args) => hook::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Baseline(args) => baseline::run(args),
        Command::Config(args) => config::run(args),
        Command::Completions(args) => completions::run(&args),
    };
    result.unwrap_or_else(|error| {
        complain(&error.to_string());
        Exit::Incomplete
    })
}

fn scan(args: Scan) -> Result<Exit> {
    let paths: Vec<BString> = args.paths.into_iter().map(|path| path.into_vec().into()).collect();
    let (piped, paths): (Vec<BString>, Vec<BString>) = paths.into_iter().partition(|path| path == "-");
    let name = args.stdin_path.map_or_else(|| stdin::NAME.into(), |path| BString::from(path.into_vec()));
    let target = Target::of(&paths);
    session_at(&args.shared, &target, |loaded, collector| {
        let policy = &loaded.policy;
        let options = walk::Options { no_ignore: args.no_ignore, threads: loaded.threads(&args.shared) };
        if !piped.is_empty() {
            stdin::scan(policy, collector, name.as_ref());
        }
        walk::scan(policy, collector, &paths, options)
    })
}

/// Where a scan starts, for the configuration and the report's paths.
struct Target {
    /// The file or directory whose repository's configuration holds.
    path: PathBuf,
    /// What the report's paths are relative to.
    start: PathBuf,
    /// Whether nothing but `path` is scanned.
    is_single: bool,
}

impl Target {
    fn here() -> Self {
        let here = std::env::current_dir().unwrap_or_default();
        Self { path: here.clone(), start: here, is_single: true }
    }

    /// A work tree, of which only what changes is scanned.
    fn part_of(top: &Path) -> Self {
        Self { path: top.to_owned(), start: top.to_owned(), is_single: false }
    }

    fn of(paths: &[BString]) -> Self {
        let here = Self::here();
        let Some(first) = paths.first() else { return Self { is_single: false, ..here } };
        let path = here.path.join(OsStr::from_bytes(first));
        let is_single = paths.len() == 1;
        // As `source::paths` names them.
        let is_start = is_single && first.starts_with(b"/") && path.is_dir();
        Self { start: if is_start { path.clone() } else { here.start }, path, is_single }
    }
}

/// What all scanning commands share: an engine, a collector with a progress display, the report, the exit code.
fn session_at(
    shared: &Shared,
    target: &Target,
    source: impl FnOnce(&Loaded, &Collector) -> Result<()>,
) -> Result<Exit> {
    let loaded = policy::load(&shared.policy, &target.start, &target.path)?;
    let shared = shared.under(&loaded.config);
    let collector = Collector::default();
    interrupt::watch(collector.stopper());
    let progress = !shared.quiet && std::io::stderr().is_terminal();
    progress::during(&collector, progress, || source(&loaded, &collector))?;
    if collector.is_stopped() {
        collector.failed(
            Error::new("finish", "the scan", "it was interrupted")
                .hint("what was found until then is reported; run it again for the rest"),
        );
    }
    let mut report = collector.into_report();
    loaded.apply(&mut report, target.is_single && same(&target.path, &loaded.root));
    finish(&shared, &loaded.policy, report)
}

fn same(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// Filters, redacts and writes a report.
fn finish(shared: &Shared, policy: &Policy, mut report: Report) -> Result<Exit> {
    if shared.strict_archives {
        report.refuse_unopened();
    }
    let found = report.findings.len();
    report.findings.retain(|finding| !shared.is_below(finding.severity, finding.confidence));
    if report.findings.len() < found {
        report.coverage.counts.push(("below_threshold", (found - report.findings.len()) as u64));
    }
    if !shared.show_secrets {
        redact(&mut report, &|text| masked(policy, text));
        report.sort();
    }
    for error in &report.coverage.errors {
        complain(&error.to_string());
    }
    let exit = match report.exit() {
        Exit::Findings if shared.exit_zero => Exit::Clean,
        exit => exit,
    };
    let style = Style {
        show_secrets: shared.show_secrets,
        show_suppressed: shared.show_suppressed,
        quiet: shared.quiet,
        color: colored(shared),
        exit,
    };
    output::write(shared.output.as_deref(), shared.show_secrets, |out| shared.format().write(&report, style, out))?;
    Ok(exit)
}

fn colored(shared: &Shared) -> bool {
    match shared.color() {
        Color::Always => shared.format() == Format::Human,
        Color::Never => false,
        Color::Auto => {
            let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
            let capable = std::env::var_os("TERM").is_none_or(|term| term != "dumb");
            let terminal = shared.output.is_none() && std::io::stdout().is_terminal();
            shared.format() == Format::Human && wanted && capable && terminal
        }
    }
}

/// `text` with each key in it masked; `None` if there is none.
fn masked(policy: &Policy, text: &[u8]) -> Option<Vec<u8>> {
    let matches = policy.scan(text);
    let mut masked = Vec::with_capacity(text.len());
    let mut done = 0;
    for found in &matches {
        masked.extend_from_slice(text.get(done..found.span.start)?);
        masked.extend_from_slice(found.secret.mask().as_bytes());
        done = found.span.end;
    }
    masked.extend_from_slice(text.get(done..)?);
    (!matches.is_empty()).then_some(masked)
}

/// One line on standard error. If that is closed, the exit code has to do.
fn complain(message: &str) {
    let _ = writeln!(std::io::stderr(), "keysweep: {}", escape::text(message.as_bytes()));
}

/// Says what is wrong with the command line, in one line without any key that somebody may have pasted into it.
pub fn usage(message: &str) -> Exit {
    let message = masked(&Policy::builtin(), message.as_bytes()).unwrap_or_else(|| message.into());
    complain(&message.to_str_lossy());
    Exit::Incomplete
}
