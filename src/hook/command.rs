//! The shell commands for other programs' configurations. They also find keysweep with the short PATH of programs
//! started from a desktop. Without keysweep they let people continue to work, unless the project requires it.

use std::env;
use std::path::{Path, PathBuf};

use super::HookName;

/// What to do if keysweep is not installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfAbsent {
    /// Print a line that nothing was checked.
    Pass,
    /// Print what to install, and stop the commit or push.
    Stop,
}

/// Directories that are searched after PATH.
const PLACES: &str = "$HOME/.local/bin:$HOME/.cargo/bin:/usr/local/bin:/opt/homebrew/bin:node_modules/.bin";

/// One line of shell that runs the hook with these arguments. It has no single quotes, line breaks or characters that
/// are special in YAML.
pub(super) fn line(name: HookName, words: &str, if_absent: IfAbsent) -> String {
    let (act, rest) = (name.operation(), "echo \"keysweep is not installed, so this");
    let otherwise = match if_absent {
        IfAbsent::Pass => format!("{rest} {act} is not checked\" >&2"),
        IfAbsent::Stop => format!("{rest} {act} is stopped. See docs/hooks.md of keysweep\" >&2; exit 1"),
    };
    let run = format!("keysweep hook run {name}{words}");
    format!("(PATH=\"$PATH:{PLACES}\"; if command -v keysweep >/dev/null; then {run}; else {otherwise}; fi)")
}

/// The same as part of a longer hook script. Commands after it can read the same standard input.
pub(super) fn script(name: HookName, if_absent: IfAbsent) -> String {
    let line = line(name, " -- \"$@\"", if_absent);
    if name.reads_input() {
        format!("refs=$(cat)\nprintf '%s\\n' \"$refs\" | {line} || exit $?\nexec <<refs\n$refs\nrefs\n")
    } else {
        format!("{line} || exit $?\n")
    }
}

/// Whether a shell script runs keysweep as this hook, ignoring comments.
pub(super) fn is_in(text: &str, name: HookName) -> bool {
    let call = format!("keysweep hook run {name}");
    let is_call = |rest: &str| !rest.starts_with(|next: char| next == '-' || next.is_ascii_alphanumeric());
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    lines.flat_map(|line| line.match_indices(&call).map(|(at, _)| line.get(at + call.len()..))).flatten().any(is_call)
}

/// Makes a script that passes without keysweep stop instead; `None` if there is nothing to change.
pub(super) fn required(text: &str, name: HookName, words: &str) -> Option<String> {
    let (pass, stop) = (line(name, words, IfAbsent::Pass), line(name, words, IfAbsent::Stop));
    text.contains(&pass).then(|| text.replace(&pass, &stop))
}

/// The directories in which that script finds keysweep even with a short PATH.
pub(super) fn places(top: &Path) -> Vec<PathBuf> {
    let home = env::home_dir().unwrap_or_default();
    let all = super::stage::SHORT_PATH.iter().copied().chain(PLACES.split(':'));
    all.map(|place| match place.strip_prefix("$HOME/") {
        Some(below) => home.join(below),
        None => top.join(place),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_fits_into_yaml_json_and_shell() {
        for name in HookName::ALL {
            for if_absent in [IfAbsent::Pass, IfAbsent::Stop] {
                let line = line(name, " -- \"$@\"", if_absent);
                assert!(!["'", "\n", ": ", " #", "{"].iter().any(|part| line.contains(part)), "{line}");
                assert!(is_in(&line, name) && !is_in(&format!("# {line}"), name));
            }
        }
        assert!(!is_in(&line(HookName::PreCommit, "", IfAbsent::Pass), HookName::PrePush));
        assert!(!is_in("keysweep hook run pre-commit-x", HookName::PreCommit));
    }
}
