//! The event format of Claude Code. Codex, Gemini CLI and Copilot's second format send events of the same shape.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::tool::{self, Call};
use super::{Action, Answer, Decision, Event};

/// Removes a member from an object and returns it.
pub(super) fn take(value: &mut Value, name: &str) -> Option<Value> {
    value.as_object_mut()?.remove(name)
}

/// Removes a string member from an object and returns it.
pub(super) fn text(value: &mut Value, name: &str) -> Option<String> {
    match take(value, name)? {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// The working directory, if the event has one.
pub(super) fn cwd(value: &mut Value) -> Option<PathBuf> {
    text(value, "cwd").filter(|cwd| !cwd.is_empty()).map(PathBuf::from)
}

/// Parses an event.
pub(super) fn parse(value: Value) -> Result<Event, String> {
    parse_with_names(value, EventNames { prompt: "UserPromptSubmit", before: "PreToolUse", after: "PostToolUse" })
}

/// The names of an agent's three events.
#[derive(Clone, Copy)]
pub(super) struct EventNames {
    pub(super) prompt: &'static str,
    pub(super) before: &'static str,
    pub(super) after: &'static str,
}

/// Parses an event of Claude Code's shape.
pub(super) fn parse_with_names(mut value: Value, names: EventNames) -> Result<Event, String> {
    let Some(name) = text(&mut value, "hook_event_name") else {
        return Err("its event has no hook_event_name".into());
    };
    let cwd = cwd(&mut value);
    let mut beside = Value::Null;
    let action = if name == names.prompt {
        let text = text(&mut value, "prompt").ok_or("its event has no prompt")?;
        Action::Prompt { text, attachments: Vec::new() }
    } else if name == names.before {
        let is_mcp = value.get("mcp_context").is_some();
        let (action, rest) = tool::before(Call { is_mcp, ..call(&mut value)? });
        beside = rest;
        action
    } else if name == names.after {
        let is_mcp = value.get("mcp_context").is_some();
        let output = take(&mut value, "tool_response").ok_or("its event has no tool_response")?;
        let tool = text(&mut value, "tool_name").ok_or("its event has no tool_name")?;
        Action::ToolOutput { is_mcp: is_mcp || tool::is_mcp(&tool), tool, output }
    } else {
        Action::Unknown
    };
    Ok(Event { name, cwd, action, beside })
}

fn call(value: &mut Value) -> Result<Call, String> {
    let tool = text(value, "tool_name").ok_or("its event has no tool_name")?;
    let input = take(value, "tool_input").ok_or("its event has no tool_input")?;
    Ok(Call { tool, input, is_mcp: false })
}

/// The response that denies a tool call, for Claude Code and Codex.
pub(super) fn deny_tool(reason: &str) -> Answer {
    Answer::json(json!({"hookSpecificOutput": {
        "hookEventName": "PreToolUse",
        "permissionDecision": "deny",
        "permissionDecisionReason": reason,
    }}))
}

/// Formats the response.
pub(super) fn render(event: &Event, decision: &Decision) -> Answer {
    match decision {
        Decision::Pass => Answer::silent(),
        Decision::Deny { reason } if event.name == "PreToolUse" => deny_tool(reason),
        Decision::Deny { reason } if event.name == "UserPromptSubmit" => Answer::json(json!({
            "decision": "block",
            "reason": reason,
            "hookSpecificOutput": {"hookEventName": "UserPromptSubmit", "suppressOriginalPrompt": true},
        })),
        Decision::Deny { reason } => Answer::json(json!({"decision": "block", "reason": reason})),
        Decision::Redact { output, reason } => Answer::json(json!({"hookSpecificOutput": {
            "hookEventName": "PostToolUse",
            "updatedToolOutput": output,
            "additionalContext": reason,
        }})),
    }
}
