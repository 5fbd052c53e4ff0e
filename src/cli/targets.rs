//! The targets and formats of a report, which are determined before the scan.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::output::{self, KeyDisplay};
use super::{pager, terminal};
use crate::cli::args::{ColorChoice, SharedArgs, ViewArgs};
use crate::core::error::{Error, Result};
use crate::core::regular_file;
use crate::report::{Document, Format, ReportStyle, markdown};

/// One target of the report.
pub(super) struct OutputTarget {
    pub(super) to: TargetKind,
    pub(super) format: Format,
}

/// The kind of target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TargetKind {
    Stdout,
    File(PathBuf),
    /// Appended to an existing file: a job summary, to which other steps also write.
    Summary(PathBuf),
}

/// The targets in the arguments. A single file uses `--format`; with several, each file's extension gives the format.
pub(super) fn of(shared: &SharedArgs) -> Result<Vec<OutputTarget>> {
    named(&shared.output, shared.format, shared.configured_format)
}

/// The targets for these files; standard output if there are none.
pub(super) fn named(files: &[PathBuf], given: Option<Format>, configured: Option<Format>) -> Result<Vec<OutputTarget>> {
    let fallback = given.or(configured);
    if files.is_empty() {
        return Ok(vec![OutputTarget { to: TargetKind::Stdout, format: fallback.unwrap_or(Format::Human) }]);
    }
    let mut targets: Vec<OutputTarget> = Vec::new();
    for file in files {
        let by_name = Format::of_file(file);
        let is_stdout = file.as_os_str() == "-";
        let format = match given {
            Some(format) if files.len() == 1 => Some(format),
            _ if is_stdout => Some(fallback.unwrap_or(Format::Human)),
            _ => by_name.or(fallback),
        };
        let unknown = || {
            Error::new("choose the format of", file.display(), "its name does not say")
                .hint(format!("name it with -f: {}", Format::NAMES.join(", ")))
        };
        let to = if is_stdout { TargetKind::Stdout } else { TargetKind::File(file.clone()) };
        if targets.iter().any(|target| target.to == to) {
            return Err(Error::new("write to", file.display(), "it is named twice").hint("give each -o another file"));
        }
        targets.push(OutputTarget { to, format: format.ok_or_else(unknown)? });
    }
    Ok(targets)
}

/// Writes the report to all targets; returns the first error after all were tried.
pub(super) fn write(targets: &[OutputTarget], shared: &SharedArgs, document: &Document<'_>) -> Result<()> {
    let is_paged = |target: &OutputTarget| {
        target.format == Format::Human && shared.view.as_ref().is_some_and(|view| !view.no_pager)
    };
    let style = |target: &OutputTarget| ReportStyle {
        show_secrets: shared.show_secrets,
        show_suppressed: shared.show_suppressed,
        quiet: shared.quiet,
        color: colored(shared.color(), target),
        links: linked(shared.hyperlinks(), target, is_paged(target)),
        width: width(target),
        view: shared.view.as_ref().map(ViewArgs::view).unwrap_or_default(),
    };
    let keys = if shared.show_secrets { KeyDisplay::Shown } else { KeyDisplay::Masked };
    each(targets, |target| match &target.to {
        TargetKind::Stdout if is_paged(target) => {
            pager::write(keys, |out| target.format.write(document, style(target), out))
        }
        TargetKind::Stdout => output::write(None, keys, |out| target.format.write(document, style(target), out)),
        TargetKind::File(file) => {
            output::write(Some(file), keys, |out| target.format.write(document, style(target), out))
        }
        TargetKind::Summary(file) => append(file, document),
    })
}

/// Calls `write` for all targets; returns the first error.
pub(super) fn each(targets: &[OutputTarget], write: impl Fn(&OutputTarget) -> Result<()>) -> Result<()> {
    let results: Vec<Result<()>> = targets.iter().map(write).collect();
    results.into_iter().collect()
}

/// Appends to a job summary, within its size limit.
fn append(file: &Path, document: &Document<'_>) -> Result<()> {
    let failed = |error: io::Error| Error::new("write the job summary", file.display(), error);
    let mut out = regular_file::open_to_append(file).map_err(failed)?;
    let used = out.metadata().map_err(failed)?.len();
    let room = markdown::SUMMARY.saturating_sub(usize::try_from(used).unwrap_or(usize::MAX));
    out.write_all(&output::masked(markdown::within(document, room).as_bytes())).map_err(failed)
}

/// The width of human output in columns: `COLUMNS`, or the terminal's width; 0 if unknown.
pub(super) fn width(target: &OutputTarget) -> usize {
    let given = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok()).filter(|columns| *columns > 0);
    let terminal = || output::columns().filter(|_| target.to == TargetKind::Stdout);
    given.or_else(terminal).unwrap_or(0)
}

pub(super) fn colored(wish: ColorChoice, target: &OutputTarget) -> bool {
    target.format == Format::Human
        && match wish {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => target.to == TargetKind::Stdout && terminal::is_colorful(output::is_stdout_terminal()),
        }
}

fn linked(wish: ColorChoice, target: &OutputTarget, is_paged: bool) -> bool {
    target.format == Format::Human
        && match wish {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => {
                target.to == TargetKind::Stdout
                    && output::is_stdout_terminal()
                    && terminal::has_links(|name| std::env::var(name).ok())
                    && (!is_paged || pager::passes_links())
            }
        }
}
