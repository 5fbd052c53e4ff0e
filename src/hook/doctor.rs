//! Checks whether a key would really be stopped here: every part is examined, and finally a generated key is staged.

use std::env;
use std::path::{Path, PathBuf};

use bstr::ByteSlice;

use super::install::{is_executable, program};
use super::manager::{self, Manager};
use super::place::HookPlace;
use super::shim::Shim;
use super::stage::TrialIndex;
use super::{HookName, hook_text, repair, status};
use crate::core::error::{Error, Result};
use crate::policy::config::found;
use crate::rule::template::{Random, Template};

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Good,
    /// Worth knowing.
    Note,
    /// Not protected: a key could pass.
    Bad,
}

/// One check and its result.
#[derive(Clone, Debug)]
pub struct Check {
    /// What was checked, in one word.
    pub what: &'static str,
    /// The result.
    pub verdict: Verdict,
    /// The explanation.
    pub words: String,
}

impl Check {
    /// One line for people.
    pub fn line(&self) -> String {
        let mark = match self.verdict {
            Verdict::Good => "ok  ",
            Verdict::Note => "note",
            Verdict::Bad => "BAD ",
        };
        format!("{mark}  {:<8} {}", self.what, self.words)
    }
}

pub(super) fn check(what: &'static str, verdict: Verdict, words: impl Into<String>) -> Check {
    Check { what, verdict, words: words.into() }
}

/// All checks in order. The last one stages a generated key.
pub fn checks(place: &HookPlace) -> Result<Vec<Check>> {
    let file = place.file(HookName::PreCommit);
    let mut checks = vec![where_hooks_are(place)];
    let Some(text) = hook_text(&file)? else {
        checks.push(check("hook", Verdict::Bad, format!("{} is not there: keysweep hook install", file.display())));
        checks.extend(lost_hooks(place)?);
        return Ok(checks);
    };
    checks.extend(hook_file(&file, &text));
    match Shim::parse(&text) {
        Some(shim) => {
            checks.extend(binary(&shim));
            if Shim::is_changed(&text) {
                checks.push(check("shim", Verdict::Note, "it was changed: keysweep hook install brings it back"));
            } else if Shim::is_outdated(&text) {
                checks.push(check("shim", Verdict::Note, "of another version of keysweep: keysweep hook update"));
            }
        }
        None if Shim::is_ours(&text) => {
            checks.push(check("shim", Verdict::Bad, "it was changed: keysweep hook install brings it back"));
        }
        None => checks.extend(other_programs(place, &text)?),
    }
    let chained = Shim::chained(&file);
    if chained.exists() {
        let (verdict, words) = match is_executable(&chained) {
            true => (Verdict::Note, "the hook that was there before runs first, in the canary too"),
            false => (Verdict::Note, "the hook that was there before is not executable, and git never ran it"),
        };
        checks.push(check("chained", verdict, words));
    }
    for hook in status::of(place)?.hooks {
        for shadowed in hook.shadowed {
            checks.push(check("shadow", Verdict::Note, format!("{}: {}", shadowed.path.display(), shadowed.why)));
        }
    }
    checks.extend(lost_hooks(place)?);
    if env::var_os("SKIP").is_some_and(|skip| skip.as_encoded_bytes().split_str(",").any(|name| name == b"keysweep")) {
        checks.push(check("SKIP", Verdict::Bad, "keysweep is in SKIP, so hooks run from here are skipped: unset SKIP"));
    }
    checks.extend(policy(place)?);
    checks.push(canary(place, &file)?);
    Ok(checks)
}

/// Checks a hook that another program wrote.
fn other_programs(place: &HookPlace, text: &[u8]) -> Result<Vec<Check>> {
    let manager = manager::running(place, text);
    let name = manager.map_or("another program", Manager::as_str);
    if !status::of(place)?.protects_commits() {
        let fix = if manager.is_some() { ": keysweep hook install --write" } else { "" };
        let words = format!("{name}'s, in which keysweep was not recognised{fix}");
        return Ok(vec![check("hook", Verdict::Note, words)]);
    }
    let mut checks = vec![check("hook", Verdict::Good, format!("{name}'s, which runs keysweep"))];
    let Some(top) = place.top.as_ref().filter(|_| manager.is_some()) else { return Ok(checks) };
    checks.push(match repair::reachable(top) {
        Some(file) => {
            check("binary", Verdict::Good, format!("{}, found even where PATH is short (GUI clients)", file.display()))
        }
        None => {
            let words = "where a program started from a desktop does not look: --fix links it into ~/.local/bin";
            check("binary", Verdict::Note, words)
        }
    });
    Ok(checks)
}

/// Hooks that were installed here but are no longer run.
fn lost_hooks(place: &HookPlace) -> Result<Vec<Check>> {
    let hooks = status::of(place)?.hooks;
    let lost = hooks.iter().filter(|hook| hook.is_lost());
    Ok(lost.map(|hook| check("lost", Verdict::Bad, format!("{}: {}", hook.name, hook.why_lost()))).collect())
}

/// A note on what the configuration excludes: the staged key is one kind of key at one path.
fn policy(place: &HookPlace) -> Result<Option<Check>> {
    let Some(top) = &place.top else { return Ok(None) };
    let found = found::find(None, top)?;
    let config = found.config()?;
    let narrows = |key: &str| {
        ["rules.", "paths.", "allowlist", "limits.max-file-size"].iter().any(|start| key.starts_with(start))
    };
    let settings = config.settings.iter().filter(|setting| setting.from != "default" && narrows(&setting.key));
    let words: Vec<String> = settings.map(|setting| format!("{} = {}", setting.key, setting.value)).collect();
    Ok((!words.is_empty())
        .then(|| check(NARROWED, Verdict::Note, format!("not every key counts: {}", words.join("; ")))))
}

/// The name of the check that reports excluded keys.
pub const NARROWED: &str = "policy";

fn where_hooks_are(place: &HookPlace) -> Check {
    let shown = place.hooks.display();
    match &place.setting {
        None => check("hooks", Verdict::Good, format!("run from {shown}")),
        Some(setting) => check(
            "hooks",
            if place.hooks.is_dir() { Verdict::Good } else { Verdict::Bad },
            format!("run from {shown}, as core.hooksPath ({}) says", setting.scope.as_str()),
        ),
    }
}

fn hook_file(file: &Path, text: &[u8]) -> Vec<Check> {
    let mut checks = Vec::new();
    checks.push(match is_executable(file) {
        true => check("mode", Verdict::Good, format!("{} is executable", file.display())),
        false => check("mode", Verdict::Bad, format!("git skips it: chmod +x {}", file.display())),
    });
    let shell = text.lines().next().and_then(|line| line.strip_prefix(b"#!")).map(<[u8]>::trim_ascii);
    let shell = shell.and_then(|shell| shell.fields_with(|c| c == ' ').next());
    checks.push(match shell.map(|shell| (shell.to_path_lossy().exists(), shell.as_bstr())) {
        Some((true, shell)) => check("shebang", Verdict::Good, format!("{shell} is there")),
        Some((false, shell)) => check("shebang", Verdict::Bad, format!("{shell} is not there")),
        None => check("shebang", Verdict::Bad, "the first line names no interpreter"),
    });
    checks
}

fn binary(shim: &Shim) -> Vec<Check> {
    let shown = shim.binary.display();
    let mut checks = Vec::new();
    checks.push(if is_executable(&shim.binary) {
        check("binary", Verdict::Good, format!("{shown}, found by its place even where PATH is short (GUI clients)"))
    } else if in_path().is_some() {
        check(
            "binary",
            Verdict::Note,
            format!("{shown} is gone, PATH has another: a GUI client may not find it; keysweep hook install"),
        )
    } else {
        check("binary", Verdict::Bad, format!("{shown} is gone and PATH has none: keysweep hook install"))
    });
    if shim.fail_open {
        checks.push(check("missing", Verdict::Note, "without the binary, commits pass unchecked (--fail-open)"));
    }
    checks
}

fn in_path() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|directory| directory.join(program("keysweep"))).find(|file| is_executable(file))
}

/// Stages a generated key in a separate index and object directory, and runs the hook with the environment of a GUI
/// client.
fn canary(place: &HookPlace, hook: &Path) -> Result<Check> {
    let Some(top) = &place.top else {
        return Ok(check("canary", Verdict::Note, "a bare repository has nothing to stage"));
    };
    let stage = TrialIndex::new(place, top)?;
    let harmless = "nothing to hide\n".to_owned();
    let mut ends = Vec::new();
    for content in [harmless, format!("OPENAI_API_KEY = \"{}\"\n", made_up_key()?)] {
        stage.put(top, &content)?;
        match stage.run(hook, top) {
            Ok(ended) => ends.push(ended),
            Err(error) => return Ok(check("canary", Verdict::Bad, format!("the hook cannot be run: {error}"))),
        }
    }
    let (clean, caught) = (&ends[0], &ends[1]);
    Ok(match (clean.code, caught.code) {
        (Some(0), Some(0)) => check(
            "canary",
            Verdict::Bad,
            format!("a made-up key was staged, and the hook let it pass{}", caught.said()),
        ),
        (Some(0), Some(1)) if caught.says_keysweep => {
            check("canary", Verdict::Good, "a made-up key was staged, and the hook stopped it")
        }
        (Some(0), code) => {
            let words = format!(
                "the hook stopped a made-up key, but not as keysweep does ({}{})",
                exit_words(code),
                caught.said()
            );
            check("canary", if caught.says_keysweep { Verdict::Bad } else { Verdict::Note }, words)
        }
        (code, _) => {
            let words = format!(
                "the hook stops even a harmless commit ({}{}), so this proves nothing",
                exit_words(code),
                clean.said()
            );
            check("canary", Verdict::Bad, words)
        }
    })
}

fn exit_words(code: Option<i32>) -> String {
    code.map_or_else(|| "ended by a signal".into(), |code| format!("exit code {code}"))
}

/// Generates a key with the shape of a genuine one.
pub(super) fn made_up_key() -> Result<String> {
    let template = "sk-proj-[A-Za-z0-9]{74}T3BlbkFJ[A-Za-z0-9]{73}A";
    let seed = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |time| u64::from(time.subsec_nanos()) ^ time.as_secs() << 30);
    let template = Template::parse(template).map_err(|error| Error::new("make up", "a key", error))?;
    Ok(template.generate(&mut Random::new(seed)).text)
}
