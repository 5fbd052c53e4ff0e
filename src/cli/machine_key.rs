//! Fingerprints of values that could be guessed: they are made with a key that only this machine has, so that nobody
//! who reads a report can try values until one fits.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::path::PathBuf;
use std::sync::OnceLock;

use sha2::{Digest as _, Sha256};

use crate::core::coverage::Report;
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
        None => kept().unwrap_or_else(random),
    })
}

/// The key in this user's state directory.
fn kept() -> Option<[u8; 32]> {
    let path = directory()?.join("fingerprint-key");
    let read = || regular_file::read(&path, Links::Refuse, 1 << 10).ok()??.try_into().ok();
    if let Some(key) = read() {
        return Some(key);
    }
    std::fs::create_dir_all(path.parent()?).ok()?;
    // Another run may have been faster: then its key holds.
    let _ = replace(&path, None, &random(), 0o600);
    read()
}

fn directory() -> Option<PathBuf> {
    let state = std::env::var_os("XDG_STATE_HOME").filter(|state| !state.is_empty()).map(PathBuf::from);
    let state = state.or_else(|| Some(agents::home().ok()?.join(".local").join("state")))?;
    Some(state.join("keysweep"))
}

/// Bytes that nobody can foresee: the standard library seeds its hashers from the system.
fn random() -> [u8; 32] {
    let mut hasher = Sha256::new();
    for _ in 0..8 {
        hasher.update(RandomState::new().build_hasher().finish().to_le_bytes());
    }
    hasher.finalize().into()
}
