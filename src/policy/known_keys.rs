//! The known-key guard: finds exactly the keys that this developer has, wherever they occur. Only this finds keys
//! that have no recognisable shape.
//!
//! The values come from environment variables and `.env` files with key-like names. They stay in this process's
//! memory: nothing prints them, not even `Debug`, and nothing writes them to a file.

use std::borrow::Cow;
use std::ffi::OsString;
use std::fmt;

use aho_corasick::AhoCorasick;
use bstr::{ByteSlice, ByteVec};
use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, Encoding, HEXLOWER};

use crate::core::error::{Error, Result};
use crate::core::finding::{Confidence, Excerpt, Layer, Position, RuleInfo, Secret, Severity, Usage};
use crate::core::order::ListOrder as _;
use crate::scan::Match;

/// The rule's id.
pub const RULE: &str = "known-key";
/// The minimum length of a value in bytes; shorter values are often words.
const SHORTEST: usize = 16;
/// The maximum length of a value in bytes; longer values are documents.
const LONGEST: usize = 4096;

/// The known values, and an automaton that finds all their encodings.
pub struct KnownKeys {
    automaton: AhoCorasick,
    values: Vec<(String, Secret)>,
    /// For each pattern of the automaton: the index of its value, and its encoding.
    patterns: Vec<(usize, Option<Layer>)>,
}

impl fmt::Debug for KnownKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} known keys>", self.values.len())
    }
}

/// Reads the values in `env` (the environment) and in `.env` files; `None` if they contain no key.
pub fn load(sources: &[String], read: impl Fn(&str) -> Result<Option<Vec<u8>>>) -> Result<Option<KnownKeys>> {
    let mut pairs: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    for source in sources.iter().map(|source| source.trim()).filter(|source| !source.is_empty()) {
        if source == "env" {
            let bytes = |text: OsString| Vec::from_os_string(text).unwrap_or_default();
            pairs.extend(std::env::vars_os().map(|(name, value)| (bytes(name), bytes(value))));
            continue;
        }
        let Some(content) = read(source)? else {
            let fault = Error::new("read known keys", source, "no such file");
            return Err(fault.hint("--known-keys takes env and the paths of .env files, joined by commas"));
        };
        pairs.extend(dotenv(&content));
    }
    KnownKeys::of(pairs)
}

impl KnownKeys {
    /// Keeps the name-value pairs that look like keys.
    fn of(mut pairs: Vec<(Vec<u8>, Vec<u8>)>) -> Result<Option<Self>> {
        pairs.retain(|(name, value)| is_key_name(name) && is_key(value));
        pairs.order();
        pairs.dedup_by(|a, b| a.1 == b.1);
        let mut texts: Vec<Vec<u8>> = Vec::new();
        let mut patterns = Vec::new();
        for (index, (_, value)) in pairs.iter().enumerate() {
            for (text, layer) in forms(value) {
                if !texts.contains(&text) {
                    texts.push(text);
                    patterns.push((index, layer));
                }
            }
        }
        if texts.is_empty() {
            return Ok(None);
        }
        let automaton = AhoCorasick::new(&texts)
            .map_err(|error| Error::new("read known keys", "their values", error.to_string()))?;
        let values = pairs.into_iter().map(|(name, value)| (name.to_str_lossy().into_owned(), Secret::chosen(&value)));
        Ok(Some(Self { automaton, values: values.collect(), patterns }))
    }

    /// Every occurrence of a known value.
    pub fn find(&self, bytes: &[u8]) -> Vec<Match> {
        let mut matches: Vec<Match> = Vec::new();
        for hit in self.automaton.find_overlapping_iter(bytes) {
            let (index, layer) = self.patterns[hit.pattern().as_usize()];
            // The alignments of one base64-encoded value overlap, and a value may be part of a longer one.
            if let Some(last) = matches.last_mut().filter(|last| last.span.end > hit.start()) {
                if last.span.len() >= hit.range().len() {
                    continue;
                }
                matches.pop();
            }
            let (name, secret) = &self.values[index];
            matches.push(Match {
                rule: rule(name),
                severity: Severity::Critical,
                confidence: Confidence::Certain,
                secret: secret.clone(),
                span: hit.range(),
                position: Position::default(),
                layers: layer.into_iter().collect(),
                excerpt: Excerpt::default(),
                usage: Usage::default(),
                suppressed: None,
                note: None,
            });
        }
        matches
    }
}

fn rule(name: &str) -> RuleInfo {
    RuleInfo {
        id: Cow::Borrowed(RULE),
        provider: Cow::Borrowed(""),
        title: Cow::Owned(format!("Value from {name}")),
        revoke: Cow::Borrowed(""),
        advice: Cow::Borrowed("Revoke it where it was made: it is a key in use."),
    }
}

/// Whether a variable's name is that of a key, such as `OPENAI_API_KEY`; not `KEY_FILE`, which holds a path.
fn is_key_name(name: &[u8]) -> bool {
    const WORDS: [&str; 9] = ["key", "token", "secret", "passw", "pwd", "credential", "auth", "apikey", "pat"];
    let name = name.to_ascii_lowercase();
    let parts: Vec<&[u8]> = name.split(|byte| !byte.is_ascii_alphanumeric()).collect();
    let says = parts.iter().any(|part| {
        WORDS.iter().any(|word| {
            if word.len() < 4 { *part == word.as_bytes() || part.ends_with(b"key") } else { part.contains_str(word) }
        })
    });
    let path = parts.last().is_some_and(|last| [&b"file"[..], b"path", b"dir", b"sock", b"url", b"id"].contains(last));
    says && !path
}

/// Whether a value may be a key: not a path, a URL, a sentence or a placeholder.
fn is_key(value: &[u8]) -> bool {
    const FILLERS: [&str; 9] =
        ["your", "example", "changeme", "change-me", "placeholder", "xxxx", "dummy", "redacted", "****"];
    if !(SHORTEST..=LONGEST).contains(&value.len()) || !value.iter().all(u8::is_ascii_graphic) {
        return false;
    }
    let is_path = matches!(value.first(), Some(b'/' | b'~' | b'.' | b'$' | b'<' | b'{')) || value.contains_str("://");
    let lower = value.to_ascii_lowercase();
    let mut kinds = [false; 256];
    value.iter().for_each(|byte| kinds[usize::from(*byte)] = true);
    let different = kinds.iter().filter(|seen| **seen).count();
    !is_path && different >= 8 && !FILLERS.iter().any(|word| lower.contains_str(word))
}

/// The encodings of a value: plain, base64 at each alignment and in both alphabets, hex in both cases.
fn forms(value: &[u8]) -> Vec<(Vec<u8>, Option<Layer>)> {
    let mut forms = vec![(value.to_vec(), None)];
    for alphabet in [&BASE64_NOPAD, &BASE64URL_NOPAD] {
        forms.extend((0..3).map(|shift| (base64(value, shift, alphabet), Some(Layer::Base64))));
    }
    let lower = HEXLOWER.encode(value);
    forms.push((lower.to_uppercase().into_bytes(), Some(Layer::Hex)));
    forms.push((lower.into_bytes(), Some(Layer::Hex)));
    forms
}

/// The base64 digits that depend on the value alone when `shift` unknown bytes come before it.
fn base64(value: &[u8], shift: usize, alphabet: &Encoding) -> Vec<u8> {
    let mut bytes = vec![0; shift];
    bytes.extend_from_slice(value);
    // The first digits also hold bits of the unknown bytes, and the last one bits of what follows.
    let (first, whole) = ((shift * 8).div_ceil(6), bytes.len() * 8 / 6);
    alphabet.encode(&bytes).into_bytes().into_iter().take(whole).skip(first).collect()
}

/// Parses `NAME=value` lines, with `export`, quotes and comments.
fn dotenv(content: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let pair = |line: &[u8]| {
        let line = line.trim_ascii();
        let line = line.strip_prefix(b"export ").unwrap_or(line);
        let (name, value) = line.split_once_str("=")?;
        let value = value.trim_ascii();
        let value = match value.first() {
            Some(quote @ (b'"' | b'\'')) => &value[1..1 + value[1..].find_byte(*quote)?],
            _ => value.split_once_str(" #").map_or(value, |(value, _)| value.trim_ascii_end()),
        };
        (!line.starts_with(b"#")).then(|| (name.trim_ascii().to_vec(), value.to_vec()))
    };
    content.lines().filter_map(pair).collect()
}
