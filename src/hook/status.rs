//! What git runs, in which order, and what it does not run although it looks as if.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::HookName;
use super::install::is_executable;
use super::manager::{self, Manager};
use super::place::HookPlace;
use super::shim::Shim;
use crate::core::error::Result;

/// All hooks that keysweep can be run by.
#[derive(Debug, Serialize)]
pub struct Status {
    /// The directory that git runs hooks from.
    pub hooks_path: PathBuf,
    /// Where `core.hooksPath` is set: `local`, `global`, …
    pub hooks_path_scope: Option<String>,
    /// One for each hook that has anything to say.
    pub hooks: Vec<Hook>,
}

/// One hook.
#[derive(Debug, Serialize)]
pub struct Hook {
    /// `pre-commit`.
    pub name: &'static str,
    /// What git runs, in order.
    pub runs: Vec<HookStep>,
    /// Whether keysweep is among it.
    pub protected: bool,
    /// Files that look like this hook and are not run.
    pub shadowed: Vec<Shadowed>,
}

/// One thing that is run.
#[derive(Debug, Serialize)]
pub struct HookStep {
    /// `keysweep`, `chained`, `other`, or a manager.
    pub kind: &'static str,
    /// Its file.
    pub path: PathBuf,
}

/// One thing that is not.
#[derive(Debug, Serialize)]
pub struct Shadowed {
    /// Its file.
    pub path: PathBuf,
    /// Why.
    pub why: String,
}

/// Looks at every hook of a repository.
pub fn of(place: &HookPlace) -> Result<Status> {
    let hooks = HookName::ALL.into_iter().map(|name| hook(place, name)).collect::<Result<Vec<_>>>()?;
    Ok(Status {
        hooks_path: place.hooks.clone(),
        hooks_path_scope: place.setting.as_ref().map(|setting| setting.scope.clone()),
        hooks: hooks.into_iter().filter(|hook| !hook.runs.is_empty() || !hook.shadowed.is_empty()).collect(),
    })
}

fn hook(place: &HookPlace, name: HookName) -> Result<Hook> {
    let file = place.file(name);
    let mut hook = Hook { name: name.as_str(), runs: Vec::new(), protected: false, shadowed: Vec::new() };
    if let Ok(text) = fs::read(&file) {
        if is_executable(&file) {
            hook.run(place, name, &file, &text)?;
        } else {
            hook.shadow(&file, "it is not executable, so git does not run it");
        }
    }
    let mut old = file.clone().into_os_string();
    old.push(".old");
    let old = PathBuf::from(old);
    if fs::read(&old).is_ok_and(|text| Shim::is_ours(&text)) {
        hook.shadow(
            &old,
            "`lefthook install` put keysweep's hook aside: keysweep hook install --write adds it to lefthook",
        );
    }
    let own = place.own.join(name.as_str());
    if place.hooks != place.own && own.is_file() {
        hook.shadow(&own, &format!("core.hooksPath makes git look only in {}", place.hooks.display()));
    }
    Ok(hook)
}

impl Hook {
    fn run(&mut self, place: &HookPlace, name: HookName, file: &Path, text: &[u8]) -> Result<()> {
        if Shim::is_ours(text) {
            let chained = Shim::chained(file);
            if is_executable(&chained) {
                let kind = fs::read(&chained).ok().and_then(|text| manager::generated_by(&text));
                self.step(kind.map_or("chained", Manager::as_str), &chained);
            } else if chained.exists() {
                self.shadow(&chained, "it is not executable");
            }
            self.step("keysweep", file);
            self.protected = true;
            return Ok(());
        }
        let Some(manager) = manager::of(place, name) else {
            self.step("other", file);
            // pre-commit keeps what it found under this name, and runs it first.
            let mut legacy = file.as_os_str().to_owned();
            legacy.push(".legacy");
            let legacy = PathBuf::from(legacy);
            self.protected = is_executable(&legacy) && fs::read(&legacy).is_ok_and(|text| Shim::is_ours(&text));
            return Ok(());
        };
        self.step(manager.as_str(), file);
        if let Some(top) = &place.top {
            let advice = manager::advice(manager, top, name)?;
            self.protected = advice.done;
            if advice.done {
                self.step("keysweep", &advice.file);
            }
        }
        Ok(())
    }

    fn step(&mut self, kind: &'static str, path: &Path) {
        self.runs.push(HookStep { kind, path: path.to_owned() });
    }

    fn shadow(&mut self, path: &Path, why: &str) {
        self.shadowed.push(Shadowed { path: path.to_owned(), why: why.to_owned() });
    }
}

impl Status {
    /// Whether keysweep sees commits.
    pub fn protects_commits(&self) -> bool {
        self.hooks.iter().any(|hook| hook.name == HookName::PreCommit.as_str() && hook.protected)
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut text = format!("Hooks are run from {}", self.hooks_path.display());
        // Writing to a String cannot fail.
        if let Some(scope) = &self.hooks_path_scope {
            let _ = write!(text, " (core.hooksPath, {scope})");
        }
        text.push('\n');
        if self.hooks.is_empty() {
            text.push_str("None is installed: keysweep hook install\n");
        }
        for hook in &self.hooks {
            let order: Vec<&str> = hook.runs.iter().map(|step| step.kind).collect();
            let order = if order.is_empty() { "nothing".into() } else { order.join(", then ") };
            let without = if hook.protected { "" } else { "; not keysweep" };
            let _ = writeln!(text, "  {:<17} {order}{without}", hook.name);
            for shadowed in &hook.shadowed {
                let _ = writeln!(text, "  {:<17} not run: {}: {}", "", shadowed.path.display(), shadowed.why);
            }
        }
        text
    }
}
