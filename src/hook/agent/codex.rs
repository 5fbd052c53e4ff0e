//! The event format of Codex: Claude Code's events. A response is invalid if it has a member that Codex's schema does
//! not know, so only members are written that every version with hooks understands.

use serde_json::{Value, json};

use super::claude::{self, EventNames};
use super::{Answer, Decision, Event, flat};

/// Parses an event. In a permission request the tool call is examined; the permission itself is left to the user.
pub(super) fn parse(value: Value) -> Result<Event, String> {
    claude::parse_with_names(
        value,
        EventNames { prompt: "UserPromptSubmit", before: "PreToolUse", after: "PostToolUse" },
    )
}

/// Formats the response. Blocking after a tool call replaces the tool's output by the reason.
pub(super) fn render(event: &Event, decision: &Decision) -> Answer {
    match decision {
        Decision::Pass => Answer::silent(),
        Decision::Deny { reason } if event.name == "PreToolUse" => claude::deny_tool(reason),
        Decision::Deny { reason } => Answer::json(json!({"decision": "block", "reason": reason})),
        Decision::Redact { output, reason } => {
            Answer::json(json!({"decision": "block", "reason": flat::in_place_of(output, reason)}))
        }
    }
}
