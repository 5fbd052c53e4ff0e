//! Installing hooks beside what is there, taking them out again, and the shim itself.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;

use crate::project::{Project, key};

/// Modes and contents of all files in a directory, and the directory's absence.
fn state(directory: &Path) -> Option<BTreeMap<PathBuf, (u32, Vec<u8>)>> {
    let entries = std::fs::read_dir(directory).ok()?;
    Some(
        entries
            .map(|entry| {
                let path = entry.unwrap().path();
                let mode = Project::mode(&path);
                let content = match path.read_link() {
                    Ok(target) => target.into_os_string().into_encoded_bytes(),
                    Err(_) => std::fs::read(&path).unwrap_or_default(),
                };
                (path, (mode, content))
            })
            .collect(),
    )
}

fn shell(project: &Project, script: &str) -> Output {
    let mut command = project.command("sh");
    command.env("KEYSWEEP", env!("CARGO_BIN_EXE_keysweep")).env("K", key(1)).env("L", key(2));
    command.env("ROOT", project.root().parent().unwrap()).args(["-ec", script]).output().unwrap()
}

fn ok(project: &Project, script: &str) -> String {
    let output = shell(project, script);
    assert!(output.status.success(), "{script}: {output:?}");
    String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
}

/// A repository with one commit.
fn repository() -> Project {
    let project = Project::git();
    project.write("base", "x\n").run_git(&["add", "."]).run_git(&["commit", "-qm", "base"]);
    project
}

#[test]
fn installing_and_uninstalling_leaves_everything_as_it_was() {
    for (name, before) in [
        ("hooks as git makes them", "true"),
        ("no directory", "rm -rf .git/hooks"),
        ("an empty directory", "rm -rf .git/hooks; mkdir .git/hooks"),
        ("a hook", "printf '#!/bin/sh\\nexit 0' >.git/hooks/pre-commit; chmod 755 .git/hooks/pre-commit"),
        ("a hook that fails", "printf '#!/bin/sh\\nexit 3' >.git/hooks/pre-commit; chmod 700 .git/hooks/pre-commit"),
        (
            "a file that is not executable",
            "printf 'not executable' >.git/hooks/pre-commit; chmod 644 .git/hooks/pre-commit",
        ),
        ("a link to a hook", "printf '#!/bin/sh\\n' >own; chmod 755 own; ln -s ../../own .git/hooks/pre-push"),
        ("a link to nothing", "ln -s nowhere .git/hooks/commit-msg"),
        ("core.hooksPath", "git config core.hooksPath my/hooks"),
        ("core.hooksPath with a space", "mkdir -p 'my hooks'; git config core.hooksPath \"$PWD/my hooks\""),
    ] {
        let project = repository();
        ok(&project, before);
        let hooks = ok(&project, "printf %s \"$(git rev-parse --path-format=absolute --git-path hooks)\"");
        let was = state(Path::new(&hooks));
        ok(&project, "\"$KEYSWEEP\" hook install --all");
        let once = state(Path::new(&hooks));
        assert_ne!(was, once, "{name}");
        let twice = ok(&project, "\"$KEYSWEEP\" hook install --all");
        assert_eq!(twice.matches("nothing changed").count(), 5, "{name}: {twice}");
        assert_eq!(state(Path::new(&hooks)), once, "{name}");
        ok(&project, "\"$KEYSWEEP\" hook uninstall");
        assert_eq!(state(Path::new(&hooks)), was, "{name}");
        ok(&project, "\"$KEYSWEEP\" hook uninstall");
        assert_eq!(state(Path::new(&hooks)), was, "{name}");
    }
}

#[test]
fn the_hook_that_was_there_runs_first_and_still_blocks() {
    let record = "#!/bin/sh\n{ echo \"$(basename \"$0\") $*\"; cat; } >>\"$ROOT/ran\"\nexit $(cat \"$ROOT/code\")\n";
    for (name, action) in [
        ("pre-commit", "echo x >>base; git commit -qam x"),
        ("commit-msg", "git commit -q --allow-empty -m x"),
        ("pre-push", "git push -q \"$ROOT/remote.git\" HEAD:refs/heads/x HEAD:refs/heads/y"),
    ] {
        let project = repository();
        project.write("record", record);
        ok(
            &project,
            &format!(
                "git init -q --bare \"$ROOT/remote.git\"; chmod +x record; cp record .git/hooks/{name}; $KEYSWEEP hook install {name}; echo 0 >$ROOT/code"
            ),
        );
        ok(&project, action);
        let ran = std::fs::read_to_string(project.root().parent().unwrap().join("ran")).unwrap();
        assert!(ran.starts_with(&format!("{name}.keysweep-chained ")), "{ran}");
        if name == "pre-push" {
            assert_eq!(ran.matches("refs/heads/").count(), 2, "{ran}");
        }
        ok(&project, "echo 7 >$ROOT/code");
        let output =
            shell(&project, &action.replace("HEAD:", "HEAD:refs/").replace("refs/refs/heads", "refs/heads/new"));
        assert!(!output.status.success(), "{name}: {output:?}");
        ok(&project, "echo 0 >$ROOT/code");
        let output = shell(
            &project,
            "echo $K >>base; git commit -qam \"$K\"; git push -q \"$ROOT/remote.git\" HEAD:refs/heads/z",
        );
        assert!(!output.status.success(), "{name}: {output:?}");
    }
}

#[test]
fn the_shim_finds_the_binary_or_blocks() {
    let stop = "echo $K >>base; git commit -qam x";
    for (name, setup, action, code, said) in [
        // By its place, however short PATH is.
        (
            "by its place, however short PATH is",
            "",
            "PATH=$BARE; echo $K >>base; git commit -qam x",
            1,
            "This commit was stopped",
        ),
        // By PATH, when its place is empty.
        (
            "by PATH when its place is empty",
            "rm \"$ROOT/it's a bin/keysweep\"; ln -s $KEYSWEEP \"$ROOT/other/keysweep\"",
            "PATH=$ROOT/other:$PATH; echo $K >>base; git commit -qam x",
            1,
            "This commit was stopped",
        ),
        (
            "in neither",
            "rm \"$ROOT/it's a bin/keysweep\"",
            "PATH=$BARE; echo x >>base; git commit -qam x",
            1,
            "keysweep: not found in its place or in PATH; this commit is stopped",
        ),
        (
            "in neither, and that may pass",
            "rm \"$ROOT/it's a bin/keysweep\"; OPEN=--fail-open",
            "PATH=$BARE; echo x >>base; git commit -qam x",
            0,
            "this commit passes unchecked",
        ),
        (
            "its place holds an empty file",
            ": >\"$ROOT/it's a bin/keysweep\"",
            "PATH=$BARE; echo $K >>base; git commit -qam x",
            1,
            "keysweep: not found in its place or in PATH; this commit is stopped",
        ),
        ("a key where it may be absent", "OPEN=--fail-open", stop, 1, "This commit was stopped"),
        ("SKIP", "", "export SKIP=keysweep; echo $K >>base; git commit -qam x", 0, "keysweep: skipped, as SKIP says"),
    ] {
        let project = repository();
        let (open, setup) = if setup.contains("OPEN=") {
            ("--fail-open", setup.replace("OPEN=--fail-open", "true"))
        } else {
            ("", setup.into())
        };
        ok(
            &project,
            &format!(
                "mkdir \"$ROOT/it's a bin\" $ROOT/other; cp $KEYSWEEP \"$ROOT/it's a bin/keysweep\"; \"$ROOT/it's a bin/keysweep\" hook install {open}; {setup}"
            ),
        );
        // Everything but keysweep.
        let bare = "mkdir $ROOT/bare; for tool in git sh sed cat; do ln -s $(command -v $tool) $ROOT/bare/; done; BARE=$ROOT/bare;";
        let output = shell(&project, &format!("{bare} {action}"));
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code().unwrap().min(1), code, "{name}: {text}");
        assert!(text.contains(said), "{name}: {text}");
        assert!(code == 1 && said.starts_with("This") || text.lines().count() == 1, "{name}: {text}");
    }
}

#[test]
fn an_older_shim_is_replaced_and_a_changed_one_is_kept() {
    let project = repository();
    ok(&project, "$KEYSWEEP hook install; sed -i \"s#^keysweep=.*#keysweep='/gone/keysweep'#\" .git/hooks/pre-commit");
    assert!(ok(&project, "$KEYSWEEP hook install").contains("pre-commit: brought up to date"));
    ok(&project, "echo echo mine >>.git/hooks/pre-commit");
    let output = project.run(["hook", "uninstall"]);
    assert_eq!(output.code, 2);
    assert!(output.stderr.contains("it was changed since it was installed"), "{output:?}");
    assert!(project.path(".git/hooks/pre-commit").exists());
    ok(&project, "$KEYSWEEP hook uninstall --force");
    assert!(!project.path(".git/hooks/pre-commit").exists());
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table of cases")]
fn places_that_others_share_are_refused() {
    for (name, setup, action, code, said) in [
        (
            "a global core.hooksPath",
            "export GIT_CONFIG_GLOBAL=$ROOT/config; git config --global core.hooksPath $ROOT/shared",
            "install",
            2,
            "the global setting core.hooksPath makes every repository use",
        ),
        (
            "the same, forced",
            "export GIT_CONFIG_GLOBAL=$ROOT/config; git config --global core.hooksPath $ROOT/shared",
            "install --force",
            0,
            "installed",
        ),
        (
            "the same, for all",
            "export GIT_CONFIG_GLOBAL=$ROOT/config; git config --global core.hooksPath $ROOT/shared",
            "install --global",
            0,
            "was set already",
        ),
        (
            "core.hooksPath leads out",
            "git config core.hooksPath $ROOT/shared",
            "install",
            2,
            "core.hooksPath leads out of this repository",
        ),
        (
            "a link leads out",
            "mkdir $ROOT/shared; rm -rf .git/hooks; ln -s $ROOT/shared .git/hooks",
            "install",
            2,
            "is a link that leads out of",
        ),
        (
            "the same link, forced",
            "mkdir $ROOT/shared; rm -rf .git/hooks; ln -s $ROOT/shared .git/hooks",
            "install --force",
            0,
            "installed",
        ),
        ("a tracked directory", "git config core.hooksPath tracked/hooks", "install", 0, "is part of the work tree"),
        (
            "by an include",
            "printf '[include]\\n\\tpath = more\\n' >>.git/config; printf '[core]\\n\\thooksPath = elsewhere\\n' >.git/more",
            "install",
            0,
            "is part of the work tree",
        ),
        (
            "a bare repository",
            "cd $ROOT; git init -q --bare bare.git; cd bare.git",
            "install",
            2,
            "commits are not made in a bare repository",
        ),
        (
            "a bare repository and a hook of servers",
            "cd $ROOT; git init -q --bare bare.git; cd bare.git",
            "install pre-receive",
            0,
            "pre-receive: installed",
        ),
        ("no repository", "cd $ROOT", "install", 2, "cannot find a git repository"),
        ("a directory below", "mkdir sub; cd sub", "install", 0, "pre-commit: installed"),
        (
            "a linked worktree",
            "git worktree add -q ../linked -b linked; cd ../linked",
            "install",
            0,
            "pre-commit: installed",
        ),
    ] {
        let project = repository();
        let output = shell(&project, &format!("{setup}; $KEYSWEEP hook {action}"));
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert_eq!(output.status.code(), Some(code), "{name}: {text}");
        assert!(text.contains(said), "{name}: {text}");
    }
}

/// A template that somebody has already keeps its hooks, in clones, too; an update and an uninstall leave them.
#[test]
fn global_hooks_join_the_template_that_is_there() {
    let project = repository();
    let start = "export GIT_CONFIG_GLOBAL=$HOME/.gitconfig XDG_CONFIG_HOME=$HOME/.config";
    ok(
        &project,
        &format!(
            "{start}; mkdir -p $HOME/template/hooks; git config --global init.templateDir $HOME/template
             printf '#!/bin/sh\\necho their hook ran >&2\\n' >$HOME/template/hooks/pre-commit; chmod +x $HOME/template/hooks/pre-commit
             $KEYSWEEP hook install --global; $KEYSWEEP hook update --global"
        ),
    );
    for make in ["git init -q new", "git clone -q . new"] {
        let commit = format!("{start}; rm -rf new; {make}; cd new; echo $K >k; git add k; git commit -qm x");
        let output = shell(&project, &commit);
        let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert!(!output.status.success() && said.contains("This commit was stopped"), "{make}: {said}");
        assert!(said.contains("their hook ran"), "{make}: {said}");
        ok(&project, &format!("{start}; cd new; git rm -q --cached k; echo fine >f; git add f; git commit -qm x"));
    }
    ok(
        &project,
        &format!(
            "{start}; $KEYSWEEP hook uninstall --global; test \"$(git config --global init.templateDir)\" = $HOME/template
             grep -q 'their hook' $HOME/template/hooks/pre-commit; ! grep -qi keysweep $HOME/template/hooks/pre-commit"
        ),
    );
}

#[test]
fn global_hooks_reach_new_repositories_and_go_again() {
    let project = repository();
    let environment = "export GIT_CONFIG_GLOBAL=$HOME/.gitconfig XDG_CONFIG_HOME=$HOME/.config; touch $HOME/.gitconfig";
    let said = ok(&project, &format!("{environment}; $KEYSWEEP hook install --global"));
    assert!(said.contains("init.templateDir: it puts nobody's hooks out of use"), "{said}");
    let output =
        shell(&project, &format!("{environment}; git init -q new; cd new; echo $K >a; git add a; git commit -qm x"));
    assert!(String::from_utf8_lossy(&output.stderr).contains("This commit was stopped"), "{output:?}");
    ok(
        &project,
        &format!(
            "{environment}; $KEYSWEEP hook uninstall --global; test ! -e $HOME/.config/keysweep/git-template; test -z \"$(git config --global init.templateDir)\""
        ),
    );
}

#[test]
fn status_says_what_runs_in_which_order_and_what_does_not() {
    let project = repository();
    let status = |code| -> Value {
        let output = project.run(["hook", "status", "--format", "json"]);
        assert_eq!(output.code, code, "{output:?}");
        serde_json::from_str(&output.stdout).unwrap()
    };
    assert_eq!(status(1)["hooks"], Value::Array(Vec::new()));
    ok(
        &project,
        "printf '#!/bin/sh\\n' >.git/hooks/pre-commit; chmod +x .git/hooks/pre-commit; $KEYSWEEP hook install",
    );
    let kinds = |hook: &Value| -> Vec<String> {
        hook["runs"].as_array().unwrap().iter().map(|step| step["kind"].as_str().unwrap().to_owned()).collect()
    };
    let seen = status(0);
    assert_eq!(kinds(&seen["hooks"][0]), ["chained", "keysweep"]);
    ok(
        &project,
        "mv .git/hooks/pre-commit .git/hooks/pre-commit.old; cp .git/hooks/pre-commit.keysweep-chained .git/hooks/pre-commit",
    );
    let seen = status(1);
    assert!(seen["hooks"][0]["shadowed"][0]["why"].as_str().unwrap().contains("lefthook"), "{seen}");
    ok(&project, "mv .git/hooks/pre-commit.old .git/hooks/pre-commit; git config core.hooksPath elsewhere");
    let seen = status(1);
    assert_eq!(seen["hooks_path_scope"], "local");
    assert!(seen["hooks"][0]["shadowed"][0]["why"].as_str().unwrap().contains("core.hooksPath"), "{seen}");
    let text = project.run(["hook", "status"]).stdout;
    assert!(text.contains("not run: "), "{text}");
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table of cases")]
fn doctor_proves_that_a_key_is_stopped_and_sees_what_is_wrong() {
    for (name, setup, code, said) in [
        ("installed", "$KEYSWEEP hook install", 0, "A key would be stopped here."),
        (
            "something else is staged",
            "$KEYSWEEP hook install; echo $K >k; git add k",
            0,
            "A key would be stopped here.",
        ),
        (
            "with another hook",
            "printf '#!/bin/sh\\n' >.git/hooks/pre-commit; chmod +x .git/hooks/pre-commit; $KEYSWEEP hook install",
            0,
            "the hook that was there before runs first",
        ),
        (
            "a narrow policy",
            "$KEYSWEEP hook install; printf '[rules]\\nenable = [\"openai-*\"]\\n' >.keysweep.toml",
            0,
            "Others may pass, as the configuration says.",
        ),
        ("SKIP", "$KEYSWEEP hook install; export SKIP=a,keysweep", 1, "keysweep is in SKIP"),
        (
            "a tool that is broken",
            "printf '#!/bin/sh\\necho broken tool >&2; exit 4\\n' >.git/hooks/pre-commit; chmod +x .git/hooks/pre-commit; $KEYSWEEP hook install",
            1,
            "it says: broken tool",
        ),
        (
            "by a name that a short PATH does not have",
            "printf '#!/bin/sh\\nkeysweep hook run pre-commit\\n' >.git/hooks/pre-commit; chmod +x .git/hooks/pre-commit",
            1,
            "keysweep is not in the short PATH that programs started from a desktop have",
        ),
        ("nothing is installed", "true", 1, "is not there: keysweep hook install"),
        ("not executable", "$KEYSWEEP hook install; chmod -x .git/hooks/pre-commit", 1, "git skips it: chmod +x"),
        (
            "core.hooksPath leads elsewhere",
            "$KEYSWEEP hook install; git config core.hooksPath elsewhere",
            1,
            "core.hooksPath",
        ),
        ("the binary is gone", "cp $KEYSWEEP keysweep; ./keysweep hook install; rm keysweep", 1, "keysweep is gone"),
        (
            "another hook lets it pass",
            "printf '#!/bin/sh\\nexit 0\\n' >.git/hooks/pre-commit; chmod +x .git/hooks/pre-commit",
            1,
            "the hook let it pass",
        ),
        (
            "no interpreter",
            "printf '#!/nowhere/sh\\nexit 0\\n' >.git/hooks/pre-commit; chmod +x .git/hooks/pre-commit",
            1,
            "the hook cannot be run",
        ),
        (
            "a hook that stops everything",
            "printf '#!/bin/sh\\nexit 4\\n' >.git/hooks/pre-commit; chmod +x .git/hooks/pre-commit; $KEYSWEEP hook install",
            1,
            "stops even a harmless commit (exit code 4)",
        ),
        (
            "a linked worktree",
            "git worktree add -q ../linked -b linked; cd ../linked; $KEYSWEEP hook install",
            0,
            "A key would be stopped here.",
        ),
        (
            "before the first commit",
            "git checkout -q --orphan none; git rm -rqf .; $KEYSWEEP hook install",
            0,
            "A key would be stopped here.",
        ),
    ] {
        let project = repository();
        let script = format!(
            "{setup}; find . \"$(git rev-parse --git-dir)\" | sort >$ROOT/before; cat .git/index .git/HEAD >$ROOT/was 2>/dev/null || true; \
            code=0; $KEYSWEEP hook doctor || code=$?; find . \"$(git rev-parse --git-dir)\" | sort >$ROOT/after; cmp $ROOT/before $ROOT/after; \
            cat .git/index .git/HEAD 2>/dev/null | cmp - $ROOT/was; exit $code"
        );
        let output = shell(&project, &script);
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert_eq!(output.status.code(), Some(code), "{name}: {text}");
        assert!(text.contains(said), "{name}: {text}");
    }
}

#[test]
fn a_commit_message_is_looked_at_as_git_will_keep_it() {
    for (name, action, stopped) in [
        ("a key", "git commit -q --allow-empty -m \"see $K\"", true),
        ("none", "git commit -q --allow-empty -m clean", false),
        ("a comment", "git commit -q --allow-empty -m \"# $K\"", true),
        // git may keep a comment (`--cleanup`), and tells no hook whether it does.
        (
            "a comment from an editor",
            "export GIT_EDITOR=\"sh -c 'printf \\\"x\\n# $K\\n\\\" >\\$0'\"; git commit -q --allow-empty",
            true,
        ),
        (
            "a comment that is kept",
            "export GIT_EDITOR=\"sh -c 'printf \\\"x\\n# $K\\n\\\" >\\$0'\"; git commit -q --allow-empty --cleanup=verbatim",
            true,
        ),
        (
            "a comment above scissors",
            "export GIT_EDITOR=\"sh -c 'printf \\\"x\\n# $K\\n\\\" >\\$0'\"; git commit -q --allow-empty --cleanup=scissors",
            true,
        ),
        (
            "scissors of somebody's own",
            "printf 'x\\n# ------------------------ >8 ------------------------\\ndiff --git a b\\n%s\\n' $K >../m; git commit -q --allow-empty --cleanup=whitespace -F ../m",
            true,
        ),
        // What `commit -v` shows is the diff, which pre-commit has judged.
        (
            "the diff below an editor's text",
            "echo $K >>base; git add base; export GIT_EDITOR=\"sed -i 1s/^/x/\"; git commit -qv",
            false,
        ),
        (
            "the text above the diff",
            "echo $K >>base; git add base; export GIT_EDITOR=\"sed -i 1s/^/$K/\"; git commit -qv",
            true,
        ),
        (
            "a merge",
            "git checkout -qb topic; git commit -q --allow-empty -m t; git checkout -q main; git merge -q --no-ff -m \"merge $K\" topic",
            true,
        ),
    ] {
        let project = repository();
        ok(&project, "$KEYSWEEP hook install commit-msg");
        let output = shell(&project, action);
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(!output.status.success(), stopped, "{name}: {text}");
        assert_eq!(text.contains("This commit was stopped"), stopped, "{name}: {text}");
        assert!(!text.contains(&key(1)), "{name}");
    }
}

/// A rebase of `topic`, with a conflict in `base` that is resolved by this line.
const REBASE: &str = "git checkout -qb topic; echo topic >base; git commit -qam topic; git checkout -q main; echo main >base; git commit -qam main; \
    git checkout -q topic; git rebase -q main >/dev/null 2>&1 || true; RESOLVE >base; git add base; export GIT_EDITOR=true; git rebase --continue";

#[test]
fn a_rebase_that_brings_a_key_in_is_told_and_its_push_is_stopped() {
    for (name, resolve, is_told) in [("with a key", "echo $K", true), ("without", "echo both", false)] {
        let project = repository();
        ok(
            &project,
            "git init -q --bare $ROOT/remote.git; git remote add origin $ROOT/remote.git; git push -q origin main",
        );
        ok(&project, "$KEYSWEEP hook install --all");
        let output = shell(&project, &REBASE.replace("RESOLVE", resolve));
        let text = String::from_utf8_lossy(&output.stderr);
        // git has done it and asks nobody.
        assert!(output.status.success(), "{name}: {text}");
        assert_eq!(text.contains("The rebase is done; no hook can stop it"), is_told, "{name}: {text}");
        assert_eq!(text.contains("1 key found"), is_told, "{name}: {text}");
        assert!(!text.contains(&key(1)), "{name}: {text}");
        let output = shell(&project, "git push -q origin topic");
        assert_eq!(output.status.success(), !is_told, "{name}: {output:?}");
    }
}

#[test]
fn what_was_rewritten_is_read_as_git_writes_it() {
    let project = repository();
    ok(&project, "echo $K >>base; git commit -qam key");
    let head = ok(&project, "git rev-parse HEAD");
    let (head, none) = (head.trim(), "0".repeat(40));
    for (name, by, input, code) in [
        ("a rebase", "rebase", format!("{none} {head}\n"), 1),
        ("with more on the line", "rebase", format!("{none} {head} more\n"), 1),
        ("commits that were squashed", "rebase", format!("{none} {head}\n{head} {head}\n"), 1),
        ("an amended commit", "amend", format!("{none} {head}\n"), 0),
        ("nothing", "rebase", String::new(), 0),
        ("nonsense", "rebase", "nonsense\n".into(), 2),
        ("what is not here", "rebase", format!("{head} {none}\n"), 2),
    ] {
        let output = project.run_with(["hook", "run", "post-rewrite", by], input.as_bytes());
        assert_eq!(output.code, code, "{name}: {output:?}");
        assert_eq!(output.stdout.matches("1 key found").count(), usize::from(code == 1), "{name}: {output:?}");
    }
}

#[test]
fn hooks_of_an_older_keysweep_are_updated() {
    let older =
        "sed -i 's/^# keysweep-hook 2 pre-commit.*/# keysweep-hook 1 pre-commit fail-open/' .git/hooks/pre-commit";
    for (name, setup, code, said) in [
        ("an older one", older, 0, "pre-commit: brought up to date"),
        ("the same", "true", 0, "pre-commit: was installed already; nothing changed"),
        ("none", "$KEYSWEEP hook uninstall >/dev/null", 0, "nothing changed"),
        (
            "another place",
            "cp $KEYSWEEP ../other; ../other hook install >/dev/null; rm ../other",
            0,
            "brought up to date",
        ),
        ("one that was changed", "echo echo mine >>.git/hooks/pre-commit", 2, "keep what you added, then use --force"),
    ] {
        let project = repository();
        ok(&project, &format!("$KEYSWEEP hook install; {setup}"));
        let before = state(&project.path(".git/hooks"));
        let output = project.run(["hook", "update"]);
        assert_eq!(output.code, code, "{name}: {output:?}");
        assert!((output.stdout + &output.stderr).contains(said), "{name}");
        let is_changed = state(&project.path(".git/hooks")) != before;
        assert_eq!(is_changed, said.contains("up to date"), "{name}");
        if name == "an older one" {
            let text = std::fs::read_to_string(project.path(".git/hooks/pre-commit")).unwrap();
            assert!(text.contains("# keysweep-hook 2 pre-commit fail-open sum="), "{text}");
        }
    }
}

#[test]
fn doctor_repairs_what_can_be_repaired() {
    for (name, setup, code, said) in [
        ("nothing is installed", "true", 0, "fixed pre-commit: installed"),
        ("not executable", "$KEYSWEEP hook install; chmod -x .git/hooks/pre-commit", 0, "brought up to date"),
        ("the binary is gone", "cp $KEYSWEEP ../gone; ../gone hook install; rm ../gone", 0, "brought up to date"),
        ("it was changed", "$KEYSWEEP hook install; echo true >>.git/hooks/pre-commit", 0, "brought up to date"),
        ("nothing is wrong", "$KEYSWEEP hook install", 0, "A key would be stopped here."),
        (
            "a hook of its own",
            "printf '#!/bin/sh\\nexit 0\\n' >.git/hooks/pre-commit; chmod +x .git/hooks/pre-commit",
            0,
            "runs first",
        ),
        (
            "a shared place",
            "mkdir ../shared; git config core.hooksPath \"$ROOT/shared\"",
            1,
            "to do pre-commit: core.hooksPath leads out",
        ),
        (
            "a commit's hook that was taken for another",
            "$KEYSWEEP hook install commit-msg; rm .git/hooks/commit-msg",
            0,
            "fixed commit-msg: installed",
        ),
    ] {
        let project = repository();
        ok(&project, setup);
        let output = project.run(["hook", "doctor", "--fix"]);
        assert_eq!(output.code, code, "{name}: {output:?}");
        assert!(output.stdout.contains(said), "{name}: {output:?}");
        let again = project.run(["hook", "doctor", "--fix"]);
        assert!(!again.stdout.contains("fixed"), "{name}: {again:?}");
        assert_eq!(again.code, code, "{name}");
    }
}
