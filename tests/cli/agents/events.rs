//! The events of the agents, each with a text in it: recorded ones where there are any, and others as the agent's
//! documentation has them.

use serde_json::{Value, json};

use super::event;
use crate::project::Project;

/// The events before something happens: agent, what the key is in, and the event for a text.
#[allow(clippy::too_many_lines, reason = "a table")]
pub(super) fn before(project: &Project, text: &str) -> Vec<(&'static str, &'static str, Value)> {
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
        (
            "claude",
            "notebook",
            named(
                "PreToolUse",
                json!({"tool_name": "NotebookEdit", "tool_use_id": "t",
                       "tool_input": {"notebook_path": "a.ipynb", "cell_id": "1", "new_source": text}}),
            ),
        ),
        (
            "claude",
            "edits",
            named(
                "PreToolUse",
                json!({"tool_name": "MultiEdit", "tool_use_id": "t",
                       "tool_input": {"file_path": "a.py", "edits": [{"old_string": "x", "new_string": text}]}}),
            ),
        ),
        ("claude", "read", with("claude-read", "/tool_input/file_path", json!(text))),
        ("claude", "files", with("claude-sendfile", "/tool_input/files", json!([text]))),
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
        (
            "cursor",
            "tab read",
            json!({"hook_event_name": "beforeTabFileRead", "workspace_roots": [cwd], "file_path": "a.py", "content": text}),
        ),
        ("cursor", "search", with("cursor-preToolUse-grep-file-path", "/tool_input/pattern", json!(text))),
        ("cursor", "mcp", with("cursor-beforeMCPExecution", "/tool_input/owner", json!(text))),
        ("cursor", "tool", with("cursor-preToolUse-shell-3.13", "/tool_input/command", json!(text))),
        ("cursor", "edit", edited("cursor-preToolUse-write", "/tool_input/content")),
        ("cursor", "other tool", with("cursor-preToolUse-unknown", "/tool_input/code", json!(text))),
        ("copilot", "prompt", json!({"sessionId": "s", "timestamp": 1, "cwd": cwd, "prompt": text})),
        ("copilot", "command", with("copilot-bash", "/toolArgs/command", json!(text))),
        ("copilot", "create", with("copilot-create", "/toolArgs/file_text", json!(text))),
        ("copilot", "edit", with("copilot-edit", "/toolArgs/new_str", json!(text))),
        ("copilot", "patch", with("copilot-apply_patch", "/toolArgs", json!(patch))),
        ("copilot", "view", with("copilot-view", "/toolArgs/path", json!(text))),
        (
            "copilot",
            "second format",
            named("PreToolUse", json!({"tool_name": "bash", "tool_input": {"command": text}})),
        ),
        ("copilot", "mcp", with("copilot-mcp", "/toolArgs/path", json!(text))),
        ("copilot", "typed", with("copilot-write_bash", "/toolArgs/input", json!(text))),
        ("gemini", "prompt", named("BeforeAgent", json!({"prompt": text, "timestamp": "2026-11-01T10:00:00Z"}))),
        ("gemini", "command", with("gemini-run_shell_command", "/tool_input/command", json!(text))),
        ("gemini", "create", edited("gemini-write_file", "/tool_input/content")),
        ("gemini", "edit", edited("gemini-replace-settings", "/tool_input/new_string")),
        ("gemini", "read", with("gemini-read_file", "/tool_input/file_path", json!(text))),
        ("gemini", "reads", with("gemini-read_many_files", "/tool_input/include", json!([text]))),
        ("gemini", "mcp", with("gemini-mcp", "/tool_input/path", json!(text))),
        ("windsurf", "prompt", windsurf("pre_user_prompt", json!({"user_prompt": text}))),
        ("windsurf", "command", windsurf("pre_run_command", json!({"command_line": text, "cwd": cwd}))),
        ("windsurf", "read", windsurf("pre_read_code", json!({"file_path": text}))),
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
pub(super) fn after(project: &Project, text: &str) -> Vec<(&'static str, &'static str, Value)> {
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
        ("claude", "lists", like("PostToolUse", json!([{"type": "text", "text": text}]))),
        ("codex", "mcp output", like("PostToolUse", json!({"content": [{"type": "text", "text": text}]}))),
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
            "cursor",
            "after MCP",
            json!({"hook_event_name": "afterMCPExecution", "workspace_roots": [cwd], "tool_name": "query",
                   "tool_input": "{}", "result_json": json!({"content": [{"type": "text", "text": text}]}).to_string()}),
        ),
        (
            "windsurf",
            "command output",
            json!({"agent_action_name": "post_run_command", "tool_info": {"command_line": "env", "output": text}}),
        ),
        (
            "windsurf",
            "mcp output",
            json!({"agent_action_name": "post_mcp_tool_use", "tool_info": {"mcp_result": text, "mcp_tool_name": "t"}}),
        ),
    ]
}
