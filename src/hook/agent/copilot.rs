//! The event format of GitHub Copilot: events without a name, recognised by their members, with a tool's arguments as
//! JSON in a string. Events with PascalCase names have Claude Code's shape.

use serde_json::{Value, json};

use super::claude;
use super::document;
use super::tool::{self, Call};
use super::{Action, Answer, Decision, Event};

/// Parses an event.
pub(super) fn parse(mut value: Value) -> Result<Event, String> {
    if value.get("hook_event_name").is_some() {
        return claude::parse(value);
    }
    let cwd = claude::cwd(&mut value);
    let mut beside = Value::Null;
    let action = if value.get("toolName").is_some() {
        let tool = claude::text(&mut value, "toolName").ok_or("its toolName is not a text")?;
        if let Some(output) = claude::take(&mut value, "toolResult") {
            Action::ToolOutput { is_mcp: tool::is_mcp(&tool), tool, output }
        } else {
            let input = claude::take(&mut value, "toolArgs").ok_or("its event has no toolArgs")?;
            let (action, rest) = tool::before(Call { input: arguments(&tool, input)?, tool, is_mcp: false });
            beside = rest;
            action
        }
    } else if let Some(text) = claude::text(&mut value, "prompt") {
        Action::Prompt { text, attachments: Vec::new() }
    } else if value.get("sessionId").is_some() {
        Action::Unknown
    } else {
        return Err("its event has neither toolName nor prompt".into());
    };
    Ok(Event { name: String::new(), cwd, action, beside })
}

/// The arguments are JSON in a string; those of `apply_patch` are the patch itself.
fn arguments(tool: &str, input: Value) -> Result<Value, String> {
    match input {
        Value::String(text) if tool == "apply_patch" && !text.trim_start().starts_with('{') => Ok(Value::String(text)),
        Value::String(text) => document::value(text.as_bytes()).map_err(|_| "its toolArgs are not JSON".into()),
        other => Ok(other),
    }
}

/// Formats the response.
pub(super) fn render(event: &Event, decision: &Decision) -> Answer {
    if !event.name.is_empty() {
        return claude::render(event, decision);
    }
    match (decision, &event.action) {
        (Decision::Pass, _) => Answer::silent(),
        (Decision::Deny { reason }, Action::Prompt { .. }) => {
            Answer::json(json!({"decision": "block", "reason": reason}))
        }
        (Decision::Deny { reason }, _) => {
            Answer::json(json!({"permissionDecision": "deny", "permissionDecisionReason": reason}))
        }
        (Decision::Redact { output, reason }, _) => {
            let text = output.get("textResultForLlm").cloned().unwrap_or_else(|| Value::String(output.to_string()));
            let kind = output.get("resultType").cloned().unwrap_or_else(|| "success".into());
            Answer::json(json!({
                "modifiedResult": {"resultType": kind, "textResultForLlm": text},
                "additionalContext": reason,
            }))
        }
    }
}
