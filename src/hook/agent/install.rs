//! Adds keysweep to an agent's configuration file, and removes it so that the file is the same as before, byte for
//! byte.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::json_file::{self, Entry};
use super::{Agent, toml_file};
use crate::core::error::{Error, Result};
use crate::core::regular_file::{self, Links};
use crate::core::replace::replace;
use crate::hook::install::Outcome;

/// For whom an agent's hooks are installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InstallScope {
    /// For everybody who works in this project.
    Project(PathBuf),
    /// For this user, in every project.
    User,
}

impl InstallScope {
    /// The project of a directory: the root of its repository, or else the directory itself.
    pub fn project_of(directory: &Path) -> Self {
        let root = directory.ancestors().find(|directory| directory.join(".git").exists());
        Self::Project(root.unwrap_or(directory).to_owned())
    }
}

/// The configuration file for an agent's hooks.
pub fn file(agent: Agent, scope: &InstallScope) -> Result<PathBuf> {
    let InstallScope::Project(root) = scope else { return Ok(directory(agent)?.join(name(agent))) };
    let folder = match agent {
        Agent::Claude => ".claude",
        Agent::Codex => ".codex",
        Agent::Cursor => ".cursor",
        Agent::Copilot => ".github",
        Agent::Gemini => ".gemini",
        Agent::Windsurf => ".windsurf",
    };
    Ok(root.join(folder).join(name(agent)))
}

fn name(agent: Agent) -> &'static str {
    match agent {
        Agent::Claude | Agent::Gemini => "settings.json",
        Agent::Codex | Agent::Cursor | Agent::Windsurf => "hooks.json",
        // Copilot reads every file in the directory, so ours can be a separate file.
        Agent::Copilot => "hooks/keysweep.json",
    }
}

/// The directory of the user's configuration of an agent.
pub fn directory(agent: Agent) -> Result<PathBuf> {
    let named = |variable: &str| env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = || env::home_dir().ok_or_else(|| Error::new("find", "the home directory", "HOME is not set"));
    Ok(match agent {
        Agent::Claude => named("CLAUDE_CONFIG_DIR").map_or_else(|| Ok(home()?.join(".claude")), Ok)?,
        Agent::Codex => named("CODEX_HOME").map_or_else(|| Ok(home()?.join(".codex")), Ok)?,
        Agent::Cursor => named("CURSOR_CONFIG_DIR").map_or_else(|| Ok(home()?.join(".cursor")), Ok)?,
        Agent::Copilot => named("COPILOT_HOME").map_or_else(|| Ok(home()?.join(".copilot")), Ok)?,
        Agent::Gemini => named("GEMINI_CLI_HOME").map_or_else(home, Ok)?.join(".gemini"),
        Agent::Windsurf => home()?.join(".codeium").join("windsurf"),
    })
}

/// The program in a hook's command: for a project, whose files others use too, its name; for a user its path.
pub fn program(scope: &InstallScope) -> Result<String> {
    match scope {
        InstallScope::Project(_) => Ok("keysweep".into()),
        InstallScope::User => {
            let binary = crate::hook::install::binary()?;
            binary
                .to_str()
                .map(str::to_owned)
                .ok_or_else(|| Error::new("install", binary.display(), "its path is not UTF-8, which JSON cannot hold"))
        }
    }
}

/// The members that the agent requires in addition to `hooks`.
fn more(agent: Agent) -> Vec<(&'static str, Value)> {
    match agent {
        Agent::Cursor | Agent::Copilot => vec![("version", json!(1))],
        Agent::Claude | Agent::Codex | Agent::Gemini | Agent::Windsurf => Vec::new(),
    }
}

/// A hook's command line for a POSIX shell, for `cmd` and for PowerShell.
struct Commands {
    posix: String,
    cmd: String,
    power: String,
}

impl Commands {
    fn of(agent: Agent, program: &str) -> Self {
        let bare = program == "keysweep";
        let posix = if bare { program.into() } else { format!("'{}'", program.replace('\'', "'\\''")) };
        let power = if bare { program.into() } else { format!("& '{}'", program.replace('\'', "''")) };
        let cmd = if bare { program.into() } else { format!("\"{program}\"") };
        let run = format!("hook run --agent {agent}");
        Self {
            posix: format!("{posix} {run}"),
            cmd: format!("{cmd} {run}"),
            // If the program does not exist, there is no exit code.
            power: format!("{power} {run}; if ($null -eq $LASTEXITCODE) {{ exit 2 }}; exit $LASTEXITCODE"),
        }
    }

    /// For agents in which only exit code 2 blocks: if keysweep is missing, the exit code is 127.
    fn posix_or_block(&self) -> String {
        format!("{} || exit 2", self.posix)
    }

    fn here(&self) -> String {
        if cfg!(windows) { self.power.clone() } else { self.posix_or_block() }
    }
}

/// The entries for the agent's file, by event. They block if keysweep fails or is missing, if the agent supports
/// that.
pub(super) fn entries(agent: Agent, program: &str) -> Vec<Entry> {
    let commands = Commands::of(agent, program);
    let seconds = 30;
    match agent {
        Agent::Claude => {
            let command = json!({"type": "command", "command": commands.posix_or_block(), "timeout": seconds,
                                 "onFailure": "block"});
            vec![
                ("UserPromptSubmit", json!({"hooks": [command]})),
                ("PreToolUse", json!({"matcher": "*", "hooks": [command]})),
                ("PostToolUse", json!({"matcher": "*", "hooks": [command]})),
            ]
        }
        Agent::Codex => {
            let command = json!({"type": "command", "command": commands.posix_or_block(),
                                 "commandWindows": format!("{} || exit 2", commands.cmd), "timeout": seconds,
                                 "statusMessage": "keysweep"});
            vec![
                ("UserPromptSubmit", json!({"hooks": [command]})),
                ("PreToolUse", json!({"matcher": ".*", "hooks": [command]})),
                ("PostToolUse", json!({"matcher": ".*", "hooks": [command]})),
            ]
        }
        Agent::Cursor => {
            let command = json!({"command": commands.posix, "timeout": seconds, "failClosed": true});
            let events = [
                "beforeSubmitPrompt",
                "beforeShellExecution",
                "beforeReadFile",
                "beforeMCPExecution",
                "preToolUse",
                "postToolUse",
            ];
            events.map(|event| (event, command.clone())).to_vec()
        }
        Agent::Copilot => {
            let command = json!({"type": "command", "bash": commands.posix, "powershell": commands.power,
                                 "timeoutSec": seconds});
            ["userPromptSubmitted", "preToolUse", "postToolUse"].map(|event| (event, command.clone())).to_vec()
        }
        Agent::Gemini => {
            let command = json!({"name": "keysweep", "type": "command", "command": commands.here(),
                                 "timeout": seconds * 1000});
            ["BeforeAgent", "BeforeTool", "AfterTool"]
                .map(|event| (event, json!({"matcher": "*", "hooks": [command]})))
                .to_vec()
        }
        Agent::Windsurf => {
            let command =
                json!({"command": commands.posix_or_block(), "powershell": commands.power, "show_output": true});
            let events = [
                "pre_user_prompt",
                "pre_read_code",
                "pre_write_code",
                "pre_run_command",
                "pre_mcp_tool_use",
                "post_run_command",
                "post_mcp_tool_use",
            ];
            events.map(|event| (event, command.clone())).to_vec()
        }
    }
}

/// The command line of an entry, for this machine's shell.
pub(super) fn command(entry: &Value) -> Option<&str> {
    let hook = entry.pointer("/hooks/0").unwrap_or(entry);
    let names =
        if cfg!(windows) { ["powershell", "commandWindows", "command"] } else { ["bash", "command", "command"] };
    names.iter().find_map(|name| hook.get(name)?.as_str())
}

/// Whether keysweep made an entry for this agent: the program is keysweep, and it runs that agent's hook.
pub(super) fn is_ours(agent: Agent, entry: &Value) -> bool {
    let Some(command) = command(entry) else { return false };
    let run = format!(" hook run --agent {agent}");
    let Some(at) = command.find(&run) else { return false };
    let rest = command.get(at + run.len()..).unwrap_or_default();
    let program = command.get(..at).unwrap_or_default().trim_start_matches("& ").trim_matches(['\'', '"']);
    let name = program.rsplit(['/', '\\']).next().unwrap_or_default();
    matches!(name, "keysweep" | "keysweep.exe") && (rest.is_empty() || rest.starts_with([' ', ';']))
}

/// Adds keysweep to an agent's configuration.
pub fn install(agent: Agent, scope: &InstallScope) -> Result<(PathBuf, Outcome)> {
    let entries = entries(agent, &program(scope)?);
    let (path, text) = read(agent, scope)?;
    let failed = |why: String| {
        Error::new("install hooks in", path.display(), why).hint("nothing was changed; correct that first")
    };
    let found = found(agent, &path, text.as_deref()).map_err(failed)?;
    let wanted: Vec<(String, &Value)> = entries.iter().map(|(event, entry)| ((*event).to_owned(), entry)).collect();
    let have: Vec<(String, &Value)> = found.iter().map(|found| (found.event.clone(), &found.entry)).collect();
    let same = have.len() == wanted.len() && wanted.iter().all(|one| have.contains(one));
    if same {
        return Ok((path, Outcome::Unchanged));
    }
    let base = match &text {
        Some(text) if !found.is_empty() => without(agent, &path, text).map_err(failed)?,
        Some(text) => text.clone(),
        None => String::new(),
    };
    let new = match is_toml(&path) {
        true => toml_file::add(&base, &entries),
        false => json_file::add(&base, &entries, &more(agent)),
    };
    let new = new.map_err(failed)?;
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(|error| Error::new("make", parent.display(), error))?;
    }
    replace(&path, text.as_deref().map(str::as_bytes), new.as_bytes(), 0o644)?;
    Ok((path, if found.is_empty() { Outcome::Installed } else { Outcome::Updated }))
}

/// Removes keysweep from an agent's configuration.
pub fn uninstall(agent: Agent, scope: &InstallScope) -> Result<(PathBuf, Outcome)> {
    let (path, text) = read(agent, scope)?;
    let failed = |why: String| Error::new("uninstall hooks from", path.display(), why).hint("nothing was changed");
    let Some(text) = text else { return Ok((path, Outcome::Absent)) };
    if found(agent, &path, Some(&text)).map_err(failed)?.is_empty() {
        return Ok((path, Outcome::Absent));
    }
    let new = without(agent, &path, &text).map_err(failed)?;
    if new.is_empty() {
        let gone = fs::remove_file(&path).map_err(|error| Error::new("remove", path.display(), error));
        gone?;
        // Removes the directory if it is empty; for Copilot the one above it, too.
        for parent in path.ancestors().skip(1).take(2) {
            if fs::remove_dir(parent).is_err() {
                break;
            }
        }
    } else {
        replace(&path, Some(text.as_bytes()), new.as_bytes(), 0o644)?;
    }
    Ok((path, Outcome::Removed))
}

/// An entry of keysweep in an agent's file.
#[derive(Clone, Debug)]
pub(super) struct InstalledEntry {
    pub(super) event: String,
    /// Its index in the event's list.
    pub(super) index: usize,
    pub(super) entry: Value,
}

/// The entries of keysweep, and the file that has them or would have them.
pub(super) fn installed(agent: Agent, scope: &InstallScope) -> Result<(PathBuf, Vec<InstalledEntry>)> {
    let (path, text) = read(agent, scope)?;
    let found = found(agent, &path, text.as_deref())
        .map_err(|why| Error::new("read", path.display(), why).hint("the agent cannot read it either"))?;
    Ok((path, found))
}

fn found(agent: Agent, path: &Path, text: Option<&str>) -> std::result::Result<Vec<InstalledEntry>, String> {
    let Some(text) = text else { return Ok(Vec::new()) };
    let is_ours = |entry: &Value| is_ours(agent, entry);
    let list = match is_toml(path) {
        true => toml_file::ours(text, &is_ours)?,
        false => json_file::ours(text, &is_ours)?,
    };
    Ok(list.into_iter().map(|(event, index, entry)| InstalledEntry { event, index, entry }).collect())
}

fn without(agent: Agent, path: &Path, text: &str) -> std::result::Result<String, String> {
    let is_ours = |entry: &Value| is_ours(agent, entry);
    match is_toml(path) {
        true => toml_file::remove(text, &is_ours),
        false => json_file::remove(text, &is_ours, &more(agent)),
    }
}

fn is_toml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "toml")
}

/// The agent's configuration file and its text. Codex also reads hooks from its `config.toml`, and wants them in one
/// place: if that file has hooks and there is no `hooks.json`, it is used.
fn read(agent: Agent, scope: &InstallScope) -> Result<(PathBuf, Option<String>)> {
    let path = file(agent, scope)?;
    let text = text(&path)?;
    if agent == Agent::Codex && text.is_none() {
        let config = path.with_file_name("config.toml");
        if let Some(other) = self::text(&config)?.filter(|text| toml_file::has_hooks(text)) {
            return Ok((config, Some(other)));
        }
    }
    Ok((path, text))
}

/// The text of a configuration file; `None` if it does not exist.
pub(super) fn text(path: &Path) -> Result<Option<String>> {
    let bytes = regular_file::read(path, Links::Follow, regular_file::SMALL)?;
    let text = bytes.map(String::from_utf8).transpose();
    text.map_err(|_| Error::new("read", path.display(), "it is not UTF-8").hint("save it as UTF-8"))
}
