//! The configuration: which file wins, what it changes, and what is said of a broken one.

use crate::project::{Project, Scan, key};

/// A broken `.keysweep.toml`, and what the one line on standard error has to say: the place, the fault, the way out.
const BROKEN: &[(&str, &[&str])] = &[
    ("rules = ", &[":1: ", "string"]),
    ("[rules\n", &[":1: "]),
    ("colour = true", &[":1: unknown field `colour`", "known here: "]),
    ("\n\n[rule]\nid = 'x'", &[":3: invalid type: map, expected a sequence"]),
    ("[rules]\ndisabled = ['x']", &[":2: unknown field `disabled`", "did you mean disable?"]),
    ("[paths]\nexcludes = []", &[":2: unknown field `excludes`", "did you mean exclude?"]),
    ("[suppress]\ninlined = true", &[":2: unknown field `inlined`", "did you mean inline?"]),
    ("[output]\nformats = 'json'", &[":2: unknown field `formats`", "did you mean format?"]),
    ("[hook]\nwhole = true", &[":2: unknown field `whole`"]),
    ("[limits]\nmax-size = 1", &[":2: unknown field `max-size`"]),
    ("[[allowlist]]\nregex = 'x'", &[":2: unknown field `regex`", "did you mean regexes?"]),
    ("[suppress]\ninline = 'yes'", &[":2: invalid type: string \"yes\", expected a boolean"]),
    ("extends = 'x.toml'", &[":1: invalid type: string"]),
    ("[rules]\nmin-severity = 'hihg'", &[":2: unknown variant `hihg`", "did you mean high?"]),
    ("[rules]\nmin-confidence = 'sure'", &[":2: unknown variant `sure`", "known here: possible, likely, certain"]),
    ("[output]\ncolor = 'sometimes'", &[":2: unknown variant `sometimes`", "known here: auto, always, never"]),
    ("[output]\nformat = 'xml'", &[":2: \"xml\" is not a format", "formats: human"]),
    ("[limits]\nmax-file-size = '5 apples'", &[":2: no size", "\"20MB\""]),
    ("[limits]\nthreads = 0", &[":2: a scan needs a thread"]),
    ("[limits]\nthreads = -1", &[":2: invalid value: integer `-1`"]),
    ("[paths]\nexclude = ['ok/**',\n 'a{b']", &[":3: \"a{b\" is not a glob", "globs are like"]),
    ("[paths]\ninclude = ['[z-a]']", &[":2: \"[z-a]\" is not a glob"]),
    (
        "[[allowlist]]\nreason = 'nothing'",
        &[":1: this allowlist allows nothing", "give it regexes, paths or stopwords"],
    ),
    ("[[allowlist]]\nregexes = [\n'a(b']", &[":3: bad regex: unclosed group (at character 2)"]),
    ("[[allowlist]]\nregexes = ['(?=x)']", &[":2: bad regex: look-around", "without look-around"]),
    ("[rules]\ndisable = ['*']", &[":2: this leaves no rule", "paths.exclude"]),
    ("[[allowlist]]\nregexes = ['.*']", &[":2: this regex matches everything", "rules.disable"]),
    ("[[allowlist]]\nstopwords = ['']", &[":2: an empty stopword is in every value"]),
    ("[[allowlist]]\nregexes = ['x']\ntarget = 'file'", &[":3: unknown variant `file`"]),
    ("[rules]\ndisable = ['openai-projekt-key']", &[":2: no rule is called", "did you mean openai-project-key?"]),
    ("[rules]\nenable = ['zzzzzzzzzzzzz-*']", &[":2: no rule is called", "keysweep rules list"]),
    ("[rules]\ndisable = ['']", &[":2: an empty text names no rule"]),
    ("[rules.severity]\nnonsense-rule-of-none = 'low'", &[":2: no rule is called \"nonsense-rule-of-none\""]),
    ("[context]\nopenay = ['x']", &[":2: no provider or rule is called \"openay\"", "did you mean openai?"]),
    ("extends = ['gone.toml']", &["gone.toml: no such file", ".keysweep.toml:1 names it"]),
    ("[suppress]\nignore-file = ''", &[":2: an empty text names no file"]),
    ("known-keys = ['a.env', '']", &[":1: an empty text names no file"]),
    ("extends = ['']", &[":1: an empty text names no file"]),
    ("[paths]\ninclude = ['src/**', ' ']", &[":2: an empty text matches no file"]),
    ("[[allowlist]]\npaths = ['']", &[":2: an empty text matches no file"]),
    ("a = 1\na = 2", &[":2: duplicate key"]),
    ("[[rule]]\nid = 'acme-key'", &[":1: missing field `title`", "add title = ..."]),
];

/// A rule, to be broken in one place.
fn rule(change: impl Fn(&str) -> String) -> String {
    let fine = "[[rule]]\nid = 'acme-key'\ntitle = 'Acme key'\nseverity = 'high'\nconfidence = 'likely'\n\
                anchors = ['acme_']\nregex = 'acme_[a-z0-9]{20}'\n";
    change(fine)
}

/// What is replaced in a good rule by what, and what is said of it.
const BROKEN_RULES: &[(&str, &str, &[&str])] = &[
    ("'acme-key'", "'Acme Key'", &[":2: rule Acme Key: no usable id", "acme-api-key"]),
    ("'acme-key'", "''", &[":2: no usable id"]),
    ("'acme-key'", "'openai-project-key'", &["openai-project-key: there are two rules of this id"]),
    ("'Acme key'", "' '", &[":3: rule acme-key: an empty title"]),
    ("'high'", "'urgent'", &[":4: rule acme-key: \"urgent\" is no severity", "one of info"]),
    ("'likely'", "'likly'", &[":5: rule acme-key: \"likly\" is no confidence", "did you mean likely?"]),
    ("['acme_']", "['ac']", &[":6: rule acme-key: the anchor \"ac\" is shorter than three bytes"]),
    ("['acme_']", "[]", &[":6: rule acme-key: neither anchors nor names"]),
    ("{20}'", "{20'", &[":7: rule acme-key: bad regex"]),
    ("{20}'", "{20}(?!x)'", &[":7: rule acme-key: bad regex: look-around"]),
    ("'acme_[a-z0-9]{20}'", "'(((a{1000}){1000}){1000})'", &[":7: rule acme-key: bad regex: its counted repetitions"]),
    (
        "'acme_[a-z0-9]{20}'",
        "'acme_(.*a){1000}'",
        &[":7: rule acme-key: bad regex: it repeats a part of varying length"],
    ),
    ("'acme_[a-z0-9]{20}'", "'a*'", &[":7: rule acme-key: this regex matches the empty text"]),
    ("{20}'\n", "{20}'\nsecret-group = 2\n", &[":8: rule acme-key: secret-group 2 of a regex with 0 groups"]),
    ("{20}'\n", "{20}'\nentropy = 9.5\n", &[":8: rule acme-key: entropy is between 0 and 8"]),
    ("{20}'\n", "{20}'\nalphabet = 'z-a'\n", &[":8: rule acme-key: bad alphabet"]),
    ("{20}'\n", "{20}'\nleft = 'anything'\n", &["rule acme-key: \"anything\" is no left"]),
    ("{20}'\n", "{20}'\nexamples = ['a[']\n", &[":8: rule acme-key: \"a[\": unclosed class"]),
    ("{20}'\n", "{20}'\nstructure = { checksum = 'md5' }\n", &["rule acme-key: \"md5\" is not a checksum"]),
    ("{20}'\n", "{20}'\nstructure = {}\n", &["rule acme-key: a structure is one thing"]),
    ("{20}'\n", "{20}'\nregexp = 'x'\n", &[":8: unknown field `regexp`", "did you mean regex?"]),
];

fn refused(toml: &str, wanted: &[&str]) {
    let project = Project::git();
    project.write(".keysweep.toml", toml).write("a.txt", key(1));
    for args in [&["scan"][..], &["config", "check"], &["config", "show"], &["rules", "list"]] {
        let output = project.run(args);
        assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{toml}\n{output:#?}");
        assert_eq!(output.stderr.lines().count(), 1, "{toml}\n{output:#?}");
        for part in wanted.iter().chain(&["keysweep: cannot "]) {
            assert!(output.stderr.contains(part), "{part:?} in {:?} for\n{toml}", output.stderr);
        }
    }
}

#[test]
fn a_broken_configuration_is_one_line_and_exit_2() {
    assert!(BROKEN.len() + BROKEN_RULES.len() >= 30);
    BROKEN.iter().for_each(|(toml, wanted)| refused(toml, wanted));
    for (good, bad, wanted) in BROKEN_RULES {
        let toml = rule(|fine| fine.replacen(good, bad, 1));
        assert_ne!(toml, rule(str::to_owned), "{good} is in the rule");
        refused(&toml, wanted);
    }
    let twice = rule(str::to_owned) + &rule(str::to_owned);
    refused(&twice, &[":9: rule acme-key: this id is taken by a rule above"]);
}

#[test]
fn what_is_no_text_is_refused_as_such() {
    let project = Project::git();
    project.write(".keysweep.toml", b"# fine\nx = \"\xff\"");
    let output = project.run(["scan"]);
    assert_eq!(output.code, 2);
    assert!(output.stderr.contains(".keysweep.toml:2: not UTF-8"), "{output:#?}");
}

#[test]
fn one_file_wins() {
    let project = Project::git();
    let off = |rule: &str| format!("[rules]\nmin-severity = '{rule}'\n");
    project.write(".keysweep.toml", off("low")).write("env.toml", off("medium")).write("flag.toml", off("high"));
    project.write("sub/.keysweep.toml", "broken");
    for (args, env, file) in [
        (&[][..], None, ".keysweep.toml"),
        (&[], Some("env.toml"), "env.toml"),
        (&["--config", "flag.toml"], Some("env.toml"), "flag.toml"),
        (&["--config", "flag.toml"], None, "flag.toml"),
    ] {
        let mut command = project.command(env!("CARGO_BIN_EXE_keysweep"));
        command.args(["config", "show", "-v"]).args(args);
        if let Some(file) = env {
            command.env("KEYSWEEP_CONFIG", file);
        }
        let output = command.output().unwrap();
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(0), "{stderr}");
        assert_eq!(stderr, format!("keysweep: configuration: {file}\n"));
        assert!(stdout.starts_with(&format!("# {file}\n")), "{stdout}");
        let line = stdout.lines().find(|line| line.starts_with("rules.min-severity = ")).unwrap();
        assert!(line.ends_with(&format!("# {file}:2")), "{line}");
        assert!(stdout.contains("suppress.inline = true") && stdout.contains("# default"), "{stdout}");
    }
    let output = project.run(["scan", "--config", "gone.toml"]);
    assert!(output.code == 2 && output.stderr.contains("gone.toml: no such file; --config names it"), "{output:#?}");
}

#[test]
fn settings_change_what_counts() {
    let key = key(1);
    let cases: &[(&str, usize, &str)] = &[
        ("", 2, "nothing set"),
        ("[paths]\nexclude = ['docs/**']", 1, "a path left out"),
        ("[paths]\ninclude = ['docs/**']", 1, "only one path"),
        ("[rules]\ndisable = ['openai-*']", 0, "a rule off"),
        ("[rules]\nenable = ['anthropic-*']", 0, "only other rules on"),
        ("[rules]\nbuiltin = false", 0, "no built-in rule"),
        ("[rules]\nmin-confidence = 'certain'", 2, "a threshold it passes"),
        ("[rules.severity]\n'openai-project-key' = 'low'\n[rules]\nmin-severity = 'medium'", 0, "too low"),
        ("[limits]\nmax-file-size = 50", 0, "too large"),
    ];
    for (toml, wanted, why) in cases {
        let project = Project::git();
        project.write("docs/a.md", &key).write("src/b.py", &key);
        // The order of tables is free, but a table is written once.
        let toml = match toml.split_once("\n[rules]\n") {
            Some((severity, rules)) => format!("[rules]\n{rules}\n{severity}"),
            None => (*toml).to_owned(),
        };
        project.write(".keysweep.toml", &toml);
        let scan = project.scan(&[]);
        assert_eq!(scan.findings.len(), *wanted, "{why}: {:#?}", scan.output);
        assert_eq!(scan.output.code, i32::from(*wanted > 0), "{why}");
    }
    let project = Project::git();
    project.write("docs/a.md", &key).write(".keysweep.toml", "[paths]\nexclude = ['docs/**']");
    assert_eq!(project.scan(&[]).skipped(), ["docs/a.md: excluded"]);
    project.write(".keysweep.toml", "[output]\nformat = 'jsonl'\n");
    assert!(Scan::of(project.run(["scan"])).findings.len() == 1);
    assert!(project.run(["scan", "--format", "human"]).stdout.contains("1 key found"));
}

#[test]
fn globs_start_at_the_root_wherever_the_scan_does() {
    let project = Project::git();
    project.write(".keysweep.toml", "[paths]\nexclude = ['sub/docs/**']").write("sub/docs/a.md", key(1));
    assert_eq!(project.scan(&["sub"]).findings.len(), 0);
    assert_eq!(project.scan(&[project.path("sub").to_str().unwrap()]).findings.len(), 0);
    let mut command = project.command(env!("CARGO_BIN_EXE_keysweep"));
    assert_eq!(
        command.current_dir(project.path("sub")).args(["scan", "docs"]).output().unwrap().status.code(),
        Some(0)
    );
}

#[test]
fn own_rules_run_like_built_in_ones() {
    let project = Project::git();
    let anchored = rule(|fine| fine.to_owned() + "examples = ['«acme_[a-z0-9]{20}»']\nnon-examples = ['acme_key']\n");
    let named = "[[rule]]\nid = 'widget-key'\ntitle = 'Widget key'\nseverity = 'low'\nconfidence = 'possible'\n\
                 names = ['widget']\nregex = '[a-f0-9]{32}'\n";
    let random = keysweep::rule::template::Template::parse("acme_[a-z0-9]{20} [a-f0-9]{32}").unwrap();
    let text = random.generate(&mut keysweep::rule::template::Random::new(7)).text;
    let (acme, widget) = text.split_once(' ').unwrap();
    project.write("a.env", format!("X={acme}\nWIDGET_API_KEY={widget}\n"));
    let check = |scan: Scan| {
        let rules: Vec<&str> = scan.findings.iter().map(|finding| finding["rule"].as_str().unwrap()).collect();
        assert_eq!(rules, ["acme-key", "widget-key"], "{:#?}", scan.output);
    };
    project.write(".keysweep.toml", anchored.clone() + named);
    check(project.scan(&[]));
    let list = project.run(["rules", "list"]);
    assert!(list.stdout.contains("\nacme-key") && list.stdout.contains("\nwidget-key"), "{list:#?}");
    assert!(project.run(["rules", "explain", "widget-key"]).stdout.contains("assigned to a name"));
    project.write("rules/own.toml", anchored + named).write(".keysweep.toml", "extends = ['rules/own.toml']\n");
    check(project.scan(&[]));
    project.write(".keysweep.toml", "");
    check(project.scan(&["--rules", "rules/own.toml"]));
}

#[test]
fn the_example_of_an_own_rule_is_proved() {
    let project = Project::git();
    project.write(
        ".keysweep.toml",
        rule(|fine| fine.to_owned() + "examples = ['«acme_[a-z]{19}»']\nnon-examples = ['acme']\n"),
    );
    let output = project.run(["rules", "check"]);
    assert!(output.code == 2 && output.stderr.contains("acme-key"), "{output:#?}");
}

#[test]
fn hook_settings_hold() {
    let project = Project::git();
    project.write("old.env", format!("{}\n", key(71))).run_git(&["add", "."]).run_git(&["commit", "-q", "-m", "old"]);
    project.write("old.env", format!("{}\nmore\n", key(71))).run_git(&["add", "old.env"]);
    assert_eq!(project.run(["staged"]).code, 0);
    assert_eq!(project.run(["hook", "run", "pre-commit"]).code, 0);
    project.write(".keysweep.toml", "[hook]\nwhole-files = true\ncommit-message = false\n");
    assert_eq!(project.run(["staged"]).code, 1);
    assert_eq!(project.run(["hook", "run", "pre-commit"]).code, 1);
    project.write("message", key(72));
    assert_eq!(project.run(["hook", "run", "commit-msg", "--", "message"]).code, 0);
    project.write(".keysweep.toml", "[hook]\ncommit-message = true\n");
    assert_eq!(project.run(["hook", "run", "commit-msg", "--", "message"]).code, 1);
}
