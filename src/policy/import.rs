//! Imports other tools' lists of accepted secrets. They identify secrets by position, by SHA-1 or by pattern. Each
//! entry is matched with the findings of today, and an entry that matches none is reported, not dropped silently.

use std::collections::BTreeSet;

use bstr::ByteSlice;
use data_encoding::HEXLOWER;
use serde::Deserialize;
use sha1::{Digest, Sha1};

use crate::core::error::{Error, Result};
use crate::core::finding::Finding;
use crate::policy::baseline::BaselineEntry;
use crate::policy::ignore_file::glob_of;
use crate::rule::pattern::Pattern;

/// The result of an import.
#[derive(Debug, Default)]
pub struct Imported {
    /// Baseline entries for the findings that were matched.
    pub entries: BTreeSet<BaselineEntry>,
    /// Entries that could not be imported, and why.
    pub refused: Vec<String>,
    /// Advice on decisions that a person has to make.
    pub hints: Vec<String>,
}

/// The kind of list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListFormat {
    /// `.gitleaksignore`.
    GitleaksIgnore,
    /// A JSON report of gitleaks, used as its baseline.
    GitleaksReport,
    /// `.secrets.baseline` of detect-secrets.
    DetectSecrets,
    /// `.secretsignore` of ripsecrets.
    Ripsecrets,
}

impl ListFormat {
    /// Detects the kind by the file's name and first character; `None` if it is unknown.
    pub fn of(name: &str, content: &[u8]) -> Option<Self> {
        let name = name.rsplit('/').next().unwrap_or(name);
        match (name, content.trim_ascii_start().first()) {
            (".gitleaksignore", _) => Some(Self::GitleaksIgnore),
            (".secretsignore", _) => Some(Self::Ripsecrets),
            (_, Some(b'[')) => Some(Self::GitleaksReport),
            (_, Some(b'{')) => Some(Self::DetectSecrets),
            _ => None,
        }
    }
}

/// Matches a list with findings, whose paths must be relative to the same root.
pub fn import(kind: ListFormat, name: &str, content: &[u8], findings: &[Finding]) -> Result<Imported> {
    match kind {
        ListFormat::GitleaksIgnore => Ok(gitleaks_ignore(content, findings)),
        ListFormat::GitleaksReport => gitleaks_report(name, content, findings),
        ListFormat::DetectSecrets => detect_secrets(name, content, findings),
        ListFormat::Ripsecrets => Ok(ripsecrets(name, content, findings)),
    }
}

impl Imported {
    /// Adds an entry for each of the findings. If there are none, `what` is refused because of `why`.
    fn carry<'a>(&mut self, findings: impl Iterator<Item = &'a Finding>, what: String, why: &str) {
        let before = self.entries.len();
        let mut any = false;
        for finding in findings {
            any = true;
            self.entries.insert(BaselineEntry::of(finding, false));
        }
        if !any && self.entries.len() == before {
            self.refused.push(format!("{what}: {why}"));
        }
    }
}

fn stands_at(finding: &Finding, path: &str, line: u64) -> bool {
    let position = finding.location.position;
    let path = path.replace('\\', "/");
    finding.location.path.as_ref().is_some_and(|own| *own == path.trim_start_matches("./"))
        && (position.line..=position.end_line).contains(&line)
}

/// Lines `file:rule:line`, or `commit:file:rule:line`.
fn gitleaks_ignore(content: &[u8], findings: &[Finding]) -> Imported {
    let mut imported = Imported::default();
    for (index, line) in content.lines().enumerate() {
        let line = line.to_str_lossy();
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let what = format!("line {}", index + 1);
        let parts: Vec<&str> = line.split(':').collect();
        let (commit, path, number) = match parts.as_slice() {
            [path, _, number] => (None, *path, *number),
            [commit, path, _, number] => (Some(*commit), *path, *number),
            _ => {
                imported.refused.push(format!("{what}: neither file:rule:line nor commit:file:rule:line"));
                continue;
            }
        };
        let Ok(number) = number.parse() else {
            imported.refused.push(format!("{what}: its last part is not a line number"));
            continue;
        };
        let why = match commit {
            Some(_) => {
                "there is no key today; to accept one of an old commit, use its fingerprint from keysweep history"
            }
            None => "there is no key today",
        };
        imported.carry(findings.iter().filter(|finding| stands_at(finding, path, number)), what, why);
    }
    imported
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[derive(Default)]
struct Leak {
    #[serde(rename = "RuleID")]
    rule_id: String,
    file: String,
    start_line: u64,
    secret: String,
}

/// A report contains the secrets, unless it was redacted; then findings are matched by position.
fn gitleaks_report(name: &str, content: &[u8], findings: &[Finding]) -> Result<Imported> {
    let leaks: Vec<Leak> = serde_json::from_slice(content).map_err(|error| {
        Error::new("import", name, error).hint("a gitleaks report is what --report-format json writes")
    })?;
    let mut imported = Imported::default();
    for (index, leak) in leaks.iter().enumerate() {
        let what = format!("finding {} ({} at {}:{})", index + 1, leak.rule_id, leak.file, leak.start_line);
        let is_value = leak.secret.len() >= 8 && !leak.secret.contains("REDACTED") && !leak.secret.ends_with("...");
        if is_value {
            let value = leak.secret.as_bytes();
            let same = |finding: &&Finding| {
                let own = finding.secret.expose();
                own.contains_str(value) || value.contains_str(own)
            };
            imported.carry(
                findings.iter().filter(same),
                what,
                "no rule of keysweep finds this value in the tree today",
            );
        } else {
            let at = |finding: &&Finding| stands_at(finding, &leak.file, leak.start_line);
            imported.carry(findings.iter().filter(at), what, "it is redacted, and there is no key today");
        }
    }
    Ok(imported)
}

#[derive(Deserialize)]
struct SecretsBaseline {
    results: std::collections::BTreeMap<String, Vec<Hashed>>,
}

#[derive(Deserialize)]
struct Hashed {
    #[serde(default)]
    r#type: String,
    hashed_secret: String,
    #[serde(default)]
    line_number: u64,
    #[serde(default)]
    is_secret: Option<bool>,
}

fn detect_secrets(name: &str, content: &[u8], findings: &[Finding]) -> Result<Imported> {
    let file: SecretsBaseline = serde_json::from_slice(content).map_err(|error| {
        Error::new("import", name, error).hint("in a detect-secrets baseline, results are grouped by file")
    })?;
    let hash = |value: &[u8]| HEXLOWER.encode(&Sha1::digest(value));
    let hashes: Vec<String> = findings.iter().map(|finding| hash(finding.secret.expose())).collect();
    let mut imported = Imported::default();
    for (path, secrets) in &file.results {
        for secret in secrets {
            let what = format!("{} at {path}:{}", secret.r#type, secret.line_number);
            if secret.is_secret == Some(true) {
                imported.refused.push(format!("{what}: it was audited as a real secret; revoke it instead"));
                continue;
            }
            let same = findings.iter().zip(&hashes).filter(|(_, hash)| **hash == secret.hashed_secret);
            imported.carry(
                same.map(|(finding, _)| finding),
                what,
                "no rule of keysweep finds this value in the tree today",
            );
        }
    }
    Ok(imported)
}

/// Paths as in `.gitignore`, then patterns of secrets in the section `[secrets]`.
fn ripsecrets(name: &str, content: &[u8], findings: &[Finding]) -> Imported {
    let mut imported = Imported::default();
    let mut in_secrets = false;
    for (index, line) in content.lines().enumerate() {
        let text = line.to_str_lossy();
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let what = format!("line {}", index + 1);
        if text.starts_with('[') && text.ends_with(']') {
            in_secrets = text == "[secrets]";
            continue;
        }
        if in_secrets {
            match Pattern::new(text) {
                Ok(pattern) => {
                    let same = |finding: &&Finding| pattern.is_match(finding.secret.expose());
                    imported.carry(findings.iter().filter(same), what, "no key of today matches this pattern");
                }
                Err(why) => imported.refused.push(format!("{what}: bad regex: {why}")),
            }
            continue;
        }
        let glob = match text.trim_start_matches('/') {
            inner if inner.ends_with('/') => format!("{{,**/}}{inner}**"),
            inner if inner.contains('/') || text.starts_with('/') => format!("{{{inner},{inner}/**}}"),
            inner => format!("{{,**/}}{{{inner},{inner}/**}}"),
        };
        match glob_of(&glob) {
            Ok(matcher) => {
                let inside = |finding: &&Finding| {
                    finding.location.path.as_ref().is_some_and(|path| matcher.is_match(path.to_path_lossy()))
                };
                imported.carry(findings.iter().filter(inside), what, "there is no key in these paths today");
                imported.hints.push(format!(
                    "{name}:{}: keys that come into these paths later are reported; to leave the paths out, put \
                     exclude = [{glob:?}] under [paths] in .keysweep.toml",
                    index + 1
                ));
            }
            Err(why) => imported.refused.push(format!("{what}: {why}")),
        }
    }
    imported
}
