//! Inline markers, the ignore file, allowlists, encrypted content, and a policy that a change cannot loosen.

use keysweep::core::finding::Fingerprint;

use crate::project::{Project, Scan, key};

/// Status of each finding: `active`, or what suppressed it.
fn status(scan: &Scan) -> Vec<String> {
    let by = |finding: &serde_json::Value| match finding["suppressed_by"].as_str() {
        Some(by) => by.to_owned(),
        None => finding["suppressed_by"]["by"].as_str().unwrap_or("active").to_owned(),
    };
    scan.findings.iter().map(by).collect()
}

fn is_suppressed(text: &str, args: &[&str]) -> bool {
    let project = Project::new();
    project.write("a.txt", text);
    let mut command = project.command(env!("CARGO_BIN_EXE_keysweep"));
    let output =
        command.args(["scan", "--format", "jsonl"]).args(args).env("KEYSWEEP_TODAY", "2027-01-31").output().unwrap();
    let scan = Scan::of(crate::project::Output {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    });
    let statuses = status(&scan);
    assert_eq!(statuses.len(), 1, "{text:?}: {:#?}", scan.output);
    assert_eq!(scan.output.code, i32::from(statuses[0] == "active"), "{text:?}");
    statuses[0] == "inline"
}

#[test]
fn markers_in_any_comment_hold_for_their_line() {
    let key = key(1);
    let own = [
        "KEY  # keysweep:allow",
        "KEY // keysweep:allow",
        "/* keysweep:allow */ KEY",
        "KEY <!-- keysweep:allow reason=fixture -->",
        "KEY -- keysweep:allow[openai-project-key]",
        "KEY ; keysweep:allow[openai-*, groq-*] reason=\"a fixture\" until=2027-02-01",
        "KEY rem keysweep:allow until=2027-01-31",
        "% keysweep:allow-next-line reason=x\nKEY",
        "{# keysweep:allow-nextline #}\r\nKEY",
        "# keysweep:allow-next-line\rKEY",
        "x\nKEY # keysweep:allow\ny",
    ];
    let foreign = [
        "KEY # gitleaks:allow",
        "KEY # betterleaks:allow",
        "KEY // trufflehog:ignore",
        "KEY # kingfisher:ignore",
        "KEY # ggignore",
        "KEY # pragma: allowlist secret",
        "KEY # pragma: whitelist secret",
        "KEY // pragma: allowlist-secret",
        "# pragma: allowlist nextline secret\nKEY",
        "KEY // secretlint-disable-line",
        "// secretlint-disable-next-line\nKEY",
    ];
    let none = [
        "KEY",
        "KEY # keysweep:allowed",
        "KEY # keysweep",
        "# keysweep:allow\nKEY",
        "KEY\n# keysweep:allow",
        "KEY # keysweep:allow-next-line",
        "KEY # keysweep:allow[anthropic-*]",
        "KEY # keysweep:allow[openai-project-key",
        "KEY # keysweep:allow until=2027-01-30",
        "KEY # keysweep:allow until=someday",
        "# gitleaks:allow\nKEY",
        "KEY # pragma: allowlist nextline secret",
        "KEY # my-ggignore",
        "# keysweep:allow-next-line\n\nKEY",
    ];
    for text in own.iter().chain(&foreign) {
        assert!(is_suppressed(&text.replace("KEY", &key), &[]), "{text:?} holds");
        assert!(!is_suppressed(&text.replace("KEY", &key), &["--no-inline"]), "{text:?} with --no-inline");
    }
    for text in none {
        assert!(!is_suppressed(&text.replace("KEY", &key), &[]), "{text:?} does not hold");
    }
    let far = format!("{key}{} keysweep:allow", " ".repeat(100_000));
    assert!(!is_suppressed(&far, &[]), "a marker out of reach in a minified line");
}

#[test]
fn a_marker_that_does_not_hold_is_told_why() {
    let project = Project::git();
    project.write("a.txt", format!("{} # keysweep:allow until=2020-01-01\n", key(1)));
    assert!(project.run(["scan"]).stdout.contains("note: its marker expired on 2020-01-01"));
    project.write("a.txt", format!("{} # gitleaks:allow\n", key(1)));
    assert_eq!(project.run(["scan"]).code, 0);
    project.write(".keysweep.toml", "[suppress]\nrequire-reason = true\n");
    let output = project.run(["scan"]);
    assert!(output.code == 1 && output.stdout.contains("the configuration requires one"), "{output:#?}");
    project.write(".keysweep.toml", "[suppress]\nforeign-markers = false\n");
    assert_eq!(project.run(["scan"]).code, 1);
}

#[test]
fn the_ignore_file_knows_secrets_and_not_places() {
    let (known, other) = (key(1), key(2));
    let print = Fingerprint::of(known.as_bytes());
    for (entry, wanted) in [
        (format!("{print}"), ["ignore-file", "active"]),
        (format!("# why\n\n  openai-project-key:{print}  # revoked\r\n"), ["ignore-file", "active"]),
        (format!("openai-*:{print} # reason=old until=2999-12-31"), ["ignore-file", "active"]),
        (format!("{print} src/** # only there"), ["ignore-file", "active"]),
        (format!("{print} docs/**"), ["active", "active"]),
        (format!("anthropic-api-key:{print}"), ["active", "active"]),
        (format!("{print} # until=2020-01-01"), ["active", "active"]),
    ] {
        let project = Project::git();
        project.write("src/a.txt", format!("{known}\n{other}\n")).write(".keysweepignore", &entry);
        let scan = project.scan(&[]);
        assert_eq!(status(&scan), wanted, "{entry}: {:#?}", scan.output);
    }
    let project = Project::git();
    project.write("a.txt", &known);
    for (entry, part) in [
        (other.as_str(), ".keysweepignore:1: "),
        ("\nabc", ".keysweepignore:2: \"abc\" is not a fingerprint"),
        (&format!("{print} a{{b"), "is not a glob"),
        (&format!("{print} # until=never"), "until=never is not a date"),
    ] {
        project.write(".keysweepignore", entry);
        let output = project.run(["scan"]);
        assert!(output.code == 2 && output.stderr.contains(part) && output.stdout.is_empty(), "{output:#?}");
        assert!(!output.stderr.contains(&other), "a key pasted into the ignore file is not repeated");
    }
}

#[test]
fn nothing_is_hidden() {
    let project = Project::git();
    let keys: Vec<String> = (1..=4).map(key).collect();
    let print = Fingerprint::of(keys[1].as_bytes());
    project.write("a.txt", format!("{} # keysweep:allow reason=\"a fixture\"\n{}\n", keys[0], keys[1]));
    project.write("docs/b.txt", &keys[2]).write("c.txt", &keys[3]).write(".keysweepignore", format!("{print} # old"));
    project.write(".keysweep.toml", "[[allowlist]]\nreason = 'samples'\npaths = ['docs/**']\n");
    let output = project.run(["scan"]);
    assert!(output.stdout.contains("1 key found, 3 suppressed (1 allowlist, 1 ignore-file, 1 inline)."), "{output:#?}");
    let shown = project.run(["scan", "--show-suppressed"]).stdout;
    for part in
        ["suppressed by inline: a fixture", "suppressed by ignore-file: old", "suppressed by allowlist: samples"]
    {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    assert_eq!(project.scan(&[]).summary["suppressed"], 3);
}

#[test]
fn allowlists_hold_where_all_they_ask_for_holds() {
    let key = key(1);
    let head: String = key.chars().take(14).collect();
    for (list, wanted) in [
        (format!("regexes = ['^{head}']"), true),
        ("regexes = ['^x']".to_owned(), false),
        (format!("stopwords = ['{}']", head.to_uppercase()), true),
        ("target = 'line'\nregexes = ['fixture']".to_owned(), true),
        ("target = 'secret'\nregexes = ['fixture']".to_owned(), false),
        ("paths = ['src/*.py']".to_owned(), true),
        ("paths = ['*.py']".to_owned(), false),
        ("paths = ['src/*.py']\nrules = ['groq-*']".to_owned(), false),
        ("paths = ['src/*.py']\nrules = ['openai-*']".to_owned(), true),
        (format!("paths = ['x/**']\nregexes = ['^{head}']"), true),
        (format!("condition = 'all'\npaths = ['x/**']\nregexes = ['^{head}']"), false),
        (format!("condition = 'all'\npaths = ['src/**']\nregexes = ['^{head}']"), true),
        ("condition = 'all'\npaths = ['src/**']\ntarget = 'line'\nregexes = ['fixture']".to_owned(), true),
        ("condition = 'all'\npaths = ['src/**']\ntarget = 'line'\nregexes = ['other']".to_owned(), false),
    ] {
        let project = Project::git();
        project.write("src/a.py", format!("fixture = \"{key}\"\n"));
        project.write(".keysweep.toml", format!("[[allowlist]]\n{list}\n"));
        let scan = project.scan(&[]);
        assert_eq!(status(&scan), [if wanted { "allowlist" } else { "active" }], "{list}: {:#?}", scan.output);
    }
}

#[test]
fn encrypted_content_is_no_finding_and_its_plain_neighbour_is() {
    let inner = key(1);
    let plain = key(2);
    let base64: String = keysweep::rule::template::Template::parse("Ag[A-Za-z0-9+/]{700}")
        .unwrap()
        .generate(&mut keysweep::rule::template::Random::new(1))
        .text;
    let hex: String = inner.bytes().map(|byte| format!("{byte:02x}")).collect();
    for (name, text) in [
        ("sops", format!("a: ENC[AES256_GCM,data:{inner},iv:x=,tag:y=,type:str]\nb: PLAIN\n")),
        ("vault", format!("b: PLAIN\na: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  {hex}\n  {hex}\n")),
        ("vault first", format!("$ANSIBLE_VAULT;1.1;AES256\n{hex}\n{hex}\n\nb: PLAIN\n")),
        (
            "age",
            format!(
                "-----BEGIN AGE ENCRYPTED FILE-----\n{0}\n-----END AGE ENCRYPTED FILE-----\nPLAIN\n",
                inner.replace(['-', '_'], "/")
            ),
        ),
        (
            "sealed",
            format!(
                "kind: SealedSecret\nspec:\n  encryptedData:\n    a: {base64}{}{base64}\nb: PLAIN\n",
                inner.replace(['-', '_'], "+")
            ),
        ),
    ] {
        for with_plain in [false, true] {
            let project = Project::new();
            project.write("a.yaml", text.replace("PLAIN", if with_plain { &plain } else { "none" }));
            let scan = project.scan(&[]);
            let found: Vec<String> = scan.findings.iter().map(|finding| finding["fingerprint"].to_string()).collect();
            let wanted = format!("\"{}\"", Fingerprint::of(plain.as_bytes()));
            assert_eq!(found, if with_plain { vec![wanted] } else { vec![] }, "{name}: {text}");
        }
    }
    let project = Project::new();
    project
        .write("a.bin", [b"\0GITCRYPT\0", inner.as_bytes()].concat())
        .write("b.bin", [b"\0GITCRYPX\0", inner.as_bytes()].concat());
    assert_eq!(project.scan(&[]).paths(), ["b.bin"]);
}

#[test]
fn a_change_cannot_silence_the_scan() {
    let project = Project::git();
    let (old, new, marked) = (key(1), key(2), key(3));
    let print = |key: &str| Fingerprint::of(key.as_bytes());
    project.write("old.txt", format!("{old}\n")).write(".keysweepignore", format!("{} # known\n", print(&old)));
    project.write("was.txt", format!("{} # keysweep:allow\n", key(4)));
    project.run_git(&["add", "-A"]).run_git(&["commit", "-qm", "base"]).run_git(&["checkout", "-qb", "change"]);
    let attack = |project: &Project| {
        project.write("new.txt", format!("{new}\n")).write("marked.txt", format!("{marked} # keysweep:allow\n"));
        project.write(".gitattributes", "* -diff\n");
        project.write(".keysweepignore", format!("{} # known\n{}\n", print(&old), print(&new)));
        project.write(".keysweep.toml", "[rules]\nbuiltin = false\n");
    };
    attack(&project);
    assert_eq!(project.scan(&[]).output.code, 0, "the change's own policy silences everything");
    for committed in [false, true] {
        if committed {
            project.run_git(&["add", "-A"]).run_git(&["commit", "-qm", "change"]);
        }
        let scan = project.scan(&["--policy-from", "main"]);
        let statuses: Vec<String> =
            scan.paths().into_iter().map(String::from).zip(status(&scan)).map(|(p, s)| format!("{p} {s}")).collect();
        let wanted = ["marked.txt active", "new.txt active", "old.txt ignore-file", "was.txt inline"];
        assert_eq!(statuses, wanted, "{:#?}", scan.output);
        let human = project.run(["scan", "--policy-from", "main"]).stdout;
        for part in
            ["marked.txt:1: an inline marker", &format!(".keysweepignore: {}", print(&new)), "rules.builtin = false"]
        {
            assert!(
                human.contains(&format!("this change adds a suppression, which does not count: {part}"))
                    || human.contains(part),
                "{part} in {human}"
            );
        }
        assert!(!human.contains("was.txt:1: an inline marker"), "{human}");
    }
    let output = project.run(["scan", "--policy-from", "nowhere"]);
    assert!(output.code == 2 && output.stderr.contains("fetch the base branch"), "{output:#?}");
}
