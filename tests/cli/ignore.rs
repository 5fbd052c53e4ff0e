//! `keysweep ignore`: one command that takes a false alarm away, wherever it stands.

use keysweep::rule::template::{Random, Template};

use crate::project::{Project, key};

/// A repository with one commit, and the hooks in it.
fn project() -> Project {
    let project = Project::git();
    project.write("base", "x\n").run_git(&["add", "."]).run_git(&["commit", "-qm", "base"]);
    let installed = project.run(["hook", "install", "--all"]);
    assert_eq!(installed.code, 0, "{installed:?}");
    project
}

fn git(project: &Project, args: &[&str]) -> (bool, String) {
    let output = project.command("git").args(args).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

fn ignored(project: &Project) -> String {
    std::fs::read_to_string(project.path(".keysweepignore")).unwrap_or_default()
}

#[test]
fn a_commit_that_was_stopped_goes_through_after_it() {
    // The file, what is ignored, and whether it is a file in which a marker could stand.
    for (path, text, what, has_comments) in [
        ("a.py", "x = 1\nk = 'KEY'\n", "a.py:2", true),
        ("a.json", "{\"k\": \"KEY\"}\n", "a.json:1", false),
        ("sub/b.yml", "k: KEY\n", "sub/b.yml", true),
        ("c.csv", "1,KEY\n", "--last", false),
    ] {
        let project = project();
        project.write(path, text.replace("KEY", &key(1))).run_git(&["add", "."]);
        let (passed, said) = git(&project, &["commit", "-qm", "x"]);
        assert!(!passed && said.contains("keysweep ignore"), "{path}: {said}");
        assert_eq!(said.contains("keysweep:allow"), has_comments, "{path}: {said}");
        let output = project.run(["ignore", what, "--reason", "a sample\nof the docs"]);
        assert_eq!(output.code, 0, "{path}: {output:?}");
        assert!(output.stdout.contains("is staged: commit again"), "{path}: {output:?}");
        let entry = ignored(&project).lines().last().unwrap().to_owned();
        assert!(entry.starts_with("openai-project-key:") && entry.ends_with(" # a sample of the docs"), "{entry}");
        let (passed, said) = git(&project, &["commit", "-qm", "x"]);
        assert!(passed, "{path}: {said}");
        let (_, listed) = git(&project, &["ls-tree", "--name-only", "HEAD"]);
        assert!(listed.contains(".keysweepignore"), "it goes with the commit: {listed}");
        assert_eq!(project.run(["scan"]).code, 0, "{path}");
        assert_eq!(project.run(["ignore", "--last"]).code, 2, "the commit that passed takes the memory away");
    }
}

#[test]
fn the_entry_for_a_key_that_looks_like_a_fingerprint_is_no_key_itself() {
    let project = project();
    let value = Template::parse("[0-9a-f]{32}").unwrap().generate(&mut Random::new(5)).text;
    project.write("a.env", format!("AZURE_OPENAI_API_KEY={value}\n")).run_git(&["add", "."]);
    let (passed, said) = git(&project, &["commit", "-qm", "x"]);
    assert!(!passed && said.contains("keysweep ignore"), "{said}");
    assert_eq!(project.run(["ignore", "--last"]).code, 0);
    let (passed, said) = git(&project, &["commit", "-qm", "x"]);
    assert!(passed, "{said}");
    for command in ["scan", "history"] {
        assert_eq!(project.run([command]).code, 0, "{command}: {}", ignored(&project));
    }
}

#[test]
fn a_message_and_a_push_are_accepted_by_what_was_shown_last() {
    let project = project();
    project.run_git(&["commit", "-q", "--allow-empty", "-m", "clean"]);
    let (passed, _) = git(&project, &["commit", "-q", "--allow-empty", "-m", &format!("k {}", key(1))]);
    assert!(!passed);
    assert_eq!(project.run(["ignore", "--last"]).code, 0);
    let (passed, said) = git(&project, &["commit", "-q", "--allow-empty", "-m", &format!("k {}", key(1))]);
    assert!(passed, "{said}");

    project.write("p.py", format!("k = '{}'\n", key(2))).run_git(&["add", "."]);
    project.run_git(&["commit", "-qnm", "past the hook"]);
    project.run_git(&["init", "-q", "--bare", "../remote"]).run_git(&["remote", "add", "origin", "../remote"]);
    let (passed, said) = git(&project, &["push", "-q", "origin", "main"]);
    assert!(!passed && said.contains("keysweep ignore --last"), "{said}");
    assert!(!said.contains("put keysweep:allow"), "a marker in a new commit does not reach the old one: {said}");
    let output = project.run(["ignore", "--last"]);
    assert!(output.code == 0 && output.stdout.contains("p.py:1"), "{output:?}");
    let (passed, said) = git(&project, &["push", "-q", "origin", "main"]);
    assert!(passed, "{said}");
}

#[test]
fn a_fingerprint_is_enough_also_a_short_one_of_the_last_report() {
    let project = project();
    project.write("a.py", format!("k = '{}'\n", key(1))).run_git(&["add", "."]);
    let (_, said) = git(&project, &["commit", "-qm", "x"]);
    let whole = keysweep::core::finding::Fingerprint::of(key(1).as_bytes()).to_string();
    assert!(said.contains(&whole[..12]), "the report shows a short one: {said}");
    let short = project.run(["ignore", &whole[..12], "--until", "2999-01-31", "--path", "*.py"]);
    assert_eq!(short.code, 0, "{short:?}");
    let entry = format!("openai-project-key:{whole} *.py # until=2999-01-31");
    assert_eq!(ignored(&project).lines().last().unwrap(), entry);
    assert_eq!(project.run(["scan"]).code, 0);
    let again = project.run(["ignore", "a.py:1", "--path", "*.py"]);
    assert!(again.stdout.contains("was accepted before"), "{again:?}");
    assert_eq!(project.run(["ignore", &whole]).code, 0);
    assert_eq!(ignored(&project).lines().last().unwrap(), format!("openai-project-key:{whole}"));
}

#[test]
fn what_cannot_be_ignored_is_said_and_nothing_is_written() {
    let project = project();
    project.write("a.py", format!("x\nk = '{}'\n", key(1))).write("w.txt", "Sunny-Day-7-Sunny-Day\n");
    project.write(".keysweep.toml", "[[rule]]\nid = 'own'\ntitle = 'own'\nseverity = 'high'\nconfidence = 'certain'\nanchors = ['pin-']\nregex = 'pin-[0-9]{17}'\nexamples = ['«pin-[0-9]{17}»']\n");
    project.write("p.txt", "pin-80471359213572468\n");
    for (args, said) in [
        (&["a.py:1"][..], "there are findings on line 2"),
        (&["gone.py:1"], "no such file"),
        (&["--last"], "no commit or push was stopped"),
        (&["0123456789ab"], "give all 32 digits"),
        (&["a.py:2", "--until", "soon"], "it is not a date"),
        (&["a.py:2", "--until", "2020-01-01"], "that day is over"),
        (&["a.py:2", "--path", "[a"], "not a glob"),
        (&["a.py:2", "--path", ""], "a value is required"),
        (&["a.py:2", "--path", "# all"], "cannot hold this path"),
        (&["a.py:2", "--path", "a.py #1"], "cannot hold this path"),
        (&["a.py:2", "--path", "a.py\n0123456789abcdef0123456789abcdef"], "cannot hold this path"),
        (&["a.py:2", "--path", "tests/**"], "does not match a.py"),
        (&["a.py:2", "--reason", "x until=2027-01-01"], "--until"),
        (&["p.txt:1"], "short enough to be found"),
        (&[], "PATH:LINE"),
        (&["a.py:2", "--last"], "--last"),
    ] {
        let output = project.run(["ignore"].iter().chain(args));
        assert_eq!(output.code, 2, "{args:?}: {output:?}");
        assert!(output.stderr.contains(said), "{args:?}: {output:?}");
    }
    let told = project.run(["ignore", "a.py:2", "--reason", &key(1)]);
    assert!(told.code == 2 && told.stderr.contains("the reason contains a key"), "{told:?}");
    assert!(!project.path(".keysweepignore").exists());
}

#[test]
fn a_marker_that_is_nearly_right_is_said_to_be_wrong() {
    for (marker, said) in [
        ("# keysweep: allow", "write keysweep:allow"),
        ("# keysweep:ignore", "write keysweep:allow"),
        ("# keysweep-allow", "write keysweep:allow"),
        ("# Keysweep:Allow", "write keysweep:allow"),
        ("# keysweep:disable-line", "write keysweep:allow"),
        ("# keysweep:allow[openai-proj]", "its marker is for openai-proj, and this is openai-project-key"),
        ("# by keysweep", ""),
        ("# keysweeper:allowance", ""),
    ] {
        let project = Project::git();
        project.write("a.py", format!("k = '{}'  {marker}\n", key(1)));
        let scan = project.scan(&[]);
        assert_eq!(scan.output.code, 1, "{marker}");
        let note = scan.findings[0]["note"].as_str().unwrap_or_default();
        assert!(note.contains(said) && note.is_empty() == said.is_empty(), "{marker}: {note}");
    }
}
