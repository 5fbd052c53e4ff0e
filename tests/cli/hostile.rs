//! Policy files that a hostile repository brings along: they are read only from within it, and cost little.

use std::os::unix::fs::symlink;

use crate::project::{Project, key};

/// A file outside of the repository, of which no message may show a byte.
const OUTSIDE: &str = "outside-words-0123456789 = [";

/// A link in the place of each file that a scan reads for itself, and what it says of it.
#[test]
fn links_are_not_followed_out_of_the_repository() {
    for (file, config, commands) in [
        (".keysweep.toml", "", &["scan", "config show", "config check", "rules list"][..]),
        (".keysweepignore", "", &["scan", "config check", "explain a.txt"]),
        (".keysweep-baseline", "", &["scan", "baseline check", "baseline update"]),
        (".keysweep-baseline/0123456789abcdef0123456789abcdef", "", &["baseline check", "baseline update"]),
        ("rules.toml", "extends = ['rules.toml']", &["scan", "rules list"]),
        ("rules.toml", "extends = ['outer.toml']", &["scan", "rules list"]),
        ("known.env", "known-keys = ['known.env']", &["scan", "config check"]),
        ("mine", "[suppress]\nignore-file = 'mine'", &["scan"]),
        ("mine", "[suppress]\nbaseline = 'mine'", &["scan", "baseline update"]),
        ("conf/mine", "[suppress]\nignore-file = 'conf/mine'", &["scan"]),
        (".gitleaksignore", "", &["baseline import"]),
    ] {
        for target in ["../outside", "/dev/zero", "fifo", "../directory"] {
            let project = Project::git();
            project.write("a.txt", key(1)).write("../outside", OUTSIDE).write("../directory/outside", OUTSIDE);
            project.write("outer.toml", "[extend]\npath = 'rules.toml'\n[[rules]]\nid = 'x'\nregex = 'x{40}'\n");
            project.command("mkfifo").arg("fifo").status().unwrap();
            if !config.is_empty() {
                project.write(".keysweep.toml", config);
            }
            let path = project.path(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            let target = if target.starts_with('/') { target.into() } else { project.path(target) };
            symlink(&target, &path).unwrap();
            for command in commands {
                let output = project.run(command.split(' '));
                let context = format!("{file} -> {}: {command}: {output:#?}", target.display());
                assert_eq!(output.code, 2, "{context}");
                assert_eq!(output.stderr.lines().filter(|line| line.starts_with("keysweep: ")).count(), 1, "{context}");
                let said = output.stdout + &output.stderr;
                assert!(!said.contains("outside-words") && !said.contains("0123456789 ="), "{context}");
            }
        }
    }
}

#[test]
fn a_configuration_names_nothing_outside_of_its_repository_unless_a_person_named_it() {
    let project = Project::git();
    let rules = "[[rules]]\nid = 'x'\nregex = 'x{40}'\n";
    project.write("../rules.toml", rules).write("a.txt", "x".repeat(40)).write("in/side.toml", rules);
    let outside = project.path("../rules.toml");
    for path in ["../rules.toml", outside.to_str().unwrap(), "in/../../rules.toml"] {
        project.write(".keysweep.toml", format!("extends = ['{path}']"));
        let output = project.run(["scan"]);
        assert_eq!(output.code, 2, "{path}: {output:#?}");
        assert!(output.stderr.contains("it is outside of the repository"), "{path}: {}", output.stderr);
        let output = project.run(["scan", "--config", ".keysweep.toml"]);
        assert_eq!(output.code, 1, "{path}: {output:#?}");
    }
    symlink("in", project.path("link")).unwrap();
    for path in ["in/side.toml", "link/side.toml", "./in/../in/side.toml"] {
        project.write(".keysweep.toml", format!("extends = ['{path}']"));
        assert_eq!(project.run(["scan"]).code, 1, "{path}");
    }
}

#[test]
fn what_the_command_line_names_is_read_wherever_it_is() {
    let project = Project::git();
    project.write("../outside.toml", "[rules]\ndisable = ['openai-*']").write("a.txt", key(1));
    symlink(project.path("../outside.toml"), project.path("link.toml")).unwrap();
    assert_eq!(project.run(["scan"]).code, 1);
    assert_eq!(project.run(["scan", "--config", "link.toml"]).code, 0);
    let piped = "cat ../outside.toml | \"$0\" scan --config /dev/stdin";
    let output = project.command("sh").args(["-c", piped, env!("CARGO_BIN_EXE_keysweep")]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn what_would_take_long_is_refused_at_once() {
    let list = |name: &str, entry: &dyn Fn(usize) -> String| {
        format!("{name} = [{}]\n", (0..200_000).map(entry).collect::<Vec<_>>().join(","))
    };
    let glob = |number: usize| format!("'dir{number}/**/*.x{number}'");
    for (config, words) in [
        ("[limits]\nthreads = 10000\n".to_owned(), "10000 threads are too many"),
        (format!("[paths]\n{}", list("exclude", &glob)), "200000 entries in this list"),
        (format!("[paths]\n{}", list("include", &glob)), "200000 entries in this list"),
        (format!("[[allowlist]]\n{}", list("paths", &glob)), "200000 entries in this list"),
        (
            format!("[[allowlist]]\n{}", list("regexes", &|number| format!("'x{number}'"))),
            "200000 entries in this list",
        ),
    ] {
        let project = Project::new();
        project.write("a.txt", key(1)).write(".keysweep.toml", config);
        let output = project.run(["scan"]);
        assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{}", output.stderr);
        assert!(output.stderr.contains(words) && output.stderr.lines().count() == 1, "{}", output.stderr);
    }
    let output = Project::new().run(["scan", "--threads", "10000"]);
    assert_eq!(output.code, 2, "{output:#?}");
}

/// The file holds keys: it is written to the place that was named and to no other.
#[test]
fn replacements_do_not_follow_links() {
    let project = Project::git();
    project.write("a.txt", key(1)).write("../victim", "as it was");
    project.run_git(&["add", "."]).run_git(&["commit", "-qm", "one"]);
    symlink(project.path("../victim"), project.path("link")).unwrap();
    symlink(project.path("../new"), project.path("dangling")).unwrap();
    for (name, code) in [("link", 2), ("dangling", 2), ("fresh", 1)] {
        let output = project.run(["history", "--write-replacements", name]);
        assert_eq!(output.code, code, "{name}: {output:#?}");
    }
    assert_eq!(std::fs::read_to_string(project.path("../victim")).unwrap(), "as it was");
    assert!(!project.path("../new").exists());
    assert_eq!(std::fs::read_to_string(project.path("fresh")).unwrap(), format!("literal:{}\n", key(1)));
}

/// What a shell's `ulimit -v` allows is used up by a configuration that is read as a whole.
#[test]
#[cfg(target_os = "linux")]
fn no_memory_is_one_line_and_exit_code_2() {
    let project = Project::new();
    project.write(".keysweep.toml", format!("extends = [{}]", "'a',".repeat(1 << 20)));
    let limited = "ulimit -v 100000; exec \"$0\" config show";
    let output = project.command("sh").args(["-c", limited, env!("CARGO_BIN_EXE_keysweep")]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.starts_with("keysweep: cannot go on: the system gives no more memory"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

/// What is read for hooks, how it comes to be read, and the commands that say so instead of waiting for it.
#[test]
fn what_stands_in_the_place_of_a_hook_is_not_waited_for() {
    for (file, before, commands) in [
        (".git/hooks/pre-commit", "", &["install", "status", "doctor", "uninstall"][..]),
        (".git/hooks/pre-commit.keysweep-chained", "$KEYSWEEP hook install >/dev/null", &["doctor", "status"]),
        (".git/hooks/pre-commit.old", "", &["status"]),
        ("lefthook.yml", "touch lefthook.toml", &["install"]),
        (".husky/pre-commit", "mkdir -p .husky/_; git config core.hooksPath .husky/_", &["install", "install --write"]),
        (
            ".pre-commit-config.yaml",
            "printf '#!/bin/sh\\n# File generated by pre-commit: x\\n' >.git/hooks/pre-commit; chmod +x .git/hooks/pre-commit",
            &["install", "install --write", "status", "doctor"],
        ),
        (".git/config", "", &["install", "status", "doctor", "uninstall"]),
    ] {
        for what in ["mkfifo", "ln -s /dev/zero"] {
            for action in commands {
                let project = Project::git();
                let script = format!(
                    "{before}\nmkdir -p $(dirname {file}); rm -f {file}; {what} {file}\n\
                     code=0; timeout 60 $KEYSWEEP hook {action} >../out 2>../err || code=$?; cat ../out ../err; exit $code"
                );
                let mut command = project.command("sh");
                let command = command.env("KEYSWEEP", env!("CARGO_BIN_EXE_keysweep")).args(["-ec", &script]);
                let output = command.output().unwrap();
                let said =
                    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
                let context = format!("{what} {file}: {action}: {said}");
                // What is no regular file at the place of a configuration is none, and nothing waits for it.
                let ignored = file == "lefthook.yml" || file.ends_with("chained");
                assert!(matches!(output.status.code(), Some(0..=2)), "{context}");
                assert!(ignored || output.status.code() == Some(2), "{context}");
                assert!(ignored || said.contains("not a regular file"), "{context}");
            }
        }
    }
}
