//! The identity of a finding for systems that compare reports: the key's value and the path, but not the line, so
//! that it stays the same when lines move.

use std::collections::HashMap;

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use crate::report::model::JsonFinding;

/// A hash of key and path, and a number that distinguishes several places with the same hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    /// 24 hexadecimal digits.
    pub(super) hash: String,
    /// Counts from 1.
    pub(super) number: u32,
}

/// Computes the identities of findings, which must be given in the order of the report.
#[derive(Debug, Default)]
pub(super) struct Identities(HashMap<[u8; 12], u32>);

impl Identities {
    pub(super) fn of(&mut self, entry: &JsonFinding<'_>) -> Identity {
        let mut hasher = Sha256::new();
        let part = entry.location.part.map_or("", |part| part.as_str());
        let holder = if entry.location.path.is_none() { entry.commit.as_ref().map(|commit| &commit.id) } else { None };
        let texts = [
            Some(&entry.fingerprint),
            Some(&entry.rule),
            entry.location.path.as_ref(),
            entry.location.member.as_ref(),
            holder,
        ];
        for text in texts.map(|text| text.map_or("", |text| text.as_ref())).into_iter().chain([part]) {
            hasher.update(text.as_bytes());
            hasher.update(b"\0");
        }
        // In reports on one repository, the repository's name is not part of the identity.
        if let Some(repository) = &entry.location.repository {
            hasher.update(repository.as_bytes());
        }
        let digest = hasher.finalize();
        let mut short = [0; 12];
        short.copy_from_slice(&digest[..12]);
        let number = self.0.entry(short).or_default();
        *number += 1;
        Identity { hash: HEXLOWER.encode(&short), number: *number }
    }
}

impl Identity {
    /// 32 hexadecimal digits that are unique in the report.
    pub(super) fn unique(&self) -> String {
        format!("{}{:08x}", self.hash, self.number)
    }
}
