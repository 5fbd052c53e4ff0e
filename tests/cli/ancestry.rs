//! Walks over commits against git itself: random histories with merges that cross, several roots and clocks that are
//! wrong, with and without commit-graph files of all kinds, in both object formats, whole and shallow.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use keysweep::core::budget::Budget;
use keysweep::git::{Ancestry, Environment, Id, Node, Objects, Repository};
use keysweep::rule::template::Random;

use crate::project::Project;

/// Commits by number; parents have lower ones.
struct History {
    project: Project,
    ids: Vec<Id>,
    parents: Vec<Vec<usize>>,
}

/// When commit-graph files are written, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Graph {
    None,
    Levels,
    Dates,
    /// A chain of files, and commits that are in none of them.
    Chain,
}

const COUNT: usize = 90;
const HOUR: i64 = 3600;

impl History {
    /// `skew` is how wrong clocks are, in hours.
    fn new(seed: u64, format: &str, skew: usize, graph: Graph) -> Self {
        let project = Project::new();
        project.run_git(&["init", "-q", "-b", "main", "--object-format", format]);
        let mut numbers = Random::new(seed);
        let mut history = Self { project, ids: Vec::new(), parents: Vec::new() };
        for part in 0..3 {
            history.grow(&mut numbers, skew);
            let version = |number: &str| format!("commitGraph.generationVersion={number}");
            let write = |number: &str, more: &[&str]| {
                let setting = version(number);
                let arguments = ["-c", &setting, "commit-graph", "write", "--reachable"];
                history.project.run_git(&[&arguments[..], more].concat());
            };
            match graph {
                Graph::Levels if part == 2 => write("1", &[]),
                Graph::Dates if part == 2 => write("2", &[]),
                Graph::Chain if part < 2 => write("2", &["--split=no-merge"]),
                _ => {}
            }
        }
        history
    }

    /// Adds a third of the commits, each with a branch.
    fn grow(&mut self, numbers: &mut Random, skew: usize) {
        let first = self.parents.len();
        let mut stream = String::new();
        for at in first..first + COUNT / 3 {
            let count = if at == 0 { 0 } else { [1, 1, 1, 1, 1, 2, 2, 2, 3, 0][numbers.below(10)] };
            // Near ones, so that merges cross.
            let near = |numbers: &mut Random| at - 1 - numbers.below(at.min(8));
            let parents: BTreeSet<usize> = (0..count).map(|_| near(numbers)).collect();
            let error = numbers.below(2 * skew + 1) as i64 - skew as i64;
            let time = 1_600_000_000 + (at as i64 * 6 + error) * HOUR;
            write!(
                stream,
                "commit refs/heads/c{at}\nmark :{}\ncommitter a <b> {time} +0000\ndata <<end\n{at}\nend\n",
                at + 1
            )
            .unwrap();
            for (word, parent) in ["from"].into_iter().chain(std::iter::repeat("merge")).zip(&parents) {
                match self.ids.get(*parent) {
                    Some(id) => writeln!(stream, "{word} {id}").unwrap(),
                    None => writeln!(stream, "{word} :{}", parent + 1).unwrap(),
                }
            }
            writeln!(stream).unwrap();
            self.parents.push(parents.into_iter().collect());
        }
        let mut command = self.project.command("git");
        command.args(["fast-import", "--quiet", "--export-marks=../marks"]).stdin(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(stream.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
        let marks = std::fs::read_to_string(self.project.root().join("../marks")).unwrap();
        let mut ids: Vec<(usize, Id)> = marks
            .lines()
            .map(|line| line.strip_prefix(':').unwrap().split_once(' ').unwrap())
            .map(|(mark, id)| (mark.parse().unwrap(), Id::from_hex(id.as_bytes()).unwrap()))
            .collect();
        ids.sort();
        self.ids.extend(ids.into_iter().map(|(_, id)| id));
        assert_eq!(self.ids.len(), self.parents.len());
    }

    fn reached(&self, tips: &[usize]) -> BTreeSet<usize> {
        let mut reached: BTreeSet<usize> = tips.iter().copied().collect();
        let mut todo = tips.to_vec();
        while let Some(at) = todo.pop() {
            todo.extend(self.parents[at].iter().filter(|&&parent| reached.insert(parent)));
        }
        reached
    }

    /// What `git` prints, one id a line.
    fn git(&self, args: &[String]) -> BTreeSet<usize> {
        let places: HashMap<String, usize> = self.ids.iter().enumerate().map(|(at, id)| (id.to_string(), at)).collect();
        let output = self.project.command("git").args(args).output().unwrap();
        String::from_utf8(output.stdout).unwrap().lines().map(|line| places[line]).collect()
    }
}

fn open(directory: &Path) -> (Repository, Objects) {
    let repository = Repository::discover(directory, &Environment::for_another()).unwrap();
    let objects = Objects::open(&repository);
    (repository, objects)
}

/// Parents come first, and each commit has its own.
fn check_order(history: &History, nodes: &[Node], context: &str) {
    let places: HashMap<Id, usize> = nodes.iter().enumerate().map(|(at, node)| (node.id, at)).collect();
    assert_eq!(places.len(), nodes.len(), "{context}: each once");
    for (at, node) in nodes.iter().enumerate() {
        assert!(node.parents.iter().all(|id| places.get(id).is_none_or(|&parent| parent < at)), "{context}: order");
        let number = history.ids.iter().position(|id| *id == node.id).unwrap();
        let own: BTreeSet<Id> = history.parents[number].iter().map(|&parent| history.ids[parent]).collect();
        assert_eq!(node.parents.iter().copied().collect::<BTreeSet<_>>(), own, "{context}: parents");
    }
}

fn compare(seed: u64, format: &str, skew: usize, graph: Graph) {
    let history = History::new(seed, format, skew, graph);
    let (repository, objects) = open(&history.project.root());
    let mut numbers = Random::new(seed + 1000);
    for round in 0..40 {
        let mut some = |most: usize, least: usize| -> Vec<usize> {
            let count = least + numbers.below(most);
            (0..count).map(|_| numbers.below(COUNT)).collect()
        };
        let (include, exclude) = (some(3, 1), some(4, 0));
        let context = format!("{seed} {format} {skew} {graph:?} {include:?} ^{exclude:?}");
        let ids = |list: &[usize]| -> Vec<Id> { list.iter().map(|&at| history.ids[at]).collect() };
        let budget = Budget::default();
        // One that knows commits already, or a new one.
        let mut ancestry = Ancestry::of(&repository, &objects, &budget).unwrap();
        let nodes = ancestry.list(&ids(&include), &ids(&exclude)).unwrap();
        check_order(&history, &nodes, &context);
        let listed: BTreeSet<usize> =
            nodes.iter().map(|node| history.ids.iter().position(|id| *id == node.id).unwrap()).collect();
        let all = history.reached(&include);
        let expected: BTreeSet<usize> = all.difference(&history.reached(&exclude)).copied().collect();
        if skew <= 9 || matches!(graph, Graph::Levels | Graph::Dates) {
            assert_eq!(listed, expected, "{context}");
        } else {
            assert!(listed.is_superset(&expected) && listed.is_subset(&all), "{context}: {listed:?} {expected:?}");
        }
        let (one, other) = (include[0], numbers.below(COUNT));
        let bases = ancestry.merge_bases(history.ids[one], history.ids[other]).unwrap();
        let bases: BTreeSet<usize> =
            bases.iter().map(|base| history.ids.iter().position(|id| id == base).unwrap()).collect();
        let common: BTreeSet<usize> =
            history.reached(&[one]).intersection(&history.reached(&[other])).copied().collect();
        let is_best = |at: &usize| common.iter().all(|other| other == at || !history.reached(&[*other]).contains(at));
        assert_eq!(bases, common.iter().copied().filter(is_best).collect(), "{context}: bases of {one} and {other}");
        let is_ancestor = ancestry.is_ancestor(history.ids[other], history.ids[one]).unwrap();
        assert_eq!(is_ancestor, history.reached(&[one]).contains(&other), "{context}: is {other} in {one}");
        if round < 8 && skew == 0 {
            let mut args = vec!["rev-list".to_owned()];
            args.extend(ids(&include).iter().map(Id::to_string));
            args.extend(ids(&exclude).iter().map(|id| format!("^{id}")));
            assert_eq!(listed, history.git(&args), "{context}: git rev-list");
            let pair = [one, other].map(|at| history.ids[at].to_string());
            let args = [&["merge-base".to_owned(), "--all".to_owned()][..], &pair].concat();
            assert_eq!(bases, history.git(&args), "{context}: git merge-base {pair:?}");
        }
    }
}

#[test]
fn ranges_and_merge_bases_are_those_that_git_finds() {
    std::thread::scope(|scope| {
        for (at, graph) in [Graph::None, Graph::Levels, Graph::Dates, Graph::Chain].into_iter().enumerate() {
            scope.spawn(move || {
                for (seed, skew) in [(1, 0), (2, 9), (3, 5000)] {
                    let format = if seed == 2 { "sha256" } else { "sha1" };
                    compare(seed * 10 + at as u64, format, skew, graph);
                }
            });
        }
    });
}

#[test]
fn a_shallow_clone_ends_where_git_says() {
    let history = History::new(7, "sha1", 0, Graph::Dates);
    let source = format!("file://{}", history.project.root().display());
    for depth in ["1", "3", "9"] {
        let clone = format!("../shallow{depth}");
        history.project.run_git(&["clone", "-q", "--no-single-branch", "--depth", depth, "-b", "c89", &source, &clone]);
        let root = history.project.root().join(&clone);
        let (repository, objects) = open(&root);
        let budget = Budget::default();
        let mut ancestry = Ancestry::of(&repository, &objects, &budget).unwrap();
        for (include, exclude) in [(89, 80), (88, 70), (85, 84), (80, 89)] {
            let [tip, without] = [include, exclude].map(|at: usize| history.ids[at]);
            let nodes = ancestry.list(&[tip], &[without]).unwrap();
            let mut lines: Vec<String> = nodes
                .iter()
                .map(|node| std::iter::once(&node.id).chain(&node.parents).map(|id| format!("{id} ")).collect())
                .collect();
            lines.sort();
            let args = ["rev-list", "--parents", &tip.to_string(), &format!("^{without}")].map(str::to_owned);
            let output = history.project.command("git").current_dir(&root).args(args).output().unwrap();
            let mut expected: Vec<String> =
                String::from_utf8(output.stdout).unwrap().lines().map(|line| format!("{line} ")).collect();
            expected.sort();
            assert_eq!(lines, expected, "--depth {depth}: c{include} ^c{exclude}");
        }
    }
}

/// A commit-graph file is a cache: whatever is done to it, commits are listed with the parents that they have.
#[test]
fn a_broken_commit_graph_file_is_no_danger() {
    for graph in [Graph::Levels, Graph::Dates] {
        let history = History::new(11, "sha1", 9, graph);
        let file = history.project.path(".git/objects/info/commit-graph");
        let whole = std::fs::read(&file).unwrap();
        let mut permissions = std::fs::metadata(&file).unwrap().permissions();
        #[allow(clippy::permissions_set_readonly_false, reason = "it is the test's own file")]
        permissions.set_readonly(false);
        std::fs::set_permissions(&file, permissions).unwrap();
        let (repository, objects) = open(&history.project.root());
        let mut numbers = Random::new(5);
        let all = history.reached(&[COUNT - 1, COUNT - 2]);
        for round in 0..150 {
            let mut broken = whole.clone();
            match round % 3 {
                0 => broken.truncate(numbers.below(whole.len())),
                1 => broken[numbers.below(160)] = numbers.below(256) as u8,
                _ => (0..8).for_each(|_| broken[numbers.below(whole.len())] = numbers.below(256) as u8),
            }
            std::fs::write(&file, &broken).unwrap();
            let budget = Budget::default();
            let mut ancestry = Ancestry::of(&repository, &objects, &budget).unwrap();
            let nodes = ancestry.list(&[history.ids[COUNT - 1], history.ids[COUNT - 2]], &[]).unwrap();
            check_order(&history, &nodes, "broken");
            assert_eq!(nodes.len(), all.len(), "round {round}");
            let some = ancestry.list(&[history.ids[COUNT - 1]], &[history.ids[COUNT / 2]]).unwrap();
            check_order(&history, &some, "broken");
            ancestry.merge_bases(history.ids[COUNT - 1], history.ids[COUNT - 5]).unwrap();
        }
    }
}

#[test]
fn what_is_missing_is_an_error_above_and_nothing_below() {
    let history = History::new(13, "sha1", 0, Graph::None);
    let (tip, parent) = (0..COUNT).rev().find_map(|at| Some((at, *history.parents[at].first()?))).unwrap();
    let pack = std::fs::read_dir(history.project.path(".git/objects/pack")).unwrap();
    for file in pack.map(|file| file.unwrap().path()) {
        let moved = history.project.root().join("..").join(file.file_name().unwrap());
        std::fs::rename(&file, &moved).unwrap();
        if moved.extension().is_some_and(|extension| extension == "pack") {
            let mut command = history.project.command("git");
            command.args(["unpack-objects", "-q"]).stdin(std::fs::File::open(&moved).unwrap());
            assert!(command.status().unwrap().success());
        }
    }
    let name = history.ids[parent].to_string();
    std::fs::remove_file(history.project.path(format!(".git/objects/{}/{}", &name[..2], &name[2..]))).unwrap();
    let (repository, objects) = open(&history.project.root());
    let budget = Budget::default();
    let mut ancestry = Ancestry::of(&repository, &objects, &budget).unwrap();
    let error = ancestry.list(&[history.ids[tip]], &[]).unwrap_err().to_string();
    assert!(error.contains(&name) && error.contains("is not in the repository"), "{error}");
    let grown = ancestry.list(&[history.ids[tip]], &[history.ids[tip]]).unwrap();
    assert_eq!(grown, []);
}
