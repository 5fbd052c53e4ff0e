//! The event format of Windsurf: one event for each kind of action; the response is only the exit code and standard
//! error.

use serde_json::Value;

use super::claude;
use super::tool;
use super::{Action, Answer, Decision, Event};

/// Parses an event.
pub(super) fn parse(mut value: Value) -> Result<Event, String> {
    let name = claude::text(&mut value, "agent_action_name").ok_or("its event has no agent_action_name")?;
    let mut info = claude::take(&mut value, "tool_info").unwrap_or_default();
    let is_known = name.starts_with("pre_") || name.starts_with("post_");
    if is_known && !info.is_object() {
        return Err("its event has no tool_info".into());
    }
    let cwd = claude::cwd(&mut info);
    let missing = |what: &str| format!("its tool_info has no {what}");
    let action = match name.as_str() {
        "pre_user_prompt" => {
            let text = claude::text(&mut info, "user_prompt").ok_or_else(|| missing("user_prompt"))?;
            Action::Prompt { text, attachments: Vec::new() }
        }
        "pre_run_command" => {
            Action::Command { text: claude::text(&mut info, "command_line").ok_or_else(|| missing("command_line"))? }
        }
        "pre_read_code" => {
            let path = info.get("file_path").and_then(Value::as_str).ok_or_else(|| missing("file_path"))?;
            Action::FileRead { paths: vec![path.to_owned()], content: None }
        }
        "pre_write_code" => {
            let path = info.get("file_path").and_then(Value::as_str).ok_or_else(|| missing("file_path"))?.to_owned();
            let edits = claude::take(&mut info, "edits").ok_or_else(|| missing("edits"))?;
            Action::FileEdit { edits: tool::edits(&path, edits).ok_or_else(|| missing("edits with new_string"))? }
        }
        "pre_mcp_tool_use" => {
            let tool =
                info.get("mcp_tool_name").and_then(Value::as_str).ok_or_else(|| missing("mcp_tool_name"))?.to_owned();
            let input = claude::take(&mut info, "mcp_tool_arguments").unwrap_or_default();
            Action::McpCall { tool, input }
        }
        "post_mcp_tool_use" | "post_run_command" | "post_read_code" | "post_write_code" => {
            let output = std::mem::take(&mut info);
            Action::ToolOutput { tool: name.clone(), is_mcp: name == "post_mcp_tool_use", output }
        }
        _ => {
            info = Value::Null;
            Action::Unknown
        }
    };
    // The arguments that were already checked are removed.
    Ok(Event { name, cwd, action, beside: info })
}

/// Formats the response. After an action, nothing can be blocked, and the reason is only shown.
pub(super) fn render(_: &Event, decision: &Decision) -> Answer {
    match decision {
        Decision::Pass => Answer::silent(),
        Decision::Deny { reason } => Answer { stderr: Some(reason.clone()), blocks: true, stdout: None },
        Decision::Redact { reason, .. } => Answer { stderr: Some(reason.clone()), blocks: false, stdout: None },
    }
}
