//! `keysweep report`: merges, converts and compares report files.

use std::io::{BufRead, BufReader, Read as _};
use std::path::Path;

use super::output::{self, KeyDisplay};
use super::{pager, targets};
use crate::cli::args::{ColorChoice, DiffBy, DiffFormat, Reports, ViewArgs};
use crate::core::date;
use crate::core::error::{Error, Exit, Result};
use crate::core::finding::RuleInfo;
use crate::policy::files;
use crate::report::diff::{Diff, KeyDiff};
use crate::report::merge::Merge;
use crate::report::{Document, Format, ReportStyle, read};

/// The JSON schema of `json` and `jsonl` reports.
const SCHEMA: &str = include_str!("../../keysweep.report.schema.json");

pub(super) fn run(args: Reports) -> Result<Exit> {
    match args {
        Reports::Merge { files, output, exit_zero, show_secrets } => {
            let keys = if show_secrets { KeyDisplay::Shown } else { KeyDisplay::Masked };
            let mut merge = Merge::new(show_secrets);
            for file in &files {
                let name = file.display().to_string();
                let text = files::read_named(file)?.ok_or_else(|| absent(&name))?;
                merge.add(&name, &text)?;
            }
            let (lines, exit) = merge.finish(exit_zero)?;
            output::write(output.as_deref(), keys, |out| out.write_all(&lines))?;
            Ok(exit)
        }
        Reports::Convert { file, format, output, max_age, view } => {
            let view = ViewArgs { max_age, ..view };
            let targets = targets::named(&output, format, None)?;
            let mut document = document(&file)?;
            document.time = (date::now(), date::now());
            document.overdue_before = view.overdue_before(date::now());
            targets::each(&targets, |target| {
                let (width, color) = (targets::width(target), targets::colored(ColorChoice::Auto, target));
                let style =
                    ReportStyle { show_suppressed: true, width, color, view: view.view(), ..ReportStyle::default() };
                if target.format == Format::Human && target.to == targets::TargetKind::Stdout && !view.no_pager {
                    return pager::write(KeyDisplay::Masked, |out| target.format.write(&document, style, out));
                }
                let file = match &target.to {
                    targets::TargetKind::Stdout => None,
                    targets::TargetKind::File(file) | targets::TargetKind::Summary(file) => Some(file.as_path()),
                };
                output::write(file, KeyDisplay::Masked, |out| target.format.write(&document, style, out))
            })?;
            // The exit code does not depend on the findings: the scan had its own exit code.
            Ok(Exit::Clean)
        }
        Reports::Diff { old, new, format, by, output } => {
            let (old, new) = (undivided(&old)?, undivided(&new)?);
            let mut text = Vec::new();
            let compared = compared((&old, &new), by, format, &mut text);
            let has_new = compared.map_err(|why| Error::new("write", "the comparison", why))?;
            output::write(output.as_deref(), KeyDisplay::Masked, |out| out.write_all(&text))?;
            // In an incomplete scan, a missing key may not be fixed, and a new key may be old.
            let incomplete = [&old, &new].iter().any(|document| document.summary.exit_code == 2);
            Ok(match (incomplete, has_new) {
                (true, _) => Exit::Incomplete,
                (false, true) => Exit::Findings,
                (false, false) => Exit::Clean,
            })
        }
        Reports::Schema => {
            output::print(|out| out.write_all(SCHEMA.as_bytes()))?;
            Ok(Exit::Clean)
        }
    }
}

fn absent(name: &str) -> Error {
    Error::new("read report", name, "no such file")
}

/// Prints the comparison of two reports; returns whether anything is new.
fn compared(
    (old, new): (&Document<'_>, &Document<'_>),
    by: DiffBy,
    format: DiffFormat,
    out: &mut dyn std::io::Write,
) -> std::io::Result<bool> {
    match by {
        DiffBy::Place => {
            let diff = Diff::new(old, new);
            match format {
                DiffFormat::Human => diff.write_human(out),
                DiffFormat::Json => diff.write_json(out),
            }?;
            Ok(!diff.new.is_empty())
        }
        DiffBy::Key => {
            let diff = KeyDiff::new(old, new);
            match format {
                DiffFormat::Human => diff.write_human(out),
                DiffFormat::Json => diff.write_json(out),
            }?;
            Ok(!diff.new.is_empty())
        }
    }
}

/// A report of a whole run: keys that a part does not have may be in another part.
fn undivided(file: &Path) -> Result<Document<'static>> {
    let document = document(file)?;
    match &document.summary.part {
        Some(part) => {
            let why = format!("it is part {} of {}", part.index, part.count);
            Err(Error::new("compare", file.display(), why).hint("merge them first, with keysweep report merge"))
        }
        None => Ok(document),
    }
}

fn document(file: &Path) -> Result<Document<'static>> {
    let name = file.display().to_string();
    let mut input: Box<dyn BufRead> = if file.as_os_str() == "-" {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(BufReader::new(files::open_named(file)?.ok_or_else(|| absent(&name))?))
    };
    // A truncated report has no summary and is rejected.
    let mut input = (&mut *input).take(files::NAMED_LIMIT);
    read::document(&name, &mut input, &|id| {
        let rule = crate::rule::builtin().iter().find(|rule| rule.id == id);
        rule.map(|rule| -> RuleInfo { rule.info() })
    })
}
