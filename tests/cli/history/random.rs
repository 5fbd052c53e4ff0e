//! Random histories with merges: what keysweep says of each key equals what brute force over `git ls-tree` says.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

use keysweep::rule::template::Random;

use super::Repo;
use crate::project::key;

const FILES: [&str; 4] = ["a.env", "d/b.env", "d/e/c.env", "d/e/f.env"];
const DAY: u64 = 40_000;

/// A stream for `git fast-import`: commits in order, each with up to three parents among those before.
fn stream(random: &mut Random, keys: &[String], commits: usize) -> String {
    let mut out = String::new();
    let mut trees: Vec<BTreeMap<&str, String>> = Vec::new();
    let mut leaves: BTreeSet<usize> = BTreeSet::new();
    for at in 0..commits {
        let mut parents: Vec<usize> = (0..random.below(4)).map(|_| at.saturating_sub(1 + random.below(5))).collect();
        parents.retain(|&parent| parent < at);
        parents.sort_unstable();
        parents.dedup();
        let mut tree = parents.first().map(|&parent| trees[parent].clone()).unwrap_or_default();
        for _ in 0..random.below(3) {
            let file = *random.pick(&FILES);
            if random.below(4) == 0 {
                tree.remove(file);
            } else {
                let mut content = format!("# {}\n", random.below(3));
                for key in keys {
                    if random.below(3) == 0 {
                        let _ = writeln!(content, "{key}");
                    }
                }
                tree.insert(file, content);
            }
        }
        let time = 1_600_000_000 + at as u64 * DAY;
        let _ = write!(out, "commit refs/heads/c{at}\nmark :{}\n", at + 1);
        let _ = write!(out, "author A <a@b.c> {time} +0000\ncommitter C <c@d.e> {time} +0000\ndata 1\nm\n");
        for (place, parent) in parents.iter().enumerate() {
            let _ = writeln!(out, "{} :{}", if place == 0 { "from" } else { "merge" }, parent + 1);
            leaves.remove(parent);
        }
        let _ = writeln!(out, "deleteall");
        for (file, content) in &tree {
            let _ = write!(out, "M 100644 inline {file}\ndata {}\n{content}\n", content.len());
        }
        trees.push(tree);
        leaves.insert(at);
    }
    for at in 0..commits {
        let name = match random.below(3) {
            0 => format!("refs/heads/kept{at}"),
            1 => format!("refs/remotes/origin/r{at}"),
            _ => continue,
        };
        let _ = write!(out, "reset {name}\nfrom :{}\n\n", at + 1);
    }
    let head = random.below(commits) + 1;
    let _ = write!(out, "reset refs/heads/main\nfrom :{head}\n\n");
    for at in (0..commits).filter(|at| !leaves.contains(at)) {
        let _ = write!(out, "reset refs/heads/c{at}\nfrom 0000000000000000000000000000000000000000\n\n");
    }
    out
}

/// What git says, asked commit by commit.
struct Truth {
    /// Commits in order of time, with their parents.
    commits: Vec<(String, Vec<String>)>,
    /// By commit: path to blob.
    trees: HashMap<String, BTreeMap<String, String>>,
    /// By blob: its content.
    blobs: HashMap<String, String>,
    /// By reference: the commits of its history.
    refs: BTreeMap<String, BTreeSet<String>>,
    head: String,
}

impl Truth {
    fn of(repo: &Repo) -> Self {
        let log = repo.git(&["rev-list", "--all", "--parents", "--timestamp"]);
        let mut commits: Vec<(u64, String, Vec<String>)> = Vec::new();
        for line in log.lines() {
            let mut words = line.split(' ');
            let time = words.next().unwrap().parse().unwrap();
            let id = words.next().unwrap().to_owned();
            commits.push((time, id, words.map(str::to_owned).collect()));
        }
        commits.sort();
        let mut trees = HashMap::new();
        let mut blobs = HashMap::new();
        for (_, id, _) in &commits {
            let mut tree = BTreeMap::new();
            for line in repo.git(&["ls-tree", "-r", id]).lines() {
                let (head, path) = line.split_once('\t').unwrap();
                let blob = head.split(' ').next_back().unwrap().to_owned();
                blobs.entry(blob.clone()).or_insert_with(|| repo.git(&["cat-file", "blob", &blob]));
                tree.insert(path.to_owned(), blob);
            }
            trees.insert(id.clone(), tree);
        }
        let mut refs = BTreeMap::new();
        for name in repo.git(&["for-each-ref", "--format=%(refname)"]).lines() {
            let history = repo.git(&["rev-list", name]);
            refs.insert(name.to_owned(), history.lines().map(str::to_owned).collect());
        }
        let commits = commits.into_iter().map(|(_, id, parents)| (id, parents)).collect();
        Self { commits, trees, blobs, refs, head: repo.git(&["rev-parse", "HEAD"]) }
    }

    fn has(&self, commit: &str, path: &str, key: &str) -> bool {
        self.trees[commit].get(path).is_some_and(|blob| self.blobs[blob].contains(key))
    }

    fn time(&self, repo: &Repo, commit: &str) -> u64 {
        repo.git(&["show", "-s", "--format=%at", commit]).parse().unwrap()
    }

    /// One line for a key at a path; `None` if no commit has it there.
    fn tell(&self, repo: &Repo, path: &str, key: &str) -> Option<String> {
        let having: Vec<&str> = self.commits.iter().map(|(id, _)| &**id).filter(|id| self.has(id, path, key)).collect();
        let last = *having.last()?;
        let brings = |(id, parents): &&(String, Vec<String>)| {
            self.has(id, path, key) && !parents.iter().any(|parent| self.has(parent, path, key))
        };
        let bringing: Vec<&str> = self.commits.iter().filter(brings).map(|(id, _)| &**id).collect();
        let versions: BTreeSet<&str> = having.iter().map(|commit| &*self.trees[*commit][path]).collect();
        let contains = |history: &BTreeSet<String>| bringing.iter().any(|commit| history.contains(*commit));
        let refs: Vec<&str> =
            self.refs.iter().filter(|(_, history)| contains(history)).map(|(name, _)| &**name).collect();
        let in_head = self.has(&self.head, path, key);
        let first = self.time(repo, bringing[0]);
        let until = self.time(repo, if in_head { &self.head } else { last });
        Some(format!(
            "{path} {key} first {} last {} versions {} refs {refs:?} remote {} head {in_head} reach {} days {}",
            bringing[0],
            if in_head { "" } else { last },
            versions.len(),
            refs.iter().any(|name| name.starts_with("refs/remotes/")),
            if in_head { "head" } else { "ref" },
            until.saturating_sub(first) / 86_400,
        ))
    }
}

#[test]
fn every_story_equals_brute_force() {
    for seed in 0..6 {
        let mut random = Random::new(seed);
        let keys: Vec<String> = (0..3).map(|n| key(2000 + n)).collect();
        let repo = Repo::new();
        repo.git_with(&["fast-import", "--quiet", "--force"], stream(&mut random, &keys, 14).as_bytes());
        if seed % 2 == 0 {
            repo.git(&["repack", "-q", "-a", "-d"]);
        }
        let truth = Truth::of(&repo);
        let mut expected = Vec::new();
        for path in FILES {
            expected.extend(keys.iter().filter_map(|key| truth.tell(&repo, path, key)));
        }
        expected.sort();
        let told = |finding: &serde_json::Value| {
            let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
            let history = &finding["history"];
            let refs: Vec<String> = history["refs"].as_array().unwrap().iter().map(text).collect();
            format!(
                "{} {} first {} last {} versions {} refs {refs:?} remote {} head {} reach {} days {}",
                text(&finding["location"]["path"]),
                text(&finding["secret"]),
                text(&finding["commit"]["id"]),
                text(&history["last_commit"]["id"]),
                history["versions"],
                history["on_remote"],
                history["in_head"],
                text(&history["reach"]),
                history["days_exposed"],
            )
        };
        let one = repo.history(&["--threads", "1"]);
        let mut found: Vec<String> = one.findings.iter().map(told).collect();
        found.sort();
        assert_eq!(found, expected, "seed {seed}");
        for threads in ["2", "5"] {
            assert_eq!(repo.history(&["--threads", threads]).output, one.output, "seed {seed}, {threads} threads");
        }
    }
}

/// What a few commits bring in is read by itself, and told as if everything had been read: scanning the names of files,
/// of which none is a key here, takes everything.
#[test]
fn a_range_is_told_as_by_an_audit_of_everything() {
    let mut found = 0;
    for seed in 20..24 {
        let mut random = Random::new(seed);
        let keys: Vec<String> = (0..3).map(|n| key(2000 + n)).collect();
        let repo = Repo::new();
        repo.git_with(&["fast-import", "--quiet", "--force"], stream(&mut random, &keys, 24).as_bytes());
        repo.git(&["-c", "user.name=a", "-c", "user.email=b", "tag", "-a", "-m", &key(2100), "v1", "main"]);
        if seed % 2 == 0 {
            repo.git(&["gc", "-q"]);
        }
        let log = repo.git(&["rev-list", "--all", "--timestamp"]);
        let commits: Vec<(&str, &str)> = log.lines().map(|line| line.split_once(' ').unwrap()).collect();
        for round in 0..10 {
            let [(time, a), (_, b)] = [random.pick(&commits), random.pick(&commits)];
            let args = match round % 5 {
                0 => vec!["--range".to_owned(), format!("{a}..{b}")],
                1 => vec!["--range".to_owned(), format!("{a}...{b}")],
                2 => vec!["--range".to_owned(), format!("{a},^{b},main,v1")],
                3 => vec!["--since".to_owned(), format!("@{time}")],
                _ => vec!["--since".to_owned(), (*a).to_owned(), "--branch".to_owned(), (*b).to_owned()],
            };
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            let narrowed = repo.history(&args);
            let whole = repo.history(&[&args[..], &["--file-names"]].concat());
            assert_eq!(narrowed.findings, whole.findings, "seed {seed}: {args:?}");
            assert_eq!(narrowed.output.code, whole.output.code, "seed {seed}: {args:?}");
            found += narrowed.findings.len();
        }
    }
    assert!(found > 50, "{found}");
}
