//! Rules of gitleaks and betterleaks: what they find, what they let pass, what is refused.

use keysweep::rule::template::{Random, Template};

use crate::project::{Project, Scan};

fn text(template: &str, seed: u64) -> String {
    Template::parse(template).unwrap().generate(&mut Random::new(seed)).text
}

/// `path rule secret` of each finding that counts, and the others' number.
fn run(project: &Project, args: &[&str]) -> (Vec<String>, usize) {
    let args = [&["scan", "--format", "jsonl", "--show-secrets", "--rules", "gl.toml"], args].concat();
    let scan = Scan::of(project.run(args));
    assert!(scan.output.code < 2, "{:#?}", scan.output);
    let (active, other): (Vec<_>, Vec<_>) = scan.findings.iter().partition(|finding| finding["status"] == "active");
    let line = |finding: &&serde_json::Value| {
        let word = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        format!("{} {} {}", word(&finding["location"]["path"]), word(&finding["rule"]), word(&finding["secret"]))
    };
    (active.iter().map(line).collect(), other.len())
}

fn project(rules: &str, content: &str) -> Project {
    let project = Project::git();
    project.write("gl.toml", format!("[allowlist]\npaths = ['gl\\.toml$', '\\.keysweep']\n{rules}"));
    project.write(".keysweep.toml", "[rules]\nbuiltin = false\n").write("a.txt", content);
    project
}

#[test]
fn rules_find_what_gitleaks_finds() {
    let hex = text("[0-9a-f]{20}", 1);
    let up = hex.to_uppercase();
    let line = format!("ACME_key = {hex};");
    let base64 = "YWNtZV9rZXkgPSBhMWIyYzNkNGU1ZjZhN2I4YzlkMDs="; // acme_key = ...; in base64
    for (rule, content, wanted, why) in [
        ("regex = 'key = ([0-9a-f]{20})'", line.as_str(), Some(hex.as_str()), "the first group"),
        ("regex = 'key = [0-9a-f]{20}'", &line, Some(&line[5..line.len() - 1]), "without group the match"),
        ("regex = '(k)ey = ([0-9a-f]{20})'\nsecretGroup = 2", &line, Some(&hex), "the group that is named"),
        ("regex = '(x)?key = ([0-9a-f]{20})'", &line, Some(&hex), "the first group that is not empty"),
        ("regex = 'key = ([0-9a-f]{20})'\nkeywords = ['acme']", &line, Some(&hex), "a keyword in any case"),
        ("regex = 'key = ([0-9a-f]{20})'\nkeywords = ['other']", &line, None, "no keyword, no search"),
        ("regex = 'key = ([0-9a-f]{20})'\nentropy = 4.5", &line, None, "entropy too low"),
        ("regex = 'key = ([0-9a-f]{20})'\nentropy = 2", &line, Some(&hex), "entropy enough"),
        ("regex = '(?i)KEY = ([0-9A-F]{20})'", &line, Some(&hex), "flags"),
        ("regex = 'key = ([[:xdigit:]]{20})\\b'", &line, Some(&hex), "Go's syntax"),
        ("regex = 'key = ([0-9a-f]{20})$'", &line, None, "$ is the end of the text"),
        ("regex = 'key = ([0-9a-f]{20})'\npath = '\\.txt$'", &line, Some(&hex), "a path that fits"),
        ("regex = 'key = ([0-9a-f]{20})'\npath = '\\.md$'", &line, None, "a path that does not"),
        ("regex = 'key = ([0-9a-f]{20})'", base64, Some("a1b2c3d4e5f6a7b8c9d0"), "decoded"),
        ("regex = 'key = ([0-9A-F]{20})'", &line.replace(&hex, &up), Some(&up), "upper case"),
        ("path = 'a\\.txt$'", "x", Some("a.txt"), "a path alone"),
        ("regex = 'key = ([0-9a-f]{20})'\nkeywords = 'acme'", &line, Some(&hex), "one keyword for a list"),
        (
            "regex = 'key = ([0-9a-f]{20})'\nkeywords = [5, true, 'acme']",
            &line,
            Some(&hex),
            "a keyword that is no text",
        ),
        ("regex = 'key = ([0-9a-f]{20})'\nentropy = '2'\nsecretGroup = '1'", &line, Some(&hex), "numbers in quotes"),
    ] {
        let project = project(&format!("[[rules]]\nid = 'acme'\ndescription = 'd'\n{rule}\n"), content);
        let wanted: Vec<String> = wanted.iter().map(|secret| format!("a.txt acme {secret}")).collect();
        assert_eq!(run(&project, &[]).0, wanted, "{why}: {rule}");
    }
}

#[test]
fn what_is_no_text_is_one_as_for_gitleaks() {
    for (id, named) in [("5", "5"), ("true", "1"), ("2.5", "2.5"), ("'a'", "a")] {
        let project =
            project(&format!("[[rules]]\nid = {id}\ndescription = 7\nregex = 'abc[0-9]{{9}}'\n"), "abc012345678");
        assert_eq!(run(&project, &[]).0, [format!("a.txt {named} abc012345678")], "{id}");
    }
}

#[test]
fn allowlists_let_pass_what_gitleaks_lets_pass() {
    let value = text("[0-9a-f]{20}", 2);
    for (list, passes) in [
        ("[[rules.allowlists]]\nregexes = ['^VALUE$']", true),
        ("[[rules.allowlists]]\nregexes = ['key = VALUE']", false),
        ("[[rules.allowlists]]\nregexTarget = 'match'\nregexes = ['key = VALUE']", true),
        ("[[rules.allowlists]]\nregexTarget = 'line'\nregexes = ['for tests']", true),
        ("[rules.allowlist]\nstopwords = ['VALUE']", true),
        ("[[rules.allowlists]]\npaths = ['a\\.txt']", true),
        ("[[rules.allowlists]]\ncondition = 'AND'\npaths = ['a\\.txt']\nregexes = ['nothing']", false),
        ("[[rules.allowlists]]\ncondition = 'AND'\npaths = ['a\\.txt']\nregexes = ['VALUE']", true),
        ("[[rules.allowlists]]\ncommits = ['0123']", false),
    ] {
        let rule = "[[rules]]\nid = 'acme'\nregex = 'key = ([0-9a-f]{20})'\n";
        let project =
            project(&format!("{rule}{}\n", list.replace("VALUE", &value)), &format!("key = {value} for tests"));
        let (active, suppressed) = run(&project, &[]);
        assert_eq!(active.is_empty(), passes, "{list}");
        let by_path = list.contains("paths") && !list.contains("AND");
        assert_eq!(suppressed, usize::from(passes && !by_path), "{list}: it is counted");
    }
}

#[test]
fn rules_can_require_company() {
    let rules = "[[rules]]\nid = 'pair'\nregex = 'key=([a-z0-9]{8})'\n[[rules.required]]\nid = 'user'\nwithinLines = 2\n\
                 [[rules]]\nid = 'user'\nregex = 'user=([a-z]{4})'\nskipReport = true\n";
    for (content, wanted) in [
        ("user=abcd\nkey=12ab34cd", 1),
        ("user=abcd\n\nkey=12ab34cd", 1),
        ("user=abcd\n\n\nkey=12ab34cd", 0),
        ("key=12ab34cd", 0),
        ("user=abcd", 0),
    ] {
        assert_eq!(run(&project(rules, content), &[]).0.len(), wanted, "{content:?}");
    }
}

#[test]
fn generic_rules_make_way_for_specific_ones() {
    let rules = "[[rules]]\nid = 'generic-key'\nregex = 'key=([a-z0-9]{8})'\n[[rules]]\nid = 'acme'\nregex = '(ac[a-z0-9]{6})'\n";
    assert_eq!(
        run(&project(rules, "key=acme1234\nkey=12345678"), &[]).0,
        ["a.txt acme acme1234", "a.txt generic-key 12345678"]
    );
    let project = project(rules, "key=acme1234 # gitleaks:allow");
    assert_eq!(run(&project, &[]), (vec![], 1));
}

#[test]
fn files_extend_each_other() {
    let base = "[[rules]]\nid = 'one'\nregex = 'one=([a-z]{4})'\n[[rules]]\nid = 'two'\nregex = 'two=([a-z]{4})'\n";
    let top = "[extend]\npath = 'base.toml'\ndisabledRules = ['two']\n[[rules]]\nid = 'one'\nentropy = 1.5\n\
               [[rules]]\nid = 'three'\nregex = 'three=([a-z]{4})'\n";
    let project = project(top, "one=abcd\none=aaaa\ntwo=abcd\nthree=abcd");
    project.write("base.toml", base).write(".gitignore", "base.toml");
    assert_eq!(run(&project, &[]).0, ["a.txt one abcd", "a.txt three abcd"]);
    project.write("gl.toml", "[extend]\nuseDefault = true\n").write("default.toml", base);
    let refused = project.run(["scan", "--rules", "gl.toml"]);
    assert!(refused.code == 2 && refused.stderr.contains("KEYSWEEP_GITLEAKS_DEFAULT"), "{refused:#?}");
    let mut command = project.command(env!("CARGO_BIN_EXE_keysweep"));
    let output =
        command.args(["rules", "list", "--rules", "gl.toml"]).env("KEYSWEEP_GITLEAKS_DEFAULT", "default.toml").output();
    assert!(String::from_utf8(output.unwrap().stdout).unwrap().contains("\ntwo "));
}

/// A file that cannot be honoured, and what is said of it. `true`: with `--skip-unsupported` the rest runs.
const REFUSED: &[(&str, &str, bool)] = &[
    ("[[rules]]\nid = 'bad'\nregex = 'a(?=b)'", "bad: regex: look-around", true),
    ("[[rules]]\nid = 'bad'\nregex = '(a)\\1'", "bad: regex: a back-reference", true),
    ("[[rules]]\nid = 'bad'\nregex = 'a('", "bad: regex: unclosed group", true),
    ("[[rules]]\nid = 'bad'\nregex = 'a'\npath = '['", "bad: path: a class is not closed", true),
    ("[[rules]]\nid = 'bad'\nregex = '(((a{1000}){1000}){1000})'", "bad: regex: its counted repetitions", true),
    ("[[rules]]\nid = 'bad'\nregex = 'a'\nfilter = 'x'", "bad: its filter is an expression of betterleaks", true),
    ("[[rules]]\nid = 'bad'\nregex = 'a'\ntokenEfficiency = true", "bad: tokenEfficiency", true),
    ("[extend]\nurl = 'https://example.org/x.toml'", "keysweep opens no network connection", true),
    (
        "[[rules]]\nid = 'bad'\nregex = 'a'\n[[rules.allowlists]]\nregexes = ['(?!x)']",
        "bad: regexes: look-around",
        true,
    ),
    ("[[rules]]\nregex = 'a'", "a rule without id", false),
    ("[[rules]]\nid = 'bad'", "bad: neither regex nor path", false),
    ("[[rules]]\nid = 'bad'\nregex = 'a'\nsecretGroup = 1", "bad: secretGroup 1 of a regex with 0 groups", false),
    ("[[rules]]\nid = 'bad'\nregex = 'a'\nentropy = 'high'", "entropy is a number", false),
    ("[[rules]]\nid = 'bad'\nregex = 'a'\n[[rules.required]]\nid = 'gone'", "bad: it requires \"gone\"", false),
    (
        "[[rules]]\nid = 'bad'\nregex = 'a'\n[[rules.allowlists]]\ncondition = 'xor'\nregexes = ['x']",
        "condition \"xor\"",
        false,
    ),
    (
        "[[rules]]\nid = 'bad'\nregex = 'a'\n[[rules.allowlists]]\nregexTarget = 'file'\nregexes = ['x']",
        "regexTarget \"file\"",
        false,
    ),
    ("[[rules]]\nid = 'bad'\nregex = 'a'\n[[rules.allowlists]]\ndescription = 'empty'", "an allowlist without", false),
    ("[extend]\nuseDefault = true\npath = 'x'", "both path and useDefault", false),
    ("[extend]\npath = 'gone.toml'", "gone.toml: no such file", false),
    (
        "[[rules]]\nid = 'bad'\nregex = 'a'\n[[allowlists]]\ntargetRules = ['gone']\nregexes = ['x']",
        "targetRules names \"gone\"",
        false,
    ),
    ("[[rules]]\nid = [5]", "a text is needed, not a list", false),
];

#[test]
fn what_cannot_be_honoured_is_named() {
    for (rules, wanted, skips) in REFUSED {
        let project = Project::git();
        project.write("gl.toml", format!("{rules}\n[[rules]]\nid = 'good'\nregex = 'key=([a-z]{{4}})'\n"));
        project.write("a.txt", "key=abcd").write(".keysweep.toml", "[rules]\nbuiltin = false\n");
        let output = project.run(["scan", "--rules", "gl.toml"]);
        assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{rules}: {output:#?}");
        assert!(output.stderr.lines().count() == 1 && output.stderr.contains(wanted), "{rules}: {output:#?}");
        assert!(
            output.stderr.starts_with("keysweep: cannot import rules ") && output.stderr.contains(".toml"),
            "{output:#?}"
        );
        let output = project.run(["scan", "--format", "jsonl", "--rules", "gl.toml", "--skip-unsupported", "a.txt"]);
        assert_eq!(output.code, if *skips { 1 } else { 2 }, "{rules}: {output:#?}");
        if *skips {
            assert!(output.stderr.contains("is left out: "), "{rules}: {output:#?}");
        }
    }
}

/// With gitleaks and its configuration at hand (`GITLEAKS_DEFAULT_CONFIG=path cargo test`), its findings are ours:
/// for each of its rules, texts made from the rule's own regex.
#[test]
fn the_findings_of_gitleaks_own_configuration_are_the_same() {
    let Some(config) = std::env::var_os("GITLEAKS_DEFAULT_CONFIG") else {
        return eprintln!("skipped: GITLEAKS_DEFAULT_CONFIG names no configuration of gitleaks");
    };
    let config = std::fs::canonicalize(config).unwrap();
    let toml: toml::Table = std::fs::read_to_string(&config).unwrap().parse().unwrap();
    let project = Project::git();
    project.write("own.toml", format!("extends = [{config:?}]\n[rules]\nbuiltin = false\n"));
    let mut random = Random::new(3);
    for (index, rule) in toml["rules"].as_array().unwrap().iter().enumerate() {
        let Some(regex) = rule.get("regex").and_then(|regex| regex.as_str()) else { continue };
        let Ok(regex) = keysweep::gitleaks::go_regex::translate(regex) else { panic!("{rule:?}") };
        let tree = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(&regex).unwrap();
        let mut content = Vec::new();
        for word in rule.get("keywords").and_then(|words| words.as_array()).into_iter().flatten() {
            content.extend_from_slice(word.as_str().unwrap().as_bytes());
            content.push(b'\n');
        }
        for _ in 0..6 {
            content.extend_from_slice(b"\n\nx = \"");
            generate(&tree, &mut random, &mut content);
            content.extend_from_slice(b"\"\n");
        }
        project.write(format!("src/{index}.txt"), content);
    }
    let mut command = project.command("gitleaks");
    command.args([
        "dir",
        "--no-banner",
        "--exit-code",
        "0",
        "-l",
        "error",
        "-f",
        "json",
        "-r",
        "../home/report.json",
        "-c",
    ]);
    assert!(command.arg(&config).arg("src").status().expect("gitleaks is installed").success());
    let report = std::fs::read(project.path("../home/report.json")).unwrap();
    let report: Vec<serde_json::Value> = serde_json::from_slice(&report).unwrap();
    let escaped = |secret: &str| secret.replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t");
    let theirs: std::collections::BTreeSet<String> = report
        .iter()
        .map(|leak| {
            format!(
                "{} {} {}",
                leak["File"].as_str().unwrap(),
                leak["RuleID"].as_str().unwrap(),
                escaped(leak["Secret"].as_str().unwrap())
            )
        })
        .collect();
    let scan = project.scan(&["--config", "own.toml", "--show-secrets", "src"]);
    let active = scan.findings.iter().filter(|finding| finding["status"] == "active");
    let ours: std::collections::BTreeSet<String> = active
        .map(|finding| {
            format!(
                "{} {} {}",
                finding["location"]["path"].as_str().unwrap(),
                finding["rule"].as_str().unwrap(),
                escaped(finding["secret"].as_str().unwrap())
            )
        })
        .collect();
    let rules: std::collections::BTreeSet<&str> = theirs.iter().filter_map(|line| line.split(' ').nth(1)).collect();
    eprintln!("{} findings of {} rules", theirs.len(), rules.len());
    let missing: Vec<&String> = theirs.difference(&ours).collect();
    let more: Vec<&String> = ours.difference(&theirs).collect();
    assert!(missing.is_empty() && more.is_empty(), "only gitleaks: {missing:#?}\nonly keysweep: {more:#?}");
}

/// One text of a regex.
fn generate(tree: &regex_syntax::hir::Hir, random: &mut Random, out: &mut Vec<u8>) {
    use regex_syntax::hir::{Class, HirKind};
    match tree.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => out.extend_from_slice(&literal.0),
        HirKind::Class(Class::Bytes(class)) => {
            let bytes = class.ranges().iter().flat_map(|range| range.start()..=range.end());
            let bytes: Vec<u8> = bytes.filter(|byte| byte.is_ascii_graphic() || *byte == b' ').collect();
            out.push(if bytes.is_empty() { b'\n' } else { *random.pick(&bytes) });
        }
        HirKind::Class(Class::Unicode(_)) => out.push(b'a' + random.below(26) as u8),
        HirKind::Capture(capture) => generate(&capture.sub, random, out),
        HirKind::Concat(parts) => parts.iter().for_each(|part| generate(part, random, out)),
        HirKind::Alternation(branches) => generate(random.pick(branches), random, out),
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(repetition.min + 20).min(repetition.min + 20);
            let times = repetition.min as usize + random.below((most - repetition.min) as usize + 1);
            (0..times).for_each(|_| generate(&repetition.sub, random, out));
        }
    }
}

/// A base that configurations below extend, and what they are tried on.
const BASE: &str = "[[rules]]\nid = 'acme-token'\ndescription = 'Acme'\nregex = '''acme_[a-z0-9]{20}'''\nentropy = 2\n\
                    keywords = ['acme_']\n[[rules]]\nid = 'db-url'\ndescription = 'URL'\n\
                    regex = '''postgres://[^:]+:([^@\\s]{8,})@'''\n[allowlist]\npaths = ['''\\.lock$''']\n";

/// Configurations with the constructs that projects use, written for this test, and where each finds what.
/// `1` stands for the token, `u` for the URL's password, `p` for the path.
const CONFIGURATIONS: &[(&str, &str, &str)] = &[
    (
        "paths of one old allowlist",
        "[extend]\npath = 'base.toml'\n[allowlist]\ndescription = 'd'\npaths = [\n  '''^docs/.*\\.md$''',\n  '''(^|/)tests?/.*\\.(ts|js)$''',\n]\n",
        "src/a.py:1u src/b.test.js:1u",
    ),
    (
        "disabled rules",
        "[extend]\npath = 'base.toml'\ndisabledRules = ['db-url', 'not-there']\n",
        "docs/a.md:1 src/a.py:1 src/b.test.js:1 tests/c.js:1",
    ),
    (
        "a rule of the base gets an allowlist",
        "[extend]\npath = 'base.toml'\n[[rules]]\nid = 'acme-token'\n[[rules.allowlists]]\nregexTarget = 'line'\ncondition = 'AND'\nregexes = ['''^token''']\npaths = ['''\\.md$''']\n",
        "docs/a.md:u src/a.py:1u src/b.test.js:1u tests/c.js:1u",
    ),
    (
        "a rule of the base gets another entropy",
        "[extend]\npath = 'base.toml'\n[[rules]]\nid = 'acme-token'\nentropy = 4.9\n",
        "docs/a.md:u src/a.py:u src/b.test.js:u tests/c.js:u",
    ),
    (
        "allowlists for some rules",
        "[extend]\npath = 'base.toml'\n[[allowlists]]\ntargetRules = ['db-url']\npaths = ['''^src/''']\n[[allowlists]]\ndescription = 'fixtures'\nstopwords = ['ACME_']\ntargetRules = ['acme-token']\n",
        "docs/a.md:u tests/c.js:u",
    ),
    (
        "keys in other case",
        "[Extend]\nPath = 'base.toml'\n[[Rules]]\nID = 'two'\nRegex = 'acme_[a-z0-9]{21}'\nSecretgroup = 0\n[AllowList]\nPaths = ['^src/', 'md$']\n",
        "tests/c.js:1u",
    ),
    (
        "one text for a list, numbers and yes in quotes",
        "[[rules]]\nid = 'x'\nregex = '(acme_[a-z0-9]{20})'\nsecretGroup = '1'\nentropy = '2.5'\nkeywords = 'ACME_'\nskipReport = 'false'\n[rules.allowlist]\npaths = '^src'\n",
        "docs/a.md:1 tests/c.js:1 yarn.lock:1",
    ),
    (
        "unknown keys and tables of older releases",
        "title = 3\nminVersion = 'v8.25.0'\n[[rules]]\nid = 'x'\nregex = 'acme_[a-z0-9]{20}'\nseverity = 'high'\ntags = 'one'\n[[rules.Entropies]]\nMin = '3'\nMax = '7'\nGroup = '1'\n",
        "docs/a.md:1 src/a.py:1 src/b.test.js:1 tests/c.js:1 yarn.lock:1",
    ),
    (
        "a later rule replaces an earlier one of its id",
        "[[rules]]\nid = 'x'\nregex = 'postgres'\n[[rules]]\nid = 'x'\nregex = 'acme_[a-z0-9]{20}'\n",
        "docs/a.md:1 src/a.py:1 src/b.test.js:1 tests/c.js:1 yarn.lock:1",
    ),
    (
        "an inline allowlist for a path rule",
        "[[rules]]\nid = 'md'\npath = '''\\.md$'''\nallowlist = { regexes = ['.*'] }\n",
        "docs/a.md:p",
    ),
    (
        "a file type for a rule",
        "[[rules]]\nid = 'x'\nregex = '''(?i)ACME_[a-z0-9]{20}'''\npath = '''(?i)\\.(PY|js)$'''\n[[rules.allowlists]]\ncondition = '&&'\npaths = ['^tests/']\nstopwords = ['acme']\n",
        "src/a.py:1 src/b.test.js:1",
    ),
];

/// The same findings as gitleaks, where it is installed.
#[test]
fn configurations_of_projects_load_and_agree() {
    let token = format!("acme_{}", text("[a-z0-9]{20}", 5));
    let password = text("[A-Za-z0-9]{14}", 6);
    let project = Project::git();
    let content = format!("token = \"{token}\"\ndb = postgres://app:{password}@db.example.org/app\n");
    for path in ["src/a.py", "src/b.test.js", "tests/c.js", "docs/a.md", "yarn.lock"] {
        project.write(format!("tree/{path}"), &content);
    }
    project.write("tree/.keysweep.toml", "[rules]\nbuiltin = false\n[paths]\nexclude = ['.keysweep.toml']\n");
    // Its root is where both start: a file that extends another names it from there.
    project.run_git(&["init", "-q", "tree"]);
    let tree = project.path("tree");
    let has_gitleaks = project.command("gitleaks").arg("version").output().is_ok_and(|output| output.status.success());
    for (what, configuration, places) in CONFIGURATIONS {
        project.write("home/base.toml", BASE).write("gl.toml", configuration.replace("base.toml", "../home/base.toml"));
        let scan = [
            "scan",
            "--format",
            "jsonl",
            "--show-secrets",
            "--no-ignore",
            "--config",
            ".keysweep.toml",
            "--rules",
            "../gl.toml",
            ".",
        ];
        let mut command = project.command(env!("CARGO_BIN_EXE_keysweep"));
        let output = command.current_dir(&tree).args(scan).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(matches!(output.status.code(), Some(0 | 1)), "{what}: {said}");
        let mut ours: Vec<String> = Vec::new();
        for line in String::from_utf8(output.stdout).unwrap().lines() {
            let finding: serde_json::Value = serde_json::from_str(line).unwrap();
            if finding["status"] == "active" {
                let path = finding["location"]["path"].as_str().unwrap();
                ours.push(format!("{path} {}", finding["secret"].as_str().unwrap()));
            }
        }
        let value = |letter| match letter {
            '1' => token.as_str(),
            'u' => password.as_str(),
            _ => "docs/a.md",
        };
        let places = places.split(' ').map(|place| place.split_once(':').unwrap());
        let mut wanted: Vec<String> = places
            .flat_map(|(path, letters)| letters.chars().map(move |letter| format!("{path} {}", value(letter))))
            .collect();
        wanted.sort();
        ours.sort();
        assert_eq!(ours, wanted, "{what}");
        if has_gitleaks {
            let report = project.path("report.json");
            let mut command = project.command("gitleaks");
            command.current_dir(&tree).args([
                "dir",
                ".",
                "--no-banner",
                "--exit-code",
                "0",
                "-l",
                "error",
                "-f",
                "json",
            ]);
            assert!(command.arg("-r").arg(&report).args(["-c", "../gl.toml"]).status().unwrap().success(), "{what}");
            let report: Vec<serde_json::Value> = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
            let secret = |leak: &serde_json::Value| match leak["Secret"].as_str() {
                None | Some("") => leak["File"].as_str().unwrap().to_owned(),
                Some(secret) => secret.to_owned(),
            };
            let mut theirs: Vec<String> =
                report.iter().map(|leak| format!("{} {}", leak["File"].as_str().unwrap(), secret(leak))).collect();
            theirs.sort();
            assert_eq!(ours, theirs, "{what}: gitleaks");
        }
    }
}
