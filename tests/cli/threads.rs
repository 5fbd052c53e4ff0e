//! How many threads a run has, and what it does where the system gives it none.

use std::process::Stdio;

use crate::project::{Project, key};

/// Stacks of this size cannot be had, so that no thread can be started: the same refusal as of a system that has reached
/// its limit of threads, but for every user.
const NO_THREADS: (&str, &str) = ("RUST_MIN_STACK", "100000000000000");

/// A command and what it reads from standard input.
struct Case {
    name: &'static str,
    args: Vec<&'static str>,
    input: String,
}

/// A repository with keys in files, commits and the index, and commands that find them.
fn repository() -> (Project, Vec<Case>) {
    let project = Project::git();
    for commit in 0..3 {
        for file in 0..40 {
            let content = if file == 7 { key(commit) } else { format!("content {file} {commit}") };
            project.write(format!("d{}/f{file}", file % 5), format!("{content}\n"));
        }
        project.run_git(&["add", "."]);
        if commit < 2 {
            project.run_git(&["commit", "-qm", "x"]).run_git(&["repack", "-qad"]);
        }
    }
    let git = |args: &[&str]| {
        let output = project.command("git").args(args).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let new = git(&["commit-tree", "-p", "HEAD", "-m", "new", &git(&["write-tree"])]);
    let none = "0".repeat(40);
    let push = format!("refs/heads/new {new} refs/heads/new {none}\n");
    let receive = format!("{none} {new} refs/heads/new\n");
    let case = |name, args: &[&'static str], input: &str| Case { name, args: args.to_vec(), input: input.to_owned() };
    let commands = vec![
        case("scan", &["scan", "--format", "jsonl", "."], ""),
        case("staged", &["staged", "--format", "jsonl"], ""),
        case("history", &["history", "--format", "jsonl", "--file-names"], ""),
        case("pre-push", &["hook", "run", "pre-push"], &push),
        case("pre-receive", &["hook", "run", "pre-receive"], &receive),
        case("ci", &["ci", "--base", "HEAD~1", "--format", "jsonl"], ""),
    ];
    (project, commands)
}

#[test]
fn without_threads_the_calling_thread_does_it_all() {
    let (project, commands) = repository();
    for Case { name, args, input } in commands {
        let expected = project.run_with(&args, input.as_bytes());
        assert_eq!(expected.code, 1, "{name}: {expected:?}");
        let mut command = project.command(env!("CARGO_BIN_EXE_keysweep"));
        std::fs::write(project.path("../input"), &input).unwrap();
        let input = std::fs::File::open(project.path("../input")).unwrap();
        let output = command.args(&args).env(NO_THREADS.0, NO_THREADS.1).stdin(Stdio::from(input)).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{name}: {error}");
        assert_eq!(
            (&*String::from_utf8_lossy(&output.stdout), &*error),
            (&*expected.stdout, &*expected.stderr),
            "{name}"
        );
    }
}

#[test]
fn every_command_says_the_same_with_any_number_of_threads() {
    let (project, commands) = repository();
    for Case { name, args, input } in commands.iter().filter(|case| !case.name.starts_with("pre-")) {
        let run = |threads| project.run_with(args.iter().chain(&["--threads", threads]), input.as_bytes());
        let one = run("1");
        assert_eq!(one.code, 1, "{name}: {one:?}");
        for threads in ["2", "5"] {
            assert_eq!(run(threads), one, "{name} with {threads} threads");
        }
    }
}
