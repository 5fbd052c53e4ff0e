//! The findings of the last commit or push that was stopped, for `keysweep ignore --last`. Only fingerprints are
//! stored, in the git directory.

use std::path::{Path, PathBuf};

use bstr::ByteSlice as _;
use serde::{Deserialize, Serialize};

use crate::core::error::{Error, Result};
use crate::core::finding::{Finding, Fingerprint};
use crate::core::regular_file::{self, Links};

/// The maximum number of findings that are stored.
const MOST: usize = 1000;

/// The operation that was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stopped {
    /// A commit, because of its content or its message.
    Commit,
    /// A push.
    Push,
}

/// The stored findings.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoppedFindings {
    /// The operation that was stopped.
    pub stopped: Stopped,
    /// The findings, one for each key and place.
    pub findings: Vec<LastFinding>,
}

/// One key at one place.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LastFinding {
    /// The rule's id.
    pub rule: String,
    /// The fingerprint, as 32 hexadecimal digits.
    pub fingerprint: String,
    /// The location, for people.
    pub place: String,
}

impl LastFinding {
    /// The parsed fingerprint; `None` if the file was edited.
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        Fingerprint::parse(&self.fingerprint)
    }
}

fn file(git_dir: &Path) -> PathBuf {
    git_dir.join("keysweep").join("last.json")
}

/// Stores the findings. This is only a convenience, so a failure is ignored.
pub fn keep<'a>(git_dir: &Path, stopped: Stopped, findings: impl Iterator<Item = &'a Finding>) {
    let of = |finding: &Finding| {
        let line = finding.location.position.line;
        let place = match (&finding.location.path, finding.location.part) {
            (Some(path), _) => format!("{}:{line}", path.to_str_lossy()),
            (None, Some(part)) => format!("({part})"),
            (None, None) => String::new(),
        };
        LastFinding { rule: finding.rule.id.to_string(), fingerprint: finding.fingerprint.to_string(), place }
    };
    let findings = findings.filter(|finding| !finding.secret.is_guessable()).map(of).take(MOST).collect();
    let file = file(git_dir);
    let Some(directory) = file.parent() else { return };
    if let Ok(text) = serde_json::to_vec(&StoppedFindings { stopped, findings })
        && std::fs::create_dir_all(directory).is_ok()
    {
        let _ = std::fs::write(&file, text);
    }
}

/// Deletes the stored findings, because the next commit or push succeeded.
pub fn forget(git_dir: &Path) {
    let _ = std::fs::remove_file(file(git_dir));
}

/// The stored findings; `None` if nothing was stopped.
pub fn read(git_dir: &Path) -> Result<Option<StoppedFindings>> {
    let file = file(git_dir);
    let Some(text) = regular_file::read(&file, Links::Refuse, regular_file::SMALL)? else { return Ok(None) };
    let broken = |_| Error::new("read", file.display(), "it is not what keysweep wrote").hint("delete it");
    serde_json::from_slice(&text).map(Some).map_err(broken)
}
