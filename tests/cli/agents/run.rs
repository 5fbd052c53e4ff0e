//! `keysweep hook run --agent`: what is read, mentioned and edited, and what is no event at all. Every event of every
//! agent with a key in every place is in `table`.

use serde_json::json;

use super::answers::{Meaning, meaning};
use super::events::before;
use super::{AGENTS, ask, event, fixture, run};
use crate::project::{Project, key};

/// A git repository with a file that holds a key, one that does not, and an ignored `.env` that holds one.
pub(super) fn project() -> Project {
    let project = Project::git();
    project.write("clean.py", "print(1)\n").write("app.py", format!("client = make('{}')\n", key(2)));
    project.write(".gitignore", ".env\n").write(".env", format!("OPENAI_API_KEY={}\n", key(3)));
    project.write("open.env", format!("OPENAI_API_KEY={}\n", key(3)));
    project
}

#[test]
fn a_malformed_event_is_blocked_with_one_line() {
    let project = project();
    let deep = "[".repeat(100_000);
    for agent in AGENTS {
        let key = key(1);
        for input in
            ["", "{", "null", "[]", "{}", "\"text\"", "{\"hook_event_name\": 3}", "{\"a\":1,\"a\":2}", &deep, &key]
        {
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

/// A program that cuts text between the halves of a character writes one of them as an escape.
#[test]
fn half_a_character_hides_nothing() {
    let project = project();
    for (text, is_stopped) in [(key(1), true), ("no key".to_owned(), false)] {
        let sent = event(&project, "claude-bash", &[("/tool_input/command", json!(format!("echo {text}")))]);
        let answer = run(&project, "claude", sent.to_string().replace(&text, &format!("{text} \\ud83d")).as_bytes());
        assert_eq!(matches!(meaning("claude", &sent, &answer), Meaning::Denied(_)), is_stopped, "{answer:?}");
        assert_eq!(answer.output.code, 0, "{answer:?}");
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
    // Agents take `..` off before they open a file; the system would not find this.
    let apart = "none/../app.py";
    for (path, stopped) in
        [("app.py", true), (".env", true), (apart, true), ("clean.py", false), ("none.py", false), (".", false)]
    {
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
                Meaning::Denied(reason) => {
                    assert!(stopped && reason.contains(path.rsplit('/').next().unwrap()), "{agent}, {path}: {reason}");
                }
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
    let baseline = project.run(["baseline", "create", "--yes"]);
    assert_eq!(baseline.code, 0, "{baseline:?}");
    // The key of the ignored `.env` is the one of `open.env`, which the baseline accepts there.
    assert!(!denied("cat open.env") && denied(&format!("say {}", key(1))));
    project.write(".keysweep.toml", "no toml\n");
    let answer = ask(&project, "claude", &command("ls"));
    assert_eq!(answer.output.code, 2, "a broken configuration protects nobody: {answer:?}");
}
