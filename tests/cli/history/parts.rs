//! Less than everything: ranges, what is remembered, shards; and what is written for other tools.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Repo, by_key};
use crate::project::{Output, key};

/// Four commits on `main`, a side branch that is merged, `origin/main` behind; each commit brings in a key.
struct Line {
    repo: Repo,
    keys: Vec<String>,
}

fn line() -> Line {
    let repo = Repo::new();
    let keys: Vec<String> = (0..6).map(|n| key(4000 + n)).collect();
    let plant = |n: usize| repo.write(&format!("{n}.env"), format!("{}\n", keys[n])).commit(&format!("add {n}"));
    plant(0);
    repo.git(&["tag", "v0"]);
    let pushed = plant(1);
    repo.git(&["update-ref", "refs/remotes/origin/main", &pushed]);
    repo.git(&["checkout", "-q", "-b", "side"]);
    plant(2);
    repo.git(&["checkout", "-q", "main"]);
    plant(3);
    repo.git(&["merge", "-q", "--no-ff", "--no-commit", "side"]);
    plant(4);
    repo.commit(&format!("talk of {}", keys[5]));
    Line { repo, keys }
}

#[test]
fn a_range_is_what_its_commits_bring_in() {
    let Line { repo, keys } = line();
    let second = repo.git(&["rev-parse", "HEAD~2"]);
    for (args, expected) in [
        (vec!["--range", "v0..main"], vec![1, 2, 3, 4, 5]),
        (vec!["--range", "HEAD~1.."], vec![5]),
        (vec!["--range", "HEAD~2..HEAD~1"], vec![2, 4]),
        (vec!["--range", "main^^2,^side~1"], vec![2]),
        (vec!["--range", "side...HEAD~2"], vec![2, 3]),
        (vec!["--range", &second[..9]], vec![0, 1, 3]),
        (vec!["--branch", "side"], vec![0, 1, 2]),
        (vec!["--not-on-remote"], vec![2, 3, 4, 5]),
        (vec!["--not-on-remote", "--branch", "side"], vec![2]),
        (vec!["--since", "v0", "--branch", "side"], vec![1, 2]),
        (vec!["--since", "@1700345600"], vec![3, 4, 5]),
        (vec!["--since", "2023-11-19T00:00:00+01:00"], vec![4, 5]),
        (vec!["--range", "main..main"], vec![]),
    ] {
        let scan = repo.history(&args);
        let found: BTreeSet<String> = by_key(&scan).into_keys().collect();
        let expected: BTreeSet<String> = expected.into_iter().map(|n: usize| keys[n].clone()).collect();
        assert_eq!(found, expected, "{args:?}");
        assert_eq!(scan.output.code, i32::from(!expected.is_empty()), "{args:?}: {:?}", scan.output.stderr);
    }
    for args in [["--range", "main..nowhere"], ["--since", "soon"], ["--branch", "v9"], ["--shard", "3/2"]] {
        let output = repo.project.run(["history"].iter().chain(&args));
        assert_eq!((output.code, output.stderr.lines().count()), (2, 1), "{args:?}: {output:?}");
    }
}

#[test]
fn a_clean_range_costs_what_it_brings_in() {
    let Line { repo, .. } = line();
    for n in 0..5 {
        repo.write(&format!("{n}.txt"), format!("nothing {n}\n")).commit("clean");
    }
    repo.git(&["gc", "-q"]);
    let scan = repo.history(&["--range", "HEAD~3.."]);
    assert_eq!((scan.output.code, &scan.summary["coverage"]["files"]), (0, &3.into()), "{:?}", scan.output);
}

/// A key that is accepted is no reason to read everything else.
#[test]
fn a_range_with_accepted_keys_alone_costs_what_it_brings_in() {
    let Line { repo, keys } = line();
    let start = repo.git(&["rev-parse", "HEAD"]);
    repo.write("marked.txt", format!("k = '{}' # keysweep:allow reason=test\n", key(4100))).commit("marked");
    repo.write("ignored.txt", format!("k = '{}'\n", key(4101)));
    let known = repo.project.scan(&["ignored.txt"]).findings[0]["fingerprint"].as_str().unwrap().to_owned();
    repo.write(".keysweepignore", format!("{known} # reason=test\n"));
    let last = repo.commit("ignored");
    repo.write("ignored.txt", format!("# a line\nk = '{}'\n", key(4101))).commit("again");
    repo.git(&["gc", "-q"]);
    let range = format!("{}..", start.trim());
    let scan = repo.history(&["--range", &range]);
    let found: Vec<_> = scan.findings.iter().map(|finding| (&finding["status"], &finding["suppressed_by"])).collect();
    assert_eq!(found.len(), 2, "{:#?}", scan.output);
    assert!(scan.findings.iter().all(|finding| finding["status"] == "suppressed"), "{found:?}");
    assert!(scan.findings.iter().any(|finding| finding["commit"]["id"] == *last.trim()), "{:#?}", scan.output);
    assert_eq!((scan.output.code, &scan.summary["coverage"]["files"]), (0, &4.into()), "{:#?}", scan.output);
    // One that is not accepted is told as by an audit of everything.
    repo.write("new.txt", format!("k = '{}'\n", keys[0])).commit("new");
    let scan = repo.history(&["--range", &range]);
    assert_eq!((scan.output.code, scan.findings.len()), (1, 3), "{:#?}", scan.output);
    assert!(scan.findings.iter().all(|finding| finding["history"].is_object()), "{:#?}", scan.output);
}

/// A report without what says how much was read.
fn findings(output: &Output) -> Vec<&str> {
    output.stdout.lines().filter(|line| line.contains("\"finding\"")).collect()
}

#[test]
fn the_cache_changes_nothing_but_the_work() {
    let Line { repo, .. } = line();
    repo.write("clean.txt", "nothing here\n").commit("clean");
    let cache = repo.project.root().join("../cache");
    let cached = format!("--cache={}", cache.display());
    let plain = repo.history(&[]);
    let first = repo.history(&[&cached]);
    let second = repo.history(&[&cached]);
    assert_eq!(first.output, plain.output);
    assert_eq!(findings(&second.output), findings(&plain.output));
    assert_eq!(second.output.code, plain.output.code);
    assert_eq!(second.summary["coverage"]["files"], 5, "only blobs with keys are read again");
    for file in std::fs::read_dir(&cache).unwrap() {
        let path = file.unwrap().path();
        let held = std::fs::read(&path).unwrap();
        assert!(!held.windows(7).any(|seven| seven == b"sk-proj"));
        std::fs::write(path, &held[..held.len() - 3]).unwrap();
    }
    assert_eq!(repo.history(&[&cached]).output, plain.output, "a file that was cut is begun anew");
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
}

#[test]
fn shards_join_to_the_same_bytes() {
    let Line { repo, keys } = line();
    for n in 0..12 {
        // Versions of one path go to different shards.
        repo.write("many.env", format!("{}{}\n", "#\n".repeat(n), keys[n % 3])).commit(&format!("version {n}"));
    }
    repo.git(&["tag", "-a", "-m", &format!("tag {}", key(4100)), "spoken"]);
    repo.git_with(&["hash-object", "-w", "--stdin"], key(4101).as_bytes());
    for count in [1, 3, 7] {
        let whole = repo.history(&[]).output;
        let mut args = ["report", "merge", "--show-secrets"].map(str::to_owned).to_vec();
        for index in (1..=count).rev() {
            let name = format!("../shard{index}.jsonl");
            repo.history_to(&name, &["--shard", &format!("{index}/{count}")]);
            args.push(name);
        }
        let merged = repo.project.run(&args);
        assert_eq!(merged, whole, "{count} shards");
        let cut = repo.project.run(&args[..args.len() - 1]);
        assert_eq!(cut.code, 2, "{cut:?}");
    }
    repo.write("../broken.jsonl", "{\"type\":\"finding\"");
    let broken = repo.project.run(["report", "merge", "../broken.jsonl"]);
    assert_eq!((broken.code, broken.stderr.lines().count()), (2, 1), "{broken:?}");
    assert!(broken.stderr.contains("broken.jsonl:1"), "{broken:?}");
}

#[cfg(unix)]
#[test]
fn replacements_are_private_and_whole() {
    use std::os::unix::fs::PermissionsExt as _;
    let Line { repo, keys } = line();
    repo.history(&["--write-replacements", "../replace.txt"]);
    let file = repo.project.root().join("../replace.txt");
    let mut expected: Vec<String> = keys.iter().map(|key| format!("literal:{key}")).collect();
    expected.sort();
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(text.lines().collect::<Vec<_>>(), expected);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn names_are_scanned_when_asked() {
    let repo = Repo::new();
    let (in_file, in_directory) = (key(4200), key(4201));
    repo.write(&format!("a/{in_file}.txt"), "x").write(&format!("{in_directory}/b.txt"), "y");
    let commit = repo.commit("names");
    assert_eq!(repo.history(&[]).findings.len(), 0);
    let scan = repo.history(&["--file-names"]);
    let found = by_key(&scan);
    for (key, path) in [(&in_file, format!("a/{in_file}.txt")), (&in_directory, in_directory.clone())] {
        let finding = found[key][0];
        assert_eq!(finding["location"]["path"], path);
        assert_eq!(finding["location"]["part"], "name");
        assert_eq!(finding["commit"]["id"], commit);
    }
    let masked = repo.project.run(["history", "--file-names"]);
    assert!(!masked.stdout.contains(&in_file) && !masked.stdout.contains(&in_directory), "{masked:?}");
}

#[test]
fn people_see_the_worst_first_and_what_to_do() {
    let Line { repo, .. } = line();
    let output = repo.project.run(["history"]);
    let lines: Vec<&str> = output.stdout.lines().collect();
    let at = |needle: &str| lines.iter().position(|line| line.contains(needle)).unwrap_or_else(|| panic!("{needle}"));
    assert!(at("live in HEAD, pushed") < at("What no remote has can still be changed"), "{}", output.stdout);
    assert!(at("are live and pushed: revoke these first") == 1 || at("1 key is live and pushed: revoke it first") == 1);
    assert!(at("Force-push, have everybody clone again") > at("Then, for all"), "{}", output.stdout);
}

/// What a forge or a mirror keeps is with the remote already: the key has to be revoked, not rebased away.
#[test]
fn what_a_remote_has_is_said_of_forges_references_and_mirrors() {
    let Line { repo, keys } = line();
    let on_remote = |repo: &Repo| -> BTreeSet<String> {
        let scan = repo.history(&[]);
        let is_there = |findings: &Vec<&Value>| findings.iter().all(|finding| finding["history"]["on_remote"] == true);
        by_key(&scan).into_iter().filter(|(_, findings)| is_there(findings)).map(|(key, _)| key).collect()
    };
    let first = |count: usize| keys[..count].iter().cloned().collect::<BTreeSet<String>>();
    assert_eq!(on_remote(&repo), first(2));
    for place in ["refs/pull/1/head", "refs/merge-requests/1/head", "refs/changes/01/1/1"] {
        repo.git(&["update-ref", place, "side"]);
        assert_eq!(on_remote(&repo), first(3), "{place}");
        repo.git(&["update-ref", "-d", place]);
    }
    repo.git(&["config", "remote.origin.fetch", "+refs/*:refs/*"]);
    assert_eq!(on_remote(&repo), first(6));
}
