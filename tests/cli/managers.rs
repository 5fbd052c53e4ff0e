//! Other programs that run hooks, for real: pre-commit, prek, husky, lefthook, simple-git-hooks and lint-staged, each
//! where it is installed.

use std::path::Path;
use std::process::Output;

use crate::project::{Project, key};

/// Whether a program is there to test with; if not, that is said. In `.ci/run` it has to be there.
pub(crate) fn installed(program: &str) -> bool {
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

/// A sequence of shell commands, and whether a hook stops its last one because of a key.
struct HookCase {
    /// Shown when the case fails.
    name: &'static str,
    /// The shell commands; `$K` is a key.
    action: &'static str,
    /// Whether the last command fails and shows the masked key.
    stopped: bool,
}

/// Runs each case after the set-up, in a new repository. `TOOL` in an action stands for the program under test.
fn play(tool: &str, setup: &str, cases: &[HookCase]) {
    for HookCase { name, action, stopped } in cases {
        let action = action.replace("TOOL", tool);
        let project = Project::git();
        project.write("base", "x\n").run_git(&["add", "."]).run_git(&["commit", "-qm", "base"]);
        let ready = shell(&project, setup);
        assert!(ready.status.success(), "{tool}: {name}: {setup}: {}", text(&ready));
        let output = shell(&project, &action);
        let text = text(&output);
        assert_eq!(!output.status.success(), *stopped, "{tool}: {name}\n{setup}\n{action}: {text}");
        let shown = text.contains("sk-proj-") && text.contains("1 key found");
        assert_eq!(shown, *stopped, "{tool}: {name}\n{setup}\n{action}: {text}");
        assert!(!text.contains(&key(1)), "{tool}: {name}: the key is printed: {text}");
    }
}

const BY_FRAMEWORK: &[HookCase] = &[
    HookCase { name: "a new file with a key", action: "echo $K >a; git add a; git commit -qm x", stopped: true },
    HookCase { name: "a new file without a key", action: "echo a >a; git add a; git commit -qm x", stopped: false },
    HookCase { name: "a key added to a file", action: "echo $K >>base; git commit -qam x", stopped: true },
    HookCase {
        name: "a key only in the index",
        action: "echo $K >>base; git add base; git show HEAD:base >base; git commit -qm x",
        stopped: true,
    },
    HookCase {
        name: "a key only in the work tree",
        action: "echo x >x; git add x; echo $K >>base; git commit -qm x",
        stopped: false,
    },
    HookCase {
        name: "a key in a file with a quoted name",
        action: "echo $K >'a ü \"b'; git add .; git commit -qm x",
        stopped: true,
    },
    HookCase {
        name: "a key in a file named like an option",
        action: "echo $K >-n; git add -- -n; git commit -qm x",
        stopped: true,
    },
    HookCase {
        name: "a key as the target of a link",
        action: "ln -s $K link; git add link; git commit -qm x",
        stopped: true,
    },
    HookCase { name: "a deleted file", action: "git rm -q base; git commit -qm x", stopped: false },
    HookCase {
        name: "a key committed before, another file now",
        action: "echo $K >>base; git commit -qnam k; echo x >x; git add x; git commit -qm x",
        stopped: false,
    },
    HookCase {
        name: "a key committed before in a changed file",
        action: "echo $K >>base; git commit -qnam k; sed -i 1s/^/x/ base; git commit -qam x",
        stopped: false,
    },
    HookCase { name: "a key in the message", action: "git commit -q --allow-empty -m \"see $K\"", stopped: true },
    HookCase { name: "skipped by SKIP", action: "SKIP=keysweep-system git commit -qm x --allow-empty", stopped: false },
    // Nothing is staged here: gitleaks' own hook passes.
    HookCase {
        name: "all files, one with a key",
        action: "echo $K >a; git add a; git commit -qnm k; TOOL run --all-files",
        stopped: true,
    },
    HookCase { name: "all files without a key", action: "TOOL run --all-files", stopped: false },
    HookCase {
        name: "given files, one with a key",
        action: "echo $K >'a ü b'; git add .; git commit -qnm k; TOOL run --files base 'a ü b'",
        stopped: true,
    },
    HookCase {
        name: "given files without a key",
        action: "echo $K >a; git add a; git commit -qnm k; TOOL run --files base",
        stopped: false,
    },
    HookCase {
        name: "a range of commits that adds a key",
        action: "echo $K >>base; git commit -qnam k; TOOL run --from-ref HEAD~1 --to-ref HEAD",
        stopped: true,
    },
    HookCase {
        name: "a range that adds and removes a key",
        action: "echo $K >>base; git commit -qnam k; git revert -n HEAD; echo y >y; git add y; git commit -qnm gone; TOOL run --from-ref HEAD~2 --to-ref HEAD",
        stopped: true,
    },
    HookCase {
        name: "a range after the commit with a key",
        action: "echo $K >>base; git commit -qnam k; echo y >y; git add y; git commit -qnm y; TOOL run --from-ref HEAD~1 --to-ref HEAD",
        stopped: false,
    },
    HookCase {
        name: "a key in one of many files",
        action: "for i in $(seq 400); do echo $i >f$i; done; echo $K >f399; git add .; git commit -qnm k; TOOL run --all-files",
        stopped: true,
    },
    // A merge with a conflict in one file, and a key put into another.
    HookCase {
        name: "a merge with a conflict, and a key in another file",
        action: "git checkout -qb t; echo t >base; git commit -qnam t; git checkout -q main; echo m >base; git commit -qnam m; \
      git merge -q t || true; echo b >base; echo $K >other; git add .; git commit -qm x",
        stopped: true,
    },
    HookCase {
        name: "a push of a key",
        action: "git init -q --bare ../origin.git; git remote add origin ../origin.git; git push -q --no-verify origin main; \
      echo $K >>base; git commit -qnam k; git push -q origin main",
        stopped: true,
    },
    HookCase {
        name: "a push without a key",
        action: "git init -q --bare ../origin.git; git remote add origin ../origin.git; git push -q --no-verify origin main; \
      echo y >>base; git commit -qnam y; git push -q origin main",
        stopped: false,
    },
    HookCase {
        name: "the first push of a branch with a key",
        action: "git init -q --bare ../origin.git; git remote add origin ../origin.git; echo $K >>base; git commit -qnam k; git push -q origin main",
        stopped: true,
    },
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
            play(tool, &format!("{FRAMEWORK} {tool} install"), BY_FRAMEWORK);
        }
    }
}

const BY_COMMIT: &[HookCase] = &[
    HookCase { name: "a new file with a key", action: "echo $K >a; git add a; git commit -qm x", stopped: true },
    HookCase { name: "a new file without a key", action: "echo a >a; git add a; git commit -qm x", stopped: false },
    HookCase { name: "a key in the message", action: "git commit -q --allow-empty -m \"see $K\"", stopped: true },
    HookCase {
        name: "the first push of a branch with a key",
        action: "git init -q --bare ../origin.git; git remote add origin ../origin.git; echo $K >>base; git commit -qnam k; git push -q origin main",
        stopped: true,
    },
    HookCase {
        name: "a push without a key",
        action: "git init -q --bare ../origin.git; git remote add origin ../origin.git; git push -q origin main",
        stopped: false,
    },
];

const INSTALL: &str = "keysweep hook install --all --write >../said; keysweep hook install --all --write >../again; \
    test $(grep -c 'nothing changed' ../again) -ge 3; keysweep hook status >../status || true; git add .; git commit -qnm managed";

/// What makes a program run what was added to its configuration.
fn activation(tool: &str) -> &'static str {
    match tool {
        "lefthook" => "lefthook install >/dev/null",
        "simple-git-hooks" => "simple-git-hooks >/dev/null",
        _ => "true",
    }
}

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
            "simple-git-hooks",
            "printf '{\"name\": \"x\", \"simple-git-hooks\": {\"pre-push\": \"cat >/dev/null\"}}' >package.json; simple-git-hooks >/dev/null",
        ),
        (
            "simple-git-hooks",
            "printf '{}' >.simple-git-hooks.json; printf '{}' >package.json; simple-git-hooks >/dev/null",
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
            play(tool, &format!("{setup}; {INSTALL}; {}", activation(tool)), BY_COMMIT);
        }
    }
}

#[test]
fn a_manager_is_recognised_by_its_files_and_told_what_to_add() {
    for (setup, said) in [
        ("mkdir -p .husky/_; git config core.hooksPath .husky/_", "husky runs the hooks here"),
        ("echo >lefthook.yml", "lefthook runs the hooks here"),
        ("echo '{\"simple-git-hooks\": {}}' >package.json", "simple-git-hooks runs the hooks here"),
        ("echo 'module.exports = {}' >.simple-git-hooks.cjs", "simple-git-hooks runs the hooks here"),
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

/// How each program comes to run hooks, with hooks for the commit alone.
const SETUPS: &[(&str, &str)] = &[
    ("", "true"),
    ("husky", "husky"),
    (
        "lefthook",
        "printf 'colors: false\n' >lefthook.yml; ln -s \"$(dirname \"$(dirname \"$(command -v lefthook)\")\")\" node_modules",
    ),
    ("simple-git-hooks", "printf '{\"simple-git-hooks\": {}}\n' >package.json"),
    (
        "pre-commit",
        "printf 'repos: []\n' >.pre-commit-config.yaml; sed -i 's/ .*//' .pre-commit-config.yaml; pre-commit install",
    ),
    ("prek", "printf 'repos:\n' >.pre-commit-config.yaml; prek install"),
];

/// What a program has that is started from a desktop.
const DESKTOP: &str = "env -i PATH=/usr/bin:/bin HOME=$HOME GIT_CONFIG_GLOBAL=/dev/null PRE_COMMIT_HOME=$PRE_COMMIT_HOME PREK_HOME=$PREK_HOME \
    GIT_AUTHOR_NAME=Ada GIT_AUTHOR_EMAIL=ada@example.org GIT_COMMITTER_NAME=Ada GIT_COMMITTER_EMAIL=ada@example.org";

#[test]
fn programs_started_from_a_desktop_find_keysweep() {
    for (tool, setup) in SETUPS {
        if !tool.is_empty() && !installed(tool) {
            continue;
        }
        let project = Project::git();
        project.write("base", "x\n").write(".gitignore", "node_modules\n");
        let script = format!(
            "{setup} >/dev/null; keysweep hook install --write >/dev/null; {}; git add .; git commit -qnm managed
             keysweep hook doctor --fix >../fixed || true; cat ../fixed
             {DESKTOP} \"$(command -v keysweep)\" hook doctor >../doctor || {{ cat ../doctor; exit 9; }}
             echo fine >fine; git add fine; {DESKTOP} git commit -qm fine; git log -1 --format=committed:%s
             echo $K >a; git add a; if {DESKTOP} git commit -qm key; then echo passed; fi
             git status --short; cat ../doctor",
            activation(tool)
        );
        let output = shell(&project, &script);
        let text = text(&output);
        assert!(output.status.success(), "{tool}: {text}");
        for said in ["committed:fine", "1 key found", "A key would be stopped here", "the hook stopped it"] {
            assert!(text.contains(said), "{tool}: no {said:?}: {text}");
        }
        assert!(!text.contains("passed") && !text.contains("canary.txt\nA "), "{tool}: {text}");
    }
}

#[test]
fn whoever_has_no_keysweep_can_go_on_unless_it_is_required() {
    for (tool, setup) in SETUPS.iter().filter(|(tool, _)| !tool.is_empty()) {
        if !installed(tool) {
            continue;
        }
        for (before, require, code) in
            [("true", "", 0), ("true", "--require", 1), ("keysweep hook install --write", "--require", 1)]
        {
            let project = Project::git();
            project.write("base", "x\n").write(".gitignore", "node_modules\n");
            let script = format!(
                "({setup}; {before}; keysweep hook install --write {require}; keysweep hook install --write {require} >../again) >/dev/null
                 grep -q 'nothing changed' ../again; {}; git add .; git commit -qnm managed
                 PATH=${{PATH#*:}}; if command -v keysweep; then exit 9; fi; echo x >>base; git add .; git commit -qm x",
                activation(tool)
            );
            let output = shell(&project, &script);
            let text = text(&output);
            assert_eq!(output.status.code().map(|code| code.min(1)), Some(code), "{tool} {before} {require}: {text}");
            let said = if code == 0 { "this commit is not checked" } else { "this commit is stopped" };
            // pre-commit shows what a hook says only if it fails.
            let is_shown = code == 1 || !matches!(*tool, "pre-commit" | "prek");
            assert!(!is_shown || text.contains(said), "{tool} {before} {require}: {text}");
        }
    }
}

/// What another program, or a person, does to an installed hook.
struct Replacement {
    tool: &'static str,
    name: &'static str,
    replace: &'static str,
    is_lost: bool,
}

const REPLACEMENTS: &[Replacement] = &[
    Replacement {
        tool: "lefthook",
        name: "lefthook moves it aside",
        replace: "printf 'pre-commit:\n  jobs:\n    - run: \"true\"\n' >lefthook.yml; lefthook install",
        is_lost: true,
    },
    Replacement {
        tool: "simple-git-hooks",
        name: "simple-git-hooks writes over it",
        replace: "printf '{\"simple-git-hooks\": {\"pre-commit\": \"true\"}}' >package.json; simple-git-hooks",
        is_lost: true,
    },
    Replacement {
        tool: "simple-git-hooks",
        name: "simple-git-hooks removes it",
        replace: "printf '{\"simple-git-hooks\": {\"pre-push\": \"true\"}}' >package.json; simple-git-hooks",
        is_lost: true,
    },
    Replacement { tool: "husky", name: "husky sets core.hooksPath", replace: "husky", is_lost: true },
    Replacement {
        tool: "pre-commit",
        name: "pre-commit runs it first",
        replace: "printf 'repos:\n' >.pre-commit-config.yaml; pre-commit install",
        is_lost: false,
    },
    Replacement {
        tool: "prek",
        name: "prek runs it first",
        replace: "printf 'repos:\n' >.pre-commit-config.yaml; prek install",
        is_lost: false,
    },
    Replacement { tool: "git", name: "it is removed", replace: "rm .git/hooks/pre-commit", is_lost: true },
    Replacement {
        tool: "git",
        name: "it is made unexecutable",
        replace: "chmod -x .git/hooks/pre-commit",
        is_lost: true,
    },
    Replacement {
        tool: "git",
        name: "another is put there",
        replace: "printf '#!/bin/sh\n' >.git/hooks/pre-commit",
        is_lost: true,
    },
    Replacement { tool: "git", name: "it is there", replace: "true", is_lost: false },
    Replacement { tool: "git", name: "it is taken out", replace: "keysweep hook uninstall", is_lost: false },
];

#[test]
fn a_hook_that_another_program_replaced_is_noticed_by_every_command() {
    for Replacement { tool, name, replace, is_lost } in REPLACEMENTS {
        if !installed(tool) {
            continue;
        }
        let project = Project::git();
        project
            .write("base", "x\n")
            .write("deep/file", "x\n")
            .run_git(&["add", "."])
            .run_git(&["commit", "-qm", "base"]);
        let script = format!("keysweep hook install pre-commit >/dev/null; ({replace}) >/dev/null 2>&1");
        assert!(shell(&project, &script).status.success(), "{name}");
        for command in ["scan -q", "staged -q", "rules list", "hook run pre-commit", "cd deep; keysweep scan -q"] {
            let output =
                shell(&project, &format!("keysweep {command} 2>&1 >/dev/null").replace("keysweep cd deep", "cd deep"));
            let text = text(&output);
            assert_eq!(text.contains("does not run any more"), *is_lost, "{name}: {command}: {text}");
            assert!(text.lines().count() <= usize::from(*is_lost), "{name}: {command}: {text}");
            assert_eq!(output.status.code(), Some(0), "{name}: {command}: {text}");
        }
        let status = text(&shell(&project, "keysweep hook status || true"));
        assert_eq!(status.contains("not keysweep any more"), *is_lost, "{name}: {status}");
        if *is_lost {
            let doctor = text(&shell(&project, "keysweep hook doctor || true"));
            assert!(doctor.contains("BAD   lost"), "{name}: {doctor}");
            let script = format!(
                "keysweep hook doctor --fix || true; {}; keysweep hook doctor; keysweep scan -q",
                activation(tool)
            );
            let output = shell(&project, &script);
            let text = text(&output);
            assert!(output.status.success(), "{name}: {text}");
            assert!(text.contains("fixed") && !text.contains("does not run any more"), "{name}: {text}");
        }
    }
}

#[test]
fn lint_staged_hands_over_what_is_staged() {
    if !installed("lint-staged") {
        return;
    }
    let setup = "printf '{\"name\": \"x\", \"lint-staged\": {\"*\": \"keysweep hook run pre-commit --framework --\"}}' >package.json; \
        printf '#!/bin/sh\nlint-staged\n' >.git/hooks/pre-commit; chmod +x .git/hooks/pre-commit; git add .; git commit -qnm managed";
    play(
        "lint-staged",
        setup,
        &[
            HookCase {
                name: "a new file with a key",
                action: "echo $K >a; git add a; git commit -qm x",
                stopped: true,
            },
            HookCase {
                name: "a new file without a key",
                action: "echo a >a; git add a; git commit -qm x",
                stopped: false,
            },
            HookCase {
                name: "a key committed before in a changed file",
                action: "echo $K >>base; git commit -qnam k; sed -i 1s/^/x/ base; git commit -qam x",
                stopped: false,
            },
        ],
    );
}
