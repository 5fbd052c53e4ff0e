//! `keysweep history` against repositories that git itself made.

mod broken;
mod everywhere;
mod follow_up;
mod objects;
mod parts;
mod random;
mod several;
mod shards;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::Stdio;

use serde_json::Value;

use crate::project::{Project, Scan};

/// A repository, with a clock that ticks a day for each commit.
pub(crate) struct Repo {
    pub(crate) project: Project,
    day: std::cell::Cell<u64>,
}

impl Repo {
    pub(crate) fn new() -> Self {
        Self::with_format("sha1")
    }

    /// One whose object ids are made by this hash.
    pub(crate) fn with_format(hash: &str) -> Self {
        let repo = Self { project: Project::new(), day: std::cell::Cell::new(0) };
        repo.git(&["init", "-q", "-b", "main", &format!("--object-format={hash}")]);
        repo.git(&["config", "gc.auto", "0"]);
        repo
    }

    /// Runs git and returns what it prints, trimmed.
    pub(crate) fn git(&self, args: &[&str]) -> String {
        self.git_with(args, b"")
    }

    /// The same with this standard input.
    pub(crate) fn git_with(&self, args: &[&str], input: &[u8]) -> String {
        let mut command = self.project.command("git");
        let date = format!("{} +0100", 1_700_000_000 + self.day.get() * 86_400);
        command.args(args).env("GIT_AUTHOR_DATE", &date).env("GIT_COMMITTER_DATE", &date);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Commits everything, a day later, and returns the commit's id.
    pub(crate) fn commit(&self, message: &str) -> String {
        self.day.set(self.day.get() + 1);
        self.git(&["add", "-A", "-f"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Commits what is in the index, a day later: a submodule may be there that is in no directory.
    pub(crate) fn commit_staged(&self, message: &str) {
        self.day.set(self.day.get() + 1);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
    }

    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) -> &Self {
        self.project.write(path, content);
        self
    }

    /// The report of `keysweep history` in the `jsonl` format.
    pub(crate) fn history(&self, args: &[&str]) -> Scan {
        Scan::of(self.project.run(["history", "--format", "jsonl", "--show-secrets"].iter().chain(args)))
    }

    /// Writes that report to a file.
    pub(crate) fn history_to(&self, file: &str, args: &[&str]) {
        let all = ["history", "--format", "jsonl", "--show-secrets", "--output", file];
        let output = self.project.run(all.iter().chain(args));
        assert_eq!(output.stdout, "", "{output:?}");
    }
}

/// Findings by the key that they found.
pub(crate) fn by_key(scan: &Scan) -> BTreeMap<String, Vec<&Value>> {
    let mut found: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for finding in &scan.findings {
        found.entry(finding["secret"].as_str().unwrap().to_owned()).or_default().push(finding);
    }
    found
}

#[test]
fn a_clean_repository_is_clean_and_an_empty_one_too() {
    let repo = Repo::new();
    assert_eq!(repo.history(&[]).output.code, 0);
    repo.write("a", "nothing").commit("nothing");
    let scan = repo.history(&[]);
    assert_eq!((scan.output.code, scan.findings.len()), (0, 0), "{scan:?}");
    assert_eq!(scan.summary["coverage"]["files"], 1);
}

#[test]
fn what_is_no_repository_is_one_clear_line() {
    let project = Project::new();
    for (args, expected) in
        [(vec!["history"], "is a git repository"), (vec!["history", "missing"], "cannot open repository missing")]
    {
        let output = project.run(&args);
        assert_eq!(output.code, 2, "{output:?}");
        assert_eq!(output.stderr.lines().count(), 1, "{output:?}");
        assert!(output.stderr.contains(expected) || output.stderr.contains("git repository"), "{output:?}");
    }
}
