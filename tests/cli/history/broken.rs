//! What is missing, cut short or corrupt is named, costs exit code 2, and everything else is still scanned.

use std::path::{Path, PathBuf};

use super::{Repo, by_key};
use crate::project::{Project, Scan, key};

fn loose(repo: &Repo, oid: &str) -> PathBuf {
    let (fan, rest) = oid.split_at(2);
    repo.project.path(".git/objects").join(fan).join(rest)
}

fn packs(repo: &Repo) -> Vec<PathBuf> {
    let files = std::fs::read_dir(repo.project.path(".git/objects/pack")).unwrap();
    files.map(|file| file.unwrap().path()).filter(|path| path.extension().is_some_and(|ext| ext == "pack")).collect()
}

fn overwrite(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = std::fs::read(path).unwrap();
    change(&mut bytes);
    std::fs::remove_file(path).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// A repository with a key in one file and something else in another, and the id of the latter.
fn with_key() -> (Repo, String, String) {
    let repo = Repo::new();
    let key = key(3000);
    repo.write("key.env", format!("{key}\n")).write("sub/dir/other.txt", "other\n".repeat(20)).commit("first");
    let other = repo.git(&["rev-parse", "HEAD:sub/dir/other.txt"]);
    (repo, key, other)
}

#[test]
fn a_missing_blob_is_named_with_its_path() {
    let (repo, key, other) = with_key();
    std::fs::remove_file(loose(&repo, &other)).unwrap();
    let scan = repo.history(&[]);
    assert_eq!(scan.output.code, 2);
    assert!(by_key(&scan).contains_key(&key), "{scan:?}");
    assert!(scan.errors()[0].contains(&format!("{other} (sub/dir/other.txt)")), "{:?}", scan.errors());
    assert_eq!(scan.summary["coverage"]["counts"]["missing_objects"], 1);
    let allowed = repo.history(&["--allow-incomplete"]);
    assert_eq!(allowed.output.code, 1, "{allowed:?}");
}

#[test]
fn missing_trees_and_commits_are_named() {
    let (repo, key, _) = with_key();
    let first = repo.git(&["rev-parse", "HEAD"]);
    let tree = repo.git(&["rev-parse", "HEAD:sub"]);
    repo.commit("second");
    std::fs::remove_file(loose(&repo, &tree)).unwrap();
    std::fs::remove_file(loose(&repo, &first)).unwrap();
    let scan = repo.history(&[]);
    let errors = scan.errors().join("\n");
    assert!(errors.contains(&format!("cannot scan tree {tree} (sub)")), "{errors}");
    assert!(errors.contains(&format!("cannot scan commit {first}")), "{errors}");
    assert_eq!((scan.output.code, by_key(&scan).contains_key(&key)), (2, true));
}

#[test]
fn what_nothing_leads_to_may_miss_its_parts() {
    let (repo, ..) = with_key();
    let blob = repo.git_with(&["hash-object", "-w", "--stdin"], b"gone");
    repo.git_with(&["mktree"], format!("100644 blob {blob}\tx\n").as_bytes());
    std::fs::remove_file(loose(&repo, &blob)).unwrap();
    let scan = repo.history(&[]);
    assert_eq!((scan.output.code, scan.errors().len()), (1, 0), "{scan:?}");
}

#[test]
fn corrupt_loose_objects_are_errors() {
    for damage in [
        (|bytes: &mut Vec<u8>| bytes.truncate(10)) as fn(&mut Vec<u8>),
        |bytes| bytes.clear(),
        |bytes| bytes[4] ^= 0x55,
        |bytes| *bytes = b"not zlib at all".to_vec(),
    ] {
        let (repo, key, other) = with_key();
        overwrite(&loose(&repo, &other), damage);
        let scan = repo.history(&[]);
        assert_eq!(scan.output.code, 2, "{scan:?}");
        assert!(scan.errors()[0].contains(&other), "{:?}", scan.errors());
        assert!(by_key(&scan).contains_key(&key));
    }
}

#[test]
fn a_damaged_pack_costs_no_more_than_what_is_damaged() {
    let repo = Repo::new();
    let keys: Vec<String> = (0..40).map(|n| key(3100 + n)).collect();
    for (n, key) in keys.iter().enumerate() {
        repo.write(&format!("{n}.env"), format!("{key}\n{}", "some more text\n".repeat(n)));
    }
    repo.commit("all");
    repo.git(&["repack", "-q", "-a", "-d"]);
    let pack = packs(&repo).remove(0);
    let whole = std::fs::read(&pack).unwrap();
    let mut worst = keys.len();
    for at in (20..whole.len() - 20).step_by(whole.len() / 60) {
        overwrite(&pack, |bytes| {
            bytes.clone_from(&whole);
            bytes[at] ^= 0xff;
        });
        let scan = repo.history(&[]);
        let found = by_key(&scan).len();
        assert!(found == keys.len() || scan.output.code == 2, "byte {at}: {scan:?}");
        worst = worst.min(found);
    }
    // A damaged base takes its deltas with it, but never the rest of the pack.
    assert!(worst >= keys.len() / 2, "{worst}");
    overwrite(&pack, |bytes| bytes.truncate(whole.len() / 2));
    let scan = repo.history(&[]);
    assert_eq!(scan.output.code, 2);
    assert!(!scan.findings.is_empty(), "half of the pack is there");
}

#[test]
fn another_copy_stands_in_for_a_corrupt_one() {
    let (repo, key, _) = with_key();
    let blob = repo.git(&["rev-parse", "HEAD:key.env"]);
    let copy = std::fs::read(loose(&repo, &blob)).unwrap();
    repo.git(&["repack", "-q", "-a", "-d"]);
    std::fs::create_dir_all(loose(&repo, &blob).parent().unwrap()).unwrap();
    std::fs::write(loose(&repo, &blob), copy).unwrap();
    let offset = repo.git(&["verify-pack", "-v", packs(&repo)[0].with_extension("idx").to_str().unwrap()]);
    let line = offset.lines().find(|line| line.starts_with(&blob)).unwrap().to_owned();
    let offset: usize = line.split_whitespace().nth(4).unwrap().parse().unwrap();
    overwrite(&packs(&repo)[0], |bytes| bytes[offset + 6] ^= 0xff);
    let scan = repo.history(&[]);
    assert_eq!(scan.output.code, 1, "{scan:?}");
    assert!(by_key(&scan).contains_key(&key));
}

#[test]
fn indexes_and_references_that_are_broken_are_named() {
    let (repo, ..) = with_key();
    repo.git(&["repack", "-q", "-a", "-d"]);
    repo.write(".git/refs/heads/odd", "no id\n");
    let tree = "1".repeat(40);
    repo.write(".git/refs/heads/nowhere", format!("{tree}\n"));
    let scan = repo.history(&[]);
    let errors = scan.errors().join("\n");
    assert!(errors.contains("refs/heads/odd") && errors.contains("refs/heads/nowhere"), "{errors}");
    overwrite(&packs(&repo)[0].with_extension("idx"), |bytes| bytes.truncate(500));
    let scan = repo.history(&[]);
    assert_eq!(scan.output.code, 2);
    assert!(scan.errors().join("\n").contains("index-pack"), "{:?}", scan.errors());
}

fn clone(from: &Repo, args: &[&str]) -> Project {
    let project = Project::new();
    let url = format!("file://{}", from.project.root().display());
    from.git(&["config", "uploadpack.allowFilter", "true"]);
    let mut all = vec!["clone", "-q", "--no-local"];
    all.extend(args);
    all.extend([&*url, "clone"]);
    project.run_git(&all);
    project
}

fn history(project: &Project, args: &[&str]) -> Scan {
    Scan::of(project.run(["history", "--format", "jsonl", "clone"].iter().chain(args)))
}

#[test]
fn shallow_and_partial_clones_say_so() {
    let (repo, ..) = with_key();
    repo.git(&["rm", "-q", "key.env"]);
    repo.commit("second");
    let shallow = history(&clone(&repo, &["--depth", "1"]), &[]);
    assert_eq!(shallow.output.code, 2, "{shallow:?}");
    assert_eq!(shallow.errors().len(), 1, "{shallow:?}");
    assert!(shallow.errors()[0].contains("shallow clone"), "{shallow:?}");
    let partial = history(&clone(&repo, &["--filter=blob:none", "--bare"]), &[]);
    assert_eq!(partial.output.code, 2, "{partial:?}");
    assert_eq!(partial.summary["coverage"]["counts"]["missing_objects"], 2, "{partial:?}");
    assert!(partial.errors()[0].contains("partial clone"), "{partial:?}");
}

#[test]
fn submodules_and_large_files_elsewhere_are_named() {
    let (inner, key, _) = with_key();
    let repo = Repo::new();
    let url = inner.project.root().display().to_string();
    repo.git(&["-c", "protocol.file.allow=always", "submodule", "-q", "add", &url, "libs/inner"]);
    let id = "a".repeat(64);
    let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{id}\nsize 12345\n");
    repo.write("big.bin", pointer).commit("first");
    let scan = repo.history(&[]);
    let errors = scan.errors().join("\n");
    assert_eq!(scan.output.code, 2);
    assert!(errors.contains("submodule libs/inner") && errors.contains("big.bin"), "{errors}");
    let scan = repo.history(&["--submodules"]);
    assert_eq!(scan.errors().len(), 1, "{:?}", scan.errors());
    assert_eq!(by_key(&scan)[&key][0]["location"]["path"], "libs/inner/key.env");
}
