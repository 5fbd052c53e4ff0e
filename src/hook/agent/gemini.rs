//! The event format of Gemini CLI: Claude Code's shape with other event names, and flat responses.

use serde_json::{Value, json};

use super::claude::{self, EventNames};
use super::{Answer, Decision, Event, flat};

/// Parses an event.
pub(super) fn parse(value: Value) -> Result<Event, String> {
    claude::parse_with_names(value, EventNames { prompt: "BeforeAgent", before: "BeforeTool", after: "AfterTool" })
}

/// Formats the response. Denying after a tool call replaces the tool's output by the reason.
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
