//! The shell that other programs' configurations get. It finds keysweep where PATH is short, as in programs that are
//! started from a desktop, and whoever has no keysweep can go on working unless the project requires it.

use std::env;
use std::path::{Path, PathBuf};

use super::HookName;

/// What happens where there is no keysweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfAbsent {
    /// One line says that nothing is checked.
    Pass,
    /// One line says what to install, and the commit or push is stopped.
    Stop,
}

/// Where keysweep is looked for behind PATH.
const PLACES: &str = "$HOME/.local/bin:$HOME/.cargo/bin:/usr/local/bin:/opt/homebrew/bin:node_modules/.bin";

/// One line without single quotes, line ends or what YAML reads as its own, with these words behind the hook's name.
pub(super) fn line(name: HookName, words: &str, if_absent: IfAbsent) -> String {
    let (act, rest) = (name.act(), "echo \"keysweep is not installed, so this");
    let otherwise = match if_absent {
        IfAbsent::Pass => format!("{rest} {act} is not checked\" >&2"),
        IfAbsent::Stop => format!("{rest} {act} is stopped. See docs/hooks.md of keysweep\" >&2; exit 1"),
    };
    let run = format!("keysweep hook run {name}{words}");
    format!("(PATH=\"$PATH:{PLACES}\"; if command -v keysweep >/dev/null; then {run}; else {otherwise}; fi)")
}

/// The same as a part of a hook's own shell. What git writes to standard input is there for what follows, too.
pub(super) fn script(name: HookName, if_absent: IfAbsent) -> String {
    let line = line(name, " -- \"$@\"", if_absent);
    if name.reads_input() {
        format!("refs=$(cat)\nprintf '%s\\n' \"$refs\" | {line} || exit $?\nexec <<refs\n$refs\nrefs\n")
    } else {
        format!("{line} || exit $?\n")
    }
}

/// Whether shell runs keysweep as this hook, comments aside.
pub(super) fn is_in(text: &str, name: HookName) -> bool {
    let call = format!("keysweep hook run {name}");
    let is_call = |rest: &str| !rest.starts_with(|next: char| next == '-' || next.is_ascii_alphanumeric());
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    lines.flat_map(|line| line.match_indices(&call).map(|(at, _)| line.get(at + call.len()..))).flatten().any(is_call)
}

/// Text that lets pass as text that stops; `None` if there is nothing to change.
pub(super) fn required(text: &str, name: HookName, words: &str) -> Option<String> {
    let (pass, stop) = (line(name, words, IfAbsent::Pass), line(name, words, IfAbsent::Stop));
    text.contains(&pass).then(|| text.replace(&pass, &stop))
}

/// The directories in which that shell finds keysweep however short PATH is.
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
