//! The baseline: the findings that a team accepted when it started to use keysweep, so that only new keys count.
//!
//! It is a directory, `.keysweep-baseline`, with one file for each secret, named by the secret's fingerprint. Each
//! line of a file is an entry, `fingerprint rule` or `fingerprint rule path`. With this layout two branches that add
//! entries do not conflict: different secrets are different files, and the same secret has the same file, byte for
//! byte, whoever adds it. (One file of sorted lines would conflict whenever both branches insert between the same two
//! lines, and `merge=union` does not apply to the merge button of a forge.) A lookup reads only the files of the
//! secrets that a scan finds, so a long baseline costs no time.
//!
//! A single file with the same lines can be read and written too (`--baseline FILE`), for repositories without
//! merges.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bstr::{BString, ByteSlice};

use crate::core::error::{Error, Result};
use crate::core::finding::{Finding, Fingerprint};
use crate::core::order::ListOrder as _;
use crate::core::regular_file::{self, Links, SMALL};
use crate::core::replace::replace;

/// The directory's usual name.
pub const NAME: &str = ".keysweep-baseline";
/// The size limit of a baseline in one file, in bytes: more than a million entries.
const LARGEST: u64 = 256 << 20;

/// One accepted secret, as found by one rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BaselineEntry {
    /// The fingerprint of the secret's value.
    pub fingerprint: Fingerprint,
    /// The rule's id.
    pub rule: String,
    /// The path that the entry is limited to; any path if `None`.
    pub path: Option<BString>,
}

impl BaselineEntry {
    /// The entry for a finding. It is limited to the finding's path if `with_path`.
    pub fn of(finding: &Finding, with_path: bool) -> Self {
        let path = finding.location.path.clone().filter(|_| with_path);
        Self { fingerprint: finding.fingerprint, rule: finding.rule.id.to_string(), path }
    }

    /// Whether it accepts this secret, found by this rule at this path.
    pub fn covers(&self, rule: &str, fingerprint: Fingerprint, path: Option<&[u8]>) -> bool {
        self.fingerprint == fingerprint
            && self.rule == rule
            && self.path.as_ref().is_none_or(|own| path.is_some_and(|path| own.as_bytes() == path))
    }

    fn parse(name: &str, number: usize, line: &str) -> Result<Self> {
        let bad = |why: &str| {
            Error::new("read baseline", format!("{name}:{number}"), why).hint(
                "an entry is \"fingerprint rule\" or \"fingerprint rule path\"; write it with keysweep baseline update",
            )
        };
        let mut words = line.splitn(3, ' ');
        let fingerprint = words.next().and_then(Fingerprint::parse).ok_or_else(|| bad("no fingerprint"))?;
        let rule = words.next().filter(|rule| !rule.is_empty()).ok_or_else(|| bad("no rule"))?.to_owned();
        let path = words.next().map(|path| unescape(path).ok_or_else(|| bad("a % in a path needs two hex digits")));
        Ok(Self { fingerprint, rule, path: path.transpose()? })
    }
}

impl fmt::Display for BaselineEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.fingerprint, self.rule)?;
        match &self.path {
            Some(path) => write!(f, " {}", escape(path)),
            None => Ok(()),
        }
    }
}

/// A baseline that entries can be looked up in.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    /// Its name in messages.
    pub name: String,
    store: Store,
}

#[derive(Clone, Debug, Default)]
enum Store {
    #[default]
    None,
    Loaded(BTreeMap<Fingerprint, BTreeSet<BaselineEntry>>),
    Directory(PathBuf),
}

impl Baseline {
    /// Opens a directory or a file; `None` if it does not exist.
    pub fn open(path: &Path) -> Result<Option<Self>> {
        let name = path.display().to_string();
        let store = match fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io("read baseline", name, error)),
            Ok(kind) if kind.is_dir() => Store::Directory(path.to_owned()),
            // If it is a link, a user named it: links in a configuration's path are already resolved.
            Ok(kind) if kind.is_symlink() && path.is_dir() => Store::Directory(path.to_owned()),
            Ok(_) => {
                let content = regular_file::read(path, Links::Follow, LARGEST)?;
                Store::Loaded(index(lines(&name, &content.unwrap_or_default())?))
            }
        };
        Ok(Some(Self { name, store }))
    }

    /// A baseline from the names and contents of its files, as read from a commit.
    pub fn from_files<'a>(name: &str, files: impl Iterator<Item = (String, &'a [u8])>) -> Result<Self> {
        let mut all = BTreeSet::new();
        for (file, content) in files {
            all.extend(lines(&file, content)?);
        }
        Ok(Self { name: name.to_owned(), store: Store::Loaded(index(all)) })
    }

    /// The entries for one secret. In a directory this reads one file.
    pub fn entries_of(&self, fingerprint: Fingerprint) -> Result<BTreeSet<BaselineEntry>> {
        match &self.store {
            Store::None => Ok(BTreeSet::new()),
            Store::Loaded(entries) => Ok(entries.get(&fingerprint).cloned().unwrap_or_default()),
            Store::Directory(directory) => read(&directory.join(fingerprint.to_string())),
        }
    }

    /// All entries. In a directory this reads all files.
    pub fn entries(&self) -> Result<BTreeSet<BaselineEntry>> {
        match &self.store {
            Store::None => Ok(BTreeSet::new()),
            Store::Loaded(entries) => Ok(entries.values().flatten().cloned().collect()),
            Store::Directory(directory) => {
                let mut all = BTreeSet::new();
                for name in secrets(directory)? {
                    all.extend(read(&directory.join(name))?);
                }
                Ok(all)
            }
        }
    }
}

/// Writes exactly these entries: to the file if `path` is a file, else to the directory.
pub fn write(path: &Path, entries: &BTreeSet<BaselineEntry>) -> Result<()> {
    let failed = |error: io::Error| Error::io("write baseline", path.display(), error);
    if path.is_file() {
        return write_file(path, Links::Follow, &text(entries));
    }
    fs::create_dir_all(path).map_err(failed)?;
    let wanted = index(entries.clone());
    for name in secrets(path)? {
        if Fingerprint::parse(&name).is_some_and(|fingerprint| !wanted.contains_key(&fingerprint)) {
            fs::remove_file(path.join(name)).map_err(failed)?;
        }
    }
    for (fingerprint, entries) in &wanted {
        // The directory belongs to the scanned repository, and so would a link in it.
        write_file(&path.join(fingerprint.to_string()), Links::Refuse, &text(entries))?;
    }
    Ok(())
}

fn write_file(file: &Path, links: Links, text: &str) -> Result<()> {
    match regular_file::read(file, links, SMALL)? {
        Some(old) if old == text.as_bytes() => Ok(()),
        old => replace(file, old.as_deref(), text.as_bytes(), 0o644),
    }
}

fn text(entries: &BTreeSet<BaselineEntry>) -> String {
    entries.iter().map(|entry| format!("{entry}\n")).collect()
}

fn index(entries: BTreeSet<BaselineEntry>) -> BTreeMap<Fingerprint, BTreeSet<BaselineEntry>> {
    let mut index: BTreeMap<Fingerprint, BTreeSet<BaselineEntry>> = BTreeMap::new();
    for entry in entries {
        index.entry(entry.fingerprint).or_default().insert(entry);
    }
    index
}

/// The names of the directory's files that are fingerprints; other files (a note, an editor's copy) are ignored.
fn secrets(directory: &Path) -> Result<Vec<String>> {
    let failed = |error: io::Error| Error::io("read baseline", directory.display(), error);
    let mut names = Vec::new();
    for item in fs::read_dir(directory).map_err(failed)? {
        let name = item.map_err(failed)?.file_name().to_string_lossy().into_owned();
        if Fingerprint::parse(&name).is_some() {
            names.push(name);
        }
    }
    names.order();
    Ok(names)
}

fn read(file: &Path) -> Result<BTreeSet<BaselineEntry>> {
    match regular_file::read(file, Links::Refuse, SMALL)? {
        Some(content) => lines(&file.display().to_string(), &content),
        None => Ok(BTreeSet::new()),
    }
}

/// Parses one file. Order, repeated lines and line endings do not matter; conflict markers are an error.
fn lines(name: &str, content: &[u8]) -> Result<BTreeSet<BaselineEntry>> {
    // Editors on Windows put a byte order mark in front.
    let lines = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content).lines().enumerate();
    let lines = lines.map(|(index, line)| (index + 1, line.trim_ascii().to_str_lossy()));
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    lines.map(|(number, line)| BaselineEntry::parse(name, number, &line)).collect()
}

/// Percent-encodes a path, which may hold any bytes, so that an entry is one line of printable text.
fn escape(path: &[u8]) -> String {
    let mut text = String::new();
    for chunk in path.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_control() || c == '%' {
                let mut bytes = [0; 4];
                c.encode_utf8(&mut bytes).bytes().for_each(|byte| text.push_str(&format!("%{byte:02X}")));
            } else {
                text.push(c);
            }
        }
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("%{byte:02X}")));
    }
    // The parser trims lines.
    {
        let (plain, escaped) = (' ', "%20");
        if text.starts_with(plain) {
            text.replace_range(..1, escaped);
        }
        if text.ends_with(plain) {
            text.replace_range(text.len() - 1.., escaped);
        }
    }
    text
}

fn unescape(text: &str) -> Option<BString> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte == b'%' {
            let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(byte);
        }
    }
    Some(bytes.into())
}

#[cfg(test)]
mod tests {
    use super::{escape, unescape};

    #[test]
    fn any_path_survives() {
        for path in
            [&b"src/a.py"[..], b"a b", b" a ", b"100%", b"line\nbreak", b"\xff\xfe", "grün".as_bytes(), b"", b" "]
        {
            let text = escape(path);
            assert!(!text.contains('\n') && text.trim() == text, "{text:?}");
            assert_eq!(unescape(&text).as_deref(), Some(&path.into()), "{text:?}");
        }
    }
}
