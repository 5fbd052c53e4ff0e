//! Checks whether an agent would really stop a key: a generated key is sent through the command that the agent runs.
//! Settings that silently disable hooks are checked too.

use std::collections::BTreeSet;
use std::env;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::Agent;
use super::install::{self, InstallScope, InstalledEntry};
use crate::core::error::Result;
use crate::hook::doctor::{Check, Verdict, check, made_up_key};

/// All checks of one agent, for the project's and the user's hooks.
pub fn checks(agent: Agent, directory: &Path) -> Result<Vec<Check>> {
    let mut checks = Vec::new();
    let mut installed = Vec::new();
    for scope in [InstallScope::project_of(directory), InstallScope::User] {
        let (path, found) = install::installed(agent, &scope)?;
        if found.is_empty() {
            continue;
        }
        checks.push(check("hooks", Verdict::Good, format!("in {}", path.display())));
        checks.extend(complete(agent, &scope, &found)?);
        let commands: BTreeSet<String> =
            found.iter().filter_map(|found| install::command(&found.entry)).map(str::to_owned).collect();
        for command in commands {
            checks.extend(program(&command));
            checks.push(canary(agent, &command, directory)?);
        }
        installed.push((path, found));
    }
    if installed.is_empty() {
        let words = format!("none of keysweep's: keysweep hook install --agent {agent}");
        checks.push(check("hooks", Verdict::Bad, words));
        return Ok(checks);
    }
    if installed.len() > 1 {
        checks.push(check("twice", Verdict::Note, "installed for the project and for you: each event is judged twice"));
    }
    checks.extend(match agent {
        Agent::Claude => claude(directory)?,
        Agent::Codex => codex(directory, &installed)?,
        Agent::Copilot => copilot(directory)?,
        Agent::Gemini => gemini(directory)?,
        Agent::Cursor => vec![check("unseen", Verdict::Note, "a shell command's output cannot be masked in Cursor")],
        Agent::Windsurf => vec![check("unseen", Verdict::Note, "no tool's output can be masked in Windsurf")],
    });
    Ok(checks)
}

/// Checks that every event has an entry that blocks if keysweep fails.
fn complete(agent: Agent, scope: &InstallScope, found: &[InstalledEntry]) -> Result<Vec<Check>> {
    let mut checks = Vec::new();
    let again =
        format!("keysweep hook install --agent {agent}{}", if *scope == InstallScope::User { " --user" } else { "" });
    let mut missing = Vec::new();
    let mut open = Vec::new();
    for (event, entry) in install::entries(agent, &install::program(scope)?) {
        let Some(found) = found.iter().find(|found| found.event == event) else {
            missing.push(event);
            continue;
        };
        let closes = |entry: &Value| {
            let hook = entry.pointer("/hooks/0").unwrap_or(entry).clone();
            (hook.get("onFailure").cloned(), hook.get("failClosed").cloned())
        };
        if closes(&found.entry) != closes(&entry) {
            open.push(event);
        }
    }
    if !missing.is_empty() {
        checks.push(check("events", Verdict::Bad, format!("{} not judged: {again}", missing.join(", "))));
    }
    if !open.is_empty() {
        checks.push(check("closed", Verdict::Bad, format!("{} pass if keysweep fails: {again}", open.join(", "))));
    }
    Ok(checks)
}

/// Checks that the program of a command exists.
fn program(command: &str) -> Vec<Check> {
    let at = command.find(" hook run --agent").unwrap_or(command.len());
    let program = command.get(..at).unwrap_or_default().trim_start_matches("& ").trim_matches(['\'', '"']);
    if program != "keysweep" {
        let there = Path::new(program).is_file();
        return match there {
            true => vec![check("program", Verdict::Good, program)],
            false => vec![check("program", Verdict::Bad, format!("{program} is not there"))],
        };
    }
    let names = ["keysweep", "keysweep.exe"];
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path)
        .flat_map(|directory| names.map(|name| directory.join(name)))
        .find(|candidate| candidate.is_file());
    vec![match found {
        Some(found) => check(
            "program",
            Verdict::Note,
            format!("{} through PATH; an agent started from a desktop may have a shorter one", found.display()),
        ),
        None => check("program", Verdict::Bad, "PATH has no keysweep"),
    }]
}

/// Runs the agent's command with a harmless command line, and with one that has a generated key.
fn canary(agent: Agent, command: &str, directory: &Path) -> Result<Check> {
    let mut stopped = Vec::new();
    for text in ["true".to_owned(), format!("curl -H 'Authorization: Bearer {}'", made_up_key()?)] {
        let event = canary_event(agent, &text, directory);
        match ask(command, directory, &event) {
            Ok(answer) => stopped.push(answer),
            Err(error) => return Ok(check("canary", Verdict::Bad, format!("the command cannot be run: {error}"))),
        }
    }
    Ok(match stopped.as_slice() {
        [false, true] => check("canary", Verdict::Good, "a made-up key was stopped, and a harmless command was not"),
        [true, _] => check("canary", Verdict::Bad, "even a harmless command is stopped, so this proves nothing"),
        _ => check("canary", Verdict::Bad, "a made-up key went through"),
    })
}

fn canary_event(agent: Agent, text: &str, directory: &Path) -> Value {
    let cwd = directory.to_string_lossy();
    let like = |event: &str, tool: &str| {
        json!({"session_id": "keysweep-doctor", "transcript_path": null, "cwd": cwd, "hook_event_name": event,
               "tool_name": tool, "tool_input": {"command": text}, "tool_use_id": "keysweep-doctor"})
    };
    match agent {
        Agent::Claude | Agent::Codex => like("PreToolUse", "Bash"),
        Agent::Gemini => like("BeforeTool", "run_shell_command"),
        Agent::Cursor => json!({"hook_event_name": "beforeShellExecution", "workspace_roots": [cwd], "cwd": cwd,
                                "command": text}),
        Agent::Copilot => json!({"sessionId": "keysweep-doctor", "timestamp": 0, "cwd": cwd, "toolName": "bash",
                                 "toolArgs": json!({"command": text}).to_string()}),
        Agent::Windsurf => json!({"agent_action_name": "pre_run_command", "trajectory_id": "keysweep-doctor",
                                  "tool_info": {"command_line": text, "cwd": cwd}}),
    }
}

/// Whether the response of a command blocks the event.
fn ask(command: &str, directory: &Path, event: &Value) -> std::io::Result<bool> {
    let mut shell = if cfg!(windows) { Command::new("powershell") } else { Command::new("sh") };
    let flag = if cfg!(windows) { "-Command" } else { "-c" };
    let mut child = shell
        .args([flag, command])
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        // A command that does not read the event may still respond.
        let _ = input.write_all(event.to_string().as_bytes());
    }
    let output = child.wait_with_output()?;
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let says = |pointer: &str, word: &str| answer.pointer(pointer).and_then(Value::as_str) == Some(word);
    Ok(output.status.code() == Some(2)
        || says("/hookSpecificOutput/permissionDecision", "deny")
        || says("/permissionDecision", "deny")
        || says("/permission", "deny")
        || says("/decision", "deny"))
}

/// Parses a JSON settings file. If that fails, it has no effect, and a check notes it.
fn settings(path: &Path, checks: &mut Vec<Check>) -> Value {
    match install::text(path) {
        Ok(None) => Value::Null,
        Ok(Some(text)) => serde_json::from_str(&text).unwrap_or_else(|_| {
            checks.push(check("settings", Verdict::Note, format!("{} is not plain JSON", path.display())));
            Value::Null
        }),
        Err(error) => {
            checks.push(check("settings", Verdict::Note, error.to_string()));
            Value::Null
        }
    }
}

fn root(directory: &Path) -> PathBuf {
    match InstallScope::project_of(directory) {
        InstallScope::Project(root) => root,
        InstallScope::User => directory.to_owned(),
    }
}

/// The paths of administrators' settings for Claude Code.
const MANAGED: &[&str] = &[
    "/etc/claude-code/managed-settings.json",
    "/Library/Application Support/ClaudeCode/managed-settings.json",
    "C:\\Program Files\\ClaudeCode\\managed-settings.json",
    "C:\\ProgramData\\ClaudeCode\\managed-settings.json",
];

fn claude(directory: &Path) -> Result<Vec<Check>> {
    let mut checks = Vec::new();
    let project = root(directory).join(".claude");
    let mut files = vec![
        install::directory(Agent::Claude)?.join("settings.json"),
        project.join("settings.json"),
        project.join("settings.local.json"),
    ];
    files.extend(MANAGED.iter().map(PathBuf::from));
    for file in files {
        let found = settings(&file, &mut checks);
        if found["disableAllHooks"] == true {
            checks.push(check("off", Verdict::Bad, format!("disableAllHooks is set in {}", file.display())));
        }
        if found["allowManagedHooksOnly"] == true {
            let words = format!("{} allows managed hooks only (allowManagedHooksOnly)", file.display());
            checks.push(check("off", Verdict::Bad, words));
        }
    }
    checks.push(check(
        "version",
        Verdict::Note,
        "before 2.1.295, Claude Code knows no onFailure: a hook that runs out of time lets the call pass",
    ));
    Ok(checks)
}

fn copilot(directory: &Path) -> Result<Vec<Check>> {
    let mut checks = Vec::new();
    let project = root(directory);
    let github = project.join(".github").join("copilot");
    for file in [
        install::directory(Agent::Copilot)?.join("settings.json"),
        github.join("settings.json"),
        github.join("settings.local.json"),
    ] {
        if settings(&file, &mut checks)["disableAllHooks"] == true {
            checks.push(check("off", Verdict::Bad, format!("disableAllHooks is set in {}", file.display())));
        }
    }
    let (path, found) = install::installed(Agent::Claude, &InstallScope::Project(project))?;
    if !found.is_empty() {
        let words = format!("Copilot reads {}, too: each event is judged twice, which does no harm", path.display());
        checks.push(check("twice", Verdict::Note, words));
    }
    Ok(checks)
}

fn gemini(directory: &Path) -> Result<Vec<Check>> {
    let mut checks = Vec::new();
    let user = install::directory(Agent::Gemini)?.join("settings.json");
    for file in [user, root(directory).join(".gemini").join("settings.json")] {
        let found = settings(&file, &mut checks);
        let hooks = &found["hooksConfig"];
        let names = hooks["disabled"].as_array().map_or(&[][..], Vec::as_slice);
        if hooks["enabled"] == false || names.iter().any(|name| name == "keysweep") {
            checks.push(check("off", Verdict::Bad, format!("hooksConfig in {} switches it off", file.display())));
        }
    }
    checks.push(check("trust", Verdict::Note, "in a folder that it does not trust, Gemini CLI runs no hooks"));
    Ok(checks)
}

/// Codex runs a hook only after the user has trusted it, and skips others silently.
fn codex(directory: &Path, installed: &[(PathBuf, Vec<InstalledEntry>)]) -> Result<Vec<Check>> {
    let mut checks = Vec::new();
    let user = install::directory(Agent::Codex)?.join("config.toml");
    let mut state = toml::Table::new();
    for file in [user, root(directory).join(".codex").join("config.toml")] {
        let Some(text) = install::text(&file)? else { continue };
        let Ok(config) = text.parse::<toml::Table>() else {
            checks.push(check("settings", Verdict::Bad, format!("{} is not TOML", file.display())));
            continue;
        };
        let flag = |name: &str| config.get("features").and_then(|features| features.get(name)?.as_bool());
        if flag("hooks") == Some(false) || flag("codex_hooks") == Some(false) {
            let words = format!("[features] in {} switches hooks off", file.display());
            checks.push(check("off", Verdict::Bad, words));
        }
        if let Some(toml::Value::Table(known)) = config.get("hooks").and_then(|hooks| hooks.get("state")) {
            state.extend(known.clone());
        }
    }
    for (path, found) in installed {
        let mut skipped = Vec::new();
        for found in found {
            let key = format!("{}:{}:{}:0", path.display(), snake(&found.event), found.index);
            let known = state.get(&key);
            let enabled = known.and_then(|known| known.get("enabled")?.as_bool()) != Some(false);
            let trusted = known.and_then(|known| known.get("trusted_hash")?.as_str());
            if !enabled || trusted.is_none() {
                skipped.push(found.event.as_str());
            } else if trusted != hash(found).as_deref() {
                let words = format!("{} was trusted in another form, as far as keysweep can tell", found.event);
                checks.push(check("trust", Verdict::Note, words));
            }
        }
        if !skipped.is_empty() {
            let words = format!("{} not trusted, so Codex skips it: open Codex, /hooks", skipped.join(", "));
            checks.push(check("trust", Verdict::Bad, words));
        }
    }
    Ok(checks)
}

/// Converts `PreToolUse` to `pre_tool_use`.
fn snake(name: &str) -> String {
    let mut text = String::new();
    for (index, character) in name.chars().enumerate() {
        if character.is_ascii_uppercase() && index > 0 {
            text.push('_');
        }
        text.push(character.to_ascii_lowercase());
    }
    text
}

/// The hash by which Codex 0.166 identifies a hook. Other versions may compute it differently, so a difference is
/// only a note.
fn hash(found: &InstalledEntry) -> Option<String> {
    let hook = found.entry.pointer("/hooks/0")?;
    let command = hook.get(if cfg!(windows) { "commandWindows" } else { "command" })?;
    let mut identity = json!({"event_name": snake(&found.event), "hooks": [{
        "type": "command", "command": command, "timeout": hook.get("timeout")?, "async": false,
        "statusMessage": hook.get("statusMessage")?,
    }]});
    if let Some(matcher) = found.entry.get("matcher") {
        identity["matcher"] = matcher.clone();
    }
    let digest = Sha256::digest(serde_json::to_vec(&identity).ok()?);
    Some(format!("sha256:{}", HEXLOWER.encode(&digest)))
}
