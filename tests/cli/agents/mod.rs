//! Hooks of coding agents: every agent's events, what is answered, and in which form.

mod answers;
mod events;
mod files;
mod install;
mod run;
mod table;

use std::path::Path;

use serde_json::{Value, json};

use crate::project::{Output, Project, key};

/// The agents, as the command line names them.
pub(crate) const AGENTS: [&str; 6] = ["claude", "codex", "cursor", "copilot", "gemini", "windsurf"];

/// A recorded event.
pub(crate) fn fixture(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/agents/fixtures").join(format!("{name}.json"));
    serde_json::from_slice(&std::fs::read(&path).unwrap_or_else(|error| panic!("{name}: {error}"))).unwrap()
}

/// A recorded event that happens in the project, with some members changed: a pointer and a value each. A member that
/// holds JSON in a string is opened for a pointer that leads through it, and closed again.
pub(crate) fn event(project: &Project, name: &str, changes: &[(&str, Value)]) -> Value {
    let mut event = fixture(name);
    let root = json!(project.root());
    for member in ["cwd", "workspace_roots"] {
        match event.get_mut(member) {
            Some(Value::Array(roots)) => roots[0] = root.clone(),
            Some(cwd) => *cwd = root.clone(),
            None => {}
        }
    }
    for (pointer, value) in changes {
        set(&mut event, pointer, value);
    }
    event
}

pub(crate) fn set(event: &mut Value, pointer: &str, value: &Value) {
    let (parent, member) = pointer.rsplit_once('/').unwrap();
    let mut parts = parent.split('/').skip(1);
    let mut at = event;
    while let Some(part) = parts.next() {
        if let Some(text) = at[part].as_str() {
            let mut inner: Value = serde_json::from_str(text).unwrap();
            let rest: String = parts.chain([member]).map(|part| format!("/{part}")).collect();
            set(&mut inner, &rest, value);
            at[part] = Value::String(inner.to_string());
            return;
        }
        at = at.pointer_mut(&format!("/{part}")).unwrap();
    }
    match at {
        Value::Array(list) => list[member.parse::<usize>().unwrap()] = value.clone(),
        other => other[member] = value.clone(),
    }
}

/// An answer: what the agent gets.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) output: Output,
    pub(crate) document: Value,
}

/// Runs an agent's hook on an event. No answer may ever hold the key.
pub(crate) fn run(project: &Project, agent: &str, event: &[u8]) -> Answer {
    let output = project.run_with(["hook", "run", "--agent", agent], event);
    for seed in 0..4 {
        let key = key(seed);
        assert!(!output.stdout.contains(&key) && !output.stderr.contains(&key), "{agent}: {output:?}");
    }
    let document = match output.stdout.as_str() {
        "" => Value::Null,
        text => serde_json::from_str(text).unwrap_or_else(|error| panic!("{agent}: {error}: {output:?}")),
    };
    Answer { output, document }
}

/// The same for a JSON value.
pub(crate) fn ask(project: &Project, agent: &str, event: &Value) -> Answer {
    run(project, agent, event.to_string().as_bytes())
}
