//! Several repositories in one report.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::project::{Output, Project, Scan, key};

/// Repositories `r0`, `r1`, …: each with a key of its own, at the same path; the first two share one more.
pub(crate) fn several(count: u64) -> Project {
    let project = Project::new();
    for n in 0..count {
        let name = format!("r{n}");
        project.run_git(&["init", "-q", "-b", "main", &name]);
        project.write(format!("{name}/a.env"), format!("OPENAI_API_KEY={}\n", key(6000 + n)));
        if n < 2 {
            project.write(format!("{name}/shared.env"), format!("OPENAI_API_KEY={}\n", key(6500)));
        }
        commit(&project, &name, "first");
        project.write(format!("{name}/b.txt"), format!("nothing {n}\n"));
        commit(&project, &name, "second");
    }
    project
}

pub(crate) fn commit(project: &Project, name: &str, message: &str) {
    project.run_git(&["-C", name, "add", "-A", "-f"]).run_git(&["-C", name, "commit", "-q", "-m", message]);
}

fn history(project: &Project, args: &[&str]) -> Scan {
    Scan::of(project.run(["history", "-f", "jsonl", "--show-secrets"].iter().chain(args)))
}

fn repository(finding: &Value) -> String {
    finding["location"]["repository"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn one_report_names_the_repository_of_each_place() {
    let project = several(3);
    let scan = history(&project, &["r0", "r1", "r2"]);
    assert_eq!(scan.output.code, 1, "{:?}", scan.output);
    let found: Vec<(String, String, String)> = scan
        .findings
        .iter()
        .map(|finding| {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            (repository(finding), text(&finding["location"]["path"]), text(&finding["secret"]))
        })
        .collect();
    let place = |repository: &str, path: &str, n: u64| (repository.to_owned(), path.to_owned(), key(n));
    assert_eq!(
        found,
        [
            place("r0", "a.env", 6000),
            place("r0", "shared.env", 6500),
            place("r1", "a.env", 6001),
            place("r1", "shared.env", 6500),
            place("r2", "a.env", 6002),
        ]
    );
    let counts = &scan.summary["coverage"]["counts"];
    assert_eq!((&counts["repositories"], &counts["commits"]), (&3.into(), &6.into()), "{counts}");
    // The same by a list, in another order of names, with one named twice, and by any number of threads.
    project.write("list", "r0\nr1\r\n\nr2\n./r1\n");
    for args in [["--repos", "list", "--threads", "1"], ["--repos", "list", "--threads", "4"]] {
        assert_eq!(history(&project, &args).output, scan.output, "{args:?}");
    }
    let piped = project.run_with(["history", "-f", "jsonl", "--show-secrets", "--repos", "-"], b"r0\nr1\nr2");
    assert_eq!(piped, scan.output);
    // One repository is told of without its name, as ever.
    assert!(history(&project, &["r0"]).findings.iter().all(|finding| repository(finding).is_empty()));
}

#[test]
fn keys_that_repositories_share_are_said_in_every_format() {
    let project = several(3);
    let run = |format: &str| -> Output { project.run(["history", "r0", "r1", "r2", "-f", format]) };
    let human = run("human").stdout;
    for text in ["1 key is in more than one repository.", "one key in 2 repositories: r0 and r1", "r2:a.env:1"] {
        assert!(human.contains(text), "{text}: {human}");
    }
    let json: Value = serde_json::from_str(&run("json").stdout).unwrap();
    let shared: Vec<&Value> = json["keys"].as_array().unwrap().iter().filter(|key| key["places"] == 2).collect();
    assert_eq!(shared.len(), 1);
    assert_eq!(shared[0]["repositories"], serde_json::json!(["r0", "r1"]));
    assert!(json["keys"].as_array().unwrap().iter().all(|key| key["repositories"].is_array()));
    for (format, texts) in [
        ("html", &["one key in 2 repositories: r0 and r1", "r2:a.env", "more than one of them"][..]),
        ("sarif", &["\"uri\":\"r0/a.env\"", "\"uri\":\"r1/a.env\""]),
        ("gitlab", &["\"file\":\"r0/a.env\""]),
        ("codeclimate", &["\"path\":\"r1/a.env\""]),
        ("junit", &["file=\"r2/a.env\""]),
        ("annotations", &["file=r2/a.env"]),
        ("csv", &["date,repository", ",r2\n"]),
        ("markdown", &["r2&#58;a.env&#58;1"]),
        ("plan", &["keysweep history --plan r0", "keysweep history --plan r2"]),
    ] {
        let output = run(format).stdout;
        for text in texts {
            assert!(output.replace("\": \"", "\":\"").contains(text), "{format}: {text}: {output}");
        }
    }
    // Findings of two repositories are two, whatever compares them.
    let sarif: Value = serde_json::from_str(&run("sarif").stdout).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let prints: BTreeSet<String> = results.iter().map(|result| result["partialFingerprints"].to_string()).collect();
    assert_eq!(prints.len(), 5);
}

#[test]
fn a_repository_that_cannot_be_read_is_named_and_the_others_are_scanned() {
    let project = several(2);
    project.write("no-repository/a.txt", "x");
    project.write("r1/.keysweep.toml", "no such setting\n");
    let scan = history(&project, &["r0", "missing", "no-repository", "r1"]);
    assert_eq!(scan.output.code, 2);
    assert_eq!(scan.findings.iter().map(repository).collect::<BTreeSet<_>>(), BTreeSet::from(["r0".to_owned()]));
    for name in ["missing", "no-repository", "r1"] {
        let lines = scan.output.stderr.lines().filter(|line| line.contains(name)).count();
        assert!(lines >= 1, "{name}: {}", scan.output.stderr);
    }
    for args in [&["--repos", "nowhere"][..], &["--repos", "empty"], &["--repos", "empty", "r0"]] {
        project.write("empty", "\n\n");
        let output = project.run(["history"].iter().chain(args));
        assert_eq!((output.code, output.stderr.lines().count()), (2, 1), "{args:?}: {output:?}");
    }
}

#[test]
fn each_repository_has_its_own_policy() {
    let project = several(2);
    let fingerprint = |n: u64| {
        let scan = history(&project, &["r0", "r1"]);
        let finding = scan.findings.iter().find(|finding| finding["secret"] == key(n)).unwrap();
        finding["fingerprint"].as_str().unwrap().to_owned()
    };
    // Accepted in r0 alone.
    project.write("r0/.keysweepignore", format!("{} # a test\n", fingerprint(6500)));
    let scan = history(&project, &["r0", "r1"]);
    let active: Vec<(String, bool)> = scan
        .findings
        .iter()
        .filter(|finding| finding["secret"] == key(6500))
        .map(|finding| (repository(finding), finding["status"] == "active"))
        .collect();
    assert_eq!(active, [("r0".to_owned(), false), ("r1".to_owned(), true)]);
    // Every key that counts somewhere is to be replaced.
    project.run(["history", "r0", "r1", "--write-replacements", "replace.txt", "-q"]);
    let text = std::fs::read_to_string(project.path("replace.txt")).unwrap();
    let expected: BTreeSet<String> = [6000, 6001, 6500].map(|n| format!("literal:{}", key(n))).into();
    assert_eq!(text.lines().map(str::to_owned).collect::<BTreeSet<_>>(), expected);
}
