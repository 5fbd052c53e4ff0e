//! The harness: a directory of its own, an environment that nothing of this machine leaks into, and the binary.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use keysweep::rule::template::{Random, Template};
use serde_json::Value;
use tempfile::TempDir;

/// A directory to scan.
pub(crate) struct Project {
    dir: TempDir,
}

/// What a run of the binary came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Project {
    /// An empty directory.
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("home")).unwrap();
        std::fs::create_dir(dir.path().join("work")).unwrap();
        Self { dir }
    }

    /// An empty git repository.
    pub(crate) fn git() -> Self {
        let project = Self::new();
        project.run_git(&["init", "-q", "-b", "main"]);
        project
    }

    /// The permissions of what stands at a path, which only Unix tells apart.
    pub(crate) fn mode(path: &Path) -> u32 {
        let permissions = path.symlink_metadata().unwrap().permissions();
        #[cfg(unix)]
        return std::os::unix::fs::PermissionsExt::mode(&permissions) & 0o777;
        #[cfg(not(unix))]
        return if permissions.readonly() { 0o500 } else { 0o700 };
    }

    /// Where commands run.
    pub(crate) fn root(&self) -> PathBuf {
        self.dir.path().join("work")
    }

    /// A path below it.
    pub(crate) fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root().join(path)
    }

    /// Writes a file, with the directories above it.
    pub(crate) fn write(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) -> &Self {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    /// A command in this directory, without any variable that could change what git or keysweep does.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            let scrubbed = ["GIT_", "GITHUB_", "GITLAB_", "KEYSWEEP_", "XDG_"];
            if scrubbed.iter().any(|prefix| name.starts_with(prefix)) || matches!(&*name, "CI" | "NO_COLOR" | "TERM") {
                command.env_remove(name);
            }
        }
        command.current_dir(self.root()).env("HOME", self.dir.path().join("home"));
        command.env("USERPROFILE", self.dir.path().join("home"));
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null").env("LC_ALL", "C");
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "Ada").env(format!("GIT_{who}_EMAIL"), "ada@example.org");
            command.env(format!("GIT_{who}_DATE"), "2026-01-02T03:04:05+00:00");
        }
        command
    }

    /// Runs git, which has to succeed.
    pub(crate) fn run_git(&self, args: &[&str]) -> &Self {
        let output = self.command("git").args(args).output().unwrap();
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        self
    }

    /// Runs keysweep.
    pub(crate) fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Output {
        self.run_with(args, b"")
    }

    /// Runs keysweep on this standard input.
    pub(crate) fn run_with<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>, stdin: &[u8]) -> Output {
        let mut command = self.command(env!("CARGO_BIN_EXE_keysweep"));
        command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut pipe = child.stdin.take().unwrap();
        let input = stdin.to_vec();
        let feeder = std::thread::spawn(move || drop(pipe.write_all(&input)));
        let output = child.wait_with_output().unwrap();
        feeder.join().unwrap();
        Output {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).expect("reports are UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("messages are UTF-8"),
        }
    }

    /// The objects of a scan in the `jsonl` format.
    pub(crate) fn scan(&self, args: &[&str]) -> Scan {
        let output = self.run(["scan", "--format", "jsonl"].iter().chain(args));
        Scan::of(output)
    }
}

/// A scan, read back from `jsonl`.
#[derive(Debug)]
pub(crate) struct Scan {
    pub(crate) output: Output,
    pub(crate) findings: Vec<Value>,
    pub(crate) summary: Value,
}

impl Scan {
    pub(crate) fn of(output: Output) -> Self {
        let parse = |line| serde_json::from_str::<Value>(line).unwrap_or_else(|e| panic!("{e} in {line}\n{output:#?}"));
        let mut findings: Vec<Value> = output.stdout.lines().map(parse).collect();
        let summary = findings.pop().unwrap_or_else(|| panic!("no summary: {output:#?}"));
        Self { findings, summary, output }
    }

    /// `path` of each finding, in order.
    pub(crate) fn paths(&self) -> Vec<&str> {
        self.findings.iter().map(|finding| finding["location"]["path"].as_str().unwrap()).collect()
    }

    /// `path: reason` of what was left out, in order.
    pub(crate) fn skipped(&self) -> Vec<String> {
        let skipped = self.summary["coverage"]["skipped"].as_array().unwrap().iter();
        skipped.map(|s| format!("{}: {}", s["path"].as_str().unwrap(), s["reason"].as_str().unwrap())).collect()
    }

    /// Messages of the errors, in order.
    pub(crate) fn errors(&self) -> Vec<&str> {
        let errors = self.summary["coverage"]["errors"].as_array().unwrap().iter();
        errors.map(|error| error["message"].as_str().unwrap()).collect()
    }
}

/// How a key is shown.
pub(crate) fn mask(key: &str) -> String {
    let found = keysweep::scan::Scanner::builtin().find(format!("k = '{key}'").as_bytes());
    found.first().expect("a key").secret.mask()
}

/// A key with the structure of a genuine one, the same for the same seed.
pub(crate) fn key(seed: u64) -> String {
    let marked = ["[A-Za-z0-9_-]{73}[A-Za-z0-9]T3Blbk", "FJ[A-Za-z0-9_-]{72}[AEIM]A"].concat();
    let template = Template::parse(&format!("sk-proj-{marked}")).unwrap();
    template.generate(&mut Random::new(seed)).text
}
