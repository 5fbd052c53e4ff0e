//! Agents' files: which entry holds a key, how its reference comes back, and `scan --agents`.

use serde_json::{Value, json};

use crate::project::{Project, key};

fn note(project: &Project, path: &str) -> (String, String) {
    let output = project.run(["scan", path]);
    let note = output
        .stdout
        .lines()
        .find_map(|line| line.trim().strip_prefix("note: "))
        .unwrap_or_else(|| panic!("{output:?}"));
    let severity = project.scan(&[path]).findings[0]["severity"].as_str().unwrap().to_owned();
    (note.to_owned(), severity)
}

#[test]
fn a_finding_names_the_entry_and_the_reference() {
    let project = Project::git();
    let key = key(1);
    for (path, content, expected) in [
        (
            ".mcp.json",
            json!({"mcpServers": {"git": {"env": {"T": "x", "GIT_TOKEN": key}}}}).to_string(),
            "Claude Code settings, server git, variable GIT_TOKEN: write ${GIT_TOKEN}, and set GIT_TOKEN where the agent starts",
        ),
        (
            ".cursor/mcp.json",
            serde_json::to_string_pretty(
                &json!({"mcpServers": {"a.b": {"headers": {"Authorization": format!("Bearer {key}")}}}}),
            )
            .unwrap(),
            "Cursor settings, server a.b, header Authorization: write ${env:OPENAI_API_KEY}",
        ),
        (
            ".vscode/mcp.json",
            format!("{{\n  // ours\n  \"servers\": {{\"x\": {{\"args\": [\"-k\", \"{key}\"]}}}}\n}}"),
            "VS Code settings, server x, argument 2: write ${env:OPENAI_API_KEY}",
        ),
        (
            ".codex/config.toml",
            format!("model = 'm'\n[mcp_servers.git.env]\nA = 'b'\nTOKEN = \"{key}\"\n"),
            "Codex settings, server git, variable TOKEN: name the variable instead: env_vars",
        ),
        (
            ".claude/settings.local.json",
            json!({"env": {"OPENAI_API_KEY": key}}).to_string(),
            "Claude Code settings, entry env.OPENAI_API_KEY: write ${OPENAI_API_KEY}",
        ),
        (
            ".aider.conf.yml",
            format!("openai-api-key: {key}\n"),
            "aider settings, entry openai-api-key: aider expands no variable",
        ),
        (".codex/auth.json", json!({"OPENAI_API_KEY": key}).to_string(), "Codex login: never commit or share it"),
        (".claude/projects/-p/a.jsonl", json!({"m": key}).to_string(), "Claude Code transcript: keysweep fix masks it"),
    ] {
        project.write(path, content);
        let (note, _) = note(&project, path);
        assert!(note.starts_with(expected), "{path}: {note}");
    }
}

#[test]
fn an_expanded_variable_is_told_as_one() {
    let project = Project::git();
    project.write(".mcp.json", json!({"mcpServers": {"git": {"args": [key(1)]}}}).to_string());
    let binary = env!("CARGO_BIN_EXE_keysweep");
    let output = project.command(binary).args(["scan", "."]).env("WORK_TOKEN", key(1)).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains(
            "server git, argument 1: an expanded ${WORK_TOKEN} was written into the file; put ${WORK_TOKEN} back"
        ),
        "{text}"
    );
    assert!(!text.contains(&key(1)));
}

#[test]
fn a_committed_agent_s_file_is_rated_up() {
    let project = Project::git();
    let uncommitted = |path: &str| note(&project, path).1;
    // A rule of a lesser severity, so that there is room above.
    project.write(".keysweep.toml", "[rules.severity]\n\"openai-*\" = \"medium\"\n");
    project.write(".mcp.json", json!({"mcpServers": {"git": {"args": [key(1)]}}}).to_string());
    assert_eq!(uncommitted(".mcp.json"), "medium");
    project.run_git(&["add", ".mcp.json"]);
    assert_eq!(uncommitted(".mcp.json"), "high");
    let staged = project.run(["staged", "--format", "jsonl"]);
    let first: Value = serde_json::from_str(staged.stdout.lines().next().unwrap()).unwrap();
    assert_eq!(first["severity"], "high");
}

#[test]
fn scan_agents_lists_homes_newest_first() {
    let project = Project::new();
    let line = |seed: u64| json!({"message": key(seed)}).to_string() + "\n";
    let none = project.run(["scan", "--agents"]);
    assert_eq!((none.code, none.stdout.as_str()), (0, "No keys found in 0 files of coding agents.\n"));
    project.write("../home/.claude/projects/-p/old.jsonl", line(1));
    project.write("../home/.codex/sessions/2026/01/02/rollout-1.jsonl", line(2));
    project.write("../home/.codex/history.jsonl", "{}\n");
    project.write("../home/.cursor/mcp.json", json!({"mcpServers": {"git": {"env": {"T": key(3)}}}}).to_string());
    // A database is searched as it lies there.
    let page = [b"SQLite format 3\0".as_slice(), &[0; 84], b"\x05chat", line(1).as_bytes(), &[0; 4000]].concat();
    project.write("../home/.config/Cursor/User/globalStorage/state.vscdb", page);
    for (path, days) in [(".claude/projects/-p/old.jsonl", 400), (".cursor/mcp.json", 3), (".codex/history.jsonl", 1)] {
        let time = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_790_000_000 - days * 86_400);
        let file = std::fs::File::options().write(true).open(project.path("../home").join(path)).unwrap();
        file.set_modified(time).unwrap();
    }
    let output = project.run(["scan", "--agents"]);
    assert_eq!(output.code, 1, "{output:?}");
    let heads: Vec<&str> = output.stdout.lines().filter(|line| line.contains(": ~/")).collect();
    assert_eq!(heads.len(), 4, "{output:?}");
    let at = |text: &str| heads.iter().position(|head| head.contains(text)).unwrap_or_else(|| panic!("{heads:?}"));
    assert!(at("Cursor, settings") < at("Claude Code, transcript"), "{heads:?}");
    assert!(
        at("Cursor, chat store") < at("Cursor, settings") && at("Codex, transcript") < at("Cursor, settings"),
        "{heads:?}"
    );
    assert!(output.stdout.contains("3 keys in 4 of 5 files"), "{output:?}");
    for seed in 1..4 {
        assert!(!output.stdout.contains(&key(seed)), "{output:?}");
    }
    let machine = project.run(["scan", "--agents", "--format", "jsonl"]);
    assert_eq!((machine.code, machine.stdout.lines().count()), (1, 5), "{machine:?}");
}
