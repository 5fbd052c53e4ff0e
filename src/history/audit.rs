//! The audit of a whole repository: the order of its passes, from objects to findings.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use bstr::BString;

use super::audited::Audit;
use super::cache::Cache;
use super::commit_graph::CommitGraph;
use super::content_pass::{self, ContentPass, ContentScope, ScanDecision};
use super::division::Division;
use super::findings::{self, FindingBuilder};
use super::incomplete::OtherSubjects;
use super::introducing::Occurrences;
use super::missing::Unscanned;
use super::narrowed::{self, Narrowed};
use super::object_index::ObjectIndex;
use super::options::AuditOptions;
use super::reachability;
use super::revs;
use super::secrets::Secrets;
use super::shard;
use super::tree_pass::{ENTRY_NAME, GITLINK, Numbering};
use super::tree_paths::{PathTable, PrunedTrees};
use super::{file_names, lfs, reflogs};
use crate::core::error::Result;
use crate::core::finding::Finding;
use crate::core::threads;
use crate::git::{Id, Kind, Objects, Refs, Repository};
use crate::policy::Policy;
use crate::source::Collector;

/// Scans everything that a repository keeps, or the commits that the options ask for. An object that cannot be read is
/// an error in the collector; an error is returned only if nothing could be scanned.
pub fn audit(repository: &Repository, options: &AuditOptions, policy: &Policy, collector: &Collector) -> Result<()> {
    threads::run(options.threads, || audit_with_submodules(repository, options, policy, collector))?
}

/// Scans a repository and, if the options say so, its submodules and theirs.
fn audit_with_submodules(
    repository: &Repository,
    options: &AuditOptions,
    policy: &Policy,
    collector: &Collector,
) -> Result<()> {
    audit_repository(repository, options, policy, collector)?;
    if options.submodules {
        for module in repository.submodules()? {
            let inner = Collector::default();
            let opened = Repository::open(module.git_dir)
                .and_then(|module| audit_with_submodules(&module, options, policy, &inner));
            opened.unwrap_or_else(|error| collector.failed(error));
            merge(inner, &module.path, collector);
        }
    }
    Ok(())
}

/// Adds a submodule's report to that of the repository around it, under the submodule's path.
fn merge(inner: Collector, place: &BString, collector: &Collector) {
    let report = inner.into_report();
    for mut finding in report.findings {
        let Finding { location, .. } = &mut finding;
        location.path = location.path.take().map(|path| [place.as_slice(), b"/", &path].concat().into());
        collector.finding(finding);
    }
    let coverage = report.coverage;
    collector.scanned(coverage.files, coverage.bytes);
    coverage.errors.into_iter().for_each(|error| collector.failed(error));
    coverage.skipped.into_iter().for_each(|skipped| collector.skipped(skipped));
    coverage.notes.into_iter().for_each(|note| collector.note(note));
    coverage.counts.into_iter().for_each(|(name, count)| collector.count(name, count));
}

/// Scans one repository, without its submodules.
fn audit_repository(
    repository: &Repository,
    options: &AuditOptions,
    policy: &Policy,
    collector: &Collector,
) -> Result<()> {
    let refs = Refs::read(repository);
    if let Some(name) = &refs.head_name {
        collector.head(name.to_string());
    }
    let store = Objects::open(repository);
    let unscanned = Unscanned::new(options.allow_incomplete, options.shard.is_some(), collector);
    let request = Some(&options.request).filter(|request| !request.is_empty());
    let selection = request.map(|request| revs::select(repository, &store, &refs, request)).transpose()?;
    let look = |selection| narrowed::look(repository, options, (&store, &refs, policy), selection, collector);
    let narrowed = selection.as_ref().and_then(look);
    let narrowed = match narrowed {
        Some(narrowed) if narrowed.is_clean => {
            narrowed.report(&refs, collector);
            return Ok(());
        }
        narrowed => narrowed,
    };
    let (mut index, errors) = ObjectIndex::of(&store);
    errors.iter().chain(&refs.errors).cloned().for_each(|error| unscanned.report(error));
    let division = options.shard.map(|shard| Division::of(&index, shard));
    let sifting = Sifting { narrowed: narrowed.as_ref(), division: division.as_ref() };
    let mut read = scan_content(&index, options, sifting, policy, collector, &unscanned);
    read.kinds.iter().for_each(|&(number, kind)| index.set_kind(number, kind));
    if collector.is_stopped() {
        findings::report_interrupted(&index, read.hits, collector);
        return Ok(());
    }
    lfs::read_local(&repository.common_dir, policy, collector, &mut read);
    if selection.is_none() && division.as_ref().is_none_or(Division::is_first) {
        reflogs::scan(repository, (&store, &refs), policy, collector, &unscanned);
    }
    let mut audit = Audit {
        repository,
        options,
        policy,
        collector,
        unscanned: &unscanned,
        index: &index,
        refs: &refs,
        selected: None,
        scans_part: division.is_some() || narrowed.is_some(),
        numbering: Numbering::default(),
        division: division.as_ref(),
    };
    if let Some(division) = &division {
        if selection.is_none() && audit.is_part_clean(division, &read) {
            return Ok(());
        }
        read.append_pass(audit.read_other_commits(division));
    }
    let names_with_keys = if options.file_names { file_names::names_with_keys(&audit) } else { HashSet::new() };
    // Neither needs the other.
    let (mut graph, trees) = rayon::join(
        || CommitGraph::of(&index, &read.commits, &read.tags, &refs),
        || audit.pruned_trees(&read, &names_with_keys, None),
    );
    if collector.is_stopped() {
        findings::report_interrupted(&index, read.hits, collector);
        return Ok(());
    }
    audit.selected = selection.map(|selection| graph.select(&index, &read.tags, &selection));
    read.commits = Vec::new();
    audit.finish(read, graph, trees, &names_with_keys);
    Ok(())
}

/// What is not all of a repository.
#[derive(Clone, Copy)]
struct Sifting<'a> {
    narrowed: Option<&'a Narrowed>,
    division: Option<&'a Division>,
}

/// Scans all blobs, commits and tags but those that the cache knows to be clean.
fn scan_content(
    index: &ObjectIndex<'_>,
    options: &AuditOptions,
    sifting: Sifting<'_>,
    policy: &Policy,
    collector: &Collector,
    unscanned: &Unscanned<'_>,
) -> ContentPass {
    let Sifting { narrowed, division } = sifting;
    let open = |path: &PathBuf| Cache::open(path, policy.rules(), index.hash());
    let mut cache = options.cache.as_ref().filter(|_| policy.is_local()).map(open);
    let packs: Vec<[u8; 32]> = cache.iter().flat_map(|_| index.packs().iter().map(|pack| pack.digest())).collect();
    let is_checked: Vec<bool> =
        cache.iter().flat_map(|cache| packs.iter().map(|pack| cache.has_checked(pack))).collect();
    // The ids of loose objects are always checked.
    let may_skip = |number: u32| index.pack_of(number).is_none_or(|pack| is_checked[pack]);
    let decide = |number: u32, id: &Id, kind: Kind| match &cache {
        _ if narrowed.is_some_and(|narrowed| !narrowed.objects.contains(id)) => ScanDecision::Elsewhere,
        Some(cache) if kind == Kind::Blob && cache.has(id) && may_skip(number) => ScanDecision::KnownClean,
        _ => ScanDecision::Scan,
    };
    let remembers = |number: u32| cache.is_some() && !may_skip(number);
    let part = |number: u32| division.is_some_and(|division| division.has(number));
    let part: Option<&(dyn Fn(u32) -> bool + Sync)> = if division.is_some() { Some(&part) } else { None };
    let scope = ContentScope { policy, part, decide: &decide, remembers: &remembers, collector, unscanned };
    let read = content_pass::read(index, &scope);
    if let Some(cache) = &mut cache
        && !collector.is_stopped()
    {
        cache.add(read.clean.iter().map(|&number| index.id(number)));
        if read.is_sound && options.shard.is_none() {
            cache.add_packs(packs);
        }
        cache.write().unwrap_or_else(|error| collector.failed(error));
    }
    read
}

impl<'a> Audit<'a> {
    /// Traces what was found through the commits, and reports it.
    fn finish(
        &self,
        mut read: ContentPass,
        mut graph: CommitGraph,
        mut trees: PrunedTrees<'a>,
        names_with_keys: &HashSet<Vec<u8>>,
    ) {
        let is_mine = |number: u32| self.division.is_none_or(|division| division.has(number));
        let commits = graph.nodes.iter().enumerate().filter(|(at, node)| node.is_commit && self.is_selected(*at));
        let commits = commits.filter(|(_, node)| is_mine(node.number)).count();
        self.count(commits, read.tags.iter().filter(|tag| is_mine(tag.number)).count());
        let numbering = &self.numbering;
        let shard_paths =
            self.scans_part.then(|| shard::scan_other_versions(self, &graph, &mut trees, &mut read, names_with_keys));
        for tree in graph.nodes.iter().filter_map(|node| node.tree) {
            trees.prune(tree);
        }
        if self.selected.is_none() {
            let hits: HashSet<u32> = read.hits.iter().map(|hit| hit.number).collect();
            for tree in reachability::unreachable_trees(self.index, &trees, &hits) {
                graph.add_tree(tree);
            }
        }
        let list = numbering.names.list();
        let secrets = Secrets::of(&read, file_names::keys_in(self.policy, names_with_keys, &list));
        let others = OtherSubjects { first: secrets.count() };
        let pointers: HashSet<u32> = self.named_pointers(&read).iter().map(|(number, _)| *number).collect();
        let subjects_at = |name: u32, object: u32| match object {
            GITLINK => vec![others.submodule()],
            ENTRY_NAME => secrets.in_name(name),
            _ if object >= self.index.len() || pointers.contains(&object) => vec![others.object(object)],
            _ => secrets.in_blob(object),
        };
        let mut paths = PathTable::new();
        let mut occurrences =
            Occurrences::trace(&graph, self.selected.as_deref(), &mut trees, &mut paths, &subjects_at);
        if let Some(paths) = trees.omitted_paths() {
            let what = format!("{paths} paths in one commit lead to what was found, through the same directories");
            self.collector.note(format!("{what} again and again; 1000 places of each are told"));
        }
        let list = numbering.names.list();
        self.report_missing(self.missing_objects(&graph, &trees, &occurrences, others, &paths), &graph);
        self.report_pointers_and_submodules(&read, &occurrences, others, &paths, &list);
        if let Some(shard_paths) = shard_paths {
            occurrences.retain(|occurrence| shard_paths.paths.contains(&paths.path(occurrence.path, &list)));
        }
        self.report(&read, &graph, occurrences, &secrets, &paths, &list);
    }

    /// Reports the findings.
    #[allow(clippy::too_many_arguments, reason = "each is one step's result, and this is the last step")]
    fn report(
        &self,
        read: &ContentPass,
        graph: &CommitGraph,
        occurrences: Occurrences,
        secrets: &Secrets,
        paths: &PathTable,
        list: &[Arc<[u8]>],
    ) {
        let mut builder = FindingBuilder::new(self, graph);
        findings::report_unscanned_archives(self.index, &read.unscanned_archives, self.collector, self.unscanned);
        if self.selected.is_none() {
            for (blob, paths) in builder.blobs_without_path(&read.hits, &occurrences) {
                builder.report_in_blob(blob, secrets, &paths);
            }
        }
        builder.report(occurrences, secrets, &read.hits, paths, list);
        if self.division.is_none_or(Division::is_first) {
            builder.report_in_ref_names();
        }
    }
}
