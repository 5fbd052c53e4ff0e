//! Events and decisions, in a form that is common to all agents.

use std::path::PathBuf;

use serde_json::Value;

/// One event of an agent.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The event's name as the agent sent it; empty if it sends none.
    pub name: String,
    /// The working directory of the agent, if the event has it.
    pub cwd: Option<PathBuf>,
    /// The action that will happen or has happened.
    pub action: Action,
    /// Other arguments of the call, which `action` does not include; null if there are none.
    pub beside: Value,
}

/// The action that an event is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// The user submits a prompt.
    Prompt {
        /// The text of the prompt.
        text: String,
        /// The paths of attached files.
        attachments: Vec<String>,
    },
    /// A shell command line is about to run.
    Command {
        /// The command line.
        text: String,
    },
    /// A tool is about to be called.
    ToolInput {
        /// The arguments of the tool.
        input: Value,
    },
    /// Files are about to be read.
    FileRead {
        /// Their paths, absolute or relative to the working directory.
        paths: Vec<String>,
        /// The content, if the agent sends it.
        content: Option<String>,
    },
    /// Files are about to be edited.
    FileEdit {
        /// The edits.
        edits: Vec<Edit>,
    },
    /// A tool of an MCP server is about to be called.
    McpCall {
        /// The tool's name in the agent.
        tool: String,
        /// The arguments of the tool.
        input: Value,
    },
    /// A tool has returned output.
    ToolOutput {
        /// The tool's name.
        tool: String,
        /// Whether it belongs to an MCP server.
        is_mcp: bool,
        /// The output.
        output: Value,
    },
    /// An unknown event.
    Unknown,
}

/// One edit of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The path of the file.
    pub path: String,
    /// The text that is replaced; `None` for the whole file.
    pub old: Option<String>,
    /// The new text.
    pub new: String,
}

/// The decision on an event.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// The action may happen.
    Pass,
    /// The action must not happen.
    Deny {
        /// The reason, and what to do instead; it never contains a key.
        reason: String,
    },
    /// The action has happened; the agent gets a masked output instead of the tool's.
    Redact {
        /// The output with every key masked.
        output: Value,
        /// What was masked, and what to do instead; it never contains a key.
        reason: String,
    },
}
