//! The `plan` format: a shell script that takes the keys of a report out of a repository's history, commented step by step,
//! for a person to read and then run. Nothing in it runs by itself, and it waits before anything is pushed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::keys::{KeyList, KeyOrigin, KeyState};
use super::model::{Document, JsonFinding};
use super::numbers::counted;
use super::{ReportStyle, escape};
use crate::core::finding::Part;
use crate::core::order::{Gather as _, ListOrder as _};
use crate::core::shell::shell_path;

/// Names that a comment lists.
const NAMES: usize = 50;
/// More paths than these stand at the end of the script, not in a command.
const PATHS: usize = 12;
/// What the list of paths at the end stands below.
const LIST: &str = "# --- paths ---";

/// Writes the script.
pub(super) fn write(document: &Document<'_>, _: ReportStyle, out: &mut dyn Write) -> io::Result<()> {
    let keys = PlanKeys::of(document);
    let mut script = Script { keys: &keys, text: String::new(), number: 0, list: Vec::new() };
    let repositories: BTreeSet<&str> =
        document.active().filter_map(|entry| entry.location.repository.as_deref()).in_set();
    if !repositories.is_empty() {
        script.several(&repositories);
        return out.write_all(script.text.as_bytes());
    }
    script.head();
    script.revoke();
    if !keys.entries.is_empty() {
        script.files();
        script.rewrite();
        script.push();
        script.here();
        script.people();
        script.paths();
    }
    out.write_all(script.text.as_bytes())
}

/// What the script says of the keys that count.
#[derive(Default)]
struct PlanKeys<'a> {
    number: u64,
    /// A line for each, on what to do first.
    first_steps: Vec<String>,
    /// Their findings in history, with where the key still is.
    entries: Vec<(KeyState, &'a JsonFinding<'a>)>,
    states: BTreeSet<KeyState>,
    has_stash: bool,
    people: BTreeSet<String>,
}

impl<'a> PlanKeys<'a> {
    fn of(document: &'a Document<'a>) -> Self {
        let mut keys = Self::default();
        for key in KeyList::new(document).iter_active() {
            keys.number += 1;
            let first = key.next_steps.first().map_or("", |step| &step.text);
            keys.first_steps.push(format!("   [ ] {} {} ({}): {first}", key.title, key.shown(), key.severity));
            let entries = key.findings.iter().map(|&at| &document.findings[at]);
            keys.entries.extend(entries.filter(|entry| entry.history.is_some()).map(|entry| (key.state, entry)));
            keys.states.insert(key.state);
            keys.has_stash |= key.refs.iter().any(|name| name == "refs/stash");
            let people = key.brought_in_by.iter().chain(&key.touched_by);
            keys.people.extend(people.map(|person| format!("   {} <{}>", person.name, person.email)));
        }
        keys
    }
}

struct Script<'a> {
    keys: &'a PlanKeys<'a>,
    text: String,
    number: u32,
    /// Lines of the list at the end.
    list: Vec<String>,
}

impl<'a> Script<'a> {
    fn line(&mut self, line: &str) {
        self.text += line;
        self.text.push('\n');
    }

    /// A comment; what it quotes cannot end it.
    fn comment(&mut self, text: &str) {
        let text = escape::text(text.as_bytes());
        self.line(&format!("# {text}"));
    }

    fn step(&mut self, title: &str) {
        self.number += 1;
        let title = format!("{}. {title}", self.number);
        self.line("");
        self.comment(&title);
    }

    /// The findings in history.
    fn entries(
        &self,
        wanted: impl Fn(KeyState, &JsonFinding<'_>) -> bool,
    ) -> impl Iterator<Item = &'a JsonFinding<'a>> {
        let keys = self.keys;
        keys.entries.iter().filter(move |(state, entry)| wanted(*state, entry)).map(|(_, entry)| *entry)
    }

    fn head(&mut self) {
        let found = counted(self.keys.number, "key");
        self.line("#!/usr/bin/env bash");
        self.comment(&format!(
            "How to take {found} out of this repository's history: read it, then run it step by step."
        ));
        self.comment(
            "keysweep wrote it and ran nothing of it. A rewritten history has other commit ids: whoever has a clone",
        );
        self.comment(
            "has to clone again, and what was pushed stays known to whoever fetched it. So the keys go first.",
        );
        self.line("set -euo pipefail");
        self.line("script=$(cd \"$(dirname \"$0\")\" && pwd)/$(basename \"$0\")");
    }

    /// A plan is for one repository: this says which need one.
    fn several(&mut self, repositories: &BTreeSet<&str>) {
        self.line("#!/usr/bin/env bash");
        let found = counted(self.keys.number, "key");
        self.comment(&format!("{found} in {} repositories: each history is rewritten by itself.", repositories.len()));
        self.line("set -euo pipefail");
        self.revoke();
        self.step("Write the plan of each repository, read it, and run it step by step.");
        for (number, name) in repositories.iter().enumerate() {
            self.line(&format!("keysweep history --plan {} > plan-{}.sh || [ $? = 1 ]", word(name), number + 1));
        }
    }

    fn revoke(&mut self) {
        self.step("Revoke the keys, at their providers. Nothing below makes a key void.");
        self.keys.first_steps.iter().for_each(|line| self.comment(line));
    }

    /// What is live is taken out by a commit, or the rewrite changes files that are in use.
    fn files(&mut self) {
        let live = self.entries(|_, entry| entry.history.as_ref().is_some_and(|history| history.in_head));
        let paths: BTreeSet<&str> = live
            .filter(|entry| entry.location.part.is_none())
            .filter_map(|entry| entry.location.path.as_deref())
            .in_set();
        if paths.is_empty() {
            return;
        }
        self.step("In your working tree: take them out of the files that still have them, commit, and push that.");
        for path in paths.iter().take(NAMES) {
            self.line(&format!("#    keysweep fix -- {}", word(path)));
        }
        if paths.len() > NAMES {
            self.comment(&format!("   and {}", counted((paths.len() - NAMES) as u64, "more file")));
        }
    }

    fn rewrite(&mut self) {
        let reached = |state: KeyState| !matches!(state, KeyState::Reflog | KeyState::Unreachable);
        let entries: Vec<&JsonFinding<'_>> = self.entries(|state, _| reached(state)).collect();
        if entries.is_empty() {
            return;
        }
        self.step("A fresh mirror clone to rewrite, and a backup of it. Both hold the keys: delete them in the end.");
        self.line(": \"${REMOTE:?say where the repository is: REMOTE=git@example.com:team/project.git}\"");
        self.line("git clone --mirror \"$REMOTE\" rewrite.git");
        self.line("cp -R rewrite.git backup.git");
        self.line("cd rewrite.git");
        self.step("The keys to replace, in a file that only you can read. Accepted keys are left out.");
        self.line("keysweep history --write-replacements ../replacements.txt > /dev/null || [ $? = 1 ]");
        self.step("The rewrite: git filter-repo (https://github.com/newren/git-filter-repo), 2.47 or later.");
        let has =
            |part: &[Part]| entries.iter().any(|entry| entry.location.part.is_some_and(|own| part.contains(&own)));
        let mut command = "git filter-repo --sensitive-data-removal --replace-text ../replacements.txt".to_owned();
        if has(&[Part::Message, Part::Tag]) {
            command += " --replace-message ../replacements.txt";
        }
        self.line(&command);
        let packed = |entry: &&&JsonFinding<'_>| {
            matches!(KeyOrigin::of(entry), KeyOrigin::Binary | KeyOrigin::Archive | KeyOrigin::FileName)
        };
        let paths: BTreeSet<&str> =
            entries.iter().filter(packed).filter_map(|entry| entry.location.path.as_deref()).in_set();
        if !paths.is_empty() {
            self.comment("Binary files, archives and names hold no text to replace: these paths go altogether. Look at them first.");
            self.drop_paths(&paths);
        }
        if has(&[Part::Author]) {
            self.comment("A key stands in an author's name: write ../mailmap (see git help check-mailmap), then");
            self.comment("git filter-repo --mailmap ../mailmap");
        }
        if has(&[Part::Ref]) {
            self.comment(
                "A key stands in a reference's name: rename or delete that reference, here and on the remote.",
            );
        }
        self.step("What is left. Keys that stand encoded have to be added to the replacements by hand.");
        self.line("keysweep history");
    }

    /// Takes paths out of history altogether. Many stand in a list at the end of the script, which it cuts off itself.
    fn drop_paths(&mut self, paths: &BTreeSet<&str>) {
        const COMMAND: &str = "git filter-repo --sensitive-data-removal --invert-paths";
        // A line of a list has to be one line, of text that shows what it is.
        let is_plain = |path: &&&str| paths.len() > PATHS && escape::text(path.as_bytes()) == **path;
        let (listed, named): (Vec<&&str>, Vec<&&str>) = paths.iter().partition(is_plain);
        let mut words: Vec<String> = named.iter().map(|path| format!("    --path {}", word(path))).collect();
        if !listed.is_empty() {
            self.comment(&format!("{} stand at the end of this script:", counted(listed.len() as u64, "path")));
            self.paths_by_folder(&listed);
            self.line(&format!("sed '1,/^{LIST}$/d' \"$script\" > ../paths.txt"));
            words.insert(0, "    --paths-from-file ../paths.txt".to_owned());
        }
        self.line(&format!("{COMMAND} \\\n{}", words.join(" \\\n")));
        self.list = listed.into_iter().map(|path| format!("literal:{path}")).collect();
    }

    /// Says in which folders many paths are.
    fn paths_by_folder(&mut self, paths: &[&&str]) {
        let mut folders: BTreeMap<&str, u64> = BTreeMap::new();
        for path in paths {
            let mut ends = path.match_indices('/').map(|(at, _)| at);
            let end = ends.nth(1).or_else(|| path.find('/'));
            *folders.entry(end.and_then(|end| path.get(..end)).unwrap_or(".")).or_default() += 1;
        }
        let mut folders: Vec<(&str, u64)> = folders.into_iter().collect();
        folders.order_by_key(|(_, number)| std::cmp::Reverse(*number));
        for (folder, number) in folders.iter().take(PATHS) {
            self.comment(&format!("   {number:>6}  {folder}"));
        }
        if folders.len() > PATHS {
            self.comment(&format!("   and {}", counted((folders.len() - PATHS) as u64, "more folder")));
        }
    }

    /// The list of paths, which no shell reads: the script ends before it.
    fn paths(&mut self) {
        if self.list.is_empty() {
            return;
        }
        self.line("");
        self.comment("What follows is read by the sed above.");
        self.line("exit 0");
        self.line(LIST);
        for line in std::mem::take(&mut self.list) {
            self.line(&line);
        }
    }

    fn push(&mut self) {
        let refs = |entries: Vec<&'a JsonFinding<'a>>| -> BTreeSet<&'a str> {
            entries
                .into_iter()
                .filter_map(|entry| entry.history.as_ref())
                .flat_map(|history| &history.refs)
                .map(AsRef::as_ref)
                .in_set()
        };
        let all =
            refs(self.entries(|_, entry| entry.history.as_ref().is_some_and(|history| history.on_remote)).collect());
        if all.is_empty() {
            return;
        }
        let is_forges = |name: &&str| {
            ["refs/pull/", "refs/merge-requests/", "refs/changes/"].iter().any(|start| name.starts_with(start))
        };
        let (forges, own): (Vec<&str>, Vec<&str>) =
            all.into_iter().filter(|name| !name.starts_with("refs/remotes/")).partition(is_forges);
        self.step("Push. Tell everybody first, and lift the protection of branches for as long as it takes.");
        self.comment("It changes these, and whatever else has the same commits:");
        self.names(&own);
        self.line("read -r -p 'Push the rewritten history? [y/N] ' answer");
        self.line("[ \"$answer\" = y ] && git push --force --mirror \"$REMOTE\"");
        self.step("What a forge keeps: pull requests' references, which nobody can push to, forks and caches. Ask its support.");
        self.names(&forges);
    }

    fn names(&mut self, names: &[&str]) {
        for name in names.iter().take(NAMES) {
            self.comment(&format!("   {name}"));
        }
        if names.len() > NAMES {
            self.comment(&format!("   and {}", counted((names.len() - NAMES) as u64, "more reference")));
        }
    }

    /// What only this clone has.
    fn here(&mut self) {
        let PlanKeys { states, has_stash, .. } = self.keys;
        let (reflog, unreachable) = (states.contains(&KeyState::Reflog), states.contains(&KeyState::Unreachable));
        let has_stash = *has_stash;
        if !(reflog || unreachable || has_stash) {
            return;
        }
        self.step("In the clone that was audited, which has keys that no push takes out:");
        if has_stash {
            self.comment("A stash has one: git stash list shows which; drop it with git stash drop 'stash@{N}'.");
        }
        if reflog || has_stash {
            self.comment("git reflog expire --expire=now --expire-unreachable=now --all");
        }
        self.comment("git gc --prune=now");
    }

    fn people(&mut self) {
        self.step(
            "Who committed these keys has a clone for certain; with all others they have to clone again, not to pull:",
        );
        let people = &self.keys.people;
        for person in people.iter().take(NAMES) {
            self.comment(person);
        }
        if people.len() > NAMES {
            self.comment(&format!("   and {} more", people.len() - NAMES));
        }
    }
}

/// A path as one word of a shell that no program takes for an option.
fn word(path: &str) -> String {
    let path = if path.starts_with('-') { format!("./{path}") } else { path.to_owned() };
    let word = shell_path(path.as_bytes());
    // What moves a cursor or ends a line is spelled out by the shell's own escapes; other invisible text is told.
    if escape::text(word.as_bytes()) == word { word } else { ansi(&path) }
}

/// `$'…'`, in ASCII alone.
fn ansi(path: &str) -> String {
    let escaped: String = path
        .bytes()
        .map(|byte| match byte {
            b'\'' | b'\\' => format!("\\{}", char::from(byte)),
            b'#' | b':' => format!("\\{byte:03o}"),
            b' '..=b'~' => char::from(byte).to_string(),
            byte => format!("\\{byte:03o}"),
        })
        .collect();
    format!("$'{escaped}'")
}
