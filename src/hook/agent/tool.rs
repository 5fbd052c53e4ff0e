//! Interprets tool calls. Agents rename their tools between versions, so a file edit is recognised by its arguments.
//! Only tools that read files or run command lines are recognised by name.

use serde_json::Value;

use super::{Action, Edit, patch};

/// A tool call that is about to happen.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// The tool's name in the agent.
    pub(super) tool: String,
    /// The arguments of the tool.
    pub(super) input: Value,
    /// Whether the event says that the tool belongs to an MCP server.
    pub(super) is_mcp: bool,
}

/// Argument names for the path of a file.
const PATH: &[&str] = &["file_path", "path", "filePath", "notebook_path", "absolute_path", "target_file"];
/// Argument names for new text of a file.
const NEW: &[&str] =
    &["content", "contents", "file_text", "new_string", "new_str", "new_source", "code_edit", "insert_text"];
/// Argument names for replaced text.
const OLD: &[&str] = &["old_string", "old_str"];
/// Tools that run a command line, in lower case.
const SHELLS: &[&str] =
    &["bash", "shell", "local_shell", "powershell", "run_shell_command", "monitor", "run_in_terminal", "exec_command"];
/// Tools that read files into the conversation, in lower case.
const READERS: &[&str] = &[
    "read",
    "view",
    "read_file",
    "readfile",
    "read_many_files",
    "notebookread",
    "grep",
    "grep_search",
    "rg",
    "search_file_content",
    "sendfile",
    "str_replace_editor",
];

/// Whether a tool's name is that of an MCP server's tool.
pub(super) fn is_mcp(tool: &str) -> bool {
    ["mcp__", "mcp_", "MCP:"].iter().any(|prefix| tool.starts_with(prefix))
}

/// The action of a call, and the arguments that the action does not include.
pub(super) fn before(call: Call) -> (Action, Value) {
    let mut rest = call.input.clone();
    let action = action(call);
    match &action {
        Action::Command { .. } => drop(rest.as_object_mut().and_then(|rest| rest.remove("command"))),
        // The whole patch is one argument.
        Action::FileEdit { .. } if !has_path(&rest) => rest = Value::Null,
        Action::FileEdit { .. } => without_texts(&mut rest),
        Action::FileRead { .. } => {}
        _ => rest = Value::Null,
    }
    (action, rest)
}

fn has_path(input: &Value) -> bool {
    PATH.iter().any(|name| input.get(name).is_some())
}

/// Removes the texts of an edit: the new text is checked as part of its file, and the old text is removed from it.
fn without_texts(input: &mut Value) {
    let texts = |name: &String| !OLD.contains(&name.as_str()) && !NEW.contains(&name.as_str());
    let Some(members) = input.as_object_mut() else { return };
    members.retain(|name, _| texts(name));
    for one in members.get_mut("edits").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(members) = one.as_object_mut() {
            members.retain(|name, _| texts(name));
        }
    }
}

fn action(call: Call) -> Action {
    let Call { tool, input, is_mcp: says_mcp } = call;
    if says_mcp || is_mcp(&tool) {
        return Action::McpCall { tool, input };
    }
    let name = tool.to_ascii_lowercase();
    if name == "apply_patch" {
        let text = ["command", "input", "patch"].iter().find_map(|name| input.get(name)?.as_str()).or(input.as_str());
        if let Some(text) = text.filter(|text| patch::is_patch(text)) {
            return Action::FileEdit { edits: patch::edits(text) };
        }
    }
    if SHELLS.contains(&name.as_str())
        && let Some(Value::String(text)) = input.get("command")
    {
        return Action::Command { text: text.clone() };
    }
    let path = PATH.iter().find_map(|name| input.get(name)?.as_str());
    if let Some(path) = path
        && let Some(edits) = edits(path, input.clone())
    {
        return Action::FileEdit { edits };
    }
    if READERS.contains(&name.as_str()) {
        let mut paths: Vec<String> = path.map(str::to_owned).into_iter().collect();
        for list in ["paths", "files", "include", "file_paths"] {
            match input.get(list) {
                Some(Value::String(path)) => paths.push(path.clone()),
                Some(Value::Array(list)) => paths.extend(list.iter().filter_map(Value::as_str).map(str::to_owned)),
                _ => {}
            }
        }
        if !paths.is_empty() {
            return Action::FileRead { paths, content: None };
        }
    }
    Action::ToolInput { input }
}

/// The edits of a file in these arguments: one, or a list `edits`. `None` if there are none.
pub(super) fn edits(path: &str, input: Value) -> Option<Vec<Edit>> {
    let list = match input {
        Value::Array(list) => list,
        Value::Object(mut members) => match members.remove("edits") {
            Some(Value::Array(list)) => list,
            _ => vec![Value::Object(members)],
        },
        _ => return None,
    };
    let edit = |one: &Value| {
        let text = |names: &[&str]| names.iter().find_map(|name| one.get(name)?.as_str()).map(str::to_owned);
        Some(Edit { path: path.to_owned(), old: text(OLD), new: text(NEW)? })
    };
    list.iter().map(edit).collect()
}
