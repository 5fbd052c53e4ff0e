//! A whole repository, from its objects to its findings.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use bstr::BString;

use super::catalog::Catalog;
use super::gaps::{Gaps, Missing, NAMED, Places};
use super::graph::Graph;
use super::oid::{Kind, Oid};
use super::pack::inflate::Inflater;
use super::read::{self, Read, Scan, Scope};
use super::refs::Refs;
use super::repo::Repository;
use super::store::Store;
use super::story::{Item, Stories};
use super::tell::{Secrets, Teller};
use super::trees::{Aim, Edge, GITLINK, Names, Trees};
use super::walk::Walk;
use super::ways::{Paths, Ways};
use crate::source::Collector;

/// What the user decides.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Threads; 0: one for each processor.
    pub threads: usize,
    /// What is not there is a remark and costs no exit code.
    pub allow_incomplete: bool,
    /// How many references a finding names at most.
    pub max_refs: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { threads: 0, allow_incomplete: false, max_refs: 1000 }
    }
}

/// Scans everything that a repository keeps. What goes wrong with one object goes to the collector.
pub fn audit(repository: &Repository, options: Options, scan: &Scan<'_>, collector: &Collector) {
    let threads = match options.threads {
        0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        threads => threads,
    };
    let refs = Refs::read(repository);
    let store = Store::open(&repository.objects, &repository.further_objects);
    let gaps = Gaps { allowed: options.allow_incomplete, collector };
    store.errors.iter().chain(&refs.errors).cloned().for_each(|error| gaps.one(error));
    let mut catalog = Catalog::of(&store);
    let scope = Scope { scan, wanted: &|_, _| true, collector, threads };
    let read = read::read(&catalog, &scope);
    read.kinds.iter().for_each(|&(number, kind)| catalog.set_kind(number, kind));
    if collector.is_stopped() {
        return;
    }
    Audit { repository, options, scan, collector, gaps, threads, catalog: &catalog, refs: &refs }.finish(read);
}

/// The part of an audit that knows all objects.
struct Audit<'a> {
    repository: &'a Repository,
    options: Options,
    scan: &'a Scan<'a>,
    collector: &'a Collector,
    gaps: Gaps<'a>,
    threads: usize,
    catalog: &'a Catalog<'a>,
    refs: &'a Refs,
}

/// What the pass over the trees found, of all threads.
struct Seen {
    edges: Vec<(u32, Arc<[Edge]>)>,
    missing: BTreeMap<Oid, (u32, u32, Kind)>,
    has_gitlink: bool,
}

impl Audit<'_> {
    fn finish(&self, mut read: Read) {
        let catalog = self.catalog;
        let mut graph = Graph::of(catalog, &read.commits, &read.tags, self.refs);
        self.collector.count("refs", self.refs.list.len() as u64);
        self.collector.count("commits", read.commits.len() as u64);
        self.collector.count("tags", read.tags.len() as u64);
        read.commits = Vec::new();
        let names = Names::default();
        let hits: HashSet<u32> = read.hits.iter().map(|hit| hit.number).collect();
        let pointers: HashSet<u32> = read.pointers.iter().take(NAMED).map(|(number, _)| *number).collect();
        let wants_ways = !(hits.is_empty() && pointers.is_empty());
        let target = |number: u32| hits.contains(&number) || pointers.contains(&number);
        let mut seen = self.trees(wants_ways.then_some(&target), &|_| true, &names);
        if !wants_ways && (seen.has_gitlink || !seen.missing.is_empty()) {
            seen = self.trees(Some(&target), &|_| true, &names);
        }
        let mut ways = Ways::new(catalog, std::mem::take(&mut seen.edges));
        let mut paths = Paths::new();
        let secrets = Secrets::of(&read.hits);
        let items = |leaf: u32| self.items(leaf, &secrets, &pointers);
        for node in &graph.nodes {
            node.tree.map(|tree| ways.prune(tree));
        }
        let reached = self.reached(&graph, &ways);
        self.add_lone_trees(&mut graph, &mut ways, &read);
        let stories = Stories::tell(&graph, &mut ways, &mut paths, &items);
        if !seen.missing.is_empty() {
            // Of trees that nothing leads to, git may have dropped parts. What they miss is no loss.
            let counts = |tree: u32| reached.contains(&tree);
            seen.missing = self.trees(None, &counts, &names).missing;
        }
        let names = names.into_list();
        self.report_missing(&graph, &ways, &reached, seen.missing, &names);
        self.report_pointers(&read, &stories, &secrets, &paths, &names);
        self.report_submodules(&stories, &secrets, &paths, &names);
        let mut teller =
            Teller::new(catalog, &graph, self.refs, self.scan, self.collector, self.options.max_refs.max(1));
        let lone = self.lone_blobs(&read, &stories);
        teller.tell(stories, &secrets, &read.hits, &paths, &names);
        for (blob, paths) in lone {
            teller.in_lone_blob(blob, &secrets, &paths);
        }
        teller.in_ref_names();
    }

    fn items(&self, leaf: u32, secrets: &Secrets, pointers: &HashSet<u32>) -> Vec<Item> {
        if leaf == GITLINK {
            return vec![secrets.count()];
        }
        if pointers.contains(&leaf) {
            return vec![secrets.count() + 1 + leaf];
        }
        secrets.items(leaf).collect()
    }

    /// Goes through all trees.
    fn trees(
        &self,
        targets: Option<&(dyn Fn(u32) -> bool + Sync)>,
        counts: &(dyn Fn(u32) -> bool + Sync),
        names: &Names,
    ) -> Seen {
        let catalog = self.catalog;
        let aim = Aim { catalog, targets, counts, names };
        let wanted = |number: u32| catalog.kind(number) == Some(Kind::Tree) && catalog.is_first_copy(number);
        let visitors = (0..self.threads).map(|_| Trees::new(&aim)).collect();
        let mut threads = Walk::new(catalog.members(), &wanted, self.collector).run(visitors);
        let mut inflater = Inflater::new();
        for number in (catalog.first_loose()..catalog.len()).filter(|&number| wanted(number)) {
            let (oid, directory) = catalog.loose[(number - catalog.first_loose()) as usize];
            match super::loose::read(&mut inflater, &catalog.store.directories[directory], &oid) {
                Ok(Some((_, bytes))) => threads[0].one(number, &bytes),
                Ok(None) => threads[0].failed.push((number, "it vanished while it was read")),
                Err(why) => threads[0].failed.push((number, why)),
            }
        }
        let mut seen = Seen { edges: Vec::new(), missing: BTreeMap::new(), has_gitlink: false };
        for mut thread in threads {
            seen.edges.append(&mut thread.edges);
            seen.has_gitlink |= thread.has_gitlink;
            for (oid, named) in thread.missing {
                let least = seen.missing.entry(oid).or_insert(named);
                *least = (*least).min(named);
            }
        }
        seen
    }

    /// The trees that references and reflogs lead to.
    fn reached(&self, graph: &Graph, ways: &Ways<'_>) -> HashSet<u32> {
        let mut reached = HashSet::new();
        let tips = graph.nodes.iter().filter(|node| node.reach != 0).filter_map(|node| node.tree);
        let mut todo: Vec<u32> = tips.collect();
        while let Some(tree) = todo.pop() {
            if reached.insert(tree) {
                let below = ways.edges(tree).iter().map(|edge| edge.to);
                todo.extend(below.filter(|&to| to != GITLINK && self.catalog.kind(to) == Some(Kind::Tree)));
            }
        }
        reached
    }

    /// Trees without a commit that name what no commit has, outermost only.
    fn add_lone_trees(&self, graph: &mut Graph, ways: &mut Ways<'_>, read: &Read) {
        let known: HashSet<u32> = ways
            .trees()
            .filter(|(tree, _)| ways.has_seen(*tree))
            .flat_map(|(_, edges)| edges)
            .map(|edge| edge.to)
            .collect();
        let lost: HashSet<u32> = read.hits.iter().map(|hit| hit.number).filter(|hit| !known.contains(hit)).collect();
        if lost.is_empty() {
            return;
        }
        let lone = || ways.trees().filter(|(tree, _)| !ways.has_seen(*tree));
        let mut above: HashMap<u32, Vec<u32>> = HashMap::new();
        for (tree, edges) in lone() {
            edges.iter().for_each(|edge| above.entry(edge.to).or_default().push(tree));
        }
        let mut outermost = Vec::new();
        let mut seen = HashSet::new();
        let mut todo: Vec<u32> = lost.into_iter().collect();
        while let Some(at) = todo.pop() {
            if !seen.insert(at) {
                continue;
            }
            match above.get(&at) {
                Some(trees) => todo.extend(trees),
                None if self.catalog.kind(at) == Some(Kind::Tree) => outermost.push(at),
                None => {}
            }
        }
        outermost.sort_by_key(|&tree| self.catalog.oid(tree));
        for tree in outermost {
            graph.add_tree(tree);
        }
    }

    /// Blobs with findings that no story tells of, with their paths in the index.
    fn lone_blobs(&self, read: &Read, stories: &Stories) -> Vec<(u32, Vec<BString>)> {
        let told = stories.leaves();
        let blobs = read.hits.iter().filter(|hit| hit.kind == Kind::Blob).map(|hit| hit.number);
        let lone: Vec<u32> = blobs.filter(|blob| !told.contains(blob)).collect();
        if lone.is_empty() {
            return Vec::new();
        }
        let mut index: HashMap<Oid, Vec<BString>> = HashMap::new();
        for (path, oid) in self.repository.staged() {
            index.entry(oid).or_default().push(path);
        }
        lone.into_iter().map(|blob| (blob, index.remove(&self.catalog.oid(blob)).unwrap_or_default())).collect()
    }

    fn report_missing(
        &self,
        graph: &Graph,
        ways: &Ways<'_>,
        reached: &HashSet<u32>,
        named: BTreeMap<Oid, (u32, u32, Kind)>,
        names: &[Arc<[u8]>],
    ) {
        let mut missing = BTreeMap::new();
        if !named.is_empty() {
            let roots: HashSet<u32> = graph.nodes.iter().filter_map(|node| node.tree).collect();
            let places = Places::of(self.catalog, ways, reached, &roots, names);
            let place = |(oid, (tree, name, kind))| (oid, Missing { kind, place: places.spell(tree, name) });
            missing.extend(named.into_iter().map(place));
        }
        let by =
            |node: u32| BString::from(format!("of commit {}", self.catalog.oid(graph.nodes[node as usize].number)));
        for (at, node) in graph.nodes.iter().enumerate().filter(|(_, node)| node.reach != 0) {
            if let Some(tree) = node.missing_tree {
                missing.insert(tree, Missing { kind: Kind::Tree, place: by(at as u32) });
            }
        }
        let shallow: HashSet<Oid> = self.repository.shallow().into_iter().collect();
        let mut cut = HashSet::new();
        for &(oid, node) in graph.missing.iter().filter(|(_, node)| graph.nodes[*node as usize].reach != 0) {
            let child = self.catalog.oid(graph.nodes[node as usize].number);
            if shallow.contains(&child) {
                cut.insert(child);
            } else {
                missing.insert(oid, Missing { kind: Kind::Commit, place: by(node) });
            }
        }
        self.gaps.missing(&missing, self.repository, self.catalog.store.has_promisor);
        self.gaps.shallow(cut.len(), self.repository);
        self.gaps.broken(graph, self.refs);
    }

    fn report_pointers(&self, read: &Read, stories: &Stories, secrets: &Secrets, paths: &Paths, names: &[Arc<[u8]>]) {
        let mut list = Vec::new();
        for (number, id) in read.pointers.iter().take(NAMED) {
            let item = secrets.count() + 1 + number;
            let found = stories.list.iter().filter(|story| story.item == item);
            let path = found.map(|story| paths.spell(story.path, names)).min();
            let path = path.unwrap_or_else(|| format!("blob {}", self.catalog.oid(*number)).into());
            list.push((path, id.clone()));
        }
        list.sort();
        self.gaps.pointers(read.pointers.len(), &list);
    }

    fn report_submodules(&self, stories: &Stories, secrets: &Secrets, paths: &Paths, names: &[Arc<[u8]>]) {
        let links = stories.list.iter().filter(|story| story.item == secrets.count());
        let mut links: Vec<BString> = links.map(|story| paths.spell(story.path, names)).collect();
        links.sort();
        self.gaps.submodules(&links);
    }
}
