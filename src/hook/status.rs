//! Which hooks git runs and in which order, and files that look like hooks but are not run.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use bstr::ByteSlice as _;
use serde::Serialize;

use super::command::{self, IfAbsent};
use super::install::is_executable;
use super::manager::{self, Manager};
use super::place::HookPlace;
use super::shim::Shim;
use super::{HookName, hook_text, memory};
use crate::core::error::Result;
use crate::git::Environment;
use crate::git::repository::common_dir_around;

/// The status of all hooks that can run keysweep.
#[derive(Debug, Serialize)]
pub struct Status {
    /// The directory that git runs hooks from.
    pub hooks_path: PathBuf,
    /// The scope of `core.hooksPath`, if it is set: `local`, `global`, …
    pub hooks_path_scope: Option<String>,
    /// The hooks that exist, were installed, or have files that are not run.
    pub hooks: Vec<Hook>,
}

/// The status of one hook.
#[derive(Debug, Serialize)]
pub struct Hook {
    /// The hook's name: `pre-commit`.
    pub name: &'static str,
    /// What git runs, in order.
    pub runs: Vec<HookStep>,
    /// Whether one of these is keysweep.
    pub protected: bool,
    /// Whether keysweep was installed as this hook and not uninstalled.
    pub installed: bool,
    /// Files that look like this hook but are not run.
    pub shadowed: Vec<Shadowed>,
}

/// One program that a hook runs.
#[derive(Debug, Serialize)]
pub struct HookStep {
    /// `keysweep`, `chained` (the previous hook), `other`, or a hook manager.
    pub kind: &'static str,
    /// Its file.
    pub path: PathBuf,
}

/// A file that is not run.
#[derive(Debug, Serialize)]
pub struct Shadowed {
    /// Its file.
    pub path: PathBuf,
    /// The reason.
    pub why: String,
}

/// Examines all hooks of a repository.
pub fn of(place: &HookPlace) -> Result<Status> {
    let installed = memory::recall(&place.common_dir)?;
    let hook = |name| Ok(Hook { installed: installed.contains(&name), ..hook(place, name)? });
    let hooks = HookName::ALL.into_iter().map(hook).collect::<Result<Vec<_>>>()?;
    Ok(Status {
        hooks_path: place.hooks.clone(),
        hooks_path_scope: place.setting.as_ref().map(|setting| setting.scope.as_str().to_owned()),
        hooks: hooks.into_iter().filter(Hook::says_something).collect(),
    })
}

/// A warning if hooks that were installed in the repository around `here` are no longer run.
pub fn lost(here: &Path) -> Result<Option<String>> {
    let Some(common_dir) = common_dir_around(here, &Environment::of_process()) else { return Ok(None) };
    if memory::recall(&common_dir)?.is_empty() {
        return Ok(None);
    }
    let status = of(&HookPlace::of(here)?)?;
    let lost: Vec<&Hook> = status.hooks.iter().filter(|hook| hook.is_lost()).collect();
    let Some(first) = lost.first() else { return Ok(None) };
    let all = lost.iter().map(|hook| hook.name).collect::<Vec<_>>().join(", ");
    Ok(Some(format!(
        "keysweep was installed as {all} here and does not run any more: {}; keysweep hook doctor --fix puts it back, \
         keysweep hook uninstall forgets it",
        first.why_lost()
    )))
}

fn hook(place: &HookPlace, name: HookName) -> Result<Hook> {
    let file = place.file(name);
    let (runs, shadowed) = <_>::default();
    let mut hook = Hook { name: name.as_str(), runs, protected: false, installed: false, shadowed };
    if let Some(text) = hook_text(&file)? {
        if is_executable(&file) {
            hook.run(place, name, &file, &text)?;
        } else {
            hook.shadow(&file, "it is not executable, so git does not run it");
        }
    }
    let mut old = file.clone().into_os_string();
    old.push(".old");
    let old = PathBuf::from(old);
    if hook_text(&old)?.is_some_and(|text| Shim::is_ours(&text)) {
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
                let kind = hook_text(&chained)?.and_then(|text| manager::generated_by(&text));
                self.step(kind.map_or("chained", Manager::as_str), &chained);
            } else if chained.exists() {
                self.shadow(&chained, "it is not executable");
            }
            self.step("keysweep", file);
            self.protected = true;
            return Ok(());
        }
        let Some(manager) = manager::running(place, text) else {
            self.step("other", file);
            self.protected = command::is_in(&text.to_str_lossy(), name);
            return Ok(());
        };
        // pre-commit and prek keep a previous hook under this name, and run it first.
        let mut legacy = file.as_os_str().to_owned();
        legacy.push(".legacy");
        let legacy = PathBuf::from(legacy);
        if matches!(manager, Manager::PreCommit | Manager::Prek) && is_executable(&legacy) {
            let is_ours = hook_text(&legacy)?.is_some_and(|text| Shim::is_ours(&text));
            self.step(if is_ours { "keysweep" } else { "chained" }, &legacy);
            self.protected = is_ours;
        }
        self.step(manager.as_str(), file);
        let Some(top) = &place.top else { return Ok(()) };
        let advice = manager::advice(manager, top, name, IfAbsent::Pass)?;
        // simple-git-hooks writes its commands into the hook; its configuration is used when it is installed again.
        let runs = match manager {
            Manager::SimpleGitHooks => command::is_in(&text.to_str_lossy(), name),
            _ => advice.done,
        };
        if runs {
            self.step("keysweep", &advice.file);
            self.protected = true;
        }
        Ok(())
    }

    fn says_something(&self) -> bool {
        !self.runs.is_empty() || !self.shadowed.is_empty() || self.installed
    }

    /// Whether keysweep was installed here but is no longer run.
    pub fn is_lost(&self) -> bool {
        self.installed && !self.protected
    }

    /// Why it is no longer run.
    pub fn why_lost(&self) -> String {
        match (self.runs.first(), self.shadowed.first()) {
            (_, Some(shadowed)) => format!("{}: {}", shadowed.path.display(), shadowed.why),
            (Some(HookStep { kind: "other", path }), _) => format!("{} is another program's", path.display()),
            (Some(step), _) => format!("{} runs {} instead", step.kind, step.path.display()),
            (None, None) => "the hook is gone".into(),
        }
    }

    fn step(&mut self, kind: &'static str, path: &Path) {
        self.runs.push(HookStep { kind, path: path.to_owned() });
    }

    fn shadow(&mut self, path: &Path, why: &str) {
        self.shadowed.push(Shadowed { path: path.to_owned(), why: why.to_owned() });
    }
}

impl Status {
    /// Whether keysweep checks commits.
    pub fn protects_commits(&self) -> bool {
        self.hooks.iter().any(|hook| hook.name == HookName::PreCommit.as_str() && hook.protected)
    }

    /// The status as text for people.
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
            let without = match (hook.protected, hook.installed) {
                (true, _) => "",
                (false, true) => "; not keysweep any more: keysweep hook doctor --fix",
                (false, false) => "; not keysweep",
            };
            let _ = writeln!(text, "  {:<17} {order}{without}", hook.name);
            for shadowed in &hook.shadowed {
                let _ = writeln!(text, "  {:<17} not run: {}: {}", "", shadowed.path.display(), shadowed.why);
            }
        }
        text
    }
}
