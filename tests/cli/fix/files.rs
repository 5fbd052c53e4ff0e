//! Kinds of files, the environment file, and what keeps a fix from losing anything.

use serde_json::json;

use super::{fix, text};
use crate::archive::gzip;
use crate::project::{Project, key};

#[test]
fn each_kind_of_file_gets_its_own_lookup() {
    let name = "OPENAI_API_KEY";
    for (path, before, after) in [
        ("a.py", "k = 'K'\n", "import os\nk = os.environ[\"NAME\"]\n"),
        ("a.ts", "const k: string = 'K';\n", "const k: string = process.env.NAME!;\n"),
        ("a.jsx", "<A token=\"K\" b='x'/>;\n", "<A token={process.env.NAME} b='x'/>;\n"),
        (
            "a.go",
            "package main\n\nimport (\n\t\"fmt\"\n)\n\nvar k = \"K\"\n",
            "package main\n\nimport (\n\t\"os\"\n\t\"fmt\"\n)\n\nvar k = os.Getenv(\"NAME\")\n",
        ),
        (
            "b.go",
            "package main\n\nvar k = `Bearer K`\n",
            "package main\n\nimport \"os\"\n\nvar k = (`Bearer ` + os.Getenv(\"NAME\"))\n",
        ),
        ("a.rs", "let k: &str = \"K\";\n", "let k: &str = &std::env::var(\"NAME\").expect(\"NAME is not set\");\n"),
        ("A.java", "String k = \"K\";\n", "String k = System.getenv(\"NAME\");\n"),
        ("a.kt", "val k = \"Bearer K\"\n", "val k = \"Bearer ${System.getenv(\"NAME\")}\"\n"),
        ("a.rb", "k = \"Bearer K\"\nj = 'K'\n", "k = \"Bearer #{ENV.fetch(\"NAME\")}\"\nj = ENV.fetch(\"NAME\")\n"),
        ("a.php", "<?php $k = 'Bearer K';\n", "<?php $k = ('Bearer ' . getenv('NAME'));\n"),
        ("a.cs", "var k = \"K\";\n", "var k = System.Environment.GetEnvironmentVariable(\"NAME\");\n"),
        (
            "a.swift",
            "import Network\nlet k = \"K\"\n",
            "import Foundation\nimport Network\nlet k = ProcessInfo.processInfo.environment[\"NAME\"]!\n",
        ),
        ("a.sh", "curl -H 'Bearer K'\n", "curl -H 'Bearer '\"${NAME:?}\"''\n"),
        ("tool", "#!/usr/bin/env bash\necho K\n", "#!/usr/bin/env bash\necho \"${NAME:?}\"\n"),
        ("compose.yml", "environment:\n  - NAME=K\n", "environment:\n  - NAME=${NAME}\n"),
        (".github/workflows/ci.yml", "env:\n  NAME: \"K\"\n", "env:\n  NAME: \"${{ secrets.NAME }}\"\n"),
        (
            ".mcp.json",
            "{\"mcpServers\":{\"a\":{\"env\":{\"NAME\":\"K\"}}}}",
            "{\"mcpServers\":{\"a\":{\"env\":{\"NAME\":\"${NAME}\"}}}}",
        ),
        ("conf.yaml", "a: 'x #1 K' # it's K\nb: K\n", "a: 'x #1 ${NAME}' # it's NAME\nb: ${NAME}\n"),
        (
            ".vscode/mcp.json",
            "{\"servers\":{\"a\":{\"headers\":{\"Authorization\":\"Bearer K\"}}}}",
            "{\"servers\":{\"a\":{\"headers\":{\"Authorization\":\"Bearer ${env:NAME}\"}}}}",
        ),
    ] {
        let project = Project::git();
        // `K` is no letter of what comes after but of the variable's name.
        project.write(path, before.replace("NAME", "\u{1}").replace('K', &key(1)).replace('\u{1}', name));
        let output = fix(&project, &[]);
        assert_eq!(output.code, 0, "{path}: {output:?}");
        assert_eq!(text(&project, path), after.replace("NAME", name), "{path}");
        assert_eq!(text(&project, ".env"), format!("{name}={}\n", key(1)), "{path}");
        assert_eq!(text(&project, ".env.example"), format!("{name}=\n"), "{path}");
        assert_eq!(text(&project, ".gitignore"), ".env\n", "{path}");
        assert!(project.scan(&["."]).findings.is_empty(), "{path}");
        assert!(!output.stdout.contains(&key(1)) && output.stdout.contains("revoked in any case"), "{output:?}");
    }
}

#[test]
fn terraform_gets_a_variable() {
    let project = Project::git();
    project.write("main.tf", format!("provider \"x\" {{\n  api_key = \"{}\"\n}}\n", key(1)));
    assert_eq!(fix(&project, &[]).code, 0);
    let fixed = text(&project, "main.tf");
    assert!(fixed.contains("api_key = var.openai_api_key\n"), "{fixed}");
    assert!(
        fixed.ends_with("\nvariable \"openai_api_key\" {\n  type      = string\n  sensitive = true\n}\n"),
        "{fixed}"
    );
    assert_eq!(text(&project, ".env"), format!("TF_VAR_openai_api_key={}\n", key(1)));
}

#[test]
fn a_notebook_loses_the_key_in_source_and_output() {
    let project = Project::git();
    let notebook = json!({
        "cells": [
            {"cell_type": "markdown", "metadata": {}, "source": [format!("use {}\n", key(1))]},
            {"cell_type": "code", "execution_count": 1, "metadata": {},
             "outputs": [{"name": "stdout", "output_type": "stream", "text": [format!("key {}\n", key(1))]}],
             "source": ["import sys\n", format!("k = \"{}\"\n", key(1)), "print(k)"]},
        ],
        "metadata": {"kernelspec": {"language": "python"}}, "nbformat": 4, "nbformat_minor": 5,
    });
    project.write("n.ipynb", serde_json::to_string_pretty(&notebook).unwrap() + "\n");
    let output = fix(&project, &[]);
    assert_eq!(output.code, 0, "{output:?}");
    let fixed: serde_json::Value = serde_json::from_str(&text(&project, "n.ipynb")).unwrap();
    let source = fixed["cells"][1]["source"].as_array().unwrap();
    let lines: Vec<&str> = source.iter().map(|line| line.as_str().unwrap()).collect();
    assert_eq!(lines, ["import os\n", "import sys\n", "k = os.environ[\"OPENAI_API_KEY\"]\n", "print(k)"]);
    assert!(!text(&project, "n.ipynb").contains(&key(1)));
    assert!(project.scan(&["."]).findings.is_empty());
}

#[test]
fn what_cannot_be_replaced_is_left_with_its_reason() {
    for (path, before, reason) in [
        ("a.rs", "const K2: &str = \"K\";\n", "constant"),
        ("a.go", "package a\n\nconst (\n\tk = \"K\"\n)\n", "constant"),
        ("a.py", "x = ('a'\n     'K')\n", "in a row"),
        ("a.js", "const o = { 'K': 1 };\n", "name of a property"),
        ("a.sh", "cat <<'E'\nK\nE\n", "reads no variables"),
        ("a.json", "{\"a\": \"K\"}", "no lookup is known"),
        (".codex/config.toml", "[mcp_servers.a.env]\nT = \"K\"\n", "expands no variable"),
        (".codex/auth.json", "{\"OPENAI_API_KEY\": \"K\"}", "log out"),
        ("Dockerfile", "ENV T=K\n", "stays in the image"),
    ] {
        let project = Project::git();
        let before = before.replace("K2", "\u{1}").replace("API_KEY", "\u{2}").replace('K', &key(1));
        let before = before.replace('\u{1}', "K2").replace('\u{2}', "API_KEY");
        project.write(path, &before);
        let output = fix(&project, &[]);
        assert_eq!(output.code, 1, "{path}: {output:?}");
        assert!(output.stdout.contains(&format!("left: {path}:")) && output.stdout.contains(reason), "{output:?}");
        assert_eq!(text(&project, path), before);
        assert!(!project.path(".env").exists() && !project.path(".gitignore").exists(), "{path}");
    }
}

/// Text that only a scan reaches.
#[test]
fn keys_that_are_not_in_the_text_of_a_file_are_left() {
    let (key, project) = (key(1), Project::git());
    project.write("a.gz", gzip(format!("k = {key}\n").as_bytes())).write(format!("{key}.txt"), "x\n");
    let scanned = project.scan(&["."]);
    assert_eq!(scanned.findings.len(), 2, "{scanned:?}");
    let output = fix(&project, &[]);
    assert_eq!(output.code, 1, "{output:?}");
    for left in ["left: a.gz: it is not in the text", ".txt: it is in the name"] {
        assert!(output.stdout.contains(left), "{left}: {output:?}");
    }
    assert!(!output.stdout.contains(&key), "{output:?}");
}

#[test]
fn names_are_given_once_and_kept() {
    let project = Project::git();
    project.write(".env", format!("# mine\nexport OLD='{}'\nOPENAI_API_KEY=other", key(1)));
    project.write(".gitignore", "*.log");
    project.write("a.py", format!("a = '{}'\nb = '{}'\nTHIRD_KEY = '{}'\n", key(1), key(2), key(3)));
    assert_eq!(fix(&project, &[]).code, 0);
    let fixed = "import os\na = os.environ[\"OLD\"]\nb = os.environ[\"OPENAI_API_KEY_2\"]\nTHIRD_KEY = os.environ[\"THIRD_KEY\"]\n";
    assert_eq!(text(&project, "a.py"), fixed);
    let env = format!(
        "# mine\nexport OLD='{}'\nOPENAI_API_KEY=other\nOPENAI_API_KEY_2={}\nTHIRD_KEY={}\n",
        key(1),
        key(2),
        key(3)
    );
    assert_eq!(text(&project, ".env"), env);
    assert_eq!(text(&project, ".gitignore"), "*.log\n.env\n");
    assert_eq!(text(&project, ".env.example"), "OPENAI_API_KEY_2=\nTHIRD_KEY=\n");
}

#[test]
fn an_environment_file_that_git_would_take_is_ignored_first() {
    let project = Project::git();
    project.write("sub/.env", format!("OPENAI_API_KEY={}\n", key(1)));
    assert_eq!(fix(&project, &[]).code, 0);
    assert_eq!(text(&project, ".gitignore"), "/sub/.env\n");
    assert!(project.scan(&["."]).findings.is_empty());
    let project = Project::git();
    project.write(".env", format!("OPENAI_API_KEY={}\n", key(1))).write("a.py", format!("k = '{}'\n", key(2)));
    project.run_git(&["add", ".env"]);
    let output = fix(&project, &[]);
    assert_eq!(output.code, 2, "{output:?}");
    assert!(output.stderr.contains("git tracks it"), "{output:?}");
    assert_eq!(text(&project, "a.py"), format!("k = '{}'\n", key(2)), "nothing was written");
}

#[test]
fn line_endings_bytes_and_mode_stay() {
    let project = Project::git();
    let before = [b"\xef\xbb\xbfx = '\xff'\r\nk = '".as_slice(), key(1).as_bytes(), b"'\r\n# \xe9".as_slice()].concat();
    project.write("a.py", &before);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(project.path("a.py"), std::fs::Permissions::from_mode(0o751)).unwrap();
    }
    assert_eq!(fix(&project, &[]).code, 0);
    let expected = b"\xef\xbb\xbfimport os\r\nx = '\xff'\r\nk = os.environ[\"OPENAI_API_KEY\"]\r\n# \xe9";
    assert_eq!(std::fs::read(project.path("a.py")).unwrap(), expected);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &str| project.path(path).metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("a.py"), mode(".env")), (0o751, 0o600));
    }
}

#[test]
fn nothing_is_written_without_a_yes() {
    let project = Project::git();
    let before = format!("k = '{}'\n", key(1));
    project.write("a.py", &before);
    let dry = project.run(["fix", "--dry-run"]);
    assert_eq!(dry.code, 1, "{dry:?}");
    assert!(dry.stdout.contains("+import os") && dry.stdout.contains("-k = 'sk-proj-"), "{dry:?}");
    let piped = project.run(["fix"]);
    assert!(piped.code == 2 && piped.stderr.contains("--yes"), "{piped:?}");
    for output in [dry, piped] {
        assert!(!output.stdout.contains(&key(1)), "{output:?}");
    }
    assert_eq!(text(&project, "a.py"), before);
    assert!(!project.path(".env").exists());
    assert_eq!(fix(&Project::git(), &[]).code, 0);
}

#[test]
fn what_was_staged_is_staged_again() {
    let project = Project::git();
    project.write("base", "x").run_git(&["add", "."]).run_git(&["commit", "-qm", "base"]);
    project.write("a.py", format!("k = '{}'\n", key(1))).write("b.py", format!("k = '{}'\n", key(1)));
    project.run_git(&["add", "a.py", "b.py"]);
    project.write("b.py", format!("k = '{}'\nmore = 1\n", key(1)));
    let output = fix(&project, &[]);
    assert!(output.stdout.contains("staged again"), "{output:?}");
    let staged = project.run(["staged"]);
    assert_eq!(staged.code, 1, "what b.py had staged is the person's: {staged:?}");
    assert!(staged.stdout.contains("b.py") && !staged.stdout.contains("a.py"), "{staged:?}");
    project.run_git(&["add", "b.py"]);
    assert_eq!(project.run(["staged"]).code, 0);
}

#[test]
fn suppressed_keys_stay() {
    let project = Project::git();
    let before = format!("k = '{}'  # keysweep:allow\n", key(1));
    project.write("a.py", &before);
    assert_eq!(fix(&project, &[]).code, 0);
    assert_eq!(text(&project, "a.py"), before);
}

#[test]
fn transcripts_are_masked_and_kept_elsewhere() {
    let project = Project::new();
    let line = |text: String| json!({"type": "user", "message": {"content": text}}).to_string() + "\n";
    let before = line(format!("my key is {}", key(1))) + &line("hello".into());
    project.write("../home/.claude/projects/-p/s.jsonl", &before);
    let output = project.run(["fix", "--yes", "--agents"]);
    assert_eq!(output.code, 0, "{output:?}");
    let after = text(&project, "../home/.claude/projects/-p/s.jsonl");
    assert!(!after.contains(&key(1)) && after.contains("my key is sk-proj-"), "{after}");
    after.lines().for_each(|line| drop(serde_json::from_str::<serde_json::Value>(line).unwrap()));
    let backups = project.path("../home/.local/state/keysweep/backups");
    let kept: Vec<_> = std::fs::read_dir(backups).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(kept.len(), 1);
    assert_eq!(std::fs::read_to_string(&kept[0]).unwrap(), before);
    assert_eq!(project.run(["scan", "--agents"]).code, 0);
    assert!(!project.path(".env").exists());
}

#[test]
#[cfg(unix)]
fn what_cannot_be_written_loses_nothing() {
    use std::os::unix::fs::PermissionsExt as _;
    let is_root = std::process::Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    if is_root {
        return;
    }
    let project = Project::git();
    let before = format!("k = '{}'\n", key(1));
    project.write("sub/a.py", &before);
    let set = |mode| std::fs::set_permissions(project.path("sub"), std::fs::Permissions::from_mode(mode)).unwrap();
    set(0o555);
    let output = fix(&project, &[]);
    set(0o755);
    assert_eq!(output.code, 2, "{output:?}");
    assert_eq!(text(&project, "sub/a.py"), before);
    assert!(text(&project, ".env").contains(&key(1)), "the key is there before it leaves");
}

#[test]
fn what_has_to_be_revoked_is_said_by_how_far_the_key_has_come() {
    let project = Project::git();
    let file = format!("k = '{}'\n", key(1));
    let said = |project: &Project| {
        project.write("sub/a.py", &file);
        let output = fix(project, &[]);
        assert_eq!(output.code, 0, "{output:?}");
        output.stdout.lines().filter(|line| line.contains("evoke")).map(str::to_owned).collect::<Vec<_>>()
    };
    project.write("base", "x").run_git(&["add", "."]).run_git(&["commit", "-qm", "base"]);
    let maybe = "If a key was ever committed, pushed or sent, it has to be revoked in any case:";
    assert_eq!(said(&project), [maybe]);
    project.write("sub/a.py", &file).run_git(&["add", "sub"]).run_git(&["commit", "-qm", "key"]);
    assert_eq!(said(&project), ["It is in a commit. Revoke it, even if you never pushed that commit."]);
    // Another branch has it, this one no longer does.
    project.run_git(&["branch", "other"]).run_git(&["add", "-A"]).run_git(&["commit", "-qm", "gone"]);
    assert_eq!(said(&project).len(), 1);
    assert!(said(&project)[0].starts_with("It is in a commit"));
    project.run_git(&["update-ref", "refs/remotes/origin/other", "other"]);
    assert_eq!(said(&project), ["A remote has it: revoke it now. It stays in the history that others can read."]);
}
