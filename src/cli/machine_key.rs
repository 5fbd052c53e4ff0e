//! Fingerprints of guessable values. They are computed with a key that only this machine has, so that a reader of a
//! report cannot find the value by trying values.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::path::PathBuf;
use std::sync::OnceLock;

use sha2::{Digest as _, Sha256};

use super::output::complain;
use crate::core::coverage::Report;
use crate::core::error::{Error, Result};
use crate::core::finding::Fingerprint;
use crate::core::regular_file::{self, Links};
use crate::core::replace::replace;
use crate::source::agents;

/// The environment variable with a text that replaces the machine's key, so that reports of several machines have
/// equal fingerprints.
const VARIABLE: &str = "KEYSWEEP_FINGERPRINT_KEY";

/// Replaces the fingerprints of guessable values by keyed ones.
pub(super) fn protect(report: &mut Report) {
    for finding in report.findings.iter_mut().filter(|finding| finding.secret.is_guessable()) {
        finding.fingerprint = Fingerprint::keyed(key(), finding.secret.expose());
    }
}

/// The key of this machine, created on first use.
fn key() -> &'static [u8; 32] {
    static KEY: OnceLock<[u8; 32]> = OnceLock::new();
    KEY.get_or_init(|| match std::env::var_os(VARIABLE).filter(|text| !text.is_empty()) {
        Some(text) => Sha256::digest(text.as_encoded_bytes()).into(),
        // If the key cannot be stored, this run uses a temporary one.
        None => kept().unwrap_or_else(|error| {
            complain(&format!(
                "warning: {error}; fingerprints of short values differ from run to run; make the directory writable, or \
                 set {VARIABLE}"
            ));
            random()
        }),
    })
}

/// Reads the key in the user's state directory, or creates it.
fn kept() -> Result<[u8; 32]> {
    let path = directory()?.join("fingerprint-key");
    let read = || -> Result<Option<[u8; 32]>> {
        let Some(bytes) = regular_file::read(&path, Links::Refuse, 1 << 10)? else { return Ok(None) };
        let wrong = || Error::new("read the key of fingerprints from", path.display(), "it does not have 32 bytes");
        bytes.try_into().map(Some).map_err(|_| wrong())
    };
    if let Some(key) = read()? {
        return Ok(key);
    }
    if let Some(directory) = path.parent() {
        let failed = |why| Error::io("keep the key of fingerprints in", directory.display(), why);
        std::fs::create_dir_all(directory).map_err(failed)?;
    }
    // If another process has created the key meanwhile, that one is used.
    let written = replace(&path, None, &random(), 0o600);
    if let Some(key) = read()? {
        return Ok(key);
    }
    written?;
    Err(Error::new("read the key of fingerprints from", path.display(), "it was deleted again"))
}

fn directory() -> Result<PathBuf> {
    let state = std::env::var_os("XDG_STATE_HOME").filter(|state| !state.is_empty()).map(PathBuf::from);
    let state = match state {
        Some(state) => state,
        None => agents::home()?.join(".local").join("state"),
    };
    Ok(state.join("keysweep"))
}

/// 32 random bytes: the standard library seeds its hashers from the system.
fn random() -> [u8; 32] {
    let mut hasher = Sha256::new();
    for _ in 0..8 {
        hasher.update(RandomState::new().build_hasher().finish().to_le_bytes());
    }
    hasher.finalize().into()
}
