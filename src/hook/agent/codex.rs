//! Codex's dialect: Claude Code's events, and answers that are void with a single member that its schema does not
//! know. Only members that every version since hooks exist understands are written.

use serde_json::{Value, json};

use super::claude::{self, Names};
use super::{Answer, Decision, Event, flat};

/// Reads an event. A request for permission carries the call that is asked for; deciding it is the person's.
pub(super) fn parse(value: Value) -> Result<Event, String> {
    claude::like(value, Names { prompt: "UserPromptSubmit", before: "PreToolUse", after: "PostToolUse" })
}

/// Writes an answer. A block after a tool puts the reason in the place of the tool's output.
pub(super) fn render(event: &Event, decision: &Decision) -> Answer {
    match decision {
        Decision::Pass => Answer::silent(),
        Decision::Deny { reason } if event.name == "PreToolUse" => Answer::json(json!({"hookSpecificOutput": {
            "hookEventName": "PreToolUse",
            "permissionDecision": "deny",
            "permissionDecisionReason": reason,
        }})),
        Decision::Deny { reason } => Answer::json(json!({"decision": "block", "reason": reason})),
        Decision::Redact { output, reason } => {
            Answer::json(json!({"decision": "block", "reason": flat::in_place_of(output, reason)}))
        }
    }
}
