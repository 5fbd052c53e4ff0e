//! The baseline: it survives whatever moves, knows nothing but fingerprints, and merges.

use keysweep::core::finding::Fingerprint;
use keysweep::rule::template::Random;

use crate::project::{Project, key};

fn active(project: &Project) -> Vec<String> {
    let scan = project.scan(&[]);
    assert!(scan.output.code < 2, "{:#?}", scan.output);
    let active = scan.findings.iter().filter(|finding| finding["status"] == "active");
    active.map(|finding| finding["fingerprint"].as_str().unwrap().to_owned()).collect()
}

/// The files of the baseline, and all they say.
fn entries(project: &Project) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for file in std::fs::read_dir(project.path(".keysweep-baseline")).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        lines.extend(text.lines().map(str::to_owned));
    }
    lines.sort();
    lines
}

#[test]
fn a_baseline_accepts_what_is_there_and_nothing_else() {
    let project = Project::git();
    project.write("a.txt", key(1)).write("src/b.txt", key(2));
    let output = project.run(["baseline", "create", "--yes"]);
    let lines: Vec<&str> = output.stdout.lines().collect();
    assert_eq!((output.code, lines.len()), (0, 3), "{output:#?}");
    assert!(lines[0].starts_with("critical, certain  OpenAI project API key  sk-proj-"), "{output:#?}");
    assert!(lines[0].ends_with("  a.txt:1") && lines[1].ends_with("  src/b.txt:1"), "{output:#?}");
    assert_eq!(lines[2], ".keysweep-baseline: 2 entries, 2 added, 0 removed. Commit it.");
    let mut wanted: Vec<String> =
        (1..=2).map(|n| format!("{} openai-project-key", Fingerprint::of(key(n).as_bytes()))).collect();
    wanted.sort();
    assert_eq!(entries(&project), wanted);
    assert!(active(&project).is_empty());
    project.write("c.txt", key(3));
    assert_eq!(active(&project).len(), 1);
    let check = project.run(["baseline", "check"]);
    assert!(check.code == 1 && check.stdout.contains("1 finding without one, 0 stale"), "{check:#?}");
    assert!(check.stdout.starts_with("new: critical, certain  ") && check.stdout.contains("  c.txt:1\n"), "{check:#?}");
    let again = project.run(["baseline", "create", "--yes"]);
    assert!(again.code == 2 && again.stderr.contains("there is one already"), "{again:#?}");
    assert!(project.run(["baseline", "update", "--yes"]).stdout.contains("3 entries, 1 added, 0 removed"));
    assert!(active(&project).is_empty());
    project.write("a.txt", "clean");
    let check = project.run(["baseline", "check"]);
    assert!(check.code == 1 && check.stdout.contains("0 findings without one, 1 stale"), "{check:#?}");
    assert!(project.run(["scan"]).stdout.contains("Note: stale: "));
    assert_eq!(project.run(["scan", "--fail-on-stale"]).code, 2);
    assert_eq!(project.run(["scan", "--fail-on-stale", "src"]).code, 0, "a part of the tree says nothing of the rest");
    assert!(project.run(["baseline", "prune"]).stdout.contains("2 entries, 0 added, 1 removed"));
    assert_eq!(project.run(["baseline", "check"]).code, 0);
    assert_eq!(project.run(["scan", "--fail-on-stale"]).code, 0);
}

#[test]
fn a_certain_key_is_not_accepted_without_a_yes() {
    let project = Project::git();
    project.write("a.txt", key(1));
    for command in ["create", "update"] {
        let output = project.run(["baseline", command]);
        assert!(output.code == 2 && output.stdout.contains("critical, certain"), "{output:#?}");
        assert!(output.stderr.contains("1 of these are keys for certain; revoke them, or pass --yes"), "{output:#?}");
        assert!(!project.path(".keysweep-baseline").exists());
    }
}

#[test]
fn the_same_findings_make_the_same_bytes() {
    let (one, other) = (Project::git(), Project::git());
    one.write("a.txt", key(1)).write("b.txt", key(2));
    other.write("z/y.txt", format!("\n\n{}\n{}", key(2), key(1)));
    one.run(["baseline", "create", "--yes"]);
    other.run(["baseline", "create", "--yes", "--no-inline"]);
    assert_eq!(entries(&one), entries(&other));
    for project in [&one, &other] {
        let stdout = project.run(["scan", "--show-secrets"]).stdout;
        assert!(stdout.contains("No keys found, 2 suppressed (2 baseline)"), "{stdout}");
    }
}

#[test]
fn entries_with_paths_hold_at_their_path_alone() {
    let project = Project::git();
    project.write("odd name\n%.txt", key(1));
    project.run(["baseline", "create", "--yes", "--with-paths"]);
    assert!(active(&project).is_empty(), "{:?}", entries(&project));
    project.write("copy.txt", key(1));
    assert_eq!(active(&project).len(), 1);
}

#[test]
fn a_single_file_does_too() {
    let project = Project::git();
    project.write("a.txt", key(1)).write("b.txt", key(2));
    project.run(["baseline", "create", "--yes", "--single-file"]);
    let text = std::fs::read_to_string(project.path(".keysweep-baseline")).unwrap();
    assert!(text.lines().count() == 2 && text.lines().is_sorted(), "{text}");
    assert!(active(&project).is_empty());
    // As an editor on Windows leaves it.
    project.write(".keysweep-baseline", format!("\u{feff}{}", text.replace('\n', "\r\n")));
    assert!(active(&project).is_empty());
    project.write(".keysweep-baseline", "<<<<<<< ours\n");
    let output = project.run(["scan"]);
    assert!(output.code == 2 && output.stderr.contains(".keysweep-baseline:1: no fingerprint"), "{output:#?}");
}

/// Any insertion, deletion, move or rename around a known key keeps it suppressed; another key at its place counts.
#[test]
fn whatever_moves_a_known_key_stays_known() {
    let mut random = Random::new(11);
    let project = Project::git();
    project.write("f.txt", format!("a\nkey = \"{}\"\nb\n", key(1)));
    project.run(["baseline", "create", "--yes"]);
    let known = Fingerprint::of(key(1).as_bytes()).to_string();
    let mut lines: Vec<String> = vec!["a".into(), "key = \"KEY\"".into(), "b".into()];
    let mut path = "f.txt".to_owned();
    for round in 0..60 {
        let at = random.below(lines.len() + 1);
        match random.below(6) {
            0 | 1 => lines.insert(at, format!("line {round} of {}", random.below(9))),
            2 => {
                let movable: Vec<usize> = (0..lines.len()).filter(|i| !lines[*i].contains("KEY")).collect();
                if !movable.is_empty() {
                    lines.remove(*random.pick(&movable));
                }
            }
            3 => {
                let index = lines.iter().position(|line| line.contains("KEY")).unwrap();
                let line = lines.remove(index);
                lines.insert(random.below(lines.len() + 1), line);
            }
            4 => {
                std::fs::remove_file(project.path(&path)).unwrap();
                path =
                    format!("{}/{round}.{}", ["x", "y/z", "."][random.below(3)], ["py", "env", "md"][random.below(3)]);
            }
            _ => {
                let index = lines.iter().position(|line| line.contains("KEY")).unwrap();
                lines[index] = ["k: KEY", "  KEY # x", "{\"k\":\"KEY\"}", "KEY\\n"][random.below(4)].to_owned();
            }
        }
        let end = ["\n", "\r\n"][random.below(2)];
        let text = lines.join(end);
        project.write(&path, text.replace("KEY", &key(1)));
        assert_eq!(active(&project), [""; 0], "round {round}: {path}: {text}");
        let other = key(100 + round);
        project.write(&path, text.replace("KEY", &other));
        assert_eq!(active(&project), [Fingerprint::of(other.as_bytes()).to_string()], "round {round}: {path}: {text}");
        assert_ne!(Fingerprint::of(other.as_bytes()).to_string(), known);
    }
}

/// Two branches that each change the baseline, merged by plain git: the first entries, more of them, prunings.
#[test]
fn branches_merge_without_conflict() {
    use keysweep::policy::baseline::{Baseline, BaselineEntry, write};
    use std::collections::BTreeSet;
    let mut random = Random::new(5);
    let mut some = |count: usize| -> BTreeSet<BaselineEntry> {
        let entry = |number: u64| BaselineEntry {
            fingerprint: Fingerprint::of(&number.to_le_bytes()),
            rule: ["openai-project-key", "groq-api-key"][(number % 2) as usize].to_owned(),
            path: None,
        };
        (0..count).map(|_| entry(random.next() % 5000)).collect()
    };
    let project = Project::git();
    let commit = |project: &Project, entries: &BTreeSet<BaselineEntry>, what: &str| {
        write(&project.path(".keysweep-baseline"), entries).unwrap();
        project.run_git(&["add", "-A"]).run_git(&["commit", "-q", "--allow-empty", "-m", what]);
    };
    project.write("readme", "x").run_git(&["add", "-A"]).run_git(&["commit", "-qm", "start"]);
    for round in 0..24 {
        project.run_git(&["checkout", "-q", "-B", "base", "main"]);
        let base = some([0, 1, 3, 40][round % 4]);
        commit(&project, &base, "base");
        let mut wanted = BTreeSet::new();
        // The same secret may come in on both sides.
        let same = some(round % 2);
        let gone: BTreeSet<BaselineEntry> = base.iter().step_by(2).cloned().collect();
        for branch in ["left", "right"] {
            project.run_git(&["checkout", "-q", "-B", branch, "base"]);
            let mut entries: BTreeSet<BaselineEntry> =
                base.iter().chain(&same).cloned().chain(some(1 + round % 3)).collect();
            if branch == "left" {
                entries.retain(|entry| !gone.contains(entry));
            }
            commit(&project, &entries, branch);
            wanted.extend(entries);
        }
        wanted.retain(|entry| !gone.contains(entry));
        project.run_git(&["merge", "-q", "-m", "merge", "left"]);
        let merged =
            Baseline::open(&project.path(".keysweep-baseline")).unwrap().unwrap_or_default().entries().unwrap();
        assert_eq!(merged, wanted, "round {round}");
    }
}

#[test]
fn other_tools_lists_are_carried_over_and_the_rest_is_told() {
    let value = key(1);
    let sha1: String = {
        use sha1::Digest as _;
        sha1::Sha1::digest(value.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let lists = [
        (".gitleaksignore", "src/a.py:openai-api-key:2\n# note\nsrc/a.py:openai-api-key:9\ngarbage\n".to_owned(), 2),
        (".gitleaksignore", "0123abc:src/a.py:openai-api-key:2\n".to_owned(), 0),
        (
            "gitleaks-baseline.json",
            format!(
                "[{{\"RuleID\":\"x\",\"File\":\"gone.py\",\"StartLine\":1,\"Secret\":\"{value}\"}},{{\"RuleID\":\"x\",\"File\":\"src/a.py\",\"StartLine\":2,\"Secret\":\"REDACTED\"}},{{\"RuleID\":\"y\",\"File\":\"b\",\"StartLine\":7,\"Secret\":\"another-value\"}}]"
            ),
            1,
        ),
        (
            ".secrets.baseline",
            format!(
                "{{\"version\":\"1.5.0\",\"results\":{{\"old.py\":[{{\"type\":\"K\",\"hashed_secret\":\"{sha1}\",\"line_number\":7}},{{\"type\":\"K\",\"hashed_secret\":\"00\",\"line_number\":8}},{{\"type\":\"K\",\"hashed_secret\":\"{sha1}\",\"line_number\":9,\"is_secret\":true}}]}}}}"
            ),
            2,
        ),
        (".secretsignore", "src/\n[secrets]\n^sk-proj-\nnever\n".to_owned(), 1),
    ];
    for (name, text, refused) in lists {
        let project = Project::git();
        project.write("src/a.py", format!("\nkey = \"{value}\"\n")).write(name, &text);
        let output = project.run(["baseline", "import"]);
        assert_eq!(output.code, 0, "{name}: {output:#?}");
        assert_eq!(output.stdout.matches("not carried over: ").count(), refused, "{name}: {output:#?}");
        assert!(!output.stdout.contains(&value), "{name}: no value is printed");
        assert!(active(&project).is_empty(), "{name}: {output:#?}");
        assert_eq!(entries(&project), [format!("{} openai-project-key", Fingerprint::of(value.as_bytes()))], "{name}");
    }
    let project = Project::git();
    assert!(project.run(["baseline", "import"]).stderr.contains("no such file at the root of the repository"));
    project.write("x.json", "nonsense");
    assert_eq!(project.run(["baseline", "import", "x.json"]).code, 2);
}
