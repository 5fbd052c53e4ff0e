//! Objects in every form in which git keeps them, and in forms in which it does not.

use serde_json::Value;

use super::Repo;
use crate::project::{Scan, key};

/// A history with keys in files, in a message, in a tag and in a name, some of them gone again.
fn history_of(repo: &Repo) {
    let text = "a line of some length that is there in each version\n".repeat(40);
    for n in 0..6_u64 {
        repo.write("src/settings.py", format!("{text}n = {n}\nkey = '{}'\n{text}", key(5000 + n / 2)));
        repo.write(&format!("docs/{n}/page.md"), format!("{n}\n{text}"));
        repo.commit(&if n == 3 { format!("message with {}", key(5010)) } else { format!("version {n}") });
    }
    repo.git(&["rm", "-q", "src/settings.py"]);
    repo.commit("gone");
    repo.git(&["tag", "-a", "-m", &format!("tag {}", key(5011)), "v1"]);
    repo.git(&["branch", "topic", "HEAD~3"]);
}

/// Findings without ids, which differ between object formats.
fn without_ids(scan: &Scan) -> Vec<Value> {
    let strip = |finding: &Value| {
        let mut finding = finding.clone();
        finding["commit"]["id"].take();
        if finding["history"]["last_commit"].is_object() {
            finding["history"]["last_commit"]["id"].take();
        }
        finding
    };
    scan.findings.iter().map(strip).collect()
}

#[test]
fn both_object_formats_in_every_form_tell_the_same() {
    let mut expected: Option<Vec<Value>> = None;
    let steps: &[(&str, &[&[&str]])] = &[
        ("loose", &[]),
        ("packed", &[&["repack", "-q", "-a", "-d"]]),
        ("index of version 1", &[&["-c", "pack.indexVersion=1", "repack", "-q", "-a", "-d", "-F"]]),
        ("deltas by id", &[&["-c", "repack.useDeltaBaseOffset=false", "repack", "-q", "-a", "-d", "-F"]]),
        ("two packs", &[&["branch", "more"], &["commit", "-q", "--allow-empty", "-m", "x"], &["repack", "-q", "-d"]]),
        ("multi-pack-index", &[&["multi-pack-index", "write"]]),
    ];
    for format in ["sha1", "sha256"] {
        let repo = Repo::with_format(format);
        history_of(&repo);
        for (step, commands) in steps {
            commands.iter().for_each(|command| drop(repo.git(command)));
            if *step == "multi-pack-index" {
                remove(&repo, "idx");
            }
            let scan = repo.history(&[]);
            assert_eq!((scan.output.code, scan.errors().len()), (1, 0), "{format}, {step}: {scan:?}");
            assert_eq!(scan.findings.len(), 5, "{format}, {step}: {:?}", scan.findings);
            let found = without_ids(&scan);
            // What follows HEAD's date moves with the commit that a step makes.
            let secrets = |found: &[Value]| -> Vec<Value> { found.iter().map(|f| f["secret"].clone()).collect() };
            if *step == "two packs" || *step == "multi-pack-index" {
                assert_eq!(secrets(&found), secrets(expected.as_ref().unwrap()), "{format}, {step}");
            } else {
                assert_eq!(&found, expected.get_or_insert_with(|| found.clone()), "{format}, {step}");
            }
        }
    }
}

/// Removes what packs have with this extension.
fn remove(repo: &Repo, extension: &str) {
    let mut removed = 0;
    for file in std::fs::read_dir(repo.project.path(".git/objects/pack")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|own| own == extension) {
            std::fs::remove_file(path).unwrap();
            removed += 1;
        }
    }
    assert!(removed > 0, "no .{extension}");
}
