//! Every format on one fixed report, on attacks, and within the limits of those who read it.

use std::path::{Path, PathBuf};

use keysweep::report::Format;
use serde_json::{Value, json};

use crate::project::{Project, key};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli").join(name)
}

/// A `jsonl` report, in this format.
fn convert(report: &str, format: Format) -> String {
    let project = Project::new();
    project.write("in.jsonl", report);
    let mut command = project.command(env!("CARGO_BIN_EXE_keysweep"));
    command.args(["report", "convert", "in.jsonl", "-f", format.name()]).env("SOURCE_DATE_EPOCH", "1770000000");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}: {}", format.name(), String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn fixed() -> String {
    std::fs::read_to_string(folder("golden/report.jsonl")).unwrap()
}

/// What a schema has against a document.
pub(crate) fn faults(schema: &str, document: &str) -> Vec<String> {
    let schema: Value =
        serde_json::from_str(&std::fs::read_to_string(folder("schemas").join(schema)).unwrap()).unwrap();
    let document: Value = serde_json::from_str(document).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn each_format_is_as_it_was() {
    for &format in Format::ALL {
        let path = folder("golden").join(format!("report.{}", format.name()));
        let version = env!("CARGO_PKG_VERSION");
        let found = convert(&fixed(), format).replace(&format!("\"{version}\""), "\"VERSION\"");
        if std::env::var_os("KEYSWEEP_WRITE_GOLDEN").is_some() {
            std::fs::write(&path, &found).unwrap();
        }
        let wanted = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == wanted, "{}: KEYSWEEP_WRITE_GOLDEN=1 writes what is now\n{found}", path.display());
    }
    assert_eq!(convert(&fixed(), Format::Jsonl), fixed(), "jsonl comes back as it was");
}

#[test]
fn sarif_and_gitlab_accept_their_reports() {
    for report in [fixed(), attack(), fixed().lines().last().unwrap().to_owned()] {
        assert_eq!(faults("sarif-2.1.0.json", &convert(&report, Format::Sarif)), [""; 0]);
        assert_eq!(faults("gitlab-secret-detection.json", &convert(&report, Format::Gitlab)), [""; 0]);
    }
    assert_ne!(
        faults("sarif-2.1.0.json", "{\"version\": \"2.1.0\", \"runs\": [{}]}"),
        [""; 0],
        "the schema can say no"
    );
}

/// Each a string that some target would take for more than text.
const ATTACKS: &[&str] = &[
    "::error file=x::pwned",
    "\n::error::pwned",
    "%0A::error::pwned",
    "##vso[task.complete result=Succeeded]",
    "##[group]pwned",
    "\u{1b}[2Jpwned\u{7}",
    "=HYPERLINK(\"http://evil.example\")",
    "@SUM(1)",
    "<script>alert(1)</script>",
    "]]><!--&'\"",
    "a | b\n\n# pwned [x](http://evil.example) @team `y` ![z](http://evil.example/z.png)",
    "{0} {{x}} [pwned](1)",
    "\u{202e}gpj.exe\u{0}\u{fffe}",
    "<!-- keysweep report -->",
];

/// The fixed report with an attack in every field that somebody else can fill.
fn attack() -> String {
    let first: Value = serde_json::from_str(fixed().lines().next().unwrap()).unwrap();
    let mut lines = Vec::new();
    for attack in ATTACKS {
        let mut finding = first.clone();
        for field in ["rule", "provider", "title", "note", "suppressed_reason"] {
            finding[field] = json!(attack);
        }
        finding["location"]["path"] = json!(attack);
        finding["location"]["member"] = json!(attack);
        for field in ["author_name", "author_email", "date", "summary"] {
            finding["commit"][field] = json!(attack);
        }
        finding["history"]["refs"] = json!([attack]);
        lines.push(finding.to_string());
    }
    let coverage = json!({"files": 1, "bytes": 1, "skipped": ATTACKS.iter().map(|attack|
        json!({"path": attack, "reason": "ignored"})).collect::<Vec<_>>(), "errors": ATTACKS.iter().map(|attack|
        json!({"item": attack, "message": attack})).collect::<Vec<_>>(), "notes": ATTACKS});
    lines.push(
        json!({"type": "summary", "findings": ATTACKS.len(), "suppressed": 0, "exit_code": 2,
        "coverage": coverage})
        .to_string(),
    );
    lines.join("\n") + "\n"
}

#[test]
fn attacks_come_out_as_text() {
    for &format in Format::ALL {
        let out = convert(&attack(), format);
        let name = format.name();
        let hidden = |c: char| c.is_control() && c != '\n';
        assert!(!out.contains(hidden), "{name}: a control character in\n{out}");
        if format != Format::Annotations {
            let command = out.lines().find(|line| line.trim_start().starts_with("::"));
            assert_eq!(command, None, "{name}");
        }
        if !matches!(format, Format::Json | Format::Jsonl | Format::Sarif | Format::Codeclimate | Format::Gitlab) {
            assert!(!out.contains("##vso[") && !out.contains("##[") && !out.contains('\u{202e}'), "{name}:\n{out}");
        }
        match format {
            Format::Annotations => {
                assert!(out.lines().all(|line| line.starts_with("::error ")) && out.lines().count() == 10, "{out}");
                assert!(out.lines().last().unwrap().contains("more finding"), "{out}");
                assert!(!out.contains("%0A::"), "{out}");
            }
            Format::Html => {
                for markup in ["<script>alert", "<!-- keysweep", "]]>", "\u{202e}", "</code></summary>pwned"] {
                    assert!(!out.contains(markup), "{markup}");
                }
                assert_eq!(out.matches("<script").count(), 2, "its own, and its data");
                assert_eq!(out.matches("</script").count(), 2);
                let data = out.split("id=\"data\">").nth(1).unwrap().split("</script>").next().unwrap();
                let data: Value = serde_json::from_str(data).unwrap();
                assert_eq!(data["keys"][0]["places"].as_array().unwrap().len(), ATTACKS.len());
            }
            Format::Csv => {
                for cell in out.lines().skip(1).flat_map(|line| line.split(',')) {
                    let first = cell.trim_start_matches(['"', ' ']).chars().next();
                    assert!(!matches!(first, Some('=' | '+' | '-' | '@')), "{cell}");
                }
                assert_eq!(out.lines().count(), ATTACKS.len() + 1);
            }
            Format::Junit => {
                let tags = out.split('<').skip(1).map(|tag| tag.split([' ', '>', '/']).find(|word| !word.is_empty()));
                let known =
                    ["?xml", "testsuites", "testsuite", "testcase", "failure", "error", "skipped", "system-out"];
                tags.for_each(|tag| assert!(known.contains(&tag.unwrap()), "{tag:?}"));
                assert_eq!(out.matches('<').count(), out.matches('>').count());
            }
            Format::Markdown => {
                for markup in ["<script", "](", "![", "@team", "`y`", "\n# pwned", "http://"] {
                    assert!(!out.contains(markup), "{markup}:\n{out}");
                }
                assert_eq!(out.matches("<!-- keysweep report -->").count(), 1);
                let rows = out.lines().filter(|line| line.starts_with('|'));
                rows.for_each(|row| assert_eq!(row.matches('|').count(), 5, "{row}"));
            }
            Format::Sarif => {
                let sarif: Value = serde_json::from_str(&out).unwrap();
                let text = sarif["runs"][0]["results"][0]["message"]["text"].as_str().unwrap();
                assert!(!text.contains("](") || text.contains("\\]("), "{text}");
            }
            _ => {}
        }
    }
}

#[test]
fn no_format_prints_a_key() {
    let project = Project::git();
    let (first, second) = (key(1), key(2));
    project.write("a.txt", format!("a={first} b={second}\nkey = \"{first}\" # keysweep:allow\n"));
    project.write(&first, &second).write(".gitignore", "ignored\n").write(format!("ignored/{second}"), "x");
    let files: Vec<String> = Format::ALL
        .iter()
        .map(|format| format.endings().first().map_or("x".into(), |ending| format!("out{ending}")))
        .collect();
    for (format, file) in Format::ALL.iter().zip(&files) {
        let output = project.run(["scan", ".", "-f", format.name(), "-o", file]);
        assert_eq!(output.code, 1, "{output:?}");
        let text = std::fs::read_to_string(project.path(file)).unwrap();
        for key in [&first, &second] {
            for part in [key.as_str(), key.get(20..60).unwrap(), key.get(100..140).unwrap()] {
                assert!(!text.contains(part) && !output.stderr.contains(part), "{}: {text}", format.name());
            }
        }
        std::fs::remove_file(project.path(file)).unwrap();
    }
}

#[test]
fn several_files_take_the_formats_of_their_names() {
    let project = Project::new();
    project.write("a.txt", key(1));
    let output = project.run(["scan", "a.txt", "-o", "r.sarif", "-o", "r.csv", "-o", "r.json", "-o", "-"]);
    assert_eq!(output.code, 1, "{output:?}");
    assert!(output.stdout.contains("1 key found"), "{output:?}");
    let start = |file: &str| std::fs::read_to_string(project.path(file)).unwrap().chars().take(12).collect::<String>();
    assert_eq!(
        [start("r.sarif"), start("r.csv"), start("r.json")],
        ["{\"$schema\": ", "status,sever", "{\"findings\":"]
    );
    let odd = project.run(["scan", "a.txt", "-f", "csv", "-o", "r.sarif"]);
    assert!(odd.code == 1 && start("r.sarif").starts_with("status,"), "one file takes -f: {odd:?}");
}

#[test]
fn a_name_that_says_nothing_is_refused_before_anything_is_scanned() {
    let project = Project::new();
    project.write("a.txt", key(1));
    for (args, why) in [
        (&["-o", "report"][..], "cannot choose the format of report: its name does not say; name it with -f: human, "),
        (&["-o", "a.csv", "-o", "report.pdf"], "cannot choose the format of report.pdf"),
        (&["-o", "a.csv", "-o", "a.csv"], "cannot write to a.csv: it is named twice"),
    ] {
        let output = project.run(["scan", "a.txt"].iter().chain(args));
        assert!(output.code == 2 && output.stdout.is_empty() && output.stderr.contains(why), "{output:?}");
        assert!(!project.path("a.csv").exists());
    }
    let output = project.run(["scan", "a.txt", "-f", "json", "-o", "report"]);
    assert!(output.code == 1 && project.path("report").exists(), "{output:?}");
}

#[test]
fn over_a_limit_the_worst_come_first_and_the_rest_is_said() {
    let low = fixed().lines().nth(2).unwrap().replace("\"high\"", "\"low\"");
    let mut report: Vec<String> = (0..26_000).map(|i| low.replace("fedcba98765432", &format!("{i:014x}"))).collect();
    report.push(fixed().lines().next().unwrap().to_owned());
    report.push(fixed().lines().last().unwrap().replace("\"findings\":4", "\"findings\":26001"));
    let report = report.join("\n") + "\n";
    let sarif: Value = serde_json::from_str(&convert(&report, Format::Sarif)).unwrap();
    let run = &sarif["runs"][0];
    assert_eq!(run["results"].as_array().unwrap().len(), 25_000);
    assert_eq!(run["results"][0]["properties"]["severity"], "critical");
    let said = run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"].as_str().unwrap();
    assert!(said.starts_with("1,001 findings, less severe"), "{said}");
    let markdown = convert(&report, Format::Markdown);
    assert!(markdown.len() <= 60_000 && markdown.contains("| critical, certain |"), "{}", markdown.len());
    assert!(
        markdown.contains(" more, less severe ones, are in the full report"),
        "{}",
        &markdown[markdown.len() - 900..]
    );
    let annotations = convert(&report, Format::Annotations);
    assert_eq!(annotations.lines().count(), 10);
    assert!(annotations.contains("::error title=keysweep%3A 25%2C993 more findings::"), "{annotations}");
}

#[test]
fn identities_survive_moved_lines() {
    let project = Project::new();
    let fingerprints = |content: String, format: &str, pointer: &str| {
        project.write("a.py", content);
        let output = project.run(["scan", "a.py", "-f", format]);
        let report: Value = serde_json::from_str(&output.stdout).unwrap();
        report.pointer(pointer).unwrap_or_else(|| panic!("{report:#}")).clone()
    };
    for (format, pointer) in [
        ("sarif", "/runs/0/results/0/partialFingerprints"),
        ("gitlab", "/vulnerabilities/0/id"),
        ("codeclimate", "/0/fingerprint"),
    ] {
        let before = fingerprints(format!("k = '{}'\n", key(1)), format, pointer);
        assert_eq!(before, fingerprints(format!("\n\nimport os\nk = '{}'\n", key(1)), format, pointer), "{format}");
        assert_ne!(before, fingerprints(format!("k = '{}'\n", key(2)), format, pointer), "{format}");
    }
}

#[test]
fn the_shipped_schema_knows_every_field_that_is_written() {
    let project = Project::git();
    project
        .write("a.txt", format!("{}\n{} # keysweep:allow until=2020-01-01\n", key(1), key(2)))
        .write("b.txt", format!("{} # keysweep:allow -- a fixture\n", key(3)))
        .write(
            ".keysweepignore",
            format!(
                "{} # known\n00000000000000000000000000000009 # gone\n",
                keysweep::core::finding::Fingerprint::of(key(4).as_bytes())
            ),
        )
        .write("c.txt", key(4));
    project.run_git(&["add", "."]).run_git(&["commit", "-qm", &format!("m {}", key(5))]).run_git(&["branch", "other"]);
    let schema = project.run(["report", "schema"]);
    assert_eq!(schema.code, 0);
    let mut schema: Value = serde_json::from_str(&schema.stdout).unwrap();
    close(&mut schema);
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for args in [
        &["scan", ".", "missing", "-f", "jsonl"][..],
        &["scan", ".", "--fail-on", "critical", "-f", "jsonl"],
        &["history", "-f", "jsonl", "--max-refs", "1"],
        &["history", "-f", "json"],
    ] {
        let output = project.run(args);
        let documents: Vec<Value> = match args.contains(&"json") {
            true => vec![serde_json::from_str(&output.stdout).unwrap()],
            false => output.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
        };
        for document in documents {
            let faults: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
            assert!(faults.is_empty(), "{args:?}: {faults:?}\n{document:#}");
            fields(&document, &mut seen);
        }
    }
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/report.md")).unwrap();
    for field in ["refs_total", "suppressed_reason", "note", "notes", "failing", "suppressed_by", "in_head", "counts"] {
        assert!(seen.contains(field), "{field} was not written: {seen:?}");
    }
    for field in seen {
        assert!(page.contains(&format!("`{field}`")), "docs/report.md says nothing of {field}");
    }
}

/// No field is allowed that the schema does not name.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if map.get("type") == Some(&json!("object")) && !map.contains_key("additionalProperties") {
                map.insert("additionalProperties".into(), json!(false));
            }
            map.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

/// The names of all fields, except those of maps whose keys are data.
fn fields(value: &Value, seen: &mut std::collections::BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                seen.insert(name.clone());
                let is_map = name == "counts" || name == "suppressed_by" && value.is_object();
                if !is_map {
                    fields(value, seen);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| fields(item, seen)),
        _ => {}
    }
}

#[test]
fn fail_on_decides_what_costs_an_exit_code() {
    let project = Project::new();
    project.write("a.txt", key(1));
    let severity = project.scan(&["a.txt"]).findings[0]["severity"].as_str().unwrap().to_owned();
    for (least, code) in
        [("info", 1), (severity.as_str(), 1), ("certain", 1), ("critical,certain", i32::from(severity == "critical"))]
    {
        let output = project.run(["scan", "a.txt", "--fail-on", least]);
        assert_eq!(output.code, code, "{least}: {output:?}");
        assert!(output.stdout.contains("1 key found"), "it is reported in any case: {output:?}");
    }
    if severity != "critical" {
        let output = project.run(["scan", "a.txt", "--fail-on", "critical"]);
        assert!(output.stdout.contains("1 below --fail-on"), "{output:?}");
    }
    assert_eq!(project.run(["scan", "a.txt", "missing", "--fail-on", "critical"]).code, 2, "an error is an error");
    assert_eq!(project.run(["scan", "a.txt", "--fail-on", "loud"]).code, 2);
}

#[test]
fn two_reports_are_compared_by_key_and_path() {
    let project = Project::new();
    project.write("a.txt", key(1)).write("b.txt", key(2));
    project.run(["scan", "a.txt", "b.txt", "-o", "old.jsonl"]);
    project.write("a.txt", format!("\n\n{}", key(1))).write("b.txt", "").write("c.txt", key(3));
    project.run(["scan", "a.txt", "b.txt", "c.txt", "-o", "new.json"]);
    let output = project.run(["report", "diff", "old.jsonl", "new.json"]);
    assert_eq!(output.code, 1, "{output:?}");
    assert!(output.stdout.starts_with("+ c.txt:1 ") && output.stdout.contains("\n- b.txt:1 "), "{output:?}");
    assert!(output.stdout.ends_with("1 new finding, 1 fixed, 1 unchanged.\n"), "{output:?}");
    let same = project.run(["report", "diff", "new.json", "new.json", "-f", "json"]);
    let json: Value = serde_json::from_str(&same.stdout).unwrap();
    assert!(same.code == 0 && json["unchanged"].as_array().unwrap().len() == 2, "{same:?}");
    for broken in ["", "nonsense", "{\"type\":\"finding\"}\n"] {
        project.write("broken.jsonl", broken);
        let output = project.run(["report", "diff", "old.jsonl", "broken.jsonl"]);
        assert!(output.code == 2 && output.stderr.contains("cannot read report broken.jsonl"), "{output:?}");
    }
}
