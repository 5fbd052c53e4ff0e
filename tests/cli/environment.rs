//! Settings of the environment and of the user's own file, and what the terminal and its variables change.

use crate::project::{Output, Project, key};

fn run(project: &Project, args: &[&str], env: &[(&str, &str)]) -> Output {
    let output = project.command(env!("CARGO_BIN_EXE_keysweep")).args(args).envs(env.iter().copied()).output().unwrap();
    Output {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn the_environment_goes_before_the_file_and_the_users_file_behind_it() {
    let project = Project::git();
    project.write("a.py", format!("k = '{}'\n", key(1)));
    let user = "../home/.config/keysweep/config.toml";
    let shown = |env: &[(&str, &str)], key: &str| {
        let output = run(&project, &["config", "show"], env);
        assert_eq!(output.code, 0, "{output:?}");
        let line = output.stdout.lines().find(|line| line.starts_with(&format!("{key} = "))).unwrap().to_owned();
        let (setting, from) = line.split_once('#').unwrap();
        (setting.split_once(" = ").unwrap().1.trim().to_owned(), from.trim().to_owned())
    };
    assert_eq!(shown(&[], "limits.threads").1, "default");
    project.write(
        user,
        "limits.threads = 2\nrules.disable = ['openai-*']\n[[allowlist]]\nreason = 'mine'\npaths = ['x/**']\n",
    );
    let (threads, from) = shown(&[], "limits.threads");
    assert!(threads == "2" && from.ends_with("config.toml:1"), "{threads} {from}");
    assert_eq!(run(&project, &["scan"], &[]).code, 0, "the user's own file turns the rule off");
    assert_eq!(run(&project, &["scan"], &[("KEYSWEEP_USER_CONFIG", "")]).code, 1, "unless it is turned off itself");
    project.write(".keysweep.toml", "limits.threads = 3\nrules.disable = []\n");
    assert_eq!(shown(&[], "limits.threads"), ("3".into(), ".keysweep.toml:1".into()));
    assert_eq!(shown(&[], "allowlist").0, "\"mine\"");
    let (threads, from) = shown(&[("KEYSWEEP_LIMITS_THREADS", "1")], "limits.threads");
    assert!(threads == "1" && from.starts_with("KEYSWEEP_LIMITS_THREADS"), "{threads} {from}");
    project.write(".keysweep.toml", "rules.disable = ['groq-*']\n");
    assert_eq!(run(&project, &["scan"], &[]).code, 1, "the repository says which rules run");
    assert_eq!(run(&project, &["scan"], &[("KEYSWEEP_RULES_DISABLE", "openai-*, groq-*")]).code, 0);
    let json = run(&project, &["scan"], &[("KEYSWEEP_OUTPUT_FORMAT", "json")]);
    assert!(json.stdout.starts_with('{'), "{json:?}");
}

/// Of severities that both files give, the repository's holds; the user's own are for the rest.
#[test]
fn the_repositorys_severities_go_before_the_users() {
    let project = Project::git();
    project.write("a.py", format!("k = '{}'\n", key(1)));
    let scan = |user: &str, repository: &str| {
        project.write("../home/.config/keysweep/config.toml", format!("[rules.severity]\n{user}\n"));
        project.write(".keysweep.toml", format!("[rules.severity]\n{repository}\n"));
        run(&project, &["scan"], &[]).stdout
    };
    let shown = scan("'openai-project-key' = 'info'", "'openai-*' = 'high'");
    assert!(shown.contains("high, certain"), "{shown}");
    let shown = scan("'openai-project-key' = 'info'", "'groq-*' = 'high'");
    assert!(shown.contains("info, certain"), "{shown}");
}

#[test]
fn a_variable_that_says_nothing_understandable_is_an_error() {
    let project = Project::git();
    for (name, value, said) in [
        ("KEYSWEEP_LIMITS_THREDS", "1", "did you mean KEYSWEEP_LIMITS_THREADS?"),
        ("KEYSWEEP_LIMITS_THREADS", "many", "KEYSWEEP_LIMITS_THREADS"),
        ("KEYSWEEP_RULES_MIN_SEVERITY", "loud", "KEYSWEEP_RULES_MIN_SEVERITY"),
        ("KEYSWEEP_SUPPRESS_INLINE", "perhaps", "KEYSWEEP_SUPPRESS_INLINE"),
        ("KEYSWEEP_OUTPUT_FORMAT", "paper", "formats: "),
    ] {
        let output = run(&project, &["scan"], &[(name, value)]);
        assert!(output.code == 2 && output.stderr.contains(said), "{name}: {output:?}");
        assert_eq!(output.stderr.lines().count(), 1, "{output:?}");
    }
}

#[test]
fn colours_follow_the_variables_that_everybody_knows() {
    let project = Project::git();
    project.write("a.py", format!("k = '{}'\n", key(1)));
    for (env, colored) in [
        (&[][..], false),
        (&[("CLICOLOR_FORCE", "1")], true),
        (&[("FORCE_COLOR", "1")], true),
        (&[("FORCE_COLOR", "0")], false),
        (&[("CLICOLOR_FORCE", "0")], false),
        (&[("FORCE_COLOR", "1"), ("NO_COLOR", "1")], false),
        (&[("FORCE_COLOR", "1"), ("NO_COLOR", "")], true),
    ] {
        let output = run(&project, &["scan"], env);
        assert_eq!(output.stdout.contains("\u{1b}["), colored, "{env:?}");
    }
    let output = run(&project, &["scan", "--color", "never"], &[("FORCE_COLOR", "1")]);
    assert!(!output.stdout.contains('\u{1b}'), "the command line wins");
}

#[test]
fn a_typing_error_is_answered_with_the_help_of_its_command() {
    let project = Project::new();
    for (args, command) in [
        (&["scan", "--thread", "2"][..], "keysweep scan --help"),
        (&["hook", "install", "--al"], "keysweep hook install --help"),
        (&["hook", "instal"], "keysweep hook --help"),
        (&["scna"], "keysweep --help"),
        (&["ignore", "a:1", "--untill", "x"], "keysweep ignore --help"),
    ] {
        let output = run(&project, args, &[]);
        assert!(output.code == 2 && output.stderr.contains(&format!("see {command}")), "{args:?}: {output:?}");
    }
}

/// One variable that is no text, of whatever program, is nothing to any command.
#[test]
#[cfg(unix)]
fn a_variable_that_is_not_utf8_is_nothing_special() {
    use std::os::unix::ffi::OsStrExt as _;
    let project = Project::git();
    project.write("a.py", "k = 1\n").run_git(&["add", "."]).run_git(&["commit", "-qm", "one"]);
    project.write("a.py", format!("k = '{}'\n", key(1))).run_git(&["add", "."]);
    let odd = std::ffi::OsStr::from_bytes(b"caf\xe9");
    for (args, code) in [
        (&["scan"][..], 1),
        (&["staged"], 1),
        (&["hook", "run", "pre-commit"], 1),
        (&["history"], 1),
        (&["ci", "--head", "HEAD", "--base", "HEAD"], 0),
        (&["config", "show"], 0),
        (&["hook", "status"], 1),
        (&["scan", "--known-keys", "env"], 1),
    ] {
        let mut command = project.command(env!("CARGO_BIN_EXE_keysweep"));
        let output = command.args(args).env("OWNER", odd).env(odd, "x").output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {output:?}");
    }
}
