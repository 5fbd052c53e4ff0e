//! The forms in which agents take answers. Codex's schemas allow no other member, and a call runs if there is one.

use serde_json::Value;

use super::Answer;

/// What an answer comes to, as the agent reads it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The agent goes on.
    Pass,
    /// It does not happen, for this reason.
    Denied(String),
    /// The agent gets this text in the place of the output.
    Replaced(String),
    /// The agent, or the person, is told.
    Told(String),
}

/// Reads an answer to an event as the agent does, and fails if it has a member that the agent does not know.
pub(crate) fn meaning(agent: &str, event: &Value, answer: &Answer) -> Meaning {
    let Answer { output, document } = answer;
    if agent == "codex" && document != &Value::Null {
        let name = event["hook_event_name"].as_str().unwrap();
        let faults = crate::formats::faults(&format!("codex-{name}.json"), &output.stdout);
        assert!(faults.is_empty(), "{faults:?}: {document}");
    }
    if output.code == 2 {
        assert_eq!(document, &Value::Null, "{agent}: exit code 2 voids standard output");
        assert!(!output.stderr.trim().is_empty(), "{agent}: Codex takes 2 for a block only with a word on it");
        return Meaning::Denied(output.stderr.clone());
    }
    assert_eq!(output.code, 0, "{agent}: {output:?}");
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{agent}: {document}")).to_owned();
    let name = event["hook_event_name"].as_str().unwrap_or_default();
    match (agent, document) {
        ("windsurf", Value::Null) if !output.stderr.is_empty() => Meaning::Told(output.stderr.clone()),
        ("cursor", document) => cursor(name, document),
        (_, Value::Null) => Meaning::Pass,
        ("claude" | "codex", document) => claude_like(agent, name, document),
        ("copilot", document) if !name.is_empty() => claude_like(agent, name, document),
        ("gemini", document) => {
            members(document, &["decision", "reason"]);
            assert_eq!(document["decision"], "deny");
            match name {
                "AfterTool" => Meaning::Replaced(text(&document["reason"])),
                _ => Meaning::Denied(text(&document["reason"])),
            }
        }
        ("copilot", document) if document.get("modifiedResult").is_some() => {
            members(document, &["modifiedResult", "additionalContext"]);
            members(&document["modifiedResult"], &["resultType", "textResultForLlm"]);
            Meaning::Replaced(text(&document["modifiedResult"]["textResultForLlm"]))
        }
        ("copilot", document) if event.get("prompt").is_some() => {
            members(document, &["decision", "reason"]);
            Meaning::Denied(text(&document["reason"]))
        }
        ("copilot", document) => {
            members(document, &["permissionDecision", "permissionDecisionReason"]);
            assert_eq!(document["permissionDecision"], "deny");
            Meaning::Denied(text(&document["permissionDecisionReason"]))
        }
        _ => panic!("{agent}: {answer:?}"),
    }
}

/// Codex's `*.command.output.schema.json`: these members, and no other.
fn claude_like(agent: &str, name: &str, document: &Value) -> Meaning {
    let strict = agent == "codex";
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{agent}: {document}")).to_owned();
    let specific = &document["hookSpecificOutput"];
    match name {
        "PreToolUse" => {
            members(document, &["hookSpecificOutput"]);
            members(specific, &["hookEventName", "permissionDecision", "permissionDecisionReason"]);
            assert_eq!((&specific["hookEventName"], &specific["permissionDecision"]), (&name.into(), &"deny".into()));
            Meaning::Denied(text(&specific["permissionDecisionReason"]))
        }
        "UserPromptSubmit" => {
            let allowed: &[&str] =
                if strict { &["decision", "reason"] } else { &["decision", "reason", "hookSpecificOutput"] };
            members(document, allowed);
            assert_eq!(document["decision"], "block");
            Meaning::Denied(text(&document["reason"]))
        }
        "PostToolUse" if strict => {
            members(document, &["decision", "reason"]);
            assert_eq!(document["decision"], "block");
            Meaning::Replaced(text(&document["reason"]))
        }
        "PostToolUse" => {
            members(document, &["hookSpecificOutput"]);
            members(specific, &["hookEventName", "updatedToolOutput", "additionalContext"]);
            assert_eq!(specific["hookEventName"], name);
            Meaning::Replaced(specific["updatedToolOutput"].to_string())
        }
        other => panic!("{agent}: {other}: {document}"),
    }
}

fn cursor(name: &str, document: &Value) -> Meaning {
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{document}")).to_owned();
    match name {
        "beforeSubmitPrompt" if document["continue"] == true => {
            members(document, &["continue"]);
            Meaning::Pass
        }
        "beforeSubmitPrompt" => {
            members(document, &["continue", "user_message"]);
            assert_eq!(document["continue"], false);
            Meaning::Denied(text(&document["user_message"]))
        }
        _ if document.as_object().unwrap().is_empty() => Meaning::Pass,
        "postToolUse" | "afterMCPExecution" => {
            members(document, &["updated_mcp_tool_output", "additional_context"]);
            match document.get("updated_mcp_tool_output") {
                Some(output) => Meaning::Replaced(output.to_string()),
                None => Meaning::Told(text(&document["additional_context"])),
            }
        }
        _ => {
            members(document, &["permission", "user_message", "agent_message"]);
            assert_eq!(document["permission"], "deny");
            Meaning::Denied(text(&document["agent_message"]))
        }
    }
}

fn members(value: &Value, allowed: &[&str]) {
    let members = value.as_object().unwrap_or_else(|| panic!("no object: {value}"));
    for name in members.keys() {
        assert!(allowed.contains(&name.as_str()), "{name} is none of {allowed:?}: {value}");
    }
}
