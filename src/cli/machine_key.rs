//! Fingerprints of values that could be guessed: they are made with a key that only this machine has, so that nobody
//! who reads a report can try values until one fits.

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

/// Names a text that takes the place of the machine's key, for reports of several machines that have to agree.
const VARIABLE: &str = "KEYSWEEP_FINGERPRINT_KEY";

/// Gives findings whose value could be guessed a fingerprint that protects it.
pub(super) fn protect(report: &mut Report) {
    for finding in report.findings.iter_mut().filter(|finding| finding.secret.is_guessable()) {
        finding.fingerprint = Fingerprint::keyed(key(), finding.secret.expose());
    }
}

/// The key of this machine, made when it is first needed.
fn key() -> &'static [u8; 32] {
    static KEY: OnceLock<[u8; 32]> = OnceLock::new();
    KEY.get_or_init(|| match std::env::var_os(VARIABLE).filter(|text| !text.is_empty()) {
        Some(text) => Sha256::digest(text.as_encoded_bytes()).into(),
        // Where nothing can be kept, this run has a key of its own.
        None => kept().unwrap_or_else(|error| {
            complain(&format!(
                "warning: {error}; fingerprints of short values differ from run to run; make the directory writable, or \
                 set {VARIABLE}"
            ));
            random()
        }),
    })
}

/// The key in this user's state directory.
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
    // Another run may have been faster: then its key holds.
    let written = replace(&path, None, &random(), 0o600);
    if let Some(key) = read()? {
        return Ok(key);
    }
    written?;
    Err(Error::new("read the key of fingerprints from", path.display(), "it is gone again"))
}

fn directory() -> Result<PathBuf> {
    let state = std::env::var_os("XDG_STATE_HOME").filter(|state| !state.is_empty()).map(PathBuf::from);
    let state = match state {
        Some(state) => state,
        None => agents::home()?.join(".local").join("state"),
    };
    Ok(state.join("keysweep"))
}

/// Bytes that nobody can foresee: the standard library seeds its hashers from the system.
fn random() -> [u8; 32] {
    let mut hasher = Sha256::new();
    for _ in 0..8 {
        hasher.update(RandomState::new().build_hasher().finish().to_le_bytes());
    }
    hasher.finalize().into()
}
