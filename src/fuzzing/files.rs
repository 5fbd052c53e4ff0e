//! Files and texts that keysweep reads for itself: policy, rules, reports, what agents, hooks and CI systems say.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io;

use bstr::ByteSlice as _;

use super::{disk, seeds};
use crate::cli::args::parse;
use crate::core::date::{self, Date};
use crate::core::error::Result;
use crate::core::files::Files;
use crate::core::finding::{Finding, Location};
use crate::core::json;
use crate::fix::Plan;
use crate::gitleaks::{Engine, go_regex};
use crate::hook::agent::install::{self, InstallScope};
use crate::hook::agent::{Agent, Decision, Judge};
use crate::hook::command::IfAbsent;
use crate::hook::{HookName, push, yaml};
use crate::policy::baseline::{self, Baseline};
use crate::policy::config::{self, Config, LocatedText};
use crate::policy::ignore_file::IgnoreFile;
use crate::policy::import::{self, ListFormat};
use crate::policy::suppressions::Suppressions;
use crate::policy::{Policy, known_keys};
use crate::report::diff::Diff;
use crate::report::merge::Merge;
use crate::report::{Format, ReportStyle, read};
use crate::rule::{Rule, RuleSet, check};
use crate::scan::Scanner;
use crate::source::ci::{self, Job};

/// A tree in which every file has the same content.
struct SameFile<'a>(&'a [u8]);

impl Files for SameFile<'_> {
    fn read(&self, _: &str) -> Result<Option<Vec<u8>>> {
        Ok(Some(self.0.to_vec()))
    }

    fn name(&self, path: &str) -> String {
        path.into()
    }
}

/// `.keysweep.toml`, up to the policy that it makes.
pub(super) fn configuration(data: &[u8]) {
    let Ok(config) = config::parse("config.toml", data) else { return };
    assert!(!config::show::text(&config).is_empty());
    apply(&Config { extends: Vec::new(), ..config }, &SameFile(b""));
}

/// A file of rules, keysweep's or gitleaks', with the proof of its examples.
pub(super) fn rules(data: &[u8]) {
    extending(data);
}

/// The same for a file of gitleaks' rules, and each line as a regex of Go's.
pub(super) fn gitleaks(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for line in text.lines().take(16) {
        if let Ok(pattern) = go_regex::translate(line) {
            assert!(pattern.len() <= 64 * line.len() + 64);
        }
    }
    extending(data);
}

fn extending(data: &[u8]) {
    let Ok(config) = config::default() else { return };
    let mut rules = config.rules.clone();
    (rules.builtin, rules.skip_unsupported) = (false, true);
    let extends = vec![LocatedText { text: "rules.toml".into(), at: "here".into() }];
    apply(&Config { extends, rules, ..config }, &SameFile(data));
}

/// Selects and compiles a configuration's rules, and runs them.
fn apply(config: &Config, files: &dyn Files) {
    let Ok(selected) = config::select(config, files, &[], true) else { return };
    let scanner = Scanner::new(RuleSet::new(selected.rules));
    let imported = Engine::new(selected.imported);
    let mut text = b"api_key = 0a1b2c3d4e5f60718293a4b5c6d7e8f9 \xff\xfe\n".to_vec();
    for rule in scanner.rules().rules().iter().map(|rule| &*rule.rule).filter(|rule| !rule.provider.is_empty()).take(8)
    {
        rule.anchors
            .iter()
            .chain(rule.names.iter())
            .for_each(|word| text.extend(format!("{word} {word}=aB3\n").bytes()));
    }
    let own: Vec<Rule> = config.own.iter().chain(&*Vec::new()).cloned().collect();
    let policy = Policy { imported, allowlists: config.allowlists.clone(), ..Policy::plain(scanner) };
    policy.scan_at(&text, Some("src/a.py".into()));
    let own: Vec<&Rule> = match own.is_empty() {
        true => policy.rules().rules().iter().map(|rule| &*rule.rule).filter(|_| !config.rules.builtin).collect(),
        false => own.iter().collect(),
    };
    let claims = |text: &[u8]| -> Vec<check::ExampleMatch> {
        policy
            .scan(text)
            .into_iter()
            .map(|found| check::ExampleMatch { rule: found.rule.id, secret: found.secret })
            .collect()
    };
    check::all(own.into_iter().take(4), &claims);
}

/// A baseline's file: what is read from it is written as it was read.
pub(super) fn baseline(data: &[u8]) {
    let read = |data: &[u8]| Baseline::from_files("baseline", [("baseline".to_owned(), data)].into_iter());
    let Ok(entries) = read(data).and_then(|baseline| baseline.entries()) else { return };
    let text: String = entries.iter().map(|entry: &baseline::BaselineEntry| format!("{entry}\n")).collect();
    let again = read(text.as_bytes()).and_then(|baseline| baseline.entries()).expect("what was written is read");
    assert_eq!(entries, again);
}

/// `.keysweepignore`.
pub(super) fn ignore_file(data: &[u8]) {
    let Ok(file) = IgnoreFile::parse("ignore", data) else { return };
    for entry in &file.entries {
        assert!(
            entry.covers("openai-project-key", entry.fingerprint, Some(b"docs/a.md"))
                || entry.rule.is_some()
                || entry.path.is_some()
        );
    }
    let findings = vec![finding()];
    let mut report = crate::core::coverage::Report { findings, ..Default::default() };
    let today = Date::parse("2026-06-01").expect("a date");
    let known = Suppressions {
        ignore: file,
        baseline: Baseline::default(),
        today,
        allowlists: Vec::new(),
        base: crate::policy::files::PathBase::default(),
    };
    known.apply(&mut report);
}

fn finding() -> Finding {
    let key = seeds::key(0);
    let found = builtin().scan(key.as_bytes()).swap_remove(0);
    found.at(Location { path: Some("src/a.py".into()), ..Location::default() })
}

/// Other tools' lists of accepted secrets.
pub(super) fn accepted(data: &[u8]) {
    let findings = [finding()];
    for name in [".gitleaksignore", ".secretsignore", "list.json"] {
        if let Some(kind) = ListFormat::of(name, data) {
            let _ = import::import(kind, name, data, &findings);
        }
    }
}

/// An environment file whose values are searched for.
pub(super) fn known_keys(data: &[u8]) {
    let loaded = known_keys::load(&[".env".to_owned()], |_| Ok(Some(data.to_vec())));
    if let Ok(Some(known)) = loaded {
        for found in known.find(data) {
            assert!(found.span.start < found.span.end && found.span.end <= data.len());
        }
    }
}

/// A report that is read back: converted, compared with itself, merged.
pub(super) fn report(data: &[u8]) {
    let mut merge = Merge::new(false);
    if merge.add("a", data).is_ok() {
        let _ = merge.add("b", data);
        let _ = merge.finish(false);
    }
    let read = read::document("a", &mut &*data, &|_| None);
    let Ok(document) = read else { return };
    for format in Format::ALL {
        let mut written = Vec::new();
        format.write(&document, ReportStyle::default(), &mut written).expect("writing to memory");
        assert!(written.len() <= 256 * data.len() + (1 << 16), "{}: {} bytes", format.name(), written.len());
    }
    let diff = Diff::new(&document, &document);
    assert!(diff.new.is_empty());
    diff.write_human(&mut io::sink()).and_then(|()| diff.write_json(&mut io::sink())).expect("writing to nothing");
}

/// An event of an agent: the first byte says whose.
pub(super) fn agent_event(data: &[u8]) {
    let Some((&first, input)) = data.split_first() else { return };
    let agent = Agent::ALL[usize::from(first) % Agent::ALL.len()];
    let Ok(event) = agent.parse(input) else { return };
    for decision in [Decision::Pass, Decision::Deny { reason: "no".into() }] {
        agent.render(&event, &decision);
    }
    // A path could name a file of this machine.
    if input.contains(&b'/') || input.contains(&b'\\') || input.contains(&b'~') {
        return;
    }
    let directory = disk::directory();
    let (policy, known) = (
        builtin(),
        Suppressions {
            ignore: IgnoreFile::default(),
            baseline: Baseline::default(),
            today: Date::parse("2026-06-01").expect("a date"),
            allowlists: Vec::new(),
            base: crate::policy::files::PathBase::default(),
        },
    );
    let least = (crate::core::finding::Severity::Info, crate::core::finding::Confidence::Possible);
    let judge = Judge { policy, known: &known, least, start: directory.path() };
    if let Ok(decision) = judge.decide(&event) {
        agent.render(&event, &decision);
    }
}

fn builtin() -> &'static Policy {
    static POLICY: std::sync::OnceLock<Policy> = std::sync::OnceLock::new();
    POLICY.get_or_init(Policy::builtin)
}

/// An agent's settings, into which hooks are put and out of which they are taken again.
pub(super) fn agent_settings(data: &[u8]) {
    let Some((&first, text)) = data.split_first() else { return };
    let agent = Agent::ALL[usize::from(first) % Agent::ALL.len()];
    if let Ok(root) = json::root(text) {
        assert!(root.end <= text.len());
        let _ = json::members(text, root.start);
        let _ = json::elements(text, root.start);
    }
    for at in [0, text.len() / 2, text.len()] {
        json::path_at(text, at);
    }
    let directory = disk::directory();
    let scope = InstallScope::Project(directory.path().to_owned());
    let Ok(file) = install::file(agent, &scope) else { return };
    let relative = file.strip_prefix(directory.path()).expect("a project's file is in the project");
    disk::write(directory.path(), &relative.to_string_lossy(), text);
    if install::install(agent, &scope).is_ok() {
        install::uninstall(agent, &scope).expect("what was installed can be taken out");
        let after = std::fs::read(&file).unwrap_or_default();
        assert!(
            after == text || text.contains_str("keysweep") || text.trim_ascii().is_empty(),
            "{:?}",
            after.as_bstr()
        );
    }
}

/// YAML of programs that run hooks.
pub(super) fn hook_manager(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for name in HookName::ALL.iter().copied() {
        let lines = yaml::framework_lines(name, IfAbsent::Pass);
        let added = [yaml::with_framework(text, &lines), yaml::with_lefthook(text, name, "keysweep hook run")];
        for added in added.into_iter().flatten() {
            assert!(added.len() > text.len());
        }
        yaml::has_hook(text, "keysweep");
    }
}

/// What git writes to a push hook.
pub(super) fn push_updates(data: &[u8]) {
    for is_receive in [false, true] {
        if let Ok(updates) = push::updates(data, is_receive) {
            assert!(updates.len() <= data.len());
        }
    }
}

/// A CI job: lines of the environment, a zero byte, and the event's file.
pub(super) fn ci_job(data: &[u8]) {
    let (environment, event) = data.split_once_str("\0").unwrap_or((data, b""));
    let environment = environment.to_str_lossy();
    let variables: HashMap<&str, &str> = environment.lines().filter_map(|line| line.split_once('=')).collect();
    let job =
        Job { variable: &|name| variables.get(name).map(|&value| value.to_owned()), file: &|_| Ok(event.to_vec()) };
    let _ = ci::change(&job);
}

/// A command line, one argument a line; and each of them as a date.
pub(super) fn arguments(data: &[u8]) {
    let arguments: Vec<OsString> = data.lines().take(64).map(|line| line.to_os_str_lossy().into_owned()).collect();
    let words: Vec<OsString> = std::iter::once("keysweep".into()).chain(arguments.iter().cloned()).collect();
    let _ = parse(&words);
    for text in arguments.iter().filter_map(|argument| argument.to_str()) {
        Date::parse(text);
        date::moment(text, 1_800_000_000);
        crate::history::Shard::parse(text);
    }
}

/// A program from which keys are taken out: the first byte says in which language, and the byte 1 stands for a key.
pub(super) fn fixes(data: &[u8]) {
    const NAMES: [&str; 16] = [
        "a.py",
        "a.js",
        "a.ts",
        "a.go",
        "a.rs",
        "a.sh",
        "a.rb",
        "a.java",
        "a.yaml",
        "a.json",
        "a.toml",
        "a.tf",
        "a.ipynb",
        ".env",
        "Dockerfile",
        "a.cs",
    ];
    let Some((&first, text)) = data.split_first() else { return };
    let name = NAMES[usize::from(first) % NAMES.len()];
    let mut content = Vec::new();
    for (number, part) in text.split(|&byte| byte == 1).enumerate() {
        if number > 0 {
            content.extend(seeds::key(number as u8 & 3).into_bytes());
        }
        content.extend(part);
    }
    let matches = builtin().scan(&content);
    let directory = disk::directory();
    let mut plan = Plan::default();
    let path = directory.path().join(name);
    if plan.add(&path, name, content, &matches, directory.path()).is_ok() {
        for change in &plan.changes {
            change.diff();
        }
    }
}
