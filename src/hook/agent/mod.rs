//! Hooks of coding agents. keysweep checks what an agent is about to be told, to run, to read, to write and to send,
//! and what a tool has returned.
//!
//! Each agent has its own format: one file for each parses its events to an [`Event`], and formats a [`Decision`] as
//! that agent expects it. The decision itself is the same for all agents, in [`judge`].

mod claude;
mod codex;
mod copilot;
mod cursor;
pub mod doctor;
mod document;
pub mod event;
mod flat;
mod gemini;
pub mod install;
pub(crate) mod json_file;
pub mod judge;
mod mention;
mod patch;
mod shell;
pub(crate) mod toml_file;
mod tool;
mod windsurf;

use std::fmt;

use clap::ValueEnum;
use serde_json::Value;

pub use event::{Action, Decision, Edit, Event};
pub use judge::Judge;

/// A coding agent that runs hooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Agent {
    /// Claude Code.
    Claude,
    /// Codex CLI.
    Codex,
    /// Cursor.
    Cursor,
    /// GitHub Copilot CLI and cloud agent.
    Copilot,
    /// Gemini CLI.
    Gemini,
    /// Windsurf.
    Windsurf,
}

impl Agent {
    /// All agents.
    pub const ALL: [Self; 6] = [Self::Claude, Self::Codex, Self::Cursor, Self::Copilot, Self::Gemini, Self::Windsurf];

    /// The name on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Claude => "claude",
            Self::Codex => "codex",
            Self::Cursor => "cursor",
            Self::Copilot => "copilot",
            Self::Gemini => "gemini",
            Self::Windsurf => "windsurf",
        }
    }

    /// The product name.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Claude => "Claude Code",
            Self::Codex => "Codex",
            Self::Cursor => "Cursor",
            Self::Copilot => "GitHub Copilot",
            Self::Gemini => "Gemini CLI",
            Self::Windsurf => "Windsurf",
        }
    }

    /// Parses an event that the agent wrote to the hook's standard input. The error says what is wrong with it.
    pub fn parse(self, input: &[u8]) -> Result<Event, String> {
        let value = document::parse(input)?;
        match self {
            Self::Claude => claude::parse(value),
            Self::Codex => codex::parse(value),
            Self::Cursor => cursor::parse(value),
            Self::Copilot => copilot::parse(value),
            Self::Gemini => gemini::parse(value),
            Self::Windsurf => windsurf::parse(value),
        }
    }

    /// Formats a decision for the agent.
    pub fn render(self, event: &Event, decision: &Decision) -> Answer {
        match self {
            Self::Claude => claude::render(event, decision),
            Self::Codex => codex::render(event, decision),
            Self::Cursor => cursor::render(event, decision),
            Self::Copilot => copilot::render(event, decision),
            Self::Gemini => gemini::render(event, decision),
            Self::Windsurf => windsurf::render(event, decision),
        }
    }
}

impl fmt::Display for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The output and the exit code of a hook.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// A JSON document for standard output.
    pub stdout: Option<Value>,
    /// A line for standard error.
    pub stderr: Option<String>,
    /// Whether to exit with 2, which every agent understands as "blocked", instead of 0.
    pub blocks: bool,
}

impl Answer {
    /// An empty response, as if there were no hook.
    fn silent() -> Self {
        Self::default()
    }

    /// A JSON document on standard output.
    fn json(value: Value) -> Self {
        Self { stdout: Some(value), ..Self::default() }
    }
}
