//! Scanning the history of several repositories into one report.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use bstr::{BStr, BString, ByteSlice as _};

use super::policy::{self, Loaded};
use super::replacements::Replacements;
use super::shard::{self, PartIdentity};
use super::{ScanTarget, agent_files, same, session_at};
use crate::cli::args::{HistoryArgs, SharedArgs};
use crate::core::error::{Error, Exit, Result};
use crate::core::part::AuditPart;
use crate::core::path_bytes;
use crate::git::{Environment, Repository};
use crate::history::{AuditOptions, Shard, audit};
use crate::source::Collector;

/// The size limit of a list of repositories, in bytes.
const LONGEST_LIST: u64 = 64 << 20;

/// The repositories in the arguments without repetition; `None` for a single one, whose name is not shown in the
/// report.
pub(super) fn named(args: &HistoryArgs) -> Result<Option<Vec<PathBuf>>> {
    let mut list = match &args.repos {
        Some(file) => listed(file)?,
        None if args.repositories.len() < 2 => return Ok(None),
        None => args.repositories.clone(),
    };
    let mut seen = BTreeSet::new();
    // A repository that is given twice would seem to share its keys with another one.
    list.retain(|path| seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())));
    Ok(Some(list))
}

/// Reads a list with one path on each line.
fn listed(file: &Path) -> Result<Vec<PathBuf>> {
    let name = file.display().to_string();
    let failed = |why: std::io::Error| Error::io("read the list of repositories", &name, why);
    let mut text = Vec::new();
    if file.as_os_str() == "-" {
        std::io::stdin().lock().take(LONGEST_LIST).read_to_end(&mut text).map_err(failed)?;
    } else {
        // A pipe or a process substitution is also accepted.
        let list = std::fs::File::open(file).map_err(failed)?;
        list.take(LONGEST_LIST).read_to_end(&mut text).map_err(failed)?;
    }
    let lines = text.lines().map(|line| line.strip_suffix(b"\r").unwrap_or(line)).filter(|line| !line.is_empty());
    let paths: Vec<PathBuf> = lines.map(|line| path_bytes::path(line.as_bstr()).into()).collect();
    if paths.is_empty() {
        return Err(Error::new("read the list of repositories", name, "it is empty").hint("write one path a line"));
    }
    Ok(paths)
}

/// Scans the repositories one after another, each with its own configuration. An unreadable one is an error in the
/// report, and the others are still scanned.
pub(super) fn run(args: &HistoryArgs, list: &[PathBuf], options: &AuditOptions, shared: &SharedArgs) -> Result<Exit> {
    let here = ScanTarget::here();
    let target = ScanTarget { is_single: false, ..here };
    let division = OwnRepositories::of(list, options.shard);
    let identity = PartIdentity::of(args, shared, list);
    let part = |common: &[[u8; 32]]| options.shard.map(|shard| division.part(shard, &identity, common));
    if let Some(part) = part(&[])
        && let Some(exit) = shard::done(shared, &part)?
    {
        return Ok(exit);
    }
    let list = &division.mine;
    session_at(shared, &target, |own, collector| {
        let shard = options.shard.filter(|_| !division.is_by_repository);
        let options = AuditOptions { threads: own.threads(shared), shard, ..options.clone() };
        let mut replacements = Replacements::default();
        for (number, path) in list.iter().enumerate() {
            let name: BString = path_bytes::bytes(path.clone());
            collector.progress().begin_repository(number as u64, list.len() as u64);
            if collector.is_stopped() {
                break;
            }
            match Repository::discover(path, &Environment::for_another()) {
                Ok(found) => {
                    let done = one(args, &found, name.as_ref(), &options, (shared, collector), &mut replacements);
                    done.unwrap_or_else(|error| collector.failed(error.in_repository(&name)));
                }
                // The error contains the path.
                Err(error) => collector.failed(error),
            }
        }
        collector.count("repositories", division.counted);
        if let Some(part) = part(&[shard::rules(&own.policy)])
            && !collector.is_stopped()
        {
            collector.is_part(part);
        }
        args.write_replacements.as_deref().map_or(Ok(()), |file| replacements.write(file, collector))
    })
}

/// The repositories that this part of a divided audit reads.
struct OwnRepositories {
    mine: Vec<PathBuf>,
    /// Whether parts have different repositories. If there are fewer repositories than parts, each repository is
    /// divided.
    is_by_repository: bool,
    /// How many repositories this part counts, so that the sum over all parts is right.
    counted: u64,
}

impl OwnRepositories {
    fn of(list: &[PathBuf], shard: Option<Shard>) -> Self {
        let all = list.len() as u64;
        match shard {
            Some(Shard { index, count }) if all >= count => {
                let numbered = (0..count).cycle().zip(list);
                let mine: Vec<PathBuf> =
                    numbered.filter(|(part, _)| part + 1 == index).map(|(_, path)| path.clone()).collect();
                Self { counted: mine.len() as u64, mine, is_by_repository: true }
            }
            Some(shard) => {
                Self { mine: list.to_vec(), is_by_repository: false, counted: if shard.index == 1 { all } else { 0 } }
            }
            None => Self { mine: list.to_vec(), is_by_repository: false, counted: all },
        }
    }

    /// The header of this part. A repository that cannot be opened is an error in the report.
    fn part(&self, shard: Shard, identity: &PartIdentity, common: &[[u8; 32]]) -> AuditPart {
        let open = |path: &PathBuf| Repository::discover(path, &Environment::for_another()).ok();
        let contents: Vec<[u8; 32]> =
            self.mine.iter().map(|path| open(path).map_or([0; 32], |found| crate::history::identity(&found))).collect();
        let mut all = common.to_vec();
        if !self.is_by_repository {
            all.extend(&contents);
        }
        identity.part(shard, &all, &contents)
    }
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
    loaded.apply(&mut report, options.shard.is_none() && same(&top, &loaded.root));
    agent_files::annotate(&mut report, &top);
    collector.add(report, name);
    Ok(())
}
