//! A whole repository, from its objects to its findings.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use bstr::BString;

use super::cache::Cache;
use super::commit_graph::Graph;
use super::content_pass::{self, Read, Scope, Want};
use super::findings::{self, Teller};
use super::introducing::{Item, Stories};
use super::missing::{Gaps, LIMIT, Missing, Places};
use super::object_index::ObjectIndex;
use super::options::Options;
use super::reachability::{self, Census};
use super::revs;
use super::secrets::Secrets;
use super::shard;
use super::tree_pass::{Aim, GITLINK, NAMED, Table};
use super::tree_paths::{Paths, Ways};
use super::{file_names, lfs};
use crate::core::error::{Error, Result};
use crate::core::finding::Finding;
use crate::git::{Id, Kind, Objects, Refs, Repository};
use crate::policy::Policy;
use crate::source::Collector;

/// Scans everything that a repository keeps, or what a request asks for. What goes wrong with one object goes to the
/// collector; an error is returned only if nothing could be scanned.
pub fn audit(repository: &Repository, options: &Options, policy: &Policy, collector: &Collector) -> Result<()> {
    if let Some(shard) = options.shard {
        collector.count("shard", shard.index);
        collector.count("shards", shard.count);
    }
    inside(repository, options, policy, collector)
}

/// A repository and its submodules, and theirs.
fn inside(repository: &Repository, options: &Options, policy: &Policy, collector: &Collector) -> Result<()> {
    one(repository, options, policy, collector)?;
    if options.submodules {
        for module in repository.submodules()? {
            let inner = Collector::default();
            let opened = Repository::open(module.git_dir).and_then(|module| inside(&module, options, policy, &inner));
            opened.unwrap_or_else(|error| collector.failed(error));
            merge(inner, &module.path, collector);
        }
    }
    Ok(())
}

/// Puts a submodule's report into that of the repository around it.
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
fn one(repository: &Repository, options: &Options, policy: &Policy, collector: &Collector) -> Result<()> {
    let refs = Refs::read(repository);
    let store = Objects::open(repository);
    let gaps = Gaps::new(options.allow_incomplete, collector);
    let (mut index, errors) = ObjectIndex::of(&store);
    errors.iter().chain(&refs.errors).cloned().for_each(|error| gaps.one(error));
    let selection =
        if options.request.is_empty() { None } else { Some(revs::select(&store, &refs, &options.request)?) };
    let mut read = content(&index, options, policy, collector, &gaps);
    read.kinds.iter().for_each(|&(number, kind)| index.set_kind(number, kind));
    if collector.is_stopped() {
        findings::unplaced(&index, read.hits, collector);
        return Ok(());
    }
    lfs::read_local(&repository.common_dir, policy, collector, &mut read);
    let mut audit = Audit {
        repository,
        options,
        policy,
        collector,
        gaps: &gaps,
        index: &index,
        refs: &refs,
        selected: None,
        table: Table::default(),
    };
    let loud = if options.file_names { file_names::loud(&audit) } else { HashSet::new() };
    // Of commits and of trees: neither needs the other.
    let (mut graph, ways) = std::thread::scope(|scope| {
        let graph = scope.spawn(|| Graph::of(&index, &read.commits, &read.tags, &refs));
        let ways = audit.ways(&read, &loud, None);
        (graph.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), ways)
    });
    if collector.is_stopped() {
        findings::unplaced(&index, read.hits, collector);
        return Ok(());
    }
    audit.selected = selection.map(|selection| graph.select(&index, &read.tags, &selection));
    read.commits = Vec::new();
    audit.finish(read, graph, ways, &loud);
    Ok(())
}

/// Reads all content but what a cache knows.
fn content(
    index: &ObjectIndex<'_>,
    options: &Options,
    policy: &Policy,
    collector: &Collector,
    gaps: &Gaps<'_>,
) -> Read {
    let open = |path: &PathBuf| Cache::open(path, policy.rules(), index.hash());
    let mut cache = options.cache.as_ref().filter(|_| policy.is_local()).map(open);
    let packs: Vec<[u8; 32]> = cache.iter().flat_map(|_| index.packs().iter().map(|pack| pack.digest())).collect();
    let is_checked: Vec<bool> =
        cache.iter().flat_map(|cache| packs.iter().map(|pack| cache.has_checked(pack))).collect();
    // The ids of loose objects are always checked.
    let may_skip = |number: u32| index.pack_of(number).is_none_or(|pack| is_checked[pack]);
    let wants = |number: u32, id: &Id, kind: Kind| match &cache {
        _ if options.shard.is_some_and(|shard| !shard.has(id)) => Want::Skip,
        Some(cache) if kind == Kind::Blob && cache.has(id) && may_skip(number) => Want::KnownClean,
        _ => Want::Scan,
    };
    let remembers = |number: u32| cache.is_some() && !may_skip(number);
    let scope = Scope { policy, wants: &wants, remembers: &remembers, collector, gaps, threads: options.threads() };
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

/// The part of an audit that knows all objects.
pub(super) struct Audit<'a> {
    pub(super) repository: &'a Repository,
    pub(super) options: &'a Options,
    pub(super) policy: &'a Policy,
    pub(super) collector: &'a Collector,
    pub(super) gaps: &'a Gaps<'a>,
    pub(super) index: &'a ObjectIndex<'a>,
    pub(super) refs: &'a Refs,
    /// The commits that are asked for.
    pub(super) selected: Option<Vec<bool>>,
    /// Names, and what is absent, of all passes over trees.
    table: Table,
}

/// Items that are no secrets: what they stand for, after the number of secrets.
#[derive(Clone, Copy)]
struct Others {
    first: Item,
}

impl Others {
    fn submodule(self) -> Item {
        self.first
    }

    /// An LFS pointer's, or an absent object's.
    fn leaf(self, leaf: u32) -> Item {
        self.first + 1 + leaf
    }
}

impl<'a> Audit<'a> {
    /// Whether a commit (or what stands for one) is asked for.
    fn counts(&self, node: usize) -> bool {
        self.selected.as_ref().is_none_or(|selected| selected.get(node).is_some_and(|selected| *selected))
    }

    fn finish(&self, mut read: Read, mut graph: Graph, mut ways: Ways<'a>, loud: &HashSet<Vec<u8>>) {
        self.collector.count("refs", self.refs.list.len() as u64);
        let commits = graph.nodes.iter().enumerate().filter(|(at, node)| node.is_commit && self.counts(*at));
        self.collector.count("commits", commits.count() as u64);
        self.collector.count("tags", read.tags.len() as u64);
        let table = &self.table;
        let own = self.options.shard.map(|_| shard::complete(self, &graph, &mut ways, table, &mut read));
        if let Some(own) = &own {
            ways = self.ways(&read, loud, Some(&own.names));
        }
        for tree in graph.nodes.iter().filter_map(|node| node.tree) {
            ways.prune(tree);
        }
        if self.selected.is_none() {
            let hits: HashSet<u32> = read.hits.iter().map(|hit| hit.number).collect();
            for tree in reachability::lone_trees(self.index, &ways, &hits) {
                graph.add_tree(tree);
            }
        }
        let list = table.names.list();
        let secrets = Secrets::of(&read, file_names::hits(self.policy, loud, &list));
        let others = Others { first: secrets.count() };
        let pointers: HashSet<u32> = read.pointers.iter().take(LIMIT).map(|(number, _)| *number).collect();
        let items = |name: u32, leaf: u32| match leaf {
            GITLINK => vec![others.submodule()],
            NAMED => secrets.in_name(name),
            _ if leaf >= self.index.len() || pointers.contains(&leaf) => vec![others.leaf(leaf)],
            _ => secrets.items(leaf),
        };
        let mut paths = Paths::new();
        let mut stories = Stories::tell(&graph, self.selected.as_deref(), &mut ways, &mut paths, &items);
        if let Some(paths) = ways.untold() {
            let what = format!("{paths} paths in one commit lead to what was found, through the same directories");
            self.collector.note(format!("{what} again and again; 1000 places of each are told"));
        }
        let list = table.names.list();
        self.report_missing(self.absent(&graph, &ways, &stories, others, &paths), &graph);
        self.report_others(&read, &stories, others, &paths, &list);
        if let Some(own) = own {
            stories.retain(|story| own.paths.contains(&paths.spell(story.path, &list)));
        }
        self.tell(&read, &graph, stories, &secrets, &paths, &list);
    }

    #[allow(clippy::too_many_arguments, reason = "each is one step's result, and this is the last step")]
    fn tell(&self, read: &Read, graph: &Graph, stories: Stories, secrets: &Secrets, paths: &Paths, list: &[Arc<[u8]>]) {
        let counts = |at: usize| self.counts(at);
        let mut teller = Teller::new(self, graph, &counts);
        teller.troubles(&read.troubles, self.gaps);
        if self.selected.is_none() {
            let lone = teller.lone_blobs(&read.hits, &stories);
            for (blob, paths) in lone {
                teller.in_lone_blob(blob, secrets, &paths);
            }
        }
        teller.tell(stories, secrets, &read.hits, paths, list);
        if self.options.shard.is_none_or(super::options::Shard::is_first) {
            teller.in_ref_names();
        }
    }

    pub(super) fn aim<'b>(&'b self, table: &'b Table) -> Aim<'b> {
        let index = self.index;
        Aim { index, targets: None, also: None, loud: None, all_names: false, counts: &|_| false, table }
    }

    pub(super) fn census(&self, aim: &Aim<'_>) -> Census {
        reachability::take(aim, self.options.threads(), self.gaps, self.collector)
    }

    /// The ways to all that was found, to submodules, and to what is not there.
    fn ways(&self, read: &Read, loud: &HashSet<Vec<u8>>, also: Option<&HashSet<Vec<u8>>>) -> Ways<'a> {
        let mut targets = vec![false; self.index.len() as usize];
        read.hits.iter().for_each(|hit| targets[hit.number as usize] = true);
        read.pointers.iter().take(LIMIT).for_each(|(number, _)| targets[*number as usize] = true);
        let target = |number: u32| targets[number as usize];
        let loud = Some(loud).filter(|loud| !loud.is_empty());
        let census = self.census(&Aim { targets: Some(&target), also, loud, ..self.aim(&self.table) });
        Ways::new(self.index, census.edges)
    }

    /// Objects that reached trees name and that are not there, each with a path.
    fn absent(
        &self,
        graph: &Graph,
        ways: &Ways<'_>,
        stories: &Stories,
        others: Others,
        paths: &Paths,
    ) -> BTreeMap<Id, Missing> {
        if let Some(absent) = self.table.absent.list() {
            let items: HashMap<Item, (Id, Kind)> =
                absent.into_iter().map(|(id, number, kind)| (others.leaf(number), (id, kind))).collect();
            let mut missing: BTreeMap<Id, Missing> = BTreeMap::new();
            let list = self.table.names.list();
            // Of what nothing leads to, git may have dropped parts: that is no loss.
            for story in stories.list.iter().filter(|story| story.reach != 0) {
                let Some(&(id, kind)) = items.get(&story.item) else { continue };
                let place = paths.spell(story.path, &list);
                let least = missing.entry(id).or_insert_with(|| Missing { kind, place: place.clone() });
                if place < least.place {
                    least.place = place;
                }
            }
            return missing;
        }
        let reached = reachability::reached(self.index, graph, ways, &|at| self.counts(at));
        let named = self.census(&Aim { counts: &|tree| reached[tree as usize], ..self.aim(&self.table) }).missing;
        let list = self.table.names.list();
        let roots: HashSet<u32> = graph.nodes.iter().filter_map(|node| node.tree).collect();
        let places = Places::of(self.index, ways, &reached, &roots, &list);
        let place = |(id, (tree, name, kind))| (id, Missing { kind, place: places.spell(tree, name) });
        named.into_iter().map(place).collect()
    }

    fn report_missing(&self, mut missing: BTreeMap<Id, Missing>, graph: &Graph) {
        let by = |node: usize| BString::from(format!("of commit {}", self.index.id(graph.nodes[node].number)));
        let counts = |at: usize| graph.nodes[at].reach != 0 && self.counts(at);
        for (at, node) in graph.nodes.iter().enumerate().filter(|(at, _)| counts(*at)) {
            if let Some(tree) = node.missing_tree {
                missing.insert(tree, Missing { kind: Kind::Tree, place: by(at) });
            }
        }
        let shallow = self.repository.shallow().unwrap_or_else(|error| {
            self.gaps.one(error);
            Vec::new()
        });
        let shallow: HashSet<Id> = shallow.into_iter().collect();
        let mut cut = HashSet::new();
        for &(id, node) in graph.missing.iter().filter(|(_, node)| counts(*node as usize)) {
            let child = self.index.id(graph.nodes[node as usize].number);
            if shallow.contains(&child) {
                cut.insert(child);
            } else {
                missing.insert(id, Missing { kind: Kind::Commit, place: by(node as usize) });
            }
        }
        self.gaps.missing(&missing, self.repository, self.index.store.has_promisor());
        self.gaps.shallow(cut.len(), self.repository);
        self.gaps.broken(graph, self.refs);
    }

    /// LFS pointers and submodules.
    fn report_others(&self, read: &Read, stories: &Stories, others: Others, paths: &Paths, names: &[Arc<[u8]>]) {
        let places = |item: Item| -> Vec<BString> {
            let mut places: Vec<BString> = stories
                .list
                .iter()
                .filter(|story| story.item == item)
                .map(|story| paths.spell(story.path, names))
                .collect();
            places.sort();
            places
        };
        let mut list = Vec::new();
        for (number, pointer) in read.pointers.iter().take(LIMIT) {
            match places(others.leaf(*number)).into_iter().next() {
                Some(path) => list.push((path, pointer.id.clone())),
                None if self.selected.is_some() => {}
                None => list.push((format!("blob {}", self.index.id(*number)).into(), pointer.id.clone())),
            }
        }
        list.sort();
        let total = if self.selected.is_some() { list.len() } else { read.pointers.len() };
        self.gaps.pointers(total, &list);
        let mut links = places(others.submodule());
        if self.options.submodules {
            let scanned = self.repository.submodules().unwrap_or_default();
            links.retain(|path| !scanned.iter().any(|module| module.path == *path));
        }
        self.gaps.submodules(&links, self.options.submodules);
    }
}

impl Audit<'_> {
    /// What could not be scanned of one thing.
    pub(super) fn gap(&self, error: Error) {
        self.gaps.once(error);
    }
}
