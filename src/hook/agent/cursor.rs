//! The event format of Cursor: one event for each kind of action, with different responses.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::claude;
use super::document;
use super::tool::{self, Call};
use super::{Action, Answer, Decision, Event, flat};

/// Parses an event.
pub(super) fn parse(mut value: Value) -> Result<Event, String> {
    let name = claude::text(&mut value, "hook_event_name").ok_or("its event has no hook_event_name")?;
    let root = value.pointer("/workspace_roots/0").and_then(Value::as_str).map(PathBuf::from);
    let cwd = claude::cwd(&mut value).or(root);
    let mut beside = Value::Null;
    let action = match name.as_str() {
        "beforeSubmitPrompt" => {
            let attachments = attachments(&value);
            let text = claude::text(&mut value, "prompt").ok_or("its event has no prompt")?;
            Action::Prompt { text, attachments }
        }
        "beforeShellExecution" => {
            Action::Command { text: claude::text(&mut value, "command").ok_or("its event has no command")? }
        }
        "beforeReadFile" | "beforeTabFileRead" => {
            let path = claude::text(&mut value, "file_path").ok_or("its event has no file_path")?;
            let mut paths = vec![path];
            paths.extend(attachments(&value));
            beside = paths.clone().into();
            Action::FileRead { paths, content: claude::text(&mut value, "content") }
        }
        "beforeMCPExecution" => {
            let tool = claude::text(&mut value, "tool_name").ok_or("its event has no tool_name")?;
            let input = claude::take(&mut value, "tool_input").ok_or("its event has no tool_input")?;
            Action::McpCall { tool, input: within(input)? }
        }
        "preToolUse" => {
            let tool = claude::text(&mut value, "tool_name").ok_or("its event has no tool_name")?;
            let input = claude::take(&mut value, "tool_input").ok_or("its event has no tool_input")?;
            let (action, rest) = tool::before(Call { input: within(input)?, tool, is_mcp: false });
            beside = rest;
            action
        }
        "postToolUse" => {
            let tool = claude::text(&mut value, "tool_name").ok_or("its event has no tool_name")?;
            let output = claude::take(&mut value, "tool_output").ok_or("its event has no tool_output")?;
            Action::ToolOutput { is_mcp: tool::is_mcp(&tool), tool, output }
        }
        "afterMCPExecution" => {
            let tool = claude::text(&mut value, "tool_name").ok_or("its event has no tool_name")?;
            let output = claude::take(&mut value, "result_json").ok_or("its event has no result_json")?;
            Action::ToolOutput { is_mcp: true, tool, output }
        }
        _ => Action::Unknown,
    };
    Ok(Event { name, cwd, action, beside })
}

fn attachments(value: &Value) -> Vec<String> {
    let list = value.get("attachments").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let names = ["file_path", "filePath", "path"];
    list.iter().filter_map(|one| names.iter().find_map(|name| one.get(name)?.as_str())).map(str::to_owned).collect()
}

/// The arguments of an MCP call are JSON in a string.
fn within(input: Value) -> Result<Value, String> {
    match input {
        Value::String(text) if text.trim_start().starts_with(['{', '[']) => {
            document::value(text.as_bytes()).map_err(|_| "its tool_input is not JSON".into())
        }
        other => Ok(other),
    }
}

/// Formats the response. An empty object leaves the decision to Cursor; "allow" would skip Cursor's own questions.
pub(super) fn render(event: &Event, decision: &Decision) -> Answer {
    let is_prompt = event.name == "beforeSubmitPrompt";
    Answer::json(match decision {
        Decision::Pass if is_prompt => json!({"continue": true}),
        Decision::Pass => json!({}),
        Decision::Deny { reason } if is_prompt => json!({"continue": false, "user_message": reason}),
        Decision::Deny { reason } => json!({"permission": "deny", "user_message": reason, "agent_message": reason}),
        // Cursor lets hooks replace only the output of MCP tools.
        Decision::Redact { output, reason } => match &event.action {
            Action::ToolOutput { is_mcp: true, .. } => {
                json!({"updated_mcp_tool_output": mcp(output), "additional_context": reason})
            }
            _ => json!({"additional_context": reason}),
        },
    })
}

/// Cursor expects a text, or an MCP result's `content`; it sends either as JSON in a string.
fn mcp(output: &Value) -> Value {
    let inner = output.as_str().and_then(|text| document::value(text.as_bytes()).ok());
    match inner {
        Some(inner) if inner.get("content").is_some() => inner,
        _ => Value::String(flat::text(output)),
    }
}
