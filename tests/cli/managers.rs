//! Other programs that run hooks, for real: pre-commit, prek, husky and lefthook, each where it is installed.

use std::path::Path;
use std::process::Output;

use crate::project::{Project, key};

/// Whether a program is there to test with; if not, that is said. In `.ci/run` it has to be there.
fn installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|directory| directory.join(program).is_file());
    assert!(found || std::env::var_os("KEYSWEEP_REQUIRE_TOOLS").is_none(), "{program} is not in PATH: see .ci/tools");
    if !found {
        eprintln!("skipped: {program} is not in PATH");
    }
    found
}

/// Runs shell with keysweep first in PATH.
fn shell(project: &Project, script: &str) -> Output {
    let binary = Path::new(env!("CARGO_BIN_EXE_keysweep"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::split_paths(&path).collect::<Vec<_>>();
    let path = std::env::join_paths([binary.parent().unwrap().to_owned()].into_iter().chain(path)).unwrap();
    let mut command = project.command("sh");
    command.env("PATH", path).env("K", key(1)).env("PRE_COMMIT_HOME", project.root().parent().unwrap().join("cache"));
    command
        .env("PREK_HOME", project.root().parent().unwrap().join("cache"))
        .env("MANIFEST", env!("CARGO_MANIFEST_DIR"));
    command.env("ROOT", project.root().parent().unwrap()).args(["-ec", script]).output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.clone(), output.stderr.clone()].concat()).into_owned()
}

/// Plays each action after the set-up, in a repository of its own.
fn play(setup: &str, cases: &[(&str, bool)]) {
    for (action, stopped) in cases {
        let project = Project::git();
        project.write("base", "x\n").run_git(&["add", "."]).run_git(&["commit", "-qm", "base"]);
        let ready = shell(&project, setup);
        assert!(ready.status.success(), "{setup}: {}", text(&ready));
        let output = shell(&project, action);
        let text = text(&output);
        assert_eq!(!output.status.success(), *stopped, "{setup}\n{action}: {text}");
        let shown = text.contains("sk-proj-") && text.contains("1 key found");
        assert_eq!(shown, *stopped, "{setup}\n{action}: {text}");
        assert!(!text.contains(&key(1)), "{action}: the key is printed: {text}");
    }
}

const BY_FRAMEWORK: &[(&str, bool)] = &[
    ("echo $K >a; git add a; git commit -qm x", true),
    ("echo a >a; git add a; git commit -qm x", false),
    ("echo $K >>base; git commit -qam x", true),
    ("echo $K >>base; git add base; git show HEAD:base >base; git commit -qm x", true),
    ("echo x >x; git add x; echo $K >>base; git commit -qm x", false),
    ("echo $K >'a ü \"b'; git add .; git commit -qm x", true),
    ("echo $K >-n; git add -- -n; git commit -qm x", true),
    ("ln -s $K link; git add link; git commit -qm x", true),
    ("git rm -q base; git commit -qm x", false),
    ("echo $K >>base; git commit -qnam k; echo x >x; git add x; git commit -qm x", false),
    ("echo $K >>base; git commit -qnam k; sed -i 1s/^/x/ base; git commit -qam x", false),
    ("git commit -q --allow-empty -m \"see $K\"", true),
    ("SKIP=keysweep-system git commit -qm x --allow-empty", false),
    // Nothing is staged here: gitleaks' own hook passes.
    ("echo $K >a; git add a; git commit -qnm k; TOOL run --all-files", true),
    ("TOOL run --all-files", false),
    ("echo $K >'a ü b'; git add .; git commit -qnm k; TOOL run --files base 'a ü b'", true),
    ("echo $K >a; git add a; git commit -qnm k; TOOL run --files base", false),
    ("echo $K >>base; git commit -qnam k; TOOL run --from-ref HEAD~1 --to-ref HEAD", true),
    (
        "echo $K >>base; git commit -qnam k; git revert -n HEAD; echo y >y; git add y; git commit -qnm gone; TOOL run --from-ref HEAD~2 --to-ref HEAD",
        true,
    ),
    (
        "echo $K >>base; git commit -qnam k; echo y >y; git add y; git commit -qnm y; TOOL run --from-ref HEAD~1 --to-ref HEAD",
        false,
    ),
    (
        "for i in $(seq 400); do echo $i >f$i; done; echo $K >f399; git add .; git commit -qnm k; TOOL run --all-files",
        true,
    ),
    // A merge with a conflict in one file, and a key put into another.
    (
        "git checkout -qb t; echo t >base; git commit -qnam t; git checkout -q main; echo m >base; git commit -qnam m; \
      git merge -q t || true; echo b >base; echo $K >other; git add .; git commit -qm x",
        true,
    ),
    (
        "git init -q --bare ../origin.git; git remote add origin ../origin.git; git push -q --no-verify origin main; \
      echo $K >>base; git commit -qnam k; git push -q origin main",
        true,
    ),
    (
        "git init -q --bare ../origin.git; git remote add origin ../origin.git; git push -q --no-verify origin main; \
      echo y >>base; git commit -qnam y; git push -q origin main",
        false,
    ),
    (
        "git init -q --bare ../origin.git; git remote add origin ../origin.git; echo $K >>base; git commit -qnam k; git push -q origin main",
        true,
    ),
];

/// Our own manifest, taken from a repository as the framework takes it.
const FRAMEWORK: &str = "mkdir ../manifest; cp $MANIFEST/.pre-commit-hooks.yaml ../manifest; git -C ../manifest init -q; git -C ../manifest add .; \
    git -C ../manifest commit -qm m; rev=$(git -C ../manifest rev-parse HEAD); \
    printf 'default_install_hook_types: [pre-commit, pre-merge-commit, commit-msg, pre-push]\nrepos:\n- repo: %s\n  rev: %s\n  hooks:\n  - id: keysweep-system\n  - id: keysweep-commit-msg\n    language: system\n  - id: keysweep-push\n    language: system\n' \
    $ROOT/manifest $rev >.pre-commit-config.yaml; git add .; git commit -qm config; ";

#[test]
fn frameworks_do_the_right_thing_in_every_kind_of_run() {
    for tool in ["pre-commit", "prek"] {
        if installed(tool) {
            let cases: Vec<(String, bool)> =
                BY_FRAMEWORK.iter().map(|(action, stopped)| (action.replace("TOOL", tool), *stopped)).collect();
            let cases: Vec<(&str, bool)> = cases.iter().map(|(action, stopped)| (action.as_str(), *stopped)).collect();
            play(&format!("{FRAMEWORK} {tool} install"), &cases);
        }
    }
}

const BY_COMMIT: &[(&str, bool)] = &[
    ("echo $K >a; git add a; git commit -qm x", true),
    ("echo a >a; git add a; git commit -qm x", false),
    ("git commit -q --allow-empty -m \"see $K\"", true),
    (
        "git init -q --bare ../origin.git; git remote add origin ../origin.git; echo $K >>base; git commit -qnam k; git push -q origin main",
        true,
    ),
    ("git init -q --bare ../origin.git; git remote add origin ../origin.git; git push -q origin main", false),
];

const INSTALL: &str = "keysweep hook install --all --write >../said; keysweep hook install --all --write >../again; \
    test $(grep -c 'nothing changed' ../again) -ge 3; keysweep hook status >../status || true; git add .; git commit -qnm managed";

#[test]
fn the_lines_written_for_a_manager_stop_keys_there() {
    for (tool, setup) in [
        ("husky", "husky; rm -f .husky/pre-commit"),
        ("husky", "husky; printf 'cat >/dev/null\\n' >.husky/pre-push"),
        (
            "lefthook",
            "printf 'pre-push:\\n  commands:\\n    a:\\n      run: \"true\"\\n' >lefthook.yml; lefthook install >/dev/null",
        ),
        (
            "lefthook",
            "printf 'pre-commit:\\n  jobs:\\n    - run: \"true\"\\n' >lefthook.yml; lefthook install >/dev/null",
        ),
        (
            "pre-commit",
            "printf 'repos:\\n- repo: local\\n  hooks: [{id: a, name: a, language: system, entry: \"true\"}]\\n' >.pre-commit-config.yaml; \
          git add .; for t in pre-commit pre-merge-commit commit-msg pre-push; do pre-commit install -t $t; done",
        ),
        (
            "prek",
            "printf 'repos:\\n  - repo: local\\n    hooks: [{id: a, name: a, language: system, entry: \"true\"}]\\n' >.pre-commit-config.yaml; \
          git add .; for t in pre-commit pre-merge-commit commit-msg pre-push; do prek install -t $t; done",
        ),
    ] {
        if installed(tool) {
            let lefthook = if tool == "lefthook" { "; lefthook install >/dev/null" } else { "" };
            play(&format!("{setup}; {INSTALL}{lefthook}"), BY_COMMIT);
        }
    }
}

#[test]
fn a_manager_is_recognised_by_its_files_and_told_what_to_add() {
    for (setup, said) in [
        ("mkdir -p .husky/_; git config core.hooksPath .husky/_", "husky runs the hooks here"),
        ("echo >lefthook.yml", "lefthook runs the hooks here"),
        (
            "printf '#!/bin/sh\\n# File generated by pre-commit: https://pre-commit.com\\n' >.git/hooks/pre-commit; chmod +x .git/hooks/pre-commit",
            "pre-commit runs the hooks here",
        ),
        (
            "printf '#!/bin/sh\\n# File generated by prek: https://prek\\n' >.git/hooks/pre-commit; chmod +x .git/hooks/pre-commit",
            "prek runs the hooks here",
        ),
    ] {
        let project = Project::git();
        let output = shell(
            &project,
            &format!(
                "{setup}; find . -type f | sort | xargs cat >../before; code=0; \
            keysweep hook install pre-commit || code=$?; find . -type f | sort | xargs cat | cmp - ../before; exit $code"
            ),
        );
        let text = text(&output);
        assert_eq!(output.status.code(), Some(2), "{setup}: {text}");
        assert!(text.contains(said) && text.contains("keysweep hook run pre-commit"), "{setup}: {text}");
    }
}
