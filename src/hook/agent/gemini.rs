//! Gemini CLI's dialect: Claude Code's shape, events of its own names, and answers without nesting.

use serde_json::{Value, json};

use super::claude::{self, Names};
use super::{Answer, Decision, Event, flat};

/// Reads an event.
pub(super) fn parse(value: Value) -> Result<Event, String> {
    claude::like(value, Names { prompt: "BeforeAgent", before: "BeforeTool", after: "AfterTool" })
}

/// Writes an answer. A denial after a tool puts the reason in the place of the tool's output.
pub(super) fn render(_: &Event, decision: &Decision) -> Answer {
    match decision {
        Decision::Pass => Answer::silent(),
        Decision::Deny { reason } => Answer::json(json!({"decision": "deny", "reason": reason})),
        Decision::Redact { output, reason } => {
            let shown = output.get("llmContent").unwrap_or(output);
            Answer::json(json!({"decision": "deny", "reason": flat::in_place_of(shown, reason)}))
        }
    }
}
