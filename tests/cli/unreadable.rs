//! Files that whoever runs keysweep may not read: the run ends with exit code 2 and says which.

use std::process::{Command, Stdio};

use crate::project::{Output, Project, key};

/// Somebody who owns nothing here: to root no file is unreadable.
const SOMEBODY: [&str; 4] = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

/// The command line before that of keysweep; `None` if everything can be read, so that there is nothing to test.
fn as_somebody() -> Option<&'static [&'static str]> {
    let project = Project::new();
    shell(&project, "touch locked; chmod 0 locked");
    if std::fs::read(project.path("locked")).is_err() {
        return Some(&[]);
    }
    let changed = Command::new(SOMEBODY[0]).args(&SOMEBODY[1..]).arg("true").stderr(Stdio::null()).status();
    let can_change = changed.is_ok_and(|status| status.success());
    let is_required = std::env::var_os("KEYSWEEP_REQUIRE_TOOLS").is_some();
    assert!(can_change || !is_required, "setpriv, which runs a command as another user, does not work");
    can_change.then_some(&SOMEBODY)
}

fn shell(project: &Project, script: &str) {
    let output = project.command("sh").env("K", key(1)).env("L", key(2)).args(["-ec", script]).output().unwrap();
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A repository with a commit and a staged file, loose and packed objects, and something of all that the table names.
const SETUP: &str = "
    git init -q -b main; git config gc.auto 0
    mkdir sub; echo log >a.log; echo '*.log' >.gitignore; echo '*.tmp' >sub/.gitignore; echo text >text; touch sub/file
    echo '# none' >.keysweepignore; echo '[rules]' >.keysweep.toml; printf '' >.keysweep-baseline
    git add .; git commit -qm base; git repack -qad; git tag t; git pack-refs --all; git update-ref refs/heads/side main
    echo more >more; git add .; git commit -qm second; echo \"k = '$K'\" >staged; git add staged
    touch .git/objects/info/alternates .git/shallow .git/info/exclude; git init -q --bare ../other.git";

/// What cannot be read, and by each command what it says then.
const CASES: &[(&str, &[&str], &str)] = &[
    (".git", &["scan", "history", "staged"], ".git"),
    (".git/config", &["scan", "history", "staged"], ".git/config"),
    (".git/HEAD", &["history", "staged"], "HEAD"),
    (".git/index", &["staged", "scan"], "index"),
    (".git/refs", &["history"], "refs"),
    (".git/refs/heads", &["history"], "refs/heads"),
    (".git/refs/heads/main", &["history", "staged"], "main"),
    (".git/refs/heads/side", &["history"], "refs/heads/side"),
    (".git/packed-refs", &["history"], "packed-refs"),
    (".git/logs", &["history"], "logs"),
    (".git/logs/HEAD", &["history"], "logs/HEAD"),
    (".git/logs/refs/heads", &["history"], "logs/refs/heads"),
    (".git/shallow", &["history"], "shallow"),
    (".git/objects", &["history", "staged"], "object"),
    (".git/objects/info/alternates", &["history"], "alternates"),
    (".git/objects/pack", &["history"], "pack"),
    (".git/objects/pack/*.idx", &["history"], ".idx"),
    (".git/objects/pack/*.pack", &["history"], ".pack"),
    // The directory of the staged file's object.
    (".git/objects/$(git rev-parse :staged | cut -c-2)", &["history", "staged"], "object"),
    (".git/objects/??/$(git rev-parse :staged | cut -c3-)", &["history", "staged"], "object"),
    (".git/info/exclude", &["scan"], "exclude"),
    (".gitignore", &["scan"], ".gitignore"),
    ("sub/.gitignore", &["scan"], "sub/.gitignore"),
    ("sub", &["scan"], "sub"),
    ("text", &["scan"], "text"),
    (".keysweep.toml", &["scan", "history", "staged"], ".keysweep.toml"),
    (".keysweepignore", &["scan", "history", "staged"], ".keysweepignore"),
    (".keysweep-baseline", &["scan", "history", "staged"], ".keysweep-baseline"),
];

#[test]
fn what_may_not_be_read_is_an_error_that_names_it() {
    let Some(prefix) = as_somebody() else { return };
    let project = Project::new();
    let unlock = "chmod -R a+rX,u+w ..";
    shell(
        &project,
        &format!("{SETUP}\ncp {} ../keysweep; chmod 755 ../keysweep; {unlock}", env!("CARGO_BIN_EXE_keysweep")),
    );
    for command in ["scan", "history", "staged"] {
        let output = run(&project, prefix, command);
        assert_eq!(output.code, 1, "{command}, with everything readable: {output:#?}");
    }
    for (place, commands, said) in CASES {
        shell(&project, &format!("chmod 0 {place}"));
        for command in *commands {
            let output = run(&project, prefix, command);
            assert_eq!(output.code, 2, "{command} without {place}: {output:#?}");
            let is_said = |line: &str| line.contains(said) && line.to_lowercase().contains("permission denied");
            assert!(output.stderr.lines().any(is_said), "{command} without {place}: {output:#?}");
        }
        shell(&project, unlock);
    }
}

fn run(project: &Project, prefix: &[&str], command: &str) -> Output {
    let line = [prefix, &["../keysweep", command]].concat();
    let output = project.command(line[0]).args(&line[1..]).stdin(Stdio::null()).output().unwrap();
    Output {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}
