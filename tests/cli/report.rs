//! What a report says, to people and to programs, and what it never says.

use serde_json::json;

use crate::project::{Project, key, mask};

#[test]
fn json_lines_have_the_fixed_shape() {
    let project = Project::new();
    let key = key(1);
    project.write("src/a.py", format!("import os\n\nkey = \"é{key}\"\n"));
    let scan = project.scan(&[]);
    let first = scan.output.stdout.lines().next().unwrap();
    let fingerprint = keysweep::core::finding::Fingerprint::of(key.as_bytes());
    let mask = mask(&key);
    let wanted = format!(
        "{{\"type\":\"finding\",\"rule\":\"openai-project-key\",\"provider\":\"openai\",\
         \"title\":\"OpenAI project API key\",\"severity\":\"critical\",\"confidence\":\"certain\",\
         \"secret\":\"{mask}\",\"fingerprint\":\"{fingerprint}\",\"status\":\"active\",\"suppressed_by\":null,\
         \"location\":{{\"path\":\"src/a.py\",\"member\":null,\"line\":3,\"column\":9,\"end_line\":3,\
         \"end_column\":{}}},\"layers\":[],\"commit\":null}}",
        8 + key.len()
    );
    let severity = scan.findings[0]["severity"].as_str().unwrap();
    assert_eq!(first, wanted.replace("\"critical\"", &format!("\"{severity}\"")));
    assert_eq!(
        scan.summary,
        json!({"type": "summary", "findings": 1, "suppressed": 0, "exit_code": 1, "coverage":
            {"files": 1, "bytes": "import os\n\nkey = \"é\"\n".len() + key.len(), "skipped": [], "errors": []}})
    );
}

#[test]
fn json_holds_the_objects_of_json_lines() {
    let project = Project::new();
    for leaks in 0..3 {
        project.write(format!("{leaks}.txt"), if leaks == 0 { String::new() } else { key(leaks) });
        let lines = project.scan(&[]);
        let output = project.run(["scan", "--format", "json"]);
        let document: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
        assert_eq!(document["keys"].as_array().unwrap().len() as u64, leaks);
        let keys = &document["keys"];
        assert_eq!(document, json!({"findings": lines.findings, "keys": keys, "summary": lines.summary}));
    }
}

#[test]
fn the_human_report_leads_from_the_line_to_what_to_do() {
    let project = Project::new();
    let key = key(1);
    project.write("a.py", format!("\tkey = \"{key}\"  # 鍵\n")).write("b/c.txt", &key);
    let output = project.run(["scan"]);
    let mask = mask(&key);
    let caret = "^".repeat(mask.chars().count());
    for part in [
        "a.py\n  1:9  OpenAI project API key",
        &format!("    1 | key = \"{mask}\"  # 鍵\n      |        {caret}\n"),
        "b/c.txt\n  1:1  ",
        "    the same key as a.py:1\n",
        "\nWhat to do\n  OpenAI project API key: revoke it at https://",
        "1 key found at 2 places.\n",
        "Scanned 2 files, ",
    ] {
        assert!(output.stdout.contains(part), "{part:?} is not in\n{}", output.stdout);
    }
    assert!(!project.run(["scan", "-q"]).stdout.contains("Scanned"));
    assert!(project.run(["scan", "--color", "always"]).stdout.contains("\x1b[1;31m"));
}

#[test]
fn no_key_is_printed_unless_asked_for() {
    let project = Project::git();
    let (first, second) = (key(1), key(2));
    project
        .write("a.txt", format!("a={first} b={second} c={first}\n"))
        .write(&first, &second)
        .write(format!("ignored/{second}"), "x")
        .write(".gitignore", "ignored\n")
        .write(".git/config", format!("[remote \"o\"]\n\turl = https://{first}@host/\n"));
    for format in ["human", "json", "jsonl"] {
        for args in [&["."][..], &[".", &second], &["--no-ignore"], &["--", "ignored", &first]] {
            let output = project.run(["scan", "--color", "always", "--format", format].iter().chain(args));
            for key in [&first, &second] {
                let parts = [key.as_str(), key.get(20..60).unwrap(), key.get(100..140).unwrap()];
                for part in parts {
                    assert!(!output.stdout.contains(part), "{format} {args:?}: {}", output.stdout);
                    assert!(!output.stderr.contains(part), "{format} {args:?}: {}", output.stderr);
                }
            }
        }
        let output = project.run(["scan", "--show-secrets", "--format", format, "a.txt"]);
        assert!(output.stdout.contains(&first) && output.stdout.contains(&second), "{format}");
    }
    let usage = project.run(["scan", &format!("--{first}")]);
    assert!(!usage.stderr.contains(first.get(20..60).unwrap()), "{}", usage.stderr);
}

#[test]
fn the_number_of_threads_does_not_show() {
    let project = Project::git();
    project.write(".gitignore", "x1\n");
    for i in 0..120 {
        project.write(format!("d{}/e{}/f{i}.txt", i % 7, i % 3), format!("{}\n{}\n", key(i), key(i % 5)));
        project.write(format!("d{}/x1", i % 7), "x");
    }
    for format in ["human", "json", "jsonl"] {
        let run = |threads| project.run(["scan", ".", "missing", "--format", format, "--threads", threads]);
        let one = run("1");
        for _ in 0..3 {
            assert_eq!(one, run("8"));
        }
    }
}

#[test]
fn a_report_file_is_complete_and_private_where_it_has_to_be() {
    let project = Project::new();
    project.write("a.txt", key(1));
    let printed = project.run(["scan", "a.txt", "--format", "json"]);
    let written = project.run(["scan", "a.txt", "--format", "json", "-o", "report.json"]);
    assert_eq!((written.stdout.as_str(), written.code), ("", 1));
    assert_eq!(std::fs::read_to_string(project.path("report.json")).unwrap(), printed.stdout);

    project.run(["scan", "a.txt", "--show-secrets", "-o", "secret.txt"]);
    if cfg!(unix) {
        assert_eq!(Project::mode(&project.path("secret.txt")), 0o600);
    }
    let names: Vec<_> = std::fs::read_dir(project.root()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 3, "{names:?}");
}

#[test]
fn thresholds_leave_out_and_say_so() {
    let project = Project::new();
    project.write("a.txt", key(1));
    let all = project.scan(&[]);
    let severity = all.findings[0]["severity"].as_str().unwrap();
    assert_eq!(project.scan(&["--severity", severity]).findings.len(), 1);
    if severity != "critical" {
        let none = project.scan(&["--severity", "critical"]);
        assert_eq!(none.output.code, 0);
        assert_eq!(none.summary["coverage"]["counts"]["below_threshold"], 1);
    }
}
