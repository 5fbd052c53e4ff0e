//! `keysweep hook run --agent`: each event of each agent, clean, with a key in each place, malformed, large, and with
//! the key split over JSON's escapes.

use serde_json::{Value, json};

use super::answers::{Meaning, meaning};
use super::{AGENTS, ask, escaped, event, fixture, is_nested, run};
use crate::project::{Project, key};

/// A git repository with a file that holds a key, one that does not, and an ignored `.env` that holds one.
fn project() -> Project {
    let project = Project::git();
    project.write("clean.py", "print(1)\n").write("app.py", format!("client = make('{}')\n", key(2)));
    project.write(".gitignore", ".env\n").write(".env", format!("OPENAI_API_KEY={}\n", key(3)));
    project.write("open.env", format!("OPENAI_API_KEY={}\n", key(3)));
    project
}

/// The events before something happens: agent, what the key is in, and the event for a text.
fn before(project: &Project, text: &str) -> Vec<(&'static str, &'static str, Value)> {
    let with = |name: &str, pointer: &str, value: Value| event(project, name, &[(pointer, value)]);
    let patch = format!("*** Begin Patch\n*** Update File: a.py\n@@\n-old\n+{text}\n*** End Patch\n");
    let cwd = json!(project.root());
    let windsurf = |action: &str, info: Value| {
        json!({"agent_action_name": action, "trajectory_id": "t", "execution_id": "e",
               "timestamp": "2026-11-01T10:00:00Z", "tool_info": info})
    };
    let claude = json!({"session_id": "s", "transcript_path": "/t.jsonl", "cwd": cwd, "permission_mode": "default"});
    let named = |name: &str, more: Value| {
        let mut event = claude.clone();
        event["hook_event_name"] = name.into();
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event
    };
    let edit = [("/tool_input/file_path", json!("a.py")), ("/tool_input/old_string", json!("x"))];
    let edited = |name: &str, member: &str| {
        let mut changes = edit.to_vec();
        changes.push((member, json!(text)));
        event(project, name, &changes)
    };
    vec![
        ("claude", "prompt", named("UserPromptSubmit", json!({"prompt": text}))),
        ("claude", "command", with("claude-bash", "/tool_input/command", json!(format!("curl -H '{text}'")))),
        ("claude", "edit", edited("claude-edit", "/tool_input/new_string")),
        ("claude", "mcp", with("claude-mcp", "/tool_input/owner", json!(text))),
        ("claude", "input", with("claude-webfetch", "/tool_input/url", json!(format!("https://a.example/?k={text}")))),
        ("claude", "other tool", with("claude-ungoverned", "/tool_input/todos", json!([{"content": text}]))),
        ("codex", "prompt", named("UserPromptSubmit", json!({"prompt": text, "turn_id": "1", "model": "m"}))),
        ("codex", "command", with("codex-pretooluse-shell", "/tool_input/command", json!(text))),
        ("codex", "edit", with("codex-pretooluse-apply-patch", "/tool_input/command", json!(patch))),
        ("codex", "mcp", with("codex-pretooluse-mcp", "/tool_input/path", json!(text))),
        (
            "cursor",
            "prompt",
            json!({"hook_event_name": "beforeSubmitPrompt", "workspace_roots": [cwd], "prompt": text}),
        ),
        ("cursor", "command", with("cursor-beforeShellExecution", "/command", json!(text))),
        ("cursor", "read", with("cursor-beforeReadFile", "/content", json!(text))),
        ("cursor", "mcp", with("cursor-beforeMCPExecution", "/tool_input/owner", json!(text))),
        ("cursor", "tool", with("cursor-preToolUse-shell-3.13", "/tool_input/command", json!(text))),
        ("cursor", "edit", edited("cursor-preToolUse-write", "/tool_input/content")),
        ("cursor", "other tool", with("cursor-preToolUse-unknown", "/tool_input/code", json!(text))),
        ("copilot", "prompt", json!({"sessionId": "s", "timestamp": 1, "cwd": cwd, "prompt": text})),
        ("copilot", "command", with("copilot-bash", "/toolArgs/command", json!(text))),
        ("copilot", "create", with("copilot-create", "/toolArgs/file_text", json!(text))),
        ("copilot", "edit", with("copilot-edit", "/toolArgs/new_str", json!(text))),
        ("copilot", "patch", with("copilot-apply_patch", "/toolArgs", json!(patch))),
        ("copilot", "mcp", with("copilot-mcp", "/toolArgs/path", json!(text))),
        ("copilot", "typed", with("copilot-write_bash", "/toolArgs/input", json!(text))),
        ("gemini", "prompt", named("BeforeAgent", json!({"prompt": text, "timestamp": "2026-11-01T10:00:00Z"}))),
        ("gemini", "command", with("gemini-run_shell_command", "/tool_input/command", json!(text))),
        ("gemini", "create", edited("gemini-write_file", "/tool_input/content")),
        ("gemini", "edit", edited("gemini-replace-settings", "/tool_input/new_string")),
        ("gemini", "mcp", with("gemini-mcp", "/tool_input/path", json!(text))),
        ("windsurf", "prompt", windsurf("pre_user_prompt", json!({"user_prompt": text}))),
        ("windsurf", "command", windsurf("pre_run_command", json!({"command_line": text, "cwd": cwd}))),
        (
            "windsurf",
            "edit",
            windsurf("pre_write_code", json!({"file_path": "a.py", "edits": [{"old_string": "", "new_string": text}]})),
        ),
        (
            "windsurf",
            "mcp",
            windsurf(
                "pre_mcp_tool_use",
                json!({"mcp_server_name": "m", "mcp_tool_name": "t", "mcp_tool_arguments": {"q": text}}),
            ),
        ),
    ]
}

/// The events after a tool: agent, and the event for an output.
fn after(project: &Project, text: &str) -> Vec<(&'static str, &'static str, Value)> {
    let cwd = json!(project.root());
    let like = |name: &str, response: Value| {
        json!({"session_id": "s", "transcript_path": null, "cwd": cwd, "hook_event_name": name, "tool_name": "Bash",
               "tool_input": {"command": "env"}, "tool_use_id": "t", "tool_response": response})
    };
    let cursor = |tool: &str, output: String| {
        json!({"hook_event_name": "postToolUse", "workspace_roots": [cwd], "tool_name": tool, "tool_input": {},
               "tool_output": output})
    };
    let mcp = json!({"content": [{"type": "text", "text": text}]}).to_string();
    vec![
        ("claude", "output", like("PostToolUse", json!({"stdout": text, "stderr": "", "interrupted": false}))),
        ("codex", "output", like("PostToolUse", json!(text))),
        ("gemini", "output", like("AfterTool", json!({"llmContent": text, "returnDisplay": text}))),
        (
            "copilot",
            "output",
            json!({"sessionId": "s", "timestamp": 1, "cwd": cwd, "toolName": "bash", "toolArgs": "{}",
                   "toolResult": {"resultType": "success", "textResultForLlm": text}}),
        ),
        ("cursor", "mcp output", cursor("MCP:query", mcp)),
        ("cursor", "shell output", cursor("Shell", json!({"output": text, "exitCode": 0}).to_string())),
        (
            "windsurf",
            "mcp output",
            json!({"agent_action_name": "post_mcp_tool_use", "tool_info": {"mcp_result": text, "mcp_tool_name": "t"}}),
        ),
    ]
}

#[test]
fn what_holds_no_key_passes() {
    let project = project();
    for (agent, what, event) in before(&project, "ls -l").into_iter().chain(after(&project, "all is well")) {
        let answer = ask(&project, agent, &event);
        assert_eq!(meaning(agent, &event, &answer), Meaning::Pass, "{agent}, {what}: {answer:?}");
        assert_eq!(answer.output.stderr, "", "{agent}, {what}");
    }
}

#[test]
fn a_key_is_stopped_wherever_it_stands_and_however_it_is_escaped() {
    let project = project();
    let key = key(1);
    for (agent, what, event) in before(&project, &key) {
        let mut forms = vec![event.to_string()];
        if !is_nested(&event, &key) {
            forms.push(escaped(&event, &key));
        }
        for form in forms {
            let answer = run(&project, agent, form.as_bytes());
            let Meaning::Denied(reason) = meaning(agent, &event, &answer) else {
                panic!("{agent}, {what}: {answer:?}\n{form}");
            };
            assert!(reason.contains("OpenAI project API key"), "{agent}, {what}: {reason}");
            let says_what_to_do = reason.contains("OPENAI_API_KEY") || reason.contains("keysweep fix");
            assert!(says_what_to_do, "{agent}, {what}: {reason}");
        }
    }
}

#[test]
fn a_key_in_json_in_a_string_is_seen_through_both_layers_of_escapes() {
    let project = project();
    let key = key(1);
    let escapes: String = key.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
    for (agent, name, member) in
        [("cursor", "cursor-beforeMCPExecution", "tool_input"), ("copilot", "copilot-bash", "toolArgs")]
    {
        let mut event = event(&project, name, &[]);
        event[member] = json!(format!("{{\"command\": \"say {escapes}\"}}"));
        let answer = ask(&project, agent, &event);
        assert!(matches!(meaning(agent, &event, &answer), Meaning::Denied(_)), "{agent}: {answer:?}");
    }
}

#[test]
fn an_output_with_a_key_comes_back_masked_where_the_agent_takes_it() {
    let project = project();
    let text = format!("PATH=/bin\nOPENAI_API_KEY={}\nHOME=/root\n", key(1));
    for (agent, what, event) in after(&project, &text) {
        for form in [event.to_string(), escaped(&event, &key(1))] {
            let answer = run(&project, agent, form.as_bytes());
            match meaning(agent, &event, &answer) {
                Meaning::Replaced(shown) => {
                    assert!(shown.contains("PATH=/bin") && shown.contains("HOME=/root"), "{agent}, {what}: {shown}");
                    assert!(shown.contains("OPENAI_API_KEY=sk-proj-"), "{agent}, {what}: {shown}");
                }
                Meaning::Told(reason) => {
                    assert!(matches!((agent, what), ("windsurf", _) | ("cursor", "shell output")), "{agent}, {what}");
                    assert!(reason.contains("OPENAI_API_KEY"), "{agent}, {what}: {reason}");
                }
                other => panic!("{agent}, {what}: {other:?}"),
            }
        }
    }
}

#[test]
fn ten_megabytes_are_judged_whole() {
    let project = project();
    let text = format!("{}\nOPENAI_API_KEY={}\n", "a line of harmless text\n".repeat(10_000_000 / 24), key(1));
    let prompts = before(&project, &text).into_iter().filter(|(_, what, _)| *what == "prompt");
    for (agent, what, event) in after(&project, &text).into_iter().chain(prompts) {
        let answer = ask(&project, agent, &event);
        assert_ne!(meaning(agent, &event, &answer), Meaning::Pass, "{agent}, {what}");
    }
}

#[test]
fn a_malformed_event_is_blocked_with_one_line() {
    let project = project();
    let deep = "[".repeat(100_000);
    for agent in AGENTS {
        let key = key(1);
        for input in ["", "{", "null", "[]", "{}", "\"text\"", "{\"hook_event_name\": 3}", &deep, &key] {
            let answer = run(&project, agent, input.as_bytes());
            assert_eq!(answer.output.code, 2, "{agent}, {input:.20}: {answer:?}");
            assert_eq!(answer.output.stderr.lines().count(), 1, "{agent}, {input:.20}: {answer:?}");
        }
        assert_eq!(run(&project, agent, b"\xff\xfe{}").output.code, 2, "{agent}");
    }
    for (agent, name) in [("cursor", "cursor-beforeMCPExecution-malformed"), ("copilot", "copilot-malformed-args")] {
        assert_eq!(ask(&project, agent, &fixture(name)).output.code, 2, "{name}");
    }
}

#[test]
fn an_unknown_event_passes_with_one_line() {
    let project = project();
    for (agent, event) in [
        ("claude", fixture("claude-session-start")),
        ("codex", fixture("codex-permission-request-shell")),
        ("cursor", json!({"hook_event_name": "stop", "status": "completed"})),
        ("copilot", json!({"sessionId": "s", "timestamp": 1, "cwd": "/", "source": "new"})),
        ("gemini", json!({"hook_event_name": "SessionEnd"})),
        ("windsurf", json!({"agent_action_name": "post_cascade_response", "tool_info": {"response": "x"}})),
    ] {
        let answer = ask(&project, agent, &event);
        assert_eq!(answer.output.code, 0, "{agent}: {answer:?}");
        assert_eq!(answer.output.stderr.lines().count(), 1, "{agent}: {answer:?}");
        assert!(answer.output.stderr.contains("does not judge"), "{agent}: {answer:?}");
    }
}

#[test]
fn reading_a_file_that_holds_a_key_is_stopped() {
    let project = project();
    let read = |agent: &'static str, name: &str, pointer: &str, path: &str| {
        let value =
            if pointer.ends_with("files") || pointer.ends_with("include") { json!([path]) } else { json!(path) };
        (agent, event(&project, name, &[(pointer, value)]))
    };
    for (path, stopped) in [("app.py", true), (".env", true), ("clean.py", false), ("none.py", false), (".", false)] {
        for (agent, event) in [
            read("claude", "claude-read", "/tool_input/file_path", path),
            read("claude", "claude-sendfile", "/tool_input/files", path),
            read("claude", "claude-bash", "/tool_input/command", &format!("cat {path}")),
            read("codex", "codex-pretooluse-shell", "/tool_input/command", &format!("head -3 './{path}' | wc")),
            read(
                "cursor",
                "cursor-preToolUse-grep-file-path",
                "/tool_input/file_path",
                project.path(path).to_str().unwrap(),
            ),
            read("copilot", "copilot-view", "/toolArgs/path", path),
            read("gemini", "gemini-read_file", "/tool_input/file_path", path),
            read("gemini", "gemini-read_file-malformed", "/tool_input/absolute_path", path),
            read("gemini", "gemini-read_many_files", "/tool_input/include", path),
        ] {
            // Two of the recorded events name no directory: the hook runs in the project.
            let answer = ask(&project, agent, &event);
            match meaning(agent, &event, &answer) {
                Meaning::Denied(reason) => assert!(stopped && reason.contains(path), "{agent}, {path}: {reason}"),
                other => assert!(!stopped && other == Meaning::Pass, "{agent}, {path}: {other:?}\n{event}"),
            }
        }
    }
}

#[test]
fn a_mention_of_a_file_in_a_prompt_is_a_read() {
    let project = project();
    for (prompt, stopped) in [
        ("explain @app.py", true),
        ("explain @app.py#L1-4, please", true),
        ("what is in @.env?", true),
        ("explain @clean.py and @missing.py", false),
        ("ask ada@app.py about it", false),
    ] {
        for (agent, what, event) in before(&project, prompt) {
            if what != "prompt" {
                continue;
            }
            let answer = ask(&project, agent, &event);
            assert_eq!(meaning(agent, &event, &answer) != Meaning::Pass, stopped, "{agent}, {prompt}: {answer:?}");
        }
    }
}

#[test]
fn an_edit_is_judged_by_what_it_adds() {
    let project = project();
    let name = "claude-edit";
    let line = format!("client = make('{}')", key(2));
    for (path, old, new, stopped) in [
        ("app.py", line.clone(), "client = make(os.environ['K'])".to_owned(), false), // the cure
        ("app.py", line.clone(), format!("{line}  # why"), false),                    // it was there before
        ("clean.py", "print(1)".into(), line.clone(), true),
        (".env", "x".into(), format!("OPENAI_API_KEY={}", key(1)), false), // where it belongs
        ("open.env", "x".into(), format!("OPENAI_API_KEY={}", key(1)), true), // git does not ignore it
        (".env.example", "x".into(), format!("OPENAI_API_KEY={}", key(1)), true),
        ("app.py", "client".into(), "api".into(), false),
    ] {
        let changes = [
            ("/tool_input/file_path", json!(path)),
            ("/tool_input/old_string", json!(old)),
            ("/tool_input/new_string", json!(new)),
        ];
        let event = event(&project, name, &changes);
        let answer = ask(&project, "claude", &event);
        assert_eq!(meaning("claude", &event, &answer) != Meaning::Pass, stopped, "{path}, {old}: {answer:?}");
    }
}

#[test]
fn an_edit_that_completes_a_key_is_stopped() {
    let project = project();
    let key = key(1);
    let (head, tail) = key.split_at(60);
    project.write("half.py", format!("k = '{head}@@'\n"));
    let changes = [
        ("/tool_input/file_path", json!("half.py")),
        ("/tool_input/old_string", json!("@@")),
        ("/tool_input/new_string", json!(tail)),
    ];
    let event = event(&project, "claude-edit", &changes);
    let answer = ask(&project, "claude", &event);
    let Meaning::Denied(reason) = meaning("claude", &event, &answer) else { panic!("{answer:?}") };
    assert!(reason.contains("os.environ[\"OPENAI_API_KEY\"]"), "{reason}");
}

#[test]
fn policy_holds_as_elsewhere() {
    let project = project();
    let command = |text: &str| event(&project, "claude-bash", &[("/tool_input/command", json!(text))]);
    let denied = |text: &str| {
        let event = command(text);
        matches!(meaning("claude", &event, &ask(&project, "claude", &event)), Meaning::Denied(_))
    };
    assert!(denied(&format!("say {}", key(1))));
    assert!(denied("cat app.py"));
    project.write(".keysweep.toml", "[[allowlist]]\nreason = \"test\"\npaths = [\"app.py\"]\n");
    assert!(!denied("cat app.py"));
    let baseline = project.run(["baseline", "create"]);
    assert_eq!(baseline.code, 0, "{baseline:?}");
    // The key of the ignored `.env` is the one of `open.env`, which the baseline accepts there.
    assert!(!denied("cat open.env") && denied(&format!("say {}", key(1))));
    project.write(".keysweep.toml", "no toml\n");
    let answer = ask(&project, "claude", &command("ls"));
    assert_eq!(answer.output.code, 2, "a broken configuration protects nobody: {answer:?}");
}
