//! Parts of an audit: together they say what an undivided run says, to the byte.

use std::path::Path;

use keysweep::rule::template::Random;

use super::Repo;
use super::several::several;
use crate::managers::installed;
use crate::project::{Output, Project, key};

/// Runs all parts and joins them, in some order.
fn joined(project: &Project, args: &[&str], count: u64) -> Output {
    let mut merge = ["report", "merge", "--show-secrets"].map(str::to_owned).to_vec();
    for index in (1..=count).rev() {
        let file = format!("../part{index}.jsonl");
        let _ = std::fs::remove_file(project.path(&file));
        part(project, args, &format!("{index}/{count}"), &file);
        merge.push(file);
    }
    project.run(&merge)
}

fn part(project: &Project, args: &[&str], shard: &str, file: &str) -> Output {
    let all = ["history", "-f", "jsonl", "--show-secrets", "--shard", shard, "-o", file];
    project.run(all.iter().chain(args))
}

fn whole(project: &Project, args: &[&str]) -> Output {
    let output = project.run(["history", "-f", "jsonl", "--show-secrets"].iter().chain(args));
    // What went wrong is in the report; a merge says it nowhere else.
    Output { stderr: String::new(), ..output }
}

/// A history in a pack: files that grow and shrink, some with keys, branches, tags, submodules in places.
fn random_repository(seed: u64) -> Repo {
    let mut random = Random::new(seed);
    let repo = Repo::new();
    let has_keys = random.below(3) > 0;
    let has_links = random.below(2) > 0;
    let commits = 12 + random.below(20);
    for at in 0..commits {
        for _ in 0..=random.below(2) {
            let path = format!("d{}/e{}/f{}.txt", random.below(3), random.below(2), random.below(4));
            let mut text: String = (0..200 + random.below(200)).map(|line| format!("line {line} {seed}\n")).collect();
            text += &format!("{}\n", random.below(9));
            if has_keys && random.below(6) == 0 {
                text += &format!("{}\n", key(9000 + random.below(4) as u64));
            }
            repo.write(&path, text);
        }
        if has_links && random.below(4) == 0 {
            let id = format!("{:040x}", 1 + random.below(5));
            let path = format!("d{}/link{}", random.below(3), random.below(3));
            repo.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{id},{path}")]);
            repo.git(&["commit", "-q", "--allow-empty", "-m", "link"]);
        }
        let message = if has_keys && random.below(12) == 0 { format!("says {}", key(9100)) } else { "m".into() };
        repo.git(&["add", "-f", "."]);
        repo.commit_staged(&message);
        if random.below(6) == 0 {
            repo.git(&["checkout", "-q", "-b", &format!("b{at}"), "HEAD~0"]);
        }
        if random.below(8) == 0 {
            repo.git(&["tag", "-a", "-m", "tag", &format!("t{at}")]);
        }
    }
    if random.below(4) == 0 {
        repo.git(&["tag", "tree", "HEAD^{tree}"]);
    }
    match random.below(4) {
        0 => {}
        1 => drop(repo.git(&["repack", "-q", "-a", "-d"])),
        2 => {
            // Two packs, with copies of the same objects, and some loose ones.
            repo.git(&["repack", "-q", "-d"]);
            repo.write("late.txt", "late\n").git(&["add", "late.txt"]);
            repo.commit_staged("late");
            repo.git(&["repack", "-q", "-a"]);
        }
        _ => drop(repo.git(&["repack", "-q", "-a", "-d", "-f", "--depth=4"])),
    }
    repo
}

#[test]
fn parts_of_random_histories_join_to_the_whole() {
    let (mut clean, mut found) = (0, 0);
    for seed in 0..9 {
        let repo = random_repository(seed);
        let whole = whole(&repo.project, &[]);
        let count = 2 + seed % 5;
        let joined = joined(&repo.project, &[], count);
        assert_eq!(joined, whole, "seed {seed}, {count} parts");
        if whole.stdout.contains("\"finding\"") { found += 1 } else { clean += 1 }
    }
    assert!(clean > 0 && found > 0, "{clean} without a key, {found} with one");
}

#[test]
fn what_is_missing_or_elsewhere_is_said_once() {
    for (name, harm) in
        [("submodules", None), ("a blob", Some("d0/e0/f0.txt")), ("a tree", Some("d0/e0")), ("a root", Some(""))]
    {
        let repo = Repo::new();
        for n in 0..6 {
            repo.write(&format!("d{}/e0/f0.txt", n % 3), format!("{n}\n"));
            for link in 0..9 {
                let place = format!("160000,{:040x},m{n}/s{link}", 7);
                repo.git(&["update-index", "--add", "--cacheinfo", &place]);
            }
            repo.git(&["add", "-f", "d0", &format!("d{}", n % 3)]);
            repo.commit_staged("links");
        }
        if let Some(path) = harm {
            let id = repo.git(&["rev-parse", &format!("HEAD~2:{path}")]);
            std::fs::remove_file(repo.project.path(format!(".git/objects/{}/{}", &id[..2], &id[2..]))).unwrap();
        }
        for args in [&[][..], &["--allow-incomplete"]] {
            let whole = whole(&repo.project, args);
            assert!(whole.stdout.contains("name 34 more submodules"), "{name}: {whole:?}");
            assert_eq!(joined(&repo.project, args, 3), whole, "{name} {args:?}");
        }
    }
}

#[test]
fn a_part_that_is_there_and_whole_is_not_run_again() {
    let repo = random_repository(1);
    let project = &repo.project;
    let first = part(project, &[], "1/2", "../p1.jsonl");
    let text = std::fs::read(project.path("../p1.jsonl")).unwrap();
    let again = part(project, &[], "1/2", "../p1.jsonl");
    assert_eq!(again.code, first.code);
    assert!(again.stderr.contains("part 1/2 is there already, and whole"), "{again:?}");
    // What was cut, another part, other options, or another repository: it is run again.
    let run_again = |change: &dyn Fn(), args: &[&str], shard: &str| {
        change();
        let output = part(project, args, shard, "../p1.jsonl");
        assert!(!output.stderr.contains("is there already"), "{output:?}");
    };
    for cut in [text.len() - 1, text.len() / 2, 0] {
        run_again(&|| std::fs::write(project.path("../p1.jsonl"), &text[..cut]).unwrap(), &[], "1/2");
        assert_eq!(std::fs::read(project.path("../p1.jsonl")).unwrap(), text, "cut at {cut}");
    }
    run_again(&|| {}, &[], "2/2");
    run_again(&|| {}, &["--file-names"], "2/2");
    run_again(&|| drop(repo.write("new.txt", "new\n").commit("new")), &["--file-names"], "2/2");
}

#[test]
fn merged_parts_fail_on_what_the_parts_were_told_to_fail_on() {
    let repo = Repo::new();
    for n in 0..6 {
        repo.write(&format!("f{n}.env"), format!("{}\n", key(9300 + n))).commit("key");
    }
    for (least, code) in [("high,certain", 1), ("critical,possible", 1), ("info", 1)] {
        let args = ["--fail-on", least];
        let whole = whole(&repo.project, &args);
        assert!(whole.code == code && whole.stdout.contains("\"failing\":6"), "{whole:?}");
        assert_eq!(joined(&repo.project, &args, 3), whole, "{least}");
    }
    // All below it: there are findings, and the code is 0.
    let parts = [1, 2].map(|index| {
        let file = format!("../fail{index}.jsonl");
        part(&repo.project, &["--fail-on", "certain"], &format!("{index}/2"), &file);
        let text = std::fs::read_to_string(repo.project.path(&file)).unwrap();
        assert!(text.contains(&format!("\"shard\":{index},\"shards\":2")), "{text}");
        repo.write(&file, text.replace("\"confidence\":\"certain\"", "\"confidence\":\"likely\""));
        file
    });
    let merged = repo.project.run(["report", "merge", &parts[0], &parts[1]]);
    assert!(
        merged.code == 0 && merged.stdout.contains("\"failing\":0") && !merged.stdout.contains("\"shard"),
        "{merged:?}"
    );
    part(&repo.project, &[], "2/2", &parts[1]);
    let mixed = repo.project.run(["report", "merge", &parts[0], &parts[1]]);
    assert_eq!(mixed.code, 2, "{mixed:?}");
}

#[test]
fn parts_that_do_not_belong_together_are_refused() {
    let repo = random_repository(2);
    let project = &repo.project;
    for (name, shard, args) in
        [("a1", "1/2", &[][..]), ("a2", "2/2", &[]), ("b2", "2/3", &[]), ("c2", "2/2", &["--max-refs", "3"])]
    {
        part(project, args, shard, &format!("../{name}.jsonl"));
    }
    project.run(["history", "-f", "jsonl", "-o", "../all.jsonl"]);
    repo.git(&["repack", "-q", "-a", "-d", "-f", "--window=0"]);
    part(project, &[], "2/2", "../packed2.jsonl");
    let text = ["a1", "a2"].map(|name| std::fs::read_to_string(project.path(format!("../{name}.jsonl"))).unwrap());
    project.write("../both.jsonl", text.concat());
    let merge = |files: &[&str]| {
        let files = files.iter().map(|name| format!("../{name}.jsonl"));
        project.run(["report".to_owned(), "merge".to_owned()].into_iter().chain(files))
    };
    assert!(merge(&["a2", "a1"]).code < 2 || merge(&["a2", "a1"]).stdout.contains("\"exit_code\":2"));
    for (files, why) in [
        (&["a1"][..], "part 2/2 is not among them"),
        (&["a1", "a1"], "part 1 is there twice"),
        (&["a1", "b2"], "one of 3 parts, others are of 2"),
        (&["a1", "c2"], "other objects, references, packs, rules or options"),
        (&["a1", "packed2"], "other objects, references, packs, rules or options"),
        (&["a1", "all"], "no part of a divided audit"),
        (&["all", "a1"], "a part of a divided audit, others are none"),
        (&["both"], "something follows the summary"),
    ] {
        let output = merge(files);
        assert_eq!((output.code, &*output.stdout), (2, ""), "{files:?}: {output:?}");
        assert!(output.stderr.contains(why), "{files:?}: {output:?}");
    }
    let compared = project.run(["report", "diff", "../all.jsonl", "../a1.jsonl"]);
    assert!(compared.code == 2 && compared.stderr.contains("merge them first"), "{compared:?}");
    // A report of another program may say that it is incomplete, and not why.
    let summary = r#"{"type":"summary","findings":0,"suppressed":0,"exit_code":2,"coverage":{"files":0,"bytes":0,"skipped":[],"errors":[]}}"#;
    project.write("../silent.jsonl", format!("{summary}\r\n"));
    assert_eq!(merge(&["silent"]).code, 2);
}

#[test]
fn a_list_of_repositories_is_divided() {
    let project = several(5);
    project.write("list", "r0\nr1\nmissing\nr2\nr3\nr4\n");
    let args = ["--repos", "list"];
    let whole = whole(&project, &args);
    assert_eq!(whole.code, 2);
    // By repository, and, in more parts than there are repositories, inside of them.
    for count in [2, 3, 6, 8] {
        assert_eq!(joined(&project, &args, count), whole, "{count} parts");
    }
}

/// A clone without some blobs, at several places, on branches, in a reflog, and where nothing reaches: parts say together
/// what the whole says, also where some parts have a key and others none.
#[test]
fn missing_blobs_are_told_by_the_parts_whose_commits_lead_to_them() {
    for has_key in [false, true] {
        let repo = Repo::new();
        let mut lost = Vec::new();
        for n in 0..14 {
            repo.write(&format!("d{}/f.txt", n % 4), format!("{}{n}\n", "line\n".repeat(80)));
            if n % 3 == 0 {
                // The same content, at a path that comes before and at one that comes behind.
                for place in ["z/deep/lost", "a lost", "a"].iter().take(1 + n % 4) {
                    repo.write(&format!("{place}{}", n % 5), format!("lost {n}\n"));
                }
            }
            if has_key && n == 6 {
                repo.write("key.env", format!("{}\n", key(9200)));
            }
            if n == 9 {
                repo.git(&["checkout", "-q", "-b", "side", "HEAD~3"]);
            }
            repo.git(&["add", "-A", "."]);
            repo.commit_staged("m");
            if n % 3 == 0 {
                lost.push(repo.git_with(&["hash-object", "--stdin"], format!("lost {n}\n").as_bytes()));
            }
        }
        repo.git(&["tag", "tip"]);
        repo.git(&["reset", "-q", "--hard", "HEAD~2"]);
        for id in &lost {
            let id = id.trim();
            let _ = std::fs::remove_file(repo.project.path(format!(".git/objects/{}/{}", &id[..2], &id[2..])));
        }
        for reached in ["tag", "reflog", "nothing"] {
            match reached {
                "reflog" => drop(repo.git(&["tag", "-d", "tip"])),
                "nothing" => drop(repo.git(&["reflog", "expire", "--expire=now", "--all"])),
                _ => {}
            }
            for args in [&[][..], &["--allow-incomplete"]] {
                let whole = whole(&repo.project, args);
                assert!(whole.stdout.contains("missing_objects"), "{reached}: {whole:?}");
                for count in [2, 5] {
                    assert_eq!(joined(&repo.project, args, count), whole, "{reached} {args:?} {count} {has_key}");
                }
            }
        }
    }
}

/// What the documents say to do on several machines.
#[test]
fn gnu_parallel_runs_the_parts_of_many_repositories() {
    if !installed("parallel") {
        return;
    }
    let project = several(24);
    project.write("list", (0..24).map(|n| format!("r{n}\n")).collect::<String>());
    let whole = whole(&project, &["--repos", "list"]);
    let binary = Path::new(env!("CARGO_BIN_EXE_keysweep"));
    let command = format!(
        "seq 12 | parallel --will-cite -j 4 '{} history --repos list --shard {{}}/12 -f jsonl --show-secrets -o ../{{}}.jsonl \
         --threads 1 || [ $? = 1 ]'",
        binary.display()
    );
    let ran = project.command("sh").args(["-c", &command]).output().unwrap();
    assert!(ran.status.success(), "{ran:?}");
    let files = (1..=12).map(|part| format!("../{part}.jsonl"));
    let merged = project.run(["report", "merge", "--show-secrets"].map(str::to_owned).into_iter().chain(files));
    assert_eq!(merged, whole);
}

#[test]
fn the_environment_names_the_part() {
    let repo = random_repository(3);
    let run = |variables: &[(&str, &str)]| {
        let mut command = repo.project.command(env!("CARGO_BIN_EXE_keysweep"));
        for name in ["JOB_COMPLETION_INDEX", "CI_NODE_INDEX", "BUILDKITE_PARALLEL_JOB", "SLURM_ARRAY_TASK_ID"] {
            command.env_remove(name);
        }
        command.envs(variables.iter().copied());
        command.args(["history", "-f", "jsonl", "--show-secrets", "--shard", "auto"]).output().unwrap()
    };
    let plain = repo.project.run(["history", "-f", "jsonl", "--show-secrets", "--shard", "2/3"]);
    let found = run(&[("CI_NODE_INDEX", "2"), ("CI_NODE_TOTAL", "3")]);
    assert_eq!(String::from_utf8(found.stdout).unwrap(), plain.stdout);
    let none = run(&[]);
    assert_eq!(none.status.code(), Some(2));
    assert!(String::from_utf8(none.stderr).unwrap().contains("no variable says which part this is"));
}
