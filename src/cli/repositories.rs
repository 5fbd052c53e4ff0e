//! Several repositories in one run: which ones, and one report of all of them.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use bstr::{BStr, BString, ByteSlice as _};

use super::history::{Replacements, write_replacements};
use super::policy::{self, Loaded};
use super::{ScanTarget, agent_files, same, session_at};
use crate::cli::args::{HistoryArgs, SharedArgs};
use crate::core::error::{Error, Exit, Result};
use crate::core::path_bytes;
use crate::git::{Environment, Repository};
use crate::history::{AuditOptions, audit};
use crate::source::Collector;

/// A list of repositories is no longer than this.
const LONGEST_LIST: u64 = 64 << 20;

/// The repositories that the arguments name, each once; `None` if it is one, which is told of without its name.
pub(super) fn named(args: &HistoryArgs) -> Result<Option<Vec<PathBuf>>> {
    let mut list = match &args.repos {
        Some(file) => listed(file)?,
        None if args.repositories.len() < 2 => return Ok(None),
        None => args.repositories.clone(),
    };
    let mut seen = BTreeSet::new();
    // One that is named twice, in whatever way, would have its keys in two repositories.
    list.retain(|path| seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())));
    Ok(Some(list))
}

/// One path a line.
fn listed(file: &Path) -> Result<Vec<PathBuf>> {
    let name = file.display().to_string();
    let failed = |why: std::io::Error| Error::io("read the list of repositories", &name, why);
    let mut text = Vec::new();
    if file.as_os_str() == "-" {
        std::io::stdin().lock().take(LONGEST_LIST).read_to_end(&mut text).map_err(failed)?;
    } else {
        // A pipe or a process's output is as good as a file.
        let list = std::fs::File::open(file).map_err(failed)?;
        list.take(LONGEST_LIST).read_to_end(&mut text).map_err(failed)?;
    }
    let lines = text.lines().map(|line| line.strip_suffix(b"\r").unwrap_or(line)).filter(|line| !line.is_empty());
    let paths: Vec<PathBuf> = lines.map(|line| path_bytes::path(line.as_bstr()).into()).collect();
    if paths.is_empty() {
        return Err(Error::new("read the list of repositories", name, "it names none").hint("write one path a line"));
    }
    Ok(paths)
}

/// Scans all of them, one after the other, each under its own configuration. One that cannot be read is an error in the
/// report, and the others are scanned all the same.
pub(super) fn run(args: &HistoryArgs, list: &[PathBuf], options: &AuditOptions, shared: &SharedArgs) -> Result<Exit> {
    let here = ScanTarget::here();
    let target = ScanTarget { is_single: false, ..here };
    session_at(shared, &target, |own, collector| {
        let options = AuditOptions { threads: own.threads(shared), ..options.clone() };
        let mut replacements = Replacements::default();
        for path in list {
            let name: BString = path_bytes::bytes(path.clone());
            if collector.is_stopped() {
                break;
            }
            match Repository::discover(path, &Environment::for_another()) {
                Ok(found) => {
                    let done = one(args, &found, name.as_ref(), &options, (shared, collector), &mut replacements);
                    done.unwrap_or_else(|error| collector.failed(error.in_repository(&name)));
                }
                // It names the path.
                Err(error) => collector.failed(error),
            }
        }
        collector.count("repositories", list.len() as u64);
        args.write_replacements.as_deref().map_or(Ok(()), |file| write_replacements(file, &replacements, collector))
    })
}

fn one(
    args: &HistoryArgs,
    repository: &Repository,
    name: &BStr,
    options: &AuditOptions,
    (shared, collector): (&SharedArgs, &Collector),
    replacements: &mut Replacements,
) -> Result<()> {
    let top = repository.top().to_owned();
    let loaded: Loaded = policy::load(&shared.policy, &top, &top)?;
    let inner = collector.beside();
    audit(repository, options, &loaded.policy, &inner)?;
    if args.write_replacements.is_some() {
        replacements.add(&loaded, inner.findings());
    }
    let mut report = inner.into_report();
    loaded.apply(&mut report, same(&top, &loaded.root));
    agent_files::annotate(&mut report, &top);
    collector.add(report, name);
    Ok(())
}
