//! What every agent's event comes down to, and what can be answered.

use std::path::PathBuf;

use serde_json::Value;

/// One event of an agent.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its name as the agent sent it; empty where the agent sends none.
    pub name: String,
    /// The directory in which the agent works, if it says so.
    pub cwd: Option<PathBuf>,
    /// What is about to happen, or has happened.
    pub action: Action,
    /// Arguments that go with it and are neither judged by `action` nor taken away by it; null if there are none.
    pub beside: Value,
}

/// What an event is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Somebody sends a prompt.
    Prompt {
        /// Its text.
        text: String,
        /// Files that go with it.
        attachments: Vec<String>,
    },
    /// A shell command line is about to run.
    Command {
        /// The command line.
        text: String,
    },
    /// A tool is about to be called with this input.
    ToolInput {
        /// The tool's arguments.
        input: Value,
    },
    /// Files are about to be read.
    FileRead {
        /// Their paths, absolute or relative to the working directory.
        paths: Vec<String>,
        /// The content, where the agent sends it.
        content: Option<String>,
    },
    /// Files are about to be changed.
    FileEdit {
        /// Each change.
        edits: Vec<Edit>,
    },
    /// A tool of an MCP server is about to be called.
    McpCall {
        /// The tool, as the agent calls it.
        tool: String,
        /// Its arguments.
        input: Value,
    },
    /// A tool has given something back.
    ToolOutput {
        /// The tool.
        tool: String,
        /// Whether it belongs to an MCP server.
        is_mcp: bool,
        /// What it gave back.
        output: Value,
    },
    /// An event that keysweep does not know.
    Unknown,
}

/// One change of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The file.
    pub path: String,
    /// The text that is replaced; `None` if the whole file is.
    pub old: Option<String>,
    /// The text that takes its place.
    pub new: String,
}

/// What becomes of an event.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// The agent goes on.
    Pass,
    /// It must not happen.
    Deny {
        /// Why, and what to do instead; never a key.
        reason: String,
    },
    /// It has happened, and the agent gets this instead of what the tool gave back.
    Redact {
        /// The output with every key masked.
        output: Value,
        /// What was masked, and what to do instead; never a key.
        reason: String,
    },
}
