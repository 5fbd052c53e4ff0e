//! A temporary index in which a generated key is staged, to test a hook.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use bstr::ByteSlice as _;
use tempfile::TempDir;

use super::install::is_executable;
use super::place::HookPlace;
use crate::core::error::{Error, Result};
use crate::git::refs;

/// A temporary index and object directory. The repository is not changed.
pub(super) struct TrialIndex {
    /// The directory, removed when this is dropped.
    _directory: TempDir,
    variables: Vec<(&'static str, OsString)>,
}

/// The result of running a hook.
pub(super) struct HookRun {
    pub(super) code: Option<i32>,
    /// Whether its output names the staged file.
    pub(super) says_keysweep: bool,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    path: OsString,
}

impl HookRun {
    /// What the hook wrote, and a remark if a short PATH is the cause.
    pub(super) fn said(&self) -> String {
        // pre-commit writes everything to standard output.
        let all = if self.stderr.trim_ascii().is_empty() { &self.stdout } else { &self.stderr };
        let lines: Vec<_> = all.lines().filter(|line| !line.trim_ascii().is_empty()).collect();
        if lines.is_empty() {
            return String::new();
        }
        let shown: Vec<_> = lines.iter().rev().take(MOST_LINES).rev().map(|line| line.to_str_lossy()).collect();
        let mut said = format!("; it says: {}", shown.join(" | "));
        if ABSENT.iter().any(|words| self.stderr.contains_str(words) || self.stdout.contains_str(words)) {
            said += &format!(
                "; keysweep is not in the short PATH that programs started from a desktop have ({}): \
                 keysweep hook doctor --fix",
                self.path.to_string_lossy()
            );
        }
        said
    }
}

/// What shells, frameworks and our own scripts print if keysweep is missing.
const ABSENT: [&str; 4] = [
    "keysweep: not found",
    "keysweep: command not found",
    "Executable `keysweep` not found",
    "keysweep is not installed",
];

/// The PATH of a program started from a desktop.
pub(super) const SHORT_PATH: [&str; 4] = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];

/// How many lines of the hook's output are shown.
const MOST_LINES: usize = 5;

impl TrialIndex {
    pub(super) fn new(place: &HookPlace, top: &Path) -> Result<Self> {
        let failed = |error| Error::new("make", "a temporary directory", error);
        let directory = tempfile::Builder::new().prefix("keysweep-doctor-").tempdir().map_err(failed)?;
        let objects = directory.path().join("objects");
        fs::create_dir(&objects).map_err(failed)?;
        let variables = vec![
            ("GIT_INDEX_FILE", directory.path().join("index").into()),
            ("GIT_OBJECT_DIRECTORY", objects.into()),
            ("GIT_ALTERNATE_OBJECT_DIRECTORIES", place.repository.objects.clone().into()),
        ];
        let stage = Self { _directory: directory, variables };
        // Starts from HEAD, not from the present index; before the first commit it is empty.
        if refs::head(&place.repository)?.is_some() {
            stage.git(top, &["read-tree", "HEAD"], "")?;
        }
        Ok(stage)
    }

    /// Stages a file with this content.
    pub(super) fn put(&self, top: &Path, content: &str) -> Result<()> {
        let id = self.git(top, &["hash-object", "-w", "--stdin"], content)?;
        let entry = format!("100644,{},keysweep-canary.txt", id.trim());
        self.git(top, &["update-index", "--add", "--cacheinfo", &entry], "")?;
        Ok(())
    }

    /// Runs the hook as git would for a commit, and captures its output.
    pub(super) fn run(&self, hook: &Path, top: &Path) -> io::Result<HookRun> {
        let path = env::var_os("PATH").unwrap_or_default();
        let git_directory =
            env::split_paths(&path).find(|directory| is_executable(&directory.join(super::install::program("git"))));
        // The PATH of a program started from a desktop, with git.
        let gui = SHORT_PATH.map(PathBuf::from).into_iter().chain(git_directory);
        let short = env::join_paths(gui).map_err(io::Error::other)?;
        let output = Command::new(hook)
            .current_dir(top)
            .env("PATH", &short)
            .env_remove("SKIP")
            .env("GIT_EDITOR", ":")
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .output()?;
        let says_keysweep =
            [&output.stdout, &output.stderr].iter().any(|text| text.contains_str("keysweep-canary.txt"));
        let (stdout, stderr) = (output.stdout, output.stderr);
        Ok(HookRun { code: output.status.code(), says_keysweep, stdout, stderr, path: short })
    }

    fn git(&self, top: &Path, arguments: &[&str], input: &str) -> Result<String> {
        let failed = |why: String| Error::new("stage", "a made-up key", why);
        let mut child = Command::new("git")
            .arg("-C")
            .arg(top)
            .args(arguments)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| failed(error.to_string()))?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input.as_bytes()).map_err(|error| failed(error.to_string()))?;
        }
        let output = child.wait_with_output().map_err(|error| failed(error.to_string()))?;
        if !output.status.success() {
            return Err(failed(output.stderr.trim_ascii().to_str_lossy().into_owned()));
        }
        Ok(output.stdout.to_str_lossy().into_owned())
    }
}
