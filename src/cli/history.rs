//! `keysweep history`.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::replacements::Replacements;
use super::shard::{self, PartIdentity};
use super::{ScanTarget, repositories, session_at};
use crate::cli::args::{HistoryArgs, SharedArgs, ViewArgs};
use crate::core::error::{Error, Exit, Result};
use crate::git::{Environment, Repository};
use crate::history::{AuditOptions, Request, audit, user_directory};
use crate::report::Format;

pub(super) fn run(args: HistoryArgs) -> Result<Exit> {
    let options = options(&args)?;
    let format = if args.plan { Some(Format::Plan) } else { args.shared.format };
    let view = ViewArgs { max_age: args.max_age, ..args.view.clone() };
    let mut shared = SharedArgs { view: Some(view), format, ..args.shared.clone() };
    shared.policy.fail_on_stale = args.fail_on_stale;
    if let Some(list) = repositories::named(&args)? {
        return repositories::run(&args, &list, &options, &shared);
    }
    // The environment describes the current repository, not one that is given by its path.
    let path = args.repositories.first().map_or(Path::new("."), PathBuf::as_path);
    let is_here = path.as_os_str() == ".";
    let environment = if is_here { Environment::of_process() } else { Environment::for_another() };
    let repository = Repository::discover(path, &environment)?;
    let top = repository.top().to_owned();
    let part = |common: &[[u8; 32]]| {
        let identity = PartIdentity::of(&args, &shared, &[]);
        options.shard.map(|shard| {
            let content = crate::history::identity(&repository);
            let common: Vec<[u8; 32]> = std::iter::once(content).chain(common.iter().copied()).collect();
            identity.part(shard, &common, &[content])
        })
    };
    if let Some(part) = part(&[])
        && let Some(exit) = shard::done(&shared, &part)?
    {
        return Ok(exit);
    }
    // A scan of a part of the history cannot tell that an entry is stale.
    let target = ScanTarget { path: top.clone(), start: top, is_single: options.shard.is_none() };
    session_at(&shared, &target, |loaded, collector| {
        let (threads, accepted) = (loaded.threads(&shared), loaded.accepted().cloned());
        let options = AuditOptions { threads, accepted, ..options.clone() };
        audit(&repository, &options, &loaded.policy, collector)?;
        if let Some(part) = part(&[shard::rules(&loaded.policy)])
            && !collector.is_stopped()
        {
            collector.is_part(part);
        }
        let Some(file) = args.write_replacements.as_deref() else { return Ok(()) };
        let mut replacements = Replacements::default();
        replacements.add(loaded, collector.findings());
        replacements.write(file, collector)
    })
}

fn options(args: &HistoryArgs) -> Result<AuditOptions> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let shard = args.shard.as_ref().map(|text| shard::parse(text, &variable)).transpose()?;
    let cache = match &args.cache {
        None => None,
        Some(Some(directory)) => Some(directory.clone()),
        Some(None) => Some(user_directory(|name| std::env::var_os(name)).ok_or_else(|| {
            Error::new("use --cache", "", "neither XDG_CACHE_HOME nor HOME is set")
                .hint("name a directory: --cache=DIR")
        })?),
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Ok(AuditOptions {
        threads: args.shared.threads,
        allow_incomplete: args.allow_incomplete,
        submodules: args.submodules,
        file_names: args.file_names,
        max_refs: if args.max_refs == 0 { usize::MAX } else { args.max_refs },
        request: Request {
            ranges: args.range.clone(),
            since: args.since.clone(),
            branches: args.branch.clone(),
            not_on_remote: args.not_on_remote,
            now: i64::try_from(now).unwrap_or(i64::MAX),
        },
        shard,
        cache,
        accepted: None,
    })
}
