//! One key for several repositories, environments, services or files: what makes a leak of one a leak of all.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::core::order::Gather as _;
use crate::report::escape;
use crate::report::layout::fit_end;
use crate::report::model::JsonFinding;
use crate::report::numbers::grouped;

/// Environments by the words that name them in paths and variables.
const ENVIRONMENTS: [(&str, &[&str]); 6] = [
    ("production", &["production", "prod", "prd", "live"]),
    ("staging", &["staging", "stage", "stg", "preprod", "uat"]),
    ("development", &["development", "dev", "devel"]),
    ("testing", &["test", "tests", "testing", "qa"]),
    ("CI", &["ci", "workflows"]),
    ("local", &["local", "localhost"]),
];
/// Folders whose folders are services of their own.
const SERVICES: [&str; 6] = ["services", "apps", "packages", "projects", "microservices", "functions"];
/// Names that are said.
const SHOWN: usize = 3;

/// Says that a key stands for more than one thing: `one key for production (.env.production) and staging (…)`.
pub(super) fn words<'a>(all: &[&'a JsonFinding<'a>]) -> Option<String> {
    // What is live says most; what was removed long ago may have been moved.
    let is_live = |entry: &&&JsonFinding<'_>| entry.history.as_ref().is_none_or(|history| history.in_head);
    let live: Vec<&JsonFinding<'_>> = all.iter().filter(is_live).copied().collect();
    let entries = if live.is_empty() { all } else { &live };
    // All of them, live or not: whoever has one of the repositories has the key.
    let repositories = repositories(all);
    if repositories.len() > 1 {
        let total = repositories.len();
        let named = repositories.iter().map(|name| shown(name)).collect();
        return Some(format!("one key in {total} repositories: {}", list(named)));
    }
    let mut environments: BTreeMap<usize, &str> = BTreeMap::new();
    let mut services: BTreeMap<&str, &str> = BTreeMap::new();
    let mut files = BTreeSet::new();
    for entry in entries {
        let Some(path) = entry.location.path.as_deref() else { continue };
        files.insert(path);
        let name = entry.usage.as_ref().and_then(|usage| usage.name.as_deref()).unwrap_or_default();
        if let Some(environment) = environment(path).or_else(|| environment(name)) {
            environments.entry(environment).or_insert(path);
        }
        if let Some(service) = service(path) {
            services.entry(service).or_insert(path);
        }
    }
    if environments.len() > 1 {
        let named = environments.iter().map(|(&at, path)| format!("{} ({})", ENVIRONMENTS[at].0, shown(path)));
        return Some(format!("one key for {}", list(named.collect())));
    }
    if services.len() > 1 {
        return Some(format!("one key for the services {}", list(services.into_keys().map(shown).collect())));
    }
    // Files that are gone were often the same one under other names.
    if files.len() > 1 && !live.is_empty() {
        let total = grouped(files.len() as u64);
        return Some(format!("one key in {total} files: {}", list(files.into_iter().map(shown).collect())));
    }
    None
}

/// The repositories of these places, each once; none where a report is of one.
pub(super) fn repositories<'a>(entries: &[&'a JsonFinding<'a>]) -> Vec<Cow<'a, str>> {
    let names: BTreeSet<&str> = entries.iter().filter_map(|entry| entry.location.repository.as_deref()).in_set();
    names.into_iter().map(Cow::Borrowed).collect()
}

/// The environments that a key is used in, by what paths and names say.
pub(super) fn environments(entries: &[&JsonFinding<'_>]) -> Vec<&'static str> {
    let of = |entry: &&JsonFinding<'_>| {
        let name = entry.usage.as_ref().and_then(|usage| usage.name.as_deref());
        entry.location.path.as_deref().and_then(environment).or_else(|| name.and_then(environment))
    };
    let found: BTreeSet<usize> = entries.iter().filter_map(of).in_set();
    found.into_iter().map(|at| ENVIRONMENTS[at].0).collect()
}

fn environment(text: &str) -> Option<usize> {
    let lower = text.to_ascii_lowercase();
    // The word that is nearest to the file's name says most.
    let words: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).rev().collect();
    words.iter().find_map(|word| ENVIRONMENTS.iter().position(|(_, names)| names.contains(word)))
}

fn service(path: &str) -> Option<&str> {
    let mut parts = path.split('/');
    parts.by_ref().find(|part| SERVICES.contains(part))?;
    let service = parts.next()?;
    // Otherwise it is a file of the folder itself.
    parts.next().map(|_| service)
}

fn shown(path: &str) -> String {
    fit_end(&escape::text(path.as_bytes()), 48)
}

fn list(mut names: Vec<String>) -> String {
    let more = names.len().saturating_sub(SHOWN);
    if more > 0 {
        names.truncate(SHOWN);
        names.push(format!("{more} more"));
    }
    match names.as_slice() {
        [init @ .., last] if !init.is_empty() => format!("{} and {last}", init.join(", ")),
        names => names.concat(),
    }
}
