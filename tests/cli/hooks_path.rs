//! Where git runs hooks from, as its configuration says at all levels: read as git reads it, which is asked in each
//! case.

use serde_json::Value;

use crate::project::Project;

/// What is set, in a repository `work` with a worktree `linked` beside it.
const CASES: &[(&str, &str)] = &[
    ("nothing", ""),
    ("the repository", "git config core.hooksPath own"),
    ("an absolute path", "git config core.hooksPath \"$ROOT/else where\""),
    ("the user", "git config --global core.hooksPath '~/hooks'"),
    (
        "the user's other file",
        "mkdir -p $XDG_CONFIG_HOME/git; git config -f $XDG_CONFIG_HOME/git/config core.hooksPath x",
    ),
    (
        "both of the user's files",
        "mkdir -p $XDG_CONFIG_HOME/git; git config -f $XDG_CONFIG_HOME/git/config core.hooksPath x; git config --global core.hooksPath y",
    ),
    ("a file that is named", "export GIT_CONFIG_GLOBAL=$ROOT/named; git config --global core.hooksPath /named"),
    (
        "the system",
        "export GIT_CONFIG_NOSYSTEM=0 GIT_CONFIG_SYSTEM=$ROOT/sys; git config -f $ROOT/sys core.hooksPath /sys",
    ),
    ("no system", "export GIT_CONFIG_SYSTEM=$ROOT/sys; git config -f $ROOT/sys core.hooksPath /sys"),
    ("the repository before the user", "git config --global core.hooksPath /global; git config core.hooksPath local"),
    ("the command line", "export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.hooksPath GIT_CONFIG_VALUE_0=counted"),
    ("git -c", "export GIT_CONFIG_PARAMETERS=\"'core.hookspath'='it'\\\\''s'\"; git config core.hooksPath no"),
    ("git -c of an older git", "export GIT_CONFIG_PARAMETERS=\"'core.hookspath=older'\""),
    (
        "a worktree's own",
        "git config extensions.worktreeConfig true; cd ../linked; git config --worktree core.hooksPath mine",
    ),
    (
        "another worktree's",
        "git config extensions.worktreeConfig true; git -C ../linked config --worktree core.hooksPath mine",
    ),
    ("a linked worktree", "cd ../linked; git config core.hooksPath local"),
    ("a directory below", "git config core.hooksPath local; mkdir deep; cd deep"),
    ("a bare repository", "git init -q --bare ../bare; cd ../bare; git config core.hooksPath bare-hooks"),
    ("GIT_DIR", "git init -q ../far; git -C ../far config core.hooksPath far; export GIT_DIR=$ROOT/far/.git"),
    ("an include", "git config include.path more; git config -f .git/more core.hooksPath included"),
    (
        "what follows an include",
        "git config include.path more; git config -f .git/more core.hooksPath a; git config core.hooksPath b",
    ),
    ("the user's include", "git config --global include.path '~/more'; git config -f ~/more core.hooksPath /more"),
    ("an include that is not there", "git config include.path none"),
    (
        "includes of includes",
        "for n in 1 2 3 4 5 6 7 8; do git config -f .git/m$n include.path m$((n+1)); done; git config include.path m1; git config -f .git/m9 core.hooksPath deep",
    ),
    ("gitdir", "git config --global includeIf.gitdir:$ROOT/work/.path ~/if; git config -f ~/if core.hooksPath /if"),
    (
        "gitdir of another",
        "git config --global includeIf.gitdir:$ROOT/other/.path ~/if; git config -f ~/if core.hooksPath /if",
    ),
    ("gitdir by name", "git config --global includeIf.gitdir:work/.path ~/if; git config -f ~/if core.hooksPath /if"),
    (
        "gitdir from home",
        "git config --global 'includeIf.gitdir:~/x/.path' if; git config -f ~/if core.hooksPath /if; git init -q ~/x/y; cd ~/x/y",
    ),
    ("gitdir from the file", "git config 'includeIf.gitdir:./.path' if; git config -f .git/if core.hooksPath if"),
    (
        "gitdir in any case",
        "git config --global includeIf.gitdir/i:WORK/.path ~/if; git config -f ~/if core.hooksPath /if",
    ),
    ("a branch", "git config includeIf.onbranch:ma*.path if; git config -f .git/if core.hooksPath branch"),
    ("another branch", "git config includeIf.onbranch:topic.path if; git config -f .git/if core.hooksPath branch"),
    (
        "a remote",
        "git config --global 'includeIf.hasconfig:remote.*.url:https://example.org/**.path' ~/if; git config -f ~/if core.hooksPath /if; git remote add o https://example.org/a/b",
    ),
    (
        "no such remote",
        "git config --global 'includeIf.hasconfig:remote.*.url:https://example.org/**.path' ~/if; git config -f ~/if core.hooksPath /if",
    ),
    ("an unknown condition", "git config includeIf.whatever:x.path if; git config -f .git/if core.hooksPath if"),
];

#[test]
fn hooks_are_where_git_looks_for_them() {
    for (name, setup) in CASES {
        let project = Project::git();
        project.write("base", "x\n").run_git(&["add", "."]).run_git(&["commit", "-qm", "base"]);
        project.run_git(&["worktree", "add", "-q", "../linked", "-b", "linked"]);
        let script = format!(
            "unset GIT_CONFIG_GLOBAL; export XDG_CONFIG_HOME=$HOME/xdg; touch $HOME/.gitconfig; {setup}\n\
             git rev-parse --path-format=absolute --git-path hooks; git config --show-scope --get core.hooksPath || echo none\n\
             \"$KEYSWEEP\" hook status --format json || true"
        );
        let root = project.root().parent().unwrap().canonicalize().unwrap();
        let mut command = project.command("sh");
        command.env("HOME", root.join("home")).env("ROOT", &root).env("KEYSWEEP", env!("CARGO_BIN_EXE_keysweep"));
        let output = command.args(["-ec", &script]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {said}");
        let lines = String::from_utf8(output.stdout).unwrap();
        let [hooks, scope, status] = lines.lines().collect::<Vec<_>>()[..] else { panic!("{name}: {lines}{said}") };
        let status: Value = serde_json::from_str(status).unwrap();
        let scope = scope.split('\t').next().filter(|scope| *scope != "none");
        assert_eq!(
            (status["hooks_path"].as_str(), status["hooks_path_scope"].as_str()),
            (Some(hooks), scope),
            "{name}"
        );
    }
}

/// Git would not run what is installed in `.git/hooks`, and what is outside belongs to others, too.
#[test]
fn hooks_that_git_would_not_run_are_not_installed() {
    for (setup, why) in [
        ("git config core.hooksPath ''", "core.hooksPath is empty"),
        ("git config --global core.hooksPath ''", "core.hooksPath is empty"),
        ("git config core.hooksPath '~root/hooks'", "the home directory of a user"),
        ("git config core.hooksPath ../shared", "leads out of this repository"),
        ("git config core.hooksPath sub/../../shared", "leads out of this repository"),
        ("mkdir -p ../shared; ln -s ../shared link; git config core.hooksPath link", "leads out of this repository"),
    ] {
        let project = Project::git();
        let script = format!("unset GIT_CONFIG_GLOBAL; {setup}; \"$KEYSWEEP\" hook install");
        let mut command = project.command("sh");
        let output = command.env("KEYSWEEP", env!("CARGO_BIN_EXE_keysweep")).args(["-ec", &script]).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && text.contains(why), "{setup}: {text}");
    }
}

#[test]
fn configuration_that_does_not_end_is_an_error() {
    for (name, setup, said) in [
        ("itself", "git config include.path config", "include each other more than 10 deep"),
        ("an endless file", "git config include.path /dev/zero", "it is a device"),
        ("a FIFO", "mkfifo .git/fifo; git config include.path fifo", "it is a FIFO"),
    ] {
        let project = Project::git();
        let script = format!("{setup}; exec timeout 60 \"$KEYSWEEP\" hook status");
        let mut command = project.command("sh");
        let output = command.env("KEYSWEEP", env!("CARGO_BIN_EXE_keysweep")).args(["-ec", &script]).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{name}: {text}");
        assert!(text.contains(said) && text.lines().count() == 1, "{name}: {text}");
    }
}
