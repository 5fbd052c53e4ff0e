//! Installing beside what is there, taking out byte for byte, and the doctor.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::AGENTS;
use crate::project::{Output, Project};

fn file(agent: &str) -> &'static str {
    match agent {
        "claude" => ".claude/settings.json",
        "codex" => ".codex/hooks.json",
        "cursor" => ".cursor/hooks.json",
        "copilot" => ".github/hooks/keysweep.json",
        "gemini" => ".gemini/settings.json",
        _ => ".windsurf/hooks.json",
    }
}

/// All files below a directory, with their content.
fn tree(directory: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let mut open = vec![directory.to_owned()];
    let mut tree = BTreeMap::new();
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let content = (!path.is_dir()).then(|| std::fs::read(&path).unwrap());
            if content.is_none() {
                open.push(path.clone());
            }
            tree.insert(path, content);
        }
    }
    tree
}

/// Runs keysweep with a PATH that leads to it.
fn run(project: &Project, args: &[&str]) -> Output {
    let binary = Path::new(env!("CARGO_BIN_EXE_keysweep"));
    let path = std::env::join_paths([binary.parent().unwrap(), Path::new("/usr/bin"), Path::new("/bin")]).unwrap();
    let mut command = project.command(binary);
    let output = command.args(args).env("PATH", path).output().unwrap();
    Output {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn what_was_there_stays_and_comes_back_byte_for_byte() {
    let others = [
        None,
        Some("{}"),
        Some("{\n}\n"),
        Some("{\"hooks\":{\"PreToolUse\":[{\"matcher\":\"Bash\",\"hooks\":[{\"command\":\"audit\"}]}]},\"x\":1}"),
        Some("{\n\t\"a\": \"ü\",\n\t\"hooks\": {\n\t\t\"preToolUse\": []\n\t},\n\t\"version\": 1\n}"),
        Some("{\r\n  \"permissions\": {\"allow\": [\"Bash(ls)\"]}\r\n}\r\n"),
    ];
    for before in others {
        for scope in [&[][..], &["--user"]] {
            let project = Project::git();
            if let Some(text) = before {
                for agent in AGENTS {
                    project.write(file(agent), text);
                }
            }
            let home = project.root().parent().unwrap().to_owned();
            let was = tree(&home);
            let args = |verb: &'static str| [&["hook", verb, "--agent", "all"][..], scope].concat();
            let installed = run(&project, &args("install"));
            assert_eq!(installed.code, 0, "{before:?}: {installed:?}");
            let once = tree(&home);
            assert_ne!(was, once);
            let twice = run(&project, &args("install"));
            assert_eq!(twice.stdout.matches("nothing changed").count(), AGENTS.len(), "{before:?}: {twice:?}");
            assert_eq!(tree(&home), once, "{before:?}");
            let removed = run(&project, &args("uninstall"));
            assert_eq!(removed.code, 0, "{before:?}: {removed:?}");
            assert_eq!(tree(&home), was, "{before:?}, {scope:?}");
            assert_eq!(run(&project, &args("uninstall")).stdout.matches("nothing changed").count(), AGENTS.len());
        }
    }
}

#[test]
fn each_agent_gets_what_fails_closed() {
    let project = Project::git();
    run(&project, &["hook", "install", "--agent", "all"]);
    for agent in AGENTS {
        let text = std::fs::read_to_string(project.path(file(agent))).unwrap();
        let config: Value = serde_json::from_str(&text).unwrap();
        for (event, list) in config["hooks"].as_object().unwrap() {
            let entry = &list[0];
            let hook = entry.pointer("/hooks/0").unwrap_or(entry);
            let command = hook.get("bash").or_else(|| hook.get("command")).unwrap().as_str().unwrap();
            assert!(command.starts_with(&format!("keysweep hook run --agent {agent}")), "{agent}: {command}");
            match agent {
                "claude" => assert_eq!(hook["onFailure"], "block", "{event}"),
                "cursor" => assert_eq!(hook["failClosed"], true, "{event}"),
                "copilot" => assert_eq!((&hook["type"], &config["version"]), (&json!("command"), &json!(1)), "{event}"),
                _ => assert!(command.ends_with("|| exit 2"), "{agent}, {event}: {command}"),
            }
        }
    }
}

#[test]
fn codex_hooks_go_where_its_hooks_are() {
    let project = Project::git();
    let config = "model = 'x'\n\n[[hooks.Stop]]\n[[hooks.Stop.hooks]]\ntype = \"command\"\ncommand = \"notify\"";
    project.write(".codex/config.toml", config);
    assert_eq!(run(&project, &["hook", "install", "--agent", "codex"]).code, 0);
    let with = std::fs::read_to_string(project.path(".codex/config.toml")).unwrap();
    assert!(with.starts_with(config) && with.contains("[[hooks.PreToolUse]]"), "{with}");
    assert!(!project.path(".codex/hooks.json").exists());
    assert!(run(&project, &["hook", "install", "--agent", "codex"]).stdout.contains("nothing changed"));
    assert_eq!(run(&project, &["hook", "uninstall", "--agent", "codex"]).code, 0);
    assert_eq!(std::fs::read_to_string(project.path(".codex/config.toml")).unwrap(), config);
}

#[test]
fn a_file_that_cannot_be_understood_is_left_alone() {
    for text in ["{", "[]", "{\"hooks\": 1}", "{\"hooks\": {}, \"hooks\": {}}", "\u{1}"] {
        let project = Project::git();
        project.write(".claude/settings.json", text);
        let output = run(&project, &["hook", "install", "--agent", "claude,cursor"]);
        assert_eq!(output.code, 2, "{text}: {output:?}");
        assert_eq!(std::fs::read_to_string(project.path(".claude/settings.json")).unwrap(), text);
        assert!(project.path(".cursor/hooks.json").exists(), "the other agent is served: {output:?}");
    }
}

#[test]
fn an_older_entry_is_brought_up_to_date() {
    let project = Project::git();
    let old = json!({"hooks": {"PreToolUse": [
        {"hooks": [{"type": "command", "command": "'/old/keysweep' hook run --agent claude"}]},
        {"hooks": [{"type": "command", "command": "wrap keysweep hook run --agent claude"}]},
    ]}});
    project.write(".claude/settings.json", old.to_string());
    let output = run(&project, &["hook", "install", "--agent", "claude"]);
    assert!(output.stdout.contains("brought up to date"), "{output:?}");
    let text = std::fs::read_to_string(project.path(".claude/settings.json")).unwrap();
    assert!(!text.contains("/old/") && text.contains("wrap keysweep"), "{text}");
}

#[test]
fn the_doctor_sends_a_key_through_the_command() {
    let project = Project::git();
    let none = run(&project, &["hook", "doctor", "--agent", "all"]);
    assert_eq!((none.code, none.stdout.matches("BAD").count()), (1, AGENTS.len()), "{none:?}");
    for scope in [&[][..], &["--user"]] {
        let install = [&["hook", "install", "--agent", "all"][..], scope].concat();
        assert_eq!(run(&project, &install).code, 0);
        for agent in AGENTS {
            let output = run(&project, &["hook", "doctor", "--agent", agent]);
            assert!(output.stdout.contains("a made-up key was stopped"), "{agent}: {output:?}");
            let untrusted = agent == "codex";
            assert_eq!(output.code, i32::from(untrusted), "{agent}: {output:?}");
            assert_eq!(output.stdout.contains("skips it"), untrusted, "{agent}: {output:?}");
        }
    }
    // With another PATH, what is installed for the project is not to be found.
    let output = project
        .command(env!("CARGO_BIN_EXE_keysweep"))
        .args(["hook", "doctor", "--agent", "claude"])
        .env("PATH", "/usr/bin:/bin")
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("PATH has no keysweep"), "{output:?}");
}

#[test]
fn the_doctor_sees_what_switches_hooks_off() {
    for (agent, path, text, words) in [
        ("claude", ".claude/settings.local.json", "{\"disableAllHooks\": true}", "disableAllHooks is set"),
        ("copilot", ".github/copilot/settings.json", "{\"disableAllHooks\": true}", "disableAllHooks is set"),
        (
            "gemini",
            "../home/.gemini/settings.json",
            "{\"hooksConfig\": {\"disabled\": [\"keysweep\"]}}",
            "switches it off",
        ),
        ("codex", ".codex/config.toml", "[features]\nhooks = false\n", "switches hooks off"),
    ] {
        let project = Project::git();
        run(&project, &["hook", "install", "--agent", agent]);
        project.write(path, text);
        let output = run(&project, &["hook", "doctor", "--agent", agent]);
        assert!(output.code == 1 && output.stdout.contains(words), "{agent}: {output:?}");
    }
    let project = Project::git();
    run(&project, &["hook", "install", "--agent", "cursor"]);
    let text = std::fs::read_to_string(project.path(".cursor/hooks.json")).unwrap();
    project.write(".cursor/hooks.json", text.replacen("\"failClosed\": true", "\"failClosed\": false", 1));
    let output = run(&project, &["hook", "doctor", "--agent", "cursor"]);
    assert!(output.code == 1 && output.stdout.contains("pass if keysweep fails"), "{output:?}");
    let project = Project::git();
    run(&project, &["hook", "install", "--agent", "claude,copilot"]);
    let output = run(&project, &["hook", "doctor", "--agent", "copilot"]);
    assert!(output.code == 0 && output.stdout.contains("judged twice"), "{output:?}");
}

#[test]
fn the_doctor_knows_what_codex_trusts() {
    let project = Project::git();
    run(&project, &["hook", "install", "--agent", "codex"]);
    let hooks = std::fs::canonicalize(project.path(".codex")).unwrap().join("hooks.json");
    let state = |hash: &str, more: &str| {
        ["user_prompt_submit", "pre_tool_use", "post_tool_use"]
            .map(|event| {
                format!("[hooks.state.\"{}:{event}:0:0\"]\ntrusted_hash = \"{hash}\"\n{more}\n", hooks.display())
            })
            .concat()
    };
    project.write("../home/.codex/config.toml", state("sha256:0", ""));
    let output = run(&project, &["hook", "doctor", "--agent", "codex"]);
    assert!(output.code == 0 && output.stdout.contains("in another form"), "{output:?}");
    project.write("../home/.codex/config.toml", state("sha256:0", "enabled = false"));
    let output = run(&project, &["hook", "doctor", "--agent", "codex"]);
    assert!(output.code == 1 && output.stdout.contains("Codex skips it"), "{output:?}");
}
