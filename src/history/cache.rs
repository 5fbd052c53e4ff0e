//! Which blobs the policy saw nothing in, remembered from run to run.
//!
//! A blob's id says what it holds, so what is remembered holds for every repository; the file's name says under which
//! version and rules. Blobs with findings are not remembered: they are scanned again, and no secret is written anywhere.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::oid::Oid;
use crate::core::error::{Error, Result};
use crate::rule::RuleSet;

const HEADER: &[u8] = b"keysweep clean blobs 1\n";

/// The blobs of earlier runs.
pub(super) struct Cache {
    file: PathBuf,
    known: HashSet<Oid>,
}

impl Cache {
    /// What `directory` remembers for these rules.
    pub(super) fn open(directory: &Path, rules: &RuleSet) -> Self {
        let file = directory.join(format!("{}.blobs", identity(rules)));
        let bytes = fs::read(&file).unwrap_or_default();
        // A file that is cut short or strange is begun anew: it only ever saves time.
        let ids = bytes.strip_prefix(HEADER).unwrap_or_default();
        let known = if ids.len().is_multiple_of(20) {
            ids.chunks_exact(20).filter_map(Oid::from_bytes).collect()
        } else {
            HashSet::new()
        };
        Self { file, known }
    }

    pub(super) fn has(&self, oid: &Oid) -> bool {
        self.known.contains(oid)
    }

    /// Adds blobs and writes the file, under another name first so that no run reads half of it.
    pub(super) fn add(mut self, clean: impl IntoIterator<Item = Oid>) -> Result<()> {
        let before = self.known.len();
        self.known.extend(clean);
        if self.known.len() == before {
            return Ok(());
        }
        let mut ids: Vec<Oid> = self.known.into_iter().collect();
        ids.sort_unstable();
        let failed = |why: std::io::Error| {
            Error::new("write cache", self.file.display(), why).hint("give another directory to --cache=DIR")
        };
        let directory = self.file.parent().unwrap_or(Path::new(""));
        fs::create_dir_all(directory).map_err(failed)?;
        let temporary = self.file.with_extension(format!("{}.tmp", std::process::id()));
        let write = || {
            let mut out = std::io::BufWriter::new(fs::File::create(&temporary)?);
            out.write_all(HEADER)?;
            ids.iter().try_for_each(|oid| out.write_all(oid.as_bytes()))?;
            out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
            fs::rename(&temporary, &self.file)
        };
        write().map_err(|why| {
            let _ = fs::remove_file(&temporary);
            failed(why)
        })
    }
}

/// A hash over the version and everything that a rule's verdict depends on.
fn identity(rules: &RuleSet) -> String {
    let mut hash = Sha256::new();
    hash.update(env!("CARGO_PKG_VERSION"));
    for compiled in rules.rules() {
        hash.update(format!("{:?}\n", compiled.rule));
    }
    hash.finalize()[..12].iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The directory of this user for what can be made again; `None` if the environment names none.
pub fn user_directory(variable: impl Fn(&str) -> Option<std::ffi::OsString>) -> Option<PathBuf> {
    let path = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = path("XDG_CACHE_HOME").or_else(|| {
        let home = path("HOME")?;
        Some(if cfg!(target_os = "macos") { home.join("Library/Caches") } else { home.join(".cache") })
    });
    base.map(|base| base.join("keysweep"))
}
