//! What terminals and people see: advice, links, help, and the end of a run that did not complete.

use crate::project::{Project, key};

#[test]
fn advice_comes_once_and_fits_where_the_key_is() {
    let project = Project::git();
    project.write("a.py", format!("a = '{}'\nb = '{}'\n", key(1), key(2))).run_git(&["add", "."]);
    let scan = project.run(["scan"]).stdout;
    assert_eq!(scan.matches("revoke it at https://").count(), 1, "{scan}");
    assert_eq!(scan.matches("keysweep ignore PATH:LINE").count(), 1, "{scan}");
    // What is only staged has not left this machine as far as git knows.
    for args in [&["staged"][..], &["hook", "run", "pre-commit"], &["hook", "run", "pre-commit", "-f", "junit"]] {
        let output = project.run(args);
        assert_eq!(output.code, 1, "{output:#?}");
        assert!(!output.stdout.contains("revoke it at"), "{args:?}: {}", output.stdout);
        let spared = ["need not be revoked", "need not revoke it"].iter().any(|words| output.stdout.contains(words));
        assert!(spared, "{args:?}: {}", output.stdout);
    }
    let hook = project.run(["hook", "run", "pre-commit"]).stdout;
    assert_eq!(hook.matches("need not revoke it").count(), 1, "{hook}");
    project.run_git(&["commit", "-qm", "x", "--no-verify"]);
    let push = "refs/heads/main HEAD refs/heads/main 0000000000000000000000000000000000000000\n";
    let head = project.command("git").args(["rev-parse", "HEAD"]).output().unwrap().stdout;
    let push = push.replace("HEAD", String::from_utf8(head).unwrap().trim());
    let output = project.run_with(["hook", "run", "pre-push", "origin", "x"], push.as_bytes());
    assert_eq!(output.code, 1, "{output:#?}");
    assert!(!output.stdout.contains("revoke"), "no remote has it: {}", output.stdout);
}

#[test]
fn links_are_made_when_asked_for_and_change_no_text() {
    let project = Project::new();
    project.write("a b.py", format!("a = '{}'\n", key(1)));
    let plain = project.run(["scan"]).stdout;
    let linked = project.run(["scan", "--hyperlinks", "always"]).stdout;
    let path = project.path("a b.py").canonicalize().unwrap().display().to_string().replace(' ', "%20");
    if !cfg!(windows) {
        assert!(linked.contains(&format!("\x1b]8;;file://{path}#1\x1b\\1:6\x1b]8;;\x1b\\")), "{linked}");
    }
    assert!(linked.contains("\x1b]8;;https://platform.openai.com/"), "{linked}");
    let mut text = String::new();
    let mut rest = linked.as_str();
    while let Some((before, after)) = rest.split_once("\x1b]8;;") {
        text += before;
        rest = after.split_once("\x1b\\").expect("each link ends").1;
    }
    assert_eq!(text + rest, plain);
    // Not to a file or a pipe, unless it is asked for; a machine's format has none.
    assert!(!plain.contains('\x1b'));
    let json = project.run(["scan", "-f", "json", "--hyperlinks", "always"]).stdout;
    assert!(!json.contains('\x1b') && !json.contains("\\u001b"), "{json}");
    project.write(".keysweep.toml", "[output]\nhyperlinks = \"always\"\n");
    assert!(project.run(["scan"]).stdout.contains("\x1b]8;;"));
}

#[test]
fn a_run_that_did_not_complete_does_not_say_that_there_are_no_keys() {
    let project = Project::new();
    project.write("a.txt", "nothing");
    for (args, said) in
        [(&["scan", "missing"][..], "Not completed."), (&["scan", "a.txt", "missing"], "Not completed:")]
    {
        let output = project.run(args);
        assert_eq!(output.code, 2, "{output:#?}");
        assert!(output.stdout.contains(said) && !output.stdout.contains("No keys found"), "{}", output.stdout);
    }
}

#[test]
fn a_mistake_names_the_help_of_its_subcommand() {
    let project = Project::new();
    for (args, help) in [
        (&["hook", "run", "--agent", "nobody"][..], "keysweep hook run --help"),
        (&["hook", "doctor", "--agent", "nobody"], "keysweep hook doctor --help"),
        (&["scan", "--format", "nothing"], "keysweep scan --help"),
        (&["rules", "list", "--formt", "json"], "keysweep rules list --help"),
        (&["baseline", "creat"], "keysweep baseline --help"),
        (&["history", "--max-refs", "many"], "keysweep history --help"),
        (&["--nothing"], "keysweep --help"),
    ] {
        let output = project.run(args);
        assert_eq!(output.code, 2, "{output:#?}");
        assert!(output.stderr.trim_end().ends_with(&format!("; see {help}")), "{}", output.stderr);
        assert_eq!(output.stderr.lines().count(), 1, "{}", output.stderr);
    }
}

#[test]
fn a_command_offers_only_what_it_uses() {
    let project = Project::git();
    for args in [
        &["config", "show", "--no-inline"][..],
        &["config", "check", "--known-keys", "env"],
        &["staged", "--fail-on-stale"],
        &["fix", "--fail-on-stale"],
        &["explain", "--fail-on-stale", "a"],
        &["scan", "--max-age", "3"],
        &["completions", "bash", "--dir", "x"],
    ] {
        assert_eq!(project.run(args).code, 2, "{args:?}");
    }
    for (args, needed) in
        [(&["scan", "--fail-on-stale"][..], 0), (&["ci", "--help"], 0), (&["config", "check", "--baseline", "b"], 0)]
    {
        assert_eq!(project.run(args).code, needed, "{args:?}");
    }
}

#[test]
fn short_help_is_short_and_grouped() {
    let project = Project::new();
    for command in ["scan", "history", "ci", "staged"] {
        let short = project.run([command, "-h"]).stdout;
        let long = project.run([command, "--help"]).stdout;
        assert!(short.lines().count() * 4 < long.lines().count() * 3, "{command}: {short}");
        for heading in ["What to scan:", "Output:", "Filters and exit code:", "Configuration:", "Accepted findings:"] {
            assert!(short.contains(&format!("\n{heading}\n")), "{command} {heading}: {short}");
        }
    }
    let first = project.run(["--help"]).stdout;
    for heading in ["Find keys:", "Handle findings:", "Set up:", "Options:"] {
        assert!(first.contains(&format!("\n{heading}\n")), "{first}");
    }
}

#[test]
fn a_long_line_is_cut_around_the_key() {
    let project = Project::new();
    let key = key(3);
    project.write("a.py", format!("first = '{}' + '{key}' + '{}'\n", "x, ".repeat(60), "y; ".repeat(60)));
    let mask = crate::project::mask(&key);
    for columns in [60, 80, 200] {
        let mut command = project.command(env!("CARGO_BIN_EXE_keysweep"));
        let output = command.arg("scan").env("COLUMNS", columns.to_string()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let mut lines = text.lines().skip_while(|line| !line.contains(" | "));
        let (line, carets) = (lines.next().unwrap(), lines.next().unwrap());
        let width = |text: &str| text.chars().count();
        assert!(width(line) <= columns, "{columns}: {line}");
        let at = line.find(&mask).unwrap_or_else(|| panic!("{columns}: {line}"));
        assert_eq!(width(&line[..at]), carets.find('^').unwrap(), "{columns}: {text}");
        assert_eq!(carets.matches('^').count(), width(&mask), "{columns}: {text}");
    }
}
