//! The environment file (`.env`) to which keys are moved: git ignores it, and only its owner can read it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use bstr::ByteSlice as _;

use crate::core::error::{Error, Result};
use crate::core::finding::Secret;
use crate::core::mode;
use crate::core::regular_file::{self, Links};
use crate::core::replace::replace;
use crate::source::ignored;

/// The `.env` file of a directory, with the entries to add.
#[derive(Debug)]
pub struct EnvironmentFile {
    /// The directory: the root of a repository, or else the current directory.
    pub root: PathBuf,
    /// Whether the directory is the root of a repository.
    pub in_repository: bool,
    text: Option<Vec<u8>>,
    values: BTreeMap<String, Vec<u8>>,
    /// The names that were chosen in this run.
    given: BTreeMap<(Secret, bool), String>,
    added: Vec<(String, Secret)>,
}

impl EnvironmentFile {
    /// Reads the existing file, if any.
    pub fn open(root: &Path, in_repository: bool) -> Result<Self> {
        let path = root.join(".env");
        let text = regular_file::read(&path, Links::Follow, regular_file::SMALL)?;
        let values = text.as_deref().map(values).unwrap_or_default();
        let root = root.to_owned();
        Ok(Self { root, in_repository, text, values, given: BTreeMap::new(), added: Vec::new() })
    }

    /// The variable for a key: the one that already has this value, else `wanted`, with a number if that has another
    /// value. Terraform variables are separate.
    pub fn name(&mut self, secret: &Secret, wanted: &str, terraform: bool) -> String {
        if let Some(name) = self.given.get(&(secret.clone(), terraform)) {
            return name.clone();
        }
        let is_fitting = |name: &str| name.starts_with("TF_VAR_") == terraform;
        let known = self.values.iter().find(|(name, value)| is_fitting(name) && value.as_slice() == secret.expose());
        let name = match known {
            Some((name, _)) => name.clone(),
            None => {
                let wanted =
                    if terraform { format!("TF_VAR_{}", wanted.to_ascii_lowercase()) } else { wanted.to_owned() };
                let numbered = |number: usize| if number == 1 { wanted.clone() } else { format!("{wanted}_{number}") };
                (1..).map(numbered).find(|name| !self.values.contains_key(name)).unwrap_or(wanted.clone())
            }
        };
        self.given.insert((secret.clone(), terraform), name.clone());
        // The name is reserved, even if the key is not moved in the end.
        self.values.entry(name.clone()).or_insert_with(|| secret.expose().to_vec());
        name
    }

    /// Whether the file format can hold this key.
    pub fn can_hold(secret: &Secret) -> bool {
        secret.expose().iter().all(|byte| byte.is_ascii_graphic() && *byte != b'\'')
    }

    /// Adds a key, so that it can be removed from another file.
    pub fn add(&mut self, name: &str, secret: &Secret) {
        let known = self.text.as_deref().map(values).unwrap_or_default();
        let is_known = known.get(name).is_some_and(|value| value == secret.expose());
        if !is_known && !self.added.iter().any(|(added, _)| added == name) {
            self.added.push((name.to_owned(), secret.clone()));
        }
    }

    /// The names of the added variables.
    pub fn added(&self) -> impl Iterator<Item = &str> {
        self.added.iter().map(|(name, _)| name.as_str())
    }

    /// It is an error if the file must not contain keys, because git tracks it.
    pub fn check(&self) -> Result<()> {
        let path = self.path();
        if self.in_repository && self.text.is_some() && ignored::is_tracked(&path) {
            return Err(Error::new("put keys into", path.display(), "git tracks it")
                .hint("git rm --cached .env, add it to .gitignore, and revoke what is in it"));
        }
        Ok(())
    }

    /// The path of the file.
    pub fn path(&self) -> PathBuf {
        self.root.join(".env")
    }

    /// Writes everything: first the entry in `.gitignore`, then the keys, then `.env.example`. Returns one line for
    /// each change.
    pub fn write(&self) -> Result<Vec<String>> {
        if self.added.is_empty() {
            return Ok(Vec::new());
        }
        let mut written = Vec::new();
        if self.in_repository && ignore(&self.root, &self.path())? {
            written.push("added .env to .gitignore".to_owned());
        }
        let mut text = self.text.clone().unwrap_or_default();
        let newline = end_of_lines(&text);
        for (name, secret) in &self.added {
            line(&mut text, &format!("{name}={}", quoted(&secret.expose().to_str_lossy())), newline);
        }
        replace(&self.path(), self.text.as_deref(), &text, 0o600)?;
        tighten(&self.path())?;
        let names: Vec<&str> = self.added().collect();
        written.push(format!("wrote {} to {}", names.join(", "), self.path().display()));
        let example = self.root.join(".env.example");
        let old = regular_file::read(&example, Links::Follow, regular_file::SMALL)?;
        let known: BTreeSet<String> = old.as_deref().map(values).unwrap_or_default().into_keys().collect();
        let mut text = old.clone().unwrap_or_default();
        let newline = end_of_lines(&text);
        for name in self.added().filter(|name| !known.contains(*name)) {
            line(&mut text, &format!("{name}="), newline);
        }
        if old.as_ref() != Some(&text) {
            replace(&example, old.as_deref(), &text, 0o644)?;
            written.push("named them in .env.example".to_owned());
        }
        Ok(written)
    }
}

/// Adds a file to the repository's `.gitignore`; `false` if it is already ignored.
pub(super) fn ignore(root: &Path, path: &Path) -> Result<bool> {
    if ignored::is_private(path) {
        return Ok(false);
    }
    let file = root.join(".gitignore");
    let old = regular_file::read(&file, Links::Follow, regular_file::SMALL)?;
    let mut text = old.clone().unwrap_or_default();
    let newline = end_of_lines(&text);
    let relative = path.strip_prefix(root).unwrap_or(path);
    let is_top = relative.components().count() == 1;
    let slash = if is_top { "" } else { "/" };
    line(&mut text, &format!("{slash}{}", relative.to_string_lossy().replace('\\', "/")), newline);
    replace(&file, old.as_deref(), &text, 0o644)?;
    if !ignored::is_private(path) {
        return Err(Error::new("have git ignore", path.display(), "a later rule of its .gitignore says otherwise"));
    }
    Ok(true)
}

fn end_of_lines(text: &[u8]) -> &'static str {
    if text.contains_str("\r\n") { "\r\n" } else { "\n" }
}

/// Appends a line, after ending the previous one.
fn line(text: &mut Vec<u8>, line: &str, newline: &str) {
    if !text.is_empty() && !text.ends_with(b"\n") {
        text.extend_from_slice(newline.as_bytes());
    }
    text.extend_from_slice(line.as_bytes());
    text.extend_from_slice(newline.as_bytes());
}

/// Quotes a value for shells and for the readers of such files.
fn quoted(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:@%+,=".contains(&byte);
    if value.bytes().all(plain) { value.to_owned() } else { format!("'{value}'") }
}

/// The names and values in an environment file.
pub(super) fn values(text: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let entry = |line: &[u8]| {
        let line = line.trim_ascii();
        let line = line.strip_prefix(b"export ").unwrap_or(line);
        let (name, value) = line.split_once_str("=")?;
        let value = value.trim_ascii();
        let bare = |mark: u8| value.strip_prefix(&[mark]).and_then(|rest| rest.strip_suffix(&[mark]));
        let value = bare(b'"').or_else(|| bare(b'\'')).unwrap_or(value);
        let name = name.trim_ascii().to_str().ok()?;
        (!name.starts_with('#')).then(|| (name.to_owned(), value.to_vec()))
    };
    text.lines().filter_map(entry).collect()
}

fn tighten(path: &Path) -> Result<()> {
    mode::set(path, 0o600).map_err(|error| Error::new("keep to you", path.display(), error))
}
