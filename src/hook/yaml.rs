//! Adds keysweep to a YAML file by inserting lines, so that everything else, including comments, stays the same. If
//! the right place is not certain, nothing is added.

use super::HookName;
use super::command::{self, IfAbsent};

/// The id of our hook in the pre-commit framework.
pub(super) const fn framework_id(name: HookName) -> &'static str {
    match name {
        HookName::PreCommit | HookName::PreMergeCommit | HookName::PreReceive => "keysweep",
        HookName::CommitMsg => "keysweep-commit-msg",
        HookName::PrePush => "keysweep-push",
        HookName::PostRewrite => "keysweep-post-rewrite",
    }
}

/// The arguments after the hook's name in the framework's configuration.
pub(super) const fn framework_words(name: HookName) -> &'static str {
    match name {
        HookName::CommitMsg => " \"$@\"",
        _ => " --framework \"$@\"",
    }
}

/// Lines for `.pre-commit-config.yaml` that run the installed keysweep.
pub(crate) fn framework_lines(name: HookName, if_absent: IfAbsent) -> String {
    let id = framework_id(name);
    let as_hook = if name == HookName::PreMergeCommit { HookName::PreCommit } else { name };
    let command = command::line(as_hook, framework_words(name), if_absent);
    let rest = match name {
        HookName::PreCommit | HookName::PreMergeCommit | HookName::PreReceive => {
            "types: []\n    require_serial: true\n    stages: [pre-commit, pre-merge-commit, manual]"
        }
        HookName::CommitMsg => "stages: [commit-msg]",
        HookName::PrePush => "pass_filenames: false\n    always_run: true\n    stages: [pre-push]",
        HookName::PostRewrite => "pass_filenames: false\n    always_run: true\n    stages: [post-rewrite]",
    };
    format!(
        "- repo: local\n  hooks:\n  - id: {id}\n    name: {id}\n    language: system\n    \
         entry: sh -c '{command}' keysweep\n    args: [--]\n    {rest}\n"
    )
}

/// Whether a hook with this id is configured.
pub(crate) fn has_hook(text: &str, id: &str) -> bool {
    text.lines()
        .map(|line| line.split(" #").next().unwrap_or_default())
        .filter(|line| !line.trim_start().starts_with('#'))
        .any(|line| {
            let mut rest = line;
            while let Some(at) = rest.find("id:") {
                let value = rest.get(at + 3..).unwrap_or_default();
                let found = value.trim_start().split([',', '}', ' ']).next().unwrap_or_default();
                let found = found.trim_matches(['"', '\'']);
                if found == id || found.strip_suffix("-system") == Some(id) {
                    return true;
                }
                rest = value;
            }
            false
        })
}

/// `.pre-commit-config.yaml` with these lines as its first repository.
pub(crate) fn with_framework(text: &str, ours: &str) -> Option<String> {
    if text.trim().is_empty() {
        return Some(format!("repos:\n{ours}"));
    }
    let mut lines = Lines::of(text);
    let repos = lines.top_level("repos")?;
    // The indentation of the first item.
    let indent =
        lines.below(repos).find_map(|line| line.find('-').filter(|&at| line.trim_start().starts_with('-') && at < 20));
    if indent.is_none() && lines.below(repos).any(|line| !is_blank(line)) {
        return None;
    }
    lines.insert(repos + 1, &indented(ours, indent.unwrap_or(0)));
    Some(lines.join())
}

/// The lines for `lefthook.yml`.
pub(super) fn lefthook_lines(name: HookName, command: &str) -> String {
    format!("{name}:\n  commands:\n{}", lefthook_command(name, command, 4))
}

/// The arguments after the hook's name in lefthook's configuration.
pub(super) const fn lefthook_words(name: HookName) -> &'static str {
    match name {
        HookName::PreCommit | HookName::PreMergeCommit => "",
        _ => " -- \"{1}\"",
    }
}

fn lefthook_command(name: HookName, command: &str, indent: usize) -> String {
    let input = if name.reads_input() { "use_stdin: true\n" } else { "" };
    let run = format!("run: {command}\n{input}");
    indented(&format!("keysweep:\n{}", indented(&run, 2)), indent)
}

/// `lefthook.yml` with keysweep as one of the hook's commands; `None` if it cannot be added safely.
pub(crate) fn with_lefthook(text: &str, name: HookName, command: &str) -> Option<String> {
    let mut lines = Lines::of(text);
    let Some(hook) = lines.top_level(name.as_str()) else {
        let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        // If the key has a value on its line (such as a flow mapping), a second key would be wrong.
        let taken = text.lines().any(|line| {
            line.starts_with(['{', '[']) || line.trim_start_matches(['"', '\'']).starts_with(name.as_str())
        });
        return (!taken).then(|| format!("{text}{gap}{}", lefthook_lines(name, command)));
    };
    let key = lines.below(hook).position(|line| line.trim_end() == format!("{}commands:", indent_of(line)));
    match key {
        Some(commands) => {
            let at = hook + 1 + commands;
            let indent = lines.below(at).find(|line| !is_blank(line)).map(|line| indent_of(line).len())?;
            (indent > indent_of(&lines.0[at]).len()).then_some(())?;
            lines.insert(at + 1, &lefthook_command(name, command, indent));
        }
        None => {
            let children: Vec<&str> = lines.below(hook).filter(|line| !is_blank(line)).collect();
            let indent = children.first().map(|line| indent_of(line).len()).filter(|&indent| indent > 0)?;
            // Jobs and commands may be used together; other kinds of lists are not changed.
            if children.iter().any(|line| line.trim_start().starts_with("commands")) {
                return None;
            }
            let pad = " ".repeat(indent);
            lines.insert(hook + 1, &format!("{pad}commands:\n{}", lefthook_command(name, command, indent + 2)));
        }
    }
    Some(lines.join())
}

fn indented(text: &str, by: usize) -> String {
    text.lines().map(|line| format!("{:by$}{line}\n", "")).collect()
}

fn indent_of(line: &str) -> &str {
    line.split_at(line.len() - line.trim_start_matches(' ').len()).0
}

fn is_blank(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#')
}

/// The lines of a file, with their line ends.
struct Lines(Vec<String>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(text.split_inclusive('\n').map(str::to_owned).collect())
    }

    /// The line of a top-level key whose value is on the lines below it.
    fn top_level(&self, key: &str) -> Option<usize> {
        let is_key = |line: &String| {
            let value = line.strip_prefix(key).and_then(|rest| rest.strip_prefix(':'));
            value.is_some_and(is_blank)
        };
        self.0.iter().position(is_key)
    }

    /// The lines that belong to the key on line `at`.
    fn below(&self, at: usize) -> impl Iterator<Item = &str> {
        let indent = indent_of(&self.0[at]).len();
        let inside = move |line: &&str| {
            let own = indent_of(line).len();
            // The items of a list may have the same indentation as its key.
            is_blank(line) || own > indent || (own == indent && line.trim_start().starts_with("- "))
        };
        self.0[at + 1..].iter().map(String::as_str).take_while(inside)
    }

    fn insert(&mut self, at: usize, text: &str) {
        if let Some(before) = at.checked_sub(1).and_then(|before| self.0.get_mut(before))
            && !before.ends_with('\n')
        {
            before.push('\n');
        }
        self.0.insert(at, text.to_owned());
    }

    fn join(self) -> String {
        self.0.concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_go_where_a_person_would_put_them() {
        let name = HookName::PreCommit;
        for (before, after) in [
            ("", Some("pre-commit:\n  commands:\n    keysweep:\n      run: X\n")),
            (
                "pre-push:\n  jobs: []\n",
                Some("pre-push:\n  jobs: []\npre-commit:\n  commands:\n    keysweep:\n      run: X\n"),
            ),
            (
                "pre-commit:\n    parallel: true\n    commands:\n        # c\n        lint:\n            run: l\n",
                Some(
                    "pre-commit:\n    parallel: true\n    commands:\n        keysweep:\n          run: X\n        # c\n        lint:\n            run: l\n",
                ),
            ),
            (
                "pre-commit:\n  jobs:\n    - run: l\n",
                Some("pre-commit:\n  commands:\n    keysweep:\n      run: X\n  jobs:\n    - run: l\n"),
            ),
            ("pre-commit: {commands: {}}\n", None),
            ("{}\n", None),
            ("pre-commit:\n  commands: {}\n", None),
        ] {
            assert_eq!(with_lefthook(before, name, "X").as_deref(), after, "{before}");
        }
        let two = framework_lines(name, IfAbsent::Pass);
        for (before, indent) in [
            ("repos:\n- repo: a\n  hooks: []\n", Some(0)),
            ("# c\nrepos:\n  - repo: a\n", Some(2)),
            ("repos: # c\n", Some(0)),
            ("repos: []\n", None),
        ] {
            let after = with_framework(before, &two);
            let expected = indent.map(|indent| {
                let (head, tail) = before.split_at(before.find("repos").unwrap());
                let (key, rest) = tail.split_at(tail.find('\n').unwrap() + 1);
                format!("{head}{key}{}{rest}", indented(&two, indent))
            });
            assert_eq!(after, expected, "{before}");
            assert!(after.is_none_or(|after| has_hook(&after, "keysweep")));
        }
    }

    #[test]
    fn a_hook_is_recognised_by_its_id() {
        for (text, found) in [
            ("- id: keysweep\n", true),
            ("- id: 'keysweep-system' # x\n", true),
            ("# - id: keysweep\n", false),
            ("- id: keysweep-push\n", false),
        ] {
            assert_eq!(has_hook(text, "keysweep"), found, "{text}");
        }
    }
}
